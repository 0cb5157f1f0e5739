// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/discoverytest"
	"github.com/insegel/insegel/internal/discovery/source"
)

// inBlocks is what is found in a text that is handed on in blocks of a size.
func inBlocks(t *testing.T, o discovery.Options, form source.Kind, text []byte, size int) (out []string) {
	t.Helper()
	k := &kept{}
	p := discovery.NewPart(o, k)
	err := p.Table("a", func(v source.Visitor) error {
		for at := 0; at < len(text); at += size {
			b := bytes.Clone(text[at:min(len(text), at+size)])
			place := source.Place{Line: 1 + bytes.Count(text[:at], []byte("\n"))}
			if err := v.Text(source.Text{Bytes: b, Offset: int64(at), Raw: true, Place: place, Continues: at > 0, Form: form}); err != nil {
				return err
			}
			clear(b) // it is valid no longer
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(k.found, func(a, b discovery.Finding) int { return int(a.Offset - b.Offset) }) // those of a column wait for it
	for i := range k.found {
		f := &k.found[i]
		place := fmt.Sprintf("%d (%d:%d) %s", f.Offset, f.Place.Line, f.Place.Column, f.Place.Field)
		out = append(out, fmt.Sprintf("%s %s %s %s %x", place, f.Detector, f.Confidence, f.Masked, f.Fingerprint))
	}
	return out
}

// The same is found whatever the size of the blocks that a file is read in, in every kind of file and with every detector.
func TestAnyBlocks(t *testing.T) {
	const size = 300 << 10
	texts := map[string][]byte{"sentences": discoverytest.Sentences(3000, 1).Bytes, "later": discoverytest.Later(3000, 1).Bytes}
	for f := range discoverytest.Corpus(64, size, 3) {
		kind, _, _ := bytes.Cut([]byte(f.Name), []byte("/"))
		texts[string(kind)] = f.Bytes
	}
	texts["wide"] = wideRegister(size)
	texts["markup"] = elements(size)
	forms := map[string]source.Kind{"register": source.CSV, "ekonomi": source.CSV, "export": source.JSON, "wide": source.CSV, "markup": source.Markup}
	for _, ids := range [][]string{nil, {"personnummer"}, {"name_person", "address"}} {
		o := options(t, ids...)
		o.Detail = true
		for name, text := range texts {
			whole := inBlocks(t, o, forms[name], text, len(text))
			for _, block := range []int{16 << 10, 64 << 10, 100_003, 128 << 10, 5003, 777} {
				if d := cmp.Diff(whole, inBlocks(t, o, forms[name], text, block)); d != "" {
					t.Errorf("%s, %v, in blocks of %d (-whole +blocks):\n%.2000s", name, ids, block, d)
				}
			}
		}
	}
}

// wideRegister has lines of some two thousand bytes, so that a line's beginning is far before its last cells.
func wideRegister(size int) []byte {
	var text bytes.Buffer
	text.WriteString("nr")
	for i := range 90 {
		fmt.Fprintf(&text, ";fält%d", i)
	}
	text.WriteString(";personnummer;namn;adress\n")
	for i := 0; text.Len() < size; i++ {
		fmt.Fprintf(&text, "%d", i)
		for k := range 90 {
			fmt.Fprintf(&text, ";beskrivning nummer %d", i*k%1000)
		}
		fmt.Fprintf(&text, ";%s;Anna Maria Svensson;Norra vägen %d, 123 45 Norrsjö\n", known, i%90)
	}
	return text.Bytes()
}

// elements are people in elements, all on one line.
func elements(size int) []byte {
	var text bytes.Buffer
	text.WriteString("<register>")
	for i := 0; text.Len() < size; i++ {
		fmt.Fprintf(&text, `<person id="%d"><personnummer>%s</personnummer><namn>Anna Maria Svensson</namn><anteckning>Klienten Zlatka Obekantova bor på `+
			`Norra vägen %d, 123 45 Norrsjö, tfn 070-174 06 05</anteckning></person>`, i, known, i%90)
	}
	return text.Bytes()
}
