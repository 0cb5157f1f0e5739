-- +goose Up
-- What systems depend on that is no system of the register: a network, a directory, a service of somebody else.
CREATE TABLE facility (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    supplier_id TEXT REFERENCES supplier (id),
    created_at BIGINT NOT NULL,
    UNIQUE (organisation_id, folded)
);
CREATE INDEX facility_supplier ON facility (organisation_id, supplier_id);
-- system_id needs one system or one facility, never itself.
CREATE TABLE system_dependency (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    needs_id TEXT REFERENCES system (id),
    facility_id TEXT REFERENCES facility (id),
    carries TEXT NOT NULL CHECK (carries IN ('information', 'function', 'unknown')),
    created_at BIGINT NOT NULL,
    CHECK ((needs_id IS NULL) <> (facility_id IS NULL)),
    CHECK (needs_id IS NULL OR needs_id <> system_id),
    UNIQUE (system_id, needs_id),
    UNIQUE (system_id, facility_id)
);
CREATE INDEX system_dependency_system ON system_dependency (organisation_id, system_id);
CREATE INDEX system_dependency_needs ON system_dependency (organisation_id, needs_id);
CREATE INDEX system_dependency_facility ON system_dependency (organisation_id, facility_id);
