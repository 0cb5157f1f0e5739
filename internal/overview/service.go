// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases that read many slices. Make it with New; it holds the sums of the organisations that were used last.
type Service struct {
	db           *db.DB
	requirements *requirement.Service
	cache        cache[Index]
	strong       [len(goalNames)]cache[strongKept] // by goal
	summings     summings
	// patience and many are the constants of these names, but for tests.
	patience time.Duration
	many     int
	// Followup counts indicators, Risks lists risks, and Approvals holds what waits for a second person.
	Followup  *followup.Service
	Risks     *risk.Service
	Approvals *approval.Service
	// Incidents tell what waits of what has happened; without them nothing is told.
	Incidents *incident.Service
	// LogKey is what the log's checkpoints are signed with; zero when the program runs without a key.
	LogKey audit.Key
	// Campaigns are asked what of the year is due; nil leaves that out.
	Campaigns *campaign.Service
	// Detectors mask the paths of findings; without them no path is told.
	Detectors *detect.Rules
	// Rotation tells which keys and secrets are to be changed; nil leaves that out.
	Rotation *rotation.Service
}

// New makes the service.
func New(d *db.DB, r *requirement.Service) *Service {
	return &Service{db: d, requirements: r, patience: patience, many: manySystems}
}

func (s *Service) catalogue() *catalogue.Catalogue { return s.requirements.Engine.Catalogue }

// index gives the sums of the whole organisation as the transaction sees it, from memory when nothing has changed. Nobody is shown
// them before within has left what the reader reaches.
func (s *Service) index(ctx context.Context, tx *db.Tx, org access.OrganisationID) (*Index, error) {
	key, err := s.key(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	return s.cache.get(org, key, func(old *Index, from indexKey) (*Index, error) {
		if old != nil {
			changed, told, err := s.remade(ctx, tx, org, from, key)
			if err != nil {
				return nil, err
			}
			if told {
				return s.update(ctx, tx, old, changed)
			}
		}
		return s.build(ctx, tx, org)
	})
}

func (s *Service) key(ctx context.Context, tx *db.Tx, org access.OrganisationID) (indexKey, error) {
	size, err := auditSize(ctx, tx, org)
	return indexKey{size: size, day: civil.Of(tx.Now), edition: s.catalogue().Edition}, err
}

func statuses(c *catalogue.Catalogue, answers map[string]requirement.Answer) []requirement.Status {
	if len(answers) == 0 {
		return nil
	}
	out := make([]requirement.Status, len(c.Requirements))
	for id, a := range answers {
		if i, ok := c.RequirementIndex(id); ok {
			out[i] = a.Status
		}
	}
	return out
}

// unowned counts the requirements that are known not to be met and that no action with an owner is about.
func unowned(c *catalogue.Catalogue, s *Sum, actions map[string]*action.Action) int {
	n := 0
	for i, status := range s.statuses {
		if status != requirement.NotMet || !s.requirements.Has(i) {
			continue
		}
		if a := actions[c.Requirements[i].ID]; a == nil || !a.Owned() {
			n++
		}
	}
	return n
}

func (a *Actions) count(x *action.Action, today civil.Date) {
	switch {
	case x.Status == action.Done:
		a.Done++
	case x.DueOn.IsZero():
		a.Undated++
	case x.Late(today):
		a.Late++
	default:
		a.OnTime++
	}
}

// sortByLevel puts those with the highest needs first, and leaves the order among equals: there are few different needs, so that it takes
// one look at each system.
func sortByLevel(list []*Sum) {
	by := map[int][]*Sum{}
	for _, s := range list {
		w := s.weight()
		by[w] = append(by[w], s)
	}
	list = list[:0]
	for _, w := range slices.Backward(slices.Sorted(maps.Keys(by))) {
		list = append(list, by[w]...)
	}
}

// sortUnits puts the units in Swedish order, those without a unit last.
func sortUnits(rows []UnitRow) {
	locale.Sort(rows, func(r UnitRow) string {
		if r.ID == "" {
			return "\U0010FFFF"
		}
		return r.Name
	})
	if i := slices.IndexFunc(rows, func(r UnitRow) bool { return r.ID == "" }); i >= 0 {
		none := rows[i]
		copy(rows[i:], rows[i+1:])
		rows[len(rows)-1] = none
	}
}

// Home is what the start page shows.
type Home struct {
	Totals Totals
	Index  *Index
	Units  []organisation.Unit
	Model  *catalogue.Model
}

// Home reads the state of the organisation, or of one of its units.
func (s *Service) Home(ctx context.Context, actor access.Actor, unit string) (Home, error) {
	if err := access.Check(actor, "overview.Home"); err != nil {
		return Home{}, err
	}
	var h Home
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		reach := access.ReachOf(actor, "overview.Home")
		x, err := s.index(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		h.Index, h.Units = x.within(reach), organisation.Within(units, reach)
		h.Model, err = classification.OrganisationModel(ctx, tx, s.catalogue(), actor.Organisation)
		return err
	})
	if err != nil {
		return Home{}, fmt.Errorf("read state of organisation: %w", err)
	}
	h.Totals = h.Index.Totals(Filter{Unit: unit})
	return h, nil
}

