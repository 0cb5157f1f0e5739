-- +goose Up
-- Private networks that may be measured in, until a day (Swedish: privata nät). Two people approve each.
CREATE TABLE measurement_range (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    cidr TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    approved_at BIGINT,
    expires_on TEXT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX measurement_range_organisation ON measurement_range (organisation_id, cidr);
