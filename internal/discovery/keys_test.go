// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// The keys of a window are those that going back from each place finds, whatever lies between them and in whatever order they are asked for.
func TestKeysOfAWindow(t *testing.T) {
	pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
		`"pnr":`, `"pnr": `, `"id" : `, `"":`, `"konto":"`, `",`, `"`, `:`, ` `, "\n", "{", "12:30", "850709-9805", "text", "5",
		`"a key that is as long as a key may be, and then some more, so that its first quote is too far back for it to be found at all":`,
		"a value that goes on for so long that its key is out of reach when it comes to its end, as some do, and more still to be sure of it. ",
	}), 0, 60)
	rapid.Check(t, func(t *rapid.T) {
		var k jsonKeys // of one file, so that what came before stays
		for range 2 {
			var window []byte
			for _, p := range pieces.Draw(t, "window") {
				window = append(window, p...)
			}
			if _, ok := k.learn(window, func(string) detect.Contexts { return 0 }); !ok {
				t.Fatal("too many keys")
			}
			check := func(at int) {
				before := window[max(0, at-longestKey):at]
				open, shut := jsonKey(before)
				key := k.at(at)
				switch {
				case (key != nil) != (shut != 0):
					t.Fatalf("at %d: a key is %v, want %v", at, key != nil, shut != 0)
				case key != nil && key.name != string(before[open:shut]):
					t.Fatalf("at %d: %q, want %q", at, key.name, before[open:shut])
				}
			}
			for at := range len(window) + 1 {
				check(at)
			}
			for range 20 {
				check(rapid.IntRange(0, len(window)).Draw(t, "at"))
			}
		}
	})
}
