// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of risks and impact assessments.
type Service struct {
	DB           *db.DB
	Requirements *requirement.Service
	Scale        *Scale
	Rules        *DPIARules
	// Jobs lets what follows from a changed risk be looked at again; without it nothing is.
	Jobs *job.Queue
}

func (s *Service) catalogue() *catalogue.Catalogue { return s.Requirements.Engine.Catalogue }

// List is one page of the organisation's risks, with how many stand where in the matrix.
type List struct {
	Filter          Filter
	Rows            []Listed
	Cells           []Cell
	Matching, Total int
}

// List reads one page of the risks within reach, the largest first.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (List, error) {
	if err := access.Check(actor, "risk.List"); err != nil {
		return List{}, err
	}
	out := List{Filter: f}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		reach := access.ReachOf(actor, "risk.List")
		if out.Cells, err = cells(ctx, tx, actor.Organisation, reach, f.Unit); err != nil {
			return err
		}
		for i := range out.Cells {
			out.Total += out.Cells[i].Count
			if f.counts(&out.Cells[i]) {
				out.Matching += out.Cells[i].Count
			}
		}
		last := max(1, (out.Matching+PageSize-1)/PageSize)
		out.Filter.Page = min(max(f.Page, 1), last)
		out.Rows, err = list(ctx, tx, actor.Organisation, reach, &out.Filter)
		return err
	})
	if err != nil {
		return List{}, fmt.Errorf("list risks: %w", err)
	}
	return out, nil
}

// counts reports whether the risks of a cell pass a filter.
func (f *Filter) counts(c *Cell) bool {
	return (f.Rank == 0 || max(0, f.Rank) == c.Rank) &&
		(f.Likelihood == 0 || f.Consequence == 0 || f.Likelihood == c.Likelihood && f.Consequence == c.Consequence) &&
		(f.Treatment == "" || f.Treatment == c.Treatment || f.Treatment == Missing && c.Treatment == Untreated)
}

// View is a system with its risks and whether an impact assessment is required.
type View struct {
	requirement.View
	Risks []Risk
	// Classified is what the classification says of the consequences.
	Classified Impacts
	// Suggested are scenarios of the catalogue that fit the system and that nobody has weighed for it.
	Suggested []*catalogue.Threat
	Screening Screening
	DPIA      DPIA
	Known     Known

	now time.Time // of the transaction that changes it
}

// Met reports whether a requirement of the system counts as protection.
func (v *View) Met(id string) bool {
	for i := range v.Requirements {
		if v.Requirements[i].ID == id {
			return Counts(&v.Requirements[i])
		}
	}
	return false
}

// Open reads a system with its risks.
func (s *Service) Open(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (View, error) {
	if err := access.Check(actor, "risk.Open"); err != nil {
		return View{}, err
	}
	var v View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		v, err = s.view(ctx, tx, actor, asking{"risk.Open", ref, l})
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("read risks of system: %w", err)
	}
	return v, nil
}

// asking is which system is read for which action, with the texts for it.
type asking struct {
	action, ref string
	texts       *locale.Localizer
}

func (s *Service) view(ctx context.Context, tx *db.Tx, actor access.Actor, q asking) (View, error) {
	org := actor.Organisation
	sys, err := system.Within(ctx, tx, actor, q.action, q.ref)
	if err != nil {
		return View{}, err
	}
	views, err := s.Requirements.Views(ctx, tx, access.ReachOf(actor, q.action), []system.System{sys}, q.texts)
	if err != nil {
		return View{}, err
	}
	v := View{View: views[0]}
	if v.Need.Stop {
		return v, nil // of a system that is stopped nothing is told
	}
	if v.Risks, err = OfSystem(ctx, tx, org, sys.ID); err != nil {
		return View{}, err
	}
	v.Classified = classified(&v.View)
	v.Suggested = s.suggest(&v)
	if v.DPIA, err = readDPIA(ctx, tx, org, sys.ID); err != nil {
		return View{}, err
	}
	v.Known = Known{Facts: &v.Subject.Facts, Origins: v.Subject.Origins, Lang: catalogue.Lang(q.texts.Lang)}
	if v.Known.Answers, v.Known.Reasons, err = answered(ctx, tx, org, sys.ID); err != nil {
		return View{}, err
	}
	v.Screening = s.Rules.Judge(s.catalogue().Vocabulary, &v.Known)
	return v, nil
}

