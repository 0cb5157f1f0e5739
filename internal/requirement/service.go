// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"context"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of requirements.
type Service struct {
	DB     *db.DB
	Engine *Engine
	// Proof says what evidence shows. Without it nothing is judged from evidence.
	Proof *Proof
	// LawOn is the day whose law applies, where that is not today: to see ahead. What is known is judged as of today all the same.
	LawOn civil.Date
}

// day prepares the day whose law applies.
func (s *Service) day(today civil.Date) *Day {
	if !s.LawOn.IsZero() {
		return s.Engine.At(s.LawOn)
	}
	return s.Engine.At(today)
}

// View reads one system and derives what follows for it, with every reason.
func (s *Service) View(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (View, error) {
	if err := access.Check(actor, "requirement.View"); err != nil {
		return View{}, err
	}
	var v View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "requirement.View", ref)
		if err != nil {
			return err
		}
		views, err := s.Views(ctx, tx, access.ReachOf(actor, "requirement.View"), []system.System{sys}, l)
		if err != nil {
			return err
		}
		v = views[0]
		return nil
	})
	if err != nil {
		return View{}, fmt.Errorf("view requirements: %w", err)
	}
	return v, nil
}

// Component reads which requirements apply to a system, and nothing of how well they are met: for those who write tenders, and for
// programs that are to know no more.
func (s *Service) Component(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (View, error) {
	if err := access.Check(actor, "requirement.Component"); err != nil {
		return View{}, err
	}
	var v View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "requirement.Component", ref)
		if err != nil {
			return err
		}
		views, err := s.Views(ctx, tx, access.ReachOf(actor, "requirement.Component"), []system.System{sys}, l)
		if err != nil {
			return err
		}
		v = views[0]
		return nil
	})
	if err != nil {
		return View{}, fmt.Errorf("read which requirements apply: %w", err)
	}
	for i := range v.Requirements {
		r := &v.Requirements[i]
		r.Answer, r.Outdated, r.Shown = Answer{}, false, Judgement{}
	}
	v.Tally, v.Shown, v.Records, v.Answers = Tally{}, Shown{}, nil, nil
	return v, nil
}

// Views derives systems that have been read, in a constant number of queries, each with what it inherits from those that depend on it.
// Without texts (a nil l) no reasons and no lists are made, only needs and tallies: that is how sums over thousands are made. The reasons
// name other systems within reach and no others. It runs inside the caller's use case, which has authorised.
func (s *Service) Views(ctx context.Context, tx *db.Tx, reach access.Reach, systems []system.System, l *locale.Localizer) ([]View, error) {
	return s.views(ctx, tx, systems, material{texts: l, reach: reach})
}

// ViewsAlong is Views without texts, along dependencies that have been read already.
func (s *Service) ViewsAlong(ctx context.Context, tx *db.Tx, systems []system.System, web *system.Graph) ([]View, error) {
	return s.views(ctx, tx, systems, material{web: web})
}

// EachView is Views without texts, which hands over one view at a time, in the order of the systems: those of many need not be held at once.
func (s *Service) EachView(ctx context.Context, tx *db.Tx, systems []system.System, do func(i int, v *View)) error {
	return s.each(ctx, tx, systems, material{}, do)
}

func (s *Service) views(ctx context.Context, tx *db.Tx, systems []system.System, of material) ([]View, error) {
	views := make([]View, len(systems))
	if err := s.each(ctx, tx, systems, of, func(i int, v *View) { views[i] = *v }); err != nil {
		return nil, err
	}
	return views, nil
}

func (s *Service) each(ctx context.Context, tx *db.Tx, systems []system.System, of material, do func(i int, v *View)) error {
	m, states, err := s.material(ctx, tx, systems, of)
	if err != nil {
		return err
	}
	list := idsOf(systems)
	answers, err := Answers(ctx, tx, tx.Scope, list)
	if err != nil {
		return err
	}
	settings, err := organisation.Settings(ctx, tx, tx.Scope, settingPrefix)
	if err != nil {
		return err
	}
	m.figures = parseFigures(s.Engine.Catalogue, settings)
	if s.Proof != nil {
		m.judging = s.Proof.NewJudging()
		if m.records, err = evidence.Of(ctx, tx, tx.Scope, list); err != nil {
			return err
		}
	}
	out := s.Engine.NewOutcome()
	for i := range systems {
		id := systems[i].ID
		v := m.view(known{systems[i], states[id], m.needs[i], answers[id]}, out)
		do(i, &v)
	}
	return nil
}

