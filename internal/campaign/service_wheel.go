// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Wheel is an organisation's year.
type Wheel struct {
	Year   int64
	Months []Month
	Today  civil.Date
}

// ErrYear says that a year lies too far off.
var ErrYear = errors.New("the year wheel shows the years around this one")

// yearsAround is how many years before and after this one the wheel shows.
const yearsAround = 5

// Wheel lays out a year: zero is this one. What follows from dates of units is shown as far as the actor reaches.
func (s *Service) Wheel(ctx context.Context, actor access.Actor, year int64) (Wheel, error) {
	if err := access.Check(actor, "campaign.Wheel"); err != nil {
		return Wheel{}, err
	}
	var out Wheel
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = s.wheel(ctx, tx, access.ReachOf(actor, "campaign.Wheel"), year)
		return err
	})
	if err != nil {
		return Wheel{}, fmt.Errorf("read the year: %w", err)
	}
	return out, nil
}

func (s *Service) wheel(ctx context.Context, tx *db.Tx, reach access.Reach, year int64) (Wheel, error) {
	out := Wheel{Year: year, Today: civil.Of(tx.Now)}
	if year == 0 {
		out.Year = int64(out.Today.Year)
	}
	if out.Year < int64(out.Today.Year)-yearsAround || out.Year > int64(out.Today.Year)+yearsAround {
		return out, ErrYear
	}
	y, err := ownYear(ctx, tx, out.Year)
	if err != nil {
		return out, err
	}
	if y.Dates, err = s.dates(ctx, tx, reach); err != nil {
		return out, err
	}
	out.Months = s.Set.Turn(y)
	return out, nil
}

// ownYear reads what an organisation itself has said of a year.
func ownYear(ctx context.Context, tx *db.Tx, year int64) (Year, error) {
	y := Year{Year: year}
	var err error
	if y.Since, err = began(ctx, tx); err != nil {
		return y, err
	}
	if y.Own, err = activities(ctx, tx, tx.Scope); err != nil {
		return y, err
	}
	y.Done, err = ticks(ctx, tx, tx.Scope, year)
	return y, err
}

// dates reads the days that stand elsewhere.
func (s *Service) dates(ctx context.Context, tx *db.Tx, reach access.Reach) ([]Dated, error) {
	systems, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: reach})
	if err != nil {
		return nil, err
	}
	systems = slices.DeleteFunc(systems, func(x system.System) bool { return x.State == "retired" })
	list := make([]ids.ID[system.System], len(systems))
	for i := range systems {
		list[i] = systems[i].ID
	}
	states, err := classification.States(ctx, tx, tx.Scope, list)
	if err != nil {
		return nil, err
	}
	reviews, err := risk.Reviews(ctx, tx, tx.Scope)
	if err != nil {
		return nil, err
	}
	var out []Dated
	for i := range systems {
		if states[systems[i].ID].Stopped == nil {
			out = append(out, systemDates(&systems[i], states[systems[i].ID].Decided, reviews[systems[i].ID])...)
		}
	}
	common, err := s.commonDates(ctx, tx, reach)
	return append(out, common...), err
}

// systemDates are the days of one system: when its classification ends, when access and log are to be reviewed, and its assessment.
func systemDates(x *system.System, decided *classification.Classification, review civil.Date) []Dated {
	var out []Dated
	add := func(sort Sort, day civil.Date, href string) {
		if !day.IsZero() {
			out = append(out, Dated{Sort: sort, Day: day, Name: x.Name, Href: href})
		}
	}
	if decided != nil {
		add(SortClassification, decided.ValidUntil, "/system?lage=loper-ut")
	}
	if !x.AccessReviewOn.IsZero() {
		add(SortAccess, x.AccessReviewOn.AddMonths(halfYear), "/system")
	}
	if x.LogReviewMonths != nil && *x.LogReviewMonths > 0 && !x.LogReviewOn.IsZero() {
		add(SortLog, x.LogReviewOn.AddMonths(int(*x.LogReviewMonths)), "/system")
	}
	add(SortAssessment, review, "/risker")
	return out
}

