-- +goose Up
-- A workshop's code changes while it is held, so it is no longer stored: it follows from this secret, the time and the root key. The secret
-- is gone when the workshop is closed, as the hash that stood there was; that hash serves workshops which are open now.
ALTER TABLE workshop RENAME COLUMN code_hash TO secret;
ALTER TABLE workshop DROP COLUMN code;
