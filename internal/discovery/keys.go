// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"
	"sort"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// jsonKeys are all keys of a window that is all one file of JSON, in their order. Where every detector asks for the column of most numbers,
// finding the keys once costs less than going back from each number; and what no key speaks of, no number needs to be asked for.
type jsonKeys struct {
	made  bool // for the window
	keys  []keyAt
	last  int // which was asked for last
	named map[string]*knownKey
	first knownKey // before the first
	many  bool     // the file has too many different keys
}

// keyAt is a key in the window: where its colon stands, and the byte after its first quote.
type keyAt struct {
	colon, open int
	key         *knownKey
}

// knownKey is one of a file's keys. The one that came after it the last time most often does again.
type knownKey struct {
	name    string
	heading detect.Contexts
	column  *column
	next    *knownKey
}

// longestName is how many bytes a key has at most, with one of its quotes.
const longestName = 99

// learn finds the keys of a window, and what they speak of; ok is false when the file has too many. heading is what a key speaks of.
func (k *jsonKeys) learn(window []byte, heading func(name string) detect.Contexts) (names detect.Contexts, ok bool) {
	k.keys, k.last = k.keys[:0], 0
	before := &k.first
	for at := 0; !k.many; {
		i := bytes.IndexByte(window[at:], ':')
		if i < 0 {
			k.made = true
			break
		}
		colon := at + i
		at = colon + 1
		shut := colon - 1
		for shut > 0 && isBlank(window[shut]) {
			shut--
		}
		if shut < 1 || window[shut] != '"' {
			continue
		}
		known := before.next
		if known == nil || !known.endsAt(window, shut) {
			least := max(0, shut-longestName)
			open := least + bytes.LastIndexByte(window[least:shut], '"') + 1
			if open == least {
				continue
			}
			known = k.known(window[open:shut], heading)
			before.next = known
		}
		names |= known.heading
		k.keys = append(k.keys, keyAt{colon, shut - len(known.name), known})
		before = known
	}
	return names, k.made
}

// endsAt reports whether the key ends at a place, with the quote before it. No quote stands in a key.
func (k *knownKey) endsAt(window []byte, shut int) bool {
	open := shut - len(k.name)
	return open > 0 && window[open-1] == '"' && string(window[open:shut]) == k.name
}

// known is the file's key of a name.
func (k *jsonKeys) known(name []byte, heading func(name string) detect.Contexts) *knownKey {
	if known := k.named[string(name)]; known != nil {
		return known
	}
	if k.named == nil {
		k.named = map[string]*knownKey{}
	}
	k.many = len(k.named) >= mostNames
	known := &knownKey{name: string(name)}
	if !k.many {
		known.heading = heading(known.name)
	}
	k.named[known.name] = known
	return known
}

// at is the key of the value that a place of the window stands in, as jsonKey finds it; nil when there is none.
func (k *jsonKeys) at(at int) *knownKey {
	if k.last >= len(k.keys) || k.keys[k.last].colon >= at {
		k.last = max(0, sort.Search(len(k.keys), func(i int) bool { return k.keys[i].colon >= at })-1)
	}
	for k.last+1 < len(k.keys) && k.keys[k.last+1].colon < at {
		k.last++
	}
	if k.last >= len(k.keys) {
		return nil
	}
	if key := &k.keys[k.last]; key.colon < at && key.open-1 >= at-longestKey {
		return key.key
	}
	return nil
}

// columnAt is the column of the value that a place of the window stands in.
func (k *jsonKeys) columnAt(s *session, at int) *column {
	key := k.at(at)
	if key == nil {
		return nil
	}
	if key.column == nil || key.column.Member != s.member {
		key.column = s.keyed([]byte(key.name))
	}
	return key.column
}
