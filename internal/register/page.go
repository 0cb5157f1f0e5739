// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"embed"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Pages are the pages of the import: the file, its columns, what would change, and what was done.
type Pages struct {
	Service *Service
	// Classifications tells which models the levels of a list can follow.
	Classifications *classification.Service
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET /importera", "register.Preview", p.file)
	s.Handle("POST /importera", "register.Keep", p.keep)
	s.Handle("GET /importera/{id}", "register.Kept", p.columns)
	s.Handle("POST /importera/{id}", "register.Choose", p.choose)
	s.Handle("POST /importera/{id}/avbryt", "register.Discard", p.discard)
	s.Handle("GET /importera/{id}/granska", "register.Preview", p.review)
	s.Handle("POST /importera/{id}/klar", "register.Take", p.take)
	s.Handle("GET /importera/{id}/pagar", "register.Taking", p.taking)
	s.Handle("GET /importera/{id}/resultat", "register.Imports", p.result)
	s.Handle("POST /importera/{id}/angra", "register.Undo", p.undo)
}

// The steps of an import.
const (
	stepFile = 1 + iota
	stepColumns
	stepReview
	stepDone
)

// steps are the steps of an import, with links back to those that are done.
func steps(l *locale.Localizer, current int, id string) web.Steps {
	s := web.Steps{Label: l.T("register.page-steps"), Current: current}
	for i, key := range []string{"file", "columns", "review", "done"} {
		step := web.Step{Label: l.T("register.page-step-" + key), Done: i+1 < current}
		if i+1 == stepColumns && current == stepReview {
			step.Href = "/importera/" + id
		}
		s.Items = append(s.Items, step)
	}
	return s
}

// filePage is where a list is handed over.
type filePage struct {
	web.Page
	Steps       web.Steps
	File, Paste web.Field
	Begun       []begunRow
	Imports     []importRow
	CanUndo     bool
}

// begunRow is a list that is kept and not imported yet.
type begunRow struct{ ID, File, When string }

// importRow is an import that was made before.
type importRow struct {
	ID, File, When       string
	New, Updated         int
	Rejected, Similar    int
	UndoneWhen           string
	Undo                 bool
	Unchanged, WarnCount int
}

func (p *Pages) file(c *web.Context) error { return p.renderFile(c, "") }

