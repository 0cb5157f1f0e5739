// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/evidence"
)

// Kind is what a sheet asks about.
type Kind string

// The kinds. A unit is asked by its head, a system by its owner.
const (
	OfUnit   Kind = "unit"
	OfSystem Kind = "system"
)

// Round is how often a campaign comes back.
type Round string

// The rounds.
const (
	Yearly    Round = "yearly"
	Quarterly Round = "quarterly"
)

// Meaning is what an answer says of how things are.
type Meaning string

// The meanings. An answer without one is only told.
const (
	Good Meaning = "good"
	Part Meaning = "part"
	Bad  Meaning = "bad"
)

// Answers that every question has, or that no question offers.
const (
	Unknown     = "unknown"      // whoever was asked does not know
	Said        = "said"         // the answer to a question in words
	NotRelevant = "not-relevant" // nothing to ask about
)

// Choice is one answer that can be chosen.
type Choice struct {
	ID    string         `yaml:"id"`
	Text  catalogue.Text `yaml:"text"`
	Means Meaning        `yaml:"means"`
}

// Feed is what an answer about a system becomes.
type Feed struct {
	Subject string   `yaml:"subject"`
	About   []string `yaml:"about"`
}

// Question is something that only people can answer (Swedish: fråga).
type Question struct {
	ID     string         `yaml:"id"`
	Area   string         `yaml:"area"`
	Of     Kind           `yaml:"of"`
	Rounds []Round        `yaml:"rounds"`
	Text   catalogue.Text `yaml:"text"`
	Why    catalogue.Text `yaml:"why"`
	// When are conditions on a system; where one does not hold, the question is not asked.
	When []string `yaml:"when"`
	// Known are the facts that answer it, the surest first.
	Known   []string `yaml:"known"`
	Choices []Choice `yaml:"choices"`
	// Day asks which day an answer speaks of; a good answer needs one. Note asks for words.
	Day  catalogue.Text `yaml:"day"`
	Note catalogue.Text `yaml:"note"`
	// Months is how long an answer counts, so that the next campaign does not ask again; zero is not beyond its own.
	Months   int      `yaml:"months"`
	Evidence *Feed    `yaml:"evidence"`
	Feeds    []string `yaml:"feeds"`
	Source   string   `yaml:"source"`

	conditions []catalogue.Condition
}

// Dated reports whether answers name a day.
func (q *Question) Dated() bool { return !q.Day.IsZero() }

// Choice finds one of the question's answers.
func (q *Question) Choice(id string) (*Choice, bool) {
	i := slices.IndexFunc(q.Choices, func(c Choice) bool { return c.ID == id })
	if i < 0 {
		return nil, false
	}
	return &q.Choices[i], true
}

// Means is what a value says of how things are; empty when it says nothing.
func (q *Question) Means(value string) Meaning {
	if c, ok := q.Choice(value); ok {
		return c.Means
	}
	return ""
}

// with is the first answer that has a meaning.
func (q *Question) with(m Meaning) string {
	for _, c := range q.Choices {
		if c.Means == m {
			return c.ID
		}
	}
	return ""
}

// Standing is something that returns every year (Swedish: aktivitet i årshjulet).
type Standing struct {
	ID    string         `yaml:"id"`
	Month int            `yaml:"month"`
	Day   int            `yaml:"day"`
	Who   string         `yaml:"who"`
	Name  catalogue.Text `yaml:"name"`
	Why   catalogue.Text `yaml:"why"`
	Href  string         `yaml:"href"`
}

// Set is everything that can be asked, and what returns every year. It never changes once it is loaded.
type Set struct {
	Version   string
	Questions []Question
	Standing  []Standing
}

const (
	questionFile = "campaigns/questions.yaml"
	wheelFile    = "campaigns/wheel.yaml"
)

// ErrSet says that the questions are not written as they should be.
var ErrSet = errors.New("the questions of campaigns are not written as they should be")

