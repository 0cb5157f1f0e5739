// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/requirement"
)

// start makes a receiver.
func start(t testing.TB, d *db.DB) (*Service, access.Actor) {
	t.Helper()
	d.Now = func() time.Time { return now }
	actor := dbtest.Organisation(t, d, "riket")
	e := engine(t)
	return &Service{
		DB: d, Engine: e,
		Followup: &followup.Service{DB: d, Engine: e, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(e.Catalogue)}},
	}, access.LocalAdministrator(actor.Organisation)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func receive(t testing.TB, s *Service, actor access.Actor, list ...Submission) Received {
	t.Helper()
	var in []Incoming
	for i := range list {
		in = append(in, Incoming{Name: list[i].Municipality + "-" + list[i].Made, Submission: list[i]})
	}
	got, err := s.Receive(t.Context(), actor, in)
	must(t, err)
	return got
}

// held is everything that receiving may change, beside the log.
func (s *Service) everything(t testing.TB, actor access.Actor) (out []string) {
	t.Helper()
	must(t, s.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		all, err := db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var x string
			return x, scan(&x)
		}, `SELECT digest || period || municipality || COALESCE(replaced_at, 0) FROM national_submission WHERE organisation_id = $1 ORDER BY 1`, actor.Organisation)
		if err != nil {
			return err
		}
		list, err := sums(t.Context(), tx, actor.Organisation, "2026-Q3")
		for _, x := range list {
			all = append(all, x.Indicator, time.Duration(x.Numerator).String(), time.Duration(x.Denominator).String())
		}
		out = all
		return err
	}))
	return out
}

func (s *Service) logged(t testing.TB, actor access.Actor, action string) int {
	t.Helper()
	n := 0
	must(t, s.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		list, err := audit.List(t.Context(), tx, actor.Organisation, audit.Filter{Action: action, Limit: 1000})
		n = len(list)
		return err
	}))
	return n
}

// TestReceive takes in, takes in again, corrects, and refuses a replay, on both engines.
func TestReceive(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		first, key := one(t, "0180")
		if got := receive(t, s, actor, first); got.Accepted != 0 || len(got.Rejected) != 1 || !strings.Contains(got.Rejected[0].Reason, "no key is registered") {
			t.Fatalf("without a key: %+v", got)
		}
		must(t, s.Trust(t.Context(), actor, []Registered{{"0180", key.Verifier}}))
		for range 2 {
			if got := receive(t, s, actor, first); got.Accepted != 1 || len(got.Rejected) != 0 {
				t.Fatalf("the same again: %+v", got)
			}
		}
		want := []Sum{{"INFOKLASS.1.measured", 3, 10, 2}, {"STARK_AUT_SOC_ALLA.1.attested", 0, 1, 1}}
		sum, err := s.Sums(t.Context(), actor, Period{2026, 3})
		must(t, err)
		if diff := cmp.Diff(want, sum); diff != "" {
			t.Error(diff)
		}
		second, third := first, first
		second.Made, second.Indicators = "2026-11-28T11:30:00.000Z", []Figure{{"INFOKLASS", 1, "measured", 4, 10, 0}}
		third.Made, third.Indicators = "2026-11-28T11:40:00.000Z", []Figure{{"INFOKLASS", 1, "measured", 5, 10, 0}}
		sign(t, &second, key)
		sign(t, &third, key)
		if got := receive(t, s, actor, third, second); got.Accepted != 2 || len(got.Rejected) != 0 {
			t.Fatalf("two corrections in disorder: %+v", got)
		}
		sum, err = s.Sums(t.Context(), actor, Period{2026, 3})
		must(t, err)
		if diff := cmp.Diff([]Sum{{"INFOKLASS.1.measured", 5, 10, 0}}, sum); diff != "" {
			t.Error(diff)
		}
		if got := receive(t, s, actor, first, second, third); got.Accepted != 3 {
			t.Errorf("all of it again: %+v", got)
		}
		before := s.everything(t, actor)
		if n := len(slices.DeleteFunc(slices.Clone(before), func(x string) bool { return !strings.Contains(x, "0180") })); n != 3 {
			t.Errorf("%d are held, corrections and what they replaced", n)
		}
		older := first
		older.Made = "2026-11-28T11:20:00.000Z"
		sign(t, &older, key)
		forged := first
		forged.Made, forged.Indicators = "2026-11-28T11:50:00.000Z", []Figure{{"INFOKLASS", 1, "measured", 10, 10, 0}}
		for name, c := range map[string]struct {
			s    Submission
			want error
		}{"replayed": {first, ErrReplayed}, "older": {older, ErrOlder}, "forged": {forged, ErrSignature}} {
			log := s.logged(t, actor, "national.Refuse")
			got := receive(t, s, actor, c.s)
			if got.Accepted != 0 || len(got.Rejected) != 1 || got.Rejected[0].Reason != c.want.Error() {
				t.Errorf("%s: %+v", name, got)
			}
			if s.logged(t, actor, "national.Refuse") != log+1 {
				t.Errorf("%s is not in the log", name)
			}
		}
		if diff := cmp.Diff(before, s.everything(t, actor)); diff != "" {
			t.Errorf("a refused submission changed something:\n%s", diff)
		}
	})
}

