// SPDX-License-Identifier: EUPL-1.2

// Package document (Swedish: handling) holds a neutral document, made of
// sections and tables, and writes it as XLSX, DOCX, ODS, HTML or CSV.
//
// It knows nothing of what a document is about and reads no clock: the date
// comes in, so the same document always gives the same bytes.
package document

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Format names a file format that a report can be asked for in.
type Format string

// The formats a report can be asked for in. JSON is listed because a report is
// asked for in it, although a Document has no JSON form (see ErrNoJSON), and
// PDF is printed from HTML by whoever has a printer (see ErrNoPDF).
const (
	XLSX Format = "xlsx"
	DOCX Format = "docx"
	ODS  Format = "ods"
	HTML Format = "html"
	CSV  Format = "csv"
	JSON Format = "json"
	PDF  Format = "pdf"
)

// ErrNoJSON says that a Document is laid out for people: whoever made it writes
// its own JSON, from the facts rather than from their layout.
var ErrNoJSON = errors.New("a document has no JSON form, the report behind it writes its own")

// ErrNoPDF says that a document is not written as PDF here: it is printed from HTML.
var ErrNoPDF = errors.New("a document is printed as PDF from HTML")

// ErrNoTable says that a document without tables was asked for as CSV, which
// holds nothing but tables.
var ErrNoTable = errors.New("the document has no table, and CSV holds nothing else")

// ParseFormat reads the name of a format as a user or an address gives it.
func ParseFormat(s string) (Format, error) {
	f := Format(strings.ToLower(strings.TrimSpace(s)))
	if f.MediaType() == "" {
		return "", fmt.Errorf("unknown format %q: choose xlsx, docx, ods, html, csv, json or pdf", s)
	}
	return f, nil
}

// MediaType is the Content-Type a file of the format is served with, and empty
// for a format that does not exist.
func (f Format) MediaType() string {
	switch f {
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case DOCX:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case ODS:
		return odsMediaType
	case HTML:
		return "text/html; charset=utf-8"
	case CSV:
		return "text/csv; charset=utf-8"
	case JSON:
		return "application/json"
	case PDF:
		return "application/pdf"
	default:
		return ""
	}
}

// Extension is the ending of a file name of the format, with its dot.
func (f Format) Extension() string { return "." + string(f) }

// Document is what is to be written: a cover, then sections with text and tables.
type Document struct {
	// Lang is "sv" or "en"; anything else is written as Swedish.
	Lang            string
	Title, Subtitle string
	// Status, such as "Utkast", is shown as a tag under the title and in the
	// header of every page.
	Status     string
	Properties []Property
	Sections   []Section
	Created    time.Time
	Author     string
}

// Property is a fact on the cover: municipality, date, edition, hash. A value
// that is an http or https address becomes a link.
type Property struct{ Name, Value string }

// Section is a heading with what stands under it.
type Section struct {
	// ID is what "#id" links inside the document point to.
	ID, Heading string
	// Level is 1 to 3. A level that skips one is drawn in, so that headings nest.
	Level      int
	Paragraphs []string
	Table      *Table
}

// Table is rows under named columns; in a workbook it is a sheet of its own.
type Table struct {
	// Name becomes the sheet name, cut and made unique where a format demands it.
	Name    string
	Caption string
	Columns []Column
	Rows    [][]Cell
	// Upright keeps the page as it is although the columns are more than such a
	// page usually carries, for a table whose cells are short.
	Upright bool
}

// Column says what the cells below it hold.
type Column struct {
	Key, Header string
	// Width is relative to the other columns; 0 gives one that suits Kind.
	Width int
	Kind  Kind
}

// Kind says how the cells of a column are read and laid out.
type Kind int

// The kinds of columns. Date holds text such as 2026-01-31 or 2026-01-31 14:05,
// which workbooks get as real dates; Long holds running text.
const (
	Plain Kind = iota
	Number
	Date
	Long
)

// Cell is one value in a table.
type Cell struct {
	// Text is what people read. With a Number and no Text, the number is shown.
	Text string
	// Number is what a workbook calculates with.
	Number *float64
	// Link is an http, https or mailto address, or "#id" of a section. Any other
	// link is left out and its text kept.
	Link   string
	Strong bool
}

// T makes a cell of text.
func T(text string) Cell { return Cell{Text: text} }

// N makes a cell of a whole number.
func N(n int) Cell {
	v := float64(n)
	return Cell{Text: strconv.Itoa(n), Number: &v}
}

// L makes a cell of text that links to url.
func L(text, url string) Cell { return Cell{Text: text, Link: url} }

// Write writes the document to w as f. When it fails, w may hold the beginning
// of a file.
func (d *Document) Write(w io.Writer, f Format) error {
	write, err := writer(f)
	if err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	l, err := newLayout(d)
	if err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	bw := bufio.NewWriterSize(w, 32<<10)
	if err := write(bw, l); err != nil {
		return fmt.Errorf("write %s: %w", f, err)
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", f, err)
	}
	return nil
}

// writer finds the function that writes f.
func writer(f Format) (func(io.Writer, *layout) error, error) {
	switch f {
	case XLSX:
		return writeXLSX, nil
	case DOCX:
		return writeDOCX, nil
	case ODS:
		return writeODS, nil
	case HTML:
		return writeHTML, nil
	case CSV:
		return writeCSV, nil
	case JSON:
		return nil, ErrNoJSON
	case PDF:
		return nil, ErrNoPDF
	default:
		_, err := ParseFormat(string(f))
		return nil, err
	}
}
