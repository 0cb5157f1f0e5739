// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/incident"
)

func (s *sides) incidentCalls(ctx context.Context) map[string]call {
	a, l, ref := s.app, s.app.Texts.In("sv"), s.incident
	return map[string]call{
		"incident.List": func(x access.Actor) (any, error) { return a.Incidents.List(ctx, x) },
		"incident.Open": func(x access.Actor) (any, error) { return a.Incidents.Open(ctx, x, ref, l) },
		"incident.Affected": func(x access.Actor) (any, error) {
			all, _, err := a.Incidents.Affected(ctx, x, s.supplierID().String(), l)
			return all.Hits, err
		},
		"incident.Report": func(x access.Actor) (any, error) {
			return a.Incidents.Report(ctx, x, incident.New{Title: "Stulen", Systems: []string{s.slug}})
		},
		"incident.Save": func(x access.Actor) (any, error) {
			return none(a.Incidents.Save(ctx, x, ref, 1, func(i *incident.Incident) { i.Texts[incident.Title] = "Stulen" }))
		},
		"incident.SetSystems": func(x access.Actor) (any, error) { return none(a.Incidents.SetSystems(ctx, x, ref, nil)) },
		"incident.Decide": func(x access.Actor) (any, error) {
			return none(a.Incidents.Decide(ctx, x, ref, incident.Report{Rule: "inc-gdpr-33", Status: incident.Planned}))
		},
		"incident.SaveMeasure": func(x access.Actor) (any, error) {
			return none(a.Incidents.SaveMeasure(ctx, x, ref, incident.Measure{Text: "Stulen"}))
		},
		"incident.DrillReport":  func(x access.Actor) (any, error) { return a.Incidents.DrillReport(ctx, x, ref, l) },
		"incident.Pack":         func(x access.Actor) (any, error) { return a.Incidents.Pack(ctx, x, ref, "imy", l) },
		"incident.SupplierPack": func(x access.Actor) (any, error) { return a.Incidents.SupplierPack(ctx, x, s.supplierID().String(), l) },
		"incident.SystemPack":   func(x access.Actor) (any, error) { return a.Incidents.SystemPack(ctx, x, s.slug, l) },
	}
}
