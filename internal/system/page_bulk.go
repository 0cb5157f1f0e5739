// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// BulkPath is where many systems are changed at once, and where such changes are undone.
const BulkPath = "/andringar"

type bulkPage struct {
	web.Page
	Rows []bulkRow
}

type bulkRow struct {
	ID, Text, When string
	CanUndo        bool
	Undone         string
}

func (p *Pages) bulks(c *web.Context) error {
	list, err := p.Service.Bulks(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	now := p.Service.DB.Now()
	d := bulkPage{Page: web.Page{Title: c.L.T("system.bulks"), Active: "system", Crumbs: []web.Crumb{
		{Label: c.L.T("system.systems"), Href: "/system"}, {Label: c.L.T("system.bulks")},
	}}}
	for i := range list {
		b := &list[i]
		row := bulkRow{ID: b.ID.String(), Text: bulkText(c, &b.Change, b.Systems), When: c.L.Moment(b.At), CanUndo: b.CanUndo(now)}
		if !b.Undone.IsZero() {
			row.Undone = c.L.T("system.bulk-undone-at", "At", c.L.Moment(b.Undone))
		}
		d.Rows = append(d.Rows, row)
	}
	return c.Render(templates, "bulk.html", d)
}

// bulkText says what a change changed.
func bulkText(c *web.Context, change *Change, systems int) string {
	key := "system.bulk-unit"
	switch {
	case change.Owner != nil:
		key = "system.bulk-owner"
	case change.OwnerRole != nil:
		key = "system.bulk-role"
	}
	return c.L.T(key, "Count", systems)
}

// backTo is the page that a form was sent from, where it says so.
func backTo(c *web.Context, otherwise string) string {
	if from := c.Form("tillbaka"); from != "" {
		return web.Local(from)
	}
	return otherwise
}

// bulk changes the systems that are ticked in a list, and goes back to the list as it was.
func (p *Pages) bulk(c *web.Context) error {
	back := backTo(c, "/system")
	var systems []ids.ID[System]
	for _, id := range c.Forms("system") {
		systems = append(systems, ids.ID[System](id))
	}
	change, err := p.asked(c)
	if err == nil {
		var b Bulk
		if b, err = p.Service.Bulk(c.Context(), c.Actor, systems, change); err == nil {
			undo := web.Offer{Key: "system.bulk-undo", Action: BulkPath + "/" + b.ID.String() + "/angra"}
			return c.RedirectOffer(back, undo, "system.bulk-done", "Count", strconv.Itoa(b.Systems))
		}
	}
	if key := bulkFault(err); key != "" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: key, Err: err}
	}
	return err
}

// asked reads which change the form asks for: the button that was pressed says which of its fields counts.
func (p *Pages) asked(c *web.Context) (Change, error) {
	switch c.Form("gor") {
	case "forvaltning":
		unit := access.UnitID(c.Form("enhet"))
		return Change{Unit: &unit}, nil
	case "roll":
		role := c.Form("roll")
		return Change{OwnerRole: &role}, nil
	case "agare":
		id, err := p.Service.Called(c.Context(), c.Actor, c.Form("agare"))
		return Change{Owner: &id}, err
	}
	return Change{}, ErrBulkEmpty
}

// bulkFault is what the page says of a change that cannot be made; empty when it is not the reader's to mend.
func bulkFault(err error) string {
	switch {
	case errors.Is(err, ErrBulkEmpty):
		return "system.bulk-empty"
	case errors.Is(err, ErrBulkLarge):
		return "system.bulk-large"
	case errors.Is(err, ErrUnit):
		return "system.bulk-no-unit"
	case errors.Is(err, organisation.ErrNobody), errors.Is(err, organisation.ErrEnded):
		return "organisation.fault-nobody"
	case errors.Is(err, organisation.ErrNamesakes):
		return "organisation.fault-several"
	case errors.Is(err, db.ErrConflict):
		return "system.bulk-conflict"
	case errors.Is(err, ErrBulkUndone):
		return "system.bulk-undone"
	case errors.Is(err, ErrBulkOld):
		return "system.bulk-old"
	}
	return ""
}

func (p *Pages) undoBulk(c *web.Context) error {
	u, err := p.Service.UndoBulk(c.Context(), c.Actor, ids.ID[Bulk](c.Path("id")))
	if key := bulkFault(err); key != "" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: key, Err: err}
	}
	if err != nil {
		return err
	}
	if u.Kept > 0 {
		return c.Redirect(BulkPath, "system.bulk-partly", "Count", strconv.Itoa(u.Kept), "Back", strconv.Itoa(u.Back))
	}
	return c.Redirect(backTo(c, BulkPath), "system.bulk-back", "Count", strconv.Itoa(u.Back))
}
