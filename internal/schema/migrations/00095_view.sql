-- +goose Up
-- Lists that somebody has saved for themselves: a name, and the address of the list.
CREATE TABLE saved_view (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX saved_view_account ON saved_view (organisation_id, account_id);
