// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/supplier"
)

// storySupplier is what the example knows of a supplier. Days are counted from the day that the example is made.
type storySupplier struct {
	Name, Number, Country, Transfer, Contact string
	TransferNote                             string `yaml:"transfer_note"`
	IncidentContact                          string `yaml:"incident_contact"`
	Papers                                   []storyPaper
	SubProcessors                            []struct{ Name, Country, Task string } `yaml:"sub_processors"`
}

type storyPaper struct {
	Kind, Name, Number, Reference, Issuer string
	Outcome, Note                         string
	StartsIn                              int    `yaml:"starts_in"`
	EndsIn                                *int   `yaml:"ends_in"`
	NoticeMonths                          *int64 `yaml:"notice_months"`
	Value                                 *int64
	Covers                                []string
}

type storyProcessing struct {
	Name, Role, State, Unit, Owner             string
	Systems, Information                       []string
	Purposes                                   string
	LegalBasis                                 []string `yaml:"legal_basis"`
	LegalSupport                               string   `yaml:"legal_support"`
	Special                                    string
	SpecialGrounds                             []string `yaml:"special_grounds"`
	SpecialSupport                             string   `yaml:"special_support"`
	Criminal, Subjects, Categories, Recipients string
	Transfer, Countries, Safeguard             string
	Retention, Security, Assessment            string
	AssessedDaysAgo                            int `yaml:"assessed_days_ago"`
	Controllers, Activities                    string
}

// tellSuppliers says what is known of the suppliers that the list names.
func (a *App) tellSuppliers(ctx context.Context, actor access.Actor, s *story, names map[string]string, today civil.Date) error {
	var all []supplier.Supplier
	err := a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		all, err = supplier.Whole(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return err
	}
	for i := range s.Suppliers {
		told := &s.Suppliers[i]
		at := slices.IndexFunc(all, func(x supplier.Supplier) bool { return x.Name == told.Name })
		if at < 0 {
			return fmt.Errorf("the story speaks of %q, which the list does not have", told.Name)
		}
		x := all[at]
		if len(x.Papers) > 0 {
			continue // told by an earlier start that was cut short
		}
		x.Number, x.Country, x.Transfer, x.TransferNote = told.Number, told.Country, told.Transfer, told.TransferNote
		x.Contact, x.IncidentContact = told.Contact, told.IncidentContact
		if err := a.Suppliers.Update(ctx, actor, x); err != nil {
			return fmt.Errorf("%s: %w", told.Name, err)
		}
		for _, sub := range told.SubProcessors {
			err := a.Suppliers.SaveSubProcessor(ctx, actor, supplier.SubProcessor{Supplier: x.ID, Name: sub.Name, Country: sub.Country, Task: sub.Task})
			if err != nil {
				return fmt.Errorf("%s: %w", told.Name, err)
			}
		}
		for n := range told.Papers {
			if err := a.Suppliers.SavePaper(ctx, actor, told.Papers[n].paper(x.ID, names, today)); err != nil {
				return fmt.Errorf("%s: %w", told.Name, err)
			}
		}
	}
	return nil
}

func (p *storyPaper) paper(of ids.ID[supplier.Supplier], names map[string]string, today civil.Date) supplier.Paper {
	out := supplier.Paper{
		Supplier: of, Kind: p.Kind, Name: p.Name, Number: p.Number, Reference: p.Reference, Issuer: p.Issuer,
		StartsOn: today.AddDays(p.StartsIn), NoticeMonths: p.NoticeMonths, Value: p.Value, Outcome: p.Outcome, Note: p.Note,
	}
	if p.EndsIn != nil {
		out.EndsOn = today.AddDays(*p.EndsIn)
	}
	for _, name := range p.Covers {
		out.Covers = append(out.Covers, supplier.Covered{Kind: supplier.CoversSystem, ID: names[locale.Fold(name)]})
	}
	return out
}

