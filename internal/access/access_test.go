// SPDX-License-Identifier: EUPL-1.2

package access

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/ids"
)

var update = flag.Bool("update", false, "write testdata/policy.golden anew")

var roles = []Role{
	Administrator, Coordinator, SystemOwner, SystemManager, Procurer, DataProtection, Executive, Auditor, Operations, System,
}

// table writes who may do what, one action a line, as an auditor would read it.
func table(org OrganisationID) string {
	var b strings.Builder
	for _, action := range Actions() {
		b.WriteString(action + ":")
		for _, r := range roles {
			if Allowed(Actor{Organisation: org, Roles: []Role{r}}, action) {
				b.WriteString(" " + string(r))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The whole policy stands in testdata, so that a change of who may do what is seen in review.
func TestPolicy(t *testing.T) {
	golden := filepath.Join("testdata", "policy.golden")
	got := table(ids.New[Tenant]())
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

// An administrator sets up the program and sees no content by that role alone.
func TestAdministratorSeesNothing(t *testing.T) {
	a := Actor{Organisation: ids.New[Tenant](), Roles: []Role{Administrator}}
	for _, action := range Actions() {
		if Allowed(a, action) {
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
		if len(policies[action]) == 0 {
			t.Errorf("%s is allowed to nobody; take it out", action)
		}
	}
}
