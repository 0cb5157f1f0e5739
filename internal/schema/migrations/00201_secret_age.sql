-- +goose Up
-- How many days keys and secrets of a kind may stand, where the organisation has said otherwise than the program (Swedish: nyckelbyten).
CREATE TABLE secret_age (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL,
    days BIGINT NOT NULL CHECK (days BETWEEN 7 AND 1825),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, kind)
);
-- Since when each secret has stood, where nothing else told. What is there already is counted from when its row last changed.
ALTER TABLE mail_setting ADD COLUMN password_at BIGINT NOT NULL DEFAULT 0;
UPDATE mail_setting SET password_at = updated_at;
ALTER TABLE webhook_target ADD COLUMN secret_at BIGINT NOT NULL DEFAULT 0;
UPDATE webhook_target SET secret_at = CASE WHEN old_until > 0 THEN old_until - 86400000 ELSE created_at END;
ALTER TABLE instance ADD COLUMN root_at BIGINT NOT NULL DEFAULT 0;
UPDATE instance SET root_at = created_at;
-- A keyed hash of the password that the program shows PostgreSQL, and since when it has been that one.
ALTER TABLE instance ADD COLUMN database_check TEXT NOT NULL DEFAULT '';
ALTER TABLE instance ADD COLUMN database_at BIGINT NOT NULL DEFAULT 0;
