// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

const placeColumns = `p.id, p.source_id, s.name, s.kind, COALESCE(p.unit_id, ''), p.path, p.state, p.total, p.low, p.containers, p.found_at, p.seen_at, p.moved,
	p.decided_total, p.decided_kinds, p.decided_by, COALESCE(d.name, ''), p.decided_at, COALESCE(p.system_id, ''), COALESCE(y.name, ''), COALESCE(y.slug, ''),
	COALESCE(p.information_id, ''), COALESCE(p.person_id, ''), COALESCE(h.name, ''), p.due_on, p.note, p.disputed_by, p.disputed_at, p.dispute, p.version`

const fromPlaces = ` FROM finding_place p JOIN finding_source s ON s.id = p.source_id AND s.organisation_id = p.organisation_id
	LEFT JOIN system y ON y.id = p.system_id AND y.organisation_id = p.organisation_id
	LEFT JOIN person h ON h.id = p.person_id AND h.organisation_id = p.organisation_id
	LEFT JOIN person d ON d.id = p.decided_by AND p.decided_by <> '' AND d.organisation_id = p.organisation_id
	WHERE p.organisation_id = $1`

func scanPlace(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Place, error) {
	return func(scan func(...any) error) (Place, error) {
		var p Place
		var found, seen, moved, decided, disputed int64
		err := scan(&p.ID, &p.SourceID, &p.Source, &p.Kind, &p.Unit, &p.path, &p.State, &p.Total, &p.Low, &p.Containers, &found, &seen, &moved,
			&p.decidedTotal, &p.decidedKinds, &p.Decider, &p.DeciderName, &decided, &p.System, &p.SystemName, &p.Slug,
			&p.Information, &p.Person, &p.PersonName, &p.Due, &p.Note, &p.DisputedBy, &disputed, &p.Dispute, &p.Version)
		if err != nil {
			return p, err
		}
		p.Found, p.Seen, p.Moved = db.FromMillis(found), db.FromMillis(seen), moved != 0
		if decided > 0 {
			p.Decided = db.FromMillis(decided)
		}
		if disputed > 0 {
			p.Disputed = db.FromMillis(disputed)
		}
		for _, f := range []struct {
			name string
			text *string
		}{{"path", &p.path}, {"note", &p.Note}, {"dispute", &p.Dispute}} {
			if *f.text, err = tx.Open(ctx, placeCell(f.name, p.ID), *f.text); err != nil {
				return p, err
			}
		}
		return p, nil
	}
}

// Filter narrows the places. The zero value is those that wait.
type Filter struct {
	// View is "" for those that wait, "all" for all that stand, "done" for those that have been decided about, or a state.
	View   string
	Source string
	// Detector is a kind of finding.
	Detector string
	Page     int
}

