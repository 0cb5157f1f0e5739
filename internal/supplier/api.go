// SPDX-License-Identifier: EUPL-1.2

package supplier

import (
	"errors"
	"net/http"
	"slices"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// API is the suppliers for programs that change them. What a supplier means to the organisation is read in a later slice.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const (
		tag  = "supplier.api"
		one  = "/suppliers/{supplier}"
		part = one + "/papers"
		sub  = one + "/sub-processors"
	)
	op := func(method, path, action, id string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag}
	}
	says := func(o web.Op, text string) web.Op { o.Text = text; return o }
	made := func(o web.Op) web.Op { o.Status = http.StatusCreated; return o }
	gone := func(o web.Op) web.Op { o.Status = http.StatusNoContent; return o }
	web.Operate(a, made(says(op("POST", "/suppliers", "supplier.Create", "create-supplier"), "supplier.api-create")), p.create)
	web.Operate(a, says(op("GET", one+"/fields", "supplier.Edit", "get-supplier-fields"), "supplier.api-fields"), p.fields)
	web.Operate(a, says(op("PUT", one+"/fields", "supplier.Update", "replace-supplier-fields"), "supplier.api-update"), p.update)
	web.Operate(a, says(op("POST", one+"/merge", "supplier.Merge", "merge-supplier"), "supplier.api-merge"), p.merge)
	web.Operate(a, made(says(op("POST", part, "supplier.SavePaper", "add-supplier-paper"), "supplier.api-add-paper")), p.addPaper)
	web.Operate(a, says(op("PUT", part+"/{paper}", "supplier.SavePaper", "replace-supplier-paper"), "supplier.api-paper"), p.changePaper)
	web.Operate(a, gone(says(op("DELETE", part+"/{paper}", "supplier.RemovePaper", "remove-supplier-paper"), "supplier.api-remove-paper")), p.removePaper)
	web.Operate(a, made(says(op("POST", sub, "supplier.SaveSubProcessor", "add-sub-processor"), "supplier.api-add-sub")), p.addSub)
	web.Operate(a, says(op("PUT", sub+"/{sub}", "supplier.SaveSubProcessor", "replace-sub-processor"), "supplier.api-sub"), p.changeSub)
	web.Operate(a, gone(says(op("DELETE", sub+"/{sub}", "supplier.RemoveSubProcessor", "remove-sub-processor"), "supplier.api-remove-sub")), p.removeSub)
}

// APIRef names a supplier in an address.
type APIRef struct {
	Supplier string `path:"supplier" maxLength:"100" doc:"The supplier's id"`
}

// id is the supplier's.
func (r *APIRef) id() ids.ID[Supplier] { return ids.ID[Supplier](r.Supplier) }

// APIFields are what the register says of a supplier. What is left out is unknown.
type APIFields struct {
	Name            string `json:"name" minLength:"1" maxLength:"200"`
	Number          string `json:"number,omitempty" maxLength:"4000" doc:"Its organisation number"`
	Contact         string `json:"contact,omitempty" maxLength:"4000"`
	IncidentContact string `json:"incident_contact,omitempty" maxLength:"4000" doc:"How it is reached at any hour when something has happened"`
	Country         string `json:"country,omitempty" maxLength:"4000" doc:"Where it handles the data"`
	Transfer        string `json:"transfer,omitempty" default:"unknown" enum:"yes,no,unknown" doc:"Outside the EU and EEA"`
	TransferNote    string `json:"transfer_note,omitempty" maxLength:"4000"`
	Note            string `json:"note,omitempty" maxLength:"4000"`
}

func (f *APIFields) onto(s *Supplier) {
	s.Name, s.Number, s.Contact, s.IncidentContact = f.Name, f.Number, f.Contact, f.IncidentContact
	s.Country, s.Transfer, s.TransferNote, s.Note = f.Country, f.Transfer, f.TransferNote, f.Note
}

// APICovered is something that a paper is about.
type APICovered struct {
	Kind string `json:"kind" enum:"system,processing"`
	ID   string `json:"id" maxLength:"100"`
}

