// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
)

// Simulation is an invented nation. The same seed gives the same nation, whatever the machine.
type Simulation struct {
	Seed uint64
	// Municipalities and Systems are how many municipalities there are, and how many systems in each.
	Municipalities, Systems int
	// care is how many times more of the systems are of care and social services than in a whole register: a small one has some of them, too.
	care      float64
	engine    *followup.Engine
	facts     map[string]int
	catalogue *catalogue.Catalogue
}

// NewSimulation prepares a nation of a catalogue's municipalities.
func NewSimulation(e *followup.Engine, seed uint64, municipalities, systems int) *Simulation {
	s := &Simulation{Seed: seed, Municipalities: municipalities, Systems: systems, care: 1, engine: e, catalogue: e.Catalogue, facts: map[string]int{}}
	for i, f := range e.Catalogue.IndicatorFacts {
		s.facts[f.ID] = i
	}
	return s
}

// Codes are the codes of the municipalities that take part, in order: all, or as many as are asked for, from all over the country.
func (s *Simulation) Codes() []string {
	all := make([]string, len(s.catalogue.Municipalities))
	for i := range all {
		all[i] = s.catalogue.Municipalities[i].Code
	}
	if s.Municipalities < len(all) {
		s.stream("codes").Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:s.Municipalities]
	}
	slices.Sort(all)
	return all
}

// stream gives the numbers of one purpose. Each municipality has its own, so that none depends on how many the others took.
func (s *Simulation) stream(purpose string) *dice {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s", s.Seed, purpose))
	return &dice{binary.BigEndian.Uint64(sum[:8])}
}

// dice gives numbers that look drawn and are the same for ever, whatever the Go release: SplitMix64.
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Float64 gives a number from 0 up to 1.
func (d *dice) Float64() float64 { return float64(d.next()>>11) / (1 << 53) }

// IntN gives a whole number from 0 up to n.
func (d *dice) IntN(n int) int { return int(d.next() % uint64(n)) } //nolint:gosec // n is small and positive

// Shuffle puts n things in another order.
func (d *dice) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, d.IntN(i+1))
	}
}

// Profile is what one municipality is like. It stays the same over the years, and what it has reached grows.
type Profile struct {
	Code, Size string
	// Maturity is how far its work has come, 0 to 1.
	Maturity float64
	// Measures says from which year it measures; 0 is not yet.
	Measures int
	// Shown says that it has agreed to be shown by itself.
	Shown bool
	// Thorough says that it follows care and social services to the last system, and Whole from which year all of those are strong; 0 is
	// not yet.
	Thorough bool
	Whole    int
}

// Profile draws a municipality's profile.
func (s *Simulation) Profile(code string) Profile {
	r := s.stream("profile/" + code)
	p := Profile{Code: code, Maturity: (r.Float64() + r.Float64() + r.Float64()) / 3}
	p.Size = drawn(r, Sizes, []float64{72, 94, 73, 30, 19}) // how many there were of each in the survey of 2022
	if slices.Index(Sizes, p.Size) >= 3 {
		p.Maturity = min(1, p.Maturity+0.12) // larger ones are ahead, as the surveys say
	}
	switch x := r.Float64() - 0.15*p.Maturity; {
	case x < 0.02:
		p.Measures = 2024
	case x < 0.08:
		p.Measures = 2025
	case x < 0.13:
		p.Measures = 2026
	}
	p.Shown = r.Float64() < 0.35
	p.Thorough = r.Float64() < 0.7
	switch x := r.Float64() - 0.2*p.Maturity; {
	case x < 0.02:
		p.Whole = 2024
	case x < 0.06:
		p.Whole = 2025
	case x < 0.1:
		p.Whole = 2026
	}
	return p
}

func drawn(r *dice, values []string, weights []float64) string {
	var all float64
	for _, w := range weights {
		all += w
	}
	x := r.Float64() * all
	for i, w := range weights {
		if x -= w; x < 0 {
			return values[i]
		}
	}
	return values[len(values)-1]
}

// grown is how much of what a municipality is to reach it has reached in a period.
func grown(p Period) float64 { return min(1, 0.6+0.1*(float64(p.Year-2023)+float64(p.last())/12)) }

