-- +goose Up
CREATE TABLE procurement_choice (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    requirement_id TEXT NOT NULL,
    included BIGINT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    chosen_by TEXT NOT NULL,
    chosen_at BIGINT NOT NULL,
    PRIMARY KEY (system_id, requirement_id)
);
CREATE INDEX procurement_choice_organisation ON procurement_choice (organisation_id, system_id);
