// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of incidents.
type Service struct {
	DB           *db.DB
	Requirements *requirement.Service
	Rules        *Rules
}

// New is what is known when an incident is reported: enough to begin, and nothing invented.
type New struct {
	Title, Happened string
	FoundAt         time.Time
	// AwareAt is when the organisation knew, and AwareWhy why that is taken for the moment; zero is not yet known.
	AwareAt  time.Time
	AwareWhy string
	// Unit is whose incident it is, also when the systems that are named are others'; empty is that of its systems.
	Unit access.UnitID
	// Systems are ids or slugs within the actor's reach. Supplier is whose systems are hit; its systems are taken when none are named.
	Systems  []string
	Supplier ids.ID[supplier.Supplier]
	Origin   Origin
	// Measured is the measurement that it comes from; the origin is made of it, and its system is hit when none are named.
	Measured ids.ID[evidence.Record]
	// Drill is the id of a scenario to practise on.
	Drill string
}

// Report begins an incident. It is also how a finding or a measurement becomes one, in one step: the origin points back, and the same origin
// becomes an incident only once (ErrOrigin).
func (s *Service) Report(ctx context.Context, actor access.Actor, n New) (Incident, error) {
	if err := access.Check(actor, "incident.Report"); err != nil {
		return Incident{}, err
	}
	x := Incident{
		ID: ids.New[Incident](), Risk: RiskUnknown, Origin: n.Origin, SupplierID: n.Supplier, Drill: n.Drill, FoundAt: n.FoundAt, AwareAt: n.AwareAt, CreatedBy: actor.ID,
		Texts: map[Text]string{Title: n.Title, Happened: n.Happened, AwareWhy: n.AwareWhy}, Answers: map[string]Answer{}, Reports: map[string]Report{},
	}
	if n.Drill != "" {
		d, ok := s.Rules.Drill(n.Drill)
		if !ok {
			return Incident{}, fmt.Errorf("drill %q: %w", n.Drill, ErrValue)
		}
		if x.Texts[Title] == "" {
			x.Texts[Title], x.Texts[Happened] = d.Name.SV, d.Text.SV
		}
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if x.FoundAt.IsZero() {
			x.FoundAt = tx.Now
		}
		if err := x.Check(tx.Now); err != nil {
			return err
		}
		if err := n.ofMeasurement(ctx, tx); err != nil {
			return err
		}
		if err := s.placeNew(ctx, tx, actor, &x, &n); err != nil {
			return err
		}
		if err := x.comeOf(ctx, tx, actor, n.Measured); err != nil {
			return err
		}
		if err := insert(ctx, tx, &x); err != nil {
			return err
		}
		if err := setSystems(ctx, tx, x.ID, x.Systems); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, entry("incident.Report", &x, map[string]any{"drill": x.Drill != "", "origin": x.Origin.Kind, "systems": len(x.Systems)}))
	})
	if errors.Is(err, ErrOrigin) { // who asks is led to the one that there is
		return Incident{Number: x.Number}, fmt.Errorf("report incident: %w", err)
	}
	if err != nil {
		return Incident{}, fmt.Errorf("report incident: %w", err)
	}
	return x, nil
}

// comeOf notes that an incident comes of a measurement of its system: it points back, and was found when it was measured. What has become an incident
// already is refused with ErrOrigin, and the number of that one.
func (x *Incident) comeOf(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[evidence.Record]) error {
	if id != "" {
		if err := x.measured(ctx, tx, actor, id); err != nil {
			return err
		}
	}
	if x.Origin.Ref == "" {
		return nil
	}
	number, found, err := ofOrigin(ctx, tx, x.Origin)
	if err != nil || found {
		x.Number = number
		return originErr(number, err)
	}
	return nil
}

// ofMeasurement takes the system of the measurement that an incident comes of, when no systems are named.
func (n *New) ofMeasurement(ctx context.Context, tx *db.Tx) error {
	if n.Measured == "" || len(n.Systems) > 0 {
		return nil
	}
	r, err := evidence.Get(ctx, tx, tx.Scope, n.Measured)
	if err != nil {
		return err
	}
	n.Systems = []string{r.System.String()}
	return nil
}

// measured makes the origin of a measurement.
func (x *Incident) measured(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[evidence.Record]) error {
	r, err := evidence.Get(ctx, tx, tx.Scope, id)
	if err != nil {
		return err
	}
	if r.Source != evidence.Measured || !slices.ContainsFunc(x.Systems, func(s Hit) bool { return s.ID == r.System }) {
		return fmt.Errorf("measurement %q: %w", id, db.ErrNotFound)
	}
	of, err := system.Within(ctx, tx, actor, "incident.Report", r.System.String())
	if err != nil {
		return err
	}
	x.Origin = Origin{Kind: "probe", Ref: id.String(), Path: evidence.Path(of.Slug) + "#b-" + id.String()}
	if !r.Observed.IsZero() && !r.Observed.After(tx.Now) {
		x.FoundAt = r.Observed
	}
	return nil
}

