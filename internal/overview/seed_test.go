// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// clock is the time of every transaction in the tests.
var clock = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

var ctx = context.Background()

// engine is the catalogue, read and compiled once for all tests.
var engine = sync.OnceValues(func() (*requirement.Engine, error) {
	c, err := catalogue.Load(data.Files)
	if err != nil {
		return nil, err
	}
	return requirement.NewEngine(c), nil
})

func compiled(t testing.TB) *requirement.Engine {
	t.Helper()
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func service(t testing.TB, d *db.DB) *Service {
	t.Helper()
	return New(d, &requirement.Service{DB: d, Engine: compiled(t)})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// seed registers n systems in five units: most hold information, a third has a draft and a third a decision.
func seed(t testing.TB, d *db.DB, s *Service, actor access.Actor, n int) []system.System {
	t.Helper()
	c := s.catalogue()
	systems := make([]system.System, n)
	must(t, d.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		names := []string{"Socialförvaltningen", "Utbildningsförvaltningen", "Ådalens vård", "Kultur och fritid", "Kommunledningskontoret"}
		units, err := organisation.EnsureUnits(ctx, tx, actor.Organisation, names)
		if err != nil {
			return err
		}
		var types []*catalogue.InformationType
		for i := range c.Types {
			types = append(types, &c.Types[i])
		}
		byType, err := information.EnsureTypes(ctx, tx, actor.Organisation, types)
		if err != nil {
			return err
		}
		var links []system.Link
		var drafts []classification.Classification
		for i := range systems {
			y := system.New(fmt.Sprintf("System %04d", i))
			y.Unit = names[i%len(names)]
			y.UnitID = units[y.Unit]
			if i%4 != 0 {
				y.OwnerRole = "Enhetschef"
			}
			if i%5 == 0 {
				y.Facts = []catalogue.Statement{{Fact: "area", Value: "socialtjanst"}}
			}
			systems[i] = y
			for k := range i % 4 {
				links = append(links, system.Link{System: y.ID, Information: byType[types[(i*7+k*13)%len(types)].ID], Confirmed: i%2 == 0})
			}
			if i%3 != 0 {
				drafts = append(drafts, draft(y.ID, i))
			}
		}
		if err := system.Upsert(ctx, tx, actor.Organisation, systems); err != nil {
			return err
		}
		if err := system.AddLinks(ctx, tx, actor.Organisation, links); err != nil {
			return err
		}
		if _, err := classification.InsertDrafts(ctx, tx, actor.Organisation, drafts); err != nil {
			return err
		}
		for i := range systems {
			if i%3 != 2 {
				continue
			}
			until := civil.Of(tx.Now).AddDays(i%400 - 20)
			if _, err := tx.Exec(ctx, `UPDATE classification SET status = 'decided', decider = 'Enhetschef', decided_on = $1, valid_until = $2
				WHERE organisation_id = $3 AND system_id = $4`, until.AddMonths(-12), until, actor.Organisation, systems[i].ID); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "register.Import", ObjectKind: "register", ObjectID: "seed"})
	}))
	return systems
}

func draft(id ids.ID[system.System], i int) classification.Classification {
	x := classification.Classification{
		ID: ids.New[classification.Classification](), System: id, ModelID: "klassa", ModelVersion: "1", Origin: classification.FromImport, CreatedBy: "local",
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		x.Answers = append(x.Answers, classification.Answer{Aspect: a, Level: (i + int(a)) % 4, Motivation: "Prov"})
	}
	return x
}

// day0 is the day of the tests.
func day0() civil.Date { return civil.Of(clock) }

// appendNothing writes an entry of the log for a change that a test has made past the services.
func appendNothing(tx *db.Tx, actor access.Actor) error {
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "test.Change", ObjectKind: "test", ObjectID: "test"})
}
