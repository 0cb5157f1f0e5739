// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// A nation is Sweden's municipalities with as many systems each as a large one has.
const (
	municipalities = 290
	systemsEach    = 700
	workers        = 2
)

// row is what a system is derived from.
type row struct {
	facts catalogue.Facts
	steps [catalogue.NumAspects]catalogue.Step
}

// profiles makes systems as a register has them: one to four types of information of one area, in the cloud or not, with a
// supplier or not, and now and then a question that nobody has settled.
func profiles(c *catalogue.Catalogue, r *rand.Rand, n int) []row {
	byArea := map[string][]*catalogue.InformationType{}
	for i := range c.Types {
		byArea[c.Types[i].Area] = append(byArea[c.Types[i].Area], &c.Types[i])
	}
	hostings := []string{"own", "supplier", "supplier", "cloud-eu", "cloud-eu", "cloud-outside-eu", "unknown"}
	out := make([]row, n)
	for i := range out {
		first := &c.Types[r.IntN(len(c.Types))]
		held := []catalogue.Source{first.Source()}
		steps := [catalogue.NumAspects]catalogue.Step{}
		for range r.IntN(4) {
			held = append(held, byArea[first.Area][r.IntN(len(byArea[first.Area]))].Source())
		}
		for a := range steps {
			steps[a] = first.Levels[a].Step
			if r.IntN(5) == 0 {
				steps[a] = catalogue.Step(r.IntN(catalogue.NumSteps))
			}
		}
		s := catalogue.Source{Kind: catalogue.SourceSubject, Statements: statements("area", first.Area, "hosting", hostings[r.IntN(len(hostings))])}
		for fact, percent := range map[string]int{"supplier": 70, "open_network": 50, "e_service": 20, "procurement": 15, "ai": 5, "large_scale": 25} {
			switch p := r.IntN(100); {
			case p < percent:
				s.Statements = append(s.Statements, statements(fact, "yes")...)
			case p < percent+5:
				s.Statements = append(s.Statements, statements(fact, "unknown")...)
			}
		}
		facts, _ := c.Vocabulary.Resolve(s, held)
		out[i] = row{facts, steps}
	}
	return out
}

// nation draws every system of the country from two thousand profiles, so that neighbours in memory are not alike.
func nation(b *testing.B) []row {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	kinds := profiles(cataloguetest.Load(b), r, 2000)
	out := make([]row, municipalities*systemsEach)
	for i := range out {
		out[i] = kinds[r.IntN(len(kinds))]
	}
	return out
}

// inParallel shares the rows between the workers and sums what they found.
func inParallel(rows []row, work func(part []row) int) int {
	var found [workers]int
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { found[w] = work(rows[w*len(rows)/workers : (w+1)*len(rows)/workers]) })
	}
	wg.Wait()
	total := 0
	for _, n := range found {
		total += n
	}
	return total
}

func perSystem(b *testing.B, systems int) {
	b.Helper()
	each := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(systems)
	b.ReportMetric(each, "ns/system")
	b.ReportMetric(1e9/each, "systems/s")
}

// BenchmarkNation derives every law and requirement of every system of a nation, and counts them. The allocations are those of
// one nation: the workers and their outcomes.
func BenchmarkNation(b *testing.B) {
	rows, e := nation(b), engine(b)
	on := e.At(day(b, "2026-11-23"))
	b.ReportAllocs()
	b.SetBytes(int64(len(rows)) * 40)
	total := 0
	for b.Loop() {
		total = inParallel(rows, func(part []row) int {
			out, n := e.NewOutcome(), 0
			for i := range part {
				e.Derive(&part[i].facts, part[i].steps, on, out)
				n += out.Requirements.Count() + out.Laws.Count()
			}
			return n
		})
	}
	perSystem(b, len(rows))
	b.ReportMetric(float64(total)/float64(len(rows)), "rows/system")
}

// BenchmarkNationStream is the peer of BenchmarkNation: the same workers read the same bytes and write an outcome of the same
// size, and do nothing else. The ratio of the two tells how far the derivation is from the speed of memory.
func BenchmarkNationStream(b *testing.B) {
	rows, e := nation(b), engine(b)
	b.SetBytes(int64(len(rows)) * 40)
	total := 0
	for b.Loop() {
		total += inParallel(rows, func(part []row) int {
			from, to := e.NewOutcome(), e.NewOutcome()
			var sum uint64
			for i := range part {
				f := &part[i].facts
				sum ^= f.True[0] ^ f.True[1] ^ f.Possible[0] ^ f.Possible[1]
				for _, s := range part[i].steps {
					sum += uint64(s)
				}
				from.Requirements[0] = sum
				copy(to.Requirements, from.Requirements)
				copy(to.Certain, from.Certain)
				copy(to.Laws, from.Laws)
				copy(to.CertainLaws, from.CertainLaws)
			}
			return int(sum + to.Requirements[0])
		})
	}
	perSystem(b, len(rows))
}

