// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/insegel/insegel/internal/locale"
)

// readWorkbook reads one sheet of a workbook: the named one, or the one that looks most like a list.
func readWorkbook(b []byte, sheet string) (t *Table, failed *FileError) {
	// A broken part can make the reading library panic; a broken file must be refused, never take the program with it.
	defer func() {
		if r := recover(); r != nil {
			t, failed = nil, &FileError{Reason: because("file-broken"), Cause: fmt.Errorf("read workbook: %v", r)}
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: maxBytes, UnzipXMLSizeLimit: maxBytes})
	if err != nil {
		if errors.Is(err, excelize.ErrWorkbookPassword) {
			return nil, unusable("file-password")
		}
		return nil, &FileError{Reason: because("file-broken"), Cause: err}
	}
	defer func() { _ = f.Close() }() // nothing was written, and its temporary files are none at this limit
	t = &Table{Sheets: f.GetSheetList()}
	if len(t.Sheets) == 0 || len(t.Sheets) > maxSheets {
		return nil, unusable("file-no-list-sheet")
	}
	w := &workbook{file: f, parts: parts(b)}
	if sheet != "" {
		t.Sheet = findSheet(t.Sheets, sheet)
		if t.Sheet == "" {
			return nil, unusable("file-unknown-sheet", "Sheet", sheet, "Sheets", strings.Join(t.Sheets, ", "))
		}
	} else {
		t.Sheet = w.likeliest(t.Sheets)
	}
	lines, failed := w.lines(t.Sheet, maxRows)
	if failed != nil {
		return nil, failed
	}
	if failed := t.take(lines); failed != nil {
		return nil, failed
	}
	return t, nil
}

// findSheet finds a sheet by its name as people write it; "" when there is none.
func findSheet(sheets []string, name string) string {
	for _, s := range sheets {
		if s == name {
			return s
		}
	}
	for _, s := range sheets {
		if locale.Fold(s) == locale.Fold(name) {
			return s
		}
	}
	return ""
}

type workbook struct {
	file  *excelize.File
	parts map[string][]byte
}

// likeliest is the sheet with the most known headings and, among equals, the most rows. A sheet that cannot be read is not it.
func (w *workbook) likeliest(sheets []string) string {
	best, bestScore := sheets[0], 0.0
	for _, s := range sheets {
		lines, err := w.lines(s, headerSearch*2)
		if err != nil || len(lines) == 0 {
			continue
		}
		at, score := findHeader(lines)
		if at < 0 {
			continue
		}
		score += float64(len(lines)-at-1) / float64(headerSearch*2+1)
		if visible, err := w.file.GetSheetVisible(s); err == nil && !visible {
			score /= 2 // hidden sheets hold lists of choices
		}
		if score > bestScore {
			best, bestScore = s, score
		}
	}
	return best
}

// lines reads the rows that have content, at most as many as limit. Cells are as they are shown, but dates are in ISO form and
// formulas are their own text.
func (w *workbook) lines(sheet string, limit int) ([]Line, *FileError) {
	over, failed := w.overlay(sheet)
	if failed != nil {
		return nil, failed
	}
	rows, err := w.file.Rows(sheet)
	if err != nil {
		return nil, &FileError{Reason: because("file-broken"), Cause: err}
	}
	defer func() { _ = rows.Close() }() // read only; rows.Error below tells what went wrong
	var out []Line
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns()
		if err != nil {
			return nil, &FileError{Reason: because("file-broken"), Cause: err}
		}
		l := Line{Number: number, Cells: cells}
		over.apply(&l)
		if l.blank() {
			continue
		}
		if len(l.Cells) > maxColumns && !blank(l.Cells[maxColumns:]) {
			return nil, unusable("file-too-wide", "Max", maxColumns)
		}
		l.Cells = l.Cells[:min(len(l.Cells), maxColumns)]
		if number > maxRows {
			return nil, unusable("file-too-long", "Max", maxRows)
		}
		out = append(out, l)
		if len(out) >= limit {
			break
		}
	}
	if err := rows.Error(); err != nil {
		return nil, &FileError{Reason: because("file-broken"), Cause: err}
	}
	return out, nil
}
