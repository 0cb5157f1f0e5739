// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/overview"
)

type auditCommand struct {
	Verify     verifyCommand     `cmd:"" help:"Go through the log, entry by entry, and tell whether anything has been changed. Reads a database or an export, and nothing else."`
	Export     exportCommand     `cmd:"" help:"Write an organisation's log to a file that anybody can verify."`
	Checkpoint checkpointCommand `cmd:"" help:"Sign the log as it is now, send the checkpoint where they go, and tell the public key."`
}

type verifyCommand struct {
	DB         string   `name:"db" help:"The database: sqlite:PATH or postgres://USER@HOST/NAME. It is only read." env:"INSEGEL_DB" placeholder:"DSN" xor:"what"`
	Export     string   `help:"A file that insegel audit export, or the page Spårlogg, has written; or a file or directory with the entries that a receiver has been sent." placeholder:"PATH" xor:"what"`
	Key        []string `help:"The public key that checkpoints are to be signed with. May be repeated." placeholder:"PUBLIC"`
	Checkpoint []string `help:"A signed checkpoint that you have kept. May be repeated." placeholder:"FILE"`
	Witness    []string `help:"The verifier key of a witness whose cosignatures are to be looked for. May be repeated." placeholder:"KEY"`
	JSON       bool     `name:"json" help:"Write what was found as JSON."`
}

// Run verifies.
func (c *verifyCommand) Run(s *streams) error {
	check, err := c.check()
	if err != nil {
		return err
	}
	verdicts, err := c.verdicts(s, check)
	if err != nil {
		return err
	}
	whole := true
	for i := range verdicts {
		whole = whole && verdicts[i].Whole()
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		if err := e.Encode(map[string]any{"whole": whole, "signatures_checked": len(check.Keys) > 0, "logs": verdicts}); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	} else {
		c.tell(s.out, verdicts)
	}
	if len(check.Keys) == 0 {
		fmt.Fprintln(s.err, "The signatures were not checked, because no key was given. Give the public key, which insegel audit checkpoint tells, with --key; "+
			"take it from where you wrote it down, and not from the database.")
	}
	if !whole {
		return errFound
	}
	return nil
}

func (c *verifyCommand) check() (audit.Check, error) {
	var check audit.Check
	for _, text := range c.Key {
		k, err := audit.ParsePublicKey(text)
		if err != nil {
			return check, usage("--key: %v", err)
		}
		check.Keys = append(check.Keys, k)
	}
	for _, text := range c.Witness {
		w, err := audit.NewWitness("", text, nil)
		if err != nil {
			return check, usage("--witness: %v", err)
		}
		check.Witnesses = append(check.Witnesses, w)
	}
	for _, name := range c.Checkpoint {
		b, err := os.ReadFile(name)
		if err != nil {
			return check, fmt.Errorf("read checkpoint: %w", err)
		}
		check.Held = append(check.Held, string(b))
	}
	return check, nil
}

func (c *verifyCommand) verdicts(s *streams, check audit.Check) ([]audit.Verdict, error) {
	if c.Export != "" {
		return verifyFiles(c.Export, check)
	}
	dsn := c.DB
	if dsn == "" {
		dsn = defaultDatabase()
	}
	d, err := db.OpenReadOnly(s.ctx, dsn)
	if err != nil {
		return nil, err
	}
	out, err := audit.Verify(s.ctx, d, check)
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	return out, nil
}

// verifyFiles goes through an export, or what a receiver has been sent: one file, or a directory that was given with --log-drop.
func verifyFiles(path string, check audit.Check) ([]audit.Verdict, error) {
	names := []string{path}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		names, err = audit.SegmentFiles(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open export: %w", err)
	}
	if len(names) == 0 {
		return nil, usage("%s has no entries of a log in it", path)
	}
	files := audit.ReadFiles(names)
	in := bufio.NewReaderSize(files, 1<<16)
	first, err := in.Peek(1 << 14)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("read %s: %w", path, err), files.Close())
	}
	var out []audit.Verdict
	if info.IsDir() || audit.IsSegments(first) {
		out, err = audit.VerifySegments(in, check)
	} else {
		out = make([]audit.Verdict, 1)
		out[0], err = audit.VerifyExport(in, check)
	}
	if err := errors.Join(err, files.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return out, nil
}

