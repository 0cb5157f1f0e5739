// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"errors"
	"net/http"
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// API is the register for programs. What one system is, is read with what follows for it, in a later slice.
type API struct {
	Service   *Service
	Catalogue *catalogue.Catalogue
}

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "system.api"
	web.Operate(a, web.Op{Method: "POST", Path: "/systems", Action: "system.Create", ID: "create-system", Tag: tag, Text: "system.api-create", Status: http.StatusCreated}, p.create)
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/fields", Action: "system.Edit", ID: "get-system-fields", Tag: tag, Text: "system.api-fields"}, p.fields)
	web.Operate(a, web.Op{Method: "PUT", Path: "/systems/{system}/fields", Action: "system.Update", ID: "replace-system-fields", Tag: tag, Text: "system.api-update"}, p.update)
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/responsible", Action: "system.Responsible", ID: "get-system-responsible", Tag: tag, Text: "system.api-responsible"}, p.responsible)
	web.Operate(a, web.Op{Method: "PUT", Path: "/systems/{system}/responsible", Action: "system.SetResponsible", ID: "set-system-responsible", Tag: tag, Text: "system.api-set-responsible"}, p.setResponsible)
	p.routesOfBulk(a)
}

// APIStatement is one fact that is stated.
type APIStatement struct {
	Fact  string `json:"fact" maxLength:"100" doc:"The fact's id in the catalogue"`
	Value string `json:"value" maxLength:"100" doc:"One of the fact's values"`
}

// APILogin is one way into a system.
type APILogin struct {
	ID       string `json:"id,omitempty" maxLength:"100" doc:"Its id; leave it out for a new one"`
	Audience string `json:"audience" enum:"residents,staff,support,administrators,service,unknown" doc:"Who uses it"`
	Address  string `json:"address,omitempty" maxLength:"4000"`
	Zone     string `json:"zone" enum:"internet,internal,unknown" doc:"From where it can be reached"`
	Method   string `json:"method,omitempty" maxLength:"4000" doc:"How one signs in, in the organisation's own words"`
}

// APIFields are what the register says of a system. What is left out is unknown.
type APIFields struct {
	Name                 string         `json:"name" minLength:"1" maxLength:"200"`
	Kind                 string         `json:"kind,omitempty" default:"unknown" enum:"line-of-business,e-service,support,infrastructure,integration,unknown"`
	Service              string         `json:"service,omitempty" maxLength:"4000" doc:"The service it is for"`
	Audience             string         `json:"audience,omitempty" maxLength:"4000" doc:"Who it is for"`
	State                string         `json:"state,omitempty" default:"unknown" enum:"planned,in-use,phasing-out,retired,unknown"`
	Criticality          string         `json:"criticality,omitempty" maxLength:"4000"`
	InformationNote      string         `json:"information_note,omitempty" maxLength:"4000"`
	Comment              string         `json:"comment,omitempty" maxLength:"4000"`
	Unit                 string         `json:"unit,omitempty" maxLength:"200" doc:"The unit's name; one that does not exist is made, where the caller may"`
	OwnerRole            string         `json:"owner_role,omitempty" maxLength:"4000"`
	ManagerRole          string         `json:"manager_role,omitempty" maxLength:"4000"`
	Hosting              string         `json:"hosting,omitempty" default:"unknown" enum:"own,supplier,cloud-eu,cloud-outside-eu,unknown"`
	HostingNote          string         `json:"hosting_note,omitempty" maxLength:"4000"`
	Country              string         `json:"country,omitempty" maxLength:"4000"`
	Supplier             string         `json:"supplier,omitempty" maxLength:"200" doc:"The supplier's name; one that does not exist is made"`
	Users                *int64         `json:"users,omitempty" minimum:"0" maximum:"100000000000"`
	UsersApproximate     bool           `json:"users_approximate,omitempty"`
	DataSubjects         *int64         `json:"data_subjects,omitempty" minimum:"0" maximum:"100000000000"`
	ContractEnd          civil.Date     `json:"contract_end,omitzero" format:"date"`
	ContractNote         string         `json:"contract_note,omitempty" maxLength:"4000"`
	ProcessorAgreement   string         `json:"processor_agreement,omitempty" default:"unknown" enum:"not-needed,yes,no,unknown"`
	ProcessorAgreementOn civil.Date     `json:"processor_agreement_on,omitzero" format:"date"`
	SubProcessors        string         `json:"sub_processors,omitempty" maxLength:"4000"`
	RoleModel            string         `json:"role_model,omitempty" default:"unknown" enum:"yes,no,unknown"`
	RoleModelOn          civil.Date     `json:"role_model_on,omitzero" format:"date"`
	AccessReviewOn       civil.Date     `json:"access_review_on,omitzero" format:"date"`
	AccessLog            string         `json:"access_log,omitempty" default:"unknown" enum:"yes,no,unknown"`
	LogReviewMonths      *int64         `json:"log_review_months,omitempty" minimum:"0" maximum:"100000000000"`
	LogReviewOn          civil.Date     `json:"log_review_on,omitzero" format:"date"`
	LoginNote            string         `json:"login_note,omitempty" maxLength:"4000"`
	ClassifiedLastYear   string         `json:"classified_last_year,omitempty" default:"unknown" enum:"yes,no,unknown"`
	Facts                []APIStatement `json:"facts,omitempty" nullable:"false" maxItems:"500" doc:"What is stated about the system itself"`
	Logins               []APILogin     `json:"logins,omitempty" nullable:"false" maxItems:"50" doc:"The ways in"`
}

