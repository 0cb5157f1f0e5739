-- +goose Up
-- Holds a row while a backup is being put back into the database, and after a restore that was cut short.
CREATE TABLE IF NOT EXISTS restoring (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    began_at BIGINT NOT NULL
);
