// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of classification.
type Service struct {
	DB        *db.DB
	Catalogue *catalogue.Catalogue
	Jobs      *job.Queue
	// Links ask colleagues without an account; nil is an organisation that cannot.
	Links *link.Links
}

// Changed is the job that tells later slices that a system's need may have changed.
type Changed struct {
	Organisation access.OrganisationID `json:"organisation"`
	System       ids.ID[system.System] `json:"system"`
}

// Kind names the job.
func (Changed) Kind() string { return "classification.changed" }

// ManyChanged is Changed for systems that were changed together, as by an import.
type ManyChanged struct {
	Organisation access.OrganisationID   `json:"organisation"`
	Systems      []ids.ID[system.System] `json:"systems"`
}

// Kind names the job.
func (ManyChanged) Kind() string { return "classification.many-changed" }

// changedAtOnce is how many systems one job is told of: few enough to be done in a moment, so that a job that is broken off has little to do
// again. The queue begins some twenty jobs in a second, so that one for each of thousands would keep it for minutes.
const changedAtOnce = 100

// TellChanged adds the jobs that tell later slices of systems that were changed together.
func TellChanged(ctx context.Context, tx *db.Tx, q *job.Queue, systems []ids.ID[system.System]) error {
	var jobs []job.Args
	for part := range slices.Chunk(systems, changedAtOnce) {
		jobs = append(jobs, ManyChanged{tx.Scope, part})
	}
	return q.AddMany(ctx, tx, jobs)
}

// Work is everything about the classification of one system.
type Work struct {
	System  system.System
	State   State
	Model   *catalogue.Model // of the draft, else of the decision, else the organisation's
	Need    Need             // what counts
	Draft   Need             // what the draft would give if it were decided
	Input   Input            // what Draft was assessed from
	Today   civil.Date
	History []Classification
	// Asked are the questions of the draft that colleagues have been asked, with their answers.
	Asked []Delegation
	// Mails says that the organisation sends mail, so that a colleague can be asked.
	Mails bool
	// Own is the model that the organisation classifies by, which a new draft is made with.
	Own *catalogue.Model

	models map[string]*catalogue.Model // those of the history, by modelKey
}

// Open reads everything about the classification of one system.
func (s *Service) Open(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Work, error) {
	if err := access.Check(actor, "classification.Open"); err != nil {
		return Work{}, err
	}
	var w Work
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		w, err = s.open(ctx, tx, opening{actor, "classification.Open", ref, l})
		if err != nil {
			return err
		}
		if w.Own, err = OrganisationModel(ctx, tx, s.Catalogue, actor.Organisation); err != nil {
			return err
		}
		if w.History, err = History(ctx, tx, actor.Organisation, w.System.ID); err != nil {
			return err
		}
		if w.State.Draft != nil {
			if w.Asked, err = delegations(ctx, tx, w.State.Draft.ID); err != nil {
				return err
			}
		}
		if s.Links != nil {
			if w.Mails, err = s.Links.Ready(ctx, tx); err != nil {
				return err
			}
		}
		w.models, err = s.models(ctx, tx, actor.Organisation, w.History)
		return err
	})
	if err != nil {
		return Work{}, fmt.Errorf("open classification: %w", err)
	}
	return w, nil
}

// opening is who opens which system's work for what; texts are for the reasons, and may be nil.
type opening struct {
	actor       access.Actor
	action, ref string
	texts       *locale.Localizer
}

// open reads the work on a system that the actor may do the action to.
func (s *Service) open(ctx context.Context, tx *db.Tx, o opening) (Work, error) {
	org := o.actor.Organisation
	sys, err := system.Within(ctx, tx, o.actor, o.action, o.ref)
	if err != nil {
		return Work{}, err
	}
	states, err := States(ctx, tx, org, []ids.ID[system.System]{sys.ID})
	if err != nil {
		return Work{}, err
	}
	w := Work{System: sys, State: states[sys.ID], Today: civil.Of(tx.Now)}
	input := func(c *Classification) (Input, error) {
		m, err := modelOf(ctx, tx, s.Catalogue, org, c)
		return Input{Model: m, Information: sys.Information, Classification: c, Catalogue: s.Catalogue, Today: w.Today, Texts: o.texts}, err
	}
	counts, err := input(w.State.Effective())
	if err != nil {
		return Work{}, err
	}
	w.Need = Assess(counts)
	if w.Input, err = input(w.State.Draft); err != nil {
		return Work{}, err
	}
	if w.State.Draft == nil {
		w.Input = counts
	}
	w.Model, w.Draft = w.Input.Model, Assess(w.Input)
	return w, nil
}

