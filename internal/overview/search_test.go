// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/system"
)

func TestScore(t *testing.T) {
	for _, c := range []struct {
		text, name, beside string
		want               int
	}{
		{"Ärende", "ärende", "", scoreSame},
		{"ärende", "ärendesystem", "", scoreBegins},
		{"LSS", "stöd enligt lss", "", scoreWord},
		{"rende", "ärendesystem", "", scoreInside},
		{"ärende social", "ärendesystem", "socialförvaltningen", scoreBeside},
		{"social", "ärendesystem", "socialförvaltningen", scoreBeside},
		{"ärende skola", "ärendesystem", "socialförvaltningen", scoreNone},
		{"  ", "ärendesystem", "", scoreNone},
		{strings.Repeat("å", 300), "ärendesystem", "", scoreNone},
	} {
		if got := newSearchText(c.text).score(c.name, c.beside); got != c.want {
			t.Errorf("score of %q for %q beside %q is %d, want %d", c.text, c.name, c.beside, got, c.want)
		}
	}
}

// found gives the systems that a search found, by slug.
func found(groups []Group, kind FoundKind) []string {
	var out []string
	for _, g := range groups {
		if g.Kind == kind {
			for _, m := range g.Matches {
				out = append(out, m.Ref)
			}
		}
	}
	return out
}

func TestSearch(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		seed(t, d, w.s, w.actor, 20)
		must(t, d.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
			var list []system.System
			for _, name := range []string{"Mätarställning 100% _säker", "Omsorgens mätarställning", "Mätarställning"} {
				y := system.New(name)
				y.Slug = strings.ToLower(strings.NewReplacer(" ", "-", "ä", "a", "%", "", "_", "").Replace(name))
				list = append(list, y)
			}
			return system.Upsert(ctx, tx, w.actor.Organisation, list)
		}))
		sv := bundle(t).In("sv")
		for _, warm := range []bool{false, true} { // from the database, then from the sums in memory
			groups, err := w.s.Search(ctx, w.actor, "MÄTARställning", sv)
			must(t, err)
			got := found(groups, FoundSystem)
			if len(got) != 3 || got[0] != "matarstallning" || got[2] != "omsorgens-matarstallning" {
				t.Errorf("warm %v: found %v, want the exact name first and the one that has it last", warm, got)
			}
			groups, err = w.s.Search(ctx, w.actor, "100%", sv)
			must(t, err)
			if got := found(groups, FoundSystem); len(got) != 1 {
				t.Errorf("warm %v: 100%% found %v", warm, got)
			}
			_, err = w.s.Home(ctx, w.actor, "") // makes the sums
			must(t, err)
		}
		groups, err := w.s.Search(ctx, w.actor, "sekretess", sv)
		must(t, err)
		if len(found(groups, FoundLaw)) == 0 || len(found(groups, FoundRequirement)) == 0 {
			t.Errorf("sekretess found %v", groups)
		}
	})
}

// TestSearchKeepsWithinReach searches as those who may see less.
func TestSearchKeepsWithinReach(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		systems := seed(t, d, w.s, w.actor, 20)
		sv := bundle(t).In("sv")
		unit := systems[0].UnitID
		owner := access.Actor{
			ID: "owner", Organisation: w.actor.Organisation,
			Held: []access.Held{{Role: access.SystemManager, Unit: unit}},
		}
		buyer := access.Actor{ID: "buyer", Organisation: w.actor.Organisation, Roles: []access.Role{access.Procurer}}
		stranger := dbtest.Organisation(t, d, "sorsjo")
		for range 2 {
			groups, err := w.s.Search(ctx, owner, "system", sv)
			must(t, err)
			for _, g := range groups {
				if g.Kind != FoundSystem {
					continue
				}
				if g.Total == 0 || g.Total >= len(systems) {
					t.Errorf("a manager of one unit is told of %d systems of %d", g.Total, len(systems))
				}
			}
			groups, err = w.s.Search(ctx, buyer, "system", sv)
			must(t, err)
			if got := found(groups, FoundSystem); len(got) > 0 {
				t.Errorf("procurement, who may not list systems, found %v", got)
			}
			groups, err = w.s.Search(ctx, stranger, "system", sv)
			must(t, err)
			if got := found(groups, FoundSystem); len(got) > 0 {
				t.Errorf("another organisation found %v", got)
			}
			_, err = w.s.Home(ctx, w.actor, "")
			must(t, err)
		}
	})
}

func TestSearchPage(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	systems := seed(t, w.d, w.s, w.actor, 30)
	p := w.open(t, "/sok?q=system")
	rows := p.All("#main ul.found li")
	if len(rows) < FoundSize || !strings.Contains(p.Text("main"), "30") {
		t.Errorf("%d rows: %s", len(rows), p.Text("main"))
	}
	if !p.Has(`main a[href="/system?q=system"]`) {
		t.Error("nothing leads to the whole list")
	}
	w.Header.Set("X-Part", "1")
	part := w.Get("/sok?q=" + url.QueryEscape(systems[0].Name))
	if part.Status != http.StatusOK || !strings.Contains(part.Body, `"href":"/system/`+systems[0].Slug+`"`) {
		t.Errorf("the part is %d: %s", part.Status, part.Body)
	}
	w.Header.Del("X-Part")
	if p := w.open(t, "/sok?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"); p.Has("main script") || !p.Has("main .empty") {
		t.Error("a search for markup is not told as text")
	}
}
