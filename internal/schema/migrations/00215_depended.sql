-- +goose Up
-- What an organisation depended on when a period ended (Swedish: beroenden), kept by whoever has agreed to submit it, so that it can be submitted
-- later as it was. body has organisation numbers of companies and kinds of systems, as in national_concentration.
CREATE TABLE national_depended (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    period TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation_id, period)
);
