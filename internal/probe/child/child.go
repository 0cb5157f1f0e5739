// SPDX-License-Identifier: EUPL-1.2

// Package child measures in a process of its own (Swedish: mätprocess): the program starts itself anew with nothing of its own, neither
// database nor keys nor surroundings, hands it one order, and takes back one record. What a hostile page could do to the process that reads
// it, it does there.
package child

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// Order is what is to be measured, and how.
type Order struct {
	// Kind is what is measured: Login, which is also none, or Encryption.
	Kind string `json:"kind,omitempty"`
	// URL is the page, Allow the hosts that are approved beside its own, and Never addresses that stay closed whatever is approved.
	URL   string           `json:"url"`
	Allow []string         `json:"allow"`
	Never []netip.AddrPort `json:"never"`
	// Ranges are the private networks that are approved. A private address outside them is refused, however its host is approved.
	Ranges []netip.Prefix `json:"ranges"`
	// Scripts says that a page that is empty until its scripts have run is shown to a browser, if there is one where it is measured.
	Scripts bool `json:"scripts,omitempty"`
	// Browser is that browser's program. Whoever starts the process names it, and never a server that hands out work.
	Browser string `json:"browser,omitempty"`
	// Approval is the id of what approves it, and Vantage and Zone where it is measured from.
	Approval string `json:"approval"`
	Vantage  string `json:"vantage"`
	Zone     string `json:"zone"`
	// SecondStep says that the owner has declared that a second step follows the password.
	SecondStep bool   `json:"second_step"`
	Contact    string `json:"contact"`
	Lang       string `json:"lang"`
	Version    string `json:"version"`
	// Held says that the order's pipe stays open as long as the one who gave the order is there: when it closes, nobody waits for the record.
	Held bool `json:"held,omitempty"`
	// Turns says that the one who gave the order lets one browser be started at a time, and is asked over two pipes of their own.
	Turns bool `json:"turns,omitempty"`
}

// What is measured.
const (
	Login      = "login"
	Encryption = "tls"
)

// Found is the record of what was measured, of either kind, with the bytes that it came in.
type Found struct {
	Login *probe.Record
	TLS   *probe.TLSRecord
	Raw   []byte
}

// Limits name what could not be seen.
func (f *Found) Limits() []string {
	if f.TLS != nil {
		return f.TLS.Limits
	}
	return f.Login.Limits
}

// defended are the limits of a measurement whose server led it astray, or gave more than is read.
var defended = []string{"address_refused", "body_truncated", "not_an_address", "redirect_loop", "request_not_read", "too_many_hops"}

// Defended are those of the limits that tell of a server that would have led the measurement astray. Whoever runs the program reads of them in its log.
func (f *Found) Defended() []string {
	var out []string
	for _, l := range f.Limits() {
		if slices.Contains(defended, l) {
			out = append(out, l)
		}
	}
	return out
}

// Started is when the measurement began, by the clock of where it was made.
func (f *Found) Started() string {
	if f.TLS != nil {
		return f.TLS.Started
	}
	return f.Login.Started
}

const (
	// timeout is more than a measurement may take.
	timeout = 5 * time.Minute
	// maxRecord is the most that a record may be.
	maxRecord = 1 << 20
)

// ErrChild says that the process that measures gave no record.
var ErrChild = errors.New("the process that measures gave no record")

// Measure carries out an order in this process. Loopback is never reached, whatever the order says.
func Measure(ctx context.Context, data fs.FS, o *Order) (any, error) {
	rules, err := verdict.Load(data)
	if err != nil {
		return nil, err
	}
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	opts := probe.Options{
		Rules: rules, Never: o.Never, Ranges: append([]netip.Prefix{}, o.Ranges...), Vantage: probe.Vantage{ID: o.Vantage, Zone: o.Zone}, SecondStep: o.SecondStep,
		Version: o.Version, Contact: o.Contact, Lang: o.Lang, Both: true,
	}
	if o.Scripts {
		opts.Browser = o.Browser
	}
	if o.Turns {
		opts.Turn = ask(os.NewFile(grantedAt, "granted"), os.NewFile(askedAt, "asked"))
	}
	for _, text := range o.Allow {
		a, err := probe.ParseAllow(text)
		if err != nil {
			return nil, err
		}
		opts.Allow = append(opts.Allow, a)
	}
	var approval *string
	if o.Approval != "" {
		approval = &o.Approval
	}
	if o.Kind == Encryption {
		return encryption(ctx, data, opts, u, approval)
	}
	rec := probe.Login(ctx, opts, u)
	rec.ApprovalID = approval
	return rec, nil
}

