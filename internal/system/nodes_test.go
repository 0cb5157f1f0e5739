// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestNodesAreAsInAMap compares numbers with a map, also where the sums of ids are the same, and their order with that of the texts.
func TestNodesAreAsInAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOf(rapid.StringMatching(`(0190[0-9a-b]{0,20}|[a-cå]{0,3}|\x00{0,2})`)).Draw(t, "ids")
		alike := rapid.SampledFrom([]uint32{0, 1, 3, 1<<32 - 1}).Draw(t, "bits of the sum") // few: many ids share a place
		s, want := newNodes(rapid.IntRange(0, 20).Draw(t, "expected")), map[string]int32{}
		for _, id := range some {
			n, ok := want[id]
			if !ok {
				n = int32(len(want)) //nolint:gosec // few
				want[id] = n
			}
			if got := s.number(id, s.sum(id)&alike); got != n {
				t.Fatalf("%q is %d, not %d", id, got, n)
			}
		}
		was := slices.Clone(s.ids)
		now := s.renumber()
		if !slices.IsSorted(s.ids) || len(s.ids) != len(want) {
			t.Fatalf("not in order: %q", s.ids)
		}
		for n, id := range was {
			if s.ids[now[n]] != id {
				t.Fatalf("%q became %d, which is %q", id, now[n], s.ids[now[n]])
			}
			if got := s.number(id, s.sum(id)&alike); got != now[n] {
				t.Fatalf("%q is found as %d, not %d", id, got, now[n])
			}
		}
		if alike != 1<<32-1 {
			return
		}
		for id := range want {
			if n, ok := s.find(id); !ok || s.ids[n] != id {
				t.Fatalf("%q is not found", id)
			}
		}
		if n, ok := s.find("somebody else"); ok {
			t.Fatalf("what was never met is %d", n)
		}
	})
}

func TestSorted(t *testing.T) {
	for name, list := range map[string][]string{
		"none":                         nil,
		"one":                          {"a"},
		"one is the beginning":         {"abc", "ab", "abcd"},
		"alike for longer than a key":  {"a0123456789012345678z", "a0123456789012345678b", "a01234567890123456780"},
		"nothing at the end is before": {"a\x00", "a", "a\x00\x00"},
	} {
		var got []string
		for _, n := range sorted(list) {
			got = append(got, list[n])
		}
		want := slices.Clone(list)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
