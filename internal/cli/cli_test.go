// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/insegel/insegel/internal/cli"
	"github.com/insegel/insegel/internal/dbtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"insegel": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command line as a person does: each file in testdata/script is a session.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", filepath.Join(root, "examples"))
			env.Setenv("DATA", filepath.Join(root, "data"))
			env.Setenv("SHARED", filepath.Join(root, "..", "shared", "data"))
			env.Setenv("HOME", env.WorkDir)
			for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} { // a script says what it wants
				env.Setenv(name, "")
			}
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, "share"))
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "register":
				_, err := os.Stat(filepath.Join(root, "..", "shared", "data", "register-norrsjo.xlsx"))
				if err != nil && os.Getenv("CI") == "true" {
					return false, fmt.Errorf("the example register is missing: %w", err)
				}
				return err == nil, nil
			default:
				return false, fmt.Errorf("unknown condition %q", cond)
			}
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exitcode": exitCode,
			"json":     jsonValue,
		},
	})
}

// exitCode runs a command and checks its exit code: exitcode 2 insegel classify x.yaml.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exitcode N COMMAND [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var code interface{ ExitCode() int }
		if e, ok := err.(interface{ ExitCode() int }); ok { //nolint:errorlint // Exec returns it as it is
			code = e
		}
		if code == nil {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = code.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d\n%s", strings.Join(args[1:], " "), got, want, ts.ReadFile("stderr"))
	}
}

// jsonValue reads a value of a JSON file by a path of keys, numbers and len (the length), and compares it: json stdout rows 65.
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH VALUE")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for _, part := range strings.Split(args[1], "/") {
		switch x := v.(type) {
		case map[string]any:
			if part == "len" {
				v = float64(len(x))
				continue
			}
			next, ok := x[part]
			if !ok {
				ts.Fatalf("%s: there is no key %q", args[1], part)
			}
			v = next
		case []any:
			if part == "len" {
				v = float64(len(x))
				continue
			}
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(x) {
				ts.Fatalf("%s: there is no element %q among %d", args[1], part, len(x))
			}
			v = x[i]
		default:
			ts.Fatalf("%s: %q is below a plain value", args[1], part)
		}
	}
	got := fmt.Sprint(v)
	if (got == args[2]) == neg {
		ts.Fatalf("%s = %s, compared with %s", args[1], got, args[2])
	}
}

// TestScriptsOnPostgres runs the chain on the other engine.
func TestScriptsOnPostgres(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	address := dbtest.PostgresAddress(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/postgres",
		Setup: func(env *testscript.Env) error {
			env.Setenv("DSN", address)
			env.Setenv("DATA", filepath.Join(root, "data"))
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exitcode": exitCode, "json": jsonValue},
	})
}
