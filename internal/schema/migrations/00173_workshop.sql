-- +goose Up
-- A workshop where risks are weighed by several people at once (riskverkstad). The code lets somebody without an account take a seat while
-- it is open: it stands encrypted for whoever leads it, and as a keyed hash to be found by; both are gone when the workshop is closed.
CREATE TABLE workshop (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    name TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    code_hash TEXT UNIQUE,
    current_id TEXT NOT NULL DEFAULT '',
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX workshop_system ON workshop (organisation_id, system_id);
-- What is weighed, and what was decided about it. risk_id is the risk that it is about, or became.
CREATE TABLE workshop_scenario (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    workshop_id TEXT NOT NULL REFERENCES workshop (id),
    position BIGINT NOT NULL,
    risk_id TEXT NOT NULL DEFAULT '',
    threat_id TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    cause TEXT NOT NULL DEFAULT '',
    event TEXT NOT NULL DEFAULT '',
    aspects TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'voting', 'shown', 'decided')),
    round BIGINT NOT NULL DEFAULT 0,
    individual TEXT NOT NULL DEFAULT '',
    organisation TEXT NOT NULL DEFAULT '',
    society TEXT NOT NULL DEFAULT '',
    likelihood BIGINT NOT NULL DEFAULT 0,
    treatment TEXT NOT NULL DEFAULT '',
    owner_role TEXT NOT NULL DEFAULT '',
    due_on TEXT NOT NULL DEFAULT '',
    motive TEXT NOT NULL DEFAULT '',
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX workshop_scenario_workshop ON workshop_scenario (organisation_id, workshop_id, position);
-- Who takes part: a name that they have chosen, and the hash of their browser's secret.
CREATE TABLE workshop_participant (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    workshop_id TEXT NOT NULL REFERENCES workshop (id),
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    joined_at BIGINT NOT NULL
);
CREATE INDEX workshop_participant_workshop ON workshop_participant (organisation_id, workshop_id, joined_at);
-- The votes of each round; an empty step and a likelihood of 0 say "I do not know".
CREATE TABLE workshop_vote (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    scenario_id TEXT NOT NULL REFERENCES workshop_scenario (id),
    participant_id TEXT NOT NULL REFERENCES workshop_participant (id),
    round BIGINT NOT NULL,
    individual TEXT NOT NULL DEFAULT '',
    organisation TEXT NOT NULL DEFAULT '',
    society TEXT NOT NULL DEFAULT '',
    likelihood BIGINT NOT NULL DEFAULT 0,
    voted_at BIGINT NOT NULL,
    PRIMARY KEY (scenario_id, participant_id, round)
);
CREATE INDEX workshop_vote_organisation ON workshop_vote (organisation_id, scenario_id, round);
