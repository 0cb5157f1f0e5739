-- +goose Up
-- Assessments lie with the papers of a supplier, which have days and reminders. What is assessed stands in a column of its own, and kind is
-- then 'agreement': to widen the check of kind, the table would have to be written anew, and row-level security hides its rows from that.
ALTER TABLE supplier_paper ADD COLUMN assesses TEXT NOT NULL DEFAULT '' CHECK (assesses IN ('', 'transfer', 'suitability'));
ALTER TABLE supplier_paper ADD COLUMN outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'yes', 'conditions', 'no', 'unknown'));
