// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"errors"
	"strconv"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// ownScale is the choice of a scale that the reader gives by its lowest and highest level.
const ownScale = "own"

// columnsPage is where the reader says what each column holds.
type columnsPage struct {
	web.Page
	Steps          web.Steps
	ID, File       string
	HeaderRow      string
	Rows           int
	Sheet          web.Field
	Bad            string
	Columns        []columnRow
	Scale          web.Field
	Lowest         web.Field
	Highest        web.Field
	Levels, Unused int
}

// columnRow is one column of the list as the page shows it.
type columnRow struct {
	Header  string
	Letter  string
	Field   web.Field
	Samples []string
	Filled  int
	Sure    web.Tag
	// Nameless says that the column has no heading, so that it cannot be used.
	Nameless bool
}

// typedColumns is what somebody said about the columns that could not be used.
type typedColumns struct {
	fields                 []string
	scale, lowest, highest string
	faults                 []web.FieldError
}

func (p *Pages) columns(c *web.Context) error {
	if id := ids.ID[Upload](c.Path("id")); p.underWay(c, id) {
		return c.Redirect(takingPath(id))
	}
	return p.renderColumns(c, c.Query("blad"), nil)
}

func (p *Pages) renderColumns(c *web.Context, sheet string, in *typedColumns) error {
	id := ids.ID[Upload](c.Path("id"))
	d, err := p.Service.Kept(c.Context(), c.Actor, id, sheet)
	var bad *FileError
	if err != nil && !errors.As(err, &bad) {
		return gone(err)
	}
	out := columnsPage{
		Page:  web.Page{Title: c.L.T("register.page-columns"), Active: "import", Layout: web.Focus, Leave: "/importera"},
		Steps: steps(c.L, stepColumns, id.String()), ID: id.String(), File: d.Upload.File,
	}
	if out.File == "" {
		out.File = c.L.T("register.page-pasted")
	}
	if in != nil {
		out.Errors = in.faults
	}
	if bad != nil {
		out.Bad = bad.Reason.In(c.L.Lang)
		return c.Render(pages, "columns.html", out)
	}
	if len(d.Table.Sheets) > 1 {
		out.Sheet = web.Field{Name: "blad", Value: d.Table.Sheet}
		for _, s := range d.Table.Sheets {
			out.Sheet.Options = append(out.Sheet.Options, web.Option{Value: s, Label: s})
		}
	} else {
		out.Sheet = web.Field{Value: d.Table.Sheet}
	}
	out.HeaderRow = strconv.Itoa(d.Table.HeaderRow)
	for i := range d.Table.Rows {
		if !d.Table.Rows[i].blank() {
			out.Rows++
		}
	}
	out.fill(c.L, &d, in)
	if err := p.scales(c, &out, d.Upload.Choice.Scale, in); err != nil {
		return err
	}
	return c.Render(pages, "columns.html", out)
}

// fill makes the rows of the columns.
func (p *columnsPage) fill(l *locale.Localizer, d *Draft, in *typedColumns) {
	for i, col := range d.Columns {
		row := columnRow{Header: clean(col.Header), Letter: columnLetter(i), Nameless: col.Header == ""}
		row.Samples, row.Filled = d.Samples(i, 3)
		for k := range row.Samples {
			row.Samples[k], _ = shorten(row.Samples[k], 60)
		}
		row.Field = web.Field{Name: "field-" + strconv.Itoa(i), Value: col.Field, Options: fieldOptions(l)}
		if in != nil && i < len(in.fields) {
			row.Field.Value = in.fields[i]
		}
		row.Sure = sureTag(l, col)
		if IsLevel(row.Field.Value) {
			p.Levels++
		}
		if row.Field.Value == "" {
			p.Unused++
		}
		p.Columns = append(p.Columns, row)
	}
}

// sureTag tells how sure a guess is, in words and figures.
func sureTag(l *locale.Localizer, c Column) web.Tag {
	share := l.Percent(int(c.Confidence*100), 100)
	switch {
	case c.Field == "" && c.Confidence == 1:
		return web.Tag{Word: l.T("register.page-sure-said-unused")}
	case c.Field == "":
		return web.Tag{Icon: "q", Word: l.T("register.page-sure-none")}
	case c.Confidence >= 0.9:
		return web.OK(l.T("register.page-sure-high", "Share", share))
	case c.Confidence >= 0.65:
		return web.Info(l.T("register.page-sure-middle", "Share", share))
	default:
		return web.Warn(l.T("register.page-sure-low", "Share", share))
	}
}

