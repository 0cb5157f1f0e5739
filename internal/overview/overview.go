// SPDX-License-Identifier: EUPL-1.2

// Package overview shows many slices at once (Swedish: läget): the state of the organisation, the list of systems, one system on
// one page, and what the rules, requirements and information types mean for the systems.
package overview

import (
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Standing is where a system's classification stands. Every system has exactly one, so that their counts add up.
type Standing string

// The standings, by the words that stand in addresses.
const (
	Classified   Standing = "klassad"
	Expired      Standing = "lopt-ut"
	Draft        Standing = "utkast"
	Suggested    Standing = "forslag"
	Unclassified Standing = "oklassad"
	Stopped      Standing = "stoppad"
)

// Standings lists them in the order they are shown.
var Standings = []Standing{Classified, Expired, Draft, Suggested, Unclassified, Stopped}

// Expiring is not a standing but the filter for decisions that have ended or end soon.
const Expiring = "loper-ut"

// soonDays is how long before a classification ends that its renewal is asked for. The figure is ours: it leaves time for a
// meeting with those who know the information.
const soonDays = 60

// The requirement filters: systems with at least one requirement of that status.
const (
	WithMet           = "uppfylls"
	WithPartly        = "delvis"
	WithNotMet        = "uppfylls-inte"
	WithUnknown       = "okanda"
	WithNotApplicable = "ej-tillampliga"
)

// The questions that a list can be narrowed to.
const (
	AskProtection = "sakerhetsskydd"
	AskEmpty      = "utan-underlag"
	AskUnowned    = "utan-ansvarig"
	AskLate       = "sena-atgarder"
)

// Missing is the value of a filter that asks for what nobody has stated.
const Missing = "saknas"

// Level is the need of one aspect of one system.
type Level struct {
	// Step is Unset when nobody has said.
	Step  catalogue.Step
	Value int
	Label catalogue.Text
	Basis classification.Basis
}

// Known reports whether the aspect has a level.
func (l Level) Known() bool { return l.Step != catalogue.Unset }

// Sum is one system as lists and totals need it.
type Sum struct {
	ID                   ids.ID[system.System]
	Slug, Name           string
	UnitID               access.UnitID
	Unit                 string
	State                string // one of system.States
	OwnerRole, LoginNote string
	// Owner is the person who owns the system; OwnerLeft says that they have left.
	Owner      string
	OwnerLeft  bool
	Created    time.Time
	Standing   Standing
	Levels     [catalogue.NumAspects]Level
	ValidUntil civil.Date
	// Drafted is when the draft was begun; zero without one.
	Drafted time.Time
	Tally   requirement.Tally
	Actions Actions
	// Unowned counts requirements that are known not to be met and that nobody has taken on.
	Unowned int
	// Contradicted counts the requirements where what is measured and what somebody says do not agree.
	Contradicted int
	// Shifts are the changes of what is measured that nobody has taken note of.
	Shifts []evidence.Shift
	// Strong is whether two factors are shown to be demanded, by source in the order of evidence.Sources; empty for what is not counted.
	Strong [3]verdict.Status
	// Renew counts what is to be measured or attested anew, and RenewBy is when the first of it ends.
	Renew   int
	RenewBy civil.Date
	// Disputed counts the measurements that somebody says are wrong and nobody has settled, and DisputedOn is when the first was disputed.
	Disputed   int
	DisputedOn civil.Date
	// Empty says that neither information nor any level is known. Suspected says that something points at protective security.
	Empty, Suspected bool

	search             string
	laws, requirements requirement.Bits
	statuses           []requirement.Status // by the requirement's place in the catalogue; nil without answers
}

// ownerless reports whether neither a role nor a person who is still here owns the system.
func (s *Sum) ownerless() bool { return s.OwnerRole == "" && (s.Owner == "" || s.OwnerLeft) }

// answer fills in who owns the system.
func (s *Sum) answer(named map[string]map[string]organisation.Responsibility) {
	if r, ok := named[s.ID.String()][organisation.Owner]; ok {
		s.Owner, s.OwnerLeft = r.Left, r.Gone
	}
}

// Actions counts actions by how they keep their time. Every action is in exactly one of the fields.
type Actions struct{ Done, OnTime, Late, Undated int }

// Total is how many actions were counted.
func (a Actions) Total() int { return a.Done + a.OnTime + a.Late + a.Undated }

// Kept is how many of those with a date are done or on time.
func (a Actions) Kept() int { return a.Done + a.OnTime }

// Dated is how many can be on time or late: all but those without a date that are not done.
func (a Actions) Dated() int { return a.Total() - a.Undated }

func (a *Actions) add(o Actions) {
	a.Done += o.Done
	a.OnTime += o.OnTime
	a.Late += o.Late
	a.Undated += o.Undated
}

// Highest gives the highest step of the aspects.
func (s *Sum) Highest() catalogue.Step {
	top := catalogue.Unset
	for _, l := range s.Levels {
		top = max(top, l.Step)
	}
	return top
}

// weight orders by need: the highest step first, then how many aspects have it.
func (s *Sum) weight() int {
	w := 0
	for _, l := range s.Levels {
		w += 1 << (4 * int(l.Step)) // at most four aspects share a step
	}
	return w
}

// Status gives how well the system meets a requirement; false when it does not apply.
func (s *Sum) Status(index int) (requirement.Status, bool) {
	if s.requirements == nil || !s.requirements.Has(index) {
		return "", false
	}
	if s.statuses == nil || s.statuses[index] == "" {
		return requirement.Unanswered, true
	}
	return s.statuses[index], true
}

// Filter narrows and orders the list of systems. The zero value is every system by name, the first page.
type Filter struct {
	Text string
	// Unit is a unit's id, or Missing.
	Unit string
	// Standing is a Standing, or Expiring.
	Standing string
	// State is one of system.States.
	State string
	// Level is the least level that some aspect must have; 0 asks for none.
	Level int
	// Aspect and Step ask for exactly that step of one aspect; StepUnknown for one that nobody knows.
	Aspect, Step string
	Requirements string
	// Owner is Missing, or nothing.
	Owner string
	Ask   string
	// ByLevel orders by need instead of by name.
	ByLevel bool
	// Page is from 1.
	Page int
}

// PageSize is how many systems a page of the list has.
const PageSize = 50

// Derived reports whether the filter asks about what is derived, which the database does not hold.
func (f Filter) Derived() bool {
	return f.Standing != "" || f.Level > 0 || f.Aspect != "" || f.Requirements != "" || f.Owner != "" || f.Ask != "" || f.ByLevel || f.Unit == Missing
}

// Narrowed reports whether anything is left out.
func (f Filter) Narrowed() bool {
	return f.Text != "" || f.Unit != "" || f.State != "" || f.Derived() && !onlySorted(f)
}

func onlySorted(f Filter) bool {
	f.ByLevel, f.Page = false, 0
	return f == Filter{}
}

// StepUnknown is the filter value of an aspect without a level.
const StepUnknown = "okand"

// steps are the words of the steps in addresses.
var steps = [catalogue.NumSteps]string{StepUnknown, "forsumbar", "mattlig", "betydande", "allvarlig"}

// aspects are the words of the aspects in addresses.
var aspects = [catalogue.NumAspects]string{"k", "r", "t", "s"}

// says reports whether every word, folded, stands in what a system is found by.
func (s *Sum) says(words []string) bool {
	for _, word := range words {
		if !strings.Contains(s.search, word) {
			return false
		}
	}
	return true
}

// Matches reports whether a system passes the filter on a day, but for its text.
func (f *Filter) Matches(s *Sum, today civil.Date) bool {
	switch {
	case f.Unit == Missing && s.UnitID != "", f.Unit != "" && f.Unit != Missing && string(s.UnitID) != f.Unit:
		return false
	case f.State != "" && s.State != f.State, f.Owner == Missing && !s.ownerless():
		return false
	case f.Standing == Expiring && !s.ends(today), f.Standing != "" && f.Standing != Expiring && string(s.Standing) != f.Standing:
		return false
	}
	return f.matchesLevel(s) && s.has(f.Requirements) && s.asks(f.Ask)
}

func (f *Filter) matchesLevel(s *Sum) bool {
	if f.Level > 0 {
		found := false
		for _, l := range s.Levels {
			found = found || l.Known() && l.Value >= f.Level
		}
		if !found {
			return false
		}
	}
	for a, name := range aspects {
		if f.Aspect == name && f.Step != "" && steps[s.Levels[a].Step] != f.Step {
			return false
		}
	}
	return true
}

// ends reports whether a decision has ended or ends soon.
func (s *Sum) ends(today civil.Date) bool {
	return s.Standing == Expired || s.Standing == Classified && !s.ValidUntil.IsZero() && s.ValidUntil.Before(today.AddDays(soonDays))
}

// counted gives the number of requirements that a requirement filter asks about.
func counted(t requirement.Tally, with string) int {
	switch with {
	case WithMet:
		return t.Met
	case WithPartly:
		return t.Partly
	case WithNotMet:
		return t.NotMet
	case WithUnknown:
		return t.Unknown()
	case WithNotApplicable:
		return t.NotApplicable
	default:
		return 0
	}
}

// counts gives how many of what the filter asks about the system has.
func (f *Filter) counts(s *Sum) int {
	switch f.Ask {
	case AskUnowned:
		return s.Unowned
	case AskLate:
		return s.Actions.Late
	}
	return counted(s.Tally, f.Requirements)
}

func (s *Sum) has(with string) bool { return with == "" || counted(s.Tally, with) > 0 }

func (s *Sum) asks(ask string) bool {
	switch ask {
	case AskProtection:
		return s.Suspected
	case AskEmpty:
		return s.Empty
	case AskUnowned:
		return s.Unowned > 0
	case AskLate:
		return s.Actions.Late > 0
	default:
		return true
	}
}

// standing tells where a derived system's classification stands.
func standing(v *requirement.View) Standing {
	switch {
	case v.Need.Stop:
		return Stopped
	case v.State.Decided != nil && v.Need.Expired:
		return Expired
	case v.State.Decided != nil:
		return Classified
	case v.State.Draft != nil && len(v.State.Draft.Answers) > 0:
		return Draft
	}
	for _, l := range v.Need.Levels {
		if l.Basis == classification.BySuggestion {
			return Suggested
		}
	}
	return Unclassified
}

// summary makes the sum of a derived system, without what only the index needs.
func summary(v *requirement.View) Sum {
	s := Sum{
		ID: v.System.ID, Slug: v.System.Slug, Name: v.System.Name, UnitID: v.System.UnitID, Unit: v.System.Unit, State: v.System.State,
		OwnerRole: v.System.OwnerRole, LoginNote: loginNote(&v.System), Created: v.System.CreatedAt,
		Standing: standing(v), Tally: v.Tally, Contradicted: v.Shown[requirement.Contradicted], Suspected: v.Need.Suspected,
		search: locale.Fold(v.System.Name + " " + v.System.Unit + " " + v.System.Supplier + " " + v.System.InformationNote),
	}
	if v.State.Decided != nil {
		s.ValidUntil = v.State.Decided.ValidUntil
	}
	if v.State.Draft != nil {
		s.Drafted = v.State.Draft.CreatedAt
	}
	for _, l := range v.Need.Levels {
		if l.Basis != classification.None {
			s.Levels[l.Aspect] = Level{Step: l.Level.Step, Value: l.Level.Value, Label: l.Level.Label, Basis: l.Basis}
		}
	}
	s.Empty = s.Standing != Stopped && len(v.System.Information) == 0 && s.Highest() == catalogue.Unset
	return s
}

// loginNote gives what is known about how people sign in: the register's own words, else the first way in.
func loginNote(s *system.System) string {
	if s.LoginNote != "" {
		return s.LoginNote
	}
	for _, l := range s.Logins {
		if l.Method != "" {
			return l.Method
		}
	}
	return ""
}

// Index is the sums of every system of an organisation, in Swedish order of their names. It never changes once it is made and is
// shared between readers.
type Index struct {
	Systems []Sum
	Today   civil.Date

	dependencies
}

// within gives the sums of the systems within reach, and nothing that tells of the others.
func (x *Index) within(r access.Reach) *Index {
	if r.All {
		return x
	}
	out := &Index{Today: x.Today} // who depends on whom is read of the whole: see dependency.go
	for i := range x.Systems {
		if r.Holds(x.Systems[i].UnitID) {
			out.Systems = append(out.Systems, x.Systems[i])
		}
	}
	return out
}

// Select gives the systems that pass a filter, in its order.
func (x *Index) Select(f Filter) []*Sum {
	var out []*Sum
	words := strings.Fields(locale.Fold(f.Text))
	for i := range x.Systems {
		if s := &x.Systems[i]; s.says(words) && f.Matches(s, x.Today) {
			out = append(out, s)
		}
	}
	if f.ByLevel {
		sortByLevel(out)
	}
	return out
}

// indexKey says what an index was made from: whatever changes, one of these does.
type indexKey struct {
	size    int64 // of the audit log: every change appends to it in its own transaction
	day     civil.Date
	edition string
}

// maxIndexes is how many organisations' sums are held in memory at once.
const maxIndexes = 4

// cache holds what was made of the organisations that were used last. Its zero value is ready.
type cache[T any] struct {
	mu      sync.Mutex
	entries map[access.OrganisationID]*cached[T]
	clock   int64
}

type cached[T any] struct {
	// making is held by the one who makes it, so that others wait for it instead of making their own.
	making sync.Mutex
	key    indexKey
	held   *T
	used   int64
}

// entry gives the organisation's place in the cache, and makes room for it.
func (c *cache[T]) entry(org access.OrganisationID) *cached[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[access.OrganisationID]*cached[T]{}
	}
	c.clock++
	e := c.entries[org]
	if e == nil {
		e = &cached[T]{}
		c.entries[org] = e
	}
	e.used = c.clock
	for len(c.entries) > maxIndexes {
		oldest, at := org, c.clock
		for id, other := range c.entries {
			if other.used < at {
				oldest, at = id, other.used
			}
		}
		delete(c.entries, oldest)
	}
	return e
}

