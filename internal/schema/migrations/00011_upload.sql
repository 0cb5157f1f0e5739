-- +goose Up
CREATE TABLE register_upload (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    actor TEXT NOT NULL,
    file TEXT NOT NULL,
    content TEXT NOT NULL,
    choice TEXT NOT NULL DEFAULT '{}',
    created_at BIGINT NOT NULL
);
CREATE INDEX register_upload_created ON register_upload (organisation_id, created_at);
