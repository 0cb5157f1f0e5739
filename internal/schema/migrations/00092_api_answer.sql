-- +goose Up
-- What a program was answered when it named its request (Idempotency-Key), for a day. Of the name and the request only hashes are kept,
-- and the answer is sealed. A status of 0 is a request that has begun and of which nobody knows how it ended.
CREATE TABLE api_answer (
    id TEXT NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL DEFAULT 0,
    kind TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    location TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT '',
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id)
);
CREATE INDEX api_answer_expires ON api_answer (organisation_id, expires_at);
