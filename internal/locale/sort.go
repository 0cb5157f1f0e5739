// SPDX-License-Identifier: EUPL-1.2

package locale

import (
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// A collator keeps a buffer and may be used by one goroutine at a time.
var collators = sync.Pool{New: func() any { return collate.New(language.Swedish, collate.IgnoreCase) }}

// SortKey is a text that sorts by byte as Swedish sorts (… X Y Z Å Ä Ö), on every engine. It is stored beside the name.
func SortKey(s string) string {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	var b collate.Buffer
	return hex.EncodeToString(c.KeyFromString(&b, norm.NFC.String(s)))
}

// Sort sorts by what name gives, as Swedish does.
func Sort[T any](items []T, name func(T) string) {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	slices.SortStableFunc(items, func(a, b T) int { return c.CompareString(name(a), name(b)) })
}

// Fold makes two spellings of one name equal: case, white space and the two ways to write Å Ä Ö in Unicode do not count.
// SQLite folds only a–z itself.
func Fold(s string) string {
	s = norm.NFC.String(s)
	var b strings.Builder
	gap := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff':
			gap = b.Len() > 0
		case unicode.IsControl(r):
		default:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
