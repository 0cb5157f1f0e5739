-- +goose Up
-- origin stands for the organisation that a shared answer came from, and paused_at is since when that one cannot be read: the copy is shown to nobody
-- meanwhile, and shown again as it was when it can.
ALTER TABLE shared_answer ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE shared_answer ADD COLUMN paused_at BIGINT;
-- lasting is 1 for a link that can be opened again with a new code, until its task is done.
ALTER TABLE access_link ADD COLUMN lasting BIGINT NOT NULL DEFAULT 0;
