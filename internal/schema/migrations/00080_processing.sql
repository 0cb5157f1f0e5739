-- +goose Up
-- The record of processing activities (art. 30). Each group of fields has a version of its own, so that two people who change different
-- groups do not stand in each other's way.
CREATE TABLE processing (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('controller', 'processor')),
    state TEXT NOT NULL DEFAULT 'unknown',
    unit_id TEXT REFERENCES unit (id),
    owner_role TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    joint_controllers TEXT NOT NULL DEFAULT '',
    controllers TEXT NOT NULL DEFAULT '',
    dpo TEXT NOT NULL DEFAULT '',
    purposes TEXT NOT NULL DEFAULT '',
    legal_basis TEXT NOT NULL DEFAULT '',
    legal_support TEXT NOT NULL DEFAULT '',
    special TEXT NOT NULL DEFAULT 'unknown',
    special_grounds TEXT NOT NULL DEFAULT '',
    special_support TEXT NOT NULL DEFAULT '',
    criminal TEXT NOT NULL DEFAULT 'unknown',
    criminal_support TEXT NOT NULL DEFAULT '',
    subjects TEXT NOT NULL DEFAULT '',
    categories TEXT NOT NULL DEFAULT '',
    activities TEXT NOT NULL DEFAULT '',
    recipients TEXT NOT NULL DEFAULT '',
    transfer TEXT NOT NULL DEFAULT 'unknown',
    countries TEXT NOT NULL DEFAULT '',
    safeguard TEXT NOT NULL DEFAULT 'unknown',
    transfer_note TEXT NOT NULL DEFAULT '',
    retention TEXT NOT NULL DEFAULT '',
    security TEXT NOT NULL DEFAULT '',
    assessment TEXT NOT NULL DEFAULT 'unknown',
    assessed_on TEXT NOT NULL DEFAULT '',
    version_what BIGINT NOT NULL DEFAULT 1,
    version_why BIGINT NOT NULL DEFAULT 1,
    version_whose BIGINT NOT NULL DEFAULT 1,
    version_sharing BIGINT NOT NULL DEFAULT 1,
    version_keeping BIGINT NOT NULL DEFAULT 1,
    version_links BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organisation_id, slug)
);
CREATE INDEX processing_sort ON processing (organisation_id, sort_key);
CREATE TABLE processing_system (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    processing_id TEXT NOT NULL REFERENCES processing (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    PRIMARY KEY (processing_id, system_id)
);
CREATE INDEX processing_system_system ON processing_system (organisation_id, system_id);
CREATE TABLE processing_information (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    processing_id TEXT NOT NULL REFERENCES processing (id),
    information_id TEXT NOT NULL REFERENCES information (id),
    PRIMARY KEY (processing_id, information_id)
);
CREATE INDEX processing_information_information ON processing_information (organisation_id, information_id);
-- What the whole record says at its top: who the controller is and how the data protection officer is reached.
CREATE TABLE processing_common (
    organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    contact TEXT NOT NULL DEFAULT '',
    representative TEXT NOT NULL DEFAULT '',
    dpo TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1
);
