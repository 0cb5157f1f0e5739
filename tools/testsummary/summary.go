// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action     string
	Package    string
	ImportPath string // of build-output
	Test       string
	Elapsed    float64
	Output     string
}

// test is what is known of one test or subtest.
type test struct {
	name   string
	result string // pass, fail, skip, or empty while it runs
	parent bool   // has subtests, and so is not counted itself
	output []string
}

// pack is what is known of one package while its tests run.
type pack struct {
	tests  map[string]*test
	order  []*test
	output []string // of the package, not of one test
}

// summary reads the events and keeps only what may have to be shown.
type summary struct {
	out    io.Writer
	strict bool
	broken bool // the command failed, whatever its tests said

	packs                   map[string]*pack
	passed, failed, skipped int
	skips, failures         []string
	slow                    []slow
}

// slow is a test that took long, subtests included.
type slow struct {
	name    string
	seconds float64
}

// What is told of the tests that take the longest, so that whoever waits for the suite knows what for.
const (
	mostSlow  = 12
	slowSince = 10 // seconds
)

func (s *summary) print(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }

// read reads every event. A line that is not an event is shown as it is.
func (s *summary) read(r io.Reader) error {
	s.packs = map[string]*pack{}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				s.handle(e)
			} else {
				s.print("%s", line)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) handle(e event) {
	if e.Action == "build-output" {
		s.print("%s", e.Output)
		return
	}
	if e.Package == "" {
		return
	}
	p := s.packs[e.Package]
	if p == nil {
		p = &pack{tests: map[string]*test{}}
		s.packs[e.Package] = p
	}
	switch e.Action {
	case "output":
		p.add(e.Test, e.Output)
	case "run":
		p.test(e.Test)
	case "pass", "fail", "skip":
		if e.Test != "" {
			p.test(e.Test).result = e.Action
			if e.Elapsed >= slowSince && !strings.Contains(e.Test, "/") {
				s.slow = append(s.slow, slow{e.Package + " " + e.Test, e.Elapsed})
			}
			return
		}
		s.close(e, p)
		delete(s.packs, e.Package)
	}
}

// test finds or makes the test with that name and tells its parents that they are parents.
func (p *pack) test(name string) *test {
	if t := p.tests[name]; t != nil {
		return t
	}
	t := &test{name: name}
	p.tests[name] = t
	p.order = append(p.order, t)
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		if up := p.tests[name[:i]]; up != nil {
			up.parent = true
		}
	}
	return t
}

// noise are the lines that tell only that a test started or went on.
var noise = []string{"=== RUN", "=== PAUSE", "=== CONT", "=== NAME"}

func (p *pack) add(name, line string) {
	for _, n := range noise {
		if strings.HasPrefix(line, n) {
			return
		}
	}
	if name == "" {
		p.output = append(p.output, line)
		return
	}
	t := p.test(name)
	t.output = append(t.output, line)
}

// close counts a package's tests and prints its line, and its failures in full.
func (s *summary) close(e event, p *pack) {
	passed, failed, skipped := s.count(e.Package, p)
	if e.Action == "fail" && failed == 0 { // it did not build, or it died outside every test
		failed = 1
		s.failures = append(s.failures, e.Package)
	}
	s.passed, s.failed, s.skipped = s.passed+passed, s.failed+failed, s.skipped+skipped
	switch {
	case e.Action == "fail":
		s.print("FAIL  %s  %.1fs  %d passed, %d failed, %d skipped\n", e.Package, e.Elapsed, passed, failed, skipped)
		s.show(p)
	case passed+skipped == 0:
		s.print("--    %s  no tests\n", e.Package)
	default:
		s.print("ok    %s  %.1fs  %d passed, %d skipped\n", e.Package, e.Elapsed, passed, skipped)
	}
}

// count counts leaves: a test with subtests is only counted when it failed and none of them did.
func (s *summary) count(name string, p *pack) (passed, failed, skipped int) {
	for _, t := range p.order {
		if t.result == "" { // it was running when the package died
			t.result = "fail"
		}
		switch t.result {
		case "fail":
			if !t.parent || !p.childFailed(t) {
				failed++
				s.failures = append(s.failures, name+" "+t.name)
			}
		case "skip":
			skipped++
			s.skips = append(s.skips, name+" "+t.name+": "+reason(t.output))
		default:
			if !t.parent {
				passed++
			}
		}
	}
	return passed, failed, skipped
}

func (p *pack) childFailed(t *test) bool {
	return slices.ContainsFunc(p.order, func(c *test) bool {
		return strings.HasPrefix(c.name, t.name+"/") && c.result != "pass" && c.result != "skip"
	})
}

// show prints the whole output of the failed tests and of the package itself.
func (s *summary) show(p *pack) {
	for _, t := range p.order {
		if t.result == "fail" {
			s.print("%s", strings.Join(t.output, ""))
		}
	}
	for _, line := range p.output {
		if line != "FAIL\n" && line != "PASS\n" {
			s.print("%s", line)
		}
	}
}

// reason is what a skipped test said, without the line number and the closing line.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--- SKIP") {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "gave no reason"
	}
	return strings.Join(said, " ")
}

// finish lists what was skipped and what failed, prints the closing line and returns the exit code.
func (s *summary) finish() int {
	if len(s.packs) > 0 {
		s.broken = true
		for name, p := range s.packs {
			s.print("FAIL  %s  never finished\n", name)
			_, failed, _ := s.count(name, p)
			s.failed += max(1, failed)
			s.show(p)
		}
	}
	s.list("Slowest:", s.slowest())
	s.list("Skipped:", s.skips)
	s.list("Failed:", s.failures)
	code := 0
	switch {
	case s.failed > 0:
		code = 1
	case s.broken:
		s.print("The test command failed although no test did.\n")
		code = 1
	case s.passed+s.skipped == 0:
		s.print("No test ran.\n")
		code = 1
	case s.strict && s.skipped > 0:
		s.print("CI=true: a skipped test is a failure. Install what the tests above say that they lack.\n")
		code = 1
	}
	s.print("%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	return code
}

// slowest are the tests that took the longest, the longest first.
func (s *summary) slowest() []string {
	slices.SortStableFunc(s.slow, func(a, b slow) int { return cmp.Compare(b.seconds, a.seconds) })
	var lines []string
	for _, t := range s.slow[:min(len(s.slow), mostSlow)] {
		lines = append(lines, fmt.Sprintf("%5.0f s  %s", t.seconds, t.name))
	}
	return lines
}

func (s *summary) list(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	s.print("\n%s\n", title)
	for _, l := range lines {
		s.print("  %s\n", l)
	}
}
