// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/redact"
	"github.com/insegel/insegel/internal/system"
)

// officialNumbers are official test numbers, twelve digits each.
func officialNumbers(t *testing.T, n int) []string {
	t.Helper()
	b := must(os.ReadFile("../discovery/detect/testdata/test-numbers.csv"))(t)
	var out []string
	for line := range strings.Lines(string(b)) {
		if x, kind, found := strings.Cut(strings.TrimSpace(line), ","); found && strings.HasPrefix(kind, "personnummer") && len(x) == 12 && len(out) < n {
			out = append(out, x)
		}
	}
	if len(out) < n {
		t.Fatalf("there are %d test numbers", len(out))
	}
	return out
}

// searcher is an organisation that searches, with everything that the program says to its log.
type searcher struct {
	*app.App
	dir, share string
	said       *bytes.Buffer
	console    access.Actor
	actor      access.Actor
	owner      ids.ID[organisation.Person]
}

func newSearcher(t *testing.T, hosts ...string) *searcher {
	t.Helper()
	s := &searcher{dir: t.TempDir(), share: t.TempDir(), said: &bytes.Buffer{}}
	a, err := app.Open(context.Background(), app.Options{
		Database: "sqlite:" + filepath.Join(s.dir, "insegel.db"), Log: slog.New(redact.New(slog.NewJSONHandler(s.said, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		Searching: app.Searching{Limits: finding.Limits{Roots: map[string]string{"Mapp": s.share}, Hosts: hosts, Secrets: filepath.Join(s.dir, "secrets")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.App = a
	org := dbtest.Organisation(t, a.DB, "norrsjo").Organisation
	s.console = access.LocalAdministrator(org)
	ok(t, a.DB.Write(t.Context(), org, func(tx *db.Tx) error {
		p, err := auth.AddPerson(t.Context(), tx, auth.NewPerson{Organisation: org, Name: "Kim Ek", Folded: "kim ek", Origin: "first", Issuer: "test", Roles: []access.Role{access.Coordinator}})
		s.owner = ids.ID[organisation.Person](p.Person)
		return err
	}))
	s.actor = access.Actor{ID: s.owner.String(), Name: "Kim Ek", Organisation: org, Roles: []access.Role{access.Coordinator, access.DataProtection}, Fresh: true}
	return s
}

// close closes the program, after which its files are whole.
func (s *searcher) close(t *testing.T) {
	t.Helper()
	ok(t, s.App.Close())
}

// search registers a source and searches it to its end.
func (s *searcher) search(t *testing.T, src finding.Source) finding.Inbox {
	t.Helper()
	src.Owner = s.owner
	id := must(s.Findings.Add(t.Context(), s.console, src, "Prov"))(t).ID
	s.work(t, must(s.Findings.Start(t.Context(), s.actor, id))(t))
	return must(s.Findings.Inbox(t.Context(), s.actor, finding.Filter{Source: id.String()}))(t)
}

func (s *searcher) work(t *testing.T, scan ids.ID[finding.Scan]) {
	t.Helper()
	ok(t, s.Findings.Work(t.Context(), access.SystemActor(s.actor.Organisation), scan))
}

// fillSQLite makes a database with a table of people.
func fillSQLite(t *testing.T, path string, numbers []string) {
	t.Helper()
	d := must(sql.Open("sqlite", path))(t)
	defer func() { ok(t, d.Close()) }()
	fillTable(t, d, numbers)
}

func fillTable(t *testing.T, d *sql.DB, numbers []string) {
	t.Helper()
	must(d.ExecContext(t.Context(), `CREATE TABLE kunder (id INTEGER, pnr TEXT, anteckning TEXT)`))(t)
	for i, n := range numbers {
		must(d.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO kunder VALUES (%d, '%s', 'ringde på måndagen')`, i, n)))(t)
	}
}

// spellings are the ways in which a number may stand somewhere.
func spellings(n string) []string {
	return []string{n, n[:8] + "-" + n[8:], n[2:], n[2:8] + "-" + n[8:], n[2:8] + "+" + n[8:]}
}

// After a search, decisions and a look at what was found, none of the numbers stands anywhere in what the program has written: not in its
// database and what lies beside it, and not in its log, though files are named after people and some of them are broken.
func TestNothingFoundIsKeptInClear(t *testing.T) {
	s := newSearcher(t)
	n := officialNumbers(t, 40)
	var table, letter strings.Builder
	for _, x := range n[:20] {
		fmt.Fprintf(&table, "Anna Svensson;%s-%s\n", x[:8], x[8:])
	}
	for _, x := range n[20:30] {
		fmt.Fprintf(&letter, "Hej! Mitt personnummer är %s och jag bor kvar.\n\n", x[2:8]+"-"+x[8:])
	}
	named := filepath.Join(s.share, "akter", n[39][:8]+"-"+n[39][8:])
	ok(t, os.MkdirAll(named, 0o700),
		os.WriteFile(filepath.Join(s.share, "lista.csv"), []byte("namn;personnummer\n"+table.String()), 0o600),
		os.WriteFile(filepath.Join(named, "brev "+n[38]+".txt"), []byte(letter.String()), 0o600),
		os.WriteFile(filepath.Join(named, n[37][2:]+".zip"), []byte("PK\x03\x04 trasig "+n[36]), 0o600),
		os.WriteFile(filepath.Join(named, n[35]+".pdf"), []byte("%PDF-1.7\n"+n[34]+"\ntrailer"), 0o600))
	fillSQLite(t, filepath.Join(s.share, "kunder.db"), n[30:34])
	in := s.search(t, finding.Source{Name: "Gemensam mapp", Kind: finding.Files, Root: "Mapp"})
	var found int64
	for i := range in.Places {
		for _, x := range in.Places[i].Tallies {
			if x.Detector == "personnummer" {
				found += x.Total
			}
		}
	}
	if found < 34 {
		t.Fatalf("%d numbers were found, want at least 34", found)
	}
	place := must(s.Findings.Place(t.Context(), s.actor, in.Places[0].ID, 1))(t)
	must(s.Findings.Look(t.Context(), s.actor, place.Held[0].ID))(t)
	ok(t, s.Findings.Decide(t.Context(), s.actor, []finding.Chosen{{ID: place.ID}}, finding.Decision{Outcome: finding.ToDelete}),
		s.Jobs.Start(context.Background()), s.Jobs.Stop(context.Background()))
	s.close(t)

	kept := map[string][]byte{"the log": s.said.Bytes()}
	ok(t, filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			kept[path], err = os.ReadFile(path)
		}
		return err
	}))
	if !bytes.Contains(kept[filepath.Join(s.dir, "insegel.db")], []byte("Gemensam mapp")) {
		t.Fatal("the database does not hold what it is known to hold: what is not found in it says nothing")
	}
	for where, b := range kept {
		for _, x := range n {
			for _, form := range spellings(x) {
				if i := bytes.Index(b, []byte(form)); i >= 0 {
					t.Errorf("a number stands in clear at byte %d of %s: %.80q", i, where, b[max(0, i-40):])
				}
			}
		}
	}
}

// A database is searched with a password from a file: without the file nothing is read and somebody is told why, with it what the tables
// hold is found, and what the register does not say of the system becomes a task. A database that is a file is searched as one.
func TestDatabasesThroughTheProduct(t *testing.T) {
	address := must(url.Parse(dbtest.PostgresEmptyAddress(t)))(t)
	d := must(sql.Open("pgx", address.String()))(t)
	n := officialNumbers(t, 60)
	fillTable(t, d, n[:40])
	ok(t, d.Close())
	s := newSearcher(t, "postgres://"+address.Host)
	defer s.close(t)
	sys := must(s.Systems.Create(t.Context(), s.console, system.New("Vattenabonnemang")))(t)
	id := must(s.Findings.Add(t.Context(), s.console, finding.Source{
		Name: "Abonnenter", Kind: "postgres", Root: address.Host, Place: strings.Trim(address.Path, "/"), User: address.User.Username(), SecretFrom: finding.SecretFile,
		Secret: "abonnenter", Owner: s.owner, System: sys.ID,
	}, "Prov"))(t).ID
	scan := must(s.Findings.Start(t.Context(), s.actor, id))(t)
	s.work(t, scan)
	if x := must(s.Findings.Open(t.Context(), s.actor, id))(t).Scans[0]; !x.Running() || x.Read != 0 {
		t.Errorf("without its password the search is %s and has read %d bytes", x.Status, x.Read)
	}
	ok(t, os.Mkdir(filepath.Join(s.dir, "secrets"), 0o700), os.WriteFile(filepath.Join(s.dir, "secrets", "abonnenter"), []byte("hemligt\n"), 0o600))
	now := s.DB.Now
	s.DB.Now = func() time.Time { return now().Add(2 * time.Minute) } // a part that failed is tried again after a while
	s.work(t, scan)
	in := must(s.Findings.Inbox(t.Context(), s.actor, finding.Filter{Source: id.String()}))(t)
	if len(in.Places) != 1 || !strings.HasSuffix(in.Places[0].Path, "kunder") {
		t.Fatalf("places: %+v", in.Places)
	}
	if x := in.Places[0].Tallies[0]; x.Detector != "personnummer" || x.Total != 40 {
		t.Errorf("%d %s were found in the table, want 40 personnummer", x.Total, x.Detector)
	}
	o := overview.New(s.DB, s.Requirements)
	var tasks []string
	for _, x := range must(o.Todo(t.Context(), s.console, overview.TodoUnit))(t).Tasks {
		if x.Kind == overview.TaskRegister {
			tasks = append(tasks, x.Name+" "+x.Against.Fact)
		}
	}
	if len(tasks) != 1 || tasks[0] != "Vattenabonnemang personal_data" {
		t.Errorf("the tasks about the register: %v", tasks)
	}
	fillSQLite(t, filepath.Join(s.share, "arkiv.db"), n[40:])
	files := s.search(t, finding.Source{Name: "Mapp", Kind: finding.Files, Root: "Mapp"})
	if len(files.Places) != 1 || files.Places[0].Tallies[0].Total != 20 {
		t.Errorf("in the database that is a file: %+v", files.Places)
	}
}
