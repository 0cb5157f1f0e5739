// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "evidence", Columns: []string{"detail", "withdrawn_reason"}, Key: []string{"id"}},
	{Table: "evidence_file", Columns: []string{"name", "content"}, Key: []string{"evidence_id"}},
	{Table: "evidence_dispute", Columns: []string{"reason", "ruling_reason"}, Key: []string{"evidence_id"}},
}

func (r *Record) detailCell() db.Cell { return Sealed[0].Cell("detail", r.ID.String()) }

const columns = `e.id, e.system_id, e.login_path_id, e.kind, e.strength, e.source, e.subject, e.outcome, e.scope, e.observed_at, e.expires_on, e.hash,
	e.verdict, e.factors, e.loa, e.grade, e.confidence, e.refused = 1, e.quality, e.detail, e.recorded_by, e.recorded_at, COALESCE(e.withdrawn_at, 0), e.withdrawn_reason`

// scan reads a record. Its words stay sealed unless opened: sums over thousands need none of them.
func scan(scan func(...any) error) (Record, error) {
	var r Record
	var observed, at, withdrawn int64
	err := scan(&r.ID, &r.System, &r.Path, &r.Kind, &r.Strength, &r.Source, &r.Subject, &r.Outcome, &r.Scope, &observed, &r.Expires, &r.Hash,
		&r.Verdict, &r.Factors, &r.LoA, &r.Grade, &r.Confidence, &r.Refused, &r.Quality, &r.Detail.Title, &r.By, &at, &withdrawn, &r.WithdrawnReason)
	r.Observed, r.At = db.FromMillis(observed), db.FromMillis(at)
	r.SeenOn = civil.Of(r.Observed)
	if withdrawn != 0 {
		r.Withdrawn = db.FromMillis(withdrawn)
	}
	return r, err
}

// open unseals the words of a record that scan has read.
func (r *Record) open(ctx context.Context, tx *db.Tx) error {
	text, err := tx.Open(ctx, r.detailCell(), r.Detail.Title)
	if err != nil {
		return err
	}
	r.Detail = Detail{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &r.Detail); err != nil {
			return fmt.Errorf("read words of evidence: %w", err)
		}
	}
	r.WithdrawnReason, err = tx.Open(ctx, Sealed[0].Cell("withdrawn_reason", r.ID.String()), r.WithdrawnReason)
	return err
}

// BySystem are records by their systems, oldest first.
type BySystem map[ids.ID[system.System]][]Record

// fewIDs is how many systems are named one by one in a statement.
const fewIDs = 500

