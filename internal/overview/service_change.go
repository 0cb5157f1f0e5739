// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Changed is what a measurement, or somebody's word, has changed, with both records, for whoever decides about it.
type Changed struct {
	Shown
	Shift evidence.Shift
	// Now is the measurement, and Before the one that it is held against; nil when that has been forgotten.
	Now, Before *evidence.Record
	// Closes are the requirements whose actions are done when a change for the better is confirmed.
	Closes []string
}

// Change reads one change, taken note of or not.
func (s *Service) Change(ctx context.Context, actor access.Actor, ref string, id ids.ID[evidence.Shift], l *locale.Localizer) (Changed, error) {
	if err := access.Check(actor, "overview.Change"); err != nil {
		return Changed{}, err
	}
	shown, err := s.Evidence(ctx, actor, ref, l)
	if err != nil {
		return Changed{}, err
	}
	out := Changed{Shown: shown}
	sys := &out.View.System
	err = s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if _, err = system.Within(ctx, tx, actor, "overview.Change", sys.ID.String()); err != nil {
			return err
		}
		if out.Shift, err = evidence.OneShift(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		if out.Shift.System != sys.ID {
			return fmt.Errorf("change of another system: %w", db.ErrNotFound)
		}
		if out.Shift.Direction != evidence.Better || !out.Shift.Noted.IsZero() {
			return nil
		}
		met, err := s.metActions(ctx, tx, actor.Organisation, *sys)
		for _, a := range met {
			out.Closes = append(out.Closes, a.Requirement)
		}
		slices.Sort(out.Closes)
		return err
	})
	if err != nil {
		return Changed{}, fmt.Errorf("read change: %w", err)
	}
	out.pair()
	return out, nil
}

// pair finds the measurement that made the change, and the one before it.
func (x *Changed) pair() {
	for i := range x.Records {
		switch r := &x.Records[i]; {
		case r.ID == x.Shift.Record:
			x.Now = r
			return
		case r.Subject == x.Shift.Subject && r.Path == x.Shift.Path && (r.Source == evidence.Measured) == (x.Shift.Source == evidence.Measured) && r.Withdrawn.IsZero() && x.sameAbout(r):
			x.Before = r
		}
	}
}

// sameAbout reports whether a record names the requirements that the change is about.
func (x *Changed) sameAbout(r *evidence.Record) bool {
	i := slices.IndexFunc(x.Records, func(n evidence.Record) bool { return n.ID == x.Shift.Record })
	return i < 0 || slices.Equal(r.About, x.Records[i].About)
}

// metActions are the open actions whose requirements are shown to be met by a measurement that counts.
func (s *Service) metActions(ctx context.Context, tx *db.Tx, org access.OrganisationID, sys system.System) ([]*action.Action, error) {
	records, err := evidence.Of(ctx, tx, org, []ids.ID[system.System]{sys.ID})
	if err != nil {
		return nil, err
	}
	answers, err := requirement.Answers(ctx, tx, org, []ids.ID[system.System]{sys.ID})
	if err != nil {
		return nil, err
	}
	figures, err := requirement.Figures(ctx, tx, s.catalogue(), org)
	if err != nil {
		return nil, err
	}
	actions, err := action.All(ctx, tx, org, sys.ID)
	if err != nil {
		return nil, err
	}
	j := s.requirements.Proof.NewJudging()
	j.Judge(&requirement.Case{Logins: sys.Logins, Records: records[sys.ID], Answers: s.requirements.Proof.Given(answers[sys.ID]), Figures: figures, On: civil.Of(tx.Now)})
	var out []*action.Action
	for id, a := range actions[sys.ID] {
		if i, ok := s.catalogue().RequirementIndex(id); ok && a.Status != action.Done && j.Of(i) == requirement.ShownMet && j.Measured(i) {
			out = append(out, a)
		}
	}
	return out, nil
}
