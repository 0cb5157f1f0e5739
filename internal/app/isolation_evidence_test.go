// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// measuredLogin is what a measurement of a sign-in page says.
func measuredLogin(id, kind string, v verdict.Verdict, mark string) evidence.New {
	return evidence.New{
		System: ids.ID[system.System](id), Kind: kind, Source: evidence.Measured, Subject: evidence.SubjectLogin, Outcome: evidence.Unclear, Verdict: v,
		Grade: verdict.Seen, Detail: evidence.Detail{Title: mark + " titel", Because: evidence.Told([]string{mark + " skäl"}, nil)},
	}
}

// fillEvidence gives a system a document, and measurements that have become worse.
func fillEvidence(t *testing.T, a *app.App, actor access.Actor, id, mark string) (record, shift string) {
	t.Helper()
	first := measuredLogin(id, "EV_AUTHNREQ", verdict.StrongDemanded, mark)
	first.Observed = a.DB.Now().Add(-time.Hour)
	must(a.Evidence.Record(t.Context(), actor, first))(t)
	must(a.Evidence.Record(t.Context(), actor, measuredLogin(id, "EV_PWFORM", verdict.PasswordOnly, mark)))(t)
	doc := must(a.Evidence.Record(t.Context(), actor, evidence.New{
		System: ids.ID[system.System](id), Kind: "EV_DOC", Source: evidence.Attested, Subject: evidence.SubjectRoleModel, Outcome: evidence.For,
		Detail: evidence.Detail{Title: mark + " rollmodell", Signer: mark + " chef"}, File: &evidence.File{Name: mark + ".txt", Media: "text/plain", Content: []byte(mark)},
	}))(t)
	ok(t, a.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		shifts, err := evidence.Shifts(t.Context(), tx, actor.Organisation, access.Everywhere())
		for _, x := range shifts {
			if x.System.String() == id {
				shift = x.ID.String()
			}
		}
		return err
	}))
	if shift == "" {
		t.Fatal("the measurement became worse, and no change was noted")
	}
	return doc.ID.String(), shift
}

func (s *sides) evidenceCalls(ctx context.Context) map[string]call {
	a := s.app
	o := overview.New(a.DB, a.Requirements)
	return map[string]call{
		"evidence.Record": func(x access.Actor) (any, error) {
			return a.Evidence.Record(ctx, x, measuredLogin(s.systemID, "EV_PWFORM", verdict.PasswordOnly, "x"))
		},
		"evidence.List": func(x access.Actor) (any, error) { return a.Evidence.List(ctx, x, s.slug) },
		"evidence.File": func(x access.Actor) (any, error) { return a.Evidence.File(ctx, x, ids.ID[evidence.Record](s.record)) },
		"evidence.Withdraw": func(x access.Actor) (any, error) {
			return none(a.Evidence.Withdraw(ctx, x, ids.ID[evidence.Record](s.record), "fel"))
		},
		"evidence.Draft": func(x access.Actor) (any, error) { return a.Evidence.Draft(ctx, x, s.slug) },
		"evidence.CompareAccess": func(x access.Actor) (any, error) {
			return a.Evidence.CompareAccess(ctx, x, s.slug, []byte("konto\nkim\n"))
		},
		"overview.Strong":       func(x access.Actor) (any, error) { return o.Strong(ctx, x, requirement.TwoFactors, "") },
		"overview.ExportStrong": func(x access.Actor) (any, error) { return o.ExportStrong(ctx, x, requirement.TwoFactors, "") },
		"overview.Evidence":     func(x access.Actor) (any, error) { return o.Evidence(ctx, x, s.slug, a.Texts.In("sv")) },
		"overview.Clashes":      func(x access.Actor) (any, error) { return o.Clashes(ctx, x, a.Texts.In("sv")) },
		"overview.Confirm": func(x access.Actor) (any, error) {
			return o.Confirm(ctx, x, s.slug, ids.ID[evidence.Shift](s.shift))
		},
		"overview.Change": func(x access.Actor) (any, error) {
			return o.Change(ctx, x, s.slug, ids.ID[evidence.Shift](s.shift), a.Texts.In("sv"))
		},
		"evidence.Dispute": func(x access.Actor) (any, error) {
			return none(a.Evidence.Dispute(ctx, x, ids.New[evidence.Record](), "skäl"))
		},
		"evidence.Settle": func(x access.Actor) (any, error) {
			return none(a.Evidence.Settle(ctx, x, ids.ID[evidence.Record](s.record), evidence.Stands, "skäl"))
		},
		"evidence.Tick": func(x access.Actor) (any, error) {
			return none(a.Evidence.Tick(ctx, access.SystemActor(x.Organisation)))
		},
		"evidence.Note": func(x access.Actor) (any, error) {
			return none(a.Evidence.Note(ctx, x, ids.ID[evidence.Shift](s.shift)))
		},
	}
}
