// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"bytes"
	"context"
	"io"
	"mime"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/web"
)

// API is the reports for programs. Each takes somebody who has just shown again who they are, as on the page.
type API struct {
	Service *Service
	// Link is the address of the program, for links back from a document.
	Link string
}

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "report.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/reports", Action: "report.Choices", ID: "list-reports", Tag: tag, Text: "report.api-list"}, p.list)
	web.Operate(a, web.Op{Method: "GET", Path: "/reports/{kind}", Action: "report.Write", ID: "write-report", Tag: tag, Text: "report.api-write"}, p.write)
	web.Operate(a, web.Op{Method: "GET", Path: "/accounts/{kind}", Action: "report.Account", ID: "write-account", Tag: tag, Text: "report.api-account"}, p.account)
	web.Operate(a, web.Op{Method: "GET", Path: "/records/processings", Action: "report.Processings", ID: "write-processings", Tag: tag, Text: "report.api-processings"}, p.processings)
	web.Operate(a, web.Op{Method: "GET", Path: "/records/suppliers", Action: "report.Suppliers", ID: "write-suppliers", Tag: tag, Text: "report.api-suppliers"}, p.suppliers)
}

type apiKind struct {
	Kind    string   `json:"kind"`
	Name    string   `json:"name"`
	Formats []string `json:"formats" nullable:"false"`
}

type apiListOut struct {
	Body struct {
		Items []apiKind `json:"items" nullable:"false" doc:"What the caller can write"`
		web.APIPage
	}
}

func (p *API) list(c *web.Context, _ *web.APIPaging) (*apiListOut, error) {
	kinds, err := p.Service.Choices(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items = []apiKind{}
	for _, k := range kinds {
		x := apiKind{Kind: string(k), Name: c.L.T("report.page-name-" + string(k))}
		for _, f := range Formats(k) {
			x.Formats = append(x.Formats, string(f))
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

// APIAsked is which file is wanted.
type APIAsked struct {
	Format string `query:"format" enum:"xlsx,docx,ods,html,csv,json" required:"true" doc:"Not every report is written in every format"`
	Lang   string `query:"lang" enum:"sv,en" doc:"The language that was negotiated when it is left out"`
}

func (p *API) request(c *web.Context, in *APIAsked) (Request, error) {
	format, err := document.ParseFormat(in.Format)
	r := Request{Format: format, Lang: in.Lang, Link: p.Link}
	if r.Lang == "" {
		r.Lang = c.L.Lang
	}
	return r, err
}

type apiFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (p *API) file(c *web.Context, r *Request, write func(context.Context, access.Actor, Request, io.Writer) error) (*apiFile, error) {
	var b bytes.Buffer
	if err := write(c.Context(), c.Actor, *r, &b); err != nil {
		return nil, understand(err)
	}
	name := (&Pages{Service: p.Service}).fileName(r)
	return &apiFile{r.Format.MediaType(), mime.FormatMediaType("attachment", map[string]string{"filename": name}), b.Bytes()}, nil
}

func (p *API) write(c *web.Context, in *struct {
	APIAsked
	Kind     string `path:"kind" enum:"plan,procurement,classification,register"`
	System   string `query:"system" maxLength:"200" doc:"The id or slug of one system; all of them when it is left out"`
	Internal string `query:"internal" enum:"yes" doc:"Takes in what is not for tenderers"`
	Reasons  string `query:"reasons" enum:"all" doc:"Takes in every row of a plan with every reason, as an appendix to what is read on paper"`
},
) (*apiFile, error) {
	r, err := p.request(c, &in.APIAsked)
	if err != nil {
		return nil, err
	}
	r.Kind, r.System, r.Internal, r.Reasons = Kind(in.Kind), in.System, in.Internal == "yes", in.Reasons == "all"
	return p.file(c, &r, p.Service.Write)
}

func (p *API) account(c *web.Context, in *struct {
	APIAsked
	Kind       string `path:"kind" enum:"committee,control,cybersecurity,survey,dossier"`
	System     string `query:"system" maxLength:"200" doc:"The id or slug of the system that a dossier is about; only a dossier takes one"`
	Unit       string `query:"unit" maxLength:"200" doc:"The id of the one unit that is told of; everything within reach when it is left out"`
	Weaknesses string `query:"weaknesses" enum:"yes" doc:"Names what is weak, and marks the document as secret"`
},
) (*apiFile, error) {
	r, err := p.request(c, &in.APIAsked)
	if err != nil {
		return nil, err
	}
	r.Kind, r.System, r.Unit, r.Weaknesses = Kind(in.Kind), in.System, access.UnitID(in.Unit), in.Weaknesses == "yes"
	return p.file(c, &r, p.Service.Account)
}

func (p *API) processings(c *web.Context, in *APIAsked) (*apiFile, error) {
	r, err := p.request(c, in)
	if err != nil {
		return nil, err
	}
	r.Kind = ProcessingRecord
	return p.file(c, &r, p.Service.Processings)
}

func (p *API) suppliers(c *web.Context, in *APIAsked) (*apiFile, error) {
	r, err := p.request(c, in)
	if err != nil {
		return nil, err
	}
	r.Kind = SupplierRecord
	return p.file(c, &r, p.Service.Suppliers)
}
