// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/system"
)

// The accounts: what is told to those who decide, and to those who ask from outside.
const (
	Committee     Kind = "committee"     // two pages for the committee (nämnd)
	Control       Kind = "control"       // internal control (intern kontroll)
	Cybersecurity Kind = "cybersecurity" // a basis for answering Cybersäkerhetskollen, never a level
	Survey        Kind = "survey"        // a basis for Socialstyrelsen's survey
	Dossier       Kind = "dossier"       // everything about a single system (systemakt)
)

// Accounts lists the accounts.
var Accounts = []Kind{Committee, Control, Cybersecurity, Survey, Dossier}

// accountFormats are what accounts are written as.
var accountFormats = []document.Format{document.DOCX, document.ODS, document.XLSX, document.HTML}

// AccountFormats is what an account can be written as here.
func (s *Service) AccountFormats() []document.Format { return s.printed(accountFormats) }

// ErrUnit says that a unit is not within reach, whether it exists or not.
var ErrUnit = errors.New("there is no such unit within reach")

// account is what an account is made of, read in one transaction.
type account struct {
	*frame
	followup.Picture
	engine *followup.Engine
	unit   string // the name of the one unit; empty is all within reach
	whole  bool
	was    []followup.Point
	risks  risk.List
	scale  *risk.Scale
	states map[string]int
}

// Account writes an account of what the actor reaches, or of one unit of it.
func (s *Service) Account(ctx context.Context, actor access.Actor, r Request, w io.Writer) error {
	if err := access.Check(actor, "report.Account"); err != nil {
		return err
	}
	if err := s.checkAccount(&r); err != nil {
		return err
	}
	f := s.frame(r)
	var d *document.Document
	var err error
	if r.Kind == Dossier {
		d, err = s.dossier(ctx, actor, f)
	} else {
		d, err = s.account(ctx, actor, f)
	}
	if err != nil {
		return fmt.Errorf("write account %s: %w", r.Kind, err)
	}
	if err := s.note(ctx, actor, r); err != nil {
		return fmt.Errorf("write account %s: %w", r.Kind, err)
	}
	if err := s.write(ctx, d, r.Format, w); err != nil {
		return fmt.Errorf("write account %s: %w", r.Kind, err)
	}
	return nil
}

func (s *Service) frame(r Request) *frame {
	l := s.Texts.In(r.Lang)
	return &frame{request: r, l: l, lang: catalogue.Lang(l.Lang), catalogue: s.Requirements.Engine.Catalogue}
}

func (s *Service) checkAccount(r *Request) error {
	switch formats := s.AccountFormats(); {
	case !slices.Contains(Accounts, r.Kind):
		return fmt.Errorf("write account %q: %w: choose %s", r.Kind, ErrKind, choices(Accounts))
	case r.Format == document.PDF && s.Printer == nil:
		return fmt.Errorf("write account %s: %w", r.Kind, ErrPrinter)
	case !slices.Contains(formats, r.Format):
		return fmt.Errorf("write account %s as %q: %w: choose %s", r.Kind, r.Format, ErrFormat, choices(formats))
	case (r.Kind == Dossier) != (r.System != ""):
		return fmt.Errorf("write account %s: %w: only the dossier is of a single system", r.Kind, ErrKind)
	}
	return nil
}

// Units lists the units that an account can be of, within the actor's reach.
func (s *Service) Units(ctx context.Context, actor access.Actor) ([]organisation.Unit, error) {
	if err := access.Check(actor, "report.Units"); err != nil {
		return nil, err
	}
	var out []organisation.Unit
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := organisation.Units(ctx, tx, actor.Organisation)
		out = organisation.Within(all, access.ReachOf(actor, "report.Units"))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list units of reports: %w", err)
	}
	return out, nil
}

