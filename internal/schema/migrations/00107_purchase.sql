-- +goose Up
-- What is planned to be bought and is not in the register yet: what it is to hold and how much that needs protecting, from which the
-- requirements of its annex follow. system_id is the system that it became.
CREATE TABLE purchase (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    unit_id TEXT REFERENCES unit (id),
    note TEXT NOT NULL DEFAULT '',
    model_id TEXT NOT NULL DEFAULT '',
    model_version TEXT NOT NULL DEFAULT '',
    system_id TEXT REFERENCES system (id),
    version BIGINT NOT NULL DEFAULT 1,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX purchase_sort ON purchase (organisation_id, sort_key);
CREATE TABLE purchase_information (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    purchase_id TEXT NOT NULL REFERENCES purchase (id),
    type_id TEXT NOT NULL,
    PRIMARY KEY (purchase_id, type_id)
);
CREATE TABLE purchase_level (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    purchase_id TEXT NOT NULL REFERENCES purchase (id),
    aspect TEXT NOT NULL,
    level BIGINT NOT NULL,
    PRIMARY KEY (purchase_id, aspect)
);
CREATE TABLE purchase_choice (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    purchase_id TEXT NOT NULL REFERENCES purchase (id),
    requirement_id TEXT NOT NULL,
    included BIGINT NOT NULL,
    weight TEXT NOT NULL DEFAULT '' CHECK (weight IN ('', 'shall', 'should')),
    reason TEXT NOT NULL DEFAULT '',
    chosen_by TEXT NOT NULL,
    chosen_at BIGINT NOT NULL,
    PRIMARY KEY (purchase_id, requirement_id)
);
ALTER TABLE procurement_choice ADD COLUMN weight TEXT NOT NULL DEFAULT '' CHECK (weight IN ('', 'shall', 'should'));
