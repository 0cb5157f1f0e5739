-- +goose Up
-- Where more than one person may open the bids of a tender, two do it together: opening_by began, and opened_with opened with opened_by.
ALTER TABLE tender ADD COLUMN opening_by TEXT NOT NULL DEFAULT '';
ALTER TABLE tender ADD COLUMN opening_at BIGINT;
ALTER TABLE tender ADD COLUMN opened_with TEXT NOT NULL DEFAULT '';
