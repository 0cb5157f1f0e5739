// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "campaign_sheet", Columns: []string{"email"}, Key: []string{"id"}},
	{Table: "campaign_answer", Columns: []string{"note"}, Key: []string{"sheet_id", "question"}},
	{Table: "campaign_delegation", Columns: []string{"note"}, Key: []string{"id"}},
}

func emailCell(id ids.ID[Sheet]) db.Cell { return Sealed[0].Cell("email", id.String()) }

func noteCell(sheet ids.ID[Sheet], question string) db.Cell {
	return Sealed[1].Cell("note", sheet.String(), question)
}

func delegatedCell(id ids.ID[Delegation]) db.Cell { return Sealed[2].Cell("note", id.String()) }

// when reads a moment; 0 is none.
func when(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return db.FromMillis(ms)
}

const columns = `id, number, version, COALESCE(replaces, ''), name, round, year, quarter, deadline, remind, catalogue, sent_at, frozen_at, frozen_by, hash, created_by, created_at`

func scanCampaign(scan func(...any) error) (Campaign, error) {
	var c Campaign
	var sent, frozen, created int64
	err := scan(&c.ID, &c.Number, &c.Version, &c.Replaces, &c.Name, &c.Round, &c.Year, &c.Quarter, &c.Deadline, &c.Remind, &c.Catalogue, &sent, &frozen,
		&c.FrozenBy, &c.Hash, &c.CreatedBy, &created)
	c.Sent, c.Frozen, c.Created = when(sent), when(frozen), db.FromMillis(created)
	return c, err
}

// All reads an organisation's campaigns, the newest first, with the latest version of each before those that it corrects.
func All(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Campaign, error) {
	out, err := db.All(ctx, tx, scanCampaign, `SELECT `+columns+` FROM campaign WHERE organisation_id = $1 ORDER BY number DESC, version DESC`, org)
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	return out, nil
}

// get reads a campaign by its id, or the latest version by its number.
func get(ctx context.Context, tx *db.Tx, org access.OrganisationID, ref string) (Campaign, error) {
	number, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		number = 0
	}
	c, err := scanCampaign(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+columns+` FROM campaign WHERE organisation_id = $1 AND (id = $2 OR number = $3) ORDER BY version DESC LIMIT 1`,
			org, ref, number), dest...)
	})
	if err != nil {
		return Campaign{}, fmt.Errorf("campaign %q: %w", ref, err)
	}
	return c, nil
}

// next is the number of a new campaign.
func next(ctx context.Context, tx *db.Tx, org access.OrganisationID) (int64, error) {
	var n int64
	return n, db.One(tx.QueryRow(ctx, `SELECT COALESCE(MAX(number), 0) + 1 FROM campaign WHERE organisation_id = $1`, org), &n)
}

