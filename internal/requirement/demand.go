// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
)

// BecauseRisk is the kind of a reason that is a risk which somebody has decided to reduce.
const BecauseRisk = "risk"

// Demand says that a system is to meet a requirement for another reason than law and classification.
type Demand struct {
	Requirement string
	// Kind is BecauseRisk, Ref the id of the risk and Name what it is called.
	Kind, Ref, Name string
}

// DeriveSubject works out what applies to a subject: what law and levels lead to, and what is demanded for other reasons.
func (e *Engine) DeriveSubject(s *Subject, day *Day, out *Outcome) {
	e.Derive(&s.Facts, s.Steps, day, out)
	for i := range s.Demands {
		if n, ok := e.Catalogue.RequirementIndex(s.Demands[i].Requirement); ok {
			out.Requirements.set(n)
			out.Certain.set(n)
		}
	}
}

// becauseOfDemands are the reasons that are no law and no level.
func becauseOfDemands(r *catalogue.Requirement, s *Subject, l *locale.Localizer) []catalogue.Because {
	var out []catalogue.Because
	for i := range s.Demands {
		if d := &s.Demands[i]; d.Requirement == r.ID {
			out = append(out, catalogue.Because{Kind: d.Kind, Ref: d.Ref, Text: l.T("requirement.because-"+d.Kind, "Name", d.Name)})
		}
	}
	return out
}

// Demanded reports whether somebody has asked for the requirement for a reason of their own.
func (a *Applied) Demanded() bool {
	return slices.ContainsFunc(a.Because, func(b catalogue.Because) bool { return b.Kind == BecauseRisk })
}