func modelOf(ctx context.Context, tx *db.Tx, c *catalogue.Catalogue, org access.OrganisationID, cl *Classification) (*catalogue.Model, error) {
	if cl == nil {
		return OrganisationModel(ctx, tx, c, org)
	}
	return FindModel(ctx, tx, c, org, cl.ModelID, cl.ModelVersion)
}

// change runs fn on a system's draft, made when missing, and writes the audit entry and the job in the same transaction. The log
// can never be cleared, so the data of a draft has no levels: a later answer may be the stopping level, which leaves no details.
func (s *Service) change(ctx context.Context, actor access.Actor, ref, action string, data any, fn func(tx *db.Tx, w *Work) error) error {
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := s.open(ctx, tx, opening{actor, action, ref, nil})
		if err != nil {
			return err
		}
		switch {
		case w.State.Draft != nil:
		case w.State.Stopped != nil: // only Reopen begins again after a stop
			return ErrStopped
		default:
			if err := s.begin(ctx, tx, actor, &w); err != nil {
				return err
			}
		}
		if err := fn(tx, &w); err != nil {
			return err
		}
		if err := s.Jobs.Add(ctx, tx, Changed{Organisation: actor.Organisation, System: w.System.ID}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: action, ObjectKind: "system", ObjectID: w.System.ID.String(), Data: data})
	})
}

// begin makes a draft: a copy of what was decided, or an empty one by the organisation's model.
func (s *Service) begin(ctx context.Context, tx *db.Tx, actor access.Actor, w *Work) error {
	m, err := OrganisationModel(ctx, tx, s.Catalogue, actor.Organisation)
	if err != nil {
		return err
	}
	d := Classification{
		ID: ids.New[Classification](), System: w.System.ID, ModelID: m.ID, ModelVersion: m.Version,
		Status: Draft, Origin: Guided, Version: 1, CreatedBy: actor.ID,
	}
	if err := insertDraft(ctx, tx, actor.Organisation, d); err != nil {
		return fmt.Errorf("begin draft: %w", err)
	}
	if old := w.State.Decided; old != nil && old.ModelID == m.ID && old.ModelVersion == m.Version {
		for _, a := range old.Answers {
			if err := saveAnswer(ctx, tx, actor.Organisation, d.ID, a); err != nil {
				return fmt.Errorf("copy answer: %w", err)
			}
		}
		for _, a := range old.Adjustments {
			if err := saveAdjustment(ctx, tx, actor, d.ID, a); err != nil {
				return fmt.Errorf("copy adjustment: %w", err)
			}
		}
		d.Answers, d.Adjustments = old.Answers, old.Adjustments
	}
	w.State.Draft, w.Model = &d, m
	w.Input.Model, w.Input.Classification = m, &d
	return nil
}

// Chosen is information that somebody says a system holds: a type of the library, or the organisation's own.
type Chosen struct {
	TypeID string
	Own    *information.Information
}

// SetInformation makes what a system holds exactly what was chosen, confirmed.
func (s *Service) SetInformation(ctx context.Context, actor access.Actor, ref string, chosen []Chosen) error {
	if err := access.Check(actor, "classification.SetInformation"); err != nil {
		return err
	}
	var types []*catalogue.InformationType
	names := []string{}
	for _, c := range chosen {
		if c.Own != nil {
			names = append(names, c.Own.Name)
			continue
		}
		t, ok := s.Catalogue.InformationType(c.TypeID)
		if !ok {
			return fmt.Errorf("information type %q: %w", c.TypeID, db.ErrNotFound)
		}
		types = append(types, t)
		names = append(names, t.ID)
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "classification.SetInformation", ref)
		if err != nil {
			return err
		}
		byType, err := information.EnsureTypes(ctx, tx, actor.Organisation, types)
		if err != nil {
			return err
		}
		var links []system.Link
		for _, t := range types {
			links = append(links, system.Link{System: sys.ID, Information: byType[t.ID], Confirmed: true})
		}
		for _, c := range chosen {
			if c.Own == nil {
				continue
			}
			id, err := information.Save(ctx, tx, actor.Organisation, *c.Own)
			if err != nil {
				return err
			}
			links = append(links, system.Link{System: sys.ID, Information: id, Confirmed: true})
		}
		if err := system.ReplaceLinks(ctx, tx, actor.Organisation, sys.ID, links); err != nil {
			return err
		}
		if err := s.Jobs.Add(ctx, tx, Changed{Organisation: actor.Organisation, System: sys.ID}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "classification.SetInformation", ObjectKind: "system", ObjectID: sys.ID.String(), Data: map[string]any{"information": names},
		})
	})
	if err != nil {
		return fmt.Errorf("set information: %w", err)
	}
	return nil
}