// TestTrust registers the first keys, and no others.
func TestTrust(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		_, a := one(t, "0180")
		_, b := one(t, "0114")
		must(t, s.Trust(t.Context(), actor, []Registered{{"0180", a.Verifier}}))
		must(t, s.Trust(t.Context(), actor, []Registered{{"0180", a.Verifier}}))
		if err := s.Trust(t.Context(), actor, []Registered{{"0114", b.Verifier}}); !errors.Is(err, ErrTrusted) {
			t.Errorf("a second key: %v", err)
		}
		if n := s.logged(t, actor, "national.Trust"); n != 1 {
			t.Errorf("%d registrations are in the log", n)
		}
		other, _ := one(t, "0114")
		sign(t, &other, a)
		if got := receive(t, s, actor, other); len(got.Rejected) != 1 {
			t.Errorf("one municipality's key signs for another: %+v", got)
		}
	})
}

// TestShownNoMore takes the agreement back to be shown by oneself: it is heeded at once, and not first when others have corrected theirs too.
func TestShownNoMore(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		x, key := one(t, "0180")
		x.Shown = true
		sign(t, &x, key)
		must(t, s.Trust(t.Context(), actor, []Registered{{"0180", key.Verifier}}))
		receive(t, s, actor, x)
		must(t, s.Publish(t.Context(), actor, Period{2026, 3}))
		for _, want := range []bool{true, false} {
			p, err := s.Picture(t.Context(), actor, Look{Indicator: "INFOKLASS", Series: followup.Measured})
			must(t, err)
			open, err := s.Open(t.Context(), access.SystemActor(actor.Organisation), Wanted{})
			must(t, err)
			_, shown := p.Shown["0180"]
			told := slices.ContainsFunc(open.Rows(), func(r Row) bool { return r.Group == "0180" })
			if shown != want || told != want {
				t.Errorf("shown on the page %v, in open data %v, want %v", shown, told, want)
			}
			x.Made, x.Shown = "2026-11-28T11:30:00.000Z", false
			sign(t, &x, key)
			receive(t, s, actor, x)
		}
	})
}

// corrected is the series that they correct.
const corrected = "AGARE_UTSEDD.1.self-assessed"

// correct lets some municipalities of a simulated nation correct one figure of a period.
func correct(t testing.TB, s *Service, actor access.Actor, sim *Simulation, made string, codes ...string) {
	t.Helper()
	var list []Submission
	for _, code := range codes {
		profile := sim.Profile(code)
		x, err := sim.Submission(&profile, Period{2026, 3})
		must(t, err)
		key, err := sim.Key(code)
		must(t, err)
		x.Made = made
		i := slices.IndexFunc(x.Indicators, func(f Figure) bool { return f.Name() == corrected })
		x.Indicators[i].Numerator = 0
		sign(t, &x, key)
		list = append(list, x)
	}
	if got := receive(t, s, actor, list...); got.Accepted != len(codes) {
		t.Fatalf("corrections: %+v", got)
	}
}

// TestCorrectionWaits publishes a period again after corrections: no set is summed anew in which one to four have corrected theirs, and
// those who are shown by themselves do not hide one who is not.
func TestCorrectionWaits(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		sim := NewSimulation(s.Engine, 7, 60, 5)
		must(t, s.Fill(t.Context(), actor, sim))
		var shown, hidden []string
		for _, code := range sim.Codes() {
			if x := sim.Profile(code); x.Shown {
				shown = append(shown, code)
			} else {
				hidden = append(hidden, code)
			}
		}
		correct(t, s, actor, sim, "2026-11-28T11:30:00.000Z", append([]string{hidden[0]}, shown[:4]...)...)
		if err := s.Publish(t.Context(), actor, Period{2026, 3}); !errors.Is(err, ErrNothingNew) {
			t.Errorf("four who are shown hide one who is not: %v", err)
		}
		correct(t, s, actor, sim, "2026-11-28T11:40:00.000Z", hidden[1:7]...)
		must(t, s.Publish(t.Context(), actor, Period{2026, 3}))
		must(t, s.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			all, err := releasesOf(t.Context(), tx, actor.Organisation)
			must(t, err)
			before, err := setsOfRelease(t.Context(), tx, actor.Organisation, all[len(all)-2].Number)
			must(t, err)
			after, err := setsOfRelease(t.Context(), tx, actor.Organisation, all[len(all)-1].Number)
			must(t, err)
			again := 0
			for _, x := range after {
				set := strings.Fields(x.codes)
				n := len(slices.DeleteFunc(slices.Clone(set), func(code string) bool { return !slices.Contains(hidden[:7], code) }))
				if x.series != corrected || !slices.ContainsFunc(before, func(y summed) bool { return x.series == y.series && x.codes == y.codes }) {
					continue
				}
				if n > 0 && n < Threshold {
					t.Errorf("a set of %d is summed again after %d of it corrected theirs", len(set), n)
				}
				again += n
			}
			if again == 0 {
				t.Error("nothing that was corrected is summed again")
			}
			return nil
		}))
	})
}