// begins is how far a municipality has to have come to have decided any classification. It leaves about three in ten without in the first period,
// as the published figure says, and fewer later.
const begins = 0.36

// Rows draws one municipality's rows in a period.
func (s *Simulation) Rows(p *Profile, period Period) []followup.Row {
	d := drawer{
		Simulation: s, Profile: p, r: s.stream("rows/" + p.Code), reached: p.Maturity * grown(period),
		measures: p.Measures != 0 && p.Measures <= period.Year, whole: p.Whole != 0 && p.Whole <= period.Year,
	}
	rows := make([]followup.Row, 0, s.Systems+s.Systems/4+16)
	for range s.Systems {
		rows = append(rows, d.system())
	}
	rows = append(rows, d.requirements()...)
	for range s.Systems / 10 {
		rows = append(rows, d.processing())
		rows = append(rows, d.action())
	}
	for range s.Systems / 20 {
		rows = append(rows, d.supplier())
	}
	return rows
}

// drawer draws the rows of one municipality.
type drawer struct {
	*Simulation
	*Profile
	r        *dice
	reached  float64
	measures bool
	whole    bool
	// watched says that the system being drawn is followed whatever the chance.
	watched bool
}

// is gives yes with a chance, and unknown with another.
func (d *drawer) is(yes, unknown float64) catalogue.Truth {
	switch x := d.r.Float64(); {
	case x < unknown:
		return catalogue.Maybe
	case x < unknown+yes*(1-unknown):
		return catalogue.Yes
	default:
		return catalogue.No
	}
}

func (d *drawer) all(r *followup.Row, fact string, t catalogue.Truth) { r.SayAll(d.facts[fact], t) }

// known says one thing in the series where the municipality knows it: what is measured is less rosy than what people believe.
func (d *drawer) known(r *followup.Row, fact string, chance float64) {
	n := d.facts[fact]
	truly := d.r.Float64() < chance
	if x := d.r.Float64(); d.measures && (x < 0.8 || d.watched) {
		r.Say(n, followup.Measured, is(truly))
	}
	if d.r.Float64() < 0.25 {
		r.Say(n, followup.Attested, is(truly || d.r.Float64() < 0.15))
	}
	if x := d.r.Float64(); x < 0.3+0.6*d.Maturity || d.watched {
		r.Say(n, followup.SelfAssessed, is(truly || d.r.Float64() < 0.3))
	}
}

func is(yes bool) catalogue.Truth {
	if yes {
		return catalogue.Yes
	}
	return catalogue.No
}

// system draws one system: what it is, and then what is known about it.
func (d *drawer) system() followup.Row {
	r := followup.Row{Kind: followup.System, N: 1}
	d.all(&r, "in_use", d.is(0.93, 0.03))
	area := d.r.Float64() / d.care
	social, health := area < 0.02, area >= 0.018 && area < 0.03
	branch := d.r.IntN(3)
	d.all(&r, "social", is(social))
	d.all(&r, "health", is(health))
	d.all(&r, "home_care", is(social && branch == 0))
	d.all(&r, "special_housing", is(social && branch == 1))
	d.all(&r, "disability", is(social && branch == 2))
	personal := d.is(0.6, 0.05)
	if social || health {
		personal = catalogue.Yes
	}
	d.all(&r, "personal_data", personal)
	d.all(&r, "sensitive", is(social || health || d.r.Float64() < 0.1))
	d.all(&r, "supplier", d.is(0.85, 0.05))
	service := d.r.Float64() < 0.06
	d.all(&r, "e_service", is(service))
	for _, fact := range []string{"for_assistance", "for_children", "for_elderly", "for_disability"} {
		d.all(&r, fact, is(service && d.r.Float64() < 0.04*d.reached*2))
	}
	d.protections(&r, social, health)
	return r
}

