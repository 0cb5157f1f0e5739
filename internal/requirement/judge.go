// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"math/bits"
	"slices"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// Judged is whether a requirement is shown to be met, on a day.
type Judged uint8

// What can be shown. Nothing known is the zero value: it is counted, and never taken for met.
const (
	// NothingKnown says that nobody has said or seen anything.
	NothingKnown Judged = iota
	// Unproven says that somebody says so, or that it was shown once, and that nothing that counts shows it today.
	Unproven
	// Contradicted says that what was measured and what somebody says do not agree.
	Contradicted
	// ShownUnmet says that it is not met: measured, or said by those who know best.
	ShownUnmet
	// ShownMet says that evidence that counts, and is strong enough, shows it.
	ShownMet
	// Excepted says that it has been found not to apply, with a reason.
	Excepted
	// NumJudged is how many there are.
	NumJudged = iota
)

// String is the name that texts and addresses know it by.
func (j Judged) String() string {
	return [...]string{"unknown", "unproven", "contradicted", "not-met", "met", "not-applicable"}[j]
}

// Case is what a system's requirements are judged from. Records come oldest first.
type Case struct {
	Logins  []system.LoginPath
	Records []evidence.Record
	Answers Given
	// Figures are the organisation's own figures, by requirement and key.
	Figures map[string]map[string]int
	On      civil.Date
}

// Ground is one thing that a judgement rests on.
type Ground struct {
	// Record is what was seen or said; nil for an answer. Answer is the self-assessment; nil for a record.
	Record *evidence.Record
	Answer *Answer
	// Path is the way in that it is about; nil when it is about none.
	Path *system.LoginPath
	// Outcome is what it says, and Old says that it no longer counts.
	Outcome evidence.Outcome
	Old     bool
	// Weak says that it is of a kind that cannot show the requirement by itself.
	Weak bool
	// Reason tells why the table from verdict to indicator says so; of sign-in.
	Reason verdict.Reason
}

// Disputed reports whether somebody says that the ground is wrong, and nobody has settled it.
func (g *Ground) Disputed() bool { return g.Record != nil && g.Record.Disputed() }

// Measured reports whether the ground is a measurement.
func (g *Ground) Measured() bool { return g.Record != nil && g.Record.Source == evidence.Measured }

// On is the day that the ground is of.
func (g *Ground) On() civil.Date {
	if g.Answer != nil {
		return g.Answer.KnownOn
	}
	return g.Record.SeenOn
}

// Judgement is what is shown about one requirement, with what it rests on.
type Judgement struct {
	Status  Judged
	Grounds []Ground
}

// Judging judges systems one after the other. Make one for each goroutine, and use it again: it keeps room between systems.
type Judging struct {
	p *Proof
	// what speaks for and against, by requirement.
	strong, strongMeasured, weak, against, wordFor, wordAgainst, excepted Bits
	// disputed has what nobody has settled, and disputedAgainst those of it that speak against.
	disputed, disputedAgainst Bits
	// all is every requirement of the catalogue.
	all Bits
	// measuredOn is the latest day that something was measured of a requirement, as its number; 0 is never.
	measuredOn []int
	// signIns are the records of sign-in, and standings what those of one source tell of the ways in.
	signIns   evidence.Logins
	standings []evidence.Standing
	// statuses are what each standing's way answers to the goals.
	statuses [][]verdict.Status
	// aged are the last days whose answers are too old on a day, by way of knowing.
	aged [3]civil.Date
	// limits are the same for records, by what a requirement asks; all are of the day on.
	limits map[age]civil.Date
	on     civil.Date
	memo   map[uint64][]verdict.Status
	newest []int
	// ground is called for everything that is found of the requirement only; nil outside explain.
	ground func(Ground)
	only   int
}

// NewJudging makes room to judge in.
func (p *Proof) NewJudging() *Judging {
	n := len(p.catalogue.Requirements)
	j := &Judging{p: p, measuredOn: make([]int, n), limits: map[age]civil.Date{}, memo: map[uint64][]verdict.Status{}, only: -1}
	for _, b := range j.sets() {
		*b = newBits(n)
	}
	j.all = newBits(n)
	for i := range n {
		j.all.set(i)
	}
	return j
}

func (j *Judging) sets() [9]*Bits {
	return [9]*Bits{&j.strong, &j.strongMeasured, &j.weak, &j.against, &j.wordFor, &j.wordAgainst, &j.excepted, &j.disputed, &j.disputedAgainst}
}

// Judge takes in what is known of a system. What it says of each requirement is asked with Of until the next call.
func (j *Judging) Judge(c *Case) {
	for _, b := range j.sets() {
		clear(*b)
	}
	clear(j.measuredOn)
	j.age(c.On)
	j.records(c)
	j.logins(c)
	j.weighGiven(c)
}

