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

// AccountFormats is what a kind of account can be written as here. A dossier is for programs too.
func (s *Service) AccountFormats(k Kind) []document.Format { return s.printed(formatsOfAccount(k)) }

func formatsOfAccount(k Kind) []document.Format {
	if k == Dossier {
		return append(slices.Clone(accountFormats), document.JSON)
	}
	return accountFormats
}

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
	if err := s.writeAccount(ctx, actor, s.frame(r), w); err != nil {
		return fmt.Errorf("write account %s: %w", r.Kind, err)
	}
	return nil
}

// writeAccount makes an account, logs that it is taken out, and writes it. One that cannot be logged is not written.
func (s *Service) writeAccount(ctx context.Context, actor access.Actor, f *frame, w io.Writer) error {
	if f.request.Kind == Dossier {
		made, err := s.dossier(ctx, actor, f)
		if err == nil {
			err = s.note(ctx, actor, f.request)
		}
		switch {
		case err != nil:
			return err
		case f.request.Format == document.JSON:
			return writeJSON(w, made)
		default:
			return s.write(ctx, made.document(f), f.request.Format, w)
		}
	}
	d, err := s.account(ctx, actor, f)
	if err == nil {
		err = s.note(ctx, actor, f.request)
	}
	if err != nil {
		return err
	}
	return s.write(ctx, d, f.request.Format, w)
}

func (s *Service) frame(r Request) *frame {
	l := s.Texts.In(r.Lang)
	return &frame{request: r, l: l, lang: catalogue.Lang(l.Lang), catalogue: s.Requirements.Engine.Catalogue}
}

func (s *Service) checkAccount(r *Request) error {
	switch formats := s.AccountFormats(r.Kind); {
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
	a.weaknesses(d)
	return d
}

// section adds a section.
func section(d *document.Document, heading string, table *document.Table, paragraphs ...string) {
	if table != nil && table.Name == "" {
		table.Name = heading
	}
	d.Sections = append(d.Sections, document.Section{Heading: heading, Level: 1, Paragraphs: paragraphs, Table: table})
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
