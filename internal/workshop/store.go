// SPDX-License-Identifier: EUPL-1.2

package workshop

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "workshop_scenario", Columns: []string{"cause", "event", "motive"}, Key: []string{"id"}},
	{Table: "workshop_participant", Columns: []string{"name"}, Key: []string{"id"}},
}

func when(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return db.FromMillis(ms)
}

// insert stores a new workshop.
func insert(ctx context.Context, tx *db.Tx, w *Workshop) error {
	_, err := tx.Exec(ctx, `INSERT INTO workshop (id, organisation_id, system_id, name, secret, created_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		w.ID, tx.Scope, w.System, w.Name, w.secret, w.CreatedBy, db.Millis(w.CreatedAt), db.Millis(w.Expires))
	if err != nil {
		return fmt.Errorf("save workshop: %w", err)
	}
	return nil
}

const columns = `w.id, w.system_id, w.name, COALESCE(w.secret, ''), w.current_id, w.created_by, w.created_at, w.expires_at, w.closed_at`

func scanWorkshop(scan func(...any) error) (Workshop, error) {
	var w Workshop
	var created, expires, closed int64
	err := scan(&w.ID, &w.System, &w.Name, &w.secret, &w.Current, &w.CreatedBy, &created, &expires, &closed)
	w.CreatedAt, w.Expires, w.Closed = db.FromMillis(created), db.FromMillis(expires), when(closed)
	return w, err
}

// get reads a workshop.
func get(ctx context.Context, tx *db.Tx, id ids.ID[Workshop]) (Workshop, error) {
	w, err := scanWorkshop(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+columns+` FROM workshop w WHERE w.organisation_id = $1 AND w.id = $2`, tx.Scope, id), dest...)
	})
	if err != nil {
		return Workshop{}, fmt.Errorf("read workshop: %w", err)
	}
	return w, nil
}

// hold is get for who changes something of a workshop: whoever else does waits until this transaction has ended.
func hold(ctx context.Context, tx *db.Tx, id ids.ID[Workshop]) (Workshop, error) {
	if _, err := tx.Exec(ctx, `UPDATE workshop SET name = name WHERE organisation_id = $1 AND id = $2`, tx.Scope, id); err != nil {
		return Workshop{}, fmt.Errorf("hold workshop: %w", err)
	}
	return get(ctx, tx, id)
}

// open is a workshop that can be joined, before it is known whose it is.
type open struct {
	Seat
	secret string
	until  time.Time
}

// allOpen reads the workshops that can be joined, of every organisation; the caller's transaction is the installation's.
func allOpen(ctx context.Context, tx *db.Tx) ([]open, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (open, error) {
		var o open
		var until int64
		err := scan(&o.Organisation, &o.Workshop, &o.secret, &until)
		o.until = db.FromMillis(until)
		return o, err
	}, `SELECT organisation_id, id, secret, expires_at FROM workshop WHERE secret IS NOT NULL AND closed_at = 0 AND expires_at > $1`, db.Millis(tx.Limit))
}

// bySecret finds a seat by the hash of a browser's secret; the caller's transaction is the installation's.
func bySecret(ctx context.Context, tx *db.Tx, hash string) (Seat, error) {
	var s Seat
	return s, db.One(tx.QueryRow(ctx, `SELECT organisation_id, workshop_id, id FROM workshop_participant WHERE hash = $1`, hash), &s.Organisation, &s.Workshop, &s.Participant)
}

// Listed is a workshop as a list shows it.
type Listed struct {
	Workshop
	Slug, SystemName   string
	Scenarios, Decided int
	// Ongoing says that it can be taken part in.
	Ongoing bool
}

// all reads the workshops within reach, the newest first. Of systems whose classification was stopped nothing is told.
func all(ctx context.Context, tx *db.Tx, r access.Reach) ([]Listed, error) {
	args, where := []any{tx.Scope}, `1 = 1`
	if !r.All {
		where, args = system.InReach(r, "s.unit_id", args)
	}
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Listed, error) {
		var x Listed
		w, err := scanWorkshop(func(dest ...any) error {
			return scan(append(dest, &x.Slug, &x.SystemName, &x.Scenarios, &x.Decided)...)
		})
		x.Workshop = w
		x.Ongoing = w.Open(tx.Limit)
		x.secret = "" // a list opens no door
		return x, err
	}, `SELECT `+columns+`, s.slug, s.name,
			(SELECT COUNT(*) FROM workshop_scenario c WHERE c.organisation_id = w.organisation_id AND c.workshop_id = w.id),
			(SELECT COUNT(*) FROM workshop_scenario c WHERE c.organisation_id = w.organisation_id AND c.workshop_id = w.id AND c.state = 'decided')
		FROM workshop w JOIN system s ON s.id = w.system_id AND s.organisation_id = w.organisation_id
		WHERE w.organisation_id = $1 AND `+where+` AND w.system_id NOT IN
			(SELECT k.system_id FROM classification k WHERE k.organisation_id = $1 AND k.status = 'stopped')
		ORDER BY w.created_at DESC, w.id DESC LIMIT 200`, args...)
	if err != nil {
		return nil, fmt.Errorf("list workshops: %w", err)
	}
	return out, nil
}

// shut closes a workshop: its codes are gone, and every seat with it.
func shut(ctx context.Context, tx *db.Tx, id ids.ID[Workshop]) error {
	_, err := tx.Exec(ctx, `UPDATE workshop SET closed_at = $3, secret = NULL WHERE organisation_id = $1 AND id = $2`, tx.Scope, id, db.Millis(tx.Limit))
	if err != nil {
		return fmt.Errorf("close workshop: %w", err)
	}
	return nil
}

// forgetCodes takes away what the codes follow from of workshops that have run out.
func forgetCodes(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE workshop SET secret = NULL WHERE organisation_id = $1 AND expires_at <= $2 AND secret IS NOT NULL`, tx.Scope, db.Millis(tx.Limit))
	if err != nil {
		return fmt.Errorf("forget codes of workshops: %w", err)
	}
	return nil
}

