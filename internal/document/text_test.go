// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"math"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"ordinary text", "Åäö 漢字 😀 <&>\t\n", "Åäö 漢字 😀 <&>\t\n"},
		{"null and bell", "a\x00b\x07c", "abc"},
		{"delete and next line", "a\x7fb\u0085c", "abc"},
		{"noncharacters", "a\ufffeb\uffffc", "abc"},
		{"lone surrogate", "a\xed\xa0\x80b", "ab"},
		{"bytes that are not UTF-8", "a\xffb\xc3", "ab"},
		{"replacement character is kept", "a\ufffdb", "a\ufffdb"},
		{"line breaks", "a\r\nb\rc\nd", "a\nb\nc\nd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := clean(tt.in); got != tt.want {
				t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestNumeric(t *testing.T) {
	for s, want := range map[string]bool{
		"-5": true, "+46 70": true, "-2 540,50": true, "-7 %": true, "3.14": true,
		"": false, "-": false, "-4+4": false, "-1e5": false, "=1": false, "-A1": false, "%": false,
	} {
		if got := numeric(s); got != want {
			t.Errorf("numeric(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestSafeLink(t *testing.T) {
	tests := []struct{ in, want string }{
		{"https://insegel.example.se/a?b=1&c=2#d", "https://insegel.example.se/a?b=1&c=2#d"},
		{" http://example.se ", "http://example.se"},
		{"HTTPS://example.se/å ä", "https://example.se/%C3%A5%20%C3%A4"},
		{"mailto:registrator@example.se", "mailto:registrator@example.se"},
		{"javascript:alert(1)", ""},
		{"data:text/html,x", ""},
		{"file:///etc/passwd", ""},
		{"//example.se", ""},
		{"/system/1", ""},
		{"https://", ""},
		{"mailto:", ""},
		{"https://example.se/\x00", ""},
		{"https://example.se/?q=\"><script>", ""},
		{"https://example.se/" + strings.Repeat("a", maxLink), ""},
	}
	for _, tt := range tests {
		if got := safeLink(tt.in); got != tt.want {
			t.Errorf("safeLink(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestShownNumber(t *testing.T) {
	value := func(f float64) *float64 { return &f }
	tests := []struct {
		name  string
		cell  Cell
		lang  string
		want  string
		guard bool
	}{
		{"whole", N(-12), "sv", "-12", false},
		{"decimal comma", Cell{Number: value(-2.5)}, "sv", "-2,5", false},
		{"decimal point", Cell{Number: value(2.5)}, "en", "2.5", false},
		{"its own text", Cell{Text: "50 %", Number: value(0.5)}, "sv", "50 %", false},
		{"formula dressed as a number", Cell{Text: "-1+cmd", Number: value(1)}, "sv", "-1+cmd", true},
		{"not a number", Cell{Number: value(math.NaN())}, "sv", "", false},
		{"infinite", Cell{Text: "-oändligt", Number: value(math.Inf(-1))}, "sv", "-oändligt", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, guard := tt.cell.shown(wordsIn(tt.lang))
			if got != tt.want || guard != tt.guard {
				t.Errorf("shown = %q, %v; want %q, %v", got, guard, tt.want, tt.guard)
			}
		})
	}
}

func TestDate(t *testing.T) {
	tests := []struct {
		text  string
		kind  Kind
		want  string
		clock bool
	}{
		{"2026-02-28", Date, "2026-02-28 00:00:00", false},
		{" 2026-02-28 07:05 ", Date, "2026-02-28 07:05:00", true},
		{"2026-02-28 07:05:09", Date, "2026-02-28 07:05:09", true},
		{"2026-02-28", Plain, "", false},
		{"2026-02-30", Date, "", false},
		{"1900-02-28", Date, "", false},
		{"2026-02-28T07:05:09Z", Date, "", false},
		{"snarast", Date, "", false},
		{"", Date, "", false},
	}
	for _, tt := range tests {
		got, clock, ok := T(tt.text).date(tt.kind)
		if ok != (tt.want != "") || clock != tt.clock || ok && got.Format("2006-01-02 15:04:05") != tt.want {
			t.Errorf("date(%q) = %s, %v, %v; want %q, %v", tt.text, got, clock, ok, tt.want, tt.clock)
		}
	}
}

func TestSheetName(t *testing.T) {
	tests := []struct {
		name string
		in   []string
		want []string
	}{
		{"illegal characters", []string{"a[b]:c*?d/e\\f"}, []string{"a-b--c--d-e-f"}},
		{"apostrophe", []string{"'chefens'"}, []string{"’chefens’"}},
		{"same name", []string{"Krav", "KRAV", "krav"}, []string{"Krav", "KRAV (2)", "krav (3)"}},
		{"the about sheet", []string{"om dokumentet"}, []string{"om dokumentet (2)"}},
		{"Excel's own", []string{"History"}, []string{"History (2)"}},
		{"too long", []string{strings.Repeat("å", 40), strings.Repeat("å", 41)}, []string{strings.Repeat("å", 31), strings.Repeat("å", 27) + " (2)"}},
		{"two units each", []string{strings.Repeat("😀", 16)}, []string{strings.Repeat("😀", 15)}},
		{"nothing left", []string{"", "\x01", " \n "}, []string{"Tabell 1", "Tabell 2", "Tabell 3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &Document{}
			for _, name := range tt.in {
				d.Sections = append(d.Sections, Section{Table: &Table{Name: name, Columns: []Column{{Header: "a"}}}})
			}
			l, err := newLayout(d)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range l.sheets {
				got = append(got, s.name)
				if n := len(utf16.Encode([]rune(s.name))); n > maxSheetName {
					t.Errorf("%q is %d units long, want at most %d", s.name, n, maxSheetName)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("sheet names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTableBorrowsItsName(t *testing.T) {
	columns := []Column{{Header: "a"}}
	d := &Document{Lang: "en", Sections: []Section{
		{Heading: "Risks", Table: &Table{Caption: "All risks", Columns: columns}},
		{Table: &Table{Caption: "All actions", Columns: columns}},
		{Table: &Table{Columns: columns}},
	}}
	l, err := newLayout(d)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"Risks", "All actions", "Table 3"} {
		if got := l.sheets[i].name; got != want {
			t.Errorf("sheet %d is called %q, want %q", i+1, got, want)
		}
	}
}

func TestLevelsNest(t *testing.T) {
	d := &Document{}
	for _, level := range []int{3, 3, 1, 3, 0, 9, 9, -1} {
		d.Sections = append(d.Sections, Section{Heading: "x", Level: level})
	}
	l, err := newLayout(d)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, p := range l.parts {
		got = append(got, p.level)
	}
	if diff := cmp.Diff([]int{1, 2, 1, 2, 1, 2, 3, 1}, got); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
}

func TestShares(t *testing.T) {
	tests := []struct {
		name    string
		columns []Column
		want    []float64
	}{
		{"by kind", []Column{{Kind: Number}, {Kind: Plain}, {Kind: Date}, {Kind: Long}}, []float64{0.125, 0.25, 0.125, 0.5}},
		{"asked for", []Column{{Width: 10}, {Width: 30}}, []float64{0.25, 0.75}},
		{"one asked for, in its own measure", []Column{{Width: 100}, {Kind: Number}, {Kind: Number}}, []float64{0.5, 0.25, 0.25}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := shares(tt.columns)
			near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
			if diff := cmp.Diff(tt.want, got, near); diff != "" {
				t.Errorf("shares (-want +got):\n%s", diff)
			}
		})
	}
	sum := 0.0
	for _, s := range shares([]Column{{Width: 1}, {Width: 1000000}, {Width: -5}}) {
		if s <= 0.02 {
			t.Errorf("a column got %v of the width, want room for something", s)
		}
		sum += s
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("shares sum to %v, want 1", sum)
	}
}

func TestColumnName(t *testing.T) {
	for n, want := range map[int]string{1: "A", 26: "Z", 27: "AA", 702: "ZZ", 703: "AAA", 16384: "XFD"} {
		if got := columnName(n); got != want {
			t.Errorf("columnName(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDatesFitInWordTables(t *testing.T) {
	sum := func(widths []int) (total int) {
		for _, w := range widths {
			total += w
		}
		return total
	}
	mixed := []Column{{Kind: Date}, {Kind: Long}, {Kind: Long}, {Kind: Long}, {Kind: Long}}
	got := twips(&sheet{Table: &Table{Columns: mixed}, shares: shares(mixed)}, false)
	if got[0] != dateWidth || got[1] < dateWidth {
		t.Errorf("widths = %v, want a date of %d and room for the rest", got, dateWidth)
	}
	if total := sum(got); total > textUpright || total < textUpright-len(got) {
		t.Errorf("widths sum to %d, want %d", total, textUpright)
	}
	dates := make([]Column, 20)
	for i := range dates {
		dates[i].Kind = Date
	}
	if total := sum(twips(&sheet{Table: &Table{Columns: dates}, shares: shares(dates)}, true)); total > textTurned {
		t.Errorf("widths of dates alone sum to %d, want at most %d", total, textTurned)
	}
}
