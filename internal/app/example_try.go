// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/whatif"
)

// exampleBegun is the setting that says that an organisation of somebody's own has begun to try the example.
const exampleBegun = "example.begun"

// ErrNotEmpty says that the example cannot be tried where there is something already: it must not be mixed up with what is true.
var ErrNotEmpty = errors.New("the example can be tried only while the register is empty")

// ExampleState is how an organisation stands with example data.
type ExampleState struct {
	// Invented says that the whole organisation is the demonstration's: there is nothing else in it.
	Invented bool
	// Begun says that example data has been put in, and Done that all of it has.
	Begun, Done bool
	// Empty says that the register has no systems, so that the example can be tried.
	Empty bool
	// Systems is how many systems the example made and Own how many others there are.
	Systems, Own int
}

// ExampleState tells how an organisation stands with example data.
func (a *App) ExampleState(ctx context.Context, actor access.Actor) (ExampleState, error) {
	if err := access.Check(actor, "app.ExampleState"); err != nil {
		return ExampleState{}, err
	}
	var out ExampleState
	err := a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		org := actor.Organisation
		o, err := organisation.Get(ctx, tx, org)
		if err != nil {
			return err
		}
		begun, err := organisation.Setting(ctx, tx, org, exampleBegun)
		if err != nil {
			return err
		}
		done, err := organisation.Setting(ctx, tx, org, exampleDone)
		if err != nil {
			return err
		}
		all, err := system.Count(ctx, tx, org, system.Filter{Reach: access.Everywhere()})
		if err != nil {
			return err
		}
		out = ExampleState{Invented: o.Example && begun == "", Begun: begun != "", Done: begun != "" && done != "", Empty: all == 0}
		return out.count(ctx, tx, access.ReachOf(actor, "app.ExampleState"))
	})
	if err != nil {
		return ExampleState{}, fmt.Errorf("read how it stands with example data: %w", err)
	}
	return out, nil
}

// count counts the systems that the reader reaches: those that the example made, and the others.
func (s *ExampleState) count(ctx context.Context, tx *db.Tx, r access.Reach) error {
	made, err := exampleMade(ctx, tx, tx.Scope)
	if err != nil {
		return err
	}
	for _, id := range made[madeImport] {
		list, err := register.Made(ctx, tx, tx.Scope, ids.ID[register.Import](id))
		if err != nil {
			return err
		}
		if len(list) == 0 {
			continue
		}
		systems, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: r, IDs: list})
		if err != nil {
			return err
		}
		s.Systems += len(systems)
	}
	n, err := system.Count(ctx, tx, tx.Scope, system.Filter{Reach: r})
	s.Own = max(0, n-s.Systems)
	return err
}

// StartExample puts the invented municipality's data into the reader's own organisation, which must have no systems. A try that was cut
// short is finished by the next.
func (a *App) StartExample(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "app.StartExample"); err != nil {
		return err
	}
	err := a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		org := actor.Organisation
		begun, err := organisation.Setting(ctx, tx, org, exampleBegun)
		if err != nil || begun != "" {
			return err
		}
		n, err := system.Count(ctx, tx, org, system.Filter{Reach: access.Everywhere()})
		if err != nil {
			return err
		}
		changed, err := organisation.SetExample(ctx, tx, org, true)
		if err != nil {
			return err
		}
		if n > 0 || !changed {
			return ErrNotEmpty
		}
		if err := organisation.SaveSetting(ctx, tx, org, exampleBegun, tx.Now.Format("2006-01-02")); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "app.StartExample", ObjectKind: "organisation", ObjectID: org.String()})
	})
	if err == nil {
		err = a.tell(ctx, actor)
	}
	if err != nil {
		return fmt.Errorf("try the example: %w", err)
	}
	return nil
}

// RemoveExample takes away what the example made, and leaves everything else. What somebody's own data hangs on stays too: a unit that an
// own system is in, a supplier of it.
func (a *App) RemoveExample(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "app.RemoveExample"); err != nil {
		return err
	}
	err := a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		org := actor.Organisation
		begun, err := organisation.Setting(ctx, tx, org, exampleBegun)
		if err != nil {
			return err
		}
		if begun == "" {
			return db.ErrNotFound
		}
		systems, err := a.clearExample(ctx, tx, actor)
		if err != nil {
			return err
		}
		for _, name := range []string{exampleBegun, exampleDone} {
			if err := organisation.ForgetSetting(ctx, tx, org, name); err != nil {
				return err
			}
		}
		if _, err := organisation.SetExample(ctx, tx, org, false); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "app.RemoveExample", ObjectKind: "organisation", ObjectID: org.String(), Data: map[string]any{"systems": systems},
		})
	})
	if err != nil {
		return fmt.Errorf("remove the example: %w", err)
	}
	return nil
}

