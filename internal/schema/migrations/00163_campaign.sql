-- +goose Up
-- A round of questions (Swedish: uppföljningsomgång). A frozen one never changes; a correction is a new version with the same number.
CREATE TABLE campaign (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    replaces TEXT REFERENCES campaign (id),
    name TEXT NOT NULL,
    round TEXT NOT NULL CHECK (round IN ('yearly', 'quarterly')),
    year BIGINT NOT NULL,
    quarter BIGINT NOT NULL CHECK (quarter BETWEEN 0 AND 4),
    deadline TEXT NOT NULL,
    remind BIGINT NOT NULL,
    catalogue TEXT NOT NULL,
    sent_at BIGINT NOT NULL DEFAULT 0,
    frozen_at BIGINT NOT NULL DEFAULT 0,
    frozen_by TEXT NOT NULL DEFAULT '',
    hash TEXT NOT NULL DEFAULT '',
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CHECK ((frozen_at = 0) = (hash = '')),
    UNIQUE (organisation_id, number, version)
);
-- What one person is asked about one unit or one system. Names are kept as they were: the register goes on.
CREATE TABLE campaign_sheet (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    campaign_id TEXT NOT NULL REFERENCES campaign (id),
    kind TEXT NOT NULL CHECK (kind IN ('unit', 'system')),
    object_id TEXT NOT NULL,
    name TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    unit TEXT NOT NULL,
    person_id TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    lang TEXT NOT NULL DEFAULT 'sv',
    link_id TEXT NOT NULL DEFAULT '',
    sent_at BIGINT NOT NULL DEFAULT 0,
    sent_by TEXT NOT NULL DEFAULT '',
    reminded_at BIGINT NOT NULL DEFAULT 0,
    escalated_at BIGINT NOT NULL DEFAULT 0,
    updated_at BIGINT NOT NULL,
    UNIQUE (campaign_id, kind, object_id)
);
CREATE INDEX campaign_sheet_object ON campaign_sheet (organisation_id, object_id);
CREATE INDEX campaign_sheet_person ON campaign_sheet (organisation_id, person_id);
-- known is why nobody is asked, as JSON; empty when somebody is.
CREATE TABLE campaign_answer (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    sheet_id TEXT NOT NULL REFERENCES campaign_sheet (id),
    question TEXT NOT NULL,
    value TEXT NOT NULL DEFAULT '',
    day TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    known TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    answered_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (sheet_id, question)
);
CREATE TABLE campaign_delegation (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    sheet_id TEXT NOT NULL REFERENCES campaign_sheet (id),
    question TEXT NOT NULL,
    link_id TEXT NOT NULL,
    asked TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    answered_at BIGINT NOT NULL DEFAULT 0,
    value TEXT NOT NULL DEFAULT '',
    day TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX campaign_delegation_sheet ON campaign_delegation (organisation_id, sheet_id);
