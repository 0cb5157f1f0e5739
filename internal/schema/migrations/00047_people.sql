-- +goose Up
ALTER TABLE person ADD COLUMN user_name TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN user_folded TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX person_user ON person (organisation_id, user_folded) WHERE user_folded <> '';
CREATE INDEX assignment_person ON assignment (organisation_id, person_id);
-- What the claims of an identity provider mean: who may come in, which person of the directory it is, and which roles follow.
CREATE TABLE arrival_rule (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    issuer TEXT NOT NULL,
    effect TEXT NOT NULL CHECK (effect IN ('enter', 'link', 'role')),
    claim TEXT NOT NULL,
    value TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL DEFAULT '',
    unit_id TEXT REFERENCES unit (id),
    created_at BIGINT NOT NULL
);
CREATE INDEX arrival_rule_organisation ON arrival_rule (organisation_id, issuer);
-- The groups of the directory, who is in them, and the role that the organisation lets each give.
CREATE TABLE directory_group (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    external_id TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL DEFAULT '',
    unit_id TEXT REFERENCES unit (id),
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organisation_id, folded)
);
CREATE TABLE directory_member (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    group_id TEXT NOT NULL REFERENCES directory_group (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (group_id, person_id)
);
CREATE INDEX directory_member_person ON directory_member (organisation_id, person_id);
-- What a person is named for, beside roles: owner or manager of a system, owner of information.
CREATE TABLE responsibility (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    object_kind TEXT NOT NULL CHECK (object_kind IN ('system', 'information')),
    object_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('owner', 'manager', 'information-owner')),
    person_id TEXT NOT NULL REFERENCES person (id),
    since BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, object_kind, object_id, kind)
);
CREATE INDEX responsibility_person ON responsibility (organisation_id, person_id);
