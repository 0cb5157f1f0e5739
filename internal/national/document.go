// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
)

// document is what an organisation signs and sends: its sums, or what it depends on.
type document interface {
	// about tells whose it is and of which period, and signed is its signature line.
	about() (municipality, period string)
	signed() string
	Text() string
	MadeAt() (time.Time, error)
	Encode() ([]byte, error)
	Check(c *catalogue.Catalogue, now time.Time) error
}

// signature makes the signature line of a signed note over a text.
func signature(text string, key note.Signer) (string, error) {
	b, err := note.Sign(&note.Note{Text: text}, key)
	if err != nil {
		return "", fmt.Errorf("sign submission: %w", err)
	}
	return strings.TrimSuffix(string(b[len(text)+1:]), "\n"), nil
}

// verifySignature checks the signature of a document.
func verifySignature(d document, key note.Verifier) error {
	if strings.Contains(d.signed(), "\n") {
		return ErrSignature
	}
	n, err := note.Open([]byte(d.Text()+"\n"+d.signed()+"\n"), note.VerifierList(key))
	if err != nil || len(n.Sigs) != 1 {
		return ErrSignature
	}
	return nil
}

func digestOf(d document) string {
	sum := sha256.Sum256([]byte(d.Text()))
	return hex.EncodeToString(sum[:])
}

func encode(d document) ([]byte, error) {
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write submission: %w", err)
	}
	return append(b, '\n'), nil
}

// body reads what has come, and never more than MaxBody of it.
func body(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
	if errors.Is(err, ErrTooLarge) {
		return nil, ErrTooLarge
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	if len(b) > MaxBody {
		return nil, ErrTooLarge
	}
	return b, nil
}

// strictly reads one JSON value that has no field that is not known, and nothing after it.
func strictly(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %s", ErrJSON, wrongJSON(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows it", ErrJSON)
	}
	return nil
}

// wrongJSON says what is wrong with JSON to whoever wrote it, who has not seen our types.
func wrongJSON(err error) string {
	var syntax *json.SyntaxError
	var other *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return "it is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	case errors.As(err, &syntax):
		return fmt.Sprintf("at byte %d: %v", syntax.Offset, syntax)
	case errors.As(err, &other) && other.Field == "":
		return "it is not one object"
	case errors.As(err, &other):
		wants := "another sort of value"
		switch other.Type.Kind() { //nolint:exhaustive // the schema has no others
		case reflect.Int, reflect.Int64:
			wants = "a whole number, written with digits alone"
		case reflect.String:
			wants = "a text"
		case reflect.Bool:
			wants = "true or false"
		case reflect.Slice:
			wants = "a list"
		}
		return fmt.Sprintf("%s must be %s", other.Field, wants)
	}
	if name, is := strings.CutPrefix(err.Error(), "json: unknown field "); is {
		return "the schema has no field " + name
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// fieldsOf reads the fields of one object, which has just those that are named.
func fieldsOf(b []byte, names []string) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	out := make(map[string]json.RawMessage, len(names))
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // a name is always a text
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		switch _, twice := out[name]; {
		case !slices.Contains(names, name):
			return nil, fmt.Errorf("the schema has no field %q", name)
		case twice:
			return nil, fmt.Errorf("the field %s stands twice", name)
		case string(value) == "null":
			return nil, fmt.Errorf("the field %s is null", name)
		}
		out[name] = value
	}
	for _, name := range names {
		if _, ok := out[name]; !ok {
			return nil, fmt.Errorf("the field %s is missing", name)
		}
	}
	return out, nil
}

// madeForm is how the time is written. Only this form is taken, so that what is signed has one form.
const madeForm = "2006-01-02T15:04:05.000Z"

func madeAt(text string) (time.Time, error) {
	t, err := time.Parse(madeForm, text)
	if err != nil || t.Format(madeForm) != text {
		return t, ErrMade
	}
	return t, nil
}

// head is what every document says first.
type head struct{ municipality, period, catalogue, made, size string }

// checkHead says what is wrong with whose it is, when it was made and what it was counted by.
func checkHead(h head, c *catalogue.Catalogue, now time.Time) error {
	if _, ok := c.Municipality(h.municipality); !ok {
		return ErrMunicipality
	}
	p, err := ParsePeriod(h.period)
	if err != nil || p.String() != h.period {
		return fmt.Errorf("period: %w", ErrPeriod)
	}
	made, err := madeAt(h.made)
	switch {
	case err != nil:
		return err
	case !p.Over(civil.Of(now)):
		return ErrFuture
	case made.After(now.Add(skew)):
		return ErrAhead
	case civil.Of(made).Before(p.End()):
		return ErrEarly
	case h.catalogue != c.Edition:
		return ErrCatalogue
	case h.size != "" && !slices.Contains(Sizes, h.size):
		return ErrSize
	}
	return nil
}