// classified gives what the classification says of each consequence: its answers, or else the level of the aspect for every perspective.
func classified(v *requirement.View) Impacts {
	var out Impacts
	said := [catalogue.NumAspects]bool{}
	if c := v.State.Effective(); c != nil && v.Need.Model != nil {
		for _, a := range c.Answers {
			p, ok := catalogue.ParsePerspective(a.Perspective)
			aspect, known := v.Need.Model.Aspect(a.Aspect)
			if !ok || !known {
				continue
			}
			if level, ok := aspect.Level(a.Level); ok {
				out[a.Aspect][p] = level.Step
				said[a.Aspect] = true
			}
		}
	}
	for a, step := range v.Need.Steps() {
		if said[a] {
			continue
		}
		for _, p := range []catalogue.Perspective{catalogue.Individual, catalogue.Organisation} {
			out[a][p] = step
		}
	}
	return out
}

// suggest gives the scenarios of the catalogue that fit the areas of a system and that nobody has weighed for it.
func (s *Service) suggest(v *View) []*catalogue.Threat {
	weighed := map[string]bool{}
	for i := range v.Risks {
		weighed[v.Risks[i].ThreatID] = true
	}
	areas := map[string]bool{"any": true}
	for _, o := range v.Subject.Origins {
		if o.Fact == "area" && o.Truth != catalogue.No {
			areas[o.Value] = true
		}
	}
	var out []*catalogue.Threat
	list := s.catalogue().Threats
	for i := range list {
		if weighed[list[i].ID] {
			continue
		}
		for _, a := range list[i].Areas {
			if areas[a] {
				out = append(out, &list[i])
				break
			}
		}
	}
	return out
}

// One is a risk with the system that it is about.
type One struct {
	View
	Risk       Risk
	Threat     *catalogue.Threat // nil for the organisation's own
	Protection Protection
}

// Risk reads one risk of a system; an empty id is a new one, made from a scenario of the catalogue when one is named.
func (s *Service) Risk(ctx context.Context, actor access.Actor, ref string, id ids.ID[Risk], threat string, l *locale.Localizer) (One, error) {
	if err := access.Check(actor, "risk.Risk"); err != nil {
		return One{}, err
	}
	var o One
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		o, err = s.OneIn(ctx, tx, actor, Wanted{Action: "risk.Risk", Ref: ref, ID: id, Threat: threat, Texts: l})
		return err
	})
	if err != nil {
		return One{}, fmt.Errorf("read risk: %w", err)
	}
	return o, nil
}

// Wanted names a risk of a system: an empty ID is a new one, made from the scenario Threat of the catalogue when it is named.
type Wanted struct {
	// Action is the use case that reads it, which must reach the system's unit.
	Action string
	Ref    string
	ID     ids.ID[Risk]
	Threat string
	Texts  *locale.Localizer
}

// OneIn is Risk inside the use case of another slice, which has asked what it may.
func (s *Service) OneIn(ctx context.Context, tx *db.Tx, actor access.Actor, w Wanted) (One, error) {
	var o One
	var err error
	if o.View, err = s.view(ctx, tx, actor, asking{w.Action, w.Ref, w.Texts}); err != nil {
		return One{}, err
	}
	return o, o.find(s, w.ID, w.Threat)
}

// find picks the risk out of the system's, or makes a new one.
func (o *One) find(s *Service, id ids.ID[Risk], threat string) error {
	if o.Need.Stop {
		return fmt.Errorf("risk of a system that is stopped: %w", db.ErrNotFound)
	}
	if id == "" {
		o.Risk = Risk{System: o.View.System.ID}
		if threat != "" {
			t, ok := s.catalogue().Threat(threat)
			if !ok {
				return fmt.Errorf("threat %q: %w", threat, db.ErrNotFound)
			}
			o.Risk, o.Threat = FromThreat(t, o.Known.Lang, &o.Classified), t
			o.Risk.System = o.View.System.ID
		}
	} else {
		found := false
		for i := range o.Risks {
			if o.Risks[i].ID == id {
				o.Risk, found = o.Risks[i], true
			}
		}
		if !found {
			return fmt.Errorf("risk %q: %w", id, db.ErrNotFound)
		}
		o.Threat, _ = s.catalogue().Threat(o.Risk.ThreatID)
	}
	if o.Threat != nil {
		o.Protection = Protects(&o.View.View, o.Threat.MitigatedBy)
	}
	return nil
}

