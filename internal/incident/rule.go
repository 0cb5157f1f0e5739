// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
)

// The kinds of rules. Only a duty has a clock.
const (
	KindDuty      = "duty"      // something that must be done
	KindNote      = "note"      // something to know
	KindQuestion  = "question"  // something to consider beside a duty
	KindException = "exception" // another order applies
	KindCriterion = "criterion" // decides whether a cyber incident is significant
	KindThreshold = "threshold" // a figure that is not verified: it is shown and decides nothing
)

// What a period is counted from.
const (
	FromAwareness    = "awareness"
	FromNotification = "notification"
	FromHandled      = "handled"
	FromLimitation   = "limitation"
	FromFallback     = "fallback"
)

// Rule is what the law asks of whom something has happened to, and when (Swedish: incidentregel).
type Rule struct {
	ID   string `yaml:"id"`
	Kind string `yaml:"kind"`
	// When are the facts that must all hold.
	When   []string `yaml:"when"`
	Period string   `yaml:"period"`
	From   string   `yaml:"from"`
	// Time says in words when, where the law gives no figure.
	Time     catalogue.Text `yaml:"time"`
	Trigger  catalogue.Text `yaml:"trigger"`
	Receiver catalogue.Text `yaml:"receiver"`
	Content  catalogue.Text `yaml:"content"`
	Source   string         `yaml:"source"`
	Verified bool           `yaml:"verified"`

	period Period
}

// Question is something about an incident that rules ask for. Register is a condition on what the register knows of the systems that were
// hit; when it holds, the answer is proposed.
type Question struct {
	ID       string         `yaml:"id"`
	Group    string         `yaml:"group"`
	Register string         `yaml:"register"`
	Text     catalogue.Text `yaml:"text"`

	condition catalogue.Condition
}

// Drill is a scenario to practise on (Swedish: övning).
type Drill struct {
	ID      string            `yaml:"id"`
	Name    catalogue.Text    `yaml:"name"`
	Text    catalogue.Text    `yaml:"text"`
	Risk    string            `yaml:"risk"`
	Answers map[string]string `yaml:"answers"`
	Events  []DrillEvent      `yaml:"events"`
}

// DrillEvent is read out when the clock of a drill has come so far.
type DrillEvent struct {
	After string         `yaml:"after"`
	Text  catalogue.Text `yaml:"text"`

	after time.Duration
}

// Rules are what the law asks, what it asks about, and what to practise on. They never change once they are loaded.
type Rules struct {
	Version   string     `yaml:"version"`
	Questions []Question `yaml:"questions"`
	Rules     []Rule     `yaml:"rules"`
	Drills    []Drill
	Packs     []PackForm
}

// The files that the rules are read from.
const (
	rulesFile  = "incidents/rules.yaml"
	drillsFile = "incidents/drills.yaml"
	packsFile  = "incidents/packs.yaml"
)

// ErrRules says that the rules are not written as they should be.
var ErrRules = errors.New("the rules of incidents are not written as they should be")

// Load reads the rules from the data that come with the program.
func Load(fsys fs.FS, c *catalogue.Catalogue) (*Rules, error) {
	var r struct {
		Catalogue string
		Rules     `yaml:",inline"`
	}
	var d struct {
		Catalogue, Version string
		Drills             []Drill
	}
	var p struct {
		Catalogue, Version string
		Packs              []PackForm
	}
	for file, into := range map[string]any{rulesFile: &r, drillsFile: &d, packsFile: &p} {
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read rules of incidents: %w", err)
		}
		if err := catalogue.Decode(b, into); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
	}
	out := r.Rules
	out.Drills, out.Packs = d.Drills, p.Packs
	return &out, out.check(c)
}

