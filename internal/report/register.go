// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// registerReport is everything that the register holds.
type registerReport struct {
	head
	Systems []registerSystem `json:"systems"`
}

// registerSystem has every field of a system. An empty text, a missing date and a null figure are unknown.
type registerSystem struct {
	subject
	Kind                 string      `json:"kind"`
	Service              string      `json:"service"`
	Audience             string      `json:"audience"`
	UnitID               string      `json:"unit_id"`
	Unit                 string      `json:"unit"`
	SupplierID           string      `json:"supplier_id"`
	Supplier             string      `json:"supplier"`
	OwnerRole            string      `json:"owner_role"`
	ManagerRole          string      `json:"manager_role"`
	Hosting              string      `json:"hosting"`
	HostingNote          string      `json:"hosting_note"`
	Country              string      `json:"country"`
	State                string      `json:"state"`
	Criticality          string      `json:"criticality"`
	Users                *int64      `json:"users"`
	UsersApproximate     bool        `json:"users_approximate"`
	DataSubjects         *int64      `json:"data_subjects"`
	ContractEnd          civil.Date  `json:"contract_end"`
	ContractNote         string      `json:"contract_note"`
	ProcessorAgreement   string      `json:"processor_agreement"`
	ProcessorAgreementOn civil.Date  `json:"processor_agreement_on"`
	SubProcessors        string      `json:"sub_processors"`
	RoleModel            string      `json:"role_model"`
	RoleModelOn          civil.Date  `json:"role_model_on"`
	AccessReviewOn       civil.Date  `json:"access_review_on"`
	AccessLog            string      `json:"access_log"`
	LogReviewMonths      *int64      `json:"log_review_months"`
	LogReviewOn          civil.Date  `json:"log_review_on"`
	LoginNote            string      `json:"login_note"`
	InformationNote      string      `json:"information_note"`
	Comment              string      `json:"comment"`
	ClassifiedLastYear   string      `json:"classified_last_year"`
	Facts                []statement `json:"facts"`
	Logins               []login     `json:"logins"`
	Information          []held      `json:"information"`
	Version              int64       `json:"version"`
	CreatedAt            time.Time   `json:"created_at"`
	UpdatedAt            time.Time   `json:"updated_at"`
	// Tally is null for a stopped system.
	Tally *tally `json:"tally"`
}

type statement struct {
	Fact  string `json:"fact"`
	Value string `json:"value"`
}

// login is one way into a system.
type login struct {
	ID       string `json:"id"`
	Audience string `json:"audience"`
	Address  string `json:"address"`
	Zone     string `json:"zone"`
	Method   string `json:"method"`
}

func (s *Service) register(ctx context.Context, tx *db.Tx, f *frame, systems []system.System) (report, error) {
	views, err := s.Requirements.Views(ctx, tx, access.Reach{}, systems, nil)
	if err != nil {
		return nil, err
	}
	out := &registerReport{Systems: make([]registerSystem, len(views))}
	anyDraft := false
	for i := range views {
		r := f.registered(&views[i].System)
		r.subject = f.subject(&views[i])
		if !r.Stop {
			t := tallyOf(views[i].Tally)
			r.Tally = &t
		}
		anyDraft = anyDraft || r.Draft
		out.Systems[i] = r
	}
	out.head = f.head(anyDraft)
	return out, nil
}

