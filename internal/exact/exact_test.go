// SPDX-License-Identifier: EUPL-1.2

package exact

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, `[]`: true, `1`: true, `"a"`: true, `null`: true, ` {"a":1,"b":[{"a":1},{"a":2}],"c":{"a":{"a":3}}} `: true,
		`{"a":[1,"a","a",{"b":[]}],"d":"a","b":"a"}`: true, `{"":1," ":2}`: true, `[{},{}]`: true, `{"a":{},"b":{}}`: true,
		`{"a":1,"a":2}`: false, `{"a":1,"b":{"c":1,"c":1}}`: false, `[{"a":{},"a":[]}]`: false, `{"a":{"b":1},"a":1}`: false,
		`{"iss":"x","ISS":"y"}`: false, `{"iss":"x","Iss":"y"}`: false, `{"key":1,"` + "\u212a" + `ey":2}`: false, `{"iss":1,"i` + "\u017f" + `s":2}`: false,
		`{"a":1,"\u0061":2}`: false, `{"å":1,"Å":2}`: false, `{"a":{},"b":1,"a":1}`: false,
		`{"a":1}{"a":2}`: false, `{} []`: false, `1 2`: false, `{"a":1} x`: false, "{\"a\":\"\xff\"}": false, "{\"\xc0\xaf\":1}": false,
		``: false, `{`: false, `{"a"}`: false, `{"a":1,}`: false, `[1,]`: false, `{"a":1]`: false, "\ufeff{}": false,
	} {
		if err := Check([]byte(text)); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := Check([]byte(`{"a":1,"A":2}`)); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("got %v", err)
	}
	if err := Check([]byte(`{"` + strings.Repeat("x", 1e5) + `":1,"` + strings.Repeat("x", 1e5) + `":1}`)); err == nil || len(err.Error()) > 500 {
		t.Errorf("a long name is told whole: %d", len(err.Error()))
	}
}

// FuzzCheck demands that what is let through is read alike by a map, which takes names exactly, and by a type, which does not.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{`{"iss":"a","acr":["b"]}`, `{"iss":"a","ISS":"b"}`, `{"iss":"a","iss":"b"}`, `{"a":{"iss":1}}`, `[1]`, `{"i` + "\u017f" + `s":"c"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if Check(b) != nil {
			return
		}
		if !json.Valid(b) {
			t.Fatalf("%q is no JSON", b)
		}
		var exactly map[string]json.RawMessage
		var loosely struct {
			Iss json.RawMessage `json:"iss"`
		}
		if json.Unmarshal(b, &exactly) != nil || json.Unmarshal(b, &loosely) != nil {
			return
		}
		if v, ok := exactly["iss"]; ok && string(v) != string(loosely.Iss) {
			t.Fatalf("%q: iss is %s and %s", b, v, loosely.Iss)
		}
	})
}
