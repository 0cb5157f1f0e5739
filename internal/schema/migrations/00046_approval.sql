-- +goose Up
-- Changes that take two people: what is asked for, by whom and why, and what became of it.
CREATE TABLE approval (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL,
    object_kind TEXT NOT NULL DEFAULT '',
    object_id TEXT NOT NULL DEFAULT '',
    payload TEXT NOT NULL,
    reason TEXT NOT NULL,
    concerns TEXT NOT NULL DEFAULT '',
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- alone: nobody else can approve it, so it waits. waited_ms is how much of the wait the program has seen pass, up to looked_at.
    alone BIGINT NOT NULL DEFAULT 0 CHECK (alone IN (0, 1)),
    waited_ms BIGINT NOT NULL DEFAULT 0,
    looked_at BIGINT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'applied', 'refused', 'expired', 'withdrawn', 'failed')),
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX approval_organisation ON approval (organisation_id, status, asked_at);