func (f *frame) registered(s *system.System) registerSystem {
	out := registerSystem{
		Kind: s.Kind, Service: s.Service, Audience: s.Audience, UnitID: s.UnitID.String(), Unit: s.Unit,
		SupplierID: s.SupplierID.String(), Supplier: s.Supplier, OwnerRole: s.OwnerRole, ManagerRole: s.ManagerRole,
		Hosting: s.Hosting, HostingNote: s.HostingNote, Country: s.Country, State: s.State, Criticality: s.Criticality,
		Users: s.Users, UsersApproximate: s.UsersApproximate, DataSubjects: s.DataSubjects,
		ContractEnd: s.ContractEnd, ContractNote: s.ContractNote,
		ProcessorAgreement: s.ProcessorAgreement, ProcessorAgreementOn: s.ProcessorAgreementOn, SubProcessors: s.SubProcessors,
		RoleModel: s.RoleModel, RoleModelOn: s.RoleModelOn, AccessReviewOn: s.AccessReviewOn,
		AccessLog: s.AccessLog, LogReviewMonths: s.LogReviewMonths, LogReviewOn: s.LogReviewOn,
		LoginNote: s.LoginNote, InformationNote: s.InformationNote, Comment: s.Comment, ClassifiedLastYear: s.ClassifiedLastYear,
		Facts: []statement{}, Logins: []login{}, Information: []held{},
		Version: s.Version, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
	for _, x := range s.Facts {
		out.Facts = append(out.Facts, statement{x.Fact, x.Value})
	}
	for _, x := range s.Logins {
		out.Logins = append(out.Logins, login{x.ID.String(), x.Audience, x.Address, x.Zone, x.Method})
	}
	for i := range s.Information {
		out.Information = append(out.Information, f.held(&s.Information[i]))
	}
	return out
}

// field is one column of the register.
type field struct {
	key   string
	kind  document.Kind
	value func(f *frame, s *registerSystem) document.Cell
	// asked says whether there is something to know; nil is always. An empty value that is asked for is unknown, and counted.
	asked func(s *registerSystem) bool
}

func never(*registerSystem) bool { return false }

// words is a field in the organisation's own words.
func words(key string, of func(s *registerSystem) string) field {
	return field{key: key, value: func(_ *frame, s *registerSystem) document.Cell { return document.T(of(s)) }}
}

// note is words that may be left out without anything being unknown.
func note(key string, of func(s *registerSystem) string) field {
	x := words(key, of)
	x.kind, x.asked = document.Long, never
	return x
}

// choice is a field with one of some values, each with a name.
func choice(key, group string, of func(s *registerSystem) string) field {
	return field{key: key, value: func(f *frame, s *registerSystem) document.Cell {
		if v := of(s); v != system.Unknown {
			return document.T(f.word(group, v))
		}
		return document.Cell{}
	}}
}

// day is a field with a date that somebody can be asked for.
func day(key string, of func(s *registerSystem) civil.Date, asked func(s *registerSystem) bool) field {
	return field{key: key, kind: document.Date, asked: asked, value: func(_ *frame, s *registerSystem) document.Cell {
		return document.T(of(s).String())
	}}
}

// figure is a field with a number.
func figure(key string, of func(s *registerSystem) *int64, asked func(s *registerSystem) bool) field {
	return field{key: key, kind: document.Number, asked: asked, value: func(_ *frame, s *registerSystem) document.Cell {
		if n := of(s); n != nil {
			v := float64(*n)
			return document.Cell{Text: strconv.FormatInt(*n, 10), Number: &v}
		}
		return document.Cell{}
	}}
}

// made is a field that the program fills in itself: it is never unknown, and so not counted among what is asked for.
func made(key string, kind document.Kind, of func(s *registerSystem) document.Cell) field {
	return field{key: key, kind: kind, asked: never, value: func(_ *frame, s *registerSystem) document.Cell { return of(s) }}
}

// registerFields are the fields of the register, in the order that they are shown.
var registerFields = []field{
	made("slug", document.Plain, func(s *registerSystem) document.Cell { return document.T(s.Slug) }),
	choice("kind", "kind", func(s *registerSystem) string { return s.Kind }),
	{key: "service", value: func(_ *frame, s *registerSystem) document.Cell { return document.T(s.Service) }, asked: isService},
	{key: "audience", value: func(f *frame, s *registerSystem) document.Cell { return document.T(f.word("audience", s.Audience)) }, asked: isService},
	words("unit", func(s *registerSystem) string { return s.Unit }),
	words("supplier", func(s *registerSystem) string { return s.Supplier }),
	words("system-owner", func(s *registerSystem) string { return s.OwnerRole }),
	words("system-manager", func(s *registerSystem) string { return s.ManagerRole }),
	choice("hosting", "hosting", func(s *registerSystem) string { return s.Hosting }),
	note("hosting-note", func(s *registerSystem) string { return s.HostingNote }),
	words("country", func(s *registerSystem) string { return s.Country }),
	choice("state", "state", func(s *registerSystem) string { return s.State }),
	words("criticality", func(s *registerSystem) string { return s.Criticality }),
	figure("users", func(s *registerSystem) *int64 { return s.Users }, nil),
	{key: "users-approximate", value: approximate, asked: never},
	figure("data-subjects", func(s *registerSystem) *int64 { return s.DataSubjects }, nil),
	day("contract-end", func(s *registerSystem) civil.Date { return s.ContractEnd }, nil),
	note("contract-note", func(s *registerSystem) string { return s.ContractNote }),
	choice("processor-agreement", "answer", func(s *registerSystem) string { return s.ProcessorAgreement }),
	day("processor-agreement-on", func(s *registerSystem) civil.Date { return s.ProcessorAgreementOn },
		func(s *registerSystem) bool {
			return s.ProcessorAgreement == "yes" || s.ProcessorAgreement == system.Unknown
		}),
	words("sub-processors", func(s *registerSystem) string { return s.SubProcessors }),
	choice("role-model", "answer", func(s *registerSystem) string { return s.RoleModel }),
	day("role-model-on", func(s *registerSystem) civil.Date { return s.RoleModelOn }, func(s *registerSystem) bool { return s.RoleModel != "no" }),
	day("access-review-on", func(s *registerSystem) civil.Date { return s.AccessReviewOn }, nil),
	choice("access-log", "answer", func(s *registerSystem) string { return s.AccessLog }),
	figure("log-review-months", func(s *registerSystem) *int64 { return s.LogReviewMonths }, logs),
	day("log-review-on", func(s *registerSystem) civil.Date { return s.LogReviewOn }, logs),
	note("login-note", func(s *registerSystem) string { return s.LoginNote }),
	{key: "logins", kind: document.Long, value: logins},
	note("information-note", func(s *registerSystem) string { return s.InformationNote }),
	{key: "information", kind: document.Long, value: informationNames},
	choice("classified-last-year", "answer", func(s *registerSystem) string { return s.ClassifiedLastYear }),
	{key: "facts", kind: document.Long, value: facts, asked: never},
	note("comment", func(s *registerSystem) string { return s.Comment }),
	made("updated-at", document.Date, func(s *registerSystem) document.Cell { return moment(s.UpdatedAt) }),
	made("created-at", document.Date, func(s *registerSystem) document.Cell { return moment(s.CreatedAt) }),
	made("version", document.Number, func(s *registerSystem) document.Cell { return document.N(int(s.Version)) }),
	made("system-id", document.Plain, func(s *registerSystem) document.Cell { return document.T(s.ID) }),
}

// isService reports whether a system is, or may be, an e-service: only of one is it asked which service and for whom.
func isService(s *registerSystem) bool { return s.Kind == "e-service" || s.Kind == system.Unknown }

// logs reports whether a system has, or may have, a log to review.
func logs(s *registerSystem) bool { return s.AccessLog != "no" }

func approximate(f *frame, s *registerSystem) document.Cell {
	if s.Users == nil {
		return document.Cell{}
	}
	if s.UsersApproximate {
		return document.T(f.word("answer", "yes"))
	}
	return document.T(f.word("answer", "no"))
}

func moment(t time.Time) document.Cell {
	return document.T(t.In(civil.Location()).Format("2006-01-02 15:04"))
}

// logins writes the ways in, one on each line.
func logins(f *frame, s *registerSystem) document.Cell {
	lines := make([]string, len(s.Logins))
	for i, x := range s.Logins {
		var parts []string
		for _, p := range []string{f.word("audience", x.Audience), f.word("zone", x.Zone), x.Method, x.Address} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		lines[i] = strings.Join(parts, ", ")
	}
	return document.T(strings.Join(lines, "\n"))
}

func informationNames(f *frame, s *registerSystem) document.Cell {
	names := make([]string, len(s.Information))
	for i, h := range s.Information {
		names[i] = h.Name
		if !h.Confirmed {
			names[i] += " (" + f.t("suggested") + ")"
		}
	}
	return document.T(strings.Join(names, "\n"))
}

// facts writes what is stated about the system itself, one fact on each line.
func facts(f *frame, s *registerSystem) document.Cell {
	lines := make([]string, len(s.Facts))
	for i, x := range s.Facts {
		lines[i] = x.Fact + ": " + f.word("answer", x.Value)
		if known, ok := f.catalogue.Vocabulary.Fact(x.Fact); ok {
			value := known.Label(x.Value).In(f.lang)
			if value == x.Value {
				value = f.word("answer", value)
			}
			lines[i] = known.Name.In(f.lang) + ": " + value
		}
	}
	return document.T(strings.Join(lines, "\n"))
}

// cell gives a field's value; unknown tells that it is asked for and missing.
func (x *field) cell(f *frame, s *registerSystem) (c document.Cell, isUnknown bool) {
	c = x.value(f, s)
	if c.Text == "" && (x.asked == nil || x.asked(s)) {
		return document.T(f.t("unknown")), true
	}
	return c, false
}

func (r *registerReport) split() (any, int, func(int) any) {
	top := *r
	top.Systems = []registerSystem{}
	return top, len(r.Systems), func(i int) any { return &r.Systems[i] }
}

func (r *registerReport) document(f *frame) *document.Document {
	subjects := make([]*subject, len(r.Systems))
	for i := range r.Systems {
		subjects[i] = &r.Systems[i].subject
	}
	d := f.begin("register", subjects)
	d.Sections = nil // what the register itself holds is told of a stopped system too; levels and requirements are not
	missing, asked := r.unknown(f)
	f.property(d, "missing", f.t("missing-count", "Missing", missing, "Asked", asked))
	var sum requirement.Tally
	for i := range r.Systems {
		if t := r.Systems[i].Tally; t != nil {
			sum.Add(requirement.Tally{
				Met: t.Met, Partly: t.Partly, NotMet: t.NotMet, NotApplicable: t.NotApplicable, DontKnow: t.DontKnow, Unanswered: t.Unanswered,
			})
		}
	}
	total := tallyOf(sum)
	f.tally(d, &total)
	guide := document.Section{Heading: f.t("guide-heading"), Level: 1, Paragraphs: []string{f.t("register-guide"), f.t("basis-guide")}}
	for _, s := range subjects {
		if s.Stop {
			guide.Paragraphs = append(guide.Paragraphs, s.System+": "+f.t("stop"))
		}
	}
	d.Sections = append(d.Sections, guide)
	if f.request.Format == document.XLSX || f.request.Format == document.CSV {
		d.Sections = append(d.Sections, r.wide(f))
		return f.finish(d, subjects)
	}
	// A page has no room for fifty columns: it gets the figures together, and the rest system by system.
	overview := &document.Table{Name: f.t("overview-heading"), Columns: f.overviewColumns()}
	for i := range r.Systems {
		overview.Rows = append(overview.Rows, f.overviewRow(subjects[i], r.Systems[i].Tally))
	}
	d.Sections = append(d.Sections, document.Section{Heading: f.t("overview-heading"), Level: 1, Paragraphs: []string{f.t("overview-text")}, Table: overview})
	for i := range r.Systems {
		d.Sections = append(d.Sections, r.detail(f, &r.Systems[i]))
	}
	return f.finish(d, subjects)
}

// unknown counts the answers that are missing, of all that are asked for.
func (r *registerReport) unknown(f *frame) (missing, asked int) {
	for i := range r.Systems {
		for j := range registerFields {
			x := &registerFields[j]
			if x.asked != nil && !x.asked(&r.Systems[i]) {
				continue
			}
			asked++
			if _, isUnknown := x.cell(f, &r.Systems[i]); isUnknown {
				missing++
			}
		}
	}
	return missing, asked
}

// wide has one row per system and a column for everything, for a workbook.
func (r *registerReport) wide(f *frame) document.Section {
	t := &document.Table{Name: f.t("register-heading"), Columns: f.wideColumns()}
	for i := range r.Systems {
		s := &r.Systems[i]
		row := []document.Cell{s.cell()}
		for j := range registerFields {
			c, _ := registerFields[j].cell(f, s)
			row = append(row, c)
		}
		row = append(row, document.T(f.mark(&s.subject)), document.T(f.modelName(&s.subject)), document.T(s.ValidUntil.String()))
		for a := range catalogue.Aspect(catalogue.NumAspects) {
			row = append(row, f.levelCell(&s.subject, a), document.T(f.basis(&s.subject, a)))
		}
		row = append(row, document.T(f.knownOn(&s.subject)))
		for _, c := range registerTally {
			row = append(row, count(s.Tally, c.of))
		}
		t.Rows = append(t.Rows, row)
	}
	return document.Section{Heading: f.t("register-heading"), Level: 1, Table: t}
}

func (f *frame) wideColumns() []document.Column {
	out := []document.Column{f.column("system", document.Plain, 0)}
	for i := range registerFields {
		out = append(out, f.column(registerFields[i].key, registerFields[i].kind, 0))
	}
	out = append(out, f.column("classification", document.Plain, 0), f.column("model", document.Plain, 0), f.column("valid-until", document.Date, 0))
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		name := f.t("aspect-" + a.String())
		out = append(out, document.Column{Key: a.String(), Header: name, Kind: document.Number},
			document.Column{Key: a.String() + "-basis", Header: f.t("aspect-basis", "Aspect", name)})
	}
	out = append(out, f.column("on", document.Date, 0))
	for _, c := range registerTally {
		out = append(out, f.column(c.key, document.Number, 0))
	}
	return out
}

