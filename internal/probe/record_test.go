// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/probe"
)

// form is the record insegel.probe/1 as programs that read it know it: each field, in its order, and of what kind it is.
const form = `{"schema":"insegel.probe/1","url":"","verdict":"",
"factors":1,"loa":1,"confidence":"","grade":"","weakest_path":1,
"paths":[{"kind":"","idp_host":"","issuer":"","binding":"","signed":true,"sig_alg":"",
  "requested_authn_context":{"comparison":"","classes":[""]},"acr_values":[""],"acr_essential":true,"force_authn":true,"raw_sha256":"","rule":1,"verdict":"","confidence":""}],
"tls":[{"ip":"","version":"","suite":"","alpn":"","chain_sha256":[""],"verify":"","not_after":"","client_certificate":{"asked":"","refused":true,"ca_names":[""]}}],
"hops":[{"n":1,"method":"","url_redacted":"","status":1,"via":"","body_sha256":"","len":1}],
"reasons":[""],"limits":[""],"target":{"ips":[{"ip":"","dnssec":""}]},
"vantage":{"id":"","zone":"","resolver":""},"approval_id":"","started":"","ended":"","version":"","ruleset":"","signature":""}`

// shape is a JSON text with only the kinds of its values: its fields stay, in their order.
func shape(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	d := json.NewDecoder(strings.NewReader(text))
	depth, key := []json.Delim{}, false
	for {
		x, err := d.Token()
		if err != nil {
			return out.String()
		}
		in := len(depth) > 0 && depth[len(depth)-1] == '{'
		switch x := x.(type) {
		case json.Delim:
			if x == '{' || x == '[' {
				depth = append(depth, x)
			} else {
				depth = depth[:len(depth)-1]
			}
			key = len(depth) > 0 && depth[len(depth)-1] == '{'
			out.WriteString(x.String() + "\n")
		case string:
			if in && key {
				fmt.Fprintf(&out, "%s: ", x)
				key = false
				continue
			}
			out.WriteString("text\n")
			key = in
		default:
			fmt.Fprintf(&out, "%T\n", x)
			key = in
		}
	}
}

// whole is a record in which everything is filled.
func whole() *probe.Record {
	n, yes, id := 1, true, "a"
	return &probe.Record{
		Schema: probe.Schema, Factors: &n, LoA: &n, ApprovalID: &id,
		Paths: []probe.Path{{Context: &probe.AuthContext{Classes: []string{""}}, ACRValues: []string{""}, ForceAuthn: &yes}},
		TLS:   []probe.TLS{{Chain: []string{""}, Certificate: probe.CertificateRequest{CANames: []string{""}}}}, Hops: []probe.Hop{{}}, Reasons: []string{""}, Limits: []string{""},
		Target: probe.Target{IPs: []probe.IP{{}}},
	}
}

// TestRecordHasItsForm holds the record against the form that programs read, field by field and in its order.
func TestRecordHasItsForm(t *testing.T) {
	b, err := json.Marshal(whole())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shape(t, form), shape(t, string(b))); diff != "" {
		t.Errorf("the record (-form +record):\n%s", diff)
	}
}

// TestRecordLeavesNothingOut holds that the record of a real run has every field, known or not, and no list that is null.
func TestRecordLeavesNothingOut(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, formHTML)
	}))
	t.Cleanup(s.Close)
	for name, address := range map[string]string{"reached": s.URL, "refused": "http://169.254.169.254/"} {
		b, err := json.Marshal(login(t, options(t, "127.0.0.1"), address))
		if err != nil {
			t.Fatal(err)
		}
		var got, want map[string]json.RawMessage
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(form), &want); err != nil {
			t.Fatal(err)
		}
		for field, kind := range want {
			v, ok := got[field]
			if !ok || bytes.HasPrefix(kind, []byte("[")) && !bytes.HasPrefix(v, []byte("[")) {
				t.Errorf("%s: %s is %s", name, field, v)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d fields, want %d", name, len(got), len(want))
		}
	}
}
