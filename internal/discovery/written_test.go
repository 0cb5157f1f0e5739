// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// Letters that are written out in HTML, XML, JSON and mail are read as what they are, and what is found is told where it stands in the
// file.
func TestWrittenOutLetters(t *testing.T) {
	for name, content := range map[string]string{
		"a.html":   "<html><p>Handl&auml;ggare: G&ouml;ran &Aring;kesson, V&auml;stra V&#228;gen 12, 123 45 Norrsj&#xF6;. &amp; F&ouml;redrag. H&ouml;rselskadad.</p>",
		"a.xml":    "<?xml version=\"1.0\"?><a>Handl&#228;ggare: G&#246;ran &#xC5;kesson, V&#xe4;stra V&#228;gen 12, 123 45 Norrsj&#xF6;. &amp; H&#246;rselskadad.</a>",
		"a.json":   `{"text":"Handl\u00e4ggare: G\u00f6ran \u00c5kesson, V\u00e4stra V\u00E4gen 12, 123 45 Norrsj\u00f6. \\u00e4 \" H\u00f6rselskadad."}`,
		"plain.md": "Handläggare: Göran Åkesson, Västra Vägen 12, 123 45 Norrsjö. & Hörselskadad.",
		"a.eml":    "From: a@exempel.se\nTo: b@exempel.se\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<p>Handl&auml;ggare: G&ouml;ran &Aring;kesson, V&auml;stra V&#228;gen 12, 123 45 Norrsj&ouml;. H&ouml;rselskadad.</p>",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			write(t, file, []byte(content))
			k, _ := scan(t, options(t, "name_person", "address", "sensitive_disability"), file)
			var got []string
			for _, f := range k.found {
				if f.Confidence >= detect.Medium {
					got = append(got, f.Detector+" "+content[f.Offset:f.Offset+2])
				}
			}
			if d := cmp.Diff([]string{"name_person G", "address V", "sensitive_disability H"}, firsts(got)); d != "" {
				t.Errorf("(-want +got):\n%s%q", d, got)
			}
		})
	}
}

// firsts are the first letters of values: what follows may be written out.
func firsts(found []string) []string {
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = f[:len(f)-1]
	}
	return out
}

// A letter that is written out is read wherever a block ends.
func TestWrittenOutLettersAtEveryBorder(t *testing.T) {
	const border = 64 << 10
	for shift := range 40 {
		file := filepath.Join(t.TempDir(), "a.html")
		lead := "<html><p>" + strings.Repeat(" ", border-len("<html><p>")-shift)
		content := lead + "Handl&auml;ggare: G&ouml;ran &Aring;kesson var h&auml;r."
		write(t, file, []byte(content))
		k, sum := scan(t, options(t, "name_person"), file)
		if len(k.found) != 1 || k.found[0].Offset != int64(strings.Index(content, "G&ouml;")) || sum.BytesRead != int64(len(content)) {
			t.Fatalf("shifted by %d: %v, %d bytes read of %d", shift, k.found, sum.BytesRead, len(content))
		}
	}
}
