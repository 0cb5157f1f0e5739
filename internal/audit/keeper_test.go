// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// files lists what lies in a directory, below it too.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A round signs what is new, once, and puts it in the directory, where nothing is ever changed.
func TestDrop(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		other := dbtest.Organisation(t, d, "soderby")
		drop := audit.Drop{Dir: filepath.Join(t.TempDir(), "new", "drop")}
		k := keeper(d)
		k.Receivers = []audit.Receiver{drop}
		k.Round(t.Context())
		appended(t, d, actor, entry("a"), entry("b"))
		appended(t, d, audit.Nobody("192.0.2.1"), audit.Entry{Action: audit.ActionSignInRefused})
		k.Round(t.Context())
		if n := len(files(t, drop.Dir)); n != 2 {
			t.Fatalf("%d files, want one for each log", n)
		}
		k.Round(t.Context())
		appended(t, d, actor, entry("c"))
		appended(t, d, other, entry("c"))
		k.Round(t.Context())
		all := files(t, drop.Dir)
		if len(all) != 4 {
			t.Fatalf("%d files: %v", len(all), all)
		}
		latest, err := drop.Latest(testKey.Public())
		if err != nil || latest[actor.Organisation.String()].Size != 3 || len(latest) != 3 {
			t.Errorf("got %+v, %v", latest, err)
		}
		b, err := os.ReadFile(all[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.OpenNote(string(b), testKey.Public()); err != nil {
			t.Errorf("%s: %v", b, err)
		}
		if _, err := drop.Latest(audit.NewKey(make([]byte, 32)).Public()); !errors.Is(err, audit.ErrSignature) {
			t.Errorf("with another key: %v", err)
		}
	})
}

// A log that was changed behind the program's back gets no signature.
func TestRewrittenLogIsNotSigned(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		actor := grown(t, d)
		appended(t, d, actor, entry("a"), entry("b"))
		tamper(t, d, `UPDATE audit_hash SET hashes = SUBSTR(hashes, 1, 44) || (SELECT h.hashes FROM audit_hash h WHERE h.seq = 0) WHERE seq = 29`,
			`UPDATE audit_hash SET hashes = (SELECT h.hashes FROM audit_hash h WHERE h.seq = 0) || SUBSTR(hashes, 45) WHERE seq = 31`)
		var told []access.OrganisationID
		k := keeper(d)
		k.Rewritten = func(_ context.Context, org access.OrganisationID) error {
			told = append(told, org)
			return nil
		}
		if err := k.Sign(t.Context()); !errors.Is(err, audit.ErrRewritten) {
			t.Errorf("got %v", err)
		}
		if len(told) != 1 || told[0] != actor.Organisation {
			t.Errorf("told of %v", told)
		}
	})
}

func TestCheckStart(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		drop := audit.Drop{Dir: t.TempDir()}
		k := keeper(d)
		k.Receivers = []audit.Receiver{drop}
		start := func() error { return audit.CheckStart(t.Context(), d, drop, testKey.Public()) }
		round := func(n int) {
			for range n {
				appended(t, d, actor, entry("a"))
			}
			k.Round(t.Context())
		}
		put := func(size string) { // what is left when an older copy is put back
			tamper(t, d, `DELETE FROM audit_private WHERE seq >= `+size, `DELETE FROM audit_hash WHERE seq >= `+size, `DELETE FROM audit_entry WHERE seq >= `+size,
				`DELETE FROM audit_checkpoint WHERE size > `+size, `UPDATE audit_delivery SET size = `+size, `UPDATE audit_head SET size = `+size)
		}
		if err := start(); err != nil {
			t.Fatalf("nothing exported: %v", err)
		}
		round(5)
		round(5)
		if err := start(); err != nil {
			t.Fatalf("as exported: %v", err)
		}
		appended(t, d, actor, entry("a"))
		if err := start(); err != nil {
			t.Fatalf("longer than exported: %v", err)
		}
		put("5")
		err := start()
		if !errors.Is(err, audit.ErrRollback) || !strings.Contains(err.Error(), "5 entries") || !strings.Contains(err.Error(), "insegel restore") {
			t.Fatalf("an older copy: %v", err)
		}
		for range 8 {
			appended(t, d, actor, entry("b"))
		}
		if err := start(); !errors.Is(err, audit.ErrRollback) {
			t.Fatalf("an older copy that has grown: %v", err)
		}
		put("5")
		if err := audit.Restored(t.Context(), d, drop, testKey.Public(), "disken gick sönder"); err != nil {
			t.Fatal(err)
		}
		if err := start(); err != nil {
			t.Fatalf("declared: %v", err)
		}
		k.Round(t.Context())
		round(3)
		if err := start(); err != nil {
			t.Fatalf("the new epoch: %v", err)
		}
		v := verified(t, d, actor.Organisation, byKey())
		if !v.Whole() || v.Epoch != 2 || v.Size != 9 {
			t.Errorf("got %+v", v)
		}
		c := byKey()
		for _, f := range files(t, drop.Dir) { // those of the entries that were lost, too: they are declared
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			c.Held = append(c.Held, string(b))
		}
		if v := verified(t, d, actor.Organisation, c); !v.Whole() {
			t.Errorf("held: %+v", v.Faults)
		}
		put("7") // an older copy of the new epoch
		if err := start(); !errors.Is(err, audit.ErrRollback) {
			t.Errorf("an older copy of the new epoch: %v", err)
		}
	})
}

