// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
)

// Existing is a system that the register already holds, as an import sees it.
type Existing struct {
	ID, Name string
	// Values are its properties by key, as text. A property without a value is unknown.
	Values map[string]string
	// Addresses are all the addresses that it is reached at.
	Addresses []string
	// Levels are those of a draft with the import's scale. They may be replaced unless Locked.
	Levels map[catalogue.Aspect]int
	// Locked says that a person has answered or decided the classification. An import leaves it alone.
	Locked bool
	// Stopped says that the stopping level was indicated before.
	Stopped bool
}

// Options are what a plan is made with.
type Options struct {
	// Scale is the model that the list's levels follow; nil leaves the levels out.
	Scale *catalogue.Model
	// NoLevels is true when somebody has said that the levels are to be left out.
	NoLevels bool
	// Existing are the systems that the register holds.
	Existing []Existing
	// Lang is the language of the reasons, "sv" or "en".
	Lang string
}

// Change is one property that an import changes.
type Change struct {
	// Field is the property's key.
	Field string `json:"field"`
	// Before and After are its values as text; an empty Before is unknown.
	Before string `json:"before"`
	After  string `json:"after"`
}

// Outcome is what an import does with a row.
type Outcome string

// The outcomes of rows that are imported.
const (
	New       Outcome = "new"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
)

// Row is a row that is imported, and what it does.
type Row struct {
	// Number is the file's own number of the row, from 1.
	Number  int
	Name    string
	Outcome Outcome
	// Existing is the id of the system that the row is about; "" for a new one.
	Existing string
	// Values are what the row says, by key. Of a fact that has several values they are parted by ";".
	Values map[string]string
	// Levels are what the row says about levels; nil when they are not to be written.
	Levels map[catalogue.Aspect]int
	// Stop says that the row names the scale's stopping level, which is to be noted. Nothing about its levels is kept.
	Stop bool
	// Told are facts that the row's words point at, for properties that nothing else gives.
	Told []Told
	// Changes are what differs from the register; for a new system, all that it gets.
	Changes []Change
}

// Plan is what an import would do, row by row (Swedish: förhandsgranskning).
type Plan struct {
	Result
	// Imported are the rows that are imported, in the order of the file.
	Imported []Row
}

// NewPlan compares a table with what the register holds. Nothing is changed. The error is a *FileError when no column holds the
// systems' names.
func NewPlan(t *Table, columns []Column, o Options) (*Plan, error) {
	p := &planner{table: t, columns: columns, options: o, name: -1, byKey: map[string][]*Existing{}, first: map[string]string{}}
	for i, c := range columns {
		if c.Field == Name {
			p.name = i
		}
	}
	if p.name < 0 {
		err := unusable("file-no-name", "Headers", headerList(t.Headers))
		err.File = t.File
		return nil, err
	}
	for i := range o.Existing {
		key := nameKey(o.Existing[i].Name)
		p.byKey[key] = append(p.byKey[key], &o.Existing[i])
	}
	p.plan.Result = Result{
		File: t.File, Sheet: t.Sheet, HeaderRow: t.HeaderRow, Columns: columns,
		Similar: []Likeness{}, Rejected: []Note{}, Warnings: []Note{},
	}
	p.checkColumns()
	for i := range t.Rows {
		if !t.Rows[i].blank() {
			p.plan.Rows++
			p.row(&t.Rows[i])
		}
	}
	return &p.plan, nil
}

// headerList names the headings of a file in an error, as many as a person reads.
func headerList(headers []string) string {
	const most = 12
	var out []string
	for _, h := range headers {
		if h != "" {
			out = append(out, clean(h))
		}
	}
	if len(out) > most {
		out = append(out[:most], "…")
	}
	return strings.Join(out, ", ")
}

// nameKey makes two spellings of a system's name equal. Besides case and spaces it forgives dashes, which are lost when a list
// is saved in an older encoding.
func nameKey(name string) string {
	return locale.Fold(strings.Map(func(r rune) rune {
		switch r {
		case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212':
			return '-'
		case '\u2018', '\u2019':
			return '\''
		case '\u201c', '\u201d':
			return '"'
		}
		return r
	}, name))
}

type planner struct {
	table   *Table
	columns []Column
	options Options
	name    int
	byKey   map[string][]*Existing
	first   map[string]string // the name of the first row in the file with a key
	plan    Plan
}

func (p *planner) warn(row int, column, value string, r Reason) {
	p.plan.Warnings = append(p.plan.Warnings, p.note(row, column, value, r))
}

func (p *planner) note(row int, column, value string, r Reason) Note {
	kept, cut := shorten(value, maxText)
	if cut {
		kept += "…"
	}
	return Note{Row: row, Column: column, Value: kept, Reason: r.In(p.options.Lang)}
}

