// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// API is the import of lists for programs.
type API struct{ Service *Service }

// apiMostUpload is how large a request with a list may be: MaxUpload in base64, and what stands around it.
const apiMostUpload = MaxUpload/3*4 + 64<<10

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "register.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/imports", Action: "register.Imports", ID: "list-imports", Tag: tag, Text: "register.api-list"}, p.list)
	web.Operate(a, web.Op{Method: "POST", Path: "/imports/preview", Action: "register.Preview", ID: "preview-import", Tag: tag, Text: "register.api-preview", Max: apiMostUpload}, p.preview)
	web.Operate(a, web.Op{Method: "POST", Path: "/imports", Action: "register.Import", ID: "import-list", Tag: tag, Text: "register.api-import", Status: http.StatusCreated, Max: apiMostUpload}, p.take)
	web.Operate(a, web.Op{Method: "POST", Path: "/imports/{import}/undo", Action: "register.Undo", ID: "undo-import", Tag: tag, Text: "register.api-undo"}, p.undo)
}

// apiList is a list with how it is to be read.
type apiList struct {
	File    string            `json:"file" minLength:"1" maxLength:"200" doc:"The file's name; its ending says what it is"`
	Content []byte            `json:"content" doc:"The file, in base64"`
	Sheet   string            `json:"sheet,omitempty" maxLength:"200" doc:"Of a workbook; the first with a list when it is left out"`
	Scale   string            `json:"scale,omitempty" maxLength:"200" doc:"What the levels follow: a model's id, a bare scale such as 0-3, or none to leave them out"`
	Columns map[string]string `json:"columns,omitempty" doc:"What a column holds, by its heading: a field, or empty to leave it out. What is not said is guessed"`
}

func (l *apiList) request(c *web.Context) (Request, error) {
	r := Request{File: l.File, Content: l.Content, Sheet: l.Sheet, Scale: l.Scale, Columns: l.Columns, Lang: c.L.Lang}
	if len(r.Content) > MaxUpload {
		return r, &web.Error{Status: http.StatusRequestEntityTooLarge, Key: "register.page-too-large", Args: []any{"Max", MaxUpload >> 20}}
	}
	if r.Scale == NoLevels {
		r.Scale, r.NoLevels = "", true
	}
	return r, nil
}

// apiFault tells what was wrong with a list.
func apiFault(err error) error {
	switch {
	case errors.Is(err, ErrField):
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "register.page-fault-field", Err: err}
	case errors.Is(err, classification.ErrModel):
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "register.page-fault-no-scale", Err: err}
	}
	return unreadable(err)
}

// apiRow is a row that is imported.
type apiRow struct {
	Row     int    `json:"row" doc:"The file's own number"`
	Name    string `json:"name"`
	Outcome string `json:"outcome" doc:"new, updated or unchanged"`
}

type apiPreviewOut struct {
	Body struct {
		Result
		Items []apiRow `json:"items" nullable:"false" doc:"What would be imported, in the order of the file"`
	}
}

func (p *API) preview(c *web.Context, in *struct{ Body apiList }) (*apiPreviewOut, error) {
	r, err := in.Body.request(c)
	if err != nil {
		return nil, err
	}
	plan, err := p.Service.Preview(c.Context(), c.Actor, r)
	if err != nil {
		return nil, apiFault(err)
	}
	out := &apiPreviewOut{}
	out.Body.Result, out.Body.Items = plan.Result, []apiRow{}
	for i := range plan.Imported {
		out.Body.Items = append(out.Body.Items, apiRow{plan.Imported[i].Number, plan.Imported[i].Name, string(plan.Imported[i].Outcome)})
	}
	return out, nil
}

// apiImport is an import that was made.
type apiImport struct {
	ID      string `json:"id"`
	At      string `json:"at" format:"date-time"`
	Undone  string `json:"undone,omitempty" format:"date-time"`
	CanUndo bool   `json:"can_undo"`
	Result  Result `json:"result"`
}

// apiTime is how a moment is written.
const apiTime = "2006-01-02T15:04:05.000Z"

func (p *API) importOf(i *Import) apiImport {
	out := apiImport{ID: i.ID.String(), At: i.At.UTC().Format(apiTime), CanUndo: i.CanUndo(p.Service.DB.Now()), Result: i.Result}
	if !i.Undone.IsZero() {
		out.Undone = i.Undone.UTC().Format(apiTime)
	}
	return out
}

func (p *API) take(c *web.Context, in *struct{ Body apiList }) (*struct{ Body apiImport }, error) {
	r, err := in.Body.request(c)
	if err != nil {
		return nil, err
	}
	done, err := p.Service.Import(c.Context(), c.Actor, r)
	if err != nil {
		return nil, apiFault(err)
	}
	return &struct{ Body apiImport }{p.importOf(&done)}, nil
}

type apiListOut struct {
	Body struct {
		Items []apiImport `json:"items" nullable:"false" doc:"The latest first"`
		web.APIPage
	}
}

func (p *API) list(c *web.Context, _ *web.APIPaging) (*apiListOut, error) {
	all, err := p.Service.Imports(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items = []apiImport{}
	for i := range all {
		out.Body.Items = append(out.Body.Items, p.importOf(&all[i]))
	}
	return out, nil
}

type apiUndoneOut struct {
	Body struct {
		Removed  int      `json:"removed" doc:"How many systems were taken away"`
		Restored int      `json:"restored" doc:"How many got what they had before"`
		Kept     []string `json:"kept" nullable:"false" doc:"The slugs of those that stay as they are: somebody has worked with them since"`
	}
}

func (p *API) undo(c *web.Context, in *struct {
	Import string `path:"import" maxLength:"100"`
},
) (*apiUndoneOut, error) {
	u, err := p.Service.Undo(c.Context(), c.Actor, ids.ID[Import](in.Import))
	if err != nil {
		return nil, undoFault(err)
	}
	out := &apiUndoneOut{}
	out.Body.Removed, out.Body.Restored, out.Body.Kept = u.Removed, u.Restored, []string{}
	for _, k := range u.Kept {
		out.Body.Kept = append(out.Body.Kept, k.Slug)
	}
	return out, nil
}
