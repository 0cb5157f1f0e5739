-- +goose Up
-- A session names an account; who that is today, and what they may do, is read anew with every request. Sessions from before are ended.
DROP TABLE session;
CREATE TABLE session (
    token TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    method TEXT NOT NULL,
    issuer TEXT NOT NULL,
    context TEXT NOT NULL DEFAULT '',
    factors BIGINT NOT NULL,
    loa BIGINT NOT NULL,
    passkey_id TEXT NOT NULL DEFAULT '',
    synced BIGINT NOT NULL DEFAULT 0,
    provider_session TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    browser TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    proved_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    idle_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (organisation_id, account_id);
-- The latest time that sessions have seen: a clock that is put back, and a restart with it, does not prolong them.
CREATE TABLE session_clock (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    seen_at BIGINT NOT NULL
);
