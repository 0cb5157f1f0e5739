// SPDX-License-Identifier: EUPL-1.2

package access

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/ids"
)

// holder is somebody who holds a role in some units, each with others below it.
func holder(units, below int) (a Actor, deepest, outside UnitID) {
	a = Actor{Organisation: ids.New[Tenant](), ID: "p", Fresh: true}
	for range units {
		h := Held{Role: SystemOwner, Unit: ids.New[Part]()}
		for range below {
			h.Below = append(h.Below, ids.New[Part]())
		}
		slices.Sort(h.Below)
		a.Held = append(a.Held, h)
	}
	return a, a.Held[units-1].Below[below-1], ids.New[Part]()
}

// decisions are what is measured, and what may make nothing: yes and no, at once and at the end of a long look.
func decisions() map[string]func() {
	a, deepest, outside := holder(2, 40)
	most, last, nowhere := holder(8, 200) // more than anybody holds
	nobody := Actor{Organisation: a.Organisation, Roles: []Role{Administrator}}
	tired := a
	tired.Fresh = false
	return map[string]func(){
		"Check yes":     func() { _ = Check(a, "system.Update") },
		"Check no":      func() { _ = Check(nobody, "system.Update") },
		"Check step-up": func() { _ = Check(tired, "report.Write") },
		"CheckAt yes":   func() { _ = CheckAt(a, "system.Update", deepest) },
		"CheckAt no":    func() { _ = CheckAt(a, "system.Update", outside) },
		"CheckAt most":  func() { _ = CheckAt(most, "system.Update", last) },
		"Reach most":    func() { _ = ReachOf(most, "system.Update").Holds(nowhere) },
		"Reach yes":     func() { _ = ReachOf(a, "system.Update").Holds(deepest) },
		"Reach no":      func() { _ = ReachOf(a, "system.Update").Holds(outside) },
	}
}

func TestDecisionsMakeNothing(t *testing.T) {
	for name, decide := range decisions() {
		if n := testing.AllocsPerRun(1000, decide); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

func BenchmarkDecision(b *testing.B) {
	all := decisions()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				all[name]()
			}
		})
	}
}

// Random people are answered as the table reads, cell by cell.
func TestDecisionsFollowTheTable(t *testing.T) {
	actions := append(Actions(), "system.Explode", "")
	rapid.Check(t, func(t *rapid.T) {
		units := make([]UnitID, rapid.IntRange(1, 6).Draw(t, "units"))
		for i := range units {
			units[i] = ids.New[Part]()
		}
		unit := rapid.SampledFrom(units)
		role := rapid.SampledFrom(append(Roles(), System, "stranger"))
		a := Actor{Organisation: ids.New[Tenant](), Roles: rapid.SliceOfN(role, 0, 2).Draw(t, "roles"), Fresh: rapid.Bool().Draw(t, "fresh")}
		for range rapid.IntRange(0, 3).Draw(t, "held") {
			h := Held{Role: role.Draw(t, "held role"), Unit: unit.Draw(t, "in"), Below: rapid.SliceOfNDistinct(unit, 0, 3, rapid.ID).Draw(t, "below")}
			slices.Sort(h.Below)
			a.Held = append(a.Held, h)
		}
		action := rapid.SampledFrom(actions).Draw(t, "action")
		at := rapid.SampledFrom(append(slices.Clone(units), "")).Draw(t, "at")

		// cell is the table read by eye.
		cell := func(r Role) Place {
			for _, g := range PolicyOf(action).By {
				if g.Role == r {
					return g.Place
				}
			}
			return Nowhere
		}
		somewhere, here := false, false
		for _, r := range a.Roles {
			somewhere = somewhere || cell(r) != Nowhere
			here = here || cell(r) != Nowhere
		}
		for _, h := range a.Held {
			p := cell(h.Role)
			somewhere = somewhere || p != Nowhere
			here = here || p == All || at != "" && (p != Nowhere && at == h.Unit || p == Below && slices.Contains(h.Below, at))
		}
		late := PolicyOf(action).StepUp && !a.Fresh
		if got, want := Check(a, action) == nil, somewhere && !late; got != want {
			t.Fatalf("Check: %v, want %v", got, want)
		}
		if got, want := CheckAt(a, action, at) == nil, here && !late; got != want {
			t.Fatalf("CheckAt: %v, want %v", got, want)
		}
		if got := ReachOf(a, action).Holds(at); got != here {
			t.Fatalf("Holds: %v, want %v", got, here)
		}
		if AllowedAt(a, action, at) != here || Allowed(a, action) != somewhere {
			t.Fatal("Allowed differs from the table")
		}
		for _, u := range units {
			r := ReachOf(a, action)
			if listed := r.All || slices.Contains(r.Units(), u); listed != r.Holds(u) {
				t.Fatalf("Units lists %s: %v, Holds: %v", u, listed, r.Holds(u))
			}
		}
	})
}
