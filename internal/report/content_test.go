// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/document/documenttest"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// system1 is what the tests read of a system in any JSON report.
type system1 struct {
	System, Status string
	Draft, Stop    bool
	Levels         []struct {
		Aspect, Basis, On string
		Level             *int
		Because           []struct{ Text string }
	}
	Tally *struct {
		Applies, Met, Partly, Unanswered, Unknown int
		NotMet                                    int `json:"not_met"`
		NotApplicable                             int `json:"not_applicable"`
		DontKnow                                  int `json:"dont_know"`
	}
	Rows []struct {
		Requirement, Status, Action, Note, Shall, Is string
		KnownBy                                      string `json:"known_by"`
		KnownOn                                      string `json:"known_on"`
		OwnerRole                                    string `json:"owner_role"`
		Priority, Person                             string
		Conditional, Proposed, Late, Must            bool
		Because                                      []struct{ Text string }
		Laws                                         []struct{ Verified bool }
	}
	Shall, Should int
	Hash          string
	LeftOut       []struct {
		Requirement, Reason string
		Chosen              bool
	} `json:"left_out"`
	Information, Logins, Facts, Rules, History []struct{ Status string }
	Current, Pending                           *struct {
		Decider string
		Answers []struct{ Motivation string }
	}
}

type report1 struct {
	Organisation, Date, Catalogue, Language string
	Draft                                   bool
	Tally                                   *struct{ Applies, Unknown int }
	Systems                                 []system1
}

func (r *report1) find(t *testing.T, name string) *system1 {
	t.Helper()
	for i := range r.Systems {
		if r.Systems[i].System == name {
			return &r.Systems[i]
		}
	}
	t.Fatalf("the report lacks %s", name)
	return nil
}

func TestPlanHasEveryGap(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		got := decode[report1](w, report.Request{Kind: report.Plan})
		if n := w.count(`SELECT COUNT(*) FROM system WHERE organisation_id = $1`); len(got.Systems) != n || n != 6 {
			t.Errorf("the plan has %d systems and the database %d", len(got.Systems), n)
		}
		if got.Organisation != "Kommun norrsjo" || got.Date != "2026-11-23" || got.Catalogue != w.reports.Requirements.Engine.Catalogue.Edition {
			t.Errorf("the plan begins with %q %q %q", got.Organisation, got.Date, got.Catalogue)
		}
		applies, unknown := 0, 0
		for i := range got.Systems {
			s := &got.Systems[i]
			if s.Stop {
				continue
			}
			v, rows, err := w.reports.Actions.Plan(t.Context(), w.actor, w.slug[s.System], w.texts.In("sv"))
			check(t, err)
			if len(s.Rows) != len(rows) || len(rows) == 0 {
				t.Errorf("the plan of %s has %d rows, want %d", s.System, len(s.Rows), len(rows))
			}
			if s.Tally.Applies != len(v.Requirements) || s.Tally.Unknown != v.Tally.Unknown() || s.Tally.Unknown == 0 {
				t.Errorf("the tally of %s is %+v for %d requirements", s.System, *s.Tally, len(v.Requirements))
			}
			applies, unknown = applies+s.Tally.Applies, unknown+s.Tally.Unknown
		}
		if got.Tally.Applies != applies || got.Tally.Unknown != unknown {
			t.Errorf("the sum is %+v, want %d and %d", *got.Tally, applies, unknown)
		}
	})
}

