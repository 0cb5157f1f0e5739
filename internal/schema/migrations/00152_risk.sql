-- +goose Up
-- Requirements that a system is to meet for another reason than law and classification: a risk that is to be reduced.
CREATE TABLE requirement_demand (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    requirement_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('risk')),
    ref TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (system_id, requirement_id, kind, ref)
);
CREATE INDEX requirement_demand_organisation ON requirement_demand (organisation_id, system_id);
-- What could happen to a system, as somebody has weighed it. Its level is kept beside it so that lists are quick; it always follows from
-- the rest.
CREATE TABLE risk (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    threat_id TEXT NOT NULL DEFAULT '',
    threat_version BIGINT NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL DEFAULT '',
    event TEXT NOT NULL DEFAULT '',
    individual TEXT NOT NULL DEFAULT '',
    organisation TEXT NOT NULL DEFAULT '',
    society TEXT NOT NULL DEFAULT '',
    lowered TEXT NOT NULL DEFAULT '',
    motive TEXT NOT NULL DEFAULT '',
    likelihood BIGINT NOT NULL DEFAULT 0,
    consequence BIGINT NOT NULL DEFAULT 0,
    level BIGINT NOT NULL DEFAULT 0,
    treatment TEXT NOT NULL DEFAULT '' CHECK (treatment IN ('', 'accept', 'reduce', 'share', 'avoid')),
    owner_role TEXT NOT NULL DEFAULT '',
    due_on TEXT NOT NULL DEFAULT '',
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX risk_system ON risk (organisation_id, system_id);
CREATE INDEX risk_level ON risk (organisation_id, level, id);
CREATE TABLE risk_impact (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    risk_id TEXT NOT NULL REFERENCES risk (id),
    aspect TEXT NOT NULL,
    perspective TEXT NOT NULL,
    step TEXT NOT NULL,
    PRIMARY KEY (risk_id, aspect, perspective)
);
CREATE INDEX risk_impact_organisation ON risk_impact (organisation_id, risk_id);
-- What is to reduce a risk: a requirement, and how many steps it is thought to take away when it is met.
CREATE TABLE risk_measure (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    risk_id TEXT NOT NULL REFERENCES risk (id),
    requirement_id TEXT NOT NULL,
    on_likelihood BIGINT NOT NULL DEFAULT 0,
    on_consequence BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (risk_id, requirement_id)
);
CREATE INDEX risk_measure_organisation ON risk_measure (organisation_id, risk_id);
-- The assessment of what processing means to people (GDPR article 35), one for each system.
CREATE TABLE dpia (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'opinion', 'decision', 'decided')),
    description TEXT NOT NULL DEFAULT '',
    necessity TEXT NOT NULL DEFAULT '',
    risks TEXT NOT NULL DEFAULT '',
    measures TEXT NOT NULL DEFAULT '',
    views TEXT NOT NULL DEFAULT '',
    opinion TEXT NOT NULL DEFAULT '',
    opinion_by TEXT NOT NULL DEFAULT '',
    opinion_at BIGINT NOT NULL DEFAULT 0,
    decision TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'go', 'not', 'consult')),
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at BIGINT NOT NULL DEFAULT 0,
    review_on TEXT NOT NULL DEFAULT '',
    required TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (system_id)
);
CREATE INDEX dpia_organisation ON dpia (organisation_id, system_id);
CREATE TABLE dpia_answer (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    rule TEXT NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('yes', 'no', 'unknown')),
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (system_id, rule)
);
CREATE INDEX dpia_answer_organisation ON dpia_answer (organisation_id, system_id);
