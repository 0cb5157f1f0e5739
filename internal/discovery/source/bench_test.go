// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/xuri/excelize/v2"
)

// counted is a visitor that only counts.
type counted struct{ bytes, values int64 }

func (c *counted) Text(t Text) error {
	c.bytes += int64(len(t.Bytes))
	return nil
}

func (c *counted) Value(v Value) error {
	c.bytes += int64(len(v.Bytes))
	c.values++
	return nil
}

func (c *counted) Skipped(Skip) error { return nil }
func (c *counted) Read(int64)         {}

const benchRows = 60_000

// benchWorkbook is a register of 60 000 rows and 11 columns, as programs write one.
func benchWorkbook(b *testing.B) []byte {
	b.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	for row := range benchRows {
		cells := make([]any, 11)
		for i := range cells {
			cells[i] = fmt.Sprintf("värde %d %d åäö", i, row*7919%100003)
		}
		cells[0], cells[3] = fmt.Sprintf("1990%02d%02d%04d", row%12+1, row%28+1, 9800+row%200), row
		if err := w.SetRow(fmt.Sprintf("A%d", row+1), cells); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// The figure is bytes of text out of the workbook, not of the file.
func BenchmarkWorkbook(b *testing.B) {
	book := benchWorkbook(b)
	var text int64
	b.Run("insegel", func(b *testing.B) {
		for b.Loop() {
			c := &counted{}
			if err := ReadAny(context.Background(), File{Path: "a.xlsx", Size: int64(len(book)), ReaderAt: bytes.NewReader(book)}, c); err != nil {
				b.Fatal(err)
			}
			text = c.bytes
		}
		b.SetBytes(text)
	})
	b.Run("excelize", func(b *testing.B) {
		for b.Loop() {
			f, err := excelize.OpenReader(bytes.NewReader(book))
			if err != nil {
				b.Fatal(err)
			}
			rows, err := f.Rows("Sheet1")
			if err != nil {
				b.Fatal(err)
			}
			text = 0
			for rows.Next() {
				cells, err := rows.Columns()
				if err != nil {
					b.Fatal(err)
				}
				for _, c := range cells {
					text += int64(len(c))
				}
			}
			_ = rows.Close()
			_ = f.Close()
		}
		b.SetBytes(text)
	})
}