// Every answer and action that the database holds is told, with how it is known and when.
func TestPlanTellsAnswersAndActions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		got := decode[report1](w, report.Request{Kind: report.Plan, System: w.slug[decidedName]})
		s := got.find(t, decidedName)
		if a := w.count(`SELECT COUNT(*) FROM requirement_answer WHERE organisation_id = $1 AND superseded_at IS NULL`); a != 5 || a != s.Tally.Applies-s.Tally.Unanswered {
			t.Errorf("%d answers in the database, %+v in the plan", a, *s.Tally)
		}
		if s.Tally.Met != 1 || s.Tally.Partly != 1 || s.Tally.NotMet != 1 || s.Tally.NotApplicable != 1 || s.Tally.DontKnow != 1 {
			t.Errorf("the tally is %+v, want one of each answer", *s.Tally)
		}
		known, actions, late := map[string]string{}, map[string]int{}, 0
		for _, r := range s.Rows {
			known[r.Status] = r.KnownBy
			actions[r.Action]++
			if r.Late {
				late++
			}
			if (r.Action == "none") != r.Proposed || r.OwnerRole == "" || r.Is == "" || len(r.Because) == 0 {
				t.Errorf("row %+v", r)
			}
			if (r.KnownOn == "") != (r.Status == string(requirement.Unanswered)) {
				t.Errorf("%s is %s and known on %q", r.Requirement, r.Status, r.KnownOn)
			}
		}
		want := map[string]string{"partly": "attested", "not-met": "self-assessed", "dont-know": "self-assessed", "unanswered": "unanswered"}
		if d := cmp.Diff(want, known); d != "" {
			t.Errorf("how it is known (-want +got): %s", d)
		}
		if n := w.count(`SELECT COUNT(*) FROM action WHERE organisation_id = $1`); actions[string(action.Ongoing)]+actions[string(action.Planned)] != n || late != 1 {
			t.Errorf("actions %v of which %d late, %d in the database", actions, late, n)
		}
	})
}

func TestPlanInWords(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	sv := w.write(report.Request{Kind: report.Plan, Format: document.HTML, System: w.slug[decidedName], Reasons: true})
	for _, want := range []string{
		"Handlingsplan: " + decidedName, "Självskattat", "Intygat", "Inte besvarat", "Vet inte", "Delvis uppfyllt", "(föreslagen)", "Enhetschefen",
		"försenad", "Ingen åtgärd ännu", "Kan förekomma – avgör frågan.", "Ej kontrollerat mot källan:", "Svaret: @anteckning", "2026-11-23",
		"https://insegel.example.se/system/ekonomiskt-bistand", "Beslutad klassning", "Okända: ",
	} {
		if !strings.Contains(sv, want) {
			t.Errorf("the Swedish plan does not say %q", want)
		}
	}
	en := w.write(report.Request{Kind: report.Plan, Format: document.HTML, System: w.slug[decidedName], Lang: "en", Reasons: true})
	for _, want := range []string{"Action plan: " + decidedName, "Self-assessed", "Not answered", "(proposed)", "May apply – settle the question.", "Not verified against the source:"} {
		if !strings.Contains(en, want) {
			t.Errorf("the English plan does not say %q", want)
		}
	}
}

// On paper the plan is short: what lacks and what is begun row by row, with one line of why, and the rest counted by topic. Nothing goes
// uncounted, and every reason is a choice away.
func TestPlanOnPaper(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	read := decode[report1](w, report.Request{Kind: report.Plan, System: w.slug[decidedName]})
	facts := read.find(t, decidedName)
	count := map[string]int{}
	for _, r := range facts.Rows {
		count[r.Priority]++
		if known := r.Status == "not-met" || r.Status == "partly"; known != (r.Priority == "now") {
			t.Errorf("%s is %s and has priority %s", r.Requirement, r.Status, r.Priority)
		}
		if r.Action != "none" && (r.Priority == "ask" || r.Priority == "wish") {
			t.Errorf("%s is taken on and only counted", r.Requirement)
		}
	}
	if count["now"] != 2 || count["settle"] == 0 || count["ask"] == 0 || count["wish"] == 0 {
		t.Fatalf("the rows by priority are %v", count)
	}
	file := w.file(report.Request{Kind: report.Plan, Format: document.HTML, System: w.slug[decidedName]})
	tables := documenttest.Read(t, file).Tables
	rows := map[string]int{}
	for _, table := range tables {
		rows[strings.Join(table.Header[0][:2], " ")] += len(table.Rows)
	}
	if got, want := rows["Krav Därför"], count["now"]+count["begun"]+count["settle"]+count["confirm"]; got != want {
		t.Errorf("%d requirements are listed, want %d", got, want)
	}
	sum := 0
	for _, r := range tables[len(tables)-1].Rows {
		n, err := strconv.Atoi(r[1])
		check(t, err)
		sum += n
	}
	if want := count["ask"] + count["wish"]; sum != want {
		t.Errorf("the topics count %d requirements, want %d", sum, want)
	}
	html := w.write(report.Request{Kind: report.Plan, Format: document.HTML, System: w.slug[decidedName]})
	if why := facts.Rows[0].Because[0].Text; strings.Contains(html, why) {
		t.Errorf("the short plan has the whole reason %q", why)
	}
	if strings.Contains(html, `class="wide"`) {
		t.Error("the short plan has a table that wants a page turned sideways")
	}
	whole := documenttest.Read(t, w.file(report.Request{Kind: report.Plan, Format: document.HTML, System: w.slug[decidedName], Reasons: true})).Tables
	if n := len(whole[len(whole)-1].Rows); n != len(facts.Rows) {
		t.Errorf("the appendix has %d rows, want %d", n, len(facts.Rows))
	}
}

