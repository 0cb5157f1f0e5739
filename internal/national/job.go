// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/organisation"
)

// nightly asks for what is due to be published, and for what is to be kept of a period that has ended.
type nightly struct{}

// Kind names the job.
func (nightly) Kind() string { return "national.nightly" }

// fetching is the job that fetches what somebody has asked for from another address.
type fetching struct {
	Organisation access.OrganisationID `json:"organisation"`
	Fetch        ids.ID[Fetch]         `json:"fetch"`
}

// Kind names the job.
func (fetching) Kind() string { return "national.fetch" }

// Slow says that the job takes minutes, so that it is worked beside others and not before them.
func (fetching) Slow() bool { return true }

// interval is how often it is looked for what is due.
const interval = 24 * time.Hour

// Register says what this slice does in the background.
func Register(q *job.Queue, s *Service) {
	do := func(ctx context.Context, actor access.Actor) error {
		return errors.Join(s.keepDepended(ctx, actor), s.PublishDue(ctx, actor))
	}
	job.HandleSweep(q, nightly{}, job.Sweep{DB: s.DB, Organisations: organisation.List, Interval: interval, Do: do})
	job.Handle(q, func(ctx context.Context, f fetching) error {
		return s.Fetch(ctx, access.SystemActor(f.Organisation), f.Fetch)
	})
}
