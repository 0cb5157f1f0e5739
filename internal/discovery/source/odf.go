// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
)

// odf reads the content of an OpenDocument file: its paragraphs, and the cells of its sheets.
type odf struct {
	officeText
	// sheets says that tables are sheets, and not tables within a text.
	sheets      bool
	table       sheetTable
	row, column int
	repeatRow   int
	repeatCell  int
	inCell      bool
	noted       int // depth of comments within the cell
	number      bool
	value       []byte
	from        int
}

func newODF(o *office, name string) *odf {
	d := &odf{officeText: *newOfficeText(o.r, o.xml, name, &xmlPiece{name: []byte("document-content")})}
	d.table.r = o.r
	return d
}

// read reads the content to its end.
func (d *odf) read() error {
	for {
		p, err := d.xml.next()
		if err != nil {
			if flushed := d.ends(); flushed != nil {
				return flushed
			}
			return err
		}
		switch {
		case p.kind == xmlOpen || p.kind == xmlEmpty:
			err = d.opens(&p)
		case p.kind == xmlClose:
			err = d.closes(&p)
		default:
			err = d.text(&p)
		}
		if err != nil {
			return err
		}
	}
}

func (d *odf) opens(p *xmlPiece) error {
	name := string(p.name)
	switch {
	case name == "spreadsheet":
		d.sheets = true
	case !d.sheets:
		return d.officeText.piece(p)
	case name == "table":
		v, _ := p.attribute("table:name")
		d.table = sheetTable{r: d.r, name: string(appendXML(nil, v)), arena: d.table.arena}
		d.row, d.column = 1, 1
	case name == "table-row":
		d.column, d.repeatRow = 1, 1
		if v, ok := p.attribute("table:number-rows-repeated"); ok {
			d.repeatRow = repeats(v)
		}
	case name == "table-cell" || name == "covered-table-cell":
		d.cell(p)
		if p.kind == xmlEmpty {
			return d.cellEnds()
		}
	case name == "annotation":
		d.noted++
		fallthrough
	case d.noted > 0 || !d.inCell:
		return d.officeText.piece(p)
	default:
		return d.within(p)
	}
	return nil
}

// within takes what stands in a cell's own text.
func (d *odf) within(p *xmlPiece) error {
	switch string(p.name) {
	case "p":
		if len(d.table.arena) > d.from {
			d.table.arena = append(d.table.arena, '\n')
		}
	case "s":
		d.table.arena = append(d.table.arena, ' ')
	case "tab":
		d.table.arena = append(d.table.arena, '\t')
	case "line-break":
		d.table.arena = append(d.table.arena, '\n')
	default:
		if len(p.body) > 0 {
			if err := d.attributes(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *odf) cell(p *xmlPiece) {
	d.inCell, d.number, d.repeatCell, d.from = true, false, 1, len(d.table.arena)
	d.value = d.value[:0]
	if v, ok := p.attribute("table:number-columns-repeated"); ok {
		d.repeatCell = repeats(v)
	}
	kind, _ := p.attribute("office:value-type")
	switch string(kind) {
	case "float", "percentage", "currency":
		v, _ := p.attribute("office:value")
		d.number, d.value = true, appendXML(d.value, v)
	case "string":
		if v, ok := p.attribute("office:string-value"); ok {
			d.value = appendXML(d.value, v)
		}
	}
}

func (d *odf) text(p *xmlPiece) error {
	if !d.sheets || d.noted > 0 || !d.inCell {
		return d.piece(p)
	}
	if p.kind == xmlComment || len(d.table.arena) == d.from && len(bytes.TrimSpace(p.body)) == 0 {
		return nil
	}
	d.table.arena = appendXML(d.table.arena, p.body)
	if len(d.table.arena)-d.from > mostCell {
		err := d.r.text(Text{Bytes: d.table.arena[d.from:], Place: Place{Table: d.table.name, Line: d.row, Column: d.column}})
		d.table.arena = d.table.arena[:d.from]
		return err
	}
	return nil
}

func (d *odf) closes(p *xmlPiece) error {
	name := string(p.name)
	switch {
	case !d.sheets:
		return d.officeText.piece(p)
	case name == "table-cell" || name == "covered-table-cell":
		return d.cellEnds()
	case name == "table-row":
		return d.rowEnds()
	case name == "annotation":
		d.noted = max(d.noted-1, 0)
		d.place.Table = d.table.name
		return d.ends()
	case d.noted > 0 || !d.inCell:
		return d.officeText.piece(p)
	}
	return nil
}

// cellEnds notes the cell as often as it stands. An empty one that stands many times is the end of the row.
func (d *odf) cellEnds() error {
	t := &d.table
	d.inCell = false
	if len(d.value) > 0 && (d.number || len(t.arena) == d.from) {
		t.arena = append(t.arena[:d.from], d.value...)
	}
	if len(t.arena) > d.from {
		end := len(t.arena)
		for i := range min(d.repeatCell, widest) {
			t.row = append(t.row, sheetCell{d.column + i, d.from, end, d.number})
		}
	}
	d.column += d.repeatCell
	return d.asides()
}

// rowEnds hands on the row as often as it stands.
func (d *odf) rowEnds() error {
	t := &d.table
	if len(t.row) == 0 {
		d.row += d.repeatRow
		return nil
	}
	row, arena := t.row, t.arena
	for range d.repeatRow {
		if d.r.f.budget.left -= int64(len(arena)) + 64*int64(len(row)); d.r.f.budget.left < 0 {
			return errBudget
		}
		t.row, t.arena = row, arena
		if err := t.end(d.row); err != nil {
			return err
		}
		d.row++
	}
	return nil
}