// among gives the condition that narrows to some systems; the organisation is the first argument.
func among(org access.OrganisationID, systems []ids.ID[system.System]) (string, []any) {
	args := []any{org}
	if systems == nil || len(systems) > fewIDs {
		return `1 = 1`, args
	}
	marks := []string{"''"} // never an empty list
	for _, id := range systems {
		args = append(args, id)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	return `e.system_id IN (` + strings.Join(marks, ", ") + `)`, args
}

// Of reads what counts about some systems on the transaction's day, or about all of them for nil, without the words. What ended less than a
// year ago is with it, so that one can tell what has grown old. It takes three queries, however many systems there are.
func Of(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (BySystem, error) {
	where, args := among(org, systems)
	args = append(args, civil.Of(tx.Now).AddMonths(-12))
	list, err := db.All(ctx, tx, scan, `SELECT `+columns+` FROM evidence e WHERE e.organisation_id = $1 AND `+where+` AND e.withdrawn_at IS NULL AND e.expires_on > $`+strconv.Itoa(len(args))+
		` ORDER BY e.observed_at, e.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	about, err := abouts(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	disputes, err := openDisputes(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	out := BySystem{}
	for i := range list {
		list[i].Detail, list[i].About, list[i].Dispute = Detail{}, about[list[i].ID], disputes[list[i].ID]
		out[list[i].System] = append(out[list[i].System], list[i])
	}
	return out, nil
}

func abouts(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[ids.ID[Record]][]string, error) {
	out := map[ids.ID[Record]][]string{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Record]
		var about string
		err := scan(&id, &about)
		out[id] = append(out[id], about)
		return struct{}{}, err
	}, `SELECT evidence_id, about FROM evidence_about WHERE organisation_id = $1 ORDER BY evidence_id, about`, org)
	if err != nil {
		return nil, fmt.Errorf("read what evidence is about: %w", err)
	}
	return out, nil
}

// Whole reads everything about one system, what is withdrawn and ended too, with its words and the names of its files, oldest first.
func Whole(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) ([]Record, error) {
	list, err := db.All(ctx, tx, scan, `SELECT `+columns+` FROM evidence e WHERE e.organisation_id = $1 AND e.system_id = $2 ORDER BY e.observed_at, e.id`, org, id)
	if err != nil {
		return nil, fmt.Errorf("read evidence of system: %w", err)
	}
	return list, complete(ctx, tx, org, list)
}

// Get reads one record with its words.
func Get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Record]) (Record, error) {
	r, err := scan(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+columns+` FROM evidence e WHERE e.organisation_id = $1 AND e.id = $2`, org, id), dest...)
	})
	if err != nil {
		return Record{}, fmt.Errorf("read evidence: %w", err)
	}
	one := []Record{r}
	err = complete(ctx, tx, org, one)
	return one[0], err
}

// complete opens the words of records and finds what they are about and their files.
func complete(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []Record) error {
	if len(list) == 0 {
		return nil
	}
	about, err := abouts(ctx, tx, org)
	if err != nil {
		return err
	}
	files := map[ids.ID[Record]]FileHead{}
	if _, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Record]
		var f FileHead
		err := scan(&id, &f.Name, &f.Media, &f.Size)
		if err == nil {
			f.Name, err = tx.Open(ctx, Sealed[1].Cell("name", id.String()), f.Name)
		}
		files[id] = f
		return struct{}{}, err
	}, `SELECT f.evidence_id, f.name, f.media, f.size FROM evidence_file f JOIN evidence e ON e.id = f.evidence_id AND e.organisation_id = f.organisation_id
		WHERE f.organisation_id = $1 AND e.system_id = $2`, org, list[0].System); err != nil {
		return fmt.Errorf("read files of evidence: %w", err)
	}
	disputes, err := disputesOf(ctx, tx, org, list[0].System)
	if err != nil {
		return err
	}
	for i := range list {
		if err := list[i].open(ctx, tx); err != nil {
			return err
		}
		list[i].About, list[i].File, list[i].Dispute = about[list[i].ID], files[list[i].ID], disputes[list[i].ID]
	}
	return nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// insert writes a record with what it is about and its file.
func insert(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Record, f *File) error {
	words, err := json.Marshal(r.Detail)
	if err != nil {
		return fmt.Errorf("write words of evidence: %w", err)
	}
	detail, err := tx.Seal(ctx, r.detailCell(), string(words))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO evidence (id, organisation_id, system_id, login_path_id, kind, strength, source, subject, outcome, scope, observed_at,
			expires_on, hash, verdict, factors, loa, grade, confidence, refused, quality, detail, recorded_by, recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
		r.ID, org, r.System, r.Path, r.Kind, r.Strength, r.Source, r.Subject, r.Outcome, r.Scope, db.Millis(r.Observed),
		r.Expires, r.Hash, r.Verdict, r.Factors, r.LoA, r.Grade, r.Confidence, bit(r.Refused), r.Quality, detail, r.By, db.Millis(r.At)); err != nil {
		return fmt.Errorf("save evidence: %w", err)
	}
	rows := make([][]any, len(r.About))
	for i, id := range r.About {
		rows[i] = []any{r.ID, org, id}
	}
	if err := tx.Insert(ctx, `INSERT INTO evidence_about (evidence_id, organisation_id, about) VALUES`, `ON CONFLICT DO NOTHING`, rows); err != nil {
		return fmt.Errorf("save what evidence is about: %w", err)
	}
	return insertFile(ctx, tx, org, r, f)
}

func insertFile(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Record, f *File) error {
	if f == nil {
		return nil
	}
	var files, size int64
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(f.size), 0) FROM evidence_file f JOIN evidence e ON e.id = f.evidence_id AND e.organisation_id = f.organisation_id
		WHERE f.organisation_id = $1 AND e.recorded_by = $2`, org, r.By), &files, &size)
	if err != nil {
		return fmt.Errorf("count attached documents: %w", err)
	}
	if files >= mostFiles || size+int64(len(f.Content)) > mostFileBytes {
		return ErrRoom
	}
	name, err := tx.Seal(ctx, Sealed[1].Cell("name", r.ID.String()), f.Name)
	if err != nil {
		return err
	}
	content, err := tx.Seal(ctx, Sealed[1].Cell("content", r.ID.String()), base64.StdEncoding.EncodeToString(f.Content))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO evidence_file (evidence_id, organisation_id, name, media, size, content) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, org, name, f.Media, len(f.Content), content); err != nil {
		return fmt.Errorf("save file of evidence: %w", err)
	}
	return nil
}

