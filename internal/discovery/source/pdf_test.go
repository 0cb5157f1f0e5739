// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/document/documenttest"
)

// pdfOf writes a PDF of objects, numbered from 1; the first is the catalogue.
func pdfOf(objects ...string) []byte { return pdfWith("", objects...) }

// pdfWith writes a PDF with something more in its trailer.
func pdfWith(trailer string, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, start)
	return b.Bytes()
}

func stream(dict, content string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(content), content)
}

func deflated(content string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(content))
	_ = w.Close()
	return b.String()
}

const (
	catalog = "<</Type/Catalog/Pages 2 0 R>>"
	onePage = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
	page    = "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</X 6 0 R>>>>>>"
	simple  = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[1/Aring/adieresis/odieresis/uni2011]>>>>"
)

func TestPDFText(t *testing.T) {
	content := "BT /F1 12 Tf 72 700 Td (F\x03dd 18900603) Tj (-9813) Tj 0 -14 Td (n\x02sta rad) Tj ET\n" +
		"BT /F1 12 Tf 72 600 Td [(1890) -20 (0717) 15 (98) -600 (16)] TJ 200 0 Td (kolumn) Tj ET /X Do"
	form := stream("/Subtype/Form/Matrix[1 0 0 1 0 0]", "BT /F1 10 Tf 72 500 Td (i en form) Tj ET")
	for name, b := range map[string][]byte{
		"plain":     pdfOf(catalog, onePage, page, stream("", content), simple, form),
		"flate":     pdfOf(catalog, onePage, page, stream("/Filter/FlateDecode", deflated(content)), simple, form),
		"hex":       pdfOf(catalog, onePage, page, stream("/Filter/AHx", hex.EncodeToString([]byte(content))+">"), simple, form),
		"two":       pdfOf(catalog, onePage, page, stream("/Filter[/AHx/Fl]", hex.EncodeToString([]byte(deflated(content)))+">"), simple, form),
		"no table":  bytes.ReplaceAll(pdfOf(catalog, onePage, page, stream("", content), simple, form), []byte("startxref"), []byte("startxxxx")),
		"prefixed":  append([]byte("before it\n"), pdfOf(catalog, onePage, page, stream("", content), simple, form)...),
		"wrong end": bytes.ReplaceAll(pdfOf(catalog, onePage, page, stream("/Length 3", content), simple, form), []byte("/Length 2"), []byte("/Length 9")),
	} {
		t.Run(name, func(t *testing.T) {
			g := readBytes(t, "a.pdf", b)
			g.nothingSkipped(t)
			want := "\nFödd 18900603-9813\nnästa rad\n1890071798 16\tkolumn\ni en form\n"
			if name != "plain" {
				want = strings.TrimPrefix(want, "\n")
			}
			if got := g.all(); !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if p := g.texts[0]; p.Place.Page != 1 || !p.Wraps {
				t.Errorf("the page is %+v", p.Place)
			}
		})
	}
}

func TestPDFWideFont(t *testing.T) {
	cmap := "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange\n" +
		"2 beginbfchar <0003> <0020> <0004> <00660066> endbfchar 1 beginbfrange <0010> <0019> <0030> endbfrange " +
		"1 beginbfrange <0020> <0022> [<00E5> <00E4> <00F6>] endbfrange endcmap"
	content := "BT /F1 12 Tf 1 0 0 1 72 700 Tm <00110018001900100010001600100013> Tj <0003002000210022000300040004> Tj ET"
	b := pdfOf(catalog, onePage, page, stream("", content),
		"<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 6 0 R/DescendantFonts[7 0 R]>>", stream("", cmap), "<</DW 600/W[16[500 500] 20 30 400]>>")
	g := readBytes(t, "a.pdf", b)
	g.nothingSkipped(t)
	if got, want := g.all(), "18900603 åäö ffff"; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPDFObjectStreams(t *testing.T) {
	packed := "3 0 5 " // the numbers and places of two objects
	first := page
	packed += fmt.Sprint(len(first)+1) + " "
	objects := []string{catalog, onePage, "null", stream("", "BT /F1 12 Tf 72 700 Td (189006039813) Tj ET"), "null", "null"}
	pack := stream(fmt.Sprintf("/Type/ObjStm/N 2/First %d/Filter/FlateDecode", len(packed)), deflated(packed+first+" "+simple))
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, 9)
	for i, o := range append(objects, pack) {
		if o != "null" {
			at[i+1] = b.Len()
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
		}
	}
	var table []byte
	start := b.Len()
	at[8] = start
	for i, n := range at {
		switch {
		case i == 3:
			table = append(table, 2, 0, 7, 0)
		case i == 5:
			table = append(table, 2, 0, 7, 1)
		case n > 0:
			table = append(table, 1, byte(n>>8), byte(n), 0)
		default:
			table = append(table, 0, 0, 0, 0)
		}
	}
	var predicted []byte // PNG's prediction from the line above
	for i := 0; i < len(table); i += 4 {
		predicted = append(predicted, 2)
		for j := range 4 {
			before := byte(0)
			if i > 0 {
				before = table[i-4+j]
			}
			predicted = append(predicted, table[i+j]-before)
		}
	}
	fmt.Fprintf(&b, "8 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF", stream("/Type/XRef/Size 9/W[1 2 1]/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>",
		deflated(string(predicted))), start)
	g := readBytes(t, "a.pdf", b.Bytes())
	g.nothingSkipped(t)
	g.hasAll(t, []string{"189006039813"})
}

