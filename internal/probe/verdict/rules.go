// SPDX-License-Identifier: EUPL-1.2

package verdict

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/insegel/insegel/internal/probe/decode"
)

// ErrRules says that the data that verdicts are made by is wrong.
var ErrRules = errors.New("the rules of the probe are wrong")

// The files that the rules are read from.
const (
	levelsFile      = "authentication.yaml"
	rulesFile       = "probe/rules.yaml"
	wordsFile       = "probe/words.yaml"
	authoritiesFile = "probe/authorities.yaml"
)

// Rules are what verdicts are made by.
type Rules struct {
	// Version names the data, and the beginning of its hash, so that a verdict can be made again.
	Version string
	// Words are what pages are read with.
	Words decode.Words

	rows        []rule
	levels      map[string]level
	windows     []string
	refusals    []refusal
	authorities []authority
	limits      map[string]text
}

type text struct {
	SV string `yaml:"sv"`
	EN string `yaml:"en"`
}

type rule struct {
	Row        int        `yaml:"row"`
	ID         string     `yaml:"id"`
	When       []string   `yaml:"when"`
	Unless     []string   `yaml:"unless"`
	Verdict    Verdict    `yaml:"verdict"`
	AtLeast    Verdict    `yaml:"at_least"`
	Confidence Confidence `yaml:"confidence"`
	Grade      Grade      `yaml:"grade"`
	Factors    string     `yaml:"factors"`
	Kind       string     `yaml:"kind"`
	Limits     []string   `yaml:"limits"`
	Reason     text       `yaml:"reason"`
}

type level struct {
	Value    string `yaml:"value"`
	Factors  int    `yaml:"factors"`
	LoA      int    `yaml:"loa"`
	Reviewed bool   `yaml:"reviewed"`
	Verified bool   `yaml:"verified"`
}

type refusal struct {
	Status int    `yaml:"status"`
	Text   string `yaml:"text"`
}

type authority struct {
	Issuer   string `yaml:"issuer"`
	Name     string `yaml:"name"`
	Factors  int    `yaml:"factors"`
	LoA      int    `yaml:"loa"`
	Verified bool   `yaml:"verified"`
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
		Contexts []level `yaml:"contexts"`
	}
	var table struct {
		Version  string          `yaml:"version"`
		Rules    []rule          `yaml:"rules"`
		Windows  []string        `yaml:"windows"`
		Wauth    []level         `yaml:"wauth"`
		Refusals []refusal       `yaml:"refusals"`
		Limits   map[string]text `yaml:"limits"`
	}
	var words wordList
	var issuers struct {
		Authorities []authority `yaml:"authorities"`
	}
	if err := errors.Join(read(levelsFile, &levels), read(rulesFile, &table), read(wordsFile, &words), read(authoritiesFile, &issuers)); err != nil {
		return nil, err
	}
	r := &Rules{rows: table.Rules, levels: map[string]level{}, windows: table.Windows, refusals: table.Refusals, authorities: issuers.Authorities, limits: table.Limits}
	for _, l := range append(levels.Contexts, table.Wauth...) {
		r.levels[l.Value] = l
	}
	r.Words = words.words()
	r.Version = table.Version + "+" + hex.EncodeToString(hash.Sum(nil))[:12]
	return r, r.check()
}

// check finds what would make a rule never decide, or decide what it must not.
func (r *Rules) check() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: "+format, append([]any{ErrRules}, args...)...))
	}
	if len(r.rows) == 0 || len(r.rows[len(r.rows)-1].When) != 0 || len(r.levels) == 0 || len(r.Words.Strong) == 0 || len(r.authorities) == 0 {
		fault("something is missing, or the last rule does not always hold")
	}
	for i := range r.rows {
		for _, why := range r.rows[i].faults(r.limits) {
			fault("rule %s: %s", r.rows[i].ID, why)
		}
	}
	return errors.Join(faults...)
}

// faults says what is wrong with a rule.
func (row *rule) faults(limits map[string]text) (out []string) {
	for _, f := range append(slices.Clone(row.When), row.Unless...) {
		if !slices.Contains(factNames, f) {
			out = append(out, fmt.Sprintf("no fact is called %q", f))
		}
	}
	for _, l := range row.Limits {
		if limits[l].SV == "" || limits[l].EN == "" {
			out = append(out, fmt.Sprintf("limit %q is not explained", l))
		}
	}
	if row.Verdict.Known() == row.AtLeast.Known() {
		out = append(out, "it must have one verdict or one floor")
	}
	sure := slices.Contains([]Confidence{High, Medium, Low}, row.Confidence)
	if !sure && row.Verdict != Unknown && row.AtLeast == "" {
		out = append(out, "no confidence")
	}
	if !slices.Contains([]string{"", "levels", "weakest", "provider", "certificate", "1"}, row.Factors) {
		out = append(out, fmt.Sprintf("factors %q", row.Factors))
	}
	if row.Reason.SV == "" || row.Reason.EN == "" || row.ID == "" || row.Row == 0 {
		out = append(out, "no number, name or reason")
	}
	return out
}

// wordList is words.yaml.
type wordList struct {
	Login     []string `yaml:"login"`
	UserName  []string `yaml:"user_name"`
	Passkey   []string `yaml:"passkey"`
	Federated []string `yaml:"federated"`
	Provider  []string `yaml:"provider"`
	Password  []string `yaml:"password"`
	NotPass   []string `yaml:"not_password"`
	Not       []string `yaml:"not"`
	Methods   []struct {
		ID    string   `yaml:"id"`
		Words []string `yaml:"words"`
		Hosts []string `yaml:"hosts"`
	} `yaml:"methods"`
}

func (w wordList) words() decode.Words {
	out := decode.Words{Login: w.Login, UserName: w.UserName, Passkey: w.Passkey, Federated: w.Federated, Provider: w.Provider, Password: w.Password, NotPassword: w.NotPass, Not: w.Not}
	for _, m := range w.Methods {
		out.Strong = append(out.Strong, decode.Method{ID: m.ID, Words: m.Words, Hosts: m.Hosts})
	}
	return out
}

// Limit explains a limit, as a reason; one that is not in the data is its own explanation.
func (r *Rules) Limit(code string) Reason {
	t, ok := r.limits[code]
	if !ok {
		t = text{SV: code, EN: code}
	}
	return Reason{ID: code, SV: t.SV, EN: t.EN}
}

// Refuses reports whether an answer is that of a server that turns away whoever has no certificate.
func (r *Rules) Refuses(status int, body []byte) bool {
	lower := strings.ToLower(string(body[:min(len(body), 8<<10)]))
	return slices.ContainsFunc(r.refusals, func(f refusal) bool { return f.Status == status && strings.Contains(lower, f.Text) })
}

// Authority finds who issues the certificates under a name: the issuer, how many factors each proves and at which level; 0 is not known.
func (r *Rules) Authority(name string) (issuer string, factors, loa int) {
	name = strings.ToLower(name)
	for _, a := range r.authorities {
		if strings.Contains(name, a.Name) {
			return a.Issuer, a.Factors, a.LoA
		}
	}
	return "", 0, 0
}