// What nobody has decided is marked, in the document and for each system; what was stopped is told as that and nothing more.
func TestDraftsAreMarked(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		want := map[string]string{
			decidedName: "decided", draftName: "draft", suggestName: "suggestion", unknownName: "unknown", stoppedName: "stopped", formulaName: "draft",
		}
		marks := map[string]string{"draft": "Utkast", "suggestion": "Utkast: förslag", "unknown": "Utkast: inte klassat", "decided": "Beslutad klassning", "stopped": "Stoppad: säkerhetsskyddschefen tar över"}
		for _, k := range report.Kinds {
			r := decode[report1](w, report.Request{Kind: k})
			got := map[string]string{}
			for _, s := range r.Systems {
				got[s.System] = s.Status
				if s.Draft != (s.Status != "decided" && s.Status != "stopped") {
					t.Errorf("%s: %s is %s and draft %v", k, s.System, s.Status, s.Draft)
				}
			}
			if d := cmp.Diff(want, got); d != "" || !r.Draft {
				t.Errorf("%s: draft is %v, the systems (-want +got): %s", k, r.Draft, d)
			}
			if html := w.write(report.Request{Kind: k, Format: document.HTML}); !strings.Contains(html, `<p class="status">Utkast</p>`) {
				t.Errorf("%s of all systems is not marked as a draft", k)
			}
			for name, status := range want {
				html := w.write(report.Request{Kind: k, Format: document.HTML, System: w.slug[name]})
				if !strings.Contains(html, `<p class="status">`+marks[status]+`</p>`) {
					t.Errorf("%s of %s is not marked %s", k, name, marks[status])
				}
			}
		}
	})
}

func TestDecisionThatHasExpired(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	later := today.AddDate(1, 1, 0)
	w.db.Now = func() time.Time { return later }
	html := w.write(report.Request{Kind: report.Plan, Format: document.HTML, System: w.slug[decidedName]})
	if want := "Beslutad klassning, giltighetstiden gick ut 2027-11-23"; !strings.Contains(html, want) {
		t.Errorf("the plan does not say %q", want)
	}
}

