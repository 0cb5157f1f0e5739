// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/cli"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
)

// nightNetwork is where the hosts of a night stand. There is nothing but them in the network that they are in.
const (
	nightNetwork = "10.77.0.0/16"
	nightHosts   = 2500
	nightRole    = "INSEGEL_TEST_NIGHT"
)

// BenchmarkAgentNight lets an agent measure 2,500 hosts in a night by a clock that only its own waiting moves, so that as many are measured at
// once as ever are, and tells the most memory that the agent and the processes that measure take together: what is their own, and once what they
// share. The hosts stand in a network of their own (Linux namespaces), in which this program, which is all of insegel and its tests, measures them
// as it does everywhere: the guard is as it is.
func BenchmarkAgentNight(b *testing.B) {
	program := filepath.Join(b.TempDir(), "insegel")
	me, err := os.Executable()
	if err == nil {
		err = copyProgram(me, program) // a file of its own: what the hosts' process shares of this one is not the agent's
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), me)
		cmd.Env = []string{nightRole + "=hosts", "PATH=" + os.Getenv("PATH") + ":/usr/sbin:/sbin", "PROGRAM=" + program}
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
		}
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(err)
		}
		var n nightly
		if err := json.Unmarshal(out, &n); err != nil || n.Measured != nightHosts {
			b.Fatalf("%s: %v", out, err)
		}
		b.ReportMetric(n.Most, "MB-in-all")
		b.ReportMetric(n.Agent, "MB-agent")
		b.ReportMetric(n.Child, "MB-own-child")
		b.ReportMetric(float64(n.AtOnce), "at-once")
		b.ReportMetric(n.Unknown, "unknown")
	}
}

func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// nightly is what came of a night. Memory is in MB; Child is the most that one process that measures had of its own.
type nightly struct {
	Measured           int
	Unknown            float64
	AtOnce             int
	Most, Agent, Child float64
}

// init plays the part that the surroundings name, when this program was started for one, or is the process that measures.
func init() {
	if slices.Equal(os.Args[1:], app.ProbeArguments) {
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	part := map[string]func() error{"hosts": beHosts, "agent": beAgent}[os.Getenv(nightRole)]
	if part == nil {
		return
	}
	if err := part(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// beHosts answers as all the hosts of the night, has the agent measure them, and looks at how much memory that takes.
func beHosts() error {
	for _, args := range [][]string{{"link", "set", "lo", "up"}, {"address", "add", nightNetwork, "dev", "lo"}} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	l, err := net.Listen("tcp4", "0.0.0.0:443")
	if err != nil {
		return err
	}
	certificates, err := issuer()
	if err != nil {
		return err
	}
	go func() {
		s := &http.Server{Handler: http.HandlerFunc(answer), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
		_ = s.Serve(tls.NewListener(l, &tls.Config{GetCertificate: certificates}))
	}()
	cmd := exec.Command(os.Getenv("PROGRAM"))
	cmd.Env = []string{nightRole + "=agent"}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var n nightly
	ended := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() { n.look(cmd.Process.Pid, ended) })
	measured := nightly{}
	err = json.NewDecoder(out).Decode(&measured)
	close(ended)
	looking.Wait()
	n.Measured, n.Unknown = measured.Measured, measured.Unknown
	return errors.Join(err, cmd.Wait(), json.NewEncoder(os.Stdout).Encode(n))
}

// look sums the memory of a process and its children, as long as it runs.
func (n *nightly) look(agent int, ended chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(50 * time.Millisecond):
		}
		pids := children(agent)
		sum, _ := memory(agent)
		n.Agent = max(n.Agent, sum)
		for _, pid := range pids {
			all, own := memory(pid)
			sum += all
			n.Child = max(n.Child, own)
		}
		n.Most, n.AtOnce = max(n.Most, sum), max(n.AtOnce, len(pids))
	}
}

// children are the processes that a process has started.
func children(pid int) (out []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range tasks {
		text, _ := os.ReadFile(path) // a thread that has ended has none
		for _, f := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(f); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// memory is what a process takes in MB: in all, with its part of what it shares, and of its own. One that has ended takes none.
func memory(pid int) (all, own float64) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	for line := range strings.Lines(string(text)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "Pss: %f kB", &kb); err == nil {
			all = kb / 1e3
		}
		for _, name := range []string{"Private_Clean", "Private_Dirty"} {
			if _, err := fmt.Sscanf(line, name+": %f kB", &kb); err == nil {
				own += kb / 1e3
			}
		}
	}
	return all, own
}

// issuer gives each host a certificate for its own address, by an authority that nobody knows.
func issuer() (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := func(serial int64) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "night"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	}
	root := template(1)
	root.IsCA, root.BasicConstraintsValid = true, true
	var serial atomic.Int64
	return func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		leaf := template(serial.Add(1) + 1)
		if at, ok := h.Conn.LocalAddr().(*net.TCPAddr); ok {
			leaf.IPAddresses = []net.IP{at.IP}
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, key)
		if err != nil {
			return nil, err
		}
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
	}, nil
}

