-- Identity providers that are switched on when weaker keys begin to be refused may use them for half a year more, so that an upgrade locks
-- nobody out. It is shown with a warning, and the settings are a JSON object.
-- +goose Up
UPDATE identity_provider SET settings = '{"older_until":"2027-05-31",' || SUBSTR(settings, 2) WHERE enabled = 1 AND kind <> 'certificate' AND settings LIKE '{"%';
