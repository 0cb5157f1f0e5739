// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/discovery"
)

// A list without headings has values where headings stand, and objects in JSON are keyed by whom they are about: neither is told in clear, in
// the findings or in the verdicts of columns, whatever is looked for.
func TestNamesOfColumnsTellNobody(t *testing.T) {
	for name, of := range map[string]struct{ content, want string }{
		"keyed.json":   {`{"18900603-9813": {"189007179816": "18900826-9814"}, "Anna Svensson": "18900831-9809"}`, `"field":"••••••••••••"`},
		"people.csv":   {"Anna Svensson;pnr\nAnna Svensson;18900603-9813\n18900603-9813;x\n", `"field":"•••••"`},
		"elements.xml": {`<a><a_18900831-9809 x="y">18900603-9813</a_18900831-9809><p 18900717-9816="18900603-9813"/></a>`, `"field":"••••••••-••••"`},
		"mixed.json":   {`{"pnr 18900717-9816": "18900603-9813"}`, `the column is called pnr ••••••••-••••`},
	} {
		dir := t.TempDir()
		write(t, dir+"/"+name, []byte(of.content))
		var out bytes.Buffer
		o := options(t, "personnummer")
		o.Detail = true
		l := discovery.NewLines(&out, o.Rules.Version)
		sum, err := discovery.Scan(t.Context(), []string{dir}, o, l)
		if err := errors.Join(err, l.Summary(&sum), l.Close()); err != nil {
			t.Fatal(err)
		}
		told := strings.ReplaceAll(out.String(), dir, "")
		for _, secret := range []string{"06039813", "0603-9813", "07179816", "0717-9816", "0826-9814", "0831-9809", "Svensson"} {
			if strings.Contains(told, secret) {
				t.Errorf("%s: %q is told in %s", name, secret, told)
			}
		}
		if !strings.Contains(told, of.want) {
			t.Errorf("%s: %s is not in %s", name, of.want, told)
		}
	}
}

// What columns are called is told as it is.
func TestNamesOfColumnsAreTold(t *testing.T) {
	for _, heading := range []string{
		"Personnummer", "Namn", "Efternamn", "Förnamn", "Personens namn", "Född", "Adress", "Gatuadress 2", "Telefon dagtid", "E-post", "Kund nr", "Lund", "Ort",
		"Kontaktperson", "Handläggare", "Norrsjö kommun", "Anna", "id_2024", "20240101", "202401011200", "Ärende 2024-0012", "Diagnos", "Make Maka", "Barn 1",
	} {
		dir := t.TempDir()
		write(t, dir+"/a.csv", []byte("x;"+heading+"\n1;18900603-9813\n"))
		k, _ := scan(t, options(t, "personnummer"), dir)
		if len(k.found) != 1 || k.found[0].Place.Field != heading && k.found[0].Place.Field != "" {
			t.Errorf("%s: %+v", heading, k.found)
		}
	}
}

// Nor are they told in clear in why something was not read.
func TestReasonsTellNobody(t *testing.T) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, name := range []string{"Anna Svensson 18900717-9816.bin", "karta.bin"} {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte{0, 1, 2, 3})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir+"/a.zip", archive.Bytes())
	k, _ := scan(t, options(t, "iban"), dir)
	var got []string
	for _, s := range k.skipped {
		got = append(got, s.Reason)
	}
	const why = "not text, and of no format that is read"
	if want := []string{"••••• ••••••••-••••.bin#1: " + why, "karta.bin: " + why}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
