// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// ErrModelTaken says that a model with that id and version exists already.
var ErrModelTaken = errors.New("the model exists already")

// ErrModel says that a model is not known.
var ErrModel = errors.New("no such classification model: write klassa, msb-4, msb-3, the lowest and highest level, such as 1-3 (two to four levels), or the id of your own")

// DefaultModel is the model of an organisation that has chosen none.
const DefaultModel = "klassa"

// modelSetting names the organisation's setting of its model.
const modelSetting = "model"

// OrganisationModel gives the model that an organisation classifies by.
func OrganisationModel(ctx context.Context, tx *db.Tx, c *catalogue.Catalogue, org access.OrganisationID) (*catalogue.Model, error) {
	id, err := organisation.Setting(ctx, tx, org, modelSetting)
	if err != nil {
		return nil, err
	}
	if id == "" {
		id = DefaultModel
	}
	return FindModel(ctx, tx, c, org, id, "")
}

// FindModel finds a model by id and version: one that ships with the program, the organisation's own, or a bare scale such as
// "1-3". An empty version is the newest; a version that is not there is ErrModel, for another version may mean something else.
func FindModel(ctx context.Context, tx *db.Tx, c *catalogue.Catalogue, org access.OrganisationID, id, version string) (*catalogue.Model, error) {
	if m, ok := c.Model(id, version); ok {
		return m, nil
	}
	if m, err := bareScale(id); err == nil && (version == "" || version == m.Version) {
		return m, nil
	}
	var source string
	err := db.One(tx.QueryRow(ctx, `
		SELECT source FROM organisation_model WHERE organisation_id = $1 AND model_id = $2 AND ($3 = '' OR version = $3)
		ORDER BY created_at DESC, version DESC LIMIT 1`, org, id, version), &source)
	if errors.Is(err, db.ErrNotFound) {
		return nil, fmt.Errorf("%q: %w", id, ErrModel)
	}
	if err != nil {
		return nil, fmt.Errorf("read model %s: %w", id, err)
	}
	m, problems := catalogue.ParseModel(id, []byte(source))
	if len(problems) > 0 {
		return nil, fmt.Errorf("read model %s: %w", id, problems)
	}
	return m, nil
}

// Scale gives the model that a scale names: klassa, msb-4, msb-3, or a bare scale MIN-MAX that is mapped from the top.
func Scale(c *catalogue.Catalogue, name string) (*catalogue.Model, error) {
	if m, ok := c.Model(name, ""); ok {
		return m, nil
	}
	return bareScale(name)
}

// bareScale gives the model of a scale MIN-MAX that says nothing but its ends.
func bareScale(name string) (*catalogue.Model, error) {
	low, high, found := strings.Cut(name, "-")
	lowest, err1 := strconv.Atoi(low)
	highest, err2 := strconv.Atoi(high)
	if !found || err1 != nil || err2 != nil {
		return nil, fmt.Errorf("%q: %w", name, ErrModel)
	}
	return catalogue.RangeModel(lowest, highest)
}

// ownModels reads the newest version of each model that the organisation has added.
func ownModels(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]*catalogue.Model, error) {
	type row struct{ id, source string }
	rows, err := db.All(ctx, tx, func(scan func(...any) error) (row, error) {
		var r row
		return r, scan(&r.id, &r.source)
	}, `SELECT model_id, source FROM organisation_model WHERE organisation_id = $1 ORDER BY model_id, created_at DESC, version DESC`, org)
	if err != nil {
		return nil, fmt.Errorf("read own models: %w", err)
	}
	var out []*catalogue.Model
	for i, r := range rows {
		if i > 0 && rows[i-1].id == r.id {
			continue
		}
		m, problems := catalogue.ParseModel(r.id, []byte(r.source))
		if len(problems) > 0 {
			return nil, fmt.Errorf("read model %s: %w", r.id, problems)
		}
		out = append(out, m)
	}
	return out, nil
}

