// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"fmt"

	"github.com/insegel/insegel/internal/civil"
)

// Step is how severe a harm is, on the one scale that every classification model is mapped to (Swedish: steg).
type Step uint8

// The steps in ascending order. Unset is "nobody has said".
const (
	Unset Step = iota
	Negligible
	Moderate
	Significant
	Serious
)

// NumSteps is the number of values a Step can have, Unset included, for arrays that are indexed by step.
const NumSteps = 5

var stepNames = [NumSteps]string{"", "negligible", "moderate", "significant", "serious"}

// String gives the name used in files; it is empty for Unset.
func (s Step) String() string {
	if int(s) < len(stepNames) {
		return stepNames[s]
	}
	return fmt.Sprintf("step(%d)", uint8(s))
}

// ParseStep reads the name of a step. An empty name is not a step.
func ParseStep(s string) (Step, bool) {
	for i, name := range stepNames {
		if i > 0 && name == s {
			return Step(i), true
		}
	}
	return Unset, false
}

// Aspect is what about the information may be lost (Swedish: aspekt).
type Aspect uint8

// The aspects in the order they are always shown: K, R, T, S.
const (
	Confidentiality Aspect = iota
	Integrity
	Availability
	Traceability
)

// NumAspects is the number of aspects, for arrays that are indexed by aspect.
const NumAspects = 4

var (
	aspectNames   = [NumAspects]string{"confidentiality", "integrity", "availability", "traceability"}
	aspectLetters = [NumAspects]Text{{"K", "C"}, {"R", "I"}, {"T", "A"}, {"S", "T"}}
)

// String gives the name used in files.
func (a Aspect) String() string {
	if int(a) < len(aspectNames) {
		return aspectNames[a]
	}
	return fmt.Sprintf("aspect(%d)", uint8(a))
}

// Letter gives the letter people know the aspect by: K, R, T, S in Swedish.
func (a Aspect) Letter(l Lang) string {
	if int(a) < len(aspectLetters) {
		return aspectLetters[a].In(l)
	}
	return "?"
}

// ParseAspect reads the name of an aspect.
func ParseAspect(s string) (Aspect, bool) {
	for i, name := range aspectNames {
		if name == s {
			return Aspect(i), true
		}
	}
	return 0, false
}

// Perspective is whose harm is weighed (Swedish: perspektiv).
type Perspective uint8

// The perspectives in the order they are asked.
const (
	Individual Perspective = iota
	Organisation
	Society
)

// NumPerspectives is the number of perspectives, for arrays that are indexed by perspective.
const NumPerspectives = 3

var perspectiveNames = [NumPerspectives]string{"individual", "organisation", "society"}

// String gives the name used in files.
func (p Perspective) String() string {
	if int(p) < len(perspectiveNames) {
		return perspectiveNames[p]
	}
	return fmt.Sprintf("perspective(%d)", uint8(p))
}

// ParsePerspective reads the name of a perspective.
func ParsePerspective(s string) (Perspective, bool) {
	for i, name := range perspectiveNames {
		if name == s {
			return Perspective(i), true
		}
	}
	return 0, false
}

// Date is a day in the calendar (Swedish: datum). The zero value is "not known".
type Date = civil.Date

// ParseDate reads a date written as 2006-01-02.
func ParseDate(s string) (Date, error) { return civil.Parse(s) }
