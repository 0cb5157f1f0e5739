// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// faultFile tells what the program does when something under it breaks.
const faultFile = "docs/security/faults.md"

// leastFaults is how many kinds of faults the file must tell of.
const leastFaults = 18

var namedTest = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")

// Every fault on the list names tests, and each of them exists.
func TestFaultList(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, faultFile))
	if err != nil {
		t.Fatal(err)
	}
	exists := testFunctions(t)
	rows := 0
	for n, line := range strings.Split(string(b), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(line, "|---") || strings.TrimSpace(cells[1]) == "fault" {
			continue
		}
		rows++
		named := namedTest.FindAllStringSubmatch(cells[3], -1)
		if len(named) == 0 {
			t.Errorf("%s:%d: no test shows it", faultFile, n+1)
		}
		for _, m := range named {
			if !exists[m[1]] {
				t.Errorf("%s:%d: %s is no test of the project", faultFile, n+1, m[1])
			}
		}
	}
	if rows < leastFaults {
		t.Errorf("%s tells of %d faults, want at least %d", faultFile, rows, leastFaults)
	}
}
