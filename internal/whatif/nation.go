// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"hash/fnv"
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/requirement"
)

// Nation is what a draft changes for an invented nation, whose systems are drawn from kinds that the catalogue's information types give.
type Nation struct {
	Outcome
	// Seed is of the nation that was drawn, and Kept says that it was one that the database holds instead.
	Seed uint64
	Kept bool
	// Municipalities are all of them, in the order of their codes.
	Municipalities []Municipality
}

// Municipality is what a draft changes for one of them.
type Municipality struct {
	Code, Name        string
	Systems, Affected int
	// Gained, Lost and Changed are requirements, counted once for each system.
	Gained, Lost, Changed int
	Gap                   Gap
}

// The nation's form: how many kinds of systems are drawn of each sort, and of what they vary.
const (
	kindsOfSort = 60
	variants    = 6
)

// sort is what a row of the nation says of a system that its kind has to agree with.
type sort uint8

const (
	sortOther sort = iota
	sortOtherPersonal
	sortSocial
	sortDisability
	sortHealth
	numSorts
)

// areasOf are the areas whose information the systems of a sort hold; nil is all others.
var areasOf = [numSorts][]string{sortSocial: {"socialtjanst"}, sortDisability: {"lss"}, sortHealth: {"hsl"}}

// kind is systems alike: what the draft changes for each of them.
type kind struct {
	before, after      requirement.Subject
	requirements, laws Delta
	stopped            bool
}

// Sketch has every kind of system of a nation, derived on both sides. It is made once for a draft.
type Sketch struct {
	c     *Comparison
	kinds [numSorts][variants][]kind
	facts map[string]int
}

// Sketch draws the kinds. They are the same whatever the draft and the seed, so that two drafts are told of the same systems.
func (c *Comparison) Sketch() *Sketch {
	s := &Sketch{c: c, facts: map[string]int{}}
	for i, f := range c.Base.Catalogue.IndicatorFacts {
		s.facts[f.ID] = i
	}
	type job struct {
		sort    sort
		variant int
	}
	var jobs []job
	for n := range numSorts {
		for v := range variants {
			jobs = append(jobs, job{n, v})
		}
	}
	names := make([]string, len(jobs))
	for i := range names {
		names[i] = string(rune('a' + i))
	}
	made := national.Each(names, func(name string) []kind {
		j := jobs[slices.Index(names, name)]
		return s.draw(j.sort, j.variant)
	})
	for i, j := range jobs {
		s.kinds[j.sort][j.variant] = made[i]
	}
	return s
}

// drawn gives a number that looks drawn, and is the same for ever.
type drawn uint64

func numbered(parts ...string) drawn {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // a hash takes everything
		_, _ = h.Write([]byte{0})
	}
	return drawn(h.Sum64())
}

// under steps on, and gives a whole number below n.
func (d *drawn) under(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n)) //nolint:gosec // n is small and positive
}

// hosted is where systems are run, about as often as they are.
var hosted = []string{"own", "supplier", "supplier", "cloud-eu", "cloud-eu", "cloud-outside-eu", "unknown"}

// draw makes the kinds of a sort and a variant: those with an e-service or without, and with a supplier, without, or nobody knows.
func (s *Sketch) draw(of sort, variant int) []kind {
	types := s.typesOf(of)
	if len(types) == 0 {
		return nil
	}
	out := make([]kind, kindsOfSort)
	d := s.c.Deriving()
	for i := range out {
		r := numbered("kind", string(rune('a'+int(of))), string(rune('a'+i)))
		first := types[r.under(len(types))]
		held := []string{first.ID}
		var same []*catalogue.InformationType
		for _, t := range types {
			if t.Area == first.Area {
				same = append(same, t)
			}
		}
		for range r.under(4) {
			held = append(held, same[r.under(len(same))].ID)
		}
		subject := catalogue.Source{Kind: catalogue.SourceSubject, Statements: []catalogue.Statement{
			{Fact: "area", Value: first.Area},
			{Fact: "hosting", Value: hosted[r.under(len(hosted))]},
			{Fact: "e_service", Value: []string{"no", "yes"}[variant%2]},
			{Fact: "supplier", Value: []string{"no", "yes", "unknown"}[variant/2]},
		}}
		for _, f := range []struct {
			fact    string
			percent int
		}{{"open_network", 50}, {"procurement", 15}, {"ai", 5}, {"large_scale", 25}} {
			switch p := r.under(100); {
			case p < f.percent:
				subject.Statements = append(subject.Statements, catalogue.Statement{Fact: f.fact, Value: "yes"})
			case p < f.percent+5:
				subject.Statements = append(subject.Statements, catalogue.Statement{Fact: f.fact, Value: catalogue.Unknown})
			}
		}
		k := &out[i]
		k.before, k.after = subjectOf(s.c.Base.Catalogue, subject, held), subjectOf(s.c.Draft.Catalogue, subject, held)
		if k.stopped = requirement.Suspected(&k.before) || requirement.Suspected(&k.after); !k.stopped {
			k.requirements, k.laws = d.Of(&k.before, &k.after)
		}
	}
	return out
}

