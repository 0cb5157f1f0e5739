// SPDX-License-Identifier: EUPL-1.2

package locale

import (
	"bytes"
	"encoding/csv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Table reads a list as spreadsheets and directories here write it: UTF-8 with or without its mark, else the old encoding of Windows, and
// parted by what parts its headings most often.
func Table(content []byte) *csv.Reader {
	text := plain(content)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.TrimLeadingSpace = separator(text), true, -1, true
	return r
}

// plain gives the text of a file.
func plain(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		if out, err := charmap.Windows1252.NewDecoder().Bytes(b); err == nil {
			b = out
		}
	}
	return norm.NFC.String(string(b))
}

// separator is what parts the headings most often.
func separator(text string) rune {
	head, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	best, most := ',', strings.Count(head, ",")
	for _, c := range []rune{';', '\t'} {
		if n := strings.Count(head, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}
