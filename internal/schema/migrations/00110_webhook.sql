-- +goose Up
-- Where other programs are told of changes: an address, what it is told of, and the secret that what is sent is signed with.
CREATE TABLE webhook_target (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    -- The kinds of events, with spaces between.
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- The secret before, which is signed with too until a time.
    old_secret TEXT NOT NULL DEFAULT '',
    old_until BIGINT NOT NULL DEFAULT 0,
    -- How far in the log the target has been told.
    told BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('on', 'off', 'gone')),
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);
CREATE INDEX webhook_target_organisation ON webhook_target (organisation_id);

-- What is sent, or was: one row for each event and target. It names what has changed and nothing of what it says.
CREATE TABLE webhook_delivery (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    target_id TEXT NOT NULL REFERENCES webhook_target (id) ON DELETE CASCADE,
    -- The event's number in the log; a test has 0 and a number of its own.
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waits', 'delivered', 'failed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    -- The latest answer: its status, or what went wrong.
    status BIGINT NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT '',
    tried_at BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_delivery_target ON webhook_delivery (organisation_id, target_id, created_at);
CREATE UNIQUE INDEX webhook_delivery_event ON webhook_delivery (target_id, seq) WHERE seq > 0;
