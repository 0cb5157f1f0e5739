// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
)

// The answer for people counts what stands in names, and tells no name in clear that says who somebody is: not that of the source either.
func TestScanTableTellsNobodyByName(t *testing.T) {
	rules, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	const root = "Akter Anna Svensson"
	folder := filepath.Join(root, "18900826-9814_akt")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"18900603-9813.txt": "x", "18900717-9816.bin": "\x00\x01\x02", "189008319809.csv": "pnr\n18900603-9813\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	detectors, err := rules.Choose([]string{"personnummer"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	words, err := newScanWords("en", rules)
	if err != nil {
		t.Fatal(err)
	}
	table := newScanTable(&out, rules, words)
	o := discovery.Options{Rules: rules, Detectors: detectors, Now: time.Now, Workers: 2}
	sum, err := discovery.Scan(t.Context(), []string{root}, o, table)
	if err := errors.Join(err, table.Summary(&sum), table.Close()); err != nil {
		t.Fatal(err)
	}
	told := filepath.ToSlash(out.String())
	for _, secret := range []string{"9813", "9814", "9816", "9809", "Svensson"} {
		if strings.Contains(told, secret) {
			t.Errorf("%s is told in\n%s", secret, told)
		}
	}
	const at = "Akter •••••#1/••••••••-••••_akt#1"
	for _, want := range []string{
		at + ": 1 personal identity number\n", at + "/••••••••-••••.txt#1: 1 personal identity number\n", at + "/••••••••-••••.bin#2: 1 personal identity number\n", at + "/••••••••••••.csv#3: 2 personal identity numbers\n",
		at + "/••••••••-••••.bin#2: not read: ", "5 found in 3 files",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("want %q in\n%s", want, told)
		}
	}
}