// check holds the rules to what they speak of.
func (r *Rules) check(c *catalogue.Catalogue) error {
	known := map[string]bool{}
	for _, f := range derivedFacts {
		known[f] = true
	}
	for i := range r.Questions {
		q := &r.Questions[i]
		var err error
		if q.condition, err = c.Vocabulary.Parse(q.Register); err != nil || q.ID == "" || known[q.ID] {
			return fmt.Errorf("question %q: %w: %w", q.ID, ErrRules, err)
		}
		known[q.ID] = true
	}
	ids := map[string]bool{}
	for i := range r.Rules {
		x := &r.Rules[i]
		if err := x.check(known); err != nil {
			return err
		}
		if ids[x.ID] {
			return fmt.Errorf("rule %q stands twice: %w", x.ID, ErrRules)
		}
		ids[x.ID] = true
	}
	for i := range r.Drills {
		if err := r.Drills[i].check(known); err != nil {
			return err
		}
	}
	return r.checkPacks(ids)
}

func (x *Rule) check(known map[string]bool) error {
	var err error
	if x.period, err = ParsePeriod(x.Period); err != nil {
		return fmt.Errorf("rule %q: %w: %w", x.ID, ErrRules, err)
	}
	if x.ID == "" || x.Trigger.SV == "" || x.Source == "" || !x.period.Fixed() && x.Time.SV == "" {
		return fmt.Errorf("rule %q lacks something: %w", x.ID, ErrRules)
	}
	if i := slices.IndexFunc(x.When, func(f string) bool { return !known[f] }); i >= 0 {
		return fmt.Errorf("rule %q asks for %q: %w", x.ID, x.When[i], ErrRules)
	}
	return nil
}

func (d *Drill) check(known map[string]bool) error {
	for f := range d.Answers {
		if !known[f] {
			return fmt.Errorf("drill %q answers %q: %w", d.ID, f, ErrRules)
		}
	}
	for i := range d.Events {
		e := &d.Events[i]
		if e.After == "PT0H" {
			continue
		}
		p, err := ParsePeriod(e.After)
		if err != nil || p.Hours == 0 {
			return fmt.Errorf("drill %q, event %d: %w: %w", d.ID, i, ErrRules, err)
		}
		e.after = time.Duration(p.Hours) * time.Hour
	}
	return nil
}

// Rule finds a rule by its id.
func (r *Rules) Rule(id string) (*Rule, bool) {
	i := slices.IndexFunc(r.Rules, func(x Rule) bool { return x.ID == id })
	if i < 0 {
		return nil, false
	}
	return &r.Rules[i], true
}

// Drill finds a drill by its id.
func (r *Rules) Drill(id string) (*Drill, bool) {
	i := slices.IndexFunc(r.Drills, func(x Drill) bool { return x.ID == id })
	if i < 0 {
		return nil, false
	}
	return &r.Drills[i], true
}

// derivedFacts are the facts that follow from the rest of an incident. The others are its questions.
var derivedFacts = []string{"risk", "high_risk", "significant", "notified", "ongoing", "progress_reported"}

// significance are the criteria of 2 kap. 5 § andra stycket cybersäkerhetslagen: an incident is significant when one of them holds.
var significance = []string{"sig-csl-drift", "sig-csl-ekonomi", "sig-csl-andra"}

// Facts are what is known about an incident, as three-valued answers. What is not there is unknown.
type Facts map[string]Answer

// Facts works out what is known about an incident: its answers, what the register proposes where nobody has answered, and what follows.
func (r *Rules) Facts(x *Incident, register *catalogue.Facts) Facts {
	f := Facts{}
	for i := range r.Questions {
		q := &r.Questions[i]
		f[q.ID] = x.Answers[q.ID]
		if f[q.ID] == "" {
			f[q.ID] = q.proposed(register)
		}
	}
	f["risk"], f["high_risk"] = Unknown, Unknown
	switch x.Risk {
	case RiskUnlikely:
		f["risk"], f["high_risk"] = No, No
	case RiskLikely:
		f["risk"], f["high_risk"] = Yes, No
	case RiskHigh:
		f["risk"], f["high_risk"] = Yes, Yes
	}
	f["significant"] = r.significant(f)
	f["notified"] = known(!x.NotifiedAt.IsZero())
	f["ongoing"] = known(x.HandledAt.IsZero())
	f["progress_reported"] = known(x.ReportOn("inc-csl-lage").Status == Done)
	return f
}