// age forgets the limits of another day, and finds the last days whose answers are too old.
func (j *Judging) age(on civil.Date) {
	if on == j.on {
		return
	}
	j.on = on
	clear(j.limits)
	for k, source := range evidence.Sources {
		j.aged[k] = lastTooOld(on, func(d civil.Date) civil.Date { return j.p.life.Ends("", source, d) })
	}
}

// lastTooOld is the last day of which something no longer counts on a day, when it ends as a function of its day tells.
func lastTooOld(on civil.Date, ends func(civil.Date) civil.Date) civil.Date {
	d := on
	for on.Before(ends(d)) {
		d = d.AddDays(-1)
	}
	return d
}

// Of is what is shown about the requirement at a place in the catalogue. Beside a measurement that is disputed nothing is shown to be met; one
// that speaks against stays a contradiction of what speaks for. Its grounds say who disputes it, and since when.
func (j *Judging) Of(i int) Judged {
	switch {
	case j.excepted.Has(i):
		return Excepted
	case j.against.Has(i) && j.wordFor.Has(i), j.strongMeasured.Has(i) && j.wordAgainst.Has(i):
		return Contradicted
	case j.against.Has(i), j.wordAgainst.Has(i):
		return ShownUnmet
	case j.disputedAgainst.Has(i) && (j.wordFor.Has(i) || j.strong.Has(i)):
		return Contradicted
	case j.disputed.Has(i):
		return Unproven
	case j.strong.Has(i):
		return ShownMet
	case j.weak.Has(i), j.wordFor.Has(i):
		return Unproven
	}
	return NothingKnown
}

// Measured reports whether a measurement that counts shows the requirement at a place in the catalogue.
func (j *Judging) Measured(i int) bool { return j.strongMeasured.Has(i) }

// Explain judges one requirement, with everything that it rests on.
func (j *Judging) Explain(c *Case, i int) Judgement {
	var out Judgement
	j.only, j.ground = i, func(g Ground) { out.Grounds = append(out.Grounds, g) }
	j.Judge(c)
	j.only, j.ground = -1, nil
	out.Status = j.Of(i)
	return out
}

// tell hands a ground on when it is asked for.
func (j *Judging) tell(i int, g Ground) {
	if i == j.only && j.ground != nil {
		j.ground(g)
	}
}

// records weighs all that is not sign-in, or names its requirements itself. Of records alike only the newest counts.
func (j *Judging) records(c *Case) {
	j.newest = j.newest[:0]
	for n := len(c.Records) - 1; n >= 0; n-- {
		r := &c.Records[n]
		if r.Subject == evidence.SubjectLogin && len(r.About) == 0 || !r.Withdrawn.IsZero() || j.replaced(c.Records, r) {
			continue
		}
		j.newest = append(j.newest, n)
		for _, id := range r.About {
			if i, ok := j.p.catalogue.RequirementIndex(id); ok {
				j.weigh(c, &provenByAge{ID: id, index: i}, r)
			}
		}
		if r.Subject == evidence.SubjectOther {
			continue
		}
		about := j.p.subjects[r.Subject]
		for k := range about {
			j.weigh(c, &about[k], r)
		}
	}
}

// replaced reports whether a newer record says the same sort of thing about the same.
func (j *Judging) replaced(records []evidence.Record, r *evidence.Record) bool {
	for _, n := range j.newest {
		o := &records[n]
		// What tells most of them apart is asked first.
		if o.Subject == r.Subject && slices.Equal(o.About, r.About) && o.Kind == r.Kind && o.Source == r.Source && o.Path == r.Path && o.Scope == r.Scope {
			return true
		}
	}
	return false
}

// weigh counts one record for or against one requirement.
func (j *Judging) weigh(c *Case, about *provenByAge, r *evidence.Record) {
	i := about.index
	counts := r.Valid(c.On) && j.fresh(c, about, r)
	if !counts && j.ground == nil {
		j.weak.set(i)
		return
	}
	proves := j.p.proves[r.Kind]
	weak := proves == nil || !proves.Has(i)
	if j.ground != nil {
		j.tell(i, Ground{Record: r, Outcome: r.Outcome, Old: !counts, Weak: weak})
	}
	switch {
	case !counts || r.Outcome == evidence.Unclear:
		j.weak.set(i)
	case r.Disputed():
		j.dispute(i, r)
	case r.Source == evidence.Measured:
		j.measure(i, r.Outcome, r.SeenOn.Number(), !weak)
	default:
		j.word(i, r.Outcome == evidence.For, r.SeenOn.Number())
		if r.Outcome == evidence.For && r.Source == evidence.Attested && !weak {
			j.strong.set(i)
		}
	}
}