// APISystem is a system as the register has it.
type APISystem struct {
	ID      string `json:"id"`
	Slug    string `json:"slug" doc:"The name that stands in addresses; stable once made"`
	Version int64  `json:"version" doc:"The number in the ETag"`
	APIFields
}

// APIOf gives a system as programs read it.
func APIOf(s *System) APISystem {
	out := APISystem{ID: s.ID.String(), Slug: s.Slug, Version: s.Version, APIFields: APIFields{
		Name: s.Name, Kind: s.Kind, Service: s.Service, Audience: s.Audience, State: s.State, Criticality: s.Criticality, InformationNote: s.InformationNote,
		Comment: s.Comment, Unit: s.Unit, OwnerRole: s.OwnerRole, ManagerRole: s.ManagerRole, Hosting: s.Hosting, HostingNote: s.HostingNote,
		Country: s.Country, Supplier: s.Supplier, Users: s.Users, UsersApproximate: s.UsersApproximate, DataSubjects: s.DataSubjects,
		ContractEnd: s.ContractEnd, ContractNote: s.ContractNote, ProcessorAgreement: s.ProcessorAgreement, ProcessorAgreementOn: s.ProcessorAgreementOn,
		SubProcessors: s.SubProcessors, RoleModel: s.RoleModel, RoleModelOn: s.RoleModelOn, AccessReviewOn: s.AccessReviewOn, AccessLog: s.AccessLog,
		LogReviewMonths: s.LogReviewMonths, LogReviewOn: s.LogReviewOn, LoginNote: s.LoginNote, ClassifiedLastYear: s.ClassifiedLastYear,
	}}
	for _, f := range s.Facts {
		out.Facts = append(out.Facts, APIStatement(f))
	}
	for _, l := range s.Logins {
		out.Logins = append(out.Logins, APILogin{l.ID.String(), l.Audience, l.Address, l.Zone, l.Method})
	}
	return out
}