func saveModel(ctx context.Context, tx *db.Tx, org access.OrganisationID, m *catalogue.Model, source string) (bool, error) {
	n, err := tx.Exec(ctx, `
		INSERT INTO organisation_model (organisation_id, model_id, version, source, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, org, m.ID, m.Version, source, db.Millis(tx.Now))
	return n == 1, err
}

const columns = `c.id, c.system_id, c.model_id, c.model_version, c.status, c.origin, c.decider, c.decided_on, c.valid_until,
	c.version, c.created_by, c.created_at, c.updated_at`

func scanClassification(scan func(...any) error) (Classification, error) {
	var c Classification
	var created, updated int64
	err := scan(&c.ID, &c.System, &c.ModelID, &c.ModelVersion, &c.Status, &c.Origin, &c.Decider, &c.DecidedOn, &c.ValidUntil,
		&c.Version, &c.CreatedBy, &created, &updated)
	c.CreatedAt, c.UpdatedAt = db.FromMillis(created), db.FromMillis(updated)
	return c, err
}

// State is where a system's classification stands: what is decided, what is being prepared, and whether it was stopped.
type State struct {
	Decided, Draft, Stopped *Classification
}

// Effective is the classification that counts: a stop, else the decision, else the draft, else nil.
func (s State) Effective() *Classification {
	switch {
	case s.Stopped != nil:
		return s.Stopped
	case s.Decided != nil:
		return s.Decided
	default:
		return s.Draft
	}
}

// States reads where the classification of some systems stands (all of the organisation's when there are many), in two or three
// queries whatever their number.
func States(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]State, error) {
	where, args := `c.organisation_id = $1`, []any{org}
	if len(systems) <= fewSystems {
		marks := make([]string, len(systems))
		for i, id := range systems {
			args = append(args, id)
			marks[i] = "$" + strconv.Itoa(i+2)
		}
		where += ` AND c.system_id IN (` + strings.Join(append(marks, "''"), ", ") + `)`
	}
	where += ` AND c.status IN ('draft', 'decided', 'stopped')`
	list, err := db.All(ctx, tx, scanClassification, `SELECT `+columns+` FROM classification c WHERE `+where+` ORDER BY c.created_at, c.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read classifications: %w", err)
	}
	if err := fill(ctx, tx, list, where, args); err != nil {
		return nil, err
	}
	out := make(map[ids.ID[system.System]]State, len(list))
	for i := range list {
		c := &list[i]
		s := out[c.System]
		switch c.Status {
		case Draft:
			s.Draft = c
		case Decided:
			s.Decided, s.Stopped = c, nil // a later decision ends a stop
		case Stopped:
			s.Stopped = c
		}
		out[c.System] = s
	}
	return out, nil
}

// fewSystems is how many ids are worth naming in a query.
const fewSystems = 500

func fill(ctx context.Context, tx *db.Tx, list []Classification, where string, args []any) error {
	if len(list) == 0 {
		return nil
	}
	at := make(map[ids.ID[Classification]]*Classification, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Classification]
		var a Answer
		var aspect string
		var when int64
		if err := scan(&id, &aspect, &a.Perspective, &a.Level, &a.Motivation, &a.By, &when); err != nil {
			return struct{}{}, err
		}
		var err error
		a.Motivation, err = tx.Open(ctx, motivationCell(id, aspect, a.Perspective), a.Motivation)
		a.At = db.FromMillis(when)
		if known, ok := catalogue.ParseAspect(aspect); ok && at[id] != nil {
			a.Aspect = known
			at[id].Answers = append(at[id].Answers, a)
		}
		return struct{}{}, err
	}, `SELECT a.classification_id, a.aspect, a.perspective, a.level, a.motivation, a.answered_by, a.answered_at
		FROM classification_answer a JOIN classification c ON c.id = a.classification_id WHERE `+where+`
		ORDER BY a.classification_id, a.aspect, a.perspective`, args...)
	if err != nil {
		return fmt.Errorf("read answers: %w", err)
	}
	_, err = db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Classification]
		var a Adjustment
		var aspect string
		if err := scan(&id, &aspect, &a.Level, &a.Cause, &a.Reason, &a.Approver); err != nil {
			return struct{}{}, err
		}
		var err error
		a.Reason, err = tx.Open(ctx, reasonCell(id, aspect), a.Reason)
		if known, ok := catalogue.ParseAspect(aspect); ok && at[id] != nil {
			a.Aspect = known
			at[id].Adjustments = append(at[id].Adjustments, a)
		}
		return struct{}{}, err
	}, `SELECT a.classification_id, a.aspect, a.level, a.cause, a.reason, a.approver
		FROM classification_adjustment a JOIN classification c ON c.id = a.classification_id WHERE `+where+`
		ORDER BY a.classification_id, a.aspect`, args...)
	if err != nil {
		return fmt.Errorf("read adjustments: %w", err)
	}
	return nil
}

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "classification_answer", Columns: []string{"motivation"}, Key: []string{"classification_id", "aspect", "perspective"}},
	{Table: "classification_adjustment", Columns: []string{"reason"}, Key: []string{"classification_id", "aspect"}},
	{Table: "delegation", Columns: []string{"motivation"}, Key: []string{"id"}},
}

