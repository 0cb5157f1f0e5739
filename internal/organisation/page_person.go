// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// PeoplePath is where the people are shown, RolesPath how roles are given, and UnitsPath the units.
const (
	PeoplePath = "/administration/personer"
	RolesPath  = "/administration/roller"
	UnitsPath  = "/administration/enheter"
)

// Pages are the pages of people, of how roles are given, and of units.
type Pages struct {
	Service *Service
	// EndSessions ends every session of another person's account: auth.Sessions.EndOf.
	EndSessions func(ctx context.Context, actor access.Actor, account ids.ID[auth.Account]) error
	// Link is the address of the server, as readers know it.
	Link string
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+PeoplePath, "organisation.People", p.people)
	s.Handle("POST "+PeoplePath, "organisation.AddPerson", p.add)
	s.Handle("GET "+ListPath, "organisation.KeepPeople", p.list)
	s.Handle("POST "+ListPath, "organisation.KeepPeople", p.keepList)
	s.Handle("GET "+ListPath+"/{id}", "organisation.PreviewPeople", p.previewList)
	s.Handle("POST "+ListPath+"/{id}/klar", "organisation.TakePeople", p.takeList)
	s.Handle("POST "+ListPath+"/{id}/avbryt", "organisation.DiscardPeople", p.discardList)
	s.Handle("GET "+ExportPath, "organisation.ExportPeople", p.export)
	s.Handle("GET "+PeoplePath+"/{id}", "organisation.Person", p.person)
	s.Handle("POST "+PeoplePath+"/{id}", "organisation.ChangePerson", p.change)
	s.Handle("POST "+PeoplePath+"/{id}/roll", "organisation.AskRoles", p.role)
	s.Handle("POST "+PeoplePath+"/{id}/sluta", "organisation.EndPerson", p.end)
	s.Handle("POST "+PeoplePath+"/{id}/radera-i-loggen", "organisation.EraseLog", p.erase)
	s.Handle("POST "+PeoplePath+"/{id}/tillbaka", "organisation.ResumePerson", p.resume)
	s.Handle("POST "+PeoplePath+"/{id}/lamna", "organisation.HandOver", p.handOver)
	s.Handle("POST "+PeoplePath+"/{id}/sessioner", "auth.EndOf", p.endSessions)
	s.Handle("POST "+PeoplePath+"/{id}/inbjudan", "organisation.Invite", p.invite)
	s.Handle("POST "+PeoplePath+"/{id}/passkey/{key}/avsluta", "organisation.EndPasskey", p.endPasskey)
	p.lookRoutes(s)
	s.Handle("GET "+RolesPath, "organisation.Granting", p.granting)
	s.Handle("POST "+RolesPath+"/regel", "organisation.AskRule", p.rule)
	s.Handle("POST "+RolesPath+"/grupp", "organisation.AskGroupRole", p.group)
	s.Handle("GET "+UnitsPath, "organisation.Chart", p.units)
	s.Handle("POST "+UnitsPath, "organisation.SaveUnit", p.saveUnit)
	s.Handle("POST "+UnitsPath+"/flytta", "organisation.Move", p.moveUnit)
}

// peoplePage lists people.
type peoplePage struct {
	web.Page
	Query, Role, Shown web.Field
	Rows               []personRow
	Left               []Responsibility
	CanAdd             bool
	Files              []web.Link
	Name, Email, Unit  web.Field
}

type personRow struct{ ID, Name, Email, Unit, Roles string }

func (p *Pages) people(c *web.Context) error { return p.renderPeople(c, Person{}, nil) }

