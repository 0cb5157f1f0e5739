-- +goose Up
-- What comes with somebody's answers. sheet_kind and sheet_id say whose: a request to a supplier, or a bid. Name and content are sealed.
CREATE TABLE answer_file (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    sheet_kind TEXT NOT NULL CHECK (sheet_kind IN ('request', 'bid')),
    sheet_id TEXT NOT NULL,
    requirement_id TEXT NOT NULL,
    name TEXT NOT NULL,
    media TEXT NOT NULL,
    size BIGINT NOT NULL,
    hash TEXT NOT NULL,
    content TEXT NOT NULL,
    added_at BIGINT NOT NULL
);
CREATE INDEX answer_file_sheet ON answer_file (organisation_id, sheet_kind, sheet_id);
-- A topic of somebody's answers that a colleague of theirs answers, by a link of their own.
CREATE TABLE answer_part (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    sheet_kind TEXT NOT NULL CHECK (sheet_kind IN ('request', 'bid')),
    sheet_id TEXT NOT NULL,
    topic_id TEXT NOT NULL,
    link_id TEXT NOT NULL REFERENCES access_link (id),
    asked TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX answer_part_sheet ON answer_part (organisation_id, sheet_kind, sheet_id);
