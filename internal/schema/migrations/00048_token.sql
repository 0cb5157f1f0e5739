-- +goose Up
-- Keys for programs: the directory's, an agent's, a reader's. Only a hash of each stands here.
CREATE TABLE api_token (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    used_from TEXT NOT NULL DEFAULT '',
    revoked_at BIGINT,
    revoked_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX api_token_organisation ON api_token (organisation_id, created_at);
-- Whether the directory has told of a person, and taken them away again.
ALTER TABLE person ADD COLUMN directory TEXT NOT NULL DEFAULT '' CHECK (directory IN ('', 'present', 'deleted'));
