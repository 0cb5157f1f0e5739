// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
)

// The decisions about annexes that can wait for somebody.
const (
	WaitReplies = "replies" // an annex has come back answered, and nobody has accepted all of the answers
	WaitOpen    = "open"    // the last day to bid has passed, and the bids are sealed
	WaitAward   = "award"   // the bids are opened, and none has won
)

// Waiting is a decision about an annex that waits.
type Waiting struct {
	Kind, Name, Path, Unit string
	UnitID                 access.UnitID
	// Count is how many answers nobody has accepted; of replies.
	Count int
	Since civil.Date
	// Mine says that the actor may decide it.
	Mine bool
}

// waitActions are the use cases by which each decision is made.
var waitActions = map[string]string{WaitReplies: "procurement.AcceptReplies", WaitOpen: "procurement.OpenBids", WaitAward: "procurement.AwardBid"}

// WaitingFor lists the decisions about annexes that wait, of the units within reach, for the page of what a manager is to decide. It runs
// inside the use case that shows the list.
func WaitingFor(ctx context.Context, tx *db.Tx, actor access.Actor, reach access.Reach) ([]Waiting, error) {
	list, err := unaccepted(ctx, tx)
	if err != nil {
		return nil, err
	}
	tenders, err := undecided(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []Waiting
	for _, w := range append(list, tenders...) {
		if reach.Holds(w.UnitID) {
			w.Mine = access.AllowedAt(actor, waitActions[w.Kind], w.UnitID)
			out = append(out, w)
		}
	}
	return out, nil
}

// of says which decision a tender waits for; none while bids may come.
func (w *Waiting) of(purchase string, opened bool, deadline, now time.Time) bool {
	w.Kind, w.Path = WaitOpen, tenderPath(purchase)
	if opened {
		w.Kind = WaitAward
	}
	return opened || !now.Before(deadline)
}
