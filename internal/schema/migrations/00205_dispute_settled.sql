-- +goose Up
-- What somebody has said against a measurement counts until it is settled: ruling is then 'stands' (the measurement was right, and counts
-- again) or 'wrong' (it is withdrawn). The reason is sealed. Until now a disputed measurement counted as before; from now on it counts in
-- neither direction until it is settled.
ALTER TABLE evidence_dispute ADD COLUMN settled_at BIGINT;
ALTER TABLE evidence_dispute ADD COLUMN settled_by TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence_dispute ADD COLUMN ruling TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence_dispute ADD COLUMN ruling_reason TEXT NOT NULL DEFAULT '';
UPDATE evidence_dispute SET ruling = 'wrong', settled_at = disputed_at
    WHERE evidence_id IN (SELECT id FROM evidence WHERE withdrawn_at IS NOT NULL);
