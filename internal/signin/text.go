// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"bytes"
	"regexp"
	"slices"
	"sync"
	"time"
)

// csvRecords reads a file of columns. The first line names them, unless the mapping does.
func csvRecords(w *window, p *plan, e *event, take func(reading)) error {
	comma := byte(',')
	if p.Comma != "" {
		comma = p.Comma[0]
	}
	var fields [][]byte
	names := p.Columns
	if names == nil {
		fields, _ = w.columns(comma, fields)
		if len(fields) > 0 && bytes.HasPrefix(fields[0], []byte("sep=")) { // what Excel is told with
			fields, _ = w.columns(comma, fields)
		}
		for _, f := range fields {
			names = append(names, string(bytes.TrimSpace(decoded(f))))
		}
	}
	values := make([][]byte, len(p.places))
	column := make([]int, len(p.places))
	for i, place := range p.places {
		column[i] = slices.Index(names, place)
	}
	if !known(column, p.time) || !known(column, p.application) {
		return ErrMapping
	}
	var ok bool
	for fields, ok = w.columns(comma, fields); ok; fields, ok = w.columns(comma, fields) {
		if len(fields) == 1 && len(bytes.TrimSpace(fields[0])) == 0 {
			continue
		}
		clear(values)
		for i, k := range column {
			if k >= 0 && k < len(fields) {
				values[i] = decoded(fields[k])
			}
		}
		take(p.event(values, e))
	}
	return nil
}

func known(column, places []int) bool {
	return slices.ContainsFunc(places, func(i int) bool { return column[i] >= 0 })
}

// columns reads the next record of a file of columns. A quoted column may hold commas, quotes written twice, and lines.
func (w *window) columns(comma byte, into [][]byte) (fields [][]byte, ok bool) {
	for {
		b := w.rest()
		fields, n := splitColumns(b, comma, w.eof, into[:0])
		if n > 0 {
			w.at += n
			return fields, true
		}
		if w.more() {
			continue
		}
		if w.eof && n == 0 && len(w.rest()) > 0 { // more has told that this is the end
			if fields, n = splitColumns(w.rest(), comma, true, into[:0]); n > 0 {
				w.at += n
				return fields, true
			}
		}
		if w.eof {
			if len(w.rest()) > 0 { // a quote that nobody closed
				w.dropped++
			}
			w.at = w.end
			return nil, false
		}
		w.dropped++
		w.drop()
	}
}

// splitColumns gives the columns of the first record and its length; 0 when it goes on after b.
func splitColumns(b []byte, comma byte, last bool, fields [][]byte) ([][]byte, int) {
	i := 0
	for i < len(b) || last && i > 0 {
		f, end := column(b, i, comma)
		if end < 0 || end == len(b) && !last {
			return fields, 0
		}
		fields = append(fields, f)
		if end == len(b) {
			return fields, end
		}
		if i = end + 1; b[end] == '\n' {
			return fields, i
		}
	}
	return fields, 0
}

// column gives the column that begins at b[i] and where what ends it stands; -1 when a quote is not closed.
func column(b []byte, i int, comma byte) (f []byte, end int) {
	quoted := i < len(b) && b[i] == '"'
	if quoted {
		k := closing(b, i)
		if k < 0 {
			return nil, -1
		}
		f = b[i+1 : k]
		if bytes.Contains(f, []byte(`""`)) {
			f = bytes.ReplaceAll(f, []byte(`""`), []byte(`"`))
		}
		i = k + 1
	}
	end = i
	for end < len(b) && b[end] != comma && b[end] != '\n' {
		end++
	}
	if !quoted {
		f = bytes.TrimSuffix(b[i:end], []byte{'\r'})
	}
	return f, end
}

// closing finds the quote that closes the one at b[i].
func closing(b []byte, i int) int {
	for j := i + 1; j < len(b); j++ {
		if b[j] != '"' {
			continue
		}
		if j+1 < len(b) && b[j+1] == '"' {
			j++
			continue
		}
		return j
	}
	return -1
}