func TestPDFBeyondPages(t *testing.T) {
	b := pdfWith("/Info 7 0 R", catalog, onePage, page, stream("", ""), simple, stream("/Subtype/Image/Filter/DCTDecode", "\xff\xd8jpegjpeg"),
		"<</Title(\xfe\xff\x00\xc5\x00r)/Author(Anna)>>", "<</Type/Annot/Subtype/Text/Contents(En anteckning)>>", "<</FT/Tx/T(pnr)/V(189006039813)>>",
		stream("/Type/EmbeddedFile", "bilaga 189007179816\n"), stream("/Type/Metadata/Subtype/XML", "<?xml version='1.0'?><x><y>Bertil</y></x>"))
	g := readBytes(t, "a.pdf", b)
	for _, want := range []string{"År\n", "Anna\n", "En anteckning\n", "189006039813\n", "Bertil\n"} {
		if !strings.Contains(g.all(), want) {
			t.Errorf("%q is missing in %q", want, g.all())
		}
	}
	if len(g.skips) == 0 || g.skips[0].Reason != errPicture.Error() || g.skips[0].To-g.skips[0].From != 10 {
		t.Errorf("the picture is not told: %+v", g.skips)
	}
	if got := g.reasons(); strings.Contains(got, "attached") {
		t.Logf("%s", got)
	}
}

func TestPDFUnreadable(t *testing.T) {
	whole := pdfOf(catalog, onePage, page, stream("", "BT /F1 12 Tf 72 700 Td (189006039813) Tj ET"), simple, "null")
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"encrypted": {pdfWith("/Encrypt<</Filter/Standard/V 5>>", catalog, onePage, page), "encrypted"},
		"empty":     {[]byte("%PDF-1.4\n"), "pages are not found"},
		"loop":      {pdfOf(catalog, "<</Type/Pages/Kids[2 0 R 3 0 R]>>", page, stream("", ""), simple, stream("/Subtype/Form", "/X Do")), ""},
		"nested":    {pdfOf(catalog, strings.Repeat("[", 100000)), "pages are not found"},
		"cut off":   {whole[:len(whole)-200], ""},
		"no letters": {
			pdfOf(catalog, onePage, page, stream("", "BT /F1 9 Tf <00010002> Tj ET"), "<</Subtype/Type0/Encoding/Identity-H/DescendantFonts[6 0 R]>>", "<<>>"), "2 letters, first on page 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := readBytes(t, "a.pdf", c.b)
			if got := g.reasons(); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if name == "cut off" {
				g.hasAll(t, []string{"189006039813"})
			}
		})
	}
}

// What cannot be read is told whole, with its reason: a PDF that needs a password, and a mailbox of Outlook's.
func TestLockedAndUnknownFilesAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"a.pdf": {pdfWith("/Encrypt<</Filter/Standard/V 5>>", catalog, onePage, page), "it is encrypted"},
		"a.pst": {append([]byte("!BDN"), make([]byte, 560)...), "an Outlook data file (PST): mail in it is not read"},
	} {
		g := readBytes(t, name, c.b)
		if got := g.reasons(); strings.Count(got, c.want) != 1 {
			t.Errorf("%s: %q, want once %q", name, got, c.want)
		}
		if g.skipped() == 0 {
			t.Errorf("%s: nothing of its bytes is told as not read", name)
		}
	}
}

