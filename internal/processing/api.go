// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/web"
)

// API is the record for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "processing.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/processings", Action: "processing.List", ID: "list-processings", Tag: tag, Text: "processing.api-list"}, p.list)
	web.Operate(a, web.Op{Method: "GET", Path: "/processings/{id}", Action: "processing.Open", ID: "get-processing", Tag: tag, Text: "processing.api-open"}, p.open)
	p.routesOfChanges(a)
}

type apiGap struct {
	Kind    string `json:"kind"`
	Article string `json:"article" doc:"The provision that asks for it"`
}

type apiLinked struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// apiProcessing is one entry of the record (art. 30).
type apiProcessing struct {
	ID               string           `json:"id"`
	Slug             string           `json:"slug"`
	Name             string           `json:"name"`
	Role             string           `json:"role" doc:"controller or processor"`
	State            string           `json:"state"`
	Unit             string           `json:"unit,omitempty"`
	UnitID           string           `json:"unit_id,omitempty"`
	OwnerRole        string           `json:"owner_role,omitempty"`
	Description      string           `json:"description,omitempty"`
	JointControllers string           `json:"joint_controllers,omitempty"`
	Controllers      string           `json:"controllers,omitempty" doc:"On whose behalf, as processor"`
	DPO              string           `json:"dpo,omitempty"`
	Purposes         string           `json:"purposes,omitempty"`
	LegalBasis       []string         `json:"legal_basis" nullable:"false" doc:"Letters of article 6.1"`
	LegalSupport     string           `json:"legal_support,omitempty"`
	Special          string           `json:"special" doc:"Special categories of data: yes, no or unknown"`
	SpecialGrounds   []string         `json:"special_grounds" nullable:"false" doc:"Letters of article 9.2"`
	SpecialSupport   string           `json:"special_support,omitempty"`
	Criminal         string           `json:"criminal"`
	CriminalSupport  string           `json:"criminal_support,omitempty"`
	Subjects         string           `json:"subjects,omitempty"`
	Categories       string           `json:"categories,omitempty"`
	Activities       string           `json:"activities,omitempty"`
	Recipients       string           `json:"recipients,omitempty"`
	Transfer         string           `json:"transfer"`
	Countries        string           `json:"countries,omitempty"`
	Safeguard        string           `json:"safeguard"`
	TransferNote     string           `json:"transfer_note,omitempty"`
	Retention        string           `json:"retention,omitempty"`
	Security         string           `json:"security,omitempty"`
	Assessment       string           `json:"assessment"`
	AssessedOn       civil.Date       `json:"assessed_on,omitzero" format:"date"`
	Systems          []apiLinked      `json:"systems" nullable:"false" doc:"Those within reach"`
	Beyond           int              `json:"systems_beyond" doc:"How many linked systems lie outside the reach"`
	Information      []apiLinked      `json:"information" nullable:"false"`
	Gaps             []apiGap         `json:"gaps" nullable:"false" doc:"What the entry lacks"`
	Versions         map[string]int64 `json:"versions" doc:"The version of each group of fields"`
}

func apiOf(p *Processing, gaps []Gap) apiProcessing {
	out := apiProcessing{
		ID: p.ID.String(), Slug: p.Slug, Name: p.Name, Role: p.Role, State: p.State, Unit: p.Unit, UnitID: string(p.UnitID), OwnerRole: p.OwnerRole, Description: p.Description,
		JointControllers: p.JointControllers, Controllers: p.Controllers, DPO: p.DPO, Purposes: p.Purposes, LegalBasis: append([]string{}, p.LegalBasis...),
		LegalSupport: p.LegalSupport, Special: p.Special, SpecialGrounds: append([]string{}, p.SpecialGrounds...), SpecialSupport: p.SpecialSupport,
		Criminal: p.Criminal, CriminalSupport: p.CriminalSupport, Subjects: p.Subjects, Categories: p.Categories, Activities: p.Activities,
		Recipients: p.Recipients, Transfer: p.Transfer, Countries: p.Countries, Safeguard: p.Safeguard, TransferNote: p.TransferNote,
		Retention: p.Retention, Security: p.Security, Assessment: p.Assessment, AssessedOn: p.AssessedOn,
		Systems: []apiLinked{}, Beyond: p.Beyond, Information: []apiLinked{}, Gaps: []apiGap{}, Versions: map[string]int64{},
	}
	for i := range p.Systems {
		out.Systems = append(out.Systems, apiLinked{p.Systems[i].ID.String(), p.Systems[i].Name})
	}
	for i := range p.Information {
		out.Information = append(out.Information, apiLinked{p.Information[i].ID.String(), p.Information[i].Name})
	}
	for i := range gaps {
		out.Gaps = append(out.Gaps, apiGap{gaps[i].Kind, gaps[i].Article})
	}
	for g, v := range p.Versions {
		out.Versions[string(g)] = v
	}
	return out
}

type apiListOut struct {
	Body struct {
		Items []apiProcessing `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) list(c *web.Context, in *struct {
	Text        string `query:"q" maxLength:"200"`
	Role        string `query:"role" enum:"controller,processor"`
	Unit        string `query:"unit" maxLength:"100" doc:"The id of a unit"`
	Missing     string `query:"missing" maxLength:"100" doc:"any, or the kind of a gap"`
	Basis       string `query:"basis" enum:"a,b,c,d,e,f" doc:"A letter of article 6.1"`
	Special     string `query:"special" enum:"yes"`
	Transfer    string `query:"transfer" enum:"yes"`
	System      string `query:"system" maxLength:"200" doc:"The slug of a system"`
	Information string `query:"information" maxLength:"100" doc:"The id of information"`
	web.APIPaging
},
) (*apiListOut, error) {
	f := Filter{
		Text: in.Text, Role: in.Role, Unit: in.Unit, Missing: in.Missing, Basis: in.Basis, Special: in.Special, Transfer: in.Transfer,
		System: in.System, Information: in.Information, Page: in.Page,
	}
	if f.Missing == "any" {
		f.Missing = Anything
	}
	l, err := p.Service.List(c.Context(), c.Actor, f)
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items, out.Body.APIPage = []apiProcessing{}, web.PageOf(l.Filter.Page, PageSize, l.Matching)
	for i := range l.Rows {
		out.Body.Items = append(out.Body.Items, apiOf(&l.Rows[i].Processing, l.Rows[i].Gaps))
	}
	return out, nil
}

type apiOpenOut struct{ Body apiProcessing }

func (p *API) open(c *web.Context, in *struct {
	ID string `path:"id" maxLength:"200" doc:"The entry's id or slug"`
},
) (*apiOpenOut, error) {
	v, err := p.Service.Open(c.Context(), c.Actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &apiOpenOut{apiOf(&v.Processing, v.Gaps)}, nil
}
