-- +goose Up
CREATE TABLE information (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    type_id TEXT NOT NULL DEFAULT '',
    type_version BIGINT NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    UNIQUE (organisation_id, folded)
);
CREATE TABLE information_fact (
    information_id TEXT NOT NULL REFERENCES information (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    fact TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (information_id, fact, value)
);
CREATE TABLE supplier (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organisation_id, folded)
);
CREATE TABLE system (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    search TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'unknown',
    service TEXT NOT NULL DEFAULT '',
    audience TEXT NOT NULL DEFAULT '',
    unit_id TEXT REFERENCES unit (id),
    supplier_id TEXT REFERENCES supplier (id),
    owner_role TEXT NOT NULL DEFAULT '',
    manager_role TEXT NOT NULL DEFAULT '',
    hosting TEXT NOT NULL DEFAULT 'unknown',
    hosting_note TEXT NOT NULL DEFAULT '',
    country TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'unknown',
    criticality TEXT NOT NULL DEFAULT '',
    users BIGINT,
    users_approximate BIGINT NOT NULL DEFAULT 0,
    data_subjects BIGINT,
    contract_end TEXT NOT NULL DEFAULT '',
    contract_note TEXT NOT NULL DEFAULT '',
    processor_agreement TEXT NOT NULL DEFAULT 'unknown',
    processor_agreement_on TEXT NOT NULL DEFAULT '',
    sub_processors TEXT NOT NULL DEFAULT '',
    role_model TEXT NOT NULL DEFAULT 'unknown',
    role_model_on TEXT NOT NULL DEFAULT '',
    access_review_on TEXT NOT NULL DEFAULT '',
    access_log TEXT NOT NULL DEFAULT 'unknown',
    log_review_months BIGINT,
    log_review_on TEXT NOT NULL DEFAULT '',
    login_note TEXT NOT NULL DEFAULT '',
    information_note TEXT NOT NULL DEFAULT '',
    classified_last_year TEXT NOT NULL DEFAULT 'unknown',
    comment TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organisation_id, slug)
);
CREATE INDEX system_sort ON system (organisation_id, sort_key);
CREATE INDEX system_folded ON system (organisation_id, folded);
CREATE INDEX system_unit ON system (organisation_id, unit_id);
CREATE TABLE system_fact (
    system_id TEXT NOT NULL REFERENCES system (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    fact TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (system_id, fact, value)
);
CREATE TABLE login_path (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    audience TEXT NOT NULL DEFAULT 'unknown',
    address TEXT NOT NULL DEFAULT '',
    zone TEXT NOT NULL DEFAULT 'unknown',
    method TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL
);
CREATE INDEX login_path_system ON login_path (organisation_id, system_id);
CREATE TABLE system_information (
    system_id TEXT NOT NULL REFERENCES system (id),
    information_id TEXT NOT NULL REFERENCES information (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    status TEXT NOT NULL CHECK (status IN ('suggested', 'confirmed')),
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (system_id, information_id)
);
CREATE INDEX system_information_information ON system_information (organisation_id, information_id);