// List is one page of the list of systems.
type List struct {
	Filter Filter
	Rows   []Sum
	// Matching is how many systems pass the filter, Total how many there are.
	Matching, Total int
	// Counted is how many requirements or actions, summed over all pages, the filter asks about.
	Counted int
	Units   []organisation.Unit
	// Views are what the actor has saved.
	Views []View
	Today civil.Date
}

// List reads one page of the systems that pass a filter. Text and unit are asked of the database, unless the sums are in memory
// already; what is derived is asked of the sums.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (List, error) {
	if err := access.Check(actor, "overview.List"); err != nil {
		return List{}, err
	}
	out := List{Filter: f}
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Today = civil.Of(tx.Now)
		reach := access.ReachOf(actor, "overview.List")
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.Units = organisation.Within(units, reach)
		if out.Views, err = views(ctx, tx, actor); err != nil {
			return err
		}
		key, err := s.key(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if _, made := s.cache.peek(actor.Organisation, key); made || f.Derived() {
			x, err := s.index(ctx, tx, actor.Organisation)
			if err != nil {
				return err
			}
			out.fromIndex(x.within(reach))
			return nil
		}
		return s.listStored(ctx, tx, reach, &out)
	})
	if err != nil {
		return List{}, fmt.Errorf("list systems: %w", err)
	}
	return out, nil
}

// clampPage keeps the page within what there is, so that a link to a page that is gone shows the last.
func (l *List) clampPage() int {
	last := max(1, (l.Matching+PageSize-1)/PageSize)
	l.Filter.Page = min(max(l.Filter.Page, 1), last)
	return (l.Filter.Page - 1) * PageSize
}

// fromIndex fills the page with what the sums within the reader's reach leave.
func (l *List) fromIndex(x *Index) {
	list := x.Select(l.Filter)
	l.Total, l.Matching = len(x.Systems), len(list)
	for _, sum := range list {
		l.Counted += l.Filter.counts(sum)
	}
	start := l.clampPage()
	for _, sum := range list[start:min(start+PageSize, len(list))] {
		l.Rows = append(l.Rows, *sum)
	}
}

func (s *Service) listStored(ctx context.Context, tx *db.Tx, reach access.Reach, out *List) error {
	var err error
	org := tx.Scope
	where := system.Filter{Reach: reach, Text: out.Filter.Text, Unit: out.Filter.Unit, State: out.Filter.State}
	if out.Total, err = system.Count(ctx, tx, org, system.Filter{Reach: reach}); err != nil {
		return err
	}
	if out.Matching, err = system.Count(ctx, tx, org, where); err != nil {
		return err
	}
	where.Offset, where.Limit = out.clampPage(), PageSize
	systems, err := system.List(ctx, tx, org, where)
	if err != nil {
		return err
	}
	views, err := s.requirements.Views(ctx, tx, access.Reach{}, systems, nil)
	if err != nil {
		return err
	}
	list := make([]ids.ID[system.System], len(systems))
	for i := range systems {
		list[i] = systems[i].ID
	}
	named, err := system.Answering(ctx, tx, org, list)
	if err != nil {
		return err
	}
	for i := range views {
		sum := summary(&views[i])
		sum.answer(named)
		out.Rows = append(out.Rows, sum)
	}
	return nil
}

// One is everything about one system.
type One struct {
	View    requirement.View
	Actions map[string]*action.Action
	// Responsible is who answers for it in person, by how.
	Responsible map[string]organisation.Responsibility
	// Replies are what suppliers have attested, by requirement; only with the requirements.
	Replies map[string]procurement.Reply
	// Last is what happened last, newest first.
	Last []audit.Logged
	// Classifications is every classification, newest first; only for the history.
	Classifications []classification.Classification
	Models          map[string]*catalogue.Model // of the classifications, by id and version
}

// manyEvents is how many entries of the log are read: on the first page too, since many are told as one.
const manyEvents = 500

// parts are what is read of a system besides its requirements.
type parts struct{ log, classifications, replies bool }

