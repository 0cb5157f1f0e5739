// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/outbound"
)

// peerProgram finds a program that scripts/test-deps has built.
func peerProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../../.build", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		dbtest.Missing(t, name+": run scripts/test-deps, which builds it")
	}
	return path
}

// run starts a program that ends with the test.
func run(t *testing.T, program string, args ...string) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(program), said.String())
		}
	})
}

// answering waits until something listens on the address.
func answering(t *testing.T, address string) {
	t.Helper()
	for range 200 {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nothing answers on %s", address)
}

// A certificate is fetched from an authority that looks at who asks: it finds the name, connects, and is answered.
func TestCertificateByACME(t *testing.T) {
	pebble, dns := peerProgram(t, "pebble"), peerProgram(t, "pebble-challtestsrv")
	ca := newAuthority(t)
	dir := t.TempDir()
	cert, key := ca.issue(t, dir, func(c *x509.Certificate) { c.DNSNames = []string{"localhost"} })
	listen, manage, pages, names := freePort(t), freePort(t), freePort(t), freePort(t)
	port := func(address string) any {
		_, p, _ := net.SplitHostPort(address)
		return json.Number(p)
	}
	b, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": listen, "managementListenAddress": manage, "certificate": cert, "privateKey": key, "httpPort": port(freePort(t)), "tlsPort": port(pages),
		"profiles": map[string]any{"default": map[string]any{"description": "default", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "pebble.json")
	write(t, config, b)
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	run(t, dns, "-management", freePort(t), "-dnsserver", names, "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "")
	run(t, pebble, "-config", config, "-dnsserver", names)
	answering(t, listen)

	cache := filepath.Join(dir, "acme")
	loopback := outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Roots: ca.pool}
	at := started(t, app.ServerOptions{
		Address: pages, URL: parsed(t, "https://insegel.test"),
		TLS: &app.TLS{ACME: &app.ACME{Hosts: []string{"insegel.test"}, Cache: cache, Directory: "https://" + listen + "/dir", Outbound: loopback}},
	})
	roots := x509.NewCertPool()
	res, err := ca.client(manage, nil).Get("https://localhost/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	root, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil || !roots.AppendCertsFromPEM(root) {
		t.Fatalf("read the authority's certificate: %v", err)
	}
	trusting := func(c *tls.Config) { c.RootCAs = roots }
	page, err := fetch(t, ca.client(at, trusting), "https://insegel.test/halsa")
	if err != nil || page.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", page, err)
	}
	if _, err := fetch(t, ca.client(at, trusting), "https://other.test/halsa"); err == nil {
		t.Error("a certificate was fetched for a name that nobody configured")
	}
	info, err := os.Stat(cache)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the certificates lie in a directory with mode %v, %v", info.Mode(), err)
	}
	kept, err := os.ReadDir(cache)
	if err != nil || len(kept) < 2 {
		t.Errorf("%d files were kept, %v", len(kept), err)
	}
	for _, f := range kept {
		if i, err := f.Info(); err != nil || i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", f.Name(), i.Mode(), err)
		}
	}
}

// An authority is reached by TLS, at the configured host, and what it vouches for lies where nobody else reads.
func TestACMEThatIsRefused(t *testing.T) {
	open2 := t.TempDir()
	if err := os.Chmod(open2, 0o755); err != nil { //nolint:gosec // that it is readable is the point
		t.Fatal(err)
	}
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	for name, tc := range map[string]struct {
		acme app.ACME
		want string
	}{
		"a directory in clear": {app.ACME{Cache: filepath.Join(t.TempDir(), "c"), Directory: "http://acme.example/dir"}, "with https"},
		"no address":           {app.ACME{Cache: filepath.Join(t.TempDir(), "c"), Directory: "acme"}, "with https"},
		"readable by others":   {app.ACME{Cache: open2}, app.ErrReadable.Error()},
	} {
		ctx, stop := context.WithCancel(t.Context())
		err := a.Serve(ctx, app.ServerOptions{
			Address: "127.0.0.1:0", URL: parsed(t, "https://insegel.test"), TLS: &app.TLS{ACME: &tc.acme}, Ready: func(net.Addr) { stop() },
		})
		stop()
		if err == nil || !strings.Contains(fmt.Sprint(err), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