func setCurrent(ctx context.Context, tx *db.Tx, id ids.ID[Workshop], current ids.ID[Scenario]) error {
	_, err := tx.Exec(ctx, `UPDATE workshop SET current_id = $3 WHERE organisation_id = $1 AND id = $2`, tx.Scope, id, current)
	if err != nil {
		return fmt.Errorf("show scenario of workshop: %w", err)
	}
	return nil
}

func insertScenario(ctx context.Context, tx *db.Tx, id ids.ID[Workshop], s *Scenario) error {
	cause, event, _, err := sealTexts(ctx, tx, s)
	if err != nil {
		return err
	}
	names := make([]string, len(s.Aspects))
	for i, a := range s.Aspects {
		names[i] = a.String()
	}
	_, err = tx.Exec(ctx, `INSERT INTO workshop_scenario (id, organisation_id, workshop_id, position, risk_id, threat_id, name, cause, event, aspects)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, s.ID, tx.Scope, id, s.Position, s.Risk, s.Threat, s.Name, cause, event, strings.Join(names, ","))
	if err != nil {
		return fmt.Errorf("save scenario of workshop: %w", err)
	}
	return nil
}

func sealTexts(ctx context.Context, tx *db.Tx, s *Scenario) (cause, event, motive string, err error) {
	for column, text := range map[string]*string{"cause": &cause, "event": &event, "motive": &motive} {
		plain := map[string]string{"cause": s.Cause, "event": s.Event, "motive": s.Decision.Motive}[column]
		if *text, err = tx.Seal(ctx, Sealed[0].Cell(column, s.ID.String()), plain); err != nil {
			return "", "", "", err
		}
	}
	return cause, event, motive, nil
}

// scenarios reads the scenarios of a workshop in their order.
func scenarios(ctx context.Context, tx *db.Tx, id ids.ID[Workshop]) ([]Scenario, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Scenario, error) {
		var s Scenario
		var aspects string
		var steps [catalogue.NumPerspectives]string
		var decided int64
		d := &s.Decision
		err := scan(&s.ID, &s.Position, &s.Risk, &s.Threat, &s.Name, &s.Cause, &s.Event, &aspects, &s.Stage, &s.Round, &steps[0], &steps[1], &steps[2],
			&d.Likelihood, &d.Treatment, &d.OwnerRole, &d.DueOn, &d.Motive, &s.DecidedBy, &decided)
		s.DecidedAt = when(decided)
		for p := range steps {
			d.Consequences[p], _ = catalogue.ParseStep(steps[p]) // an empty one is Unset
		}
		for name := range strings.SplitSeq(aspects, ",") {
			if a, ok := catalogue.ParseAspect(name); ok {
				s.Aspects = append(s.Aspects, a)
			}
		}
		return s, err
	}, `SELECT id, position, risk_id, threat_id, name, cause, event, aspects, state, round, individual, organisation, society,
			likelihood, treatment, owner_role, due_on, motive, decided_by, decided_at
		FROM workshop_scenario WHERE organisation_id = $1 AND workshop_id = $2 ORDER BY position, id`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read scenarios of workshop: %w", err)
	}
	for i := range out {
		s := &out[i]
		for column, text := range map[string]*string{"cause": &s.Cause, "event": &s.Event, "motive": &s.Decision.Motive} {
			if *text, err = tx.Open(ctx, Sealed[0].Cell(column, s.ID.String()), *text); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// saveStage saves how far a scenario has come, and what was decided.
func saveStage(ctx context.Context, tx *db.Tx, s *Scenario) error {
	_, _, motive, err := sealTexts(ctx, tx, s)
	if err != nil {
		return err
	}
	d := &s.Decision
	decided := int64(0)
	if !s.DecidedAt.IsZero() {
		decided = db.Millis(s.DecidedAt)
	}
	_, err = tx.Exec(ctx, `UPDATE workshop_scenario SET risk_id = $3, state = $4, round = $5, individual = $6, organisation = $7, society = $8, likelihood = $9,
		treatment = $10, owner_role = $11, due_on = $12, motive = $13, decided_by = $14, decided_at = $15 WHERE organisation_id = $1 AND id = $2`,
		tx.Scope, s.ID, s.Risk, s.Stage, s.Round, d.step(0), d.step(1), d.step(2), d.Likelihood, d.Treatment, d.OwnerRole, d.DueOn, motive, s.DecidedBy, decided)
	if err != nil {
		return fmt.Errorf("save stage of scenario: %w", err)
	}
	return nil
}

// step is a consequence as it is stored; empty is Unset.
func (b *Ballot) step(p int) string {
	if b.Consequences[p] == catalogue.Unset {
		return ""
	}
	return b.Consequences[p].String()
}

// participants reads who takes part, in the order that they came.
func participants(ctx context.Context, tx *db.Tx, id ids.ID[Workshop]) ([]Participant, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Participant, error) {
		var p Participant
		var at int64
		err := scan(&p.ID, &p.Name, &at)
		p.JoinedAt = db.FromMillis(at)
		return p, err
	}, `SELECT id, name, joined_at FROM workshop_participant WHERE organisation_id = $1 AND workshop_id = $2 ORDER BY joined_at, id`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read participants of workshop: %w", err)
	}
	for i := range out {
		if out[i].Name, err = tx.Open(ctx, Sealed[1].Cell("name", out[i].ID.String()), out[i].Name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func insertParticipant(ctx context.Context, tx *db.Tx, s *Seat, name, hash string) error {
	sealed, err := tx.Seal(ctx, Sealed[1].Cell("name", s.Participant.String()), name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO workshop_participant (id, organisation_id, workshop_id, name, hash, joined_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.Participant, tx.Scope, s.Workshop, sealed, hash, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save participant: %w", err)
	}
	return nil
}

// saveVote stores a vote, over the voter's own of the same round.
func saveVote(ctx context.Context, tx *db.Tx, seat *Seat, s *Scenario, b *Ballot) error {
	_, err := tx.Exec(ctx, `INSERT INTO workshop_vote (organisation_id, scenario_id, participant_id, round, individual, organisation, society, likelihood, voted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (scenario_id, participant_id, round) DO UPDATE SET individual = excluded.individual,
		organisation = excluded.organisation, society = excluded.society, likelihood = excluded.likelihood, voted_at = excluded.voted_at`,
		tx.Scope, s.ID, seat.Participant, s.Round, b.step(0), b.step(1), b.step(2), b.Likelihood, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save vote: %w", err)
	}
	return nil
}

// votes counts the votes of a round, and reads none of them.
func votes(ctx context.Context, tx *db.Tx, s *Scenario) (int, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM workshop_vote WHERE organisation_id = $1 AND scenario_id = $2 AND round = $3`, tx.Scope, s.ID, s.Round), &n)
	if err != nil {
		return 0, fmt.Errorf("count votes: %w", err)
	}
	return n, nil
}

