-- +goose Up
-- Changes of many systems at once, with what was before, so that they can be undone for 30 days. Only ids and roles stand in them.
CREATE TABLE system_bulk (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    account_id TEXT NOT NULL,
    change TEXT NOT NULL,
    before TEXT NOT NULL,
    systems BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    undone_at BIGINT
);
CREATE INDEX system_bulk_time ON system_bulk (organisation_id, created_at);
