// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// Mapping says where in a log its facts stand, and what its own words mean. Formats that are known are mappings too, in data/signin.yaml.
type Mapping struct {
	ID string `yaml:"id"`
	// Reads is how records are written: json, csv, or one of the logs that are read by code: keycloak-log, adfs, shibboleth, simplesamlphp.
	Reads string `yaml:"reads"`
	// Comma is what stands between the columns of a CSV file; the comma when left out. Columns name them when the file does not.
	Comma   string   `yaml:"comma"`
	Columns []string `yaml:"columns"`
	// Each fact stands at the first of its places that has a value: a column, or a key such as status.errorCode.
	Time        []string `yaml:"time"`
	Application []string `yaml:"application"`
	Path        []string `yaml:"path"`
	Context     []string `yaml:"context"`
	Outcome     []string `yaml:"outcome"`
	Methods     []Method `yaml:"methods"`
	// Applications, when there are any, are the only applications that are kept by name; every other is counted as Other.
	Applications []string `yaml:"applications"`
	// TimeFormat is iso, unix, unix_ms, or an order such as DD/MM/YYYY.
	TimeFormat string `yaml:"time_format"`
	// Success and Interrupted are the outcomes that mean so; every other is a failure. Without Outcome every record succeeded.
	Success     []string `yaml:"success"`
	Interrupted []string `yaml:"interrupted"`
	// Only are the records that are sign-ins: a place and the values that it may have. Absent says that it may also be missing.
	Only []Only `yaml:"only"`
	// Contexts and Words are what the log's own words for levels and methods are called in data/authentication.yaml.
	Contexts map[string]string `yaml:"contexts"`
	Words    map[string]string `yaml:"words"`
	// Detect are texts that all stand in the beginning of such a log.
	Detect []string `yaml:"detect"`
}

// Method is where methods stand. In a list of objects they stand under Key of those whose When is Is.
type Method struct {
	At   string `yaml:"at"`
	Key  string `yaml:"key"`
	When string `yaml:"when"`
	Is   string `yaml:"is"`
}

// Only is a condition that makes a record a sign-in.
type Only struct {
	At     string   `yaml:"at"`
	Is     []string `yaml:"is"`
	Absent bool     `yaml:"absent"`
}

// ParseMapping reads a mapping that somebody has written, in YAML or JSON.
func ParseMapping(text []byte) (*Mapping, error) {
	var m Mapping
	read := yaml.NewDecoder(bytes.NewReader(text))
	read.KnownFields(true)
	if err := read.Decode(&m); err != nil {
		return nil, fmt.Errorf("%w: it is no YAML with the words of a mapping%s", ErrMapping, lineOf(err))
	}
	if m.ID == "" {
		m.ID = "mapping"
	}
	return &m, m.check()
}

var numberedLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bline \d+`) })

// lineOf is where a parser found something wrong. What it says of it is left out: it may quote what it read, and that may be a log.
func lineOf(err error) string {
	if at := numberedLine().FindString(err.Error()); at != "" {
		return ", " + at
	}
	return ""
}

func (m *Mapping) check() error {
	switch {
	case !slices.Contains([]string{"json", "csv", "keycloak-log", "adfs", "shibboleth", "simplesamlphp"}, m.Reads):
		return fmt.Errorf("%w: reads must be json or csv", ErrMapping)
	case m.Reads != "json" && m.Reads != "csv":
		return nil
	case len(m.Time) == 0 || len(m.Application) == 0:
		return fmt.Errorf("%w: it must say where time and application stand", ErrMapping)
	case len(m.Comma) > 1:
		return fmt.Errorf("%w: comma must be one character", ErrMapping)
	case m.Outcome != nil && m.Success == nil:
		return fmt.Errorf("%w: it must say which outcomes are a success", ErrMapping)
	}
	if fact := m.peoples(); fact != "" {
		return &PersonalError{Fact: fact} // as the field is called, so are those that hold people
	}
	switch m.TimeFormat {
	case "", "iso", "unix", "unix_ms":
	default:
		if !strings.Contains(m.TimeFormat, "YYYY") || !strings.Contains(m.TimeFormat, "MM") || !strings.Contains(m.TimeFormat, "DD") {
			return fmt.Errorf("%w: time_format must be iso, unix, unix_ms, or have YYYY, MM and DD in it", ErrMapping)
		}
	}
	return nil
}

// peoples is the fact, if any, that the mapping takes from a field that by its name holds people. Applications that are listed are none.
func (m *Mapping) peoples() string {
	if len(m.Applications) == 0 && slices.ContainsFunc(m.Application, somebodys) {
		return factNames[anApplication]
	}
	if slices.ContainsFunc(m.Path, somebodys) {
		return factNames[aPath]
	}
	if slices.ContainsFunc(m.Context, somebodys) {
		return factNames[aContext]
	}
	if slices.ContainsFunc(m.Methods, func(x Method) bool { return somebodys(x.At) || somebodys(x.Key) }) {
		return factNames[aMethod]
	}
	return ""
}

// context is a level as data/authentication.yaml calls it.
func (m *Mapping) context(s string) string {
	if to, ok := m.Contexts[s]; ok {
		return to
	}
	return s
}

// method is a method as data/authentication.yaml calls it, or as the log does, cleaned and in one word.
func (m *Mapping) method(s string, clean func(string) string) string {
	s = strings.TrimSpace(s)
	if to, ok := m.Words[strings.ToLower(s)]; ok {
		return to
	}
	return strings.ReplaceAll(clean(strings.ToLower(s)), " ", "_")
}

// outcome is what a log's word for how it ended means.
func (m *Mapping) outcome(raw []byte) Outcome {
	switch {
	case m.Outcome == nil || holds(m.Success, raw):
		return Success
	case holds(m.Interrupted, raw):
		return Interrupted
	}
	return Failure
}

func holds(list []string, raw []byte) bool {
	for _, s := range list {
		if string(raw) == s {
			return true
		}
	}
	return false
}

// day is the day of a time.
func (m *Mapping) day(raw []byte) Day {
	switch m.TimeFormat {
	case "", "iso":
		return isoDay(raw)
	case "unix", "unix_ms":
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || n <= 0 {
			return 0
		}
		if m.TimeFormat == "unix" {
			return dayOf(time.Unix(n, 0).UTC())
		}
		return dayOf(time.UnixMilli(n).UTC())
	}
	at := func(mark string) int {
		i := strings.Index(m.TimeFormat, mark)
		if len(raw) < i+len(mark) {
			return 0
		}
		return number(raw[i : i+len(mark)])
	}
	return newDay(at("YYYY"), at("MM"), at("DD"))
}

// isoDay is the day of 2026-11-28T… or 20261128T….
func isoDay(b []byte) Day {
	if len(b) >= 10 && b[4] == '-' && b[7] == '-' {
		return newDay(number(b[:4]), number(b[5:7]), number(b[8:10]))
	}
	if len(b) >= 8 {
		return newDay(number(b[:4]), number(b[4:6]), number(b[6:8]))
	}
	return 0
}

// number reads digits; -1 is none.
func number(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// plan is a mapping made ready: its places have numbers.
type plan struct {
	*Mapping
	places []string
	// the numbers of each fact's places
	time, application, path, context, outcome, methods, only []int
	methodNode                                               []*node
}

func (m *Mapping) plan() *plan {
	p := &plan{Mapping: m}
	all := func(names []string) (out []int) {
		for _, name := range names {
			out = append(out, p.place(name))
		}
		return out
	}
	p.time, p.application, p.path, p.context, p.outcome = all(m.Time), all(m.Application), all(m.Path), all(m.Context), all(m.Outcome)
	for _, x := range m.Methods {
		p.methods = append(p.methods, p.place(x.At))
		n := &node{}
		if x.Key != "" {
			n.want(x.Key, 0)
		}
		if x.When != "" {
			n.want(x.When, 1)
		}
		p.methodNode = append(p.methodNode, n)
	}
	for _, o := range m.Only {
		p.only = append(p.only, p.place(o.At))
	}
	return p
}

func (p *plan) place(name string) int {
	if i := slices.Index(p.places, name); i >= 0 {
		return i
	}
	p.places = append(p.places, name)
	return len(p.places) - 1
}

func (p *plan) fields() *node {
	n := &node{}
	for i, name := range p.places {
		n.want(name, i)
	}
	return n
}

// first is the first value that is there.
func first(values [][]byte, places []int) []byte {
	for _, i := range places {
		if v := plain(values[i]); len(v) > 0 {
			return v
		}
	}
	return nil
}

// Whether a record is a sign-in.
type reading int

const (
	isSignIn reading = iota
	isOther
	isUnread
)

// event reads a record's values.
func (p *plan) event(values [][]byte, e *event) reading {
	for i := range p.Only {
		o := &p.Only[i]
		v := plain(values[p.only[i]])
		if len(v) == 0 && o.Absent {
			continue
		}
		if !p.allowed(o, values[p.only[i]], v) {
			return isOther
		}
	}
	if e.day = p.day(first(values, p.time)); e.day == 0 {
		return isUnread
	}
	e.application, e.path, e.context = first(values, p.application), first(values, p.path), first(values, p.context)
	if e.application == nil {
		return isUnread
	}
	e.outcome = p.Mapping.outcome(first(values, p.outcome))
	e.methods = e.methods[:0]
	if e.outcome != Success {
		return isSignIn // what was tried is not what was shown
	}
	var inner [2][]byte
	for i := range p.Methods {
		x := &p.Methods[i]
		elements(values[p.methods[i]], func(raw []byte) { e.method(x, p.methodNode[i], raw, &inner) })
	}
	return isSignIn
}

// allowed reports whether a value is one that makes a record a sign-in. Of a list, one element is enough.
func (p *plan) allowed(o *Only, raw, v []byte) bool {
	if len(raw) == 0 || raw[0] != '[' {
		return holds(o.Is, v)
	}
	found := false
	elements(raw, func(x []byte) { found = found || holds(o.Is, plain(x)) })
	return found
}

// method adds one method of a list.
func (e *event) method(x *Method, n *node, raw []byte, inner *[2][]byte) {
	if x.Key != "" {
		if len(raw) == 0 || raw[0] != '{' {
			return
		}
		clear(inner[:])
		if _, err := n.object(raw, 0, inner[:]); err != nil || x.When != "" && string(plain(inner[1])) != x.Is {
			return
		}
		raw = inner[0]
	}
	v := plain(raw)
	if len(v) == 0 {
		return
	}
	if x.Key == "" { // a text of several, such as "pwd mfa"
		for m := range bytes.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
			e.methods = append(append(e.methods, m...), '\x1f')
		}
		return
	}
	e.methods = append(append(e.methods, v...), '\x1f')
}
