-- +goose Up
-- Which key each organisation's texts are encrypted with. The keys themselves lie in a file of their own, never here.
CREATE TABLE sealing (
    organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    primary_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT,
    destroyed_at BIGINT
);
-- How far the first encryption of what stood there in plain text has come.
CREATE TABLE sealing_done (
    table_name TEXT PRIMARY KEY,
    done_at BIGINT NOT NULL
);
-- Which file of keys the installation uses.
ALTER TABLE instance ADD COLUMN ring TEXT NOT NULL DEFAULT '';
