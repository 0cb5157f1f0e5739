// SPDX-License-Identifier: EUPL-1.2

// Package whatif shows what a draft catalogue, such as a new law or a changed requirement, would change before anybody adopts it: for one
// organisation, and for an invented nation (Swedish: tänk om, utkast). It only looks: what is derived from the catalogue stays as it is.
package whatif

import (
	"errors"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
)

// Reached says of a row that it is as it was, and that the draft still makes it concern other systems.
const Reached = "reached"

var (
	// ErrName says that a draft lacks a name.
	ErrName = errors.New("give the draft a name that tells it from others, of at most 120 characters")
	// ErrTooMany says that the organisation keeps as many drafts as it may.
	ErrTooMany = errors.New("there are 50 drafts already: remove one that is no longer needed")
	// ErrNoChange says that the draft does not touch a requirement.
	ErrNoChange = errors.New("the draft changes nothing about that requirement")
)

const (
	maxName   = 120
	maxDrafts = 50
)

// Draft is a draft catalogue that somebody has loaded (Swedish: utkast).
type Draft struct {
	ID    ids.ID[Draft]
	Name  string
	Files []catalogue.DraftFile
	// Edition is the version that the draft gives itself.
	Edition string
	// On is the day whose law is compared; zero is the day when all of the draft is in force.
	On civil.Date
	At time.Time
	By string
}

// check says what is wrong with a draft besides its files.
func (d *Draft) check() error {
	d.Name = strings.TrimSpace(d.Name)
	if d.Name == "" || len([]rune(d.Name)) > maxName {
		return ErrName
	}
	return nil
}

// Gap is how well what a draft asks is met by what is known today. Each system that a row would concern is in exactly one of the fields.
type Gap struct {
	// Met is shown, or found not to apply; Unmet is known not to be met, or contradicted; Unproven is said, but not shown, or said of an earlier
	// version; Unknown is what nobody has said anything about.
	Met      int `json:"met"`
	Unmet    int `json:"unmet"`
	Unproven int `json:"unproven"`
	Unknown  int `json:"unknown"`
}

// Open is how many are not shown to be met.
func (g Gap) Open() int { return g.Unmet + g.Unproven + g.Unknown }

func (g *Gap) add(o Gap) {
	g.Met += o.Met
	g.Unmet += o.Unmet
	g.Unproven += o.Unproven
	g.Unknown += o.Unknown
}

// count adds systems by what is shown about them. What was answered of an earlier version shows nothing of the new one.
func (g *Gap) count(shown requirement.Judged, outdated bool, n int) {
	switch {
	case shown == requirement.ShownUnmet || shown == requirement.Contradicted:
		g.Unmet += n
	case shown == requirement.NothingKnown && !outdated:
		g.Unknown += n
	case outdated || shown == requirement.Unproven:
		g.Unproven += n
	default:
		g.Met += n
	}
}

// Row is one law or requirement that a draft adds, changes or takes away, or that reaches other systems because of it.
type Row struct {
	ID string
	// What is catalogue.Added, Changed, Removed, Replaced or Reached.
	What   string
	Fields []string
	Effect catalogue.Text
	// Gained, Lost and Kept count systems: it starts to concern, ceases to concern, and goes on concerning them in another form.
	Gained, Lost, Kept int
	// Municipalities is how many of a nation have such a system.
	Municipalities int
	// Gap is of those gained and kept; of requirements only.
	Gap Gap
	// Because is why it concerns, or no longer concerns, one of the systems: the most usual one. Example is that system.
	Because []catalogue.Because
	Example string
	Slug    string
}

// Affected is how many systems the row means something new to.
func (r *Row) Affected() int { return r.Gained + r.Lost + r.Kept }

// Outcome is what a draft changes.
type Outcome struct {
	// Base and Edition are the editions that are compared, and On the day whose law is.
	Base, Edition string
	On            civil.Date
	Laws          []Row
	Requirements  []Row
	// Others are changes of other kinds: information types and, with a whole catalogue, facts, models and threats.
	Others []catalogue.Change
	// Systems were compared, and Affected of them get, lose or keep in another form at least one requirement. Stopped ones are not looked at.
	Systems, Affected, Stopped int
	Gap                        Gap
}
