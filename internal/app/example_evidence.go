// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// storyLogin is a way into a system of the example.
type storyLogin struct{ Who, Address, Zone, Method string }

// storyEvidence is a piece of evidence of the example. Way is the number of the way in, from 1; 0 is all of the system.
type storyEvidence struct {
	Way                                              int
	Kind, Source, Subject, Outcome, Scope            string
	Verdict, Grade                                   string
	Refused                                          bool
	Factors, LoA, Sample, Deviations                 int
	DaysAgo                                          int `yaml:"days_ago"`
	About                                            []string
	Quality                                          string
	Title, Signer, Covers, Reason, Limit, Attachment string
	ReasonEN                                         string `yaml:"reason_en"`
}

// tellEvidence registers the ways in and records what is known of them, once: a start that was cut short does not do it again.
func (a *App) tellEvidence(ctx context.Context, actor access.Actor, ref string, logins []storyLogin, list []storyEvidence) error {
	d, err := a.Systems.Edit(ctx, actor, ref)
	if err != nil || len(logins)+len(list) == 0 {
		return err
	}
	one, err := a.Evidence.List(ctx, actor, ref)
	if err != nil || len(one.Records) >= len(list) {
		return err
	}
	sys := d.System
	if len(logins) > 0 && len(one.Records) == 0 {
		sys.Logins = nil // the list knows less of them
		for _, l := range logins {
			sys.Logins = append(sys.Logins, system.LoginPath{ID: ids.New[system.LoginPath](), Audience: l.Who, Address: l.Address, Zone: l.Zone, Method: l.Method})
		}
		if err := a.Systems.Update(ctx, actor, sys); err != nil {
			return err
		}
	}
	if one, err = a.Evidence.List(ctx, actor, ref); err != nil {
		return err
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y storyEvidence) int { return y.DaysAgo - x.DaysAgo }) // as it came about
	for i := range list[len(one.Records):] {
		e := &list[len(one.Records)+i]
		n := e.record(&one.System, a.DB.Now())
		if _, err := a.Evidence.Record(ctx, actor, n); err != nil {
			return fmt.Errorf("evidence %d: %w", i+1, err)
		}
	}
	return nil
}

func (e *storyEvidence) record(sys *system.System, now time.Time) evidence.New {
	n := evidence.New{
		System: sys.ID, Kind: e.Kind, Source: evidence.Source(e.Source), Subject: e.Subject, Outcome: evidence.Outcome(e.Outcome), Scope: e.Scope, About: e.About,
		Verdict: verdict.Verdict(e.Verdict), Grade: verdict.Grade(e.Grade), Refused: e.Refused, Factors: e.Factors, LoA: e.LoA,
		Quality: verdict.Quality(e.Quality), Detail: evidence.Detail{Title: e.Title, Signer: e.Signer, Covers: e.Covers, Sample: e.Sample, Deviations: e.Deviations},
	}
	if n.Subject == "" {
		n.Subject = evidence.SubjectLogin
	}
	if n.Outcome == "" {
		n.Outcome = evidence.Unclear
	}
	if e.Way > 0 && e.Way <= len(sys.Logins) {
		n.Path = sys.Logins[e.Way-1].ID
	}
	if e.DaysAgo > 0 {
		n.Observed = now.AddDate(0, 0, -e.DaysAgo)
	}
	if e.Reason != "" {
		n.Detail.Because = evidence.Told([]string{e.Reason}, []string{e.ReasonEN})
	}
	if e.Limit != "" {
		n.Detail.Limits = []string{e.Limit}
	}
	if e.Attachment != "" {
		n.File = &evidence.File{Name: e.Title + ".txt", Media: "application/octet-stream", Content: []byte(e.Attachment)}
	}
	return n
}
