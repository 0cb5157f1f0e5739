// SPDX-License-Identifier: EUPL-1.2

package provider

import "time"

// Trial is what came of a sign-in that an administrator made to try a provider (Swedish: provinloggning). Nobody was signed in by it.
type Trial struct {
	Provider Provider
	// Asked are the authentication contexts that were asked for, Answered the one of the answer and Methods the methods (amr).
	Asked    []string
	Answered string
	Methods  []string
	// Strength is what the answer counts as.
	Strength Strength
	// At is when the person signed in at the provider; zero when it did not say.
	At time.Time
	// Err is why the answer would be refused, and Reason a word for it; nil when it would be let in.
	Err    error
	Reason string
	// Name is the person's, and Claims what the rules about roles would see.
	Name   string
	Claims map[string][]string
}
