// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// ConsentPosed lets whoever was asked say that their answers about the system may be shown to the other organisations on the installation that ask
// them, or take that back. A colleague who answers a part, an own unit and a bidder say nothing of it.
func (s *Service) ConsentPosed(ctx context.Context, actor access.Actor, l *locale.Localizer, at Seat, say Sharing) error {
	if err := access.Check(actor, "procurement.ConsentPosed"); err != nil {
		return err
	}
	var ended offer
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		ended = offer{}
		p, err := s.posed(ctx, tx, actor, "procurement.ConsentPosed", posing{at, l})
		if err != nil {
			return err
		}
		switch {
		case p.Only != "": // a colleague answers, and decides nothing
			return ErrNotShared
		case say == NotShare:
			ended = offer{party: party{domain: p.domain}, system: p.at.system}
			return s.endSharing(ctx, tx, actor, p.at, p.domain)
		case say != Share || !p.Sharable:
			return ErrNotShared
		}
		if err := saveConsent(ctx, tx, actor, p.at.system, p.domain); err != nil {
			return err
		}
		return errors.Join(s.tellOthers(ctx, tx), audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.ConsentPosed", ObjectKind: p.at.kind(), ObjectID: p.at.owner(), Data: map[string]any{"domain": p.domain},
		}))
	})
	if err != nil {
		return fmt.Errorf("consent to share answers: %w", err)
	}
	s.takeAway(ctx, actor.Organisation, &ended)
	return nil
}

// endSharing takes back a consent, and lets the copies be taken away.
func (s *Service) endSharing(ctx context.Context, tx *db.Tx, actor access.Actor, of place, domain string) error {
	had, err := endConsent(ctx, tx, of.system, domain)
	if err != nil || !had {
		return errors.Join(err, ErrNotShared)
	}
	return errors.Join(s.tellOthers(ctx, tx), audit.Append(ctx, tx, actor, audit.Entry{
		Action: "procurement.EndSharing", ObjectKind: of.kind(), ObjectID: of.owner(), Data: map[string]any{"domain": domain},
	}))
}

// tellOthers lets the copies that others have follow, in the transaction that changes what is shared.
func (s *Service) tellOthers(ctx context.Context, tx *db.Tx) error {
	if s.Jobs == nil {
		return nil
	}
	return s.Jobs.Add(ctx, tx, Exchange{})
}

// EndSharing takes back a supplier's consent to share its answers about a system: because it has asked for that, or because the organisation does not
// want what is said of its systems to be known elsewhere.
func (s *Service) EndSharing(ctx context.Context, actor access.Actor, ref, domain string) error {
	if err := access.Check(actor, "procurement.EndSharing"); err != nil {
		return err
	}
	var ended offer
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "procurement.EndSharing", ref)
		if err != nil {
			return err
		}
		ended = offer{party: party{domain: domain}, system: sys.ID}
		return s.endSharing(ctx, tx, actor, place{system: sys.ID}, domain)
	})
	if err != nil {
		return fmt.Errorf("end sharing of answers: %w", err)
	}
	s.takeAway(ctx, actor.Organisation, &ended)
	return nil
}

// takeAway removes the copies of what is shared no longer, at once and not when the job runs. What cannot be written now the job does, which was added
// when the consent ended and tells what goes wrong.
func (s *Service) takeAway(ctx context.Context, from access.OrganisationID, of *offer) {
	if of.system == "" || s.Organisations == nil {
		return
	}
	all, err := s.Organisations(ctx, s.DB)
	if err != nil {
		return
	}
	for _, org := range all {
		copies := []Shared(nil)
		id := source(from, of, org)
		err := s.DB.Read(ctx, org, func(tx *db.Tx) (err error) {
			copies, err = sharedFrom(ctx, tx, id)
			return err
		})
		if err != nil || len(copies) == 0 {
			continue
		}
		_ = s.DB.Write(ctx, org, func(tx *db.Tx) error { // the job does it otherwise
			had, err := sharedFrom(ctx, tx, id)
			if err != nil {
				return err
			}
			return turn(ctx, tx, meet(had, nil, nil, tx.Now))
		})
	}
}

