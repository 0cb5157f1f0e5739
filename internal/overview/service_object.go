// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Happened is what something is called and everything that has happened to it, newest first.
type Happened struct {
	Name, Path string
	Events     []audit.Logged
}

// ProcessingHistory reads what has happened to an entry of the record of processing activities.
func (s *Service) ProcessingHistory(ctx context.Context, actor access.Actor, ref string) (Happened, error) {
	if err := access.Check(actor, "overview.ProcessingHistory"); err != nil {
		return Happened{}, err
	}
	var out Happened
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := processing.Within(ctx, tx, actor, "overview.ProcessingHistory", ref)
		if err != nil {
			return err
		}
		out.Name, out.Path = p.Name, p.Path()
		out.Events, err = audit.History(ctx, tx, actor.Organisation, "processing", p.ID.String(), manyEvents)
		return err
	})
	if err != nil {
		return Happened{}, fmt.Errorf("read history of processing: %w", err)
	}
	return out, nil
}

// Measure is a requirement that a system is known to meet.
type Measure struct {
	System, Slug string
	Requirement  *catalogue.Requirement
	Answer       requirement.Answer
}

// Measures lists the requirements that systems within the actor's reach are known to meet, by the system's and then the requirement's
// name. It tells of no weakness: what is not met is left out.
func (s *Service) Measures(ctx context.Context, actor access.Actor, systems []ids.ID[system.System]) ([]Measure, error) {
	if err := access.Check(actor, "overview.Measures"); err != nil {
		return nil, err
	}
	var out []Measure
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		list, err := system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.ReachOf(actor, "overview.Measures"), IDs: systems})
		if err != nil {
			return err
		}
		answers, err := requirement.Answers(ctx, tx, actor.Organisation, systems)
		if err != nil {
			return err
		}
		for i := range list {
			var met []Measure
			for id, a := range answers[list[i].ID] {
				if r, ok := s.catalogue().Requirement(id); ok && a.Status == requirement.Met {
					met = append(met, Measure{System: list[i].Name, Slug: list[i].Slug, Requirement: r, Answer: a})
				}
			}
			locale.Sort(met, func(m Measure) string { return m.Requirement.ID })
			out = append(out, met...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read protections of systems: %w", err)
	}
	return out, nil
}