func encryption(ctx context.Context, data fs.FS, opts probe.Options, u *url.URL, approval *string) (*probe.TLSRecord, error) {
	scale, err := verdict.LoadScale(data)
	if err != nil {
		return nil, err
	}
	host, port, err := probe.ParseHost(u.Host)
	if err != nil {
		return nil, err
	}
	rec := probe.Encryption(ctx, opts, scale, probe.HostPort{Host: host, Port: port})
	rec.ApprovalID = approval
	return rec, nil
}

// Serve takes one order and gives one record. It is all that the process does. It ends with whoever gave the order, however that ends: nothing is
// measured that nobody can stop.
func Serve(ctx context.Context, data fs.FS, in io.Reader, out io.Writer) error {
	var o Order
	if err := json.NewDecoder(io.LimitReader(in, maxRecord)).Decode(&o); err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	if o.Held {
		var end context.CancelFunc
		ctx, end = whileOpen(ctx, in)
		defer end()
	}
	rec, err := Measure(ctx, data, &o)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(rec); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}

// whileOpen is a context that ends when a stream does, on which nothing more is said.
func whileOpen(ctx context.Context, in io.Reader) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in) // how it ended is all the same
		end()
	}()
	return ctx, end
}

// Run starts the process, with the arguments that make it Serve, and gives the record with the bytes that it came in. The process has no
// surroundings: no variable that could hold a secret or name a proxy, no directory of ours, no open file.
func Run(ctx context.Context, program []string, o *Order) (*Found, error) {
	held := *o
	held.Held, held.Turns = true, o.Scripts && o.Browser != ""
	order, err := json.Marshal(held)
	if err != nil {
		return nil, fmt.Errorf("write order: %w", err)
	}
	in, hold, err := os.Pipe() // its other end is closed when this process ends, even when it is killed
	if err != nil {
		return nil, fmt.Errorf("hand over order: %w", err)
	}
	defer func() { _ = errors.Join(in.Close(), hold.Close()) }() // whichever is still open
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], program[1:]...) //nolint:gosec // the program itself
	out := &limited{most: maxRecord}
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.WaitDelay = []string{}, "/", in, out, 5*time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that a browser that it has started is tidied away; it is killed after a while
	begun := func() {}
	if held.Turns {
		t, err := newTurns(cmd)
		if err != nil {
			return nil, fmt.Errorf("hand over order: %w", err)
		}
		defer t.end()
		begun = t.begin
	}
	if err := errors.Join(cmd.Start(), in.Close()); err != nil { // the child has its own
		return nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	begun()
	wrote := make(chan error, 1)
	go func() {
		_, err := hold.Write(append(order, '\n'))
		wrote <- err
	}()
	if err := errors.Join(cmd.Wait(), <-wrote); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	return Parse(out.Bytes())
}

// Parse reads a record as it came from another process. Whoever reads pages is not trusted: what is not a record is refused.
func Parse(raw []byte) (*Found, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || len(raw) > maxRecord {
		return nil, ErrChild
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	f := &Found{Raw: raw}
	switch head.Schema {
	case probe.Schema:
		f.Login = &probe.Record{}
		if err := json.Unmarshal(raw, f.Login); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrChild, err)
		}
		if !verdict.Verdict(f.Login.Verdict).Known() || len(f.Login.Reasons) == 0 {
			return nil, ErrChild
		}
	case probe.TLSSchema:
		f.TLS = &probe.TLSRecord{}
		if err := json.Unmarshal(raw, f.TLS); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrChild, err)
		}
		if !verdict.Quality(f.TLS.Grade).Known() {
			return nil, ErrChild
		}
	default:
		return nil, ErrChild
	}
	return f, nil
}

// limited holds so much and no more.
type limited struct {
	bytes.Buffer
	most int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.most {
		return 0, ErrChild
	}
	return l.Buffer.Write(p)
}
