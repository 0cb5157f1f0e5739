-- +goose Up
-- What the indicators were on a day (Swedish: uppföljning). A day that has passed is never written again: another definition is another
-- series beside the old.
CREATE TABLE indicator_snapshot (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    taken_on TEXT NOT NULL,
    indicator TEXT NOT NULL,
    definition BIGINT NOT NULL,
    series TEXT NOT NULL CHECK (series IN ('measured', 'attested', 'self-assessed')),
    numerator BIGINT NOT NULL,
    denominator BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    catalogue TEXT NOT NULL,
    PRIMARY KEY (organisation_id, taken_on, indicator, definition, series)
);
CREATE INDEX indicator_snapshot_series ON indicator_snapshot (organisation_id, indicator, taken_on);