func (p *Pages) renderPeople(c *web.Context, in Person, faults []web.FieldError) error {
	f := PersonFilter{Query: c.Query("q"), Role: access.Role(c.Query("roll")), Ended: c.Query("visa") == "slutat"}
	list, chart, err := p.Service.People(c.Context(), c.Actor, f)
	if err != nil {
		return err
	}
	left, err := p.Service.Leavers(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	out := peoplePage{
		Page: web.Page{Title: l.T("organisation.people"), Active: "people", Errors: faults}, Left: left, CanAdd: access.Allowed(c.Actor, "organisation.AddPerson"), Files: fileLinks(c),
		Query: web.Field{Name: "q", Type: "search", Label: l.T("organisation.search"), Value: f.Query},
		Role:  web.Field{Name: "roll", Type: "select", Label: l.T("organisation.role"), Value: string(f.Role), Options: roleOptions(l, l.T("organisation.any-role"))},
		Shown: web.Field{Name: "visa", Type: "select", Label: l.T("organisation.shown"), Value: c.Query("visa"), Options: []web.Option{
			{Label: l.T("organisation.show-active")}, {Value: "slutat", Label: l.T("organisation.show-ended")},
		}},
		Name:  web.Field{Name: "name", Label: l.T("organisation.name"), Value: in.Name},
		Email: web.Field{Name: "email", Type: "email", Label: l.T("organisation.email"), Hint: l.T("organisation.email-hint"), Value: in.Email, Optional: true},
		Unit:  unitField(l, "unit", in.Unit, chart),
	}
	for i := range list {
		x := &list[i]
		out.Rows = append(out.Rows, personRow{x.ID.String(), x.Name, x.Email, chart.Name(x.Unit), rolesText(l, x.Held, chart)})
	}
	return c.Render(pages, "people.html", out)
}

func rolesText(l *locale.Localizer, held []Assignment, chart *Chart) string {
	names := make([]string, len(held))
	for i := range held {
		names[i] = PlaceName(l, held[i].Place, chart)
	}
	return strings.Join(names, ", ")
}

func roleOptions(l *locale.Localizer, first string) []web.Option {
	out := []web.Option{{Label: first}}
	for _, r := range access.Roles() {
		out = append(out, web.Option{Value: string(r), Label: RoleName(l, r)})
	}
	return out
}

func unitField(l *locale.Localizer, name string, value access.UnitID, chart *Chart) web.Field {
	f := web.Field{Name: name, Type: "select", Label: l.T("organisation.unit"), Value: value.String(), Optional: true, Options: []web.Option{{Label: l.T("organisation.whole")}}}
	for _, n := range chart.Nodes {
		f.Options = append(f.Options, web.Option{Value: n.ID.String(), Label: strings.Repeat("– ", n.Depth) + n.Name})
	}
	return f
}

// faultOf tells which field of a form an error is about.
func faultOf(err error) (web.FieldError, bool) {
	for _, x := range []struct {
		err        error
		field, key string
	}{
		{ErrName, "name", "organisation.fault-name"},
		{ErrEmail, "email", "organisation.fault-email"},
		{ErrUnit, "unit", "organisation.fault-unit"},
		{ErrTaken, "external", "organisation.fault-taken"},
		{ErrRole, "role", "organisation.fault-role"},
		{ErrHeld, "role", "organisation.fault-held"},
		{ErrLastAdministrator, "role", "organisation.fault-last"},
		{approval.ErrReason, "reason", "approval.fault-reason"},
		{approval.ErrSame, "role", "organisation.fault-same"},
		{ErrEnded, "role", "organisation.fault-ended"},
		{ErrActive, "erase-reason", "organisation.fault-active"},
		{ErrReceiver, "to", "organisation.fault-receiver"},
		{ErrUnitName, "unit-name", "organisation.fault-unit-name"},
		{ErrCycle, "parent", "organisation.fault-cycle"},
		{ErrDeep, "parent", "organisation.fault-deep"},
		{ErrRule, "claim", "organisation.fault-rule"},
		{ErrSignsIn, "", "organisation.fault-signs-in"},
		{ErrOnlyPasskey, "", "organisation.fault-only-passkey"},
	} {
		if errors.Is(err, x.err) {
			return web.FieldError{Field: x.field, Key: x.key}, true
		}
	}
	return web.FieldError{}, false
}

func (p *Pages) add(c *web.Context) error {
	in := Person{Name: c.Form("name"), Email: c.Form("email"), Unit: access.UnitID(c.Form("unit"))}
	id, err := p.Service.AddPerson(c.Context(), c.Actor, in)
	if f, ok := faultOf(err); ok {
		return p.renderPeople(c, in, []web.FieldError{f})
	}
	if err != nil {
		return err
	}
	return c.Redirect(PeoplePath+"/"+id.String(), "organisation.added")
}

// personPage is one person.
type personPage struct {
	web.Page
	ID, Version                       string
	State                             web.Tag
	Facts                             []fact
	Held, Before                      []roleRow
	Named                             []namedRow
	Sessions                          []sessionRow
	CanEndSessions, CanEndPasskeys    bool
	Passkeys                          []passkeyRow
	Asked                             int
	Active, CanChange, CanHand        bool
	Name, Email, Unit, External       web.Field
	Role, RoleUnit, Reason, EndReason web.Field
	To, HandReason, Roles             web.Field
	// EraseReason is why somebody who has left is to be erased from the log.
	EraseReason web.Field
	CanErase    bool
}

type fact struct{ Label, Value string }

// namedRow is something that the person is named for, and how.
type namedRow struct{ Name, Href, Kind string }

type sessionRow struct{ Browser, How, Began, Seen, Address string }

type passkeyRow struct{ ID, Name, Made, Used string }

type roleRow struct{ Role, Unit, Name, Source, When string }

func (p *Pages) person(c *web.Context) error { return p.renderPerson(c, nil) }

func (p *Pages) renderPerson(c *web.Context, faults []web.FieldError) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	d, err := p.Service.Person(c.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	everybody, _, err := p.Service.People(c.Context(), c.Actor, PersonFilter{})
	if err != nil {
		return err
	}
	l := c.L
	out := personPage{
		Page: web.Page{Title: d.Name, Active: "people", Errors: faults, Crumbs: []web.Crumb{{Label: l.T("organisation.people"), Href: PeoplePath}, {Label: d.Name}}},
		ID:   id.String(), Version: strconv.FormatInt(d.Version, 10), Active: d.Active(), State: web.OK(l.T("organisation.state-active")),
		CanEndSessions: access.Allowed(c.Actor, "auth.EndOf"), CanEndPasskeys: access.Allowed(c.Actor, "organisation.EndPasskey"), Asked: d.Named.Asked, CanChange: access.Allowed(c.Actor, "organisation.ChangePerson"),
		CanHand: access.Allowed(c.Actor, "organisation.HandOver") && !d.Named.Empty(),
		Facts: []fact{
			{l.T("organisation.origin"), l.T("organisation.origin-" + d.Origin)}, {l.T("organisation.signs-in"), l.T("organisation.signs-in-" + yes(d.SignsIn))},
		},
	}
	if !d.Active() {
		out.State = web.Neutral(l.T("organisation.state-ended"))
		out.Facts = append(out.Facts, fact{l.T("organisation.ended-at"), l.Moment(d.Ended)})
	}
	var groups []string
	for i := range d.Groups {
		groups = append(groups, d.Groups[i].Name)
	}
	if len(groups) > 0 {
		out.Facts = append(out.Facts, fact{l.T("organisation.groups"), strings.Join(groups, ", ")})
	}
	out.told(l, &d)
	out.Held, out.Before = roleRows(l, d.Held, d.Chart), roleRows(l, d.Before, d.Chart)
	out.fields(c, &d, everybody)
	return c.Render(pages, "person.html", out)
}

// told fills in what the person is named for, and where they are signed in.
func (out *personPage) told(l *locale.Localizer, d *Detail) {
	for i := range d.Named.Responsibilities {
		r := &d.Named.Responsibilities[i]
		out.Named = append(out.Named, namedRow{r.Name, r.Href, l.T("organisation.kind-" + r.Kind)})
	}
	for i := range d.Sessions {
		s := &d.Sessions[i]
		out.Sessions = append(out.Sessions, sessionRow{auth.BrowserName(s.Browser), auth.HowKey(s.Shown()), l.Moment(s.Created), l.Moment(s.Seen), s.Address})
	}
	for i := range d.Passkeys {
		k := &d.Passkeys[i]
		row := passkeyRow{k.ID.String(), k.Name, l.Moment(db.FromMillis(k.Created)), ""}
		if k.Used > 0 {
			row.Used = l.Moment(db.FromMillis(k.Used))
		}
		out.Passkeys = append(out.Passkeys, row)
	}
}

// endSessions signs the person out everywhere.
func (p *Pages) endSessions(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	d, err := p.Service.Person(c.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	if d.Account.IsZero() { // nobody is signed in who cannot be
		return p.done(c, nil, "organisation.sessions-ended")
	}
	return p.done(c, p.EndSessions(c.Context(), c.Actor, d.Account), "organisation.sessions-ended")
}

// endPasskey ends one passkey of the person.
func (p *Pages) endPasskey(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	err = p.Service.EndPasskey(c.Context(), c.Actor, id, ids.ID[passkey.Passkey](c.Path("key")))
	return p.done(c, err, "organisation.passkey-ended")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func roleRows(l *locale.Localizer, list []Assignment, chart *Chart) []roleRow {
	out := make([]roleRow, len(list))
	for i := range list {
		a := &list[i]
		out[i] = roleRow{string(a.Role), a.Unit.String(), PlaceName(l, a.Place, chart), l.T("organisation.source-" + a.Source), l.Moment(a.Granted)}
		if !a.Ended.IsZero() {
			out[i].When += "–" + l.Moment(a.Ended)
		}
	}
	return out
}

// fields fills in the forms: with what was sent, where something was, else with what is known.
func (out *personPage) fields(c *web.Context, d *Detail, everybody []Listed) {
	l := c.L
	value := func(name, known string) string {
		if v := c.Forms(name); len(v) > 0 {
			return v[0]
		}
		return known
	}
	out.Name = web.Field{Name: "name", Label: l.T("organisation.name"), Value: value("name", d.Name)}
	out.Email = web.Field{Name: "email", Type: "email", Label: l.T("organisation.email"), Hint: l.T("organisation.email-hint"), Value: value("email", d.Email), Optional: true}
	out.External = web.Field{Name: "external", Label: l.T("organisation.external"), Hint: l.T("organisation.external-hint"), Value: value("external", d.ExternalID), Optional: true}
	out.Unit = unitField(l, "unit", access.UnitID(value("unit", d.Unit.String())), d.Chart)
	out.Role = web.Field{Name: "role", Type: "select", Label: l.T("organisation.role"), Value: value("role", ""), Options: roleOptions(l, l.T("organisation.choose-role"))}
	out.RoleUnit = unitField(l, "role-unit", access.UnitID(value("role-unit", "")), d.Chart)
	out.Reason = web.Field{Name: "reason", Type: "textarea", Rows: 2, Label: l.T("organisation.reason"), Value: value("reason", "")}
	out.CanErase = access.Allowed(c.Actor, "organisation.EraseLog")
	out.EraseReason = web.Field{Name: "erase-reason", Type: "textarea", Rows: 2, Label: l.T("organisation.reason"), Value: value("erase-reason", "")}
	out.EndReason = web.Field{Name: "end-reason", Type: "textarea", Rows: 2, Label: l.T("organisation.reason"), Value: value("end-reason", "")}
	out.HandReason = web.Field{Name: "hand-reason", Type: "textarea", Rows: 2, Label: l.T("organisation.reason"), Value: value("hand-reason", "")}
	out.Roles = web.Field{Name: "roles", Type: "checkbox", Label: l.T("organisation.hand-roles"), Value: "1", Hint: l.T("organisation.hand-roles-hint")}
	out.To = web.Field{Name: "to", Type: "select", Label: l.T("organisation.hand-to"), Value: value("to", ""), Options: []web.Option{{Label: l.T("organisation.hand-role")}}}
	for i := range everybody {
		if everybody[i].ID != d.ID {
			out.To.Options = append(out.To.Options, web.Option{Value: everybody[i].ID.String(), Label: everybody[i].Name})
		}
	}
}

func personID(c *web.Context) (ids.ID[Person], error) {
	id, err := ids.Parse[Person](c.Path("id"))
	if err != nil {
		return "", &web.Error{Status: http.StatusNotFound, Err: err}
	}
	return id, nil
}

// done goes back to the person, or shows what was wrong with a form.
func (p *Pages) done(c *web.Context, err error, flash string) error {
	if f, ok := faultOf(err); ok {
		if f.Field == "reason" && strings.HasSuffix(c.Request.URL.Path, "/sluta") {
			f.Field = "end-reason"
		}
		return p.renderPerson(c, []web.FieldError{f})
	}
	if err != nil {
		return err
	}
	return c.Redirect(PeoplePath+"/"+c.Path("id"), flash)
}

func (p *Pages) change(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	err = p.Service.ChangePerson(c.Context(), c.Actor, Person{
		ID: id, Name: c.Form("name"), Email: c.Form("email"), Unit: access.UnitID(c.Form("unit")), ExternalID: c.Form("external"), Version: version,
	})
	return p.done(c, err, "organisation.changed")
}

func (p *Pages) role(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	change := RoleChange{Person: id, Role: access.Role(c.Form("role")), Unit: access.UnitID(c.Form("role-unit")), End: c.Form("end") == "1"}
	return p.done(c, p.Service.AskRoles(c.Context(), c.Actor, []RoleChange{change}, c.Form("reason")), "organisation.asked")
}

func (p *Pages) end(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	asked, err := p.Service.EndPerson(c.Context(), c.Actor, id, c.Form("end-reason"))
	flash := "organisation.was-ended"
	if asked {
		flash = "organisation.asked"
	}
	return p.done(c, err, flash)
}

// erase asks for a person's data to be taken out of the log.
func (p *Pages) erase(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	return p.done(c, p.Service.EraseLog(c.Context(), c.Actor, id, c.Form("erase-reason")), "organisation.asked")
}

func (p *Pages) resume(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	return p.done(c, p.Service.ResumePerson(c.Context(), c.Actor, id), "organisation.was-resumed")
}

func (p *Pages) handOver(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	_, err = p.Service.HandOver(c.Context(), c.Actor, HandOver{
		From: id, To: ids.ID[Person](c.Form("to")), Roles: c.Form("roles") == "1", Reason: c.Form("hand-reason"),
	})
	return p.done(c, err, "organisation.was-handed")
}

// invitedPage shows an invitation, once.
type invitedPage struct {
	web.Page
	ID, Code, Path string
	// Address is the whole address of the page, as somebody else must write it.
	Address string
}

// invite makes an invitation and shows it on the page that answers: it stands in no address and no cookie.
func (p *Pages) invite(c *web.Context) error {
	id, err := personID(c)
	if err != nil {
		return err
	}
	code, err := p.Service.Invite(c.Context(), c.Actor, id)
	if err != nil {
		return p.done(c, err, "")
	}
	d, err := p.Service.Person(c.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	return c.Render(pages, "invited.html", invitedPage{
		Page: web.Page{Title: c.L.T("organisation.invited", "Name", d.Name), Active: "people"}, ID: id.String(), Code: code, Path: passkey.InvitationPath,
		Address: p.Link + passkey.InvitationPath,
	})
}
