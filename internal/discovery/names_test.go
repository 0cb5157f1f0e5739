// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
)

// inNames scans some sources for numbers, and gives every line and what was found in names: detector, field and path with its member.
func inNames(t *testing.T, o discovery.Options, sources ...string) (lines string, found []string, sum discovery.Summary) {
	t.Helper()
	var out bytes.Buffer
	o.Detail = true
	k := &kept{}
	if _, err := discovery.Scan(t.Context(), sources, o, k); err != nil {
		t.Fatal(err)
	}
	for _, f := range k.found {
		if f.Named {
			path := filepath.ToSlash(f.Path)
			if f.Member != "" {
				path += " > " + f.Member
			}
			found = append(found, fmt.Sprintf("%s %s %d %s", f.Detector, f.Place.Field, f.Offset, path))
		}
	}
	slices.Sort(found)
	l := discovery.NewLines(&out, o.Rules.Version)
	sum, err := discovery.Scan(t.Context(), sources, o, l)
	if err := errors.Join(err, l.Summary(&sum), l.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String(), found, sum
}

// in makes a directory the current one, so that paths are short, and gives options that were made before.
func in(t *testing.T, ids ...string) discovery.Options {
	t.Helper()
	o := options(t, ids...)
	t.Chdir(t.TempDir())
	return o
}

func put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, name, []byte(content))
}

// A number in the name of a file or a folder is found, once for each name, and the name is told without it.
func TestNamesAreLookedThrough(t *testing.T) {
	o := in(t, "personnummer")
	for _, name := range []string{
		"a/18900603-9813 Anna Svensson.pdf.txt", "a/18900717-9816 Anna Svensson.pdf.txt", "a/karta.txt", "a/18900826-9814_akt/1.txt", "a/18900826-9814_akt/2.txt",
		"a/18900826-9814_akt/900603_9813.bin",
	} {
		put(t, name, "x")
	}
	write(t, "a/18900826-9814_akt/189006039813.bin", []byte{0, 1, 2, 3})
	lines, found, sum := inNames(t, o, "a")
	want := []string{
		"personnummer file name 0 a/••••••••-•••• •••••.pdf.txt#1",
		"personnummer file name 0 a/••••••••-•••• •••••.pdf.txt#2",
		"personnummer file name 0 a/••••••••-••••_akt#3/••••••••••••.bin#2",
		"personnummer file name 0 a/••••••••-••••_akt#3/••••••_••••.bin#4",
		"personnummer folder name 0 a/••••••••-••••_akt#3",
	}
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
	if sum.Findings["personnummer"] != int64(len(want)) || sum.Files != 7 {
		t.Errorf("%+v", sum)
	}
	if sum.BytesRead+sum.BytesSkipped != 6+4 {
		t.Errorf("%d bytes read and %d skipped", sum.BytesRead, sum.BytesSkipped)
	}
	for _, secret := range []string{"9813", "9816", "9814", "Svensson"} {
		if strings.Contains(lines, secret) {
			t.Errorf("%s is told in\n%s", secret, lines)
		}
	}
	if !strings.Contains(lines, `"path":"a/••••••••-••••_akt#3/••••••••••••.bin#2","from":0,"to":4`) {
		t.Errorf("what was not read is told as\n%s", lines)
	}
}

