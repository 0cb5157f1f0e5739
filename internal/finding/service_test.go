// SPDX-License-Identifier: EUPL-1.2

package finding_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

var rules = sync.OnceValues(func() (*detect.Rules, error) {
	files, err := fs.Sub(data.Files, "detectors")
	if err != nil {
		return nil, err
	}
	return detect.Load(files)
})

var shipped = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

// numbers are official test numbers with separators.
func numbers(t testing.TB) []string {
	t.Helper()
	b, err := os.ReadFile("../discovery/detect/testdata/test-numbers.csv")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if n, kind, ok := strings.Cut(strings.TrimSpace(line), ","); ok && strings.HasPrefix(kind, "personnummer") && len(n) == 12 {
			out = append(out, n[:8]+"-"+n[8:])
		}
		if len(out) == 300 {
			break
		}
	}
	return out
}

// world is an organisation with a directory that may be searched.
type world struct {
	*finding.Service
	dir     string
	console access.Actor
	actor   access.Actor
	system  access.Actor
	owner   ids.ID[organisation.Person]
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newWorld makes the service over a database, with a directory.
func newWorld(t testing.TB, d *db.DB, dir string) *world {
	t.Helper()
	w := &world{dir: dir, Service: service(t, d, dir)}
	org := dbtest.Organisation(t, d, "norrsjo").Organisation
	w.console, w.system = access.LocalAdministrator(org), access.SystemActor(org)
	err := d.Write(t.Context(), org, func(tx *db.Tx) error {
		p, err := auth.AddPerson(t.Context(), tx, auth.NewPerson{Organisation: org, Name: "Kim Ek", Folded: "kim ek", Origin: "first", Issuer: "test", Roles: []access.Role{access.Coordinator}})
		w.owner = ids.ID[organisation.Person](p.Person)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.actor = access.Actor{ID: w.owner.String(), Name: "Kim Ek", Organisation: org, Roles: []access.Role{access.Coordinator, access.DataProtection}, Fresh: true}
	return w
}

func service(t testing.TB, d *db.DB, dir string) *finding.Service {
	t.Helper()
	q := must(job.New(d, slog.New(slog.DiscardHandler)))(t)
	s := &finding.Service{
		DB: d, Catalogue: must(shipped())(t), Jobs: q, Log: slog.New(slog.DiscardHandler), Rules: must(rules())(t),
		Approvals: &approval.Service{DB: d, Log: slog.New(slog.DiscardHandler), Administrators: organisation.Administrators},
		Limits:    finding.Limits{Roots: map[string]string{"Mapp": dir}, Hosts: []string{"postgres://db.example:5432"}},
		Workers:   2, PartFiles: 3, PartBytes: 1 << 20, Organisations: organisation.List,
	}
	s.Register()
	return s
}

// put writes a file below the world's directory.
func (w *world) put(t testing.TB, name, content string) {
	t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	past := must(os.Stat(path))(t).ModTime().Add(-1e10)
	if err := os.Chtimes(path, past, past); err != nil { // so that it is not read again for having just been changed
		t.Fatal(err)
	}
}

// connect registers a source that is approved.
func (w *world) connect(t testing.TB, sys ids.ID[system.System]) ids.ID[finding.Source] {
	t.Helper()
	return must(w.Add(t.Context(), w.console, finding.Source{Name: "Gemensam mapp", Kind: finding.Files, Root: "Mapp", Owner: w.owner, System: sys}, "Prov"))(t).ID
}

// search searches a source to its end, and gives the last search.
func (w *world) search(t testing.TB, id ids.ID[finding.Source]) finding.Scan {
	t.Helper()
	scan := must(w.Start(t.Context(), w.actor, id))(t)
	if err := w.Work(t.Context(), w.system, scan); err != nil {
		t.Fatal(err)
	}
	return must(w.Open(t.Context(), w.actor, id))(t).Scans[0]
}

func (w *world) inbox(t testing.TB, f finding.Filter) finding.Inbox {
	t.Helper()
	return must(w.Inbox(t.Context(), w.actor, f))(t)
}

// list writes people with numbers as a table.
func list(n []string) string {
	var b strings.Builder
	b.WriteString("namn;personnummer\n")
	for i, x := range n {
		fmt.Fprintf(&b, "Anna Svensson %d;%s\n", i, x)
	}
	return b.String()
}

// share fills the directory with files in several directories, so that a search has many parts.
func (w *world) share(t testing.TB) {
	t.Helper()
	n := numbers(t)
	for d := range 6 {
		for f := range 5 {
			w.put(t, fmt.Sprintf("avdelning-%d/mapp-%d/lista-%d.csv", d, f%2, f), list(n[(d*5+f)*8:(d*5+f)*8+8]))
		}
	}
	w.put(t, "avdelning-1/brev.txt", "Hej, mitt personnummer är "+n[299]+" och jag bor på Storgatan 12.\n")
	w.put(t, "tomt/inget.txt", "Här står ingenting om någon.\n")
}

// A search finds what is there, once, tells it by place, and finds the same when it is done again.
func TestSearch(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, t.TempDir())
		w.share(t)
		id := w.connect(t, "")
		scan := w.search(t, id)
		if scan.Status != finding.ScanDone || scan.Files != 32 || scan.Failed != 0 || scan.Chunks < 4 || scan.Same != 0 {
			t.Errorf("search: %+v", scan)
		}
		in := w.inbox(t, finding.Filter{})
		if in.Waiting != 13 { // two directories in each of six, and the letter's
			t.Errorf("%d places wait, want 13", in.Waiting)
		}
		if p := in.Places[0]; p.Tallies[0].Detector != "personnummer" || p.Tallies[0].Total != 24 || p.Tallies[0].Columns != 3 {
			t.Errorf("the weightiest place: %+v", p)
		}
		before := dump(t, w)
		again := w.search(t, id)
		if again.Same != 32 || again.Read != scan.Read {
			t.Errorf("searched again, %d of %d files are as they were, %d bytes", again.Same, again.Files, again.Read)
		}
		if diff := cmp.Diff(before, dump(t, w)); diff != "" {
			t.Error(diff)
		}
	})
}

