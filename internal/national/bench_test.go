// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"fmt"
	"io/fs"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/requirement"
)

// BenchmarkRecountMemory counts every indicator anew from rows in memory, for 1, 290 and 2 900 municipalities with 700 systems.
func BenchmarkRecountMemory(b *testing.B) {
	e := engine(b)
	sim := NewSimulation(e, 7, 290, 700)
	codes := sim.Codes()
	nation := Each(codes, func(code string) []followup.Row {
		p := sim.Profile(code)
		return sim.Rows(&p, Period{2026, 3})
	})
	for _, n := range []int{1, 290, 2900} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			list := make([]string, n)
			for i := range list {
				list[i] = strconv.Itoa(i % len(nation))
			}
			for b.Loop() {
				total := NewTotal(e)
				for _, t := range Each(list, func(name string) followup.Tallies {
					i, _ := strconv.Atoi(name)
					return e.Tally(nation[i])
				}) {
					total.Add(t)
				}
			}
			b.ReportMetric(inMemory(), "MB-held")
		})
	}
}

// inMemory is how many megabytes of memory are in use.
func inMemory() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys-m.HeapReleased) / (1 << 20)
}

// BenchmarkRecountPostgres counts every indicator anew from the rows in PostgreSQL, of 1, 290 and 2 900 municipalities with 700 systems.
func BenchmarkRecountPostgres(b *testing.B) {
	for _, n := range []int{1, 290, tenfold} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s, actor := startOf(b, dbtest.Postgres(b), n)
			sim := NewSimulation(s.Engine, 7, n, 700)
			must(b, s.fillRows(b.Context(), actor, sim, sim.Codes(), Period{2026, 3}))
			for b.Loop() {
				if _, err := s.Recount(b.Context(), actor); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(inMemory(), "MB-held")
		})
	}
}

// tenfold is ten times as many municipalities as Sweden has, so that how cost grows can be measured beyond the country.
const tenfold = 2900

// startOf gives the service of a nation of n municipalities: Sweden, or where n is more than Sweden has, a hundred counties of 29.
func startOf(b *testing.B, d *db.DB, n int) (*Service, access.Actor) {
	b.Helper()
	s, actor := start(b, d)
	if n <= len(s.Engine.Catalogue.Municipalities) {
		return s, actor
	}
	c, err := catalogue.Load(larger(b))
	must(b, err)
	s.Engine = followup.NewEngine(c)
	s.Followup = &followup.Service{DB: d, Engine: s.Engine, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}}
	return s, actor
}

// larger are the shipped data, in which invented counties and municipalities stand beside Sweden's.
func larger(b *testing.B) fs.FS {
	b.Helper()
	files := fstest.MapFS{}
	must(b, fs.WalkDir(data.Files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(data.Files, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	}))
	c := cataloguetest.Load(b)
	for county := range 100 {
		code := fmt.Sprintf("%02d", county)
		if _, there := c.County(code); !there {
			add(files, "geography/counties.csv", code, "Län "+code, "Län "+code)
		}
		for have, next := count(c, code), 0; have < tenfold/100; next++ {
			place := fmt.Sprintf("%s%02d", code, next)
			if _, there := c.Municipality(place); there {
				continue
			}
			add(files, "geography/municipalities.csv", place, "Kommun "+place, code, strconv.Itoa(1000+county), strconv.Itoa(next))
			have++
		}
	}
	return files
}

func add(files fstest.MapFS, name string, row ...string) {
	files[name].Data = append(files[name].Data, strings.Join(row, ",")+"\n"...)
}

// count is how many municipalities a county has.
func count(c *catalogue.Catalogue, county string) (n int) {
	for i := range c.Municipalities {
		if c.Municipalities[i].County == county {
			n++
		}
	}
	return n
}

// BenchmarkPicturePages opens the national pages over HTTP and tells the slowest of twenty, in milliseconds: for Sweden, and in SQLite for
// ten times as many municipalities.
func BenchmarkPicturePages(b *testing.B) {
	for _, of := range []struct {
		name           string
		open           func(testing.TB) *db.DB
		municipalities int
	}{{"sqlite", dbtest.SQLite, 290}, {"postgres", dbtest.Postgres, 290}, {"sqlite-2900", dbtest.SQLite, tenfold}} {
		name := of.name
		s, actor := startOf(b, of.open(b), of.municipalities)
		must(b, s.Fill(b.Context(), actor, NewSimulation(s.Engine, 7, of.municipalities, 10)))
		w := site(b, s, actor)
		for what, path := range map[string]string{
			"picture": Place, "share": Place + "?indikator=INFOKLASS&serie=self-assessed", "table": Place + "/tabell?indikator=INFOKLASS",
			"depends": DependsPath, "dependsof": DependsPath + "?visa=kind+e-service", "kolada": koladaPath + "/data/kpi/INFOKLASS.1.self-assessed/year/2026",
			"kolada-place": koladaPath + "/data/municipality/" + Country + "/year/2026", "kolada-all": koladaPath + "/data/municipality/" + allPlaces(s) + "/year/2026",
		} {
			b.Run(name+"/"+what, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					began := time.Now()
					if p := w.Get(path); p.Status != http.StatusOK {
						b.Fatal(p.Status)
					}
					took = append(took, time.Since(began))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*19/20].Microseconds())/1000, "p95-ms")
			})
		}
	}
}