// APIPaperFields are what the register says of a paper.
type APIPaperFields struct {
	Kind         string       `json:"kind" enum:"contract,agreement,certificate,transfer,suitability" doc:"agreement is a processor agreement; transfer and suitability are assessments. It cannot be changed afterwards"`
	Outcome      string       `json:"outcome,omitempty" enum:"yes,conditions,no,unknown" doc:"What an assessment has come to; it then needs a note with the reasons, and both days"`
	Name         string       `json:"name" minLength:"1" maxLength:"200"`
	Number       string       `json:"number,omitempty" maxLength:"4000"`
	Reference    string       `json:"reference,omitempty" maxLength:"4000" doc:"Where the document is, such as a number in the diary"`
	Issuer       string       `json:"issuer,omitempty" maxLength:"4000"`
	StartsOn     civil.Date   `json:"starts_on,omitzero" format:"date"`
	EndsOn       civil.Date   `json:"ends_on,omitzero" format:"date" doc:"Left out: until further notice"`
	NoticeMonths *int64       `json:"notice_months,omitempty" minimum:"0" maximum:"120"`
	Value        *int64       `json:"value,omitempty" minimum:"0" maximum:"1000000000000" doc:"In kronor, for the whole contract"`
	Note         string       `json:"note,omitempty" maxLength:"4000"`
	Covers       []APICovered `json:"covers,omitempty" nullable:"false" maxItems:"1000" doc:"What it is about; nothing is all that the supplier delivers"`
}

func (f *APIPaperFields) paper() Paper {
	out := Paper{
		Kind: f.Kind, Name: f.Name, Number: f.Number, Reference: f.Reference, Issuer: f.Issuer, StartsOn: f.StartsOn, EndsOn: f.EndsOn,
		NoticeMonths: f.NoticeMonths, Value: f.Value, Note: f.Note, Outcome: f.Outcome,
	}
	for _, c := range f.Covers {
		out.Covers = append(out.Covers, Covered(c))
	}
	return out
}

// APIPaper is a contract, a processor agreement or a certificate.
type APIPaper struct {
	ID string `json:"id"`
	APIPaperFields
	Standing string `json:"standing" doc:"open, running, notice, ending or ended"`
	ETag     string `json:"etag" doc:"For If-Match when it is changed or removed"`
}

// APISubFields are what the register says of a sub-processor.
type APISubFields struct {
	Name    string `json:"name" minLength:"1" maxLength:"200"`
	Country string `json:"country,omitempty" maxLength:"4000"`
	Task    string `json:"task,omitempty" maxLength:"4000"`
}

// APISub is a sub-processor.
type APISub struct {
	ID string `json:"id"`
	APISubFields
	ETag string `json:"etag" doc:"For If-Match when it is changed or removed"`
}

// APISupplier is a supplier as the register has it.
type APISupplier struct {
	ID string `json:"id"`
	APIFields
	Papers        []APIPaper `json:"papers" nullable:"false"`
	SubProcessors []APISub   `json:"sub_processors" nullable:"false"`
	Version       int64      `json:"version" doc:"The number in the ETag: of the supplier's own fields"`
}

// APIOf gives a supplier as programs read it.
func APIOf(s *Supplier, today civil.Date) APISupplier {
	out := APISupplier{ID: s.ID.String(), Version: s.Version, Papers: []APIPaper{}, SubProcessors: []APISub{}, APIFields: APIFields{
		Name: s.Name, Number: s.Number, Contact: s.Contact, IncidentContact: s.IncidentContact, Country: s.Country, Transfer: s.Transfer,
		TransferNote: s.TransferNote, Note: s.Note,
	}}
	for i := range s.Papers {
		p := &s.Papers[i]
		x := APIPaper{ID: p.ID.String(), Standing: p.Standing(today), ETag: web.ETag(p.Version), APIPaperFields: APIPaperFields{
			Kind: p.Kind, Name: p.Name, Number: p.Number, Reference: p.Reference, Issuer: p.Issuer, StartsOn: p.StartsOn, EndsOn: p.EndsOn,
			NoticeMonths: p.NoticeMonths, Value: p.Value, Note: p.Note, Outcome: p.Outcome,
		}}
		for _, c := range p.Covers {
			x.Covers = append(x.Covers, APICovered(c))
		}
		out.Papers = append(out.Papers, x)
	}
	for i := range s.SubProcessors {
		x := &s.SubProcessors[i]
		out.SubProcessors = append(out.SubProcessors, APISub{x.ID.String(), APISubFields{x.Name, x.Country, x.Task}, web.ETag(x.Version)})
	}
	return out
}

