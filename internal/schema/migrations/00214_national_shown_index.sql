-- +goose Up
-- Who is shown is read of one indicator in a release, by the page and by what asks in Kolada's shape.
CREATE INDEX national_shown_indicator ON national_shown (organisation_id, indicator, release_number);
