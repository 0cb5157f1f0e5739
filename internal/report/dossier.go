// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"net/url"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/system"
)

// dossierReport is everything about one system: what the register holds, the classification, every requirement with what it is shown by,
// the plan and the risks. What is weak is counted, and named only when it is asked for.
type dossierReport struct {
	head
	Weaknesses bool `json:"weaknesses"`
	// Secrecy is the marking of a dossier that names what is weak; else empty.
	Secrecy string          `json:"secrecy"`
	Systems []dossierSystem `json:"systems"`

	// what is laid out as the reports of their own lay it out
	classified *classificationReport
	planned    *planReport
}

type dossierSystem struct {
	subject
	// Tally is null for a stopped system, of which only the fields are told.
	Tally  *tally         `json:"tally"`
	Fields []dossierField `json:"fields"`
	// Unwritten is how many fields somebody must still write.
	Unwritten    int                  `json:"unwritten"`
	Current      *classified          `json:"current"`
	Pending      *classified          `json:"pending"`
	Information  []held               `json:"information"`
	Rules        []rule               `json:"rules"`
	History      []pastVersion        `json:"history"`
	Shown        []dossierShown       `json:"shown"`
	Requirements []dossierRequirement `json:"requirements"`
	// Withheld is how many requirements, rows of the plan and risks are counted and not named.
	Withheld dossierWithheld `json:"withheld"`
	Rows     []planRow       `json:"rows"`
	Actions  dossierActions  `json:"actions"`
	Risks    []dossierRisk   `json:"risks"`
	// RiskLevels counts the risks by level, the largest first.
	RiskLevels []dossierLevel `json:"risk_levels"`
}

// dossierField is one field with where its value stands.
type dossierField struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	// Value is empty when nobody knows it: nothing is invented.
	Value string `json:"value"`
	// Source says in words where the value stands, or should stand, and Path is that page.
	Source string `json:"source"`
	Path   string `json:"path"`
	// MustWrite says that a person must write it.
	MustWrite bool `json:"must_write"`

	kind document.Kind
}

// dossierShown counts the requirements of which the same is shown.
type dossierShown struct {
	Shown string `json:"shown"`
	Count int    `json:"count"`
}

type dossierWithheld struct {
	Requirements int `json:"requirements"`
	Rows         int `json:"rows"`
	Risks        int `json:"risks"`
}

// dossierActions counts the actions, by how they keep their time.
type dossierActions struct {
	Open int `json:"open"`
	Late int `json:"late"`
}

// dossierRequirement is one requirement that applies, whether it is shown to be met, and by what.
type dossierRequirement struct {
	Requirement string `json:"requirement"`
	Version     int    `json:"version"`
	Is          string `json:"is"`
	Must        bool   `json:"must"`
	Conditional bool   `json:"conditional"`
	// Shown is met, not-met, contradicted, unproven, unknown or not-applicable.
	Shown    string            `json:"shown"`
	Path     string            `json:"path"`
	Evidence []dossierEvidence `json:"evidence"`
}

// dossierEvidence is one thing that a requirement is judged by.
type dossierEvidence struct {
	// KnownBy is measured, attested or self-assessed.
	KnownBy string `json:"known_by"`
	// Kind and Name are of the catalogue's kinds of evidence; Kind is empty for an answer that nobody has attested.
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Title string `json:"title"`
	// Way is the way in that it is about; empty for all of the system.
	Way string `json:"way"`
	// Outcome is for, against or unclear.
	Outcome string `json:"outcome"`
	// Strength is 1 to 5; null for an answer that nobody has attested, which has none.
	Strength *int       `json:"strength"`
	On       civil.Date `json:"on"`
	// ValidUntil is the day from which it no longer counts.
	ValidUntil civil.Date `json:"valid_until"`
	// Old says that it counts no longer, and Weak that its kind cannot show the requirement by itself.
	Old  bool   `json:"old"`
	Weak bool   `json:"weak"`
	Path string `json:"path"`
}

type dossierRisk struct {
	Name      string     `json:"name"`
	Level     string     `json:"level"`
	Left      string     `json:"left"`
	Treatment string     `json:"treatment"`
	OwnerRole string     `json:"owner_role"`
	DueOn     civil.Date `json:"due_on"`
	Path      string     `json:"path"`
}

type dossierLevel struct {
	Level string `json:"level"`
	Count int    `json:"count"`
}

// dossierReads are the use cases that show on pages what a dossier tells.
var dossierReads = []string{"overview.System", "classification.Open", "overview.Evidence", "action.Plan"}