// dump gives everything that was found, in words that two databases have in common.
func dump(t testing.TB, w *world) []string {
	t.Helper()
	var out []string
	for page := 1; ; page++ {
		in := w.inbox(t, finding.Filter{View: "all", Page: page})
		for i := range in.Places {
			p := &in.Places[i]
			out = append(out, fmt.Sprintf("%s %s %d %d %d %v", p.Path, p.State, p.Total, p.Low, p.Containers, p.Tallies))
			s := must(w.Place(t.Context(), w.actor, p.ID, 1))(t)
			for k := range s.Held {
				h := &s.Held[k]
				out = append(out, fmt.Sprintf("%s %s %s %d %d %d %v %v", h.Path, h.Field, h.Detector, h.Total, h.Low, h.Different, h.Column, h.Spots))
			}
		}
		if len(in.Places) < finding.PageSize {
			break
		}
	}
	slices.Sort(out)
	return out
}

// What has changed is read again and what is gone is forgotten; what was only touched, or could not be looked into, stays as it was.
func TestChanges(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, t.TempDir())
		w.share(t)
		id := w.connect(t, "")
		w.search(t, id)
		n := numbers(t)
		w.put(t, "avdelning-0/mapp-0/lista-0.csv", list(n[:3])) // shorter
		if err := os.Remove(filepath.Join(w.dir, "avdelning-1/brev.txt")); err != nil {
			t.Fatal(err)
		}
		touched := filepath.Join(w.dir, "avdelning-2/mapp-0/lista-0.csv")
		old := must(os.Stat(touched))(t).ModTime().Add(-1e12)
		closed := filepath.Join(w.dir, "avdelning-3")
		if err := errorsJoin(os.Chtimes(touched, old, old), os.Chmod(closed, 0)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(closed, 0o700) }) // so that the directory can be removed
		scan := w.search(t, id)
		want := int64(32 - 1 - 1) // the changed one and the one that is gone
		if os.Getuid() != 0 {
			want -= 5
			if scan.Skipped != 1 {
				t.Errorf("%d things were not read, want the closed directory", scan.Skipped)
			}
		}
		if scan.Same != want {
			t.Errorf("%d files are as they were, want %d", scan.Same, want)
		}
		var total int64
		for _, p := range w.inbox(t, finding.Filter{View: "all"}).Places {
			for _, x := range p.Tallies {
				if x.Detector == "personnummer" {
					total += x.Total
				}
			}
		}
		if want := int64(30*8 - 5); total != want {
			t.Errorf("%d numbers are left, want %d: those of the closed directory stand", total, want)
		}
	})
}

