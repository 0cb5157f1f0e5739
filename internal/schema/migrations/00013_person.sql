-- +goose Up
-- Units form a tree; a role that is held in a unit may reach those below it.
ALTER TABLE unit ADD COLUMN parent_id TEXT REFERENCES unit (id);
CREATE INDEX unit_parent ON unit (organisation_id, parent_id);
-- Who can sign in. The organisation's people are linked to it; it holds nothing about them.
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    disabled_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX account_organisation ON account (organisation_id);
-- How an account is known to whom it comes from: never by an e-mail address.
CREATE TABLE account_identity (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, issuer, subject)
);
CREATE INDEX account_identity_account ON account_identity (account_id);
CREATE TABLE person (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    account_id TEXT UNIQUE REFERENCES account (id),
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    unit_id TEXT REFERENCES unit (id),
    external_id TEXT NOT NULL DEFAULT '',
    origin TEXT NOT NULL CHECK (origin IN ('first', 'invited', 'provider', 'scim', 'csv')),
    ended_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX person_organisation ON person (organisation_id, folded);
CREATE UNIQUE INDEX person_external ON person (organisation_id, external_id) WHERE external_id <> '';
-- The roles that a person holds, in the whole organisation or in one unit.
CREATE TABLE assignment (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    unit_id TEXT REFERENCES unit (id),
    source TEXT NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'provider', 'scim', 'csv')),
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX assignment_current ON assignment (person_id, role, COALESCE(unit_id, '')) WHERE ended_at IS NULL;
CREATE INDEX assignment_organisation ON assignment (organisation_id, role);
