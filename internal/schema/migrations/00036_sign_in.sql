-- +goose Up
-- Sign-ins that have begun at a provider and not come back. Only hashes of what the browser and the address carry stand here.
CREATE TABLE sign_in_request (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    state TEXT NOT NULL,
    browser TEXT NOT NULL,
    provider_id TEXT NOT NULL REFERENCES identity_provider (id),
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, state)
);
CREATE INDEX sign_in_request_expiry ON sign_in_request (organisation_id, expires_at);
-- What may be used once and has been: the ids of logout tokens, the ids of assertions.
CREATE TABLE sign_in_replay (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    provider_id TEXT NOT NULL REFERENCES identity_provider (id),
    token TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, provider_id, token)
);
-- The keys that the organisation signs with when it speaks to a provider. The private half is a sign_in_secret.
CREATE TABLE sign_in_key (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    purpose TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    public TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX sign_in_key_organisation ON sign_in_key (organisation_id, purpose, created_at);
