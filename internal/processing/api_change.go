// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// routesOfChanges registers what changes the record.
func (p *API) routesOfChanges(a *web.API) {
	const tag, one = "processing.api", "/processings/{id}"
	op := func(method, path, action, id string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag}
	}
	says := func(o web.Op, text string) web.Op { o.Text = text; return o }
	with := func(o web.Op, status int) web.Op { o.Status = status; return o }
	web.Operate(a, with(says(op("POST", "/processings", "processing.Create", "create-processing"), "processing.api-create"), http.StatusCreated), p.create)
	web.Operate(a, says(op("PUT", one+"/fields/{group}", "processing.Save", "replace-processing-fields"), "processing.api-save"), p.save)
	web.Operate(a, says(op("PUT", one+"/links", "processing.Link", "link-processing"), "processing.api-link"), p.link)
	web.Operate(a, says(op("POST", one+"/prefill", "processing.Prefill", "fill-in-processing"), "processing.api-prefill"), p.prefill)
	web.Operate(a, with(says(op("DELETE", one, "processing.Delete", "delete-processing"), "processing.api-delete"), http.StatusNoContent), p.remove)
	web.Operate(a, says(op("GET", "/processings-common", "processing.Common", "get-processings-common"), "processing.api-common"), p.common)
	web.Operate(a, says(op("PUT", "/processings-common", "processing.SetCommon", "replace-processings-common"), "processing.api-set-common"), p.setCommon)
}

// APIFields are what an entry of the record says, but for its role and what it is linked to. Of a change only the fields of its group count.
type APIFields struct {
	Name             string     `json:"name,omitempty" maxLength:"200" doc:"Group what. Needed in it, and in a new entry"`
	State            string     `json:"state,omitempty" default:"unknown" enum:"planned,ongoing,ended,unknown" doc:"Group what"`
	Unit             string     `json:"unit,omitempty" maxLength:"100" doc:"Group what: the id of the unit that answers for it"`
	OwnerRole        string     `json:"owner_role,omitempty" maxLength:"4000" doc:"Group what"`
	Description      string     `json:"description,omitempty" maxLength:"4000" doc:"Group what"`
	JointControllers string     `json:"joint_controllers,omitempty" maxLength:"4000" doc:"Group what"`
	Controllers      string     `json:"controllers,omitempty" maxLength:"4000" doc:"Group what: on whose behalf, as processor"`
	DPO              string     `json:"dpo,omitempty" maxLength:"4000" doc:"Group what: where it is not the common one"`
	Purposes         string     `json:"purposes,omitempty" maxLength:"4000" doc:"Group why"`
	LegalBasis       []string   `json:"legal_basis,omitempty" nullable:"false" maxItems:"6" doc:"Group why: letters of article 6.1"`
	LegalSupport     string     `json:"legal_support,omitempty" maxLength:"4000" doc:"Group why"`
	Special          string     `json:"special,omitempty" default:"unknown" enum:"yes,no,unknown" doc:"Group why: special categories of data"`
	SpecialGrounds   []string   `json:"special_grounds,omitempty" nullable:"false" maxItems:"10" doc:"Group why: letters of article 9.2"`
	SpecialSupport   string     `json:"special_support,omitempty" maxLength:"4000" doc:"Group why"`
	Criminal         string     `json:"criminal,omitempty" default:"unknown" enum:"yes,no,unknown" doc:"Group why: data about offences"`
	CriminalSupport  string     `json:"criminal_support,omitempty" maxLength:"4000" doc:"Group why"`
	Subjects         string     `json:"subjects,omitempty" maxLength:"4000" doc:"Group whose"`
	Categories       string     `json:"categories,omitempty" maxLength:"4000" doc:"Group whose"`
	Activities       string     `json:"activities,omitempty" maxLength:"4000" doc:"Group whose: as processor"`
	Recipients       string     `json:"recipients,omitempty" maxLength:"4000" doc:"Group sharing"`
	Transfer         string     `json:"transfer,omitempty" default:"unknown" enum:"yes,no,unknown" doc:"Group sharing: to a third country"`
	Countries        string     `json:"countries,omitempty" maxLength:"4000" doc:"Group sharing"`
	Safeguard        string     `json:"safeguard,omitempty" default:"unknown" maxLength:"100" doc:"Group sharing"`
	TransferNote     string     `json:"transfer_note,omitempty" maxLength:"4000" doc:"Group sharing"`
	Retention        string     `json:"retention,omitempty" maxLength:"4000" doc:"Group keeping"`
	Security         string     `json:"security,omitempty" maxLength:"4000" doc:"Group keeping"`
	Assessment       string     `json:"assessment,omitempty" default:"unknown" maxLength:"100" doc:"Group keeping"`
	AssessedOn       civil.Date `json:"assessed_on,omitzero" format:"date" doc:"Group keeping"`
}

// onto writes the fields over an entry.
func (f *APIFields) onto(p *Processing) {
	p.Name, p.State, p.UnitID, p.OwnerRole, p.Description = f.Name, f.State, access.UnitID(f.Unit), f.OwnerRole, f.Description
	p.JointControllers, p.Controllers, p.DPO = f.JointControllers, f.Controllers, f.DPO
	p.Purposes, p.LegalBasis, p.LegalSupport = f.Purposes, f.LegalBasis, f.LegalSupport
	p.Special, p.SpecialGrounds, p.SpecialSupport, p.Criminal, p.CriminalSupport = f.Special, f.SpecialGrounds, f.SpecialSupport, f.Criminal, f.CriminalSupport
	p.Subjects, p.Categories, p.Activities, p.Recipients = f.Subjects, f.Categories, f.Activities, f.Recipients
	p.Transfer, p.Countries, p.Safeguard, p.TransferNote = f.Transfer, f.Countries, f.Safeguard, f.TransferNote
	p.Retention, p.Security, p.Assessment, p.AssessedOn = f.Retention, f.Security, f.Assessment, f.AssessedOn
}

