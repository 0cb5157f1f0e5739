-- +goose Up
-- The national page reads one indicator of every release, and a few questions of all.
CREATE INDEX national_cell_indicator ON national_cell (organisation_id, indicator, release_number);
