// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"unicode/utf8"

	"github.com/insegel/insegel/internal/locale"
)

// Because is one reason of a record. It is kept as a message's key with what fills it in, so that every reader gets it in their own language.
type Because struct {
	Key string `json:"key,omitempty"`
	// Words fill the message in as they are, Keys are words that are messages themselves, Numbers are written as the language writes them,
	// and Shares, which are thousandths, as per cent. The number named Count decides between one and many.
	Words   map[string]string `json:"words,omitempty"`
	Keys    map[string]string `json:"keys,omitempty"`
	Numbers map[string]int64  `json:"numbers,omitempty"`
	Shares  map[string]int    `json:"shares,omitempty"`
	// SV and EN are the reason in words, for those that data has and no message.
	SV string `json:"sv,omitempty"`
	EN string `json:"en,omitempty"`
}

// In is the reason in a language.
func (b *Because) In(l *locale.Localizer) string {
	if b.Key == "" {
		if l.Lang == "en" && b.EN != "" {
			return b.EN
		}
		return b.SV
	}
	var args []any
	for name, word := range b.Words {
		args = append(args, name, word)
	}
	for name, key := range b.Keys {
		args = append(args, name, l.T(key))
	}
	for name, n := range b.Numbers {
		args = append(args, name, n)
	}
	for name, n := range b.Shares {
		args = append(args, name, l.Percent(n, 1000))
	}
	return l.T(b.Key, args...)
}

func (b *Because) check() error {
	size := utf8.RuneCountInString(b.SV) + utf8.RuneCountInString(b.EN)
	for _, words := range []map[string]string{b.Words, b.Keys} {
		for _, w := range words {
			size += utf8.RuneCountInString(w)
		}
	}
	if size > 2*maxText {
		return ErrLong
	}
	return nil
}

// Told are reasons in two languages as data has them. What lacks its English is told in Swedish.
func Told(sv, en []string) []Because {
	out := make([]Because, len(sv))
	for i, text := range sv {
		out[i].SV = text
		if i < len(en) {
			out[i].EN = en[i]
		}
	}
	return out
}

// Why are the reasons in a language. Records of before reasons were kept so have theirs in Swedish.
func (d *Detail) Why(l *locale.Localizer) []string {
	out := make([]string, 0, len(d.Because)+len(d.Reasons))
	for i := range d.Because {
		out = append(out, d.Because[i].In(l))
	}
	return append(out, d.Reasons...)
}
