-- +goose Up
-- What an account is told by mail is written in the language of its last sign-in; one after a long time is told of.
ALTER TABLE account ADD COLUMN lang TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN signed_in_at BIGINT NOT NULL DEFAULT 0;
