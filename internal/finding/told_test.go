// SPDX-License-Identifier: EUPL-1.2

package finding_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/finding"
)

// zipped makes an archive of names and what they hold.
func zipped(t testing.TB, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		if _, err := must(w.Create(members[i]))(t).Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Who somebody is that a folder, a file or a member is named after is found, and told nowhere: only who may look at a finding where it lies sees the
// name. Places that look the same when they are masked are told apart, and everything that needs the path goes on working.
func TestNamesTellNobody(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, t.TempDir())
		n := numbers(t)
		w.put(t, "akter/"+n[0]+" Anna Svensson/beslut "+n[1]+".txt", "Personnummer "+n[2]+" i brevet.\n")
		w.put(t, "akter/"+n[3]+" Anna Svensson/blankett.txt", "x\n")
		w.put(t, "arkiv/"+n[4]+".zip", zipped(t, n[5]+"/"+n[6]+".txt", "Personnummer "+n[7]+" i brevet.\n", n[8]+".bin", "\x00\x01\x02\x03", n[9]+".csv", list(n[10:22])))
		id := w.connect(t, "")
		scan := w.search(t, id)
		if again := w.search(t, id); again.Same != scan.Files || again.Found != scan.Found {
			t.Errorf("searched again, %d of %d are as they were, %d of %d found", again.Same, scan.Files, again.Found, scan.Found)
		}
		in := w.inbox(t, finding.Filter{View: "all"})
		var paths []string
		fields := map[string]int64{}
		actor := w.actor
		c := pages(t, w, &actor)
		shown := both(t, c, "/bevis").Body + both(t, c, "/bevis/kallor/"+id.String()+"/olast").Body
		looked := map[string]bool{}
		for i := range in.Places {
			p := &in.Places[i]
			paths = append(paths, p.Path)
			shown += both(t, c, p.PagePath()).Body + finding.Title(texts(t), p)
			s := must(w.Place(t.Context(), w.actor, p.ID, 1))(t)
			for _, h := range s.Held {
				shown += fmt.Sprintf("%+v", h.Detail) + h.Path
				if h.Detector != "personnummer" {
					continue
				}
				fields[h.Field] += h.Total
				l := must(w.Look(t.Context(), w.actor, h.ID))(t)
				for _, e := range l.Excerpts {
					looked[e.Value] = true
				}
				if len(l.Excerpts) == 0 {
					t.Errorf("nothing is seen of %s", h.Where())
				}
			}
		}
		slices.Sort(paths)
		if len(paths) != 3 || len(slices.Compact(paths)) != 3 || !strings.HasPrefix(paths[0], "akter/••••••••-•••• •••••#") || paths[2] != "arkiv" {
			t.Errorf("places %q", paths)
		}
		if fields["folder name"] != 3 || fields["file name"] != 5 {
			t.Errorf("found by field: %v", fields)
		}
		if p := must(w.Unread(t.Context(), w.actor, id, 1))(t); len(p.List) != 1 || !strings.Contains(p.List[0].Told, "••••.zip#") {
			t.Errorf("not read: %+v", p.List)
		}
		for i := range 10 {
			if strings.Contains(shown, n[i]) || strings.Contains(shown, n[i][2:]) {
				t.Errorf("the number with index %d is told", i)
			}
			if i != 8 && !looked[n[i]] {
				t.Errorf("the number with index %d is not seen by who looks: %v", i, looked)
			}
		}
		if strings.Contains(shown, "Svensson") {
			t.Error("a name is told")
		}
		w.told(t, in.Places, n)
	})
}

