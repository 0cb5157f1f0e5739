// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// The words below are put together from parts, so that this file keeps the rules that it checks.

func onLine(s *source, line int) string { return fmt.Sprintf("%s:%d", s.path, line+1) }

// search finds a pattern in the lines of files that skip does not leave out.
func search(files []*source, pattern *regexp.Regexp, skip func(s *source) bool) (out []finding) {
	for _, s := range files {
		if skip(s) {
			continue
		}
		for i, line := range strings.Split(s.text, "\n") {
			if m := pattern.FindString(line); m != "" {
				out = append(out, finding{onLine(s, i), fmt.Sprintf("%q stands here", m)})
			}
		}
	}
	return out
}

func none(*source) bool { return false }

// anyOf is a pattern that matches one of the texts, literally and in any case.
func anyOf(texts ...string) *regexp.Regexp {
	for i, t := range texts {
		texts[i] = regexp.QuoteMeta(t)
	}
	return regexp.MustCompile(`(?i)` + strings.Join(texts, "|"))
}

var hosts = anyOf(
	"proxy."+"golang.org", "sum."+"golang.org", "index."+"golang.org", "goproxy."+"io", "goproxy."+"cn",
	"registry."+"npmjs.org", "registry."+"npmjs.com", "registry."+"yarnpkg.com", "registry."+"npmmirror.com",
	"deb."+"debian.org", "security."+"debian.org", "ftp."+"debian.org", "archive."+"ubuntu.com", "security."+"ubuntu.com",
	"deb."+"nodesource.com", "py"+"pi.org", "files."+"pythonhosted.org", "static."+"crates.io", "index."+"crates.io",
	"repo."+"maven.apache.org", "repo1."+"maven.org", "ruby"+"gems.org",
)

var registryHosts = rule{
	name: "no registry is named",
	why: "each site fetches from the registry that it trusts, often a copy of its own; an address in a file would go around it. For npm: " +
		"omit-lockfile-registry-resolved=true",
	check:  func(files []*source) []finding { return search(files, hosts, none) },
	breaks: []file{{"package-lock.json", `"resolved": "https://registry.` + `npmjs.org/a/-/a-1.tgz"`}, {"scripts/x", "GOPROXY=https://proxy." + "golang.org"}},
	keeps:  []file{{"go.sum", "golang.org/x/mod v0.42.0 h1:abc="}, {"README.md", "See https://www.debian.org"}},
}

var (
	beside  = regexp.MustCompile(`\.\./sha` + `red\b`)
	machine = regexp.MustCompile(`/wo` + `rk/(main|sha` + `red)\b`)
)

var otherPlaces = rule{
	name: "the project stands by itself",
	why:  "a clean clone must be enough: what lies beside it, or on one machine, is not there for others. Tests may use it and skip without it",
	check: func(files []*source) []finding {
		mayLookBeside := func(s *source) bool {
			return s.isTest() || s.path == "Makefile" || strings.HasPrefix(s.path, "scripts/")
		}
		return append(search(files, beside, mayLookBeside), search(files, machine, none)...)
	},
	breaks: []file{
		{"internal/x/a.go", "// See ../sha" + "red/data."},
		{"docs/a.md", "cd /wo" + "rk/main"},
		{"internal/x/a_test.go", "const dir = \"/wo" + "rk/sha" + "red\""},
	},
	keeps: []file{
		{"internal/x/a_test.go", "const dir = \"../../../sha" + "red/data\""},
		{"docs/a.md", "a shared folder"},
	},
}

var (
	brands  = regexp.MustCompile(`(?i)\b(cla` + `ude|anthro` + `pic|open` + `ai|chat` + `gpt|co` + `pilot)\b`)
	helpers = regexp.MustCompile(`(?i)\b(ai[ -]assis` + `tants?|language ` + `models?)\b`)
)

var words = rule{
	name: "the project speaks of the project",
	why:  "what is committed is about Insegel: brand names date, and how somebody worked is of no use to the reader",
	check: func(files []*source) []finding {
		sums := func(s *source) bool { return path.Base(s.path) == "go.sum" }
		// The catalogue is about the systems that municipalities use, and these are some of them.
		catalogue := func(s *source) bool { return strings.HasPrefix(s.path, "data/") }
		return append(search(files, brands, sums), search(files, helpers, catalogue)...)
	},
	breaks: []file{
		{"README.md", "Written with Cla" + "ude."},
		{"internal/x/a.go", "// A language " + "model wrote this."},
		{"data/threats/a.yaml", "en: Open" + "AI"},
	},
	keeps: []file{
		{"README.md", "The model for classification has its own language. AI-system."},
		{"data/threats/a.yaml", "en: An AI " + "assistant answers callers."},
	},
}
