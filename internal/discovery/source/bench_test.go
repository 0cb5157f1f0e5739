// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/insegel/insegel/internal/document/documenttest"
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
		start := cpu()
		for b.Loop() {
			c := &counted{}
			if err := ReadAny(context.Background(), File{Path: "a.xlsx", Size: int64(len(book)), ReaderAt: bytes.NewReader(book)}, c); err != nil {
				b.Fatal(err)
			}
			text = c.bytes
		}
		b.ReportMetric(float64(text*int64(b.N))/1e6/(cpu()-start), "MB-text/cpu-s")
	})
	b.Run("excelize", func(b *testing.B) {
		start := cpu()
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
		b.ReportMetric(float64(text*int64(b.N))/1e6/(cpu()-start), "MB-text/cpu-s")
	})
}

// The figure is bytes of the file; pages per second are beside it.
func BenchmarkPDF(b *testing.B) {
	path := documenttest.Convert(b, socialPages(b, 3000), "pdf")
	file, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	pages := 0
	b.Run("insegel", func(b *testing.B) {
		start := cpu()
		for b.Loop() {
			g := &gathered{}
			if err := ReadAny(context.Background(), File{Path: path, Size: int64(len(file)), ReaderAt: bytes.NewReader(file)}, g); err != nil {
				b.Fatal(err)
			}
			pages = 0
			for _, t := range g.texts {
				pages = max(pages, t.Place.Page)
			}
		}
		b.ReportMetric(float64(pages*b.N)/(cpu()-start), "pages/cpu-s")
	})
	b.Run("pdftotext", func(b *testing.B) {
		program := documenttest.Tool(b, "pdftotext", "poppler-utils")
		start := childCPU()
		for b.Loop() {
			if _, err := exec.CommandContext(b.Context(), program, path, "-").Output(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(pages*b.N)/(childCPU()-start), "pages/cpu-s")
	})
}

// cpu is how many seconds of processor this process has used, which other work on the machine disturbs less than the clock.
func cpu() float64 { return usage(syscall.RUSAGE_SELF) }

func childCPU() float64 { return usage(syscall.RUSAGE_CHILDREN) }

func usage(who int) float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(who, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
