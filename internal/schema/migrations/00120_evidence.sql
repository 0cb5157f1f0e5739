-- +goose Up
-- What has been seen, or said, about a system (Swedish: bevis). A record is never changed: what is newer stands beside it, and what is
-- wrong is withdrawn. login_path_id has no foreign key: the ways in are written anew each time that their system is saved, with their ids.
CREATE TABLE evidence (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    login_path_id TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    strength BIGINT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('measured', 'attested', 'self-assessed')),
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('for', 'against', 'unclear')),
    scope TEXT NOT NULL DEFAULT '',
    observed_at BIGINT NOT NULL,
    expires_on TEXT NOT NULL,
    hash TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL DEFAULT '',
    factors BIGINT NOT NULL DEFAULT 0,
    loa BIGINT NOT NULL DEFAULT 0,
    grade TEXT NOT NULL DEFAULT '',
    confidence TEXT NOT NULL DEFAULT '',
    refused BIGINT NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '',
    recorded_by TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    withdrawn_at BIGINT,
    withdrawn_reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX evidence_system ON evidence (organisation_id, system_id, observed_at);
CREATE INDEX evidence_expiry ON evidence (organisation_id, expires_on);
-- The ids of what a record is about, when it is not about all of its subject.
CREATE TABLE evidence_about (
    evidence_id TEXT NOT NULL REFERENCES evidence (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    about TEXT NOT NULL,
    PRIMARY KEY (evidence_id, about)
);
CREATE INDEX evidence_about_organisation ON evidence_about (organisation_id, evidence_id);
-- What came with a record. Name and content are sealed.
CREATE TABLE evidence_file (
    evidence_id TEXT PRIMARY KEY REFERENCES evidence (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    media TEXT NOT NULL,
    size BIGINT NOT NULL,
    content TEXT NOT NULL
);
-- A system's sign-in that has become worse or better by a new record, until somebody has taken note of it.
CREATE TABLE evidence_shift (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    login_path_id TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL,
    evidence_id TEXT NOT NULL REFERENCES evidence (id),
    direction TEXT NOT NULL CHECK (direction IN ('worse', 'better')),
    was TEXT NOT NULL,
    became TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    taken_at BIGINT,
    taken_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX evidence_shift_open ON evidence_shift (organisation_id, taken_at);
CREATE INDEX evidence_shift_system ON evidence_shift (organisation_id, system_id);
