-- +goose Up
-- What an organisation does every year, beside what comes with the program (Swedish: årshjul).
CREATE TABLE year_activity (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    title TEXT NOT NULL,
    month BIGINT NOT NULL CHECK (month BETWEEN 1 AND 12),
    day BIGINT NOT NULL CHECK (day BETWEEN 1 AND 31),
    first_year BIGINT NOT NULL,
    last_year BIGINT NOT NULL DEFAULT 0,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX year_activity_organisation ON year_activity (organisation_id);
-- That something was done one year. Next year it returns undone.
CREATE TABLE year_done (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    activity TEXT NOT NULL,
    year BIGINT NOT NULL,
    done_on TEXT NOT NULL,
    done_by TEXT NOT NULL,
    PRIMARY KEY (organisation_id, activity, year)
);
