-- +goose Up
-- The ways of signing in that an organisation has connected. What they keep secret stands in sign_in_secret, sealed.
CREATE TABLE identity_provider (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL CHECK (kind IN ('oidc', 'saml', 'certificate')),
    name_sv TEXT NOT NULL,
    name_en TEXT NOT NULL,
    issuer TEXT NOT NULL,
    settings TEXT NOT NULL,
    own TEXT NOT NULL,
    enabled BIGINT NOT NULL DEFAULT 0 CHECK (enabled IN (0, 1)),
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX identity_provider_organisation ON identity_provider (organisation_id, enabled);
-- Two providers with one issuer could speak for each other's people.
CREATE UNIQUE INDEX identity_provider_issuer ON identity_provider (organisation_id, kind, issuer) WHERE issuer <> '';
-- Secrets of the providers, and of the organisation as their client. The value is ciphertext.
CREATE TABLE sign_in_secret (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, owner, name)
);
-- What each role asks of a sign-in, where it is not the default.
CREATE TABLE accepted_level (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    role TEXT NOT NULL,
    factors BIGINT NOT NULL CHECK (factors >= 2),
    loa BIGINT NOT NULL CHECK (loa IN (0, 3, 4)),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, role)
);