func motivationCell(id ids.ID[Classification], aspect, perspective string) db.Cell {
	return Sealed[0].Cell("motivation", id.String(), aspect, perspective)
}

func reasonCell(id ids.ID[Classification], aspect string) db.Cell {
	return Sealed[1].Cell("reason", id.String(), aspect)
}

// History reads every classification of one system, newest first.
func History(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) ([]Classification, error) {
	where, args := `c.organisation_id = $1 AND c.system_id = $2`, []any{org, id}
	list, err := db.All(ctx, tx, scanClassification, `SELECT `+columns+` FROM classification c WHERE `+where+` ORDER BY c.created_at DESC, c.id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("read classifications: %w", err)
	}
	return list, fill(ctx, tx, list, where, args)
}

// InsertDrafts writes drafts of systems that have none, with their answers: an import never overwrites what is there. It gives
// back those that it wrote.
func InsertDrafts(ctx context.Context, tx *db.Tx, org access.OrganisationID, drafts []Classification) ([]Classification, error) {
	if len(drafts) == 0 {
		return nil, nil
	}
	systems := make([]ids.ID[system.System], len(drafts))
	for i := range drafts {
		systems[i] = drafts[i].System
	}
	states, err := States(ctx, tx, org, systems)
	if err != nil {
		return nil, err
	}
	var written []Classification
	var rows, answers [][]any
	now := db.Millis(tx.Now)
	for _, d := range drafts {
		if s := states[d.System]; s.Draft != nil || s.Decided != nil || s.Stopped != nil {
			continue
		}
		status := Draft
		if d.Status == Stopped { // a list may name the stopping level; nothing else about it is kept
			status, d.Answers = Stopped, nil
		}
		rows = append(rows, []any{d.ID, org, d.System, d.ModelID, d.ModelVersion, status, d.Origin, d.CreatedBy, now, now})
		for _, a := range d.Answers {
			motivation, err := tx.Seal(ctx, motivationCell(d.ID, a.Aspect.String(), a.Perspective), a.Motivation)
			if err != nil {
				return nil, err
			}
			answers = append(answers, []any{d.ID, org, a.Aspect.String(), a.Perspective, a.Level, motivation, d.CreatedBy, now})
		}
		written = append(written, d)
	}
	err = tx.Insert(ctx, `INSERT INTO classification (id, organisation_id, system_id, model_id, model_version, status, origin, created_by, created_at, updated_at) VALUES`, "", rows)
	if err != nil {
		return nil, fmt.Errorf("save drafts: %w", err)
	}
	err = tx.Insert(ctx, `INSERT INTO classification_answer (classification_id, organisation_id, aspect, perspective, level, motivation, answered_by, answered_at) VALUES`, "", answers)
	if err != nil {
		return nil, fmt.Errorf("save answers of drafts: %w", err)
	}
	return written, nil
}

func insertDraft(ctx context.Context, tx *db.Tx, org access.OrganisationID, d Classification) error {
	n, err := tx.Exec(ctx, `
		INSERT INTO classification (id, organisation_id, system_id, model_id, model_version, status, origin, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING`,
		d.ID, org, d.System, d.ModelID, d.ModelVersion, d.Status, d.Origin, d.CreatedBy, db.Millis(tx.Now))
	if err == nil && n == 0 { // somebody else began a draft meanwhile
		return db.ErrConflict
	}
	return err
}

func saveAnswer(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Classification], a Answer) error {
	motivation, err := tx.Seal(ctx, motivationCell(id, a.Aspect.String(), a.Perspective), a.Motivation)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO classification_answer (classification_id, organisation_id, aspect, perspective, level, motivation, answered_by, answered_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (classification_id, aspect, perspective) DO UPDATE SET level = excluded.level, motivation = excluded.motivation,
			answered_by = excluded.answered_by, answered_at = CASE WHEN classification_answer.answered_at >= excluded.answered_at
				THEN classification_answer.answered_at + 1 ELSE excluded.answered_at END`, // never twice the same: it tells answers apart
		id, org, a.Aspect.String(), a.Perspective, a.Level, motivation, a.By, db.Millis(tx.Now))
	return err
}

// forgetUnspecified drops an aspect's answer that came without a perspective, once somebody answers with one.
func forgetUnspecified(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Classification], a catalogue.Aspect) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM classification_answer WHERE organisation_id = $1 AND classification_id = $2 AND aspect = $3 AND perspective = ''`,
		org, id, a.String())
	return err
}

func removeAnswer(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Classification], a catalogue.Aspect, perspective string) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM classification_answer WHERE organisation_id = $1 AND classification_id = $2 AND aspect = $3 AND perspective = $4`,
		org, id, a.String(), perspective)
	return err
}

