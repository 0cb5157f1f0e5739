// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/organisation"
)

// ErrNobodyReceives says that no organisation of the installation has said that it receives others' figures, or that several have.
var ErrNobodyReceives = errors.New("this installation receives no submissions")

// receiver finds the organisation that receives others' figures.
func (s *Service) receiver(ctx context.Context) (access.Actor, error) {
	all, err := organisation.List(ctx, s.DB)
	if err != nil {
		return access.Actor{}, fmt.Errorf("find receiver: %w", err)
	}
	var found []access.OrganisationID
	for _, org := range all {
		err := s.DB.Read(ctx, org, func(tx *db.Tx) error {
			x, err := sharing(ctx, tx, org)
			if x.Receive {
				found = append(found, org)
			}
			return err
		})
		if err != nil {
			return access.Actor{}, fmt.Errorf("find receiver: %w", err)
		}
	}
	if len(found) != 1 {
		return access.Actor{}, ErrNobodyReceives
	}
	return access.SystemActor(found[0]), nil
}

// Open gives all that has been published, for anybody.
func (s *Service) Open(ctx context.Context, actor access.Actor) (Open, error) {
	if err := access.Check(actor, "national.Open"); err != nil {
		return Open{}, err
	}
	out := Open{cells: map[int64][]published{}, shown: map[int64][]figure{}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := releasesOf(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.Releases = latestReleases(all)
		for _, r := range out.Releases {
			if out.cells[r.Number], err = cellsOfRelease(ctx, tx, actor.Organisation, r.Number); err != nil {
				return err
			}
			if out.shown[r.Number], err = shownOf(ctx, tx, actor.Organisation, r.Number, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Open{}, fmt.Errorf("read open data: %w", err)
	}
	return out, nil
}
