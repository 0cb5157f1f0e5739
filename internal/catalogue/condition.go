// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"errors"
	"fmt"
	"strings"
)

// Truth is the answer of a condition: no, maybe or yes. And is the smallest, or is the greatest.
type Truth uint8

// The three answers, in ascending order.
const (
	No Truth = iota
	Maybe
	Yes
)

// String gives the answer as a word.
func (t Truth) String() string {
	switch t {
	case Yes:
		return "yes"
	case Maybe:
		return "maybe"
	default:
		return "no"
	}
}

// Set is a set of literals (fact=value), one bit each. Which bit means what is known to the Vocabulary that gave it.
type Set [2]uint64

// maxLiterals is what fits in a Set.
const maxLiterals = 128

// add puts a literal in the set.
func (s *Set) add(bit int) { s[bit>>6] |= 1 << (bit & 63) }

// has tells whether a literal is in the set.
func (s *Set) has(bit int) bool { return s[bit>>6]&(1<<(bit&63)) != 0 }

// union gives the literals that are in either set.
func (s Set) union(o Set) Set { return Set{s[0] | o[0], s[1] | o[1]} }

// without gives the literals of s that are not in o.
func (s Set) without(o Set) Set { return Set{s[0] &^ o[0], s[1] &^ o[1]} }

// and gives the literals that are in both sets.
func (s Set) and(o Set) Set { return Set{s[0] & o[0], s[1] & o[1]} }

// empty tells whether the set holds nothing.
func (s Set) empty() bool { return s[0]|s[1] == 0 }

// Facts are what is known about one subject: what is true, and what is true or possible. Possible includes True.
type Facts struct{ True, Possible Set }

// Condition tells when a rule applies (Swedish: villkor): every group must hold, and a group holds when one of its literals does.
// The zero value always holds.
type Condition struct {
	source string
	groups []Set
}

// Holds weighs the condition against the facts. It allocates nothing: it is run for every rule of every system.
func (c *Condition) Holds(f *Facts) Truth {
	truth := Yes
	for i := range c.groups {
		g := &c.groups[i]
		if g[0]&f.True[0]|g[1]&f.True[1] != 0 {
			continue
		}
		if g[0]&f.Possible[0]|g[1]&f.Possible[1] == 0 {
			return No
		}
		truth = Maybe
	}
	return truth
}

// Always tells whether the condition holds whatever the facts are.
func (c Condition) Always() bool { return len(c.groups) == 0 }

// String gives the condition as it was written.
func (c Condition) String() string { return c.source }

// Equal tells whether two conditions are written the same.
func (c Condition) Equal(d Condition) bool { return c.source == d.source }

// Parse reads a condition such as "area=socialtjanst|lss;personal_data": ; is and, | is or. A fact alone means that it is
// true. After a | comes another fact, or another value of the fact before.
func (v *Vocabulary) Parse(condition string) (Condition, error) {
	c := Condition{source: strings.TrimSpace(condition)}
	if c.source == "" {
		return Condition{}, nil
	}
	for part := range strings.SplitSeq(c.source, ";") {
		group, err := v.group(part)
		if err != nil {
			return Condition{}, fmt.Errorf("read condition %q: %w", c.source, err)
		}
		c.groups = append(c.groups, group)
	}
	return c, nil
}

func (v *Vocabulary) group(part string) (Set, error) {
	var group Set
	var before *Fact // the fact whose values a bare word may be
	for word := range strings.SplitSeq(part, "|") {
		word = strings.TrimSpace(word)
		id, value, hasValue := strings.Cut(word, "=")
		f, ok := v.Fact(id)
		switch {
		case word == "":
			return group, errors.New("something is missing beside ; or |")
		case !ok && !hasValue && before != nil:
			f, value = before, word
		case !ok:
			return group, fmt.Errorf("there is no fact %q; known are %s", id, v.names())
		case !hasValue && f.Form != FormTruth:
			return group, fmt.Errorf("%s is neither true nor false; write %s=%s", id, id, f.Values[0])
		case !hasValue:
			group.add(f.truth)
			before = nil
			continue
		}
		bit, ok := f.bits[value]
		if !ok {
			return group, fmt.Errorf("%s cannot be asked for %q; write one of %s", f.ID, value, strings.Join(f.asked(), ", "))
		}
		group.add(bit)
		before = f
	}
	return group, nil
}

// asked lists the values that a condition may ask for.
func (f *Fact) asked() []string {
	if f.Form == FormTruth {
		return f.TrueValues
	}
	return f.Values
}