// TestTrustTakesNothingBack: a key that two people have ended is not registered again by one, and a key that stands twice in a file is one key.
func TestTrustTakesNothingBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		first, key := one(t, "0180")
		of := Registered{"0180", key.Verifier}
		must(t, s.Trust(t.Context(), actor, []Registered{of, of}))
		if n := s.logged(t, actor, "national.Trust"); n != 1 {
			t.Errorf("%d registrations of one key are in the log", n)
		}
		must(t, s.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error { return endKeys(t.Context(), tx, actor.Organisation, "0180") }))
		if err := s.Trust(t.Context(), actor, []Registered{of}); !errors.Is(err, ErrTrusted) {
			t.Errorf("a key that had ended: %v", err)
		}
		if got := receive(t, s, actor, first); got.Accepted != 0 {
			t.Errorf("signed with a key that has ended: %+v", got)
		}
	})
}

// TestFillAndPublish fills a small nation and shows it: what is published adds up with what was submitted, and who is shown agreed to it.
func TestFillAndPublish(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		sim := NewSimulation(s.Engine, 7, 40, 20)
		must(t, s.Fill(t.Context(), actor, sim))
		last := sim.Periods(civilNow())[len(sim.Periods(civilNow()))-1]
		sum, err := s.Sums(t.Context(), actor, last)
		must(t, err)
		total := sim.NewTotal()
		for _, code := range sim.Codes() {
			p := sim.Profile(code)
			total.Add(sim.Tallies(&p, last))
		}
		if diff := cmp.Diff(total.Sums(), sum); diff != "" {
			t.Error(diff)
		}
		recounted, err := s.Recount(t.Context(), actor)
		must(t, err)
		if diff := cmp.Diff(sum, recounted); diff != "" {
			t.Errorf("counted anew from the rows: %s", diff)
		}
		p, err := s.Picture(t.Context(), actor, Look{Indicator: "INFOKLASS", Series: followup.SelfAssessed})
		must(t, err)
		if !p.Whole.Published() || p.Whole.Members != 40 || !p.Whole.Quartiles || p.Release.Period != last || len(p.Trend) == 0 {
			t.Errorf("the nation: %+v", p.Whole)
		}
		for code := range p.Shown {
			if x := sim.Profile(code); !x.Shown {
				t.Errorf("%s is shown and has not agreed to it", code)
			}
		}
		if len(p.Shown) == 0 {
			t.Error("nobody is shown")
		}
		if err := s.Publish(t.Context(), actor, last); !errors.Is(err, ErrNothingNew) {
			t.Errorf("published twice: %v", err)
		}
	})
}

// TestReceiveTakesTheRestOfOddNames gives a batch in which one has a name that is no text, and one has said that its municipality is no text:
// both are refused and logged, and the rest is taken, on both engines.
func TestReceiveTakesTheRestOfOddNames(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		sound, key := one(t, "0180")
		must(t, s.Trust(t.Context(), actor, []Registered{{"0180", key.Verifier}}))
		odd, _ := one(t, "0180")
		odd.Indicators[0].Indicator = "A\x00\u202eB"
		got, err := s.Receive(t.Context(), actor, []Incoming{
			Read("nul\x00 och \xff\xfe.json", strings.NewReader("{")), {Name: "odd.json", Submission: odd}, {Name: "sound.json", Submission: sound},
		})
		must(t, err)
		if got.Accepted != 1 || len(got.Rejected) != 2 || s.logged(t, actor, "national.Refuse") != 2 {
			t.Errorf("%+v, and %d are logged", got, s.logged(t, actor, "national.Refuse"))
		}
	})
}
