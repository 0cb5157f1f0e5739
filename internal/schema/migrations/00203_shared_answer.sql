-- +goose Up
-- That a supplier lets what it has answered about a system be shown to the other organisations on the same installation that ask it. domain is what
-- stands after the @ of the address that was asked.
CREATE TABLE supplier_consent (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    system_id TEXT NOT NULL REFERENCES system (id),
    domain TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (system_id, domain)
);
CREATE INDEX supplier_consent_organisation ON supplier_consent (organisation_id, system_id);
-- What a supplier has answered another organisation, as a copy that lies sealed with the key of the one that may see it. number is the supplier's
-- organisation number; source stands for where it came from, and tells nobody which organisation that is. earlier is the answer before, until somebody
-- has seen that it changed. Of what is shared no longer nothing is left but that it was.
CREATE TABLE shared_answer (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    source TEXT NOT NULL,
    requirement_id TEXT NOT NULL,
    number TEXT NOT NULL,
    domain TEXT NOT NULL,
    content TEXT NOT NULL,
    earlier TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    changed_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (source, requirement_id),
    CHECK (ended_at IS NULL OR content = '' AND earlier = '')
);
CREATE INDEX shared_answer_number ON shared_answer (organisation_id, number);
