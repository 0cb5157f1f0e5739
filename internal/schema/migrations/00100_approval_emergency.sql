-- +goose Up
-- Whoever asks in an emergency sign-in may be any of the administrators: what they ask for waits a day, and nobody hastens it.
ALTER TABLE approval ADD COLUMN emergency BIGINT NOT NULL DEFAULT 0 CHECK (emergency IN (0, 1));