func errorsJoin(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Every outcome does what it says, and what has grown since waits again.
func TestDecide(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, t.TempDir())
		w.share(t)
		id := w.connect(t, "")
		w.search(t, id)
		sys := must((&system.Service{DB: d}).Create(t.Context(), w.console, system.New("Kösystemet")))(t)
		places := w.inbox(t, finding.Filter{}).Places
		today := civil.Of(d.Now())
		decide := func(i int, dec finding.Decision) {
			t.Helper()
			if err := w.Decide(t.Context(), w.actor, []finding.Chosen{{ID: places[i].ID, Version: places[i].Version}}, dec); err != nil {
				t.Fatal(err)
			}
		}
		decide(0, finding.Decision{Outcome: finding.OfSystem, System: sys.ID})
		decide(1, finding.Decision{Outcome: finding.Information, Name: "Kölistor"})
		decide(2, finding.Decision{Outcome: finding.ToDelete})
		decide(3, finding.Decision{Outcome: finding.False, Note: "övningsnummer", Ends: today.AddDays(30)})
		decide(4, finding.Decision{Outcome: finding.Incident})
		if err := w.Decide(t.Context(), w.actor, []finding.Chosen{{ID: places[0].ID, Version: places[0].Version}}, finding.Decision{Outcome: finding.Incident}); err == nil {
			t.Error("a place that was decided about since it was seen was decided about again")
		}
		states := map[finding.State]int{}
		for _, p := range w.inbox(t, finding.Filter{View: "done"}).Places {
			states[p.State]++
			if p.State == finding.ToDelete && (p.Person != w.owner || p.Due != today.AddDays(30)) {
				t.Errorf("to be deleted by %s on %s", p.Person, p.Due)
			}
			if p.State == finding.False && p.Total != 0 {
				t.Errorf("a false finding counts %d", p.Total)
			}
		}
		if diff := cmp.Diff(map[finding.State]int{finding.OfSystem: 1, finding.Information: 1, finding.ToDelete: 1, finding.False: 1, finding.Incident: 1}, states); diff != "" {
			t.Error(diff)
		}
		// More of it, and what was false: the one waits again, the other not.
		n := numbers(t)
		w.put(t, places[0].Path+"/mer.csv", list(n[200:260]))
		w.put(t, places[3].Path+"/mer.csv", list(n[200:260]))
		if err := os.RemoveAll(filepath.Join(w.dir, places[2].Path)); err != nil {
			t.Fatal(err)
		}
		w.search(t, id)
		after := map[ids.ID[finding.Place]]finding.Place{}
		for _, view := range []string{"", "done"} {
			for _, p := range w.inbox(t, finding.Filter{View: view}).Places {
				after[p.ID] = p
			}
		}
		for i, want := range map[int]finding.State{0: finding.New, 1: finding.Information, 2: finding.Gone, 3: finding.False, 4: finding.Incident} {
			if got := after[places[i].ID]; got.State != want || got.Moved != (i == 0) {
				t.Errorf("place %d is %s (moved: %v), want %s", i, got.State, got.Moved, want)
			}
		}
		// The rule ends on its day.
		now := d.Now
		d.Now = func() time.Time { return now().AddDate(0, 0, 31) }
		defer func() { d.Now = now }()
		if err := w.Tick(t.Context(), w.system); err != nil {
			t.Fatal(err)
		}
		if p := must(w.Place(t.Context(), w.actor, places[3].ID, 1))(t); p.State != finding.New || p.Total == 0 {
			t.Errorf("after the rule has ended the place is %s with %d", p.State, p.Total)
		}
	})
}

// A rule for one kind leaves the others to be decided about.
func TestRuleForOneKind(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newWorld(t, d, t.TempDir())
	w.put(t, "a/blandat.csv", "namn;personnummer;e-post\nAnna Svensson;"+numbers(t)[0]+";anna@norrsjo.example\n")
	id := w.connect(t, "")
	w.search(t, id)
	p := w.inbox(t, finding.Filter{}).Places[0]
	dec := finding.Decision{Outcome: finding.False, Detectors: []string{"email"}, Note: "påhittade", Ends: civil.Of(d.Now()).AddDays(10)}
	if err := w.Decide(t.Context(), w.actor, []finding.Chosen{{ID: p.ID, Version: p.Version}}, dec); err != nil {
		t.Fatal(err)
	}
	got := must(w.Place(t.Context(), w.actor, p.ID, 1))(t)
	if got.State != finding.New || slices.ContainsFunc(got.Tallies, func(x finding.Tally) bool { return x.Detector == "email" }) {
		t.Errorf("the place is %s with %v", got.State, got.Tallies)
	}
}

