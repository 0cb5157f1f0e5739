-- +goose Up
-- Whether the provider has been switched on before. The roles' levels are asked for from when a provider is switched on for the first
-- time, also when it is switched off again.
ALTER TABLE identity_provider ADD COLUMN started BIGINT NOT NULL DEFAULT 0 CHECK (started IN (0, 1));
