// SPDX-License-Identifier: EUPL-1.2

// Package procurement writes the requirements that a tender is to meet (Swedish: upphandling, kravbilaga): a proportionate
// selection of what applies, where leaving something out takes a reason.
package procurement

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
)

// proportionate is how many rows an annex starts with at most. More would frighten off tenderers without protecting anybody; a
// tender must be in proportion to what is bought (LOU 4 kap. 1 §). The figure is ours.
const proportionate = 90

var (
	// ErrReason says that a requirement was left out without a reason.
	ErrReason = errors.New("leaving out a requirement takes a reason")
	// ErrUnknown says that the requirement is not one that a supplier of this system can be asked for.
	ErrUnknown = errors.New("the requirement is not one that this supplier can be asked for")
)

// ReasonError lists the requirements that were left out without a reason.
type ReasonError struct{ Requirements []string }

// Error names the requirements.
func (e *ReasonError) Error() string {
	return strings.Join(e.Requirements, ", ") + ": " + ErrReason.Error()
}

// Unwrap makes errors.Is find ErrReason.
func (e *ReasonError) Unwrap() error { return ErrReason }

// Choice is what somebody decided about one requirement.
type Choice struct {
	Requirement string
	Included    bool
	// Weight is Shall or Should where somebody has chosen it; empty is the catalogue's.
	Weight string
	Reason string
	By     string
	At     time.Time
}

// Row is one requirement that a supplier can be asked for, and whether the annex has it.
type Row struct {
	*requirement.Applied
	Topic *catalogue.Topic
	// Included is whether the annex has the row.
	Included bool
	// Proposed is whether it would have the row if nobody had chosen.
	Proposed bool
	// Choice is what somebody chose, nil when nobody has.
	Choice *Choice
}

// Annex is the tender annex of one system.
type Annex struct {
	Rows []Row // every supplier requirement that applies, by topic
	// Own are the organisation's own rows, those that were removed too.
	Own []Own
	// Shall and Should count what is included, Left what is not.
	Shall, Should, Left int
	// Tender is the planned purchase that the system came of, when it had a tender.
	Tender ids.ID[Purchase]

	at place
}

// check says which choices cannot be made: every requirement must be one that the supplier can be asked for, and leaving out what
// was proposed takes a reason.
func (a *Annex) check(list []Choice) error {
	rows := make(map[string]*Row, len(a.Rows))
	for i := range a.Rows {
		rows[a.Rows[i].ID] = &a.Rows[i]
	}
	var bare ReasonError
	for _, c := range list {
		row, ok := rows[c.Requirement]
		if !ok {
			return fmt.Errorf("%s: %w", c.Requirement, ErrUnknown)
		}
		if c.Weight != "" && c.Weight != Shall && c.Weight != Should {
			return fmt.Errorf("%s: %w", c.Requirement, ErrUnknown)
		}
		if !c.Included && row.Proposed && c.Reason == "" {
			bare.Requirements = append(bare.Requirements, c.Requirement)
		}
	}
	if len(bare.Requirements) > 0 {
		return &bare
	}
	return nil
}

// Included gives the rows that the annex has.
func (a *Annex) Included() []Row {
	var out []Row
	for _, r := range a.Rows {
		if r.Included {
			out = append(out, r)
		}
	}
	return out
}

// Hash names exactly this selection of these texts, so that an exported document can be told from a later one.
func (a *Annex) Hash(lang catalogue.Lang) string {
	h := sha256.New()
	for _, r := range a.Included() {
		fmt.Fprintf(h, "%s\x00%d\x00%v\x00%s\n", r.ID, r.Version, r.Mandatory(), r.Shall(lang))
	}
	for i := range a.Own {
		if o := &a.Own[i]; !o.Removed {
			fmt.Fprintf(h, "%s\x001\x00%v\x00%s\n", o.ID, o.Must, o.Text)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Select makes the annex: supplier rows only, the core first, then what law explicitly demands, until the annex is as long as is
// proportionate; then what somebody has chosen.
func Select(c *catalogue.Catalogue, v *requirement.View, choices map[string]*Choice) Annex {
	var a Annex
	for i := range v.Requirements {
		if r := &v.Requirements[i]; r.Supplier() {
			topic, _ := c.Topic(r.Topic) // the loader has seen that it exists
			a.Rows = append(a.Rows, Row{Applied: r, Topic: topic, Choice: choices[r.ID]})
		}
	}
	propose(a.Rows)
	for i := range a.Rows {
		r := &a.Rows[i]
		r.Included = r.Proposed
		if r.Choice != nil {
			r.Included = r.Choice.Included
		}
		switch {
		case !r.Included:
			a.Left++
		case r.Mandatory():
			a.Shall++
		default:
			a.Should++
		}
	}
	return a
}

// add takes in the organisation's own rows.
func (a *Annex) add(own []Own) {
	a.Own = own
	for i := range own {
		switch {
		case own[i].Removed:
		case own[i].Must:
			a.Shall++
		default:
			a.Should++
		}
	}
}

// propose marks the rows that an annex starts with.
func propose(rows []Row) {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rank(&rows[a]) - rank(&rows[b]) })
	for n, i := range order {
		// What only adds weight to the proportionate core is offered, not proposed.
		rows[i].Proposed = n < proportionate && rank(&rows[i]) < offered
	}
}

// offered is the rank from which a row is shown to choose but is not in the annex to begin with.
const offered = 4

// rank orders rows by how much an annex needs them: the core, explicit law that concerns the system in particular, other "shall"
// rows that a level calls for, then the rest. A row that hangs on an unsettled question is offered, not demanded.
func rank(r *Row) int {
	switch {
	case r.Core && !r.Conditional, r.Demanded():
		return 0 // what a risk is to be reduced by is never left for later
	case r.Conditional || !r.Must:
		return offered
	case explicit(r) && !r.When.Always():
		return 1
	case !r.When.Always():
		return 2
	default:
		return 3
	}
}

func explicit(r *Row) bool {
	for _, l := range r.Laws {
		if l.Basis == catalogue.BasisExplicit {
			return true
		}
	}
	return false
}
