// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// Named reads the provider of a kind that stands in an address as {id}. One of another kind is as if it were not there.
func Named(c *web.Context, d *db.DB, kind Kind) (Provider, error) {
	id, err := ids.Parse[Provider](c.Path("id"))
	if err != nil {
		return Provider{}, &web.Error{Status: http.StatusNotFound, Err: err}
	}
	out, err := Find(c.Context(), d, id)
	if errors.Is(err, ErrUnknown) || err == nil && out.Kind != kind {
		return out, &web.Error{Status: http.StatusNotFound, Err: err}
	}
	return out, err
}

// KeysPage is the page of our own keys towards providers of a kind, below the page of providers.
func KeysPage(title, parent string, faults []web.FieldError) web.Page {
	return web.Page{Title: title, Active: Menu, Errors: faults, Crumbs: []web.Crumb{{Label: parent, Href: Path}, {Label: title}}}
}
