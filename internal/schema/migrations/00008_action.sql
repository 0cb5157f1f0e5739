-- +goose Up
CREATE TABLE action (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    requirement_id TEXT NOT NULL,
    owner_role TEXT NOT NULL DEFAULT '',
    due_on TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL CHECK (status IN ('new', 'planned', 'ongoing', 'done')),
    note TEXT NOT NULL DEFAULT '',
    obsolete_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (system_id, requirement_id)
);
CREATE INDEX action_organisation ON action (organisation_id, status, due_on);
