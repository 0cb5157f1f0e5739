// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// hunt is a search by programs that are killed.
type hunt struct {
	insegel, share string
	options        app.Options
	flags          []string
	console        access.Actor
	source         ids.ID[finding.Source]
	want           map[string]int64 // by directory, how many numbers lie there
	files          int64
	rng            *rand.Rand
}

// huntFiles are more than one part of a search holds.
const huntFiles = finding.DefaultPartFiles + 40

func newHunt(t *testing.T, o app.Options) *hunt {
	t.Helper()
	h := &hunt{insegel: program(t), share: t.TempDir(), options: o, want: map[string]int64{}, files: huntFiles, rng: rand.New(rand.NewPCG(20, 26))}
	h.options.Log = slog.New(slog.DiscardHandler)
	h.options.Searching = app.Searching{Limits: finding.Limits{Roots: map[string]string{"Mapp": h.share}}}
	h.flags = []string{"--db", o.Database, "--scan-root", "Mapp=" + h.share}
	if o.KeysFile != "" {
		h.flags = append(h.flags, "--key-file", o.KeyFile, "--keys", o.KeysFile)
	}
	h.fill(t)
	h.with(t, func(a *app.App) {
		h.console = access.LocalAdministrator(dbtest.Organisation(t, a.DB, "norrsjo").Organisation)
		src := finding.Source{Name: "Mapp", Kind: finding.Files, Root: "Mapp"}
		err := a.DB.Write(t.Context(), h.console.Organisation, func(tx *db.Tx) error {
			p, err := auth.AddPerson(t.Context(), tx, auth.NewPerson{
				Organisation: h.console.Organisation, Name: "Kim Ek", Folded: "kim ek", Origin: "first", Issuer: "test", Roles: []access.Role{access.Coordinator},
			})
			src.Owner = ids.ID[organisation.Person](p.Person)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		added, err := a.Findings.Add(t.Context(), h.console, src, "Prov")
		if err == nil {
			h.source = added.ID
			_, err = a.Findings.Start(t.Context(), h.console, h.source)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	return h
}

// fill writes the files, of which one in eight holds an official test number.
func (h *hunt) fill(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile("../discovery/detect/testdata/test-numbers.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	next := 0
	for i := range huntFiles {
		dir := fmt.Sprintf("avdelning-%02d", i%30)
		text := "Här står ingenting om någon.\n"
		for ; i%8 == 0; next++ {
			if n, kind, ok := strings.Cut(strings.TrimSpace(lines[next]), ","); ok && kind == "personnummer" && len(n) == 12 {
				text = "Sökandens personnummer är " + n[:8] + "-" + n[8:] + ".\n"
				h.want[dir]++
				next++
				break
			}
		}
		if err := os.MkdirAll(filepath.Join(h.share, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.share, dir, fmt.Sprintf("brev-%04d.txt", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// with opens the program in this process, which does no jobs.
func (h *hunt) with(t *testing.T, do func(a *app.App)) {
	t.Helper()
	a, err := app.Open(t.Context(), h.options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	do(a)
}

// start starts a program that searches.
func (h *hunt) start(t *testing.T, command string, more ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(h.insegel, append(append([]string{command}, h.flags...), more...)...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir())
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it has ended already where all went well
		_ = c.Wait()
		if t.Failed() {
			t.Logf("%s: %.2000s", command, said.String())
		}
	})
	return c
}

func serve(workers string) (string, []string) {
	return "serve", []string{"--addr", "127.0.0.1:0", "--scan-workers", workers}
}

// until waits for the database to say something, and tells how many files have been saved.
func (h *hunt) until(t *testing.T, is func(files int64, running bool) bool) int64 {
	t.Helper()
	d, err := db.OpenReadOnly(t.Context(), h.options.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }() // it was only read
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(3 * time.Millisecond) {
		var files, running int64
		err := d.Read(t.Context(), h.console.Organisation, func(tx *db.Tx) error {
			org := h.console.Organisation
			if err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM finding_scan WHERE organisation_id = $1 AND status = 'running'`, org), &running); err != nil {
				return err
			}
			return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM finding_object WHERE organisation_id = $1`, org), &files)
		})
		if err != nil {
			t.Fatal(err)
		}
		if is(files, running > 0) {
			return files
		}
	}
	t.Fatal("the search does not go on")
	return 0
}

// further waits until some more files have been saved, at random, and not all of them.
func (h *hunt) further(t *testing.T, saved int64) int64 {
	t.Helper()
	more := saved + 1 + h.rng.Int64N((h.files-saved)/3)
	n := h.until(t, func(files int64, running bool) bool { return files >= more || !running })
	if n >= h.files {
		t.Errorf("all %d files were saved before anything was killed: that shows too little", n)
	}
	return n
}

// later lets the time pass after which a part is nobody's any more, and the searches be looked after.
func (h *hunt) later(t *testing.T, a *app.App) {
	t.Helper()
	org := h.console.Organisation
	err := a.DB.Write(t.Context(), org, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE finding_chunk SET lease_until = 0 WHERE organisation_id = $1`, org)
		return err
	})
	if err == nil {
		err = a.Findings.Tick(t.Context(), access.SystemActor(org))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func killed(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
}

// whole wants what was found to be what lies there: every file once, every number once, and the end of the search told once.
func (h *hunt) whole(t *testing.T, a *app.App) {
	t.Helper()
	org := h.console.Organisation
	src, err := a.Findings.Open(t.Context(), h.console, h.source)
	if err != nil {
		t.Fatal(err)
	}
	if s := src.Scans[0]; s.Status != finding.ScanDone || s.Files != h.files || s.Failed != 0 || s.Skipped != 0 {
		t.Errorf("the search: %+v", s)
	}
	got, letters := map[string]int64{}, map[string]bool{}
	in, err := a.Findings.Inbox(t.Context(), h.console, finding.Filter{View: "all"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range in.Places {
		p := &in.Places[i]
		for _, x := range p.Tallies {
			if x.Detector == "personnummer" {
				got[p.Path] = x.Total
			}
		}
		shown, err := a.Findings.Place(t.Context(), h.console, p.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		for k := range shown.Held {
			x := &shown.Held[k]
			if x.Detector == "personnummer" && (x.Total != 1 || letters[x.Path]) {
				t.Errorf("%s is told %d times, or twice", x.Path, x.Total)
			}
			letters[x.Path] = letters[x.Path] || x.Detector == "personnummer"
		}
	}
	if diff := cmp.Diff(h.want, got); diff != "" {
		t.Errorf("what was found (-there +found):\n%s", diff)
	}
	err = a.DB.Read(t.Context(), org, func(tx *db.Tx) error {
		var ended, twice int
		if err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM audit_entry WHERE organisation_id = $1 AND action = 'finding.Ended'`, org), &ended); err != nil {
			return err
		}
		err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) - COUNT(DISTINCT key) FROM finding_object WHERE organisation_id = $1`, org), &twice)
		if ended != 1 || twice != 0 {
			t.Errorf("the search ended %d times, and %d files stand there twice", ended, twice)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := audit.VerifyLog(t.Context(), a.DB, org, audit.Check{})
	if err != nil || !v.Whole() {
		t.Errorf("the log: %+v, %v", v, err)
	}
}

// A server that searches is killed again and again, wherever it is: what it has found by the end is what lies there, once.
func TestKillDuringSearch(t *testing.T) {
	h := newHunt(t, app.Options{Database: "sqlite:" + filepath.Join(t.TempDir(), "insegel.db")})
	command, flags := serve("2")
	saved := int64(0)
	for range 2 {
		c := h.start(t, command, flags...)
		saved = h.further(t, saved)
		killed(t, c)
		h.with(t, func(a *app.App) { h.later(t, a) })
	}
	c := h.start(t, command, flags...)
	h.until(t, func(_ int64, running bool) bool { return !running })
	killed(t, c)
	h.with(t, func(a *app.App) { h.whole(t, a) })
}

// The same with a worker beside two servers, of which one at random is killed while they search together, and replaced.
func TestKillDuringSearchOnPostgres(t *testing.T) {
	o := app.Options{Database: dbtest.PostgresAddress(t), KeysFile: filepath.Join(t.TempDir(), "insegel.keys"), KeyFile: filepath.Join(t.TempDir(), "root.key")}
	insegel := program(t)
	if out, err := exec.Command(insegel, "key", "create", o.KeyFile).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h := newHunt(t, o)
	begin := [3]func() *exec.Cmd{
		func() *exec.Cmd { return h.start(t, "worker", "--scan-workers", "1") },
		func() *exec.Cmd { command, flags := serve("1"); return h.start(t, command, flags...) },
		func() *exec.Cmd { command, flags := serve("1"); return h.start(t, command, flags...) },
	}
	var programs [3]*exec.Cmd
	for i := range programs {
		programs[i] = begin[i]()
	}
	h.with(t, func(a *app.App) {
		saved := int64(0)
		for range 3 {
			saved = h.further(t, saved)
			i := h.rng.IntN(len(programs))
			killed(t, programs[i])
			programs[i] = begin[i]()
			h.later(t, a)
		}
		h.until(t, func(_ int64, running bool) bool { return !running })
		for _, c := range programs {
			killed(t, c)
		}
		h.whole(t, a)
	})
}