func idsOf(systems []system.System) []ids.ID[system.System] {
	out := make([]ids.ID[system.System], len(systems))
	for i := range systems {
		out[i] = systems[i].ID
	}
	return out
}

// material reads what decides which requirements apply to systems: their needs, those that they inherit, and what is demanded of them.
func (s *Service) material(ctx context.Context, tx *db.Tx, systems []system.System, m material) (*material, map[ids.ID[system.System]]classification.State, error) {
	list := idsOf(systems)
	states, err := classification.States(ctx, tx, tx.Scope, list)
	if err != nil {
		return nil, nil, err
	}
	models, err := s.models(ctx, tx, tx.Scope, states)
	if err != nil {
		return nil, nil, err
	}
	if m.demands, err = demands(ctx, tx, tx.Scope, list); err != nil {
		return nil, nil, err
	}
	m.engine, m.today = s.Engine, civil.Of(tx.Now)
	m.day = s.day(m.today)
	m.needs = make([]classification.Need, len(systems))
	for i := range systems {
		state := states[list[i]]
		m.needs[i] = m.assess(systems[i].Information, &state, models, m.texts)
	}
	m.inherited, err = s.inherit(ctx, tx, systems, &m)
	return &m, states, err
}

// Imagine derives what would follow for a system that is not in the register, from what it would hold and a need that somebody has set, or
// nil. Like Views it runs inside the caller's use case.
func (s *Service) Imagine(ctx context.Context, tx *db.Tx, sys system.System, draft *classification.Classification, l *locale.Localizer) (View, error) {
	settings, err := organisation.Settings(ctx, tx, tx.Scope, settingPrefix)
	if err != nil {
		return View{}, err
	}
	model, err := classification.OrganisationModel(ctx, tx, s.Engine.Catalogue, tx.Scope)
	if err == nil && draft != nil {
		model, err = classification.FindModel(ctx, tx, s.Engine.Catalogue, tx.Scope, draft.ModelID, draft.ModelVersion)
	}
	if err != nil {
		return View{}, err
	}
	today := civil.Of(tx.Now)
	m := material{engine: s.Engine, day: s.Engine.At(today), figures: parseFigures(s.Engine.Catalogue, settings), today: today, texts: l}
	state := classification.State{Draft: draft}
	need := m.assess(sys.Information, &state, map[string]*catalogue.Model{modelKey(draft): model}, l)
	return m.view(known{system: sys, state: state, need: need}, s.Engine.NewOutcome()), nil
}

func modelKey(c *classification.Classification) string {
	if c == nil {
		return ""
	}
	return c.ModelID + "@" + c.ModelVersion
}

