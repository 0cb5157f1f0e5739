// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	uni "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

// decode turns a file's bytes into text. Text without a mark is UTF-8 if it can be; else the old encoding of Windows, of which
// ISO-8859-1 is a part as far as readable characters go.
func decode(b []byte) (string, *FileError) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
		if !utf8.Valid(b) {
			from = charmap.Windows1252
		}
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		from = uni.UTF16(uni.LittleEndian, uni.ExpectBOM)
	case !utf8.Valid(b):
		from = charmap.Windows1252
	}
	s := string(b)
	if from != nil {
		out, err := from.NewDecoder().Bytes(b)
		if err != nil {
			return "", &FileError{Reason: because("file-not-text"), Cause: err}
		}
		s = string(out)
	}
	if !readable(s) {
		return "", unusable("file-not-text")
	}
	return norm.NFC.String(s), nil
}

// readable reports whether a text looks like one that people wrote. A list has no control characters to speak of; a stray one
// that an export left behind is forgiven.
func readable(s string) bool {
	control, total := 0, 0
	for _, r := range s {
		total++
		switch {
		case r == 0:
			return false
		case r == utf8.RuneError || unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\f\v\u0085", r):
			control++
		}
	}
	return control*200 <= total
}

// delimiters are tried in this order; the first of equals wins. Swedish spreadsheets write semicolons.
var delimiters = []byte{';', '\t', ',', '|'}

// delimiter finds what parts the cells: the character that gives the most rows of one and the same width, more than one cell
// wide. A list with a single column has none, and any delimiter that does not occur will do.
func delimiter(s string) byte {
	head := s
	if len(head) > delimiterSample { // whole rows only: half a row would have another width
		head = head[:delimiterSample]
		if i := strings.LastIndexByte(head, '\n'); i > 0 {
			head = head[:i]
		}
	}
	best, bestScore := byte(0), 0.0
	for _, d := range delimiters {
		lines, err := records(head, d)
		if err != nil {
			continue
		}
		if score := consistency(lines); score > bestScore {
			best, bestScore = d, score
		}
	}
	if best == 0 {
		return ';'
	}
	return best
}

// delimiterSample is how much of a text the delimiter is judged by.
const delimiterSample = 256 << 10

// consistency is the share of the rows that have the most common width. Wider tables win over narrower ones when the shares are
// close: a comma inside sentences also comes in every row now and then.
func consistency(lines []Line) float64 {
	widths := map[int]int{}
	rows := 0
	for _, l := range lines {
		if !l.blank() {
			widths[len(l.Cells)]++
			rows++
		}
	}
	best := 0.0
	for width, n := range widths {
		if width < 2 {
			continue
		}
		score := float64(n) / float64(rows) * (1 - 1/float64(width+1))
		best = max(best, score)
	}
	return best
}

// Limits of one cell, after what a spreadsheet can hold. A quotation mark that is not closed within them was not an opening one.
const (
	maxCell      = 32_767
	maxCellBreak = 253
	// maxStray is how many quotation marks without an end are looked for one by one; after that they are plain characters.
	maxStray = 100
)

// parser reads delimited text. encoding/csv is not used: it drops blank lines, so the rows would lose their numbers, and it
// gives up where a spreadsheet program does not.
type parser struct {
	s     string
	at    int
	delim byte
	stray int
}

// records parts a text into rows and cells. Rows are numbered as a spreadsheet program shows them: a line break inside quotation
// marks is part of a cell, and blank lines count.
func records(s string, delim byte) ([]Line, *FileError) {
	p := &parser{s: s, delim: delim}
	var out []Line
	for number := 1; p.at < len(p.s); number++ {
		cells := p.record()
		if len(cells) > maxColumns && !blank(cells[maxColumns:]) {
			return nil, unusable("file-too-wide", "Max", maxColumns)
		}
		l := Line{Number: number, Cells: cells[:min(len(cells), maxColumns)]}
		if l.blank() {
			continue
		}
		if number > maxRows {
			return nil, unusable("file-too-long", "Max", maxRows)
		}
		out = append(out, l)
	}
	return out, nil
}

// record reads to the end of the row and past it.
func (p *parser) record() []string {
	var cells []string
	for {
		cells = append(cells, p.cell())
		if p.at >= len(p.s) {
			return cells
		}
		switch p.s[p.at] {
		case p.delim:
			p.at++
			if p.at == len(p.s) { // a delimiter last in the file opens one more cell
				return append(cells, "")
			}
		case '\r':
			p.at++
			if p.at < len(p.s) && p.s[p.at] == '\n' {
				p.at++
			}
			return cells
		default: // a line feed
			p.at++
			return cells
		}
	}
}

// cell reads one cell and stops at what ended it.
func (p *parser) cell() string {
	if p.at < len(p.s) && p.s[p.at] == '"' && p.stray < maxStray {
		if s, end, ok := p.quoted(); ok {
			p.at = end
			return s + p.plain() // what follows the closing mark belongs to the cell, as spreadsheet programs have it
		}
		p.stray++
	}
	return p.plain()
}

func (p *parser) plain() string {
	start := p.at
	for p.at < len(p.s) && p.s[p.at] != p.delim && p.s[p.at] != '\n' && p.s[p.at] != '\r' {
		p.at++
	}
	return p.s[start:p.at]
}

// quoted reads a cell in quotation marks and tells where it ended. It is not ok when no end is found within a cell's limits.
func (p *parser) quoted() (s string, end int, ok bool) {
	var b strings.Builder
	breaks := 0
	for i := p.at + 1; i < len(p.s) && i-p.at <= maxCell; i++ {
		switch c := p.s[i]; c {
		case '"':
			if i+1 < len(p.s) && p.s[i+1] == '"' {
				b.WriteByte('"')
				i++
				continue
			}
			return b.String(), i + 1, true
		case '\n':
			if breaks++; breaks > maxCellBreak {
				return "", 0, false
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}

// separatorLine cuts the line "sep=;" that spreadsheet programs write, and read, to name the delimiter. They do not count it.
func separatorLine(s string) (rest string, delim byte, ok bool) {
	if len(s) < 5 || !strings.EqualFold(s[:4], "sep=") || strings.IndexByte("\r\n", s[4]) >= 0 {
		return s, 0, false
	}
	rest = s[5:]
	switch {
	case rest == "":
	case strings.HasPrefix(rest, "\r\n"):
		rest = rest[2:]
	case rest[0] == '\r' || rest[0] == '\n':
		rest = rest[1:]
	default:
		return s, 0, false
	}
	return rest, s[4], s[4] < utf8.RuneSelf
}

// textLines reads delimited text in any of its encodings.
func textLines(b []byte) ([]Line, *FileError) {
	s, err := decode(b)
	if err != nil {
		return nil, err
	}
	rest, delim, ok := separatorLine(s)
	if !ok {
		delim = delimiter(s)
	}
	return records(rest, delim)
}
