// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"context"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
)

// Waiting is an incident that somebody must do something about, and what comes first.
type Waiting struct {
	Incident Incident
	// Duty is what the law asks first, and Due by when; both are empty when no clock is running, and the incident is only to be handled.
	Duty catalogue.Text
	Due  time.Time
}

// WaitingFor lists the incidents that have not been closed and that the actor may decide about, for the list of what there is to do. A drill waits
// for nobody. It runs inside the use case that shows the list.
func (s *Service) WaitingFor(ctx context.Context, tx *db.Tx, actor access.Actor) ([]Waiting, error) {
	if !access.Allowed(actor, "incident.Decide") {
		return nil, nil
	}
	list, err := All(ctx, tx, actor.Organisation, access.ReachOf(actor, "incident.Decide"))
	if err != nil {
		return nil, err
	}
	var out []Waiting
	for i := range list {
		x := &list[i]
		if x.Drill != "" || !x.ClosedAt.IsZero() {
			continue
		}
		w := Waiting{Incident: *x}
		for _, d := range s.Rules.Duties(x, s.Rules.Facts(x, nil)) {
			if d.Kind == KindDuty && !d.Settled() && !d.Deadline.At.IsZero() && (w.Due.IsZero() || d.Deadline.At.Before(w.Due)) {
				w.Duty, w.Due = d.Trigger, d.Deadline.At
			}
		}
		out = append(out, w)
	}
	return out, nil
}
