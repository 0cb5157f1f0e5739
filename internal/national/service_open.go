// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// Wanted narrows what is read of open data; nothing of a kind is all of it.
type Wanted struct {
	Indicators []string
	Years      []int
	// Places are municipalities, and Country.
	Places []string
	// Ungrouped leaves out counties, sizes and other groups.
	Ungrouped bool
}

// country reports whether the sums of groups are wanted, and municipality what is wanted of those that are shown by themselves: nothing, one,
// or all when its code is empty.
func (w *Wanted) country() bool { return len(w.Places) == 0 || slices.Contains(w.Places, Country) }

func (w *Wanted) municipality() (code string, some bool) {
	var codes []string
	for _, p := range w.Places {
		if p != Country {
			codes = append(codes, p)
		}
	}
	if len(codes) == 1 {
		return codes[0], true
	}
	return "", len(w.Places) == 0 || len(codes) > 0
}

// mostAsked is how many indicators are asked for by themselves. Of more, all are read.
const mostAsked = 25

// indicators are the indicators to ask for, each once; nothing asks for all.
func (w *Wanted) indicators() []string {
	list := slices.Compact(slices.Sorted(slices.Values(w.Indicators)))
	if len(list) == 0 || len(list) > mostAsked {
		return []string{""}
	}
	return list
}

// Open gives what has been published, for anybody.
func (s *Service) Open(ctx context.Context, actor access.Actor, w Wanted) (Open, error) {
	if err := access.Check(actor, "national.Open"); err != nil {
		return Open{}, err
	}
	out := Open{cells: map[int64][]published{}, shown: map[int64][]figure{}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := releasesOf(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if out.Invented, err = isInvented(ctx, tx); err != nil {
			return err
		}
		for _, r := range latestReleases(all) {
			if len(w.Years) > 0 && !slices.Contains(w.Years, r.Period.Year) {
				continue
			}
			out.Releases = append(out.Releases, r)
			if err := out.gather(ctx, tx, r.Number, &w); err != nil {
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

// gather reads what is wanted of one release.
func (o *Open) gather(ctx context.Context, tx *db.Tx, release int64, w *Wanted) error {
	split := ""
	if w.Ungrouped {
		split = Whole
	}
	code, some := w.municipality()
	for _, indicator := range w.indicators() {
		if w.country() {
			cells, err := cellsOfRelease(ctx, tx, tx.Scope, part{release, indicator, split})
			if err != nil {
				return err
			}
			o.cells[release] = append(o.cells[release], cells...)
		}
		if some {
			shown, err := shownOf(ctx, tx, shownPart{release, indicator, code})
			if err != nil {
				return err
			}
			o.shown[release] = append(o.shown[release], shown...)
		}
	}
	return nil
}