// APILinks is what an entry is linked to.
type APILinks struct {
	Systems     []string `json:"systems,omitempty" nullable:"false" maxItems:"1000" doc:"Systems by id. Linked ones beyond the caller's reach stay"`
	Information []string `json:"information,omitempty" nullable:"false" maxItems:"1000" doc:"Information by id, or by the id of a type of the catalogue"`
}

// apiFault tells what was wrong in words.
func apiFault(err error) error {
	for _, f := range []struct {
		err error
		key string
	}{
		{ErrName, "processing.error-name"}, {ErrUnit, "processing.api-unit"}, {ErrValue, "processing.api-value"}, {ErrLink, "processing.api-no-link"},
	} {
		if errors.Is(err, f.err) {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	return err
}

// apiChangedOut answers with an entry and the version of the group that was changed.
type apiChangedOut struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     apiProcessing
}

// read gives an entry as it is now, with the version of one group.
func (p *API) read(c *web.Context, ref string, g Group) (*apiChangedOut, error) {
	v, err := p.Service.Open(c.Context(), c.Actor, ref)
	if err != nil {
		return nil, err
	}
	return &apiChangedOut{ETag: web.ETag(v.Versions[g]), Body: apiOf(&v.Processing, v.Gaps)}, nil
}

// saved answers with what there is after a change, or tells why it was not made.
func (p *API) saved(c *web.Context, ref string, g Group, err error) (*apiChangedOut, error) {
	if err != nil && !errors.Is(err, db.ErrConflict) {
		return nil, apiFault(err)
	}
	now, failed := p.read(c, ref, g)
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, &web.Stale{Current: now.ETag}
	}
	return now, nil
}

func (p *API) create(c *web.Context, in *struct {
	Body struct {
		Role string `json:"role" enum:"controller,processor"`
		APIFields
		APILinks
	}
},
) (*apiChangedOut, error) {
	x := New(in.Body.Name, in.Body.Role)
	in.Body.onto(&x)
	made, err := p.Service.Create(c.Context(), c.Actor, x, Wanted{Systems: in.Body.Systems, Information: in.Body.Information})
	if err != nil {
		return nil, apiFault(err)
	}
	out, err := p.read(c, made.ID.String(), What)
	if err == nil {
		out.Location = web.APIPath + "/processings/" + made.ID.String()
	}
	return out, err
}

// APIEntry names an entry that is to be changed.
type APIEntry struct {
	ID      string `path:"id" maxLength:"200" doc:"The entry's id or slug"`
	IfMatch string `header:"If-Match" doc:"The version of the group that is changed, as an ETag: versions tells it"`
}

func (p *API) save(c *web.Context, in *struct {
	APIEntry
	Group string `path:"group" enum:"what,why,whose,sharing,keeping"`
	Body  APIFields
},
) (*apiChangedOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	d, err := p.Service.Edit(c.Context(), c.Actor, in.ID)
	if err != nil {
		return nil, err
	}
	x, sent, g := d.Processing, d.Processing, Group(in.Group)
	in.Body.onto(&sent)
	x.take(g, &sent)
	x.Versions = map[Group]int64{g: version}
	return p.saved(c, x.ID.String(), g, p.Service.Save(c.Context(), c.Actor, g, x))
}

func (p *API) link(c *web.Context, in *struct {
	APIEntry
	Body APILinks
},
) (*apiChangedOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	w := Wanted{Systems: in.Body.Systems, Information: in.Body.Information}
	return p.saved(c, in.ID, Links, p.Service.Link(c.Context(), c.Actor, in.ID, w, version))
}

func (p *API) prefill(c *web.Context, in *struct {
	ID string `path:"id" maxLength:"200" doc:"The entry's id or slug"`
},
) (*apiChangedOut, error) {
	_, err := p.Service.Prefill(c.Context(), c.Actor, in.ID)
	return p.saved(c, in.ID, What, err)
}

func (p *API) remove(c *web.Context, in *APIEntry) (*struct{}, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	err = p.Service.Delete(c.Context(), c.Actor, in.ID, version)
	if errors.Is(err, db.ErrConflict) {
		_, err = p.saved(c, in.ID, What, err)
	}
	return nil, err
}

// apiCommonFields are what the whole record says at its top.
type apiCommonFields struct {
	Contact        string `json:"contact,omitempty" maxLength:"4000" doc:"Who the controller is and how it is reached"`
	Representative string `json:"representative,omitempty" maxLength:"4000"`
	DPO            string `json:"dpo,omitempty" maxLength:"4000" doc:"How the data protection officer is reached"`
}

type apiCommonOut struct {
	ETag string `header:"ETag"`
	Body apiCommonFields
}

func (p *API) common(c *web.Context, _ *struct{}) (*apiCommonOut, error) {
	now, err := p.Service.Common(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	return &apiCommonOut{web.ETag(now.Version), apiCommonFields{now.Contact, now.Representative, now.DPO}}, nil
}

func (p *API) setCommon(c *web.Context, in *struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the version that the change is made from"`
	Body    apiCommonFields
},
) (*apiCommonOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	err = p.Service.SetCommon(c.Context(), c.Actor, Common{in.Body.Contact, in.Body.Representative, in.Body.DPO, version})
	now, failed := p.common(c, nil)
	switch {
	case failed != nil:
		return nil, failed
	case errors.Is(err, db.ErrConflict):
		return nil, &web.Stale{Current: now.ETag}
	case err != nil:
		return nil, err
	}
	return now, nil
}