// where makes the filter a condition; args hold the organisation.
func (f *Filter) where(r access.Reach, args []any) (string, []any) {
	clause, args := system.InReach(r, "p.unit_id", args)
	clause = " AND " + clause
	switch f.View {
	case "":
		clause += ` AND p.state = 'new'`
	case "all":
		clause += ` AND p.state <> 'gone' AND p.total > 0`
	case "done":
		clause += ` AND p.state <> 'new' AND p.found_at > 0`
	default:
		args = append(args, f.View)
		clause += fmt.Sprintf(` AND p.state = $%d`, len(args))
	}
	if f.Source != "" {
		args = append(args, f.Source)
		clause += fmt.Sprintf(` AND p.source_id = $%d`, len(args))
	}
	if f.Detector != "" {
		args = append(args, f.Detector)
		clause += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM finding g WHERE g.organisation_id = $1 AND g.place_id = p.id AND g.detector = $%d AND g.total > 0)`, len(args))
	}
	return clause, args
}

// listPlaces reads one page of the places that pass a filter, the weightiest first, with what was found in them.
func listPlaces(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, f *Filter) ([]Place, error) {
	clause, args := f.where(r, []any{org})
	order := ` ORDER BY p.weight DESC, p.id`
	if f.View == "done" {
		order = ` ORDER BY p.decided_at DESC, p.id`
	}
	out, err := db.All(ctx, tx, scanPlace(ctx, tx), `SELECT `+placeColumns+fromPlaces+clause+order+fmt.Sprintf(` LIMIT %d OFFSET %d`, PageSize, (f.Page-1)*PageSize), args...)
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	return out, fillTallies(ctx, tx, org, out)
}

// Counts is how many places wait, stand, and have been decided about.
type Counts struct{ Waiting, All, Done, Matching int }

func countPlaces(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, f *Filter) (Counts, error) {
	var c Counts
	clause, args := system.InReach(r, "p.unit_id", []any{org})
	err := db.One(tx.QueryRow(ctx, `SELECT COALESCE(SUM(CASE WHEN p.state = 'new' THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN p.state <> 'gone' AND p.total > 0 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN p.state <> 'new' AND p.found_at > 0 THEN 1 ELSE 0 END), 0)
		FROM finding_place p WHERE p.organisation_id = $1 AND `+clause, args...), &c.Waiting, &c.All, &c.Done)
	if err != nil {
		return c, fmt.Errorf("count places: %w", err)
	}
	clause, args = f.where(r, []any{org})
	if err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM finding_place p WHERE p.organisation_id = $1`+clause, args...), &c.Matching); err != nil {
		return c, fmt.Errorf("count places: %w", err)
	}
	return c, nil
}

// tallyColumns sum up findings: those that a rule calls false are left out.
const tallyColumns = `g.detector, SUM(g.total), SUM(g.low), COUNT(DISTINCT g.container), COUNT(DISTINCT CASE WHEN g.is_column = 1 THEN g.container END)`

// fillTallies adds what was found to places.
func fillTallies(ctx context.Context, tx *db.Tx, org access.OrganisationID, places []Place) error {
	if len(places) == 0 {
		return nil
	}
	at := map[ids.ID[Place]]*Place{}
	args := []any{org}
	marks := make([]string, len(places))
	for i := range places {
		at[places[i].ID] = &places[i]
		args = append(args, places[i].ID)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Place]
		var t Tally
		err := scan(&id, &t.Detector, &t.Total, &t.Low, &t.Containers, &t.Columns)
		if p := at[id]; p != nil {
			p.Tallies = append(p.Tallies, t)
		}
		return struct{}{}, err
	}, `SELECT g.place_id, `+tallyColumns+` FROM finding g WHERE g.organisation_id = $1 AND g.rule_id IS NULL AND g.place_id IN (`+strings.Join(marks, ", ")+`)
		GROUP BY g.place_id, g.detector ORDER BY g.place_id, g.detector`, args...)
	if err != nil {
		return fmt.Errorf("sum up findings: %w", err)
	}
	for i := range places {
		places[i].Tallies = Leading(places[i].Tallies)
	}
	return nil
}

// Get reads one place. It runs inside the caller's use case, which has authorised.
func Get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Place]) (Place, error) {
	return placeOf(ctx, tx, org, id)
}

// Belongs tells which system a place is of: the one that somebody has said, else that of its source; empty when neither is known.
func Belongs(ctx context.Context, tx *db.Tx, p *Place) (ids.ID[system.System], error) {
	if !p.System.IsZero() {
		return p.System, nil
	}
	s, err := sourceOf(ctx, tx, tx.Scope, p.SourceID)
	return s.System, err
}

func placeOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Place]) (Place, error) {
	row := tx.QueryRow(ctx, `SELECT `+placeColumns+fromPlaces+` AND p.id = $2`, org, id)
	p, err := scanPlace(ctx, tx)(func(dest ...any) error { return db.One(row, dest...) })
	if err != nil {
		return p, fmt.Errorf("read place: %w", err)
	}
	one := []Place{p}
	err = fillTallies(ctx, tx, org, one)
	return one[0], err
}

