-- +goose Up
-- Actions can be somebody's too. Nothing could be named before this version, so no row is lost; SQLite changes no CHECK in place.
DROP TABLE responsibility;
CREATE TABLE responsibility (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    object_kind TEXT NOT NULL CHECK (object_kind IN ('system', 'information', 'action')),
    object_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('owner', 'manager', 'information-owner', 'assignee')),
    person_id TEXT NOT NULL REFERENCES person (id),
    since BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, object_kind, object_id, kind)
);
CREATE INDEX responsibility_person ON responsibility (organisation_id, person_id);
