// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// maxLog is the most that an operation takes of a log. Longer ones are handed in on the page, or by insegel import signins.
const maxLog = 32 << 20

// signInRoutes registers the operations on logs of sign-ins and what they tell.
func (p *TargetAPI) signInRoutes(a *web.API, tag string) {
	get := func(path, id, text string) web.Op {
		return web.Op{Method: "GET", Path: path, Action: "measurement.SignInLogs", ID: id, Tag: tag, Text: text}
	}
	web.Operate(a, get("/signin-logs", "list-signin-logs", "measurement.api-list-signin-logs"), p.logs)
	web.Operate(a, get("/signin-applications", "list-signin-applications", "measurement.api-list-signin-applications"), p.applications)
	web.Operate(a, get("/signin-mappings", "list-signin-mappings", "measurement.api-list-signin-mappings"), p.mappings)
	log := web.Op{Method: "POST", Path: "/signin-logs", Action: "measurement.TakeLog", ID: "take-signin-log", Tag: tag, Text: "measurement.api-take-signin-log", Status: http.StatusCreated}
	log.Max = maxLog/3*4 + 1<<20
	web.Operate(a, log, p.takeLog)
	web.Operate(a, web.Op{Method: "PUT", Path: "/signin-applications", Action: "measurement.Match", ID: "match-application", Tag: tag, Text: "measurement.api-match-application", Status: http.StatusNoContent}, p.match)
	web.Operate(a, web.Op{Method: "PUT", Path: "/signin-mappings", Action: "measurement.SaveMapping", ID: "save-signin-mapping", Tag: tag, Text: "measurement.api-save-signin-mapping", Status: http.StatusNoContent}, p.saveMapping)
}

type apiTaken struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Format  string    `json:"format"`
	At      time.Time `json:"at"`
	From    string    `json:"from,omitempty" doc:"The first day in the log"`
	To      string    `json:"to,omitempty" doc:"The last"`
	Records int64     `json:"records"`
	SignIns int64     `json:"signins"`
	Unread  int64     `json:"unread"`
}

type apiTakenOut struct {
	Body struct {
		Items []apiTaken `json:"items" nullable:"false" doc:"The latest first"`
		web.APIPage
	}
}