// protections draws what is known about a system's sign-in, routines and papers.
func (d *drawer) protections(r *followup.Row, social, health bool) {
	strong := 0.1 + 0.75*d.reached
	switch {
	case health:
		strong += 0.3 // an explicit demand since long
	case social:
		strong += 0.1
	}
	strong = min(0.985, strong)
	d.watched = d.Thorough && (social || health)
	if d.whole && (social || health) {
		strong = 1
	}
	d.known(r, "two_factor", strong)
	d.known(r, "loa3", 0.6*strong)
	d.known(r, "resident_loa3", 0.5+0.5*d.reached)
	d.watched = false
	d.known(r, "evidence_current", 0.4+0.5*d.reached)
	d.known(r, "role_model", 0.2+0.6*d.reached)
	d.known(r, "access_reviewed", 0.1+0.6*d.reached)
	d.known(r, "log_reviewed", 0.05+0.5*d.reached)
	d.known(r, "agreement", 0.4+0.5*d.reached)
	d.known(r, "owned", 0.3+0.65*d.reached)
	some, kept := d.r.Float64(), d.r.Float64() // drawn in any case, so that the rest is the same in every period
	begun := d.reached > begins
	ever := begun && some < d.reached
	valid := ever && kept < 0.6
	r.Say(d.facts["ever_classified"], followup.Measured, is(ever))
	r.Say(d.facts["classified"], followup.Measured, is(valid))
	if d.r.Float64() < 0.6 || !begun { // who has decided nothing knows it
		r.Say(d.facts["ever_classified"], followup.SelfAssessed, is(ever))
		r.Say(d.facts["classified"], followup.SelfAssessed, is(valid || ever && d.r.Float64() < 0.5))
	}
}

// requirements draws how the requirements of all systems stand, as a few rows of many alike.
func (d *drawer) requirements() []followup.Row {
	var out []followup.Row
	for s := range followup.Series(followup.NumSeries) {
		for _, t := range []catalogue.Truth{catalogue.Yes, catalogue.No, catalogue.Maybe} {
			r := followup.Row{Kind: followup.Requirement, N: uint32(d.Systems) * uint32(1+d.r.IntN(20))} //nolint:gosec // small
			d.all(&r, "in_use", catalogue.Yes)
			r.Say(d.facts["met"], s, t)
			out = append(out, r)
		}
	}
	return out
}

func (d *drawer) processing() followup.Row {
	r := followup.Row{Kind: followup.Processing, N: 1}
	d.all(&r, "dpia_needed", d.is(0.4, 0.2))
	r.Say(d.facts["dpia_done"], followup.SelfAssessed, d.is(0.2+0.5*d.reached, 0.2))
	return r
}

func (d *drawer) action() followup.Row {
	r := followup.Row{Kind: followup.Action, N: 1}
	d.all(&r, "dated", is(d.r.Float64() < 0.8))
	r.Say(d.facts["in_time"], followup.Measured, d.is(0.3+0.6*d.reached, 0))
	return r
}

func (d *drawer) supplier() followup.Row {
	r := followup.Row{Kind: followup.Supplier, N: 1}
	critical := d.r.Float64() < 0.3
	d.all(&r, "delivers_critical", is(critical))
	r.Say(d.facts["delivers_several"], followup.SelfAssessed, is(critical && d.r.Float64() < 0.25))
	return r
}

// Each does something for every municipality, on all processors, and gives what each came to in the order of their codes.
func Each[T any](codes []string, do func(code string) T) []T {
	out := make([]T, len(codes))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				out[i] = do(codes[i])
			}
		})
	}
	for i := range codes {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

// Key makes the key of one simulated municipality. It is as secret as the seed, and only fit for a nation that does not exist.
func (s *Simulation) Key(code string) (Key, error) {
	seed := sha256.Sum256(fmt.Appendf(nil, "%d/key/%s", s.Seed, code))
	return keyOf(KeyName(code), ed25519.NewKeyFromSeed(seed[:]))
}

// Submission makes what one municipality would send for a period, signed at the period's end.
func (s *Simulation) Submission(p *Profile, period Period) (Submission, error) {
	out := New(p.Code, period, s.catalogue.Edition, period.End().Time().AddDate(0, 0, 1), s.engine.Compute(s.Rows(p, period)))
	out.Size, out.Shown = p.Size, p.Shown
	key, err := s.Key(p.Code)
	if err == nil {
		err = out.Sign(key.Signer)
	}
	return out, err
}

// Tallies counts one municipality's rows.
func (s *Simulation) Tallies(p *Profile, period Period) followup.Tallies {
	return s.engine.Tally(s.Rows(p, period))
}

// NewTotal begins a total of the nation.
func (s *Simulation) NewTotal() *Total { return NewTotal(s.engine) }
