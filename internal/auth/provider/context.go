// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/insegel/insegel/internal/plainyaml"
)

// contextsFile is where the shipped list stands in the data that come with the program.
const contextsFile = "authentication.yaml"

// Words is a text in both languages.
type Words struct {
	SV string `yaml:"sv"`
	EN string `yaml:"en"`
}

// In gives the text in a language.
func (w Words) In(lang string) string {
	if lang == "en" {
		return w.EN
	}
	return w.SV
}

// Context is an authentication context (acr, AuthnContextClassRef) that is known, and what it means.
type Context struct {
	// Value is the context as it stands on the wire.
	Value string `yaml:"value"`
	// Scheme is whose it is.
	Scheme string `yaml:"scheme"`
	// Factors is how many factors it says were shown; 0 is not known.
	Factors int `yaml:"factors"`
	// LoA is the level of identity assurance that it says, 2 to 4; 0 is none.
	LoA int `yaml:"loa"`
	// Reviewed says that somebody else than the provider has reviewed the level. A level without review counts as none until the
	// organisation says otherwise, per provider.
	Reviewed bool `yaml:"reviewed"`
	// Verified says that the row has been compared with its source.
	Verified bool  `yaml:"verified"`
	Note     Words `yaml:"note"`
}

// MethodReference is a way of showing a factor (amr) that is known.
type MethodReference struct {
	Value string `yaml:"value"`
	Is    Words  `yaml:"is"`
	// Factor is the kind of factor: knowledge, possession, inherence; several for one that shows several, empty when not known.
	Factor string `yaml:"factor"`
	// Alone is "yes" when it alone shows two factors, "no", or "policy" when that depends on what stands behind it.
	Alone    string `yaml:"alone"`
	Verified bool   `yaml:"verified"`
}

// Contexts is the shipped list of authentication contexts and methods.
type Contexts struct {
	Version  string            `yaml:"version"`
	Source   Words             `yaml:"source"`
	Contexts []Context         `yaml:"contexts"`
	Methods  []MethodReference `yaml:"methods"`

	byValue  map[string]*Context
	byMethod map[string]*MethodReference
}

// LoadContexts reads the list from the data that come with the program.
func LoadContexts(fsys fs.FS) (*Contexts, error) {
	b, err := fs.ReadFile(fsys, contextsFile)
	if err != nil {
		return nil, fmt.Errorf("read authentication contexts: %w", err)
	}
	c := &Contexts{byValue: map[string]*Context{}, byMethod: map[string]*MethodReference{}}
	if err := c.decode(b); err != nil {
		return nil, fmt.Errorf("read %s: %w", contextsFile, err)
	}
	for i := range c.Contexts {
		x := &c.Contexts[i]
		if x.Value == "" || x.Scheme == "" || c.byValue[x.Value] != nil || x.LoA < 0 || x.LoA > 4 || x.Factors < 0 || x.Factors > 2 {
			return nil, fmt.Errorf("read %s: the context %q is not written as it should be, or stands twice", contextsFile, x.Value)
		}
		c.byValue[x.Value] = x
	}
	for i := range c.Methods {
		m := &c.Methods[i]
		if m.Value == "" || c.byMethod[m.Value] != nil || !slices.Contains([]string{"yes", "no", "policy"}, m.Alone) {
			return nil, fmt.Errorf("read %s: the method %q is not written as it should be, or stands twice", contextsFile, m.Value)
		}
		c.byMethod[m.Value] = m
	}
	return c, nil
}

func (c *Contexts) decode(b []byte) error {
	if plainyaml.Decode(string(b), c) {
		return nil
	}
	read := yaml.NewDecoder(bytes.NewReader(b))
	read.KnownFields(true)
	return read.Decode(c)
}

// Find gives a context of the list by its value, letter by letter.
func (c *Contexts) Find(value string) (Context, bool) {
	x, ok := c.byValue[value]
	if !ok {
		return Context{}, false
	}
	return *x, true
}

// OnlyOneFactor reports whether the methods that a provider names (amr) show one factor at most: then an answer that says two
// contradicts itself. Nothing said, or a method that is not known, speaks for neither.
func (c *Contexts) OnlyOneFactor(methods []string) bool {
	factor := ""
	for _, name := range methods {
		m := c.byMethod[name]
		switch {
		case m == nil || m.Alone != "no" || factor != "" && m.Factor != "" && m.Factor != factor:
			return false
		case m.Factor != "":
			factor = m.Factor
		}
	}
	return factor != ""
}

// Strength is what a sign-in has shown: two things that are never put on one scale.
type Strength struct {
	// Factors is how many factors were shown and LoA the reviewed identity assurance; 0 is none, or not known.
	Factors, LoA int
	// SelfDeclared says that the level rests on the provider's own word, which the organisation has chosen to take.
	SelfDeclared bool
}

// Strength is what an accepted context counts as.
func (c *Contexts) Strength(a Accepted) Strength {
	x, ok := c.Find(a.Value)
	switch {
	case !ok:
		return Strength{Factors: a.Factors, LoA: a.LoA, SelfDeclared: a.LoA > 0}
	case x.Reviewed:
		return Strength{Factors: x.Factors, LoA: x.LoA}
	case a.Trusted:
		return Strength{Factors: x.Factors, LoA: x.LoA, SelfDeclared: x.LoA > 0}
	default:
		return Strength{Factors: x.Factors}
	}
}

// check tells why a context cannot be accepted.
func (a Accepted) check(known *Contexts) error {
	if a.Value == "" || len(a.Value) > maxValue || strings.ContainsAny(a.Value, " \t\r\n\"") {
		return fmt.Errorf("%w: %q is not written as one", ErrContext, a.Value)
	}
	if a.LoA != 0 && a.LoA != 3 && a.LoA != 4 || a.Factors < 0 || a.Factors > 2 {
		return fmt.Errorf("%w: %q: the level is 3 or 4, or none", ErrContext, a.Value)
	}
	if s := known.Strength(a); s.Factors < 2 {
		return fmt.Errorf("%w: %q", ErrOneFactor, a.Value)
	}
	return nil
}
