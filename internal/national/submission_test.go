// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/followup"
)

// now is the time of these tests: the third quarter has ended.
var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func engine(t testing.TB) *followup.Engine {
	t.Helper()
	return followup.NewEngine(cataloguetest.Load(t))
}

// one makes a sound submission of one municipality, and its key.
func one(t testing.TB, code string) (Submission, Key) {
	t.Helper()
	key, err := NewKey(KeyName(code))
	if err != nil {
		t.Fatal(err)
	}
	s := New(code, Period{2026, 3}, cataloguetest.Load(t).Edition, now.Add(-time.Hour), []followup.Value{
		{Indicator: "INFOKLASS", Definition: 1, Series: followup.Measured, Count: followup.Count{Numerator: 3, Denominator: 10, Unknown: 2}},
		{Indicator: "STARK_AUT_SOC_ALLA", Definition: 1, Series: followup.Attested, Count: followup.Count{Denominator: 1, Unknown: 1}},
	})
	sign(t, &s, key)
	return s, key
}

func sign(t testing.TB, s *Submission, key Key) {
	t.Helper()
	if err := s.Sign(key.Signer); err != nil {
		t.Fatal(err)
	}
}

func verifier(t testing.TB, key Key) note.Verifier {
	t.Helper()
	v, err := note.NewVerifier(key.Verifier)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSubmissionComesBack(t *testing.T) {
	s, key := one(t, "0180")
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(got.Check(cataloguetest.Load(t), now), got.Verify(verifier(t, key))); err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(key.Private + "\n")
	if err != nil || again.Verifier != key.Verifier {
		t.Errorf("the key does not come back: %v", err)
	}
}

// TestEveryFieldIsSigned changes each field of a submission: the signature then no longer holds.
func TestEveryFieldIsSigned(t *testing.T) {
	s, key := one(t, "0180")
	b, _ := s.Encode()
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		t.Fatal(err)
	}
	figures, _ := fields["indicators"].([]any)
	figure, _ := figures[0].(map[string]any)
	change := func(in map[string]any, name string) {
		old := in[name]
		switch v := old.(type) {
		case string:
			in[name] = v + "x"
		case bool:
			in[name] = !v
		case float64:
			in[name] = v + 1
		default:
			return
		}
		b, _ := json.Marshal(fields)
		got, err := Decode(bytes.NewReader(b))
		if err == nil {
			err = got.Verify(verifier(t, key))
		}
		if err == nil {
			t.Errorf("%s can be changed", name)
		}
		in[name] = old
	}
	for name := range fields {
		change(fields, name)
	}
	for name := range figure {
		change(figure, name)
	}
}

// TestBadSubmissions is refused, each with its reason.
func TestBadSubmissions(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *Submission)
		want   error
	}{
		"other schema":           {func(s *Submission) { s.Schema = "insegel.submission/2" }, ErrSchema},
		"unknown municipality":   {func(s *Submission) { s.Municipality = "9999" }, ErrMunicipality},
		"no period":              {func(s *Submission) { s.Period = "2026-Q5" }, ErrPeriod},
		"a period to come":       {func(s *Submission) { s.Period = "2026-Q4" }, ErrFuture},
		"a far year":             {func(s *Submission) { s.Period = "9999" }, ErrFuture},
		"made tomorrow":          {func(s *Submission) { s.Made = "2026-11-29T12:00:00.000Z" }, ErrAhead},
		"made before its end":    {func(s *Submission) { s.Made = "2026-09-29T12:00:00.000Z" }, ErrEarly},
		"made in another form":   {func(s *Submission) { s.Made = "2026-11-28T12:00:00Z" }, ErrMade},
		"unknown catalogue":      {func(s *Submission) { s.Catalogue = "1999.1" }, ErrCatalogue},
		"unknown size":           {func(s *Submission) { s.Size = "huge" }, ErrSize},
		"empty":                  {func(s *Submission) { s.Indicators = nil }, ErrEmpty},
		"unknown indicator":      {func(s *Submission) { s.Indicators[0].Indicator = "NONE" }, ErrIndicator},
		"another definition":     {func(s *Submission) { s.Indicators[0].Definition = 9 }, ErrIndicator},
		"unknown series":         {func(s *Submission) { s.Indicators[0].Series = "guessed" }, ErrIndicator},
		"what is only published": {func(s *Submission) { s.Indicators[0].Indicator = "DIGITALA_TRYGGHETSLARM" }, ErrIndicator},
		"twice":                  {func(s *Submission) { s.Indicators = append(s.Indicators, s.Indicators[0]) }, ErrTwice},
		"negative":               {func(s *Submission) { s.Indicators[0].Numerator = -1 }, ErrNegative},
		"negative unknown":       {func(s *Submission) { s.Indicators[0].Unknown = -1 }, ErrNegative},
		"over 100 %":             {func(s *Submission) { s.Indicators[0].Numerator = 11 }, ErrOver},
		"over with the unknown":  {func(s *Submission) { s.Indicators[0].Numerator = 9 }, ErrOver},
		"so large that it wraps": {func(s *Submission) {
			s.Indicators[0].Numerator, s.Indicators[0].Unknown = 1<<62, 1<<62
		}, ErrOver},
		"of nothing":            {func(s *Submission) { s.Indicators[0] = Figure{"INFOKLASS", 1, "measured", 0, 0, 0} }, ErrImplausible},
		"of too many":           {func(s *Submission) { s.Indicators[0].Denominator = 1 << 40 }, ErrImplausible},
		"two municipalities":    {func(s *Submission) { s.Indicators[1].Denominator = 2 }, ErrImplausible},
		"nothing wrong with it": {func(*Submission) {}, nil},
	} {
		s, _ := one(t, "0180")
		c.change(&s)
		if err := s.Check(cataloguetest.Load(t), now); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// endless gives so many bytes, and counts how many were taken. A client still reads from it while its request is answered.
type endless struct {
	left  int64
	taken atomic.Int64
}

func (e *endless) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), e.left)
	for i := range n {
		b[i] = ' '
	}
	e.left -= n
	e.taken.Add(n)
	return int(n), nil
}

