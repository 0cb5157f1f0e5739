-- +goose Up
-- The systems where most is not met are found without reading every answer.
CREATE INDEX requirement_answer_unmet ON requirement_answer (organisation_id, system_id, requirement_id)
    WHERE superseded_at IS NULL AND status IN ('not-met', 'partly');
