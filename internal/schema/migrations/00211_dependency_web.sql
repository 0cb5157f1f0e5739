-- +goose Up
-- All dependencies of an organisation, and those on one system, are read from one index, without looking at a row.
DROP INDEX system_dependency_needs;
CREATE INDEX system_dependency_needs ON system_dependency (organisation_id, needs_id, system_id, facility_id, carries);