// told decides about places, and looks at what is told of that: rules, tasks, and the database.
func (w *world) told(t *testing.T, places []finding.Place, n []string) {
	t.Helper()
	var told string
	for i := range places {
		if err := w.Give(t.Context(), w.actor, places[i].ID, w.owner); err != nil {
			t.Fatal(err)
		}
	}
	err := w.DB.Read(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
		for _, r := range []bool{true, false} {
			mask := w.Rules
			if !r {
				mask = nil
			}
			own, err := finding.OfPerson(t.Context(), tx, w.actor.Organisation, w.owner, mask)
			if err != nil {
				return err
			}
			for i := range own {
				told += finding.Title(texts(t), &own[i]) + "\n" + own[i].Path + "\n"
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var chosen []finding.Chosen
	for i := range places {
		chosen = append(chosen, finding.Chosen{ID: places[i].ID})
	}
	ends := civil.Of(w.DB.Now()).AddDays(10)
	if err := w.Decide(t.Context(), w.actor, chosen, finding.Decision{Outcome: finding.False, Note: "prov", Ends: ends}); err != nil {
		t.Fatal(err)
	}
	for _, r := range must(w.FalseRules(t.Context(), w.actor))(t) {
		told += r.Path + "\n"
	}
	if strings.Count(told, "#") < 2*4+2 {
		t.Errorf("told is\n%s", told)
	}
	if left := w.inbox(t, finding.Filter{}); left.Waiting != 0 {
		t.Errorf("the rules do not hold: %d wait", left.Waiting)
	}
	if w.DB.Engine == db.SQLite {
		for name, b := range files(t, w.DB) {
			for i := range 10 {
				if bytes.Contains(b, []byte(n[i])) {
					t.Errorf("%s holds the number with index %d", name, i)
				}
			}
		}
	}
	for i := range 10 {
		if strings.Contains(told, n[i]) {
			t.Errorf("the number with index %d is told in\n%s", i, told)
		}
	}
}

// A column may be called as the name of a file is told to be, and is another place than that.
func TestColumnsMayBeCalledAsNamesAreTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, t.TempDir())
		n := numbers(t)
		w.put(t, "lista "+n[0]+".csv", "file name;x\n"+n[1]+";1\n"+n[2]+";2\n")
		w.search(t, w.connect(t, ""))
		s := must(w.Place(t.Context(), w.actor, w.inbox(t, finding.Filter{View: "all"}).Places[0].ID, 1))(t)
		var seen []string
		for _, h := range s.Held {
			if h.Detector != "personnummer" {
				continue
			}
			for _, e := range must(w.Look(t.Context(), w.actor, h.ID))(t).Excerpts {
				seen = append(seen, fmt.Sprint(h.Named, h.Column, " ", e.Value))
			}
		}
		slices.Sort(seen)
		want := []string{"false true " + n[1], "false true " + n[2], "true false " + n[0]}
		slices.Sort(want)
		if !slices.Equal(seen, want) {
			t.Errorf("seen %q, and not %q", seen, want)
		}
	})
}

// A source that is a directory named after somebody is told as that is, and searched all the same.
func TestSourcesTellNobody(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), t.TempDir())
	n := numbers(t)
	w.put(t, "akter/"+n[0]+"/brev.txt", "Personnummer "+n[1]+" i brevet.\n")
	made := must(w.Add(t.Context(), w.console, finding.Source{Name: "En akt", Kind: finding.Files, Root: "Mapp", Place: "akter/" + n[0], Owner: w.owner}, "Prov"))(t)
	w.search(t, made.ID)
	actor := w.actor
	c := pages(t, w, &actor)
	const told = "Mapp/akter/••••••••-••••#"
	for _, path := range []string{"/bevis/kallor", "/bevis/kallor/" + made.ID.String(), "/bevis"} {
		p := both(t, c, path)
		if strings.Contains(p.Body, n[0]) || path != "/bevis" && !strings.Contains(p.Body, told) {
			t.Errorf("%s:\n%s", path, p.Body)
		}
	}
	opened := must(w.Open(t.Context(), w.actor, made.ID))(t)
	for _, where := range []string{made.Where(), opened.Where()} {
		if !strings.HasPrefix(where, told) {
			t.Errorf("where it lies is told as %s", where)
		}
	}
	if in := w.inbox(t, finding.Filter{}); len(in.Places) != 1 || in.Places[0].Total != 1 {
		t.Errorf("found %+v", in.Places)
	}
}

// A link is not followed, and may be named after somebody all the same: that is found, once however often it is searched, and gone when the link is.
func TestNamesOfLinksAreLookedThrough(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, t.TempDir())
		n := numbers(t)
		w.put(t, "akter/beslut.txt", "Beslutet gäller.\n")
		link := filepath.Join(w.dir, "akter", n[0]+".txt")
		if err := errorsJoin(os.Symlink("beslut.txt", link), os.Symlink("beslut.txt", filepath.Join(w.dir, "akter", "senaste.txt"))); err != nil {
			t.Fatal(err)
		}
		id := w.connect(t, "")
		for range 2 {
			if scan := w.search(t, id); scan.Found != 1 || scan.Skipped != 2 {
				t.Errorf("%d found and %d not read, want 1 and 2", scan.Found, scan.Skipped)
			}
		}
		places := w.inbox(t, finding.Filter{View: "all"}).Places
		if len(places) != 1 || places[0].Path != "akter" {
			t.Fatalf("places %+v", places)
		}
		h := must(w.Place(t.Context(), w.actor, places[0].ID, 1))(t).Held[0]
		if !h.Named || strings.Contains(h.Path, n[0]) {
			t.Errorf("it is told as %+v", h)
		}
		if l := must(w.Look(t.Context(), w.actor, h.ID))(t); len(l.Excerpts) != 1 || l.Excerpts[0].Value != n[0] {
			t.Errorf("who looks sees %+v", l.Excerpts)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
		if scan := w.search(t, id); scan.Found != 0 || scan.Skipped != 1 {
			t.Errorf("without the link, %d found and %d not read", scan.Found, scan.Skipped)
		}
	})
}
