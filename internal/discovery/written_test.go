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

// spread are ways in which one number is written in markup: all are shown alike.
var spread = []string{
	"18900603-<b>9813</b>", "<b>18900603</b>-9813", "1890<span class='a' style=\"color:red\">0603</span>-98<i><u>13</u></i>", "189006<wbr>03-9813",
	"1890</w:t></w:r><w:proofErr w:type=\"x\"/><w:r><w:rPr><w:b/></w:rPr><w:t>0603-9813", "1890</text:span><text:span text:style-name='T1'>0603-9813",
	"18900603&#x2d;9813", "18900603&#x2D;9813", "18900603&hyphen;9813", "18900603&plus;9813", "&#49;8900603-9813", "1890<b>&#48;603-9813</b>", "1890<EM>0603</EM>-<font size=2>9813</font>",
}

// A number that is spread over elements, or written out, is one, and is told where it begins in the file.
func TestNumbersSpreadOverElements(t *testing.T) {
	for _, name := range []string{"a.html", "a.xml"} {
		for _, number := range spread {
			file := filepath.Join(t.TempDir(), name)
			content := "<html><p>F&ouml;dd " + number + " i m&aring;l 5.</p>"
			write(t, file, []byte(content))
			k, sum := scan(t, options(t, "personnummer"), file)
			at := int64(strings.Index(content, strings.TrimPrefix(number, "<b>")))
			if len(k.found) != 1 || k.found[0].Offset != at || k.found[0].Confidence < detect.Medium || sum.BytesRead != int64(len(content)) {
				t.Errorf("%s: %s: %v, want one at %d", name, number, k.found, at)
			}
		}
	}
	for _, apart := range []string{
		"<i>189006039813</i><i>5</i>", "<td>189006039813</td><td>5</td>", "189006039813<br>5", "<w:p>189006039813</w:p><w:p>5</w:p>", "<span>189006039813</span><span>5</span>",
	} {
		file := filepath.Join(t.TempDir(), "a.html")
		write(t, file, []byte("<html><p>"+apart+"</p>"))
		if k, _ := scan(t, options(t, "personnummer"), file); len(k.found) != 1 {
			t.Errorf("%s: %v", apart, k.found)
		}
	}
}

// They are found wherever a block ends.
func TestSpreadNumbersAtEveryBorder(t *testing.T) {
	const border = 64 << 10
	for _, number := range spread {
		for shift := range len(number) + 4 {
			file := filepath.Join(t.TempDir(), "a.html")
			lead := "<html><p>" + strings.Repeat(" ", border-len("<html><p>")-shift)
			content := lead + number + " var h&auml;r."
			write(t, file, []byte(content))
			k, sum := scan(t, options(t, "personnummer"), file)
			at := int64(strings.Index(content, strings.TrimPrefix(number, "<b>")))
			if len(k.found) != 1 || k.found[0].Offset != at || sum.BytesRead != int64(len(content)) {
				t.Errorf("%s shifted by %d: %v, want one at %d; %d bytes read of %d", number, shift, k.found, at, sum.BytesRead, len(content))
			}
		}
	}
}

// Tags without an end keep nothing waiting.
func TestEndlessTags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.html")
	content := "<html>" + strings.Repeat("1<b>", 1<<20) + "<p>" + known
	write(t, file, []byte(content))
	k, sum := scan(t, options(t, "personnummer"), file)
	if len(k.found) != 1 || k.found[0].Offset != int64(len(content)-len(known)) || sum.BytesRead != int64(len(content)) {
		t.Errorf("%v, %d bytes read of %d", k.found, sum.BytesRead, len(content))
	}
}

// What stands right after a line break that is written out is found: it is no letter.
func TestAfterWrittenOutBreaks(t *testing.T) {
	for content, want := range map[string]string{
		`{"text":"Anteckning\n18900603-9813 ringde\t070-174 06 05\r\nHandläggare:\nAnna Svensson\nMissbruk"}`:     "a.json",
		`ERROR body={"text":"Anteckning\n18900603-9813 ringde"} url=/sok?next=%2Fperson%3Fpnr%3D189007179816&x=1`: "a.log",
	} {
		file := filepath.Join(t.TempDir(), want)
		write(t, file, []byte(content))
		k, sum := scan(t, options(t, "personnummer", "phone", "name_person", "sensitive_addiction"), file)
		var got []string
		for _, f := range k.found {
			got = append(got, f.Detector+" "+content[f.Offset:f.Offset+4])
			if f.Place.Line != 1 {
				t.Errorf("%s: line %d", want, f.Place.Line)
			}
		}
		wanted := []string{"personnummer 1890", "phone 070-", "name_person Anna", "sensitive_addiction Miss"}
		if want == "a.log" {
			wanted = []string{"personnummer 1890", "personnummer 1890"}
		}
		if d := cmp.Diff(wanted, got); d != "" || sum.BytesRead != int64(len(content)) {
			t.Errorf("%s (-want +got):\n%s", want, d)
		}
	}
}