// apiFault tells what was wrong in the words that the form has for it.
func apiFault(err error) error {
	for _, f := range []struct {
		err error
		key string
	}{
		{ErrName, "supplier.error-name"},
		{ErrTaken, "supplier.error-taken"},
		{ErrValue, "supplier.error-value"},
		{ErrOrder, "supplier.error-order"},
		{ErrReasons, "supplier.error-reasons"},
		{ErrSame, "supplier.error-into"},
	} {
		if errors.Is(err, f.err) {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	return err
}

type apiOut struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     APISupplier
}

// read gives a supplier as it is now.
func (p *API) read(c *web.Context, id ids.ID[Supplier]) (*apiOut, error) {
	d, err := p.Service.Edit(c.Context(), c.Actor, id)
	if err != nil {
		return nil, err
	}
	return &apiOut{ETag: web.ETag(d.Supplier.Version), Body: APIOf(&d.Supplier, d.Today)}, nil
}

func (p *API) create(c *web.Context, in *struct{ Body APIFields }) (*apiOut, error) {
	x := Supplier{}
	in.Body.onto(&x)
	made, err := p.Service.Create(c.Context(), c.Actor, x)
	if err != nil {
		return nil, apiFault(err)
	}
	out, err := p.read(c, made.ID)
	if err == nil {
		out.Location = web.APIPath + "/suppliers/" + made.ID.String()
	}
	return out, err
}

func (p *API) fields(c *web.Context, in *struct{ APIRef }) (*apiOut, error) {
	if in.Supplier == "" {
		return nil, db.ErrNotFound
	}
	return p.read(c, in.id())
}

func (p *API) update(c *web.Context, in *struct {
	APIRef
	IfMatch string `header:"If-Match" doc:"The ETag of the version that the change is made from"`
	Body    APIFields
},
) (*apiOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	x := Supplier{ID: in.id(), Version: version}
	in.Body.onto(&x)
	err = p.Service.Update(c.Context(), c.Actor, x)
	now, failed := p.read(c, x.ID)
	switch {
	case failed != nil:
		return nil, errors.Join(failed, err)
	case errors.Is(err, db.ErrConflict):
		return nil, &web.Stale{Current: now.ETag}
	case err != nil:
		return nil, apiFault(err)
	}
	return now, nil
}

func (p *API) merge(c *web.Context, in *struct {
	APIRef
	IfMatch string `header:"If-Match" doc:"The ETag of the supplier that goes away"`
	Body    struct {
		Into string `json:"into" maxLength:"100" doc:"The id of the supplier that stays"`
	}
},
) (*apiOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	merged, err := p.Service.Merge(c.Context(), c.Actor, in.id(), ids.ID[Supplier](in.Body.Into), version)
	if errors.Is(err, db.ErrConflict) {
		now, err := p.read(c, in.id())
		if err != nil {
			return nil, err
		}
		return nil, &web.Stale{Current: now.ETag}
	}
	if err != nil {
		return nil, apiFault(err)
	}
	return p.read(c, merged.Into.ID)
}

// stalePart finds the version that there is now of a paper or a sub-processor.
func stalePart(now *apiOut, id string) error {
	if tag := now.tagOf(id); tag != "" {
		return &web.Stale{Current: tag}
	}
	return db.ErrNotFound
}

// saved answers with the supplier as it is after a part of it was written, or tells why it was not.
func (p *API) saved(c *web.Context, of ids.ID[Supplier], part string, err error) (*apiOut, error) {
	if err != nil && !errors.Is(err, db.ErrConflict) {
		return nil, apiFault(err)
	}
	now, failed := p.read(c, of)
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, stalePart(now, part)
	}
	if part != "" {
		now.ETag = now.tagOf(part)
	}
	return now, nil
}

