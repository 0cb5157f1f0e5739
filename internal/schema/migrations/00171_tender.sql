-- +goose Up
-- A planned purchase's annex, as it was when it was sent to bidders, until one of them has won. content is the sealed requirements. The
-- weights of what should be met are public, and are not changed once frozen_at is set. Nobody reads an answer before opened_at.
CREATE TABLE tender (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    purchase_id TEXT NOT NULL UNIQUE REFERENCES purchase (id),
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    content TEXT NOT NULL,
    deadline_at BIGINT NOT NULL,
    weights TEXT NOT NULL,
    frozen_at BIGINT,
    frozen_by TEXT NOT NULL DEFAULT '',
    opened_at BIGINT,
    opened_by TEXT NOT NULL DEFAULT '',
    winner_id TEXT NOT NULL DEFAULT '',
    starts_on TEXT NOT NULL DEFAULT '',
    awarded_at BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX tender_purchase ON tender (organisation_id, purchase_id);
CREATE TABLE bid (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    tender_id TEXT NOT NULL REFERENCES tender (id),
    name TEXT NOT NULL,
    link_id TEXT NOT NULL REFERENCES access_link (id),
    asked TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    finished_at BIGINT,
    reminded_at BIGINT
);
CREATE INDEX bid_tender ON bid (organisation_id, tender_id);
-- What a bidder has answered. All of it is sealed: what somebody who reads the database would see before the time is that there is something.
CREATE TABLE bid_answer (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    bid_id TEXT NOT NULL REFERENCES bid (id),
    requirement_id TEXT NOT NULL,
    content TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (bid_id, requirement_id)
);
CREATE INDEX bid_answer_bid ON bid_answer (organisation_id, bid_id);