// ensurePlace finds or makes a place of a source.
func ensurePlace(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Source, key, path string) (ids.ID[Place], error) {
	var id ids.ID[Place]
	err := db.One(tx.QueryRow(ctx, `SELECT id FROM finding_place WHERE organisation_id = $1 AND source_id = $2 AND key = $3`, org, s.ID, key), &id)
	if err == nil || !errors.Is(err, db.ErrNotFound) {
		return id, err
	}
	id = ids.New[Place]()
	sealed, err := tx.Seal(ctx, placeCell("path", id), path)
	if err != nil {
		return id, err
	}
	// A place without findings is not shown; it is gone until there are some.
	err = db.One(tx.QueryRow(ctx, `INSERT INTO finding_place (id, organisation_id, source_id, unit_id, key, path, state, found_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'gone', 0, $7) ON CONFLICT (source_id, key) DO UPDATE SET seen_at = finding_place.seen_at RETURNING id`,
		id, org, s.ID, null(s.Unit), key, sealed, db.Millis(tx.Now)), &id)
	if err != nil {
		return id, fmt.Errorf("save place: %w", err)
	}
	return id, nil
}

// settle writes what the findings of a place come to, and what follows: a place with nothing left is gone, one that was gone waits again,
// and one that holds more, or something else, than was decided about waits again and says so.
func settle(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Place]) error {
	// The row is held first: somebody who is just deciding about the place is waited for, and not written over by what was read before.
	if _, err := tx.Exec(ctx, `UPDATE finding_place SET version = version WHERE organisation_id = $1 AND id = $2`, org, id); err != nil {
		return fmt.Errorf("sum up place: %w", err)
	}
	p, err := placeOf(ctx, tx, org, id)
	if err != nil {
		return err
	}
	var total, low int64
	for _, t := range p.Tallies {
		total, low = total+t.Total, low+t.Low
	}
	var containers int64
	err = db.One(tx.QueryRow(ctx, `SELECT COUNT(DISTINCT g.object_id) FROM finding g WHERE g.organisation_id = $1 AND g.place_id = $2 AND g.rule_id IS NULL AND g.total > 0`, org, id), &containers)
	if err != nil {
		return fmt.Errorf("count containers: %w", err)
	}
	state, moved := p.State, p.Moved
	found := p.Found
	switch {
	case total == 0 && p.State != False:
		state, moved = Gone, false
	case total > 0 && p.State == Gone:
		state, found = New, tx.Now
	case total > 0 && p.State == False: // something else than what the rule calls false
		state = New
	case p.hasMoved(p.Tallies):
		state, moved, found = New, true, tx.Now
	}
	_, err = tx.Exec(ctx, `UPDATE finding_place SET total = $1, low = $2, weight = $3, containers = $4, state = $5, moved = $6, found_at = $7, seen_at = $8
		WHERE organisation_id = $9 AND id = $10`,
		total, low, Weight(p.Tallies), containers, state, flag(moved), db.Millis(found), db.Millis(tx.Now), org, id)
	if err != nil {
		return fmt.Errorf("sum up place: %w", err)
	}
	return nil
}

// decide writes what was decided about a place, if it is as it was read.
func decide(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Place) error {
	note, err := tx.Seal(ctx, placeCell("note", p.ID), p.Note)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE finding_place SET state = $1, moved = 0, decided_total = $2, decided_kinds = $3, decided_by = $4, decided_at = $5, system_id = $6,
			information_id = $7, person_id = $8, due_on = $9, note = $10, disputed_by = '', disputed_at = 0, dispute = '', version = version + 1
		WHERE organisation_id = $11 AND id = $12 AND version = $13`,
		p.State, p.decidedTotal, p.decidedKinds, p.Decider, db.Millis(p.Decided), null(p.System), null(p.Information), null(p.Person), p.Due, note, org, p.ID, p.Version)
	if err != nil {
		return fmt.Errorf("save decision: %w", err)
	}
	if n == 0 {
		return db.ErrConflict
	}
	return nil
}

// setDispute notes that somebody says that a place is not as it is told.
func setDispute(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Place) error {
	text, err := tx.Seal(ctx, placeCell("dispute", p.ID), p.Dispute)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE finding_place SET disputed_by = $1, disputed_at = $2, dispute = $3, version = version + 1 WHERE organisation_id = $4 AND id = $5`,
		p.DisputedBy, db.Millis(p.Disputed), text, org, p.ID)
	if err != nil {
		return fmt.Errorf("save dispute: %w", err)
	}
	return nil
}