// cast is a vote with its round.
type cast struct {
	round int
	Ballot
}

// ballots reads the votes of every round of a scenario, without who cast them. Call it only when they are shown.
func ballots(ctx context.Context, tx *db.Tx, id ids.ID[Scenario]) ([]cast, error) {
	return readVotes(ctx, tx, `scenario_id = $2`, tx.Scope, id)
}

// ownVote reads a participant's own vote of the round; false when there is none.
func ownVote(ctx context.Context, tx *db.Tx, seat *Seat, s *Scenario) (Ballot, bool, error) {
	list, err := readVotes(ctx, tx, `scenario_id = $2 AND participant_id = $3 AND round = $4`, tx.Scope, s.ID, seat.Participant, s.Round)
	if err != nil || len(list) == 0 {
		return Ballot{}, false, err
	}
	return list[0].Ballot, true, nil
}

func readVotes(ctx context.Context, tx *db.Tx, where string, args ...any) ([]cast, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (cast, error) {
		var c cast
		var steps [catalogue.NumPerspectives]string
		err := scan(&c.round, &steps[0], &steps[1], &steps[2], &c.Likelihood)
		for p := range steps {
			c.Consequences[p], _ = catalogue.ParseStep(steps[p]) // an empty one is Unset
		}
		return c, err
	}, `SELECT round, individual, organisation, society, likelihood FROM workshop_vote WHERE organisation_id = $1 AND `+where+` ORDER BY round`, args...)
	if err != nil {
		return nil, fmt.Errorf("read votes: %w", err)
	}
	return out, nil
}

// Holds tells which of some systems have had workshops.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT DISTINCT system_id FROM workshop WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("find systems with workshops: %w", err)
	}
	return out, nil
}

// Remove takes away the workshops of systems that are being removed.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	const of = ` IN (SELECT c.id FROM workshop_scenario c JOIN workshop w ON w.id = c.workshop_id AND w.organisation_id = c.organisation_id
		WHERE c.organisation_id = $1 AND w.system_id = $2)`
	const in = ` IN (SELECT w.id FROM workshop w WHERE w.organisation_id = $1 AND w.system_id = $2)`
	for _, id := range systems {
		for _, q := range []string{
			`DELETE FROM workshop_vote WHERE organisation_id = $1 AND scenario_id` + of,
			`DELETE FROM workshop_participant WHERE organisation_id = $1 AND workshop_id` + in,
			`DELETE FROM workshop_scenario WHERE organisation_id = $1 AND workshop_id` + in,
			`DELETE FROM workshop WHERE organisation_id = $1 AND system_id = $2`,
		} {
			if _, err := tx.Exec(ctx, q, org, id); err != nil {
				return fmt.Errorf("remove workshops: %w", err)
			}
		}
	}
	return nil
}
