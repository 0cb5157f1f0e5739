// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzReadTable reads anything: it must give a table that hangs together, or a reason why not.
func FuzzReadTable(f *testing.F) {
	f.Add([]byte(smallList), "")
	f.Add([]byte("\ufeffSystem\tÄgare\r\nA\tB"), "")
	f.Add([]byte("sep=,\nSystem,Leverantör\n\"a\"\"b\",\"c\nd\"\n"), "")
	f.Add([]byte("Systemnamn;K\n\"oavslutad;1\nB;2"), "")
	f.Add([]byte("Namn\xe5;\xc4gare\nA;B"), "")
	f.Add([]byte("\xff\xfeS\x00y\x00s\x00t\x00e\x00m\x00\n\x00A\x00"), "")
	f.Add([]byte("<html>"), "")
	f.Add([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "")
	f.Add(formulas(f), "")
	f.Add(formulas(f), "System")
	f.Add(book(f, fillCells), "Sheet1")
	f.Fuzz(func(t *testing.T, b []byte, sheet string) {
		table, err := ReadTable("fil", b, sheet)
		if err != nil {
			var fe *FileError
			if !errors.As(err, &fe) || strings.HasPrefix(fe.Reason.In("sv"), "[") {
				t.Fatalf("no reason: %v", err)
			}
			return
		}
		if table.HeaderRow < 1 || len(table.Rows) == 0 {
			t.Fatalf("header row %d, %d rows", table.HeaderRow, len(table.Rows))
		}
		last := table.HeaderRow
		for _, l := range table.Rows {
			if l.Number <= last || l.blank() || len(l.Cells) > maxColumns {
				t.Fatalf("row %d after %d with %d cells", l.Number, last, len(l.Cells))
			}
			last = l.Number
		}
	})
}

// FuzzPlan reads any list as text. Each row ends up in one place, and a second import changes nothing.
func FuzzPlan(f *testing.F) {
	f.Add("Systemnamn;Leverantör;K;R;T\nA;B;1;2;3\na ;C;9;x;-1\n;D;;;\n=1+1;E;;;")
	f.Add("System;Avtal t.o.m.;Antal användare\nA;2026-02-30;-3\nB;tillsvidare;ca 40\nC;46644;1 461")
	f.Add("System;Driftform;Startadress;Personuppgifter\nA;Molntjänst (USA);htp:/fel;Kanske\nB;Intern (x);https://b.example/;J")
	f.Add("System name,Hosting,Users\nA–b,Cloud (EU),\"1,461\"\nA-b,,\n")
	f.Add("System\tFörvaltning\tPUB-avtal\nA\tHemtjänst / HSL\t2024-01-01\n\u00a0\t\u200b\t\n")
	m := scale(f, 1, 3)
	f.Fuzz(func(t *testing.T, text string) {
		table, err := ReadTable("fil", []byte(text), "")
		if err != nil {
			return
		}
		columns := Guess(table, nil)
		first, err := NewPlan(table, columns, Options{Scale: m})
		if err != nil {
			return
		}
		if got := first.New + len(first.Similar) + len(first.Rejected); got != first.Rows || first.Updated != 0 {
			t.Fatalf("%d of %d rows are accounted for", got, first.Rows)
		}
		for _, r := range first.Imported {
			if clean(r.Name) != r.Name || !utf8.ValidString(r.Name) {
				t.Fatalf("name %q", r.Name)
			}
		}
		again, err := NewPlan(table, columns, Options{Scale: m, Existing: after(first, nil)})
		if err != nil {
			t.Fatal(err)
		}
		if again.New != 0 || again.Updated != 0 || again.Unchanged != first.New {
			t.Fatalf("again: new %d, updated %d, unchanged %d of %d", again.New, again.Updated, again.Unchanged, first.New)
		}
	})
}