// give names the person who is to look at a place.
func give(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Place], to ids.ID[organisation.Person]) error {
	_, err := tx.Exec(ctx, `UPDATE finding_place SET person_id = $1, version = version + 1 WHERE organisation_id = $2 AND id = $3`, null(to), org, id)
	if err != nil {
		return fmt.Errorf("hand over place: %w", err)
	}
	return nil
}

// heldIn reads what was found in a place, one page of it: the most in one container first.
func heldIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, place ids.ID[Place], page int) ([]Held, int, error) {
	var total int
	if err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM finding WHERE organisation_id = $1 AND place_id = $2`, org, place), &total); err != nil {
		return nil, 0, fmt.Errorf("count findings: %w", err)
	}
	out, err := db.All(ctx, tx, scanHeld(ctx, tx), `SELECT `+heldColumns+` AND g.place_id = $2
		ORDER BY CASE WHEN g.rule_id IS NULL THEN 0 ELSE 1 END, g.total DESC, g.detector, g.id LIMIT $3 OFFSET $4`, org, place, PageSize, (page-1)*PageSize)
	if err != nil {
		return nil, 0, fmt.Errorf("read findings: %w", err)
	}
	return out, total, nil
}

const heldColumns = `g.id, g.object_id, g.place_id, COALESCE(g.rule_id, ''), g.detector, g.total, g.low, g.different, g.is_column, g.detail, o.path
	FROM finding g JOIN finding_object o ON o.id = g.object_id AND o.organisation_id = g.organisation_id WHERE g.organisation_id = $1`

func scanHeld(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Held, error) {
	return func(scan func(...any) error) (Held, error) {
		var h Held
		var column int64
		var detail, path string
		err := scan(&h.ID, &h.Object, &h.Place, &h.Rule, &h.Detector, &h.Total, &h.Low, &h.Different, &column, &detail, &path)
		if err != nil {
			return h, err
		}
		h.Column = column != 0
		if err := openJSON(ctx, tx, heldCell(h.ID), detail, &h.Detail); err != nil {
			return h, err
		}
		h.path, err = tx.Open(ctx, objectCell("path", h.Object), path)
		return h, err
	}
}

func heldOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Held]) (Held, error) {
	row := tx.QueryRow(ctx, `SELECT `+heldColumns+` AND g.id = $2`, org, id)
	h, err := scanHeld(ctx, tx)(func(dest ...any) error { return db.One(row, dest...) })
	if err != nil {
		return h, fmt.Errorf("read finding: %w", err)
	}
	return h, nil
}

// looksLike sums up which kinds of information the documents of a place look like.
func looksLike(ctx context.Context, tx *db.Tx, org access.OrganisationID, place ids.ID[Place]) ([]LooksLike, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (LooksLike, error) {
		var id ids.ID[Object]
		var text string
		var l LooksLike
		err := scan(&id, &text)
		if err == nil {
			err = openJSON(ctx, tx, objectCell("looks_like", id), text, &l)
		}
		return l, err
	}, `SELECT id, looks_like FROM finding_object WHERE organisation_id = $1 AND place_id = $2 AND looks_like <> '' ORDER BY id LIMIT 2000`, org, place)
	if err != nil {
		return nil, fmt.Errorf("read what documents look like: %w", err)
	}
	var out []LooksLike
	for _, l := range list {
		i := slices.IndexFunc(out, func(x LooksLike) bool { return x.Type == l.Type })
		if i < 0 {
			out = append(out, LooksLike{Type: l.Type, Counts: map[string]int64{}, Words: l.Words})
			i = len(out) - 1
		}
		out[i].Objects++
		for d, n := range l.Counts {
			out[i].Counts[d] += n
		}
	}
	slices.SortStableFunc(out, func(a, b LooksLike) int { return b.Objects - a.Objects })
	return out, nil
}

const ruleColumns = `r.id, r.source_id, s.name, r.place_id, p.path, COALESCE(p.unit_id, ''), r.detectors, r.below, r.reason, r.made_by, COALESCE(d.name, ''), r.made_at, r.ends_on, r.ended_at
	FROM finding_rule r JOIN finding_source s ON s.id = r.source_id AND s.organisation_id = r.organisation_id
	JOIN finding_place p ON p.id = r.place_id AND p.organisation_id = r.organisation_id
	LEFT JOIN person d ON d.id = r.made_by AND r.made_by <> '' AND d.organisation_id = r.organisation_id
	WHERE r.organisation_id = $1`

func scanRule(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Rule, error) {
	return func(scan func(...any) error) (Rule, error) {
		var r Rule
		var detectors string
		var below, made, ended int64
		err := scan(&r.ID, &r.SourceID, &r.Source, &r.PlaceID, &r.path, &r.Unit, &detectors, &below, &r.Reason, &r.By, &r.ByName, &made, &r.Ends, &ended)
		if err != nil {
			return r, err
		}
		r.Detectors, r.Below, r.Made = strings.Fields(detectors), below != 0, db.FromMillis(made)
		if ended > 0 {
			r.Ended = db.FromMillis(ended)
		}
		if r.Reason, err = tx.Open(ctx, ruleCell(r.ID), r.Reason); err != nil {
			return r, err
		}
		r.path, err = tx.Open(ctx, placeCell("path", r.PlaceID), r.path)
		return r, err
	}
}

// rulesOf reads the rules that stand on a day, of one source or of all.
func rulesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, source ids.ID[Source], today civil.Date) ([]Rule, error) {
	out, err := db.All(ctx, tx, scanRule(ctx, tx), `SELECT `+ruleColumns+` AND ($2 = '' OR r.source_id = $2) AND r.ended_at = 0 AND r.ends_on > $3 ORDER BY r.ends_on, r.id`, org, source, today)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return out, nil
}

// overdueRules reads the rules whose last day has come, and that nobody has ended.
func overdueRules(ctx context.Context, tx *db.Tx, org access.OrganisationID, today civil.Date) ([]Rule, error) {
	out, err := db.All(ctx, tx, scanRule(ctx, tx), `SELECT `+ruleColumns+` AND r.ended_at = 0 AND r.ends_on <= $2 ORDER BY r.id`, org, today)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return out, nil
}

func ruleOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Rule]) (Rule, error) {
	row := tx.QueryRow(ctx, `SELECT `+ruleColumns+` AND r.id = $2`, org, id)
	r, err := scanRule(ctx, tx)(func(dest ...any) error { return db.One(row, dest...) })
	if err != nil {
		return r, fmt.Errorf("read rule: %w", err)
	}
	return r, nil
}

func insertRule(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Rule) error {
	reason, err := tx.Seal(ctx, ruleCell(r.ID), r.Reason)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO finding_rule (id, organisation_id, source_id, place_id, detectors, below, reason, made_by, made_at, ends_on)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.ID, org, r.SourceID, r.PlaceID, strings.Join(r.Detectors, " "), flag(r.Below), reason, r.By, db.Millis(tx.Now), r.Ends)
	if err != nil {
		return fmt.Errorf("save rule: %w", err)
	}
	return nil
}

func setRuleEnded(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Rule]) error {
	if _, err := tx.Exec(ctx, `UPDATE finding_rule SET ended_at = $1 WHERE organisation_id = $2 AND id = $3 AND ended_at = 0`, db.Millis(tx.Now), org, id); err != nil {
		return fmt.Errorf("end rule: %w", err)
	}
	return nil
}

// placesOf lists the places of a source with their paths, for a rule that holds below one of them.
func placesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, source ids.ID[Source]) ([]Place, error) {
	out, err := db.All(ctx, tx, scanPlace(ctx, tx), `SELECT `+placeColumns+fromPlaces+` AND p.source_id = $2 ORDER BY p.id`, org, source)
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	return out, nil
}

// setRule says which rule calls the findings of some kinds in a place false; none lets those of the rule from count again.
func setRule(ctx context.Context, tx *db.Tx, org access.OrganisationID, place ids.ID[Place], rule, from ids.ID[Rule], detectors []string) error {
	args := []any{null(rule), org, place, from}
	clause := ""
	if len(detectors) > 0 {
		marks := make([]string, len(detectors))
		for i, d := range detectors {
			args = append(args, d)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		clause = ` AND detector IN (` + strings.Join(marks, ", ") + `)`
	}
	_, err := tx.Exec(ctx, `UPDATE finding SET rule_id = $1 WHERE organisation_id = $2 AND place_id = $3 AND COALESCE(rule_id, '') = $4`+clause, args...)
	if err != nil {
		return fmt.Errorf("apply rule: %w", err)
	}
	return nil
}

// OfSystems sums up what was found in what belongs to each system: in the sources that are its, and in the places that were said to be.
func OfSystems(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[ids.ID[system.System]][]Tally, error) {
	out := map[ids.ID[system.System]][]Tally{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[system.System]
		var t Tally
		err := scan(&id, &t.Detector, &t.Total, &t.Low, &t.Containers, &t.Columns)
		out[id] = append(out[id], t)
		return struct{}{}, err
	}, `SELECT COALESCE(p.system_id, s.system_id), `+tallyColumns+`
		FROM finding g JOIN finding_place p ON p.id = g.place_id AND p.organisation_id = g.organisation_id
		JOIN finding_source s ON s.id = p.source_id AND s.organisation_id = p.organisation_id
		WHERE g.organisation_id = $1 AND g.rule_id IS NULL AND g.total > 0 AND p.state NOT IN ('gone', 'false') AND COALESCE(p.system_id, s.system_id) IS NOT NULL
		GROUP BY COALESCE(p.system_id, s.system_id), g.detector ORDER BY 1, 2`, org)
	if err != nil {
		return nil, fmt.Errorf("sum up findings of systems: %w", err)
	}
	return out, nil
}

// WaitingIn counts the places that wait for a decision within reach.
func WaitingIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) (int, error) {
	c, err := countPlaces(ctx, tx, org, r, &Filter{})
	return c.Waiting, err
}

// OfPerson lists the places that somebody is to look at, or to delete. Their paths are masked by the rules.
func OfPerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, person ids.ID[organisation.Person], rules *detect.Rules) ([]Place, error) {
	out, err := db.All(ctx, tx, scanPlace(ctx, tx), `SELECT `+placeColumns+fromPlaces+` AND p.person_id = $2 AND p.state IN ('new', 'delete') ORDER BY p.weight DESC, p.id LIMIT 100`, org, person)
	if err != nil {
		return nil, fmt.Errorf("read a person's places: %w", err)
	}
	if len(out) > 0 {
		newTeller(rules).places(out)
	}
	return out, fillTallies(ctx, tx, org, out)
}

// reopen lets a place wait for a decision again, when something is left in it.
func reopen(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Place]) error {
	_, err := tx.Exec(ctx, `UPDATE finding_place SET state = CASE WHEN state = 'gone' THEN 'gone' ELSE 'new' END, version = version + 1 WHERE organisation_id = $1 AND id = $2`, org, id)
	if err != nil {
		return fmt.Errorf("open place again: %w", err)
	}
	return nil
}
