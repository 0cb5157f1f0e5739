-- +goose Up
-- Whether every page that somebody reads is logged with who it was. Installations from before this go on as they were.
ALTER TABLE instance ADD COLUMN log_readings BIGINT NOT NULL DEFAULT 0 CHECK (log_readings IN (0, 1));
