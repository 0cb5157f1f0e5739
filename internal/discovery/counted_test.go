// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"context"
	"os"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/discoverytest"
)

// What is only counted counts as what is told one by one does, in every kind of file, and columns are judged alike: numbers in columns that are
// judged are counted where they are found, and nothing else is made of them.
func TestCountedAsTold(t *testing.T) {
	for f := range discoverytest.Corpus(16, 1<<19, 3) {
		t.Run(f.Name, func(t *testing.T) {
			name := t.TempDir() + "/" + path.Base(f.Name)
			if err := os.WriteFile(name, f.Bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			o := options(t, "personnummer", "samordningsnummer")
			told, want := scan(t, o, name)
			counted := &kept{}
			got, err := discovery.Scan(context.Background(), []string{name}, o, counted)
			if err != nil {
				t.Fatal(err)
			}
			if len(told.found) == 0 && path.Ext(name) != ".log" {
				t.Error("nothing was found")
			}
			if d := cmp.Diff(want.Findings, got.Findings, cmpopts.EquateEmpty()); d != "" || want.Low != got.Low {
				t.Errorf("low %d, want %d; -told +counted:\n%s", got.Low, want.Low, d)
			}
			estimated := cmpopts.IgnoreFields(discovery.Container{}, "Distinct") // of many values, by hashes that differ
			if d := cmp.Diff(told.containers, counted.containers, estimated); d != "" {
				t.Errorf("-told +counted:\n%s", d)
			}
		})
	}
}