// The ways that people write a number in a name are found; what programs call files is not.
func TestHowNamesAreWritten(t *testing.T) {
	o := in(t, "personnummer", "samordningsnummer", "organisationsnummer", "phone", "ip", "card")
	for name, want := range map[string]string{
		"18900603-9813_beslut.pdf": "personnummer", "900603-9813.docx": "personnummer", "Svensson_Anna_189006039813.pdf": "personnummer", "Akt 18900603-9813 Anna.pdf": "personnummer",
		"akt18900603-9813.pdf": "personnummer", "Svensson.Anna.189006039813.pdf": "personnummer", "18900603-9813.2024.pdf": "personnummer",
		"189006039813.2024.pdf": "personnummer", "18900603_9813.pdf": "personnummer", "beslut-18900603-9813(1).pdf": "personnummer", "akt%2018900603-9813.pdf": "personnummer",
		"18900603\u20119813.pdf": "personnummer", "pnr189006039813.pdf": "personnummer",
		"2026-11-30.txt": "", "IMG_20261130_123456.jpg": "", "20261130123456.log": "", "app-1.2.3.4.zip": "", "v2.10.3.tgz": "", "DSC_0123.jpg": "",
		"550e8400-e29b-41d4-a716-189006039813.tmp": "", "189006039813-1a2b.tmp": "", "a189006039813f.bin": "", "d41d8cd98f00b204e9800998ecf8427e": "",
		"0593149981070ffb5f69f5b935e06614-a": "", "d03bca38-8f94-a16e-e3f6-d0705957433c": "", "8a310312-1186-c435-c576-8bd03e7c0084": "", "tel0701740605.vcf": "phone",
		"b902701d-49d4-25ff-247f-180401848940": "", "2e219559-5695-ad1b-86da-7180e2921842": "",
		"Protokoll 2024-01-12.docx": "", "2019-11-05-1432.pdf": "",
	} {
		t.Chdir(t.TempDir())
		put(t, "a/"+name, "x")
		_, found, _ := inNames(t, o, "a")
		var got []string
		for _, f := range found {
			d, _, _ := strings.Cut(f, " ")
			got = append(got, d)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", name, found, want)
		}
	}
}

// Members of archives inside each other, with their folders, and attachments of mail have names too, whether or not they are read.
func TestNamesOfMembers(t *testing.T) {
	o := in(t, "personnummer")
	inner := zipped(t, "18900826-9814/a.txt", "x", "18900826-9814/b.txt", "x", "18900826-9814/", "", "tom 18900717-9816.txt", "", "bild 18900603-9813.png", "\x89PNG\r\n\x1a\n")
	write(t, "yttre.zip", zipped(t, "mapp/inre 18900831-9809.zip", string(inner), "mapp/inre 18900717-9816.zip", string(inner)))
	write(t, "brev.eml", []byte("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n"+
		"Content-Disposition: attachment; filename*=UTF-8''Akt%2018900603-9813%20Anna%20Svensson.zip\r\n\r\n"+base64.StdEncoding.EncodeToString(inner)+"\r\n--b--\r\n"))
	write(t, "ut 18900603-9813.tar", tarOf(t, "18900717-9816/x.txt", "x"))
	lines, found, _ := inNames(t, o, "yttre.zip", "brev.eml", "ut 18900603-9813.tar")
	of := func(in string) []string {
		return []string{
			"personnummer file name 4 " + in + "/tom ••••••••-••••.txt#2", "personnummer file name 5 " + in + "/bild ••••••••-••••.png#3",
			"personnummer folder name 0 " + in + "/••••••••-••••#1",
		}
	}
	want := slices.Concat(
		of("yttre.zip > mapp/inre ••••••••-••••.zip#1"), of("yttre.zip > mapp/inre ••••••••-••••.zip#2"), of("brev.eml > Akt ••••••••-•••• •••••.zip#1"),
		[]string{
			"personnummer file name 5 yttre.zip > mapp/inre ••••••••-••••.zip#1", "personnummer file name 5 yttre.zip > mapp/inre ••••••••-••••.zip#2",
			"personnummer file name 4 brev.eml > Akt ••••••••-•••• •••••.zip#1", "personnummer file name 3 ut ••••••••-••••.tar#3",
			"personnummer folder name 0 ut ••••••••-••••.tar#3 > ••••••••-••••#1",
		})
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
	for _, secret := range []string{"9813", "9816", "9814", "9809", "Svensson"} {
		if strings.Contains(lines, secret) {
			t.Errorf("%s is told in\n%s", secret, lines)
		}
	}
}