// registerTally are all the figures of a tally: a full export adds nothing together.
var registerTally = append(tallyColumns[:len(tallyColumns)-1:len(tallyColumns)-1], []struct {
	key string
	of  func(*tally) int
}{
	{"dont-know", func(t *tally) int { return t.DontKnow }},
	{"unanswered", func(t *tally) int { return t.Unanswered }},
}...)

func (f *frame) modelName(s *subject) string {
	if s.Model.ID == "" {
		return dash
	}
	return s.Model.ID + " " + s.Model.Version
}

func (f *frame) basis(s *subject, a catalogue.Aspect) string {
	l, ok := s.aspect(a)
	if !ok {
		return dash
	}
	return f.t("basis-" + l.Basis)
}

// knownOn is when the latest of a system's levels was decided or answered.
func (f *frame) knownOn(s *subject) string {
	var latest civil.Date
	for i := range s.Levels {
		if latest.Before(s.Levels[i].On) {
			latest = s.Levels[i].On
		}
	}
	return f.l.ShortDate(latest)
}

// detail has everything about one system, a field on each row.
func (r *registerReport) detail(f *frame, s *registerSystem) document.Section {
	t := &document.Table{Name: s.System, Columns: []document.Column{f.column("field", document.Plain, 30), f.column("value", document.Long, 70)}}
	add := func(name string, value document.Cell) {
		t.Rows = append(t.Rows, []document.Cell{{Text: name, Strong: true}, value})
	}
	for i := range registerFields {
		c, _ := registerFields[i].cell(f, s)
		add(f.t("column-"+registerFields[i].key), c)
	}
	add(f.t("column-classification"), document.T(f.mark(&s.subject)))
	if !s.Stop {
		add(f.t("column-model"), document.T(f.modelName(&s.subject)))
	}
	for i := range s.Levels {
		l := &s.Levels[i]
		text := f.levelText(l)
		if !l.On.IsZero() {
			text += ", " + f.l.ShortDate(l.On)
		}
		add(l.Name, document.T(text))
	}
	return document.Section{ID: s.Slug, Heading: s.System, Level: 1, Table: t}
}