// onto writes the fields over a system. Ways in keep their ids only when the system had them.
func (f *APIFields) onto(s *System) {
	if s.Unit != f.Unit {
		s.Unit, s.UnitID = f.Unit, ""
	}
	if s.Supplier != f.Supplier {
		s.Supplier, s.SupplierID = f.Supplier, ""
	}
	s.Name, s.Kind, s.Service, s.Audience, s.State, s.Criticality = f.Name, f.Kind, f.Service, f.Audience, f.State, f.Criticality
	s.InformationNote, s.Comment, s.OwnerRole, s.ManagerRole = f.InformationNote, f.Comment, f.OwnerRole, f.ManagerRole
	s.Hosting, s.HostingNote, s.Country, s.Users, s.UsersApproximate, s.DataSubjects = f.Hosting, f.HostingNote, f.Country, f.Users, f.UsersApproximate, f.DataSubjects
	s.ContractEnd, s.ContractNote, s.ProcessorAgreement, s.ProcessorAgreementOn = f.ContractEnd, f.ContractNote, f.ProcessorAgreement, f.ProcessorAgreementOn
	s.SubProcessors, s.RoleModel, s.RoleModelOn, s.AccessReviewOn, s.AccessLog = f.SubProcessors, f.RoleModel, f.RoleModelOn, f.AccessReviewOn, f.AccessLog
	s.LogReviewMonths, s.LogReviewOn, s.LoginNote, s.ClassifiedLastYear = f.LogReviewMonths, f.LogReviewOn, f.LoginNote, f.ClassifiedLastYear
	s.Facts = nil
	for _, x := range f.Facts {
		s.Facts = append(s.Facts, catalogue.Statement(x))
	}
	had := s.Logins
	s.Logins = nil
	for _, l := range f.Logins {
		path := LoginPath{ID: ids.ID[LoginPath](l.ID), Audience: l.Audience, Address: l.Address, Zone: l.Zone, Method: l.Method}
		if !slices.ContainsFunc(had, func(h LoginPath) bool { return h.ID == path.ID }) {
			path.ID = ids.New[LoginPath]()
		}
		s.Logins = append(s.Logins, path)
	}
}

// apiFault tells what was wrong in the words that the form has for it.
func apiFault(err error) error {
	for _, f := range []struct {
		err error
		key string
	}{{ErrName, "system.error-name"}, {ErrValue, "system.error-value"}, {ErrUnit, "system.fault-unit"}} {
		if errors.Is(err, f.err) {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	return err
}

// known refuses facts that the catalogue does not let anybody state about a system.
func (p *API) known(list []APIStatement) error {
	for _, s := range list {
		ok := false
		for _, f := range p.Catalogue.Vocabulary.Facts() {
			ok = ok || f.ID == s.Fact && slices.Contains(f.On, catalogue.OnSystem) && slices.Contains(f.Values, s.Value)
		}
		if !ok {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: "system.api-fact", Args: []any{"Fact", s.Fact, "Value", s.Value}}
		}
	}
	return nil
}

// APIRef names a system in an address, by its id or its slug.
type APIRef struct {
	System string `path:"system" maxLength:"200" doc:"The system's id or slug"`
}

type apiChange struct {
	APIRef
	IfMatch string `header:"If-Match" doc:"The ETag of the version that the change is made from"`
	Body    APIFields
}

type apiSystemOut struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     APISystem
}

func apiOut(s *System) *apiSystemOut { return &apiSystemOut{ETag: web.ETag(s.Version), Body: APIOf(s)} }

func (p *API) create(c *web.Context, in *struct{ Body APIFields }) (*apiSystemOut, error) {
	if err := p.known(in.Body.Facts); err != nil {
		return nil, err
	}
	s := New(in.Body.Name)
	in.Body.onto(&s)
	made, err := p.Service.Create(c.Context(), c.Actor, s)
	if err != nil {
		return nil, apiFault(err)
	}
	out := apiOut(&made)
	out.Location = web.APIPath + "/systems/" + made.ID.String()
	return out, nil
}

