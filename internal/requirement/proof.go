// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

const proofFile = "proof.yaml"

// ErrProof says that the data about what evidence shows is wrong.
var ErrProof = errors.New("what evidence shows is not said right")

// loginProof says which ways in a requirement speaks of, and how strong they are to be.
type loginProof struct {
	Requirement string   `yaml:"requirement"`
	Who         []string `yaml:"who"`
	Zone        string   `yaml:"zone"`
	LoA         int      `yaml:"loa"`
	index, goal int
}

// subjectProof says which requirements evidence about a subject is about.
type subjectProof struct {
	Subject      string        `yaml:"subject"`
	Requirements []provenByAge `yaml:"requirements"`
}

type provenByAge struct {
	ID string `yaml:"id"`
	// Within names the requirement's figure for how old the evidence may be: "days" or "months".
	Within string `yaml:"within"`
	index  int
}

// Retention is for how many months a law wants logs of access kept.
type Retention struct {
	Law    string `yaml:"law"`
	Months int    `yaml:"months"`
}

// Proof says what evidence shows about requirements. It is made once for a catalogue and used by many goroutines.
type Proof struct {
	catalogue *catalogue.Catalogue
	indicator *verdict.Indicator
	life      *evidence.Life
	logins    []loginProof
	subjects  map[string][]provenByAge
	retention []Retention
	// goals are the different goals of the logins.
	goals []verdict.Goal
	// proves are the requirements that a kind of evidence is for, and strong enough for.
	proves map[string]Bits
	// areas are the conditions of the areas that the national indicators ask about.
	areas map[Area]catalogue.Condition
	// asks are the requirements that two factors, and the level of assurance, are asked by.
	asks [2]Bits
	// attests are those that somebody's word is enough for.
	attests Bits
}

// LoadProof reads what evidence shows about the catalogue's requirements.
func LoadProof(data fs.FS, c *catalogue.Catalogue, x *verdict.Indicator, life *evidence.Life) (*Proof, error) {
	return loadProof(data, c, x, life, func(string) bool { return false })
}

// ProofOver is the proof of a draft that is laid over a catalogue. What shows a requirement that the draft takes away shows it no longer.
func ProofOver(data fs.FS, base *Proof, draft *catalogue.Catalogue) (*Proof, error) {
	return loadProof(data, draft, base.indicator, base.life, func(id string) bool {
		_, was := base.catalogue.Requirement(id)
		_, is := draft.Requirement(id)
		return was && !is
	})
}

// loadProof reads what evidence shows, but of requirements that are gone.
func loadProof(data fs.FS, c *catalogue.Catalogue, x *verdict.Indicator, life *evidence.Life, gone func(id string) bool) (*Proof, error) {
	b, err := fs.ReadFile(data, proofFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	var file struct {
		Version  string         `yaml:"version"`
		Logins   []loginProof   `yaml:"logins"`
		Subjects []subjectProof `yaml:"subjects"`

		Retention []Retention `yaml:"retention"`
	}
	if err := catalogue.Decode(b, &file); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrProof, proofFile, err)
	}
	p := &Proof{catalogue: c, indicator: x, life: life, subjects: map[string][]provenByAge{}, proves: map[string]Bits{}, retention: file.Retention}
	var faults []error
	for _, r := range file.Retention {
		if _, ok := c.Law(r.Law); !ok || r.Months <= 0 {
			faults = append(faults, fmt.Errorf("%w: %s: retention by law %q", ErrProof, proofFile, r.Law))
		}
	}
	for _, l := range file.Logins {
		if !gone(l.Requirement) {
			faults = append(faults, p.addLogin(l))
		}
	}
	for _, s := range file.Subjects {
		s.Requirements = slices.DeleteFunc(s.Requirements, func(r provenByAge) bool { return gone(r.ID) })
		faults = append(faults, p.addSubject(s))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	for i := range c.Evidence {
		p.addKind(&c.Evidence[i])
	}
	if err := p.addAreas(); err != nil {
		return nil, err
	}
	if p.attests = p.proves[attestKind]; p.attests == nil {
		p.attests = newBits(len(c.Requirements))
	}
	return p, nil
}