func insert(ctx context.Context, tx *db.Tx, c *Campaign) error {
	var replaces any
	if c.Replaces != "" {
		replaces = c.Replaces
	}
	_, err := tx.Exec(ctx, `INSERT INTO campaign (id, organisation_id, number, version, replaces, name, round, year, quarter, deadline, remind, catalogue, sent_at,
		created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		c.ID, tx.Scope, c.Number, c.Version, replaces, c.Name, c.Round, c.Year, c.Quarter, c.Deadline, c.Remind, c.Catalogue, millis(c.Sent), c.CreatedBy,
		db.Millis(tx.Now))
	return err
}

// hold reads a campaign that is to change and keeps others out until the transaction ends. Everything that changes one comes by here, so that
// nothing of a frozen one changes.
func hold(ctx context.Context, tx *db.Tx, id ids.ID[Campaign]) (Campaign, error) {
	n, err := tx.Exec(ctx, `UPDATE campaign SET remind = remind WHERE organisation_id = $1 AND id = $2`, tx.Scope, id)
	if err == nil && n == 0 {
		err = db.ErrNotFound
	}
	if err != nil {
		return Campaign{}, fmt.Errorf("campaign %q: %w", id, err)
	}
	c, err := get(ctx, tx, tx.Scope, id.String())
	if err == nil && !c.Frozen.IsZero() {
		err = ErrFrozen
	}
	return c, err
}

func setSent(ctx context.Context, tx *db.Tx, id ids.ID[Campaign]) error {
	_, err := tx.Exec(ctx, `UPDATE campaign SET sent_at = $1 WHERE organisation_id = $2 AND id = $3 AND frozen_at = 0`, db.Millis(tx.Now), tx.Scope, id)
	return err
}

func setFrozen(ctx context.Context, tx *db.Tx, c *Campaign) error {
	_, err := tx.Exec(ctx, `UPDATE campaign SET frozen_at = $1, frozen_by = $2, hash = $3 WHERE organisation_id = $4 AND id = $5 AND frozen_at = 0`,
		db.Millis(tx.Now), c.FrozenBy, c.Hash, tx.Scope, c.ID)
	return err
}

const sheetColumns = `s.id, s.campaign_id, s.kind, s.object_id, s.name, s.unit_id, s.unit, s.person_id, s.email, s.lang, s.link_id, s.sent_at, s.sent_by, s.reminded_at, s.escalated_at, s.updated_at`

// sheets reads sheets with their answers, by name.
func sheets(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Sheet, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Sheet, error) {
		var s Sheet
		var sent, reminded, escalated, updated int64
		err := scan(&s.ID, &s.Campaign, &s.Kind, &s.Object, &s.Name, &s.UnitID, &s.Unit, &s.Person, &s.Email, &s.Lang, &s.Link, &sent, &s.SentBy, &reminded, &escalated, &updated)
		if err != nil {
			return s, err
		}
		s.Sent, s.Reminded, s.Escalated, s.Updated = when(sent), when(reminded), when(escalated), db.FromMillis(updated)
		s.Email, err = tx.Open(ctx, emailCell(s.ID), s.Email)
		return s, err
	}, `SELECT `+sheetColumns+` FROM campaign_sheet s WHERE s.organisation_id = $1 AND `+where+` ORDER BY s.kind DESC, s.name, s.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read sheets: %w", err)
	}
	at := map[ids.ID[Sheet]]*Sheet{}
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	_, err = db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Sheet]
		a, err := scanAnswer(ctx, tx, &id)(scan)
		if s := at[id]; s != nil {
			s.Answers = append(s.Answers, a)
		}
		return struct{}{}, err
	}, `SELECT a.sheet_id, a.question, a.value, a.day, a.note, a.known, a.answered_by, a.answered_at FROM campaign_answer a
		JOIN campaign_sheet s ON s.id = a.sheet_id AND s.organisation_id = a.organisation_id WHERE s.organisation_id = $1 AND `+where+` ORDER BY a.sheet_id, a.question`, args...)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	return list, nil
}

func scanAnswer(ctx context.Context, tx *db.Tx, id *ids.ID[Sheet]) func(func(...any) error) (Answer, error) {
	return func(scan func(...any) error) (Answer, error) {
		var a Answer
		var known string
		var at int64
		if err := scan(id, &a.Question, &a.Value, &a.Day, &a.Note, &known, &a.By, &at); err != nil {
			return a, err
		}
		a.At = when(at)
		if known != "" {
			a.Known = &Because{}
			if err := json.Unmarshal([]byte(known), a.Known); err != nil {
				return a, fmt.Errorf("read why it is known: %w", err)
			}
		}
		var err error
		a.Note, err = tx.Open(ctx, noteCell(*id, a.Question), a.Note)
		return a, err
	}
}

func ofCampaign(ctx context.Context, tx *db.Tx, id ids.ID[Campaign]) ([]Sheet, error) {
	return sheets(ctx, tx, `s.campaign_id = $2`, tx.Scope, id)
}

