// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// loaded is the catalogue that ships with the program, read once for all tests.
var loaded = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

// The systems of the test's municipality, by how much is known about them.
const (
	decidedName = "Ekonomiskt bistånd"
	draftName   = "Ärenden Ö"
	suggestName = "Journalen"
	unknownName = "Ett okänt system"
	stoppedName = "Signalskydd"
	formulaName = `=HYPERLINK("http://x.example";"öppna")`
	otherName   = "Grannkommunens hemliga system"
)

var today = time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC)

// town is a municipality with systems in every state, and another beside it.
type town struct {
	t        *testing.T
	db       *db.DB
	actor    access.Actor
	texts    *locale.Bundle
	reports  *report.Service
	classify *classification.Service
	systems  *system.Service
	slug     map[string]string
	other    system.System
}

func newTown(t *testing.T, d *db.DB) *town {
	t.Helper()
	d.Now = func() time.Time { return today }
	c, err := loaded()
	check(t, err)
	texts, err := locale.NewBundle(map[string]string{
		"classification": classification.Messages, "requirement": requirement.Messages, "report": report.Messages, "processing": processing.Messages,
	})
	check(t, err)
	jobs, err := job.New(d, slog.New(slog.DiscardHandler))
	check(t, err)
	req := &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}
	w := &town{
		t: t, db: d, actor: dbtest.Organisation(t, d, "norrsjo"), texts: texts, slug: map[string]string{},
		classify: &classification.Service{DB: d, Catalogue: c, Jobs: jobs}, systems: &system.Service{DB: d},
		reports: &report.Service{
			DB: d, Requirements: req, Actions: &action.Service{DB: d, Requirements: req},
			Procurements: &procurement.Service{DB: d, Requirements: req}, Texts: texts,
		},
	}
	w.fill()
	w.other, err = w.systems.Create(t.Context(), dbtest.Organisation(t, d, "sydsjo"), system.New(otherName))
	check(t, err)
	return w
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *town) fill() {
	for _, name := range []string{draftName, suggestName, unknownName, stoppedName, formulaName} {
		w.add(system.New(name))
	}
	w.add(w.owned(fullSystem(decidedName)))
	social := w.types("socialtjanst", 3)
	w.hold(decidedName, append(social, classification.Chosen{Own: &information.Information{Name: "Egna anteckningar"}})...)
	w.hold(suggestName, w.types("hsl", 2)...)
	w.decide(decidedName)
	w.answer(decidedName, 2) // a new draft beside the decision
	w.answer(draftName, 2)
	w.answer(formulaName, 3)
	w.stop(stoppedName)
	w.assess(decidedName)
	w.choose(decidedName)
}

func (w *town) add(s system.System) {
	w.t.Helper()
	made, err := w.systems.Create(w.t.Context(), w.actor, s)
	check(w.t, err)
	w.slug[s.Name] = made.Slug
}

// owned gives a system a unit and a supplier.
func (w *town) owned(s system.System) system.System {
	w.t.Helper()
	s.Unit, s.Supplier = "Socialförvaltningen", "Bolaget AB"
	check(w.t, w.db.Write(w.t.Context(), db.Installation, func(tx *db.Tx) error {
		units, err := organisation.EnsureUnits(w.t.Context(), tx, w.actor.Organisation, []string{s.Unit})
		if err != nil {
			return err
		}
		suppliers, err := supplier.Ensure(w.t.Context(), tx, w.actor.Organisation, []string{s.Supplier})
		s.UnitID, s.SupplierID = units[s.Unit], suppliers[s.Supplier]
		return err
	}))
	return s
}

func (w *town) types(area string, n int) []classification.Chosen {
	var out []classification.Chosen
	for _, x := range w.classify.Catalogue.Types {
		if x.Area == area && len(out) < n {
			out = append(out, classification.Chosen{TypeID: x.ID})
		}
	}
	return out
}

func (w *town) hold(name string, chosen ...classification.Chosen) {
	w.t.Helper()
	check(w.t, w.classify.SetInformation(w.t.Context(), w.actor, w.slug[name], chosen))
}

