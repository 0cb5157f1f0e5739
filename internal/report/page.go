// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/printer"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Pages are the pages of reports.
type Pages struct {
	Service *Service
	// Link is the address of the program, for links back from a document; empty when it is not known.
	Link string
	// Patience is how long a reader waits for a document before being shown a page about it instead; 0 is three seconds.
	Patience time.Duration

	makings makings
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET /rapporter", "report.Choices", p.list)
	s.Handle("GET /rapporter/behandlingar", "report.Processings", p.processings)
	s.Handle("GET /rapporter/leverantorer", "report.Suppliers", p.suppliers)
	s.Handle("GET /rapporter/om-laget", "report.Account", p.account)
	s.Handle("GET /rapporter/pagar/{id}", "report.Choices", p.making)
	s.Handle("GET /rapporter/pagar/{id}/hamta", "report.Choices", p.fetch)
	s.Handle("GET /rapporter/{kind}", "report.Write", p.download)
}

// listPage tells what can be exported.
type listPage struct {
	web.Page
	// OnTheirWay are documents that the reader has asked for and that took long.
	OnTheirWay []web.Link
	Kinds      []kindRow
	// Accounts are the fields of the form for the reports on the state, and Dossier those for one about a single system; none for who may
	// not have them.
	Accounts, Dossier []web.Field
	// Weaknesses and DossierWeak take in what is weak, by name.
	Weaknesses, DossierWeak web.Field
	Lang                    string
}