func originErr(number int64, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("incident %d: %w", number, ErrOrigin)
}

// entry is an entry of the log. What people write about an incident is never in it.
func entry(action string, x *Incident, more map[string]any) audit.Entry {
	data := map[string]any{"number": x.Number}
	for k, v := range more {
		data[k] = v
	}
	return audit.Entry{Action: action, ObjectKind: "incident", ObjectID: x.ID.String(), Data: data}
}

// placeNew finds the systems and the unit of a new incident. With a supplier and no systems, its systems within reach are taken.
func (s *Service) placeNew(ctx context.Context, tx *db.Tx, actor access.Actor, x *Incident, n *New) error {
	refs := n.Systems
	if len(refs) == 0 && n.Unit != "" {
		x.UnitID = n.Unit
		return access.CheckAt(actor, "incident.Report", n.Unit)
	}
	if x.SupplierID != "" {
		if _, err := supplier.Get(ctx, tx, tx.Scope, x.SupplierID); err != nil {
			return err
		}
		if len(refs) == 0 {
			delivered, _, err := system.DeliveredBy(ctx, tx, tx.Scope, x.SupplierID)
			if err != nil {
				return err
			}
			systems, err := system.Some(ctx, tx, tx.Scope, access.ReachOf(actor, "incident.Report"), delivered)
			if err != nil {
				return err
			}
			if len(systems) == 0 && !access.ReachOf(actor, "incident.Report").All {
				return fmt.Errorf("supplier %q: %w", x.SupplierID, db.ErrNotFound)
			}
			return x.take(actor, systems)
		}
	}
	systems, err := found(ctx, tx, actor, "incident.Report", refs)
	if err != nil {
		return err
	}
	if err := x.take(actor, systems); err != nil || n.Unit == "" {
		return err
	}
	x.UnitID = n.Unit
	return access.CheckAt(actor, "incident.Report", n.Unit)
}

// found reads systems by ids or slugs within the actor's reach.
func found(ctx context.Context, tx *db.Tx, actor access.Actor, action string, refs []string) ([]system.System, error) {
	var out []system.System
	for _, ref := range refs {
		sys, err := system.Within(ctx, tx, actor, action, ref)
		if err != nil {
			return nil, err
		}
		out = append(out, sys)
	}
	return out, nil
}

// take makes systems those that are hit. The incident belongs to their unit when they have the same, and else to the whole organisation;
// who does not reach the whole organisation must have it in a unit of theirs.
func (x *Incident) take(actor access.Actor, systems []system.System) error {
	x.Systems, x.UnitID = nil, ""
	for i := range systems {
		x.Systems = append(x.Systems, Hit{ID: systems[i].ID, Name: systems[i].Name})
		if i == 0 {
			x.UnitID = systems[i].UnitID
		} else if x.UnitID != systems[i].UnitID {
			x.UnitID = ""
		}
	}
	if access.CheckAt(actor, "incident.Report", x.UnitID) == nil {
		return nil
	}
	for i := range systems { // several units of the actor's own: the first answers for it
		if access.CheckAt(actor, "incident.Report", systems[i].UnitID) == nil {
			x.UnitID = systems[i].UnitID
			return nil
		}
	}
	return access.ErrDenied
}

// View is an incident with what the law asks, what is hit, and how far it has come.
type View struct {
	Incident
	Affected Affected
	Facts    Facts
	Duties   []Duty
	// Proposed are the questions that the register answers and nobody has.
	Proposed map[string]Answer
	Now      time.Time
}

// Open reads one incident.
func (s *Service) Open(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (View, error) {
	if err := access.Check(actor, "incident.Open"); err != nil {
		return View{}, err
	}
	var v View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		v, err = s.view(ctx, tx, actor, asking{"incident.Open", ref, l})
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("read incident: %w", err)
	}
	return v, nil
}

// asking is which incident is read for which action, with the texts for it.
type asking struct {
	action, ref string
	texts       *locale.Localizer
}