// aspects are the fields of levels.
var aspects = map[string]catalogue.Aspect{
	Confidentiality: catalogue.Confidentiality, Integrity: catalogue.Integrity,
	Availability: catalogue.Availability, Traceability: catalogue.Traceability,
}

// checkColumns warns about what concerns whole columns: levels without a scale, and cells that no heading stands above.
func (p *planner) checkColumns() {
	for _, c := range p.columns {
		a, isLevel := aspects[c.Field]
		if !isLevel || p.options.NoLevels {
			continue
		}
		if p.options.Scale == nil {
			p.warn(p.table.HeaderRow, p.table.headerName(c.Index), "", because("column-scale"))
		} else if _, ok := p.options.Scale.Aspect(a); !ok {
			p.warn(p.table.HeaderRow, p.table.headerName(c.Index), "", because("column-aspect", "Model", p.options.Scale.Name.In(catalogue.Lang(p.lang()))))
		}
	}
	seen := map[int]bool{}
	for i := range p.table.Rows {
		l := &p.table.Rows[i]
		for c := range l.Cells {
			if c < len(p.table.Headers) && p.table.Headers[c] != "" || c < len(p.columns) && p.columns[c].Field != "" {
				continue
			}
			if text := clean(l.Cells[c]); text != "" && !seen[c] {
				seen[c] = true
				p.warn(l.Number, columnLetter(c), text, because("column-no-heading"))
			}
		}
	}
}

func (p *planner) lang() string {
	if p.options.Lang == "en" {
		return "en"
	}
	return "sv"
}

// row weighs one row: refuses it, sets it aside, or works out what it changes.
func (p *planner) row(l *Line) {
	column := &p.columns[p.name]
	name := clean(l.cell(column.Index))
	if words(name) == "" {
		p.plan.Rejected = append(p.plan.Rejected, p.note(l.Number, p.table.headerName(column.Index), name, because("row-no-name")))
		return
	}
	full := name
	name, cut := shorten(full, maxName)
	key := nameKey(name)
	if to, ok := p.first[key]; ok {
		p.plan.Similar = append(p.plan.Similar, Likeness{Row: l.Number, To: to, Score: 1})
		return
	}
	p.first[key] = name
	known := p.byKey[key]
	if len(known) > 1 { // the register itself has the name twice, so nobody can say which one the row is about
		p.plan.Similar = append(p.plan.Similar, Likeness{Row: l.Number, To: known[0].Name, Score: 1})
		return
	}
	r := Row{Number: l.Number, Name: name, Values: map[string]string{}}
	if isFormula(name) {
		p.warn(r.Number, p.table.headerName(column.Index), name, because("name-formula"))
	}
	if cut {
		p.warn(r.Number, p.table.headerName(column.Index), full, because("cell-long", "Max", maxName))
	}
	p.readCells(l, &r)
	if len(known) == 1 {
		p.compare(&r, known[0])
	} else {
		p.create(&r)
	}
	p.plan.Imported = append(p.plan.Imported, r)
}

func (p *planner) readCells(l *Line, r *Row) {
	for i := range p.columns {
		c := &p.columns[i]
		if c.Field == "" || c.Field == Name {
			continue
		}
		text := l.text(c.Index)
		if a, ok := aspects[c.Field]; ok {
			p.readLevelCell(r, c, a, text)
			continue
		}
		got := readCell(c.Field, text)
		for _, s := range got.settings {
			r.Values[s.key] = s.value
		}
		if !got.bad.IsZero() {
			p.warn(l.Number, p.table.headerName(c.Index), clean(text), got.bad)
		}
	}
	if r.Stop { // the other levels could tell what must not be told
		r.Levels = nil
	}
}

func (p *planner) readLevelCell(r *Row, c *Column, a catalogue.Aspect, text string) {
	if p.options.Scale == nil {
		return
	}
	aspect, ok := p.options.Scale.Aspect(a)
	if !ok {
		return
	}
	level, ok, bad := readLevel(aspect, text)
	switch {
	case !bad.IsZero():
		p.warn(r.Number, p.table.headerName(c.Index), clean(text), bad)
	case ok && level.Stop:
		r.Stop = true
		p.warn(r.Number, p.table.headerName(c.Index), "", because("cell-stop"))
	case ok:
		if r.Levels == nil {
			r.Levels = map[catalogue.Aspect]int{}
		}
		r.Levels[a] = level.Value
	}
}

// create makes all that a new row says its changes.
func (p *planner) create(r *Row) {
	r.Outcome = New
	p.plan.New++
	r.Changes = append(r.Changes, Change{Field: Name, After: r.Name})
	r.Told = tell(r.Values, r.Name, p.options.Lang)
	p.applyTold(r, nil)
	for _, key := range sortedKeys(r.Values) {
		if v := r.Values[key]; v != "" {
			r.Changes = append(r.Changes, Change{Field: key, After: v})
		}
	}
	p.compareLevels(r, nil)
}