// What the operator has not allowed, and what leads out of what is allowed, is refused.
func TestLimits(t *testing.T) {
	d := dbtest.SQLite(t)
	dir := t.TempDir()
	w := newWorld(t, d, filepath.Join(dir, "inne"))
	n := numbers(t)
	w.put(t, "a/lista.csv", list(n[:3]))
	out := newWorldFile(t, filepath.Join(dir, "ute", "hemligt.csv"), list(n[3:9]))
	if err := errorsJoin(os.Symlink(out, filepath.Join(w.dir, "a", "lank.csv")), os.Symlink(filepath.Dir(out), filepath.Join(w.dir, "lank"))); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]finding.Source{
		"another root":          {Kind: finding.Files, Root: "Annan"},
		"a path as a root":      {Kind: finding.Files, Root: dir},
		"upwards":               {Kind: finding.Files, Root: "Mapp", Place: "../ute"},
		"hidden upwards":        {Kind: finding.Files, Root: "Mapp", Place: `a\..\..\ute`},
		"a drive":               {Kind: finding.Files, Root: "Mapp", Place: `C:\ute`},
		"another host":          {Kind: "postgres", Root: "other.example:5432", Place: "x"},
		"another kind":          {Kind: "mysql", Root: "db.example:5432", Place: "x"},
		"options":               {Kind: "postgres", Root: "db.example:5432", Place: "x?host=/tmp"},
		"a user that is a host": {Kind: "postgres", Root: "db.example:5432", Place: "x", User: "a@other"},
		"a secret elsewhere":    {Kind: "postgres", Root: "db.example:5432", Place: "x", SecretFrom: finding.SecretFile, Secret: "../key"},
	} {
		s.Name, s.Owner = "Prov", w.owner
		if _, err := w.Add(t.Context(), w.console, s, "Prov"); err == nil {
			t.Errorf("%s was taken in", name)
		}
	}
	// A link, a link to a directory, and a source that is itself below a link lead nowhere.
	w.search(t, w.connect(t, ""))
	link := must(w.Add(t.Context(), w.console, finding.Source{Name: "Genom länk", Kind: finding.Files, Root: "Mapp", Place: "lank", Owner: w.owner}, "Prov"))(t)
	w.search(t, link.ID)
	var total int64
	for _, p := range w.inbox(t, finding.Filter{View: "all"}).Places {
		for _, x := range p.Tallies {
			if x.Detector == "personnummer" {
				total += x.Total
			}
		}
	}
	if total != 3 {
		t.Errorf("%d numbers were found, want the three that lie inside", total)
	}
}

// A source is the directory that was approved: a link, or a file that became one after it was searched, leads nowhere else below the same
// root, where another unit's files lie.
func TestLinksLeadToNoOtherDirectory(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newWorld(t, d, t.TempDir())
	n := numbers(t)
	w.put(t, "skola/listor/brev.txt", "Hej! Personnummer "+n[5]+" i brev.\n")
	w.put(t, "social/listor/brev.txt", "Hej! Personnummer "+n[6]+" i akt.\n\n")
	if err := os.Symlink("social", filepath.Join(w.dir, "lank")); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]int64{"skola": 1, "lank": 0, "lank/listor": 0} {
		src := must(w.Add(t.Context(), w.console, finding.Source{Name: place, Kind: finding.Files, Root: "Mapp", Place: place, Owner: w.owner}, "Prov"))(t)
		if scan := w.search(t, src.ID); scan.Found != want || want == 0 && scan.Skipped == 0 {
			t.Errorf("%s: %+v", place, scan)
		}
	}
	place := w.inbox(t, finding.Filter{}).Places[0]
	held := must(w.Place(t.Context(), w.actor, place.ID, 1))(t).Held[0]
	if got := must(w.Look(t.Context(), w.actor, held.ID))(t); len(got.Excerpts) != 1 || got.Excerpts[0].Value != n[5] {
		t.Errorf("what was found: %+v", got.Excerpts)
	}
	for _, swap := range []struct{ name, to string }{{"skola/listor/brev.txt", "../../social/listor/brev.txt"}, {"skola/listor", "../social/listor"}} {
		path := filepath.Join(w.dir, swap.name)
		if err := errorsJoin(os.Rename(path, path+".bort"), os.Symlink(swap.to, path)); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Look(t.Context(), w.actor, held.ID); !errors.Is(err, finding.ErrChanged) {
			t.Errorf("%s became a link: %v, %+v", swap.name, err, got.Excerpts)
		}
	}
}