func saveAdjustment(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Classification], a Adjustment) error {
	reason, err := tx.Seal(ctx, reasonCell(id, a.Aspect.String()), a.Reason)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO classification_adjustment (classification_id, organisation_id, aspect, level, cause, reason, approver, adjusted_by, adjusted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (classification_id, aspect) DO UPDATE SET level = excluded.level, cause = excluded.cause, reason = excluded.reason,
			approver = excluded.approver, adjusted_by = excluded.adjusted_by, adjusted_at = excluded.adjusted_at`,
		id, actor.Organisation, a.Aspect.String(), a.Level, a.Cause, reason, a.Approver, actor.ID, db.Millis(tx.Now))
	return err
}

func removeAdjustment(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Classification], a catalogue.Aspect) error {
	_, err := tx.Exec(ctx, `DELETE FROM classification_adjustment WHERE organisation_id = $1 AND classification_id = $2 AND aspect = $3`,
		org, id, a.String())
	return err
}

// removeDetails takes away everything that was answered: the stopping level stores no details.
func removeDetails(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Classification]) error {
	for _, table := range []string{"classification_answer", "classification_adjustment"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organisation_id = $1 AND classification_id = $2`, org, id); err != nil {
			return err
		}
	}
	return nil
}

// touch raises the version of a classification that was read as version, and sets its status and decision.
func touch(ctx context.Context, tx *db.Tx, org access.OrganisationID, c *Classification) error {
	n, err := tx.Exec(ctx, `
		UPDATE classification SET status = $1, decider = $2, decided_on = $3, valid_until = $4, origin = $5, version = version + 1, updated_at = $6
		WHERE organisation_id = $7 AND id = $8 AND version = $9`,
		c.Status, c.Decider, c.DecidedOn, c.ValidUntil, c.Origin, db.Millis(tx.Now), org, c.ID, c.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return db.ErrConflict
	}
	c.Version++
	return nil
}

func supersede(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) error {
	_, err := tx.Exec(ctx, `
		UPDATE classification SET status = 'superseded', updated_at = $1 WHERE organisation_id = $2 AND system_id = $3 AND status IN ('decided', 'stopped')`,
		db.Millis(tx.Now), org, id)
	return err
}

// Remove takes away the classifications of systems that are being removed.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		for _, table := range []string{"classification_answer", "classification_adjustment"} {
			_, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organisation_id = $1 AND classification_id IN
				(SELECT id FROM classification WHERE organisation_id = $1 AND system_id = $2)`, org, id)
			if err != nil {
				return fmt.Errorf("remove from %s: %w", table, err)
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM classification WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove classifications: %w", err)
		}
	}
	return nil
}

// ForgetImported takes away classifications that an import made and nobody has touched since, so that a better list, or undoing
// the import, can replace them. Others are left as they are.
func ForgetImported(ctx context.Context, tx *db.Tx, org access.OrganisationID, made []ids.ID[Classification]) error {
	for start := 0; start < len(made); start += fewSystems {
		args := []any{org}
		var marks []string
		for _, id := range made[start:min(start+fewSystems, len(made))] {
			args = append(args, id)
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		which := `SELECT id FROM classification WHERE organisation_id = $1 AND origin = 'import' AND version = 1
			AND status IN ('draft', 'stopped') AND id IN (` + strings.Join(marks, ", ") + `)`
		for _, table := range []string{"classification_answer", "classification_adjustment"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organisation_id = $1 AND classification_id IN (`+which+`)`, args...); err != nil {
				return fmt.Errorf("forget imported classifications: %w", err)
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM classification WHERE organisation_id = $1 AND id IN (`+which+`)`, args...); err != nil {
			return fmt.Errorf("forget imported classifications: %w", err)
		}
	}
	return nil
}
