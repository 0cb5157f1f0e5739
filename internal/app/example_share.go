// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/finding"
)

// exampleNumbers are official test numbers, which have never been given to anybody.
//
//go:embed example/numbers.csv
var exampleNumbers string

// exampleRoot is the name that the example's directory of files is shown by.
const exampleRoot = "Exempelmapp"

// ExampleLimits let the example's directory of files be searched, and nothing else.
func ExampleLimits(dir string) finding.Limits {
	return finding.Limits{Roots: map[string]string{exampleRoot: dir}}
}

// ExampleShare makes the invented municipality's directory of files, when it is not there. Nobody in it exists, and its numbers are official
// test numbers.
func ExampleShare(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	numbers := shareNumbers()
	for name, content := range map[string]func([]string) ([]byte, error){
		"Gemensam/Social/Listor/kolista-2014.csv":        func(n []string) ([]byte, error) { return queue(n[:60]), nil },
		"Gemensam/Social/Listor/kolista-2016.csv":        func(n []string) ([]byte, error) { return queue(n[40:110]), nil },
		"Gemensam/Social/Utredningar/utredning-3.txt":    func(n []string) ([]byte, error) { return inquiry(n[110:118]), nil },
		"Gemensam/Social/Utredningar/utredning-4.docx":   func(n []string) ([]byte, error) { return inquiryDocument(n[118:124]) },
		"Gemensam/Skola/Klasslistor/7B.csv":              func(n []string) ([]byte, error) { return class(n[124:148]), nil },
		"Teknik/Vattenstyrning/export/abonnenter.csv":    func(n []string) ([]byte, error) { return meters(n[20:50]), nil },
		"Teknik/Vattenstyrning/export/driftlogg.csv":     func([]string) ([]byte, error) { return operation(), nil },
		"Gemensam/Ekonomi/Fakturor/inbetalningar.csv":    func([]string) ([]byte, error) { return payments(), nil },
		"Gemensam/Kultur/Foreningar/kontaktpersoner.csv": func([]string) ([]byte, error) { return societies(), nil },
		"Gemensam/Kultur/Program/sommar.txt": func([]string) ([]byte, error) {
			return []byte("Sommarens program: konserter i parken varje torsdag.\n"), nil
		},
	} {
		b, err := content(numbers)
		if err != nil {
			return fmt.Errorf("make the example's files: %w", err)
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600)); err != nil {
			return fmt.Errorf("make the example's files: %w", err)
		}
	}
	return nil
}

// shareNumbers are the test numbers as people write them.
func shareNumbers() []string {
	var out []string
	for line := range strings.Lines(exampleNumbers) {
		if n, _, ok := strings.Cut(line, ","); ok && len(n) == 12 {
			out = append(out, n[:8]+"-"+n[8:])
		}
	}
	return out
}

var (
	shareFirst = []string{"Anna", "Erik", "Maria", "Karl", "Sara", "Olof", "Ingrid", "Nils", "Elsa", "Lars"}
	shareLast  = []string{"Svensson", "Lindgren", "Åström", "Öberg", "Nyström", "Holm", "Ekdahl"}
)

func sharePerson(i int) string {
	return shareFirst[i%len(shareFirst)] + " " + shareLast[(i/3)%len(shareLast)]
}

func queue(numbers []string) []byte {
	var b bytes.Buffer
	b.WriteString("namn;personnummer;anmäld;önskemål\n")
	for i, n := range numbers {
		fmt.Fprintf(&b, "%s;%s;20%02d-%02d-%02d;%s\n", sharePerson(i), n, 14+i%3, 1+i%12, 1+i%28, []string{"lägenhet", "dagverksamhet", "ledsagning"}[i%3])
	}
	return b.Bytes()
}

// sentences of an investigation that nobody has made.
const inquiryText = `Utredning enligt LVM. %s, personnummer %s, har enligt anmälan ett långvarigt missbruk av alkohol. Hen har tidigare fått vård på
behandlingshem för sitt missbruk och avbrutit behandlingen. Läkaren bedömer att missbruket är livshotande och att tvångsvård kan behövas.
Beroendemottagningen beskriver återfall, abstinens och berusning. Hen säger själv att drogerna tar över.
`

func inquiry(numbers []string) []byte {
	var b bytes.Buffer
	for i, n := range numbers {
		fmt.Fprintf(&b, inquiryText, sharePerson(i+4), n)
	}
	return b.Bytes()
}

func inquiryDocument(numbers []string) ([]byte, error) {
	d := document.Document{Lang: "sv", Title: "Utredningar", Sections: []document.Section{{ID: "alla", Heading: "Utredningar enligt LVM", Level: 1}}}
	for i, n := range numbers {
		d.Sections[0].Paragraphs = append(d.Sections[0].Paragraphs, fmt.Sprintf(strings.ReplaceAll(inquiryText, "\n", " "), sharePerson(i+2), n))
	}
	var b bytes.Buffer
	err := d.Write(&b, document.DOCX)
	return b.Bytes(), err
}

func class(numbers []string) []byte {
	var b bytes.Buffer
	b.WriteString("elev;personnummer;klass;vårdnadshavare;e-post\n")
	for i, n := range numbers {
		fmt.Fprintf(&b, "%s;%s;7B;%s;vardnadshavare%d@norrsjo.example\n", sharePerson(i), n, sharePerson(i+5), i)
	}
	return b.Bytes()
}

func meters(numbers []string) []byte {
	var b bytes.Buffer
	b.WriteString("anläggning;abonnent;personnummer;kontakt_pnr;medsökande_pnr;förbrukning\n")
	for i, n := range numbers {
		fmt.Fprintf(&b, "7359990%011d;%s;%s;%s;%s;%d\n", i*97+13, sharePerson(i), n, numbers[(i+1)%len(numbers)], numbers[(i+2)%len(numbers)], 80+i*7%140)
	}
	return b.Bytes()
}

func operation() []byte {
	var b bytes.Buffer
	b.WriteString("tid;pump;flöde;tryck\n")
	for i := range 200 {
		fmt.Fprintf(&b, "202603%02d%02d%02d;P%d;%d;%d\n", 1+i%28, i%24, i*7%60, i%4, 100+i%40, 3+i%2)
	}
	return b.Bytes()
}

func payments() []byte {
	var b bytes.Buffer
	b.WriteString("fakturanr;ocr;belopp;förfallodag\n")
	for i := range 150 {
		fmt.Fprintf(&b, "%d;%d;%d,00;2026-%02d-%02d\n", 4410000+i*3, 880000000+i*7919, 200+i*13, 1+i%12, 1+i%28)
	}
	return b.Bytes()
}

func societies() []byte {
	var b bytes.Buffer
	b.WriteString("förening;kontakt;telefon;e-post\n")
	for i := range 25 {
		b.WriteString("Förening " + strconv.Itoa(i+1) + ";" + sharePerson(i*3) + ";070-174 06 " + fmt.Sprintf("%02d", 5+i%90) + ";kontakt" + strconv.Itoa(i) + "@forening.example\n")
	}
	return b.Bytes()
}
