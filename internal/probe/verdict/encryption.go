// SPDX-License-Identifier: EUPL-1.2

package verdict

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Quality is how good something about a host's encryption is.
type Quality string

// The qualities, from the best. Unmeasured is none of them, and never good.
const (
	Good         Quality = "good"
	Sufficient   Quality = "sufficient"
	PhaseOut     Quality = "phase_out"
	Insufficient Quality = "insufficient"
	Unmeasured   Quality = "unknown"
)

var qualities = []Quality{Good, Sufficient, PhaseOut, Insufficient}

// Known reports whether it is one of those there are; unknown is.
func (q Quality) Known() bool { return q == Unmeasured || slices.Contains(qualities, q) }

// WorseThan reports whether something is worse than something else. What was not measured is neither worse nor better.
func (q Quality) WorseThan(other Quality) bool {
	a, b := slices.Index(qualities, q), slices.Index(qualities, other)
	return a >= 0 && b >= 0 && a > b
}

// Encryption is what was measured of a host's encryption.
type Encryption struct {
	// Versions and Families are what was asked for, and whether the server takes it. What got no clear answer is left out.
	Versions map[string]bool
	Families map[string]bool
	// Keys are the kinds and sizes of the keys that were seen: of the certificates, and of the group (DH).
	Keys []Key
	// Signatures are the hashes that the certificates are signed with.
	Signatures []string
	// Faults are what is wrong with the certificates: expired, name, untrusted. Judged says that they were seen at all.
	Faults []string
	Judged bool
	// Compressed says that the server compresses before it encrypts, which gives secrets away.
	Compressed bool
	// HSTS is for how many days browsers are told to insist on encryption; -1 is not known.
	HSTS int
}

// Key is a key's kind and size.
type Key struct {
	Kind string
	Bits int
}

// Aspect is one thing that was judged.
type Aspect struct {
	Name    string  `json:"name"`
	Value   string  `json:"value"`
	Quality Quality `json:"grade"`
	// Counts says that it counts in the whole.
	Counts bool `json:"counts"`
}

// Scale judges encryption.
type Scale struct {
	Version string

	versions, families, signatures map[string]Quality
	keys                           map[string][]step
	hsts                           []step
}

type step struct {
	AtLeast int     `yaml:"at_least"`
	Grade   Quality `yaml:"grade"`
}

const encryptionFile = "probe/encryption.yaml"

// LoadScale reads the scale.
func LoadScale(data fs.FS) (*Scale, error) {
	b, err := fs.ReadFile(data, encryptionFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRules, err)
	}
	var t struct {
		Version    string             `yaml:"version"`
		Versions   map[string]Quality `yaml:"versions"`
		Families   map[string]Quality `yaml:"families"`
		Signatures map[string]Quality `yaml:"signatures"`
		Keys       map[string][]step  `yaml:"keys"`
		HSTS       []step             `yaml:"hsts"`
	}
	if err := yaml.Unmarshal(b, &t); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRules, encryptionFile, err)
	}
	var faults []error
	for _, m := range []map[string]Quality{t.Versions, t.Families, t.Signatures} {
		for name, q := range m {
			if !slices.Contains(qualities, q) {
				faults = append(faults, fmt.Errorf("%w: %s: %s is %q", ErrRules, encryptionFile, name, q))
			}
		}
	}
	steps := maps.Clone(t.Keys)
	steps["hsts"] = t.HSTS
	for name, list := range steps {
		if len(list) == 0 || list[len(list)-1].AtLeast != 0 || slices.ContainsFunc(list, func(s step) bool { return !slices.Contains(qualities, s.Grade) }) {
			faults = append(faults, fmt.Errorf("%w: %s: the sizes of %s", ErrRules, encryptionFile, name))
		}
	}
	return &Scale{Version: t.Version, versions: t.Versions, families: t.Families, signatures: t.Signatures, keys: t.Keys, hsts: t.HSTS}, errors.Join(faults...)
}

// Judge gives the whole, which is the worst of what counts, and each aspect in a fixed order. A host of which nothing was seen is
// unknown.
func (s *Scale) Judge(e *Encryption) (Quality, []Aspect) {
	var out []Aspect
	add := func(name, value string, q Quality) {
		out = append(out, Aspect{Name: name, Value: value, Quality: q, Counts: true})
	}
	for _, v := range taken(e.Versions) {
		add("version", v, known(s.versions, v))
	}
	for _, f := range taken(e.Families) {
		add("family", f, known(s.families, f))
	}
	for _, k := range e.Keys {
		add("key", fmt.Sprintf("%s %d", k.Kind, k.Bits), size(s.keys[k.Kind], k.Bits))
	}
	for _, h := range e.Signatures {
		if q, weak := s.signatures[h]; weak {
			add("signature", h, q)
		} else {
			add("signature", h, Good)
		}
	}
	for _, f := range e.Faults {
		add("certificate", f, Insufficient)
	}
	if e.Judged && len(e.Faults) == 0 {
		add("certificate", "ok", Good)
	}
	if e.Compressed {
		add("compression", "yes", Insufficient)
	}
	whole := e.seen(worst(out))
	if e.HSTS >= 0 {
		out = append(out, Aspect{Name: "hsts", Value: fmt.Sprintf("%d days", e.HSTS), Quality: size(s.hsts, e.HSTS)})
	}
	return whole, out
}

// seen is the whole as far as enough was seen for it.
func (e *Encryption) seen(whole Quality) Quality {
	if len(e.Versions) == 0 && whole != Insufficient { // a certificate alone says nothing of the encryption
		return Unmeasured
	}
	if !e.Judged && (whole == Good || whole == Sufficient) { // and versions alone say nothing of who answers
		return Unmeasured
	}
	return whole
}

// taken lists what a server takes, in order.
func taken(asked map[string]bool) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		if asked[name] {
			out = append(out, name)
		}
	}
	return out
}

func known(table map[string]Quality, name string) Quality {
	if q, ok := table[name]; ok {
		return q
	}
	return Unmeasured
}

func size(steps []step, n int) Quality {
	for _, s := range steps {
		if n >= s.AtLeast {
			return s.Grade
		}
	}
	return Unmeasured
}

// worst is the worst of the aspects. Anything unknown among them keeps the whole from being good.
func worst(all []Aspect) Quality {
	at, unknown := -1, false
	for _, a := range all {
		at = max(at, slices.Index(qualities, a.Quality))
		unknown = unknown || a.Quality == Unmeasured
	}
	if at < 0 || unknown && at == 0 {
		return Unmeasured
	}
	return qualities[at]
}
