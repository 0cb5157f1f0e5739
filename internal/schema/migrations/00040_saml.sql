-- +goose Up
-- Our own key pairs for SAML. The private half is a sign_in_secret, sealed. While we change key there are two.
CREATE TABLE saml_key (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    certificate TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('current', 'next', 'old')),
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX saml_key_one ON saml_key (organisation_id, state) WHERE state IN ('current', 'next');
-- What is known of each provider: the latest document whose signature was verified, and how the latest attempt to fetch a newer went.
CREATE TABLE saml_metadata (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    provider_id TEXT NOT NULL REFERENCES identity_provider (id),
    document TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '',
    valid_until BIGINT NOT NULL DEFAULT 0,
    stated BIGINT NOT NULL DEFAULT 0 CHECK (stated IN (0, 1)),
    since BIGINT NOT NULL DEFAULT 0,
    fetched_at BIGINT NOT NULL DEFAULT 0,
    tried_at BIGINT NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organisation_id, provider_id)
);
-- The sign-ins at providers that a sign-out concerns. The subject's name at the provider is a sign_in_secret; here stand hashes.
CREATE TABLE saml_session (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL,
    provider_id TEXT NOT NULL REFERENCES identity_provider (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    session_index TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id)
);
CREATE INDEX saml_session_name ON saml_session (organisation_id, issuer, name);
