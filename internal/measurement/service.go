// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/signin"
	"github.com/insegel/insegel/internal/system"
)

// KindTarget is the change that lets a target be measured. It takes two people.
const KindTarget = "measurement-target"

// Service has the use cases of measuring.
type Service struct {
	DB        *db.DB
	Jobs      *job.Queue
	Approvals *approval.Service
	Evidence  *evidence.Service
	SignIns   *signin.Rules
	Log       *slog.Logger
	// Probe carries out an order in a process of its own, and gives the record with the bytes that it came in.
	Probe func(ctx context.Context, o *child.Order) (*child.Found, error)
	// Browser is the program that pages built by scripts are shown to, where an organisation has allowed it; empty where there is none.
	Browser string
	// Never are addresses that are never reached: the database's own.
	Never []netip.AddrPort
	// Version is what the prober says that it is.
	Version string

	pace     sync.Mutex
	last     time.Time
	readings readings
}

// Register lets approvals make targets measured. Call it once.
func (s *Service) Register() {
	s.Approvals.Handle(KindTarget, approval.Handler{Label: "measurement.approval", Apply: s.approve, Describe: s.describe, Drop: s.drop})
	s.Approvals.Handle(KindRange, approval.Handler{Label: "measurement.approval-range", Apply: s.approveRange, Describe: s.describeRange, Drop: s.dropRange})
	s.Evidence.Renew = append(s.Evidence.Renew, s.renew)
}

type targetPayload struct {
	Target ids.ID[Target] `json:"target"`
}

// Listing is what the page shows.
type Listing struct {
	Targets []Shown
	Stopped bool
	// Scripts says that pages that scripts build may be shown to a browser, and NoBrowser that the server has none.
	Scripts, NoBrowser bool
	Today              civil.Date
	// Night is the next window that is measured in.
	Night probe.Night
}

// Shown is a target with its system and its last result, if there is one.
type Shown struct {
	Target
	SystemName, Slug string
	Last             *Result
}

// List gives what is measured, as far as the actor reaches.
func (s *Service) List(ctx context.Context, actor access.Actor) (Listing, error) {
	if err := access.Check(actor, "measurement.List"); err != nil {
		return Listing{}, err
	}
	var out Listing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		out.Today, out.Night = civil.Of(tx.Now), night(tx.Now)
		all, err := targets(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		last, err := lastResults(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		systems, err := within(ctx, tx, actor, "measurement.List")
		if err != nil {
			return err
		}
		for _, t := range all {
			sys, ok := systems[t.System]
			if !ok {
				continue
			}
			x := Shown{Target: t, SystemName: sys.Name, Slug: sys.Slug}
			if r, ok := last[t.ID]; ok {
				x.Last = &r
			}
			out.Targets = append(out.Targets, x)
		}
		set, err := getSetting(ctx, tx, actor.Organisation)
		out.Stopped, out.Scripts, out.NoBrowser = set.stopped, set.scripts, s.Browser == ""
		return err
	})
	if err != nil {
		return Listing{}, fmt.Errorf("list what is measured: %w", err)
	}
	return out, nil
}

// within are the systems that the actor reaches, by their ids.
func within(ctx context.Context, tx *db.Tx, actor access.Actor, action string) (map[ids.ID[system.System]]system.System, error) {
	all, err := system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.ReachOf(actor, action)})
	if err != nil {
		return nil, err
	}
	out := make(map[ids.ID[system.System]]system.System, len(all))
	for _, x := range all {
		out[x.ID] = x
	}
	return out, nil
}

// One is one target with its system and what was found, the newest first.
type One struct {
	Target  Target
	System  system.System
	Results []Result
	Today   civil.Date
	// Names are the names of persons by their ids.
	Names map[string]string
}

// Open reads one target with what was found.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ids.ID[Target]) (One, error) {
	if err := access.Check(actor, "measurement.Open"); err != nil {
		return One{}, err
	}
	var out One
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Today = civil.Of(tx.Now)
		if out.Target, out.System, err = s.reach(ctx, tx, actor, "measurement.Open", id); err != nil {
			return err
		}
		if out.Results, err = resultsOf(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		out.Names, err = organisation.NamesOf(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return One{}, fmt.Errorf("read target: %w", err)
	}
	return out, nil
}

// reach reads a target whose system the actor may do the action to.
func (s *Service) reach(ctx context.Context, tx *db.Tx, actor access.Actor, action string, id ids.ID[Target]) (Target, system.System, error) {
	t, err := getTarget(ctx, tx, actor.Organisation, id)
	if err != nil {
		return Target{}, system.System{}, err
	}
	sys, err := system.Within(ctx, tx, actor, action, t.System.String())
	return t, sys, err
}

