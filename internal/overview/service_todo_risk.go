// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/risk"
)

// reviewAhead is how many days before an impact assessment is to be looked at again that it stands among what there is to do.
const reviewAhead = 60

// lastTasks adds what the law has set a moment for, before everything else of the actor's, and what they have asked others.
func (s *Service) lastTasks(ctx context.Context, tx *db.Tx, actor access.Actor, today civil.Date, lists map[string][]Task) error {
	clocks, err := s.clockTasks(ctx, tx, actor, today)
	if err != nil {
		return err
	}
	keys, err := s.keyTasks(ctx, tx, actor)
	if err != nil {
		return err
	}
	lists[TodoMine] = append(append(clocks, lists[TodoMine]...), keys...)
	lists[TodoDelegated], err = askedTasks(ctx, tx, actor)
	return err
}

// clockTasks are the incidents and the impact assessments that wait for the actor.
func (s *Service) clockTasks(ctx context.Context, tx *db.Tx, actor access.Actor, today civil.Date) ([]Task, error) {
	out, err := s.incidentTasks(ctx, tx, actor)
	if err != nil {
		return nil, err
	}
	more, err := assessmentTasks(ctx, tx, actor, today)
	return append(out, more...), err
}

// incidentTasks are the incidents that wait for the actor, with what the law asks first.
func (s *Service) incidentTasks(ctx context.Context, tx *db.Tx, actor access.Actor) ([]Task, error) {
	if s.Incidents == nil {
		return nil, nil
	}
	list, err := s.Incidents.WaitingFor(ctx, tx, actor)
	if err != nil {
		return nil, err
	}
	var out []Task
	for i := range list {
		w := &list[i]
		t := Task{
			Kind: TaskIncident, Key: string(TaskIncident) + ":" + w.Incident.ID.String(), Name: w.Incident.Texts[incident.Title], Unit: w.Incident.Unit,
			Path: w.Incident.Path(), Duty: w.Duty, By: w.Due,
		}
		if !w.Due.IsZero() {
			t.Due = civil.Of(w.Due)
		}
		out = append(out, t)
	}
	return out, nil
}

// assessmentTasks are the impact assessments that wait for the actor's opinion or decision, or are to be looked at again.
func assessmentTasks(ctx context.Context, tx *db.Tx, actor access.Actor, today civil.Date) ([]Task, error) {
	if !access.Allowed(actor, "risk.Open") {
		return nil, nil
	}
	list, err := risk.PendingUntil(ctx, tx, access.ReachOf(actor, "risk.Open"), today.AddDays(reviewAhead))
	if err != nil {
		return nil, err
	}
	var out []Task
	for i := range list {
		p := &list[i]
		kind, action := TaskReview, "risk.Describe"
		switch p.State {
		case risk.StateOpinion:
			kind, action = TaskOpinion, "risk.GiveOpinion"
		case risk.StateDecision:
			kind, action = TaskRuling, "risk.Rule"
		}
		if access.AllowedAt(actor, action, p.UnitID) {
			out = append(out, Task{Kind: kind, Key: taskKey(kind, p.System), Slug: p.Slug, Name: p.Name, Unit: p.Unit, Due: p.ReviewOn})
		}
	}
	return out, nil
}

// keyTasks are the keys and secrets that have stood for long enough, and what the organisation has not switched on, for whoever runs the
// program.
func (s *Service) keyTasks(ctx context.Context, tx *db.Tx, actor access.Actor) ([]Task, error) {
	if s.Rotation == nil || !access.Allowed(actor, "rotation.SetAges") {
		return nil, nil
	}
	list, err := s.Rotation.Waiting(ctx, tx)
	var out []Task
	for i := range list {
		c := &list[i]
		out = append(out, Task{Kind: TaskKey, Key: string(TaskKey) + ":" + c.Key(), Due: c.Due, Path: c.Place(), Change: c})
	}
	if err != nil {
		return nil, err
	}
	g, err := provider.GuardOf(ctx, tx, actor.Organisation)
	if err == nil && g.Bound == provider.Nobody {
		out = append(out, Task{Kind: TaskGuard, Key: string(TaskGuard) + ":bound", Path: provider.Path + "#guard"})
	}
	return out, err
}