func TestDecodeRefuses(t *testing.T) {
	s, _ := one(t, "0180")
	whole, _ := s.Encode()
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"nothing":          {"", ErrJSON},
		"cut short":        {string(whole[:len(whole)-40]), ErrJSON},
		"two of them":      {string(whole) + string(whole), ErrJSON},
		"another field":    {`{"schema":"insegel.submission/1","system":"x"}`, ErrJSON},
		"a list":           {"[]", ErrJSON},
		"a fraction":       {strings.Replace(string(whole), `"numerator": 3`, `"numerator": 3.5`, 1), ErrJSON},
		"a field twice":    {strings.Replace(string(whole), `"size"`, `"municipality": "0180", "size"`, 1), ErrJSON},
		"other letters":    {strings.Replace(string(whole), `"municipality"`, `"MUNICIPALITY"`, 1), ErrJSON},
		"no shown":         {strings.Replace(string(whole), `"shown": false,`, ``, 1), ErrJSON},
		"null":             {strings.Replace(string(whole), `"shown": false`, `"shown": null`, 1), ErrJSON},
		"a count twice":    {strings.Replace(string(whole), `"numerator": 3`, `"numerator": 9, "numerator": 3`, 1), ErrJSON},
		"no count":         {strings.Replace(string(whole), `"unknown": 2`, `"definition": 1`, 1), ErrJSON},
		"a null figure":    {strings.Replace(string(whole), `"indicators": [`, `"indicators": [null,`, 1), ErrJSON},
		"more than it may": {strings.Repeat(" ", MaxBody) + string(whole), ErrTooLarge},
	} {
		if c.body == string(whole) {
			t.Fatalf("%s: nothing is changed", name)
		}
		if _, err := Decode(strings.NewReader(c.body)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	for change, want := range map[string]string{
		`"numerator": 3|"numerator": 3.5`: "indicators.numerator must be a whole number, written with digits alone",
		`"numerator": 3|"numerator": "3"`: "indicators.numerator must be a whole number, written with digits alone",
		`"numerator": 3|"numerator": NaN`: "at byte ",
		`"shown": false|"shown": "no"`:    "shown must be true or false",
		`"period": "2026-Q3"|"period": 1`: "period must be a text",
		`"size"|"system": "x", "size"`:    `the schema has no field "system"`,
	} {
		old, instead, _ := strings.Cut(change, "|")
		_, err := Decode(strings.NewReader(strings.Replace(string(whole), old, instead, 1)))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "json:") {
			t.Errorf("%s is refused with %v", instead, err)
		}
	}
	huge := &endless{left: 1 << 30}
	if _, err := Decode(huge); !errors.Is(err, ErrTooLarge) || huge.taken.Load() > 2*MaxBody {
		t.Errorf("of a gigabyte %d bytes were read: %v", huge.taken.Load(), err)
	}
}

// FuzzDecode gives anything to the reader: what it takes is sound or told to be wrong, and signs and reads as what it is.
func FuzzDecode(f *testing.F) {
	s, _ := one(f, "0180")
	b, _ := s.Encode()
	f.Add(b)
	f.Add([]byte(`{"schema":"insegel.submission/1","signature":"\n\n— x AAAA"}`))
	f.Add([]byte(`{"indicators":[{"indicator":"A\nB","numerator":9223372036854775807}]}`))
	cat := cataloguetest.Load(f)
	key, err := NewKey("x")
	if err != nil {
		f.Fatal(err)
	}
	v, err := note.NewVerifier(key.Verifier)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		if s.Verify(v) == nil {
			t.Error("signed by a key that nobody had")
		}
		if s.Check(cat, now) == nil {
			for _, x := range s.Indicators {
				if x.Numerator < 0 || x.Numerator > x.Denominator {
					t.Errorf("%+v was taken", x)
				}
			}
		}
	})
}