// Draft is what a form for a new target needs: the systems that can be measured, with their ways in.
type Draft struct {
	Systems []system.System
	Agents  []Agent
	Today   civil.Date
}

// Propose reads what the form for a new target offers.
func (s *Service) Propose(ctx context.Context, actor access.Actor) (Draft, error) {
	if err := access.Check(actor, "measurement.Propose"); err != nil {
		return Draft{}, err
	}
	var d Draft
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		d.Today = civil.Of(tx.Now)
		if d.Systems, err = system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.ReachOf(actor, "measurement.Propose")}); err != nil {
			return err
		}
		d.Agents, err = agents(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read what can be measured: %w", err)
	}
	return d, nil
}

// Ask asks for a target to be approved. It takes two people, so nothing is measured when it returns.
func (s *Service) Ask(ctx context.Context, actor access.Actor, t Target, reason string) (Target, error) {
	if err := access.Check(actor, "measurement.Ask"); err != nil {
		return Target{}, err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "measurement.Ask", t.System.String())
		if err != nil {
			return err
		}
		t.System = sys.ID
		if t.Path != "" && !slices.ContainsFunc(sys.Logins, func(l system.LoginPath) bool { return l.ID == t.Path }) {
			return ErrPath
		}
		if err := s.placed(ctx, tx, actor, &t); err != nil {
			return err
		}
		t.ID, t.AskedBy, t.AskedAt = ids.New[Target](), actor.ID, tx.Now
		if err := t.check(civil.Of(tx.Now)); err != nil {
			return err
		}
		if err := insertTarget(ctx, tx, actor.Organisation, &t); err != nil {
			return err
		}
		err = audit.Append(ctx, tx, actor, audit.Entry{
			Action: "measurement.Ask", ObjectKind: "system", ObjectID: t.System.String(),
			Data: map[string]any{"target": t.ID, "host": t.Host, "hosts": t.Hosts, "kind": t.Kind, "zone": t.Zone, "private": t.Private, "expires": t.Expires}, Why: reason,
		})
		if err != nil {
			return err
		}
		payload, err := json.Marshal(targetPayload{t.ID})
		if err != nil {
			return fmt.Errorf("write request: %w", err)
		}
		_, err = s.Approvals.Ask(ctx, tx, actor, approval.Request{Kind: KindTarget, ObjectKind: "measurement-target", ObjectID: t.ID.String(), Payload: payload, Reason: reason})
		return err
	})
	if err != nil {
		return Target{}, fmt.Errorf("ask for target: %w", err)
	}
	return t, nil
}

// placed checks the agent that is to measure a target: it stands, and its zone is the target's.
func (s *Service) placed(ctx context.Context, tx *db.Tx, actor access.Actor, t *Target) error {
	if t.Agent == "" {
		return nil
	}
	all, err := agents(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(a Agent) bool { return a.ID == t.Agent && a.Revoked.IsZero() })
	if i < 0 {
		return ErrAgent
	}
	t.Zone = all[i].Zone
	return nil
}

// approve is what an approval does.
func (s *Service) approve(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var p targetPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return fmt.Errorf("read target to approve: %w", err)
	}
	t, err := getTarget(ctx, tx, actor.Organisation, p.Target)
	if err != nil {
		return err
	}
	ok, err := approveTarget(ctx, tx, actor, p.Target)
	if err != nil {
		return err
	}
	if !ok || !civil.Of(tx.Now).Before(t.Expires) {
		return approval.ErrChanged
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "measurement.Approve", ObjectKind: "system", ObjectID: t.System.String(), Data: map[string]any{"target": t.ID, "host": t.Host, "expires": t.Expires},
	})
}

// drop ends a target that was not approved.
func (s *Service) drop(ctx context.Context, tx *db.Tx, org access.OrganisationID, payload json.RawMessage) error {
	var p targetPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return fmt.Errorf("read target to drop: %w", err)
	}
	return endTarget(ctx, tx, org, p.Target)
}

func (s *Service) describe(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	var p targetPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return approval.Description{}, fmt.Errorf("read target to describe: %w", err)
	}
	t, err := getTarget(ctx, tx, tx.Scope, p.Target)
	if err != nil {
		return approval.Description{}, err
	}
	sys, err := system.Get(ctx, tx, tx.Scope, t.System.String())
	if err != nil {
		return approval.Description{}, err
	}
	what := "measurement.approval-what"
	if t.Kind == Encryption {
		what = "measurement.approval-encryption"
	}
	more := []string{t.Host}
	more = append(more, t.Hosts...)
	to := []string{l.T("measurement.approval-to", "Hosts", l.List(more), "Zone", l.T("measurement.zone-"+t.Zone), "Date", l.Date(t.Expires))}
	if t.Private {
		to = append(to, l.T("measurement.approval-private"))
	}
	if t.SecondStep {
		to = append(to, l.T("measurement.approval-second"))
	}
	return approval.Description{
		What: l.T(what, "System", sys.Name, "URL", t.URL), From: l.T("measurement.approval-from"),
		To: strings.Join(to, "; "), Href: targetPath(t.ID),
	}, nil
}

