// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

var now = time.Date(2026, 11, 23, 6, 10, 0, 0, time.UTC)

var today = civil.Of(now)

func life(t testing.TB) *Life {
	t.Helper()
	l, err := LoadLife(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var loaded = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

func whole(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func indicator(t testing.TB) *verdict.Indicator {
	t.Helper()
	x, err := verdict.LoadIndicator(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func login(v verdict.Verdict) New {
	return New{
		Kind: "EV_AUTHNREQ", Source: Measured, Subject: SubjectLogin, Outcome: Unclear, Verdict: v, Grade: verdict.Seen,
		Detail: Detail{Because: Told([]string{"Systemet begär tillitsnivå 3."}, nil)},
	}
}

// TestLives holds evidence to the lives that the issue gives: 90 days measured, 12 months attested.
func TestLives(t *testing.T) {
	l := life(t)
	for _, c := range []struct {
		source     Source
		end, renew string
	}{{Measured, "2027-02-21", "2027-02-07"}, {Attested, "2027-11-23", "2027-09-24"}, {SelfAssessed, "2027-11-23", "2027-09-24"}} {
		r := Record{Kind: "EV_DOC", Source: c.source, Observed: now, SeenOn: today}
		r.Expires = l.Ends(r.Kind, r.Source, today)
		if got := r.Expires.String(); got != c.end {
			t.Errorf("%s ends %s, want %s", c.source, got, c.end)
		}
		if got := l.Renew(&r).String(); got != c.renew {
			t.Errorf("%s is to be made anew from %s, want %s", c.source, got, c.renew)
		}
		last := r.Expires.AddDays(-1)
		if !r.Valid(today) || !r.Valid(last) || r.Valid(r.Expires) || r.Valid(today.AddDays(-1)) {
			t.Errorf("%s does not count from the day that it was seen to the day before it ends", c.source)
		}
		if r.Withdrawn = now; r.Valid(today) {
			t.Error("what is withdrawn counts")
		}
	}
}

func TestNewIsChecked(t *testing.T) {
	c, l := whole(t), life(t)
	statement := New{
		Kind: "EV_ATTEST", Source: Attested, Subject: SubjectLogin, Outcome: For, Verdict: verdict.StrongDemanded, Grade: verdict.Attested,
		Detail: Detail{Title: "Intyg 2026:14", Signer: "Systemägaren", Because: Told([]string{"Intygat."}, nil)},
	}
	for name, tc := range map[string]struct {
		change func(*New)
		from   New
		want   error
	}{
		"as it should":           {func(*New) {}, login(verdict.StrongDemanded), nil},
		"a statement":            {func(*New) {}, statement, nil},
		"no such kind":           {func(n *New) { n.Kind = "EV_GUESS" }, login(verdict.Unknown), ErrKind},
		"no source":              {func(n *New) { n.Source = "" }, login(verdict.Unknown), ErrSource},
		"no subject":             {func(n *New) { n.Subject = "" }, login(verdict.Unknown), ErrSubject},
		"other, about nothing":   {func(n *New) { *n = New{Kind: "EV_DOC", Source: Attested, Subject: SubjectOther, Outcome: For} }, New{}, ErrSubject},
		"no outcome":             {func(n *New) { n.Outcome = "maybe" }, login(verdict.Unknown), ErrOutcome},
		"a word called measured": {func(n *New) { n.Source, n.Grade = Measured, "" }, statement, ErrMeasured},
		"seen tomorrow":          {func(n *New) { n.Observed = now.Add(24 * time.Hour) }, login(verdict.Unknown), ErrFuture},
		"ends before it begins":  {func(n *New) { n.Expires = today }, login(verdict.Unknown), ErrExpiry},
		"lives too long":         {func(n *New) { n.Expires = today.AddDays(91) }, login(verdict.Unknown), ErrExpiry},
		"ends earlier":           {func(n *New) { n.Expires = today.AddDays(30) }, login(verdict.Unknown), nil},
		"no hash":                {func(n *New) { n.Hash = "abc" }, login(verdict.Unknown), ErrHash},
		"no such verdict":        {func(n *New) { n.Verdict = "strong" }, login(verdict.Unknown), ErrVerdict},
		"three factors":          {func(n *New) { n.Factors = 3 }, login(verdict.Unknown), ErrVerdict},
		"level one":              {func(n *New) { n.LoA = 1 }, login(verdict.Unknown), ErrVerdict},
		"measured by a word":     {func(n *New) { n.Grade = verdict.Attested }, login(verdict.StrongDemanded), ErrVerdict},
		"a word called a test":   {func(n *New) { n.Grade = verdict.Tested }, statement, ErrVerdict},
		"refused by a word":      {func(n *New) { n.Refused = true }, statement, ErrVerdict},
		"a word about nothing":   {func(n *New) { n.Detail.Title = "" }, statement, ErrDocument},
		"no reason":              {func(n *New) { n.Detail.Because = nil }, login(verdict.PasswordOnly), ErrReasons},
		"too long":               {func(n *New) { n.Detail.Covers = strings.Repeat("å", maxText+1) }, login(verdict.Unknown), ErrLong},
		"about what is not":      {func(n *New) { n.About = []string{"det-finns-inte"} }, login(verdict.Unknown), ErrAbout},
		"an empty file":          {func(n *New) { n.File = &File{Name: "x.pdf"} }, statement, ErrFile},
		"a file too large":       {func(n *New) { n.File = &File{Name: "x.pdf", Content: make([]byte, MaxFile+1)} }, statement, ErrFile},
		"a verdict of a review":  {func(n *New) { n.Subject = SubjectLogReview }, login(verdict.PasswordOnly), ErrVerdict},
	} {
		n := tc.from
		tc.change(&n)
		r, err := n.made(c, l, now)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
		if err == nil && (r.Strength == 0 || r.Expires.IsZero() || r.ID == "") {
			t.Errorf("%s: what follows was not filled in: %+v", name, r)
		}
	}
	guess := New{Kind: "EV_CONFIG", Source: SelfAssessed, Subject: SubjectTLS, Outcome: For}
	if r, err := guess.made(c, l, now); err != nil || r.Strength != 0 {
		t.Errorf("what somebody believes has strength %d: %v", r.Strength, err)
	}
}

// at makes records that were seen so many days ago.
func at(t *testing.T, path string, list ...func(*New) int) []Record {
	t.Helper()
	c, l := whole(t), life(t)
	var out []Record
	for _, f := range list {
		n := login("")
		n.Path = ids.ID[system.LoginPath](path)
		ago := f(&n)
		n.Observed = now.AddDate(0, 0, -ago)
		r, err := n.made(c, l, now)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func saw(v verdict.Verdict, scope string, ago int) func(*New) int {
	return func(n *New) int { n.Verdict, n.Scope = v, scope; return ago }
}

func logOf(factors, loa, ago int) func(*New) int {
	return func(n *New) int {
		n.Kind, n.Verdict, n.Grade, n.Factors, n.LoA = "EV_SIGNIN_LOG", "", "", factors, loa
		return ago
	}
}

func policy(factors, loa, ago int) func(*New) int {
	return func(n *New) int { logOf(factors, loa, ago)(n); n.Kind = "EV_IDP_POLICY"; return ago }
}

func test(ago int) func(*New) int {
	return func(n *New) int {
		n.Kind, n.Verdict, n.Grade, n.LoA = "EV_TEST", verdict.StrongDemanded, verdict.Tested, 3
		return ago
	}
}

func attested(ago int) func(*New) int {
	return func(n *New) int {
		n.Kind, n.Source, n.Verdict, n.Grade, n.Detail.Title = "EV_ATTEST", Attested, verdict.StrongDemanded, verdict.Attested, "Intyg"
		return ago
	}
}

func believed(ago int) func(*New) int {
	return func(n *New) int {
		n.Kind, n.Source, n.Verdict, n.Grade = "EV_ATTEST", SelfAssessed, verdict.StrongDemanded, ""
		return ago
	}
}

// TestStandings sums up what is known of one way in, each source by itself, and holds it against the table from verdict to indicator.
func TestStandings(t *testing.T) {
	x := indicator(t)
	const m, n, u = verdict.Met, verdict.NotMet, verdict.NotShown
	for name, c := range map[string]struct {
		records                  []func(*New) int
		measured, attested, self verdict.Status
		loa3                     verdict.Status
	}{
		"nothing":                              {nil, u, u, u, u},
		"password":                             {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 1)}, n, u, u, n},
		"the newer measurement counts":         {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 9), saw(verdict.StrongDemanded, "internet", 1)}, u, u, u, u},
		"the weaker of two zones counts":       {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 9), saw(verdict.StrongDemanded, "lan", 1)}, n, u, u, n},
		"old evidence shows nothing":           {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 90)}, u, u, u, u},
		"on its last day it counts":            {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 89)}, n, u, u, n},
		"a test":                               {[]func(*New) int{test(30)}, m, u, u, m},
		"a test, and the demand seen since":    {[]func(*New) int{test(30), saw(verdict.StrongDemanded, "internet", 1)}, m, u, u, m},
		"a test, and nothing seen since":       {[]func(*New) int{test(30), saw(verdict.Unknown, "internet", 1)}, m, u, u, m},
		"a test, and a password since":         {[]func(*New) int{test(30), saw(verdict.PasswordOnly, "internet", 1)}, n, u, u, n},
		"a test, and an offer since":           {[]func(*New) int{test(30), saw(verdict.StrongOffered, "internet", 1)}, n, u, u, n},
		"a log of two factors":                 {[]func(*New) int{logOf(2, 0, 1)}, m, u, u, u},
		"a log of level 3":                     {[]func(*New) int{logOf(2, 3, 1)}, m, u, u, m},
		"a log with passwords beside a test":   {[]func(*New) int{test(3), logOf(1, 0, 1)}, n, u, u, n},
		"a log that does not say":              {[]func(*New) int{logOf(0, 0, 1)}, u, u, u, u},
		"a policy":                             {[]func(*New) int{policy(2, 3, 1)}, m, u, u, m},
		"a policy, and a password page":        {[]func(*New) int{policy(2, 3, 1), saw(verdict.PasswordOnly, "internet", 1)}, n, u, u, n},
		"a word, in its own series":            {[]func(*New) int{attested(100)}, u, m, u, u},
		"a word, against a measurement":        {[]func(*New) int{attested(100), saw(verdict.PasswordOnly, "internet", 1)}, n, m, u, n},
		"a word that is too old":               {[]func(*New) int{attested(366)}, u, u, u, u},
		"a belief, in its own series":          {[]func(*New) int{believed(100)}, u, u, m, u},
		"a measurement is nobody's word of it": {[]func(*New) int{test(1), logOf(2, 3, 1)}, m, u, u, m},
	} {
		records := at(t, "p", c.records...)
		paths := []system.LoginPath{{ID: "p", Audience: "staff"}}
		status := func(source Source, g verdict.Goal) verdict.Status {
			return x.System(Ways(Standings(paths, records, source, today)), g, source.Series(), verdict.SystemOptions{}).Status
		}
		got := [4]verdict.Status{status(Measured, verdict.TwoFactors), status(Attested, verdict.TwoFactors), status(SelfAssessed, verdict.TwoFactors), status(Measured, verdict.LoA3)}
		if want := [4]verdict.Status{c.measured, c.attested, c.self, c.loa3}; got != want {
			t.Errorf("%s: measured, attested, believed, level 3 are %v, want %v", name, got, want)
		}
	}
}

