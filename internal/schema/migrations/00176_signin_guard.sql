-- +goose Up
-- What an organisation asks of the device and the network that people sign in with, beside the level. bound is the group of roles that asks for a
-- passkey which cannot be copied: none, 'administrator', or 'weakness' for those too who see where the organisation is weak. networks are the ones
-- that the administrator's role is given in, with spaces between; none is all.
CREATE TABLE signin_guard (
	organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
	bound TEXT NOT NULL DEFAULT '' CHECK (bound IN ('', 'administrator', 'weakness')),
	networks TEXT NOT NULL DEFAULT '',
	updated_at BIGINT NOT NULL
);
