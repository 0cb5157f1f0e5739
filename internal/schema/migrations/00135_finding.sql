-- +goose Up
-- Where personal data is looked for, how far each search has come, and what was found. Paths, fields, reasons and what people write lie
-- encrypted; a key is a keyed hash, so that a row is found again without telling what it is about.
CREATE TABLE finding_key (
    organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    secret TEXT NOT NULL
);
CREATE TABLE finding_source (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('files', 'postgres', 'mysql', 'sqlserver', 'oracle')),
    root TEXT NOT NULL,
    place TEXT NOT NULL DEFAULT '',
    username TEXT NOT NULL DEFAULT '',
    secret TEXT NOT NULL DEFAULT '',
    secret_from TEXT NOT NULL DEFAULT '',
    detectors TEXT NOT NULL DEFAULT '',
    row_limit BIGINT NOT NULL DEFAULT 0,
    every_days BIGINT NOT NULL DEFAULT 0,
    unit_id TEXT REFERENCES unit (id),
    owner_id TEXT NOT NULL REFERENCES person (id),
    system_id TEXT REFERENCES system (id),
    status TEXT NOT NULL CHECK (status IN ('waiting', 'approved', 'refused', 'paused')),
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    approved_at BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX finding_source_organisation ON finding_source (organisation_id, name);
CREATE TABLE finding_scan (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    source_id TEXT NOT NULL REFERENCES finding_source (id),
    status TEXT NOT NULL CHECK (status IN ('running', 'done', 'stopped', 'failed')),
    rules TEXT NOT NULL,
    started_by TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT ''
);
CREATE INDEX finding_scan_source ON finding_scan (organisation_id, source_id, started_at);
CREATE UNIQUE INDEX finding_scan_one ON finding_scan (source_id) WHERE status = 'running';
-- A part of a search: a directory with what lies below it, some files of a directory, a table or a range of its rows. Whoever works on it
-- holds a lease; when nobody has renewed it, the part is anybody's.
CREATE TABLE finding_chunk (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    scan_id TEXT NOT NULL REFERENCES finding_scan (id),
    key TEXT NOT NULL,
    what TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'done', 'failed')),
    lease TEXT NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT '',
    UNIQUE (scan_id, key)
);
CREATE INDEX finding_chunk_waiting ON finding_chunk (organisation_id, scan_id, status, lease_until);
-- Where findings are told from together: a directory, or a table. What people decide is about such a place.
CREATE TABLE finding_place (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    source_id TEXT NOT NULL REFERENCES finding_source (id),
    unit_id TEXT REFERENCES unit (id),
    key TEXT NOT NULL,
    path TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'system', 'information', 'delete', 'false', 'incident', 'gone')),
    total BIGINT NOT NULL DEFAULT 0,
    low BIGINT NOT NULL DEFAULT 0,
    weight BIGINT NOT NULL DEFAULT 0,
    containers BIGINT NOT NULL DEFAULT 0,
    found_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    moved BIGINT NOT NULL DEFAULT 0,
    decided_total BIGINT NOT NULL DEFAULT 0,
    decided_kinds TEXT NOT NULL DEFAULT '',
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at BIGINT NOT NULL DEFAULT 0,
    system_id TEXT REFERENCES system (id),
    information_id TEXT REFERENCES information (id),
    person_id TEXT REFERENCES person (id),
    due_on TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    disputed_by TEXT NOT NULL DEFAULT '',
    disputed_at BIGINT NOT NULL DEFAULT 0,
    dispute TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    UNIQUE (source_id, key)
);
CREATE INDEX finding_place_state ON finding_place (organisation_id, state, weight);
-- A file or a table (or a range of its rows), as it was when it was last read.
CREATE TABLE finding_object (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    source_id TEXT NOT NULL REFERENCES finding_source (id),
    place_id TEXT REFERENCES finding_place (id),
    scan_id TEXT NOT NULL,
    read_in TEXT NOT NULL,
    key TEXT NOT NULL,
    path TEXT NOT NULL,
    size BIGINT NOT NULL DEFAULT 0,
    changed_at BIGINT NOT NULL DEFAULT 0,
    content TEXT NOT NULL DEFAULT '',
    rules TEXT NOT NULL DEFAULT '',
    again BIGINT NOT NULL DEFAULT 0,
    read_bytes BIGINT NOT NULL DEFAULT 0,
    skipped_bytes BIGINT NOT NULL DEFAULT 0,
    skipped BIGINT NOT NULL DEFAULT 0,
    skips TEXT NOT NULL DEFAULT '',
    looks_like TEXT NOT NULL DEFAULT '',
    sample TEXT NOT NULL DEFAULT '',
    UNIQUE (source_id, key)
);
CREATE INDEX finding_object_scan ON finding_object (organisation_id, source_id, scan_id);
CREATE INDEX finding_object_place ON finding_object (organisation_id, place_id);
CREATE TABLE finding_rule (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    source_id TEXT NOT NULL REFERENCES finding_source (id),
    place_id TEXT NOT NULL REFERENCES finding_place (id),
    detectors TEXT NOT NULL DEFAULT '',
    below BIGINT NOT NULL DEFAULT 0,
    reason TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ends_on TEXT NOT NULL,
    ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX finding_rule_source ON finding_rule (organisation_id, source_id, ended_at);
-- What one detector found in one container: a file, a member of one, a column.
CREATE TABLE finding (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    object_id TEXT NOT NULL REFERENCES finding_object (id),
    place_id TEXT NOT NULL REFERENCES finding_place (id),
    rule_id TEXT REFERENCES finding_rule (id),
    detector TEXT NOT NULL,
    total BIGINT NOT NULL,
    low BIGINT NOT NULL,
    different BIGINT NOT NULL,
    container TEXT NOT NULL,
    is_column BIGINT NOT NULL DEFAULT 0,
    detail TEXT NOT NULL
);
CREATE INDEX finding_object_id ON finding (organisation_id, object_id);
CREATE INDEX finding_place_id ON finding (organisation_id, place_id, detector);
