// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A command says the same about itself, and about what is wrong in a call, whether it is read by a parser of its own or by one of all.
func TestGrammarOfOneCommand(t *testing.T) {
	said := func(grammar any, args []string) string {
		var out bytes.Buffer
		parser, err := newParser(grammar, &out, &out, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(args); err != nil {
			out.WriteString(err.Error())
		}
		return out.String()
	}
	all := reflect.TypeFor[commands]()
	for i := range all.NumField() {
		name := strings.ToLower(all.Field(i).Name)
		for _, args := range [][]string{{name, "--help"}, {name, "--no-such-flag"}, {name, "a", "b", "c"}} {
			grammar := grammarOf(args)
			if n := reflect.TypeOf(grammar).Elem().NumField(); n != 1 {
				t.Errorf("%v is read by a parser of %d commands", args, n)
			}
			if d := cmp.Diff(said(&commands{}, args), said(grammar, args)); d != "" {
				t.Errorf("%v (-all +one):\n%s", args, d)
			}
		}
	}
	if _, ok := grammarOf(nil).(*commands); !ok {
		t.Error("without a command the parser does not know all")
	}
}
