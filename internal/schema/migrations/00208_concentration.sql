-- +goose Up
-- Which suppliers and kinds of systems municipalities depend on (Swedish: beroenden), as a receiver holds it. organisation_id is the receiver's.
-- Everything that was accepted. One that was corrected stays, and says when it was replaced.
CREATE TABLE national_concentration (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    digest TEXT NOT NULL,
    municipality TEXT NOT NULL,
    period TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    replaced_at BIGINT,
    size TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation_id, digest)
);
CREATE UNIQUE INDEX national_concentration_current ON national_concentration (organisation_id, municipality, period) WHERE replaced_at IS NULL;
CREATE INDEX national_concentration_period ON national_concentration (organisation_id, period);
-- What has been published of it: each release decides every count of a period once, after all that was published before.
CREATE TABLE national_concentration_release (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    number BIGINT NOT NULL,
    period TEXT NOT NULL,
    released_at BIGINT NOT NULL,
    municipalities BIGINT NOT NULL,
    basis TEXT NOT NULL,
    PRIMARY KEY (organisation_id, number)
);
-- The counts that are shown, and no others: what is depended on by too few is not named. base and hidden are the municipalities that a count
-- stands on, as in national_cell.
CREATE TABLE national_dependence (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    release_number BIGINT NOT NULL,
    subject TEXT NOT NULL,
    split TEXT NOT NULL,
    part TEXT NOT NULL,
    members BIGINT NOT NULL,
    submitted BIGINT NOT NULL,
    numerator BIGINT NOT NULL,
    denominator BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    base TEXT NOT NULL,
    hidden TEXT NOT NULL,
    kept BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, release_number, subject, split, part)
);
CREATE INDEX national_dependence_subject ON national_dependence (organisation_id, subject, release_number);
