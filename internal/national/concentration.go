// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/system"
)

// ConcentrationSchema names the form of what a municipality depends on. Its description is docs/concentration.schema.json.
const ConcentrationSchema = "insegel.concentration/1"

// Concentration is which suppliers and kinds of systems one municipality depends on (Swedish: beroenden): those that it has in use with
// personal data, or that are critical. It is agreed to apart from the sums, names no system, and is never shown but as counts of many.
type Concentration struct {
	Schema       string `json:"schema"`
	Municipality string `json:"municipality"`
	Period       string `json:"period"`
	Catalogue    string `json:"catalogue"`
	Made         string `json:"made"` // RFC 3339 in UTC, with milliseconds
	Size         string `json:"size"` // one of Sizes, or empty
	// Suppliers are the organisation numbers as ten digits, in order, each once. That of a sole trader is never among them.
	Suppliers []string `json:"suppliers"`
	// Kinds are kinds of systems out of DependenceKinds, in order, each once.
	Kinds []string `json:"kinds"`
	// SoleTraders and Unnumbered count the suppliers that were left out: those whose number is or may be that of a person, and those
	// without a number that can be read.
	SoleTraders int64 `json:"sole_traders"`
	Unnumbered  int64 `json:"unnumbered"`
	// Signature is the signature line of a signed note over Text.
	Signature string `json:"signature"`
}

// mostSuppliers is more than any municipality depends on.
const mostSuppliers = 2000

// Why what a municipality depends on is refused, beside what a submission is refused for. None tells a number that may be a person's.
var (
	ErrNothing       = errors.New("neither suppliers nor kinds of systems are named")
	ErrSupplier      = errors.New("suppliers: not the ten digits of an organisation number")
	ErrPerson        = errors.New("suppliers: a number is or may be that of a person, and must never be sent")
	ErrKind          = errors.New("kinds: no such kind of systems is known here")
	ErrOrder         = errors.New("not in order, or the same stands twice")
	ErrManySuppliers = fmt.Errorf("suppliers: more than the %d that are plausible", mostSuppliers)
)

// Numbered is what the number of a supplier says that it is.
type Numbered int

// What a number can be of. What may be a person's is taken for a person's.
const (
	OfNobody Numbered = iota
	OfPerson
	OfOrganisation
)

// longForm is an organisation number with the century's place before it, as some registers write it.
const (
	shortForm = 10
	longForm  = 12
)

// ReadNumber reads an organisation number as people write it, and gives its ten digits. A personal identity number and a co-ordination
// number have a month where an organisation number has at least 20. Those of estates of the deceased, of partnerships without a name of
// their own, and those that the tax authority lends to persons, are of people too.
func ReadNumber(text string) (string, Numbered) {
	digits := strings.ToUpper(strings.NewReplacer(" ", "", "\u00a0", "", "-", "", "+", "", "\u2013", "", ".", "").Replace(text))
	if rest, vat := strings.CutPrefix(digits, "SE"); vat {
		digits = rest
		if len(digits) == longForm {
			digits = strings.TrimSuffix(digits, "01")
		}
	}
	if strings.Trim(digits, "0123456789") != "" {
		return "", OfNobody
	}
	if len(digits) == longForm {
		switch {
		case digits[:2] == "16":
			digits = digits[2:]
		case digits[:2] == "18", digits[:2] == "19", digits[:2] == "20":
			return "", OfPerson
		}
	}
	switch {
	case len(digits) != shortForm:
		return "", OfNobody
	case digits[2] < '2', digits[0] == '1', digits[0] == '6', strings.HasPrefix(digits, "302"):
		return "", OfPerson
	case !strings.ContainsRune("235789", rune(digits[0])) || !checks(digits):
		return "", OfNobody
	}
	return digits, OfOrganisation
}

// checks reports whether the last digit is the check digit of the others.
func checks(digits string) bool {
	sum := 0
	for i := range len(digits) {
		n := int(digits[i] - '0')
		if i%2 == 0 {
			n = n*2/10 + n*2%10
		}
		sum += n
	}
	return sum%10 == 0
}

// DependenceKinds are the kinds of systems that can be depended on, in order: those of the register, each by itself and in each of the
// catalogue's areas.
func DependenceKinds(c *catalogue.Catalogue) []string {
	var out []string
	area, _ := c.Vocabulary.Fact("area")
	for _, kind := range system.Kinds {
		if kind == system.Unknown {
			continue
		}
		out = append(out, kind)
		if area == nil {
			continue
		}
		for _, a := range area.Values {
			out = append(out, kind+"/"+a)
		}
	}
	slices.Sort(out)
	return out
}