// TestStandingsOfAWholeSystem has evidence that names no way in: it is a way of its own, and never makes up for one that is listed.
func TestStandingsOfAWholeSystem(t *testing.T) {
	records := at(t, "", logOf(2, 3, 1))
	paths := []system.LoginPath{{ID: "p", Audience: "staff"}}
	if got := Standings(paths, records, Measured, today); len(got) != 2 || got[0].By != nil || got[1].By == nil || got[1].Path.ID != "" {
		t.Errorf("got %+v", got)
	}
	if got := Standings(paths, nil, Measured, today); len(got) != 1 {
		t.Errorf("without evidence of the whole system there are %d ways", len(got))
	}
	old := at(t, "p", saw(verdict.PasswordOnly, "internet", 200))
	if got := Standings(paths, old, Measured, today); got[0].By != nil || got[0].Old == nil {
		t.Error("what has ended is not told apart from what never was")
	}
}

// TestShift tells a change for the worse, and for the better, from a first measurement and from one that sees nothing.
func TestShift(t *testing.T) {
	x := indicator(t)
	for name, c := range map[string]struct {
		before []func(*New) int
		then   func(*New) int
		want   Direction
	}{
		"the first":                       {nil, saw(verdict.PasswordOnly, "internet", 0), ""},
		"the same":                        {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 3)}, saw(verdict.PasswordOnly, "internet", 0), ""},
		"a demand is gone":                {[]func(*New) int{saw(verdict.StrongDemanded, "internet", 3)}, saw(verdict.PasswordOnly, "internet", 0), Worse},
		"a demand is an offer":            {[]func(*New) int{saw(verdict.StrongDemanded, "internet", 3)}, saw(verdict.StrongOffered, "internet", 0), Worse},
		"an offer is gone":                {[]func(*New) int{saw(verdict.StrongOffered, "internet", 3)}, saw(verdict.PasswordOnly, "internet", 0), Worse},
		"it cannot be seen any more":      {[]func(*New) int{saw(verdict.StrongDemanded, "internet", 3)}, saw(verdict.Unknown, "internet", 0), ""},
		"a password cannot be seen":       {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 3)}, saw(verdict.Unknown, "internet", 0), ""},
		"a password is found":             {[]func(*New) int{saw(verdict.Unknown, "internet", 3)}, saw(verdict.PasswordOnly, "internet", 0), Worse},
		"worse, though the old has ended": {[]func(*New) int{saw(verdict.StrongDemanded, "internet", 200)}, saw(verdict.PasswordOnly, "internet", 0), Worse},
		"a demand has come":               {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 3)}, saw(verdict.StrongDemanded, "internet", 0), Better},
		"an offer has come":               {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 3)}, saw(verdict.StrongOffered, "internet", 0), Better},
		"better in one zone alone":        {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 3)}, saw(verdict.StrongDemanded, "lan", 0), ""},
		"passwords in the log":            {[]func(*New) int{logOf(2, 3, 3)}, logOf(1, 0, 0), Worse},
		"no more passwords in the log":    {[]func(*New) int{logOf(1, 0, 3)}, logOf(2, 0, 0), Better},
		"tested":                          {[]func(*New) int{saw(verdict.StrongOffered, "internet", 3)}, test(0), ""},
		"somebody's word is no change":    {[]func(*New) int{saw(verdict.PasswordOnly, "internet", 3)}, attested(0), ""},
		"a word against a measurement":    {[]func(*New) int{saw(verdict.StrongDemanded, "internet", 3)}, said(verdict.PasswordOnly, Attested, 0), ""},
		"the first word":                  {nil, said(verdict.PasswordOnly, Attested, 0), ""},
		"what was said is taken back":     {[]func(*New) int{said(verdict.StrongDemanded, Attested, 3)}, said(verdict.PasswordOnly, Attested, 0), Worse},
		"taken back, by a weaker word":    {[]func(*New) int{said(verdict.StrongDemanded, Attested, 3)}, said(verdict.PasswordOnly, SelfAssessed, 0), Worse},
		"taken back in part":              {[]func(*New) int{said(verdict.StrongDemanded, Attested, 3)}, said(verdict.StrongOffered, Attested, 0), Worse},
		"taken back, though it has ended": {[]func(*New) int{said(verdict.StrongDemanded, Attested, 500)}, said(verdict.PasswordOnly, Attested, 0), Worse},
		"taken back for an earlier day":   {[]func(*New) int{said(verdict.StrongDemanded, Attested, 3)}, said(verdict.PasswordOnly, Attested, 4), ""},
		"a word makes nothing better":     {[]func(*New) int{said(verdict.PasswordOnly, Attested, 3)}, said(verdict.StrongDemanded, Attested, 0), ""},
		"nobody knows any more":           {[]func(*New) int{said(verdict.StrongDemanded, Attested, 3)}, said(verdict.Unknown, Attested, 0), ""},
	} {
		all := at(t, "p", append(c.before, c.then)...)
		n := len(all) - 1
		s, changed := shifted(x, all[:n], &all[n], today)
		if s.Direction != c.want || changed != (c.want != "") {
			t.Errorf("%s: %q from %s to %s, want %q", name, s.Direction, s.Was, s.Became, c.want)
		}
	}
}

