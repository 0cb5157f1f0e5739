// SPDX-License-Identifier: EUPL-1.2

// Package probe measures how strong a sign-in is, and how good the encryption of a host is, from outside (Swedish: mätning av
// inloggning). It only ever fetches pages, slowly, from hosts that somebody has approved, shows no credential, sends no form, and keeps
// no page. It has no database: its rules come in as a file system, and what it found goes out as a record.
package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/insegel/insegel/internal/probe/decode"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// ErrURL says that an address is not one that can be measured.
var ErrURL = errors.New("write the address as https://HOST/PATH")

// Options say how a run is made.
type Options struct {
	// Rules are what verdicts are made by.
	Rules *verdict.Rules
	// Allow are the hosts that are approved beside the target's own.
	Allow []Allow
	// Loopback says that loopback may be approved, which only a command that somebody types may.
	Loopback bool
	// Ranges are the private networks that are approved: a private address outside them is refused, however its host is approved. Nil, which
	// only a command that somebody types has, is any.
	Ranges []netip.Prefix
	// Never are addresses that stay closed whatever is approved: the program's own database.
	Never []netip.AddrPort
	// Resolver finds addresses; nil is the machine's.
	Resolver Resolver
	// Roots are the authorities that are trusted; nil is the machine's.
	Roots *x509.CertPool
	// Clock is the time; its zero value is the real one.
	Clock Clock
	// Timeout is how long one page may take; zero is 15 seconds.
	Timeout time.Duration
	// Vantage is where the measurement is made from, as far as it is known.
	Vantage Vantage
	// Browser is the program that shows pages that are empty until their scripts have run; empty runs no scripts.
	Browser string
	// Turn waits until the browser may be started, and gives what is to be called when it has ended; not ok says that the turn did not come.
	// Nil lets it be started at once.
	Turn func(ctx context.Context) (done func(), ok bool)
	// SecondStep says that the owner has declared that a second step follows the password.
	SecondStep bool
	// Version and Contact are what the probe says about itself.
	Version string
	Contact string
	// Lang is the language of the reasons: "sv" or "en". Both says that the record has them in English beside it.
	Lang string
	Both bool
	// Log takes what was refused; nil is nowhere.
	Log *slog.Logger
}

func (o *Options) defaults() {
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Clock.Now == nil {
		o.Clock = WallClock()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = fetchTimeout
	}
	if o.Lang == "" {
		o.Lang = "en"
	}
}

// answerTimeout is how long one answer within a connection may take: a few words, and never longer than a page.
func (o *Options) answerTimeout() time.Duration { return min(dialTimeout, o.Timeout) }

// agent is what the probe says about itself to those that it measures.
func (o *Options) agent() string {
	if o.Contact == "" {
		return "Insegel/" + o.Version + " (measures sign-in on behalf of the system's owner)"
	}
	return "Insegel/" + o.Version + " (measures sign-in on behalf of the system's owner; " + o.Contact + ")"
}

// ParseURL reads the address of a page to measure.
func ParseURL(text string) (*url.URL, error) {
	u, err := decode.Resolve(nil, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrURL, text)
	}
	return u, nil
}

var ownPorts = map[string]string{"https": "443", "http": "80"}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return ownPorts[u.Scheme]
}

// runTimeout is the most that a run may take in all.
const runTimeout = 3 * time.Minute

// Login measures the ways in at one or more addresses of a system, and always gives a record: what cannot be reached is unknown.
func Login(ctx context.Context, o Options, targets ...*url.URL) *Record {
	o.defaults()
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	rec := newRecord(&o, targets[0])
	var decisions []verdict.Decision
	for _, target := range targets {
		g := o.guardFor(target)
		w := &walk{session: newSession(g, &o), options: &o, record: rec}
		w.run(ctx, target)
		if w.seen.Page != nil && w.seen.Page.Shell && o.Browser != "" {
			w.browse(ctx)
		}
		w.session.close()
		d, q := w.decide()
		decisions = append(decisions, d)
		rec.Paths = append(rec.Paths, path(&d, q, w.away))
		w.finish(ctx, target)
	}
	rec.settle(decisions, &o)
	return rec
}

func (o *Options) guardFor(target *url.URL) *guard {
	return &guard{
		allows: o.Allow, own: plainHost(target.Hostname()), ownPorts: map[string]bool{portOf(target): true, "443": true, "80": true},
		loopback: o.Loopback, resolver: o.Resolver, never: o.Never, ranges: o.Ranges,
	}
}

func newRecord(o *Options, target *url.URL) *Record {
	return &Record{
		Schema: Schema, URL: decode.Redact(target), Paths: []Path{}, TLS: []TLS{}, Hops: []Hop{}, Reasons: []string{}, Limits: []string{},
		Target: Target{IPs: []IP{}}, Vantage: o.Vantage, Started: o.Clock.Now().UTC().Format(time.RFC3339), Version: o.Version, Ruleset: o.Rules.Version,
	}
}

// settle writes the record's own verdict: that of the weakest way in.
func (r *Record) settle(all []verdict.Decision, o *Options) {
	r.WeakestPath = verdict.Weakest(all)
	d := all[r.WeakestPath]
	r.Verdict, r.Confidence, r.Grade = string(d.Verdict), string(d.Confidence), string(d.Grade)
	r.Factors, r.LoA = known(d.Factors), known(d.LoA)
	for _, reason := range d.Reasons {
		r.Reasons = append(r.Reasons, reason.In(o.Lang))
		if o.Both {
			r.ReasonsEN = append(r.ReasonsEN, reason.In("en"))
		}
	}
	for i := range all {
		for _, l := range all[i].Limits {
			r.limit(l)
		}
	}
	r.Ended = o.Clock.Now().UTC().Format(time.RFC3339)
}

func known(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// limit notes something that could not be seen, once.
func (r *Record) limit(code string) {
	for _, l := range r.Limits {
		if l == code {
			return
		}
	}
	r.Limits = append(r.Limits, code)
}

// path is one way in as records have it.
func path(d *verdict.Decision, q *decode.Request, away string) Path {
	p := Path{Kind: d.Kind, IDPHost: away, ACRValues: []string{}, Rule: d.Rule, Verdict: string(d.Verdict), Confidence: string(d.Confidence)}
	if q == nil {
		return p
	}
	p.IDPHost, p.Issuer, p.Binding, p.Signed, p.SigAlg, p.ForceAuthn, p.RawSHA256 = q.Host, q.Issuer, q.Binding, q.Signed, q.SigAlg, q.ForceAuthn, q.SHA256
	p.Essential = q.Essential
	p.ACRValues = append(p.ACRValues, q.Demanded...)
	p.ACRValues = append(p.ACRValues, q.ACRValues...)
	if q.Asked {
		p.Context = &AuthContext{Comparison: q.Comparison, Classes: append([]string{}, q.Classes...)}
	}
	return p
}