// get gives what belongs to a key, made by build when it is not there. An older reader never replaces something newer.
func (c *cache[T]) get(org access.OrganisationID, key indexKey, build func(old *T, oldKey indexKey) (*T, error)) (*T, error) {
	e := c.entry(org)
	e.making.Lock()
	defer e.making.Unlock()
	if e.held != nil && e.key == key {
		return e.held, nil
	}
	x, err := build(e.held, e.key)
	if err != nil {
		return nil, err
	}
	if e.held == nil || key.size >= e.key.size {
		e.key, e.held = key, x
	}
	return x, nil
}

// peek gives what belongs to a key if it is there already, and waits for nobody who is making it.
func (c *cache[T]) peek(org access.OrganisationID, key indexKey) (*T, bool) {
	e := c.entry(org)
	if !e.making.TryLock() {
		return nil, false
	}
	defer e.making.Unlock()
	return e.held, e.held != nil && e.key == key
}

// UnitRow is the needs of one unit's systems.
type UnitRow struct {
	ID    access.UnitID
	Name  string
	Total int
	// Steps counts systems per aspect and step; Unset are those that nobody knows.
	Steps [catalogue.NumAspects][catalogue.NumSteps]int
}

// Totals is the sums of an organisation, or of one of its units.
type Totals struct {
	Systems   int
	Standings map[Standing]int
	Tally     requirement.Tally
	Actions   Actions
	Unowned   int // requirements known not to be met that nobody has taken on
	Ownerless int // systems
	// Strong counts the systems by whether two factors are shown to be demanded, by source.
	Strong [3]requirement.Count
	Units  []UnitRow
	All    UnitRow
}

