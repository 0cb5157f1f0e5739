// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// The addresses of saved views, and of the list as a file.
const (
	viewPath       = "/vyer"
	exportListPath = "/systemlista"
)

// saveView saves the list that the form came from.
func (p *Pages) saveView(c *web.Context) error {
	back := web.Local(c.Form("lista"))
	u, err := url.Parse(back)
	if err != nil || u.Path != "/system" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "overview.view-wrong", Err: err}
	}
	if err := p.Overview.SaveView(c.Context(), c.Actor, c.Form("namn"), filterOf(u.Query().Get)); err != nil {
		return viewFault(err)
	}
	return c.Redirect(back, "overview.view-saved")
}

// viewFault tells why a view cannot be saved.
func viewFault(err error) error {
	for cause, key := range map[error]string{ErrViewName: "overview.view-name-wrong", ErrViews: "overview.view-full", ErrViewWhole: "overview.view-whole"} {
		if errors.Is(err, cause) {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: key, Err: err}
		}
	}
	return err
}

func (p *Pages) removeView(c *web.Context) error {
	if err := p.Overview.RemoveView(c.Context(), c.Actor, ids.ID[View](c.Path("id"))); err != nil {
		return err
	}
	return c.Redirect("/system", "overview.view-removed")
}

// exportList writes the list, every page of it, as a file.
func (p *Pages) exportList(c *web.Context) error {
	format, err := listFormat(c)
	if err != nil {
		return err
	}
	x, err := p.Overview.ExportList(c.Context(), c.Actor, readFilter(c))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := listDocument(c, &x).Write(&b, format); err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Type", format.MediaType())
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.L.T("overview.export-file") + "-" + x.Today.String() + format.Extension()}))
	_, err = c.Writer.Write(b.Bytes())
	return err
}

// listFormat is the format that a list is asked for in: one of tables.
func listFormat(c *web.Context) (document.Format, error) {
	format, err := document.ParseFormat(c.Query("format"))
	if err != nil || format == document.JSON || format == document.DOCX {
		return format, &web.Error{Status: http.StatusBadRequest, Key: "overview.export-format", Err: err}
	}
	return format, nil
}

// listDocument is the list as a table: the columns of the page, and the filter on the cover.
func listDocument(c *web.Context, x *Exported) *document.Document {
	t := c.L.T
	table := &document.Table{Name: t("overview.systems"), Caption: t("overview.systems-caption"), Columns: []document.Column{
		{Key: "system", Header: t("overview.system"), Width: 3}, {Key: "unit", Header: t("overview.unit"), Width: 2},
	}}
	for a := range catalogue.NumAspects {
		table.Columns = append(table.Columns, document.Column{Key: aspects[a], Header: aspectName(c, catalogue.Aspect(a)), Kind: document.Number})
	}
	table.Columns = append(table.Columns,
		document.Column{Key: "standing", Header: t("overview.standing")}, document.Column{Key: "until", Header: t("overview.valid-until"), Kind: document.Date},
		document.Column{Key: "owner", Header: t("overview.owner")}, document.Column{Key: "login", Header: t("overview.login")},
		document.Column{Key: "requirements", Header: t("overview.requirements"), Kind: document.Number},
		document.Column{Key: "not-met", Header: t("overview.export-not-met"), Kind: document.Number},
		document.Column{Key: "unknown", Header: t("overview.export-unknown"), Kind: document.Number},
	)
	for _, s := range x.Rows {
		table.Rows = append(table.Rows, listCells(c, s))
	}
	d := &document.Document{
		Lang: c.L.Lang, Title: t("overview.systems"), Subtitle: x.Organisation, Created: x.Today.Time(),
		Properties: []document.Property{{Name: t("overview.export-day"), Value: x.Today.String()}, {Name: t("overview.export-count"), Value: c.L.Number(int64(len(x.Rows)))}},
		Sections:   []document.Section{{ID: "system", Heading: t("overview.systems"), Level: 1, Table: table}},
	}
	for _, f := range chips(c, &List{Filter: x.Filter, Units: x.Units}) {
		d.Properties = append(d.Properties, document.Property{Name: t("overview.export-filter"), Value: f.Label})
	}
	if c.Query("sekretess") == "1" {
		d.Status = t("overview.export-secrecy")
	}
	return d
}

func listCells(c *web.Context, s *Sum) []document.Cell {
	out := []document.Cell{document.T(s.Name), document.T(s.Unit)}
	for _, l := range s.Levels {
		if l.Known() {
			out = append(out, document.N(l.Value))
		} else {
			out = append(out, document.T(c.L.T("overview.unknown")))
		}
	}
	until := ""
	if !s.ValidUntil.IsZero() {
		until = s.ValidUntil.String()
	}
	owner := s.Owner
	if owner == "" {
		owner = s.OwnerRole
	}
	out = append(out, document.T(c.L.T("overview.standing-"+string(s.Standing))), document.T(until), document.T(owner), document.T(s.LoginNote))
	if s.Standing == Stopped { // nothing more is told of what may concern national security
		return append(out, document.Cell{}, document.Cell{}, document.Cell{})
	}
	return append(out, document.N(s.Tally.Total()), document.N(s.Tally.NotMet), document.N(s.Tally.Unknown()))
}