func (w *town) answer(name string, level int) {
	w.t.Helper()
	check(w.t, w.classify.Answer(w.t.Context(), w.actor, w.slug[name], classification.Answer{
		Aspect: catalogue.Confidentiality, Perspective: "individual", Level: level, Motivation: "=2+5 är inte en formel",
	}))
}

func (w *town) decide(name string) {
	w.t.Helper()
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		for _, p := range []string{"individual", "organisation"} {
			check(w.t, w.classify.Answer(w.t.Context(), w.actor, w.slug[name], classification.Answer{
				Aspect: a, Perspective: p, Level: 3, Motivation: "Uppgifterna rör enskildas försörjning",
			}))
		}
	}
	check(w.t, w.classify.Decide(w.t.Context(), w.actor, w.slug[name], "Socialchefen"))
}

func (w *town) stop(name string) {
	w.t.Helper()
	w.answer(name, 3)
	err := w.classify.Answer(w.t.Context(), w.actor, w.slug[name], classification.Answer{
		Aspect: catalogue.Confidentiality, Perspective: "individual", Level: 4,
	})
	if !errors.Is(err, classification.ErrStopped) {
		w.t.Fatalf("answer at the stopping level gave %v", err)
	}
}

// assess answers five requirements, one in each way, and takes on two.
func (w *town) assess(name string) {
	w.t.Helper()
	v := w.view(name)
	known := []string{requirement.Measured, requirement.Attested, requirement.SelfAssessed, requirement.SelfAssessed, requirement.SelfAssessed}
	var answers []requirement.Answer
	for i, s := range requirement.Statuses {
		answers = append(answers, requirement.Answer{Requirement: v.Requirements[i].ID, Status: s, KnownBy: known[i], Note: "@anteckning"})
	}
	check(w.t, w.reports.Requirements.Answer(w.t.Context(), w.actor, w.slug[name], answers))
	for i, status := range []action.Status{action.Ongoing, action.Planned} {
		check(w.t, w.reports.Actions.Save(w.t.Context(), w.actor, w.slug[name], action.Action{
			Requirement: v.Requirements[i+1].ID, OwnerRole: "Enhetschefen", Status: status, DueOn: civil.Of(today).AddDays(20*i - 10), Note: "Pratat med leverantören",
		}))
	}
}

// choose leaves one requirement out of the annex and takes another in.
func (w *town) choose(name string) {
	w.t.Helper()
	a := w.annex(name)
	var list []procurement.Choice
	for _, included := range []bool{true, false} {
		i := slices.IndexFunc(a.Rows, func(r procurement.Row) bool { return r.Included == included })
		list = append(list, procurement.Choice{Requirement: a.Rows[i].ID, Included: !included, Reason: "Tjänsten köps utan drift"})
	}
	check(w.t, w.reports.Procurements.Choose(w.t.Context(), w.actor, w.slug[name], w.texts.In("sv"), list))
}

func (w *town) view(name string) requirement.View {
	w.t.Helper()
	v, err := w.reports.Requirements.View(w.t.Context(), w.actor, w.slug[name], w.texts.In("sv"))
	check(w.t, err)
	return v
}

func (w *town) annex(name string) procurement.Annex {
	w.t.Helper()
	_, a, err := w.reports.Procurements.Annex(w.t.Context(), w.actor, w.slug[name], w.texts.In("sv"))
	check(w.t, err)
	return a
}

// write writes a report in Swedish with links, unless the request says otherwise.
func (w *town) write(r report.Request) string {
	w.t.Helper()
	if r.Link == "" {
		r.Link = "https://insegel.example.se/"
	}
	var b bytes.Buffer
	if err := w.reports.Write(w.t.Context(), w.actor, r, &b); err != nil {
		w.t.Fatalf("write %+v: %v", r, err)
	}
	return b.String()
}

// file writes a report to a file that other programs can open.
func (w *town) file(r report.Request) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), string(r.Kind)+r.Format.Extension())
	check(w.t, os.WriteFile(path, []byte(w.write(r)), 0o600))
	return path
}

// decode reads a JSON report.
func decode[T any](w *town, r report.Request) T {
	w.t.Helper()
	r.Format = document.JSON
	var out T
	dec := json.NewDecoder(strings.NewReader(w.write(r)))
	check(w.t, dec.Decode(&out))
	return out
}

