-- +goose Up
CREATE TABLE classification (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    model_id TEXT NOT NULL,
    model_version TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'decided', 'superseded', 'stopped')),
    origin TEXT NOT NULL CHECK (origin IN ('import', 'guided')),
    decider TEXT NOT NULL DEFAULT '',
    decided_on TEXT NOT NULL DEFAULT '',
    valid_until TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX classification_system ON classification (organisation_id, system_id, status);
CREATE UNIQUE INDEX classification_one_draft ON classification (system_id) WHERE status = 'draft';
CREATE UNIQUE INDEX classification_one_decided ON classification (system_id) WHERE status = 'decided';
CREATE TABLE classification_answer (
    classification_id TEXT NOT NULL REFERENCES classification (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    aspect TEXT NOT NULL,
    perspective TEXT NOT NULL,
    level BIGINT NOT NULL,
    motivation TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (classification_id, aspect, perspective)
);
CREATE TABLE classification_adjustment (
    classification_id TEXT NOT NULL REFERENCES classification (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    aspect TEXT NOT NULL,
    level BIGINT NOT NULL,
    cause TEXT NOT NULL,
    reason TEXT NOT NULL,
    approver TEXT NOT NULL DEFAULT '',
    adjusted_by TEXT NOT NULL,
    adjusted_at BIGINT NOT NULL,
    PRIMARY KEY (classification_id, aspect)
);
