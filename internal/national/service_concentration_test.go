// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/webtest"
)

// receiveDependents takes in what municipalities depend on.
func receiveDependents(t testing.TB, s *Service, actor access.Actor, list ...Concentration) Received {
	t.Helper()
	var in []Incoming
	for i := range list {
		in = append(in, Incoming{Name: list[i].Municipality + "-" + list[i].Made, Concentration: &list[i]})
	}
	got, err := s.Receive(t.Context(), actor, in)
	must(t, err)
	return got
}

// depending is everything that receiving may change of what municipalities depend on.
func (s *Service) depending(t testing.TB, actor access.Actor) []string {
	t.Helper()
	var out []string
	must(t, s.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var x string
			return x, scan(&x)
		}, `SELECT digest || period || municipality || COALESCE(replaced_at, 0) FROM national_concentration WHERE organisation_id = $1 ORDER BY 1`, actor.Organisation)
		return err
	}))
	return out
}

// TestReceiveConcentration takes in, takes in again, corrects, and refuses what is forged, replayed, older or unknown, on both engines. The sums
// that the same municipality has sent for the same period stand beside, untouched.
func TestReceiveConcentration(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		sums, key := one(t, "0180")
		first := dependent(t, "0180", key)
		if got := receiveDependents(t, s, actor, first); got.Accepted != 0 || got.Rejected[0].Reason != ErrUnknownKey.Error() {
			t.Fatalf("without a key: %+v", got)
		}
		must(t, s.Trust(t.Context(), actor, []Registered{{"0180", key.Verifier}}))
		receive(t, s, actor, sums)
		untouched := s.everything(t, actor)
		for range 2 {
			if got := receiveDependents(t, s, actor, first); got.Accepted != 1 || len(got.Rejected) != 0 {
				t.Fatalf("the same again: %+v", got)
			}
		}
		second := first
		second.Made, second.Suppliers = "2026-11-28T11:30:00.000Z", []string{inventedNumber(9)}
		must(t, second.Sign(key.Signer))
		if got := receiveDependents(t, s, actor, second); got.Accepted != 1 {
			t.Fatalf("a correction: %+v", got)
		}
		before := s.depending(t, actor)
		if len(before) != 2 {
			t.Errorf("held: %v", before)
		}
		older, forged, sole := second, second, second
		older.Made = "2026-11-28T11:20:00.000Z"
		must(t, older.Sign(key.Signer))
		forged.Suppliers, forged.Made = []string{inventedNumber(10)}, "2026-11-28T11:40:00.000Z"
		sole.Suppliers, sole.Made = []string{"8112189876"}, "2026-11-28T11:40:00.000Z"
		must(t, sole.Sign(key.Signer))
		for name, c := range map[string]struct {
			x    Concentration
			want error
		}{"replayed": {first, ErrReplayed}, "older": {older, ErrOlder}, "forged": {forged, ErrSignature}, "a sole trader": {sole, ErrPerson}} {
			log := s.logged(t, actor, "national.Refuse")
			if got := receiveDependents(t, s, actor, c.x); got.Accepted != 0 || len(got.Rejected) != 1 || got.Rejected[0].Reason != c.want.Error() {
				t.Errorf("%s: %+v", name, got)
			}
			if s.logged(t, actor, "national.Refuse") != log+1 {
				t.Errorf("%s is not in the log", name)
			}
		}
		if diff := cmp.Diff(before, s.depending(t, actor)); diff != "" {
			t.Errorf("what was refused changed something:\n%s", diff)
		}
		if diff := cmp.Diff(untouched, s.everything(t, actor)); diff != "" {
			t.Errorf("the sums changed:\n%s", diff)
		}
	})
}

