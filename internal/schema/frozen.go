// SPDX-License-Identifier: EUPL-1.2

package schema

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"github.com/insegel/insegel/internal/db"
)

// frozenVersion is the number of the migration that guards what has been signed. It is written in Go, since the engines write triggers
// differently.
const frozenVersion = 197

// frozenRounds lets the database itself refuse to change, to remove or to add anything in a campaign that is frozen: a correction is new
// rows. Only what was signed is guarded, so that addresses can be removed; a note may be encrypted with another key, and nothing else may be
// done to it. What the example made goes away with it, and a restore puts rows in any order.
func frozenRounds(engine db.Engine) *goose.Migration {
	statements := sqliteGuards
	if engine == db.Postgres {
		statements = postgresGuards
	}
	return goose.NewGoMigration(frozenVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("guard what is frozen: %w", err)
			}
		}
		return nil
	}}, nil)
}

// refusal is what the database says.
const refusal = `the campaign is frozen: what is wrong in it is corrected in a new version`

// example tells, of a campaign c, whether the example made it, and restoring whether a backup is being put back.
const (
	example   = `EXISTS (SELECT 1 FROM example_object e WHERE e.organisation_id = c.organisation_id AND e.kind = 'campaign' AND e.object_id = c.id)`
	restoring = `EXISTS (SELECT 1 FROM restoring)`
)

// resealed tells whether a note was encrypted with another key.
const resealed = `(OLD.note LIKE 'v1:________:%' AND NEW.note LIKE 'v1:________:%' AND SUBSTR(OLD.note, 4, 8) <> SUBSTR(NEW.note, 4, 8))`

// The campaign that is frozen and that a row of each table belongs to.
const (
	ofSheet  = `SELECT 1 FROM campaign c WHERE c.frozen_at > 0 AND c.id = `
	ofAnswer = `SELECT 1 FROM campaign c JOIN campaign_sheet s ON s.campaign_id = c.id WHERE c.frozen_at > 0 AND s.id = `
)

const abort = ` BEGIN SELECT RAISE(ABORT, '` + refusal + `'); END`

var sqliteGuards = []string{
	`CREATE TRIGGER campaign_keep BEFORE UPDATE ON campaign WHEN OLD.frozen_at > 0 AND (
		(NEW.id, NEW.organisation_id, NEW.number, NEW.version, NEW.replaces, NEW.name, NEW.round, NEW.year, NEW.quarter) IS NOT
		(OLD.id, OLD.organisation_id, OLD.number, OLD.version, OLD.replaces, OLD.name, OLD.round, OLD.year, OLD.quarter) OR
		(NEW.deadline, NEW.remind, NEW.catalogue, NEW.sent_at, NEW.frozen_at, NEW.frozen_by, NEW.hash, NEW.created_by, NEW.created_at) IS NOT
		(OLD.deadline, OLD.remind, OLD.catalogue, OLD.sent_at, OLD.frozen_at, OLD.frozen_by, OLD.hash, OLD.created_by, OLD.created_at))` + abort,
	`CREATE TRIGGER campaign_stay BEFORE DELETE ON campaign WHEN EXISTS (` + ofSheet + `OLD.id AND NOT ` + example + `)` + abort,
	`CREATE TRIGGER campaign_sheet_keep BEFORE UPDATE ON campaign_sheet WHEN
		(NEW.id, NEW.organisation_id, NEW.campaign_id, NEW.kind, NEW.object_id, NEW.name, NEW.sent_at, NEW.sent_by) IS NOT
		(OLD.id, OLD.organisation_id, OLD.campaign_id, OLD.kind, OLD.object_id, OLD.name, OLD.sent_at, OLD.sent_by)
		AND EXISTS (` + ofSheet + `OLD.campaign_id OR c.frozen_at > 0 AND c.id = NEW.campaign_id)` + abort,
	`CREATE TRIGGER campaign_sheet_stay BEFORE DELETE ON campaign_sheet WHEN EXISTS (` + ofSheet + `OLD.campaign_id AND NOT ` + example + `)` + abort,
	`CREATE TRIGGER campaign_sheet_add BEFORE INSERT ON campaign_sheet WHEN NOT ` + restoring + ` AND EXISTS (` + ofSheet + `NEW.campaign_id)` + abort,
	`CREATE TRIGGER campaign_answer_keep BEFORE UPDATE ON campaign_answer WHEN (
		(NEW.organisation_id, NEW.sheet_id, NEW.question, NEW.value, NEW.day, NEW.known, NEW.answered_by, NEW.answered_at) IS NOT
		(OLD.organisation_id, OLD.sheet_id, OLD.question, OLD.value, OLD.day, OLD.known, OLD.answered_by, OLD.answered_at)
		OR NEW.note IS NOT OLD.note AND NOT ` + resealed + `)
		AND EXISTS (` + ofAnswer + `OLD.sheet_id OR c.frozen_at > 0 AND s.id = NEW.sheet_id)` + abort,
	`CREATE TRIGGER campaign_answer_stay BEFORE DELETE ON campaign_answer WHEN EXISTS (` + ofAnswer + `OLD.sheet_id AND NOT ` + example + `)` + abort,
	`CREATE TRIGGER campaign_answer_add BEFORE INSERT ON campaign_answer WHEN NOT ` + restoring + ` AND EXISTS (` + ofAnswer + `NEW.sheet_id)` + abort,
}

