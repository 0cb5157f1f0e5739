-- +goose Up
-- A risk can also be reduced by a requirement that no catalogue has: then its text stands here, encrypted, with the topic that it belongs to and
-- how many times it has been written.
ALTER TABLE requirement_demand ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE requirement_demand ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE requirement_demand ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE risk_measure ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE risk_measure ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
