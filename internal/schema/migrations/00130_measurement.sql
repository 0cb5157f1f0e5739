-- +goose Up
-- What is measured from outside (Swedish: mätning). A target is a page of a system that two people have approved, until a day.
CREATE TABLE measurement_target (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    login_path_id TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    hosts TEXT NOT NULL DEFAULT '',
    private BIGINT NOT NULL DEFAULT 0,
    zone TEXT NOT NULL CHECK (zone IN ('internet', 'lan', 'dmz')),
    agent_id TEXT NOT NULL DEFAULT '',
    second_step BIGINT NOT NULL DEFAULT 0,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    approved_at BIGINT,
    expires_on TEXT NOT NULL,
    due_at BIGINT NOT NULL DEFAULT 0,
    ended_at BIGINT
);
CREATE INDEX measurement_target_system ON measurement_target (organisation_id, system_id);
-- What a measurement found. The record is sealed: it tells where a system is weak.
CREATE TABLE measurement_result (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    target_id TEXT NOT NULL REFERENCES measurement_target (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    taken_at BIGINT NOT NULL,
    agent_id TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL,
    factors BIGINT NOT NULL DEFAULT 0,
    loa BIGINT NOT NULL DEFAULT 0,
    confidence TEXT NOT NULL DEFAULT '',
    hash TEXT NOT NULL,
    evidence_id TEXT NOT NULL DEFAULT '',
    record TEXT NOT NULL
);
CREATE INDEX measurement_result_target ON measurement_result (organisation_id, target_id, taken_at);
-- How much a host has been connected to, whichever organisations have it measured: it is the host that must not be disturbed.
CREATE TABLE measurement_host (
    host TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    used BIGINT NOT NULL,
    busy_until BIGINT NOT NULL DEFAULT 0,
    paused_until BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE measurement_setting (
    organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    stopped BIGINT NOT NULL DEFAULT 0,
    seed TEXT NOT NULL DEFAULT '',
    seed_day TEXT NOT NULL DEFAULT '',
    planned_day TEXT NOT NULL DEFAULT ''
);
-- A program that measures in another zone: it has its own key, of which only the public half is here.
CREATE TABLE measurement_agent (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    zone TEXT NOT NULL CHECK (zone IN ('internet', 'lan', 'dmz')),
    public_key TEXT NOT NULL,
    token_id TEXT NOT NULL DEFAULT '',
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX measurement_agent_organisation ON measurement_agent (organisation_id);
-- What an agent has been told to measure, once each.
CREATE TABLE measurement_task (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    agent_id TEXT NOT NULL REFERENCES measurement_agent (id),
    target_id TEXT NOT NULL REFERENCES measurement_target (id),
    issued_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX measurement_task_agent ON measurement_task (organisation_id, agent_id, done_at);