func (p *TargetAPI) logs(c *web.Context, _ *web.APIPaging) (*apiTakenOut, error) {
	seen, err := p.Service.SignInLogs(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiTakenOut{}
	out.Body.Items = []apiTaken{}
	for i := range seen.Imports {
		x := &seen.Imports[i]
		out.Body.Items = append(out.Body.Items, apiTaken{x.ID.String(), x.Kind, x.Format, x.At.UTC(), x.From, x.To, x.Records, x.SignIns, x.Unread})
	}
	return out, nil
}

type apiApplication struct {
	Kind   string    `json:"kind" doc:"What named it: log, policy or metadata"`
	Name   string    `json:"name" doc:"What it is called there"`
	At     time.Time `json:"at" doc:"When it was last named"`
	System string    `json:"system,omitempty" doc:"The id of the system that it is; empty until somebody has matched it"`
	Path   string    `json:"path,omitempty" doc:"The id of the way in"`
	ETag   string    `json:"etag" doc:"For If-Match when it is matched with a system"`
}

type apiApplicationsOut struct {
	Body struct {
		Items []apiApplication `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *TargetAPI) applications(c *web.Context, _ *web.APIPaging) (*apiApplicationsOut, error) {
	seen, err := p.Service.SignInLogs(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiApplicationsOut{}
	out.Body.Items = []apiApplication{}
	for i := range seen.Applications {
		x := &seen.Applications[i]
		row := apiApplication{Kind: x.Kind, Name: x.Name, At: x.At.UTC(), System: x.System.String(), Path: x.Path.String()}
		if row.ETag, err = web.StateTag([]string{row.Kind, row.Name, row.System, row.Path}); err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, row)
	}
	return out, nil
}

type apiMapping struct {
	Name string `json:"name"`
	Text string `json:"text" doc:"The mapping: where the facts stand in the log"`
	ETag string `json:"etag" doc:"For If-Match when it is saved"`
}

type apiMappingsOut struct {
	Body struct {
		Items []apiMapping `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *TargetAPI) mappings(c *web.Context, _ *web.APIPaging) (*apiMappingsOut, error) {
	seen, err := p.Service.SignInLogs(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiMappingsOut{}
	out.Body.Items = []apiMapping{}
	for _, name := range seen.Mappings {
		row := apiMapping{Name: name, Text: seen.Texts[name]}
		if row.ETag, err = web.StateTag([]string{row.Name, row.Text}); err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, row)
	}
	return out, nil
}

type apiImportOut struct {
	Body struct {
		ID      string `json:"id"`
		Format  string `json:"format"`
		Records int64  `json:"records"`
		SignIns int64  `json:"signins"`
		Unread  int64  `json:"unread"`
	}
}

// takeLog keeps counts of sign-ins, and nobody's name.
func (p *TargetAPI) takeLog(c *web.Context, in *struct {
	Body struct {
		Format  string `json:"format,omitempty" maxLength:"60" doc:"Told from the file when left out"`
		Mapping string `json:"mapping,omitempty" maxLength:"60" doc:"The name of a saved mapping, which is used rather than format"`
		Content []byte `json:"content" doc:"The log, in base64"`
	}
},
) (*apiImportOut, error) {
	b := &in.Body
	x, err := p.Service.TakeLog(c.Context(), c.Actor, bytes.NewReader(b.Content), LogFile{Format: b.Format, Mapping: b.Mapping})
	if errors.Is(err, db.ErrNotFound) {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "measurement.error-mapping", Err: err}
	}
	if err != nil {
		return nil, apiFault(err)
	}
	out := &apiImportOut{}
	out.Body.ID, out.Body.Format, out.Body.Records, out.Body.SignIns, out.Body.Unread = x.ID.String(), x.Format, x.Records, x.SignIns, x.Unread
	return out, nil
}

func (p *TargetAPI) match(c *web.Context, in *struct {
	web.APIMatch
	Body struct {
		Kind   string `json:"kind" maxLength:"40" doc:"What named it: log, policy or metadata"`
		Name   string `json:"name" maxLength:"400" doc:"The application's name there"`
		System string `json:"system" minLength:"1" maxLength:"200"`
		Path   string `json:"path,omitempty" maxLength:"100"`
	}
},
) (*struct{}, error) {
	b := &in.Body
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.applications(c, nil)
		if err != nil {
			return "", err
		}
		for i := range now.Body.Items {
			if now.Body.Items[i].Kind == b.Kind && now.Body.Items[i].Name == b.Name {
				return now.Body.Items[i].ETag, nil
			}
		}
		return web.ETag(0), nil
	}); err != nil {
		return nil, err
	}
	return nil, apiFault(p.Service.Match(c.Context(), c.Actor, b.Kind, b.Name, b.System, ids.ID[system.LoginPath](b.Path)))
}

func (p *TargetAPI) saveMapping(c *web.Context, in *struct {
	web.APIMatch
	Body struct {
		Name string `json:"name" maxLength:"60"`
		Text string `json:"text" maxLength:"20000" doc:"The mapping: where the facts stand in the log"`
	}
},
) (*struct{}, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.mappings(c, nil)
		if err != nil {
			return "", err
		}
		for i := range now.Body.Items {
			if now.Body.Items[i].Name == in.Body.Name {
				return now.Body.Items[i].ETag, nil
			}
		}
		return web.ETag(0), nil
	}); err != nil {
		return nil, err
	}
	return nil, apiFault(p.Service.SaveMapping(c.Context(), c.Actor, in.Body.Name, in.Body.Text))
}