// dossier puts what is known of one system together.
func (s *Service) dossier(ctx context.Context, actor access.Actor, f *frame) (*dossierReport, error) {
	for _, action := range dossierReads {
		if err := access.Check(actor, action); err != nil {
			return nil, err
		}
	}
	f.reach = access.ReachOf(actor, "report.Account")
	out := &dossierReport{Weaknesses: f.request.Weaknesses, Systems: make([]dossierSystem, 1)}
	if out.Weaknesses {
		out.Secrecy = f.t("secrecy")
	}
	x := &out.Systems[0]
	var sys system.System
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		f.now, f.today = tx.Now, civil.Of(tx.Now)
		if f.organisation, err = organisation.Get(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if sys, err = system.Within(ctx, tx, actor, "report.Account", f.request.System); err != nil {
			return err
		}
		return s.fillDossier(ctx, tx, f, sys, out)
	})
	if err != nil {
		return nil, err
	}
	if x.Stop {
		return out, nil
	}
	v, err := s.Risks.Open(ctx, actor, sys.Slug, f.l)
	if err != nil {
		return nil, err
	}
	s.dossierRisks(f, &v, x)
	return out, nil
}

// fillDossier reads all but the risks, in one transaction.
func (s *Service) fillDossier(ctx context.Context, tx *db.Tx, f *frame, sys system.System, out *dossierReport) error {
	x, one := &out.Systems[0], []system.System{sys}
	made, err := s.classification(ctx, tx, f, one)
	if err != nil {
		return err
	}
	out.classified = made.(*classificationReport)
	c := &out.classified.Systems[0]
	x.subject, x.Current, x.Pending, x.Information, x.Rules, x.History = c.subject, c.Current, c.Pending, c.Information, c.Rules, c.History
	out.head = out.classified.head
	done, err := processing.DoneIn(ctx, tx, f.organisation.ID, f.reach, []ids.ID[system.System]{sys.ID})
	if err != nil {
		return err
	}
	f.dossierFields(&sys, done, x)
	x.Shown, x.Requirements, x.Rows, x.Risks, x.RiskLevels = []dossierShown{}, []dossierRequirement{}, []planRow{}, []dossierRisk{}, []dossierLevel{}
	if x.Stop {
		return nil
	}
	if made, err = s.plan(ctx, tx, f, one); err != nil {
		return err
	}
	out.planned = made.(*planReport)
	f.dossierPlan(&out.planned.Systems[0], x)
	records, err := evidence.Whole(ctx, tx, f.organisation.ID, sys.ID)
	if err != nil {
		return err
	}
	views, err := s.Requirements.Views(ctx, tx, f.reach, one, f.l)
	if err != nil {
		return err
	}
	s.dossierEvidence(f, &views[0], records, x)
	return nil
}

// dossierFields tells every field of the register, with where it stands and whether somebody must write it.
func (f *frame) dossierFields(sys *system.System, done []processing.Processing, x *dossierSystem) {
	r := f.registered(sys)
	r.subject = x.subject
	page := systemPath(sys.Slug)
	for i := range registerFields {
		q := &registerFields[i]
		cell, missing := q.cell(f, &r)
		d := dossierField{ID: q.key, Label: f.t("column-" + q.key), Value: cell.Text, Source: f.t("from-register"), Path: page, MustWrite: missing, kind: q.kind}
		switch q.key {
		case "supplier":
			if r.SupplierID != "" {
				d.Source, d.Path = f.t("from-supplier"), "/leverantorer/"+url.PathEscape(r.SupplierID)
			}
		case "information":
			d.Source, d.Path = f.t("from-classification"), page+"/klassning"
		case "updated-at", "created-at", "version":
			d.Source, d.Path = f.t("from-history"), page+"/historik"
		}
		if missing {
			d.Value = ""
			if q.key != "information" {
				d.Path = page + "/redigera"
			}
		}
		x.add(d)
	}
	names := make([]string, len(done))
	for i := range done {
		names[i] = done[i].Name
	}
	x.add(dossierField{
		ID: "processings", Label: f.t("column-processings"), Value: f.l.List(names), Source: f.t("from-record"),
		Path: "/behandlingar?" + url.Values{"system": {sys.ID.String()}}.Encode(), MustWrite: len(done) == 0, kind: document.Long,
	})
}

func (x *dossierSystem) add(d dossierField) {
	if d.MustWrite {
		x.Unwritten++
	}
	x.Fields = append(x.Fields, d)
}

func systemPath(slug string) string { return "/system/" + url.PathEscape(slug) }

// dossierPlan takes in the plan: its rows when what is weak is named, and how many there are.
func (f *frame) dossierPlan(p *planSystem, x *dossierSystem) {
	x.Tally = p.Tally
	for i := range p.Rows {
		if r := &p.Rows[i]; r.Action != noAction {
			x.Actions.Open++
			if r.Late {
				x.Actions.Late++
			}
		}
	}
	if f.request.Weaknesses {
		x.Rows = p.Rows
		return
	}
	x.Withheld.Rows = len(p.Rows)
}