// raise refuses in PostgreSQL. A trigger's function there says which rows go through.
const raise = `RAISE EXCEPTION '` + refusal + `' USING ERRCODE = 'integrity_constraint_violation'; END IF; `

var postgresGuards = []string{
	`CREATE FUNCTION campaign_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN
		IF TG_OP = 'TRUNCATE' THEN
			IF EXISTS (SELECT 1 FROM campaign c WHERE c.frozen_at > 0) THEN ` + raise + `
			RETURN NULL;
		END IF;
		IF TG_OP = 'DELETE' THEN
			IF EXISTS (` + ofSheet + `OLD.id AND NOT ` + example + `) THEN ` + raise + `
			RETURN OLD;
		END IF;
		IF OLD.frozen_at > 0 AND NEW IS DISTINCT FROM OLD THEN ` + raise + `
		RETURN NEW;
	END $guard$`,
	`CREATE FUNCTION campaign_sheet_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN
		IF TG_OP = 'DELETE' THEN
			IF EXISTS (` + ofSheet + `OLD.campaign_id AND NOT ` + example + `) THEN ` + raise + `
			RETURN OLD;
		END IF;
		IF TG_OP = 'INSERT' THEN
			IF NOT ` + restoring + ` AND EXISTS (` + ofSheet + `NEW.campaign_id) THEN ` + raise + `
			RETURN NEW;
		END IF;
		IF ROW(NEW.id, NEW.organisation_id, NEW.campaign_id, NEW.kind, NEW.object_id, NEW.name, NEW.sent_at, NEW.sent_by) IS DISTINCT FROM
			ROW(OLD.id, OLD.organisation_id, OLD.campaign_id, OLD.kind, OLD.object_id, OLD.name, OLD.sent_at, OLD.sent_by)
			AND EXISTS (` + ofSheet + `OLD.campaign_id OR c.frozen_at > 0 AND c.id = NEW.campaign_id) THEN ` + raise + `
		RETURN NEW;
	END $guard$`,
	`CREATE FUNCTION campaign_answer_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN
		IF TG_OP = 'DELETE' THEN
			IF EXISTS (` + ofAnswer + `OLD.sheet_id AND NOT ` + example + `) THEN ` + raise + `
			RETURN OLD;
		END IF;
		IF TG_OP = 'INSERT' THEN
			IF NOT ` + restoring + ` AND EXISTS (` + ofAnswer + `NEW.sheet_id) THEN ` + raise + `
			RETURN NEW;
		END IF;
		IF (ROW(NEW.organisation_id, NEW.sheet_id, NEW.question, NEW.value, NEW.day, NEW.known, NEW.answered_by, NEW.answered_at) IS DISTINCT FROM
			ROW(OLD.organisation_id, OLD.sheet_id, OLD.question, OLD.value, OLD.day, OLD.known, OLD.answered_by, OLD.answered_at)
			OR NEW.note IS DISTINCT FROM OLD.note AND NOT ` + resealed + `)
			AND EXISTS (` + ofAnswer + `OLD.sheet_id OR c.frozen_at > 0 AND s.id = NEW.sheet_id) THEN ` + raise + `
		RETURN NEW;
	END $guard$`,
	`CREATE TRIGGER campaign_guard BEFORE UPDATE OR DELETE ON campaign FOR EACH ROW EXECUTE FUNCTION campaign_guard()`,
	`CREATE TRIGGER campaign_guard_all BEFORE TRUNCATE ON campaign FOR EACH STATEMENT EXECUTE FUNCTION campaign_guard()`,
	`CREATE TRIGGER campaign_sheet_guard BEFORE INSERT OR UPDATE OR DELETE ON campaign_sheet FOR EACH ROW EXECUTE FUNCTION campaign_sheet_guard()`,
	`CREATE TRIGGER campaign_sheet_guard_all BEFORE TRUNCATE ON campaign_sheet FOR EACH STATEMENT EXECUTE FUNCTION campaign_guard()`,
	`CREATE TRIGGER campaign_answer_guard BEFORE INSERT OR UPDATE OR DELETE ON campaign_answer FOR EACH ROW EXECUTE FUNCTION campaign_answer_guard()`,
	`CREATE TRIGGER campaign_answer_guard_all BEFORE TRUNCATE ON campaign_answer FOR EACH STATEMENT EXECUTE FUNCTION campaign_guard()`,
}
