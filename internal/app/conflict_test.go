// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"errors"
	"maps"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// counter is something that many change at once: add reads the number that stands there and writes one more over what was read.
type counter struct {
	read func() (int, error)
	add  func() error
}

// counters are the forms that several may have open at once.
func counters(t *testing.T, a *app.App, actor access.Actor, slug, required string) map[string]counter {
	readSystem := func() (system.System, error) {
		d, err := a.Systems.Edit(t.Context(), actor, slug)
		return d.System, err
	}
	readAction := func() (*action.Action, error) {
		_, rows, err := a.Actions.Plan(t.Context(), actor, slug, a.Texts.In("sv"))
		for _, r := range rows {
			if r.Requirement.ID == required && r.Action != nil {
				return r.Action, err
			}
		}
		return &action.Action{}, err
	}
	return map[string]counter{
		"system": {
			func() (int, error) { s, err := readSystem(); return number(s.Comment), err },
			func() error {
				s, err := readSystem()
				if err != nil {
					return err
				}
				s.Comment = strconv.Itoa(number(s.Comment) + 1)
				return a.Systems.Update(t.Context(), actor, s)
			},
		},
		"action": {
			func() (int, error) { x, err := readAction(); return number(x.Note), err },
			func() error {
				x, err := readAction()
				if err != nil {
					return err
				}
				return a.Actions.Save(t.Context(), actor, slug, action.Action{
					Requirement: required, OwnerRole: "Chef", Status: action.Planned, Note: strconv.Itoa(number(x.Note) + 1), Version: x.Version,
				})
			},
		},
	}
}

// number reads a number out of a text. What is no number yet is none.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// answerCounters are the answers that several may give at once.
func answerCounters(t *testing.T, a *app.App, actor access.Actor, slug, required string) map[string]counter {
	readAnswer := func() (requirement.Answer, error) {
		v, err := a.Requirements.View(t.Context(), actor, slug, a.Texts.In("sv"))
		for _, r := range v.Requirements {
			if r.ID == required {
				return r.Answer, err
			}
		}
		return requirement.Answer{}, err
	}
	aspect := a.Catalogue.Models[0].Aspects[0].Aspect
	perspective := a.Catalogue.Models[0].Perspectives[0].Perspective.String()
	readLevel := func() (classification.Answer, error) {
		w, err := a.Classifications.Open(t.Context(), actor, slug, nil)
		if err != nil || w.State.Draft == nil {
			return classification.Answer{}, err
		}
		x, _ := w.State.Draft.Answered(aspect, perspective)
		return x, nil
	}
	return map[string]counter{
		"answer to a requirement": {
			func() (int, error) { x, err := readAnswer(); return number(x.Note), err },
			func() error {
				x, err := readAnswer()
				if err != nil {
					return err
				}
				over := int64(0)
				if x.Status != requirement.Unanswered {
					over = db.Millis(x.At)
				}
				return a.Requirements.Answer(t.Context(), actor, slug, []requirement.Answer{{
					Requirement: required, Status: requirement.NotMet, KnownBy: requirement.SelfAssessed, Note: strconv.Itoa(number(x.Note) + 1), Over: &over,
				}})
			},
		},
		"answer in a classification": {
			func() (int, error) { x, err := readLevel(); return number(x.Motivation), err },
			func() error {
				x, err := readLevel()
				if err != nil {
					return err
				}
				over := int64(0)
				if x.Motivation != "" {
					over = db.Millis(x.At)
				}
				return a.Classifications.Answer(t.Context(), actor, slug, classification.Answer{
					Aspect: aspect, Perspective: perspective, Level: 1, Motivation: strconv.Itoa(number(x.Motivation) + 1), Over: &over,
				})
			},
		},
	}
}

// Of several who change the same thing at once, each either saves over what they saw or is told that somebody was first: the number that
// stands at the end is how many saved.
func TestNoUpdateIsLost(t *testing.T) {
	for engine, database := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") },
		"postgres": func(t *testing.T) string { return dbtest.PostgresAddress(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			a := open(t, database(t))
			o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
			ok(t, organisation.Create(t.Context(), a.DB, o))
			actor := access.LocalAdministrator(o.ID)
			sys := system.New("System")
			sys.Supplier, sys.Hosting, sys.State = "Leverantör", "supplier", "planned"
			made := must(a.Systems.Create(t.Context(), actor, sys))(t)
			required := requirementOf(t, a, actor, made.Slug)
			all := counters(t, a, actor, made.Slug, required)
			maps.Copy(all, answerCounters(t, a, actor, made.Slug, required))
			for name, c := range all {
				t.Run(name, func(t *testing.T) { race(t, c) })
			}
		})
	}
}

func race(t *testing.T, c counter) {
	var saved, refused atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 6 {
				switch err := c.add(); {
				case err == nil:
					saved.Add(1)
				case errors.Is(err, db.ErrConflict):
					refused.Add(1)
				default:
					t.Errorf("neither saved nor told why: %v", err)
				}
			}
		})
	}
	wg.Wait()
	stands, err := c.read()
	if err != nil || int64(stands) != saved.Load() {
		t.Errorf("%d were saved and %d refused, and %d stands (%v): an update was lost", saved.Load(), refused.Load(), stands, err)
	}
	if saved.Load() == 0 || saved.Load()+refused.Load() != 36 {
		t.Errorf("%d saved, %d refused of 36", saved.Load(), refused.Load())
	}
}

// Who was second to answer a question gets 409 with what stands and what they wrote, and may save over it.
func TestConflictShowsBothVersions(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
	ok(t, organisation.Create(t.Context(), a.DB, o))
	actor := everybody(o.ID, "other")
	fillSide(t, a, actor, "Socialförvaltningen", "Egen")
	s := sides{app: a, reader: actor}
	c, _ := s.signIn(t)
	const path = "/system/gemensamt-system/klassning/steg/3?fraga=1"
	opened := c.Get(path)
	if opened.Status != 200 {
		t.Fatalf("open: %d", opened.Status)
	}
	m := a.Catalogue.Models[0]
	ok(t, a.Classifications.Answer(t.Context(), actor, "gemensamt-system", classification.Answer{
		Aspect: m.Aspects[0].Aspect, Perspective: m.Perspectives[0].Perspective.String(), Level: m.Aspects[0].Levels[2].Value, Motivation: "Deras skäl",
	}))
	mine := url.Values{"niva": {strconv.Itoa(m.Aspects[0].Levels[0].Value)}, "motivering": {"Mitt skäl"}}
	second := c.Submit(opened, "form.q", mine)
	if second.Status != 409 || !strings.Contains(second.Body, "Deras skäl") || !strings.Contains(second.Body, "Mitt skäl") {
		t.Fatalf("the second: status %d, theirs shown: %v, mine shown: %v", second.Status, strings.Contains(second.Body, "Deras skäl"), strings.Contains(second.Body, "Mitt skäl"))
	}
	if over := c.Submit(second, "form.q", mine); over.Status != 303 {
		t.Errorf("saving over it: status %d", over.Status)
	}
	w := must(a.Classifications.Open(t.Context(), actor, "gemensamt-system", nil))(t)
	if x, _ := w.State.Draft.Answered(m.Aspects[0].Aspect, m.Perspectives[0].Perspective.String()); x.Motivation != "Mitt skäl" {
		t.Errorf("after saving over it: %q stands", x.Motivation)
	}
}
