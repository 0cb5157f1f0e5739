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
	"os/exec"
	"time"

	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// Order is what is to be measured, and how.
type Order struct {
	// URL is the page, Allow the hosts that are approved beside its own, and Never addresses that stay closed whatever is approved.
	URL   string           `json:"url"`
	Allow []string         `json:"allow"`
	Never []netip.AddrPort `json:"never"`
	// Approval is the id of what approves it, and Vantage and Zone where it is measured from.
	Approval string `json:"approval"`
	Vantage  string `json:"vantage"`
	Zone     string `json:"zone"`
	// SecondStep says that the owner has declared that a second step follows the password.
	SecondStep bool   `json:"second_step"`
	Contact    string `json:"contact"`
	Lang       string `json:"lang"`
	Version    string `json:"version"`
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
func Measure(ctx context.Context, data fs.FS, o *Order) (*probe.Record, error) {
	rules, err := verdict.Load(data)
	if err != nil {
		return nil, err
	}
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	opts := probe.Options{
		Rules: rules, Never: o.Never, Vantage: probe.Vantage{ID: o.Vantage, Zone: o.Zone}, SecondStep: o.SecondStep, Version: o.Version, Contact: o.Contact,
		Lang: o.Lang,
	}
	for _, text := range o.Allow {
		a, err := probe.ParseAllow(text)
		if err != nil {
			return nil, err
		}
		opts.Allow = append(opts.Allow, a)
	}
	rec := probe.Login(ctx, opts, u)
	if o.Approval != "" {
		rec.ApprovalID = &o.Approval
	}
	return rec, nil
}

// Serve takes one order and gives one record. It is all that the process does.
func Serve(ctx context.Context, data fs.FS, in io.Reader, out io.Writer) error {
	var o Order
	if err := json.NewDecoder(io.LimitReader(in, maxRecord)).Decode(&o); err != nil {
		return fmt.Errorf("read order: %w", err)
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

// Run starts the process, with the arguments that make it Serve, and gives the record with the bytes that it came in. The process has no
// surroundings: no variable that could hold a secret or name a proxy, no directory of ours, no open file.
func Run(ctx context.Context, program []string, o *Order) (rec *probe.Record, raw []byte, err error) {
	order, err := json.Marshal(o)
	if err != nil {
		return nil, nil, fmt.Errorf("write order: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], program[1:]...) //nolint:gosec // the program itself
	out := &limited{most: maxRecord}
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.WaitDelay = []string{}, "/", bytes.NewReader(order), out, 5*time.Second
	if err := cmd.Run(); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	return Parse(out.Bytes())
}

// Parse reads a record as it came from another process. Whoever reads pages is not trusted: what is not a record is refused.
func Parse(raw []byte) (*probe.Record, []byte, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || len(raw) > maxRecord {
		return nil, nil, ErrChild
	}
	var rec probe.Record
	if err := json.Unmarshal(raw, &rec); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	if rec.Schema != probe.Schema || !verdict.Verdict(rec.Verdict).Known() || len(rec.Reasons) == 0 {
		return nil, nil, ErrChild
	}
	return &rec, raw, nil
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