// keycloakLine reads a line of Keycloak's own log: type=LOGIN, clientId=…. What names somebody stands in the same line and is stepped over.
func keycloakLine(line []byte, e *event, _ time.Time) reading {
	when := line
	if line = bytes.TrimSpace(line); bytes.HasPrefix(line, []byte("{")) { // the server writes its log as JSON: what it says stands quoted in it
		when = isoDate().Find(line)
		line = bytes.ReplaceAll(line, []byte(`\"`), []byte(`"`))
		if i := bytes.Index(line, []byte(`"message":"`)); i >= 0 {
			line = line[i+len(`"message":`)+1:]
		}
	}
	at := bytes.Index(line, []byte("type="))
	if at < 0 {
		return isOther
	}
	kind := pair(line, "type")
	switch string(kind) {
	case "LOGIN":
		e.outcome = Success
	case "LOGIN_ERROR":
		e.outcome = Failure
	default:
		return isOther
	}
	if e.day = isoDay(when); e.day == 0 {
		return isUnread
	}
	e.application, e.path, e.context, e.methods = pair(line, "clientId"), pair(line, "identity_provider"), pair(line, "acr"), e.methods[:0]
	if e.path == nil {
		e.path = pair(line, "auth_method")
	}
	if e.outcome == Success {
		for m := range bytes.FieldsFuncSeq(pair(line, "amr"), func(r rune) bool { return r == ' ' || r == ',' }) {
			e.methods = append(append(e.methods, m...), '\x1f')
		}
	}
	if e.application == nil {
		return isUnread
	}
	return isSignIn
}

// pair finds key=value or key="value".
func pair(line []byte, key string) []byte {
	for from := 0; ; {
		n := bytes.Index(line[from:], []byte(key+"="))
		if n < 0 {
			return nil
		}
		at := from + n
		from = at + len(key) + 1
		if at > 0 && line[at-1] != ' ' && line[at-1] != ',' {
			continue
		}
		v := line[from:]
		if len(v) > 0 && v[0] == '"' {
			if end := bytes.IndexByte(v[1:], '"'); end >= 0 {
				return notNull(v[1 : end+1])
			}
			return nil
		}
		if end := bytes.IndexAny(v, ", "); end >= 0 {
			v = v[:end]
		}
		return notNull(v)
	}
}

func notNull(v []byte) []byte {
	if len(v) == 0 || string(v) == "null" {
		return nil
	}
	return v
}

// shibbolethLine reads a line of the identity provider's audit log, as it is written unless somebody has changed it: in version 3 the time
// comes first and the level is the tenth column; in versions 4 and 5 the address comes first and the level is the seventh.
func shibbolethLine(line []byte, e *event, _ time.Time) reading {
	if i := bytes.LastIndexByte(line[:min(len(line), 200)], ' '); i >= 0 && bytes.IndexByte(line[:i], '|') < 0 {
		line = line[i+1:] // what the log's writer puts before
	}
	f := bytes.Split(line, []byte{'|'})
	var when, profile, level []byte
	switch {
	case len(f) >= 10 && isoDay(f[0]) != 0:
		when, e.application, profile, level = f[0], f[3], f[4], f[9]
	case len(f) >= 8 && isoDay(f[2]) != 0:
		when, e.application, level = f[2], f[4], f[6]
		if len(f) > 14 {
			profile = f[14]
		}
	default:
		return isUnread
	}
	if bytes.Contains(profile, []byte("logout")) || len(e.application) == 0 {
		return isOther
	}
	e.day, e.path, e.context, e.methods, e.outcome = isoDay(when), nil, level, e.methods[:0], Success
	return isSignIn
}

var months = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// simpleSAMLLine reads a line of the log or of the statistics of SimpleSAMLphp. It tells of no levels, so that they are unknown.
func simpleSAMLLine(line []byte, e *event, now time.Time) reading {
	e.path, e.context, e.methods, e.application = nil, nil, e.methods[:0], nil
	e.day = simpleSAMLDay(line, now)
	if at := bytes.IndexByte(line, '{'); at >= 0 && bytes.Contains(line, []byte(`"op"`)) {
		return simpleSAMLEvent(line[at:], e)
	}
	at := bytes.Index(line, []byte(" STAT ["))
	if at < 0 {
		return isOther
	}
	f := bytes.Fields(line[at:])
	// STAT [track] saml20-idp-SSO service provider… and then what somebody chose to write, which may be a name
	if len(f) < 4 || string(f[2]) != "saml20-idp-SSO" && string(f[2]) != "saml20-sp-SSO" {
		return isOther
	}
	if e.day == 0 {
		return isUnread
	}
	e.application, e.outcome = f[3], Success
	return isSignIn
}

var statNode = func() *node {
	n := &node{}
	n.want("op", 0)
	n.want("spEntityID", 1)
	return n
}()

