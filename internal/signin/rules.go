// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The files that the rules are read from.
const (
	levelsFile = "authentication.yaml"
	rulesFile  = "signin.yaml"
)

// Rules are the forms that are known, and what levels and methods mean.
type Rules struct {
	// Version names the data, and the beginning of its hash, so that a judgement can be made again.
	Version string

	formats      []*Mapping
	contexts     map[string]level
	methods      map[string]method
	combinations map[string]bool
	categories   map[string]int
	names        *gazetteer
}

type level struct {
	Value    string `yaml:"value"`
	Factors  int    `yaml:"factors"`
	LoA      int    `yaml:"loa"`
	Reviewed bool   `yaml:"reviewed"`
}

type method struct {
	Value  string `yaml:"value"`
	Factor string `yaml:"factor"`
	Alone  string `yaml:"alone"`
}

type category struct {
	Value string `yaml:"value"`
	LoA   int    `yaml:"loa"`
}

// Load reads the rules.
func Load(data fs.FS) (*Rules, error) {
	hash := sha256.New()
	read := func(name string, into any) error {
		b, err := fs.ReadFile(data, name)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRules, err)
		}
		fmt.Fprintf(hash, "%s %d\n", name, len(b)) // a hash takes everything
		hash.Write(b)
		if err := yaml.Unmarshal(b, into); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrRules, name, err)
		}
		return nil
	}
	var levels struct {
		Contexts []level  `yaml:"contexts"`
		Methods  []method `yaml:"methods"`
	}
	var table struct {
		Version      string     `yaml:"version"`
		Formats      []*Mapping `yaml:"formats"`
		Combinations []string   `yaml:"two_factor_combinations"`
		Categories   []category `yaml:"entity_categories"`
	}
	if err := errors.Join(read(levelsFile, &levels), read(rulesFile, &table)); err != nil {
		return nil, err
	}
	r := &Rules{
		Version: table.Version + "+" + hex.EncodeToString(hash.Sum(nil))[:12], formats: table.Formats,
		contexts: map[string]level{}, methods: map[string]method{}, combinations: map[string]bool{}, categories: map[string]int{},
	}
	var err error
	if r.names, err = loadNames(read); err != nil {
		return nil, err
	}
	for _, c := range levels.Contexts {
		r.contexts[c.Value] = c
	}
	for _, m := range levels.Methods {
		r.methods[m.Value] = m
	}
	for _, c := range table.Combinations {
		r.combinations[c] = true
	}
	for _, c := range table.Categories {
		r.categories[c.Value] = c.LoA
	}
	var faults []error
	for _, m := range r.formats {
		if err := m.check(); err != nil {
			faults = append(faults, fmt.Errorf("%w: format %s: %w", ErrRules, m.ID, err))
		}
	}
	if len(r.formats) == 0 || len(r.contexts) == 0 || len(r.methods) == 0 || len(r.combinations) == 0 {
		faults = append(faults, fmt.Errorf("%w: something is missing", ErrRules))
	}
	return r, errors.Join(faults...)
}

// Formats are the names of the forms that are known.
func (r *Rules) Formats() (out []string) {
	for _, m := range r.formats {
		out = append(out, m.ID)
	}
	return out
}

// choose is the form with a name, or the first one whose marks all stand in the beginning of a log.
func (r *Rules) choose(name string, head []byte) (*Mapping, error) {
	for _, m := range r.formats {
		if name == m.ID || name == "" && len(m.Detect) > 0 &&
			!slices.ContainsFunc(m.Detect, func(mark string) bool { return !bytes.Contains(head, []byte(mark)) }) {
			return m, nil
		}
	}
	return nil, ErrFormat
}

// Judgement is what a level and methods together say about a sign-in.
type Judgement struct {
	// Factors is how many factors were shown: 1, 2, or 0 when it cannot be known.
	Factors int
	// LoA is the reviewed identity assurance; 0 is none, or not known.
	LoA int
	// Password says that a password was all.
	Password bool
}

// Judge says what a level and methods mean. A level speaks for itself; methods may show more than it says, and never less.
func (r *Rules) Judge(context, methods string) Judgement {
	var j Judgement
	c, known := r.contexts[context]
	if known {
		j.Factors = c.Factors
		if c.Reviewed {
			j.LoA = c.LoA
		}
	}
	n, pwd := r.factors(strings.Fields(methods))
	j.Factors = max(j.Factors, n)
	j.Password = j.Factors == 1 && (pwd || passwordContexts[context])
	return j
}

// passwordContexts are the levels that say that a password was shown and nothing more.
var passwordContexts = map[string]bool{
	"urn:oasis:names:tc:SAML:2.0:ac:classes:Password":                                true,
	"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport":              true,
	"http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password": true,
}

// factors is how many kinds of factors methods show. What is not known, and what depends on how it was set up, leaves one factor uncertain
// rather than certain.
func (r *Rules) factors(methods []string) (n int, password bool) {
	kinds := map[string]bool{}
	certain := true
	for _, name := range methods {
		m, known := r.methods[name]
		if !known {
			certain = false
			continue
		}
		if m.Alone == "yes" {
			return 2, false
		}
		if m.Alone == "policy" {
			certain = false
		}
		password = password || name == "pwd"
		for kind := range strings.FieldsSeq(m.Factor) {
			kinds[kind] = true
		}
	}
	switch {
	case len(kinds) >= 2:
		return 2, false
	case len(kinds) == 1 && certain:
		return 1, password
	}
	return 0, false
}
