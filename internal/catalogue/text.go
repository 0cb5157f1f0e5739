// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"strconv"
	"strings"
)

// Lang is one of the two languages every text exists in.
type Lang string

// The languages of the catalogue.
const (
	SV Lang = "sv"
	EN Lang = "en"
)

// Text is one human text in both languages.
type Text struct{ SV, EN string }

// In gives the text in the language asked for, or in Swedish when there is none.
func (t Text) In(l Lang) string {
	if l == EN && t.EN != "" {
		return t.EN
	}
	return t.SV
}

// IsZero tells whether the text is missing in both languages.
func (t Text) IsZero() bool { return t == Text{} }

// Fill replaces every {key} in a text with the figure of the setting: the one chosen by the organisation, else the default.
// A placeholder without a setting is left as it stands, so that it is seen and not silently lost.
func Fill(text string, settings []Setting, chosen map[string]int) string {
	if len(settings) == 0 || !strings.Contains(text, "{") {
		return text
	}
	for _, s := range settings {
		value := s.Value
		if own, ok := chosen[s.Key]; ok {
			value = own
		}
		text = strings.ReplaceAll(text, "{"+s.Key+"}", strconv.Itoa(value))
	}
	return text
}
