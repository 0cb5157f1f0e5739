// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// event is one sign-in while it is being read. Its texts are parts of the window and are gone with the next record.
type event struct {
	day         Day
	outcome     Outcome
	application []byte
	path        []byte
	context     []byte
	methods     []byte
}

// counter counts events. What it holds grows with the kinds of sign-ins, never with how many there were.
type counter struct {
	mapping *Mapping
	people  *gazetteer
	// own says that somebody has written the mapping, and columns what its facts look like.
	own     bool
	columns [facts]looks
	raw     map[string]*int64
	rows    map[Row]*int64
	names   map[string]bool
	scratch []byte
	signIns int64
	left    int64
	// crowded says that there were more applications than there can be.
	crowded bool
}

// The facts of a log that are kept as texts.
const (
	anApplication = iota
	aPath
	aContext
	aMethod
	facts
)

var factNames = [facts]string{"application", "path", "context", "methods"}

func newCounter(m *Mapping, people *gazetteer, own bool) *counter {
	return &counter{mapping: m, people: people, own: own, raw: map[string]*int64{}, rows: map[Row]*int64{}, names: map[string]bool{}}
}

// check refuses a log where a fact seems to be people.
func (c *counter) check() error {
	for i := range c.columns {
		if i == anApplication && len(c.mapping.Applications) > 0 {
			continue // somebody has said which there are
		}
		if c.columns[i].names(c.own, c.signIns) {
			return &PersonalError{Fact: factNames[i]}
		}
	}
	if c.crowded {
		return &PersonalError{Fact: factNames[anApplication]}
	}
	return nil
}

var outcomes = [...]Outcome{Success, Failure, Interrupted}

// add counts an event. It makes nothing for a kind of event that it has seen.
func (c *counter) add(e *event) {
	c.signIns++
	b := c.scratch[:0]
	b = binary.BigEndian.AppendUint32(b, uint32(e.day)) //nolint:gosec // a day is positive
	b = append(b, byte(slices.Index(outcomes[:], e.outcome)))
	for _, text := range [...][]byte{e.application, e.path, e.context, e.methods} {
		b = append(append(b, text[:min(len(text), maxText*2)]...), 0)
	}
	c.scratch = b
	n := c.raw[string(b)]
	if n == nil {
		n = c.row(e)
		if len(c.raw) < maxRows {
			c.raw[string(b)] = n
		}
	}
	*n++
}

// row is where events of a new kind are counted, by names that are clean.
func (c *counter) row(e *event) *int64 {
	r := Row{Day: e.day, Outcome: e.outcome, Application: c.name(anApplication, e.application), Path: c.name(aPath, e.path)}
	r.Context = c.clean(aContext, c.mapping.context(string(e.context)))
	r.Methods = c.methods(e.methods)
	if n := c.rows[r]; n != nil {
		return n
	}
	if len(c.rows) >= maxRows { // beyond the most, only what judges them is kept
		r = Row{Day: r.Day, Outcome: r.Outcome, Application: Other, Path: "", Context: r.Context, Methods: r.Methods}
		if len(c.rows) >= 2*maxRows {
			r.Context, r.Methods = Other, ""
		}
		if n := c.rows[r]; n != nil {
			return n
		}
	}
	n := new(int64)
	c.rows[r] = n
	return n
}

// name is a clean name of an application (a) or a way in (p), of which there can be only so many.
func (c *counter) name(fact int, text []byte) string {
	if fact == anApplication && len(c.mapping.Applications) > 0 {
		s := strings.TrimSpace(string(decoded(text)))
		if !slices.Contains(c.mapping.Applications, s) {
			return Other
		}
		if len(s) <= maxText && !personal(s) {
			return s // somebody has said that it is an application, though it may be called as people are
		}
	}
	s := c.clean(fact, string(text))
	key := string(rune('0'+fact)) + s
	if s == "" || c.names[key] {
		return s
	}
	if len(c.names) >= maxApplications {
		c.crowded = true
		return Other
	}
	c.names[key] = true
	return s
}