func simpleSAMLEvent(object []byte, e *event) reading {
	var v [2][]byte
	if _, err := statNode.object(object, 0, v[:]); err != nil {
		return isUnread
	}
	switch string(plain(v[0])) {
	case "saml:idp:Response":
		e.outcome = Success
	case "saml:idp:Response:error":
		e.outcome = Failure
	default:
		return isOther
	}
	if e.application = plain(v[1]); e.application == nil || e.day == 0 {
		return isUnread
	}
	return isSignIn
}

// simpleSAMLDay reads the beginning of a line: a day without its year, or one with.
func simpleSAMLDay(line []byte, now time.Time) Day {
	if d := isoDay(line); d != 0 {
		return d
	}
	if len(line) < 6 {
		return 0
	}
	m := slices.Index(months, string(line[:3])) + 1
	d := number(bytes.TrimSpace(line[4:6]))
	if m == 0 || now.IsZero() {
		return 0
	}
	day := newDay(now.Year(), m, d)
	if day > dayOf(now.AddDate(0, 0, 1)) { // December's log is read in January
		day = newDay(now.Year()-1, m, d)
	}
	return day
}

var (
	isoDate = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]`) })
	// usDate is how the event viewer of an American Windows writes a time; the half of the day tells it from other orders.
	usDate = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(\d{1,2})/(\d{1,2})/(\d{4}) \d{1,2}:\d\d:\d\d (?:AM|PM)`)
	})
)

// audits reads the audit events of AD FS, as Windows writes them to XML, or as text with the XML of each event in it.
func audits(w *window, e *event, take func(reading)) {
	for {
		b := w.rest()
		end, size := auditEnd(b)
		if end < 0 {
			if w.more() {
				continue
			}
			if w.eof {
				return
			}
			w.dropped++ // no event is this long: its second half may hold the next one's beginning
			w.at += len(b) / 2
			continue
		}
		take(audit(b[:end], e))
		w.at += end + size
	}
}

func auditEnd(b []byte) (at, size int) {
	for _, mark := range []string{"</AuditBase>", "&lt;/AuditBase&gt;"} {
		if i := bytes.Index(b, []byte(mark)); i >= 0 && (size == 0 || i < at) {
			at, size = i, len(mark)
		}
	}
	if size == 0 {
		return -1, 0
	}
	return at, size
}

// audit reads one event. A token for an application is a sign-in; what AD FS does on the way to it is not counted again.
func audit(b []byte, e *event) reading {
	begin := max(bytes.LastIndex(b, []byte("<AuditBase")), bytes.LastIndex(b, []byte("&lt;AuditBase")))
	if begin < 0 {
		return isUnread
	}
	before, body := b[:begin], b[begin:]
	kind, failed := tag(body, "AuditType"), string(tag(body, "AuditResult")) != "Success"
	switch {
	case string(kind) == "AppToken", string(kind) == "FreshCredentials" && failed:
	default:
		return isOther
	}
	e.day = 0
	if i := bytes.LastIndex(before, []byte("SystemTime=")); i >= 0 && len(before) > i+22 {
		e.day = isoDay(before[i+12:])
	}
	if all := isoDate().FindAllIndex(before, -1); e.day == 0 && len(all) > 0 {
		e.day = isoDay(before[all[len(all)-1][0]:])
	}
	if all := usDate().FindAllSubmatch(before, -1); e.day == 0 && len(all) > 0 {
		last := all[len(all)-1]
		e.day = newDay(number(last[3]), number(last[1]), number(last[2]))
	}
	e.application, e.context, e.methods, e.outcome = tag(body, "RelyingParty"), tag(body, "PrimaryAuth"), e.methods[:0], Success
	e.path = tag(body, "NetworkLocation")
	if failed {
		e.outcome = Failure
	} else if string(tag(body, "MfaPerformed")) == "true" {
		e.methods = append(e.methods, "mfa\x1f"...)
	}
	if e.day == 0 || e.application == nil {
		return isUnread
	}
	return isSignIn
}

// tag is the text of an element, which may be written as text itself.
func tag(b []byte, name string) []byte {
	for _, q := range [][2]string{{"<", ">"}, {"&lt;", "&gt;"}} {
		open := q[0] + name + q[1]
		i := bytes.Index(b, []byte(open))
		if i < 0 {
			continue
		}
		v := b[i+len(open):]
		j := bytes.Index(v, []byte(q[0]))
		if j < 0 {
			return nil
		}
		if v = bytes.TrimSpace(v[:j]); len(v) == 0 || string(v) == "N/A" {
			return nil
		}
		return v
	}
	return nil
}
