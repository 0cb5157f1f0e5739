-- +goose Up
-- The public half of a passkey. purpose 'sealed' is one that lies in an envelope for emergencies.
CREATE TABLE passkey (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('own', 'sealed')),
    name TEXT NOT NULL,
    credential TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    counter BIGINT NOT NULL,
    aaguid TEXT NOT NULL,
    transports TEXT NOT NULL,
    eligible BIGINT NOT NULL,
    synced BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX passkey_account ON passkey (organisation_id, account_id);
-- Codes for the day when a passkey is lost. A code opens the making of a new passkey, once, and nothing else.
CREATE TABLE recovery_code (
    selector TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    salt TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX recovery_code_account ON recovery_code (organisation_id, account_id);
-- Invitations: a person who is in the register may make a passkey, once.
CREATE TABLE enrolment (
    token TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX enrolment_account ON enrolment (organisation_id, account_id);
-- What a browser is in the middle of before anybody is signed in. It belongs to the browser, not to an organisation.
CREATE TABLE ceremony (
    token TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (token, kind)
);
CREATE INDEX ceremony_expires ON ceremony (expires_at);
-- The one-time code of the server's console, and that a first person has come: one at most for each organisation, and one where
-- there was none.
CREATE TABLE console_code (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    hash TEXT NOT NULL,
    tenant TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE founding (
    tenant TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