func (s *Service) view(ctx context.Context, tx *db.Tx, actor access.Actor, q asking) (View, error) {
	x, err := Within(ctx, tx, actor, q.action, q.ref)
	if err != nil {
		return View{}, err
	}
	v := View{Incident: x, Now: tx.Now, Proposed: map[string]Answer{}}
	if x.SupplierID != "" {
		one, err := supplier.Get(ctx, tx, tx.Scope, x.SupplierID)
		if err != nil {
			return View{}, err
		}
		v.Affected.Supplier = &one
	}
	list := make([]ids.ID[system.System], len(x.Systems))
	for i := range x.Systems {
		list[i] = x.Systems[i].ID
	}
	if err := s.fill(ctx, tx, access.ReachOf(actor, q.action), &v.Affected, hit{list, q.texts}); err != nil {
		return View{}, err
	}
	v.Facts = s.Rules.Facts(&x, &v.Affected.Facts)
	v.Duties = s.Rules.Duties(&x, v.Facts)
	for i := range s.Rules.Questions {
		id := s.Rules.Questions[i].ID
		if x.Answers[id] == "" && v.Facts[id] == Yes {
			v.Proposed[id] = Yes
		}
	}
	return v, nil
}

// Row is one incident of the list.
type Row struct {
	Incident
	Duties []Duty
	// Next is the first moment that something must be done; zero when there is none.
	Next time.Time
}

// Listing is the incidents of the organisation.
type Listing struct {
	Rows []Row
	// Real is how many are no drills, Open how many of those are not closed.
	Real, Open int
	Now        time.Time
}

// List reads the incidents within reach: those that are open by what must be done first, then those that are closed.
func (s *Service) List(ctx context.Context, actor access.Actor) (Listing, error) {
	if err := access.Check(actor, "incident.List"); err != nil {
		return Listing{}, err
	}
	var out Listing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		list, err := All(ctx, tx, actor.Organisation, access.ReachOf(actor, "incident.List"))
		if err != nil {
			return err
		}
		out.Now = tx.Now
		for i := range list {
			x := &list[i]
			duties := s.Rules.Duties(x, s.Rules.Facts(x, nil))
			row := Row{Incident: *x, Duties: duties}
			if x.ClosedAt.IsZero() {
				row.Next = Next(duties)
			}
			if x.Drill == "" {
				out.Real++
				if x.ClosedAt.IsZero() {
					out.Open++
				}
			}
			out.Rows = append(out.Rows, row)
		}
		return nil
	})
	if err != nil {
		return Listing{}, fmt.Errorf("list incidents: %w", err)
	}
	slices.SortStableFunc(out.Rows, func(a, b Row) int {
		if a.ClosedAt.IsZero() != b.ClosedAt.IsZero() {
			return order(!a.ClosedAt.IsZero(), !b.ClosedAt.IsZero())
		}
		if a.Next.IsZero() != b.Next.IsZero() {
			return order(a.Next.IsZero(), b.Next.IsZero())
		}
		return a.Next.Compare(b.Next)
	})
	return out, nil
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// Save changes the fields of one part of an incident that was read as version x.Version; the parts of it that the form does not have are
// kept as they are. db.ErrConflict says that somebody else was first.
func (s *Service) Save(ctx context.Context, actor access.Actor, ref string, version int64, change func(x *Incident)) error {
	if err := access.Check(actor, "incident.Save"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := Within(ctx, tx, actor, "incident.Save", ref)
		if err != nil {
			return err
		}
		if x.Version != version {
			return db.ErrConflict
		}
		change(&x)
		if x.Answers["security_protection"] == Yes {
			// Nothing more is kept here than that the matter is handled in another order.
			for _, t := range Texts {
				if t != Title {
					x.Texts[t] = ""
				}
			}
		}
		if err := x.Check(tx.Now); err != nil {
			return err
		}
		for id := range x.Answers {
			if !slices.ContainsFunc(s.Rules.Questions, func(q Question) bool { return q.ID == id }) {
				return fmt.Errorf("question %q: %w", id, ErrValue)
			}
		}
		if err := update(ctx, tx, &x); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, entry("incident.Save", &x, map[string]any{
			"risk": x.Risk, "answers": x.Answers, "aware_at": millis(x.AwareAt), "closed": !x.ClosedAt.IsZero(), "version": x.Version,
		}))
	})
	if err != nil {
		return fmt.Errorf("save incident: %w", err)
	}
	return nil
}