// End stops measuring a target. Its results stay.
func (s *Service) End(ctx context.Context, actor access.Actor, id ids.ID[Target]) error {
	if err := access.Check(actor, "measurement.End"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		t, _, err := s.reach(ctx, tx, actor, "measurement.End", id)
		if err != nil {
			return err
		}
		if err := endTarget(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "measurement.End", ObjectKind: "system", ObjectID: t.System.String(), Data: map[string]any{"target": t.ID, "host": t.Host}})
	})
	if err != nil {
		return fmt.Errorf("stop measuring target: %w", err)
	}
	return nil
}

// Stop stops all measuring of the organisation at once, also what is under way.
func (s *Service) Stop(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "measurement.Stop"); err != nil {
		return err
	}
	return s.halt(ctx, actor, "measurement.Stop", func(x *setting) { x.stopped = true })
}

// Resume lets measuring go on.
func (s *Service) Resume(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "measurement.Resume"); err != nil {
		return err
	}
	return s.halt(ctx, actor, "measurement.Resume", func(x *setting) { x.stopped = false })
}

func (s *Service) halt(ctx context.Context, actor access.Actor, action string, change func(*setting)) error {
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := getSetting(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		change(&x)
		if err := saveSetting(ctx, tx, actor.Organisation, x); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: action, ObjectKind: "organisation", ObjectID: actor.Organisation.String()})
	})
	if err != nil {
		return fmt.Errorf("say how measuring stands: %w", err)
	}
	return nil
}

// stopped reports whether all measuring is stopped.
func (s *Service) stopped(ctx context.Context, org access.OrganisationID) (bool, error) {
	var x setting
	err := s.DB.Read(ctx, org, func(tx *db.Tx) (err error) {
		x, err = getSetting(ctx, tx, org)
		return err
	})
	return x.stopped, err
}

// Measure asks for one target to be measured as soon as may be, in a job. The manners hold all the same.
func (s *Service) Measure(ctx context.Context, actor access.Actor, id ids.ID[Target]) error {
	if err := access.Check(actor, "measurement.Measure"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		t, _, err := s.reach(ctx, tx, actor, "measurement.Measure", id)
		if err != nil {
			return err
		}
		x, err := getSetting(ctx, tx, actor.Organisation)
		switch {
		case err != nil:
			return err
		case x.stopped:
			return ErrStopped
		case t.State(civil.Of(tx.Now)) != Approved:
			return ErrNotApproved
		}
		if err := audit.Append(ctx, tx, actor, audit.Entry{
			Action: "measurement.Measure", ObjectKind: "system", ObjectID: t.System.String(), Data: map[string]any{"target": t.ID, "host": t.Host},
		}); err != nil {
			return err
		}
		if t.Agent != "" {
			return putOff(ctx, tx, actor.Organisation, id, tx.Now.Add(-time.Minute)) // the agent takes it the next time that it asks
		}
		return s.Jobs.Add(ctx, tx, oneTarget{Organisation: actor.Organisation, Target: id, Asked: db.Millis(tx.Now)})
	})
	if err != nil {
		return fmt.Errorf("measure target: %w", err)
	}
	return nil
}

// measure carries out one measurement: it keeps the host, measures in a process of its own, and keeps what was found as evidence. What
// must not be measured now is left for another day.
func (s *Service) measure(ctx context.Context, actor access.Actor, id ids.ID[Target]) error {
	var t Target
	var held terms
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := getSetting(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if held, err = termsOf(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if t, err = getTarget(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		switch {
		case x.stopped:
			return ErrStopped
		case t.State(civil.Of(tx.Now)) != Approved:
			return ErrNotApproved
		case t.Agent != "":
			return ErrElsewhere
		}
		return nil
	})
	if err != nil {
		return err
	}
	held.scripts = held.scripts && s.Browser != ""
	if err := s.claim(ctx, t.Host, t.connections(held.scripts)); err != nil {
		return err
	}
	o := s.order(&t, held)
	o.Browser = s.Browser
	run, done := s.watched(ctx, actor.Organisation)
	found, err := s.Probe(run, o)
	done()
	paused := err == nil && slices.Contains(found.Limits(), stoppedByServer)
	if e := s.release(context.WithoutCancel(ctx), t.Host, paused); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("measure %s: %w", t.ID, err)
	}
	s.defended(ctx, &t, found)
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.keep(ctx, tx, actor, &t, found) })
}

