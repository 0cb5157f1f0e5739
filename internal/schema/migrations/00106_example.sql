-- +goose Up
-- What the example data made in an organisation of somebody's own, so that taking it away leaves everything else.
CREATE TABLE example_object (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    PRIMARY KEY (organisation_id, kind, object_id)
);