// SetSystems says which systems an incident has hit.
func (s *Service) SetSystems(ctx context.Context, actor access.Actor, ref string, refs []string) error {
	if err := access.Check(actor, "incident.SetSystems"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := Within(ctx, tx, actor, "incident.SetSystems", ref)
		if err != nil {
			return err
		}
		systems, err := found(ctx, tx, actor, "incident.SetSystems", refs)
		if err != nil {
			return err
		}
		kept, err := beyondReach(ctx, tx, actor, x.Systems)
		if err != nil {
			return err
		}
		list := kept
		for i := range systems {
			list = append(list, Hit{ID: systems[i].ID, Name: systems[i].Name})
		}
		if err := setSystems(ctx, tx, x.ID, list); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, entry("incident.SetSystems", &x, map[string]any{"systems": len(list)}))
	})
	if err != nil {
		return fmt.Errorf("say which systems an incident has hit: %w", err)
	}
	return nil
}

// beyondReach gives the systems that the actor does not reach: who cannot see them does not take them away either.
func beyondReach(ctx context.Context, tx *db.Tx, actor access.Actor, list []Hit) ([]Hit, error) {
	wanted := make([]ids.ID[system.System], len(list))
	for i := range list {
		wanted[i] = list[i].ID
	}
	within, err := system.Some(ctx, tx, tx.Scope, access.ReachOf(actor, "incident.SetSystems"), wanted)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(h Hit) bool {
		return slices.ContainsFunc(within, func(s system.System) bool { return s.ID == h.ID })
	}), nil
}

// checkReport says what is wrong with a decision, if anything.
func (r *Rules) checkReport(x *Report) error {
	rule, ok := r.Rule(x.Rule)
	switch {
	case !ok || rule.Kind == KindCriterion || rule.Kind == KindThreshold:
		return fmt.Errorf("%q: %w", x.Rule, ErrRule)
	case x.Status != Planned && x.Status != Done && x.Status != NotNeeded:
		return ErrValue
	case x.Status == NotNeeded && strings.TrimSpace(x.Reason) == "":
		return ErrReason
	case Personal(x.Reason) || Personal(x.Reference):
		return ErrPersonal
	}
	return nil
}

// Decide notes what has been decided about a duty, or that it has been done, with the reason. Not doing it always takes a reason. at is when
// it was done; zero is now.
func (s *Service) Decide(ctx context.Context, actor access.Actor, ref string, r Report) error {
	if err := access.Check(actor, "incident.Decide"); err != nil {
		return err
	}
	if err := s.Rules.checkReport(&r); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := Within(ctx, tx, actor, "incident.Decide", ref)
		if err != nil {
			return err
		}
		if r.At.IsZero() {
			r.At = tx.Now
		}
		if r.At.After(tx.Now.Add(time.Minute)) {
			return ErrFuture
		}
		r.By = actor.ID
		if err := saveReport(ctx, tx, x.ID, r); err != nil {
			return err
		}
		x.Reports[r.Rule] = r
		if slices.Contains(notifying, r.Rule) { // what is corrected moves the month of the final report too
			x.NotifiedAt = x.notified()
			if err := update(ctx, tx, &x); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, entry("incident.Decide", &x, map[string]any{"rule": r.Rule, "status": r.Status, "at": millis(r.At)}))
	})
	if err != nil {
		return fmt.Errorf("decide about incident: %w", err)
	}
	return nil
}

// SaveMeasure adds a measure, or changes one.
func (s *Service) SaveMeasure(ctx context.Context, actor access.Actor, ref string, m Measure) error {
	if err := access.Check(actor, "incident.SaveMeasure"); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(m.Text) == "":
		return ErrTitle
	case Personal(m.Text):
		return ErrPersonal
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := Within(ctx, tx, actor, "incident.SaveMeasure", ref)
		if err != nil {
			return err
		}
		if m.ID == "" {
			m.ID = ids.New[Measure]()
		} else if !slices.ContainsFunc(x.Measures, func(o Measure) bool { return o.ID == m.ID }) {
			return fmt.Errorf("measure %q: %w", m.ID, db.ErrNotFound)
		}
		if err := saveMeasure(ctx, tx, x.ID, m); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, entry("incident.SaveMeasure", &x, map[string]any{"due_on": m.DueOn, "done_on": m.DoneOn}))
	})
	if err != nil {
		return fmt.Errorf("save measure of incident: %w", err)
	}
	return nil
}