// typesOf are the information types that systems of a sort hold.
func (s *Sketch) typesOf(of sort) []*catalogue.InformationType {
	var out []*catalogue.InformationType
	for i := range s.c.Base.Catalogue.Types {
		t := &s.c.Base.Catalogue.Types[i]
		switch {
		case areasOf[of] != nil:
			if slices.Contains(areasOf[of], t.Area) {
				out = append(out, t)
			}
		case slices.Contains([]string{"socialtjanst", "lss", "hsl"}, t.Area):
		case slices.Contains(t.Facts, catalogue.Statement{Fact: "personal_data", Value: "no"}) == (of == sortOther):
			out = append(out, t)
		}
	}
	return out
}

// subjectOf weighs together what a system is and holds, with the need that its information suggests.
func subjectOf(c *catalogue.Catalogue, subject catalogue.Source, held []string) requirement.Subject {
	var sources []catalogue.Source
	var out requirement.Subject
	for _, id := range held {
		t, ok := c.InformationType(id)
		if !ok {
			continue // the draft has taken it away
		}
		sources = append(sources, t.Source())
		for a := range out.Steps {
			out.Steps[a] = max(out.Steps[a], t.Levels[a].Step)
		}
	}
	out.Facts, out.Origins = c.Vocabulary.Resolve(subject, sources)
	if m, ok := c.Model(usualModel, ""); ok {
		out.Model = m
		for i := range m.Aspects {
			out.Levels[m.Aspects[i].Aspect] = m.Aspects[i].ForStep(out.Steps[m.Aspects[i].Aspect])
		}
	}
	return out
}

// usualModel is the model that most municipalities classify by.
const usualModel = "klassa"

// said reads what a row says of a fact, in the way that is known best.
func (s *Sketch) said(r *followup.Row, fact string) catalogue.Truth {
	n, ok := s.facts[fact]
	if !ok {
		return catalogue.Maybe
	}
	for series := range followup.Series(followup.NumSeries) {
		if t := r.Fact(n, series); t != catalogue.Maybe {
			return t
		}
	}
	return catalogue.Maybe
}

// kindOf gives the kinds that a row of the nation may be of.
func (s *Sketch) kindOf(r *followup.Row) []kind {
	yes := func(fact string) bool { return s.said(r, fact) == catalogue.Yes }
	of := sortOther
	switch {
	case yes("health"):
		of = sortHealth
	case yes("disability"):
		of = sortDisability
	case yes("social"):
		of = sortSocial
	case s.said(r, "personal_data") != catalogue.No:
		of = sortOtherPersonal
	}
	variant := 0
	if yes("e_service") {
		variant++
	}
	switch s.said(r, "supplier") {
	case catalogue.Yes:
		variant += 2
	case catalogue.Maybe:
		variant += 4
	}
	if list := s.kinds[of][variant]; len(list) > 0 {
		return list
	}
	return s.kinds[sortOtherPersonal][variant]
}

// standing is how often what is asked is met in one municipality, as its own rows of requirements say, in parts of all.
type standing struct{ met, unmet, all uint64 }

func (s *Sketch) standing(rows []followup.Row) standing {
	var out standing
	for i := range rows {
		if r := &rows[i]; r.Kind == followup.Requirement {
			out.all += uint64(r.N)
			switch s.said(r, "met") {
			case catalogue.Yes:
				out.met += uint64(r.N)
			case catalogue.No:
				out.unmet += uint64(r.N)
			}
		}
	}
	return out
}

// judged draws what is known about a requirement that a system has had all along.
func (t *standing) judged(r *drawn) requirement.Judged {
	const parts = 1 << 20
	if t.all == 0 {
		return requirement.NothingKnown
	}
	switch x := uint64(r.under(parts)) * t.all / parts; { //nolint:gosec // below parts
	case x < t.met:
		return requirement.ShownMet
	case x < t.met+t.unmet:
		return requirement.ShownUnmet
	default:
		return requirement.NothingKnown
	}
}

// part is what was counted in one municipality.
type part struct {
	Municipality
	counting *counting
	// usual counts the systems of each kind.
	usual map[*kind]int
}

