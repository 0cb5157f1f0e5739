// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// formPage is the form of one group of fields, or of a new entry.
type formPage struct {
	web.Page
	Lead, Action, Back string
	Version            int64
	Controls           []control
	Save               string
	Hidden             []web.Hidden
}

// groupOf finds the group that an address names.
func groupOf(name string) (Group, error) {
	for g, n := range groupNames {
		if n == name && g != Links {
			return g, nil
		}
	}
	return "", &web.Error{Status: http.StatusNotFound, Err: ErrGroup}
}

func (p *Pages) edit(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	g, err := groupOf(c.Path("group"))
	if err != nil {
		return err
	}
	return p.form(c, &d, g, stored(&d.Processing, g))
}

// stored gives a group as the record has it.
func stored(p *Processing, g Group) url.Values {
	out := url.Values{"version": {strconv.FormatInt(p.Versions[g], 10)}, unitInput: {p.UnitID.String()}}
	for i := range inputs {
		in := &inputs[i]
		if in.group != g {
			continue
		}
		if v := in.at.get(p); in.kind == kindBoxes {
			out[in.name] = strings.Fields(v)
		} else {
			out.Set(in.name, v)
		}
	}
	return out
}

// posted gives the form as it was sent, for the page to show again.
func posted(c *web.Context) url.Values {
	out := url.Values{}
	for name := range c.Request.PostForm {
		out[name] = c.Forms(name)
	}
	return out
}

// asked are the inputs that the form of a group has. Both roles' fields of the first group are asked for, because the role is chosen there.
func asked(p *Processing, g Group) []*input {
	var out []*input
	for i := range inputs {
		if in := &inputs[i]; in.group == g && (g == What || in.isFor(p.Role)) {
			out = append(out, in)
		}
	}
	return out
}

func (p *Pages) form(c *web.Context, d *Draft, g Group, values url.Values, faults ...web.FieldError) error {
	x := &d.Processing
	version, _ := strconv.ParseInt(values.Get("version"), 10, 64) // what is no number is refused when it is sent
	page := formPage{
		Page: web.Page{Title: c.L.T("processing.group-" + string(g)), Active: Menu, Errors: faults, Crumbs: []web.Crumb{
			{Label: c.L.T("processing.title"), Href: Place}, {Label: x.Name, Href: x.Path()}, {Label: c.L.T("processing.group-" + string(g))},
		}},
		Lead: c.L.T("processing.form-lead", "Name", x.Name), Action: x.groupPath(g), Back: x.Path(), Version: version, Save: c.L.T("processing.save"),
	}
	for _, in := range asked(x, g) {
		page.Controls = append(page.Controls, in.control(c, values[in.name]))
		if in.column == "state" {
			page.Controls = append(page.Controls, unitControl(c, d, values.Get(unitInput)))
		}
	}
	return c.Render(templates, "form.html", page)
}

// unitControl lets one choose among the units that the reader reaches.
func unitControl(c *web.Context, d *Draft, value string) control {
	f := web.Field{Name: unitInput, Type: kindSelect, Label: c.L.T("processing.field-enhet"), Hint: c.L.T("processing.hint-enhet"), Value: value}
	f.Options = append(f.Options, web.Option{Label: c.L.T("processing.no-unit")})
	for _, u := range d.Units {
		f.Options = append(f.Options, web.Option{Value: u.ID.String(), Label: u.Name})
	}
	return control{Field: f}
}

// read takes in the fields of a group and says what is wrong with them.
func read(c *web.Context, p *Processing, g Group) []web.FieldError {
	var faults []web.FieldError
	for _, in := range asked(p, g) {
		if key := in.read(c, p); key != "" {
			faults = append(faults, web.FieldError{Field: in.name, Key: key, Args: []any{"Max", maxText}})
		}
	}
	if g == What {
		p.UnitID = access.UnitID(c.Form(unitInput))
	}
	return faults
}

