// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/system"
)

// says is a fact of the register that a detector speaks of.
type says struct {
	fact string
	// least is how many of the detector's findings are needed: single words stand in many texts that are about something else.
	least int64
}

// spoken are the facts that detectors speak of.
var spoken = map[string]says{
	"personnummer":                 {"personal_data", 1},
	"samordningsnummer":            {"personal_data", 1},
	"interim":                      {"personal_data", 1},
	"passport":                     {"personal_data", 3},
	"id_card":                      {"personal_data", 3},
	"date_of_birth":                {"personal_data", 5},
	"icd10":                        {"special_category", 3},
	"sensitive_health":             {"special_category", 10},
	"sensitive_addiction":          {"special_category", 10},
	"sensitive_disability":         {"special_category", 10},
	"sensitive_union":              {"special_category", 10},
	"sensitive_religion":           {"special_category", 10},
	"sensitive_ethnicity":          {"special_category", 10},
	"sensitive_sexuality":          {"special_category", 10},
	"sensitive_politics":           {"special_category", 10},
	"sensitive_criminal_offences":  {"criminal_data", 10},
	"sensitive_children":           {"children", 20},
	"sensitive_protected_identity": {"protected_identity", 3},
}

// Contradiction is something that the register does not say of a system, and that was found in what belongs to it.
type Contradiction struct {
	// Fact is the fact of the register. Denied says that somebody has written no; otherwise nobody has said anything.
	Fact   string
	Denied bool
	// Detectors are what was found, with how much and in how many containers, the weightiest first.
	Detectors []Tally
}

// Contradict compares what the register says of a system with what was found in what belongs to it. What the register calls possible
// agrees: it says that it may be there.
func Contradict(s *system.System, c *catalogue.Catalogue, today civil.Date, found []Tally) ([]Contradiction, error) {
	facts, origins := c.Vocabulary.Resolve(s.Source(today), s.Sources(c))
	var out []Contradiction
	for _, t := range Leading(found) {
		w, ok := spoken[t.Detector]
		if !ok || t.Total < w.least {
			continue
		}
		if i := slices.IndexFunc(out, func(x Contradiction) bool { return x.Fact == w.fact }); i >= 0 {
			out[i].Detectors = append(out[i].Detectors, t)
			continue
		}
		condition, err := c.Vocabulary.Parse(w.fact)
		if err != nil {
			return nil, err
		}
		if condition.Holds(&facts) != catalogue.No {
			continue
		}
		denied := slices.ContainsFunc(origins, func(o catalogue.Origin) bool { return o.Fact == w.fact && o.Value == "no" && o.Source != nil })
		out = append(out, Contradiction{Fact: w.fact, Denied: denied || denies(s, w.fact), Detectors: []Tally{t}})
	}
	return out, nil
}

// denies reports whether the register's row denies a fact in so many words.
func denies(s *system.System, fact string) bool {
	return slices.ContainsFunc(s.Facts, func(x catalogue.Statement) bool { return x.Fact == fact && x.Value == "no" })
}
