// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
)

// PageSize is how many entries a page of the list has.
const PageSize = 50

// Anything asks for entries that lack something, whatever it is.
const Anything = "nagot"

// Filter narrows the list.
type Filter struct {
	Text string
	// Role and Unit are a role and the id of a unit; Missing is Anything or the kind of a gap.
	Role, Unit, Missing string
	// Basis is a letter of article 6.1.
	Basis string
	// Special and Transfer ask for entries with such data and with such transfers: "yes".
	Special, Transfer string
	// System and Information ask for entries that are linked to one: the slug of a system, the id of information.
	System, Information string
	Page                int
}

// Narrowed reports whether the filter leaves anything out.
func (f Filter) Narrowed() bool {
	f.Page = 0
	return f != Filter{}
}

// Listing is one page of the record.
type Listing struct {
	Filter Filter
	Rows   []Entry
	// Matching is how many pass the filter, Total how many the reader reaches. Controller, Processor and Lacking count among all.
	Matching, Total, Controller, Processor, Lacking int
	// Special and Transfer count among all, too.
	Special, Transfer int
	Units             []organisation.Unit
	Common            Common
}

// choose counts the entries, and keeps one page of those that pass.
func (l *Listing) choose(all []Entry) {
	l.Total = len(all)
	var list []Entry
	for i := range all {
		e := &all[i]
		l.count(e)
		if l.Filter.passes(e) {
			list = append(list, *e)
		}
	}
	l.Matching = len(list)
	last := max(1, (len(list)+PageSize-1)/PageSize)
	l.Filter.Page = min(max(l.Filter.Page, 1), last)
	start := (l.Filter.Page - 1) * PageSize
	l.Rows = list[start:min(start+PageSize, len(list))]
}

func (l *Listing) count(e *Entry) {
	if e.Role == Controller {
		l.Controller++
	} else {
		l.Processor++
	}
	if len(e.Gaps) > 0 {
		l.Lacking++
	}
	if e.Special == "yes" {
		l.Special++
	}
	if e.Transfer == "yes" {
		l.Transfer++
	}
}

func (f *Filter) passes(e *Entry) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	if !is(f.Role, e.Role) || !is(f.Unit, e.UnitID.String()) || !is(f.Special, e.Special) || !is(f.Transfer, e.Transfer) {
		return false
	}
	switch {
	case f.Basis != "" && !slices.Contains(e.LegalBasis, f.Basis),
		f.Missing == Anything && len(e.Gaps) == 0,
		f.Missing != "" && f.Missing != Anything && !slices.ContainsFunc(e.Gaps, func(g Gap) bool { return g.Kind == f.Missing }):
		return false
	}
	return f.linked(e) && f.says(e)
}

func (f *Filter) linked(e *Entry) bool {
	if f.System != "" && !slices.ContainsFunc(e.Systems, func(l Linked) bool { return l.Slug == f.System }) {
		return false
	}
	if f.Information == "" {
		return true
	}
	for i := range e.Information {
		if e.Information[i].ID.String() == f.Information || e.Information[i].TypeID == f.Information {
			return true
		}
	}
	return false
}

// says reports whether every word of the search stands in what the entry says.
func (f *Filter) says(e *Entry) bool {
	if f.Text == "" {
		return true
	}
	all := []string{e.Name, e.Unit, e.Purposes, e.Subjects, e.Categories, e.Recipients, e.Controllers}
	for i := range e.Systems {
		all = append(all, e.Systems[i].Name, e.Systems[i].Supplier)
	}
	text := locale.Fold(strings.Join(all, " "))
	for _, word := range strings.Fields(locale.Fold(f.Text)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