// allPlaces names the country and every municipality, so that all measures of all of them are asked for.
func allPlaces(s *Service) string {
	out := Country
	for i := range s.Engine.Catalogue.Municipalities {
		out += "," + s.Engine.Catalogue.Municipalities[i].Code
	}
	return out
}

// BenchmarkPublish decides what a period publishes, after four others, with 290 and with 2 900 municipalities.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{290, tenfold} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s, actor := startOf(b, dbtest.SQLite(b), n)
				sim := NewSimulation(s.Engine, 7, n, 10)
				must(b, s.Fill(b.Context(), actor, sim))
				in := Each(sim.Codes(), func(code string) Incoming {
					p := sim.Profile(code)
					x, err := sim.Submission(&p, Period{2025, 4})
					return Incoming{Name: code, Submission: x, Err: err}
				})
				_, err := s.Receive(b.Context(), actor, in)
				must(b, err)
				b.StartTimer()
				must(b, s.Publish(b.Context(), actor, Period{2025, 4}))
			}
		})
	}
}

// BenchmarkReceive takes in the submissions of 1, 290 and 2 900 municipalities.
func BenchmarkReceive(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		for _, n := range []int{1, 290, tenfold} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					s, actor := startOf(b, open(b), n)
					sim := NewSimulation(s.Engine, 7, n, 10)
					in := incoming(b, s, actor, sim)
					b.StartTimer()
					got, err := s.Receive(b.Context(), actor, in)
					if err != nil || got.Accepted != n {
						b.Fatal(got, err)
					}
				}
			})
		}
	}
}

// incoming registers the keys of a simulated nation and makes its submissions.
func incoming(b *testing.B, s *Service, actor access.Actor, sim *Simulation) []Incoming {
	b.Helper()
	codes := sim.Codes()
	keys := make([]Registered, len(codes))
	for i, code := range codes {
		k, err := sim.Key(code)
		must(b, err)
		keys[i] = Registered{code, k.Verifier}
	}
	must(b, s.Trust(b.Context(), actor, keys))
	return Each(codes, func(code string) Incoming {
		p := sim.Profile(code)
		x, err := sim.Submission(&p, Period{2026, 3})
		return Incoming{Name: code, Submission: x, Err: err}
	})
}

// BenchmarkReceiveConcentration takes in what 290 municipalities depend on, of those who agree to it.
func BenchmarkReceiveConcentration(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s, actor := start(b, open(b))
				sim := NewSimulation(s.Engine, 7, 290, 10)
				incoming(b, s, actor, sim)
				in := depending(b, sim)
				b.StartTimer()
				got, err := s.Receive(b.Context(), actor, in)
				if err != nil || got.Accepted != len(in) {
					b.Fatal(got, err)
				}
			}
		})
	}
}

// depending are the documents of what a simulated nation depends on.
func depending(b *testing.B, sim *Simulation) []Incoming {
	b.Helper()
	var in []Incoming
	for _, code := range sim.Codes() {
		p := sim.Profile(code)
		x, ok, err := sim.Concentration(&p, Period{2026, 3})
		must(b, err)
		if ok {
			in = append(in, Incoming{Name: code, Concentration: &x})
		}
	}
	return in
}

// BenchmarkPublishConcentration decides what is told of a period in which 290 municipalities can have said what they depend on.
func BenchmarkPublishConcentration(b *testing.B) {
	s, actor := start(b, dbtest.SQLite(b))
	sim := NewSimulation(s.Engine, 7, 290, 10)
	incoming(b, s, actor, sim)
	_, err := s.Receive(b.Context(), actor, depending(b, sim))
	must(b, err)
	var x said
	must(b, s.DB.Read(b.Context(), actor.Organisation, func(tx *db.Tx) (err error) {
		x, err = saidIn(b.Context(), tx, actor.Organisation, "2026-Q3")
		return err
	}))
	shown := 0
	for b.Loop() {
		shown = len(newPlaces(s.Engine.Catalogue, x.standing, nil).concentrate(&archive{}, &Release{Number: 1, Period: Period{2026, 3}}, &x))
	}
	b.ReportMetric(float64(shown), "counts")
}