func TestPeriod(t *testing.T) {
	for text, want := range map[string]Period{"2026": {2026, 0}, "2026-Q3": {2026, 3}} {
		p, err := ParsePeriod(text)
		if err != nil || p != want || p.String() != text {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "26", "2026-Q0", "2026-Q5", "2026-Q", "2026-3", "2013", "20260", "-026", "+026"} {
		if p, err := ParsePeriod(text); err == nil {
			t.Errorf("%q is taken for %v", text, p)
		}
	}
	day := func(s string) civil.Date {
		d, err := civil.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for d, want := range map[string]string{"2026-11-28": "2026-Q3", "2026-01-01": "2025-Q4", "2026-12-31": "2026-Q3", "2026-04-01": "2026-Q1"} {
		if got := LastCompleted(day(d)); got.String() != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
	if p := (Period{2026, 3}); p.Over(day("2026-09-30")) || !p.Over(day("2026-10-01")) || p.Begin() != day("2026-07-01") {
		t.Error("the third quarter has other days")
	}
	if (Period{2026, 0}).Over(day("2026-12-31")) || comparePeriods(Period{2025, 0}, Period{2026, 1}) >= 0 || comparePeriods(Period{2025, 4}, Period{2025, 0}) >= 0 {
		t.Error("years and quarters are in disorder")
	}
}

// TestSimulationIsSteady makes a nation twice, and counts one municipality by a rule-by-rule reading that shares no code with the engine.
func TestSimulationIsSteady(t *testing.T) {
	e := engine(t)
	a, b := NewSimulation(e, 7, 290, 60), NewSimulation(e, 7, 290, 60)
	pa, pb := a.Profile("0180"), b.Profile("0180")
	x, err1 := a.Submission(&pa, Period{2026, 3})
	y, err2 := b.Submission(&pb, Period{2026, 3})
	if err1 != nil || err2 != nil || x.Text() != y.Text() || x.Signature != y.Signature {
		t.Fatalf("the same seed gives two nations: %v %v", err1, err2)
	}
	if z := NewSimulation(e, 8, 290, 60); x.Text() == func() string { p := z.Profile("0180"); s, _ := z.Submission(&p, Period{2026, 3}); return s.Text() }() {
		t.Error("another seed gives the same nation")
	}
	rows := a.Rows(&pa, Period{2026, 3})
	for _, f := range x.Indicators {
		ind, _ := e.Catalogue.Indicator(f.Indicator)
		if ind.Answer == catalogue.AnswerShare {
			if got := byHand(e.Catalogue, ind, rows, f.Series); got != f.Count() {
				t.Errorf("%s: %+v by hand, %+v submitted", f.Name(), got, f.Count())
			}
		}
	}
	if got := NewSimulation(e, 7, 12, 10).Codes(); len(got) != 12 || len(NewSimulation(e, 7, 290, 10).Codes()) != 290 {
		t.Errorf("%d municipalities", len(got))
	}
}

// byHand reads an indicator's rules word by word for each row.
func byHand(c *catalogue.Catalogue, ind *catalogue.Indicator, rows []followup.Row, series string) followup.Count {
	s, _ := followup.ParseSeries(series)
	weigh := func(r *followup.Row, rule string) string {
		all := "yes"
		for _, group := range strings.Split(rule, ";") {
			any := "no"
			for _, word := range strings.Split(group, "|") {
				n, _ := c.IndicatorFact(strings.TrimSpace(word))
				switch {
				case r.Yes[s]>>n&1 == 1:
					any = "yes"
				case r.No[s]>>n&1 == 0 && any == "no":
					any = "unknown"
				}
			}
			if any == "no" || any == "unknown" && all == "yes" {
				all = any
			}
			if any == "no" {
				return "no"
			}
		}
		return all
	}
	var out followup.Count
	for i := range rows {
		r := &rows[i]
		if catalogue.RowKinds[r.Kind] != ind.Of {
			continue
		}
		counted, met := weigh(r, ind.Counted.Source), weigh(r, ind.Met.Source)
		if counted == "no" {
			continue
		}
		out.Denominator += int64(r.N)
		switch {
		case counted == "unknown" || met == "unknown":
			out.Unknown += int64(r.N)
		case met == "yes":
			out.Numerator += int64(r.N)
		}
	}
	return out
}

func civilNow() civil.Date { return civil.Of(now) }
