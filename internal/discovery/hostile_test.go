// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

// known is an official test number.
const known = "18900603-9813"

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A number is found, once and in its place, wherever a block ends: at every place around the borders of what is read at a time.
func TestEveryBorder(t *testing.T) {
	o := options(t, "personnummer")
	const block = 64 << 10
	for _, form := range []string{known, "189006039813", "900603 – 9813", "18900603\u20119813"} {
		for _, border := range []int{1024, 16 << 10, block - 1024, block - 512, block, block + 512, block + 1024, 2*block - 512, 2 * block} {
			for shift := -len(form) - 2; shift <= 2; shift++ {
				text := bytes.Repeat([]byte("a "), 2*block/2+4096)
				at := border + shift
				copy(text[at-1:], " "+form+" ")
				if found := scanStream(t, o, text); len(found) != 1 || found[0].Offset != int64(at) || found[0].Confidence < detect.Medium {
					t.Fatalf("%q at %d: %v", form, at, found)
				}
			}
		}
	}
}

// scanStream looks through standard input.
func scanStream(t *testing.T, o discovery.Options, text []byte) []discovery.Finding {
	t.Helper()
	o.Stdin = bytes.NewReader(text)
	k, sum := scan(t, o, "-")
	if sum.BytesRead != int64(len(text)) {
		t.Fatalf("%d bytes read of %d", sum.BytesRead, len(text))
	}
	return k.found
}

// However a text is cut into pieces, the same is found in it.
func TestAnyPieces(t *testing.T) {
	o := options(t)
	text := []byte("Klienten Anna Svensson (" + known + ") bor på Storgatan 12, 123 45 Norrsjö. Tel 070-174 06 05.\nMissbruk enligt LVM.\n")
	text = bytes.Repeat(text, 40)
	whole := scanStream(t, o, text)
	for _, size := range []int{1, 7, 63, 64, 65, 511, 1024} {
		o.Stdin = &pieces{text: text, size: size}
		k, _ := scan(t, o, "-")
		if len(k.found) != len(whole) {
			t.Errorf("in pieces of %d: %d found, %d in one", size, len(k.found), len(whole))
		}
	}
	if len(whole) < 200 {
		t.Errorf("only %d found", len(whole))
	}
}

// pieces reads a few bytes at a time.
type pieces struct {
	text []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size)], p.text)
	p.text = p.text[n:]
	return n, nil
}

// Offsets are bytes of the file in every encoding, and a byte order mark counts.
func TestEncodings(t *testing.T) {
	const text = "Åsa Öberg har personnummer " + known + " och är född i Norrsjö.\r\nNästa rad: " + known + "\r\n"
	latin := func(s string) []byte {
		var b []byte
		for _, r := range s {
			b = append(b, byte(r))
		}
		return b
	}
	wide := func(s string, big, mark bool) []byte {
		var b []byte
		if mark {
			s = "\ufeff" + s
		}
		for _, u := range utf16.Encode([]rune(s)) {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return b
	}
	for name, content := range map[string][]byte{
		"UTF-8": []byte(text), "UTF-8 with a mark": []byte("\ufeff" + text), "ISO-8859-1": latin(text),
		"UTF-16LE": wide(text, false, true), "UTF-16BE": wide(text, true, true), "UTF-16LE without a mark": wide(text, false, false),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir+"/a.txt", content)
			k, sum := scan(t, options(t, "personnummer", "name_person"), dir)
			needle := []byte(known)
			if strings.HasPrefix(name, "UTF-16") {
				needle = wide(known, strings.Contains(name, "BE"), false)
			}
			first := bytes.Index(content, needle)
			second := bytes.LastIndex(content, needle)
			var at, lines []int
			names := 0
			for _, f := range k.found {
				if f.Detector == "personnummer" {
					at, lines = append(at, int(f.Offset)), append(lines, f.Place.Line)
				} else if f.Confidence == detect.High {
					names++
				}
			}
			if len(at) != 2 || at[0] != first || at[1] != second || lines[0] != 1 || lines[1] != 2 || names != 1 {
				t.Errorf("found at %v on lines %v and %d names; want %d and %d on 1 and 2, and one name", at, lines, names, first, second)
			}
			if sum.BytesRead != int64(len(content)) || sum.BytesSkipped != 0 {
				t.Errorf("%d read and %d skipped of %d", sum.BytesRead, sum.BytesSkipped, len(content))
			}
		})
	}
}