// within reads the sheets of a campaign that lie within reach.
func within(ctx context.Context, tx *db.Tx, r access.Reach, id ids.ID[Campaign]) ([]Sheet, error) {
	where, args := system.InReach(r, "s.unit_id", []any{tx.Scope, id})
	return sheets(ctx, tx, `s.campaign_id = $2 AND `+where, args...)
}

func sheet(ctx context.Context, tx *db.Tx, id ids.ID[Sheet]) (Sheet, error) {
	list, err := sheets(ctx, tx, `s.id = $2`, tx.Scope, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("sheet %q: %w", id, db.ErrNotFound)
	}
	if err != nil {
		return Sheet{}, err
	}
	return list[0], nil
}

func insertSheets(ctx context.Context, tx *db.Tx, list []Sheet) error {
	var rows, answers [][]any
	for i := range list {
		s := &list[i]
		email, err := tx.Seal(ctx, emailCell(s.ID), s.Email)
		if err != nil {
			return err
		}
		rows = append(rows, []any{
			s.ID, tx.Scope, s.Campaign, s.Kind, s.Object, s.Name, s.UnitID, s.Unit, s.Person, email, s.Lang, s.Link, millis(s.Sent), s.SentBy, db.Millis(tx.Now),
		})
		for n := range s.Answers {
			row, err := answerRow(ctx, tx, s.ID, &s.Answers[n])
			if err != nil {
				return err
			}
			answers = append(answers, row)
		}
	}
	err := tx.Insert(ctx, `INSERT INTO campaign_sheet (id, organisation_id, campaign_id, kind, object_id, name, unit_id, unit, person_id, email, lang, link_id, sent_at, sent_by, updated_at) VALUES`, ``, rows)
	if err != nil {
		return fmt.Errorf("save sheets: %w", err)
	}
	if err := tx.Insert(ctx, `INSERT INTO campaign_answer (organisation_id, sheet_id, question, value, day, note, known, answered_by, answered_at) VALUES`, ``, answers); err != nil {
		return fmt.Errorf("save questions: %w", err)
	}
	return nil
}

func answerRow(ctx context.Context, tx *db.Tx, id ids.ID[Sheet], a *Answer) ([]any, error) {
	note, err := tx.Seal(ctx, noteCell(id, a.Question), a.Note)
	if err != nil {
		return nil, err
	}
	known := ""
	if a.Known != nil {
		b, err := json.Marshal(a.Known)
		if err != nil {
			return nil, err
		}
		known = string(b)
	}
	return []any{tx.Scope, id, a.Question, a.Value, a.Day, note, known, a.By, millis(a.At)}, nil
}

// saveAnswer stores an answer to something that is asked. What is known is never written over.
func saveAnswer(ctx context.Context, tx *db.Tx, id ids.ID[Sheet], a *Answer) error {
	note, err := tx.Seal(ctx, noteCell(id, a.Question), a.Note)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE campaign_answer SET value = $1, day = $2, note = $3, answered_by = $4, answered_at = $5
		WHERE organisation_id = $6 AND sheet_id = $7 AND question = $8 AND known = ''`, a.Value, a.Day, note, a.By, db.Millis(tx.Now), tx.Scope, id, a.Question)
	if err == nil && n == 0 {
		err = ErrValue
	}
	return err
}

// updateSheet stores who is asked, by which link, and how far it has come.
func updateSheet(ctx context.Context, tx *db.Tx, s *Sheet) error {
	email, err := tx.Seal(ctx, emailCell(s.ID), s.Email)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE campaign_sheet SET person_id = $1, email = $2, lang = $3, link_id = $4, sent_at = $5, sent_by = $6, reminded_at = $7, escalated_at = $8,
		updated_at = $9 WHERE organisation_id = $10 AND id = $11`,
		s.Person, email, s.Lang, s.Link, millis(s.Sent), s.SentBy, millis(s.Reminded), millis(s.Escalated), millis(s.Updated), tx.Scope, s.ID)
	return err
}

