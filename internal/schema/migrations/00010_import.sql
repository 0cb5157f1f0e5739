-- +goose Up
CREATE TABLE register_import (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    file TEXT NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at BIGINT NOT NULL,
    result TEXT NOT NULL,
    undone_at BIGINT
);
CREATE INDEX register_import_organisation ON register_import (organisation_id, imported_at);
CREATE TABLE register_change (
    import_id TEXT NOT NULL REFERENCES register_import (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('new', 'updated')),
    before TEXT NOT NULL DEFAULT '',
    after_version BIGINT NOT NULL,
    PRIMARY KEY (import_id, system_id)
);
CREATE TABLE register_column (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    header TEXT NOT NULL,
    field TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, header)
);
