// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/source"
)

// A password that was written on the command line in spite of everything is in nothing that is told, however the DSN is written.
func TestNoPasswordOfADSNIsTold(t *testing.T) {
	const password = "hemligt"
	t.Setenv(source.PasswordVariable, "")
	t.Setenv(source.PasswordFileVariable, "")
	for dsn, want := range map[string]string{
		"postgres://u:hemligt@127.0.0.1:9/x":                      "postgres://u@127.0.0.1:9/x",
		"postgres://u:a@hemligt@127.0.0.1:9/x":                    "postgres://u@127.0.0.1:9/x",
		"postgres://u:1/hemligt@127.0.0.1:9/x":                    "postgres://…",
		"postgres://u:1?hemligt@127.0.0.1:9/x":                    "postgres://…",
		"postgres://u:a#hemligt@127.0.0.1:9/x":                    "postgres://…",
		"postgres://u:hemligt@[::1/x":                             "postgres://…",
		"postgres://u@127.0.0.1:9/x?password=hemligt":             "postgres://u@127.0.0.1:9/x",
		"postgres://127.0.0.1:9/x?sslpassword=hemligt":            "postgres://127.0.0.1:9/x",
		"POSTGRES://u:hemligt@127.0.0.1:9/x":                      "POSTGRES://u@127.0.0.1:9/x",
		"sqlserver://u@127.0.0.1:9?database=y&Password=hemligt":   "sqlserver://u@127.0.0.1:9?database=y",
		"sqlserver://127.0.0.1:9?pwd=hemligt":                     "sqlserver://127.0.0.1:9",
		"sqlserver://127.0.0.1;user id=u;password=hemligt":        "sqlserver://…",
		"sqlserver://127.0.0.1/x;password=hemligt":                "sqlserver://…",
		"sqlserver://127.0.0.1?database=x;password=hemligt":       "sqlserver://…",
		"oracle://u:hem%hemligt@127.0.0.1:9/x":                    "oracle://…",
		"mongodb://u:hemligt@127.0.0.1:9/x":                       "mongodb://u@127.0.0.1:9/x",
		"mysql://u%20v:hemligt@127.0.0.1:9/x":                     "mysql://u%20v@127.0.0.1:9/x",
		"mysql://u@127.0.0.1:9/x?tls=false&auth_password=hemligt": "mysql://u@127.0.0.1:9/x",
	} {
		o := options(t, "personnummer")
		o.OpenDatabase = source.OpenDatabase
		var out bytes.Buffer
		lines := discovery.NewLines(&out, "1")
		sum, err := discovery.Scan(t.Context(), []string{dsn}, o, lines)
		if err == nil {
			err = lines.Close()
		}
		if err != nil || sum.Unread != 1 {
			t.Errorf("%s: %d, %v", dsn, sum.Unread, err)
		}
		if strings.Contains(out.String(), password) || !strings.Contains(out.String(), `"path":"`+want+`"`) {
			t.Errorf("%s: want %s in %s", dsn, want, out.String())
		}
	}
}