// age is how old evidence may be.
type age struct {
	months bool
	n      int
}

func (a age) ends(seen civil.Date) civil.Date {
	if a.months {
		return seen.AddMonths(a.n).AddDays(1)
	}
	return seen.AddDays(a.n + 1)
}

// fresh reports whether a record is as new as the requirement asks. The limit is the same for every system: reckoning with the calendar for each
// record would take longer than all the rest.
func (j *Judging) fresh(c *Case, about *provenByAge, r *evidence.Record) bool {
	if about.Within == "" {
		return true
	}
	a := age{about.Within == "months", j.p.figure(c.Figures, about)}
	limit, ok := j.limits[a]
	if !ok {
		limit = lastTooOld(j.on, a.ends)
		j.limits[a] = limit
	}
	return limit.Before(r.SeenOn)
}

// dispute counts a measurement that somebody says is wrong, and that nobody has settled.
func (j *Judging) dispute(i int, r *evidence.Record) {
	j.disputed.set(i)
	if r.Says() == evidence.Against {
		j.disputedAgainst.set(i)
	}
}

func (j *Judging) measure(i int, o evidence.Outcome, on int, proves bool) {
	j.measuredOn[i] = max(j.measuredOn[i], on)
	switch {
	case o == evidence.Against:
		j.against.set(i)
	case proves:
		j.strong.set(i)
		j.strongMeasured.set(i)
	default:
		j.weak.set(i)
	}
}

// word counts what somebody says. That it is not met is believed, unless a newer measurement shows that it is.
func (j *Judging) word(i int, isFor bool, on int) {
	switch {
	case isFor:
		j.wordFor.set(i)
	case on > j.measuredOn[i] || !j.strongMeasured.Has(i):
		j.wordAgainst.set(i)
	}
}

// attestKind is the kind of evidence that an attested answer is.
const attestKind = "EV_ATTEST"

// logins weighs what is known of the ways in.
func (j *Judging) logins(c *Case) {
	j.signIns.Read(c.Records)
	for _, source := range evidence.Sources { // measurements first: what somebody says is held against them
		records := j.signIns.Of(source)
		if len(records) == 0 {
			continue
		}
		j.standings = evidence.AppendStandings(j.standings[:0], c.Logins, records, c.On)
		j.answerGoals(source)
		for n := range j.p.logins {
			l := &j.p.logins[n]
			status, on := j.path(l, source)
			j.login(l.index, source, status, on)
		}
	}
}

// login counts what one source shows of the ways in that a requirement speaks of.
func (j *Judging) login(i int, source evidence.Source, status verdict.Status, on int) {
	switch {
	case status == "":
	case status == verdict.NotShown:
		j.weak.set(i)
	case source != evidence.Measured:
		j.word(i, status == verdict.Met, on)
	case status == verdict.Met:
		j.measure(i, evidence.For, on, true)
	default:
		j.measure(i, evidence.Against, on, false)
	}
}

// path is what one source shows of the ways in that a requirement speaks of: met when every one is. It is empty when the source says nothing
// of any of them.
func (j *Judging) path(l *loginProof, source evidence.Source) (verdict.Status, int) {
	out, known, on := verdict.Met, false, 0
	for n := range j.standings {
		st := &j.standings[n]
		concerned, sure := l.speaksOf(st)
		if !concerned {
			continue
		}
		if st.Disputed != nil {
			known = true
			j.disputeWay(l, st)
		}
		if st.By == nil && st.Old == nil {
			if st.Path.ID != "" || st.Disputed != nil {
				out = lower(out, verdict.NotShown)
			}
			continue
		}
		known = true
		status := verdict.NotShown
		if st.By != nil {
			status = j.statuses[n][l.goal]
		}
		if status == verdict.NotMet && !sure {
			status = verdict.NotShown
		}
		out = lower(out, status)
		if st.By != nil {
			on = max(on, st.By.SeenOn.Number())
		}
		if j.ground != nil {
			j.tellWay(l, st, status, source)
		}
	}
	if !known {
		return "", 0
	}
	return out, on
}

// answerGoals holds every way in against every goal, once.
func (j *Judging) answerGoals(source evidence.Source) {
	j.statuses = j.statuses[:0]
	for n := range j.standings {
		var status []verdict.Status
		if j.standings[n].By != nil {
			status = j.way(&j.standings[n].Way, source.Series())
		}
		j.statuses = append(j.statuses, status)
	}
}

// disputeWay counts what is disputed of a way in that a requirement speaks of.
func (j *Judging) disputeWay(l *loginProof, st *evidence.Standing) {
	if j.ground != nil {
		j.tell(l.index, Ground{Record: st.Disputed, Path: &st.Path, Outcome: st.Disputed.Says(), Weak: true})
	}
	if j.weak.set(l.index); st.Way.Disputed {
		j.dispute(l.index, st.Disputed)
	}
}