// models reads each model that some classification uses, once, and the organisation's own choice under "".
func (s *Service) models(ctx context.Context, tx *db.Tx, org access.OrganisationID, states map[ids.ID[system.System]]classification.State) (map[string]*catalogue.Model, error) {
	m, err := classification.OrganisationModel(ctx, tx, s.Engine.Catalogue, org)
	if err != nil {
		return nil, err
	}
	out := map[string]*catalogue.Model{"": m}
	for _, state := range states {
		c := state.Effective()
		if c == nil || out[modelKey(c)] != nil {
			continue
		}
		if out[modelKey(c)], err = classification.FindModel(ctx, tx, s.Engine.Catalogue, org, c.ModelID, c.ModelVersion); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Answer stores how well a system meets some requirements, as somebody knows it today. Earlier answers are kept as history.
func (s *Service) Answer(ctx context.Context, actor access.Actor, ref string, answers []Answer) error {
	if err := access.Check(actor, "requirement.Answer"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "requirement.Answer", ref)
		if err != nil {
			return err
		}
		stands, err := Answers(ctx, tx, actor.Organisation, []ids.ID[system.System]{sys.ID})
		if err != nil {
			return err
		}
		demanded, err := demands(ctx, tx, actor.Organisation, []ids.ID[system.System]{sys.ID})
		if err != nil {
			return err
		}
		today := civil.Of(tx.Now)
		var entries []audit.Entry
		for _, a := range answers {
			if a.overtaken(stands[sys.ID]) {
				return fmt.Errorf("%s: %w", a.Requirement, db.ErrConflict)
			}
			if a.KnownOn.IsZero() {
				a.KnownOn = today
			}
			if a.Version, err = s.answerable(&a, demanded[sys.ID], today); err != nil {
				return fmt.Errorf("%s: %w", a.Requirement, err)
			}
			a.By, a.At = actor.ID, tx.Now
			if now, ok := stands[sys.ID][a.Requirement]; ok && a.Over != nil && !a.At.After(now.At) {
				a.At = now.At.Add(time.Millisecond) // never twice the same: it tells answers apart
			}
			if err := saveAnswer(ctx, tx, actor.Organisation, sys.ID, a); err != nil {
				return err
			}
			entries = append(entries, audit.Entry{
				Action: "requirement.Answer", ObjectKind: "system", ObjectID: sys.ID.String(),
				Data: map[string]any{"requirement": a.Requirement, "version": a.Version, "status": a.Status, "known_by": a.KnownBy, "known_on": a.KnownOn},
			})
		}
		return audit.Append(ctx, tx, actor, entries...)
	})
	if err != nil {
		return fmt.Errorf("answer requirements: %w", err)
	}
	return nil
}

// answerable checks an answer to a requirement of the catalogue, or to one of the organisation's own that is demanded of the system, and gives the
// version that it answers.
func (s *Service) answerable(a *Answer, demanded []Demand, today civil.Date) (int, error) {
	if version, own := ownVersion(demanded, a.Requirement); own {
		return version, a.checkValues(today)
	}
	if err := a.Check(s.Engine.Catalogue, today); err != nil {
		return 0, err
	}
	r, _ := s.Engine.Catalogue.Requirement(a.Requirement) // Check has seen that it exists
	return r.Version, nil
}

// overtaken reports whether somebody has answered since the answer that this one is written over.
func (a *Answer) overtaken(stands map[string]Answer) bool {
	if a.Over == nil {
		return false
	}
	now, answered := stands[a.Requirement]
	if !answered {
		return *a.Over != 0
	}
	return *a.Over != db.Millis(now.At)
}

// SetFigure gives one of a requirement's figures another value for the organisation.
func (s *Service) SetFigure(ctx context.Context, actor access.Actor, settings *organisation.Service, id, key string, value int) error {
	if err := access.Check(actor, "requirement.SetFigure"); err != nil {
		return err
	}
	r, ok := s.Engine.Catalogue.Requirement(id)
	if !ok {
		return fmt.Errorf("%s: %w", id, ErrUnknown)
	}
	for _, f := range r.Settings {
		if f.Key != key {
			continue
		}
		if value < f.Min || value > f.Max {
			return fmt.Errorf("%s of %s: %w: %d to %d", key, id, ErrFigure, f.Min, f.Max)
		}
		return settings.Set(ctx, actor, settingPrefix+id+"."+key, fmt.Sprint(value))
	}
	return fmt.Errorf("%s of %s: %w", key, id, ErrUnknown)
}

// Applying tells which requirements apply to a system that has been read. Like Views it runs inside the caller's use case.
func (s *Service) Applying(ctx context.Context, tx *db.Tx, sys system.System) (map[string]bool, error) {
	m, states, err := s.material(ctx, tx, []system.System{sys}, material{})
	if err != nil {
		return nil, err
	}
	out := s.Engine.NewOutcome()
	v := m.view(known{system: sys, state: states[sys.ID], need: m.needs[0]}, out)
	applies := map[string]bool{}
	for i := range s.Engine.Catalogue.Requirements {
		if !v.Need.Stop && out.Requirements.Has(i) {
			applies[s.Engine.Catalogue.Requirements[i].ID] = true
		}
	}
	for i := range v.Subject.Demands {
		if d := &v.Subject.Demands[i]; !v.Need.Stop && d.Own() {
			applies[d.Requirement] = true
		}
	}
	return applies, nil
}
