// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// two and three are numbers that records have by address.
var two, three = 2, 3

// exampleMeasured are pages that the invented municipality has had measured, with what was found. Nothing of it is fetched.
var exampleMeasured = []struct {
	system, url, zone string
	record            *probe.Record
	tls               *probe.TLSRecord
}{
	{"E-ansökan ekonomiskt bistånd", "https://e-ansokan.norrsjo.example/", measurement.Internet, &probe.Record{
		Verdict: "strong_demanded", Factors: &two, LoA: &three, Confidence: "high", Grade: "E1",
		Paths: []probe.Path{{
			Kind: "saml", IDPHost: "idp.norrsjo.example", Binding: "redirect", Signed: true, Verdict: "strong_demanded", Confidence: "high", Rule: 4,
			Context: &probe.AuthContext{Comparison: "exact", Classes: []string{"http://id.elegnamnden.se/loa/1.0/loa3"}},
		}},
		Reasons:   []string{"Begäran till idp.norrsjo.example kräver exakt http://id.elegnamnden.se/loa/1.0/loa3 och är signerad av systemet, så ingen på vägen kan ta bort kravet."},
		ReasonsEN: []string{"The request to idp.norrsjo.example demands exactly http://id.elegnamnden.se/loa/1.0/loa3 and is signed by the system, so nobody on the way can take the demand away."},
		Limits:    []string{"not_shown_to_be_enforced", "other_ways_unseen"},
		Hops:      []probe.Hop{{Method: "GET", URL: "https://e-ansokan.norrsjo.example/", Status: 302}},
	}, nil},
	{"Elevregistret", "https://elevregistret.norrsjo.example/login", measurement.LAN, &probe.Record{
		Verdict: "password_only", Confidence: "medium", Grade: "E1", Paths: []probe.Path{{Kind: "form", Verdict: "password_only", Confidence: "medium", Rule: 16}},
		Reasons: []string{"Sidan tar emot lösenord och erbjuder inget annat."}, ReasonsEN: []string{"The page takes a password and offers nothing else."}, Limits: []string{"second_step_unseen"},
		Hops: []probe.Hop{{Method: "GET", URL: "https://elevregistret.norrsjo.example/login", Status: 200}},
	}, nil},
	{"Lön och personal", "https://lon.norrsjo.example/", measurement.LAN, nil, nil},
	{"E-ansökan ekonomiskt bistånd", "https://e-ansokan.norrsjo.example/", measurement.Internet, nil, encrypted("e-ansokan.norrsjo.example", verdict.Sufficient, false)},
	{"Elevregistret", "https://elevregistret.norrsjo.example/", measurement.LAN, nil, encrypted("elevregistret.norrsjo.example", verdict.PhaseOut, true)},
}

// exampleSignIns are how people signed in to the case system, by what they showed and through what: how many on each day.
var exampleSignIns = []struct {
	requirement, method, client string
	perDay                      int
}{
	{"multiFactorAuthentication", "Previously satisfied", "Browser", 409},
	{"singleFactorAuthentication", "Password", "Mobile Apps and Desktop clients", 7},
}

// encrypted is what a measurement of encryption found: TLS 1.2 and 1.3, and at an old server also TLS 1.0.
func encrypted(host string, grade verdict.Quality, old bool) *probe.TLSRecord {
	hsts := 365
	a := probe.TLSAddress{
		IP: "192.0.2.10", Grade: string(grade), HSTSDays: &hsts,
		Versions: map[string]bool{"SSL 3.0": false, "TLS 1.0": old, "TLS 1.1": false, "TLS 1.2": true, "TLS 1.3": true},
		Families: map[string]bool{"ecdhe-aead": true},
		Aspects: []verdict.Aspect{
			{Name: "version", Value: "TLS 1.2", Quality: verdict.Sufficient, Counts: true},
			{Name: "version", Value: "TLS 1.3", Quality: verdict.Good, Counts: true},
			{Name: "family", Value: "ecdhe-aead", Quality: verdict.Good, Counts: true},
			{Name: "key", Value: "RSA 3072", Quality: verdict.Good, Counts: true},
			{Name: "certificate", Value: "ok", Quality: verdict.Good, Counts: true},
			{Name: "hsts", Value: "365 days", Quality: verdict.Good},
		},
	}
	if old {
		a.Aspects = append([]verdict.Aspect{{Name: "version", Value: "TLS 1.0", Quality: verdict.PhaseOut, Counts: true}}, a.Aspects...)
	}
	return &probe.TLSRecord{Host: host, Port: 443, Grade: string(grade), Addresses: []probe.TLSAddress{a}, Limits: []string{}}
}

// measured puts measurements and a log of sign-ins in the example. Each step can be done again.
func (a *App) measured(ctx context.Context, actor access.Actor, names map[string]string) error {
	for _, x := range exampleMeasured {
		id, ok := names[locale.Fold(x.system)]
		if !ok {
			return fmt.Errorf("measured is %q, which the list does not have", x.system)
		}
		var found *child.Found
		kind := measurement.Login
		switch {
		case x.record != nil:
			mine := *x.record
			found = &child.Found{Login: &mine}
		case x.tls != nil:
			mine := *x.tls
			found, kind = &child.Found{TLS: &mine}, measurement.Encryption
		}
		t := measurement.Target{Kind: kind, System: ids.ID[system.System](id), URL: x.url, Zone: x.zone, Private: x.zone == measurement.LAN}
		if err := measurement.Invent(ctx, a.Measurements, actor, t, found); err != nil {
			return fmt.Errorf("%s: %w", x.system, err)
		}
	}
	seen, err := a.Measurements.SignInLogs(ctx, actor)
	if err != nil || len(seen.Imports) > 0 {
		return err
	}
	in, out := io.Pipe()
	go func() { _ = out.CloseWithError(writeSignIns(out, a.DB.Now())) }() // the reader is told
	taken, err := a.Measurements.TakeLog(ctx, actor, in, measurement.LogFile{})
	if err != nil {
		return err
	}
	if err := a.mark(ctx, actor, madeSignIns, taken.ID.String()); err != nil {
		return err
	}
	return a.Measurements.Match(ctx, actor, measurement.KindLog, "Biståndsakten", names[locale.Fold("Biståndsakten")], "")
}

// writeSignIns writes a log of the last thirty days as Entra would, with nobody in it.
func writeSignIns(w io.Writer, now time.Time) error {
	enc := json.NewEncoder(w)
	for day := range 30 {
		at := now.AddDate(0, 0, -1-day).UTC().Format(time.RFC3339)
		for _, x := range exampleSignIns {
			record := map[string]any{
				"createdDateTime": at, "appDisplayName": "Biståndsakten", "clientAppUsed": x.client, "authenticationRequirement": x.requirement,
				"status": map[string]int{"errorCode": 0}, "authenticationDetails": []map[string]any{{"authenticationMethod": x.method, "succeeded": true}},
			}
			for range x.perDay {
				if err := enc.Encode(record); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