// Load reads the questions from the data that come with the program, and holds them to the catalogue.
func Load(fsys fs.FS, c *catalogue.Catalogue) (*Set, error) {
	var q struct {
		Catalogue, Version string
		Questions          []Question
	}
	var w struct {
		Catalogue, Version string
		Activities         []Standing
	}
	for file, into := range map[string]any{questionFile: &q, wheelFile: &w} {
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read questions of campaigns: %w", err)
		}
		if err := catalogue.Decode(b, into); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrSet, file, err)
		}
	}
	s := &Set{Version: q.Version, Questions: q.Questions, Standing: w.Activities}
	seen := map[string]bool{}
	for i := range s.Questions {
		x := &s.Questions[i]
		if err := x.check(c); err != nil || seen[x.ID] {
			return nil, fmt.Errorf("%w: %s: %s: %w", ErrSet, questionFile, x.ID, errors.Join(err, twice(seen[x.ID])))
		}
		seen[x.ID] = true
	}
	for i := range s.Standing {
		x := &s.Standing[i]
		if !x.whole() || seen[x.ID] {
			return nil, fmt.Errorf("%w: %s: %s", ErrSet, wheelFile, x.ID)
		}
		seen[x.ID] = true
	}
	return s, nil
}

// whole reports whether an activity says what is to be done, why and when.
func (s *Standing) whole() bool {
	return s.ID != "" && s.Month >= 1 && s.Month <= 12 && s.Day >= 1 && s.Day <= 31 && s.Name.SV != "" && s.Name.EN != "" && s.Why.EN != ""
}

func twice(seen bool) error {
	if seen {
		return errors.New("stands twice")
	}
	return nil
}

// check says what is wrong with a question, and compiles its conditions.
func (q *Question) check(c *catalogue.Catalogue) error {
	if err := errors.Join(q.checkText(), q.checkAnswers(), q.checkKnown(c), q.checkFeeds(c)); err != nil {
		return err
	}
	for _, text := range q.When {
		cond, err := c.Vocabulary.Parse(text)
		if err != nil {
			return err
		}
		q.conditions = append(q.conditions, cond)
	}
	return nil
}

func (q *Question) checkText() error {
	switch {
	case q.ID == "" || q.Area == "" || q.Source == "" || len(q.Rounds) == 0 || q.Of != OfUnit && q.Of != OfSystem:
		return errors.New("lacks an id, an area, a source, a round or what it is about")
	case q.Text.SV == "" || q.Text.EN == "" || q.Why.SV == "" || q.Why.EN == "":
		return errors.New("lacks a text in one of the languages")
	}
	return nil
}

func (q *Question) checkAnswers() error {
	switch {
	case len(q.Choices) == 0 && q.Note.IsZero():
		return errors.New("nothing can be answered")
	case q.Dated() && q.with(Good) == "":
		return errors.New("asks for a day, and has no good answer that one belongs to")
	case q.Evidence != nil && (q.Of != OfSystem || q.with(Good) == ""):
		return errors.New("only what is asked of systems, and can be answered well, becomes evidence")
	}
	return nil
}

func (q *Question) checkKnown(c *catalogue.Catalogue) error {
	for _, f := range q.Known {
		if _, ok := factOf(f); !ok {
			return fmt.Errorf("no fact is called %q", f)
		}
		if id, ok := strings.CutPrefix(f, requirementFact); ok {
			if _, there := c.Requirement(id); !there {
				return fmt.Errorf("no requirement is called %q", id)
			}
		}
	}
	return nil
}

// checkFeeds says whether what an answer becomes, and the indicators that it is about, are in the catalogue.
func (q *Question) checkFeeds(c *catalogue.Catalogue) error {
	if q.Evidence != nil {
		if !slices.Contains(evidence.Subjects, q.Evidence.Subject) {
			return fmt.Errorf("evidence has no subject %q", q.Evidence.Subject)
		}
		for _, id := range q.Evidence.About {
			if _, ok := c.Requirement(id); !ok {
				return fmt.Errorf("no requirement is called %q", id)
			}
		}
	}
	for _, id := range q.Feeds {
		if _, ok := c.Indicator(id); !ok {
			return fmt.Errorf("no indicator is called %q", id)
		}
	}
	return nil
}

// applies tells whether a question is to be asked where the facts are so. What may hold is asked.
func (q *Question) applies(f *catalogue.Facts) bool {
	for i := range q.conditions {
		if q.conditions[i].Holds(f) == catalogue.No {
			return false
		}
	}
	return true
}

// Question finds a question.
func (s *Set) Question(id string) (*Question, bool) {
	i := slices.IndexFunc(s.Questions, func(q Question) bool { return q.ID == id })
	if i < 0 {
		return nil, false
	}
	return &s.Questions[i], true
}

// Areas are the areas of the questions of a round, in their order.
func (s *Set) Areas(r Round) []string {
	var out []string
	for i := range s.Questions {
		if q := &s.Questions[i]; slices.Contains(q.Rounds, r) && !slices.Contains(out, q.Area) {
			out = append(out, q.Area)
		}
	}
	return out
}
