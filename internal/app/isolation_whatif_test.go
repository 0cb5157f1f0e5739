// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"io/fs"
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/whatif"
)

// madeUp is the draft that ships with the program.
func madeUp() ([]catalogue.DraftFile, error) {
	b, err := fs.ReadFile(data.Files, "drafts/exempellagen.yaml")
	return []catalogue.DraftFile{{Name: "exempellagen.yaml", Text: string(b)}}, err
}

// fillDraft loads the made-up draft under a name of its own.
func fillDraft(t *testing.T, a *app.App, actor access.Actor, mark string) string {
	t.Helper()
	return must(a.WhatIf.Load(t.Context(), actor, whatif.Draft{Name: mark + " utkast", Files: must(madeUp())(t)}))(t).ID.String()
}

func (s *sides) whatifCalls(ctx context.Context) map[string]call {
	w, id, l := s.app.WhatIf, ids.ID[whatif.Draft](s.draft), s.app.Texts.In("sv")
	files, failed := madeUp()
	loaded := func() (*whatif.Loaded, error) {
		if failed != nil {
			return nil, failed
		}
		return w.Compile(files, civil.Date{}, civil.Of(s.app.DB.Now()))
	}
	return map[string]call{
		"whatif.List":   func(x access.Actor) (any, error) { return w.List(ctx, x) },
		"whatif.Load":   func(x access.Actor) (any, error) { return w.Load(ctx, x, whatif.Draft{Name: "Vårt", Files: files}) },
		"whatif.Remove": func(x access.Actor) (any, error) { return none(w.Remove(ctx, x, id)) },
		"whatif.Open": func(x access.Actor) (any, error) {
			v, err := w.Open(ctx, x, id, l)
			return v.Outcome, err
		},
		"whatif.Requirement": func(x access.Actor) (any, error) {
			v, err := w.Requirement(ctx, x, id, "exempel-barn-behov-just-nu", l)
			return v.Systems, err
		},
		"whatif.Nation": func(x access.Actor) (any, error) {
			v, err := w.Nation(ctx, x, id, l)
			return v.Name, err
		},
		"whatif.Weigh": func(x access.Actor) (any, error) {
			c, err := loaded()
			if err != nil {
				return nil, err
			}
			return w.Weigh(ctx, x, c, l)
		},
		"whatif.Held": func(x access.Actor) (any, error) {
			c, err := loaded()
			if err != nil {
				return nil, err
			}
			return w.Held(ctx, x, c, l)
		},
	}
}