// A declaration counts for the very checkpoint that it names, and a log that is not in the backup must be named too.
func TestDeclarationIsExact(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	drop := audit.Drop{Dir: t.TempDir()}
	k := keeper(d)
	k.Receivers = []audit.Receiver{drop}
	appended(t, d, actor, entry("a"), entry("b"))
	k.Round(t.Context())
	older := audit.Drop{Dir: t.TempDir()}
	if err := os.CopyFS(older.Dir, os.DirFS(drop.Dir)); err != nil {
		t.Fatal(err)
	}
	appended(t, d, actor, entry("c"))
	k.Round(t.Context())
	tamper(t, d, `DELETE FROM audit_private WHERE seq >= 1`, `DELETE FROM audit_hash WHERE seq >= 1`, `DELETE FROM audit_entry WHERE seq >= 1`,
		`DELETE FROM audit_checkpoint`, `DELETE FROM audit_delivery`, `UPDATE audit_head SET size = 1`)
	if err := audit.Restored(t.Context(), d, older, testKey.Public(), "x"); err != nil { // declares two entries, and three had been exported
		t.Fatal(err)
	}
	if err := audit.CheckStart(t.Context(), d, drop, testKey.Public()); !errors.Is(err, audit.ErrRollback) {
		t.Errorf("another checkpoint was declared: %v", err)
	}

	fresh := dbtest.SQLite(t) // a database without any log at all
	if err := audit.CheckStart(t.Context(), fresh, drop, testKey.Public()); !errors.Is(err, audit.ErrRollback) {
		t.Errorf("an empty database: %v", err)
	}
	if err := audit.Restored(t.Context(), fresh, drop, testKey.Public(), "x"); err != nil {
		t.Fatal(err)
	}
	if err := audit.CheckStart(t.Context(), fresh, drop, testKey.Public()); err != nil {
		t.Errorf("declared: %v", err)
	}
	if v, err := audit.Verify(t.Context(), fresh, byKey()); err != nil || len(v) != 1 || !v[0].Whole() {
		t.Errorf("got %+v, %v", v, err)
	}
}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// Collectors of all four kinds get a message that RFC 5424 allows, with the signed note in it.
func TestSyslog(t *testing.T) {
	header := regexp.MustCompile(`^<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z logg\.example insegel - checkpoint - \{`)
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	e := audit.Export{Name: "n", Epoch: 1, Checkpoint: audit.Checkpoint{Origin: audit.Origin("n", 1), Size: 3}}
	var err error
	if e.Note, err = testKey.Sign(e.Checkpoint); err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"tls", "udp", "tcp", "unix", "unixgram"} {
		t.Run(network, func(t *testing.T) {
			at := "127.0.0.1:0"
			if strings.HasPrefix(network, "unix") {
				at = filepath.Join(t.TempDir(), "s")
			}
			got := make(chan string, 1)
			address := ""
			if network == "tls" || network == "tcp" || network == "unix" {
				l, err := net.Listen(map[string]string{"tls": "tcp", "tcp": "tcp", "unix": "unix"}[network], at)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = l.Close() }()
				address = network + "://" + l.Addr().String()
				go func() {
					c, err := l.Accept()
					if err != nil {
						return
					}
					defer func() { _ = c.Close() }()
					r := bufio.NewReader(c)
					_, _ = r.ReadString(' ') // the length
					b, _ := io.ReadAll(r)
					got <- string(b)
				}()
			} else {
				c, err := net.ListenPacket(network, at)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = c.Close() }()
				address = network + "://" + c.LocalAddr().String()
				go func() {
					b := make([]byte, 4096)
					n, _, _ := c.ReadFrom(b)
					got <- string(b[:n])
				}()
			}
			s, err := audit.ParseSyslog(address)
			if err != nil {
				t.Fatal(err)
			}
			// Who connects is asked for TLS, and is outbound.Policy's DialTLS in the program.
			s.Dial = func(ctx context.Context, asked, address string) (net.Conn, error) {
				if asked != network {
					t.Errorf("asked to connect by %s", asked)
				}
				if asked == "tls" {
					asked = "tcp"
				}
				return dial(ctx, asked, address)
			}
			s.Host, s.Now = "logg.example", func() time.Time { return now }
			if err := s.Receive(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if msg := <-got; !header.MatchString(msg) || !strings.Contains(msg, strings.ReplaceAll(e.Note, "\n", `\n`)) {
				t.Errorf("got %s", msg)
			}
		})
	}
	for _, bad := range []string{"", "http://a:1", "udp://a", "unix://host/path", "tcp://:514", "udp://a:1/x"} {
		if _, err := audit.ParseSyslog(bad); !errors.Is(err, audit.ErrReceiver) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A receiver that is away gets the latest when it is back, and no other receiver waits for it.
func TestReceiverComesBack(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	var mu sync.Mutex
	var got []string
	down := true
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		b, _ := io.ReadAll(r.Body)
		got = append(got, string(b))
	}))
	defer s.Close()
	drop := audit.Drop{Dir: t.TempDir()}
	mailed := 0
	mail := &audit.Mail{To: "arkivet@example.se", Every: 10, Send: func(context.Context, string, audit.Export) error { mailed++; return nil }}
	k := keeper(d)
	k.Receivers = []audit.Receiver{audit.Post{URL: s.URL, Client: s.Client()}, drop, mail}
	for range 3 {
		appended(t, d, actor, entry("a"))
		k.Round(t.Context())
	}
	if len(got) != 0 || len(files(t, drop.Dir)) != 3 || mailed != 1 {
		t.Fatalf("%d posted, %d files, %d mails", len(got), len(files(t, drop.Dir)), mailed)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	k.Round(t.Context())
	k.Round(t.Context())
	if len(got) != 1 {
		t.Fatalf("%d posted, want the latest, once", len(got))
	}
	if c, err := audit.OpenNote(got[0], testKey.Public()); err != nil || c.Size != 3 {
		t.Errorf("got %+v, %v", c, err)
	}
}

// A fault that nobody foresaw is told, and ends neither the rounds nor the program.
func TestKeeperSurvivesAFault(t *testing.T) {
	d := dbtest.SQLite(t)
	var out bytes.Buffer
	k := keeper(d)
	k.Log = slog.New(slog.NewJSONHandler(&out, nil))
	k.Before = func(context.Context) { panic("private words") }
	ctx, stop := context.WithCancel(t.Context())
	stop()
	k.Run(ctx)
	if !strings.Contains(out.String(), `"msg":"panic"`) || strings.Contains(out.String(), `"private words"`) {
		t.Errorf("told %s", out.String())
	}
}

// Run makes a last checkpoint when it is told to stop.
func TestRunEndsWithACheckpoint(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	k := keeper(d)
	k.Every = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { k.Run(ctx) })
	appended(t, d, actor, entry("a"))
	stop()
	wg.Wait()
	if v := verified(t, d, actor.Organisation, byKey()); v.Signed != 1 {
		t.Errorf("got %+v", v)
	}
}
