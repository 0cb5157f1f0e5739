// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
)

// officeText takes the text from a part of a document that is not a sheet. Runs of one paragraph are joined, because a number may be
// spread over several; paragraphs, cells and properties are told apart.
type officeText struct {
	prose
	xml *xmlReader
	// running says that text stands in paragraphs of runs. In other parts each element is by itself.
	running bool
	// skip is how many elements deep a copy of what has been read already is.
	skip int
	// choice says that the first of two ways to show the same has given text.
	choice bool
	// inside is the innermost element.
	inside string
	// aside is what the attributes of the paragraph hold.
	aside []byte
	// odf says that everything within a paragraph belongs to it; nested is how many paragraphs are inside each other.
	odf    bool
	nested int
}

// runningRoots are the root elements of parts whose text stands in paragraphs.
var runningRoots = map[string]bool{
	"document": true, "hdr": true, "ftr": true, "footnotes": true, "endnotes": true, "comments": true, "glossaryDocument": true,
	"sld": true, "notes": true, "notesMaster": true, "sldLayout": true, "sldMaster": true, "handoutMaster": true, "sst": true,
	"wsDr": true, "chartSpace": true, "drawing": true, "dataModel": true, "document-styles": true, "document-content": true,
}

func newOfficeText(r *reading, xml *xmlReader, name string, root *xmlPiece) *officeText {
	place := Place{Field: partField(name), Page: slideNumber(name), Paragraph: 1}
	t := &officeText{prose: prose{r: r, place: place}, xml: xml, running: runningRoots[string(root.name)]}
	t.odf = bytes.HasPrefix(root.name, []byte("document-"))
	return t
}

// read reads the part to its end.
func (t *officeText) read() error {
	for {
		p, err := t.xml.next()
		if err != nil {
			if flushed := t.ends(); flushed != nil {
				return flushed
			}
			return err
		}
		if err := t.piece(&p); err != nil {
			return err
		}
	}
}

func (t *officeText) piece(p *xmlPiece) error {
	switch p.kind {
	case xmlOpen, xmlEmpty:
		return t.open(p)
	case xmlClose:
		return t.closed(p)
	case xmlComment:
		return nil
	}
	if t.skip > 0 || !t.running && len(bytes.TrimSpace(p.body)) == 0 {
		return nil
	}
	return t.characters(p)
}

// characters takes text. In a part of paragraphs it stands in elements for text; what stands elsewhere is a property or a formula,
// and is kept apart.
func (t *officeText) characters(p *xmlPiece) error {
	apart := false
	if t.running && t.nested == 0 {
		switch t.inside {
		case "t", "delText", "instrText", "delInstrText", "p", "h", "span", "a":
		case "posOffset", "pctWidth", "pctHeight", "pctPosHOffset", "pctPosVOffset", "align":
			return nil // measures, in the midst of a paragraph
		default:
			if len(bytes.TrimSpace(p.body)) == 0 {
				return nil
			}
			apart = true
		}
	}
	t.choice = true
	from := len(t.b)
	if p.kind == xmlCDATA {
		t.b = append(t.b, p.body...)
	} else {
		t.b = appendXML(t.b, p.body)
	}
	if pageEdges[t.inside] {
		t.b = append(t.b[:from], withoutCodes(t.b[from:])...)
	}
	if apart {
		t.b = append(t.b, ' ')
	}
	return t.full()
}

// pageEdges are the elements of a sheet in which the text at the pages' edges has codes in it.
var pageEdges = map[string]bool{
	"oddHeader": true, "oddFooter": true, "evenHeader": true, "evenFooter": true, "firstHeader": true, "firstFooter": true,
}

// withoutCodes is the text at a page's edge with a space for each code, which would otherwise be taken for a letter of what follows it: &L is
// on the left, &"Arial" and &12 are how it is written, &K and six digits its colour, && is the sign itself.
func withoutCodes(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		if b[0] != '&' || len(b) == 1 {
			out, b = append(out, b[0]), b[1:]
			continue
		}
		n := 2
		switch c := b[1]; {
		case c == '&':
			out, b = append(out, '&'), b[2:]
			continue
		case c == '"':
			if i := bytes.IndexByte(b[2:], '"'); i >= 0 {
				n = i + 3
			}
		case c == 'K':
			n = min(8, len(b))
		default:
			for n < len(b) && n < 4 && c >= '0' && c <= '9' && b[n] >= '0' && b[n] <= '9' {
				n++
			}
		}
		out, b = append(out, ' '), b[n:]
	}
	return out
}

func (t *officeText) open(p *xmlPiece) error {
	if t.skip > 0 {
		if p.kind == xmlOpen {
			t.skip++
		}
		return nil
	}
	if err := t.sign(p); err != nil {
		return err
	}
	switch string(p.name) {
	case "Choice":
		t.choice = false
	case "Fallback": // the same once more, for programs that do not know the first way
		if t.choice && p.kind == xmlOpen {
			t.skip = 1
			return nil
		}
	}
	if p.kind == xmlOpen {
		t.inside = elementName(p.name)
		if t.odf && (t.inside == "p" || t.inside == "h") {
			t.nested++
		}
	}
	if len(p.body) > 6 {
		return t.attributes(p)
	}
	return nil
}

