// SPDX-License-Identifier: EUPL-1.2

package catalogue

import "slices"

// Kinds of sources.
const (
	SourceInformation = "information"
	SourceSubject     = "subject"
)

// Source is somebody that states facts: the subject itself (a system, a processing) or an information type it holds.
type Source struct {
	Kind, Ref  string
	Name       Text
	Statements []Statement
}

// Origin tells where one literal came from.
type Origin struct {
	Fact, Value string
	Truth       Truth
	Source      *Source // nil when nobody said anything and the fact's default was taken
	By          string  // the condition that implied it; empty when it was stated
}

// told is an origin with the literals it speaks of, and where it is to stand: the vocabulary's number of its literal.
type told struct {
	Origin
	bits  Set
	order int
}

// closed is what one source says, with what follows from it.
type closed struct {
	facts   Facts
	stated  Set // facts (by index, not literals) that the source has decided itself
	touched Set // facts that the source has stated or that follow
	origins []told
}

// Resolve weighs together what a subject and its information types say. Each source is first closed under the vocabulary's
// implications, where what a source has stated itself is never overridden. Then what the subject states wins over its
// information types, and otherwise the strongest value wins. Areas are always joined. A fact that nobody mentions takes its
// default. The value "unknown" decides nothing. Statements are expected to have passed Check; others are left out.
//
// The origins tell, literal by literal in the order of the vocabulary, every source of what is true or possible: strongest
// first, the subject before its information types.
func (v *Vocabulary) Resolve(subject Source, information []Source) (Facts, []Origin) {
	all := v.close(&subject)
	mask := v.decided(all.stated)
	for i := range information {
		c := v.close(&information[i])
		all.facts.True = all.facts.True.union(c.facts.True.without(mask))
		all.facts.Possible = all.facts.Possible.union(c.facts.Possible.without(mask))
		all.touched = all.touched.union(c.touched)
		for j := range c.origins {
			if c.origins[j].bits.and(mask).empty() {
				all.origins = append(all.origins, c.origins[j])
			}
		}
	}
	for i := range v.facts {
		f := &v.facts[i]
		if all.touched.has(i) || f.Default == none {
			continue
		}
		all.take(f, Origin{Fact: f.ID, Value: f.Default}, f.weigh(f.Default, Yes))
	}
	return all.facts, inOrder(all.origins)
}

// inOrder sorts by literal, strongest first, and otherwise keeps the order. The three are packed in one number, which sorts
// several times faster than comparing the origins does.
func inOrder(origins []told) []Origin {
	keys := make([]uint64, len(origins))
	for i := range origins {
		keys[i] = uint64(origins[i].order)<<34 | uint64(Yes-origins[i].Truth)<<32 | uint64(i)
	}
	slices.Sort(keys)
	out := make([]Origin, len(origins))
	for i, k := range keys {
		out[i] = origins[uint32(k)].Origin
	}
	return out
}

// decided gives the literals of the facts that a subject has stated, areas excepted.
func (v *Vocabulary) decided(stated Set) Set {
	var mask Set
	for i := range v.facts {
		if stated.has(i) && v.facts[i].ID != factArea {
			mask = mask.union(v.facts[i].mask)
		}
	}
	return mask
}

// close takes what a source states and adds what follows, until nothing more follows. Facts are only ever added, so it ends.
func (v *Vocabulary) close(s *Source) closed {
	c := closed{origins: make([]told, 0, 2*len(s.Statements)+4)}
	for _, st := range s.Statements {
		i, ok := v.index[st.Fact]
		if !ok || !v.facts[i].has(st.Value) {
			continue
		}
		c.touched.add(i)
		if v.facts[i].settles(st.Value, s.Kind) {
			c.stated.add(i)
		}
		c.take(&v.facts[i], Origin{Fact: st.Fact, Value: st.Value, Source: s}, v.facts[i].weigh(st.Value, Yes))
	}
	for more := true; more; {
		more = false
		for i := range v.facts {
			if c.stated.has(i) {
				continue
			}
			for j := range v.facts[i].Implied {
				more = c.imply(v, i, j, s) || more
			}
		}
	}
	return c
}

// settles tells whether a statement decides a fact, so that nothing implied adds to it. "Unknown" decides nothing. That an
// information type may hold something ("possible") says less than an area that always does; a subject's "possible" is a decision.
func (f *Fact) settles(value, source string) bool {
	if value == Unknown {
		return false
	}
	return source != SourceInformation || f.Form != FormTruth || !slices.Contains(f.PossibleValues, value)
}

// imply tries one implication and tells whether it added anything.
func (c *closed) imply(v *Vocabulary, fact, rule int, s *Source) bool {
	f := &v.facts[fact]
	one := &f.Implied[rule]
	t := one.When.Holds(&c.facts)
	if t == No {
		return false
	}
	c.touched.add(fact)
	given := f.weigh(one.Value, t)
	if given.True.without(c.facts.True).empty() && given.Possible.without(c.facts.Possible).empty() {
		return false
	}
	c.take(f, Origin{Fact: f.ID, Value: one.Value, Source: s, By: one.When.source}, given)
	return true
}

// take adds literals and remembers where they came from, one origin for each. For a truth fact that is the value itself. An
// unknown choice may be any of its values, and each is told. A weaker origin of the same source gives way to a stronger one.
func (c *closed) take(f *Fact, o Origin, given Facts) {
	if given.Possible.empty() {
		return
	}
	if stronger := given.True.without(c.facts.True).and(c.facts.Possible); !stronger.empty() {
		c.origins = slices.DeleteFunc(c.origins, func(old told) bool {
			return old.Truth == Maybe && old.Source == o.Source && !old.bits.and(stronger).empty()
		})
	}
	c.facts.True = c.facts.True.union(given.True)
	c.facts.Possible = c.facts.Possible.union(given.Possible)
	if f.Form == FormTruth {
		o.Truth = truthOf(given, f.mask)
		c.origins = append(c.origins, told{o, given.Possible, f.truth})
		return
	}
	for _, value := range f.Values {
		var bit Set
		n := f.bits[value]
		bit.add(n)
		if t := truthOf(given, bit); t > No {
			o.Value, o.Truth = value, t
			c.origins = append(c.origins, told{o, bit, n})
		}
	}
}

func truthOf(f Facts, s Set) Truth {
	switch {
	case !f.True.and(s).empty():
		return Yes
	case !f.Possible.and(s).empty():
		return Maybe
	}
	return No
}

// literal gives the bits that an origin speaks of.
func (v *Vocabulary) literal(o *Origin) Set {
	var s Set
	f, ok := v.Fact(o.Fact)
	if !ok {
		return s
	}
	if f.Form == FormTruth {
		s.add(f.truth)
	}
	if b, ok := f.bits[o.Value]; ok {
		s.add(b)
	}
	return s
}