func fieldOptions(l *locale.Localizer) []web.Option {
	out := []web.Option{{Label: l.T("register.page-not-used")}}
	for _, f := range Fields {
		out = append(out, web.Option{Value: f, Label: l.T(fieldKey(f))})
	}
	return out
}

// scales makes the choice of what the levels follow. Nothing is chosen beforehand: a wrong scale is worse than none.
func (p *Pages) scales(c *web.Context, out *columnsPage, said string, in *typedColumns) error {
	models, err := p.Classifications.Models(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	value := said
	if in != nil {
		value = in.scale
	}
	options := []web.Option{{Label: c.L.T("register.page-scale-choose")}, {Value: NoLevels, Label: c.L.T("register.page-scale-none")}}
	known := value == "" || value == NoLevels || value == ownScale
	for _, m := range models {
		options = append(options, web.Option{Value: m.Model.ID, Label: m.Model.Name.In(catalogue.Lang(c.L.Lang))})
		known = known || value == m.Model.ID
	}
	if !known { // a scale of their own that was given before
		options = append(options, web.Option{Value: value, Label: c.L.T("register.page-scale-given", "Scale", value)})
	}
	options = append(options, web.Option{Value: ownScale, Label: c.L.T("register.page-scale-own")})
	out.Scale = web.Field{
		Name: "scale", Type: "select", Label: c.L.T("register.page-scale"), Hint: c.L.T("register.page-scale-hint"), Value: value, Options: options,
	}
	out.Lowest = web.Field{Name: "lowest", Type: "number", Label: c.L.T("register.page-lowest"), Optional: true}
	out.Highest = web.Field{Name: "highest", Type: "number", Label: c.L.T("register.page-highest"), Optional: true}
	if in != nil {
		out.Lowest.Value, out.Highest.Value = in.lowest, in.highest
	}
	return nil
}

// choose notes what the columns hold and goes on to what would change.
func (p *Pages) choose(c *web.Context) error {
	id, sheet := ids.ID[Upload](c.Path("id")), c.Form("blad")
	d, err := p.Service.Kept(c.Context(), c.Actor, id, sheet)
	if err != nil {
		return gone(unreadable(err))
	}
	in := typedColumns{scale: c.Form("scale"), lowest: c.Form("lowest"), highest: c.Form("highest")}
	choice := Choice{Sheet: d.Table.Sheet, Columns: map[string]string{}}
	levels := in.read(c, &d, choice.Columns)
	choice.Scale = in.scaleOf(levels, p.Service.Catalogue)
	if len(in.faults) > 0 {
		return p.renderColumns(c, sheet, &in)
	}
	if err := p.Service.Choose(c.Context(), c.Actor, id, choice); err != nil {
		return gone(err)
	}
	return c.Redirect("/importera/" + id.String() + "/granska")
}

// read reads the fields of the form, and tells whether any column holds levels.
func (in *typedColumns) read(c *web.Context, d *Draft, columns map[string]string) (levels bool) {
	taken := map[string]bool{}
	for i, col := range d.Columns {
		name := "field-" + strconv.Itoa(i)
		field := c.Form(name)
		in.fields = append(in.fields, field)
		switch {
		case col.Header == "":
			continue
		case !KnownField(field):
			in.fault(name, "register.page-fault-field")
		case field != "" && taken[field]:
			in.fault(name, "register.page-fault-twice", "Field", c.L.T(fieldKey(field)))
		}
		taken[field] = true
		levels = levels || IsLevel(field)
		if field != "" || columns[col.Header] == "" { // of two columns with one heading, the one that is used counts
			columns[col.Header] = field
		}
	}
	if !taken[Name] {
		in.fault("field-0", "register.page-fault-name")
	}
	return levels
}

// scaleOf reads the scale. It is asked for only when a column holds levels.
func (in *typedColumns) scaleOf(levels bool, c *catalogue.Catalogue) string {
	switch {
	case in.scale == ownScale:
		scale := in.lowest + "-" + in.highest
		if _, err := classification.Scale(c, scale); err != nil {
			in.fault("lowest", "register.page-fault-scale")
		}
		return scale
	case in.scale == "" && levels:
		in.fault("scale", "register.page-fault-no-scale")
	}
	return in.scale
}

func (in *typedColumns) fault(field, key string, args ...any) {
	in.faults = append(in.faults, web.FieldError{Field: field, Key: key, Args: args})
}
