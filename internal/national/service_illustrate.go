// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/kolada"
	"github.com/insegel/insegel/internal/organisation"
)

// ExampleBase is the address that invented figures are said to come from. Nothing can ever be there: the name is reserved for examples.
const ExampleBase = "https://exempel.example/v3"

// exampleTitle begins the title of everything that is invented, so that nobody takes it for published.
const exampleTitle = "Exempeldata: "

// ErrNotExample says that figures are invented where the data is not an example's.
var ErrNotExample = errors.New("figures can be invented only among example data")

// Illustration is what an invented municipality shows others' figures with. Nobody has published any of it.
type Illustration struct {
	Measures []kolada.Measure
	Groups   []kolada.Group
	Values   []kolada.Value
	// Beside are the indicators that measures are shown with, and Breaks where their figures do not compare.
	Beside map[string]string
	Breaks map[string]followup.ImportedBreak
}

// Illustrate keeps invented figures as if they had been fetched, so that the pages of what others publish have something to show. It is done
// only among example data, and every title says that it is invented. To do it again changes nothing.
func (s *Service) Illustrate(ctx context.Context, actor access.Actor, x Illustration) error {
	if err := access.Check(actor, "national.Illustrate"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		o, err := organisation.Get(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if !o.Example {
			return ErrNotExample
		}
		if err := s.Followup.InventPast(ctx, tx); err != nil {
			return err
		}
		return s.illustrate(ctx, tx, actor, &x)
	})
	if err != nil {
		return fmt.Errorf("invent others' figures: %w", err)
	}
	return nil
}

func (s *Service) illustrate(ctx context.Context, tx *db.Tx, actor access.Actor, x *Illustration) error {
	f := Fetch{Request: Request{Kind: FetchChosen, Base: ExampleBase, Beside: x.Beside}}
	for _, g := range x.Groups {
		g.Title = exampleTitle + g.Title
		if err := s.takeGroup(ctx, tx, &f, &g); err != nil {
			return err
		}
	}
	groups, err := groupsOf(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	values, _ := keepPlaces(s.Engine.Catalogue, x.Values, groups)
	for _, m := range x.Measures {
		m.Title = exampleTitle + m.Title
		if err := s.takeMeasure(ctx, tx, &f, &m, values); err != nil {
			return err
		}
	}
	if err := breakInvented(ctx, tx, actor, x.Breaks); err != nil {
		return err
	}
	if err := s.inventNation(ctx, tx, actor); err != nil {
		return err
	}
	if f.Values == 0 {
		return nil // all of it was there
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "national.Illustrate", ObjectKind: "reference", ObjectID: ExampleBase, Data: map[string]any{"series": f.Series, "values": f.Values, "groups": f.Taken},
	})
}

// invented are the series that Illustrate has made.
func invented(ctx context.Context, tx *db.Tx) ([]followup.Imported, error) {
	list, err := followup.References(ctx, tx, tx.Scope, followup.Wanted{})
	return slices.DeleteFunc(list, func(s followup.Imported) bool { return s.Base != ExampleBase }), err
}

// breakInvented notes where invented figures do not compare.
func breakInvented(ctx context.Context, tx *db.Tx, actor access.Actor, breaks map[string]followup.ImportedBreak) error {
	list, err := invented(ctx, tx)
	if err != nil {
		return err
	}
	for i := range list {
		if b, ok := breaks[list[i].Measure]; ok {
			if err := followup.NoteBreak(ctx, tx, actor.Organisation, list[i].ID, b, actor.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// ClearIllustration takes invented figures away, within the use case that takes the example away.
func ClearIllustration(ctx context.Context, tx *db.Tx) error {
	list, err := invented(ctx, tx)
	if err != nil {
		return err
	}
	for i := range list {
		if err := followup.RemoveReference(ctx, tx, tx.Scope, list[i].ID); err != nil {
			return err
		}
	}
	if err := removeGroups(ctx, tx, ExampleBase); err != nil {
		return err
	}
	if err := clearInvented(ctx, tx); err != nil {
		return err
	}
	if err := followup.ForgetInvented(ctx, tx); err != nil {
		return err
	}
	return forgetDepended(ctx, tx) // it was of the example's register
}