func TestStopTellsNothingMore(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		for _, k := range []report.Kind{report.Plan, report.Procurement, report.Classification} {
			html := w.write(report.Request{Kind: k, Format: document.HTML, System: w.slug[stoppedName], Internal: true})
			if !strings.Contains(html, "säkerhetsskyddschefen tar över") {
				t.Errorf("the %s does not say who takes over", k)
			}
			if strings.Contains(html, "<table") || strings.Contains(html, "Konfidentialitet") || strings.Contains(html, "allvarlig") {
				t.Errorf("the %s tells of levels or requirements", k)
			}
		}
		for _, k := range report.Kinds {
			r := decode[report1](w, report.Request{Kind: k, Internal: true})
			s := r.find(t, stoppedName)
			if !s.Stop || len(s.Levels)+len(s.Rows)+len(s.LeftOut)+len(s.Rules)+len(s.History) > 0 || s.Tally != nil || s.Hash != "" || s.Current != nil {
				t.Errorf("%s of the stopped system: %+v", k, *s)
			}
		}
		csv := w.write(report.Request{Kind: report.Plan, Format: document.CSV, System: w.slug[stoppedName]})
		if strings.Count(csv, "\n") != 2 || !strings.Contains(csv, "säkerhetsskyddschefen tar över") {
			t.Errorf("the plan as CSV is %s", csv)
		}
	})
}

// What is unknown is written as that and counted.
func TestUnknownIsCounted(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	r := decode[report1](w, report.Request{Kind: report.Plan})
	s := r.find(t, unknownName)
	if s.Tally.Applies == 0 || s.Tally.Unknown != s.Tally.Applies || len(s.Rows) != s.Tally.Applies {
		t.Errorf("the tally of what is unknown is %+v with %d rows", *s.Tally, len(s.Rows))
	}
	for _, l := range s.Levels {
		if l.Level != nil || l.Basis != "none" {
			t.Errorf("the level of %s is %+v", l.Aspect, l)
		}
	}
	html := w.write(report.Request{Kind: report.Register, Format: document.HTML, System: w.slug[unknownName]})
	for _, want := range []string{"<dt>Uppgifter som är okända</dt>", "<dd>26 av 26</dd>", "Utkast: inte klassat"} {
		if !strings.Contains(html, want) {
			t.Errorf("the register does not say %q", want)
		}
	}
	if n := strings.Count(html, "<td>okänt</td>") + strings.Count(html, `>okänt</td>`); n < 26 {
		t.Errorf("the register writes unknown %d times", n)
	}
}

func TestAnnexIsTheChosenOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		a := w.annex(decidedName)
		for _, internal := range []bool{false, true} {
			r := decode[report1](w, report.Request{Kind: report.Procurement, System: w.slug[decidedName], Internal: internal})
			s := r.find(t, decidedName)
			if s.Hash != a.Hash("sv") || s.Hash == "" || s.Shall != a.Shall || s.Should != a.Should || len(s.Rows) != a.Shall+a.Should {
				t.Errorf("the annex has %d rows, %d shall, %d should, hash %s", len(s.Rows), s.Shall, s.Should, s.Hash)
			}
			reasons, byChoice := 0, 0
			for _, l := range s.LeftOut {
				if l.Reason != "" {
					reasons++
				}
				if l.Chosen {
					byChoice++
				}
			}
			for i := range s.Rows { // the reasons name risks, levels and other systems: no tenderer reads them
				if (len(s.Rows[i].Because) > 0) != internal {
					t.Errorf("internal %v: row %d has %d reasons", internal, i+1, len(s.Rows[i].Because))
				}
			}
			want := 0
			if internal {
				want = a.Left
			}
			if len(s.LeftOut) != want || reasons != want || internal != (byChoice == 1) {
				t.Errorf("internal %v: %d left out with %d reasons, %d by choice; want %d", internal, len(s.LeftOut), reasons, byChoice, want)
			}
		}
		all := decode[report1](w, report.Request{Kind: report.Procurement})
		if len(all.Systems) != 6 || all.find(t, unknownName).Shall == 0 {
			t.Errorf("the annexes of all systems: %d", len(all.Systems))
		}
	})
}

