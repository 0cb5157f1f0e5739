// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// depend registers a system in a unit that another is said to need.
func (f *desk) depend(on, name, unit string, carries string) system.System {
	f.t.Helper()
	x := system.New(name)
	x.Unit = unit
	made, err := f.systems.Create(f.t.Context(), f.actor, x)
	if err == nil {
		err = f.systems.AddDependency(f.t.Context(), f.actor, on, system.Needing{System: name, Carries: carries})
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return made
}

// inherited gives the reasons of a view that are another system's need.
func inherited(v *requirement.View) []string {
	var out []string
	for i := range v.Requirements {
		for _, b := range v.Requirements[i].Because {
			if b.Kind == "dependency" {
				out = append(out, b.Text)
			}
		}
	}
	return out
}

// TestInheritedNeedRaisesRequirements lets a system with a high need depend on one with none over another, and sees that the last gets the
// requirements of the first, with the way, whichever way it is asked.
func TestInheritedNeedRaisesRequirements(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		platform := f.depend(f.sys.Slug, "Plattformen", "IT", system.CarriesInformation)
		base := f.depend(platform.Slug, "Databasen", "Drift", system.CarriesFunction)
		view := func(slug string, actor access.Actor) requirement.View {
			t.Helper()
			v, err := f.View(t.Context(), actor, slug, texts(t, "sv"))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		before := view(base.Slug, f.actor)
		if err := f.classify(3); err != nil {
			t.Fatal(err)
		}
		v := view(base.Slug, f.actor)
		because := inherited(&v)
		if len(v.Requirements) <= len(before.Requirements) || len(because) == 0 {
			t.Fatalf("%d requirements, as before, and %d inherited reasons", len(v.Requirements), len(because))
		}
		for _, text := range because {
			if !strings.Contains(text, "från Ekonomiskt bistånd, som är beroende av systemet (Ekonomiskt bistånd → Plattformen → Databasen)") {
				t.Errorf("the way does not show: %s", text)
			}
			if strings.Contains(text, "Konfidentialitet") {
				t.Errorf("secrecy came over a dependency that carries function alone: %s", text)
			}
		}
		for i := range v.Requirements {
			checkReasons(t, v.Requirements[i].ID, v.Requirements[i].Because)
		}
		f.sameEverywhere(&v, f.sys, platform, base)

		reader := access.Actor{ID: "r", Name: "r", Organisation: f.actor.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: base.UnitID}}}
		seen := view(base.Slug, reader)
		if len(inherited(&seen)) != len(because) {
			t.Error("who reaches one unit has other requirements")
		}
		for _, text := range inherited(&seen) {
			if strings.Contains(text, "Ekonomiskt") || strings.Contains(text, "Plattformen") || !strings.Contains(text, "(ett system i en annan del av organisationen → ett system i en annan del av organisationen → Databasen)") {
				t.Errorf("a name outside the reach shows, or not even that something is there: %s", text)
			}
		}

		if err := f.classifications.Answer(t.Context(), f.actor, f.sys.Slug, classification.Answer{
			Aspect: catalogue.Availability, Perspective: "individual", Level: 4, Motivation: "x",
		}); !errors.Is(err, classification.ErrStopped) {
			t.Fatal(err)
		}
		if stopped := view(base.Slug, f.actor); len(inherited(&stopped)) != 0 {
			t.Errorf("what is stopped is told of: %v", inherited(&stopped))
		}
	})
}

// sameEverywhere sees that the last of the systems has the same requirements as sums over all of them, and as what applies.
func (f *desk) sameEverywhere(v *requirement.View, systems ...system.System) {
	f.t.Helper()
	var want, got []string
	for i := range v.Requirements {
		want = append(want, v.Requirements[i].ID)
	}
	err := f.DB.Read(f.t.Context(), f.actor.Organisation, func(tx *db.Tx) error {
		all, err := f.Views(f.t.Context(), tx, access.Reach{}, systems, nil)
		if err != nil {
			return err
		}
		last := all[len(all)-1]
		if last.Tally != v.Tally || last.Subject.Steps != v.Subject.Steps {
			f.t.Errorf("among others: %+v %v, alone %+v %v", last.Tally, last.Subject.Steps, v.Tally, v.Subject.Steps)
		}
		whole, err := f.Views(f.t.Context(), tx, access.Everywhere(), systems, texts(f.t, "sv"))
		if err != nil {
			return err
		}
		if diff := cmp.Diff(inherited(v), inherited(&whole[len(whole)-1])); diff != "" {
			f.t.Errorf("the reasons are others among many (-alone +among):\n%s", diff)
		}
		applies, err := f.Applying(f.t.Context(), tx, systems[len(systems)-1])
		for id := range applies {
			got = append(got, id)
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("what applies differs (-page +applying):\n%s", diff)
	}
}
