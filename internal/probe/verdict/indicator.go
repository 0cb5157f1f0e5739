// SPDX-License-Identifier: EUPL-1.2

package verdict

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Status is whether a goal is met.
type Status string

// The statuses. NotShown is counted in every total, and never as met.
const (
	Met      Status = "met"
	NotMet   Status = "not_met"
	NotShown Status = "not_shown"
)

// Series is where an answer is counted. What is measured and what somebody attests are never summed.
type Series string

// The series.
const (
	SeriesMeasured Series = "measured"
	SeriesAttested Series = "attested"
)

// Who uses a way in.
type Who string

// The users of ways in.
const (
	Residents      Who = "residents"
	Staff          Who = "staff"
	Support        Who = "support"
	Administrators Who = "administrators"
	Services       Who = "services"
)

// Way is what is known about one way in, by the evidence that has not expired.
type Way struct {
	Who     Who
	Verdict Verdict
	// Refused says that a connection without a certificate was seen to be refused.
	Refused bool
	Grade   Grade
	// LoA is the reviewed identity assurance that was demanded; 0 is not known.
	LoA int
	// Log is what sign-in logs show: the fewest factors, and the lowest assurance, of any sign-in in the period; 0 is not known.
	// Logged says that there is a log of the way at all.
	Logged     bool
	LogFactors int
	LogLoA     int
	// PolicyFactors and PolicyLoA are what the identity provider's rules demand of everybody without exclusion; 0 is not known.
	PolicyFactors int
	PolicyLoA     int
	// Disputed says that something of what was found is said to be wrong, and that nobody has settled it. It counts in neither direction,
	// and nothing is shown to be met beside it.
	Disputed bool
}

// Goal is what a way in is held against.
type Goal struct {
	// Assurance is the reviewed identity assurance that is asked for; 0 asks for two factors alone.
	Assurance int
}

// The two goals: the national definition, and the stricter target.
var (
	TwoFactors = Goal{}
	LoA3       = Goal{Assurance: 3}
)

// Indicator says how what is known becomes the answer to a goal.
type Indicator struct {
	rows     []indicatorRow
	disputed Reason
}

type indicatorRow struct {
	ID     string   `yaml:"id"`
	When   []string `yaml:"when"`
	Series Series   `yaml:"series"`
	Status Status   `yaml:"status"`
	Reason text     `yaml:"reason"`
}

const indicatorFile = "probe/indicator.yaml"

var indicatorFacts = []string{
	"password_only", "strong_offered", "strong_demanded", "client_certificate", "refused", "tested", "attested", "logs_password", "logs_two_factor",
	"policy_two_factor",
}

// LoadIndicator reads the table.
func LoadIndicator(data fs.FS) (*Indicator, error) {
	b, err := fs.ReadFile(data, indicatorFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRules, err)
	}
	var table struct {
		Rows     []indicatorRow `yaml:"rows"`
		Disputed struct {
			Reason text `yaml:"reason"`
		} `yaml:"disputed"`
	}
	if err := yaml.Unmarshal(b, &table); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRules, indicatorFile, err)
	}
	var faults []error
	for _, row := range table.Rows {
		known := !slices.ContainsFunc(row.When, func(f string) bool { return !slices.Contains(indicatorFacts, f) })
		status := slices.Contains([]Status{Met, NotMet, NotShown}, row.Status)
		series := slices.Contains([]Series{"", SeriesMeasured, SeriesAttested}, row.Series)
		if !known || !status || !series || row.Reason.SV == "" || row.Reason.EN == "" {
			faults = append(faults, fmt.Errorf("%w: indicator row %q", ErrRules, row.ID))
		}
	}
	if n := len(table.Rows); n == 0 || len(table.Rows[n-1].When) > 0 || table.Rows[n-1].Status != NotShown {
		faults = append(faults, fmt.Errorf("%w: the indicator's last row must always hold and show nothing", ErrRules))
	}
	told := table.Disputed.Reason
	if told.SV == "" || told.EN == "" {
		faults = append(faults, fmt.Errorf("%w: the indicator has no reason for what is disputed", ErrRules))
	}
	return &Indicator{rows: table.Rows, disputed: Reason{ID: "disputed", SV: told.SV, EN: told.EN}}, errors.Join(faults...)
}