var anyNumber = regexp.MustCompile(`(\d\d)?\d{6}\s*-?\s*\d{4}`)

// socialPages writes a page for LibreOffice with official numbers among words.
func socialPages(t testing.TB, paragraphs int) string {
	t.Helper()
	numbers := official(t)
	var b strings.Builder
	b.WriteString("<html><head><meta charset=utf-8></head><body>")
	for i := range paragraphs {
		n := numbers[i%len(numbers)]
		if i%2 == 0 {
			n = n[:8] + "-" + n[8:]
		}
		fmt.Fprintf(&b, "<p>%s %s %s</p>", strings.Repeat("Ärendet gäller en ansökan om bistånd över åren. ", i%7), n, strings.Repeat("Handläggaren träffade den sökande. ", i%5))
	}
	path := filepath.Join(t.TempDir(), "sidor.html")
	if err := os.WriteFile(path, []byte(b.String()+"</body></html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// LibreOffice writes, and poppler reads the same.
func TestPDFFromLibreOffice(t *testing.T) {
	docx := documenttest.Convert(t, wordFile(t), "pdf")
	b, err := os.ReadFile(docx)
	if err != nil {
		t.Fatal(err)
	}
	g := readBytes(t, docx, b)
	g.nothingSkipped(t)
	g.hasAll(t, official(t))
	said, err := exec.CommandContext(t.Context(), documenttest.Tool(t, "pdftotext", "poppler-utils"), docx, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	got, want := len(anyNumber.FindAllString(g.all(), -1)), len(anyNumber.FindAllString(string(said), -1))
	if got < want {
		t.Errorf("%d numbers, and pdftotext finds %d", got, want)
	}
}

// wordFile is a document in Word's format with official numbers in it.
func wordFile(t testing.TB) string {
	t.Helper()
	var body strings.Builder
	for i, n := range official(t) {
		if i%2 == 0 {
			n = n[:8] + "-" + n[8:]
		}
		fmt.Fprintf(&body, `<w:p><w:r><w:t xml:space="preserve">%s</w:t></w:r><w:r><w:t>%s</w:t></w:r><w:r><w:t>%s åäö.</w:t></w:r></w:p>`,
			strings.Repeat("Ärendet gäller ansökan. ", i%7), n[:6], n[6:])
	}
	b := zipOf(t,
		"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+body.String()+`</w:body></w:document>`)
	path := filepath.Join(t.TempDir(), "brev.docx")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func FuzzPDF(f *testing.F) {
	f.Add(pdfOf(catalog, onePage, page, stream("/Filter/FlateDecode", deflated("BT /F1 12 Tf (a) Tj ET")), simple, "null"))
	f.Add([]byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R 2 0 R]>>endobj 2 0 obj<</Contents 3 0 R>>endobj 3 0 obj<</Length 9>>stream\nBI EI Q q\nendstream"))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, PDF, b) })
}

// fuzzed reads bytes as a kind of file: nothing may go wrong, and the bytes add up.
func fuzzed(t *testing.T, k Kind, b []byte) {
	t.Helper()
	reader, _ := For(k)
	g := &gathered{}
	if guarded, ok := reader.(guarded); ok { // a panic is a fault of the reader, also where it is caught
		r := &reading{f: File{Path: "x", Size: int64(len(b)), budget: newBudget(1)}, v: g, at: bytes.NewReader(b), size: int64(len(b)), ended: context.Background().Err}
		_ = guarded.read(context.Background(), r)
	}
	g = &gathered{}
	if err := reader.Read(context.Background(), File{Path: "x", Size: int64(len(b)), ReaderAt: bytes.NewReader(b)}, g); err != nil {
		t.Fatal(err)
	}
	if g.read+g.skipped() != int64(len(b)) {
		t.Errorf("%d bytes are read and %d skipped, of %d\n%s", g.read, g.skipped(), len(b), g.reasons())
	}
}
