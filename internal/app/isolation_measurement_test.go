// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"crypto/ed25519"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/system"
)

// fillMeasurement gives a system a page that waits to be approved.
func fillMeasurement(t *testing.T, a *app.App, actor access.Actor, id, mark string) string {
	t.Helper()
	return must(a.Measurements.Ask(t.Context(), actor, measuredPage(a, id, mark), mark+" skäl"))(t).ID.String()
}

func measuredPage(a *app.App, id, mark string) measurement.Target {
	host := strings.Map(func(r rune) rune { // a mark may be any text, and a host's name may not
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, strings.ToLower(mark))
	return measurement.Target{
		System: ids.ID[system.System](id), URL: "https://" + host + ".example.se/" + url.PathEscape(mark), Zone: measurement.LAN,
		Expires: civil.Of(a.DB.Now().Add(30 * 24 * time.Hour)),
	}
}

// measurementCalls are the use cases of measuring, called with what is theirs. What agents call is tested where they are.
func (s *sides) measurementCalls(ctx context.Context) map[string]call {
	a := s.app
	target := ids.ID[measurement.Target](s.target)
	return map[string]call{
		"measurement.List":    func(x access.Actor) (any, error) { return a.Measurements.List(ctx, x) },
		"measurement.Open":    func(x access.Actor) (any, error) { return a.Measurements.Open(ctx, x, target) },
		"measurement.Propose": func(x access.Actor) (any, error) { return a.Measurements.Propose(ctx, x) },
		"measurement.Ask": func(x access.Actor) (any, error) {
			return a.Measurements.Ask(ctx, x, measuredPage(a, s.systemID, "stulen"), "skäl")
		},
		"measurement.Measure":    func(x access.Actor) (any, error) { return none(a.Measurements.Measure(ctx, x, target)) },
		"measurement.End":        func(x access.Actor) (any, error) { return none(a.Measurements.End(ctx, x, target)) },
		"measurement.Plan":       func(x access.Actor) (any, error) { return a.Measurements.Plan(ctx, x) },
		"measurement.Stop":       func(x access.Actor) (any, error) { return none(a.Measurements.Stop(ctx, x)) },
		"measurement.Resume":     func(x access.Actor) (any, error) { return none(a.Measurements.Resume(ctx, x)) },
		"measurement.SignInLogs": func(x access.Actor) (any, error) { return a.Measurements.SignInLogs(ctx, x) },
		"measurement.TakeLog": func(x access.Actor) (any, error) {
			return a.Measurements.TakeLog(ctx, x, strings.NewReader("x"), measurement.LogFile{})
		},
		"measurement.Match": func(x access.Actor) (any, error) {
			return none(a.Measurements.Match(ctx, x, measurement.KindLog, "app", s.systemID, ""))
		},
		"measurement.SaveMapping": func(x access.Actor) (any, error) { return none(a.Measurements.SaveMapping(ctx, x, "", "")) },
		"measurement.Agents":      func(x access.Actor) (any, error) { return a.Measurements.Agents(ctx, x) },
		"measurement.AddAgent": func(x access.Actor) (any, error) {
			return a.Measurements.AddAgent(ctx, x, measurement.Agent{Name: "x", PublicKey: measurement.FormatKey(make(ed25519.PublicKey, ed25519.PublicKeySize))})
		},
		"measurement.Networks": func(x access.Actor) (any, error) { return a.Measurements.Networks(ctx, x) },
		"measurement.AskNetwork": func(x access.Actor) (any, error) {
			return a.Measurements.AskNetwork(ctx, x, measurement.Range{CIDR: netip.MustParsePrefix("10.9.0.0/16"), Expires: civil.Of(a.DB.Now().Add(30 * 24 * time.Hour))}, "skäl")
		},
		"measurement.EndNetwork": func(x access.Actor) (any, error) {
			return none(a.Measurements.EndNetwork(ctx, x, ids.New[measurement.Range]()))
		},
		"measurement.AllowScripts":  func(x access.Actor) (any, error) { return none(a.Measurements.AllowScripts(ctx, x)) },
		"measurement.ForbidScripts": func(x access.Actor) (any, error) { return none(a.Measurements.ForbidScripts(ctx, x)) },
		"measurement.RevokeAgent": func(x access.Actor) (any, error) {
			return none(a.Measurements.RevokeAgent(ctx, x, ids.New[measurement.Agent]()))
		},
	}
}
