// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/national"
)

// theirCount is a count that only the other side's municipality has: sums hold no text that could say whose they are.
const theirCount = 987654

// fillNational lets an actor's organisation receive a municipality's figures, under a key whose name says mark.
func fillNational(t *testing.T, a *app.App, actor access.Actor, mark string) national.Submission {
	t.Helper()
	key := must(national.NewKey(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '+' { // which a key's name cannot have
			return '-'
		}
		return r
	}, mark)))(t)
	ok(t, a.National.Trust(t.Context(), actor, []national.Registered{{Municipality: "0180", Verifier: key.Verifier}}))
	i := slices.IndexFunc(a.National.Engine.Indicators, func(ind *catalogue.Indicator) bool { return !ind.PerMunicipality() })
	ind := a.National.Engine.Indicators[i]
	x := national.New("0180", national.LastCompleted(civil.Of(a.DB.Now())), a.Catalogue.Edition, a.DB.Now(), []followup.Value{
		{Indicator: ind.ID, Definition: ind.Definition, Count: followup.Count{Numerator: 1, Denominator: theirCount}},
	})
	x.Shown = true
	ok(t, x.Sign(key.Signer))
	got := must(a.National.Receive(t.Context(), actor, []national.Incoming{{Name: mark, Submission: x}}))(t)
	if got.Accepted != 1 {
		t.Fatalf("received %+v", got)
	}
	depends := national.Concentration{
		Schema: national.ConcentrationSchema, Municipality: x.Municipality, Period: x.Period, Catalogue: x.Catalogue, Made: x.Made,
		Kinds: []string{"e-service"}, Suppliers: []string{},
	}
	ok(t, depends.Sign(key.Signer))
	if got := must(a.National.Receive(t.Context(), actor, []national.Incoming{{Name: mark, Concentration: &depends}}))(t); got.Accepted != 1 {
		t.Fatalf("received %+v", got)
	}
	ok(t, a.National.Publish(t.Context(), actor, periodOf(t, x)), a.Followup.Snapshot(t.Context(), actor))
	return x
}

func periodOf(t *testing.T, x national.Submission) national.Period {
	t.Helper()
	return must(national.ParsePeriod(x.Period))(t)
}

// nowhere is a request to fetch from a port of this machine that nobody listens on, and that is not approved.
var nowhere = national.Request{Kind: national.SearchWord, Base: "http://127.0.0.1:9/v3", Word: "inloggning"}

// whose says so when sums hold what is theirs.
func whose(list []national.Sum, err error) (any, error) {
	if slices.ContainsFunc(list, func(s national.Sum) bool { return s.Denominator >= theirCount }) {
		return theirs + " sum", err
	}
	return list, err
}