// Text is what is signed: every field but the signature, one a line, in the order that they stand.
func (x *Concentration) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nmunicipality %s\nperiod %s\ncatalogue %s\nmade %s\nsize %s\n",
		x.Schema, x.Municipality, x.Period, x.Catalogue, x.Made, x.Size)
	for _, s := range x.Suppliers {
		fmt.Fprintf(&b, "supplier %s\n", s)
	}
	for _, k := range x.Kinds {
		fmt.Fprintf(&b, "kind %s\n", k)
	}
	fmt.Fprintf(&b, "sole-traders %d\nunnumbered %d\n", x.SoleTraders, x.Unnumbered)
	return b.String()
}

// Sign signs it.
func (x *Concentration) Sign(key note.Signer) (err error) {
	x.Signature, err = signature(x.Text(), key)
	return err
}

// Verify checks the signature.
func (x *Concentration) Verify(key note.Verifier) error { return verifySignature(x, key) }

// Digest tells them apart.
func (x *Concentration) Digest() string { return digestOf(x) }

// Encode writes it as it leaves.
func (x *Concentration) Encode() ([]byte, error) { return encode(x) }

// MadeAt is when it was made.
func (x *Concentration) MadeAt() (time.Time, error) { return madeAt(x.Made) }

func (x *Concentration) about() (municipality, period string) { return x.Municipality, x.Period }

func (x *Concentration) signed() string { return x.Signature }

// concentrationFields are the fields of the schema: each is required.
var concentrationFields = []string{
	"schema", "municipality", "period", "catalogue", "made", "size", "suppliers", "kinds", "sole_traders", "unnumbered", "signature",
}

// DecodeConcentration reads what a municipality depends on, as strictly as a submission is read.
func DecodeConcentration(r io.Reader) (Concentration, error) {
	b, err := body(r)
	if err != nil {
		return Concentration{}, err
	}
	return decodeConcentration(b)
}

func decodeConcentration(b []byte) (x Concentration, err error) {
	if err := strictly(b, &x); err != nil {
		return x, err
	}
	if _, err := fieldsOf(b, concentrationFields); err != nil {
		return x, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	return x, nil
}

// Read reads whichever of the two forms has come, by what it says that it is.
func Read(name string, r io.Reader) Incoming {
	b, err := body(r)
	out := Incoming{Name: name, Err: err}
	if err != nil {
		return out
	}
	var says struct {
		Schema string `json:"schema"`
	}
	if json.NewDecoder(bytes.NewReader(b)).Decode(&says) == nil && says.Schema == ConcentrationSchema {
		x, err := decodeConcentration(b)
		out.Concentration, out.Err = &x, err
		return out
	}
	out.Submission, out.Err = decodeSubmission(b)
	return out
}

// Check says what is wrong with what has come, at a time.
func (x *Concentration) Check(c *catalogue.Catalogue, now time.Time) error {
	if x.Schema != ConcentrationSchema {
		return ErrSchema
	}
	if err := checkHead(head{x.Municipality, x.Period, x.Catalogue, x.Made, x.Size}, c, now); err != nil {
		return err
	}
	switch {
	case len(x.Suppliers)+len(x.Kinds) == 0:
		return ErrNothing
	case len(x.Suppliers) > mostSuppliers:
		return ErrManySuppliers
	case x.SoleTraders < 0 || x.Unnumbered < 0:
		return ErrNegative
	case x.SoleTraders > mostSuppliers || x.Unnumbered > mostSuppliers:
		return fmt.Errorf("suppliers that were left out: %w", ErrManySuppliers)
	}
	return x.checkLists(c)
}

// checkLists says what is wrong with what is named. A number that may be a person's is told before anything that would tell the number.
func (x *Concentration) checkLists(c *catalogue.Catalogue) error {
	for _, s := range x.Suppliers {
		switch digits, of := ReadNumber(s); {
		case of == OfPerson:
			return ErrPerson
		case of == OfNobody || digits != s:
			return ErrSupplier
		}
	}
	known := DependenceKinds(c)
	for _, k := range x.Kinds {
		if _, ok := slices.BinarySearch(known, k); !ok {
			return ErrKind
		}
	}
	if !rising(x.Suppliers) || !rising(x.Kinds) {
		return ErrOrder
	}
	return nil
}

// rising reports whether a list is in order without anything twice.
func rising(list []string) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}

// These name what is depended on, in figures, cells and open data: a sort and what of it.
const (
	dependedSupplier = "supplier"
	dependedKind     = "kind"
	// leftOut is the suppliers that were left out, of all that a municipality depends on.
	leftOut = "left-out"
)

// registered is how it is known what a municipality depends on: by what its own register says.
const registered = "registered"

// subjects are what the municipality depends on, by the names that figures have.
func (x *Concentration) subjects() []string {
	out := make([]string, 0, len(x.Suppliers)+len(x.Kinds))
	for _, s := range x.Suppliers {
		out = append(out, dependedSupplier+" "+s)
	}
	for _, k := range x.Kinds {
		out = append(out, dependedKind+" "+k)
	}
	return out
}
