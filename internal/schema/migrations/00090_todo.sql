-- +goose Up
-- What somebody has put off on their own list of things to do. The thing itself is derived and stands in no table.
CREATE TABLE todo_snooze (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    account_id TEXT NOT NULL,
    task TEXT NOT NULL,
    until_on TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, account_id, task)
);