func (p *API) fields(c *web.Context, in *APIRef) (*apiSystemOut, error) {
	d, err := p.Service.Edit(c.Context(), c.Actor, in.System)
	if err != nil {
		return nil, err
	}
	return apiOut(&d.System), nil
}

func (p *API) update(c *web.Context, in *apiChange) (*apiSystemOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := p.known(in.Body.Facts); err != nil {
		return nil, err
	}
	d, err := p.Service.Edit(c.Context(), c.Actor, in.System)
	if err != nil {
		return nil, err
	}
	s := d.System
	in.Body.onto(&s)
	s.Version = version
	err = p.Service.Update(c.Context(), c.Actor, s)
	if err == nil {
		d, err = p.Service.Edit(c.Context(), c.Actor, s.ID.String())
	} else if errors.Is(err, db.ErrConflict) {
		if d, err = p.Service.Edit(c.Context(), c.Actor, s.ID.String()); err == nil {
			err = &web.Stale{Current: web.ETag(d.System.Version)}
		}
	}
	if err != nil {
		return nil, apiFault(err)
	}
	return apiOut(&d.System), nil
}

// apiNaming is one person who answers for a system.
type apiNaming struct {
	Kind   string `json:"kind" maxLength:"100" doc:"How: one of the kinds that a system has"`
	Person string `json:"person" maxLength:"100" doc:"The person's id; empty is nobody"`
	Name   string `json:"name,omitempty" readOnly:"true"`
	Left   bool   `json:"left,omitempty" readOnly:"true" doc:"The person has left"`
}

type apiResponsible struct {
	Items []apiNaming `json:"items" nullable:"false" maxItems:"20"`
}

type apiResponsibleOut struct {
	ETag string `header:"ETag"`
	Body apiResponsibles
}

type apiResponsibles struct {
	Items  []apiNaming `json:"items" nullable:"false"`
	People []apiPerson `json:"people" nullable:"false" doc:"Who can be named"`
}

type apiPerson struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (p *API) responsible(c *web.Context, in *APIRef) (*apiResponsibleOut, error) {
	n, err := p.Service.Responsible(c.Context(), c.Actor, in.System)
	if err != nil {
		return nil, err
	}
	out := &apiResponsibleOut{}
	out.Body.Items, out.Body.People = []apiNaming{}, []apiPerson{}
	names := map[string]string{}
	for i := range n.Everybody {
		x := &n.Everybody[i]
		names[x.ID.String()] = x.Name
		out.Body.People = append(out.Body.People, apiPerson{x.ID.String(), x.Name})
	}
	for _, kind := range organisation.ResponsibilityKinds(organisation.ObjectSystem) {
		if r, ok := n.By[kind]; ok {
			item := apiNaming{Kind: kind, Person: r.Person.String(), Name: names[r.Person.String()], Left: r.Gone}
			if r.Gone {
				item.Name = r.Left
			}
			out.Body.Items = append(out.Body.Items, item)
		}
	}
	out.ETag, err = web.StateTag(out.Body.Items)
	return out, err
}

func (p *API) setResponsible(c *web.Context, in *struct {
	APIRef
	web.APIMatch
	Body apiResponsible
},
) (*apiResponsibleOut, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.responsible(c, &in.APIRef)
		if err != nil {
			return "", err
		}
		return now.ETag, nil
	}); err != nil {
		return nil, err
	}
	kinds := organisation.ResponsibilityKinds(organisation.ObjectSystem)
	var list []Naming
	for _, x := range in.Body.Items {
		if !slices.Contains(kinds, x.Kind) {
			return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "system.error-value"}
		}
		list = append(list, Naming{x.Kind, ids.ID[organisation.Person](x.Person)})
	}
	err := p.Service.SetResponsible(c.Context(), c.Actor, in.System, list)
	if errors.Is(err, organisation.ErrEnded) {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "organisation.fault-nobody", Err: err}
	}
	if err != nil {
		return nil, err
	}
	return p.responsible(c, &in.APIRef)
}
