// SPDX-License-Identifier: EUPL-1.2

package tesseract_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/discovery/tesseract"
)

// glyphs are digits and the hyphen, five dots wide and seven high, a row a number.
var glyphs = map[rune][7]uint8{
	'0': {14, 17, 17, 17, 17, 17, 14}, '1': {4, 12, 4, 4, 4, 4, 14}, '2': {14, 17, 1, 6, 8, 16, 31}, '6': {6, 8, 16, 30, 17, 17, 14},
	'7': {31, 1, 2, 4, 4, 8, 8}, '9': {14, 17, 17, 15, 1, 2, 12}, '-': {0, 0, 0, 14, 0, 0, 0},
}

// picture draws a text in black on white, four pixels to a dot.
func picture(text string) []byte {
	const dot, edge = 4, 40
	m := image.NewGray(image.Rect(0, 0, len(text)*6*dot+2*edge, 7*dot+2*edge))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for n, c := range text {
		for row, bits := range glyphs[c] {
			for col := range 5 {
				if bits>>(4-col)&1 == 0 {
					continue
				}
				for i := range dot * dot {
					m.SetGray(edge+(n*6+col)*dot+i%dot, edge+row*dot+i/dot, color.Gray{})
				}
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// The program is found, and reads an official test number in a picture.
func TestReadsAPicture(t *testing.T) {
	p, err := tesseract.Find(context.Background())
	if err != nil {
		dbtest.Missing(t, err.Error())
	}
	text, err := p.Read(context.Background(), bytes.NewReader(picture("19601019-2679")))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "19601019-2679") {
		t.Errorf("the picture is read as %q", text)
	}
}

// What is no picture is an error, and costs that image only.
func TestWhatIsNoPicture(t *testing.T) {
	p, err := tesseract.Find(context.Background())
	if err != nil {
		dbtest.Missing(t, err.Error())
	}
	if _, err := p.Read(context.Background(), strings.NewReader("\x89PNG\r\n\x1a\n broken")); err == nil {
		t.Error("a broken picture was read")
	}
}

// Without the program it is said what to install.
func TestWithoutTheProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := tesseract.Find(context.Background()); err == nil || !strings.Contains(err.Error(), "tesseract-ocr-swe") {
		t.Errorf("got %v", err)
	}
}
