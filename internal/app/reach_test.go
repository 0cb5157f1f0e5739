// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/system"
)

// world is a random organisation: a tree of units, systems in them, and what hangs on the systems.
type world struct {
	org     access.OrganisationID
	tree    organisation.Tree
	systems []system.System
	// acted are the systems that have an action, held those that hold the one piece of information.
	acted, held map[ids.ID[system.System]]bool
}

// kindOf is the one information type that the random systems may hold.
func kindOf(a *app.App) *catalogue.InformationType { return &a.Catalogue.Types[0] }

func drawWorld(t *rapid.T, a *app.App) world {
	w := world{org: ids.New[access.Tenant](), acted: map[ids.ID[system.System]]bool{}, held: map[ids.ID[system.System]]bool{}}
	o := organisation.Organisation{ID: w.org, Code: "o" + strings.ReplaceAll(w.org.String(), "-", "")[:30], Name: "Kommun"}
	ctx := t.Context()
	fatal(t, organisation.Create(ctx, a.DB, o))
	var names []string
	for i := range rapid.IntRange(1, 7).Draw(t, "units") {
		names = append(names, fmt.Sprint("Enhet ", i))
	}
	actor := access.LocalAdministrator(w.org)
	fatal(t, a.DB.Write(ctx, w.org, func(tx *db.Tx) error {
		units, err := organisation.EnsureUnits(ctx, tx, w.org, names)
		if err != nil {
			return err
		}
		for i, n := range names[1:] { // a parent that stands before: a tree, or several
			if p := rapid.IntRange(-1, i).Draw(t, "parent"); p >= 0 {
				if _, err := tx.Exec(ctx, `UPDATE unit SET parent_id = $1 WHERE organisation_id = $2 AND id = $3`, units[names[p]], w.org, units[n]); err != nil {
					return err
				}
			}
		}
		if w.tree, err = organisation.ReadTree(ctx, tx, w.org); err != nil {
			return err
		}
		return w.drawSystems(t, a, tx, actor, units)
	}))
	return w
}

func (w *world) drawSystems(t *rapid.T, a *app.App, tx *db.Tx, actor access.Actor, units map[string]access.UnitID) error {
	ctx := t.Context()
	kind, err := information.EnsureTypes(ctx, tx, w.org, []*catalogue.InformationType{kindOf(a)})
	if err != nil {
		return err
	}
	var links []system.Link
	for i := range rapid.IntRange(0, 12).Draw(t, "systems") {
		s := system.New(fmt.Sprintf("System %02d", i))
		s.State = rapid.SampledFrom([]string{"planned", "in-use"}).Draw(t, "state")
		if n := rapid.IntRange(-1, len(units)-1).Draw(t, "in unit"); n >= 0 {
			s.Unit = fmt.Sprint("Enhet ", n)
			s.UnitID = units[s.Unit]
		}
		if rapid.Bool().Draw(t, "holds") {
			w.held[s.ID] = true
			links = append(links, system.Link{System: s.ID, Information: kind[kindOf(a).ID], Confirmed: true})
		}
		if rapid.Bool().Draw(t, "has an action") {
			w.acted[s.ID] = true
		}
		w.systems = append(w.systems, s)
	}
	if err := system.Upsert(ctx, tx, w.org, w.systems); err != nil {
		return err
	}
	if err := system.AddLinks(ctx, tx, w.org, links); err != nil {
		return err
	}
	for _, s := range w.systems {
		if !w.acted[s.ID] {
			continue
		}
		_, err := tx.Exec(ctx, `INSERT INTO action (id, organisation_id, system_id, requirement_id, owner_role, status, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, 'planned', 0, 0)`, ids.New[action.Action](), w.org, s.ID, a.Catalogue.Requirements[0].ID, "Ansvarig "+s.Slug)
		if err != nil {
			return err
		}
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "register.Import", ObjectKind: "import", ObjectID: "x"})
}