// Way answers a goal for one way in, with the reason. Beside something disputed nothing is met: whoever says that a measurement is wrong
// shows nothing by saying so. What is shown not to be met by all else stays so.
func (x *Indicator) Way(w Way, g Goal, s Series) (Status, Reason) {
	status, reason := x.undisputed(w, g, s)
	if w.Disputed && status != NotMet {
		return NotShown, x.disputed
	}
	return status, reason
}

func (x *Indicator) undisputed(w Way, g Goal, s Series) (Status, Reason) {
	f := facts{
		string(w.Verdict):   true,
		"refused":           w.Refused,
		"tested":            w.Grade == Tested,
		"attested":          w.Grade == Attested,
		"logs_password":     w.Logged && w.LogFactors == 1,
		"logs_two_factor":   w.Logged && w.LogFactors >= 2,
		"policy_two_factor": w.PolicyFactors >= 2,
	}
	for _, row := range x.rows {
		if row.Series != "" && row.Series != s || slices.ContainsFunc(row.When, func(n string) bool { return !f[n] }) {
			continue
		}
		return held(row, w, g), Reason{ID: row.ID, SV: row.Reason.SV, EN: row.Reason.EN}
	}
	return NotShown, Reason{} // the last row always holds
}

// held holds a way in that meets two factors against the stricter target: the assurance must come from the same evidence.
func held(row indicatorRow, w Way, g Goal) Status {
	if row.Status != Met || g.Assurance == 0 {
		return row.Status
	}
	loa := w.LoA
	if slices.Contains(row.When, "logs_two_factor") {
		loa = w.LogLoA
	} else if slices.Contains(row.When, "policy_two_factor") {
		loa = w.PolicyLoA
	}
	switch {
	case loa >= g.Assurance:
		return Met
	case loa == 0:
		return NotShown
	}
	return NotMet
}

// System is the answer for one system.
type System struct {
	Status Status
	// Ways is how many ways in were counted, and Weakest the number of the one that decided; -1 without any.
	Ways    int
	Weakest int
	// AllKnown says that the list of ways in is complete. Otherwise the answer is of the known ways only.
	AllKnown bool
	Reason   Reason
}

// System answers a goal for a system: met when every known way in is. In health care only staff's ways count.
func (x *Indicator) System(ways []Way, g Goal, s Series, o SystemOptions) System {
	out := System{Status: NotShown, Weakest: -1, AllKnown: o.AllKnown}
	rank := map[Status]int{NotMet: 0, NotShown: 1, Met: 2}
	for i, w := range ways {
		if o.HealthCare && w.Who != Staff {
			continue
		}
		status, reason := x.Way(w, g, s)
		if out.Ways++; out.Weakest < 0 || rank[status] < rank[out.Status] {
			out.Status, out.Weakest, out.Reason = status, i, reason
		}
	}
	return out
}

// SystemOptions say how a system is counted.
type SystemOptions struct {
	HealthCare bool
	AllKnown   bool
}

// Answer is a municipality's answer to the national question.
type Answer string

// The answers.
const (
	Yes      Answer = "Ja"
	No       Answer = "Nej"
	Partly   Answer = "Delvis"
	NotKnown Answer = "Vet inte"
)

// Municipality answers for all of a municipality's systems in one area. What is not shown is never a yes, and no systems is not known.
func Municipality(systems []Status) Answer {
	met, not := 0, 0
	for _, s := range systems {
		switch s {
		case Met:
			met++
		case NotMet:
			not++
		}
	}
	switch {
	case len(systems) > 0 && met == len(systems):
		return Yes
	case not > 0 && met == 0:
		return No
	case not > 0:
		return Partly
	}
	return NotKnown
}