// Pack drafts what is handed to somebody, from what is known at the moment, and notes that it was taken out.
func (s *Service) Pack(ctx context.Context, actor access.Actor, ref, pack string, l *locale.Localizer) (Pack, error) {
	if err := access.Check(actor, "incident.Pack"); err != nil {
		return Pack{}, err
	}
	form, ok := s.Rules.Pack(pack)
	if !ok {
		return Pack{}, fmt.Errorf("pack %q: %w", pack, db.ErrNotFound)
	}
	var out Pack
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, err := s.view(ctx, tx, actor, asking{"incident.Pack", ref, l})
		if err != nil {
			return err
		}
		m := material{x: &v.Incident, a: &v.Affected, facts: v.Facts, duties: v.Duties, l: l, now: tx.Now, subject: v.Path()}
		out = m.draft(s.Rules, form)
		return audit.Append(ctx, tx, actor, entry("incident.Pack", &v.Incident, map[string]any{"pack": pack}))
	})
	if err != nil {
		return Pack{}, fmt.Errorf("draft pack: %w", err)
	}
	return out, nil
}

// SupplierPack drafts the first report of a supplier's incident before anything is known but what the registers say.
func (s *Service) SupplierPack(ctx context.Context, actor access.Actor, id string, l *locale.Localizer) (Pack, error) {
	if err := access.Check(actor, "incident.SupplierPack"); err != nil {
		return Pack{}, err
	}
	form, ok := s.Rules.Pack(systemPack)
	if !ok {
		return Pack{}, fmt.Errorf("pack %q: %w", systemPack, db.ErrNotFound)
	}
	var out Pack
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		a, err := s.ofSupplier(ctx, tx, access.ReachOf(actor, "incident.SupplierPack"), asked{ids.ID[supplier.Supplier](id), l})
		if err != nil {
			return err
		}
		x := a.Proposed()
		m := material{x: x, a: &a, facts: s.Rules.Facts(x, &a.Facts), l: l, now: tx.Now, subject: a.Supplier.Path() + affectedPath}
		out = m.draft(s.Rules, form)
		out.Name = l.T("incident.first-report", "Name", a.Supplier.Name)
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "incident.SupplierPack", ObjectKind: "supplier", ObjectID: id, Data: map[string]any{"systems": len(a.Hits)}})
	})
	if err != nil {
		return Pack{}, fmt.Errorf("draft first report: %w", err)
	}
	return out, nil
}

// SystemPack drafts the dossier of one system.
func (s *Service) SystemPack(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Pack, error) {
	if err := access.Check(actor, "incident.SystemPack"); err != nil {
		return Pack{}, err
	}
	form, ok := s.Rules.Pack(systemPack)
	if !ok {
		return Pack{}, fmt.Errorf("pack %q: %w", systemPack, db.ErrNotFound)
	}
	var out Pack
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "incident.SystemPack", ref)
		if err != nil {
			return err
		}
		var a Affected
		if sys.SupplierID != "" {
			one, err := supplier.Get(ctx, tx, tx.Scope, sys.SupplierID)
			if err != nil {
				return err
			}
			a.Supplier = &one
		}
		if err := s.fill(ctx, tx, access.ReachOf(actor, "incident.SystemPack"), &a, hit{[]ids.ID[system.System]{sys.ID}, l}); err != nil {
			return err
		}
		x := a.Proposed()
		m := material{x: x, a: &a, facts: s.Rules.Facts(x, &a.Facts), l: l, now: tx.Now, subject: "/system/" + sys.Slug}
		out = m.draft(s.Rules, form)
		out.Name = l.T("incident.dossier", "Name", sys.Name)
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "incident.SystemPack", ObjectKind: "system", ObjectID: sys.ID.String()})
	})
	if err != nil {
		return Pack{}, fmt.Errorf("draft dossier of system: %w", err)
	}
	return out, nil
}

// systemPack is the form about systems, and affectedPath where a supplier's affected systems are shown, after its own address.
const (
	systemPack   = "system"
	affectedPath = "/berorda"
)

// Place is where the incidents are.
const Place = "/incidenter"

// Path is the address of an incident's page.
func (x *Incident) Path() string { return Place + "/" + strconv.FormatInt(x.Number, 10) }

// Drilled is a drill with what it showed.
type Drilled struct {
	View
	Scenario *Drill
	Lacks    []Lack
}

// DrillReport reads what a drill has shown was missing.
func (s *Service) DrillReport(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Drilled, error) {
	if err := access.Check(actor, "incident.DrillReport"); err != nil {
		return Drilled{}, err
	}
	var out Drilled
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.View, err = s.view(ctx, tx, actor, asking{"incident.DrillReport", ref, l})
		return err
	})
	if err != nil {
		return Drilled{}, fmt.Errorf("read drill: %w", err)
	}
	d, ok := s.Rules.Drill(out.Incident.Drill)
	if !ok {
		return Drilled{}, fmt.Errorf("incident %q is no drill: %w", ref, db.ErrNotFound)
	}
	out.Scenario, out.Lacks = d, d.Judge(s.Rules, &out.View)
	return out, nil
}
