// SPDX-License-Identifier: EUPL-1.2

package archtest

import "testing"

// powers are the packages of the standard library that reach outside the program, with who may use each and why. Nobody but these
// powers are the packages of the standard library that reach outside the program, with who may use each and why. Nobody but those listed
// starts other programs, and nobody loads code, or goes past the type system.
var powers = map[string]map[string]string{
	"os/exec": {
		"internal/probe/browser":       "starts a browser without a network, when the one who measures asks for it",
		"internal/probe/child":         "starts the program itself, without database and keys, to measure",
		"internal/discovery/tesseract": "has tesseract look at images, when the one who scans asks for it",
		"internal/printer":             "starts a browser without a network to print, where the operator has one",
	},
	"plugin": {},
	"unsafe": {},
	"net": {
		"internal/app":              "listens, and finds out where the database is",
		"internal/audit":            "reads addresses of log servers",
		"internal/auth":             "reads addresses that requests come from",
		"internal/auth/certificate": "reads addresses that requests come from",
		"internal/auth/passkey":     "reads addresses that requests come from",
		"internal/cli":              "sees whether a port is free, and tells where the server listens",
		"internal/mail":             "puts together the mail server's address; outbound connects",
		"internal/outbound":         "is the way out",
		"internal/probe":            "connects to the hosts that are measured, behind a guard of its own",
		"internal/web":              "reads addresses that requests come from",
	},
	"syscall": {
		"internal/app":           "lets one server at a time use a SQLite file",
		"internal/backup":        "tells what somebody works on from what was left behind",
		"internal/finding":       "opens what may have become a pipe without waiting for it",
		"internal/db":            "looks at how much room the disk has",
		"internal/cli":           "stops on the signals of the system",
		"internal/probe":         "looks at an address when it is connected to",
		"internal/printer":       "gives the browser a user and a network of its own, and ends it",
		"internal/probe/browser": "gives the browser a user and a network of its own, and ends it",
		"internal/outbound":      "looks at an address when it is connected to",
		"internal/seal":          "locks the file of keys",
	},
}

// What a package can do outside the program is seen in review, because this list changes with it.
func TestPowersAreListed(t *testing.T) {
	used := map[string]map[string]bool{}
	for _, s := range goFiles(project(t)) {
		if !s.ships() {
			continue
		}
		for i, imp := range s.imports() {
			users, listed := powers[imp]
			if !listed {
				continue
			}
			if used[imp] == nil {
				used[imp] = map[string]bool{}
			}
			used[imp][s.dir()] = true
			if users[s.dir()] == "" {
				t.Errorf("%s", s.at(s.file.Imports[i].Pos(), "imports %s: list %s in powers with the reason, if it must", imp, s.dir()).what)
			}
		}
	}
	for imp, users := range powers {
		for dir, why := range users {
			if !used[imp][dir] || why == "" {
				t.Errorf("powers: %s does not import %s, or no reason is given", dir, imp)
			}
		}
	}
}