func TestAnnexInWords(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	for _, internal := range []bool{false, true} {
		html := w.write(report.Request{Kind: report.Procurement, Format: document.HTML, System: w.slug[decidedName], Internal: internal})
		for _, want := range []string{
			"Kravbilaga: " + decidedName, "eller likvärdigt", "SKA", "Så verifieras det i anbudet", "Anbudsgivarens svar", "ISO/IEC 27001:2022 A.",
			"Urvalets kontrollsumma", w.annexHash(), "3 Allvarlig skada (beslutad)", "ej kontrollerad mot källan",
		} {
			if !strings.Contains(html, want) {
				t.Errorf("the annex does not say %q", want)
			}
		}
		if got := strings.Contains(html, "Tjänsten köps utan drift"); got != internal {
			t.Errorf("internal %v: the reason for leaving out is told: %v", internal, got)
		}
	}
}

func (w *town) annexHash() string {
	a := w.annex(decidedName)
	return a.Hash("sv")
}

// A topic's rows stand together, and are numbered from 1.
func TestAnnexIsGrouped(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	type annexes struct {
		Systems []struct {
			Rows []struct {
				Number   int
				Topic    struct{ ID string }
				Evidence []struct{ ID string }
				Verify   string
			}
		}
	}
	r := decode[annexes](w, report.Request{Kind: report.Procurement, System: w.slug[decidedName]})
	seen, last := map[string]bool{}, ""
	for i, row := range r.Systems[0].Rows {
		if row.Number != i+1 || row.Verify == "" || len(row.Evidence) == 0 {
			t.Errorf("row %d is %+v", i+1, row)
		}
		for _, e := range row.Evidence {
			if kind, ok := w.classify.Catalogue.EvidenceKind(e.ID); !ok || kind.Strength < 1 {
				t.Errorf("row %d accepts %s", i+1, e.ID)
			}
		}
		if row.Topic.ID != last && seen[row.Topic.ID] {
			t.Errorf("the topic %s is split", row.Topic.ID)
		}
		seen[row.Topic.ID], last = true, row.Topic.ID
	}
	if len(seen) < 3 {
		t.Errorf("the annex has only %d topics", len(seen))
	}
}

func TestClassificationTellsWhy(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		r := decode[report1](w, report.Request{Kind: report.Classification})
		s := r.find(t, decidedName)
		n := w.count(`SELECT COUNT(*) FROM classification_answer a JOIN classification c ON c.id = a.classification_id
			WHERE c.organisation_id = $1 AND c.system_id = $2`, w.view(decidedName).System.ID)
		if s.Current == nil || s.Pending == nil || len(s.Current.Answers)+len(s.Pending.Answers) != n || s.Current.Decider != "Socialchefen" {
			t.Fatalf("the answers are %+v and %+v, %d in the database", s.Current, s.Pending, n)
		}
		if len(s.Information) != 4 || len(s.History) != 2 || len(s.Rules) != len(w.view(decidedName).Laws) || len(s.Rules) == 0 {
			t.Errorf("%d kinds of information, %d versions, %d rules", len(s.Information), len(s.History), len(s.Rules))
		}
		for _, l := range s.Levels {
			if l.Basis != "decided" || l.On != "2026-11-23" || len(l.Because) == 0 {
				t.Errorf("level %+v", l)
			}
		}
		for _, l := range r.find(t, suggestName).Levels {
			if l.Basis != "suggestion" || l.On != "" || len(l.Because) == 0 {
				t.Errorf("level %+v", l)
			}
		}
		html := w.write(report.Request{Kind: report.Classification, Format: document.HTML, System: w.slug[decidedName]})
		for _, want := range []string{
			"Socialchefen", "2027-11-23", "härledd", "uttrycklig", "ej kontrollerad mot källan", "gäller sedan", "Egna anteckningar", "bekräftad",
			"Utkast som förbereds", "Den enskilde", "Uppgifterna rör enskildas försörjning", "klassa 1", "K 3, R 3, T 3, S 3",
		} {
			if !strings.Contains(html, want) {
				t.Errorf("the classification does not say %q", want)
			}
		}
	})
}

