// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// Names that are not looked through because they are plain hold nothing that is masked.
func TestPlainNamesHoldNothing(t *testing.T) {
	rules, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	plain, all := newNames(rules, nil, 20261130), newNames(rules, nil, 20261130)
	all.plain = false
	words := []string{"anna", "andersson", "storgatan", "pass", "legitimation", "id", "pnr", "tel", "tfn", "kort", "konto", "iban", "se", "x", "hemlig", "i", "lgh"}
	signs := []string{" ", "_", "-", ".", "", ",", "(", "/", "+", "#"}
	held, looked := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		name := ""
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			if rapid.Bool().Draw(t, "word") {
				name += rapid.SampledFrom(words).Draw(t, "word")
			} else {
				name += rapid.StringMatching(`[0-9]{1,7}|[a-z]{1,4}|[ÅA-Z@]`).Draw(t, "part")
			}
			name += rapid.SampledFrom(signs).Draw(t, "sign")
		}
		if !plain.plainly(name) {
			looked++
			return
		}
		held++
		if found := all.look(name); len(found) > 0 {
			t.Fatalf("%q holds %+v and is not looked through", name, found)
		}
	})
	if held == 0 || looked == 0 {
		t.Errorf("%d names were plain and %d were not", held, looked)
	}
}

// However many folders a file has, and whatever they are called, little is kept of them.
func TestFewFoldersAreKept(t *testing.T) {
	var m members
	for i := range mostFolders + 10 {
		if name := strconv.Itoa(i); !m.first(name) || m.count(name) != 1 {
			t.Fatalf("folder %d is not new, or has names", i)
		}
	}
	if len(m.looked) > mostFolders || len(m.folders) > mostFolders {
		t.Errorf("%d folders and %d counts are kept", len(m.looked), len(m.folders))
	}
	long := strings.Repeat("x", 1<<10)
	for i := range mostHidden >> 9 {
		m.hide(strconv.Itoa(i), long)
	}
	if n := len(m.hidden); n == 0 || n > mostHidden>>10 {
		t.Errorf("%d members are kept with how they are told", n)
	}
}
