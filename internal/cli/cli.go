// SPDX-License-Identifier: EUPL-1.2

// Package cli is the command line (Swedish: kommandorad): one file per command. JSON goes to standard output, everything said to
// a person to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/insegel/insegel/internal/catalogue"
)

// Exit codes, the same for every command.
const (
	exitDone  = 0
	exitFound = 1 // something was found, or two things differ
	exitInput = 2 // the input is bad or cannot be read
	exitUsage = 3 // the command was written wrongly
)

// errFound ends a command that did what it should and has something to report by its exit code.
var errFound = errors.New("found")

// streams are where a command reads and writes, and the time it sees.
type streams struct {
	ctx    context.Context
	in     io.Reader
	out    io.Writer
	err    io.Writer
	isTerm bool   // standard error is a terminal that a progress bar can be drawn on
	gc     int    // how much garbage may be made for each byte in use, in percent, once a command has started
	lang   string // of the answer, for a command that has two
}

// commands are all the commands.
type commands struct {
	Import    importCommand    `cmd:"" help:"Take in the register that the organisation has."`
	Classify  classifyCommand  `cmd:"" help:"Tell which levels, rules and requirements follow for what a file describes. Needs no database."`
	Report    reportCommand    `cmd:"" help:"Write a document: plan, procurement, classification or register."`
	Audit     auditCommand     `cmd:"" help:"Verify, export and sign the log."`
	Catalogue catalogueCommand `cmd:"" help:"Check, compare and list the catalogue."`
	Demo      demoCommand      `cmd:"" help:"Start an example municipality on this machine."`
	Scan      scanCommand      `cmd:"" help:"Find personal data in files and databases, with reasons. Needs no database of its own."`
	Serve     serveCommand     `cmd:"" help:"Start the server."`
	Backup    backupCommand    `cmd:"" help:"Copy everything to an encrypted file while it is in use."`
	Restore   restoreCommand   `cmd:"" help:"Put a backup back, and verify what came of it."`
	Key       keyCommand       `cmd:"" help:"Make keys, change them, tell about them."`
	Code      codeCommand      `cmd:"" help:"Make a new one-time code for the first person."`
	Migrate   migrateCommand   `cmd:"" help:"Bring a database to this version's schema."`
	Provider  providerCommand  `cmd:"" help:"Connect and list the identity providers that people sign in at."`
	Probe     probeCommand     `cmd:"" help:"Measure how strong a sign-in is, and how good the encryption of a host. Needs no database."`
	Agent     agentCommand     `cmd:"" help:"Measure in another network zone, for a server that it calls. Needs no database."`
	Signin    signinCommand    `cmd:"" name:"signin" help:"Tell how strong sign-ins were, from the logs that there are. Keeps nobody's name. Needs no database."`
	National  nationalCommand  `cmd:"" help:"Follow many municipalities side by side: send, receive, add up, publish, and simulate a nation."`
	Worker    workerCommand    `cmd:"" help:"Do parts of searches for personal data that servers on the same PostgreSQL database ask for."`
	Version   versionCommand   `cmd:"" help:"Tell the version."`
}

// Main runs the command line and returns its exit code.
func Main(args []string, in io.Reader, out, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := &streams{ctx: ctx, in: in, out: out, err: stderr, isTerm: isTerminal(stderr), lang: language(args, os.Getenv)}
	exited := -1
	s.gc = debug.SetGCPercent(gcAtStart)
	defer debug.SetGCPercent(s.gc)
	parser, err := newParser(grammarOf(args), out, stderr, func(code int) { exited = code })
	if err != nil {
		fmt.Fprintf(stderr, "insegel: %v\n", err)
		return exitUsage
	}
	if err := kong.Help(s.help).Apply(parser); err != nil {
		fmt.Fprintf(stderr, "insegel: %v\n", err)
		return exitUsage
	}
	k, err := parser.Parse(args)
	if len(args) == 0 || args[0] != "scan" { // which does so itself, later
		debug.SetGCPercent(s.gc)
	}
	if exited >= 0 { // --help was asked for and written
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "insegel: %s\n%s\n", s.say(err.Error()), s.say("Run insegel --help to see the commands, or insegel COMMAND --help to see what one takes."))
		if len(args) > 0 && args[0] == "probe" { // its record tells the rest, so that what is wrong in the call is its only bad input
			return exitInput
		}
		return exitUsage
	}
	return s.exitCode(k.Run(s))
}

// grammarOf is what the parser is made from: of all commands the one that is named, where one is. A parser of all of them takes longer to
// make than many a command takes.
func grammarOf(args []string) any {
	all := reflect.TypeFor[commands]()
	for i := range all.NumField() {
		f := all.Field(i)
		if len(args) > 0 && strings.ToLower(f.Name) == args[0] {
			return reflect.New(reflect.StructOf([]reflect.StructField{f})).Interface()
		}
	}
	return &commands{}
}

func newParser(grammar any, out, stderr io.Writer, exit func(code int)) (*kong.Kong, error) {
	return kong.New(grammar,
		kong.Name("insegel"),
		kong.Description("Insegel registers a municipality's information and systems, classifies them, tells which rules and protections follow and why, and writes the requirements and the plan."),
		kong.Writers(out, stderr),
		kong.Exit(exit),
		kong.Vars{"default_db": defaultDatabase(), "kolada": koladaBase},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
}

// usageError marks an error in how the command was written.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func (s *streams) exitCode(err error) int {
	var problems catalogue.Problems
	var wrong usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFound):
		return exitFound
	case errors.As(err, &wrong):
		fmt.Fprintf(s.err, "insegel: %s\n", s.say(err.Error()))
		return exitUsage
	case errors.As(err, &problems):
		fmt.Fprintln(s.err, strings.TrimRight(problems.Error(), "\n"))
		return exitInput
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(s.err, "insegel: %s\n", s.say("interrupted; nothing half-done was kept"))
		return exitInput
	default:
		fmt.Fprintf(s.err, "insegel: %s\n", s.say(err.Error()))
		return exitInput
	}
}

// isTerminal reports whether a writer is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
