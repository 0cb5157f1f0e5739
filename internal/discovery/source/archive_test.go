// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/document/documenttest"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

func numbersFile(t testing.TB) string { return strings.Join(official(t), "\n") + "\n" }

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tarred(t testing.TB, name, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range []*tar.Header{
		{Name: "loop", Typeflag: tar.TypeSymlink, Linkname: "loop"},
		{Name: "out", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content)), Mode: 0o600},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// rarOf stores a file in an archive of RAR 4, as it is.
func rarOf(name, content string) []byte {
	block := func(kind byte, flags uint16, rest []byte) []byte {
		b := append([]byte{kind, byte(flags), byte(flags >> 8), byte(len(rest) + 7), byte((len(rest) + 7) >> 8)}, rest...)
		return append(binary.LittleEndian.AppendUint16(nil, uint16(crc32.ChecksumIEEE(b))), b...)
	}
	file := binary.LittleEndian.AppendUint32(nil, uint32(len(content)))
	file = binary.LittleEndian.AppendUint32(file, uint32(len(content)))
	file = append(file, 3)
	file = binary.LittleEndian.AppendUint32(file, crc32.ChecksumIEEE([]byte(content)))
	file = append(file, 0, 0, 0, 0, 20, 0x30, byte(len(name)), byte(len(name)>>8), 0, 0, 0, 0)
	file = append(file, name...)
	out := append([]byte("Rar!\x1a\x07\x00"), block(0x73, 0, make([]byte, 6))...)
	out = append(append(out, block(0x74, 0x8000, file)...), content...)
	return append(out, block(0x7B, 0x4000, nil)...)
}

func compressed(t testing.TB, content []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := open(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestArchives(t *testing.T) {
	text := numbersFile(t)
	inner := zipOf(t, "mapp/lista.txt", text)
	for name, b := range map[string][]byte{
		"a.zip":        inner,
		"a.zip.gz":     gzipped(t, inner),
		"a.tar":        tarred(t, "lista.txt", text),
		"a.tar.gz":     gzipped(t, tarred(t, "lista.txt", text)),
		"a.rar":        rarOf("lista.txt", text),
		"zip.zip":      zipOf(t, "inre.zip", string(zipOf(t, "innerst.zip", string(inner)))),
		"mail.zip":     zipOf(t, "a.eml", "From: a@example.org\nTo: b@example.org\nSubject: c\n\n"+text),
		"no directory": inner[:len(inner)-30],
		"a.txt.xz":     compressed(t, []byte(text), func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) }),
		"a.txt.zst":    compressed(t, []byte(text), func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }),
	} {
		t.Run(name, func(t *testing.T) {
			g := readBytes(t, name, b)
			g.hasAll(t, official(t))
			if name != "no directory" {
				g.nothingSkipped(t)
			}
			if name == "zip.zip" {
				if got, want := g.texts[0].Place.Member, "inre.zip/innerst.zip/mapp/lista.txt"; got != want {
					t.Errorf("the member is %q, want %q", got, want)
				}
			}
		})
	}
}

// 7-Zip writes, also what is encrypted and what has a dictionary that is too large.
// What somebody wrote about an archive, and about a member of it, is read.
func TestZipComments(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "a.txt", Comment: "Gäller 18900603-9813"}
	_, err := w.CreateHeader(h)
	if err := errors.Join(err, w.SetComment("Om 18900717-9816"), w.Close()); err != nil {
		t.Fatal(err)
	}
	g := readBytes(t, "a.zip", b.Bytes())
	g.nothingSkipped(t)
	for _, want := range []string{"Gäller 18900603-9813\n", "Om 18900717-9816\n"} {
		if !strings.Contains(g.all(), want) {
			t.Errorf("%q is missing in %q", want, g.all())
		}
	}
}