// commonDates are the days of the whole organisation: campaigns and suppliers' papers.
func (s *Service) commonDates(ctx context.Context, tx *db.Tx, reach access.Reach) ([]Dated, error) {
	var out []Dated
	all, err := All(ctx, tx, tx.Scope)
	if err != nil {
		return nil, err
	}
	for i := range all {
		c := &all[i]
		list, err := within(ctx, tx, reach, c.ID)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 || i > 0 && all[i-1].Number == c.Number {
			continue
		}
		d := Dated{Sort: SortCampaign, Day: c.Deadline, Name: c.Name, Href: c.Path()}
		if !c.Frozen.IsZero() {
			d.Done = civil.Of(c.Frozen)
		}
		out = append(out, d)
	}
	if !reach.All { // contracts belong to the whole organisation
		return out, nil
	}
	suppliers, err := supplier.Whole(ctx, tx, tx.Scope)
	for i := range suppliers {
		for _, p := range suppliers[i].Papers {
			if !p.EndsOn.IsZero() {
				out = append(out, Dated{Sort: SortPaper, Day: p.Decide(), Name: suppliers[i].Name + ", " + p.Name, Href: supplier.Place})
			}
		}
	}
	return out, err
}

// Due lists what somebody ticks that is late or comes within a month, this year.
func (s *Service) Due(ctx context.Context, tx *db.Tx, today civil.Date) ([]Item, error) {
	y, err := ownYear(ctx, tx, int64(today.Year))
	if err != nil {
		return nil, err
	}
	var out []Item
	for _, m := range s.Set.Turn(y) {
		for i := range m.Items {
			if it := &m.Items[i]; it.Late(today) || it.Soon(today) {
				out = append(out, *it)
			}
		}
	}
	return out, nil
}

// SaveActivity adds something that the organisation does every year.
func (s *Service) SaveActivity(ctx context.Context, actor access.Actor, a Activity) (ids.ID[Activity], error) {
	if err := access.Check(actor, "campaign.SaveActivity"); err != nil {
		return "", err
	}
	if err := a.Check(); err != nil {
		return "", err
	}
	a.ID = ids.New[Activity]()
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if today := civil.Of(tx.Now); a.First == 0 {
			a.First = int64(today.Year)
			if dayIn(a.First, int(a.Month), int(a.Day)).Before(today) {
				a.First++ // this year's day has been
			}
		}
		if err := insertActivity(ctx, tx, actor, &a); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "campaign.SaveActivity", ObjectKind: "activity", ObjectID: a.ID.String(), Data: map[string]any{"month": a.Month, "day": a.Day},
		})
	})
	if err != nil {
		return "", fmt.Errorf("add to the year: %w", err)
	}
	return a.ID, nil
}

// EndActivity lets an activity not return after this year. The years that it was in keep it.
func (s *Service) EndActivity(ctx context.Context, actor access.Actor, id ids.ID[Activity]) error {
	if err := access.Check(actor, "campaign.EndActivity"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		last := int64(civil.Of(tx.Now).Year)
		if err := endActivity(ctx, tx, id, last); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "campaign.EndActivity", ObjectKind: "activity", ObjectID: id.String(), Data: map[string]any{"last": last},
		})
	})
	if err != nil {
		return fmt.Errorf("end what returns every year: %w", err)
	}
	return nil
}

// Done notes that something of the year has been done, or takes that back. Next year it returns undone.
func (s *Service) Done(ctx context.Context, actor access.Actor, t Tick) error {
	if err := access.Check(actor, "campaign.Done"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := s.wheel(ctx, tx, access.Everywhere(), t.Year)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(w.Months, func(m Month) bool {
			return slices.ContainsFunc(m.Items, func(i Item) bool { return i.Ticked() && i.Key == t.Activity })
		}) {
			return fmt.Errorf("activity %q: %w", t.Activity, db.ErrNotFound)
		}
		t.Year = w.Year
		if err := tick(ctx, tx, actor, t); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "campaign.Done", ObjectKind: "activity", ObjectID: t.Activity, Data: map[string]any{"year": t.Year, "undone": t.Undo},
		})
	})
	if err != nil {
		return fmt.Errorf("note what is done: %w", err)
	}
	return nil
}