// Answer stores one answer in the system's draft. An answer at the stopping level stops the classification: everything that was
// answered is taken away, and ErrStops tells the caller to send the reader to the security protection manager.
func (s *Service) Answer(ctx context.Context, actor access.Actor, ref string, a Answer) error {
	if err := access.Check(actor, "classification.Answer"); err != nil {
		return err
	}
	a.By = actor.ID
	stopped := false
	data := map[string]any{"aspect": a.Aspect.String(), "perspective": a.Perspective}
	err := s.change(ctx, actor, ref, "classification.Answer", data, func(tx *db.Tx, w *Work) error {
		if err := CheckAnswer(w.Model, a); err != nil {
			return err
		}
		if stands := w.State.Draft.version(a.Aspect, a.Perspective); a.Over != nil && *a.Over != stands {
			return db.ErrConflict
		}
		aspect, _ := w.Model.Aspect(a.Aspect) // CheckAnswer has seen that both exist
		if level, _ := aspect.Level(a.Level); level.Stop {
			stopped = true
			clear(data)
			data["stopped"] = true
			if err := s.recallAll(ctx, tx, actor, w.State.Draft.ID); err != nil {
				return err
			}
			return stop(ctx, tx, actor, w)
		}
		d := w.State.Draft
		d.Origin = Guided
		if a.Perspective != Unspecified {
			if err := forgetUnspecified(ctx, tx, actor.Organisation, d.ID, a.Aspect); err != nil {
				return err
			}
		}
		if err := saveAnswer(ctx, tx, actor.Organisation, d.ID, a); err != nil {
			return err
		}
		return touch(ctx, tx, actor.Organisation, d)
	})
	if err != nil {
		return fmt.Errorf("save answer: %w", err)
	}
	if stopped {
		// Also when the reader has left: what was answered may not lie in the database's files.
		if err := s.DB.Purge(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("take away what was answered: %w", err)
		}
		return ErrStops
	}
	return nil
}

// version tells answers of one question apart: when the one that stands was given, in milliseconds, and 0 when there is none.
func (c *Classification) version(aspect catalogue.Aspect, perspective string) int64 {
	if x, ok := c.Answered(aspect, perspective); ok {
		return db.Millis(x.At)
	}
	return 0
}

// Unanswer takes back an answer: nobody knows is a legal answer, and it is stored as no answer at all.
func (s *Service) Unanswer(ctx context.Context, actor access.Actor, ref string, aspect catalogue.Aspect, perspective string) error {
	if err := access.Check(actor, "classification.Unanswer"); err != nil {
		return err
	}
	data := map[string]any{"aspect": aspect.String(), "perspective": perspective}
	err := s.change(ctx, actor, ref, "classification.Unanswer", data, func(tx *db.Tx, w *Work) error {
		if _, ok := w.Model.Aspect(aspect); !ok {
			return ErrAspect
		}
		d := w.State.Draft
		if err := removeAnswer(ctx, tx, actor.Organisation, d.ID, aspect, perspective); err != nil {
			return err
		}
		return touch(ctx, tx, actor.Organisation, d)
	})
	if err != nil {
		return fmt.Errorf("take back answer: %w", err)
	}
	return nil
}

// Restart begins a new draft by the organisation's model. The draft before it is kept in the history.
func (s *Service) Restart(ctx context.Context, actor access.Actor, ref string) error {
	if err := access.Check(actor, "classification.Restart"); err != nil {
		return err
	}
	err := s.again(ctx, actor, ref, "classification.Restart", func(w *Work) (*Classification, error) {
		if w.State.Draft == nil && w.State.Stopped != nil {
			return nil, ErrStopped
		}
		return w.State.Draft, nil
	})
	if err != nil {
		return fmt.Errorf("restart classification: %w", err)
	}
	return nil
}