// defended tells the log of a server that would have led the measurement astray.
func (s *Service) defended(ctx context.Context, t *Target, found *child.Found) {
	if why := found.Defended(); len(why) > 0 {
		s.Log.WarnContext(ctx, "the measured server was refused", slog.String("target", t.ID.String()), slog.Any("why", why))
	}
}

// stoppedByServer is how a record says that a host has asked for a pause.
const stoppedByServer = "stopped_by_server"

// terms are what an organisation has allowed of all its measurements.
type terms struct {
	ranges  []netip.Prefix
	scripts bool
}

func termsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) (terms, error) {
	x, err := getSetting(ctx, tx, org)
	if err != nil {
		return terms{}, err
	}
	all, err := ranges(ctx, tx, org)
	if err != nil {
		return terms{}, err
	}
	out := terms{scripts: x.scripts, ranges: []netip.Prefix{}}
	for i := range all {
		if all[i].State(civil.Of(tx.Now)) == Approved {
			out.ranges = append(out.ranges, all[i].CIDR)
		}
	}
	return out, nil
}

// watchEvery is how often a measurement under way looks whether all measuring has been stopped.
const watchEvery = 2 * time.Second

// watched is a context that ends when all measuring is stopped. done ends it, and the looking, when the measurement is over.
func (s *Service) watched(ctx context.Context, org access.OrganisationID) (_ context.Context, done func()) {
	ctx, cancel := context.WithTimeout(ctx, busyFor)
	go func() {
		defer cancel()
		for {
			if halted, err := s.stopped(ctx, org); err != nil || halted {
				return
			}
			if probe.WallClock().Sleep(ctx, watchEvery) != nil {
				return
			}
		}
	}()
	return ctx, cancel
}

// order is what the process that measures is told.
func (s *Service) order(t *Target, held terms) *child.Order {
	return &child.Order{
		Kind: t.Kind, URL: t.URL, Allow: t.allow(), Never: s.Never, Ranges: held.ranges, Scripts: held.scripts && t.Kind == Login, Approval: t.ID.String(), Vantage: "server", Zone: t.Zone, SecondStep: t.SecondStep, Lang: "sv", Version: s.Version,
	}
}

// keep keeps what was found: the record, and what it says as evidence.
func (s *Service) keep(ctx context.Context, tx *db.Tx, actor access.Actor, t *Target, f *child.Found) error {
	sum := sha256.Sum256(f.Raw)
	r := Result{ID: ids.New[Result](), Target: t.ID, System: t.System, At: tx.Now, Agent: t.Agent, Hash: hex.EncodeToString(sum[:])}
	var n evidence.New
	if rec := f.TLS; rec != nil {
		r.Quality = verdict.Quality(rec.Grade)
		n = foundTLS(t, rec, r.Hash, tx.Now)
		if s.Evidence.Life.Ends(n.Kind, n.Source, civil.Of(tx.Now)).Before(n.Expires) {
			n.Expires = civil.Date{} // the certificate outlives what was seen of it
		}
	} else {
		rec := f.Login
		r.Verdict, r.Factors, r.LoA, r.Confidence = verdict.Verdict(rec.Verdict), value(rec.Factors), value(rec.LoA), verdict.Confidence(rec.Confidence)
		n = found(t, rec, r.Hash, t.Zone, tx.Now)
	}
	e, err := s.Evidence.Add(ctx, tx, actor, n)
	if err != nil {
		return err
	}
	r.Evidence = e.ID
	if err := insertResult(ctx, tx, actor.Organisation, &r, f.Raw); err != nil {
		return err
	}
	if err := putOff(ctx, tx, actor.Organisation, t.ID, tx.Now.Add(every)); err != nil {
		return err
	}
	data := map[string]any{"target": t.ID, "host": t.Host, "hash": r.Hash, "agent": t.Agent}
	if data["verdict"] = r.Verdict; f.TLS != nil {
		delete(data, "verdict")
		data["quality"] = r.Quality
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "measurement.Keep", ObjectKind: "system", ObjectID: t.System.String(), Data: data})
}

// seedOf is what tonight's order and times are drawn by. It is made once a night and kept, so that a restart draws the same.
func seedOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, day civil.Date) ([]byte, error) {
	x, err := getSetting(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	if x.seedDay != day.String() {
		x.seed, x.seedDay = rand.Text(), day.String()
		if err := saveSetting(ctx, tx, org, x); err != nil {
			return nil, err
		}
	}
	return []byte(x.seed), nil
}
