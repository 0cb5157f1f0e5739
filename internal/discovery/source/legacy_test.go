// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/document/documenttest"
	"github.com/xuri/excelize/v2"
)

// LibreOffice writes every format that it and we know, and all official numbers are found in each.
func TestLibreOfficeFormats(t *testing.T) {
	word := wordFile(t)
	book := bookFile(t)
	for _, c := range []struct{ from, to string }{{word, "doc"}, {word, "rtf"}, {word, "odt"}, {book, "xls"}, {book, "ods"}, {word, "docx"}, {book, "xlsx"}} {
		t.Run(c.to, func(t *testing.T) {
			path := documenttest.Convert(t, c.from, c.to)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			g := readBytes(t, path, b)
			for _, s := range g.skips {
				if !strings.Contains(s.Reason, "image") {
					t.Errorf("skipped: %+v", s)
				}
			}
			g.hasAll(t, official(t))
			if !strings.Contains(g.all(), "åäö") {
				t.Error("å, ä and ö are missing")
			}
			if c.from == book {
				heads := 0
				for _, v := range g.values {
					if v.Column.Field == "Personnummer" && v.Column.Index == 1 && v.Column.Table == "Elever" && !v.Number {
						heads++
					}
				}
				if want := len(official(t)); heads != want {
					t.Errorf("%d cells are in the column, want %d", heads, want)
				}
			}
		})
	}
}

// bookFile is a workbook with official numbers in it, as text and as numbers.
func bookFile(t testing.TB) string {
	t.Helper()
	f := excelize.NewFile()
	if err := f.SetSheetName("Sheet1", "Elever"); err != nil {
		t.Fatal(err)
	}
	rows := [][]any{{"Personnummer", "Namn", "Som tal"}}
	for _, n := range official(t) {
		var v int64
		for _, c := range n {
			v = v*10 + int64(c-'0')
		}
		rows = append(rows, []any{n, "Elev åäö", v})
	}
	for i := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Elever", cell, &rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "elever.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRTF(t *testing.T) {
	doc := `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial 189010109810;}}{\info{\author Anna}}\pard F\'f6dd {\b 18900603}-98{\i 13}\par ` +
		`\u197?sa \uc0\u8209 x{\*\unknown 189011209813}{\*\annotation se akten}\tab\{y\}{\pict\pngblip 89504e470d0a}\line z\bin4 {}{}\par}`
	g := readBytes(t, "a.rtf", []byte(doc))
	all := g.all()
	for _, want := range []string{"Född 18900603-9813\n", "Åsa \u2011xse akten\t{y}\nz\n", "Anna"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %q", want, all)
		}
	}
	if strings.Contains(all, "189010109810") || strings.Contains(all, "189011209813") {
		t.Errorf("what is no text is told: %q", all)
	}
	if got := g.reasons(); !strings.Contains(got, "image") || !strings.Contains(got, "binary") {
		t.Errorf("skipped: %s", got)
	}
}

// What is embedded is read as the file that it is, and told when it cannot be.
func TestRTFObjects(t *testing.T) {
	word := zipOf(t, "[Content_Types].xml", contentTypes, "word/document.xml", `<w:document><w:p><w:r><w:t>Född 18900603</w:t></w:r><w:r><w:t>-9813</w:t></w:r></w:p></w:document>`)
	named := func(s string) []byte {
		return append(binary.LittleEndian.AppendUint32(nil, uint32(len(s)+1)), s+"\x00"...)
	}
	none := make([]byte, 4)
	object := func(class string, content []byte) string {
		head := append(append([]byte{1, 5, 0, 0, 2, 0, 0, 0}, named(class)...), append(none, none...)...)
		b := append(append(head, binary.LittleEndian.AppendUint32(nil, uint32(len(content)))...), content...)
		in := hex.EncodeToString(append(b, 0, 0, 0, 0))
		return `{\object\objemb{\*\objclass ` + class + `}{\*\objdata ` + in[:21] + "\r\n" + in[21:] + `}{\result{\pard bild}}}`
	}
	pack := append([]byte("\x02\x00brev.docx\x00C:\\brev.docx\x00\x00\x00\x03\x00\x0d\x00\x00\x00C:\\brev.docx\x00"), binary.LittleEndian.AppendUint32(nil, uint32(len(word)))...)
	doc := `{\rtf1\ansi Innan\par ` + object("Word.Document.12", word) + object("Package", append(pack, word...)) + object("Okänd", []byte{0, 1, 2, 3}) +
		`{\object{\*\objdata 0105000001000000}}{\object{\*\objdata }} efter}`
	g := readBytes(t, "a.rtf", []byte(doc))
	if n := strings.Count(g.all(), "Född 18900603-9813\n"); n != 2 {
		t.Errorf("the embedded letter is read %d times, want 2, in %q", n, g.all())
	}
	if !strings.Contains(g.all(), "Innan\n") || !strings.Contains(g.all(), "bild") || !strings.Contains(g.all(), "efter") {
		t.Errorf("what stands around is missing in %q", g.all())
	}
	if got := g.reasons(); !strings.Contains(got, "embedded object (Okänd): not text") || strings.Count(got, "embedded object") != 2 {
		t.Errorf("skipped: %s", got)
	}
}

func TestCompressedRTF(t *testing.T) {
	// The example of MS-OXRTFCP 4.1.
	in := []byte{
		0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77,
		0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
	}
	if got, want := string(lzfu(in, 43)), "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1 {\object{\*\objdata 0105000002000000020000004100000000000000000003000000616263}}}`))
	f.Add([]byte(`{\rtf1 a\'e5\u1?{\pict 00}\bin2 ab}`))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, RTF, b) })
}

func TestSlides(t *testing.T) {
	numbers := official(t)
	var shapes strings.Builder
	for _, n := range numbers {
		shapes.WriteString(`<p:sp><p:txBody><a:p><a:r><a:t>` + n[:6] + `</a:t></a:r><a:r><a:rPr b="1"/><a:t>` + n[6:] + `</a:t></a:r></a:p></p:txBody></p:sp>`)
	}
	g := readBytes(t, "a.pptx", zipOf(t, "[Content_Types].xml", contentTypes, "ppt/slides/slide12.xml", `<p:sld><p:cSld>`+shapes.String()+`</p:cSld></p:sld>`,
		"ppt/notesSlides/notesSlide1.xml", `<p:notes><a:p><a:r><a:t>anteckning</a:t></a:r></a:p></p:notes>`))
	g.nothingSkipped(t)
	g.hasAll(t, numbers)
	if g.texts[0].Place.Page != 12 || !strings.Contains(g.all(), "anteckning") {
		t.Errorf("the slide is %+v", g.texts[0].Place)
	}
	record := func(version byte, kind uint16, content []byte) []byte {
		b := binary.LittleEndian.AppendUint16([]byte{version, 0}, kind)
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(content))), content...)
	}
	text := strings.Join(numbers, "\r")
	inside := append(record(0, pptNarrow, []byte(text[:len(text)/2])), record(0, pptWide, wide(text[len(text)/2:]+"\råäö"))...)
	g = readBytes(t, "a.ppt", oleOf(oleStream{name: "PowerPoint Document", content: record(0xF, pptSlide, inside)}))
	if all := g.all(); !strings.Contains(all, numbers[0]) || !strings.Contains(all, numbers[len(numbers)-1]) || !strings.Contains(all, "åäö") {
		t.Errorf("numbers are missing in %q", all[:min(len(all), 500)])
	}
}