func (p *Pages) save(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	g, err := groupOf(c.Path("group"))
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	mine := d.Processing
	mine.Versions = map[Group]int64{g: version}
	if faults := read(c, &mine, g); len(faults) > 0 {
		return p.form(c, &d, g, posted(c), faults...)
	}
	err = p.Service.Save(c.Context(), c.Actor, g, mine)
	switch {
	case errors.Is(err, db.ErrConflict):
		return p.conflict(c, &mine, g)
	case errors.Is(err, ErrUnit):
		return p.form(c, &d, g, posted(c), web.FieldError{Field: unitInput, Key: "processing.error-unit"})
	case err != nil:
		return err
	}
	return c.Redirect(mine.Path()+"#"+string(g), "processing.saved")
}

// difference is one field that two people have changed in different ways.
type difference struct{ Label, Theirs, Mine string }

type conflictPage struct {
	web.Page
	Action, Back, Name string
	Differences        []difference
	Hidden             []web.Hidden
}

// conflict shows what the reader wrote beside what somebody else saved meanwhile, and lets the reader choose.
func (p *Pages) conflict(c *web.Context, mine *Processing, g Group) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	now := &d.Processing
	page := p.conflictPage(c, now, now.groupPath(g))
	for _, in := range asked(now, g) {
		if a, b := in.at.get(now), in.at.get(mine); a != b {
			page.Differences = append(page.Differences, difference{in.label(c.L), in.shown(c.L, a), in.shown(c.L, b)})
		}
	}
	if g == What && now.UnitID != mine.UnitID {
		name := ""
		for _, u := range d.Units {
			if u.ID == mine.UnitID {
				name = u.Name
			}
		}
		page.Differences = append(page.Differences, difference{c.L.T("processing.field-enhet"), now.Unit, name})
	}
	page.again(c, now.Versions[g])
	return c.Render(templates, "conflict.html", page)
}

func (p *Pages) conflictPage(c *web.Context, now *Processing, action string) *conflictPage {
	return &conflictPage{
		Page: web.Page{Title: c.L.T("processing.conflict"), Active: Menu, Status: http.StatusConflict, Crumbs: []web.Crumb{
			{Label: c.L.T("processing.title"), Href: Place}, {Label: now.Name, Href: now.Path()}, {Label: c.L.T("processing.edit")},
		}},
		Action: action, Back: action, Name: now.Name,
	}
}

// again keeps what was sent, so that it can be sent again over the newest version.
func (d *conflictPage) again(c *web.Context, version int64) {
	values := posted(c)
	values.Set("version", strconv.FormatInt(version, 10))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			d.Hidden = append(d.Hidden, web.Hidden{Name: name, Value: v})
		}
	}
}

// newInputs are the fields that a new entry is asked for at once; the rest is filled in group by group.
var newInputs = []string{"namn", "roll", "lage", "ansvarig"}

func (p *Pages) add(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, "")
	if err != nil {
		return err
	}
	values := url.Values{"roll": {Controller}, "lage": {"ongoing"}, "system": {c.Query("system")}, "information": {c.Query("information")}}
	if id, ok := d.OfType[c.Query("information")]; ok && c.Query("information") != "" {
		values.Set("information", id)
	}
	if c.Query("roll") == Processor {
		values.Set("roll", Processor)
	}
	return p.newForm(c, &d, values)
}

func (p *Pages) newForm(c *web.Context, d *Draft, values url.Values, faults ...web.FieldError) error {
	page := formPage{
		Page: web.Page{Title: c.L.T("processing.new"), Active: Menu, Errors: faults, Crumbs: []web.Crumb{
			{Label: c.L.T("processing.title"), Href: Place}, {Label: c.L.T("processing.new")},
		}},
		Lead: c.L.T("processing.new-lead"), Action: Place + "/ny", Back: Place, Save: c.L.T("processing.save-new"),
	}
	for i := range inputs {
		if in := &inputs[i]; slices.Contains(newInputs, in.name) {
			page.Controls = append(page.Controls, in.control(c, values[in.name]))
			if in.column == "state" {
				page.Controls = append(page.Controls, unitControl(c, d, values.Get(unitInput)))
			}
		}
	}
	page.Controls = append(page.Controls, pickOne(c, "system", d.Systems, values.Get("system")),
		pickOne(c, "information", append(slices.Clone(d.Information), d.Library...), values.Get("information")))
	return c.Render(templates, "form.html", page)
}