// Systems lists the systems that a dossier can be about.
func (s *Service) Systems(ctx context.Context, actor access.Actor) ([]system.System, error) {
	if err := access.Check(actor, "report.Systems"); err != nil {
		return nil, err
	}
	var out []system.System
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.ReachOf(actor, "report.Systems")})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list systems of reports: %w", err)
	}
	return out, nil
}

// account reads what the accounts of many systems are made of, and lays one out.
func (s *Service) account(ctx context.Context, actor access.Actor, f *frame) (*document.Document, error) {
	a := &account{frame: f, engine: s.Followup.Engine, scale: s.Risks.Scale, states: map[string]int{}}
	var err error
	if a.risks, err = s.Risks.List(ctx, actor, risk.Filter{Unit: f.request.Unit}); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error { return a.read(ctx, tx, actor, s.Followup) })
	if err != nil {
		return nil, err
	}
	d := a.cover()
	switch f.request.Kind {
	case Committee:
		a.committee(d)
	case Control:
		a.control(d)
	case Cybersecurity:
		a.cybersecurity(d)
	default:
		a.survey(d)
	}
	return d, nil
}

func (a *account) read(ctx context.Context, tx *db.Tx, actor access.Actor, counts *followup.Service) (err error) {
	reach := access.ReachOf(actor, "report.Account")
	a.now, a.today = tx.Now, civil.Of(tx.Now)
	if a.organisation, err = organisation.Get(ctx, tx, actor.Organisation); err != nil {
		return err
	}
	part := followup.Part{Reach: reach, Unit: a.request.Unit}
	a.whole = reach.All && part.Unit == ""
	if part.Unit != "" {
		if !reach.Holds(part.Unit) {
			return ErrUnit
		}
		units, err := organisation.Units(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(units, func(u organisation.Unit) bool { return access.UnitID(u.ID) == part.Unit })
		if i < 0 {
			return ErrUnit
		}
		a.unit = units[i].Name
	}
	if a.Picture, err = counts.Picture(ctx, tx, part); err != nil {
		return err
	}
	for i := range a.Views {
		state := standing(&a.Views[i])
		if state == decided && a.Views[i].Need.Expired {
			state = expired
		}
		a.states[state]++
	}
	if a.whole { // what was taken is of the whole organisation
		a.was, err = followup.TakenBefore(ctx, tx, actor.Organisation, a.today.AddMonths(-2*monthsOfYear), a.today.AddMonths(-monthsOfYear).AddDays(1))
		if err == nil && len(a.was) == 0 {
			a.was, err = followup.TakenBefore(ctx, tx, actor.Organisation, a.today.AddMonths(-monthsOfYear), a.today)
		}
	}
	return err
}

// expired is a decided classification whose time has passed.
const expired = "expired"

const monthsOfYear = 12

// cover makes a document with what every account's cover says.
func (a *account) cover() *document.Document {
	kind := string(a.request.Kind)
	d := &document.Document{
		Lang: a.l.Lang, Title: a.t("title-" + kind), Subtitle: a.organisation.Name, Created: a.now.In(civil.Location()), Author: a.organisation.Name,
	}
	part := a.t("part-reach")
	switch {
	case a.unit != "":
		part = a.unit
	case a.whole:
		part = a.t("part-whole")
	}
	a.property(d, "municipality", a.organisation.Name)
	a.property(d, "part", part)
	a.property(d, "date", a.today.String())
	a.property(d, "catalogue", a.catalogue.Edition)
	a.property(d, "systems", a.l.Number(int64(len(a.Views))))
	weak := a.t("weaknesses-out")
	if a.request.Weaknesses {
		weak = a.t("weaknesses-in")
	}
	a.property(d, "weaknesses", weak)
	return d
}

// section adds a section.
func section(d *document.Document, heading string, table *document.Table, paragraphs ...string) {
	if table != nil && table.Name == "" {
		table.Name = heading
	}
	d.Sections = append(d.Sections, document.Section{Heading: heading, Level: 1, Paragraphs: paragraphs, Table: table})
}

// dossier puts what the reports tell of one system in one document.
func (s *Service) dossier(ctx context.Context, actor access.Actor, f *frame) (*document.Document, error) {
	for _, action := range []string{"overview.System", "classification.Open", "action.Plan"} {
		if err := access.Check(actor, action); err != nil {
			return nil, err
		}
	}
	f.reach = access.ReachOf(actor, "report.Account")
	parts := make([]report, len(dossierParts))
	var sys system.System
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		f.now, f.today = tx.Now, civil.Of(tx.Now)
		if f.organisation, err = organisation.Get(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if sys, err = system.Within(ctx, tx, actor, "report.Account", f.request.System); err != nil {
			return err
		}
		one := []system.System{sys}
		if parts[0], err = s.register(ctx, tx, f, one); err != nil {
			return err
		}
		if parts[1], err = s.classification(ctx, tx, f, one); err != nil {
			return err
		}
		parts[2], err = s.plan(ctx, tx, f, one)
		return err
	})
	if err != nil {
		return nil, err
	}
	d := parts[0].document(f)
	d.Title = f.t("title-dossier", "System", sys.Name)
	body := d.Sections
	d.Sections = nil
	for i, p := range parts {
		if i > 0 {
			body = p.document(f).Sections
		}
		d.Sections = append(d.Sections, document.Section{Heading: f.t("dossier-" + dossierParts[i]), Level: 1})
		for _, x := range body {
			x.ID, x.Level = "", min(x.Level+1, 3)
			d.Sections = append(d.Sections, x)
		}
	}
	risks, err := s.dossierRisks(ctx, actor, f, sys.Slug)
	if err != nil {
		return nil, err
	}
	d.Sections = append(d.Sections, risks...)
	return d, nil
}

