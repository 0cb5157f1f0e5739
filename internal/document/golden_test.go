// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares content with the file of that name under testdata.
func golden(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read golden file (make it with -update): %v", err)
	}
	if diff := cmp.Diff(string(want), content); diff != "" {
		t.Errorf("%s differs from the golden file (-want +got):\n%s", name, diff)
	}
}

// broken gives every element a line, so that a difference can be read.
func broken(markup string) string { return strings.ReplaceAll(markup, "><", ">\n<") + "\n" }

func TestGolden(t *testing.T) {
	parts := map[Format][]string{
		XLSX: {"xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml", "docProps/core.xml"},
		DOCX: {"word/document.xml", "word/styles.xml", "word/settings.xml", "word/header1.xml", "word/footer2.xml", "word/_rels/document.xml.rels", "docProps/core.xml"},
		ODS:  {"content.xml", "styles.xml", "meta.xml", "settings.xml", "META-INF/manifest.xml"},
	}
	for _, lang := range []string{"sv", "en"} {
		for f, names := range parts {
			got := unzip(t, write(t, sample(lang), f))
			for _, name := range names {
				golden(t, filepath.Join(lang, string(f), filepath.Base(name)), broken(got[name]))
			}
		}
		for _, f := range []Format{HTML, CSV} {
			golden(t, filepath.Join(lang, "document"+f.Extension()), string(write(t, sample(lang), f)))
		}
	}
}