// added answers with the supplier as it is after a part was added, and the ETag of that part: the one that was made last.
func (p *API) added(c *web.Context, of ids.ID[Supplier], err error, parts func(now *apiOut) []string) (*apiOut, error) {
	out, err := p.saved(c, of, "", err)
	if err != nil {
		return nil, err
	}
	if all := parts(out); len(all) > 0 {
		out.ETag = out.tagOf(slices.Max(all)) // ids tell in which order things were made
	}
	return out, nil
}

// tagOf is the ETag of a paper or a sub-processor; empty when it is not there.
func (o *apiOut) tagOf(part string) string {
	for i := range o.Body.Papers {
		if o.Body.Papers[i].ID == part {
			return o.Body.Papers[i].ETag
		}
	}
	for i := range o.Body.SubProcessors {
		if o.Body.SubProcessors[i].ID == part {
			return o.Body.SubProcessors[i].ETag
		}
	}
	return ""
}

func (p *API) addPaper(c *web.Context, in *struct {
	APIRef
	Body APIPaperFields
},
) (*apiOut, error) {
	x := in.Body.paper()
	x.Supplier = in.id()
	return p.added(c, in.id(), p.Service.SavePaper(c.Context(), c.Actor, x), func(now *apiOut) []string {
		var out []string
		for i := range now.Body.Papers {
			out = append(out, now.Body.Papers[i].ID)
		}
		return out
	})
}

// APIPaperRef names a paper in an address.
type APIPaperRef struct {
	APIRef
	Paper   string `path:"paper" maxLength:"100" doc:"The paper's id"`
	IfMatch string `header:"If-Match" doc:"The paper's etag"`
}

func (p *API) changePaper(c *web.Context, in *struct {
	APIPaperRef
	Body APIPaperFields
},
) (*apiOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	now, err := p.Service.Edit(c.Context(), c.Actor, in.id())
	if err != nil {
		return nil, err
	}
	held, err := now.Supplier.paper(ids.ID[Paper](in.Paper))
	if err != nil {
		return nil, err
	}
	x := in.Body.paper()
	if x.Kind != held.Kind {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "supplier.api-kind"}
	}
	x.ID, x.Supplier, x.Version = held.ID, in.id(), version
	return p.saved(c, in.id(), in.Paper, p.Service.SavePaper(c.Context(), c.Actor, x))
}

func (p *API) removePaper(c *web.Context, in *APIPaperRef) (*struct{}, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	_, err = p.saved(c, in.id(), in.Paper, p.Service.RemovePaper(c.Context(), c.Actor, in.id(), ids.ID[Paper](in.Paper), version))
	return nil, err
}

func (p *API) addSub(c *web.Context, in *struct {
	APIRef
	Body APISubFields
},
) (*apiOut, error) {
	x := SubProcessor{Supplier: in.id(), Name: in.Body.Name, Country: in.Body.Country, Task: in.Body.Task}
	return p.added(c, in.id(), p.Service.SaveSubProcessor(c.Context(), c.Actor, x), func(now *apiOut) []string {
		var out []string
		for i := range now.Body.SubProcessors {
			out = append(out, now.Body.SubProcessors[i].ID)
		}
		return out
	})
}

// APISubRef names a sub-processor in an address.
type APISubRef struct {
	APIRef
	Sub     string `path:"sub" maxLength:"100" doc:"The sub-processor's id"`
	IfMatch string `header:"If-Match" doc:"The sub-processor's etag"`
}

func (p *API) changeSub(c *web.Context, in *struct {
	APISubRef
	Body APISubFields
},
) (*apiOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	x := SubProcessor{ID: ids.ID[SubProcessor](in.Sub), Supplier: in.id(), Name: in.Body.Name, Country: in.Body.Country, Task: in.Body.Task, Version: version}
	return p.saved(c, in.id(), in.Sub, p.Service.SaveSubProcessor(c.Context(), c.Actor, x))
}

func (p *API) removeSub(c *web.Context, in *APISubRef) (*struct{}, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	_, err = p.saved(c, in.id(), in.Sub, p.Service.RemoveSubProcessor(c.Context(), c.Actor, in.id(), ids.ID[SubProcessor](in.Sub), version))
	return nil, err
}
