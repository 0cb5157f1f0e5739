// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Everything that a root key protects must be moved when it changes, or it is lost. What derives a key from it is therefore named here,
// with what a change of root key does about it; decision 019 and app.RotateRoot say the same.
func TestEveryUseOfTheRootKeyIsKnown(t *testing.T) {
	known := map[string]string{
		`"check"`:             "says which root key it is; changed with it",
		`"wrap "`:             "what is wrapped by purpose: the log's seed, which audit.Rewrap carries along",
		`"organisation keys"`: "the file of organisations' keys; seal.Ring.Reroot wraps them anew",
		`"sign-in secret"`:    "secrets and private keys towards providers; provider.Rewrap",
		`"mail"`:              "mail passwords and waiting mail; mail.Rewrap",
		`"mail recipient"`:    "how an address is counted for an hour; counted anew",
		`"link code"`:         "codes that live some minutes; a new one is asked for",
		`"workshop code"`:     "codes of open workshops, which live some hours; a new workshop is opened, and who has a seat keeps it",
		`"backup signature"`:  "backups are checked and restored with the root key of their time, which is kept with them",
		`"database password"`: "a check of the database's password, to tell when it is changed; made anew at the next start, and its day stays",
		"KeyPurpose":          "the log's seed, until it is carried along; audit.Rewrap",
	}
	found := map[string]bool{}
	use := regexp.MustCompile(`(?:[rR]oot|[kK]ey|\br)\.Derive\(("[^"]*"|[A-Za-z.]+)`)
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range use.FindAllStringSubmatch(string(b), -1) {
			found[strings.TrimPrefix(m[1], "audit.")] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("what is derived from the root key (-known +found): say what a change of root key does about it, and do it\n%s", diff)
	}
}