// System reads one system with what follows for it and what happened last.
func (s *Service) System(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (One, error) {
	if err := access.Check(actor, "overview.System"); err != nil {
		return One{}, err
	}
	return s.one(ctx, actor, request{"overview.System", ref, l}, parts{log: true})
}

// Requirements reads one system with its requirements, for answering them.
func (s *Service) Requirements(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (One, error) {
	if err := access.Check(actor, "overview.Requirements"); err != nil {
		return One{}, err
	}
	return s.one(ctx, actor, request{"overview.Requirements", ref, l}, parts{replies: true})
}

// History reads one system with everything that has happened to it.
func (s *Service) History(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (One, error) {
	if err := access.Check(actor, "overview.History"); err != nil {
		return One{}, err
	}
	return s.one(ctx, actor, request{"overview.History", ref, l}, parts{log: true, classifications: true})
}

// request is which system is read for which action, with the texts for its reasons.
type request struct {
	action, ref string
	texts       *locale.Localizer
}

func (s *Service) one(ctx context.Context, actor access.Actor, r request, with parts) (One, error) {
	var o One
	org := actor.Organisation
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, r.action, r.ref)
		if err != nil {
			return err
		}
		views, err := s.requirements.Views(ctx, tx, access.ReachOf(actor, r.action), []system.System{sys}, r.texts)
		if err != nil {
			return err
		}
		o.View = views[0]
		actions, err := action.All(ctx, tx, org, sys.ID)
		if err != nil {
			return err
		}
		o.Actions = actions[sys.ID]
		named, err := system.Answering(ctx, tx, org, []ids.ID[system.System]{sys.ID})
		if err != nil {
			return err
		}
		o.Responsible = named[sys.ID.String()]
		if with.replies {
			if o.Replies, err = procurement.Replies(ctx, tx, sys.ID); err != nil {
				return err
			}
		}
		if with.log {
			if o.Last, err = audit.History(ctx, tx, org, "system", sys.ID.String(), manyEvents); err != nil {
				return err
			}
		}
		if !with.classifications {
			return nil
		}
		return s.classifications(ctx, tx, org, &o)
	})
	if err != nil {
		return One{}, fmt.Errorf("read system: %w", err)
	}
	return o, nil
}

func (s *Service) classifications(ctx context.Context, tx *db.Tx, org access.OrganisationID, o *One) error {
	var err error
	if o.Classifications, err = classification.History(ctx, tx, org, o.View.System.ID); err != nil {
		return err
	}
	o.Models = map[string]*catalogue.Model{}
	for _, c := range o.Classifications {
		key := c.ModelID + "@" + c.ModelVersion
		if o.Models[key] != nil {
			continue
		}
		if o.Models[key], err = classification.FindModel(ctx, tx, s.catalogue(), org, c.ModelID, c.ModelVersion); err != nil {
			return err
		}
	}
	return nil
}

// Rules gives for every law, by its place in the catalogue, how many systems it concerns.
func (s *Service) Rules(ctx context.Context, actor access.Actor) (systems []int, today civil.Date, err error) {
	if err := access.Check(actor, "overview.Rules"); err != nil {
		return nil, civil.Date{}, err
	}
	x, err := s.read(ctx, actor, access.ReachOf(actor, "overview.Rules"))
	if err != nil {
		return nil, civil.Date{}, err
	}
	systems = make([]int, len(s.catalogue().Laws))
	for i := range x.Systems {
		for n := range systems {
			if b := x.Systems[i].laws; b != nil && b.Has(n) {
				systems[n]++
			}
		}
	}
	return systems, x.Today, nil
}

// read gives the sums within the actor's reach.
func (s *Service) read(ctx context.Context, actor access.Actor, r access.Reach) (*Index, error) {
	var x *Index
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := s.index(ctx, tx, actor.Organisation)
		if err == nil {
			x = all.within(r)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sums: %w", err)
	}
	return x, nil
}

// Rule lists the systems that a law concerns.
func (s *Service) Rule(ctx context.Context, actor access.Actor, id string) (*catalogue.Law, []*Sum, civil.Date, error) {
	if err := access.Check(actor, "overview.Rule"); err != nil {
		return nil, nil, civil.Date{}, err
	}
	at := slices.IndexFunc(s.catalogue().Laws, func(l catalogue.Law) bool { return l.ID == id })
	if at < 0 {
		return nil, nil, civil.Date{}, fmt.Errorf("law %q: %w", id, db.ErrNotFound)
	}
	x, err := s.read(ctx, actor, access.ReachOf(actor, "overview.Rule"))
	if err != nil {
		return nil, nil, civil.Date{}, err
	}
	var list []*Sum
	for i := range x.Systems {
		if b := x.Systems[i].laws; b != nil && b.Has(at) {
			list = append(list, &x.Systems[i])
		}
	}
	return &s.catalogue().Laws[at], list, x.Today, nil
}

// Required is a system that a requirement applies to, and how well it meets it.
type Required struct {
	*Sum
	Status requirement.Status
}

// OwnError says that a requirement is the organisation's own, and where the risk is that it is to reduce.
type OwnError struct{ Slug, Risk string }

// Error says what the requirement is.
func (e *OwnError) Error() string { return "the requirement is the organisation's own" }

