// SPDX-License-Identifier: EUPL-1.2

package decode

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// ErrAddress says that a place that a server points to is not one that a browser would load as a page.
var ErrAddress = errors.New("not an address of a page")

// maxAddress is how long an address may be.
const maxAddress = 2*maxEncoded + 4096

// ports are the schemes' own ports.
var ports = map[string]string{"https": "443", "http": "80"}

// hostOf is an address's host in small letters, with a port unless it is the scheme's own.
func hostOf(u *url.URL) string {
	if u == nil {
		return ""
	}
	host := clip(strings.ToLower(u.Host))
	if p := u.Port(); p != "" && p == ports[u.Scheme] {
		host = strings.TrimSuffix(host, ":"+p)
	}
	return host
}

// Resolve gives the address that a reference leads to from a page, as a browser does. Everything but http and https is refused, and so
// is a name and password in it.
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	// A browser takes away line breaks and tabs wherever they stand, and blanks around it.
	ref = strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(strings.TrimSpace(ref))
	if len(ref) > maxAddress {
		return nil, ErrAddress
	}
	// It also reads a backslash before the query as a slash: what looks like a path is then another host.
	end := strings.IndexAny(ref, "?#")
	if end < 0 {
		end = len(ref)
	}
	u, err := url.Parse(strings.ReplaceAll(ref[:end], `\`, "/") + ref[end:])
	if err != nil {
		return nil, ErrAddress
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	if ports[u.Scheme] == "" || !goodHost(u) || u.User != nil || u.Opaque != "" {
		return nil, ErrAddress
	}
	u.Fragment, u.RawFragment = "", ""
	// What is connected to must be what is written in a record, whoever reads it.
	if again, err := url.Parse(u.String()); err != nil || again.Host != u.Host || again.Scheme != u.Scheme {
		return nil, ErrAddress
	}
	return u, nil
}

// goodHost reports whether an address has a host that can be one, and a port that can be one if any.
func goodHost(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if n := number(port[:min(len(port), 6)]); n < 1 || n > 65535 {
			return false
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return false
	}
	host := u.Hostname()
	if host == "" || len(host) > 253 {
		return false
	}
	if strings.Contains(host, ":") {
		a, err := netip.ParseAddr(host)
		return err == nil && a.Zone() == "" && strings.HasPrefix(u.Host, "[")
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// kept are the parameters whose values are kept when an address is recorded: none of them says who somebody is.
var kept = []string{
	"acr_values", "binding", "claims", "client_id", "idp", "kc_idp_hint", "response_mode", "response_type", "scope", "SigAlg", "wa", "wauth", "wtrealm",
}

// Redact is an address without what must not be kept: the values of parameters that may be a ticket, a state or a name.
func Redact(u *url.URL) string {
	if u == nil {
		return ""
	}
	out := url.URL{Scheme: u.Scheme, Host: u.Host, Path: clip(u.Path)}
	q := u.Query()
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	var query []string
	for _, name := range names[:min(len(names), maxValues)] {
		value := "-"
		if slices.Contains(kept, name) {
			value = url.QueryEscape(clip(q.Get(name)))
		}
		query = append(query, url.QueryEscape(clip(name))+"="+value)
	}
	out.RawQuery = strings.Join(query, "&")
	return out.String()
}

// refresh is what a Refresh header and a meta refresh say: seconds, and perhaps an address.
var refresh = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^\s*(\d{1,9})(?:\.\d*)?\s*(?:[;,]\s*(?:url\s*=\s*)?(.*))?$`)
})

// soon is how many seconds a page may wait before it sends the browser on and still count as a redirect. What waits longer ends a
// session that nobody uses.
const soon = 30

// Refresh reads a Refresh header's or a meta refresh's value. It is empty when it does not lead away, or not soon.
func Refresh(value string) string {
	if len(value) > maxAddress {
		return ""
	}
	m := refresh().FindStringSubmatch(value)
	if m == nil || len(m[1]) > 3 || number(m[1]) > soon {
		return ""
	}
	ref := strings.TrimSpace(m[2])
	if len(ref) >= 2 && (ref[0] == '"' || ref[0] == '\'') {
		ref, _, _ = strings.Cut(ref[1:], ref[:1])
	}
	return ref
}