func (p *Proof) addLogin(l loginProof) error {
	var ok bool
	if l.index, ok = p.catalogue.RequirementIndex(l.Requirement); !ok {
		return fmt.Errorf("%w: %s: there is no requirement %q", ErrProof, proofFile, l.Requirement)
	}
	known := !slices.ContainsFunc(l.Who, func(w string) bool { return !slices.Contains(system.Audiences, w) })
	if !known || l.Zone != "" && !slices.Contains(system.Zones, l.Zone) {
		return fmt.Errorf("%w: %s: ways in of %s", ErrProof, proofFile, l.Requirement)
	}
	goal := verdict.Goal{Assurance: l.LoA}
	if l.goal = slices.Index(p.goals, goal); l.goal < 0 {
		l.goal = len(p.goals)
		p.goals = append(p.goals, goal)
	}
	p.logins = append(p.logins, l)
	return nil
}

func (p *Proof) addSubject(s subjectProof) error {
	if !slices.Contains(evidence.Subjects, s.Subject) {
		return fmt.Errorf("%w: %s: there is no subject %q", ErrProof, proofFile, s.Subject)
	}
	for _, r := range s.Requirements {
		var ok bool
		if r.index, ok = p.catalogue.RequirementIndex(r.ID); !ok {
			return fmt.Errorf("%w: %s: there is no requirement %q", ErrProof, proofFile, r.ID)
		}
		has := slices.ContainsFunc(p.catalogue.Requirements[r.index].Settings, func(f catalogue.Setting) bool { return f.Key == r.Within })
		if r.Within != "" && (!has || r.Within != "days" && r.Within != "months") {
			return fmt.Errorf("%w: %s: %s has no figure %q", ErrProof, proofFile, r.ID, r.Within)
		}
		p.subjects[s.Subject] = append(p.subjects[s.Subject], r)
	}
	return nil
}

// addKind notes which requirements a kind of evidence can show.
func (p *Proof) addKind(k *catalogue.EvidenceKind) {
	proves := newBits(len(p.catalogue.Requirements))
	for i := range p.catalogue.Requirements {
		if r := &p.catalogue.Requirements[i]; k.Strength >= r.MinStrength && slices.Contains(r.Evidence, k.ID) {
			proves.set(i)
		}
	}
	p.proves[k.ID] = proves
}

// figure is the organisation's own figure of a requirement, or the catalogue's.
func (p *Proof) figure(figures map[string]map[string]int, r *provenByAge) int {
	if n, ok := figures[r.ID][r.Within]; ok {
		return n
	}
	for _, f := range p.catalogue.Requirements[r.index].Settings {
		if f.Key == r.Within {
			return f.Value
		}
	}
	return 0
}

// AsksOf are the requirements that ask a way in for a level of assurance, 0 for two factors alone: those that ask for just that first, and
// among them those that name who uses it.
func (p *Proof) AsksOf(way system.LoginPath, loa int) []string {
	var by [4][]string
	for _, l := range p.logins {
		if l.LoA < loa || l.Zone != "" && l.Zone != way.Zone || len(l.Who) > 0 && !slices.Contains(l.Who, way.Audience) {
			continue
		}
		rank := 0
		if l.LoA != loa {
			rank += 2
		}
		if len(l.Who) == 0 {
			rank++
		}
		by[rank] = append(by[rank], l.Requirement)
	}
	return slices.Concat(by[:]...)
}

// Indicator is the table from verdict to indicator.
func (p *Proof) Indicator() *verdict.Indicator { return p.indicator }

// Life says how long evidence counts.
func (p *Proof) Life() *evidence.Life { return p.life }

// Kept is what a law that concerns a system says of how long its logs of access are kept.
type Kept struct {
	Law    *AppliedLaw
	Months int
}

// Keeps finds the laws that say how long a system's logs of access are kept, the longest first.
func (p *Proof) Keeps(v *View) []Kept {
	var out []Kept
	for _, r := range p.retention {
		if i := slices.IndexFunc(v.Laws, func(l AppliedLaw) bool { return l.ID == r.Law }); i >= 0 {
			out = append(out, Kept{&v.Laws[i], r.Months})
		}
	}
	slices.SortStableFunc(out, func(a, b Kept) int { return b.Months - a.Months })
	return out
}
