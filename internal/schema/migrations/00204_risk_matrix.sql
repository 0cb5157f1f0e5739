-- +goose Up
-- The matrix counts every risk by where it stands and what is done about it. With this it reads an index from one end to the other, and no risk.
CREATE INDEX risk_matrix ON risk (organisation_id, likelihood, consequence, level, treatment, system_id);