// Reopen lifts a stop, once the security protection manager has said that the information is not of that kind, and begins a new
// draft.
func (s *Service) Reopen(ctx context.Context, actor access.Actor, ref string) error {
	if err := access.Check(actor, "classification.Reopen"); err != nil {
		return err
	}
	err := s.again(ctx, actor, ref, "classification.Reopen", func(w *Work) (*Classification, error) {
		if w.State.Stopped == nil {
			return nil, db.ErrConflict
		}
		return w.State.Stopped, nil
	})
	if err != nil {
		return fmt.Errorf("reopen classification: %w", err)
	}
	return nil
}

// again replaces the classification that old picks, if any, by a new draft.
func (s *Service) again(ctx context.Context, actor access.Actor, ref, action string, old func(w *Work) (*Classification, error)) error {
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := s.open(ctx, tx, opening{actor, action, ref, nil})
		if err != nil {
			return err
		}
		c, err := old(&w)
		if err != nil {
			return err
		}
		if c != nil {
			c.Status = Superseded
			if err := touch(ctx, tx, actor.Organisation, c); err != nil {
				return err
			}
		}
		if err := s.begin(ctx, tx, actor, &w); err != nil {
			return err
		}
		if err := s.Jobs.Add(ctx, tx, Changed{Organisation: actor.Organisation, System: w.System.ID}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: action, ObjectKind: "system", ObjectID: w.System.ID.String()})
	})
}

func stop(ctx context.Context, tx *db.Tx, actor access.Actor, w *Work) error {
	d := w.State.Draft
	if err := removeDetails(ctx, tx, actor.Organisation, d.ID); err != nil {
		return err
	}
	d.Status = Stopped
	return touch(ctx, tx, actor.Organisation, d)
}

// Adjust raises or lowers an aspect of the draft, with a reason; a level of none takes the adjustment away.
func (s *Service) Adjust(ctx context.Context, actor access.Actor, ref string, a Adjustment, remove bool) error {
	if err := access.Check(actor, "classification.Adjust"); err != nil {
		return err
	}
	data := map[string]any{"aspect": a.Aspect.String(), "cause": a.Cause, "removed": remove}
	err := s.change(ctx, actor, ref, "classification.Adjust", data, func(tx *db.Tx, w *Work) error {
		d := w.State.Draft
		if remove {
			if err := removeAdjustment(ctx, tx, actor.Organisation, d.ID, a.Aspect); err != nil {
				return err
			}
			return touch(ctx, tx, actor.Organisation, d)
		}
		if err := checkAdjustment(w, a); err != nil {
			return err
		}
		if err := saveAdjustment(ctx, tx, actor, d.ID, a); err != nil {
			return err
		}
		return touch(ctx, tx, actor.Organisation, d)
	})
	if err != nil {
		return fmt.Errorf("adjust level: %w", err)
	}
	return nil
}

// checkAdjustment refuses an adjustment that goes the wrong way, lacks its reason, or could hide the stopping level.
func checkAdjustment(w *Work, a Adjustment) error {
	if err := CheckAnswer(w.Model, Answer{Aspect: a.Aspect, Level: a.Level}); err != nil {
		return err
	}
	aspect, _ := w.Model.Aspect(a.Aspect)
	if level, _ := aspect.Level(a.Level); level.Stop {
		return ErrLevel
	}
	if a.Reason == "" || a.Cause == Lowered && a.Approver == "" {
		return ErrApprover
	}
	if !slices.Contains([]string{Accumulation, Aggregation, Integration, Lowered}, a.Cause) {
		return ErrCause
	}
	worst, ok := Worst(w.State.Draft.Answers, a.Aspect)
	switch {
	case ok && a.Cause != Lowered && a.Level < worst.Level:
		return ErrLower
	case ok && a.Cause == Lowered && a.Level > worst.Level:
		return ErrCause
	}
	return nil
}

// Decide makes the draft the system's classification for twelve months. The one before is kept in the history.
func (s *Service) Decide(ctx context.Context, actor access.Actor, ref, decider string) error {
	if err := access.Check(actor, "classification.Decide"); err != nil {
		return err
	}
	if strings.TrimSpace(decider) == "" {
		return ErrDecider
	}
	data := map[string]any{"decider": decider}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := s.open(ctx, tx, opening{actor, "classification.Decide", ref, nil})
		if err != nil {
			return err
		}
		if w.State.Draft == nil {
			return ErrNoDraft
		}
		if err := CheckDecision(w.Input); err != nil {
			return err
		}
		if err := supersede(ctx, tx, actor.Organisation, w.System.ID); err != nil {
			return err
		}
		d := w.State.Draft
		d.Status, d.Decider, d.DecidedOn = Decided, decider, w.Today
		d.ValidUntil = w.Today.AddMonths(validMonths)
		if err := touch(ctx, tx, actor.Organisation, d); err != nil {
			return err
		}
		for _, l := range w.Draft.Levels {
			data[l.Aspect.String()] = l.Level.Value
		}
		if err := s.Jobs.Add(ctx, tx, Changed{Organisation: actor.Organisation, System: w.System.ID}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "classification.Decide", ObjectKind: "system", ObjectID: w.System.ID.String(), Data: data})
	})
	if err != nil {
		return fmt.Errorf("decide classification: %w", err)
	}
	return nil
}

