// SPDX-License-Identifier: EUPL-1.2

// Package national puts the figures of many organisations side by side (Swedish: nationell bild): each sends signed sums, one receives them,
// and what is published lets nobody tell what a single municipality that has not agreed to it has answered.
package national

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/followup"
)

// Schema names the form of a submission. Its description is docs/submission.schema.json.
const Schema = "insegel.submission/1"

// MaxBody is how large a submission may be. A full one is a hundredth of it.
const MaxBody = 1 << 20

// mostCounted is more than any municipality has of anything that is counted.
const mostCounted = 1_000_000

// skew is how far ahead of our clock a sender's may go.
const skew = 10 * time.Minute

// Sizes are those that a municipality may say it has, by residents.
var Sizes = []string{"under-10000", "10000-19999", "20000-49999", "50000-99999", "from-100000"}

// Submission is what leaves one organisation: sums, and nothing about any system, supplier or person (Swedish: inlämning).
type Submission struct {
	Schema       string `json:"schema"`
	Municipality string `json:"municipality"`
	Period       string `json:"period"`
	Catalogue    string `json:"catalogue"`
	Made         string `json:"made"` // RFC 3339 in UTC, with milliseconds
	Size         string `json:"size"` // one of Sizes, or empty
	// Shown says that the municipality has agreed to be shown by itself. Else it counts in sums alone.
	Shown      bool     `json:"shown"`
	Indicators []Figure `json:"indicators"`
	// Signature is the signature line of a signed note over Text.
	Signature string `json:"signature"`
}

// Figure is one indicator's value in one series.
type Figure struct {
	Indicator   string `json:"indicator"`
	Definition  int    `json:"definition"`
	Series      string `json:"series"`
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
	Unknown     int64  `json:"unknown"`
}

// Count is the figure as a count.
func (f *Figure) Count() followup.Count {
	return followup.Count{Numerator: f.Numerator, Denominator: f.Denominator, Unknown: f.Unknown}
}

// Name is the figure's series as sums and tables name it. Another definition, and another way of knowing, is another series.
func (f *Figure) Name() string { return SeriesName(f.Indicator, f.Definition, f.Series) }

// SeriesName names one series of an indicator.
func SeriesName(indicator string, definition int, series string) string {
	return fmt.Sprintf("%s.%d.%s", indicator, definition, series)
}

// Why a submission is refused. Each is a reason that is told and logged; nothing of a refused submission is kept.
var (
	ErrTooLarge     = fmt.Errorf("larger than %d bytes", MaxBody)
	ErrJSON         = errors.New("not a submission in JSON")
	ErrSchema       = errors.New("schema: neither " + Schema + " nor " + ConcentrationSchema)
	ErrMunicipality = errors.New("municipality: no municipality has the code")
	ErrFuture       = errors.New("period: it has not ended yet")
	ErrMade         = errors.New("made: not a time in UTC with milliseconds, such as 2026-10-01T02:00:00.000Z")
	ErrAhead        = errors.New("made: later than now")
	ErrEarly        = errors.New("made: before the end of its period")
	ErrCatalogue    = errors.New("catalogue: no such version is known here. Update whichever of the sender's and the receiver's programs is the older, and send it again")
	ErrSize         = errors.New("size: not one of the sizes that the schema lists")
	ErrEmpty        = errors.New("indicators: there are none")
	ErrIndicator    = errors.New("no such indicator, definition and series in the catalogue here. Update whichever of the sender's and the receiver's programs is the older, and send it again")
	ErrTwice        = errors.New("the same series stands twice")
	ErrNegative     = errors.New("a count is negative")
	ErrOver         = errors.New("over 100 %: numerator and unknown together are more than the denominator")
	ErrImplausible  = errors.New("the denominator is not plausible")
	ErrSignature    = errors.New("signature: not made with the municipality's key over what the submission says")
	ErrUnknownKey   = errors.New("signature: no key is registered for the municipality")
	ErrReplayed     = errors.New("replayed: it was replaced by a later one")
	ErrOlder        = errors.New("made: not later than the one that is held for the same period")
)

