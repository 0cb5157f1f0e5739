// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/probe"
)

// When it is measured, by the clock in Stockholm. A night belongs to the day that it begins on.
const (
	nightFrom = 22 // o'clock
	nightTo   = 5
	lookEvery = time.Minute
	apart     = time.Second // between one new host and the next
)

// look is the job that sees whether something is to be measured.
type look struct{}

// Kind names the job.
func (look) Kind() string { return "measurement.look" }

// oneTarget is the job that measures one target.
type oneTarget struct {
	Organisation access.OrganisationID `json:"organisation"`
	Target       ids.ID[Target]        `json:"target"`
	// Asked is when it was asked for, in milliseconds. A job that is worked twice, since the program ended between the measurement and the
	// end of the job, finds that it has been done.
	Asked int64 `json:"asked,omitempty"`
}

// Kind names the job.
func (oneTarget) Kind() string { return "measurement.target" }

// Slow says that the job takes minutes, so that it is worked beside others and not before them.
func (oneTarget) Slow() bool { return true }

// Register lets the queue measure. organisations lists whom it looks for.
func Register(q *job.Queue, s *Service, organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)) {
	job.HandleSweep(q, look{}, job.Sweep{DB: s.DB, Organisations: organisations, Interval: lookEvery, Do: s.Tick})
	job.Handle(q, func(ctx context.Context, o oneTarget) error {
		if err := s.turn(ctx); err != nil {
			return err
		}
		actor := access.SystemActor(o.Organisation)
		if done, err := s.measuredSince(ctx, actor.Organisation, o.Target, o.Asked); err != nil || done {
			return err
		}
		err := s.measure(ctx, actor, o.Target)
		for _, later := range []error{ErrStopped, ErrNotApproved, ErrManners, ErrElsewhere, db.ErrNotFound} {
			if errors.Is(err, later) { // it comes again on its day, if it should
				s.Log.InfoContext(ctx, "not measured", slog.String("target", o.Target.String()), slog.String("why", later.Error()))
				return nil
			}
		}
		return err
	})
}

// measuredSince reports whether a target has been measured since a job was asked for.
func (s *Service) measuredSince(ctx context.Context, org access.OrganisationID, id ids.ID[Target], asked int64) (done bool, err error) {
	if asked == 0 {
		return false, nil // asked for by an older version
	}
	err = s.DB.Read(ctx, org, func(tx *db.Tx) (err error) {
		done, err = takenSince(ctx, tx, org, id, asked)
		return err
	})
	return done, err
}

// turn waits so that no two hosts are begun within a second, whoever has them measured.
func (s *Service) turn(ctx context.Context) error {
	s.pace.Lock()
	defer s.pace.Unlock()
	clock := probe.WallClock()
	if wait := s.last.Add(apart).Sub(clock.Now()); wait > 0 {
		if err := clock.Sleep(ctx, wait); err != nil {
			return fmt.Errorf("wait for the turn: %w", err)
		}
	}
	s.last = clock.Now()
	return nil
}

// night is the window that a moment is in, or the next one.
func night(now time.Time) probe.Night {
	now = now.In(civil.Location())
	y, m, d := now.Date()
	if now.Hour() < nightTo {
		d--
	}
	return probe.Night{Start: time.Date(y, m, d, nightFrom, 0, 0, 0, civil.Location()), End: time.Date(y, m, d+1, nightTo, 0, 0, 0, civil.Location())}
}

// Planned is when a target would be measured.
type Planned struct {
	Shown
	At time.Time
}

