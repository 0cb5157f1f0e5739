-- +goose Up
CREATE TABLE requirement_answer (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    requirement_id TEXT NOT NULL,
    requirement_version BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('met', 'partly', 'not-met', 'not-applicable', 'dont-know')),
    known_by TEXT NOT NULL CHECK (known_by IN ('measured', 'attested', 'self-assessed')),
    known_on TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    superseded_at BIGINT
);
CREATE UNIQUE INDEX requirement_answer_current ON requirement_answer (system_id, requirement_id) WHERE superseded_at IS NULL;
CREATE INDEX requirement_answer_system ON requirement_answer (organisation_id, system_id, requirement_id);
