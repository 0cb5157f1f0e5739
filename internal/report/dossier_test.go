// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/document/documenttest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
)

// dossier1 is what the tests read of a dossier.
type dossier1 struct {
	Weaknesses bool
	Secrecy    string
	Systems    []struct {
		System, Status string
		Tally          *struct{ Applies int }
		Fields         []struct {
			ID, Label, Value, Source, Path string
			MustWrite                      bool `json:"must_write"`
		}
		Unwritten    int
		Shown        []struct{ Shown, Count any }
		Requirements []struct {
			Requirement, Shown, Path string
			Evidence                 []struct {
				KnownBy           string `json:"known_by"`
				Kind, Title       string
				Outcome, On, Path string
				ValidUntil        string `json:"valid_until"`
				Strength          *int
				Old, Weak         bool
			}
		}
		Withheld struct{ Requirements, Rows, Risks int }
		Rows     []struct{ Is string }
		Risks    []struct{ Name, Path string }
		Levels   []struct{ Count int } `json:"risk_levels"`
	}
}

// The two requirements that the test has evidence about: one is shown to be met, the other not.
const (
	shownMet = "kryptering-trafik-tls"
	shownNot = "behorighet-rollbeskrivningar"
)

// proven is a town with evidence about the decided system, for one requirement and against another, and with a risk.
func proven(t *testing.T) *town {
	t.Helper()
	w := accounting(t)
	req := w.reports.Requirements
	life, err := evidence.LoadLife(data.Files)
	check(t, err)
	indicator, err := verdict.LoadIndicator(data.Files)
	check(t, err)
	req.Proof, err = requirement.LoadProof(data.Files, req.Engine.Catalogue, indicator, life)
	check(t, err)
	s := &evidence.Service{DB: w.db, Catalogue: req.Engine.Catalogue, Life: life, Indicator: indicator}
	id := w.view(decidedName).System.ID
	for _, n := range []evidence.New{
		{Kind: "EV_TLS", Source: evidence.Measured, Subject: evidence.SubjectTLS, Outcome: evidence.For, Detail: evidence.Detail{Title: "Mätning av trafiken", Because: evidence.Told([]string{"Bara nya versioner"}, nil)}},
		{Kind: "EV_DOC", Source: evidence.Attested, Subject: evidence.SubjectRoleModel, Outcome: evidence.Against, Detail: evidence.Detail{Title: "Roller som saknas", Signer: "Systemägaren"}},
	} {
		n.System, n.Observed = id, today.Add(-24*time.Hour)
		_, err := s.Record(t.Context(), w.actor, n)
		check(t, err)
	}
	_, err = w.reports.Risks.Save(t.Context(), w.actor, w.slug[decidedName], risk.Risk{Name: "Handläggaren läser för mycket", Likelihood: 3}, w.texts.In("sv"))
	check(t, err)
	return w
}

// dossier reads a dossier as a program does.
func (w *town) dossier(name string, weak bool) dossier1 {
	w.t.Helper()
	var out dossier1
	check(w.t, json.Unmarshal([]byte(w.account(report.Request{Kind: report.Dossier, Format: document.JSON, System: w.slug[name], Weaknesses: weak})), &out))
	if len(out.Systems) != 1 {
		w.t.Fatalf("the dossier is of %d systems", len(out.Systems))
	}
	return out
}

