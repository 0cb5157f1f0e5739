-- +goose Up
-- What those who run the program must know about at once. One row for each thing that stands, however often it has happened.
CREATE TABLE alarm (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL,
    object_kind TEXT NOT NULL DEFAULT '',
    object_id TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL DEFAULT '{}',
    times BIGINT NOT NULL DEFAULT 1,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    told_at BIGINT,
    acknowledged_at BIGINT,
    acknowledged_by TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX alarm_open ON alarm (organisation_id, kind, object_kind, object_id) WHERE acknowledged_at IS NULL;
CREATE INDEX alarm_time ON alarm (organisation_id, last_at);