// fileOf reads the file of a record.
func fileOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Record]) (File, error) {
	var f File
	var content string
	err := db.One(tx.QueryRow(ctx, `SELECT name, media, content FROM evidence_file WHERE organisation_id = $1 AND evidence_id = $2`, org, id), &f.Name, &f.Media, &content)
	if err != nil {
		return File{}, fmt.Errorf("read file of evidence: %w", err)
	}
	if f.Name, err = tx.Open(ctx, Sealed[1].Cell("name", id.String()), f.Name); err != nil {
		return File{}, err
	}
	if content, err = tx.Open(ctx, Sealed[1].Cell("content", id.String()), content); err != nil {
		return File{}, err
	}
	f.Content, err = base64.StdEncoding.DecodeString(content)
	return f, err
}

// withdraw marks a record as taken back.
func withdraw(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Record, reason string) error {
	sealed, err := tx.Seal(ctx, Sealed[0].Cell("withdrawn_reason", r.ID.String()), reason)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE evidence SET withdrawn_at = $1, withdrawn_reason = $2 WHERE organisation_id = $3 AND id = $4 AND withdrawn_at IS NULL`,
		db.Millis(tx.Now), sealed, org, r.ID)
	if err != nil {
		return fmt.Errorf("withdraw evidence: %w", err)
	}
	if n == 0 {
		return db.ErrConflict
	}
	return nil
}

const shiftColumns = `x.id, x.system_id, x.login_path_id, x.subject, x.evidence_id, x.direction, x.was, x.became, x.seen_at, COALESCE(x.taken_at, 0), x.taken_by,
	COALESCE((SELECT e.source FROM evidence e WHERE e.organisation_id = x.organisation_id AND e.id = x.evidence_id), 'measured')`

func scanShift(scan func(...any) error) (Shift, error) {
	var s Shift
	var seen, noted int64
	err := scan(&s.ID, &s.System, &s.Path, &s.Subject, &s.Record, &s.Direction, &s.Was, &s.Became, &seen, &noted, &s.NotedBy, &s.Source)
	s.Seen = db.FromMillis(seen)
	if noted != 0 {
		s.Noted = db.FromMillis(noted)
	}
	return s, err
}

func insertShift(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Shift) error {
	_, err := tx.Exec(ctx, `INSERT INTO evidence_shift (id, organisation_id, system_id, login_path_id, subject, evidence_id, direction, was, became, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		s.ID, org, s.System, s.Path, s.Subject, s.Record, s.Direction, s.Was, s.Became, db.Millis(s.Seen))
	if err != nil {
		return fmt.Errorf("save change of evidence: %w", err)
	}
	return nil
}