// tellCampaign asks the units and the systems in a round that goes on, where some have answered. It is told once.
func (a *App) tellCampaign(ctx context.Context, actor access.Actor, today civil.Date) error {
	all, err := a.Campaigns.List(ctx, actor)
	if err != nil || len(all.Rows) > 0 {
		return err
	}
	l, quarter := a.Texts.In("sv"), int64(today.Month-1)/3+1
	c, err := a.Campaigns.Begin(ctx, actor, campaign.New{
		Name: l.T("campaign.name-quarter", "Quarter", quarter, "Year", strconv.Itoa(today.Year)), Round: campaign.Quarterly, Year: int64(today.Year), Quarter: quarter,
		Deadline: today.AddDays(14), Remind: 5, Kinds: []campaign.Kind{campaign.OfUnit, campaign.OfSystem}, Areas: []string{"register", "access", "incident", "supplier"},
	})
	if err != nil {
		return err
	}
	if err := a.mark(ctx, actor, madeCampaign, c.ID.String()); err != nil {
		return err
	}
	if err := a.Campaigns.Dispatch(ctx, actor, c.ID.String(), nil); err != nil {
		return err
	}
	v, err := a.Campaigns.Open(ctx, actor, c.ID.String())
	if err != nil {
		return err
	}
	for i := range v.Sheets {
		if s := &v.Sheets[i]; i%2 == 0 && s.Kind == campaign.OfUnit {
			if err := a.answerSheet(ctx, actor, s, i); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	return nil
}

// answerSheet answers what a sheet asks, now and then that nobody knows, and hands it in.
func (a *App) answerSheet(ctx context.Context, actor access.Actor, s *campaign.Sheet, n int) error {
	var answers []campaign.Answer
	for i := range s.Answers {
		q, ok := a.Campaigns.Set.Question(s.Answers[i].Question)
		if !ok || !s.Answers[i].Asked() {
			continue
		}
		x := campaign.Answer{Question: q.ID, Value: campaign.Unknown}
		if pick := (n + i) % (len(q.Choices) + 1); pick < len(q.Choices) && !q.Dated() {
			x.Value = q.Choices[pick].ID
		}
		answers = append(answers, x)
	}
	if err := a.Campaigns.Answer(ctx, actor, s.ID, answers); err != nil {
		return err
	}
	return a.Campaigns.HandIn(ctx, actor, s.ID)
}

// tellProcessings makes the record of processing activities.
func (a *App) tellProcessings(ctx context.Context, actor access.Actor, s *story, names map[string]string, today civil.Date) error {
	units := map[string]access.UnitID{}
	told := map[string]bool{}
	var own string
	err := a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if own, err = organisation.Setting(ctx, tx, actor.Organisation, exampleBegun); err != nil {
			return err
		}
		list, err := organisation.Units(ctx, tx, actor.Organisation)
		for _, u := range list {
			units[u.Name] = u.ID
		}
		if err != nil {
			return err
		}
		there, err := processing.All(ctx, tx, actor.Organisation, access.Everywhere())
		for i := range there {
			told[there[i].Name] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	if own == "" { // who somebody's own organisation is, is not for the example to say
		if err := a.tellCommon(ctx, actor, s); err != nil {
			return err
		}
	}
	for i := range s.Processings {
		x := &s.Processings[i]
		if told[x.Name] {
			continue
		}
		p := x.processing(today)
		p.UnitID = units[x.Unit]
		made, err := a.Processings.Create(ctx, actor, p, processing.Wanted{Systems: named(names, x.Systems), Information: x.Information})
		if err != nil {
			return fmt.Errorf("%s: %w", x.Name, err)
		}
		if err := a.mark(ctx, actor, madeProcessing, made.ID.String()); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) tellCommon(ctx context.Context, actor access.Actor, s *story) error {
	common, err := a.Processings.Common(ctx, actor)
	if err != nil || common.Contact != "" || common.DPO != "" {
		return err
	}
	common.Contact, common.DPO = s.Common.Contact, s.Common.DPO
	return a.Processings.SetCommon(ctx, actor, common)
}

func named(names map[string]string, list []string) []string {
	out := make([]string, len(list))
	for i, name := range list {
		out[i] = names[locale.Fold(name)]
	}
	return out
}

func (x *storyProcessing) processing(today civil.Date) processing.Processing {
	p := processing.New(x.Name, x.Role)
	p.OwnerRole, p.Purposes, p.LegalBasis, p.LegalSupport = x.Owner, x.Purposes, x.LegalBasis, x.LegalSupport
	p.SpecialGrounds, p.SpecialSupport, p.Subjects, p.Categories = x.SpecialGrounds, x.SpecialSupport, x.Subjects, x.Categories
	p.Recipients, p.Countries, p.Retention, p.Security = x.Recipients, x.Countries, x.Retention, x.Security
	p.Controllers, p.Activities = x.Controllers, x.Activities
	for value, at := range map[*string]*string{
		&x.State: &p.State, &x.Special: &p.Special, &x.Criminal: &p.Criminal, &x.Transfer: &p.Transfer, &x.Safeguard: &p.Safeguard, &x.Assessment: &p.Assessment,
	} {
		if *value != "" {
			*at = *value // what is not told is unknown
		}
	}
	if x.AssessedDaysAgo > 0 {
		p.AssessedOn = today.AddDays(-x.AssessedDaysAgo)
	}
	return p
}

// storyPurchase is something that the example plans to buy.
type storyPurchase struct {
	Name, Unit, Note string
	Information, Own []string
	Levels           map[string]int
	Tender           *storyTender
}

// tellPurchases plans what is to be bought.
func (a *App) tellPurchases(ctx context.Context, actor access.Actor, s *story) error {
	units := map[string]access.UnitID{}
	err := a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		list, err := organisation.Units(ctx, tx, actor.Organisation)
		for _, u := range list {
			units[u.Name] = u.ID
		}
		return err
	})
	if err != nil {
		return err
	}
	there, err := a.Procurements.Systems(ctx, actor, procurement.Filter{})
	if err != nil {
		return err
	}
	for i := range s.Purchases {
		x := &s.Purchases[i]
		if slices.ContainsFunc(there.Purchases, func(p procurement.Purchase) bool { return p.Name == x.Name }) {
			continue
		}
		p := procurement.Purchase{Name: x.Name, Note: x.Note, UnitID: units[x.Unit], Types: x.Information, Levels: map[catalogue.Aspect]int{}}
		for name, level := range x.Levels {
			aspect, ok := catalogue.ParseAspect(name)
			if !ok {
				return fmt.Errorf("the story speaks of %q, which is no aspect", name)
			}
			p.Levels[aspect] = level
		}
		made, err := a.Procurements.SavePurchase(ctx, actor, p)
		if err != nil {
			return fmt.Errorf("%s: %w", x.Name, err)
		}
		if err := a.mark(ctx, actor, madePurchase, made.ID.String()); err != nil {
			return err
		}
		for _, text := range x.Own {
			err := a.Procurements.AddOwn(ctx, actor, procurement.PurchaseRef+made.ID.String(), a.Texts.In("sv"), procurement.Own{Text: text, Must: true})
			if err != nil {
				return fmt.Errorf("%s: %w", x.Name, err)
			}
		}
	}
	return nil
}
