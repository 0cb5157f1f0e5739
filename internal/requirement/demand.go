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
	// Text is what a requirement of the organisation's own says, Topic the topic that it belongs to and Version how many times it has been
	// written. They are empty for one of the catalogue's.
	Text, Topic string
	Version     int
}

// OwnPrefix begins the ids of requirements that an organisation has written itself.
const OwnPrefix = "egen-"

// Own reports whether the requirement is the organisation's own, and not the catalogue's.
func (d *Demand) Own() bool { return d.Text != "" }

// own gives a requirement of the organisation's own the form of one of the catalogue's: a shall requirement, to the supplier and to oneself in the
// same words.
func (d *Demand) own(l *locale.Localizer) *catalogue.Requirement {
	text := catalogue.Text{SV: d.Text}
	return &catalogue.Requirement{
		ID: d.Requirement, Version: d.Version, Topic: d.Topic, Kind: ownKind, Is: text, Shall: text, Must: true,
		Verify: catalogue.Text{SV: l.T("requirement.own-verify")},
	}
}

// ownKind is the kind of a requirement that nobody has sorted.
const ownKind = "organisational"

// addOwn adds the requirements of the organisation's own to a view. Nothing measures them: what is answered is what is known.
func (v *View) addOwn(judged bool, l *locale.Localizer) {
	for i := range v.Subject.Demands {
		d := &v.Subject.Demands[i]
		if !d.Own() {
			continue
		}
		a := Applied{Answer: Answer{Requirement: d.Requirement, Status: Unanswered}}
		if said, ok := v.Answers[d.Requirement]; ok {
			a.Answer, a.Outdated = said, said.Version != d.Version
		}
		v.Tally.Count(a.Answer.Status)
		a.Shown.Status = answered[a.Answer.Status]
		if judged {
			v.Shown[a.Shown.Status]++
		}
		if l != nil {
			a.Requirement = d.own(l)
			a.Because = becauseOfDemands(a.Requirement, &v.Subject, l)
			v.Requirements = append(v.Requirements, a)
		}
	}
}

// ownVersion finds a requirement of the organisation's own among what is demanded of a system.
func ownVersion(list []Demand, id string) (version int, ok bool) {
	i := slices.IndexFunc(list, func(d Demand) bool { return d.Own() && d.Requirement == id })
	if i < 0 {
		return 0, false
	}
	return list[i].Version, true
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
