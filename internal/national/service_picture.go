// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/organisation"
)

// Look says what is to be shown.
type Look struct {
	Indicator string
	// Period is the one to show; zero is the latest.
	Period Period
	Series followup.Series
}

// Picture gives one indicator's published figures.
func (s *Service) Picture(ctx context.Context, actor access.Actor, k Look) (Picture, error) {
	if err := access.Check(actor, "national.Picture"); err != nil {
		return Picture{}, err
	}
	ind, ok := s.Engine.Catalogue.Indicator(k.Indicator)
	if !ok {
		return Picture{}, fmt.Errorf("show indicator %s: %w", k.Indicator, db.ErrNotFound)
	}
	out := Picture{Indicator: ind, Series: k.Series, Country: len(s.Engine.Catalogue.Municipalities), Shown: map[string]followup.Count{}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		org := actor.Organisation
		all, err := releasesOf(ctx, tx, org)
		if err != nil {
			return err
		}
		out.Releases = latestReleases(all)
		out.Release = chooseRelease(out.Releases, k.Period)
		cells, err := cellsOf(ctx, tx, org, ind.ID)
		if err != nil {
			return err
		}
		out.fill(cells)
		shown, err := shownOf(ctx, tx, shownPart{release: out.Release.Number, indicator: ind.ID})
		if err != nil {
			return err
		}
		for i := range shown {
			if shown[i].Series == k.Series.String() && shown[i].Definition == ind.Definition {
				out.Shown[shown[i].municipality] = shown[i].Count()
			}
		}
		if err := s.questions(ctx, tx, &out); err != nil {
			return err
		}
		if out.Division, err = divisionOf(ctx, tx, org); err != nil {
			return err
		}
		if out.Invented, err = isInvented(ctx, tx); err != nil {
			return err
		}
		if out.Imported, err = s.imported(ctx, tx, ind.ID); err != nil {
			return err
		}
		return s.own(ctx, tx, actor, &out)
	})
	if err != nil {
		return Picture{}, fmt.Errorf("show the nation: %w", err)
	}
	return out, nil
}

// imported reads others' series of an indicator, with the figures of the country and of the own municipality.
func (s *Service) imported(ctx context.Context, tx *db.Tx, indicator string) ([]followup.Imported, error) {
	own, err := organisation.Setting(ctx, tx, tx.Scope, settingMunicipality)
	if err != nil {
		return nil, err
	}
	places := []string{Country}
	if own != "" {
		places = append(places, own)
	}
	return followup.References(ctx, tx, tx.Scope, followup.Wanted{Beside: indicator, Places: places})
}

// own puts the reader's own municipality beside the others. It is their own figure, so nobody learns more by it.
func (s *Service) own(ctx context.Context, tx *db.Tx, actor access.Actor, out *Picture) error {
	x, err := sharing(ctx, tx, actor.Organisation)
	out.Receives = x.Receive
	if err != nil || x.Municipality == "" || !access.Allowed(actor, "followup.List") || !access.ReachOf(actor, "followup.List").All {
		return err
	}
	values, err := s.Followup.Values(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	out.Own, out.OwnSize = x.Municipality, x.Size
	for _, v := range values {
		if v.Indicator == out.Indicator.ID && v.Series == out.Series {
			out.OwnCount = v.Count
		}
		for i := range out.Questions {
			if v.Indicator == out.Questions[i].Indicator.ID {
				out.Questions[i].Own[v.Series] = v.Count
			}
		}
	}
	return s.ownBefore(ctx, tx, out)
}

// ownBefore adds what the own municipality had when its values were last taken in the year before this.
func (s *Service) ownBefore(ctx context.Context, tx *db.Tx, out *Picture) error {
	year := civil.Of(tx.Now).Year
	first := func(year int) civil.Date { return civil.Date{Year: year, Month: time.January, Day: 1} }
	points, err := followup.TakenBefore(ctx, tx, tx.Scope, first(year-1), first(year))
	for _, p := range points {
		out.OwnSince = p.On
		for i := range out.Questions {
			if q := &out.Questions[i]; p.Indicator == q.Indicator.ID && p.Definition == q.Indicator.Definition {
				q.OwnWas[p.Series] = p.Count
			}
		}
	}
	return err
}

// questions answers what is asked first, of the release that is shown.
func (s *Service) questions(ctx context.Context, tx *db.Tx, out *Picture) error {
	cells, err := wholesOf(ctx, tx, tx.Scope, asked)
	if err != nil {
		return err
	}
	for _, id := range asked {
		if ind, ok := s.Engine.Catalogue.Indicator(id); ok {
			q := Question{Indicator: ind}
			q.answer(out, cells)
			out.Questions = append(out.Questions, q)
		}
	}
	return nil
}
