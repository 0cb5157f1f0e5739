// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"slices"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// Dispute is somebody's word that a measurement is wrong, and why (Swedish: bestridande).
type Dispute struct {
	By, Reason string
	At         time.Time
	// Settled is when somebody ruled on it; zero while it is open. The following say who, how and why.
	Settled     time.Time
	SettledBy   string
	Ruling      Ruling
	RulingWhy   string
	Name, Ruler string // of the two people, for pages; empty when they are not read or no longer known
}

// Ruling is how a dispute was settled.
type Ruling string

// The rulings. A measurement that stands counts again; one that was wrong is withdrawn.
const (
	Stands Ruling = "stands"
	Wrong  Ruling = "wrong"
)

// Rulings lists them.
var Rulings = []Ruling{Stands, Wrong}

// Disputed reports whether somebody says that the record is wrong, and nobody has settled it.
func (r *Record) Disputed() bool { return r.Dispute != nil && r.Dispute.Settled.IsZero() }

// Says is which way the record speaks. Of sign-in the verdict and the factors decide, which say more than the outcome.
func (r *Record) Says() Outcome {
	switch {
	case r.Subject != SubjectLogin:
		return r.Outcome
	case r.Factors == 1, r.Verdict == verdict.PasswordOnly, r.Verdict == verdict.StrongOffered:
		return Against
	case r.Factors >= 2, r.Verdict == verdict.StrongDemanded, r.Verdict == verdict.ClientCertificate:
		return For
	}
	return r.Outcome
}

// alike reports whether two records say the same sort of thing about the same, so that the newer takes the older's place.
func alike(a, b *Record) bool {
	return a.Subject == b.Subject && a.Source == b.Source && a.Path == b.Path && a.Scope == b.Scope && class(a) == class(b) &&
		(a.Subject == SubjectLogin || a.Kind == b.Kind) && slices.Equal(a.About, b.About)
}

// replaced reports whether something newer says the same sort of thing as the record at a place. Records come oldest first.
func replaced(records []Record, at int) bool {
	for k := at + 1; k < len(records); k++ {
		if o := &records[k]; o.Withdrawn.IsZero() && alike(o, &records[at]) {
			return true
		}
	}
	return false
}

// Open are the records that are disputed on a day and wait to be settled. What has ended, or has been measured anew, is settled by that.
// Records come oldest first.
func Open(records []Record, on civil.Date) []*Record {
	var out []*Record
	for i := range records {
		if r := &records[i]; r.Disputed() && r.Valid(on) && !replaced(records, i) {
			out = append(out, r)
		}
	}
	return out
}