// BenchmarkResolve weighs together what is stated and implied about one system, which comes before its derivation.
func BenchmarkResolve(b *testing.B) {
	c := cataloguetest.Load(b)
	held := []catalogue.Source{cataloguetest.Type(b, "eb-ansokan").Source(), cataloguetest.Type(b, "eb-beslut").Source()}
	s := catalogue.Source{Kind: catalogue.SourceSubject, Statements: statements("area", "socialtjanst", "hosting", "cloud-eu", "supplier", "yes")}
	b.ReportAllocs()
	for b.Loop() {
		c.Vocabulary.Resolve(s, held)
	}
}

// BenchmarkView explains one system with every reason, as its page does.
func BenchmarkView(b *testing.B) {
	e, l := engine(b), texts(b, "sv")
	s := subject(b, catalogue.Serious, "area", "socialtjanst", "hosting", "cloud-eu", "supplier", "yes", "open_network", "yes")
	on, out := e.At(day(b, "2026-11-23")), e.NewOutcome()
	b.ReportAllocs()
	for b.Loop() {
		e.Derive(&s.Facts, s.Steps, on, out)
		e.Laws(s, on, out, l)
		e.Requirements(s, on, out, l)
	}
}

// BenchmarkViews reads 5 000 systems from SQLite and sums what follows for each, as the overview of a large municipality does.
func BenchmarkViews(b *testing.B) {
	const n = 5000
	d := dbtest.SQLite(b)
	org := dbtest.Organisation(b, d, "norrsjo").Organisation
	fillRegister(b, d, org, n)
	s := &requirement.Service{DB: d, Engine: engine(b)}
	b.ReportAllocs()
	for b.Loop() {
		err := d.Read(b.Context(), org, func(tx *db.Tx) error {
			systems, err := system.List(b.Context(), tx, org, system.Filter{Reach: access.Everywhere()})
			if err != nil {
				return err
			}
			views, err := s.Views(b.Context(), tx, access.Reach{}, systems, nil)
			if len(views) != n || views[0].Tally.Total() == 0 {
				b.Fatalf("%d views, the first of %d requirements", len(views), views[0].Tally.Total())
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	perSystem(b, n)
}

// fillRegister makes systems that each hold three types of information and have a draft of a classification.
func fillRegister(b *testing.B, d *db.DB, org access.OrganisationID, n int) {
	b.Helper()
	c := cataloguetest.Load(b)
	var types []*catalogue.InformationType
	for i := range c.Types {
		types = append(types, &c.Types[i])
	}
	systems := make([]system.System, n)
	var drafts []classification.Classification
	for i := range systems {
		s := system.New(fmt.Sprint("System ", i))
		s.Hosting = system.Hostings[i%len(system.Hostings)]
		s.Facts = statements("area", types[i%len(types)].Area)
		s.Logins = []system.LoginPath{{Zone: "internet"}}
		systems[i] = s
		drafts = append(drafts, classification.Classification{
			ID: ids.New[classification.Classification](), System: s.ID, ModelID: "klassa", ModelVersion: "1", Origin: classification.FromImport, CreatedBy: "x",
			Answers: []classification.Answer{{Aspect: catalogue.Confidentiality, Level: i % 4}, {Aspect: catalogue.Integrity, Level: i % 3}},
		})
	}
	err := d.Write(b.Context(), org, func(tx *db.Tx) error {
		if err := system.Upsert(b.Context(), tx, org, systems); err != nil {
			return err
		}
		held, err := information.EnsureTypes(b.Context(), tx, org, types)
		if err != nil {
			return err
		}
		var links []system.Link
		for i := range systems {
			for k := range 3 {
				links = append(links, system.Link{System: systems[i].ID, Information: held[types[(i+k)%len(types)].ID], Confirmed: true})
			}
		}
		if err := system.AddLinks(b.Context(), tx, org, links); err != nil {
			return err
		}
		_, err = classification.InsertDrafts(b.Context(), tx, org, drafts)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
