-- +goose Up
-- What an organisation that receives others' figures holds (Swedish: nationell bild). organisation_id is the receiver's.
CREATE TABLE national_key (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    municipality TEXT NOT NULL,
    verifier TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (organisation_id, municipality, verifier)
);
-- Every submission that was accepted. One that was corrected stays, and says when it was replaced.
CREATE TABLE national_submission (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    digest TEXT NOT NULL,
    municipality TEXT NOT NULL,
    period TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    replaced_at BIGINT,
    size TEXT NOT NULL,
    shown BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation_id, digest)
);
CREATE UNIQUE INDEX national_submission_current ON national_submission (organisation_id, municipality, period) WHERE replaced_at IS NULL;
CREATE INDEX national_submission_period ON national_submission (organisation_id, period);
-- The figures of the submissions that stand.
CREATE TABLE national_figure (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    period TEXT NOT NULL,
    municipality TEXT NOT NULL,
    indicator TEXT NOT NULL,
    definition BIGINT NOT NULL,
    series TEXT NOT NULL,
    numerator BIGINT NOT NULL,
    denominator BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, period, municipality, indicator, definition, series)
);
-- What has been published: each release decides every cell of a period once, after all that was published before. basis tells which
-- submissions it stood on.
CREATE TABLE national_release (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    number BIGINT NOT NULL,
    period TEXT NOT NULL,
    released_at BIGINT NOT NULL,
    municipalities BIGINT NOT NULL,
    basis TEXT NOT NULL,
    PRIMARY KEY (organisation_id, number)
);
-- hidden are the municipalities that a cell sums and that are not shown by themselves, so that later releases keep apart from it.
CREATE TABLE national_cell (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    release_number BIGINT NOT NULL,
    indicator TEXT NOT NULL,
    definition BIGINT NOT NULL,
    series TEXT NOT NULL,
    split TEXT NOT NULL,
    part TEXT NOT NULL,
    why TEXT NOT NULL,
    members BIGINT NOT NULL,
    numerator BIGINT NOT NULL,
    denominator BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    quartiles TEXT NOT NULL,
    hidden TEXT NOT NULL,
    PRIMARY KEY (organisation_id, release_number, indicator, definition, series, split, part)
);
-- The figures of municipalities that had agreed to be shown by themselves when the release was made.
CREATE TABLE national_shown (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    release_number BIGINT NOT NULL,
    municipality TEXT NOT NULL,
    indicator TEXT NOT NULL,
    definition BIGINT NOT NULL,
    series TEXT NOT NULL,
    numerator BIGINT NOT NULL,
    denominator BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, release_number, municipality, indicator, definition, series)
);
-- The rows of a simulated nation. Each column of facts has one bit for each of the indicators' facts, by series.
CREATE TABLE national_row (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    municipality TEXT NOT NULL,
    number BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    alike BIGINT NOT NULL,
    yes_measured BIGINT NOT NULL,
    no_measured BIGINT NOT NULL,
    yes_attested BIGINT NOT NULL,
    no_attested BIGINT NOT NULL,
    yes_self BIGINT NOT NULL,
    no_self BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, municipality, number)
);
