// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// Area is a part of a municipality that the national indicators ask about.
type Area string

// The areas. Of health care only staff's ways in count.
const (
	AllAreas       Area = ""
	SocialServices Area = "social-services"
	HealthCare     Area = "health-care"
)

// areas say in the catalogue's words which systems an area has: the national definition speaks of systems with personal data.
var areas = map[Area]string{
	SocialServices: "area=socialtjanst|lss;personal_data",
	HealthCare:     "health_care",
}

// The goals that sign-in is held against, in the order of SignIn.Held.
const (
	TwoFactors = iota
	LevelThree
	numGoals
)

// Goals are what sign-in is held against: the national definition, and the stricter target. They are never put on one scale.
var Goals = [numGoals]verdict.Goal{TwoFactors: verdict.TwoFactors, LevelThree: verdict.LoA3}

// Series is what one source shows of a system's sign-in.
type Series struct {
	Source    evidence.Source
	Standings []evidence.Standing
	// Held is the answer to each goal, by the weakest known way in.
	Held [numGoals]verdict.System
}

// Weakest is the way in that decided; nil when the system has none.
func (s *Series) Weakest(goal int) *evidence.Standing {
	if n := s.Held[goal].Weakest; n >= 0 && n < len(s.Standings) {
		return &s.Standings[n]
	}
	return nil
}

// SignIn is how strong a system's sign-in is shown to be, each source by itself.
type SignIn struct {
	View *View
	// Areas are those that the system belongs to, or may belong to: what is not known is counted.
	Areas map[Area]bool
	// Asks says whether two factors, and level three, are asked of the system by a requirement that applies.
	Asks [numGoals]bool
	// Series are what is measured, attested and self-assessed, in the order of evidence.Sources.
	Series [3]Series
}

// Of gives the series of a source.
func (s *SignIn) Of(source evidence.Source) *Series {
	for i := range s.Series {
		if s.Series[i].Source == source {
			return &s.Series[i]
		}
	}
	return &s.Series[0]
}

// SignIns tells how strong the sign-in of systems is shown to be. It is pure: the views hold all that it goes by. What is stopped is left
// out.
func (p *Proof) SignIns(views []View) []SignIn {
	out := make([]SignIn, 0, len(views))
	for i := range views {
		if !views[i].Need.Stop {
			out = append(out, p.signIn(&views[i]))
		}
	}
	return out
}

func (p *Proof) signIn(v *View) SignIn {
	s := SignIn{View: v, Areas: map[Area]bool{}}
	for area, condition := range p.areas {
		s.Areas[area] = condition.Holds(&v.Subject.Facts) != catalogue.No
	}
	for g := range s.Asks {
		for w := range p.asks[g] {
			s.Asks[g] = s.Asks[g] || w < len(v.applies) && p.asks[g][w]&v.applies[w] != 0
		}
	}
	for i, source := range evidence.Sources {
		x := &s.Series[i]
		x.Source = source
		x.Standings = evidence.Standings(v.System.Logins, v.Records, source, v.Today)
		for g := range x.Held {
			x.Held[g] = p.indicator.System(evidence.Ways(x.Standings), Goals[g], source.Series(), verdict.SystemOptions{HealthCare: s.Areas[HealthCare] && !s.Areas[SocialServices]})
		}
		if source == evidence.SelfAssessed {
			p.believe(v, x)
		}
	}
	return s
}

// believe takes in what has been answered about sign-in, where nobody has said anything of a way in: the worst answer counts.
func (p *Proof) believe(v *View, x *Series) {
	for g := range x.Held {
		if weakest := x.Weakest(g); weakest != nil && weakest.By != nil {
			continue
		}
		status, answered := verdict.Met, false
		for i := range p.catalogue.Requirements {
			a, ok := v.Answers[p.catalogue.Requirements[i].ID]
			if !ok || !p.asks[g].Has(i) || !v.applies.Has(i) || !p.believed(v, &a) {
				continue
			}
			answered = true
			switch a.Status {
			case NotMet, Partly:
				status = verdict.NotMet
			case Met:
			default:
				status = lower(status, verdict.NotShown)
			}
		}
		if answered {
			x.Held[g].Status = status
		}
	}
}

