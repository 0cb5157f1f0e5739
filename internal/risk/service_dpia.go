// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"context"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

// Screen saves what people have answered about whether an impact assessment is required. What follows is worked out anew each time.
func (s *Service) Screen(ctx context.Context, actor access.Actor, ref string, answers map[string]Answer, reasons map[string]string) error {
	if err := access.Check(actor, "risk.Screen"); err != nil {
		return err
	}
	for id, a := range answers {
		if _, ok := s.Rules.Rule(id); !ok || a != Yes && a != No && a != Unknown {
			return fmt.Errorf("rule %q: %w", id, ErrValue)
		}
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "risk.Screen", ref)
		if err != nil {
			return err
		}
		if err := saveAnswered(ctx, tx, actor.Organisation, sys.ID, &Known{Answers: answers, Reasons: reasons}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "risk.Screen", ObjectKind: "system", ObjectID: sys.ID.String(), Data: map[string]any{"answers": answers}})
	})
	if err != nil {
		return fmt.Errorf("save answers of screening: %w", err)
	}
	return nil
}

// Describe saves the parts of an impact assessment, and hands it on to the data protection officer when asked to. It goes back to a draft when
// it is changed after that: an opinion is about what was read.
func (s *Service) Describe(ctx context.Context, actor access.Actor, ref string, d DPIA, l *locale.Localizer) error {
	if err := access.Check(actor, "risk.Describe"); err != nil {
		return err
	}
	handOn := d.State == StateOpinion
	if handOn && !d.Whole() {
		return ErrContent
	}
	return s.change(ctx, actor, change{"risk.Describe", ref, d.Version, l}, func(now *DPIA, _ *View) error {
		now.Description, now.Necessity, now.Risks, now.Measures, now.Views = d.Description, d.Necessity, d.Risks, d.Measures, d.Views
		now.State, now.Opinion, now.OpinionBy, now.Decision, now.Outcome, now.DecidedBy = StateDraft, "", "", "", "", ""
		if handOn {
			now.State = StateOpinion
		}
		return nil
	})
}

// GiveOpinion is what the data protection officer says (articles 35.2 and 39.1 c). The assessment then waits for its decision.
func (s *Service) GiveOpinion(ctx context.Context, actor access.Actor, ref string, version int64, text string, l *locale.Localizer) error {
	if err := access.Check(actor, "risk.GiveOpinion"); err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return ErrOpinion
	}
	return s.change(ctx, actor, change{"risk.GiveOpinion", ref, version, l}, func(now *DPIA, v *View) error {
		if now.State != StateOpinion {
			return ErrState
		}
		now.Opinion, now.OpinionBy, now.OpinionAt, now.State = text, actor.ID, v.now, StateDecision
		return nil
	})
}

// Ruling is what is decided about an impact assessment.
type Ruling struct {
	Outcome, Reason string
	ReviewOn        civil.Date
}

// Rule decides about an impact assessment. When the residual risk to people is high, the processing may not just start: IMY is consulted first
// (article 36.1).
func (s *Service) Rule(ctx context.Context, actor access.Actor, ref string, version int64, r Ruling, l *locale.Localizer) error {
	if err := access.Check(actor, "risk.Rule"); err != nil {
		return err
	}
	if r.Outcome != Go && r.Outcome != NotGo && r.Outcome != Consult || strings.TrimSpace(r.Reason) == "" || r.ReviewOn.IsZero() {
		return ErrDecision
	}
	return s.change(ctx, actor, change{"risk.Rule", ref, version, l}, func(now *DPIA, v *View) error {
		if now.State != StateDecision {
			return ErrState
		}
		if r.Outcome == Go && s.ResidualForPeople(v) >= s.Scale.consult {
			return ErrConsult
		}
		now.Decision, now.Outcome, now.DecidedBy, now.DecidedAt, now.ReviewOn, now.State = r.Reason, r.Outcome, actor.ID, v.now, r.ReviewOn, StateDecided
		return nil
	})
}

// change is what is done to an assessment that was read as a version.
type change struct {
	action, ref string
	version     int64
	texts       *locale.Localizer
}

// change reads an assessment, changes it and saves it with what the screening says at the moment.
func (s *Service) change(ctx context.Context, actor access.Actor, c change, fn func(*DPIA, *View) error) error {
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, err := s.view(ctx, tx, actor, asking{c.action, c.ref, c.texts})
		if err != nil {
			return err
		}
		v.now = tx.Now
		if v.Need.Stop {
			return fmt.Errorf("assessment of a system that is stopped: %w", db.ErrNotFound)
		}
		d := v.DPIA
		if d.Version != c.version {
			return db.ErrConflict
		}
		if err := fn(&d, &v); err != nil {
			return err
		}
		d.Required = v.Screening.Outcome
		if err := saveDPIA(ctx, tx, actor.Organisation, &d); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: c.action, ObjectKind: "system", ObjectID: v.View.System.ID.String(),
			Data: map[string]any{"dpia": ids.ID[DPIA](d.ID), "state": d.State, "outcome": d.Outcome, "required": d.Required, "version": d.Version},
		})
	})
	if err != nil {
		return fmt.Errorf("change impact assessment: %w", err)
	}
	return nil
}