// Proposed says what the register knows about a question: yes, or nothing.
func (q *Question) proposed(register *catalogue.Facts) Answer {
	if register == nil || q.condition.Always() || q.condition.Holds(register) != catalogue.Yes {
		return Unknown
	}
	return Yes
}

// significant follows from the criteria: one that holds is enough, all must be denied, and what nobody has answered leaves it open.
func (r *Rules) significant(f Facts) Answer {
	out := No
	for _, id := range significance {
		switch f[id] {
		case Yes:
			return Yes
		case No:
		default:
			out = Unknown
		}
	}
	return out
}

func known(is bool) Answer {
	if is {
		return Yes
	}
	return No
}

// holds tells whether a rule applies: every fact must hold, one that does not is enough that it does not, and what nobody knows leaves it open.
func (f Facts) holds(when []string) Answer {
	out := Yes
	for _, name := range when {
		switch f[name] {
		case No:
			return No
		case Yes:
		default:
			out = Unknown
		}
	}
	return out
}

// Duty is a rule as it stands for one incident.
type Duty struct {
	*Rule
	// Applies is Yes, or Unknown when it hangs on what nobody has answered; rules that do not apply are left out.
	Applies Answer
	// Open are the facts that it hangs on.
	Open []string
	// Begun is when its clock began; zero when it has none, or what it is counted from has not happened.
	Begun time.Time
	// Deadline is zero when the law gives no figure, or the clock has not begun.
	Deadline Deadline
	// Report is what has been decided and done about it.
	Report Report
}

// Settled reports whether nothing more is to be done about a duty.
func (d *Duty) Settled() bool { return d.Report.Status == Done || d.Report.Status == NotNeeded }

// Late reports whether a duty's moment has passed without it being done.
func (d *Duty) Late(now time.Time) bool {
	return d.Applies == Yes && !d.Settled() && !d.Deadline.At.IsZero() && now.After(d.Deadline.At)
}

// DoneLate reports whether a duty was done after its moment.
func (d *Duty) DoneLate() bool {
	last := d.Deadline.At
	if !d.Deadline.Moved.IsZero() {
		last = d.Deadline.Moved
	}
	return d.Report.Status == Done && !last.IsZero() && d.Report.At.After(last)
}

// Duties works out what the law asks for an incident: what applies and what may apply, each with its clock, those with a clock first.
func (r *Rules) Duties(x *Incident, f Facts) []Duty {
	var out []Duty
	for i := range r.Rules {
		rule := &r.Rules[i]
		d := Duty{Rule: rule, Applies: f.holds(rule.When), Report: x.ReportOn(rule.ID)}
		if d.Applies == No || rule.Kind == KindCriterion {
			continue
		}
		for _, name := range rule.When {
			if f[name] != Yes {
				d.Open = append(d.Open, name)
			}
		}
		if d.Begun = x.since(rule.From); !d.Begun.IsZero() && rule.period.Fixed() {
			d.Deadline = rule.period.Due(d.Begun)
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b Duty) int { return a.weight() - b.weight() })
	return out
}

// weight orders duties: what is to be done with a clock, without one, and what is to be known.
func (d *Duty) weight() int {
	w := 0
	switch {
	case d.Kind == KindException:
		w = -1000 // another order applies: it must be seen first
	case d.Kind != KindDuty:
		w = 1000
	case d.period.Fixed():
		w = d.period.Hours + d.period.Months*24*30 - 999
	}
	if d.Applies != Yes {
		w += 500
	}
	return w
}

// Next is the first moment that something must be done; zero when nothing has one.
func Next(list []Duty) time.Time {
	var next time.Time
	for i := range list {
		d := &list[i]
		if d.Kind == KindDuty && !d.Settled() && !d.Deadline.At.IsZero() && (next.IsZero() || d.Deadline.At.Before(next)) {
			next = d.Deadline.At
		}
	}
	return next
}
