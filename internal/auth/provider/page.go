// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"embed"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var templates = web.Parse(pageFiles)

// Path is the page where an organisation's providers and levels are set up.
const Path = "/administration/inloggning"

// Menu is the name of its entry in the menu.
const Menu = "sign-in"

// Pages are the pages where an organisation's providers and levels are set up.
type Pages struct {
	Service *Service
	// Drivers are the kinds of providers that the program has, the one to prefer first.
	Drivers []Driver
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Path, "provider.List", p.list)
	s.Handle("GET "+Path+"/ny/{kind}", "provider.Add", p.blank)
	s.Handle("POST "+Path+"/ny/{kind}", "provider.Add", p.add)
	s.Handle("GET "+Path+"/tjanst/{id}", "provider.Open", p.open)
	s.Handle("GET "+Path+"/tjanst/{id}/andra", "provider.Change", p.edit)
	s.Handle("POST "+Path+"/tjanst/{id}/andra", "provider.Change", p.change)
	s.Handle("POST "+Path+"/tjanst/{id}/pa", "provider.Enable", p.enable)
	s.Handle("POST "+Path+"/tjanst/{id}/av", "provider.Disable", p.disable)
	s.Handle("POST "+Path+"/skydd", "provider.SetGuard", p.setGuard)
	s.Handle("POST "+Path+"/nivaer", "provider.SetLevels", p.setLevel)
}

func (p *Pages) driver(k Kind) Driver {
	for _, d := range p.Drivers {
		if d.Kind() == k {
			return d
		}
	}
	return nil
}

type listPage struct {
	web.Page
	Providers []providerRow
	Kinds     []kindRow
	Roles     []roleRow
	CanSet    bool
	On        bool
	Two       TwoBlock
	Guard     guardPart
}

// guardPart is what is asked of devices and networks.
type guardPart struct {
	Bound    web.Choices
	Networks web.Field
	Told     []string
	From     string
	Two      TwoBlock
}

type providerRow struct {
	Name, Kind, Issuer, Href string
	Status                   web.Tag
	Levels                   []string
}

type kindRow struct{ Name, Text, Href string }

type roleRow struct {
	Name, Level, Why string
	Field            web.Field
	Role             string
}

func (p *Pages) list(c *web.Context) error { return p.showList(c, nil) }