// TestConcentrationLeaves previews and sends what an organisation depends on: only when it has agreed to that, apart from its figures.
func TestConcentrationLeaves(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		w := site(t, s, actor)
		key, err := NewKey(KeyName("0180"))
		must(t, err)
		draft := Draft{Period: Period{2026, 3}}
		if _, err := s.PreviewConcentration(t.Context(), actor, draft); !errors.Is(err, ErrNoMunicipality) {
			t.Errorf("of no municipality: %v", err)
		}
		must(t, s.SetSharing(t.Context(), actor, Sharing{Municipality: "0180", Size: "from-100000", Share: true}, AnyVersion))
		if _, err := s.PreviewConcentration(t.Context(), actor, draft); !errors.Is(err, ErrNoFigures) {
			t.Errorf("of an empty register: %v", err)
		}
		fillRegister(t, s, actor)
		if _, err := s.SubmitConcentration(t.Context(), actor, draft, key); !errors.Is(err, ErrNotAgreed) {
			t.Errorf("agreed to the figures alone: %v", err)
		}
		for p, want := range map[Period]error{{2026, 4}: ErrFuture, {2026, 2}: ErrNotCurrent} {
			if _, err := s.PreviewConcentration(t.Context(), actor, Draft{Period: p}); !errors.Is(err, want) {
				t.Errorf("%s: %v", p, err)
			}
		}
		seen, err := s.PreviewConcentration(t.Context(), actor, draft)
		must(t, err)
		if len(seen.Suppliers) != 1 || seen.SoleTraders != 1 || !slices.Contains(seen.Kinds, "line-of-business") {
			t.Errorf("it would leave: %+v", seen)
		}
		page := w.Get(DependsPreviewPath)
		webtest.CheckDOM(t, page.Doc)
		for _, want := range []string{inventedNumber(3)[:6] + "-" + inventedNumber(3)[6:], "Bolaget", "Verksamhetssystem", "En leverantör är inte med", "supplier " + inventedNumber(3)} {
			if !strings.Contains(page.Text("main"), want) {
				t.Errorf("the preview does not tell of %s", want)
			}
		}
		if strings.Contains(page.Body, "811218") || strings.Contains(page.Body, "Enskild") {
			t.Error("the preview tells of a sole trader")
		}
		must(t, s.SetSharing(t.Context(), actor, Sharing{Municipality: "0180", Size: "from-100000", Concentration: true}, AnyVersion))
		sent, err := s.SubmitConcentration(t.Context(), actor, draft, key)
		must(t, err)
		must(t, sent.Verify(verifier(t, key)))
		seen.Signature = sent.Signature
		if diff := cmp.Diff(seen.Concentration, sent); diff != "" {
			t.Errorf("another was sent than was seen:\n%s", diff)
		}
		if n := s.logged(t, actor, "national.SubmitConcentration"); n != 1 {
			t.Errorf("%d are in the log", n)
		}
		if _, err := s.Submit(t.Context(), actor, draft, key); !errors.Is(err, ErrNotAgreed) {
			t.Errorf("agreed to what it depends on alone: %v", err)
		}
	})
}

