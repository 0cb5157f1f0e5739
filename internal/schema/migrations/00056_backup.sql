-- +goose Up
-- Which backups were made and which restore drills were held, and how they went.
CREATE TABLE backup_run (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('backup', 'drill')),
    file TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    bytes BIGINT NOT NULL DEFAULT 0,
    row_count BIGINT NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT ''
);
CREATE INDEX backup_run_began ON backup_run (kind, began_at);
