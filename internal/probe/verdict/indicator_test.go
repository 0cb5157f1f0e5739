// SPDX-License-Identifier: EUPL-1.2

package verdict_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/probe/verdict"
)

func indicator(t testing.TB) *verdict.Indicator {
	t.Helper()
	x, err := verdict.LoadIndicator(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestIndicator holds each row from verdict to indicator: in the measured series, in the attested one, and against the stricter target.
func TestIndicator(t *testing.T) {
	const m, n, u = verdict.Met, verdict.NotMet, verdict.NotShown
	for name, c := range map[string]struct {
		way                      verdict.Way
		measured, attested, loa3 verdict.Status
	}{
		"certificate refused":                 {verdict.Way{Verdict: verdict.ClientCertificate, Refused: true, Grade: verdict.Seen}, m, m, u},
		"certificate refused, level 3":        {verdict.Way{Verdict: verdict.ClientCertificate, Refused: true, LoA: 3}, m, m, m},
		"certificate refused, level 2":        {verdict.Way{Verdict: verdict.ClientCertificate, Refused: true, LoA: 2}, m, m, n},
		"certificate not seen refused":        {verdict.Way{Verdict: verdict.ClientCertificate}, u, u, u},
		"demand seen (E1)":                    {verdict.Way{Verdict: verdict.StrongDemanded, Grade: verdict.Seen, LoA: 3}, u, u, u},
		"demand by metadata (E2)":             {verdict.Way{Verdict: verdict.StrongDemanded, Grade: verdict.Metadata, LoA: 3}, u, u, u},
		"demand tested (E3)":                  {verdict.Way{Verdict: verdict.StrongDemanded, Grade: verdict.Tested, LoA: 3}, m, m, m},
		"demand tested, two factors":          {verdict.Way{Verdict: verdict.StrongDemanded, Grade: verdict.Tested}, m, m, u},
		"demand attested (E4)":                {verdict.Way{Verdict: verdict.StrongDemanded, Grade: verdict.Attested, LoA: 3}, u, m, u},
		"offered":                             {verdict.Way{Verdict: verdict.StrongOffered, Grade: verdict.Seen}, n, n, n},
		"offered, tested":                     {verdict.Way{Verdict: verdict.StrongOffered, Grade: verdict.Tested}, n, n, n},
		"password":                            {verdict.Way{Verdict: verdict.PasswordOnly, Grade: verdict.Seen}, n, n, n},
		"unknown":                             {verdict.Way{Verdict: verdict.Unknown, Grade: verdict.Seen}, u, u, u},
		"unknown, attested":                   {verdict.Way{Verdict: verdict.Unknown, Grade: verdict.Attested}, u, u, u},
		"unknown, log of two factors":         {verdict.Way{Verdict: verdict.Unknown, Logged: true, LogFactors: 2}, m, m, u},
		"unknown, log of level 3":             {verdict.Way{Verdict: verdict.Unknown, Logged: true, LogFactors: 2, LogLoA: 3}, m, m, m},
		"offered, log of two factors":         {verdict.Way{Verdict: verdict.StrongOffered, Logged: true, LogFactors: 2, LogLoA: 3}, m, m, m},
		"demand tested, log with passwords":   {verdict.Way{Verdict: verdict.StrongDemanded, Grade: verdict.Tested, Logged: true, LogFactors: 1}, n, n, n},
		"certificate refused, log: passwords": {verdict.Way{Verdict: verdict.ClientCertificate, Refused: true, LoA: 3, Logged: true, LogFactors: 1}, n, n, n},
		"log that does not say":               {verdict.Way{Verdict: verdict.Unknown, Logged: true}, u, u, u},
		"unknown, policy":                     {verdict.Way{Verdict: verdict.Unknown, PolicyFactors: 2}, m, m, u},
		"unknown, policy of level 3":          {verdict.Way{Verdict: verdict.Unknown, PolicyFactors: 2, PolicyLoA: 3}, m, m, m},
		"offered, policy":                     {verdict.Way{Verdict: verdict.StrongOffered, PolicyFactors: 2}, m, m, u},
		"password beside a policy":            {verdict.Way{Verdict: verdict.PasswordOnly, PolicyFactors: 2, PolicyLoA: 3}, n, n, n},
		"password page, log of two factors":   {verdict.Way{Verdict: verdict.PasswordOnly, Logged: true, LogFactors: 2}, m, m, u},
		"policy of one factor":                {verdict.Way{Verdict: verdict.Unknown, PolicyFactors: 1}, u, u, u},
		"nothing":                             {verdict.Way{}, u, u, u},
		"disputed beside nothing":             {verdict.Way{Disputed: true}, u, u, u},
		"disputed beside a log":               {verdict.Way{Logged: true, LogFactors: 2, LogLoA: 3, Disputed: true}, u, u, u},
		"disputed beside a refusal":           {verdict.Way{Verdict: verdict.ClientCertificate, Refused: true, LoA: 3, Disputed: true}, u, u, u},
		"disputed beside a test":              {verdict.Way{Verdict: verdict.StrongDemanded, Grade: verdict.Tested, LoA: 3, Disputed: true}, u, u, u},
		"disputed beside a password":          {verdict.Way{Verdict: verdict.PasswordOnly, Disputed: true}, n, n, n},
		"disputed beside what is offered":     {verdict.Way{Verdict: verdict.StrongOffered, Disputed: true}, n, n, n},
		"disputed beside level 2":             {verdict.Way{Verdict: verdict.ClientCertificate, Refused: true, LoA: 2, Disputed: true}, u, u, n},
	} {
		t.Run(name, func(t *testing.T) {
			x := indicator(t)
			measured, reason := x.Way(c.way, verdict.TwoFactors, verdict.SeriesMeasured)
			attested, _ := x.Way(c.way, verdict.TwoFactors, verdict.SeriesAttested)
			loa3, _ := x.Way(c.way, verdict.LoA3, verdict.SeriesMeasured)
			if measured != c.measured || attested != c.attested || loa3 != c.loa3 || reason.SV == "" || reason.EN == "" {
				t.Errorf("got measured %s, attested %s, loa 3 %s, want %s, %s, %s", measured, attested, loa3, c.measured, c.attested, c.loa3)
			}
		})
	}
}

func TestSystemIsItsWeakestWay(t *testing.T) {
	met := verdict.Way{Who: verdict.Staff, Verdict: verdict.ClientCertificate, Refused: true}
	not := verdict.Way{Who: verdict.Residents, Verdict: verdict.PasswordOnly}
	dark := verdict.Way{Who: verdict.Staff, Verdict: verdict.Unknown}
	for name, c := range map[string]struct {
		ways    []verdict.Way
		options verdict.SystemOptions
		want    verdict.Status
		weakest int
	}{
		"none":                       {nil, verdict.SystemOptions{}, verdict.NotShown, -1},
		"all met":                    {[]verdict.Way{met, met}, verdict.SystemOptions{}, verdict.Met, 0},
		"one not shown":              {[]verdict.Way{met, dark}, verdict.SystemOptions{}, verdict.NotShown, 1},
		"one not met":                {[]verdict.Way{dark, met, not}, verdict.SystemOptions{}, verdict.NotMet, 2},
		"health care, staff alone":   {[]verdict.Way{not, met}, verdict.SystemOptions{HealthCare: true}, verdict.Met, 1},
		"health care, nobody staff":  {[]verdict.Way{not}, verdict.SystemOptions{HealthCare: true}, verdict.NotShown, -1},
		"list known to be complete":  {[]verdict.Way{met}, verdict.SystemOptions{AllKnown: true}, verdict.Met, 0},
		"all but one of them at loa": {[]verdict.Way{met, dark, not}, verdict.SystemOptions{}, verdict.NotMet, 2},
	} {
		got := indicator(t).System(c.ways, verdict.TwoFactors, verdict.SeriesMeasured, c.options)
		if got.Status != c.want || got.Weakest != c.weakest || got.AllKnown != c.options.AllKnown {
			t.Errorf("%s: got %+v, want %s by way %d", name, got, c.want, c.weakest)
		}
	}
}

func TestMunicipality(t *testing.T) {
	const m, n, u = verdict.Met, verdict.NotMet, verdict.NotShown
	for name, c := range map[string]struct {
		systems []verdict.Status
		want    verdict.Answer
	}{
		"every one met":        {[]verdict.Status{m, m}, verdict.Yes},
		"none met":             {[]verdict.Status{n, n}, verdict.No},
		"one known, none met":  {[]verdict.Status{n, u}, verdict.No},
		"some met, some not":   {[]verdict.Status{m, n}, verdict.Partly},
		"some of each":         {[]verdict.Status{m, n, u}, verdict.Partly},
		"met and not shown":    {[]verdict.Status{m, u}, verdict.NotKnown},
		"nothing shown":        {[]verdict.Status{u, u}, verdict.NotKnown},
		"no systems":           {nil, verdict.NotKnown},
		"one of many is known": {[]verdict.Status{u, u, u, m}, verdict.NotKnown},
	} {
		if got := verdict.Municipality(c.systems); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// More that is unknown never makes an answer better, and no municipality is Ja with anything unknown.
func TestUnknownNeverHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		systems := rapid.SliceOf(rapid.SampledFrom([]verdict.Status{verdict.Met, verdict.NotMet, verdict.NotShown})).Draw(t, "systems")
		before, after := verdict.Municipality(systems), verdict.Municipality(append(systems, verdict.NotShown))
		if after == verdict.Yes || before != verdict.Yes && before != after {
			t.Fatalf("%v: %s became %s", systems, before, after)
		}
	})
}
