// SPDX-License-Identifier: EUPL-1.2

package system_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/system"
)

// number makes a pointer of a figure, as the optional figures of a system are.
func number(n int64) *int64 { return &n }

func day(t *testing.T, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNewKnowsNothing(t *testing.T) {
	s := system.New("Treserva")
	if err := s.Check(); err != nil {
		t.Errorf("a new system is refused: %v", err)
	}
	for name, got := range map[string]string{
		"kind": s.Kind, "hosting": s.Hosting, "state": s.State, "processor agreement": s.ProcessorAgreement,
		"role model": s.RoleModel, "access log": s.AccessLog, "classified last year": s.ClassifiedLastYear,
	} {
		if got != system.Unknown {
			t.Errorf("%s of a new system is %q, want unknown", name, got)
		}
	}
	if s.ID.IsZero() || s.Slug != "treserva" || s.Version != 1 || s.Users != nil {
		t.Errorf("got %+v", s)
	}
}

func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(s *system.System)
		want   error
	}{
		"as new":                   {func(*system.System) {}, nil},
		"no name":                  {func(s *system.System) { s.Name = "" }, system.ErrName},
		"a name of spaces":         {func(s *system.System) { s.Name = " \u00a0\u200b" }, system.ErrName},
		"kind":                     {func(s *system.System) { s.Kind = "toy" }, system.ErrValue},
		"hosting":                  {func(s *system.System) { s.Hosting = "" }, system.ErrValue},
		"state":                    {func(s *system.System) { s.State = "ja" }, system.ErrValue},
		"processor agreement":      {func(s *system.System) { s.ProcessorAgreement = "maybe" }, system.ErrValue},
		"agreement is not needed":  {func(s *system.System) { s.ProcessorAgreement = "not-needed" }, nil},
		"role model is not needed": {func(s *system.System) { s.RoleModel = "not-needed" }, system.ErrValue},
		"access log":               {func(s *system.System) { s.AccessLog = "x" }, system.ErrValue},
		"classified last year":     {func(s *system.System) { s.ClassifiedLastYear = "2025" }, system.ErrValue},
	} {
		t.Run(name, func(t *testing.T) {
			s := system.New("Treserva")
			tc.change(&s)
			if err := s.Check(); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"E-tjänst ekonomiskt bistånd": "e-tjanst-ekonomiskt-bistand",
		"  Åre, Ängar & Öar!  ":       "are-angar-och-oar",
		"CAFÉ Müller":                 "cafe-muller",
		"=HYPERLINK(\"x\")":           "hyperlink-x",
		"../../etc/passwd":            "etc-passwd",
		"日本":                          "system",
		"":                            "system",
		strings.Repeat("a", 70):       strings.Repeat("a", 60),
		strings.Repeat("abcd ", 20):   strings.TrimSuffix(strings.Repeat("abcd-", 12), "-"),
	} {
		if got := system.Slug(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestFreeSlug(t *testing.T) {
	taken := map[string]bool{"a": true, "a-2": true}
	for _, tc := range []struct{ slug, want string }{{"b", "b"}, {"b", "b-2"}, {"a", "a-3"}, {"a", "a-4"}} {
		if got := system.FreeSlug(taken, tc.slug); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.slug, got, tc.want)
		}
	}
}

func TestStatements(t *testing.T) {
	today := day(t, "2026-11-23")
	for name, tc := range map[string]struct {
		change func(s *system.System)
		fact   string
		want   []string
	}{
		"hosting is told":                        {func(s *system.System) { s.Hosting = "cloud-eu" }, "hosting", []string{"cloud-eu"}},
		"unknown hosting is told as unknown":     {func(*system.System) {}, "hosting", []string{system.Unknown}},
		"supplier by name":                       {func(s *system.System) { s.Supplier = "Berg IT" }, "supplier", []string{"yes"}},
		"supplier by id":                         {func(s *system.System) { s.SupplierID = "x" }, "supplier", []string{"yes"}},
		"no supplier and hosting unknown":        {func(*system.System) {}, "supplier", []string{system.Unknown}},
		"no supplier and own hosting":            {func(s *system.System) { s.Hosting = "own" }, "supplier", nil},
		"e-service":                              {func(s *system.System) { s.Kind = "e-service" }, "e_service", []string{"yes"}},
		"not an e-service":                       {func(s *system.System) { s.Kind = "support" }, "e_service", nil},
		"just not large scale":                   {func(s *system.System) { s.DataSubjects = number(5000) }, "large_scale", nil},
		"just large scale":                       {func(s *system.System) { s.DataSubjects = number(5001) }, "large_scale", []string{"yes"}},
		"nobody knows how many":                  {func(*system.System) {}, "large_scale", nil},
		"many users are not data subjects":       {func(s *system.System) { s.Users = number(9999) }, "large_scale", nil},
		"internet login":                         {func(s *system.System) { s.Logins = []system.LoginPath{{Zone: "internal"}, {Zone: "internet"}} }, "open_network", []string{"yes"}},
		"internal login":                         {func(s *system.System) { s.Logins = []system.LoginPath{{Zone: "internal"}, {Zone: system.Unknown}} }, "open_network", nil},
		"two internet logins are told once":      {func(s *system.System) { s.Logins = []system.LoginPath{{Zone: "internet"}, {Zone: "internet"}} }, "open_network", []string{"yes"}},
		"contract ends within 18 months":         {func(s *system.System) { s.ContractEnd = day(t, "2028-05-22") }, "procurement", []string{"yes"}},
		"contract ends in 18 months to the day":  {func(s *system.System) { s.ContractEnd = day(t, "2028-05-23") }, "procurement", nil},
		"no contract":                            {func(*system.System) {}, "procurement", nil},
		"planned":                                {func(s *system.System) { s.State = "planned" }, "procurement", []string{"yes"}},
		"stated beats the hosting field":         {func(s *system.System) { s.Hosting, s.Facts = "own", one("hosting", "cloud-eu") }, "hosting", []string{"cloud-eu"}},
		"stated no beats the number of subjects": {func(s *system.System) { s.DataSubjects, s.Facts = number(1e6), one("large_scale", "no") }, "large_scale", []string{"no"}},
		"stated no beats the contract":           {func(s *system.System) { s.State, s.Facts = "planned", one("procurement", "no") }, "procurement", []string{"no"}},
		"another fact is passed on":              {func(s *system.System) { s.Facts = one("ai", "yes") }, "ai", []string{"yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := system.New("Treserva")
			tc.change(&s)
			var got []string
			for _, st := range s.Statements(today) {
				if st.Fact == tc.fact {
					got = append(got, st.Value)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s is %q, want %q", tc.fact, got, tc.want)
			}
		})
	}
}

func one(fact, value string) []catalogue.Statement {
	return []catalogue.Statement{{Fact: fact, Value: value}}
}

func TestSource(t *testing.T) {
	s := system.New("Treserva")
	s.Information = []information.Held{{Information: information.Information{ID: "i", Name: "Egen"}}}
	got := s.Source(day(t, "2026-11-23"))
	if got.Kind != catalogue.SourceSubject || got.Ref != "treserva" || got.Name.EN != "Treserva" {
		t.Errorf("got %+v", got)
	}
	held := s.Sources(&catalogue.Catalogue{})
	if diff := cmp.Diff([]catalogue.Source{{Kind: catalogue.SourceInformation, Ref: "i", Name: catalogue.Text{SV: "Egen", EN: "Egen"}}}, held); diff != "" {
		t.Error(diff)
	}
}