// earlier reads, of everything that has been handed in, the latest answer about the same thing, by object and question.
func earlier(ctx context.Context, tx *db.Tx) (map[string]map[string]Earlier, error) {
	out := map[string]map[string]Earlier{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var object, question string
		var e Earlier
		var sent int64
		err := scan(&object, &question, &e.Value, &e.Day, &sent, &e.Number)
		e.On = civil.Of(db.FromMillis(sent))
		if out[object] == nil {
			out[object] = map[string]Earlier{}
		}
		out[object][question] = e
		return struct{}{}, err
	}, `SELECT s.object_id, a.question, a.value, a.day, s.sent_at, c.number FROM campaign_answer a
		JOIN campaign_sheet s ON s.id = a.sheet_id AND s.organisation_id = a.organisation_id
		JOIN campaign c ON c.id = s.campaign_id AND c.organisation_id = s.organisation_id
		WHERE a.organisation_id = $1 AND s.sent_at > 0 AND a.known = '' AND a.value NOT IN ('', 'unknown', 'said') ORDER BY s.sent_at, c.version`, tx.Scope)
	if err != nil {
		return nil, fmt.Errorf("read earlier answers: %w", err)
	}
	return out, nil
}

// unitMonths is how long what a unit has answered counts.
const unitMonths = 12

// Units reads what units within reach have been asked in the rounds that still count, and the latest that each has answered.
func Units(ctx context.Context, tx *db.Tx, set *Set, r access.Reach) ([]UnitAnswers, error) {
	since := db.Millis(civil.Of(tx.Now).AddMonths(-unitMonths).Time())
	where, args := system.InReach(r, "s.unit_id", []any{tx.Scope, since})
	rows, err := db.All(ctx, tx, func(scan func(...any) error) (unitAnswer, error) {
		var u unitAnswer
		var at int64
		err := scan(&u.object, &u.name, &u.unit, &u.sheet, &u.number, &u.sent, &u.question, &u.value, &u.why, &at)
		u.on = civil.Of(db.FromMillis(max(at, u.sent)))
		return u, err
	}, `SELECT s.object_id, s.name, s.unit_id, s.id, c.number, s.sent_at, a.question, a.value, a.known, a.answered_at FROM campaign_answer a
		JOIN campaign_sheet s ON s.id = a.sheet_id AND s.organisation_id = a.organisation_id
		JOIN campaign c ON c.id = s.campaign_id AND c.organisation_id = s.organisation_id
		WHERE a.organisation_id = $1 AND s.kind = 'unit' AND c.sent_at > 0 AND c.sent_at >= $2 AND `+where+` ORDER BY c.sent_at, c.number, c.version, s.name, s.id, a.question`, args...)
	if err != nil {
		return nil, fmt.Errorf("read what units have answered: %w", err)
	}
	return gather(set, rows), nil
}

const delegationColumns = `id, sheet_id, question, link_id, asked, asked_at, answered_at, value, day, note`

func scanDelegation(ctx context.Context, tx *db.Tx) func(func(...any) error) (Delegation, error) {
	return func(scan func(...any) error) (Delegation, error) {
		var d Delegation
		var at, answered int64
		if err := scan(&d.ID, &d.Sheet, &d.Question, &d.Link, &d.Asked, &at, &answered, &d.Value, &d.Day, &d.Note); err != nil {
			return d, err
		}
		d.At, d.Answered = db.FromMillis(at), when(answered)
		var err error
		d.Note, err = tx.Open(ctx, delegatedCell(d.ID), d.Note)
		return d, err
	}
}

func delegation(ctx context.Context, tx *db.Tx, id ids.ID[Delegation]) (Delegation, error) {
	return scanDelegation(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+delegationColumns+` FROM campaign_delegation WHERE organisation_id = $1 AND id = $2`, tx.Scope, id), dest...)
	})
}

