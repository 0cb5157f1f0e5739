// SPDX-License-Identifier: EUPL-1.2

// Package verdict judges how strong a sign-in is by what was seen of it (Swedish: utslag). It is pure: observations in, a decision with
// its reasons out. What is decided by what is data (rules.yaml), so that an old record can be judged again as it was. It never says
// that something is strong where that cannot be known: unknown is an answer, and absence proves nothing.
package verdict

import "slices"

// Verdict is what was found about one way in.
type Verdict string

// The verdicts, from the weakest to the strongest. Unknown stands between what is known to be weak and what is known to be demanded.
const (
	PasswordOnly      Verdict = "password_only"
	StrongOffered     Verdict = "strong_offered"
	Unknown           Verdict = "unknown"
	StrongDemanded    Verdict = "strong_demanded"
	ClientCertificate Verdict = "client_certificate"
)

var order = []Verdict{PasswordOnly, StrongOffered, Unknown, StrongDemanded, ClientCertificate}

// Known reports whether it is one of the verdicts.
func (v Verdict) Known() bool { return slices.Contains(order, v) }

// Weaker reports whether it comes before another.
func (v Verdict) Weaker(than Verdict) bool { return slices.Index(order, v) < slices.Index(order, than) }

// Confidence is how sure a verdict is.
type Confidence string

// The confidences.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Grade is what kind of evidence a verdict rests on.
type Grade string

// The grades.
const (
	Seen     Grade = "E1" // a request, a page or a refusal was seen
	Metadata Grade = "E2" // the identity provider's signed metadata
	Tested   Grade = "E3" // a negative test in the owner's test environment
	Attested Grade = "E4" // the owner's word, with a document
)

// Decision is what was decided about one way in.
type Decision struct {
	Verdict    Verdict
	Confidence Confidence
	Grade      Grade
	// Factors is how many factors the way in demands, and LoA the reviewed identity assurance; 0 is not known.
	Factors int
	LoA     int
	// Rule is the number of the rule that decided, and ID its name in the data.
	Rule int
	ID   string
	// Kind is what kind of sign-in was seen.
	Kind string
	// Reasons say why, the deciding one first. Limits say what could not be seen.
	Reasons []Reason
	Limits  []string
}

// Reason is one reason, in both languages.
type Reason struct {
	ID     string
	SV, EN string
}

// In is the reason in a language: "sv", or else English.
func (r Reason) In(lang string) string {
	if lang == "sv" {
		return r.SV
	}
	return r.EN
}

// Weakest is the number of the decision that decides for a system with several ways in, or -1 without any. The weakest verdict wins,
// then the fewest factors and the lowest assurance, then the first.
func Weakest(all []Decision) int {
	best := -1
	for i, d := range all {
		if best < 0 || weaker(&d, &all[best]) {
			best = i
		}
	}
	return best
}

func weaker(a, b *Decision) bool {
	if a.Verdict != b.Verdict {
		return a.Verdict.Weaker(b.Verdict)
	}
	if a.Factors != b.Factors {
		return a.Factors < b.Factors
	}
	return a.LoA < b.LoA
}
