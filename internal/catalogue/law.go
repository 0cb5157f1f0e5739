// SPDX-License-Identifier: EUPL-1.2

package catalogue

// The two ways in which a law gives rise to a protection.
const (
	BasisExplicit = "explicit" // the law says it
	BasisDerived  = "derived"  // it follows from what the law says
)

// Law is one rule in law: whom it concerns, what it asks and when (Swedish: lagrum).
type Law struct {
	ID                          string
	Version                     int
	Ref                         string
	Name, Topic                 Text
	Sections                    string
	AppliesTo, Duty, Protection Text
	When                        Condition
	Basis                       string
	From, To                    Date
	Source, Checked             string
	Verified                    bool
}

func readLaw(o *object, v *Vocabulary) Law {
	l := Law{
		ID:         o.id(lawID()),
		Version:    o.number("version", 1, 9999),
		Ref:        o.str("ref"),
		Name:       o.text("name"),
		Topic:      o.text("topic"),
		Sections:   o.str("sections"),
		AppliesTo:  o.text("applies_to"),
		Duty:       o.text("duty"),
		Protection: o.text("protection"),
		When:       o.condition("when", v),
		Basis:      o.oneOf("basis", BasisExplicit, BasisDerived),
		From:       o.date("in_force_from"),
		To:         o.date("in_force_to"),
		Source:     o.str("source"),
		Checked:    o.date("checked").String(),
		Verified:   o.flag("verified"),
	}
	if !l.From.IsZero() && !l.To.IsZero() && l.To.Before(l.From) {
		o.fault(o.get("in_force_to"), "in_force_to is before in_force_from; swap them or correct one")
	}
	return l
}