// sign takes what stands for a sign, and ends the paragraph where something begins that stands in the midst of one and is no part of it.
func (t *officeText) sign(p *xmlPiece) error {
	switch string(p.name) {
	case "tab", "ptab", "s":
		t.space(p)
	case "br", "cr", "line-break":
		t.b = append(t.b, '\n')
	case "noBreakHyphen":
		t.b = append(t.b, "\u2011"...)
	case "annotation", "note", "note-body":
		if t.odf {
			return t.paragraph()
		}
	}
	return nil
}

// elementName is the name as a string that costs nothing for what is common.
func elementName(b []byte) string {
	switch string(b) {
	case "t":
		return "t"
	case "r":
		return "r"
	case "p":
		return "p"
	case "rPr":
		return "rPr"
	case "span":
		return "span"
	}
	return string(b)
}

// space takes what stands for spaces and tabs.
func (t *officeText) space(p *xmlPiece) {
	if string(p.name) != "s" {
		if t.inside != "tabs" { // there it is where tabs stop
			t.b = append(t.b, '\t')
		}
		return
	}
	n := 1
	if c, ok := p.attribute("c"); ok {
		n = repeats(c)
	}
	t.b = append(t.b, bytes.Repeat([]byte{' '}, min(n, 1000))...)
}

func (t *officeText) closed(p *xmlPiece) error {
	if t.skip > 0 {
		t.skip--
		return nil
	}
	t.inside = ""
	if !t.running {
		return t.ends()
	}
	switch string(p.name) {
	case "p", "h":
		t.nested = max(t.nested-1, 0)
		return t.ends()
	case "tr", "si", "comment", "cm", "author", "text", "table-row":
		return t.ends()
	case "tc", "pt", "table-cell":
		if len(t.b) > 0 {
			t.b = append(t.b, '\t')
		}
	case "creator", "date", "title", "desc":
		return t.ends()
	}
	return nil
}

// toldAttributes are the attributes that hold what people wrote: descriptions of pictures, links, names of authors, copies of data.
var toldAttributes = map[string]bool{
	"descr": true, "title": true, "alt": true, "tooltip": true, "author": true, "initials": true, "displayName": true, "userId": true,
	"string-value": true, "v": true, "name": true, "Target": true, "href": true, "displayText": true, "value": true, "val": true,
	"display": true, "prompt": true, "promptTitle": true, "error": true, "errorTitle": true, "comment": true,
}

// attributes takes the attributes that people wrote, each in a line of its own.
func (t *officeText) attributes(p *xmlPiece) error {
	for b := p.body; ; {
		key, value, rest, ok := nextAttribute(b)
		if !ok {
			return nil
		}
		b = rest
		if len(value) == 0 {
			continue
		}
		if i := bytes.LastIndexByte(key, ':'); i >= 0 {
			key = key[i+1:]
		}
		if !toldAttributes[string(key)] || !written(string(p.name), string(key), value) {
			continue
		}
		t.aside = append(appendXML(t.aside, value), '\n')
		if len(t.aside) > proseChunk || !t.running {
			if err := t.asides(); err != nil {
				return err
			}
		}
	}
}

// asides hands on what attributes held, apart from the paragraphs: a number may go on past them.
func (t *officeText) asides() error {
	if len(t.aside) == 0 {
		return nil
	}
	if err := t.flush(); err != nil {
		return err
	}
	err := t.r.text(Text{Bytes: t.aside, Place: t.place})
	t.aside, t.started = t.aside[:0], false
	return err
}

// ends ends a paragraph, and tells what stood beside it.
func (t *officeText) ends() error {
	if err := t.paragraph(); err != nil {
		return err
	}
	return t.asides()
}

// writtenIn are the elements in which an attribute holds what somebody wrote. In others it is a measure or a reference.
var writtenIn = map[string]map[string]bool{
	"name": {
		"sheet": true, "definedName": true, "cacheField": true, "property": true, "tableColumn": true, "user-defined": true, "table": true,
		"protectedRange": true, "scenario": true,
	},
	"v":     {"s": true, "n": true, "d": true}, // a copy of the data behind a pivot table
	"val":   {"docVar": true, "alias": true, "tag": true, "default": true, "result": true, "filter": true, "customFilter": true, "inputCells": true},
	"value": {"listItem": true},
}

// written reports whether an attribute of an element holds what somebody wrote.
func written(element, key string, value []byte) bool {
	if key == "Target" || key == "href" {
		return (bytes.Contains(value, []byte(":")) || manyDigits(value)) && !bytes.HasPrefix(value, []byte("http://schemas."))
	}
	elements, some := writtenIn[key]
	return !some || elements[element]
}

// manyDigits reports whether there are as many digits as in a date: those of a part of the document itself only count.
func manyDigits(value []byte) bool {
	n := 0
	for _, c := range value {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n >= 6
}

// repeats is the number in an attribute, at least 1.
func repeats(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > 1<<26 {
			break
		}
		n = n*10 + int(c-'0')
	}
	return max(n, 1)
}