// Save weighs a risk of a system, new (version 0) or read as r.Version. What is to reduce it is demanded of the system from now on, and what
// was and no longer is, is not.
func (s *Service) Save(ctx context.Context, actor access.Actor, ref string, r Risk, l *locale.Localizer) (Risk, error) {
	if err := access.Check(actor, "risk.Save"); err != nil {
		return Risk{}, err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		r, err = s.SaveIn(ctx, tx, actor, Weighing{Action: "risk.Save", Ref: ref, Risk: r, Texts: l})
		return err
	})
	if err != nil {
		return Risk{}, fmt.Errorf("save risk: %w", err)
	}
	return r, nil
}

// Weighing is a risk as it is to be saved for a system.
type Weighing struct {
	// Action is the use case that saves it, which must reach the system's unit.
	Action string
	Ref    string
	Risk   Risk
	Texts  *locale.Localizer
}

// SaveIn is Save inside the use case of another slice: the actor must be allowed to save the risk all the same.
func (s *Service) SaveIn(ctx context.Context, tx *db.Tx, actor access.Actor, w Weighing) (Risk, error) {
	if err := access.Check(actor, "risk.Save"); err != nil {
		return Risk{}, err
	}
	r := w.Risk
	v, err := s.view(ctx, tx, actor, asking{w.Action, w.Ref, w.Texts})
	if err != nil {
		return Risk{}, err
	}
	if v.Need.Stop {
		return Risk{}, fmt.Errorf("risk of a system that is stopped: %w", db.ErrNotFound)
	}
	if err := s.prepare(ctx, tx, actor, &r, &v); err != nil {
		return Risk{}, err
	}
	if err := save(ctx, tx, actor.Organisation, &r, s.Scale); err != nil {
		return Risk{}, err
	}
	demanded := r.demanded(s.topic(&r))
	reason := requirement.Demand{Kind: requirement.BecauseRisk, Ref: r.ID.String(), Name: r.Name}
	if err := requirement.SetDemands(ctx, tx, actor.Organisation, r.System, reason, demanded); err != nil {
		return Risk{}, err
	}
	if err := s.tell(ctx, tx, r.System); err != nil {
		return Risk{}, err
	}
	measures := make([]string, len(demanded)) // the log has no texts
	for i := range demanded {
		measures[i] = demanded[i].Requirement
	}
	now := r.Now(s.Scale)
	return r, audit.Append(ctx, tx, actor, audit.Entry{
		Action: "risk.Save", ObjectKind: "system", ObjectID: r.System.String(),
		Data: map[string]any{"risk": r.ID, "threat": r.ThreatID, "rank": now.Rank, "treatment": r.Treatment, "measures": measures, "version": r.Version},
	})
}

// demanded are the requirements that the system is to meet because of a risk: those that are to reduce it, when it is to be reduced.
func (r *Risk) demanded(topic string) []requirement.Demand {
	var out []requirement.Demand
	if r.Treatment == Reduce {
		for _, m := range r.Measures {
			d := requirement.Demand{Requirement: m.Requirement}
			if m.Text != "" {
				d.Text, d.Topic, d.Version = m.Text, topic, m.Version
			}
			out = append(out, d)
		}
	}
	return out
}

// tell lets what is done about the system's requirements be looked at again: some may have come, and some gone.
func (s *Service) tell(ctx context.Context, tx *db.Tx, id ids.ID[system.System]) error {
	if s.Jobs == nil {
		return nil
	}
	return s.Jobs.Add(ctx, tx, classification.Changed{Organisation: tx.Scope, System: id})
}

// prepare checks a risk, and notes who has decided about its treatment.
func (s *Service) prepare(ctx context.Context, tx *db.Tx, actor access.Actor, r *Risk, v *View) error {
	r.System = v.View.System.ID
	var before Risk
	if r.Version == 0 {
		r.ID = ids.New[Risk]()
		if r.ThreatID != "" {
			t, ok := s.catalogue().Threat(r.ThreatID)
			if !ok {
				return fmt.Errorf("%s: %w", r.ThreatID, ErrThreat)
			}
			r.ThreatVersion = t.Version
		}
	} else {
		var err error
		if before, err = get(ctx, tx, actor.Organisation, r.ID); err != nil {
			return err
		}
		if before.System != r.System {
			return fmt.Errorf("risk %q: %w", r.ID, db.ErrNotFound)
		}
		r.ThreatID, r.ThreatVersion, r.DecidedBy, r.DecidedAt = before.ThreatID, before.ThreatVersion, before.DecidedBy, before.DecidedAt
	}
	if r.Treatment != before.Treatment || r.Motive != before.Motive {
		r.DecidedBy, r.DecidedAt = actor.ID, tx.Now
	}
	r.number(before.Measures)
	return r.Check(s.Scale, s.catalogue(), &v.Classified)
}