// showList draws the page. Levels that could not be asked for stand in the form as they were typed.
func (p *Pages) showList(c *web.Context, typed map[access.Role]Level, faults ...web.FieldError) error {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	levels, err := p.Service.Levels(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	pending, err := p.Service.Pending(c.Context(), c.Actor, c.L, "")
	if err != nil {
		return err
	}
	out := listPage{
		Two:  TwoBlockOf(c, pending, ""),
		Page: web.Page{Title: c.L.T("provider.title"), Active: Menu, Errors: faults},
		On:   levels.On, CanSet: access.Allowed(c.Actor, "provider.SetLevels"),
	}
	for i := range all {
		row := providerRow{Name: all[i].Name(c.L.Lang), Kind: c.L.T("provider.kind-" + string(all[i].Kind)), Issuer: all[i].Issuer, Href: Path + "/tjanst/" + all[i].ID.String()}
		row.Status = status(c.L, &all[i])
		for _, a := range all[i].Settings.Accepted {
			row.Levels = append(row.Levels, levelWord(c.L, p.Service.Known.Strength(a)))
		}
		slices.Sort(row.Levels)
		row.Levels = slices.Compact(row.Levels)
		out.Providers = append(out.Providers, row)
	}
	if access.Allowed(c.Actor, "provider.Add") {
		for _, d := range p.Drivers {
			k := string(d.Kind())
			out.Kinds = append(out.Kinds, kindRow{Name: c.L.T("provider.add-" + k), Text: c.L.T("provider.about-" + k), Href: Path + "/ny/" + k})
		}
	}
	for _, r := range access.Roles() {
		row := levelRow(c.L, r, levels)
		if l, ok := typed[r]; ok {
			row.Field.Value = strconv.Itoa(l.LoA)
		}
		out.Roles = append(out.Roles, row)
	}
	if out.Guard, err = p.guardPart(c); err != nil {
		return err
	}
	out.Two.Waiting = append(out.Two.Waiting, out.Guard.Two.Waiting...)
	return c.Render(templates, "list.html", out)
}

// guardPart reads what is asked of devices and networks. What could not be saved stands in the form as it was typed.
func (p *Pages) guardPart(c *web.Context) (guardPart, error) {
	g, err := p.Service.Guard(c.Context(), c.Actor)
	if err != nil {
		return guardPart{}, err
	}
	pending, err := PendingOf(c.Context(), p.Service.DB, p.Service.Two, Reader{c.Actor, c.L}, "signin_guard", c.Actor.Organisation.String())
	if err != nil {
		return guardPart{}, err
	}
	networks, bound := g.text("\n"), g.Bound
	if c.Request.Method == http.MethodPost && c.Request.URL.Path == Path+"/skydd" {
		networks, bound = c.Form("networks"), Group(c.Form("bound"))
	}
	out := guardPart{
		From: c.Actor.From, Two: TwoBlockOf(c, pending, "-guard"), Told: strings.Split(g.words(c.L), "\n"),
		Bound: web.Choices{Name: "bound", Legend: c.L.T("provider.field-bound"), Hint: c.L.T("provider.hint-bound")},
		Networks: web.Field{
			Name: "networks", Type: "textarea", Rows: 3, Label: c.L.T("provider.field-networks"), Hint: c.L.T("provider.hint-networks", "From", c.Actor.From),
			Value: networks, Optional: true,
		},
	}
	for _, x := range groups {
		out.Bound.Options = append(out.Bound.Options, web.Choice{Value: string(x), Label: c.L.T("provider.bound-" + groupWord(x)), Checked: x == bound})
	}
	return out, nil
}

// setGuard changes what is asked of devices and networks.
func (p *Pages) setGuard(c *web.Context) error {
	why := WhyField(c, "-guard")
	networks, err := ParseNetworks(c.Form("networks"))
	if err != nil {
		return p.showList(c, nil, web.FieldError{Field: "networks", Key: "provider.fault-networks"})
	}
	w, err := p.Service.SetGuard(c.Context(), c.Actor, Guard{Bound: Group(c.Form("bound")), Networks: networks}, why.Value)
	switch {
	case errors.Is(err, ErrOutside):
		return p.showList(c, nil, web.FieldError{Field: "networks", Key: "provider.fault-outside", Args: []any{"From", c.Actor.From}})
	case errors.Is(err, ErrCopied):
		return p.showList(c, nil, web.FieldError{Field: "bound", Key: "provider.fault-copied"})
	case errors.Is(err, ErrGuard):
		return p.showList(c, nil, web.FieldError{Field: "networks", Key: "provider.fault-networks"})
	}
	fault, err := FaultOfTwo(err, why.Name)
	if err != nil {
		return err
	}
	if fault != nil {
		return p.showList(c, nil, *fault)
	}
	return c.Redirect(Path, w.Done("provider.guard-saved"))
}

func status(l *locale.Localizer, p *Provider) web.Tag {
	if p.Enabled {
		return web.OK(l.T("provider.on"))
	}
	return web.Neutral(l.T("provider.off"))
}

// levelWord tells a strength in words. The two things that it is are never put on one scale.
func levelWord(l *locale.Localizer, s Strength) string {
	switch {
	case s.LoA > 0 && s.SelfDeclared:
		return l.T("provider.strength-declared", "LoA", s.LoA)
	case s.LoA > 0:
		return l.T("provider.strength-reviewed", "LoA", s.LoA)
	default:
		return l.T("provider.strength-factors")
	}
}

type levelValue struct {
	value string
	level Level
}

// levelValues are the levels that can be chosen, as a form sends them.
var levelValues = []levelValue{{"0", Level{Factors: 2}}, {"3", Level{Factors: 2, LoA: 3}}, {"4", Level{Factors: 2, LoA: 4}}}

func levelRow(l *locale.Localizer, r access.Role, levels Levels) roleRow {
	chosen, own := levels.Chosen[r]
	if !own {
		chosen = DefaultLevel(r)
	}
	row := roleRow{Role: string(r), Name: l.T("web.role-" + string(r)), Level: l.T("provider.level-" + strconv.Itoa(chosen.LoA)), Why: l.T("provider.why-chosen")}
	if !own {
		row.Why = l.T("provider.why-default")
		if chosen.LoA > 0 {
			row.Why = l.T("provider.why-weakness")
		}
	}
	row.Field = web.Field{Name: "level-" + string(r), Type: "select", Label: row.Name, Value: strconv.Itoa(chosen.LoA)}
	for _, v := range levelValues {
		row.Field.Options = append(row.Field.Options, web.Option{Value: v.value, Label: l.T("provider.level-" + v.value)})
	}
	return row
}

// setLevel changes the levels that a form changes; the others keep what they have.
func (p *Pages) setLevel(c *web.Context) error {
	to := map[access.Role]Level{}
	for _, r := range access.Roles() {
		value := c.Form("level-" + string(r))
		if value == "" {
			continue
		}
		i := slices.IndexFunc(levelValues, func(v levelValue) bool { return v.value == value })
		if i < 0 {
			return &web.Error{Status: http.StatusBadRequest}
		}
		to[r] = levelValues[i].level
	}
	why := WhyField(c, "")
	w, err := p.Service.SetLevels(c.Context(), c.Actor, to, why.Value)
	fault, err := FaultOfTwo(err, why.Name)
	if err != nil {
		return err
	}
	if fault != nil {
		return p.showList(c, to, *fault)
	}
	return c.Redirect(Path, w.Done("provider.levels-saved"))
}

type openPage struct {
	web.Page
	Status    web.Tag
	Kind      string
	Issuer    string
	Accepted  []acceptedRow
	Facts     []Fact
	Try, Self string
	Enabled   bool
	CanChange bool
	// Older warns of weaker keys, while they are allowed and after.
	Older *web.Note
	Two   TwoBlock
}

type acceptedRow struct{ Value, Scheme, Counts, Note string }

func (p *Pages) read(c *web.Context) (Provider, error) {
	id, err := ids.Parse[Provider](c.Path("id"))
	if err != nil {
		return Provider{}, &web.Error{Status: http.StatusNotFound, Err: err}
	}
	out, err := p.Service.Open(c.Context(), c.Actor, id)
	if errors.Is(err, ErrUnknown) {
		return out, &web.Error{Status: http.StatusNotFound, Err: err}
	}
	return out, err
}

func (p *Pages) open(c *web.Context) error { return p.show(c) }

func (p *Pages) show(c *web.Context, faults ...web.FieldError) error {
	in, err := p.read(c)
	if err != nil {
		return err
	}
	pending, err := p.Service.Pending(c.Context(), c.Actor, c.L, in.ID.String())
	if err != nil {
		return err
	}
	out := openPage{
		Two: TwoBlockOf(c, pending, ""),
		Page: web.Page{
			Title: in.Name(c.L.Lang), Active: Menu, Errors: faults, Crumbs: []web.Crumb{{Label: c.L.T("provider.title"), Href: Path}, {Label: in.Name(c.L.Lang)}},
		},
		Status: status(c.L, &in), Kind: c.L.T("provider.kind-" + string(in.Kind)), Issuer: in.Issuer, Enabled: in.Enabled,
		Self: Path + "/tjanst/" + in.ID.String(), CanChange: access.Allowed(c.Actor, "provider.Change"),
	}
	if until := in.Settings.OlderUntil; !until.IsZero() {
		out.Older = &web.Note{ID: "older", Kind: "amb", Title: c.L.T("provider.older-title", "Day", c.L.Date(until)), Text: c.L.T("provider.older-text")}
		if !in.Older(p.Service.DB.Now()) {
			out.Older = &web.Note{ID: "older", Kind: "bad", Title: c.L.T("provider.older-ended", "Day", c.L.Date(until)), Text: c.L.T("provider.older-text")}
		}
	}
	for _, a := range in.Settings.Accepted {
		row := acceptedRow{Value: a.Value, Counts: levelWord(c.L, p.Service.Known.Strength(a)), Scheme: c.L.T("provider.scheme-own")}
		if k, ok := p.Service.Known.Find(a.Value); ok {
			row.Scheme, row.Note = k.Scheme, k.Note.In(c.L.Lang)
		}
		out.Accepted = append(out.Accepted, row)
	}
	if d := p.driver(in.Kind); d != nil {
		out.Try = d.Path(in.ID) + "?prova=1"
		if out.Facts, err = d.Facts(c.Context(), c.L, &in); err != nil {
			return err
		}
	}
	return c.Render(templates, "open.html", out)
}

func (p *Pages) enable(c *web.Context) error {
	in, err := p.read(c)
	if err != nil {
		return err
	}
	why := WhyField(c, "")
	w, err := p.Service.Enable(c.Context(), c.Actor, in.ID, why.Value)
	fault, err := FaultOfTwo(err, why.Name)
	if err != nil {
		return err
	}
	if fault != nil {
		return p.show(c, *fault)
	}
	return c.Redirect(Path+"/tjanst/"+in.ID.String(), w.Done("provider.turned-on"))
}

func (p *Pages) disable(c *web.Context) error {
	in, err := p.read(c)
	if err != nil {
		return err
	}
	if err := p.Service.Disable(c.Context(), c.Actor, in.ID); err != nil {
		return err
	}
	return c.Redirect(Path+"/tjanst/"+in.ID.String(), "provider.turned-off")
}

type triedPage struct {
	web.Page
	Good                         bool
	Provider, Self, Verdict      string
	Asked                        []string
	Answered, Methods, Counts    string
	At, Name, Reason, Said, What string
	Claims                       []Fact
}

// Tried shows what came of a trial.
func (p *Pages) Tried(c *web.Context, t Trial) error {
	out := triedPage{
		Page: web.Page{
			Title: c.L.T("provider.tried-title"), Active: Menu,
			Crumbs: []web.Crumb{{Label: c.L.T("provider.title"), Href: Path}, {Label: t.Provider.Name(c.L.Lang), Href: Path + "/tjanst/" + t.Provider.ID.String()}, {Label: c.L.T("provider.tried-title")}},
		},
		Good: t.Err == nil, Provider: t.Provider.Name(c.L.Lang), Self: Path + "/tjanst/" + t.Provider.ID.String(),
		Asked: t.Asked, Answered: t.Answered, Methods: strings.Join(t.Methods, ", "), Name: t.Name, Reason: t.Reason,
	}
	if t.Err == nil {
		out.Counts = levelWord(c.L, t.Strength)
	} else {
		out.Said = t.Err.Error()
	}
	if !t.At.IsZero() {
		out.At = c.L.Moment(t.At)
	}
	names := make([]string, 0, len(t.Claims))
	for n := range t.Claims {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		out.Claims = append(out.Claims, Fact{Label: n, Value: strings.Join(t.Claims[n], ", ")})
	}
	return c.Render(templates, "tried.html", out)
}

// faultOf tells which field a refused draft is wrong in.
func faultOf(err error) (web.FieldError, bool) {
	if all := faultsOf(err); len(all) > 0 {
		return all[0], true
	}
	return web.FieldError{}, false
}

// faultsOf is faultOf for everything that is wrong at once.
func faultsOf(err error) []web.FieldError {
	var out []web.FieldError
	for _, f := range []struct {
		err   error
		field string
		key   string
	}{
		{ErrName, "name-sv", "provider.fault-name"},
		{ErrIssuer, "issuer", "provider.fault-issuer"},
		{ErrTaken, "issuer", "provider.fault-taken"},
		{ErrNoContext, "accepted", "provider.fault-none"},
		{ErrOneFactor, "accepted-own", "provider.fault-factor"},
		{ErrContext, "accepted-own", "provider.fault-context"},
		{ErrOlder, "older-until", "provider.fault-older"},
		{db.ErrConflict, "name-sv", "provider.fault-conflict"},
	} {
		if errors.Is(err, f.err) {
			out = append(out, web.FieldError{Field: f.field, Key: f.key})
		}
	}
	return out
}