// pickOne is a select of what can be linked. A value that is not among the choices, such as one from an address, is none of them.
func pickOne(c *web.Context, name string, choices []Choice, value string) control {
	f := web.Field{Name: name, Type: kindSelect, Label: c.L.T("processing.pick-" + name), Hint: c.L.T("processing.pick-" + name + "-hint"), Value: value}
	f.Options = append(f.Options, web.Option{Label: c.L.T("processing.pick-none")})
	for _, o := range choices {
		f.Options = append(f.Options, web.Option{Value: o.ID, Label: o.Name})
	}
	return control{Field: f}
}

func (p *Pages) create(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, "")
	if err != nil {
		return err
	}
	x := New("", Controller)
	var faults []web.FieldError
	for i := range inputs {
		in := &inputs[i]
		if !slices.Contains(newInputs, in.name) {
			continue
		}
		if key := in.read(c, &x); key != "" {
			faults = append(faults, web.FieldError{Field: in.name, Key: key, Args: []any{"Max", maxText}})
		}
	}
	if len(faults) > 0 {
		return p.newForm(c, &d, posted(c), faults...)
	}
	x.UnitID = access.UnitID(c.Form(unitInput))
	made, err := p.Service.Create(c.Context(), c.Actor, x, Wanted{Systems: given(c, "system"), Information: given(c, "information")})
	switch {
	case errors.Is(err, ErrUnit):
		return p.newForm(c, &d, posted(c), web.FieldError{Field: unitInput, Key: "processing.error-unit"})
	case errors.Is(err, ErrLink):
		return p.newForm(c, &d, posted(c), web.FieldError{Field: "system", Key: "processing.error-link"})
	case err != nil:
		return err
	}
	return c.Redirect(made.Path(), "processing.created", "Name", made.Name)
}

// given are the values of a field that are not empty.
func given(c *web.Context, name string) []string {
	return slices.DeleteFunc(c.Forms(name), func(v string) bool { return v == "" })
}

// linksPage is the form of what an entry is linked to: what it has as boxes, and rows to write more in.
type linksPage struct {
	web.Page
	Lead, Action, Back string
	Version            int64
	Kinds              []linkKind
	Beyond             int
}

// linkKind is systems, or information.
type linkKind struct {
	Name  string
	Boxes web.Choices
	Add   []web.Field
	List  string
	Names []string
}

// addRows is how many can be added at once, and mostListed how many names the browser is offered while one writes.
const (
	addRows    = 3
	mostListed = 600
)

func (p *Pages) links(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	values := url.Values{"version": {strconv.FormatInt(d.Processing.Versions[Links], 10)}}
	for i := range d.Processing.Systems {
		values.Add("system", d.Processing.Systems[i].ID.String())
	}
	for i := range d.Processing.Information {
		values.Add("information", d.Processing.Information[i].ID.String())
	}
	return p.linksForm(c, &d, values)
}

func (p *Pages) linksForm(c *web.Context, d *Draft, values url.Values, faults ...web.FieldError) error {
	x := &d.Processing
	version, _ := strconv.ParseInt(values.Get("version"), 10, 64) // what is no number is refused when it is sent
	page := linksPage{
		Page: web.Page{Title: c.L.T("processing.group-links"), Active: Menu, Errors: faults, Crumbs: []web.Crumb{
			{Label: c.L.T("processing.title"), Href: Place}, {Label: x.Name, Href: x.Path()}, {Label: c.L.T("processing.group-links")},
		}},
		Lead: c.L.T("processing.links-lead", "Name", x.Name), Action: x.groupPath(Links), Back: x.Path(), Version: version, Beyond: x.Beyond,
	}
	var systems, infos []Choice
	for i := range x.Systems {
		systems = append(systems, Choice{x.Systems[i].ID.String(), x.Systems[i].Name})
	}
	for i := range x.Information {
		infos = append(infos, Choice{x.Information[i].ID.String(), x.Information[i].Name})
	}
	page.Kinds = []linkKind{
		kindOf(c, "system", systems, d.Systems, values), kindOf(c, "information", infos, append(slices.Clone(d.Information), d.Library...), values),
	}
	return c.Render(templates, "links.html", page)
}