// SeeShared notes that somebody has seen what has changed or ended of what the supplier of a system has answered others.
func (s *Service) SeeShared(ctx context.Context, actor access.Actor, ref string) error {
	if err := access.Check(actor, "procurement.SeeShared"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "procurement.SeeShared", ref)
		if err != nil {
			return err
		}
		number, err := companyNumber(ctx, tx, sys.SupplierID)
		if err != nil {
			return err
		}
		n, err := noteShared(ctx, tx, number)
		if err != nil || number == "" || n == 0 {
			return errors.Join(err, ErrNotShared)
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "procurement.SeeShared", ObjectKind: "system", ObjectID: sys.ID.String(), Data: map[string]any{"answers": n}})
	})
	if err != nil {
		return fmt.Errorf("note changes of shared answers: %w", err)
	}
	return nil
}

// Exchange copies what suppliers share to the other organisations that have asked them, and takes away what is shared no longer. Every organisation is
// read by itself and written by itself; of one that cannot be read nothing is shared, and what others hold of it is shown to nobody meanwhile.
func (s *Service) Exchange(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "procurement.Exchange"); err != nil {
		return err
	}
	all, err := s.Organisations(ctx, s.DB)
	if err != nil {
		return fmt.Errorf("share answers: %w", err)
	}
	var faults []error
	sides := make(map[access.OrganisationID]side, len(all))
	var away []access.OrganisationID
	for _, org := range all {
		faults = append(faults, s.DB.Read(ctx, org, func(tx *db.Tx) error {
			x, err := s.side(ctx, tx)
			if err == nil {
				sides[org] = x
			}
			return err
		}))
		if _, read := sides[org]; !read {
			away = append(away, org)
		}
	}
	for org, x := range sides {
		next := entitled(org, sides)
		if len(next) == 0 && !x.holds {
			continue
		}
		lost := unread{}
		for _, from := range away {
			lost[origin(from, org)] = true
		}
		faults = append(faults, s.DB.Write(ctx, org, func(tx *db.Tx) error { return receive(ctx, tx, next, lost) }))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("share answers: %w", err)
	}
	return nil
}

// side reads what one organisation shares and whom it has asked. An invented one shares nothing and is told nothing: it must not be mixed up with
// what is true.
func (s *Service) side(ctx context.Context, tx *db.Tx) (side, error) {
	var out side
	o, err := organisation.Get(ctx, tx, tx.Scope)
	if err != nil {
		return out, err
	}
	if out.holds, err = holdsShared(ctx, tx); err != nil || o.Example {
		return out, err
	}
	if out.asked, err = askedParties(ctx, tx); err != nil {
		return out, err
	}
	out.offers, err = s.offers(ctx, tx)
	return out, err
}

// receive writes what others' suppliers share with the organisation of the transaction.
func receive(ctx context.Context, tx *db.Tx, next []Shared, away unread) error {
	had, err := sharedAnswers(ctx, tx, "")
	if err != nil {
		return err
	}
	return turn(ctx, tx, meet(had, next, away, tx.Now))
}

// turn writes what becomes of the copies.
func turn(ctx context.Context, tx *db.Tx, out turned) error {
	for i := range out.rows {
		if err := saveShared(ctx, tx, &out.rows[i]); err != nil {
			return err
		}
	}
	if out.fresh+out.changed+out.ended+out.paused+out.continued == 0 {
		return nil
	}
	return audit.Append(ctx, tx, access.SystemActor(tx.Scope), audit.Entry{
		Action: "procurement.Exchange", ObjectKind: "organisation", ObjectID: tx.Scope.String(),
		Data: map[string]any{"received": out.fresh, "changed": out.changed, "ended": out.ended, "paused": out.paused, "continued": out.continued},
	})
}

// Beside is what a supplier has answered others about one requirement, beside one's own question.
type Beside struct {
	ID   string
	Text catalogue.Text
	Must bool
	// Own is the supplier's answer to one's own question; empty when it has not given one.
	Own    requirement.Status
	Shared []Shared
}

// Differing is a shared answer with a difference that nobody has noted, and what it answers.
type Differing struct {
	Shared
	Text catalogue.Text
}

