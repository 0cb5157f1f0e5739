// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"io"
	"strings"
)

// writeCSV writes the tables. The mark in front tells Excel that the file is
// UTF-8, and Swedish settings of it expect a semicolon, since the comma is
// taken by decimals.
func writeCSV(w io.Writer, l *layout) error {
	if len(l.sheets) == 0 {
		return ErrNoTable
	}
	out := &csvWriter{w: w, comma: ","}
	if l.words.comma {
		out.comma = ";"
	}
	out.write("\ufeff")
	for i, s := range l.sheets {
		if i > 0 {
			out.record(nil)
		}
		if len(l.sheets) > 1 {
			out.record([]string{guardCSV(s.title, risky(s.title))})
		}
		out.table(l, s)
	}
	return out.err
}

// csvWriter writes records and remembers the first failure. It is not
// encoding/csv, which leaves a field with the other languages' separator
// unquoted: a program told to part at both would read what follows it as a
// field of its own, and evaluate it.
type csvWriter struct {
	w     io.Writer
	comma string
	line  strings.Builder
	err   error
}

// table writes the header and the rows of a table.
func (c *csvWriter) table(l *layout, s *sheet) {
	record := make([]string, len(s.Columns))
	for i, column := range s.Columns {
		header := clean(column.Header)
		record[i] = guardCSV(header, risky(header))
	}
	c.record(record)
	for _, row := range s.Rows {
		for i := range record {
			record[i] = guardCSV(cell(row, i).shown(l.words))
		}
		c.record(record)
	}
}

// record writes a line of fields. One that is a single empty field would be an
// empty line, which readers skip, so it is quoted.
func (c *csvWriter) record(fields []string) {
	c.line.Reset()
	for i, field := range fields {
		if i > 0 {
			c.line.WriteString(c.comma)
		}
		if strings.ContainsAny(field, "\",;|\t\n") || strings.HasPrefix(field, " ") || len(fields) == 1 && field == "" {
			c.line.WriteString(`"` + strings.ReplaceAll(field, `"`, `""`) + `"`)
		} else {
			c.line.WriteString(field)
		}
	}
	c.line.WriteString("\r\n")
	c.write(c.line.String())
}

func (c *csvWriter) write(s string) {
	if c.err == nil {
		_, c.err = io.WriteString(c.w, s)
	}
}

// guardCSV puts an apostrophe before text that a spreadsheet would evaluate: CSV
// has no types, so this is the only way to say that it is text.
func guardCSV(text string, guard bool) string {
	if guard {
		return "'" + text
	}
	return text
}
