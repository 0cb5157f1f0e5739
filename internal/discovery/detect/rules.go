// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/insegel/insegel/internal/plainyaml"
)

// Rules are the detectors as data: their ids and versions, the words that speak for them, gazetteers and vocabularies.
type Rules struct {
	// Version names this set of rules in results: the catalogue's edition, and the beginning of Digest.
	Version string
	// Digest tells this set of rules from every other.
	Digest string
	// Documents are the kinds of information that a document may look like.
	Documents []Document

	ids     []string
	dict    *dictionary // all terms
	numbers *dictionary // those that speak for or against a number
	civic   *dictionary // of those, the ones that are asked for when only personnummer and samordningsnummer are wanted
	names   nameEndings
}

// Document is a kind of information that a document looks like when enough of what it is made of was found.
type Document struct {
	// ID is the information type's in the catalogue.
	ID string `yaml:"id"`
	// Name is how the verdict is put, in Swedish and English.
	Name map[string]string `yaml:"name"`
	// Needs are the detectors that must have found something, and how many at least.
	Needs map[string]int `yaml:"needs"`
	// Words are words of its own, of which one at least stands in the document.
	Words []string `yaml:"words"`
}

// file is one file of rules. What is not used here is named all the same: with a key that it does not know a file is not read plainly, which
// takes a dozen times as long.
type file struct {
	Catalogue string         `yaml:"catalogue"`
	Version   string         `yaml:"version"`
	Detectors []detectorRule `yaml:"detectors"`
	// Against are words that speak of other numbers: invoices, OCR references, orders, meters.
	Against []string `yaml:"against"`
	// Innocent are words in which a term of a sensitive category means something else.
	Innocent []string `yaml:"innocent"`
	// First and Last are names; Endings are how surnames end that no list holds all of.
	First     []string   `yaml:"first"`
	Last      []string   `yaml:"last"`
	Endings   []string   `yaml:"endings"`
	Documents []Document `yaml:"documents"`
}

type detectorRule struct {
	ID      string            `yaml:"id"`
	Version int               `yaml:"version"`
	Name    map[string]string `yaml:"name"`
	// Words speak for a number near them, or in the heading of its column.
	Words []string `yaml:"words"`
	// Terms are what a sensitive category is found by.
	Terms []string `yaml:"terms"`
}

// Load reads the rules: the YAML files of a directory. Every detector of this package must be there.
func Load(fsys fs.FS) (*Rules, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("load detectors: %w", err)
	}
	r := &Rules{ids: slices.Clone(formed[:]), dict: newDictionary()}
	r.numbers = r.dict.only(func(c class) bool { return c < class(firstSensitive) || c == against })
	r.civic = r.dict.only(func(c class) bool { return c.set()&(civicWords|otherNumbers) != 0 })
	digest := sha256.New()
	seen := map[string]bool{}
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("load detectors: %w", err)
		}
		fmt.Fprintf(digest, "%s %d\n%s", name, len(b), b)
		f, err := read(b)
		if err == nil {
			err = r.take(f, seen)
		}
		if err != nil {
			return nil, fmt.Errorf("load detectors: %s: %w", name, err)
		}
	}
	for _, id := range formed {
		if !seen[id] {
			return nil, fmt.Errorf("load detectors: %s is missing", id)
		}
	}
	for i := range r.Documents {
		for id := range r.Documents[i].Needs {
			if !slices.Contains(r.ids, id) {
				return nil, fmt.Errorf("load detectors: the document %s needs %s, which is no detector", r.Documents[i].ID, id)
			}
		}
	}
	r.Digest = hex.EncodeToString(digest.Sum(nil)[:16])
	r.Version += "-" + r.Digest[:8] // an edition may be published with other rules than before
	return r, nil
}

// read reads a file. What is not plain, or wrong, is left to the parser of all of YAML.
func read(b []byte) (*file, error) {
	var plain, f file
	if plainyaml.Decode(string(b), &plain) {
		return &plain, nil
	}
	err := yaml.Unmarshal(b, &f)
	return &f, err
}

// take takes in one file.
func (r *Rules) take(f *file, seen map[string]bool) error {
	r.Version = max(r.Version, f.Version)
	for i := range f.Detectors {
		d := &f.Detectors[i]
		if seen[d.ID] {
			return fmt.Errorf("the id %s is already in use", d.ID)
		}
		seen[d.ID] = true
		n, err := r.number(d.ID)
		if err != nil {
			return err
		}
		if err := r.addAll(append(d.Words, d.Terms...), "", class(n)); err != nil {
			return fmt.Errorf("%s: %w", d.ID, err)
		}
	}
	if err := r.addAll(f.Against, "", against); err != nil {
		return err
	}
	if err := r.addAll(f.Innocent, "", innocent); err != nil {
		return err
	}
	if err := r.addAll(f.First, "=", firstName); err != nil {
		return err
	}
	if err := r.addAll(f.Last, "=", lastName); err != nil {
		return err
	}
	for _, e := range f.Endings {
		r.names = append(r.names, fold(e))
		if w := fold(windows1252(e)); w != fold(e) {
			r.names = append(r.names, w)
		}
	}
	r.Documents = append(r.Documents, f.Documents...)
	return nil
}

// number is a detector's number: its place among those whose form is known, or after them.
func (r *Rules) number(id string) (int, error) {
	if n := slices.Index(formed[:], id); n >= 0 {
		return n, nil
	}
	if !strings.HasPrefix(id, "sensitive_") {
		return 0, fmt.Errorf("no form is known for %s", id)
	}
	r.ids = append(r.ids, id)
	if len(r.ids) > maxClasses {
		return 0, fmt.Errorf("there are more than %d detectors", maxClasses)
	}
	return len(r.ids) - 1, nil
}

func (r *Rules) addAll(terms []string, mark string, c class) error {
	for _, t := range terms {
		if err := r.dict.add(mark+t, c); err != nil {
			return err
		}
		if len(r.dict.terms) > maxTerms {
			return fmt.Errorf("there are more than %d terms", maxTerms)
		}
	}
	return nil
}

// IDs are the detectors' ids. A Detector is a place in this list.
func (r *Rules) IDs() []string { return r.ids }

// ID is a detector's id.
func (r *Rules) ID(d Detector) string { return r.ids[d] }

// Choose finds detectors by their ids; "sensitive" stands for all sensitive categories. All of them when ids is empty.
func (r *Rules) Choose(ids []string) ([]Detector, error) {
	var out []Detector
	if len(ids) == 0 {
		for i := range r.ids {
			out = append(out, Detector(i))
		}
		return out, nil
	}
	for _, id := range ids {
		found := false
		for i, have := range r.ids {
			if have == id || id == "sensitive" && i >= int(firstSensitive) {
				out, found = append(out, Detector(i)), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no detector %q: choose among %s", id, strings.Join(r.ids, ", "))
		}
	}
	return out, nil
}

// Sensitive reports whether a detector is a sensitive category: words, and nothing that says who.
func (d Detector) Sensitive() bool { return d >= firstSensitive }
