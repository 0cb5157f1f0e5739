-- +goose Up
-- The browser that asked for a link's code, as it stands in access_link_visit: the code is taken from no other.
ALTER TABLE access_link ADD COLUMN code_visit TEXT NOT NULL DEFAULT '';
