// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
)

// Buttons gives the providers that are switched on as ways to sign in. It is one of auth.Pages.Providers. Where the installation has
// several organisations that have connected one, each button says whose it is.
func Buttons(d *db.DB, drivers []Driver) func(ctx context.Context) ([]auth.Method, error) {
	return func(ctx context.Context) ([]auth.Method, error) {
		var all []Provider
		names := map[string]string{}
		err := d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
			if all, err = everyEnabled(ctx, tx); err != nil || len(all) == 0 {
				return err
			}
			names, err = organisationNames(ctx, tx)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list providers: %w", err)
		}
		several := false
		for i := range all {
			several = several || all[i].Organisation != all[0].Organisation
		}
		var out []auth.Method
		for i := range all {
			p := &all[i]
			for _, driver := range drivers {
				if driver.Kind() != p.Kind {
					continue
				}
				m := auth.Method{
					Kind: string(p.Kind), Name: p.Name("sv"), NameEN: p.Name("en"), Href: driver.Path(p.ID), Icon: driver.Icon(),
					Again: driver.Path(p.ID) + "?igen=1", Issuer: p.Issuer,
				}
				if p.Kind == SAML {
					m.Issuer = "" // a connection may be a whole federation; the step-up finds the one that the reader came by
				}
				if several {
					m.Name, m.NameEN = names[p.Organisation.String()]+": "+m.Name, names[p.Organisation.String()]+": "+m.NameEN
				}
				out = append(out, m)
			}
		}
		return out, nil
	}
}