// The register's export holds what the database holds: every row and every field.
func TestRegisterIsComplete(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		r := decode[report1](w, report.Request{Kind: report.Register})
		facts, logins, information := 0, 0, 0
		for _, s := range r.Systems {
			facts, logins, information = facts+len(s.Facts), logins+len(s.Logins), information+len(s.Information)
		}
		for _, c := range []struct {
			table string
			got   int
		}{{"system", len(r.Systems)}, {"system_fact", facts}, {"login_path", logins}, {"system_information", information}} {
			if n := w.count(`SELECT COUNT(*) FROM ` + c.table + ` WHERE organisation_id = $1`); n != c.got || n == 0 {
				t.Errorf("%s: %d in the database, %d in the export", c.table, n, c.got)
			}
		}
		fields := decode[struct{ Systems []map[string]json.RawMessage }](w, report.Request{Kind: report.Register, System: w.slug[decidedName]})
		sameFields(t, w.view(decidedName).System, fields.Systems[0])
	})
}

// sameFields checks that every field of a system stands in the export under its own name, with its own value.
func sameFields(t *testing.T, s system.System, got map[string]json.RawMessage) {
	t.Helper()
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		key := snake(name)
		if name == "Name" {
			key = "system"
		}
		if v.Field(i).IsZero() {
			t.Errorf("the test's system lacks %s", name)
		}
		switch name {
		case "Facts", "Logins", "Information": // lists of their own shape
			var list []any
			if err := json.Unmarshal(got[key], &list); err != nil || len(list) != v.Field(i).Len() {
				t.Errorf("%s has %d rows in the export (%v), want %d", key, len(list), err, v.Field(i).Len())
			}
			continue
		}
		want, err := json.Marshal(v.Field(i).Interface())
		check(t, err)
		if string(got[key]) != string(want) {
			t.Errorf("%s is %s in the export, want %s", key, got[key], want)
		}
	}
}

var upper = regexp.MustCompile(`([a-z])([A-Z])`)

func snake(name string) string { return strings.ToLower(upper.ReplaceAllString(name, "${1}_${2}")) }

var (
	jsonKey  = regexp.MustCompile(`(?m)^\s*"([^"]+)": `)
	jsonNull = regexp.MustCompile(`"([^"]+)": null`)
)

// The keys are those that docs/reports.md describes, and only what may be unknown is null.
func TestJSONIsDocumented(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	doc, err := os.ReadFile("../../docs/reports.md")
	check(t, err)
	for _, k := range report.Kinds {
		describes(t, string(doc), string(k), w.write(report.Request{Kind: k, Format: document.JSON, Internal: true}))
	}
	for _, weak := range []bool{false, true} {
		describes(t, string(doc), "dossier", proven(t).account(report.Request{Kind: report.Dossier, Format: document.JSON, System: w.slug[decidedName], Weaknesses: weak}))
	}
}

// describes checks that a document describes every key of a report.
func describes(t *testing.T, doc, kind, got string) {
	t.Helper()
	mayBeNull := map[string]bool{
		"level": true, "tally": true, "current": true, "pending": true, "users": true, "data_subjects": true, "log_review_months": true, "strength": true,
	}
	seen := map[string]bool{}
	for _, m := range jsonKey.FindAllStringSubmatch(got, -1) {
		if !seen[m[1]] && !strings.Contains(doc, "`"+m[1]+"`") {
			t.Errorf("docs/reports.md does not describe `%s` of the %s", m[1], kind)
		}
		seen[m[1]] = true
	}
	for _, m := range jsonNull.FindAllStringSubmatch(got, -1) {
		if !mayBeNull[m[1]] {
			t.Errorf("%s is null in the %s", m[1], kind)
		}
	}
}

// The JSON is written system by system, and reads as if it were written at once.
func TestJSONIsIndentedAsOne(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	for _, k := range report.Kinds {
		got := w.write(report.Request{Kind: k, Format: document.JSON})
		var want bytes.Buffer
		check(t, json.Indent(&want, []byte(got), "", "  "))
		if d := cmp.Diff(want.String(), got); d != "" {
			t.Errorf("the %s is not indented as one (-want +got): %.500s", k, d)
		}
	}
}
