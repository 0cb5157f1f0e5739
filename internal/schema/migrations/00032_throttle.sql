-- +goose Up
-- Failed attempts, so that a restart does not forget them. name is a hash: no address and no account stands here.
CREATE TABLE throttle (
    name TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL
);
CREATE INDEX throttle_until ON throttle (until_at);
