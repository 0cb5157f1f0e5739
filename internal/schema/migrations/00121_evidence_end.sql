-- +goose Up
-- When it was noted that a record has ended, so that it is told once; and when it was last asked that it be made anew.
ALTER TABLE evidence ADD COLUMN ended_at BIGINT;
ALTER TABLE evidence ADD COLUMN renew_at BIGINT;
CREATE INDEX evidence_ending ON evidence (organisation_id, ended_at, expires_on);
