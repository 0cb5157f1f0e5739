// SPDX-License-Identifier: EUPL-1.2

// Package catalogue loads and checks what the world says: facts, laws, information types, requirements, classification
// models and threats (Swedish: katalog). A catalogue never changes once it is loaded and may be shared between goroutines.
package catalogue

import (
	"cmp"
	"strconv"
	"strings"
)

// Catalogue is one edition of everything that the data files say.
type Catalogue struct {
	Edition      string
	Vocabulary   *Vocabulary
	Laws         []Law
	Types        []InformationType
	Topics       []Topic
	Requirements []Requirement
	Models       []Model
	Threats      []Threat
	Evidence     []EvidenceKind
	TenderTopics []TenderTopic
	// IndicatorFacts are what the rules of Indicators speak of, in the order of their bits.
	IndicatorFacts []IndicatorFact
	Indicators     []Indicator
	Counties       []County
	Municipalities []Municipality
	// Detectors are ids only: the package that uses them reads the rest.
	Detectors []string

	laws, types, topics, requirements, threats, evidence map[string]int
	indicators, indicatorFacts, municipalities           map[string]int

	successors map[string]string // requirement that is gone -> the one that replaced it
}

// Law finds a law by its id.
func (c *Catalogue) Law(id string) (*Law, bool) { return find(c.Laws, c.laws, id) }

// InformationType finds an information type by its id.
func (c *Catalogue) InformationType(id string) (*InformationType, bool) {
	return find(c.Types, c.types, id)
}

// Requirement finds a requirement by its id.
func (c *Catalogue) Requirement(id string) (*Requirement, bool) {
	return find(c.Requirements, c.requirements, id)
}

// RequirementIndex tells where in Requirements a requirement stands.
func (c *Catalogue) RequirementIndex(id string) (int, bool) {
	i, ok := c.requirements[id]
	return i, ok
}

// Topic finds a topic by its id.
func (c *Catalogue) Topic(id string) (*Topic, bool) { return find(c.Topics, c.topics, id) }

// Threat finds a threat by its id.
func (c *Catalogue) Threat(id string) (*Threat, bool) { return find(c.Threats, c.threats, id) }

// EvidenceKind finds a kind of evidence by its id.
func (c *Catalogue) EvidenceKind(id string) (*EvidenceKind, bool) {
	return find(c.Evidence, c.evidence, id)
}

// Model finds a model by id and version. An empty version is the newest.
func (c *Catalogue) Model(id, version string) (*Model, bool) {
	var newest *Model
	for i := range c.Models {
		m := &c.Models[i]
		switch {
		case m.ID != id || version != "" && m.Version != version:
		case newest == nil || compareVersions(m.Version, newest.Version) > 0:
			newest = m
		}
	}
	return newest, newest != nil
}

// Successor tells which requirement has taken the place of one that is gone. Answers follow to it.
func (c *Catalogue) Successor(id string) (string, bool) {
	to, ok := c.successors[id]
	return to, ok
}

// compareVersions compares versions such as 2 and 2.10 part by part, as numbers where both parts are numbers.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		if errX != nil || errY != nil {
			if c := strings.Compare(as[i], bs[i]); c != 0 {
				return c
			}
			continue
		}
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

func find[T any](rows []T, index map[string]int, id string) (*T, bool) {
	i, ok := index[id]
	if !ok {
		return nil, false
	}
	return &rows[i], true
}