// What somebody decides while a search sums up the same place stands: the search waits for it, and does not write over it what it read before.
func TestADecisionDuringASearchStands(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if d.Engine != db.Postgres {
			return // here one writes at a time
		}
		w := newWorld(t, d, t.TempDir())
		n := numbers(t)
		w.put(t, "listor/lista.csv", list(n[:6]))
		id := w.connect(t, "")
		w.search(t, id)
		place := w.inbox(t, finding.Filter{}).Places[0]
		w.put(t, "listor/lista.csv", list(n[1:6])) // fewer, which asks for no new decision
		scan := must(w.Start(t.Context(), w.actor, id))(t)
		searched := make(chan error, 1)
		err := d.Write(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
			kinds := make([]string, 0, len(place.Tallies))
			for _, x := range place.Tallies {
				kinds = append(kinds, x.Detector)
			}
			_, err := tx.Exec(t.Context(), `UPDATE finding_place SET state = 'delete', decided_total = total, decided_kinds = $1, version = version + 1
				WHERE organisation_id = $2 AND id = $3`, strings.Join(kinds, " "), w.actor.Organisation, place.ID)
			if err != nil {
				return err
			}
			go func() { searched <- w.Work(t.Context(), w.system, scan) }()
			for waits := 0; waits == 0; {
				if len(searched) > 0 {
					return errors.New("the search did not wait")
				}
				err := db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))`), &waits)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-searched; err != nil {
			t.Fatal(err)
		}
		if got := must(w.Place(t.Context(), w.actor, place.ID, 1))(t); got.State != finding.ToDelete {
			t.Errorf("decided about while it was searched, the place is %q", got.State)
		}
	})
}

func newWorldFile(t testing.TB, path, content string) string {
	t.Helper()
	if err := errorsJoin(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// A source waits for a second person, and is not searched before.
func TestApproval(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newWorld(t, d, t.TempDir())
	src := must(w.Add(t.Context(), w.actor, finding.Source{Name: "Mapp", Kind: finding.Files, Root: "Mapp", Owner: w.owner}, "Vi vill veta."))(t)
	if _, err := w.Start(t.Context(), w.actor, src.ID); err == nil {
		t.Fatal("a source that waits was searched")
	}
	var first, second ids.ID[organisation.Person]
	err := d.Write(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
		for i, at := range []*ids.ID[organisation.Person]{&first, &second} {
			p, err := auth.AddPerson(t.Context(), tx, auth.NewPerson{
				Organisation: w.actor.Organisation, Name: fmt.Sprint("Admin ", i), Folded: fmt.Sprint("admin ", i), Origin: "first", Issuer: "test", Subject: fmt.Sprint(i),
				Roles: []access.Role{access.Administrator},
			})
			if err != nil {
				return err
			}
			*at = ids.ID[organisation.Person](p.Person)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Approvals.Administrators = func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
		return []string{first.String(), second.String()}, nil
	}
	admin := access.Actor{ID: second.String(), Organisation: w.actor.Organisation, Roles: []access.Role{access.Administrator}, Fresh: true}
	waiting := must(w.Approvals.List(t.Context(), admin, texts(t)))(t).Waiting
	if len(waiting) != 1 || !strings.Contains(waiting[0].What, "Mapp") {
		t.Fatalf("waiting: %+v", waiting)
	}
	if err := w.Approvals.Approve(t.Context(), admin, waiting[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Start(t.Context(), w.actor, src.ID); err != nil {
		t.Error(err)
	}
}

func texts(t testing.TB) *locale.Localizer {
	t.Helper()
	b, err := locale.NewBundle(map[string]string{"finding": finding.Messages})
	if err != nil {
		t.Fatal(err)
	}
	return b.In("sv")
}
