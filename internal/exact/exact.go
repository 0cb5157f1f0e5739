// SPDX-License-Identifier: EUPL-1.2

// Package exact refuses JSON that two programs can read differently (Swedish: entydig JSON): one that checks a text and one that uses it must
// have read the same. The standard library takes the last of two equal names, lets "ISS" stand for "iss", and mends bytes that are no text.
package exact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrAmbiguous says that a text can be read in more than one way.
var ErrAmbiguous = errors.New("the JSON can be read in more than one way")

// level is an object or a list that is being read.
type level struct {
	// names are those that the object has; nil in a list.
	names map[string]bool
	// value says that a name has been read, and its value is next.
	value bool
}

// Check refuses what is not one JSON value, objects in which a name stands twice, with small letters or large, and bytes that are no UTF-8.
func Check(b []byte) error {
	if !utf8.Valid(b) {
		return fmt.Errorf("%w: it is not UTF-8", ErrAmbiguous)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var in []level
	for begun := false; ; begun = true {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && begun && len(in) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
		if begun && len(in) == 0 {
			return fmt.Errorf("%w: something follows it", ErrAmbiguous)
		}
		if in, err = step(in, t); err != nil {
			return err
		}
	}
}

// step reads one part.
func step(in []level, t json.Token) ([]level, error) {
	switch t {
	case json.Delim('}'), json.Delim(']'):
		return in[:len(in)-1], nil
	}
	if n := len(in); n > 0 && in[n-1].names != nil {
		at := &in[n-1]
		if at.value = !at.value; at.value {
			name, _ := t.(string) // the decoder gives nothing else where a name is due
			folded := fold(name)
			if at.names[folded] {
				return nil, fmt.Errorf("%w: the name %q stands twice", ErrAmbiguous, clip(name))
			}
			at.names[folded] = true
			return in, nil
		}
	}
	switch t {
	case json.Delim('{'):
		return append(in, level{names: map[string]bool{}}), nil
	case json.Delim('['):
		return append(in, level{}), nil
	}
	return in, nil
}

// fold gives the same text for names that encoding/json takes for each other.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			least = min(least, o)
		}
		return least
	}, name)
}

func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
