-- +goose Up
-- What becomes of what a supplier attests. form is how it is asked: "supplier" asks what is to hold, "unit" asks an own unit what holds.
-- reminded_at is when whoever was asked was reminded.
ALTER TABLE supplier_request ADD COLUMN form TEXT NOT NULL DEFAULT 'supplier' CHECK (form IN ('supplier', 'unit'));
ALTER TABLE supplier_request ADD COLUMN reminded_at BIGINT;
-- An answer that somebody has accepted. It becomes evidence on counts_on, the day that the contract begins or that it says to hold from;
-- evidence_id is empty until then, and stays so where there is nothing to show by it.
CREATE TABLE supplier_acceptance (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    request_id TEXT NOT NULL REFERENCES supplier_request (id),
    requirement_id TEXT NOT NULL,
    counts_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'counted', 'noted')),
    evidence_id TEXT NOT NULL DEFAULT '',
    ends_on TEXT NOT NULL DEFAULT '',
    accepted_by TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, requirement_id)
);
CREATE INDEX supplier_acceptance_state ON supplier_acceptance (organisation_id, state, counts_on);