// Shifts reads the changes that nobody has taken note of, of systems within reach, the latest first.
func Shifts(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) ([]Shift, error) {
	within, args := system.InReach(r, "s.unit_id", []any{org})
	out, err := db.All(ctx, tx, scanShift, `SELECT `+shiftColumns+` FROM evidence_shift x JOIN system s ON s.id = x.system_id AND s.organisation_id = x.organisation_id
		WHERE x.organisation_id = $1 AND x.taken_at IS NULL AND `+within+` ORDER BY x.seen_at DESC, x.id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("read changes of evidence: %w", err)
	}
	return out, nil
}

// OneShift reads one change.
func OneShift(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Shift]) (Shift, error) {
	s, err := scanShift(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+shiftColumns+` FROM evidence_shift x WHERE x.organisation_id = $1 AND x.id = $2`, org, id), dest...)
	})
	if err != nil {
		return Shift{}, fmt.Errorf("read change of evidence: %w", err)
	}
	return s, nil
}

// NoteShift marks a change as taken note of. It runs inside the caller's use case, which has authorised and logs it.
func NoteShift(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Shift], by string) error {
	n, err := tx.Exec(ctx, `UPDATE evidence_shift SET taken_at = $1, taken_by = $2 WHERE organisation_id = $3 AND id = $4 AND taken_at IS NULL`,
		db.Millis(tx.Now), by, org, id)
	if err != nil {
		return fmt.Errorf("take note of change: %w", err)
	}
	if n == 0 {
		return db.ErrConflict
	}
	return nil
}

// Holds tells which of some systems have evidence.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	where, args := among(org, systems)
	out, err := system.Held(ctx, tx, systems, `SELECT DISTINCT e.system_id FROM evidence e WHERE e.organisation_id = $1 AND `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("find systems with evidence: %w", err)
	}
	return out, nil
}

// Remove takes away the evidence of systems that are being removed.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		for _, statement := range []string{
			`DELETE FROM evidence_shift WHERE organisation_id = $1 AND system_id = $2`,
			`DELETE FROM evidence_about WHERE organisation_id = $1 AND evidence_id IN (SELECT id FROM evidence WHERE organisation_id = $1 AND system_id = $2)`,
			`DELETE FROM evidence_dispute WHERE organisation_id = $1 AND evidence_id IN (SELECT id FROM evidence WHERE organisation_id = $1 AND system_id = $2)`,
			`DELETE FROM evidence_file WHERE organisation_id = $1 AND evidence_id IN (SELECT id FROM evidence WHERE organisation_id = $1 AND system_id = $2)`,
			`DELETE FROM evidence WHERE organisation_id = $1 AND system_id = $2`,
		} {
			if _, err := tx.Exec(ctx, statement, org, id); err != nil {
				return fmt.Errorf("remove evidence: %w", err)
			}
		}
	}
	return nil
}

// end notes which records have ended and were not noted before, and counts them by their systems.
func end(ctx context.Context, tx *db.Tx, org access.OrganisationID, today civil.Date) (map[ids.ID[system.System]]int, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[system.System], error) {
		var id ids.ID[system.System]
		return id, scan(&id)
	}, `UPDATE evidence SET ended_at = $1 WHERE organisation_id = $2 AND expires_on <= $3 AND ended_at IS NULL AND withdrawn_at IS NULL RETURNING system_id`,
		db.Millis(tx.Now), org, today)
	if err != nil {
		return nil, fmt.Errorf("note what evidence has ended: %w", err)
	}
	out := map[ids.ID[system.System]]int{}
	for _, id := range list {
		out[id]++
	}
	return out, nil
}

// askRenewal notes that a record is asked to be made anew; false when it was before.
func askRenewal(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Record]) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE evidence SET renew_at = $1 WHERE organisation_id = $2 AND id = $3 AND renew_at IS NULL`, db.Millis(tx.Now), org, id)
	if err != nil {
		return false, fmt.Errorf("note that evidence is to be made anew: %w", err)
	}
	return n == 1, nil
}
