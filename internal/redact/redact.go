// SPDX-License-Identifier: EUPL-1.2

// Package redact keeps secrets and personal data out of the program's log (Swedish: maskning). Nothing of the kind should be handed
// to the log in the first place; what is, by mistake or in the text of somebody else's error, is taken away here.
package redact

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// Mark stands where something was taken away.
const Mark = "[redacted]"

// Handler passes records on to another handler without what must not be logged.
type Handler struct {
	next slog.Handler
	// all says that a group with a secret name is open: nothing in it is passed on.
	all bool
}

// New makes a handler that cleans what it passes on to next.
func New(next slog.Handler) *Handler { return &Handler{next: next} }

// Enabled asks the next handler.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle cleans the message and every attribute, and passes the record on.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.attr(a))
		return true
	})
	return h.next.Handle(ctx, out)
}

// WithAttrs cleans the attributes once.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return &Handler{next: h.next.WithAttrs(clean), all: h.all}
}

// WithGroup opens a group. Everything in one whose name is that of a secret is taken away.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{next: h.next.WithGroup(Text(name)), all: h.all || Secret(name)}
}

func (h *Handler) attr(a slog.Attr) slog.Attr {
	key := Text(a.Key)
	if h.all || Secret(a.Key) {
		return slog.String(key, Mark)
	}
	return slog.Attr{Key: key, Value: value(a.Value)}
}

// value cleans a value, whatever its kind.
func value(v slog.Value) slog.Value {
	v = v.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(Text(v.String()))
	case slog.KindGroup:
		in := v.Group()
		out := make([]slog.Attr, len(in))
		for i, a := range in {
			out[i] = (&Handler{}).attr(a)
		}
		return slog.GroupValue(out...)
	case slog.KindInt64, slog.KindUint64:
		if text := v.String(); Text(text) != text { // a personal identity number is a number too
			return slog.StringValue(Mark)
		}
		return v
	case slog.KindFloat64:
		if text := strconv.FormatFloat(v.Float64(), 'f', -1, 64); Text(text) != text {
			return slog.StringValue(Mark)
		}
		return v
	case slog.KindAny:
		return slog.AnyValue(object(v.Any()))
	default: // true or false, a time, a duration
		return v
	}
}

// object cleans a value of any type. What cannot be looked into is not passed on.
func object(v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case error:
		return Text(x.Error())
	case fmt.Stringer:
		return Text(x.String())
	case []byte:
		return Mark
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%s: %T", Mark, v)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var plain any
	if err := d.Decode(&plain); err != nil {
		return fmt.Sprintf("%s: %T", Mark, v)
	}
	return tree(plain)
}

// tree cleans what encoding/json makes of a value.
func tree(v any) any {
	switch x := v.(type) {
	case string:
		return Text(x)
	case json.Number:
		if Text(x.String()) != x.String() {
			return Mark
		}
		return x
	case []any:
		for i := range x {
			x[i] = tree(x[i])
		}
		return x
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			if Secret(k) {
				out[Text(k)] = Mark
				continue
			}
			out[Text(k)] = tree(e)
		}
		return out
	default:
		return v
	}
}

// secretParts are what the name of a secret has in it, in lower case and without what stands between words.
var secretParts = []string{
	"password", "passwd", "passphrase", "losenord", "secret", "token", "cookie", "authorization", "credential", "privatekey", "apikey", "dsn",
	"samlresponse", "samlrequest", "relaystate", "assertion", "otp", "personnummer", "personalnumber", "email", "epost", "motivation",
	"signature", "nonce", "sessionid", "recoverycode", "keyfile", "rootkey",
}

// secretNames are names that are secrets only by themselves: "code" is one, "status_code" is not.
var secretNames = map[string]bool{
	"code": true, "pin": true, "key": true, "session": true, "body": true, "header": true, "headers": true, "form": true, "query": true, "url": true,
	"uri": true, "rawquery": true, "state": true, "mail": true, "recipient": true, "to": true, "ssn": true, "comment": true, "answer": true,
	"user": true, "username": true, "subject": true, "phone": true, "address": true, "fullname": true, "firstname": true, "lastname": true,
	"name": true, "displayname": true, "givenname": true, "familyname": true,
}

// separators stand between the words of a name.
var separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "", "ö", "o", "å", "a", "ä", "a")

// Secret reports whether what stands under the name is never logged. A test keeps such names out of the code's own calls.
func Secret(name string) bool {
	n := separators.Replace(strings.ToLower(name))
	if secretNames[n] {
		return true
	}
	for _, p := range secretParts {
		if strings.Contains(n, p) {
			return true
		}
	}
	return false
}