// methods are the canonical names of methods, sorted, each once.
func (c *counter) methods(raw []byte) string {
	var all []string
	for m := range bytes.FieldsFuncSeq(raw, func(r rune) bool { return r == '\x1f' }) {
		all = append(all, strings.Fields(c.mapping.method(string(m), func(s string) string { return c.clean(aMethod, s) }))...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return strings.Join(all[:min(len(all), 12)], " ")
}

var (
	personNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|\D)((?:\d{2})?\d{6}[-+ ]?\d{4})(?:\D|$)`) })
	account      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\s@/:]@[^\s@/]`) })
	telephone    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(^|[^\d])(\+|00)\d{2}[ -]?\(?\d[\d ()-]{5,}|(^|[^\d-])0\d{1,3}[- ]\d{2,3}[ -]?\d{2}[ -]?\d{2}([^\d]|$)`)
	})
	employee = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(^|[^a-z0-9])se\d{10}-[a-z0-9]{2,}`) }) // an HSA-id
)

// clean is a text that may be kept: short, in one line, and nothing that looks like somebody's name, address, number or account.
func (c *counter) clean(fact int, s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, string(decoded([]byte(s)))))
	if len(s) > maxText {
		s = s[:maxText]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	c.columns[fact].look(c.people, s)
	if personal(s) || c.people.person(s) {
		c.left++
		return NotKept
	}
	return s
}

// personal reports whether a text looks like somebody's: an account, a number, or the address of a machine. An application's own address may
// stand on a machine that has no name, and hold digits, but no number that somebody can have.
func personal(s string) bool {
	address := strings.Contains(s, "://") || strings.HasPrefix(s, "urn:")
	if strings.Contains(s, `\`) || account().MatchString(s) || employee().MatchString(s) || !address && (telephone().MatchString(s) || machine(s)) {
		return true
	}
	for _, m := range personNumber().FindAllStringSubmatch(s, -1) {
		if !address || numbered(m[1]) {
			return true
		}
	}
	return false
}

// machine reports whether the address of a machine stands in a text.
func machine(s string) bool {
	if _, err := netip.ParseAddrPort(s); err == nil {
		return true
	}
	return slices.ContainsFunc(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;()[]=\"'", r) }), func(part string) bool {
		_, err := netip.ParseAddr(part)
		_, err2 := netip.ParseAddrPort(part)
		return err == nil || err2 == nil
	})
}

// numbered reports whether digits are a number that somebody can have: a day, or one with sixty added, and the right last digit.
func numbered(s string) bool {
	var d []int
	for _, c := range s {
		if c >= '0' && c <= '9' {
			d = append(d, int(c-'0'))
		}
	}
	d = d[len(d)-10:]
	month, day := d[2]*10+d[3], d[4]*10+d[5]
	if month < 1 || month > 12 || day%60 < 1 || day%60 > 31 {
		return false
	}
	sum := 0
	for i, n := range d {
		if i%2 == 0 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum%10 == 0
}

// sorted are the rows in their order.
func (c *counter) sorted() []Row {
	out := make([]Row, 0, len(c.rows))
	for r, n := range c.rows {
		r.Count = *n
		out = append(out, r)
	}
	slices.SortFunc(out, Row.compare)
	return out
}

func (r Row) compare(o Row) int {
	return cmp.Or(cmp.Compare(r.Day, o.Day), cmp.Compare(r.Application, o.Application), cmp.Compare(r.Path, o.Path), cmp.Compare(r.Context, o.Context),
		cmp.Compare(r.Methods, o.Methods), cmp.Compare(r.Outcome, o.Outcome))
}

// Merge adds what another log held.
func (l *Log) Merge(o *Log) {
	if l.Format == "" {
		l.Format = o.Format
	} else if l.Format != o.Format {
		l.Format += ", " + o.Format
	}
	l.Records += o.Records
	l.SignIns += o.SignIns
	l.Unread += o.Unread
	l.Bytes += o.Bytes
	l.Left += o.Left
	counts := map[Row]int64{}
	for _, r := range append(slices.Clone(l.Rows), o.Rows...) {
		n := r.Count
		r.Count = 0
		counts[r] += n
	}
	l.Rows = l.Rows[:0:0]
	for r, n := range counts {
		r.Count = n
		l.Rows = append(l.Rows, r)
	}
	slices.SortFunc(l.Rows, Row.compare)
}