// TestDossierTellsWhatShows holds the dossier against what is judged: each requirement with its evidence, its source, strength and days.
// What is weak is counted, and named only when it is asked for.
func TestDossierTellsWhatShows(t *testing.T) {
	w := proven(t)
	weak, without := w.dossier(decidedName, true), w.dossier(decidedName, false)
	x, y, v := &weak.Systems[0], &without.Systems[0], w.view(decidedName)
	if len(x.Requirements) != len(v.Requirements) || x.Withheld.Requirements != 0 {
		t.Errorf("%d requirements are told of %d", len(x.Requirements), len(v.Requirements))
	}
	if len(y.Requirements)+y.Withheld.Requirements != len(v.Requirements) || y.Withheld.Rows != len(x.Rows) || y.Withheld.Risks != 1 || len(y.Rows) != 0 {
		t.Errorf("%d requirements and %+v left out, of %d", len(y.Requirements), y.Withheld, len(v.Requirements))
	}
	for _, r := range y.Requirements {
		if r.Shown != "met" && r.Shown != "not-applicable" {
			t.Errorf("%s, which is %s, is named without being asked for", r.Requirement, r.Shown)
		}
	}
	for id, want := range map[string]struct {
		shown, known, outcome, until string
		strength                     int
	}{
		shownMet: {"met", "measured", "for", "2027-02-20", 5}, shownNot: {"not-met", "attested", "against", "2027-11-22", 2},
	} {
		i := -1
		for n := range x.Requirements {
			if x.Requirements[n].Requirement == id {
				i = n
			}
		}
		if i < 0 || len(x.Requirements[i].Evidence) == 0 {
			t.Fatalf("no evidence of %s", id)
		}
		r := x.Requirements[i]
		found := false
		for _, e := range r.Evidence {
			if e.KnownBy == want.known && e.Strength != nil && *e.Strength == want.strength && e.Outcome == want.outcome && e.ValidUntil == want.until {
				found = e.On == "2026-11-22" && strings.Contains(e.Path, "/bevis#b-") && e.Title != ""
			}
		}
		if r.Shown != want.shown || !found || !strings.HasSuffix(r.Path, "#krav-"+id) {
			t.Errorf("%s: %+v, want %+v", id, r, want)
		}
	}
	if weak.Secrecy == "" || without.Secrecy != "" || len(x.Risks) != 1 || len(y.Risks) != 0 || len(y.Levels) == 0 {
		t.Errorf("secrecy %q and %q, risks %v and %v", weak.Secrecy, without.Secrecy, x.Risks, y.Risks)
	}
}

// TestDossierIsTraceable checks that every field has its source, and that what nobody knows is marked for a person and never made up.
func TestDossierIsTraceable(t *testing.T) {
	w := proven(t)
	for _, name := range []string{decidedName, unknownName, stoppedName} {
		x := w.dossier(name, false).Systems[0]
		unwritten := 0
		for _, f := range x.Fields {
			if f.Source == "" || !strings.HasPrefix(f.Path, "/") || f.Label == "" || f.MustWrite && f.Value != "" || f.Value == "okänt" {
				t.Errorf("%s: %+v", name, f)
			}
			if f.MustWrite {
				unwritten++
			}
		}
		if unwritten == 0 || unwritten != x.Unwritten {
			t.Errorf("%s: %d fields are to be written, and it says %d", name, unwritten, x.Unwritten)
		}
		if name == stoppedName && (x.Tally != nil || len(x.Requirements)+len(x.Rows)+len(x.Levels) > 0) {
			t.Errorf("more is told of a stopped system than the register: %+v", x)
		}
	}
}

// TestDossierInWords reads the dossier as people do: what is weak is marked as secret, and without it nothing of it is there.
func TestDossierInWords(t *testing.T) {
	w := proven(t)
	for _, weak := range []bool{false, true} {
		r := report.Request{Kind: report.Dossier, System: w.slug[decidedName], Weaknesses: weak, Link: "https://insegel.example.se/", Format: document.HTML}
		page := w.account(r)
		for _, want := range []string{"Roller som saknas", "Handläggaren läser för mycket", "Kan omfattas av sekretess, OSL 18:8", "Talar emot"} {
			if strings.Contains(page, want) != weak {
				t.Errorf("with weaknesses %v: %q", weak, want)
			}
		}
		for _, want := range []string{"Mätning av trafiken", "Måste skrivas av en person", "5 av 5", "https://insegel.example.se/system/" + w.slug[decidedName] + "/bevis#b-"} {
			if !strings.Contains(page, want) {
				t.Errorf("with weaknesses %v: it lacks %q", weak, want)
			}
		}
		r.Format = document.DOCX
		path := filepath.Join(t.TempDir(), "akt.docx")
		check(t, os.WriteFile(path, []byte(w.account(r)), 0o600))
		text := documenttest.Read(t, path)
		var names []string
		for _, h := range text.Headings {
			if h.Level == 1 {
				names = append(names, h.Text)
			}
		}
		if want := []string{"Registret", "Klassningen", "Krav och bevis", "Åtgärder", "Risker"}; !slices.Equal(names, want) {
			t.Errorf("the parts are %q, want %q", names, want)
		}
	}
	stranger := w.actor
	stranger.Roles = []access.Role{access.Procurer}
	if err := w.reports.Account(t.Context(), stranger, report.Request{Kind: report.Dossier, Format: document.JSON, System: w.slug[decidedName]}, &strings.Builder{}); err == nil {
		t.Error("who buys reads the dossier")
	}
}