func delegations(ctx context.Context, tx *db.Tx, id ids.ID[Sheet]) ([]Delegation, error) {
	out, err := db.All(ctx, tx, scanDelegation(ctx, tx), `SELECT `+delegationColumns+` FROM campaign_delegation WHERE organisation_id = $1 AND sheet_id = $2 ORDER BY asked_at, id`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read questions to colleagues: %w", err)
	}
	return out, nil
}

func insertDelegation(ctx context.Context, tx *db.Tx, d *Delegation) error {
	_, err := tx.Exec(ctx, `INSERT INTO campaign_delegation (id, organisation_id, sheet_id, question, link_id, asked, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		d.ID, tx.Scope, d.Sheet, d.Question, d.Link, d.Asked, db.Millis(tx.Now))
	return err
}

func answerDelegation(ctx context.Context, tx *db.Tx, d *Delegation) error {
	note, err := tx.Seal(ctx, delegatedCell(d.ID), d.Note)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE campaign_delegation SET answered_at = $1, value = $2, day = $3, note = $4 WHERE organisation_id = $5 AND id = $6 AND answered_at = 0`,
		db.Millis(tx.Now), d.Value, d.Day, note, tx.Scope, d.ID)
	return err
}

// Waits is a sheet that somebody is to answer.
type Waits struct {
	Campaign Campaign
	Sheet    ids.ID[Sheet]
	Name     string
}

// OfPerson lists what a person has been asked and not answered.
func OfPerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, person ids.ID[organisation.Person]) ([]Waits, error) {
	list, err := sheets(ctx, tx, `s.person_id = $2 AND s.sent_at = 0`, org, person)
	if err != nil {
		return nil, err
	}
	var out []Waits
	for i := range list {
		c, err := get(ctx, tx, org, list[i].Campaign.String())
		if err != nil {
			return nil, err
		}
		if !c.Sent.IsZero() && c.Frozen.IsZero() && list[i].State() != Settled {
			out = append(out, Waits{c, list[i].ID, list[i].Name})
		}
	}
	return out, nil
}

// Holds tells which of some systems a campaign has asked about: they have a history, and undoing an import leaves them.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out := map[ids.ID[system.System]]bool{}
	asked, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var id string
		return id, scan(&id)
	}, `SELECT DISTINCT object_id FROM campaign_sheet WHERE organisation_id = $1 AND kind = 'system'`, org)
	if err != nil {
		return nil, fmt.Errorf("find which systems campaigns have asked about: %w", err)
	}
	for _, id := range systems {
		for _, a := range asked {
			out[id] = out[id] || a == id.String()
		}
	}
	return out, nil
}

// Clear takes campaigns away with all that belongs to them. It is for what the example made, and for nothing else.
func Clear(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[Campaign]) error {
	for _, id := range list {
		for _, statement := range []string{
			`DELETE FROM campaign_delegation WHERE organisation_id = $1 AND sheet_id IN (SELECT id FROM campaign_sheet WHERE organisation_id = $1 AND campaign_id = $2)`,
			`DELETE FROM campaign_answer WHERE organisation_id = $1 AND sheet_id IN (SELECT id FROM campaign_sheet WHERE organisation_id = $1 AND campaign_id = $2)`,
			`DELETE FROM campaign_sheet WHERE organisation_id = $1 AND campaign_id = $2`,
			`DELETE FROM campaign WHERE organisation_id = $1 AND id = $2`,
		} {
			if _, err := tx.Exec(ctx, statement, org, id); err != nil {
				return fmt.Errorf("take the example's campaign away: %w", err)
			}
		}
	}
	return nil
}

// Remove is asked when an import is undone. What has been asked about stays: the systems that Holds names are not removed.
func Remove(context.Context, *db.Tx, access.OrganisationID, []ids.ID[system.System]) error {
	return nil
}
