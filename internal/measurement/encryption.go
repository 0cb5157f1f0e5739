// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// versions are the versions of encryption that are asked for; what speaks for encryption has a clear answer to each of them.
var versions = []string{"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}

// tooOld are the versions that are older than the requirement asks for.
var tooOld = versions[:3]

// notTrusted is the fault of a certificate whose issuer the machine that measures does not know.
const notTrusted = "not trusted"

// foundTLS is what a record of encryption says as evidence about a target. What could not be seen clearly speaks for nothing.
func foundTLS(t *Target, rec *probe.TLSRecord, hash string, at time.Time) evidence.New {
	n := evidence.New{
		System: t.System, Path: t.Path, Kind: "EV_TLS", Source: evidence.Measured, Subject: evidence.SubjectTLS, Scope: t.Zone, Observed: at, Hash: hash,
		Outcome: outcomeOf(t, rec), Quality: verdict.Quality(rec.Grade), Expires: certificateEnds(rec, at),
		Detail: evidence.Detail{Covers: hostAndPort(rec), Because: encryptionBecause(t, rec), Limits: rec.Limits},
	}
	return n
}

func hostAndPort(rec *probe.TLSRecord) string {
	return rec.Host + ":" + strconv.Itoa(rec.Port)
}

// outcomeOf weighs a record against what the requirement asks: at least TLS 1.2, and nothing that is insufficient. What is to be phased out
// but is not too old shows nothing in either direction.
func outcomeOf(t *Target, rec *probe.TLSRecord) evidence.Outcome {
	switch q := verdict.Quality(rec.Grade); {
	case len(old(rec)) > 0:
		return evidence.Against
	case q == verdict.Insufficient && !(t.Private && onlyNotTrusted(rec)):
		return evidence.Against
	case (q == verdict.Good || q == verdict.Sufficient) && answered(rec):
		return evidence.For
	}
	return evidence.Unclear
}

// old are the versions that some address takes and that are too old.
func old(rec *probe.TLSRecord) []string {
	var out []string
	for _, v := range tooOld {
		if slices.ContainsFunc(rec.Addresses, func(a probe.TLSAddress) bool { return a.Versions[v] }) {
			out = append(out, v)
		}
	}
	return out
}

// answered reports whether every address that was measured answered clearly of every version.
func answered(rec *probe.TLSRecord) bool {
	for i := range rec.Addresses {
		for _, v := range versions {
			if _, ok := rec.Addresses[i].Versions[v]; !ok {
				return false
			}
		}
	}
	return len(rec.Addresses) > 0
}

// onlyNotTrusted reports whether nothing is insufficient but that the issuer is unknown to the machine that measures. Inside, that says
// something of the machine, and nothing of the host.
func onlyNotTrusted(rec *probe.TLSRecord) bool {
	return !slices.ContainsFunc(weighed(rec), func(a verdict.Aspect) bool {
		return a.Quality == verdict.Insufficient && !(a.Name == "certificate" && a.Value == notTrusted)
	})
}

// weighed are the aspects that count, of all addresses, once each.
func weighed(rec *probe.TLSRecord) []verdict.Aspect {
	var out []verdict.Aspect
	for i := range rec.Addresses {
		for _, a := range rec.Addresses[i].Aspects {
			if a.Counts && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// certificateEnds is the day that a certificate ends, so that what was seen counts no longer than it does; zero when it ended before, or is
// not known.
func certificateEnds(rec *probe.TLSRecord, at time.Time) civil.Date {
	var first civil.Date
	for i := range rec.Addresses {
		end, err := time.Parse(time.RFC3339, rec.Addresses[i].TLS.NotAfter)
		if err != nil || !end.After(at) {
			continue
		}
		if day := civil.Of(end); first.IsZero() || day.Before(first) {
			first = day
		}
	}
	if !first.IsZero() && !civil.Of(at).Before(first) {
		first = civil.Of(at).AddDays(1) // it ends today: tomorrow it counts no longer
	}
	return first
}

// encryptionBecause tells why encryption is as good as it is: the whole, what makes it no better, and what could not be seen.
func encryptionBecause(t *Target, rec *probe.TLSRecord) []evidence.Because {
	q := verdict.Quality(rec.Grade)
	out := []evidence.Because{{
		Key: "measurement.because-tls", Words: map[string]string{"Host": hostAndPort(rec)}, Keys: map[string]string{"Grade": gradeKey(q)},
	}}
	if q == verdict.Unmeasured {
		out[0] = evidence.Because{Key: "measurement.because-tls-unknown", Words: map[string]string{"Host": hostAndPort(rec)}}
	}
	for _, a := range weighed(rec) {
		if a.Quality != q || len(out) > 12 {
			continue
		}
		b := evidence.Because{Key: "measurement.because-tls-" + a.Name, Keys: map[string]string{"Grade": gradeKey(a.Quality)}}
		if a.Name == "certificate" || a.Name == "compression" {
			b.Keys["Value"] = valueKey(&a)
		} else {
			b.Words = map[string]string{"Value": a.Value}
		}
		out = append(out, b)
	}
	if v := old(rec); len(v) > 0 {
		out = append(out, evidence.Because{Key: "measurement.because-tls-old", Words: map[string]string{"Value": strings.Join(v, ", ")}})
	}
	if t.Private && q == verdict.Insufficient && onlyNotTrusted(rec) {
		out = append(out, evidence.Because{Key: "measurement.because-tls-own-issuer"})
	}
	if len(rec.Addresses) > 0 && !answered(rec) {
		out = append(out, evidence.Because{Key: "measurement.because-tls-unclear"})
	}
	return out
}

func gradeKey(q verdict.Quality) string { return "measurement.grade-" + dashed(string(q)) }

// valueKey is the message of an aspect's value that is a word.
func valueKey(a *verdict.Aspect) string { return "measurement.value-" + dashed(a.Value) }

func dashed(s string) string { return strings.NewReplacer("_", "-", " ", "-").Replace(s) }