func (p *Pages) renderFile(c *web.Context, paste string, faults ...web.FieldError) error {
	done, err := p.Service.Imports(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	begun, err := p.Service.Uploads(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	out := filePage{
		Page:  web.Page{Title: c.L.T("register.page-title"), Active: "import", Errors: faults},
		Steps: steps(c.L, stepFile, ""), CanUndo: access.Allowed(c.Actor, "register.Undo"),
		File: web.Field{
			Name: "file", Type: "file", Label: c.L.T("register.page-file"), Hint: c.L.T("register.page-file-hint", "Max", MaxUpload>>20),
			Accept: strings.Join(endings, ","),
		},
		Paste: web.Field{
			Name: "paste", Type: "textarea", Label: c.L.T("register.page-paste"), Hint: c.L.T("register.page-paste-hint"), Value: paste, Rows: 5,
		},
	}
	for _, u := range begun {
		row := begunRow{ID: u.ID.String(), File: u.File, When: c.L.Moment(u.At)}
		if row.File == "" {
			row.File = c.L.T("register.page-pasted")
		}
		out.Begun = append(out.Begun, row)
	}
	now := p.Service.DB.Now()
	for i := range done {
		row := rowOfImport(c.L, &done[i])
		row.Undo = done[i].CanUndo(now)
		out.Imports = append(out.Imports, row)
	}
	return c.Render(pages, "file.html", out)
}

func rowOfImport(l *locale.Localizer, i *Import) importRow {
	r := importRow{
		ID: i.ID.String(), File: i.File, When: l.Moment(i.At), New: i.Result.New, Updated: i.Result.Updated, Unchanged: i.Result.Unchanged,
		Rejected: len(i.Result.Rejected), Similar: len(i.Result.Similar), WarnCount: len(i.Result.Warnings),
	}
	if r.File == "" {
		r.File = l.T("register.page-pasted")
	}
	if !i.Undone.IsZero() {
		r.UndoneWhen = l.Moment(i.Undone)
	}
	return r
}

// keep takes in a file or a paste and goes on to its columns.
func (p *Pages) keep(c *web.Context) error {
	paste := c.Form("paste")
	name, content, err := uploaded(c)
	var refused *web.Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusRequestEntityTooLarge:
		return p.renderFile(c, paste, web.FieldError{Field: "file", Key: "register.page-too-large", Args: []any{"Max", MaxUpload >> 20}})
	case errors.Is(err, web.ErrEnding):
		return p.renderFile(c, paste, web.FieldError{Field: "file", Key: "register.file-ending"})
	case errors.Is(err, web.ErrNoFile) && paste == "":
		return p.renderFile(c, paste, web.FieldError{Field: "file", Key: "register.page-no-file"})
	case errors.Is(err, web.ErrNoFile):
		content = []byte(paste)
	case err != nil:
		return err
	}
	id, err := p.Service.Keep(c.Context(), c.Actor, name, content)
	var bad *FileError
	switch {
	case errors.Is(err, ErrKept):
		return p.renderFile(c, paste, web.FieldError{Field: "file", Key: "register.page-many-lists", Args: []any{"Max", mostKept, "Hours", uploadHours}})
	case errors.Is(err, ErrTooLarge): // a pasted list; a file's size was told above
		return p.renderFile(c, "", web.FieldError{Field: "paste", Key: "register.page-paste-too-large", Args: []any{"Max", MaxUpload >> 20}})
	case errors.As(err, &bad):
		field := "file"
		if name == "" {
			field = "paste"
		}
		return p.renderFile(c, paste, web.FieldError{Field: field, Key: bad.Reason.Key, Args: bad.Reason.Args})
	case err != nil:
		return err
	}
	return c.Redirect("/importera/" + id.String())
}

// uploaded reads the file of the form. A form that was sent without files has none.
func uploaded(c *web.Context) (string, []byte, error) {
	if c.Request.MultipartForm == nil {
		return "", nil, web.ErrNoFile
	}
	f, head, err := c.Upload("file", MaxUpload, endings...)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(f)
	return shortName(head.Filename), b, err
}

// shortName keeps a file's name to what fits in a list.
func shortName(name string) string {
	const most = 120
	r := []rune(clean(name))
	if len(r) > most {
		r = r[len(r)-most:]
	}
	if len(r) == 0 {
		return "?"
	}
	return string(r)
}

func (p *Pages) discard(c *web.Context) error {
	if err := p.Service.Discard(c.Context(), c.Actor, ids.ID[Upload](c.Path("id"))); err != nil {
		return err
	}
	return c.Redirect("/importera", "register.page-discarded")
}

// gone tells the reader that a list is not kept any longer.
func gone(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return &web.Error{Status: http.StatusNotFound, Key: "register.page-gone", Err: err}
	}
	return err
}

// unreadable makes what is wrong with a whole list readable on a page of its own.
func unreadable(err error) error {
	var bad *FileError
	if errors.As(err, &bad) {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: bad.Reason.Key, Args: bad.Reason.Args, Err: err}
	}
	return err
}

// undo takes an import back.
func (p *Pages) undo(c *web.Context) error {
	id := ids.ID[Import](c.Path("id"))
	out, err := p.Service.Undo(c.Context(), c.Actor, id)
	if err != nil {
		return undoFault(err)
	}
	args := []string{"register.page-undone", "Removed", strconv.Itoa(out.Removed), "Restored", strconv.Itoa(out.Restored)}
	if len(out.Kept) > 0 {
		args[0] = "register.page-undone-kept"
		args = append(args, "Count", strconv.Itoa(len(out.Kept)), "Names", keptNames(c.L, out.Kept))
	}
	return c.Redirect("/importera/"+id.String()+"/resultat", args...)
}

// undoFault tells why an import cannot be taken back.
func undoFault(err error) error {
	switch {
	case errors.Is(err, ErrUndone):
		return &web.Error{Status: http.StatusConflict, Key: "register.page-undone-already", Err: err}
	case errors.Is(err, ErrTooLate):
		return &web.Error{Status: http.StatusConflict, Key: "register.page-undo-late", Args: []any{"Days", undoDays}, Err: err}
	}
	return err
}

// keptNames names some of the systems that an undone import left as they were.
func keptNames(l *locale.Localizer, kept []Kept) string {
	const most = 5
	var names []string
	for _, k := range kept[:min(most, len(kept))] {
		name, _ := shorten(k.Name, 60)
		names = append(names, name)
	}
	if len(kept) > most {
		names = append(names, l.T("register.page-more", "Count", len(kept)-most))
	}
	return l.List(names)
}