func (j *Judging) tellWay(l *loginProof, st *evidence.Standing, status verdict.Status, source evidence.Source) {
	g := Ground{Record: st.By, Path: &st.Path, Outcome: evidence.Unclear}
	if st.By == nil {
		g.Record, g.Old = st.Old, true
	}
	switch status {
	case verdict.Met:
		g.Outcome = evidence.For
	case verdict.NotMet:
		g.Outcome = evidence.Against
	case verdict.NotShown:
		g.Weak = true
	}
	_, g.Reason = j.p.indicator.Way(st.Way, verdict.Goal{Assurance: l.LoA}, source.Series())
	j.tell(l.index, g)
}

// speaksOf reports whether a requirement speaks of a way in. It is not sure when nobody has said who uses the way, or from where.
func (l *loginProof) speaksOf(st *evidence.Standing) (concerned, sure bool) {
	sure = true
	if len(l.Who) > 0 {
		switch who := string(st.Way.Who); who {
		case "", system.Unknown:
			sure = false
		default:
			if !slices.Contains(l.Who, who) {
				return false, false
			}
		}
	}
	if l.Zone != "" && st.Path.Zone != l.Zone {
		if st.Path.Zone != "" && st.Path.Zone != system.Unknown {
			return false, false
		}
		sure = false
	}
	return true, sure
}

// lower is the weaker of two statuses.
func lower(a, b verdict.Status) verdict.Status {
	if a == verdict.NotMet || b == verdict.NotMet {
		return verdict.NotMet
	}
	if a == verdict.NotShown || b == verdict.NotShown {
		return verdict.NotShown
	}
	return verdict.Met
}

// way asks the table from verdict to indicator about each goal, and remembers the answers: there are few different ways in.
func (j *Judging) way(w *verdict.Way, s verdict.Series) []verdict.Status {
	key := code(w) << 1
	if s == verdict.SeriesAttested {
		key |= 1
	}
	answers, ok := j.memo[key]
	if !ok {
		answers = make([]verdict.Status, len(j.p.goals))
		for g, goal := range j.p.goals {
			answers[g], _ = j.p.indicator.Way(*w, goal, s)
		}
		j.memo[key] = answers
	}
	return answers
}

// code is a number for all that the table asks of a way in.
func code(w *verdict.Way) uint64 {
	var n uint64
	put := func(v, of int) { n = n*uint64(of) + uint64(v) } //nolint:gosec // all are small and not negative
	flag := func(b bool) {
		if b {
			put(1, 2)
		} else {
			put(0, 2)
		}
	}
	put(slices.Index(codedVerdicts, w.Verdict)+1, 8)
	put(slices.Index(codedGrades, w.Grade)+1, 8)
	flag(w.Refused)
	flag(w.Logged)
	flag(w.Disputed)
	for _, v := range [...]int{w.LoA, w.LogFactors, w.LogLoA, w.PolicyFactors, w.PolicyLoA} {
		put(v, 8)
	}
	return n
}

var (
	codedVerdicts = []verdict.Verdict{verdict.PasswordOnly, verdict.StrongOffered, verdict.Unknown, verdict.StrongDemanded, verdict.ClientCertificate}
	codedGrades   = []verdict.Grade{verdict.Seen, verdict.Metadata, verdict.Tested, verdict.Attested}
)

// Shown counts requirements by what is shown about them. Every requirement is counted once.
type Shown [NumJudged]int

// Total is how many were counted.
func (s *Shown) Total() int {
	n := 0
	for _, k := range s {
		n += k
	}
	return n
}

// Sum adds every requirement of the catalogue, as it is shown, whether it applies or not.
func (j *Judging) Sum(s *Shown) { j.sum(nil, s) }

// sum adds the requirements of a set, or all for nil, by what is shown about them, without asking of them one by one.
func (j *Judging) sum(of Bits, s *Shown) {
	for w := range j.strong {
		left := j.all[w]
		if of != nil {
			left &= of[w]
		}
		take := func(set uint64, as Judged) {
			s[as] += bits.OnesCount64(left & set)
			left &^= set
		}
		take(j.excepted[w], Excepted)
		take(j.against[w]&j.wordFor[w]|j.strongMeasured[w]&j.wordAgainst[w], Contradicted)
		take(j.against[w]|j.wordAgainst[w], ShownUnmet)
		take(j.disputedAgainst[w]&(j.wordFor[w]|j.strong[w]), Contradicted)
		take(j.disputed[w], Unproven)
		take(j.strong[w], ShownMet)
		take(j.weak[w]|j.wordFor[w], Unproven)
		s[NothingKnown] += bits.OnesCount64(left)
	}
}