// clearExample takes away what the example made, in the order that nothing is left hanging.
func (a *App) clearExample(ctx context.Context, tx *db.Tx, actor access.Actor) (int, error) {
	org := actor.Organisation
	made, err := exampleMade(ctx, tx, org)
	if err != nil {
		return 0, err
	}
	if err := incident.Clear(ctx, tx, org, of[ids.ID[incident.Incident]](made[madeIncident])); err != nil {
		return 0, err
	}
	if err := campaign.Clear(ctx, tx, org, of[ids.ID[campaign.Campaign]](made[madeCampaign])); err != nil {
		return 0, err
	}
	if err := national.ClearIllustration(ctx, tx); err != nil {
		return 0, err
	}
	if err := whatif.Clear(ctx, tx, of[ids.ID[whatif.Draft]](made[madeDraft])); err != nil {
		return 0, err
	}
	if err := measurement.Clear(ctx, tx, org, of[ids.ID[measurement.Import]](made[madeSignIns])); err != nil {
		return 0, err
	}
	systems := 0
	for _, id := range made[madeImport] {
		n, err := a.Register.Clear(ctx, tx, actor, ids.ID[register.Import](id))
		if err != nil {
			return 0, err
		}
		systems += n
	}
	if err := processing.Clear(ctx, tx, org, of[ids.ID[processing.Processing]](made[madeProcessing])); err != nil {
		return 0, err
	}
	if err := procurement.Clear(ctx, tx, org, of[ids.ID[procurement.Purchase]](made[madePurchase])); err != nil {
		return 0, err
	}
	if err := procurement.ClearLinks(ctx, tx, org, of[ids.ID[link.Link]](made[madeLink])); err != nil {
		return 0, err
	}
	if err := supplier.Clear(ctx, tx, org, of[ids.ID[supplier.Supplier]](made[madeSupplier])); err != nil {
		return 0, err
	}
	if err := information.Clear(ctx, tx, org, of[ids.ID[information.Information]](made[madeInformation])); err != nil {
		return 0, err
	}
	if err := organisation.RemoveUnits(ctx, tx, org, of[access.UnitID](made[madeUnit])); err != nil {
		return 0, err
	}
	return systems, forgetExample(ctx, tx, org)
}

func of[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, id := range list {
		out[i] = T(id)
	}
	return out
}

// holding is what an organisation has of what the example makes, by kind.
type holding map[string][]string

func holdings(ctx context.Context, tx *db.Tx, org access.OrganisationID) (holding, error) {
	out := holding{}
	units, err := organisation.Units(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	for i := range units {
		out[madeUnit] = append(out[madeUnit], units[i].ID.String())
	}
	suppliers, err := supplier.All(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	for i := range suppliers {
		out[madeSupplier] = append(out[madeSupplier], suppliers[i].ID.String())
	}
	infos, err := information.All(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	for i := range infos {
		out[madeInformation] = append(out[madeInformation], infos[i].ID.String())
	}
	return out, nil
}

// watched runs one step of the story and notes which units, suppliers and information it made.
func (a *App) watched(ctx context.Context, actor access.Actor, step func() error) error {
	var before holding
	err := a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		before, err = holdings(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return err
	}
	if err := step(); err != nil {
		return err
	}
	return a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		after, err := holdings(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		for kind, list := range after {
			fresh := slices.DeleteFunc(list, func(id string) bool { return slices.Contains(before[kind], id) })
			if err := markExample(ctx, tx, actor.Organisation, kind, fresh); err != nil {
				return err
			}
		}
		return nil
	})
}

// mark notes one thing that the story made.
func (a *App) mark(ctx context.Context, actor access.Actor, kind, id string) error {
	return a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		return markExample(ctx, tx, actor.Organisation, kind, []string{id})
	})
}