// TestDependedIsKept moves the clock: what a period's end found is previewed as it was then, whatever the register says later; nothing is kept
// before it is agreed to, nor long after a period has ended, and what is kept is never changed.
func TestDependedIsKept(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		fillRegister(t, s, actor)
		third, fourth := Draft{Period: Period{2026, 3}}, Draft{Period: Period{2026, 4}}
		on := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 3, 0, 0, 0, time.UTC) }
		at := func(when time.Time) {
			d.Now = func() time.Time { return when }
			must(t, s.keepDepended(t.Context(), actor))
		}
		sharing := Sharing{Municipality: "0180", Size: "from-100000"}
		must(t, s.SetSharing(t.Context(), actor, sharing, AnyVersion))
		at(on(10, 2))
		sharing.Concentration = true
		must(t, s.SetSharing(t.Context(), actor, sharing, AnyVersion))
		at(on(11, 20)) // too long after the third quarter
		at(on(13, 3))  // January: the fourth quarter and the year have just ended
		must(t, s.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE system SET state = 'retired' WHERE organisation_id = $1`, actor.Organisation)
			return err
		}))
		at(on(13, 4))
		at(on(16, 5)) // April: the first quarter has ended, of a register in which nothing is in use
		if _, err := s.PreviewConcentration(t.Context(), actor, third); !errors.Is(err, ErrNotCurrent) {
			t.Errorf("a period that nobody agreed to has been kept, or was kept too late: %v", err)
		}
		for _, p := range []Draft{fourth, {Period: Period{2026, 0}}} {
			x, err := s.PreviewConcentration(t.Context(), actor, p)
			must(t, err)
			if len(x.Suppliers) != 1 || x.SoleTraders != 1 || x.Names[inventedNumber(3)] != "Bolaget" || x.Period != p.Period.String() || x.Made[:7] != "2027-04" {
				t.Errorf("%s was: %+v", p.Period, x)
			}
			must(t, x.Check(s.Engine.Catalogue, d.Now()))
		}
		if _, err := s.PreviewConcentration(t.Context(), actor, Draft{Period: Period{2027, 1}}); !errors.Is(err, ErrNoFigures) {
			t.Errorf("of a register in which nothing is in use: %v", err)
		}
	})
}

// fillRegister registers three systems: of a company, of a sole trader, and one that is not in use.
func fillRegister(t testing.TB, s *Service, actor access.Actor) {
	t.Helper()
	must(t, s.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		names, err := supplier.Ensure(t.Context(), tx, actor.Organisation, []string{"Bolaget", "Enskild firma", "Vilande"})
		if err != nil {
			return err
		}
		for name, number := range map[string]string{"Bolaget": inventedNumber(3), "Enskild firma": "811218-9876", "Vilande": inventedNumber(4)} {
			if _, err := tx.Exec(t.Context(), `UPDATE supplier SET number = $3 WHERE organisation_id = $1 AND id = $2`, actor.Organisation, names[name], number); err != nil {
				return err
			}
			x := system.New("System från " + name)
			x.SupplierID, x.Kind, x.State = names[name], "line-of-business", "in-use"
			if name == "Vilande" {
				x.State = "retired"
			}
			x.Facts = append(x.Facts, catalogue.Statement{Fact: "personal_data", Value: "yes"})
			if err := system.Upsert(t.Context(), tx, actor.Organisation, []system.System{x}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// TestDependsPages publishes what a small nation depends on: pages and open data have what is published, each count holds by hand against what
// was sent, and nothing that too few depend on is anywhere.
func TestDependsPages(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := start(t, d)
	w := site(t, s, actor)
	if p := w.Get(DependsPath); p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "Inget är publicerat än") {
		t.Fatalf("before anything: %d %s", p.Status, p.Text("main"))
	}
	sim := NewSimulation(s.Engine, 7, 90, 3)
	must(t, s.Fill(t.Context(), actor, sim))
	must(t, s.SetSharing(t.Context(), actor, Sharing{Receive: true}, AnyVersion))
	last := Period{2026, 3}
	var sent []Concentration
	for _, code := range sim.Codes() {
		p := sim.Profile(code)
		x, ok, err := sim.Concentration(&p, last)
		must(t, err)
		if ok {
			sent = append(sent, x)
		}
	}
	truth := Depending(sent)
	var list KoladaList[DependenceRow]
	must(t, json.Unmarshal([]byte(w.Get(openPath+"/beroenden.json").Body), &list))
	told := map[string]bool{}
	for _, r := range list.Values {
		if r.Period != last.String() || r.About == leftOut {
			continue
		}
		told[r.Subject] = true
		n := int64(truth[r.About+" "+r.Subject])
		if r.Grouping == Whole && r.Unknown == 0 && (r.Numerator != n || r.Denominator != int64(len(sent))) {
			t.Errorf("%s %s: told %d of %d, sent %d of %d", r.About, r.Subject, r.Numerator, r.Denominator, n, len(sent))
		}
		if r.Numerator < Threshold || r.Denominator-r.Unknown-r.Numerator < Threshold {
			t.Errorf("%+v tells too much", r)
		}
	}
	csv := w.Get(openPath + "/beroenden.csv").Body
	page := w.Get(DependsPath)
	webtest.CheckDOM(t, page.Doc)
	hidden := 0
	for name, n := range truth {
		sort, subject, _ := strings.Cut(name, " ")
		if n >= Threshold && len(sent)-n >= Threshold {
			continue
		}
		hidden++
		if sort == dependedSupplier && (strings.Contains(csv, subject) || strings.Contains(page.Body, subject[:6]+"-"+subject[6:])) {
			t.Errorf("%s is told of, and %d of %d depend on it", name, n, len(sent))
		}
		if told[subject] {
			t.Errorf("%s is in open data, and %d of %d depend on it", name, n, len(sent))
		}
	}
	if hidden == 0 || len(told) < 10 {
		t.Errorf("%d are hidden and %d told", hidden, len(told))
	}
	if n := strings.Count(csv, "\n") - 1; n != list.Count {
		t.Errorf("CSV has %d rows and JSON %d", n, list.Count)
	}
	lookCloser(t, s, actor, w)
	countedIsKnown(t, s, actor)
}

// countedIsKnown sees that the next release is held against everybody who has been counted in public of each thing, and not only against those
// whose answers were summed.
func countedIsKnown(t *testing.T, s *Service, actor access.Actor) {
	t.Helper()
	must(t, s.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		releases, err := concentrationReleases(t.Context(), tx, actor.Organisation)
		if err != nil {
			return err
		}
		r := releases[len(releases)-1]
		a, err := concentrationArchive(t.Context(), tx, &r, releases)
		if err != nil {
			return err
		}
		counted := newPlaces(s.Engine.Catalogue, nil, nil).histories(&a, &r)
		for _, x := range a.sets {
			if len(counted[x.series].counted) == 0 {
				t.Errorf("of %s nobody is known to have been counted", x.series)
			}
		}
		for _, x := range a.bases {
			if !slices.ContainsFunc(a.counted, func(c summed) bool { return c.codes == x.codes }) {
				t.Errorf("those counted in release %d are known of no thing", x.release)
			}
		}
		return nil
	}))
}

// lookCloser opens the page of the supplier that most depend on, and of one that is not told of.
func lookCloser(t *testing.T, s *Service, actor access.Actor, w *webtest.Client) {
	t.Helper()
	page := w.Get(DependsPath)
	x, err := s.Concentration(t.Context(), actor, LookConcentration{})
	must(t, err)
	if x.LeftOut == nil || len(x.Suppliers) == 0 || len(x.Kinds) == 0 {
		t.Fatalf("the picture: %+v", x)
	}
	top := x.Suppliers[0]
	if want := fmt.Sprintf("%d av %d", top.Depends(), top.Counted()); !strings.Contains(page.Text("main"), want) {
		t.Errorf("the page does not tell of %s", want)
	}
	if x.Before.Period != (Period{2025, 0}) || len(x.Over) != overTime || len(x.Over[0]) < 2 {
		t.Fatalf("the history: since %s, %d lines", x.Before.Period, len(x.Over))
	}
	text := page.Text("main")
	for _, then := range x.Over[0] {
		c, err := s.Concentration(t.Context(), actor, LookConcentration{Period: then.Period})
		must(t, err)
		at := slices.IndexFunc(c.Suppliers, func(d Dependence) bool { return d.Name == top.Name })
		if at < 0 || c.Suppliers[at].Sum != then.Sum || !strings.Contains(text, fmt.Sprintf("%d av %d", then.Depends(), then.Counted())) {
			t.Errorf("%s: the history tells of %d of %d, which was not published, or is not on the page", then.Period, then.Depends(), then.Counted())
		}
	}
	shown := 0
	for i := range x.Suppliers {
		was, ok := x.Was[x.Suppliers[i].subject()]
		if ok && was.Split == Whole && was.Depends() >= Threshold {
			shown++
		}
	}
	if want := strings.Count(text, "visas inte"); shown == 0 || len(x.Suppliers)+len(x.Kinds) <= shown && want > 0 {
		t.Errorf("%d suppliers have a value of the year before, and %d are said to be hidden", shown, want)
	}
	one := w.Get(DependsPath + "?visa=supplier+" + top.Name)
	webtest.CheckDOM(t, one.Doc)
	if !strings.Contains(one.Text("main"), fmt.Sprintf("%d av %d kommuner", top.Depends(), top.Counted())) {
		t.Errorf("the page of one does not tell how many: %s", one.Text("main"))
	}
	if p := w.Get(DependsPath + "?visa=supplier+" + inventedNumber(999)); p.Status != http.StatusNotFound {
		t.Errorf("of one that is not told of: %d", p.Status)
	}
	if p := w.Get(DependsPath + "/tabell"); p.Status != http.StatusOK || !strings.Contains(p.Body, "supplier,"+top.Name+",2026-Q3,all,all,") {
		t.Errorf("the table: %d", p.Status)
	}
}

// TestConcentrationOverHTTP sends both forms to the same address.
func TestConcentrationOverHTTP(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := start(t, d)
	w := site(t, s, actor)
	must(t, s.SetSharing(t.Context(), actor, Sharing{Receive: true}, AnyVersion))
	sums, key := one(t, "0180")
	must(t, s.Trust(t.Context(), actor, []Registered{{"0180", key.Verifier}}))
	x := dependent(t, "0180", key)
	for _, doc := range []document{&sums, &x} {
		b, err := doc.Encode()
		must(t, err)
		r := w.Request(http.MethodPost, SubmitPath, bytes.NewReader(b))
		r.Header.Set("Content-Type", "application/json")
		if p := w.Do(r); p.Status != http.StatusOK || !strings.Contains(p.Body, `"accepted":1`) {
			t.Errorf("%T: %d %s", doc, p.Status, p.Body)
		}
	}
	if len(s.depending(t, actor)) != 1 {
		t.Error("what it depends on is not held")
	}
}
