// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// ListPath is where a list of people is taken in, ExportPath where one is downloaded.
const (
	ListPath   = PeoplePath + "/lista"
	ExportPath = PeoplePath + "/export"
)

// shownCells is how many rows of a part of a preview are shown.
const shownCells = 200

// fileLinks lead to what the reader may do with lists of people.
func fileLinks(c *web.Context) []web.Link {
	var out []web.Link
	if access.Allowed(c.Actor, "organisation.ExportPeople") {
		out = append(out, web.Link{Label: c.L.T("organisation.list-export"), Href: ExportPath, Icon: "dl"})
	}
	if access.Allowed(c.Actor, "organisation.KeepPeople") {
		out = append(out, web.Link{Label: c.L.T("organisation.list"), Href: ListPath, Icon: "up"})
	}
	return out
}

type listPage struct {
	web.Page
	Action, Back string
	File         web.Field
}

func (p *Pages) list(c *web.Context) error { return p.renderList(c, "") }

func (p *Pages) renderList(c *web.Context, fault string) error {
	page := listPage{
		Page:   web.Page{Title: c.L.T("organisation.list"), Active: "people", Crumbs: []web.Crumb{{Label: c.L.T("organisation.people"), Href: PeoplePath}, {Label: c.L.T("organisation.list")}}},
		Action: ListPath, Back: PeoplePath,
		File: web.Field{Name: "file", Type: "file", Label: c.L.T("organisation.list-file"), Hint: c.L.T("organisation.list-file-hint"), Accept: strings.Join(listEndings, ",")},
	}
	if fault != "" {
		page.Errors = []web.FieldError{{Field: "file", Key: fault}}
	}
	return c.Render(pages, "list.html", page)
}

// keepList takes in a file and goes on to what it would do.
func (p *Pages) keepList(c *web.Context) error {
	name, content, err := listFile(c)
	var refused *web.Error
	switch {
	case errors.Is(err, web.ErrNoFile):
		return p.renderList(c, "organisation.list-no-file")
	case errors.Is(err, web.ErrEnding):
		return p.renderList(c, "organisation.list-not")
	case errors.As(err, &refused) && refused.Status == http.StatusRequestEntityTooLarge:
		return p.renderList(c, "organisation.list-size")
	case err != nil:
		return err
	}
	id, err := p.Service.KeepPeople(c.Context(), c.Actor, name, content)
	switch {
	case errors.Is(err, ErrPeopleSize):
		return p.renderList(c, "organisation.list-size")
	case errors.Is(err, ErrPeopleList):
		return p.renderList(c, "organisation.list-not")
	case err != nil:
		return err
	}
	return c.Redirect(ListPath + "/" + id.String())
}

// listEndings are what the name of a list may end with.
var listEndings = []string{".csv", ".txt", ".tsv"}

// listFile reads the file of the form, and its name as it fits on a page. A form that was sent without files has none.
func listFile(c *web.Context) (string, []byte, error) {
	if c.Request.MultipartForm == nil {
		return "", nil, web.ErrNoFile
	}
	f, head, err := c.Upload("file", MaxPeopleFile, listEndings...)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(f)
	name := []rune(strings.Join(strings.Fields(strings.Map(printable, head.Filename)), " "))
	const most = 120
	return string(name[max(0, len(name)-most):]), b, err
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

// previewPage tells what a list would do.
type previewPage struct {
	web.Page
	ID, Path string
	Counts   []listCount
	Changes  bool
	Parts    []listPart
}

type listCount struct {
	N     int
	Label string
}

// listPart is the rows of a preview that have something in common.
type listPart struct {
	ID, Title, Text, More string
	Rows                  []PeopleCell
}

func (p *Pages) previewList(c *web.Context) error {
	id := ids.ID[PeopleUpload](c.Path("id"))
	r, err := p.Service.PreviewPeople(c.Context(), c.Actor, id)
	if err != nil {
		return listGone(err)
	}
	l := c.L
	page := previewPage{
		Page: web.Page{
			Title: l.T("organisation.list-preview", "File", r.File), Active: "people",
			Crumbs: []web.Crumb{{Label: l.T("organisation.people"), Href: PeoplePath}, {Label: l.T("organisation.list"), Href: ListPath}, {Label: r.File}},
		},
		ID: id.String(), Path: ListPath, Changes: r.New+r.Updated > 0 || r.Roles > 0,
	}
	for _, n := range []struct {
		count int
		key   string
	}{{r.New, "new"}, {r.Updated, "updated"}, {r.Unchanged, "unchanged"}, {len(r.Similar), "similar"}, {len(r.Rejected), "rejected"}, {len(r.Warnings), "warnings"}, {r.Roles, "roles"}} {
		page.Counts = append(page.Counts, listCount{n.count, l.T("organisation.list-" + n.key)})
	}
	similar := make([]PeopleCell, len(r.Similar))
	for i, s := range r.Similar {
		similar[i] = PeopleCell{Row: s.Row, Column: l.T("organisation.name"), Value: s.To, Reason: l.T("organisation.list-name-of", "Name", s.To)}
	}
	page.part(l, "rejected", r.Rejected)
	page.part(l, "similar", similar)
	page.part(l, "warnings", r.Warnings)
	return c.Render(pages, "preview.html", page)
}

// columnNames are the columns that the plan names itself; the others are as the file has them.
var columnNames = map[string]string{"unit": "organisation.unit", "name": "organisation.name", "external id": "organisation.list-external"}

// part adds the rows of one kind, in the reader's language.
func (p *previewPage) part(l *locale.Localizer, id string, rows []PeopleCell) {
	if len(rows) == 0 {
		return
	}
	out := listPart{ID: id, Title: l.T("organisation.list-part-" + id)}
	if key := "organisation.list-part-" + id + "-text"; l.Has(key) {
		out.Text = l.T(key)
	}
	if len(rows) > shownCells {
		out.More = l.T("organisation.list-more", "Count", shownCells)
	}
	for _, r := range rows[:min(len(rows), shownCells)] {
		if r.Key != "" {
			r.Reason = l.T(r.Key)
		}
		if key := columnNames[r.Column]; key != "" {
			r.Column = l.T(key)
		}
		out.Rows = append(out.Rows, r)
	}
	p.Parts = append(p.Parts, out)
}

// listGone tells the reader that a list is not kept any longer.
func listGone(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return &web.Error{Status: http.StatusNotFound, Key: "organisation.list-gone", Err: err}
	}
	return err
}

func (p *Pages) takeList(c *web.Context) error {
	r, err := p.Service.TakePeople(c.Context(), c.Actor, ids.ID[PeopleUpload](c.Path("id")))
	if err != nil {
		return listGone(err)
	}
	return c.Redirect(PeoplePath, "organisation.list-taken", "New", c.L.Number(int64(r.New)), "Updated", c.L.Number(int64(r.Updated)))
}

func (p *Pages) discardList(c *web.Context) error {
	if err := p.Service.DiscardPeople(c.Context(), c.Actor, ids.ID[PeopleUpload](c.Path("id"))); err != nil {
		return err
	}
	return c.Redirect(PeoplePath, "organisation.list-discarded")
}

// export sends everybody as a file. It is made whole first, so that the reader never gets half of it.
func (p *Pages) export(c *web.Context) error {
	var b bytes.Buffer
	if err := p.Service.ExportPeople(c.Context(), c.Actor, c.L, &b); err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Type", document.CSV.MediaType())
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fmt.Sprintf("personer-%s.csv", p.Service.DB.Now().UTC().Format("2006-01-02"))}))
	_, _ = c.Writer.Write(b.Bytes()) // the reader may have left
	return nil
}
