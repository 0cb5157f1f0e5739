-- +goose Up
-- Links that let somebody without an account do one thing. Of the secret and of the codes only hashes are kept; the address is
-- encrypted, and gone when the link is of no more use.
CREATE TABLE access_link (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    task TEXT NOT NULL,
    object TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    lang TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    done_at BIGINT,
    revoked_at BIGINT,
    code_hash TEXT NOT NULL DEFAULT '',
    code_until BIGINT NOT NULL DEFAULT 0,
    code_tries BIGINT NOT NULL DEFAULT 0,
    codes_sent BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX access_link_object ON access_link (organisation_id, task, object);
-- The browsers that have opened a link. A mail filter that looks at it gets one too, and it is worth nothing without the code.
CREATE TABLE access_link_visit (
    hash TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    link_id TEXT NOT NULL REFERENCES access_link (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    confirmed_at BIGINT
);
CREATE INDEX access_link_visit_link ON access_link_visit (organisation_id, link_id, created_at);
-- A colleague's answer to one question of a classification: a suggestion beside one's own answer, never the answer itself.
CREATE TABLE delegation (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    classification_id TEXT NOT NULL REFERENCES classification (id),
    aspect TEXT NOT NULL,
    perspective TEXT NOT NULL,
    link_id TEXT NOT NULL REFERENCES access_link (id),
    asked TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    level BIGINT,
    motivation TEXT NOT NULL DEFAULT '',
    answered_at BIGINT
);
CREATE INDEX delegation_classification ON delegation (organisation_id, classification_id, aspect, perspective);