// ownPlace tells where a requirement of the organisation's own comes from, to those who reach the system.
func (s *Service) ownPlace(ctx context.Context, actor access.Actor, id string) error {
	var out OwnError
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		of, ref, err := requirement.OwnPlace(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		sys, err := system.Within(ctx, tx, actor, "overview.Requirement", of.String())
		out.Slug, out.Risk = sys.Slug, ref
		return err
	})
	if err != nil {
		return fmt.Errorf("find own requirement: %w", err)
	}
	return &out
}

// Requirement lists the systems that a requirement applies to. A requirement that another has replaced leads to that one.
func (s *Service) Requirement(ctx context.Context, actor access.Actor, id string) (*catalogue.Requirement, []Required, error) {
	if err := access.Check(actor, "overview.Requirement"); err != nil {
		return nil, nil, err
	}
	if strings.HasPrefix(id, requirement.OwnPrefix) {
		return nil, nil, s.ownPlace(ctx, actor, id)
	}
	at, ok := s.catalogue().RequirementIndex(id)
	if to, replaced := s.catalogue().Successor(id); !ok && replaced {
		at, ok = s.catalogue().RequirementIndex(to)
	}
	if !ok {
		return nil, nil, fmt.Errorf("requirement %q: %w", id, db.ErrNotFound)
	}
	x, err := s.read(ctx, actor, access.ReachOf(actor, "overview.Requirement"))
	if err != nil {
		return nil, nil, err
	}
	var list []Required
	for i := range x.Systems {
		if status, ok := x.Systems[i].Status(at); ok {
			list = append(list, Required{&x.Systems[i], status})
		}
	}
	return &s.catalogue().Requirements[at], list, nil
}

// Information lists the organisation's information with how many systems hold it.
func (s *Service) Information(ctx context.Context, actor access.Actor) ([]Held, error) {
	if err := access.Check(actor, "overview.Information"); err != nil {
		return nil, err
	}
	var out []Held
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := information.All(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		reach := access.ReachOf(actor, "overview.Information")
		counts, err := heldBy(ctx, tx, actor.Organisation, reach)
		if err != nil {
			return err
		}
		for _, i := range all {
			if !reach.All && counts[i.ID][0] == 0 {
				continue // somebody else's: nothing within reach holds it
			}
			out = append(out, Held{Information: i, Systems: counts[i.ID][0], Confirmed: counts[i.ID][1]})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read information: %w", err)
	}
	return out, nil
}

// TypePage is what is known about one information type, or about the organisation's own information.
type TypePage struct {
	Type *catalogue.InformationType // nil for the organisation's own
	Own  *information.Information   // nil for a type that the organisation does not have
	// Holders is one page of the systems that hold it, Total how many do.
	Holders []Holder
	Total   int
	Page    int
	Model   *catalogue.Model
}

// InformationType reads a type of the library by its id, or the organisation's own information by its.
func (s *Service) InformationType(ctx context.Context, actor access.Actor, id string, page int) (TypePage, error) {
	if err := access.Check(actor, "overview.InformationType"); err != nil {
		return TypePage{}, err
	}
	p := TypePage{Page: max(page, 1)}
	p.Type, _ = s.catalogue().InformationType(id)
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := information.All(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		reach := access.ReachOf(actor, "overview.InformationType")
		if p.Own, err = s.own(ctx, tx, all, id, reach); err != nil {
			return err
		}
		if p.Type == nil && p.Own == nil {
			return fmt.Errorf("information %q: %w", id, db.ErrNotFound)
		}
		if p.Type == nil {
			p.Type, _ = p.Own.Type(s.catalogue())
		}
		which := holding{organisation: actor.Organisation, reach: reach}
		if p.Type != nil {
			which.typeID = p.Type.ID
		}
		if p.Own != nil {
			which.own = p.Own.ID.String()
		}
		if p.Holders, p.Total, err = holders(ctx, tx, which, p.Page); err != nil {
			return err
		}
		p.Model, err = classification.OrganisationModel(ctx, tx, s.catalogue(), actor.Organisation)
		return err
	})
	if err != nil {
		return TypePage{}, fmt.Errorf("read information type: %w", err)
	}
	return p, nil
}

// own finds the organisation's own information by its id or its type, when something within reach holds it; nil when nothing does.
func (s *Service) own(ctx context.Context, tx *db.Tx, all []information.Information, id string, r access.Reach) (*information.Information, error) {
	var found *information.Information
	for i := range all {
		if all[i].ID.String() == id || all[i].TypeID == id {
			found = &all[i]
		}
	}
	if found == nil || r.All {
		return found, nil
	}
	counts, err := heldBy(ctx, tx, tx.Scope, r)
	if err != nil || counts[found.ID][0] == 0 {
		return nil, err
	}
	return found, nil
}