// Totals adds up the systems that pass a filter.
func (x *Index) Totals(f Filter) Totals {
	t := Totals{Standings: map[Standing]int{}}
	at := map[access.UnitID]int{}
	for _, s := range x.Select(f) {
		t.Systems++
		t.Standings[s.Standing]++
		t.Tally.Add(s.Tally)
		t.Actions.add(s.Actions)
		t.Unowned += s.Unowned
		if s.ownerless() {
			t.Ownerless++
		}
		for k, status := range s.Strong {
			if status != "" {
				addStatus(&t.Strong[k], status)
			}
		}
		i, ok := at[s.UnitID]
		if !ok {
			i = len(t.Units)
			at[s.UnitID] = i
			t.Units = append(t.Units, UnitRow{ID: s.UnitID, Name: s.Unit})
		}
		for _, row := range []*UnitRow{&t.Units[i], &t.All} {
			row.Total++
			for a, l := range s.Levels {
				row.Steps[a][l.Step]++
			}
		}
	}
	sortUnits(t.Units)
	return t
}

// Held is information as the organisation has it, with how many systems hold it.
type Held struct {
	information.Information
	Systems, Confirmed int
}

// retired is the state of a system that nobody signs in to any more.
const retired = "retired"

// changes takes in what has changed of a system's evidence. A word that a measurement contradicts is a task as it is.
func (s *Sum) changes(v *requirement.View, shifts []evidence.Shift, p *requirement.Proof) {
	for i := range shifts {
		x := &shifts[i]
		if x.System == s.ID && (p == nil || x.Source == evidence.Measured || !p.Contradicts(v, x.Record)) {
			s.Shifts = append(s.Shifts, *x)
		}
	}
}

// evidence fills in what there is to do about a system's evidence.
func (s *Sum) evidence(v *requirement.View, shifts []evidence.Shift, p *requirement.Proof) {
	s.changes(v, shifts, p)
	if p == nil {
		return
	}
	if list := p.SignIns([]requirement.View{*v}); len(list) == 1 && v.System.State != retired {
		for i := range list[0].Series {
			s.Strong[i] = list[0].Series[i].Held[requirement.TwoFactors].Status
		}
	}
	for _, r := range evidence.Open(v.Records, v.Today) {
		s.Disputed++
		if on := civil.Of(r.Dispute.At); s.DisputedOn.IsZero() || on.Before(s.DisputedOn) {
			s.DisputedOn = on
		}
	}
	for _, r := range evidence.Due(v.Records, p.Life(), v.Today) {
		s.Renew++
		if s.RenewBy.IsZero() || r.Expires.Before(s.RenewBy) {
			s.RenewBy = r.Expires
		}
	}
}