// Text is what is signed: every field but the signature, one a line, in the order that they stand.
func (s *Submission) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nmunicipality %s\nperiod %s\ncatalogue %s\nmade %s\nsize %s\nshown %t\n",
		s.Schema, s.Municipality, s.Period, s.Catalogue, s.Made, s.Size, s.Shown)
	for i := range s.Indicators {
		f := &s.Indicators[i]
		fmt.Fprintf(&b, "%s %d %s %d %d %d\n", f.Indicator, f.Definition, f.Series, f.Numerator, f.Denominator, f.Unknown)
	}
	return b.String()
}

// Sign signs a submission.
func (s *Submission) Sign(key note.Signer) (err error) {
	s.Signature, err = signature(s.Text(), key)
	return err
}

// Verify checks the signature.
func (s *Submission) Verify(key note.Verifier) error { return verifySignature(s, key) }

// Digest tells submissions apart.
func (s *Submission) Digest() string { return digestOf(s) }

// Encode writes the submission as it leaves.
func (s *Submission) Encode() ([]byte, error) { return encode(s) }

// Decode reads a submission. It never reads more than MaxBody, however much there is, and takes no field that the schema does not have.
func Decode(r io.Reader) (Submission, error) {
	b, err := body(r)
	if err != nil {
		return Submission{}, err
	}
	return decodeSubmission(b)
}

func decodeSubmission(b []byte) (s Submission, err error) {
	if err := strictly(b, &s); err != nil {
		return s, err
	}
	if err := exact(b); err != nil {
		return s, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	return s, nil
}

// The fields of the schema: each is required.
var (
	submissionFields = []string{"schema", "municipality", "period", "catalogue", "made", "size", "shown", "indicators", "signature"}
	figureFields     = []string{"indicator", "definition", "series", "numerator", "denominator", "unknown"}
)

// exact refuses what a lenient reader of JSON lets pass, and another reader would understand in another way: a field that stands twice, is
// missing or null, or is written with other letters.
func exact(b []byte) error {
	all, err := fieldsOf(b, submissionFields)
	if err != nil {
		return err
	}
	var figures []json.RawMessage
	if err := json.Unmarshal(all["indicators"], &figures); err != nil {
		return err
	}
	for i, f := range figures {
		if _, err := fieldsOf(f, figureFields); err != nil {
			return fmt.Errorf("indicators, number %d: %w", i+1, err)
		}
	}
	return nil
}

// MadeAt is when the submission was made.
func (s *Submission) MadeAt() (time.Time, error) { return madeAt(s.Made) }

func (s *Submission) about() (municipality, period string) { return s.Municipality, s.Period }

func (s *Submission) signed() string { return s.Signature }

// Check says what is wrong with a submission that has come, at a time.
func (s *Submission) Check(c *catalogue.Catalogue, now time.Time) error {
	if s.Schema != Schema {
		return ErrSchema
	}
	if err := checkHead(head{s.Municipality, s.Period, s.Catalogue, s.Made, s.Size}, c, now); err != nil {
		return err
	}
	if len(s.Indicators) == 0 {
		return ErrEmpty
	}
	seen := map[string]bool{}
	for i := range s.Indicators {
		f := &s.Indicators[i]
		if seen[f.Name()] {
			return fmt.Errorf("%s: %w", f.Name(), ErrTwice)
		}
		seen[f.Name()] = true
		if err := f.check(c); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	return nil
}

// check says whether a figure can be true.
func (f *Figure) check(c *catalogue.Catalogue) error {
	ind, ok := c.Indicator(f.Indicator)
	_, known := followup.ParseSeries(f.Series)
	switch {
	case !ok || !known || !ind.Computed() || ind.Definition != f.Definition:
		return ErrIndicator
	case f.Numerator < 0 || f.Denominator < 0 || f.Unknown < 0:
		return ErrNegative
	case f.Denominator < 1 || f.Denominator > mostCounted || ind.PerMunicipality() && f.Denominator != 1:
		return ErrImplausible
	case f.Unknown > f.Denominator || f.Numerator > f.Denominator-f.Unknown:
		return ErrOver
	}
	return nil
}

// New makes a submission of an organisation's values.
func New(municipality string, p Period, edition string, now time.Time, values []followup.Value) Submission {
	s := Submission{Schema: Schema, Municipality: municipality, Period: p.String(), Catalogue: edition, Made: now.UTC().Format(madeForm)}
	for _, v := range values {
		s.Indicators = append(s.Indicators, Figure{v.Indicator, v.Definition, v.Series.String(), v.Numerator, v.Denominator, v.Unknown})
	}
	return s
}
