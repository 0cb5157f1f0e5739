-- +goose Up
-- Logs of sign-ins that have been taken in (Swedish: inloggningslogg). Who signed in is nowhere: only counts are kept.
CREATE TABLE signin_import (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL CHECK (kind IN ('log', 'policy', 'metadata')),
    format TEXT NOT NULL,
    taken_by TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    from_day TEXT NOT NULL DEFAULT '',
    to_day TEXT NOT NULL DEFAULT '',
    records BIGINT NOT NULL DEFAULT 0,
    sign_ins BIGINT NOT NULL DEFAULT 0,
    unread BIGINT NOT NULL DEFAULT 0,
    hash TEXT NOT NULL
);
CREATE INDEX signin_import_organisation ON signin_import (organisation_id, taken_at);
CREATE TABLE signin_count (
    import_id TEXT NOT NULL REFERENCES signin_import (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    day TEXT NOT NULL,
    application TEXT NOT NULL,
    path TEXT NOT NULL,
    context TEXT NOT NULL,
    methods TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (import_id, day, application, path, context, methods, outcome)
);
CREATE INDEX signin_count_organisation ON signin_count (organisation_id, day);
-- What was last seen of each application, and which system it is. Told is what a log, policies or metadata say of it, sealed.
CREATE TABLE signin_application (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL,
    application TEXT NOT NULL,
    import_id TEXT NOT NULL REFERENCES signin_import (id),
    told TEXT NOT NULL,
    system_id TEXT REFERENCES system (id),
    login_path_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organisation_id, kind, application)
);
CREATE INDEX signin_application_system ON signin_application (organisation_id, system_id);
-- Mappings that somebody has saved, for logs of forms that are not known.
CREATE TABLE signin_mapping (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (organisation_id, name)
);