// tell writes what was found for people.
func (c *verifyCommand) tell(w io.Writer, verdicts []audit.Verdict) {
	for i := range verdicts {
		v := &verdicts[i]
		word := "WHOLE"
		if !v.Whole() {
			word = "BROKEN"
		}
		fmt.Fprintf(w, "%s: log %s, organisation %s, epoch %d\n", word, v.Name, v.Organisation, v.Epoch)
		fmt.Fprintf(w, "  %d entries", v.Size)
		if v.Partial {
			fmt.Fprintf(w, ", of which %d are here with their proofs", v.Checked)
		}
		if v.Checked > 0 {
			fmt.Fprintf(w, ", from %s to %s", moment(v.First), moment(v.Last))
		}
		fmt.Fprintf(w, "\n  root %s\n  %d checkpoints, the latest of %d entries", v.Root, v.Checkpoints, v.Signed)
		if v.Cosigned > 0 {
			fmt.Fprintf(w, ", cosigned until %d", v.Cosigned)
		}
		fmt.Fprintln(w)
		if v.Erased+v.Plain+v.Backwards > 0 {
			fmt.Fprintf(w, "  %d entries have erased parts; %d are from a version that hid nothing; the clock went backwards %d times\n", v.Erased, v.Plain, v.Backwards)
		}
		for _, f := range v.Faults {
			fmt.Fprintf(w, "  %s: %s\n", f.Kind, f.Text)
		}
		if v.More > 0 {
			fmt.Fprintf(w, "  and %d more\n", v.More)
		}
	}
	if len(verdicts) == 0 {
		fmt.Fprintln(w, "WHOLE: the database has no log yet")
	}
}

func moment(ms int64) string { return db.FromMillis(ms).Format(time.RFC3339) }

type exportCommand struct {
	database
	tenant
	Output string `short:"o" help:"The file to write, or - for standard output." required:"" placeholder:"FILE"`
}

// Run writes the export, and logs that it did.
func (c *exportCommand) Run(s *streams) error {
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	service := overview.New(a.DB, a.Requirements)
	service.LogKey = a.LogKey
	write := func(w io.Writer) error { return service.ExportLog(s.ctx, actor, audit.Filter{}, w) }
	if c.Output == "-" {
		return closeAfter(a, write(s.out))
	}
	if err := writeOut(c.Output, write); err != nil {
		return closeAfter(a, err)
	}
	fmt.Fprintf(s.err, "Wrote %s\n", c.Output)
	return a.Close()
}

type checkpointCommand struct {
	database
	checkpointFlags
}

// checkpointFlags say where checkpoints go.
type checkpointFlags struct {
	LogSyslog  []string `name:"log-syslog" help:"Send signed checkpoints of the log to a collector: tls://HOST:PORT, udp://HOST:PORT, tcp://HOST:PORT or unixgram:///PATH. May be repeated." env:"INSEGEL_LOG_SYSLOG" placeholder:"ADDRESS"`
	LogPost    []string `name:"log-post" help:"Post signed checkpoints of the log to this address. May be repeated." env:"INSEGEL_LOG_POST" placeholder:"URL"`
	LogMail    []string `name:"log-mail" help:"Mail signed checkpoints of the log to this address, one for each thousand entries, by the organisation's own mail server. May be repeated." env:"INSEGEL_LOG_MAIL" placeholder:"ADDRESS"`
	LogOnly    bool     `name:"log-checkpoints-only" help:"Send checkpoints alone. Otherwise the entries of the log go, with each checkpoint, to the directory, to collectors over TLS or a socket, and to posted addresses." env:"INSEGEL_LOG_CHECKPOINTS_ONLY"`
	LogReading *bool    `name:"log-every-reading" negatable:"" help:"Log every page that somebody reads, with who it was, or only those that tell where the organisation is weak. New installations log every page, those from before as they did." env:"INSEGEL_LOG_EVERY_READING"`
	Clear      bool     `help:"Let a proxy, and collectors of checkpoints, on other machines be spoken to without TLS." env:"INSEGEL_CLEAR"`
	LogWitness []string `name:"log-witness" help:"Let a witness cosign the log's checkpoints: its address, a space and its key. May be repeated." env:"INSEGEL_LOG_WITNESS" placeholder:"'URL KEY'"`
}

// to says in a command's options where its checkpoints go.
func (f *checkpointFlags) to(o *app.LogOptions) {
	o.Syslog, o.Post, o.Witnesses, o.Mail, o.OnlyCheckpoints = f.LogSyslog, f.LogPost, f.LogWitness, f.LogMail, f.LogOnly
	o.Clear, o.AsBegun = f.Clear, f.LogReading == nil
	if f.LogReading != nil {
		o.Readings = *f.LogReading
	}
}

// Run signs, sends, and tells.
func (c *checkpointCommand) Run(s *streams) error {
	c.to(&c.checkpoints)
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := c.open(s, log)
	if err != nil {
		return err
	}
	if a.LogKey.IsZero() {
		return closeAfter(a, usage("signing needs the key: give --key-file PATH"))
	}
	k, err := a.Keeper()
	if err == nil {
		err = k.Sign(s.ctx)
	}
	if err != nil {
		return closeAfter(a, err)
	}
	k.Round(s.ctx) // what cannot be sent is told, and sent by the server's next round
	notes, err := audit.Latest(s.ctx, a.DB)
	if err != nil {
		return closeAfter(a, err)
	}
	fmt.Fprintf(s.err, "The log's public key, to write down and keep elsewhere:\n")
	fmt.Fprintln(s.out, a.LogKey.Public())
	for _, n := range notes {
		fmt.Fprintf(s.out, "\n%s", n.Note)
		fmt.Fprintf(s.err, "Verifier key for that origin: %s\n", a.LogKey.Public().Verifier(n.Origin))
	}
	return a.Close()
}
