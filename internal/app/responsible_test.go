// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// TestLeaversHandOverSystemsAndActions names somebody for a system and an action, lets them leave, and hands both to another.
func TestLeaversHandOverSystemsAndActions(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	actor := everybody(dbtest.Organisation(t, a.DB, "prov").Organisation, "prov")
	add := func(name string) ids.ID[organisation.Person] {
		return must(a.Organisations.AddPerson(t.Context(), actor, organisation.Person{Name: name}))(t)
	}
	kim, lo := add("Kim Ek"), add("Lo Al")
	made := must(a.Systems.Create(t.Context(), actor, system.New("Ärendesystem")))(t)
	ref := made.ID.String()
	r := requirementOf(t, a, actor, ref)
	ok(t, a.Systems.SetResponsible(t.Context(), actor, ref, []system.Naming{{Kind: organisation.Owner, Person: kim}}),
		a.Requirements.Answer(t.Context(), actor, ref, []requirement.Answer{{Requirement: r, Status: requirement.NotMet, KnownBy: requirement.SelfAssessed}}),
		a.Actions.Save(t.Context(), actor, ref, action.Action{Requirement: r, Person: kim, Status: action.Planned}))
	views := overview.New(a.DB, a.Requirements)
	list := must(views.List(t.Context(), actor, overview.Filter{}))(t)
	if len(list.Rows) != 1 || list.Rows[0].Owner != "Kim Ek" {
		t.Fatalf("the list shows %+v", list.Rows)
	}
	if got := must(a.Actions.List(t.Context(), actor, action.Filter{Owner: action.PersonPrefix + kim.String()}))(t); len(got.Rows) != 1 || got.Rows[0].PersonName != "Kim Ek" {
		t.Fatalf("Kim's actions: %+v", got.Rows)
	}
	must(a.Organisations.EndPerson(t.Context(), actor, kim, "Slutat."))(t)
	left := must(a.Organisations.Leavers(t.Context(), actor))(t)
	if len(left) != 2 || !strings.Contains(left[0].Name+left[1].Name, "Ärendesystem") || !strings.Contains(left[0].Href, "/atgarder") {
		t.Fatalf("left: %+v", left)
	}
	if got := must(views.List(t.Context(), actor, overview.Filter{Owner: overview.Missing}))(t); got.Matching != 1 {
		t.Errorf("a system whose owner has left is not among those without one: %+v", got)
	}
	must(a.Organisations.HandOver(t.Context(), actor, organisation.HandOver{From: kim, To: lo, Reason: "Lo tar över."}))(t)
	if left = must(a.Organisations.Leavers(t.Context(), actor))(t); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	one := must(views.System(t.Context(), actor, ref, a.Texts.In("sv")))(t)
	if one.Responsible[organisation.Owner].Left != "Lo Al" || one.Actions[r].PersonName != "Lo Al" {
		t.Errorf("%+v, %+v", one.Responsible, one.Actions[r])
	}
}
