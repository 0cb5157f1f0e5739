// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
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
	if err := s.inventDependence(ctx, tx, actor); err != nil {
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
	if err := clearDependence(ctx, tx); err != nil {
		return err
	}
	return forgetDepended(ctx, tx) // it was of the example's register
}

// The nation that the example's counts of what municipalities depend on are of. Its seed is one that nobody simulates a nation with, since what
// is invented is known by the keys that it gives.
const (
	inventedSeed           = 4_711_070_059
	inventedMunicipalities = 120
)

// inventDependence publishes what an invented nation depends on over three periods, where nothing has been published, so that the page has a
// picture and a history to show. Only counts of many are ever shown, and the page says that they are invented.
func (s *Service) inventDependence(ctx context.Context, tx *db.Tx, actor access.Actor) error {
	if releases, err := concentrationReleases(ctx, tx, tx.Scope); err != nil || len(releases) > 0 {
		return err
	}
	sim := NewSimulation(s.Engine, inventedSeed, inventedMunicipalities, 1)
	last := LastCompleted(civil.Of(tx.Now))
	for _, p := range []Period{{last.Year - 2, 0}, {last.Year - 1, 0}, last} {
		list, err := sim.dependents(p)
		if err != nil {
			return err
		}
		if err := keep(ctx, tx, tx.Scope, list); err != nil {
			return err
		}
		if err := s.publishConcentration(ctx, tx, actor, p); err != nil {
			return err
		}
	}
	return nil
}

// dependents are what those of a simulated nation that agree to it say of a period, as it is kept.
func (s *Simulation) dependents(p Period) ([]accepted, error) {
	var out []accepted
	for _, code := range s.Codes() {
		profile := s.Profile(code)
		x, ok, err := s.Concentration(&profile, p)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		body, err := x.Encode()
		if err != nil {
			return nil, err
		}
		made, _ := x.MadeAt() // the simulation has written it
		out = append(out, accepted{Incoming: Incoming{Name: code, Concentration: &x}, digest: x.Digest(), body: string(body), made: made.UnixMilli()})
	}
	return out, nil
}

// clearDependence takes away what inventDependence made, which is known by its signatures, and every release that stands on it. What others
// have sent stays, and is published anew in its turn.
func clearDependence(ctx context.Context, tx *db.Tx) error {
	sim := &Simulation{Seed: inventedSeed}
	all, err := dependentsOf(ctx, tx)
	if err != nil {
		return err
	}
	var digests []string
	for digest := range all {
		x := all[digest]
		key, err := sim.Key(x.Municipality)
		if err != nil {
			return err
		}
		v, err := note.NewVerifier(key.Verifier)
		if err != nil {
			return fmt.Errorf("read invented key: %w", err)
		}
		if x.Verify(v) == nil {
			digests = append(digests, digest)
		}
	}
	if len(digests) == 0 {
		return nil
	}
	return removeDependents(ctx, tx, digests)
}