// Plan tells what the next night measures, and when, without measuring anything.
func (s *Service) Plan(ctx context.Context, actor access.Actor) ([]Planned, error) {
	if err := access.Check(actor, "measurement.Plan"); err != nil {
		return nil, err
	}
	var out []Planned
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		n := night(tx.Now)
		slots, err := s.tonight(ctx, tx, actor.Organisation, n)
		if err != nil {
			return err
		}
		systems, err := within(ctx, tx, actor, "measurement.Plan")
		if err != nil {
			return err
		}
		for _, x := range slots {
			if sys, ok := systems[x.System]; ok {
				x.SystemName, x.Slug = sys.Name, sys.Slug
				out = append(out, x)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("plan night: %w", err)
	}
	return out, nil
}

// tonight is what a night measures: as it has been planned, or as it would be.
func (s *Service) tonight(ctx context.Context, tx *db.Tx, org access.OrganisationID, n probe.Night) ([]Planned, error) {
	x, err := getSetting(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	if x.plannedDay != civil.Of(n.Start).String() {
		return s.draw(ctx, tx, org, n)
	}
	all, err := targets(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	var out []Planned
	for _, t := range all {
		if t.Agent == "" && t.State(civil.Of(tx.Now)) == Approved && !t.Due.Before(n.Start) && !t.Due.After(n.End) {
			out = append(out, Planned{Shown: Shown{Target: t}, At: t.Due})
		}
	}
	slices.SortFunc(out, func(a, b Planned) int { return a.At.Compare(b.At) })
	return out, nil
}

// draw puts the targets that the server is to measure in a night in their order. Of the targets of one host, one is measured in a night.
func (s *Service) draw(ctx context.Context, tx *db.Tx, org access.OrganisationID, n probe.Night) ([]Planned, error) {
	all, err := targets(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	if n.Seed, err = seedOf(ctx, tx, org, civil.Of(n.Start)); err != nil {
		return nil, err
	}
	due := map[string]Target{}
	var hosts []probe.NightHost
	for _, t := range all {
		if _, taken := due[t.Host]; taken || t.Agent != "" || t.State(civil.Of(n.Start)) != Approved || t.Due.After(n.End) {
			continue
		}
		due[t.Host] = t
		hosts = append(hosts, probe.NightHost{Host: t.Host, Waited: !t.Due.IsZero() && t.Due.Before(n.Start)})
	}
	plan, _ := n.Plan(hosts) // what there is no room for is left as it is, and comes first the next night
	var out []Planned
	for _, slot := range plan {
		out = append(out, Planned{Shown: Shown{Target: due[slot.Host]}, At: slot.At})
	}
	return out, nil
}

// Tick plans the night when it begins, and begins the measurements whose time has come. It bears being late, and being done twice: a target
// that has been begun is not due again this night.
func (s *Service) Tick(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "measurement.Tick"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		n := night(tx.Now)
		x, err := getSetting(ctx, tx, actor.Organisation)
		if err != nil || x.stopped || tx.Now.Before(n.Start) {
			return err
		}
		if x.plannedDay != civil.Of(n.Start).String() {
			if err := s.plan(ctx, tx, actor.Organisation, n); err != nil {
				return err
			}
		}
		return s.begin(ctx, tx, actor.Organisation, n)
	})
	if err != nil {
		return fmt.Errorf("begin measurements: %w", err)
	}
	return nil
}

// plan gives each target of the night its time. A server that starts in the middle of the night uses what is left of it.
func (s *Service) plan(ctx context.Context, tx *db.Tx, org access.OrganisationID, n probe.Night) error {
	rest := n
	if tx.Now.After(rest.Start) {
		rest.Start = tx.Now
	}
	slots, err := s.draw(ctx, tx, org, rest)
	if err != nil {
		return err
	}
	for i := range slots {
		if err := putOff(ctx, tx, org, slots[i].ID, slots[i].At); err != nil {
			return err
		}
	}
	x, err := getSetting(ctx, tx, org)
	if err != nil {
		return err
	}
	x.plannedDay = civil.Of(n.Start).String()
	return saveSetting(ctx, tx, org, x)
}

func (s *Service) begin(ctx context.Context, tx *db.Tx, org access.OrganisationID, n probe.Night) error {
	slots, err := s.tonight(ctx, tx, org, n)
	if err != nil {
		return err
	}
	for i := range slots {
		if slots[i].At.After(tx.Now) {
			break
		}
		if err := putOff(ctx, tx, org, slots[i].ID, n.Start.Add(-time.Minute)); err != nil { // when it does not come about, it is first the next night
			return err
		}
		if err := s.Jobs.Add(ctx, tx, oneTarget{Organisation: org, Target: slots[i].ID, Asked: db.Millis(tx.Now)}); err != nil {
			return err
		}
	}
	return nil
}