// municipality counts one municipality's systems.
func (s *Sketch) municipality(code string, rows []followup.Row) part {
	p := part{Municipality: Municipality{Code: code}, counting: s.c.counting(), usual: map[*kind]int{}}
	if m, ok := s.c.Base.Catalogue.Municipality(code); ok {
		p.Name = m.Name
	}
	known := s.standing(rows)
	r := numbered("municipality", code)
	for i := range rows {
		row := &rows[i]
		if row.Kind != followup.System {
			continue
		}
		for range row.N {
			p.system(s, row, &known, &r)
		}
	}
	p.Systems, p.Affected = p.counting.systems, p.counting.affected
	p.counting.once()
	return p
}

func (p *part) system(s *Sketch, row *followup.Row, known *standing, r *drawn) {
	list := s.kindOf(row)
	if len(list) == 0 {
		return
	}
	k := &list[r.under(len(list))]
	if k.stopped {
		return
	}
	p.usual[k]++
	p.counting.add(&k.requirements, &k.laws, 1)
	p.Gained, p.Lost, p.Changed = p.Gained+len(k.requirements.Gained), p.Lost+len(k.requirements.Lost), p.Changed+len(k.requirements.Kept)
	note := func(i int, shown requirement.Judged, outdated bool) {
		var g Gap
		g.count(shown, outdated, 1)
		p.counting.requirements[i].Gap.add(g)
		p.Gap.add(g)
	}
	for _, i := range k.requirements.Gained {
		note(i, requirement.NothingKnown, false) // nobody has been asked
	}
	for _, i := range k.requirements.Kept {
		shown := known.judged(r)
		note(i, shown, shown == requirement.ShownMet && s.c.rewritten(i))
	}
}

// rewritten reports whether a requirement has another version in the draft, so that what was answered was answered of something else.
func (c *Comparison) rewritten(i int) bool {
	back := c.requirements.back[i]
	return back >= 0 && c.Base.Catalogue.Requirements[back].Version != c.Draft.Catalogue.Requirements[i].Version
}

// once marks the rows that mean something to a municipality.
func (k *counting) once() {
	for _, rows := range [][]Row{k.requirements, k.goneRequirements, k.laws, k.goneLaws} {
		for i := range rows {
			if rows[i].Affected() > 0 {
				rows[i].Municipalities = 1
			}
		}
	}
}

// Nation adds up a nation. The rows come from each, one municipality at a time and on all processors where it can.
func (s *Sketch) nation(parts []part, l *locale.Localizer) Nation {
	all, usual := s.c.counting(), map[*kind]int{}
	var out Nation
	for i := range parts {
		all.merge(parts[i].counting)
		for k, n := range parts[i].usual {
			usual[k] += n
		}
		out.Municipalities = append(out.Municipalities, parts[i].Municipality)
	}
	out.Outcome = all.outcome()
	s.explain(&out.Outcome, usual, l)
	return out
}

// explain says of each row why it concerns the most usual of the systems that it means something new to.
func (s *Sketch) explain(out *Outcome, usual map[*kind]int, l *locale.Localizer) {
	most := map[string]*kind{}
	best := func(id string, k *kind) {
		if was := most[id]; usual[k] > 0 && (was == nil || usual[k] > usual[was]) {
			most[id] = k
		}
	}
	base, draft := s.c.Base.Catalogue, s.c.Draft.Catalogue
	for of := range s.kinds {
		for v := range s.kinds[of] {
			for i := range s.kinds[of][v] {
				k := &s.kinds[of][v][i]
				for _, n := range slices.Concat(k.requirements.Gained, k.requirements.Kept) {
					best("requirement "+draft.Requirements[n].ID, k)
				}
				for _, n := range k.requirements.Lost {
					best("requirement "+base.Requirements[n].ID, k)
				}
				for _, n := range slices.Concat(k.laws.Gained, k.laws.Kept) {
					best("law "+draft.Laws[n].ID, k)
				}
				for _, n := range k.laws.Lost {
					best("law "+base.Laws[n].ID, k)
				}
			}
		}
	}
	e := s.c.explaining(l)
	for i := range out.Requirements {
		if k := most["requirement "+out.Requirements[i].ID]; k != nil {
			out.Requirements[i].Because = e.requirement(&k.before, &k.after, out.Requirements[i].ID)
		}
	}
	for i := range out.Laws {
		if k := most["law "+out.Laws[i].ID]; k != nil {
			out.Laws[i].Because = e.law(&k.before, &k.after, out.Laws[i].ID)
		}
	}
}
