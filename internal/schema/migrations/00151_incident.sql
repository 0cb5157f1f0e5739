-- +goose Up
-- What has happened that should not have. Every text lies encrypted; of those concerned only numbers and kinds are kept.
CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    number BIGINT NOT NULL,
    unit_id TEXT REFERENCES unit (id),
    supplier_id TEXT REFERENCES supplier (id),
    drill TEXT NOT NULL DEFAULT '',
    origin_kind TEXT NOT NULL DEFAULT '',
    origin_ref TEXT NOT NULL DEFAULT '',
    origin_path TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',
    happened TEXT NOT NULL DEFAULT '',
    aware_why TEXT NOT NULL DEFAULT '',
    risk_why TEXT NOT NULL DEFAULT '',
    significant_why TEXT NOT NULL DEFAULT '',
    consequences TEXT NOT NULL DEFAULT '',
    taken TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    lessons TEXT NOT NULL DEFAULT '',
    categories TEXT NOT NULL DEFAULT '',
    informed_how TEXT NOT NULL DEFAULT '',
    began_at BIGINT NOT NULL DEFAULT 0,
    found_at BIGINT NOT NULL DEFAULT 0,
    aware_at BIGINT NOT NULL DEFAULT 0,
    notified_at BIGINT NOT NULL DEFAULT 0,
    handled_at BIGINT NOT NULL DEFAULT 0,
    informed_at BIGINT NOT NULL DEFAULT 0,
    closed_at BIGINT NOT NULL DEFAULT 0,
    limited_hours BIGINT,
    fallback_hours BIGINT,
    risk TEXT NOT NULL CHECK (risk IN ('unknown', 'unlikely', 'risk', 'high')),
    persons BIGINT,
    records BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organisation_id, number)
);
CREATE UNIQUE INDEX incident_origin ON incident (organisation_id, origin_kind, origin_ref) WHERE origin_ref <> '';
CREATE TABLE incident_answer (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    incident_id TEXT NOT NULL REFERENCES incident (id),
    question TEXT NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('yes', 'no', 'unknown')),
    PRIMARY KEY (incident_id, question)
);
-- The systems that were hit. The name is kept as it was: the register goes on.
CREATE TABLE incident_system (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    incident_id TEXT NOT NULL REFERENCES incident (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    name TEXT NOT NULL,
    PRIMARY KEY (incident_id, system_id)
);
CREATE INDEX incident_system_system ON incident_system (organisation_id, system_id);
-- What was decided and done about each duty, and why.
CREATE TABLE incident_report (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    incident_id TEXT NOT NULL REFERENCES incident (id),
    rule TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('planned', 'done', 'not-needed')),
    reason TEXT NOT NULL DEFAULT '',
    reference TEXT NOT NULL DEFAULT '',
    decided_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (incident_id, rule)
);
CREATE TABLE incident_measure (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    incident_id TEXT NOT NULL REFERENCES incident (id),
    text TEXT NOT NULL,
    owner_role TEXT NOT NULL DEFAULT '',
    due_on TEXT NOT NULL DEFAULT '',
    done_on TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL
);
CREATE INDEX incident_measure_incident ON incident_measure (organisation_id, incident_id);
