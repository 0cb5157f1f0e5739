-- +goose Up
ALTER TABLE supplier ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE supplier ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE supplier ADD COLUMN transfer TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE supplier ADD COLUMN transfer_note TEXT NOT NULL DEFAULT '';
ALTER TABLE supplier ADD COLUMN contact TEXT NOT NULL DEFAULT '';
ALTER TABLE supplier ADD COLUMN incident_contact TEXT NOT NULL DEFAULT '';
ALTER TABLE supplier ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE supplier ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
-- What has a day when it ends or is to be looked over: contracts, processor agreements and certificates.
CREATE TABLE supplier_paper (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    supplier_id TEXT NOT NULL REFERENCES supplier (id),
    kind TEXT NOT NULL CHECK (kind IN ('contract', 'agreement', 'certificate')),
    name TEXT NOT NULL,
    number TEXT NOT NULL DEFAULT '',
    reference TEXT NOT NULL DEFAULT '',
    issuer TEXT NOT NULL DEFAULT '',
    starts_on TEXT NOT NULL DEFAULT '',
    ends_on TEXT NOT NULL DEFAULT '',
    notice_months BIGINT,
    value BIGINT,
    note TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);
CREATE INDEX supplier_paper_supplier ON supplier_paper (organisation_id, supplier_id);
-- What a contract or an agreement is about. Later slices know what the objects are called.
CREATE TABLE supplier_covers (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    paper_id TEXT NOT NULL REFERENCES supplier_paper (id),
    object_kind TEXT NOT NULL CHECK (object_kind IN ('system', 'processing')),
    object_id TEXT NOT NULL,
    PRIMARY KEY (paper_id, object_kind, object_id)
);
CREATE INDEX supplier_covers_object ON supplier_covers (organisation_id, object_kind, object_id);
CREATE TABLE sub_processor (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    supplier_id TEXT NOT NULL REFERENCES supplier (id),
    name TEXT NOT NULL,
    country TEXT NOT NULL DEFAULT '',
    task TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);
CREATE INDEX sub_processor_supplier ON sub_processor (organisation_id, supplier_id);