func fatal(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) drawActor(t *rapid.T) access.Actor {
	a := access.Actor{ID: "p", Name: "p", Organisation: w.org, Fresh: true}
	role := rapid.SampledFrom(access.Roles())
	for range rapid.IntRange(0, 3).Draw(t, "held roles") {
		u := rapid.SampledFrom(w.tree.Units).Draw(t, "unit of role")
		a.Held = append(a.Held, w.tree.Hold(role.Draw(t, "role"), u.ID))
	}
	if rapid.IntRange(0, 5).Draw(t, "whole") == 0 {
		a.Roles = append(a.Roles, role.Draw(t, "role of the whole"))
	}
	return a
}

// may gives the names of the systems that a brute-force look at each lets the actor do the action to.
func (w *world) may(a access.Actor, action string, also func(*system.System) bool) []string {
	out := []string{}
	for i := range w.systems {
		s := &w.systems[i]
		if access.CheckAt(a, action, s.UnitID) == nil && (also == nil || also(s)) {
			out = append(out, s.Name)
		}
	}
	slices.Sort(out)
	return out
}

// Every list, count, sum, search and report equals a filter that asks about each system by itself.
func TestListsEqualAFilterByEye(t *testing.T) {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		t.Fatal(err)
	}
	for engine, database := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") },
		"postgres": func(t *testing.T) string { return dbtest.PostgresAddress(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			a := open(t, database(t))
			rapid.Check(t, func(t *rapid.T) {
				w := drawWorld(t, a)
				for range 3 { // readers of one organisation share its sums
					w.compare(t, a, w.drawActor(t))
				}
			})
		})
	}
}

func (w *world) compare(t *rapid.T, a *app.App, actor access.Actor) {
	ctx, o := t.Context(), overview.New(a.DB, a.Requirements)
	// same compares a list with what is wanted; an actor who may do the action nowhere is refused.
	same := func(what, action string, got []string, err error, want []string) {
		t.Helper()
		if refused := access.Check(actor, action); refused != nil {
			if err == nil {
				t.Fatalf("%s: not refused", what)
			}
			return
		}
		fatal(t, err)
		if slices.Sort(got); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Fatalf("%s: got %q, want %q", what, got, want)
		}
	}
	number := func(n int) []string { return []string{fmt.Sprint(n)} }
	planned := func(s *system.System) bool { return s.State == "planned" }

	seen := w.may(actor, "overview.List", nil)
	for name, f := range map[string]overview.Filter{"from the database": {}, "from the sums": {ByLevel: true}} {
		l, err := o.List(ctx, actor, f)
		same("list "+name, "overview.List", rowNames(l.Rows), err, seen)
		same("count "+name, "overview.List", number(l.Matching), err, number(len(seen)))
		same("total "+name, "overview.List", number(l.Total), err, number(len(seen)))
		same("units "+name, "overview.List", unitNames(l.Units), err, w.unitsOf(actor, "overview.List"))
	}
	found, err := o.List(ctx, actor, overview.Filter{Text: "system 1"})
	foundNames := w.may(actor, "overview.List", func(s *system.System) bool { return strings.Contains(s.Name+s.Unit, "1") })
	same("search", "overview.List", rowNames(found.Rows), err, foundNames)

	h, err := o.Home(ctx, actor, "")
	same("sum", "overview.Home", number(h.Totals.Systems), err, number(len(w.may(actor, "overview.Home", nil))))
	acted := w.may(actor, "overview.Home", func(s *system.System) bool { return w.acted[s.ID] })
	same("sum of actions", "overview.Home", number(h.Totals.Actions.Total()), err, number(len(acted)))
	perUnit := 0
	for _, u := range h.Totals.Units {
		perUnit += u.Total
	}
	same("sum of units", "overview.Home", number(perUnit), err, number(len(w.may(actor, "overview.Home", nil))))

	held, err := o.Information(ctx, actor)
	holders := 0
	for _, i := range held {
		holders += i.Systems
	}
	holds := w.may(actor, "overview.Information", func(s *system.System) bool { return w.held[s.ID] })
	same("holders counted", "overview.Information", number(holders), err, number(len(holds)))
	one, err := o.InformationType(ctx, actor, kindOf(a).ID, 1)
	var holderNames []string
	for _, x := range one.Holders {
		holderNames = append(holderNames, x.Name)
	}
	same("holders", "overview.InformationType", holderNames, err, w.may(actor, "overview.InformationType", func(s *system.System) bool { return w.held[s.ID] }))

	list, err := a.Actions.List(ctx, actor, action.Filter{})
	var actionNames, gapNames []string
	for _, r := range list.Rows {
		actionNames = append(actionNames, r.Name)
	}
	for i := range list.Systems {
		gapNames = append(gapNames, list.Systems[i].System.Name)
	}
	actedOn := w.may(actor, "action.List", func(s *system.System) bool { return w.acted[s.ID] })
	same("actions", "action.List", actionNames, err, actedOn)
	same("actions counted", "action.List", number(list.Total), err, number(len(actedOn)))
	same("owners of actions", "action.List", number(len(list.Owners)), err, number(len(actedOn)))
	same("systems with gaps", "action.List", gapNames, err, w.may(actor, "action.List", nil))
	same("systems with gaps counted", "action.List", number(list.SystemTotal), err, number(len(gapNames)))

	bought, err := a.Procurements.Systems(ctx, actor, procurement.Filter{})
	var boughtNames []string
	for i := range bought.Systems {
		boughtNames = append(boughtNames, bought.Systems[i].System.Name)
	}
	same("systems to procure", "procurement.Systems", boughtNames, err, w.may(actor, "procurement.Systems", nil))
	same("planned", "procurement.Systems", number(bought.Planned), err, number(len(w.may(actor, "procurement.Systems", planned))))
	w.compareReports(t, a, actor)
	w.compareOne(t, a, actor)
}