// dossierEvidence tells what every requirement is shown by. A requirement that is not shown to be met is a weakness.
func (s *Service) dossierEvidence(f *frame, v *requirement.View, records []evidence.Record, x *dossierSystem) {
	var shown requirement.Shown
	for i := range v.Requirements {
		r := &v.Requirements[i]
		shown[r.Shown.Status]++
		if weak := r.Shown.Status != requirement.ShownMet && r.Shown.Status != requirement.Excepted; weak && !f.request.Weaknesses {
			x.Withheld.Requirements++
			continue
		}
		q := dossierRequirement{
			Requirement: r.ID, Version: r.Version, Is: r.Is(f.lang), Must: r.Must, Conditional: r.Conditional, Shown: r.Shown.Status.String(),
			Path: systemPath(x.Slug) + "/krav#krav-" + url.PathEscape(r.ID), Evidence: []dossierEvidence{},
		}
		for n := range r.Shown.Grounds {
			e := s.ground(f, &r.Shown.Grounds[n], records)
			if e.Path = q.Path; r.Shown.Grounds[n].Record != nil {
				e.Path = systemPath(x.Slug) + "/bevis#b-" + r.Shown.Grounds[n].Record.ID.String()
			}
			q.Evidence = append(q.Evidence, e)
		}
		x.Requirements = append(x.Requirements, q)
	}
	for _, j := range judgements {
		x.Shown = append(x.Shown, dossierShown{j.String(), shown[j]})
	}
}

// judgements are what can be shown of a requirement, in the order that it is told.
var judgements = []requirement.Judged{
	requirement.ShownMet, requirement.Excepted, requirement.ShownUnmet, requirement.Contradicted, requirement.Unproven, requirement.NothingKnown,
}

// ground tells of one thing that a requirement is judged by.
func (s *Service) ground(f *frame, g *requirement.Ground, records []evidence.Record) dossierEvidence {
	out := dossierEvidence{Outcome: string(g.Outcome), On: g.On(), Old: g.Old, Weak: g.Weak}
	if g.Path != nil && g.Path.ID != "" {
		out.Way = f.word("audience", g.Path.Audience)
		if g.Path.Address != "" {
			out.Way += ", " + g.Path.Address
		}
	}
	if g.Record == nil {
		out.KnownBy, out.Name = g.Answer.KnownBy, f.t("evidence-answer")
		if s.Requirements.Proof != nil {
			out.ValidUntil = s.Requirements.Proof.Life().Ends("", evidence.Source(g.Answer.KnownBy), g.Answer.KnownOn)
		}
		if k, ok := f.catalogue.EvidenceKind("EV_ATTEST"); ok && g.Answer.KnownBy == requirement.Attested {
			strength := k.Strength
			out.Kind, out.Name, out.Strength = k.ID, k.Name.In(f.lang), &strength
		}
		return out
	}
	r := g.Record
	out.KnownBy, out.Kind, out.Name, out.ValidUntil = string(r.Source), r.Kind, r.Kind, r.Expires
	strength := r.Strength
	out.Strength = &strength
	if k, ok := f.catalogue.EvidenceKind(r.Kind); ok {
		out.Name = k.Name.In(f.lang)
	}
	if i := slices.IndexFunc(records, func(o evidence.Record) bool { return o.ID == r.ID }); i >= 0 { // only a whole record has its words
		out.Title = records[i].Detail.Title
	}
	return out
}

// dossierRisks tells of the risks: their names when what is weak is named, and how many there are of each level.
func (s *Service) dossierRisks(f *frame, v *risk.View, x *dossierSystem) {
	counts := map[int]int{}
	for i := range v.Risks {
		r := &v.Risks[i]
		now := r.Now(s.Risks.Scale).Rank
		counts[now]++
		if !f.request.Weaknesses {
			x.Withheld.Risks++
			continue
		}
		x.Risks = append(x.Risks, dossierRisk{
			Name: r.Name, Level: f.rank(s.Risks.Scale, now), Left: f.rank(s.Risks.Scale, r.If(s.Risks.Scale, v.Met).Rank), Treatment: f.treatment(r.Treatment),
			OwnerRole: f.role(r.OwnerRole), DueOn: r.DueOn, Path: systemPath(x.Slug) + "/risker/" + r.ID.String(),
		})
	}
	for _, level := range slices.Backward(s.Risks.Scale.Levels) {
		x.RiskLevels = append(x.RiskLevels, dossierLevel{level.Label.In(f.lang), counts[level.Rank]})
	}
	if counts[0] > 0 {
		x.RiskLevels = append(x.RiskLevels, dossierLevel{f.t("not-weighed"), counts[0]})
	}
}

func (r *dossierReport) split() (any, int, func(int) any) {
	top := *r
	top.Systems = []dossierSystem{}
	return top, len(r.Systems), func(i int) any { return &r.Systems[i] }
}