// count asks the database.
func (w *town) count(query string, args ...any) int {
	w.t.Helper()
	var n int
	check(w.t, w.db.Read(w.t.Context(), db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(w.t.Context(), query, append([]any{w.actor.Organisation}, args...)...), &n)
	}))
	return n
}

// everything lists each kind in each format, for all systems and for one.
func (w *town) everything() []report.Request {
	var out []report.Request
	for _, k := range report.Kinds {
		for _, f := range report.Formats(k) {
			for _, lang := range locale.Languages {
				for _, name := range []string{"", decidedName, stoppedName, unknownName} {
					out = append(out, report.Request{Kind: k, Format: f, Lang: lang, System: w.slug[name], Internal: lang == "sv"})
				}
			}
		}
	}
	return out
}

var missingText = regexp.MustCompile(`\[[a-z]+\.[a-z0-9-]*\]|<no value>`)

func TestEveryKindAndFormat(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		begins := map[document.Format]string{
			document.XLSX: "PK", document.DOCX: "PK", document.ODS: "PK", document.HTML: "<!doctype html>", document.CSV: "\ufeff", document.JSON: "{",
		}
		for _, r := range w.everything() {
			got := w.write(r)
			name := fmt.Sprintf("%s.%s %s %q", r.Kind, r.Format, r.Lang, r.System)
			if !strings.HasPrefix(strings.ToLower(got), strings.ToLower(begins[r.Format])) {
				t.Errorf("%s begins with %.20q", name, got)
			}
			if m := missingText.FindString(got); m != "" && begins[r.Format] != "PK" {
				t.Errorf("%s lacks a text: %s", name, m)
			}
			if strings.Contains(got, otherName) || strings.Contains(got, w.other.ID.String()) || strings.Contains(got, "sydsjo") {
				t.Errorf("%s tells of another organisation", name)
			}
		}
	})
}

func TestTheSameReportIsTheSameBytes(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	for _, r := range w.everything() {
		first := w.write(r)
		if again := w.write(r); again != first {
			t.Errorf("%+v differs from one time to the next", r)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	nobody := access.Actor{ID: "x", Organisation: w.actor.Organisation, Roles: []access.Role{access.Administrator}}
	for _, tc := range []struct {
		name  string
		actor access.Actor
		r     report.Request
		want  error
		says  string
	}{
		{"a role without content", nobody, report.Request{Kind: report.Plan, Format: document.CSV}, access.ErrDenied, "report.Write"},
		{"an unknown kind", w.actor, report.Request{Kind: "budget", Format: document.CSV}, report.ErrKind, "plan, procurement, classification or register"},
		{"a format of another kind", w.actor, report.Request{Kind: report.Classification, Format: document.XLSX}, report.ErrFormat, "docx, html or json"},
		{"no format", w.actor, report.Request{Kind: report.Plan}, report.ErrFormat, "xlsx, docx, html, csv or json"},
		{"a system that does not exist", w.actor, report.Request{Kind: report.Plan, Format: document.CSV, System: "nej"}, db.ErrNotFound, `"nej"`},
		{"another organisation's slug", w.actor, report.Request{Kind: report.Register, Format: document.JSON, System: w.other.Slug}, db.ErrNotFound, "short name"},
		{"another organisation's id", w.actor, report.Request{Kind: report.Procurement, Format: document.HTML, System: w.other.ID.String()}, db.ErrNotFound, "short name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			err := w.reports.Write(t.Context(), tc.actor, tc.r, &b)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got error %v, want %v that says %q", err, tc.want, tc.says)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written", b.Len())
			}
		})
	}
}

func TestSystemByIDOrSlug(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	bySlug := w.write(report.Request{Kind: report.Plan, Format: document.JSON, System: w.slug[decidedName]})
	byID := w.write(report.Request{Kind: report.Plan, Format: document.JSON, System: w.view(decidedName).System.ID.String()})
	if bySlug != byID {
		t.Error("the id gives another report than the slug")
	}
}

