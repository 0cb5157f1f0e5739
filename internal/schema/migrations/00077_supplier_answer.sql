-- +goose Up
-- How long the browser that has given a link's code may go on. A list of requirements takes longer than one question.
ALTER TABLE access_link ADD COLUMN stay_ms BIGINT NOT NULL DEFAULT 3600000;
-- A system's requirements, sent to its supplier.
CREATE TABLE supplier_request (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    link_id TEXT NOT NULL REFERENCES access_link (id),
    asked TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX supplier_request_system ON supplier_request (organisation_id, system_id, asked_at);
-- What the supplier attests, one row for each requirement that was asked about; an empty status is no answer yet.
CREATE TABLE supplier_answer (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    request_id TEXT NOT NULL REFERENCES supplier_request (id),
    requirement_id TEXT NOT NULL,
    requirement_version BIGINT NOT NULL,
    status TEXT NOT NULL DEFAULT '' CHECK (status IN ('', 'met', 'partly', 'not-met', 'not-applicable')),
    how TEXT NOT NULL DEFAULT '',
    valid_from TEXT NOT NULL DEFAULT '',
    answered_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (request_id, requirement_id)
);
CREATE INDEX supplier_answer_request ON supplier_answer (organisation_id, request_id);