// compareReports compares what reports of all systems have in them. A report tells no more than its page.
func (w *world) compareReports(t *rapid.T, a *app.App, actor access.Actor) {
	for kind, reads := range map[report.Kind]string{report.Register: "overview.System", report.Plan: "action.Plan", report.Classification: "classification.Open", report.Procurement: "procurement.Annex"} {
		var b bytes.Buffer
		err := a.Reports.Write(t.Context(), actor, report.Request{Kind: kind, Format: document.JSON}, &b)
		if refused := access.Check(actor, "report.Write") != nil || access.Check(actor, reads) != nil; refused {
			if err == nil || b.Len() > 0 {
				t.Fatalf("report %s: not refused", kind)
			}
			continue
		}
		fatal(t, err)
		var out struct {
			Systems []struct {
				System string `json:"system"`
			} `json:"systems"`
		}
		fatal(t, json.Unmarshal(b.Bytes(), &out))
		got := []string{}
		for _, s := range out.Systems {
			got = append(got, s.System)
		}
		slices.Sort(got)
		want := w.may(actor, "report.Write", func(s *system.System) bool { return access.CheckAt(actor, reads, s.UnitID) == nil })
		if !slices.Equal(got, want) {
			t.Fatalf("report %s: got %q, want %q", kind, got, want)
		}
	}
}

// compareOne opens each system by itself: what is in the list can be opened, and nothing else.
func (w *world) compareOne(t *rapid.T, a *app.App, actor access.Actor) {
	o := overview.New(a.DB, a.Requirements)
	for i := range w.systems {
		s := &w.systems[i]
		_, err := o.System(t.Context(), actor, s.Slug, a.Texts.In("sv"))
		if got, want := err == nil, access.CheckAt(actor, "overview.System", s.UnitID) == nil; got != want {
			t.Fatalf("open %s: %v, want %v", s.Name, err, want)
		}
	}
}

func rowNames(rows []overview.Sum) []string {
	out := []string{}
	for i := range rows {
		out = append(out, rows[i].Name)
	}
	return out
}

func unitNames(units []organisation.Unit) []string {
	out := []string{}
	for _, u := range units {
		out = append(out, u.Name)
	}
	return out
}

// unitsOf gives the names of the units that the actor may do the action in.
func (w *world) unitsOf(a access.Actor, action string) []string {
	out := []string{}
	for _, u := range w.tree.Units {
		if access.CheckAt(a, action, u.ID) == nil {
			out = append(out, u.Name)
		}
	}
	slices.Sort(out)
	return out
}