// answer is what the hosts say, each its own. They take their time, so that as many are measured at once as may be.
func answer(w http.ResponseWriter, r *http.Request) {
	time.Sleep(200 * time.Millisecond)
	host, _, _ := net.SplitHostPort(r.Context().Value(http.LocalAddrContextKey).(net.Addr).String())
	at, err := netip.ParseAddr(host)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	b := at.As4()
	switch b[3] % 10 {
	case 0: // a page as large as is read
		fmt.Fprint(w, strings.Repeat("<p>Välkommen till <a href=/>systemet</a>.", 50_000))
	case 1: // one without end
		for _, err = fmt.Fprint(w, "<p>"); err == nil; {
			_, err = fmt.Fprint(w, "<div class=a><span title=b>c")
		}
	case 2:
		w.Header().Set("Location", "https://idp.example.se/sso?client_id=a&response_type=code&acr_values=http%3A%2F%2Fid.elegnamnden.se%2Floa%2F1.0%2Floa3")
		w.WriteHeader(http.StatusFound)
	case 3:
		fmt.Fprint(w, `<div id=app></div><script type=module src=/app.js></script>`)
	default:
		fmt.Fprint(w, `<title>Logga in</title><form method=post><input name=u><input type=password name=p><button>Logga in</button></form>`)
	}
}

// beAgent is an agent in its night, with a server that has 2,500 hosts for it.
func beAgent() error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	s := &nightServer{}
	now := time.Now()
	clock := probe.Clock{
		Now: func() time.Time { return now.Add(time.Duration(s.waited.Load())) },
		Sleep: func(ctx context.Context, d time.Duration) error {
			s.waited.Add(int64(d))
			return ctx.Err()
		},
	}
	s.start = now
	r := &measurement.Runner{
		Agent: "night", Key: key, Server: s, Clock: clock, Log: slog.New(slog.DiscardHandler),
		Probe: app.ProbeItself,
	}
	if err := r.Once(context.Background()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(nightly{Measured: int(s.delivered.Load()), Unknown: float64(s.unknown.Load())})
}

// nightServer hands out a night's work, and takes in what was found.
type nightServer struct {
	start                      time.Time
	waited, delivered, unknown atomic.Int64
}

// Tasks gives the hosts, as they come from a server. One in 250 is measured for its encryption, which takes many connections.
func (s *nightServer) Tasks(context.Context, ids.ID[measurement.Agent]) (measurement.Work, error) {
	w := measurement.Work{Start: s.start, End: s.start.Add(7 * time.Hour), Seed: "night"}
	for i := range nightHosts {
		host := fmt.Sprintf("10.77.%d.%d", 1+i/250, 1+i%250)
		o := child.Order{URL: "https://" + host + "/", Allow: []string{host}, Ranges: []netip.Prefix{netip.MustParsePrefix(nightNetwork)}, Vantage: "night", Zone: "lan", Lang: "sv", Version: "1"}
		if i%250 == 0 {
			o.Kind = child.Encryption
		}
		w.Tasks = append(w.Tasks, measurement.Task{ID: ids.New[measurement.Task](), Host: host, Order: o})
	}
	text, err := json.Marshal(w)
	if err != nil {
		return w, err
	}
	var out measurement.Work
	return out, json.Unmarshal(text, &out)
}

func (s *nightServer) Begin(context.Context, ids.ID[measurement.Agent], string) error { return nil }

func (s *nightServer) Deliver(_ context.Context, d measurement.Delivery) error {
	f, err := child.Parse(d.Record)
	if err != nil {
		return err
	}
	if f.Login != nil && f.Login.Verdict == "unknown" {
		s.unknown.Add(1)
	}
	s.delivered.Add(1)
	return nil
}