func number(digits string) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// scripted finds the statements that send the browser on to a text that stands there as it is. What is put together is not read.
var scripted = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^\w.$])(?:(?:window|document|self|top|parent)\s*\.\s*)*location(?:\s*\.\s*href)?\s*(?:=\s*|\.\s*(?:replace|assign)\s*\(\s*)(?:"((?:[^"\\\n]|\\.)+)"|'((?:[^'\\\n]|\\.)+)')\s*(?:[;)\n}]|$)`)
})

// inside says that a statement waits for something: it stands in a function or a condition.
var inside = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:function|if|else|switch|case|catch|addEventListener|setTimeout)\b|=>`)
})

// ScriptRedirect finds where a script sends the browser by a literal, when that is all that the script does. It is empty otherwise:
// code that decides cannot be read without running it.
func ScriptRedirect(script string) string {
	if len(script) > maxInflated {
		return ""
	}
	script, texts, ok := bare(script)
	if !ok {
		return ""
	}
	m := scripted().FindAllStringSubmatchIndex(script, 2)
	if len(m) != 1 || !texts[max(m[0][2], m[0][4])-1] || inside().MatchString(script[:m[0][0]]) || inside().MatchString(script[m[0][1]:]) {
		return ""
	}
	literal := group(script, m[0], 2) + group(script, m[0], 4)
	return unescape(literal)
}

// bare is a script without its comments, and where texts begin in it: what stands in a comment or in a text is never done. It is not ok when that
// cannot be told, as where a text has no end or holds code of its own.
func bare(script string) (code string, texts map[int]bool, ok bool) {
	var out strings.Builder
	texts = map[int]bool{}
	for i := 0; i < len(script); {
		rest := script[i:]
		switch {
		case strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "<!--"), strings.HasPrefix(rest, "-->"):
			n := strings.IndexAny(rest, "\n\r\u2028\u2029")
			if n < 0 {
				n = len(rest)
			}
			i += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return "", nil, false
			}
			out.WriteByte(' ')
			i += n + 4
		case rest[0] == '"' || rest[0] == '\'':
			n := textEnd(rest)
			if n < 0 {
				return "", nil, false
			}
			texts[out.Len()] = true
			out.WriteString(rest[:n])
			i += n
		case rest[0] == '`':
			return "", nil, false
		default:
			out.WriteByte(rest[0])
			i++
		}
	}
	return out.String(), texts, true
}

// textEnd is where a text that begins with its quotation mark ends, after the other one; -1 when it does not on its line.
func textEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\n', '\r':
			return -1
		case s[0]:
			return i + 1
		}
	}
	return -1
}

func group(text string, at []int, i int) string {
	if at[i] < 0 {
		return ""
	}
	return text[at[i]:at[i+1]]
}

// unescape reads the escapes that stand in addresses in scripts. A literal with any other is not read.
func unescape(literal string) string {
	literal = strings.NewReplacer(`\/`, "/", `\u0026`, "&", `\x26`, "&", `\u003d`, "=", `\u003D`, "=", `\x3d`, "=", `\x3D`, "=", `\u002F`, "/", `\x2F`, "/", `\x2f`, "/").Replace(literal)
	if strings.Contains(literal, `\`) {
		return ""
	}
	return literal
}

// challenge finds the schemes in a WWW-Authenticate header: a word that is not followed by an equals sign, at the start or after a comma.
var challenge = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|,)\s*([A-Za-z][A-Za-z0-9_-]*)(?:\s+[^=,\s]+=*\s*(?:,|$)|\s+[A-Za-z0-9_-]+\s*=|\s*(?:,|$))`)
})

// Challenges lists the schemes that a server's WWW-Authenticate headers offer, in small letters.
func Challenges(headers []string) []string {
	var out []string
	for _, h := range headers {
		h = blankQuoted(clipHeader(h))
		for h != "" {
			m := challenge().FindStringSubmatchIndex(h)
			if m == nil {
				break
			}
			if scheme := strings.ToLower(h[m[2]:m[3]]); !slices.Contains(out, scheme) {
				out = append(out, scheme)
			}
			_, rest, found := strings.Cut(h[m[3]:], ",")
			if h = ""; found {
				h = "," + rest
			}
		}
	}
	return out
}

func clipHeader(h string) string { return h[:min(len(h), 8<<10)] }

// blankQuoted empties what stands in quotation marks, where a comma is only text.
func blankQuoted(h string) string {
	var b strings.Builder
	quoted, escaped := false, false
	for i := range len(h) {
		switch c := h[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
			b.WriteByte('_')
		case !quoted:
			b.WriteByte(c)
		}
	}
	return b.String()
}
