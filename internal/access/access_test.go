// SPDX-License-Identifier: EUPL-1.2

package access

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/ids"
)

var update = flag.Bool("update", false, "write testdata/policy.golden anew")

var roles = slices.Concat(Roles(), []Role{System}, KeyRoles())

// table writes who may do what, one action a line, as an auditor would read it.
func table() string {
	var b strings.Builder
	for _, action := range Actions() {
		p := PolicyOf(action)
		b.WriteString(action + " (" + string(p.Kind))
		if p.StepUp {
			b.WriteString(", step-up")
		}
		if p.Weakness {
			b.WriteString(", weakness")
		}
		b.WriteString("):")
		for _, r := range roles {
			b.WriteString(" " + string(r) + "=" + rows()[action].place(r).String())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The whole policy stands in testdata, so that a change of who may do what is seen in review.
func TestPolicy(t *testing.T) {
	golden := filepath.Join("testdata", "policy.golden")
	got := table()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the policy has changed; if it is meant, run go test ./internal/access -update: %s", diff)
	}
}

func TestCheck(t *testing.T) {
	org := ids.New[Tenant]()
	for name, tc := range map[string]struct {
		actor  Actor
		action string
		want   bool
	}{
		"one of several roles":        {Actor{Organisation: org, Roles: []Role{Procurer, SystemOwner}}, "classification.Decide", true},
		"no role that may":            {Actor{Organisation: org, Roles: []Role{Procurer}}, "classification.Decide", false},
		"no roles":                    {Actor{Organisation: org}, "requirement.View", false},
		"no organisation":             {Actor{Roles: []Role{Coordinator}}, "requirement.View", false},
		"unknown action":              {Actor{Organisation: org, Roles: roles}, "system.Explode", false},
		"empty action":                {Actor{Organisation: org, Roles: roles}, "", false},
		"unknown role":                {Actor{Organisation: org, Roles: []Role{"owner"}}, "requirement.View", false},
		"local administrator":         {LocalAdministrator(org), "classification.Decide", true},
		"the program in a job":        {SystemActor(org), "action.Review", true},
		"a person in the job's place": {LocalAdministrator(org), "action.Review", false},
		"the program decides nothing": {SystemActor(org), "classification.Decide", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check(tc.actor, tc.action)
			if got := err == nil; got != tc.want {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if err != nil && !errors.Is(err, ErrDenied) {
				t.Errorf("got %v, want ErrDenied", err)
			}
			if Allowed(tc.actor, tc.action) != tc.want {
				t.Error("Allowed and Check differ")
			}
		})
	}
}

// An administrator sets up the program and sees no content by that role alone: only what is about running the program.
func TestAdministratorSeesNothing(t *testing.T) {
	a := Actor{Organisation: ids.New[Tenant](), Roles: []Role{Administrator}}
	running := []Kind{KindAlarm, KindPerson, KindApproval, KindToken, KindSignIn, KindUnit, KindMail, KindBackup, KindLook, KindAgent, KindNational, KindWebhook, KindTodo}
	for _, action := range Actions() {
		if Allowed(a, action) && !slices.Contains(running, PolicyOf(action).Kind) {
			t.Errorf("the administrator may do %s", action)
		}
	}
}

func TestKnown(t *testing.T) {
	if !Known("system.Create") || Known("system.Explode") {
		t.Error("Known tells of the wrong actions")
	}
	for _, action := range Actions() {
		if pkg, method, ok := strings.Cut(action, "."); !ok || pkg == "" || strings.ToUpper(method[:1]) != method[:1] {
			t.Errorf("%q is not written package.Method", action)
		}
		if len(policies[action].By) == 0 {
			t.Errorf("%s is allowed to nobody; take it out", action)
		}
	}
}

// A role that is held in a unit reaches as far as the table says, and no further.
func TestReach(t *testing.T) {
	org, own, below, other := ids.New[Tenant](), ids.New[Part](), ids.New[Part](), ids.New[Part]()
	held := func(r Role) Actor {
		return Actor{Organisation: org, Held: []Held{{Role: r, Unit: own, Below: []UnitID{below}}}}
	}
	for name, tc := range map[string]struct {
		actor  Actor
		action string
		want   []UnitID // of own, below, other and none
	}{
		"an owner reaches below":          {held(SystemOwner), "system.Update", []UnitID{own, below}},
		"a manager reaches the unit":      {held(SystemManager), "system.Update", []UnitID{own}},
		"a coordinator reaches all":       {held(Coordinator), "system.Update", []UnitID{own, below, other, ""}},
		"an owner of everything":          {Actor{Organisation: org, Roles: []Role{SystemOwner}}, "system.Update", []UnitID{own, below, other, ""}},
		"a role that may not":             {held(Procurer), "system.Update", nil},
		"no organisation":                 {Actor{Held: held(SystemOwner).Held}, "system.Update", nil},
		"the wider of two roles":          {Actor{Organisation: org, Held: append(held(SystemManager).Held, held(SystemOwner).Held...)}, "system.Update", []UnitID{own, below}},
		"an action that nobody has heard": {held(Coordinator), "system.Explode", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []UnitID
			for _, u := range []UnitID{own, below, other, ""} {
				if CheckAt(tc.actor, tc.action, u) == nil {
					got = append(got, u)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("reach: %s", diff)
			}
			r := ReachOf(tc.actor, tc.action)
			if Allowed(tc.actor, tc.action) != (len(tc.want) > 0) {
				t.Error("Allowed and CheckAt differ")
			}
			for _, u := range []UnitID{own, below, other, ""} {
				if r.Holds(u) != slices.Contains(tc.want, u) {
					t.Errorf("a list with %q: %v", u, r.Holds(u))
				}
			}
			for _, u := range r.Units() {
				if !r.Holds(u) {
					t.Errorf("%s is listed and not held", u)
				}
			}
		})
	}
}
