// SPDX-License-Identifier: EUPL-1.2

package signin_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/signin"
)

// FuzzRead holds of any text in any form: reading ends, it is the same given whole or in bytes, the sums agree, and no address or account
// that a field holds is kept.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"entra.jsonl", "keycloak.json", "keycloak.log", "adfs.xml", "shibboleth3.log", "shibboleth4.log", "simplesamlphp.log", "broker.csv"} {
		f.Add(file(f, name), "")
	}
	f.Add([]byte(`{"value":[{"createdDateTime":"2026-11-01T07:00:00Z","appDisplayName":"\u0061@b.se"}],"x":1}`), "entra")
	f.Add([]byte(`{"a":"\\\"","b":[[{"c":"}"}]]}{"time":1793523600000,"type":"LOGIN","clientId":"a"}`), "keycloak")
	f.Add([]byte("{\"a\":\"\n{\"createdDateTime\":\"20261101\",\"appDisplayName\":\"a\"}"), "entra")
	f.Add([]byte("tid;system\n\"1\n"), "csv")
	r := rules(f)
	o := options(f)
	broker, err := signin.ParseMapping(file(f, "broker.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte, format string) {
		o := o
		o.Format = format
		if format == "csv" || strings.HasPrefix(string(text), "tid") {
			o.Mapping = broker
		}
		l, err := signin.Read(t.Context(), bytes.NewReader(text), o)
		again, err2 := signin.Read(t.Context(), iotest.HalfReader(bytes.NewReader(text)), o)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("whole %v, in halves %v", err, err2)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(l.Rows, again.Rows); diff != "" {
			t.Fatalf("in halves (-whole +halves):\n%s", diff)
		}
		var sum int64
		for _, x := range l.Rows {
			sum += x.Count
			if strings.ContainsAny(x.Application+x.Path, "\\\n") {
				t.Errorf("kept %+v", x)
			}
		}
		if sum != l.SignIns || l.SignIns+l.Unread > l.Records {
			t.Errorf("rows of %d, sign-ins %d, unread %d, records %d", sum, l.SignIns, l.Unread, l.Records)
		}
		s := r.Summarise(l, 30)
		if s.Total.TwoFactor+s.Total.OneFactor+s.Total.Unknown != s.Total.SignIns || s.Total.Password > s.Total.OneFactor {
			t.Errorf("sums: %+v", s.Total)
		}
	})
}

// FuzzPolicies holds of any export: reading ends, and no application is known to demand two factors without a policy that is on.
func FuzzPolicies(f *testing.F) {
	f.Add(file(f, "policies.json"))
	f.Add([]byte(`[{"state":"enabled","conditions":{"applications":{"includeApplications":["All"]},"users":{"includeUsers":["All"]}},"grantControls":{"builtInControls":["mfa"]}}]`))
	f.Add([]byte(`{"error":{"code":"x"}}`))
	r := rules(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := r.ReadPolicies(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, a := range p.Applications {
			if a.Factors != 0 && (p.Enforced == 0 || a.Policies == 0) {
				t.Errorf("%+v of %+v", a, p)
			}
		}
		if _, err := json.Marshal(p); err != nil {
			t.Error(err)
		}
	})
}

// FuzzMetadata holds of any metadata: reading ends, and a level is declared only by an entity that says what it is.
func FuzzMetadata(f *testing.F) {
	f.Add(file(f, "metadata.xml"))
	f.Add([]byte(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="a"><IDPSSODescriptor/></EntityDescriptor>`))
	f.Add([]byte(`<!DOCTYPE a><a/>`))
	r := rules(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := r.ReadMetadata(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, e := range all {
			if e.LoA != 0 && !e.Service && !e.Provider {
				t.Errorf("%+v", e)
			}
		}
	})
}