// A plan, a register and their number of questions do not grow with the systems.
func TestConstantNumberOfQueries(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		ask := func(k report.Kind) int64 {
			before := d.Statements()
			w.write(report.Request{Kind: k, Format: document.JSON})
			return d.Statements() - before
		}
		kinds := []report.Kind{report.Plan, report.Register}
		few := []int64{ask(kinds[0]), ask(kinds[1])}
		for i := range 20 {
			w.add(system.New(fmt.Sprintf("System %d", i)))
		}
		for i, k := range kinds {
			if got := ask(k); got != few[i] {
				t.Errorf("%s asks %d questions about 26 systems and %d about 6", k, got, few[i])
			}
		}
	})
}

func TestNoSystems(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	w.actor = dbtest.Organisation(t, w.db, "tom")
	for _, k := range report.Kinds {
		for _, f := range report.Formats(k) {
			got := w.write(report.Request{Kind: k, Format: f})
			if f == document.JSON && !strings.Contains(got, `"systems": []`) {
				t.Errorf("the %s of nothing is %s", k, got)
			}
		}
	}
}

// fullSystem is a system of which every field is known.
func fullSystem(name string) system.System {
	n := func(v int64) *int64 { return &v }
	date := func(s string) civil.Date {
		v, err := civil.Parse(s)
		if err != nil {
			panic(err)
		}
		return v
	}
	s := system.New(name)
	s.Kind, s.Service, s.Audience = "e-service", "Ansökan om bistånd", "residents"
	s.OwnerRole, s.ManagerRole = "Socialchef", "Förvaltare"
	s.Hosting, s.HostingNote, s.Country = "cloud-eu", "Två hallar", "Sverige"
	s.State, s.Criticality = "in-use", "hög"
	s.Users, s.UsersApproximate, s.DataSubjects = n(40), true, n(7000)
	s.ContractEnd, s.ContractNote = date("2028-06-30"), "Kan förlängas två år"
	s.ProcessorAgreement, s.ProcessorAgreementOn, s.SubProcessors = "yes", date("2024-02-01"), "Två hallbolag"
	s.RoleModel, s.RoleModelOn, s.AccessReviewOn = "yes", date("2025-03-01"), date("2026-04-01")
	s.AccessLog, s.LogReviewMonths, s.LogReviewOn = "yes", n(6), date("2026-05-01")
	s.LoginNote, s.InformationNote, s.Comment, s.ClassifiedLastYear = "Kort", "Ansökningar", "-1+1 kommentar", "no"
	s.Facts = []catalogue.Statement{{Fact: "large_scale", Value: "yes"}, {Fact: "open_network", Value: "yes"}, {Fact: "area", Value: "socialtjanst"}}
	s.Logins = []system.LoginPath{
		{ID: ids.New[system.LoginPath](), Audience: "residents", Address: "https://bistand.example.se", Zone: "internet", Method: "e-legitimation"},
		{ID: ids.New[system.LoginPath](), Audience: "staff", Zone: "internal", Method: "kort"},
	}
	return s
}

// TestMessagesAreUsed finds texts that nothing asks for; the texts that are asked for and missing are found by the other tests.
func TestMessagesAreUsed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	check(t, err)
	pages, err := filepath.Glob("*.html")
	check(t, err)
	files = append(files, pages...)
	var source strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			b, err := os.ReadFile(f)
			check(t, err)
			source.Write(b)
		}
	}
	b, err := locale.NewBundle(map[string]string{"report": report.Messages})
	check(t, err)
	code := source.String()
	for _, key := range b.Keys() {
		if !strings.Contains(code, key) && !mentions(code, strings.TrimPrefix(key, "report.")) {
			t.Errorf("nothing uses %s", key)
		}
	}
}

// mentions reports whether the code has a key as it is, or its beginning or its end in quotes, to be put together.
func mentions(code, key string) bool {
	if strings.Contains(code, `"`+key+`"`) {
		return true
	}
	for i := range key {
		if key[i] != '-' {
			continue
		}
		for _, part := range []string{`"` + key[:i] + `"`, `"` + key[:i+1] + `"`, `"report.` + key[:i+1] + `"`, `"` + key[i+1:] + `"`} {
			if strings.Contains(code, part) {
				return true
			}
		}
	}
	return false
}