func TestSevenZip(t *testing.T) {
	program := documenttest.Tool(t, "7z", "p7zip-full")
	dir := t.TempDir()
	text := filepath.Join(dir, "lista.txt")
	if err := os.WriteFile(text, []byte(numbersFile(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"lzma2":     {[]string{"-m0=lzma2"}, ""},
		"lzma":      {[]string{"-m0=lzma"}, ""},
		"deflate":   {[]string{"-m0=deflate"}, ""},
		"ppmd":      {[]string{"-m0=ppmd"}, ""},
		"encrypted": {[]string{"-phemligt"}, "encrypted"},
		"names too": {[]string{"-phemligt", "-mhe=on"}, "encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.7z")
			if said, err := exec.CommandContext(t.Context(), program, append([]string{"a", path, text}, c.args...)...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			g := readBytes(t, path, b)
			if c.want == "" {
				g.nothingSkipped(t)
				g.hasAll(t, official(t))
			} else if !strings.Contains(g.reasons(), c.want) {
				t.Errorf("skipped %q, want %q", g.reasons(), c.want)
			}
		})
	}
}

// What is encrypted is told as such whatever it looks like without its password: an end, as one in 256 do, or a large dictionary.
func TestSevenZipWithoutPassword(t *testing.T) {
	program := documenttest.Tool(t, "7z", "p7zip-full")
	dir := t.TempDir()
	text, path := filepath.Join(dir, "lista.txt"), filepath.Join(dir, "a.7z")
	if err := os.WriteFile(text, []byte(numbersFile(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(t.Context(), program, "a", path, text, "-phemligt").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1024 {
		b[32], b[33] = byte(i), byte(i/256) // of the first member
		if g := readBytes(t, path, b); !strings.Contains(g.reasons(), "lista.txt: it is encrypted") {
			t.Fatalf("byte %d: skipped %q", i, g.reasons())
		}
	}
}

// A few bytes can say that there are very many members; the room for them is not made.
func TestSevenZipCounts(t *testing.T) {
	archive := func(header []byte) []byte {
		b := append([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), make([]byte, 24)...)
		binary.LittleEndian.PutUint64(b[20:], uint64(len(header)))
		binary.LittleEndian.PutUint32(b[28:], crc32.ChecksumIEEE(header))
		binary.LittleEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[12:32]))
		return append(b, header...)
	}
	for name, header := range map[string][]byte{
		"files":   {1, 5, 0xF0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0},
		"folders": {1, 4, 7, 11, 0xF0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0},
		"members": {1, 4, 7, 11, 1, 0, 1, 1, 0, 12, 1, 0, 8, 13, 0xF0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var g *gathered
			if most := heap(func() { g = readBytes(t, "a.7z", archive(header)) }); most > 64<<20 {
				t.Errorf("%d MB of memory are held", most>>20)
			}
			if !strings.Contains(g.reasons(), "directory is damaged") {
				t.Errorf("skipped: %s", g.reasons())
			}
		})
	}
}

func FuzzSevenZ(f *testing.F) {
	f.Add([]byte("7z\xbc\xaf\x27\x1c\x00\x04\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := &sevenDirectory{b: b}
		_ = d.check()
		fuzzed(t, SevenZ, b)
	})
}

func TestLargeDictionaries(t *testing.T) {
	in := []io.ReadCloser{io.NopCloser(strings.NewReader("")), nil}[:1]
	if _, err := openLZMA([]byte{0x5D, 0, 0, 0, 0x0C}, 1, in); err == nil || !strings.Contains(err.Error(), "192 MB") {
		t.Errorf("LZMA: %v", err)
	}
	if _, err := openLZMA2([]byte{31}, 1, in); err == nil || !strings.Contains(err.Error(), "192 MB") {
		t.Errorf("LZMA2: %v", err)
	}
}

func TestHostileArchives(t *testing.T) {
	zeros := strings.Repeat("0", 1<<20)
	bomb := zipOf(t, "a.txt", strings.Repeat(zeros, 64))
	for range 3 { // 64 MB, 16 times, 16 times, 16 times: 256 GB
		parts := []string{}
		for i := range 16 {
			parts = append(parts, string(rune('a'+i))+".zip", string(bomb))
		}
		bomb = zipOf(t, parts...)
	}
	deep := []byte("189006039813")
	for range 12 {
		deep = gzipped(t, deep)
	}
	over := zipOf(t, "a.txt", zeros, "b.txt", zeros)
	// The second member's place is made the first's.
	i := bytes.LastIndex(over, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(over[i+42:], 0)
	crypted := zipOf(t, "a.txt", numbersFile(t))
	j := bytes.LastIndex(crypted, []byte("PK\x01\x02"))
	crypted[j+8] |= 1
	method := zipOf(t, "a.txt", numbersFile(t))
	k := bytes.LastIndex(method, []byte("PK\x01\x02"))
	method[k+10] = 97
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"bomb.zip":  {bomb, "far more than its size"},
		"deep.gz":   {deep, "containers inside each other"},
		"over.zip":  {over, "over another member"},
		"crypt.zip": {crypted, "encrypted"},
		"other.zip": {method, "method 97"},
		"cut.gz":    {gzipped(t, []byte(numbersFile(t)))[:200], "ends too early"},
		"cut.tar":   {tarred(t, "a.txt", numbersFile(t))[:3000], "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			if g := readBytes(t, name, c.b); !strings.Contains(g.reasons(), c.want) {
				t.Errorf("skipped %q, want %q", g.reasons(), c.want)
			}
		})
	}
}

func FuzzZip(f *testing.F) {
	f.Add(zipOf(f, "a.txt", "b", "[Content_Types].xml", "<a/>", "xl/worksheets/sheet1.xml", `<worksheet><row r="1"><c r="A1" t="s"><v>0</v></c></row></worksheet>`, "xl/sharedStrings.xml", "<sst><si><t>x</t></si></sst>"))
	f.Add(zipOf(f, "META-INF/manifest.xml", "<a/>", "content.xml", `<office:document-content><office:spreadsheet><table:table table:name="a"><table:table-row><table:table-cell table:number-columns-repeated="9"><text:p>x</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:document-content>`))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, Zip, b) })
}

func FuzzTar(f *testing.F) {
	f.Add(tarred(f, "a", "b"))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, Tar, b) })
}

func FuzzRAR(f *testing.F) {
	f.Add(rarOf("a", "b"))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, RAR, b) })
}

// With a program that knows letters in pictures, images are read too.
func TestImages(t *testing.T) {
	png := []byte("\x89PNG\r\n\x1a\n0000")
	g := readBytes(t, "a.png", png)
	if !strings.Contains(g.reasons(), "an image") || g.skipped() != int64(len(png)) {
		t.Errorf("skipped: %s", g.reasons())
	}
	t.Cleanup(func() { delete(readers, Image) })
	ReadImages(func(_ context.Context, image io.Reader) (string, error) {
		b, err := io.ReadAll(image)
		if err != nil || !bytes.Equal(b, png) {
			t.Errorf("the image is %q, %v", b, err)
		}
		return "189006039813", nil
	})
	g = readBytes(t, "a.zip", zipOf(t, "a.png", string(png)))
	g.nothingSkipped(t)
	g.hasAll(t, []string{"189006039813"})
}
