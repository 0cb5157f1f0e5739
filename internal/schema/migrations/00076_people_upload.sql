-- +goose Up
-- A list of people between its preview and its import.
CREATE TABLE people_upload (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    actor TEXT NOT NULL,
    file TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX people_upload_created ON people_upload (organisation_id, created_at);
