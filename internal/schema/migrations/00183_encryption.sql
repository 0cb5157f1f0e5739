-- +goose Up
-- What a target is measured for: how one signs in there, or how good its encryption is (Swedish: kryptering).
ALTER TABLE measurement_target ADD COLUMN kind TEXT NOT NULL DEFAULT 'login' CHECK (kind IN ('login', 'tls'));
-- How good encryption was found to be, for what is measured so; empty for sign-in.
ALTER TABLE measurement_result ADD COLUMN quality TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence ADD COLUMN quality TEXT NOT NULL DEFAULT '';
-- Whether pages that scripts build may be shown to a browser. Off until an administrator says so.
ALTER TABLE measurement_setting ADD COLUMN scripts BIGINT NOT NULL DEFAULT 0;
