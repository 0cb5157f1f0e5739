// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
)

// foundThings are what a search has found on one side.
type foundThings struct {
	source ids.ID[finding.Source]
	scan   ids.ID[finding.Scan]
	place  finding.Place
	held   ids.ID[finding.Held]
	rule   ids.ID[finding.Rule]
	person ids.ID[organisation.Person]
}

// testNumber is an official test number, which has never been given to anybody.
const testNumber = "18900603-9813"

// fillFindings searches a directory whose every name says mark, and decides about what was found, saying mark.
func fillFindings(t *testing.T, a *app.App, org access.OrganisationID, unit access.UnitID, mark string) (f foundThings) {
	t.Helper()
	if a.Findings.Limits.Roots == nil {
		a.Findings.Limits.Roots = map[string]string{"Mapp": t.TempDir()}
	}
	file := strings.NewReplacer("/", "∕", ":", "∶").Replace(mark) // letters that a path below a root cannot have
	dir := filepath.Join(a.Findings.Limits.Roots["Mapp"], file)
	for _, name := range []string{"ett", "två"} {
		ok(t, os.MkdirAll(filepath.Join(dir, file+name), 0o700),
			os.WriteFile(filepath.Join(dir, file+name, file+".csv"), []byte("namn;"+mark+"\nAnna Svensson;"+testNumber+"\n"), 0o600))
	}
	ok(t, os.WriteFile(filepath.Join(dir, file+".zip"), []byte("PK\x03\x04 ingenting"), 0o600)) // which cannot be read
	ctx, console := t.Context(), access.LocalAdministrator(org)
	name := mark // of a source and of a person, which are not sealed
	if mark == canary {
		name = "Öppen"
	}
	ok(t, a.DB.Write(ctx, org, func(tx *db.Tx) error {
		p, err := auth.AddPerson(ctx, tx, auth.NewPerson{
			Organisation: org, Name: name + " Ansvarig", Folded: locale.Fold(name + " Ansvarig"), Origin: "first", Issuer: "test", Subject: name,
			Roles: []access.Role{access.Executive},
		})
		f.person = ids.ID[organisation.Person](p.Person)
		return err
	}))
	f.source = must(a.Findings.Add(ctx, console, finding.Source{
		Name: name + " källa", Kind: finding.Files, Root: "Mapp", Place: file, Owner: f.person, Unit: unit,
	}, "Prov"))(t).ID
	f.scan = must(a.Findings.Start(ctx, console, f.source))(t)
	ok(t, a.Findings.Work(ctx, access.SystemActor(org), f.scan))
	in := must(a.Findings.Inbox(ctx, console, finding.Filter{Source: f.source.String()}))(t)
	if len(in.Places) != 2 {
		t.Fatalf("%d places were found", len(in.Places))
	}
	ok(t, a.Findings.Decide(ctx, console, []finding.Chosen{{ID: in.Places[1].ID}}, finding.Decision{Outcome: finding.False, Note: mark + " skäl", Ends: civil.Of(a.DB.Now()).AddDays(9)}))
	f.rule = must(a.Findings.FalseRules(ctx, console))(t)[0].ID
	ok(t, a.Findings.Decide(ctx, console, []finding.Chosen{{ID: in.Places[0].ID}}, finding.Decision{Outcome: finding.ToDelete, Note: mark + " anteckning"}),
		a.Findings.Dispute(ctx, console, in.Places[0].ID, mark+" stämmer inte"))
	s := must(a.Findings.Place(ctx, console, in.Places[0].ID, 1))(t)
	f.place, f.held = s.Place, s.Held[0].ID
	return f
}

// findingCalls are the use cases of findings, called with what is theirs.
func (s *sides) findingCalls(ctx context.Context) map[string]call {
	f, x := s.app.Findings, s.found
	chosen := []finding.Chosen{{ID: x.place.ID}}
	out := map[string]call{
		"finding.Decide": func(y access.Actor) (any, error) {
			return none(f.Decide(ctx, y, chosen, finding.Decision{Outcome: finding.Incident}))
		},
		"finding.Dispute": func(y access.Actor) (any, error) { return none(f.Dispute(ctx, y, x.place.ID, "fel")) },
		"finding.Give":    func(y access.Actor) (any, error) { return none(f.Give(ctx, y, x.place.ID, x.person)) },
		"finding.EndRule": func(y access.Actor) (any, error) { return none(f.EndRule(ctx, y, x.rule)) },
		"finding.Change": func(y access.Actor) (any, error) {
			return none(f.Change(ctx, y, finding.Source{ID: x.source, Name: "Stulen", Owner: x.person, Version: 1}))
		},
		"finding.Pause": func(y access.Actor) (any, error) { return none(f.Pause(ctx, y, x.source, finding.Off)) },
		"finding.Stop":  func(y access.Actor) (any, error) { return none(f.Stop(ctx, y, x.source)) },
		"finding.Start": func(y access.Actor) (any, error) { return f.Start(ctx, y, x.source) },
		"finding.Add": func(y access.Actor) (any, error) {
			return f.Add(ctx, y, finding.Source{Name: "Stulen", Kind: finding.Files, Root: "Mapp", Owner: x.person, Unit: x.place.Unit}, "Prov")
		},
		"finding.Work": func(y access.Actor) (any, error) { return none(f.Work(ctx, y, x.scan)) },
		"finding.Tick": func(y access.Actor) (any, error) { return none(f.Tick(ctx, y)) },
	}
	maps.Copy(out, s.findingReads(ctx))
	return out
}

func (s *sides) findingReads(ctx context.Context) map[string]call {
	f, x := s.app.Findings, s.found
	return map[string]call{
		"finding.Inbox":      func(y access.Actor) (any, error) { return f.Inbox(ctx, y, finding.Filter{View: "all"}) },
		"finding.Place":      func(y access.Actor) (any, error) { return f.Place(ctx, y, x.place.ID, 1) },
		"finding.Look":       func(y access.Actor) (any, error) { return f.Look(ctx, y, x.held) },
		"finding.FalseRules": func(y access.Actor) (any, error) { return f.FalseRules(ctx, y) },
		"finding.List": func(y access.Actor) (any, error) {
			l, err := f.List(ctx, y)
			return l.List, err // what the operator allows is the server's, and nobody's
		},
		"finding.Open":   func(y access.Actor) (any, error) { return f.Open(ctx, y, x.source) },
		"finding.Unread": func(y access.Actor) (any, error) { return f.Unread(ctx, y, x.source, 1) },
		"finding.Form": func(y access.Actor) (any, error) {
			got, err := f.Form(ctx, y)
			got.Limits = finding.Limits{}
			if !s.whole { // people belong to the organisation, and can be named by all of it
				got.People = nil
			}
			return got, err
		},
	}
}
