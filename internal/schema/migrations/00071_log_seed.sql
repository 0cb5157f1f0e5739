-- +goose Up
-- The seed of the log's signing key, encrypted with the root key; empty while it is derived from the root key itself. It is carried along
-- when the root key changes, because checkpoints that have left the machine are checked with it.
ALTER TABLE instance ADD COLUMN log_seed TEXT NOT NULL DEFAULT '';
