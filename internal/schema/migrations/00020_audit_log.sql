-- +goose Up
-- The log becomes a Merkle tree. What stood in it is taken over by the next migration, which computes the tree.
ALTER TABLE audit_head RENAME TO audit_head_1;
ALTER TABLE audit_entry RENAME TO audit_entry_1;
DROP INDEX audit_entry_object;
-- One row per log. The log of the installation itself has the id '*' and belongs to no organisation.
CREATE TABLE audit_head (
    organisation_id TEXT NOT NULL PRIMARY KEY,
    owner TEXT GENERATED ALWAYS AS (NULLIF(organisation_id, '*')) STORED REFERENCES organisation (id),
    -- The log's own name, in the origin of its checkpoints.
    name TEXT NOT NULL DEFAULT '',
    size BIGINT NOT NULL,
    -- The size right after the latest entry that tells of a change, and not only of a reading, a refusal or a sign-in.
    changed BIGINT NOT NULL DEFAULT 0,
    epoch BIGINT NOT NULL DEFAULT 1
);
-- The leaves. A record never changes and holds no personal data.
CREATE TABLE audit_entry (
    organisation_id TEXT NOT NULL REFERENCES audit_head (organisation_id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (organisation_id, seq)
);
CREATE INDEX audit_entry_object ON audit_entry (organisation_id, object_kind, object_id, seq);
-- What the records are commitments to. NULL is erased.
CREATE TABLE audit_private (
    organisation_id TEXT NOT NULL REFERENCES audit_head (organisation_id),
    seq BIGINT NOT NULL,
    salts TEXT NOT NULL,
    actor TEXT,
    what TEXT,
    why TEXT,
    address TEXT,
    PRIMARY KEY (organisation_id, seq)
);
CREATE INDEX audit_private_actor ON audit_private (organisation_id, actor, seq);
-- The tree: for every leaf its own hash and those of the subtrees that it completed, from the smallest.
CREATE TABLE audit_hash (
    organisation_id TEXT NOT NULL REFERENCES audit_head (organisation_id),
    seq BIGINT NOT NULL,
    hashes TEXT NOT NULL,
    PRIMARY KEY (organisation_id, seq)
);
CREATE TABLE audit_checkpoint (
    organisation_id TEXT NOT NULL REFERENCES audit_head (organisation_id),
    epoch BIGINT NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, epoch, size)
);
CREATE TABLE audit_cosignature (
    organisation_id TEXT NOT NULL REFERENCES audit_head (organisation_id),
    epoch BIGINT NOT NULL,
    size BIGINT NOT NULL,
    witness TEXT NOT NULL,
    signature TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, epoch, size, witness)
);
-- How far each receiver outside the machine has come.
CREATE TABLE audit_delivery (
    organisation_id TEXT NOT NULL REFERENCES audit_head (organisation_id),
    receiver TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, receiver)
);