// believed reports whether an answer counts in the self-assessed series: it is nobody else's word, and not too old.
func (p *Proof) believed(v *View, a *Answer) bool {
	return a.KnownBy == SelfAssessed && a.Status != NotApplicable && v.Today.Before(p.life.Ends("", evidence.SelfAssessed, a.KnownOn))
}

// Count is how many systems are shown to meet a goal, not to, and neither. What is not shown is counted, and never as met.
type Count struct{ Met, NotMet, NotShown int }

// Total is how many systems were counted.
func (c Count) Total() int { return c.Met + c.NotMet + c.NotShown }

// Share is the share of systems that are shown to meet the goal, in per cent, rounded down; 0 of none.
func (c Count) Share() int {
	if c.Total() == 0 {
		return 0
	}
	return 100 * c.Met / c.Total()
}

// In are the systems of an area.
func In(list []SignIn, area Area) []SignIn {
	if area == AllAreas {
		return list
	}
	var out []SignIn
	for i := range list {
		if list[i].Areas[area] {
			out = append(out, list[i])
		}
	}
	return out
}

// status is a system's answer to a goal in an area. In health care only staff's ways in count, whatever else the system is.
func (p *Proof) status(s *SignIn, source evidence.Source, goal int, area Area) verdict.Status {
	x := s.Of(source)
	if area == HealthCare {
		held := p.indicator.System(evidence.Ways(x.Standings), Goals[goal], source.Series(), verdict.SystemOptions{HealthCare: true})
		if held.Ways > 0 || source != evidence.SelfAssessed {
			return held.Status
		}
	}
	return x.Held[goal].Status
}

// Tally counts the systems of an area by what one source shows.
func (p *Proof) Tally(list []SignIn, source evidence.Source, goal int, area Area) Count {
	var c Count
	of := In(list, area)
	for i := range of {
		switch p.status(&of[i], source, goal, area) {
		case verdict.Met:
			c.Met++
		case verdict.NotMet:
			c.NotMet++
		default:
			c.NotShown++
		}
	}
	return c
}

// Municipality answers the national question for an area from one source: Ja, Nej, Delvis or Vet inte.
func (p *Proof) Municipality(list []SignIn, source evidence.Source, goal int, area Area) verdict.Answer {
	var statuses []verdict.Status
	of := In(list, area)
	for i := range of {
		statuses = append(statuses, p.status(&of[i], source, goal, area))
	}
	return verdict.Municipality(statuses)
}

// addAreas compiles the areas, and finds the requirements that ask for strong sign-in.
func (p *Proof) addAreas() error {
	p.areas = map[Area]catalogue.Condition{}
	for area, text := range areas {
		condition, err := p.catalogue.Vocabulary.Parse(text)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrProof, area, err)
		}
		p.areas[area] = condition
	}
	p.asks = [numGoals]Bits{newBits(len(p.catalogue.Requirements)), newBits(len(p.catalogue.Requirements))}
	for _, l := range p.logins {
		goal := TwoFactors
		if l.LoA >= Goals[LevelThree].Assurance {
			goal = LevelThree
		}
		p.asks[goal].set(l.index)
	}
	return nil
}

// AsksSignIn reports whether a requirement asks for strong sign-in.
func (p *Proof) AsksSignIn(id string) bool {
	i, ok := p.catalogue.RequirementIndex(id)
	return ok && (p.asks[TwoFactors].Has(i) || p.asks[LevelThree].Has(i))
}

// SignIns reads and judges the sign-in of systems that have been read. Like Views it runs inside the caller's use case.
func (s *Service) SignIns(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []system.System) ([]SignIn, error) {
	if s.Proof == nil {
		return nil, nil
	}
	views, err := s.Views(ctx, tx, access.Reach{}, systems, nil)
	if err != nil {
		return nil, err
	}
	return s.Proof.SignIns(views), nil
}
