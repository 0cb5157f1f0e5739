// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/supplier"
)

// keptDependence is what the organisation depended on when a period ended, as it is kept.
type keptDependence struct {
	Catalogue   string   `json:"catalogue"`
	Suppliers   []string `json:"suppliers"`
	Kinds       []string `json:"kinds"`
	SoleTraders int64    `json:"sole_traders"`
	Unnumbered  int64    `json:"unnumbered"`
	Undecided   int      `json:"undecided"`
}

// keptWithin is for how many days after its end a period is still described by the register as it stands.
const keptWithin = 31

// keepDepended keeps what the organisation depends on when a period has just ended, once it has agreed to submit it. It is done in the
// background, and what is kept is never changed.
func (s *Service) keepDepended(ctx context.Context, actor access.Actor) error {
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := sharing(ctx, tx, tx.Scope)
		if err != nil || !x.Concentration || x.Municipality == "" {
			return err
		}
		today := civil.Of(tx.Now)
		for _, p := range []Period{LastCompleted(today), {Year: today.Year - 1}} {
			if !today.Before(p.End().AddDays(keptWithin)) {
				continue
			}
			if _, err := dependedIn(ctx, tx, p); !errors.Is(err, db.ErrNotFound) {
				if err != nil {
					return err
				}
				continue
			}
			now, err := s.depends(ctx, tx)
			if err != nil {
				return err
			}
			err = saveDepended(ctx, tx, p, &keptDependence{
				s.Engine.Catalogue.Edition, now.Suppliers, now.Kinds, now.SoleTraders, now.Unnumbered, now.Undecided,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep what is depended on: %w", err)
	}
	return nil
}

// dependedThen gives what the organisation depended on in a period: as it was kept, or as things are when the period is the latest.
func (s *Service) dependedThen(ctx context.Context, tx *db.Tx, p Period) (ConcentrationDraft, error) {
	was, err := dependedIn(ctx, tx, p)
	switch {
	case errors.Is(err, db.ErrNotFound) && !latest(p, civil.Of(tx.Now)):
		return ConcentrationDraft{}, ErrNotCurrent
	case errors.Is(err, db.ErrNotFound):
		out, err := s.depends(ctx, tx)
		out.Catalogue = s.Engine.Catalogue.Edition
		return out, err
	case err != nil:
		return ConcentrationDraft{}, err
	}
	out := ConcentrationDraft{Undecided: was.Undecided, Names: map[string]string{}}
	out.Catalogue, out.Suppliers, out.Kinds, out.SoleTraders, out.Unnumbered = was.Catalogue, was.Suppliers, was.Kinds, was.SoleTraders, was.Unnumbered
	all, err := supplier.Whole(ctx, tx, tx.Scope)
	for i := range all {
		if number, of := ReadNumber(all[i].Number); of == OfOrganisation {
			out.Names[number] = all[i].Name
		}
	}
	return out, err
}
