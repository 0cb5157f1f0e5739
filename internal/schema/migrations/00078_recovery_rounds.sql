-- +goose Up
-- How often a recovery code was hashed. Codes that were made before keep the number that they were made with.
ALTER TABLE recovery_code ADD COLUMN rounds BIGINT NOT NULL DEFAULT 100000;
