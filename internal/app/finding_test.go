// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/system"
)

// A finding that may be an incident becomes one: in the unit of where it was found, with the clock running from when somebody said so, and
// pointing back, and naming the system of the source. It does so once, however often it is decided about.
func TestFindingBecomesAnIncident(t *testing.T) {
	a := open(t, "sqlite:"+t.TempDir()+"/insegel.db")
	actor := dbtest.Organisation(t, a.DB, "norrsjo")
	sys := system.New("Akten")
	sys.Unit = "Social"
	must(a.Systems.Create(t.Context(), actor, sys))(t)
	unit := unitOf(t, a, actor, "Social")
	f := fillFindings(t, a, actor.Organisation, unit, "Prov")
	console := access.LocalAdministrator(actor.Organisation)
	elsewhere := system.New("Diariet") // of the whole organisation: the incident stays where it was found
	elsewhere = must(a.Systems.Create(t.Context(), actor, elsewhere))(t)
	source := must(a.Findings.Open(t.Context(), console, f.source))(t).Source
	source.System = elsewhere.ID
	ok(t, a.Findings.Change(t.Context(), console, source))
	decide := func() {
		t.Helper()
		ok(t, a.Findings.Decide(t.Context(), console, []finding.Chosen{{ID: f.place.ID}}, finding.Decision{Outcome: finding.Incident, Note: "Öppet för alla"}))
	}
	decide()
	decide()
	ok(t, a.Jobs.Start(context.Background()))
	defer func() { ok(t, a.Jobs.Stop(context.Background())) }()
	left := func() (n int) { // jobs of either decision that are not done
		ok(t, a.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM river_job WHERE kind = 'finding.suspected' AND state <> 'completed'`), &n)
		}))
		return n
	}
	for deadline := time.Now().Add(time.Minute); left() > 0 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	rows := must(a.Incidents.List(t.Context(), actor))(t).Rows
	if len(rows) != 1 {
		t.Fatalf("%d incidents, want 1", len(rows))
	}
	x := rows[0].Incident
	want := incident.Origin{Kind: "finding", Ref: f.place.ID.String(), Path: f.place.PagePath()}
	if x.Origin != want || x.UnitID != unit || x.AwareAt.IsZero() || x.AwareAt != x.FoundAt || rows[0].Next.IsZero() {
		t.Errorf("the incident: %+v, next %v", x, rows[0].Next)
	}
	if len(x.Systems) != 1 || x.Systems[0].ID != elsewhere.ID {
		t.Errorf("the incident names the systems %+v, want that of the source", x.Systems)
	}
}