// accountFields fills the forms in with what the reader may choose.
func (p *Pages) accountFields(c *web.Context, out *listPage) error {
	if !access.Allowed(c.Actor, "report.Account") || p.Service.Followup == nil {
		return nil
	}
	units, err := p.Service.Units(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	systems, err := p.Service.Systems(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	kinds := web.Field{Name: "slag", Type: "select", Label: c.L.T("report.page-account")}
	for _, k := range Accounts[:len(Accounts)-1] {
		kinds.Options = append(kinds.Options, web.Option{Value: string(k), Label: c.L.T("report.page-account-" + string(k))})
	}
	unit := web.Field{Name: "enhet", Type: "select", Label: c.L.T("report.page-unit"), Options: []web.Option{{Label: c.L.T("report.page-unit-all")}}}
	for _, u := range units {
		unit.Options = append(unit.Options, web.Option{Value: u.ID.String(), Label: u.Name})
	}
	format := web.Field{Name: "format", Type: "select", Label: c.L.T("report.page-format")}
	for _, f := range p.Service.AccountFormats(Committee) {
		format.Options = append(format.Options, web.Option{Value: string(f), Label: c.L.T("report.page-format-" + string(f))})
	}
	system := web.Field{Name: "system", Type: "select", Label: c.L.T("report.page-system")}
	for i := range systems {
		system.Options = append(system.Options, web.Option{Value: systems[i].Slug, Label: systems[i].Name})
	}
	out.Weaknesses = web.Field{Name: "sarbarheter", Type: "checkbox", Value: "ja", Label: c.L.T("report.page-weaknesses")}
	out.DossierWeak = out.Weaknesses
	out.DossierWeak.Name = "akt-sarbarheter"
	out.Accounts, out.Lang = []web.Field{kinds, unit, format}, c.L.Lang
	if len(systems) > 0 {
		other := format
		other.Options = append(slices.Clone(format.Options), web.Option{Value: string(document.JSON), Label: c.L.T("report.page-format-json")})
		out.Dossier = []web.Field{system, other}
	}
	return nil
}

// account writes a report on the state, or about a single system.
func (p *Pages) account(c *web.Context) error {
	r, err := p.request(c)
	if err != nil {
		return err
	}
	r.Kind, r.Unit, r.Weaknesses = Kind(c.Query("slag")), access.UnitID(c.Query("enhet")), c.Query("sarbarheter") == "ja" || c.Query("akt-sarbarheter") == "ja"
	return p.send(c, &r, "report.Account", p.Service.Account)
}

// kindRow is one kind of report.
type kindRow struct {
	ID, Name, Text string
	Files          []web.Link
	// One leads to where a report of a single system is found.
	One web.Link
	// Weak says that the report tells of weaknesses.
	Weak bool
}

// single is where a single system is chosen for each kind of report.
var single = map[Kind]string{Plan: "/atgarder", Procurement: "/upphandling", Classification: "/system", Register: "/system"}

func (p *Pages) list(c *web.Context) error {
	out := listPage{Page: web.Page{Title: c.L.T("report.page-title"), Active: "report"}}
	kinds, err := p.Service.Choices(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		row := kindRow{
			ID: string(k), Name: c.L.T("report.page-name-" + string(k)), Text: c.L.T("report.page-text-" + string(k)),
			One: web.Link{Label: c.L.T("report.page-one-" + string(k)), Href: single[k]}, Weak: k != Procurement,
		}
		row.Files = files(c, "/rapporter/"+string(k), p.Service.Formats(k))
		out.Kinds = append(out.Kinds, row)
	}
	for _, r := range []struct{ id, action, path, one string }{
		{"processing", "report.Processings", "/rapporter/behandlingar", "/behandlingar"},
		{"supplier", "report.Suppliers", "/rapporter/leverantorer", "/leverantorer"},
	} {
		if access.Allowed(c.Actor, r.action) {
			out.Kinds = append(out.Kinds, kindRow{
				ID: r.id, Name: c.L.T("report.page-name-" + r.id), Text: c.L.T("report.page-text-" + r.id),
				Files: files(c, r.path, p.Service.RecordFormats()), One: web.Link{Label: c.L.T("report.page-one-" + r.id), Href: r.one},
			})
		}
	}
	out.OnTheirWay = p.onTheirWay(c)
	if err := p.accountFields(c, &out); err != nil {
		return err
	}
	return c.Render(pages, "list.html", out)
}

// files are links to a report in every format.
func files(c *web.Context, path string, formats []document.Format) []web.Link {
	var out []web.Link
	for _, f := range formats {
		q := url.Values{"format": {string(f)}, "lang": {c.L.Lang}}
		out = append(out, web.Link{Label: c.L.T("report.page-format-" + string(f)), Href: path + "?" + q.Encode(), Icon: "dl"})
	}
	return out
}

// download writes a report of systems.
func (p *Pages) download(c *web.Context) error {
	r, err := p.request(c)
	if err != nil {
		return err
	}
	return p.send(c, &r, "report.Write", p.Service.Write)
}

func (p *Pages) processings(c *web.Context) error {
	r, err := p.request(c)
	if err != nil {
		return err
	}
	r.Kind = ProcessingRecord
	return p.send(c, &r, "report.Processings", p.Service.Processings)
}

func (p *Pages) suppliers(c *web.Context) error {
	r, err := p.request(c)
	if err != nil {
		return err
	}
	r.Kind = SupplierRecord
	return p.send(c, &r, "report.Suppliers", p.Service.Suppliers)
}

// request reads what is asked for from the address.
func (p *Pages) request(c *web.Context) (Request, error) {
	format, err := document.ParseFormat(c.Query("format"))
	if err != nil {
		return Request{}, &web.Error{Status: http.StatusBadRequest, Key: "report.page-bad-format", Err: err}
	}
	lang := c.Query("lang")
	if lang != "sv" && lang != "en" {
		lang = c.L.Lang
	}
	return Request{
		Kind: Kind(c.Path("kind")), Format: format, System: c.Query("system"), Purchase: c.Query("anskaffning"), Lang: lang, Link: p.Link, Internal: c.Query("intern") == "ja",
		Reasons: c.Query("skal") == "alla",
	}, nil
}

// understand turns the errors of a request into ones for readers.
func understand(err error) error {
	switch {
	case errors.Is(err, ErrKind):
		return &web.Error{Status: http.StatusNotFound, Key: "report.page-bad-kind", Err: err}
	case errors.Is(err, ErrUnit):
		return &web.Error{Status: http.StatusNotFound, Key: "report.page-bad-unit", Err: err}
	case errors.Is(err, ErrPrinter):
		return &web.Error{Status: http.StatusNotImplemented, Key: "report.page-no-printer", Err: err}
	case errors.Is(err, printer.ErrPrint):
		return &web.Error{Status: http.StatusServiceUnavailable, Key: "report.page-print-failed", Err: err}
	case errors.Is(err, ErrFormat):
		return &web.Error{Status: http.StatusBadRequest, Key: "report.page-bad-format", Err: err}
	default:
		return err
	}
}

// fileName is what the file is called when it is saved, for example kravbilaga-elevregister.docx.
func (p *Pages) fileName(r *Request) string {
	l := p.Service.Texts.In(r.Lang)
	name := l.T("report.page-file-" + string(r.Kind))
	if r.System != "" {
		name += "-" + system.Slug(r.System)
	}
	return name + r.Format.Extension()
}