// dossierParts are the parts of a dossier that reports of their own tell.
var dossierParts = []string{"register", "classification", "plan"}

// dossierRisks tells of a system's risks. Of one that was stopped nothing is told.
func (s *Service) dossierRisks(ctx context.Context, actor access.Actor, f *frame, slug string) ([]document.Section, error) {
	v, err := s.Risks.Open(ctx, actor, slug, f.l)
	if err != nil || v.Need.Stop {
		return nil, err
	}
	t := &document.Table{Name: f.t("dossier-risks"), Columns: []document.Column{
		f.column("risk", document.Long, 30), f.column("risk-level", document.Plain, 14), f.column("risk-left", document.Plain, 14),
		f.column("treatment", document.Plain, 14), f.column("owner-role", document.Plain, 18), f.column("due-on", document.Date, 12),
	}}
	for i := range v.Risks {
		r := &v.Risks[i]
		t.Rows = append(t.Rows, []document.Cell{
			document.T(r.Name), document.T(f.rank(s.Risks.Scale, r.Now(s.Risks.Scale).Rank)), document.T(f.rank(s.Risks.Scale, r.If(s.Risks.Scale, v.Met).Rank)),
			document.T(f.treatment(r.Treatment)), document.T(f.role(r.OwnerRole)), document.T(f.l.ShortDate(r.DueOn)),
		})
	}
	out := document.Section{Heading: f.t("dossier-risks"), Level: 1, Paragraphs: []string{f.t("dossier-risks-text", "Count", len(v.Risks))}}
	if len(v.Risks) > 0 {
		out.Table = t
	}
	return []document.Section{out}, nil
}

// rank is how large a risk is, in words.
func (f *frame) rank(s *risk.Scale, rank int) string {
	if level, ok := s.Level(rank); ok {
		return level.Label.In(f.lang)
	}
	return f.t("not-weighed")
}

// treatment is what has been decided about a risk, in words.
func (f *frame) treatment(t string) string {
	if t == risk.Untreated {
		return f.t("treatment-none")
	}
	return f.t("treatment-" + t)
}
