// SPDX-License-Identifier: EUPL-1.2

package action_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/requirement"
)

func day(t *testing.T, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		a    action.Action
		want error
	}{
		"new without anybody":      {action.Action{Status: action.New}, nil},
		"planned by nobody":        {action.Action{Status: action.Planned}, action.ErrOwner},
		"planned by a role":        {action.Action{Status: action.Planned, OwnerRole: "systemagare"}, nil},
		"begun by nobody":          {action.Action{Status: action.Ongoing}, action.ErrOwner},
		"done by nobody in charge": {action.Action{Status: action.Done}, nil},
		"no status":                {action.Action{}, action.ErrStatus},
		"a status of its own":      {action.Action{Status: "soon", OwnerRole: "x"}, action.ErrStatus},
	} {
		t.Run(name, func(t *testing.T) { wants(t, tc.a.Check(), tc.want) })
	}
}

func TestLateAndGroup(t *testing.T) {
	monday := day(t, "2026-11-23")
	sunday := monday.AddDays(6)
	for name, tc := range map[string]struct {
		status action.Status
		due    civil.Date
		today  civil.Date
		late   bool
		group  action.Group
	}{
		"no day":                   {action.New, civil.Date{}, monday, false, action.Undated},
		"yesterday":                {action.Ongoing, monday.AddDays(-1), monday, true, action.Late},
		"today":                    {action.New, monday, monday, false, action.Week},
		"the week's last day":      {action.New, sunday, monday, false, action.Week},
		"the next week":            {action.New, sunday.AddDays(1), monday, false, action.Later},
		"seen on a Sunday":         {action.New, sunday, sunday, false, action.Week},
		"tomorrow, seen on Sunday": {action.New, sunday.AddDays(1), sunday, false, action.Later},
		"done is never late":       {action.Done, monday.AddDays(-9), monday, false, action.Closed},
		"done without a day":       {action.Done, civil.Date{}, monday, false, action.Closed},
		"planned for long ago":     {action.Planned, monday.AddMonths(-9), monday, true, action.Late},
	} {
		t.Run(name, func(t *testing.T) {
			a := action.Action{Status: tc.status, DueOn: tc.due}
			if got := a.Late(tc.today); got != tc.late {
				t.Errorf("late is %v, want %v", got, tc.late)
			}
			if got := a.Group(tc.today); got != tc.group {
				t.Errorf("in group %s, want %s", got, tc.group)
			}
		})
	}
}

// row makes a requirement of a plan.
func row(id string, status requirement.Status, must bool, least catalogue.Step, basis string) requirement.Applied {
	a := requirement.Applied{Requirement: &catalogue.Requirement{ID: id, Must: must, Role: "systemagare"}, Answer: requirement.Answer{Status: status}}
	a.Trigger[catalogue.Integrity] = least
	if basis != "" {
		a.Laws = []*catalogue.Law{{Basis: basis}}
	}
	return a
}

// The plan has every gap, the one that matters most first.
func TestPlanOrder(t *testing.T) {
	v := &requirement.View{Requirements: []requirement.Applied{
		row("met", requirement.Met, true, catalogue.Serious, catalogue.BasisExplicit),
		row("not-applicable", requirement.NotApplicable, true, catalogue.Serious, catalogue.BasisExplicit),
		row("should", requirement.Unanswered, false, catalogue.Unset, ""),
		row("shall", requirement.Unanswered, true, catalogue.Unset, ""),
		row("derived", requirement.DontKnow, true, catalogue.Unset, catalogue.BasisDerived),
		row("level", requirement.DontKnow, false, catalogue.Significant, ""),
		row("not-reached", requirement.Unanswered, false, catalogue.Serious, ""),
		row("explicit", requirement.Unanswered, false, catalogue.Unset, catalogue.BasisExplicit),
		row("partly", requirement.Partly, false, catalogue.Unset, ""),
		row("heavy-partly", requirement.Partly, true, catalogue.Significant, catalogue.BasisExplicit),
		row("not-met", requirement.NotMet, false, catalogue.Unset, ""),
		row("taken", requirement.Met, false, catalogue.Unset, ""),
		row("finished", requirement.Met, true, catalogue.Serious, ""),
	}}
	v.Subject.Steps[catalogue.Integrity] = catalogue.Significant
	actions := map[string]*action.Action{
		"taken":    {Status: action.Ongoing, OwnerRole: "it-drift"},
		"finished": {Status: action.Done},
		"shall":    {Status: action.New},
	}
	rows := action.Plan(v, actions)
	var got []string
	for _, r := range rows {
		got = append(got, r.Requirement.ID)
	}
	want := []string{"not-met", "heavy-partly", "partly", "explicit", "level", "shall", "derived", "should", "not-reached", "taken"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	at := func(id string) action.Row { return rows[slices.Index(got, id)] }
	for id, want := range map[string]struct {
		role     string
		proposed bool
		taken    bool
		step     catalogue.Step
	}{
		"taken":  {"it-drift", false, true, catalogue.Unset},
		"shall":  {"systemagare", true, true, catalogue.Unset},
		"level":  {"systemagare", true, false, catalogue.Significant},
		"should": {"systemagare", true, false, catalogue.Unset},
	} {
		if r := at(id); r.OwnerRole != want.role || r.Proposed != want.proposed || (r.Action != nil) != want.taken || r.Step != want.step {
			t.Errorf("%s: got %s, proposed %v, action %v, step %s", id, r.OwnerRole, r.Proposed, r.Action, r.Step)
		}
	}
}