// What cannot be read is told, and stops nothing: links in a circle, a pipe, a directory without rights, a link to nowhere.
func TestHostileDirectory(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a/ok.txt", []byte(known))
	if err := errors.Join(os.Symlink(dir, dir+"/a/loop"), os.Symlink("nowhere", dir+"/a/dead"), syscall.Mkfifo(dir+"/a/pipe", 0o600)); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/beside/file.txt", []byte(known))
	outside := t.TempDir()
	if err := errors.Join(os.Symlink("../beside", dir+"/a/b"), os.Symlink(outside, dir+"/a/out"), os.Symlink("/dev/null", dir+"/a/null")); err != nil {
		t.Fatal(err)
	}
	closed := dir + "/closed"
	if err := os.Mkdir(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o700) }) // so that the directory can be removed
	k, sum := scan(t, options(t, "personnummer"), dir)
	if len(k.found) != 2 || sum.Files != 2 {
		t.Errorf("%d found in %d files, want two in two", len(k.found), sum.Files)
	}
	reasons := map[string]string{}
	for _, s := range k.skipped {
		reasons[filepath.Base(s.Path)] = s.Reason
	}
	for name, want := range map[string]string{
		"loop": "is read where it lies", "b": "is read where it lies", "dead": "leads nowhere", "pipe": "a pipe", "out": "a link out of what is looked through", "null": "not a file",
	} {
		if !strings.Contains(reasons[name], want) {
			t.Errorf("%s: %q, want a reason with %q", name, reasons[name], want)
		}
	}
	if os.Getuid() != 0 && !strings.Contains(reasons["closed"], "permission denied") {
		t.Errorf("closed: %q", reasons["closed"])
	}
}

// A line of any length is looked through in little memory, and what stands in it is found.
func TestEndlessLine(t *testing.T) {
	const size = 10 << 30
	o := options(t, "personnummer")
	o.Stdin = io.MultiReader(strings.NewReader(known+" "), io.LimitReader(repeated{}, size), strings.NewReader(" "+known))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	k, sum := scan(t, o, "-")
	runtime.ReadMemStats(&after)
	if len(k.found) != 2 || k.found[1].Offset != size+int64(len(known))+2 || sum.BytesRead != size+2*int64(len(known))+2 {
		t.Errorf("found %v; %d bytes read", k.found, sum.BytesRead)
	}
	if got := after.Sys - before.Sys; got > 32<<20 {
		t.Errorf("it took %d MB more of memory", got>>20)
	}
}

// repeated is a text without an end and without a line break.
type repeated struct{}

var repeatedText = bytes.Repeat([]byte("abc de "), 1<<13)

func (repeated) Read(b []byte) (int, error) { return copy(b, repeatedText), nil }

// A file that is cut while it is read: the rest is told as not read, and the sums add up.
func TestFileCutWhileRead(t *testing.T) {
	f := source.File{Path: "cut.txt", Size: 1 << 20, ReaderAt: bytes.NewReader(bytes.Repeat([]byte("x"), 300_000))}
	v := &counting{}
	if err := source.ReadAny(context.Background(), f, v); err != nil {
		t.Fatal(err)
	}
	if v.read != 300_000 || v.skipped != 1<<20-300_000 {
		t.Errorf("%d read and %d skipped", v.read, v.skipped)
	}
}

type counting struct{ read, skipped int64 }

func (c *counting) Text(source.Text) error   { return nil }
func (c *counting) Value(source.Value) error { return nil }
func (c *counting) Read(n int64)             { c.read += n }
func (c *counting) Skipped(s source.Skip) error {
	c.skipped += s.To - s.From
	return nil
}

// The value that was found is nowhere in what is told.
func TestNothingIsTold(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.txt", []byte("Anna Svensson "+known+", anna.svensson@norrsjo.example, 070-174 06 05, Storgatan 12, missbruk\n"))
	var out bytes.Buffer
	o := options(t)
	o.Detail = true
	l := discovery.NewLines(&out, o.Rules.Version)
	sum, err := discovery.Scan(context.Background(), []string{dir}, o, l)
	if err := errors.Join(err, l.Summary(&sum), l.Close()); err != nil {
		t.Fatal(err)
	}
	told := strings.ReplaceAll(out.String(), dir, "") // whose name has digits by chance
	for _, secret := range []string{"Anna", "Svensson", "890603", "9813", "norrsjo", "174", "Storgatan", "missbruk "} {
		if strings.Contains(told, secret) {
			t.Errorf("%q is told in %s", secret, told)
		}
	}
	if sum.Found() < 6 {
		t.Errorf("only %d found", sum.Found())
	}
}

// A column is judged as a column: a real one holds, one of times with chance hits does not, and none of it counts.
func TestColumns(t *testing.T) {
	var b strings.Builder
	b.WriteString("id;beteckning;stamp\n")
	numbers := testNumbers(t)
	for i := range 3000 {
		n := numbers[i%len(numbers)]
		b.WriteString("7;" + n + ";2024" + pad(i%12+1) + pad(i%28+1) + pad(i%24) + pad(i*7%60) + "\n")
	}
	dir := t.TempDir()
	write(t, dir+"/a.csv", []byte(b.String()))
	k, sum := scan(t, options(t, "personnummer", "samordningsnummer"), dir)
	if got := sum.Found(); got != 3000 {
		t.Errorf("%d count, want 3000", got)
	}
	verdicts := map[string]string{}
	for _, c := range k.containers {
		verdicts[c.Field+" "+c.Detector] = c.Verdict
	}
	if verdicts["beteckning personnummer"] != "holds" || verdicts["stamp personnummer"] != "chance" {
		t.Errorf("verdicts: %v", verdicts)
	}
}

func pad(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

func testNumbers(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("detect/testdata/test-numbers.csv")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if n, _, ok := strings.Cut(line, ","); ok && n != "number" {
			out = append(out, n)
		}
	}
	return out
}
