-- +goose Up
CREATE TABLE organisation_model (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    model_id TEXT NOT NULL,
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, model_id, version)
);
