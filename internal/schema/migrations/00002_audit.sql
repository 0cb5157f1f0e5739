-- +goose Up
CREATE TABLE audit_head (
    organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    size BIGINT NOT NULL
);
CREATE TABLE audit_entry (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    record TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (organisation_id, seq)
);
CREATE INDEX audit_entry_object ON audit_entry (organisation_id, object_kind, object_id, seq);