// models finds the models that some classifications were made with, by modelKey.
func (s *Service) models(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []Classification) (map[string]*catalogue.Model, error) {
	out := map[string]*catalogue.Model{}
	for i := range list {
		key := modelKey(&list[i])
		if _, ok := out[key]; ok {
			continue
		}
		m, err := FindModel(ctx, tx, s.Catalogue, org, list[i].ModelID, list[i].ModelVersion)
		if err != nil && !errors.Is(err, ErrModel) {
			return nil, err
		}
		out[key] = m
	}
	return out, nil
}

func modelKey(c *Classification) string { return c.ModelID + " " + c.ModelVersion }

// Choice is one model that an organisation can classify by.
type Choice struct {
	Model *catalogue.Model
	// Own is true for a model that the organisation has added, Chosen for the one that it classifies by.
	Own, Chosen bool
}

// Models lists the models that the organisation can choose from: those that ship with the program, its own, and the bare scale
// that it uses, if it does.
func (s *Service) Models(ctx context.Context, actor access.Actor) ([]Choice, error) {
	if err := access.Check(actor, "classification.Models"); err != nil {
		return nil, err
	}
	var out []Choice
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		chosen, err := OrganisationModel(ctx, tx, s.Catalogue, actor.Organisation)
		if err != nil {
			return err
		}
		own, err := ownModels(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		found := false
		add := func(m *catalogue.Model, isOwn bool) {
			c := Choice{Model: m, Own: isOwn, Chosen: m.ID == chosen.ID}
			found = found || c.Chosen
			out = append(out, c)
		}
		for i := range s.Catalogue.Models {
			m := &s.Catalogue.Models[i]
			if newest, _ := s.Catalogue.Model(m.ID, ""); newest == m {
				add(m, false)
			}
		}
		for _, m := range own {
			add(m, true)
		}
		if !found {
			add(chosen, false)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	return out, nil
}

// ChooseModel makes a model the one that the organisation's new classifications are made with: one that ships with the program, its
// own, or a bare scale. Classifications that there are keep theirs.
func (s *Service) ChooseModel(ctx context.Context, actor access.Actor, id string) (*catalogue.Model, error) {
	if err := access.Check(actor, "classification.ChooseModel"); err != nil {
		return nil, err
	}
	var m *catalogue.Model
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if m, err = FindModel(ctx, tx, s.Catalogue, actor.Organisation, id, ""); err != nil {
			return err
		}
		if err := organisation.SaveSetting(ctx, tx, actor.Organisation, modelSetting, m.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "classification.ChooseModel", ObjectKind: "model", ObjectID: m.ID, Data: map[string]string{"version": m.Version},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("choose model: %w", err)
	}
	return m, nil
}

// AddModel takes in an organisation's own model. A faulty file is refused with every fault's line, column and reason. A version
// that is there already is refused: a model never changes, it gets a new version.
func (s *Service) AddModel(ctx context.Context, actor access.Actor, file string, source []byte) (*catalogue.Model, error) {
	if err := access.Check(actor, "classification.AddModel"); err != nil {
		return nil, err
	}
	m, problems := catalogue.ParseModel(file, source)
	if len(problems) > 0 {
		return nil, problems
	}
	if _, err := Scale(s.Catalogue, m.ID); err == nil {
		return nil, fmt.Errorf("model %s: %w: give yours another id", m.ID, ErrModelTaken)
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		isNew, err := saveModel(ctx, tx, actor.Organisation, m, string(source))
		if err != nil {
			return err
		}
		if !isNew {
			return fmt.Errorf("model %s version %s: %w: raise its version", m.ID, m.Version, ErrModelTaken)
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "classification.AddModel", ObjectKind: "model", ObjectID: m.ID, Data: map[string]string{"version": m.Version},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("add model: %w", err)
	}
	return m, nil
}
