-- +goose Up
-- Where an organisation's mail is handed over. The password is encrypted.
CREATE TABLE mail_setting (
    organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    host TEXT NOT NULL,
    port BIGINT NOT NULL CHECK (port BETWEEN 1 AND 65535),
    security TEXT NOT NULL CHECK (security IN ('starttls', 'tls', 'plain')),
    account TEXT NOT NULL DEFAULT '',
    password TEXT NOT NULL DEFAULT '',
    sender TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);
-- Mail on its way, and that it has been sent. The content is encrypted, and gone as soon as nothing more will be tried.
CREATE TABLE mail_message (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_hash TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed', 'expired')),
    attempts BIGINT NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX mail_message_time ON mail_message (organisation_id, created_at);
CREATE INDEX mail_message_recipient ON mail_message (organisation_id, recipient_hash, created_at);
