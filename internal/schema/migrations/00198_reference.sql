-- +goose Up
-- Series that somebody else publishes (Swedish: jämförelsetal), as they were fetched. A description that has changed at the source begins a
-- new version beside the old. beside is the indicator that the series is shown with; empty is none.
CREATE TABLE reference_series (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    base TEXT NOT NULL,
    measure TEXT NOT NULL,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    area TEXT NOT NULL,
    published TEXT NOT NULL,
    beside TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    UNIQUE (organisation_id, base, measure, version)
);
-- What a place had in a year. A figure that the source has changed since is a new revision; the old one stays. value is a decimal number as
-- text; it is empty where the source tells none, and status says why.
CREATE TABLE reference_value (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    series_id TEXT NOT NULL REFERENCES reference_series (id),
    place TEXT NOT NULL,
    year BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    value TEXT NOT NULL,
    status TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    PRIMARY KEY (series_id, place, year, revision)
);
-- Where figures before and after do not compare, as somebody here has noted it.
CREATE TABLE reference_break (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    series_id TEXT NOT NULL REFERENCES reference_series (id),
    year BIGINT NOT NULL,
    note TEXT NOT NULL,
    noted_by TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (series_id, year)
);
-- Groups of municipalities as they were fetched (Swedish: kommungrupp). divides says that the nation is divided by it on the pages.
CREATE TABLE reference_group (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    base TEXT NOT NULL,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    members TEXT NOT NULL,
    divides BIGINT NOT NULL DEFAULT 0,
    fetched_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, base, code)
);
-- What has been asked of another address: a search, or figures and groups to fetch. asked and found are JSON.
CREATE TABLE reference_fetch (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL CHECK (kind IN ('search', 'fetch')),
    base TEXT NOT NULL,
    asked TEXT NOT NULL,
    found TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    items BIGINT NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '',
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX reference_fetch_organisation ON reference_fetch (organisation_id, asked_at);
