-- +goose Up
-- Who changed an action last: two who move the same card are told of each other. Empty for what was saved before this was kept.
ALTER TABLE action ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
