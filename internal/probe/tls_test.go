// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/peertest"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/verdict"
)

func encryption(t *testing.T, o probe.Options, port int) *probe.TLSRecord {
	t.Helper()
	scale, err := verdict.LoadScale(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return probe.Encryption(t.Context(), o, scale, probe.HostPort{Host: "127.0.0.1", Port: port})
}

// TestTestssl holds what is measured against what testssl.sh says of the same servers.
func TestTestssl(t *testing.T) {
	program, err := exec.LookPath("testssl")
	if err != nil {
		dbtest.Missing(t, "testssl.sh: run scripts/test-deps")
	}
	s := newStand(t)
	weak, strong := peertest.FreePort(t), peertest.FreePort(t)
	peertest.Start(t, peertest.Command{Path: "openssl", Args: []string{
		"s_server", "-accept", address(weak), "-cert", s.path("server.crt"), "-key", s.path("server.key"), "-www", "-quiet", "-cipher", "ALL:eNULL:aNULL:@SECLEVEL=0",
	}, Address: address(weak)})
	peertest.Start(t, peertest.Command{Path: "openssl", Args: []string{
		"s_server", "-accept", address(strong), "-cert", s.path("server.crt"), "-key", s.path("server.key"), "-www", "-quiet", "-cipher", "ECDHE+AESGCM", "-no_tls1", "-no_tls1_1",
	}, Address: address(strong)})
	for name, c := range map[string]struct {
		port  int
		grade string
	}{"weak": {weak, "insufficient"}, "strong": {strong, "sufficient"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, "127.0.0.1")
			o.Roots = s.servers.pool()
			r := encryption(t, o, c.port)
			if r.Grade != c.grade || len(r.Addresses) != 1 || len(r.Limits) > 0 {
				t.Fatalf("got %s, limits %q: %+v", r.Grade, r.Limits, r.Addresses)
			}
			compare(t, r.Addresses[0], testssl(t, program, c.port))
		})
	}
}

// testssl gives what testssl.sh found, by its names.
func testssl(t *testing.T, program string, port int) map[string]string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.json")
	cmd := exec.CommandContext(t.Context(), program, "--quiet", "--color", "0", "--warnings", "off", "--jsonfile", out, "-p", "-s", address(port))
	if text, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() >= 200 {
		t.Fatalf("testssl: %v\n%s", err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ ID, Finding string }
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	found := map[string]string{}
	for _, r := range rows {
		found[r.ID] = r.Finding
	}
	return found
}

func compare(t *testing.T, a probe.TLSAddress, oracle map[string]string) {
	t.Helper()
	offered := func(id string) bool {
		finding, ok := oracle[id]
		if !ok {
			t.Errorf("testssl does not tell of %s", id)
		}
		return strings.HasPrefix(finding, "offered")
	}
	for ours, theirs := range map[string]string{"SSL 3.0": "SSLv3", "TLS 1.0": "TLS1", "TLS 1.1": "TLS1_1", "TLS 1.2": "TLS1_2", "TLS 1.3": "TLS1_3"} {
		if got, clear := a.Versions[ours]; !clear || got != offered(theirs) {
			t.Errorf("%s: got %v (%v), testssl says %q", ours, got, clear, oracle[theirs])
		}
	}
	for theirs, ours := range map[string][]string{
		"cipherlist_NULL": {"null"}, "cipherlist_aNULL": {"anonymous"}, "cipherlist_EXPORT": {"export"}, "cipherlist_LOW": {"des"}, "cipherlist_3DES_IDEA": {"3des"},
		"cipherlist_AVERAGE": {"rsa-cbc", "dhe-cbc", "ecdhe-cbc"}, "cipherlist_STRONG": {"rsa-aead", "dhe-aead", "ecdhe-aead"},
	} {
		got := slices.ContainsFunc(ours, func(f string) bool { return a.Families[f] })
		if got != offered(theirs) {
			t.Errorf("%s: got %v, testssl says %q of %s", ours, got, oracle[theirs], theirs)
		}
	}
}

func TestEncryptionIsGraded(t *testing.T) {
	s := newStand(t)
	pair, err := tls.X509KeyPair([]byte(s.cert), []byte(s.key))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		least   uint16
		trust   bool
		grade   string
		aspects []string
	}{
		"TLS 1.3 alone":   {tls.VersionTLS13, true, "good", []string{"version TLS 1.3 good", "key ECDSA 256 good", "hsts 400 days good", "certificate ok good"}},
		"TLS 1.2 too":     {tls.VersionTLS12, true, "sufficient", []string{"version TLS 1.2 sufficient", "family ecdhe-aead good"}},
		"TLS 1.0 too":     {tls.VersionTLS10, true, "phase_out", []string{"version TLS 1.0 phase_out", "version TLS 1.1 phase_out"}},
		"another's roots": {tls.VersionTLS13, false, "insufficient", []string{"certificate not trusted insufficient"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Strict-Transport-Security", "max-age=34560000; includeSubDomains")
			}))
			server.TLS = &tls.Config{MinVersion: c.least, Certificates: []tls.Certificate{pair}}
			server.StartTLS()
			t.Cleanup(server.Close)
			o := options(t, "127.0.0.1")
			if c.trust {
				o.Roots = s.servers.pool()
			} else {
				o.Roots = s.people.pool()
			}
			r := encryption(t, o, server.Listener.Addr().(*net.TCPAddr).Port)
			var got []string
			for _, a := range r.Addresses[0].Aspects {
				got = append(got, fmt.Sprintf("%s %s %s", a.Name, a.Value, a.Quality))
			}
			for _, want := range c.aspects {
				if !slices.Contains(got, want) {
					t.Errorf("%q is not among %q", want, got)
				}
			}
			if r.Grade != c.grade {
				t.Errorf("got %s, want %s: %q", r.Grade, c.grade, got)
			}
		})
	}
}

func TestEncryptionOfWhatDoesNotAnswer(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	if r := encryption(t, options(t, "127.0.0.1"), port); r.Grade != "unknown" || !slices.Contains(r.Limits, "not_reached") {
		t.Errorf("got %s, limits %q", r.Grade, r.Limits)
	}
	if r := encryption(t, options(t), port); r.Grade != "unknown" || !slices.Contains(r.Limits, "address_refused") || len(r.Addresses) > 0 {
		t.Errorf("got %s, limits %q", r.Grade, r.Limits)
	}
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	if r := encryption(t, options(t, "127.0.0.1"), plain.Listener.Addr().(*net.TCPAddr).Port); r.Grade != "unknown" || len(r.Addresses[0].Versions) > 0 {
		t.Errorf("a server without encryption: got %s, %+v", r.Grade, r.Addresses)
	}
}