// said is a record of what somebody says of sign-in.
func said(v verdict.Verdict, by Source, days int) func(*New) int {
	return func(n *New) int {
		n.Kind, n.Source, n.Verdict, n.Grade, n.Detail.Title = "EV_ATTEST", by, v, verdict.Attested, "Intyg"
		return days
	}
}

// TestShiftOfOutcomes tells when somebody says no where the answer was yes: of the same, on the same day or later, whoever said it and however
// surely. Yes after no is no change before it is measured.
func TestShiftOfOutcomes(t *testing.T) {
	word := func(o Outcome, by Source, kind string, about ...string) Record {
		return Record{ID: ids.New[Record](), Kind: kind, Source: by, Subject: SubjectOther, Outcome: o, About: about, SeenOn: today.AddDays(-3), Expires: today.AddDays(30)}
	}
	yes := word(For, Attested, "EV_ATTEST", "a")
	old, scoped, back, later := yes, yes, yes, yes
	old.Expires = today.AddDays(-1)
	scoped.Scope = "supplier"
	back.Withdrawn = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	later.SeenOn = today
	measured, no := word(For, Measured, "EV_SAMPLE", "a"), word(Against, Attested, "EV_ATTEST", "a")
	for name, c := range map[string]struct {
		before []Record
		then   Record
		want   Direction
	}{
		"no after yes":                    {[]Record{yes}, no, Worse},
		"no after yes by who knows less":  {[]Record{yes}, word(Against, SelfAssessed, "EV_ATTEST", "a"), Worse},
		"no after yes of less":            {[]Record{word(For, SelfAssessed, "EV_ATTEST", "a")}, no, Worse},
		"no after yes of another kind":    {[]Record{word(For, Attested, "EV_DOC", "a")}, no, Worse},
		"no after yes from elsewhere":     {[]Record{scoped}, no, Worse},
		"no after what has ended":         {[]Record{old}, no, Worse},
		"no after what is unclear":        {[]Record{yes, word(Unclear, Attested, "EV_ATTEST", "a")}, no, Worse},
		"no again":                        {[]Record{yes, no}, no, ""},
		"no of another requirement":       {[]Record{word(For, Attested, "EV_ATTEST", "b")}, no, ""},
		"no after what was taken back":    {[]Record{back}, no, ""},
		"no of an earlier day":            {[]Record{later}, no, ""},
		"no after a measurement":          {[]Record{measured}, no, ""},
		"unclear after yes":               {[]Record{yes}, word(Unclear, Attested, "EV_ATTEST", "a"), ""},
		"yes after no":                    {[]Record{no}, yes, ""},
		"measured worse":                  {[]Record{measured}, word(Against, Measured, "EV_SAMPLE", "a"), Worse},
		"measured better":                 {[]Record{word(Against, Measured, "EV_SAMPLE", "a")}, measured, Better},
		"measured, of another":            {[]Record{measured}, word(Against, Measured, "EV_SAMPLE", "b"), ""},
		"measured otherwise":              {[]Record{measured}, word(Against, Measured, "EV_CONFIG", "a"), ""},
		"measured against what was said":  {[]Record{yes}, word(Against, Measured, "EV_SAMPLE", "a"), ""},
		"the first that anybody has said": {nil, no, ""},
	} {
		s, changed := shifted(nil, c.before, &c.then, today)
		if s.Direction != c.want || changed != (c.want != "") || changed && (s.Source != c.then.Source || s.Record != c.then.ID) {
			t.Errorf("%s: %q from %s to %s, want %q: %+v", name, s.Direction, s.Was, s.Became, c.want, s)
		}
	}
}

// A review of the log counts until the next one, by the interval that it says, and is asked for in the last third of that.
func TestReviewsCountUntilTheNext(t *testing.T) {
	l := life(t)
	for months, want := range map[int][2]string{0: {"2027-11-28", "2027-09-29"}, 1: {"2026-12-28", "2026-12-18"}, 6: {"2027-05-28", "2027-03-29"}, 24: {"2027-11-28", "2027-09-29"}} {
		n := New{
			Kind: "EV_REVIEW", Source: Attested, Subject: SubjectLogReview, Outcome: For, Observed: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC),
			Detail: Detail{Months: months},
		}
		r, err := n.made(whole(t), l, time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{r.Expires.String(), l.Renew(&r).String()}; got != want {
			t.Errorf("every %d months: ends and is asked for %v, want %v", months, got, want)
		}
	}
}