// applyTold puts in the facts that the words point at, for properties that neither the row nor the register has.
func (p *planner) applyTold(r *Row, known map[string]string) {
	var kept []Told
	told := map[string][]string{}
	for _, f := range r.Told {
		if _, said := r.Values[f.Fact]; said || known[f.Fact] != "" {
			continue
		}
		told[f.Fact] = append(told[f.Fact], f.Value)
		kept = append(kept, f)
	}
	for fact, values := range told {
		slices.Sort(values)
		r.Values[fact] = strings.Join(values, ";")
	}
	r.Told = kept
}

// compare finds what a row changes in the system it is about. A property that the row says nothing about is left alone.
func (p *planner) compare(r *Row, e *Existing) {
	r.Existing, r.Name = e.ID, e.Name // the register's own spelling stays
	settleContract(r.Values, e.Values)
	known := map[string]string{}
	for k, v := range e.Values {
		known[k] = v
	}
	for k, v := range r.Values { // what the row says counts when its words are read
		known[k] = v
	}
	r.Told = tell(known, e.Name, p.options.Lang)
	p.applyTold(r, e.Values)
	for _, key := range sortedKeys(r.Values) {
		if before, after := e.Values[key], r.Values[key]; !e.says(key, after) {
			r.Changes = append(r.Changes, Change{Field: key, Before: before, After: after})
		}
	}
	p.compareLevels(r, e)
	if len(r.Changes) == 0 {
		r.Outcome = Unchanged
		p.plan.Unchanged++
		return
	}
	r.Outcome = Updated
	p.plan.Updated++
}

// says reports whether a system has the value already. Units and suppliers are the same however their names are spelled.
func (e *Existing) says(key, value string) bool {
	switch key {
	case Unit, Supplier:
		return locale.Fold(e.Values[key]) == locale.Fold(value)
	case Address:
		return value == e.Values[key] || slices.Contains(e.Addresses, value)
	}
	return e.Values[key] == value
}

// settleContract keeps a contract from having both a last day and none: the list's word replaces the register's.
func settleContract(says, known map[string]string) {
	_, hasDay := says[ContractEnd]
	note, hasNote := says[ContractNote]
	switch {
	case hasDay && openEnded(known[ContractNote]):
		says[ContractNote] = ""
	case hasNote && openEnded(note) && known[ContractEnd] != "":
		says[ContractEnd] = ""
	}
}

// compareLevels finds which levels a row changes. A classification that a person has answered or decided is never touched.
func (p *planner) compareLevels(r *Row, e *Existing) {
	if e == nil {
		e = &Existing{}
	}
	switch {
	case r.Stop:
		if r.Stop = !e.Locked && !e.Stopped; r.Stop {
			r.Changes = append(r.Changes, Change{Field: Stopping, After: yes})
		}
	case len(r.Levels) == 0:
	case e.Locked || e.Stopped:
		p.warnLocked(r, e)
		r.Levels = nil
	default:
		changes := levelChanges(r.Levels, e.Levels)
		if len(changes) == 0 {
			r.Levels = nil
		}
		r.Changes = append(r.Changes, changes...)
	}
}

func (p *planner) warnLocked(r *Row, e *Existing) {
	if len(levelChanges(r.Levels, e.Levels)) == 0 {
		return
	}
	why := because("row-locked")
	if e.Stopped {
		why = because("row-stopped")
	}
	p.warn(r.Number, p.levelHeading(r), levelsText(r.Levels), why)
}

// levelChanges tells how the levels that a row says differ from those that are known.
func levelChanges(says, known map[catalogue.Aspect]int) []Change {
	var out []Change
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		level, said := says[a]
		before, had := known[a]
		if !said || had && before == level {
			continue
		}
		c := Change{Field: "level_" + a.String(), After: itoa(level)}
		if had {
			c.Before = itoa(before)
		}
		out = append(out, c)
	}
	return out
}

func hasLevel(levels map[catalogue.Aspect]int, a catalogue.Aspect) bool {
	_, ok := levels[a]
	return ok
}

// levelHeading is the heading of the first level that a row says anything about.
func (p *planner) levelHeading(r *Row) string {
	for i := range p.columns {
		if a, ok := aspects[p.columns[i].Field]; ok && hasLevel(r.Levels, a) {
			return p.table.headerName(p.columns[i].Index)
		}
	}
	return ""
}

func levelsText(levels map[catalogue.Aspect]int) string {
	var out []string
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		if v, ok := levels[a]; ok {
			out = append(out, fmt.Sprintf("%s%d", a.Letter(catalogue.SV), v))
		}
	}
	return strings.Join(out, " ")
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
