// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/system"
)

func (s *sides) requirementCalls(ctx context.Context) map[string]call {
	a, l, ref := s.app, s.app.Texts.In("sv"), s.slug
	sys, aspect := ids.ID[system.System](s.systemID), a.Catalogue.Models[0].Aspects[0].Aspect
	return map[string]call{
		"requirement.View":      func(x access.Actor) (any, error) { return a.Requirements.View(ctx, x, ref, l) },
		"requirement.Component": func(x access.Actor) (any, error) { return a.Requirements.Component(ctx, x, ref, l) },
		"requirement.Follows": func(x access.Actor) (any, error) {
			n, _, err := a.Requirements.Follows(ctx, x, ref, aspect, 1, catalogue.SV)
			return n, err
		},
		"requirement.Answer": func(x access.Actor) (any, error) { return none(a.Requirements.Answer(ctx, x, ref, nil)) },
		"requirement.SetFigure": func(x access.Actor) (any, error) {
			return none(a.Requirements.SetFigure(ctx, x, a.Organisations, "x", "y", 1))
		},
		"action.Plan": func(x access.Actor) (any, error) {
			_, rows, err := a.Actions.Plan(ctx, x, ref, l)
			return rows, err
		},
		"action.Doers": func(x access.Actor) (any, error) { return a.Actions.Doers(ctx, x, ref) },
		"action.List":  func(x access.Actor) (any, error) { return a.Actions.List(ctx, x, action.Filter{}) },
		"action.Save": func(x access.Actor) (any, error) {
			return none(a.Actions.Save(ctx, x, ref, action.Action{Requirement: "x", OwnerRole: "y", Status: action.Planned}))
		},
		"action.Board": func(x access.Actor) (any, error) { return a.Actions.Board(ctx, x, action.Filter{}) },
		"action.Move": func(x access.Actor) (any, error) {
			m := action.Move{To: action.Done}
			list, err := a.Actions.List(ctx, s.other, action.Filter{})
			for i := range list.Rows {
				if list.Rows[i].Slug == ref {
					m.Action, m.Version = list.Rows[i].ID, list.Rows[i].Version
				}
			}
			if err != nil {
				return nil, err
			}
			return a.Actions.Move(ctx, x, m)
		},
		"action.Review": func(x access.Actor) (any, error) {
			return none(a.Actions.Review(ctx, access.SystemActor(x.Organisation), sys, action.Classified))
		},
		"report.Systems": func(x access.Actor) (any, error) { return a.Reports.Systems(ctx, x) },
		"report.Units":   func(x access.Actor) (any, error) { return a.Reports.Units(ctx, x) },
		"report.Account": func(x access.Actor) (any, error) {
			var b bytes.Buffer
			err := a.Reports.Account(ctx, x, report.Request{Kind: report.Dossier, Format: document.JSON, System: ref, Weaknesses: true}, &b)
			return b.String(), err
		},
		"report.Choices": func(x access.Actor) (any, error) { return a.Reports.Choices(ctx, x) },
		"report.Write": func(x access.Actor) (any, error) {
			var b bytes.Buffer
			err := a.Reports.Write(ctx, x, report.Request{Kind: report.Register, Format: document.JSON, System: ref}, &b)
			return b.String(), err
		},
	}
}