// zipped makes an archive of names and what they hold.
func zipped(t *testing.T, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		f, err := w.Create(members[i])
		if err == nil {
			_, err = f.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A member's path of any length, of any number of folders, is looked through to its end.
func TestPathsOfAnyLength(t *testing.T) {
	o := in(t, "personnummer")
	deep := strings.Repeat("a/", 400_000)
	write(t, "djup.tar", tarOf(t, deep+"18900603-9813.txt", "x"))
	write(t, "kolon.tar", tarOf(t, strings.Repeat("a: ", 200_000)+"18900603-9813.7z", "7z\xbc\xaf\x27\x1c"))
	lines, found, _ := inNames(t, o, "djup.tar", "kolon.tar")
	if len(found) != 2 || strings.Contains(lines, "18900603") || strings.Contains(lines, "9813") {
		t.Errorf("%d found in\n%.2000s", len(found), lines)
	}
}

// A file that has not changed is not told of again, nor lost, when its name is masked; and the state does not hold the name.
func TestStateOfMaskedNames(t *testing.T) {
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "state")
	for _, name := range []string{"18900603-9813.txt", "Anna Svensson 18900717-9816.txt"} {
		put(t, filepath.Join(dir, name), "pnr "+known)
		if err := os.Chtimes(filepath.Join(dir, name), time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "a.zip"), zipped(t, "Anna Svensson 18900717-9816.bin", "\x00\x01\x02\x03"))
	if _, sum := stateScan(t, state, "a", dir); sum.Findings["personnummer"] != 5 {
		t.Errorf("the first time: %+v", sum)
	}
	k, sum := stateScan(t, state, "a", dir)
	if sum.Findings["personnummer"] != 1 || sum.UnchangedFound != 4 || sum.Unchanged != 2 || len(k.skipped) != 3 { // a part of the archive is not read
		t.Errorf("the second time: %+v, %v", sum, k.skipped)
	}
	if err := os.Remove(filepath.Join(dir, "18900603-9813.txt")); err != nil {
		t.Fatal(err)
	}
	stateScan(t, state, "a", dir)
	b, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(b, []byte(`"file":"`)); n != 1 {
		t.Errorf("the state knows %d files of 1:\n%s", n, b)
	}
	for _, secret := range []string{"9813", "9816", "Svensson", "txt", dir} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%s stands in the state:\n%s", secret, b)
		}
	}
}

// Whatever name a person's number stands in, it is told nowhere: not in lines, nor in the table's counts, verdicts and reasons.
func TestNumbersInNamesAreToldNowhere(t *testing.T) {
	numbers := []string{"18900603-9813", "18900717-9816", "18900826-9814", "18900831-9809", "900603-9813", "189006039813", "9006039813"}
	rules := options(t)
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "n")
		if err != nil {
			r.Fatal(err)
		}
		defer os.RemoveAll(dir)
		around := rapid.StringMatching(`[ _.,()a-zåäöA-Z-]{0,6}`)
		name := func() string {
			before, number := around.Draw(r, "before"), rapid.SampledFrom(numbers).Draw(r, "number")
			return "x" + before + number + around.Draw(r, "after")
		}
		path := filepath.Join(dir, name(), name())
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			r.Fatal(err)
		}
		content := zipped(t, name()+"/"+name()+".txt", "x", name(), "\x00\x01\x02", name()+".csv", "a;b\n1;18900603-9813\n")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			r.Fatal(err)
		}
		o := rules
		o.Detectors = []detect.Detector{detect.Personnummer, detect.IBAN}
		lines, _, _ := inNames(t, o, dir)
		for _, secret := range []string{"0603-9813", "06039813", "0717-9816", "0826-9814", "0831-9809"} {
			if strings.Contains(lines, secret) {
				r.Fatalf("%s is told of %q in\n%s", secret, path, lines)
			}
		}
	})
}

// What lies in two sources is looked through once, and that is told.
func TestSourcesThatLieInEachOther(t *testing.T) {
	o := in(t, "personnummer")
	put(t, "a/1.txt", "pnr "+known)
	put(t, "a/18900717-9816/2.txt", "pnr "+known)
	put(t, "a/c/3.txt", "pnr "+known)
	if err := os.Symlink("a/18900717-9816", "länk"); err != nil {
		t.Fatal(err)
	}
	const size = 3 * int64(len("pnr "+known))
	for _, of := range []struct {
		sources        []string
		found, skipped int
	}{
		{[]string{"a"}, 4, 0},
		{[]string{"a", "a/18900717-9816"}, 4, 1},
		{[]string{"a/18900717-9816", "a", "a/c/3.txt"}, 4, 2},
		{[]string{"länk", "a", "./a/c/../c"}, 4, 2},
		{[]string{"a", "a/.", "länk", "a/c"}, 4, 3},
	} {
		k, sum := scan(t, o, of.sources...)
		if len(k.found) != of.found || len(k.skipped) != of.skipped || sum.BytesRead != size || sum.Unread != 0 || sum.Files != 3 {
			t.Errorf("%q: %d found, skipped %v, %+v", of.sources, len(k.found), k.skipped, sum)
		}
	}
}
