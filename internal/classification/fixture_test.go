// SPDX-License-Identifier: EUPL-1.2

package classification_test

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

const (
	k = catalogue.Confidentiality
	r = catalogue.Integrity
	a = catalogue.Availability
	s = catalogue.Traceability
)

var bundle = sync.OnceValues(func() (*locale.Bundle, error) {
	return locale.NewBundle(map[string]string{"classification": classification.Messages})
})

// texts gives the package's texts in a language.
func texts(t testing.TB, lang string) *locale.Localizer {
	t.Helper()
	b, err := bundle()
	if err != nil {
		t.Fatal(err)
	}
	return b.In(lang)
}

// typeOf finds an information type that suggests a step for an aspect and may, or may not, be lowered.
func typeOf(t testing.TB, aspect catalogue.Aspect, step catalogue.Step, lower bool) *catalogue.InformationType {
	t.Helper()
	c := cataloguetest.Load(t)
	for i := range c.Types {
		if typ := &c.Types[i]; typ.Levels[aspect].Step == step && typ.Lower == lower {
			return typ
		}
	}
	t.Fatalf("no information type suggests %s for %s with lower %v", step, aspect, lower)
	return nil
}

// held makes types into information that a system holds.
func held(types ...*catalogue.InformationType) []information.Held {
	var out []information.Held
	for _, typ := range types {
		out = append(out, information.Held{Information: information.Information{Name: typ.Name.SV, TypeID: typ.ID}, Confirmed: true})
	}
	return out
}

// answer makes an answer with a motivation.
func answer(aspect catalogue.Aspect, perspective string, level int) classification.Answer {
	return classification.Answer{Aspect: aspect, Perspective: perspective, Level: level, Motivation: "Så är det."}
}

// both answers from the two perspectives that every model that ships asks about.
func both(aspect catalogue.Aspect, level int) []classification.Answer {
	return []classification.Answer{answer(aspect, "individual", level), answer(aspect, "organisation", level)}
}

// answers gives every obligatory aspect of klassa the same level from both perspectives.
func answers(level int) []classification.Answer {
	return slices.Concat(both(k, level), both(r, level), both(a, level))
}

// without leaves out the answers of an aspect from a perspective.
func without(list []classification.Answer, aspect catalogue.Aspect, perspective string) []classification.Answer {
	return slices.DeleteFunc(list, func(x classification.Answer) bool { return x.Aspect == aspect && x.Perspective == perspective })
}

// desk is a service with an organisation that has one system.
type desk struct {
	*classification.Service
	t     *testing.T
	actor access.Actor
	sys   system.System
	now   time.Time
}

// newDesk makes a desk on a database. Its clock stands still.
func newDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f := &desk{t: t, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	d.Now = func() time.Time { return f.now }
	f.Service = &classification.Service{DB: d, Catalogue: cataloguetest.Load(t), Jobs: q}
	f.actor = dbtest.Organisation(t, d, "norrsjo")
	f.sys, err = (&system.Service{DB: d}).Create(t.Context(), f.actor, system.New("Treserva"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *desk) answer(list ...classification.Answer) {
	f.t.Helper()
	for _, one := range list {
		if err := f.Answer(f.t.Context(), f.actor, f.sys.Slug, one); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *desk) decide() {
	f.t.Helper()
	if err := f.Decide(f.t.Context(), f.actor, f.sys.Slug, "Socialchef"); err != nil {
		f.t.Fatal(err)
	}
}

// choose makes a model the organisation's.
func (f *desk) choose(id string) {
	f.t.Helper()
	if _, err := f.ChooseModel(f.t.Context(), f.actor, id); err != nil {
		f.t.Fatal(err)
	}
}

func (f *desk) open() classification.Work {
	f.t.Helper()
	w, err := f.Open(f.t.Context(), f.actor, f.sys.Slug, texts(f.t, "sv"))
	if err != nil {
		f.t.Fatal(err)
	}
	return w
}

// column reads one column of text, in the order of the query.
func (f *desk) column(query string, args ...any) []string {
	f.t.Helper()
	var out []string
	err := f.DB.Read(f.t.Context(), db.Installation, func(tx *db.Tx) (err error) {
		out, err = db.All(f.t.Context(), tx, func(scan func(...any) error) (string, error) {
			var v string
			return v, scan(&v)
		}, query, args...)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

// jobs counts the jobs that wait.
func (f *desk) jobs() int {
	f.t.Helper()
	return len(f.column(`SELECT kind FROM river_job WHERE kind = 'classification.changed'`))
}

// wants fails unless err is the one wanted.
func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
