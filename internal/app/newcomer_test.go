// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/app"
)

// emptyInstallation is one that nobody has come to, with the code that it shows on its console.
type emptyInstallation struct {
	Address string `json:"address"`
	Code    string `json:"code"`
	Width   int    `json:"width"`
}

// emptied starts an installation that nobody has come to, and the desk behind it.
func emptied(t *testing.T, width int) (*desk, emptyInstallation) {
	d := &desk{t: t, a: open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))}
	d.a.DB.Now = d.now
	server := httptest.NewUnstartedServer(nil)
	o := app.ServerOptions{Address: server.Listener.Addr().String(), Patience: patient}
	server.Config.Handler = d.a.Site(o)
	code, _, err := d.a.FirstCode(t.Context(), o, "")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(o.Address)
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(server.Close)
	return d, emptyInstallation{"http://localhost:" + port, code, width}
}

// TestNewcomerInBrowser lets somebody who has never seen the program go from an empty installation to a decided classification and an
// action that they own, in Chromium at two widths; then the same without scripts, with the keyboard alone, and two people at once.
func TestNewcomerInBrowser(t *testing.T) {
	program, modules := chromium(t)
	d, wide := emptied(t, 1280)
	_, narrow := emptied(t, 390)
	b, err := json.Marshal(map[string]any{"empty": []emptyInstallation{wide, narrow}, "shots": os.Getenv("INSEGEL_TEST_SHOTS")})
	if err != nil {
		t.Fatal(err)
	}
	orders := filepath.Join(t.TempDir(), "orders.json")
	if err := os.WriteFile(orders, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.drive(exec.CommandContext(t.Context(), "node", "newcomer.mjs", program, orders), modules); err != nil {
		t.Fatal(err)
	}
}