func (s *sides) procurementCalls(ctx context.Context) map[string]call {
	a, l, ref := s.app, s.app.Texts.In("sv"), s.slug
	nobody := procurement.Seat{Kind: procurement.SheetRequest, ID: ids.New[procurement.Request]().String()}
	return map[string]call{
		"procurement.Supplied": func(x access.Actor) (any, error) { return a.Procurements.Supplied(ctx, x, ref, l) },
		"procurement.AskSupplier": func(x access.Actor) (any, error) {
			return none(a.Procurements.AskSupplier(ctx, x, ref, l, procurement.Ask{To: "x@leverantor.example", Lang: "sv"}))
		},
		"procurement.RecallSupplier": func(x access.Actor) (any, error) {
			return none(a.Procurements.RecallSupplier(ctx, x, ref, ids.New[procurement.Request]()))
		},
		"procurement.Posed": func(x access.Actor) (any, error) { return a.Procurements.Posed(ctx, x, nobody, l) },
		"procurement.AnswerPosed": func(x access.Actor) (any, error) {
			return none(a.Procurements.AnswerPosed(ctx, x, l, nobody, nil))
		},
		"procurement.SendPosed": func(x access.Actor) (any, error) { return none(a.Procurements.SendPosed(ctx, x, l, nobody)) },
		"procurement.AttachPosed": func(x access.Actor) (any, error) {
			return none(a.Procurements.AttachPosed(ctx, x, l, nobody, procurement.Attach{Requirement: "x", Name: "a.txt", Content: []byte("a")}))
		},
		"procurement.DelegatePosed": func(x access.Actor) (any, error) {
			return none(a.Procurements.DelegatePosed(ctx, x, l, nobody, procurement.Delegate{To: "x@leverantor.example", Topic: "x"}))
		},
		"procurement.Tick": func(x access.Actor) (any, error) {
			return none(a.Procurements.Tick(ctx, access.SystemActor(x.Organisation)))
		},
		"procurement.AcceptReplies": func(x access.Actor) (any, error) {
			return a.Procurements.AcceptReplies(ctx, x, ref, l, procurement.Accept{Clear: true})
		},
		"procurement.Attachment": func(x access.Actor) (any, error) {
			return a.Procurements.Attachment(ctx, x, ref, ids.New[procurement.Attached]())
		},
		"procurement.StartTender": func(x access.Actor) (any, error) {
			return none(a.Procurements.StartTender(ctx, x, s.purchase, l, civil.Of(a.DB.Now()).AddDays(7)))
		},
		"procurement.Tender":       func(x access.Actor) (any, error) { return a.Procurements.Tender(ctx, x, s.purchase, l) },
		"procurement.WeighTender":  func(x access.Actor) (any, error) { return none(a.Procurements.WeighTender(ctx, x, s.purchase, nil)) },
		"procurement.FreezeTender": func(x access.Actor) (any, error) { return none(a.Procurements.FreezeTender(ctx, x, s.purchase)) },
		"procurement.InviteBidder": func(x access.Actor) (any, error) {
			return none(a.Procurements.InviteBidder(ctx, x, s.purchase, procurement.Invite{Name: "x", To: "x@leverantor.example", Lang: "sv"}))
		},
		"procurement.RecallBidder": func(x access.Actor) (any, error) {
			return none(a.Procurements.RecallBidder(ctx, x, s.purchase, ids.New[procurement.Bid]()))
		},
		"procurement.OpenBids": func(x access.Actor) (any, error) { return none(a.Procurements.OpenBids(ctx, x, s.purchase)) },
		"procurement.AwardBid": func(x access.Actor) (any, error) {
			return none(a.Procurements.AwardBid(ctx, x, s.purchase, ids.New[procurement.Bid](), civil.Date{}))
		},
		"procurement.BidAttachment": func(x access.Actor) (any, error) {
			return a.Procurements.BidAttachment(ctx, x, s.purchase, ids.New[procurement.Attached]())
		},
		"procurement.Annex": func(x access.Actor) (any, error) {
			_, annex, err := a.Procurements.Annex(ctx, x, ref, l)
			return annex.Rows, err
		},
		"procurement.Purchase":     func(x access.Actor) (any, error) { return a.Procurements.Purchase(ctx, x, s.purchase) },
		"procurement.EditPurchase": func(x access.Actor) (any, error) { return a.Procurements.EditPurchase(ctx, x, s.purchase) },
		"procurement.SavePurchase": func(x access.Actor) (any, error) {
			return a.Procurements.SavePurchase(ctx, x, procurement.Purchase{ID: s.purchase, Name: "Stulet", Version: 1})
		},
		"procurement.RemovePurchase": func(x access.Actor) (any, error) { return none(a.Procurements.RemovePurchase(ctx, x, s.purchase)) },
		"procurement.MakeSystem":     func(x access.Actor) (any, error) { return a.Procurements.MakeSystem(ctx, x, s.purchase) },
		"procurement.AddOwn": func(x access.Actor) (any, error) {
			return none(a.Procurements.AddOwn(ctx, x, procurement.PurchaseRef+s.purchase.String(), l, procurement.Own{Text: "x"}))
		},
		"procurement.RemoveOwn": func(x access.Actor) (any, error) {
			return none(a.Procurements.RemoveOwn(ctx, x, ref, l, procurement.Own{ID: "x", Reason: "y"}))
		},
		"procurement.Freeze": func(x access.Actor) (any, error) { return a.Procurements.Freeze(ctx, x, ref, l) },
		"procurement.Versions": func(x access.Actor) (any, error) {
			return a.Procurements.Versions(ctx, x, procurement.PurchaseRef+s.purchase.String(), l)
		},
		"procurement.Choose":  func(x access.Actor) (any, error) { return none(a.Procurements.Choose(ctx, x, ref, l, nil)) },
		"procurement.Systems": func(x access.Actor) (any, error) { return a.Procurements.Systems(ctx, x, procurement.Filter{}) },
	}
}

func (s *sides) sharingCalls(ctx context.Context) map[string]call {
	a, l, ref := s.app, s.app.Texts.In("sv"), s.slug
	nobody := procurement.Seat{Kind: procurement.SheetRequest, ID: ids.New[procurement.Request]().String()}
	return map[string]call{
		"procurement.ConsentPosed": func(x access.Actor) (any, error) {
			return none(a.Procurements.ConsentPosed(ctx, x, l, nobody, procurement.Share))
		},
		"procurement.EndSharing": func(x access.Actor) (any, error) {
			return none(a.Procurements.EndSharing(ctx, x, ref, "leverantor.example"))
		},
		"procurement.Receipt":   func(x access.Actor) (any, error) { return a.Procurements.Receipt(ctx, x) },
		"procurement.TakeBack":  func(x access.Actor) (any, error) { return none(a.Procurements.TakeBack(ctx, x)) },
		"procurement.SeeShared": func(x access.Actor) (any, error) { return none(a.Procurements.SeeShared(ctx, x, ref)) },
		"procurement.Differences": func(x access.Actor) (any, error) {
			return a.Procurements.Differences(ctx, x, s.supplierID())
		},
		"procurement.Exchange": func(x access.Actor) (any, error) {
			return none(a.Procurements.Exchange(ctx, access.SystemActor(x.Organisation)))
		},
	}
}
