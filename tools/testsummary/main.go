// SPDX-License-Identifier: EUPL-1.2

// Command testsummary runs "go test -json" and prints what a person needs: one line per package, every failure in full, why
// tests were skipped, and how many passed (Swedish: testsammanfattning).
//
//	testsummary go test -json -race ./...
//
// It exits with 0 only when the command did and nothing failed. With CI=true a skipped test is a failure: where everything must
// run, a missing program must not make the suite smaller in silence.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv("CI") == "true", os.Stdout, os.Stderr))
}

// run runs the command and returns the exit code.
func run(command []string, strict bool, out, errs io.Writer) int {
	if len(command) == 0 {
		_, _ = fmt.Fprintln(errs, "usage: testsummary go test -json [flags] [packages]")
		return 2
	}
	// The tests get the interrupt as well; what they managed to report is still summed up.
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = errs
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return fail(errs, err)
	}
	if err := cmd.Start(); err != nil {
		return fail(errs, err)
	}
	s := summary{out: out, strict: strict}
	readErr := s.read(pipe)
	if err := cmd.Wait(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return fail(errs, err)
		}
		s.broken = true
	}
	if readErr != nil {
		return fail(errs, fmt.Errorf("read test output: %w", readErr))
	}
	return s.finish()
}

func fail(errs io.Writer, err error) int {
	_, _ = fmt.Fprintln(errs, "testsummary:", err)
	return 1
}