// topic is where a risk's own requirements are shown: with what works against its scenario, or else with what the catalogue begins with.
func (s *Service) topic(r *Risk) string {
	if t, ok := s.catalogue().Threat(r.ThreatID); ok && len(t.MitigatedBy) > 0 {
		return t.MitigatedBy[0]
	}
	return s.catalogue().Topics[0].ID
}

// AnyVersion stands for the version of a risk that is taken away however it is.
const AnyVersion = -1

// Remove takes a risk of a system away, and what it demanded. version is the one that was read; AnyVersion does not ask.
func (s *Service) Remove(ctx context.Context, actor access.Actor, ref string, id ids.ID[Risk], version int64) error {
	if err := access.Check(actor, "risk.Remove"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "risk.Remove", ref)
		if err != nil {
			return err
		}
		r, err := get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if r.System != sys.ID {
			return fmt.Errorf("risk %q: %w", id, db.ErrNotFound)
		}
		if version != AnyVersion && r.Version != version {
			return db.ErrConflict
		}
		reason := requirement.Demand{Kind: requirement.BecauseRisk, Ref: id.String()}
		if err := requirement.SetDemands(ctx, tx, actor.Organisation, sys.ID, reason, nil); err != nil {
			return err
		}
		if err := remove(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, sys.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "risk.Remove", ObjectKind: "system", ObjectID: sys.ID.String(), Data: map[string]any{"risk": id, "threat": r.ThreatID},
		})
	})
	if err != nil {
		return fmt.Errorf("remove risk: %w", err)
	}
	return nil
}

// ResidualForPeople is the largest residual risk to the individual: as the measures that are met leave it.
func (s *Service) ResidualForPeople(v *View) int {
	top := 0
	for i := range v.Risks {
		r := v.Risks[i]
		step := r.Impacts.Of(catalogue.Individual)
		r.Impacts = Impacts{}
		r.Impacts[0][catalogue.Individual] = step
		top = max(top, r.If(s.Scale, v.Met).Rank)
	}
	return top
}

// Option is a requirement that can reduce a risk, and what it is thought to take away.
type Option struct {
	Requirement *catalogue.Requirement
	// Applies says that it applies to the system already, and Status how well it is met.
	Applies bool
	Status  requirement.Status
	// Effect is what it is thought to take away, as a form writes it; empty when nobody has thought that it does.
	Effect string

	figures map[string]int
}

// Text is what the requirement says, with the organisation's figures.
func (o *Option) Text(lang catalogue.Lang) string {
	return catalogue.Fill(o.Requirement.Is.In(lang), o.Requirement.Settings, o.figures)
}

// Options lists what can reduce a risk: first what it says itself, then what applies to the system and is missing, then what the catalogue has
// more.
func (s *Service) Options(o *One) []Option {
	chosen := map[string]string{}
	for _, m := range o.Risk.Measures {
		chosen[m.Requirement] = effectOf(m)
	}
	var first, missing, more []Option
	applies := map[string]bool{}
	for i := range o.Requirements {
		r := &o.Requirements[i]
		applies[r.ID] = true
		x := Option{Requirement: r.Requirement, Applies: true, Status: r.Answer.Status, Effect: chosen[r.ID], figures: r.Figures}
		switch {
		case x.Effect != "":
			first = append(first, x)
		case o.Against(r.Requirement) && r.Gap():
			missing = append(missing, x)
		}
	}
	list := s.catalogue().Requirements
	for i := range list {
		r := &list[i]
		switch {
		case applies[r.ID]:
		case chosen[r.ID] != "":
			first = append(first, Option{Requirement: r, Status: requirement.Unanswered, Effect: chosen[r.ID]})
		case o.Threat != nil && o.Against(r):
			more = append(more, Option{Requirement: r, Status: requirement.Unanswered})
		}
	}
	return slices.Concat(first, missing, more)
}