// SupplierDiffers is what a supplier has answered others otherwise, and the systems that it was asked about here.
type SupplierDiffers struct {
	Supplier supplier.Supplier
	List     []Differing
	Systems  []OtherAnswer
}

// Differences reads what a supplier has answered others otherwise, for who keeps its contract. It tells what the supplier says of itself; what it has
// answered here, and what is measured, is on the pages of the systems.
func (s *Service) Differences(ctx context.Context, actor access.Actor, id ids.ID[supplier.Supplier]) (SupplierDiffers, error) {
	if err := access.Check(actor, "procurement.Differences"); err != nil {
		return SupplierDiffers{}, err
	}
	var out SupplierDiffers
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		out = SupplierDiffers{}
		var err error
		if out.Supplier, err = supplier.Get(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		all, err := Differences(ctx, tx)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].Supplier == id {
				out.Systems = append(out.Systems, all[i])
			}
		}
		number := supplier.CompanyNumber(out.Supplier.Number)
		if len(out.Systems) == 0 || number == "" { // nobody here has asked it
			return nil
		}
		list, err := sharedAnswers(ctx, tx, number)
		out.List = s.differing(list)
		return err
	})
	if err != nil {
		return SupplierDiffers{}, fmt.Errorf("read what a supplier has answered others otherwise: %w", err)
	}
	return out, nil
}

// differing picks the differences that nobody has noted, and takes away what is not to be shown.
func (s *Service) differing(list []Shared) []Differing {
	var out []Differing
	for i := range list {
		list[i].shown()
		if list[i].News() {
			out = append(out, Differing{list[i], s.asks(list[i].Requirement)})
		}
	}
	return out
}

// beside puts what the supplier has answered others beside what the system's annex asks.
func (s *Service) beside(ctx context.Context, tx *db.Tx, out *Supplied) error {
	var err error
	if out.Consents, err = consents(ctx, tx, out.System.ID); err != nil {
		return err
	}
	number, err := companyNumber(ctx, tx, out.System.SupplierID)
	if err != nil || number == "" {
		return err
	}
	list, err := sharedAnswers(ctx, tx, number)
	if err != nil {
		return err
	}
	out.Differs = s.differing(list)
	by := map[string][]Shared{}
	for i := range list {
		by[list[i].Requirement] = append(by[list[i].Requirement], list[i])
	}
	for _, r := range out.Annex.Included() {
		if by[r.ID] == nil {
			continue
		}
		out.Others = append(out.Others, Beside{
			ID: r.ID, Must: r.Mandatory(), Text: catalogue.Text{SV: r.Shall(catalogue.SV), EN: r.Shall(catalogue.EN)},
			Own: out.Replies[r.ID].Status, Shared: by[r.ID],
		})
	}
	return nil
}

// asks is what a requirement of the catalogue asks of a supplier; empty when the catalogue has it no more.
func (s *Service) asks(id string) catalogue.Text {
	r, ok := s.Requirements.Engine.Catalogue.Requirement(id)
	if !ok {
		return catalogue.Text{}
	}
	return catalogue.Text{SV: catalogue.Fill(r.Shall.SV, r.Settings, nil), EN: catalogue.Fill(r.Shall.EN, r.Settings, nil)}
}

// shares fills in what whoever was asked may say of sharing, and what they have answered other organisations, to be confirmed.
func (s *Service) shares(ctx context.Context, tx *db.Tx, out *Posed, r *Request, number string) (map[string]*Earlier, error) {
	if r.Form != ToSupplier || number == "" {
		return nil, nil //nolint:nilnil // there is nothing to confirm, and that is no fault
	}
	out.domain, out.Sharable = domainOf(r.Asked), out.Only == ""
	given, err := consents(ctx, tx, r.System)
	if err != nil {
		return nil, err
	}
	for i := range given {
		out.Shares = out.Shares || given[i].Domain == out.domain
	}
	list, err := sharedAnswers(ctx, tx, number)
	return confirmable(list, out.domain), err
}

// others reports whether there is another organisation on the installation to share with.
func (s *Service) others(ctx context.Context) (bool, error) {
	if s.Organisations == nil {
		return false, nil
	}
	all, err := s.Organisations(ctx, s.DB)
	return len(all) > 1, err
}
