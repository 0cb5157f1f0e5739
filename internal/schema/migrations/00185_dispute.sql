-- +goose Up
-- That somebody says that a measurement is wrong (Swedish: bestridd). It counts as before until it has been made anew or is withdrawn. The
-- reason is sealed.
CREATE TABLE evidence_dispute (
    evidence_id TEXT PRIMARY KEY REFERENCES evidence (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    disputed_at BIGINT NOT NULL,
    disputed_by TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX evidence_dispute_organisation ON evidence_dispute (organisation_id);
