// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/cli"
)

// TestSignIn reads logs from files and standard input, and holds the sentences, the JSON and the exit codes.
func TestSignIn(t *testing.T) {
	log := filepath.Join("..", "signin", "testdata", "entra.jsonl")
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	run := func(in string, args ...string) (string, int) {
		t.Helper()
		var out, stderr bytes.Buffer
		code := cli.Main(append([]string{"signin"}, args...), strings.NewReader(in), &out, &stderr)
		if strings.Contains(out.String()+stderr.String(), "exempel@") {
			t.Errorf("somebody's address was written:\n%s%s", out.String(), stderr.String())
		}
		return out.String(), code
	}
	if out, code := run("", log); code != 0 || !strings.Contains(out, "33,3\u00a0% av 3 inloggningar var med minst två faktorer; 1 var med lösenord, genom IMAP4.") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	out, code := run(string(text), "--json", "-", log)
	var sum struct {
		Schema string
		Total  struct {
			SignIns int `json:"sign_ins"`
		}
	}
	if err := json.Unmarshal([]byte(out), &sum); err != nil || code != 0 || sum.Schema != "insegel.signin/1" || sum.Total.SignIns != 8 {
		t.Errorf("exit %d, %v, %+v", code, err, sum)
	}
	if out, code := run("", "--lang", "en", "--format", "conditional-access", filepath.Join("..", "signin", "testdata", "policies.json")); code != 0 ||
		!strings.Contains(out, "app-treserva\n  At least two factors are demanded of everybody.") || !strings.Contains(out, "Unknown: somebody is excluded. Exclusions: 3.") {
		t.Errorf("policies: exit %d:\n%s", code, out)
	}
	if _, code := run("what is this", "-"); code != 2 {
		t.Errorf("a log of no known form: exit %d", code)
	}
	if _, code := run("", "--days", "-1", log); code != 3 {
		t.Errorf("days below none: exit %d", code)
	}
}
