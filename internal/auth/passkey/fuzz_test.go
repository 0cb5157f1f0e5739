// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"strings"
	"testing"
)

// FuzzAnswer gives the readers of what browsers answer anything at all.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`,
		`{"id":"AAAA","rawId":"AAAA","type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":"e30","authenticatorData":"SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ","signature":"AA","userHandle":"AA"}}`,
		`{"id":"AAAA","rawId":"AAAA","type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := readAssertion(text); err == nil {
			if len(text) > maxAnswer || len(a.RawID) == 0 {
				t.Error("an answer without a passkey was read")
			}
			readHandle(a.Response.UserHandle)
		}
		if a, err := readAttestation(text); err == nil && len(a.RawID) == 0 {
			t.Error("a new passkey without an id was read")
		}
	})
}

// FuzzCode reads codes as people type them.
func FuzzCode(f *testing.F) {
	for _, seed := range []string{"", "0000-0000", "oOiIlL", "å", "7Q1N SP2Y CAVD S4R4 FP4M"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code := read(typed)
		if strings.Trim(code, alphabet) != "" || read(write(code)) != code {
			t.Errorf("%q was read as %q", typed, code)
		}
		if org, _, ok := cut(typed); ok && len(org) > len(typed) {
			t.Errorf("%q was cut to %q", typed, org)
		}
	})
}
