// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/system"
)

const (
	// patience is how long a reader waits for sums before being shown how far they have come instead.
	patience = 2 * time.Second
	// manySystems is how many systems it takes for their sums to take time: those of 5,000 are made in less than a second.
	manySystems = 10_000
)

// errSums says that the sums could not be made.
var errSums = errors.New("the sums could not be made")

// await sees to it that the sums that a page needs are there. Those of many systems are made in a transaction of their own, which goes on when the
// reader leaves, and nobody holds a connection while waiting. When they take longer than anybody should wait for a page it gives how far they have
// come; told says that the reader has seen that before, and that they are there now. It is part of the use case that the page is of.
func (s *Service) await(ctx context.Context, actor access.Actor) (far *Summing, told bool, err error) {
	told, failed := s.summings.end(readerOf(actor))
	if failed != nil {
		return nil, false, fmt.Errorf("%w: %w", errSums, failed)
	}
	m := s.summings.under(actor.Organisation)
	if m == nil {
		n, now, err := s.missing(ctx, actor.Organisation)
		if err != nil {
			return nil, false, fmt.Errorf("look for sums: %w", err)
		}
		if n < s.many {
			return nil, told, nil
		}
		lasting := context.WithoutCancel(ctx)
		m = s.summings.begin(actor.Organisation, n, now, func() error {
			return s.db.Read(lasting, actor.Organisation, func(tx *db.Tx) error {
				_, err := s.index(lasting, tx, actor.Organisation)
				return err
			})
		})
	}
	wait := time.NewTimer(s.patience)
	defer wait.Stop()
	select {
	case <-m.ended:
		if m.err != nil {
			s.summings.end(readerOf(actor)) // told already
			return nil, false, fmt.Errorf("%w: %w", errSums, m.err)
		}
		now, _ := s.summings.end(readerOf(actor))
		return nil, told || now, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	case <-wait.C:
		x := m.now()
		s.summings.show(readerOf(actor))
		return &x, false, nil
	}
}

// missing counts the systems whose sums are not in memory as they are now: all, or none.
func (s *Service) missing(ctx context.Context, org access.OrganisationID) (n int, now time.Time, err error) {
	err = s.db.Read(ctx, org, func(tx *db.Tx) error {
		now = tx.Now
		key, err := s.key(ctx, tx, org)
		if err != nil {
			return err
		}
		if _, made := s.cache.peek(org, key); made {
			return nil
		}
		n, err = system.Count(ctx, tx, org, system.Filter{Reach: access.Everywhere()})
		return err
	})
	return n, now, err
}