func kindOf(c *web.Context, name string, has, all []Choice, values url.Values) linkKind {
	k := linkKind{Name: name, List: "alla-" + name, Boxes: web.Choices{Name: name, Legend: c.L.T("processing.links-" + name), Several: true}}
	for _, o := range has {
		k.Boxes.Options = append(k.Boxes.Options, web.Choice{Value: o.ID, Label: o.Name, Checked: slices.Contains(values[name], o.ID)})
	}
	for i := range addRows {
		field := name + "-" + strconv.Itoa(i+1)
		k.Add = append(k.Add, web.Field{Name: field, Label: c.L.T("processing.links-add-"+name, "Number", i+1), Value: values.Get(field), Optional: true})
	}
	for _, o := range all[:min(len(all), mostListed)] {
		k.Names = append(k.Names, o.Name)
	}
	return k
}

func (p *Pages) saveLinks(c *web.Context) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	var faults []web.FieldError
	want := Wanted{
		Systems:     written(c, "system", d.Systems, &faults),
		Information: written(c, "information", append(slices.Clone(d.Information), d.Library...), &faults),
	}
	if len(faults) > 0 {
		return p.linksForm(c, &d, posted(c), faults...)
	}
	err = p.Service.Link(c.Context(), c.Actor, d.Processing.ID.String(), want, version)
	switch {
	case errors.Is(err, db.ErrConflict):
		return p.linksConflict(c, want)
	case errors.Is(err, ErrLink):
		return p.linksForm(c, &d, posted(c), web.FieldError{Field: "system-1", Key: "processing.error-link"})
	case err != nil:
		return err
	}
	return c.Redirect(d.Processing.Path()+"#links", "processing.saved")
}

// written gives the ids of what was ticked and of what was written by name.
func written(c *web.Context, name string, all []Choice, faults *[]web.FieldError) []string {
	out := given(c, name)
	for i := range addRows {
		field := name + "-" + strconv.Itoa(i+1)
		v := locale.Fold(c.Form(field))
		if v == "" {
			continue
		}
		n := slices.IndexFunc(all, func(o Choice) bool { return locale.Fold(o.Name) == v })
		if n < 0 {
			*faults = append(*faults, web.FieldError{Field: field, Key: "processing.error-" + name})
			continue
		}
		if !slices.Contains(out, all[n].ID) {
			out = append(out, all[n].ID)
		}
	}
	return out
}

// linksConflict shows both lists of links.
func (p *Pages) linksConflict(c *web.Context, mine Wanted) error {
	d, err := p.Service.Edit(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	now := &d.Processing
	page := p.conflictPage(c, now, now.groupPath(Links))
	var systems, infos []string
	for i := range now.Systems {
		systems = append(systems, now.Systems[i].Name)
	}
	for i := range now.Information {
		infos = append(infos, now.Information[i].Name)
	}
	for _, k := range []struct {
		name   string
		theirs []string
		mine   []string
		all    []Choice
	}{{"system", systems, mine.Systems, d.Systems}, {"information", infos, mine.Information, append(slices.Clone(d.Information), d.Library...)}} {
		var names []string
		for _, o := range k.all {
			if slices.Contains(k.mine, o.ID) {
				names = append(names, o.Name)
			}
		}
		if a, b := c.L.List(k.theirs), c.L.List(names); a != b {
			page.Differences = append(page.Differences, difference{c.L.T("processing.links-" + k.name), a, b})
		}
	}
	page.again(c, now.Versions[Links])
	return c.Render(templates, "conflict.html", page)
}