func (s *sides) nationalCalls(ctx context.Context) map[string]call {
	n, today := s.app.National, civil.Of(s.app.DB.Now())
	last := national.LastCompleted(today)
	key, keyErr := national.NewKey("var")
	own := []national.Registered{{Municipality: "0114", Verifier: key.Verifier}}
	calls := s.concentrationCalls(ctx, last)
	maps.Copy(calls, map[string]call{
		"national.Preview": func(x access.Actor) (any, error) {
			return n.Preview(ctx, x, national.Draft{Municipality: "0114", Period: last})
		},
		"national.Submit": func(x access.Actor) (any, error) {
			if keyErr != nil {
				return nil, keyErr
			}
			return n.Submit(ctx, x, national.Draft{Municipality: "0114", Period: last, Agree: true}, key)
		},
		"national.Sharing": func(x access.Actor) (any, error) { return n.Sharing(ctx, x) },
		"national.SetSharing": func(x access.Actor) (any, error) {
			return none(n.SetSharing(ctx, x, national.Sharing{}, national.AnyVersion))
		},
		"national.Receive": func(x access.Actor) (any, error) {
			return n.Receive(ctx, x, []national.Incoming{{Name: "x.json", Submission: s.submission}})
		},
		"national.Trust": func(x access.Actor) (any, error) { return none(n.Trust(ctx, x, own)) },
		"national.Keys": func(x access.Actor) (any, error) {
			list, _, err := n.Keys(ctx, x, s.app.Texts.In("sv"))
			return list, err
		},
		"national.AskKey": func(x access.Actor) (any, error) {
			return none(n.AskKey(ctx, x, national.KeyChange{Registered: own[0]}, "Första nyckeln"))
		},
		"national.Publish":    func(x access.Actor) (any, error) { return none(n.Publish(ctx, x, last)) },
		"national.PublishDue": func(x access.Actor) (any, error) { return none(n.PublishDue(ctx, access.SystemActor(x.Organisation))) },
		"national.Sums":       func(x access.Actor) (any, error) { return whose(n.Sums(ctx, x, last)) },
		"national.Recount":    func(x access.Actor) (any, error) { return whose(n.Recount(ctx, x)) },
		"national.Fill": func(x access.Actor) (any, error) {
			return none(n.Fill(ctx, x, national.NewSimulation(n.Engine, 1, national.Threshold, 3)))
		},
		"national.Open": func(x access.Actor) (any, error) {
			open, err := n.Open(ctx, access.SystemActor(x.Organisation), national.Wanted{}) // whoever asks is not known
			return openOf(&open), err
		},
		"national.References": func(x access.Actor) (any, error) { return n.References(ctx, x) },
		"national.Reference": func(x access.Actor) (any, error) {
			out, _, err := n.Reference(ctx, x, "none")
			return out, err
		},
		"national.OpenFetch": func(x access.Actor) (any, error) { return n.OpenFetch(ctx, x, "none") },
		"national.AskFetch":  func(x access.Actor) (any, error) { return n.AskFetch(ctx, x, nowhere) },
		"national.FetchNow":  func(x access.Actor) (any, error) { return n.FetchNow(ctx, x, nowhere) },
		"national.Fetch": func(x access.Actor) (any, error) {
			return none(n.Fetch(ctx, access.SystemActor(x.Organisation), "none"))
		},
		"national.Illustrate": func(x access.Actor) (any, error) { return none(n.Illustrate(ctx, x, national.Illustration{})) },
		"national.SetReference": func(x access.Actor) (any, error) {
			return none(n.SetReference(ctx, x, "none", national.ReferenceChange{}))
		},
		"national.RemoveReference": func(x access.Actor) (any, error) { return none(n.RemoveReference(ctx, x, "none")) },
		"national.Divide":          func(x access.Actor) (any, error) { return none(n.Divide(ctx, x, []string{"none"})) },
		"national.Picture": func(x access.Actor) (any, error) {
			for _, ind := range n.Engine.Indicators {
				p, err := n.Picture(ctx, x, national.Look{Indicator: ind.ID})
				if _, told := p.Shown["0180"]; err != nil || told {
					return theirs + " picture", err
				}
			}
			return nil, nil
		},
	})
	return calls
}

// concentrationCalls are the use cases of what municipalities depend on.
func (s *sides) concentrationCalls(ctx context.Context, last national.Period) map[string]call {
	n := s.app.National
	key, keyErr := national.NewKey("var")
	return map[string]call{
		"national.PreviewConcentration": func(x access.Actor) (any, error) {
			return n.PreviewConcentration(ctx, x, national.Draft{Municipality: "0114", Period: last})
		},
		"national.SubmitConcentration": func(x access.Actor) (any, error) {
			if keyErr != nil {
				return nil, keyErr
			}
			return n.SubmitConcentration(ctx, x, national.Draft{Municipality: "0114", Period: last, Agree: true}, key)
		},
		"national.Concentration": func(x access.Actor) (any, error) {
			c, err := n.Concentration(ctx, x, national.LookConcentration{})
			if _, told := c.Release.Basis["0180"]; told {
				return theirs + " dependences", err
			}
			return c.Suppliers, err
		},
		"national.OpenConcentration": func(x access.Actor) (any, error) {
			open, err := n.OpenConcentration(ctx, access.SystemActor(x.Organisation)) // whoever asks is not known
			for _, r := range open.Releases {
				if _, told := r.Basis["0180"]; told {
					return theirs + " dependences as open data", err
				}
			}
			return len(open.Releases), err
		},
	}
}

// openOf says so when open data holds what is theirs.
func openOf(o *national.Open) any {
	if slices.ContainsFunc(o.Rows(), func(r national.Row) bool { return r.Denominator != nil && *r.Denominator >= theirCount }) {
		return theirs + " open data"
	}
	return len(o.Releases)
}

func (s *sides) followupCalls(ctx context.Context) map[string]call {
	f := s.app.Followup
	return map[string]call{
		"followup.List": func(x access.Actor) (any, error) { return f.List(ctx, x) },
		"followup.Open": func(x access.Actor) (any, error) {
			var out []followup.Counted
			for _, ind := range f.Engine.Indicators {
				d, err := f.Open(ctx, x, ind.ID)
				if err != nil {
					return nil, err
				}
				out = append(out, d.Rows...)
			}
			return out, nil
		},
		"followup.Raise": func(x access.Actor) (any, error) {
			var out []followup.Step
			for _, ind := range f.Engine.Indicators {
				r, err := f.Raise(ctx, x, ind.ID, followup.Measured)
				if err != nil {
					return nil, err
				}
				out = append(out, r.All...)
			}
			return out, nil
		},
		"followup.Snapshot": func(x access.Actor) (any, error) { return none(f.Snapshot(ctx, x)) },
	}
}
