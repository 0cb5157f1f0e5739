-- +goose Up
-- A cell's denominators are summed over the municipalities in base, alike in every indicator, and its values over those in hidden, which are
-- among them; both without those that are shown by themselves. kept is the release that a figure is from, when too few had corrected theirs
-- for a new one; 0 is its own. A cell from before
-- this has neither base nor submitted: it was summed over hidden and members.
ALTER TABLE national_cell ADD COLUMN submitted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE national_cell ADD COLUMN base TEXT NOT NULL DEFAULT '';
ALTER TABLE national_cell ADD COLUMN kept BIGINT NOT NULL DEFAULT 0;
