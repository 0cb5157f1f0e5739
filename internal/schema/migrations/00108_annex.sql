-- +goose Up
-- The organisation's own rows in an annex, and the versions of an annex that somebody has taken out. owner_id is the system or the planned
-- purchase that the annex is for. A removed row stays, with the reason.
CREATE TABLE annex_row (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    owner_id TEXT NOT NULL,
    must BIGINT NOT NULL,
    content TEXT NOT NULL,
    verify TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    removed_at BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX annex_row_owner ON annex_row (organisation_id, owner_id);
CREATE TABLE annex_version (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    owner_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    content TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, owner_id, number)
);
