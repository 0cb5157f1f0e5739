-- +goose Up
-- A draft catalogue that somebody looks at before anything is adopted (utkast): the files as they came, and what it calls itself. What it would
-- change is derived when it is looked at, and never stored. law_on is the day whose law is compared; empty is the day when all of it is in force.
CREATE TABLE catalogue_draft (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    files TEXT NOT NULL,
    edition TEXT NOT NULL,
    law_on TEXT NOT NULL DEFAULT '',
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX catalogue_draft_organisation ON catalogue_draft (organisation_id);
