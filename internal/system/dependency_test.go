// SPDX-License-Identifier: EUPL-1.2

package system_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// needs makes dependencies out of pairs such as "a>b", or "a~b" where only function passes, or "a>!net" for a facility.
func needs(pairs ...string) []system.Dependency {
	var out []system.Dependency
	for _, p := range pairs {
		d := system.Dependency{System: ids.ID[system.System](p[:1]), Carries: system.CarriesInformation}
		if p[1] == '~' {
			d.Carries = system.CarriesFunction
		}
		if p[2] == '!' {
			d.Facility = ids.ID[system.Facility](p[3:])
		} else {
			d.Needs = ids.ID[system.System](p[2:])
		}
		out = append(out, d)
	}
	return out
}

func TestInherit(t *testing.T) {
	const all = catalogue.Serious
	for name, tc := range map[string]struct {
		pairs []string
		own   map[string]system.Steps
		want  map[string]system.Steps
		// path is how the availability of the node "z" came.
		path []string
	}{
		"the highest wins": {
			[]string{"a>z", "b>z"},
			map[string]system.Steps{"a": {0, 0, catalogue.Moderate}, "b": {0, 0, all}, "z": {0, 0, catalogue.Negligible}},
			map[string]system.Steps{"z": {0, 0, all}},
			[]string{"b", "z"},
		},
		"its own need stands when it is as high": {
			[]string{"a>z"}, map[string]system.Steps{"a": {0, 0, all}, "z": {0, 0, all}}, map[string]system.Steps{"z": {0, 0, all}}, []string{"z"},
		},
		"over several, the shortest way": {
			[]string{"a>b", "b>c", "c>z", "b>z"},
			map[string]system.Steps{"a": {0, 0, all}},
			map[string]system.Steps{"b": {0, 0, all}, "c": {0, 0, all}, "z": {0, 0, all}},
			[]string{"a", "b", "z"},
		},
		"it does not travel back": {
			[]string{"a>z"}, map[string]system.Steps{"z": {all, all, all, all}}, map[string]system.Steps{"a": {}}, []string{"z"},
		},
		"only function carries neither secrecy nor traceability": {
			[]string{"a~z"}, map[string]system.Steps{"a": {all, all, all, all}}, map[string]system.Steps{"z": {0, all, all, 0}}, []string{"a", "z"},
		},
		"a facility needs what its systems need": {
			[]string{"a>!z"}, map[string]system.Steps{"a": {0, 0, all}}, map[string]system.Steps{"z": {0, 0, all}}, []string{"a", "z"},
		},
		"a loop shares the highest": {
			[]string{"a>b", "b>z", "z>a"},
			map[string]system.Steps{"b": {0, 0, all}},
			map[string]system.Steps{"a": {0, 0, all}, "z": {0, 0, all}},
			[]string{"b", "z"},
		},
		"nobody knows": {[]string{"a>z"}, nil, map[string]system.Steps{"z": {}}, []string{"z"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := system.NewGraph(needs(tc.pairs...))
			h := g.Inherit(func(n int32) system.Steps { return tc.own[g.ID(n)] })
			for id, want := range tc.want {
				n, _ := g.Node(id)
				if got := h.Steps(n); got != want {
					t.Errorf("%s: got %v, want %v", id, got, want)
				}
			}
			z, _ := g.Node("z")
			var path []string
			for _, n := range h.Path(z, catalogue.Availability) {
				path = append(path, g.ID(n))
			}
			if diff := cmp.Diff(tc.path, path); diff != "" {
				t.Errorf("path (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoops(t *testing.T) {
	for name, tc := range map[string]struct {
		pairs []string
		want  [][]string
	}{
		"none":        {[]string{"a>b", "b>c", "a>c"}, nil},
		"two":         {[]string{"a>b", "b>a", "b>c"}, [][]string{{"a", "b"}}},
		"two by two":  {[]string{"a>b", "b>a", "c>d", "d>c", "a>c"}, [][]string{{"a", "b"}, {"c", "d"}}},
		"one of four": {[]string{"a>b", "b>c", "c>d", "d>a", "x>a"}, [][]string{{"a", "b", "c", "d"}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := system.NewGraph(needs(tc.pairs...))
			var got [][]string
			for _, loop := range g.Loops() {
				var names []string
				for _, n := range loop {
					names = append(names, g.ID(n))
				}
				slices.Sort(names)
				got = append(got, names)
			}
			slices.SortFunc(got, slices.Compare)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestInheritEqualsBruteForce compares with asking every node about everything that reaches it, edge by edge.
func TestInheritEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(1, 9).Draw(t, "nodes")
		var list []system.Dependency
		for range rapid.IntRange(0, 20).Draw(t, "edges") {
			from, to := rapid.IntRange(0, nodes-1).Draw(t, "from"), rapid.IntRange(0, nodes-1).Draw(t, "to")
			if from != to {
				carries := rapid.SampledFrom(system.Carried).Draw(t, "carries")
				list = append(list, system.Dependency{System: ids.ID[system.System](fmt.Sprint(from)), Needs: ids.ID[system.System](fmt.Sprint(to)), Carries: carries})
			}
		}
		own := map[string]system.Steps{}
		for n := range nodes {
			var s system.Steps
			for a := range s {
				s[a] = catalogue.Step(rapid.IntRange(0, 4).Draw(t, "step"))
			}
			own[fmt.Sprint(n)] = s
		}
		want := map[string]system.Steps{}
		for id, s := range own {
			want[id] = s
		}
		for range nodes { // a need travels at most as far as there are nodes
			for _, d := range list {
				s := want[d.Needs.String()]
				for a, step := range want[d.System.String()] {
					function := catalogue.Aspect(a) == catalogue.Integrity || catalogue.Aspect(a) == catalogue.Availability
					if d.Carries != system.CarriesFunction || function {
						s[a] = max(s[a], step)
					}
				}
				want[d.Needs.String()] = s
			}
		}
		g := system.NewGraph(list)
		h := g.Inherit(func(n int32) system.Steps { return own[g.ID(n)] })
		for n := range int32(g.Len()) {
			if h.Steps(n) != want[g.ID(n)] {
				t.Fatalf("%s: got %v, want %v", g.ID(n), h.Steps(n), want[g.ID(n)])
			}
			for a := range catalogue.Aspect(catalogue.NumAspects) {
				path := h.Path(n, a)
				if path[len(path)-1] != n || own[g.ID(path[0])][a] != h.Steps(n)[a] {
					t.Fatalf("%s: the path %v does not begin where the need is its own", g.ID(n), path)
				}
			}
		}
	})
}

// hundredThousand makes 100 000 systems with 300 000 dependencies, as a large host would have: mostly downwards, and some loops.
func hundredThousand() []system.Dependency {
	r := rand.New(rand.NewPCG(7, 7))
	names := make([]ids.ID[system.System], 100_000)
	for i := range names {
		names[i] = ids.New[system.System]()
	}
	list := make([]system.Dependency, 300_000)
	for i := range list {
		from := r.IntN(len(names))
		list[i] = system.Dependency{System: names[from], Needs: names[(from+1+r.IntN(2000))%len(names)], Carries: system.Carried[i%3]}
	}
	return list
}

// BenchmarkInherit100000 is the figure of the issue: 100 000 systems with 300 000 dependencies at most 300 ms, the graph included.
func BenchmarkInherit100000(b *testing.B) {
	list := hundredThousand()
	for b.Loop() {
		g := system.NewGraph(list)
		h := g.Inherit(func(n int32) system.Steps {
			s := catalogue.Step(n % 5)
			return system.Steps{s, 4 - s, catalogue.Step(n / 7 % 5), catalogue.Step(n / 11 % 5)}
		})
		if h.Steps(0) == (system.Steps{}) {
			b.Fatal("nothing is inherited")
		}
	}
}

// BenchmarkLoops100000 finds the loops of as many.
func BenchmarkLoops100000(b *testing.B) {
	g := system.NewGraph(hundredThousand())
	for b.Loop() {
		if len(g.Loops()) == 0 {
			b.Fatal("no loop is found")
		}
	}
}
