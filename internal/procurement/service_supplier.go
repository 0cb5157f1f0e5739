// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// AskSupplier mails a supplier, or an own unit, a link to what the system's annex asks.
func (s *Service) AskSupplier(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer, ask Ask) error {
	if err := access.Check(actor, "procurement.AskSupplier"); err != nil {
		return err
	}
	if s.Links == nil {
		return ErrNoMail
	}
	if err := mail.CheckAddress(ask.To); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, a, err := s.annex(ctx, tx, actor, "procurement.AskSupplier", annexRequest{ref, l})
		if err != nil {
			return err
		}
		if v.Need.Stop || a.Shall+a.Should == 0 {
			return ErrNothing
		}
		r, err := s.begin(ctx, tx, actor, &v.System.ID, ask)
		if err != nil {
			return err
		}
		template := mail.Supplier
		if r.Form == ToUnit {
			template = mail.Question
		}
		r.Link, err = s.linkTo(ctx, tx, actor, link.New{
			Task: SupplierTask, Object: r.ID.String(), To: ask.To, Lang: ask.Lang, Life: r.Expires.Sub(tx.Limit), Stay: supplierStay, Template: template,
		})
		if err != nil {
			return err
		}
		if err := saveRequest(ctx, tx, actor, &r); err != nil {
			return err
		}
		if err := poseRows(ctx, tx, r.ID, &a); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.AskSupplier", ObjectKind: "system", ObjectID: v.System.ID.String(),
			Data: map[string]any{"link": r.Link, "requirements": a.Shall + a.Should, "continued": !ask.Continue.IsZero(), "form": r.Form},
		})
	})
	if err != nil {
		return fmt.Errorf("ask supplier: %w", err)
	}
	return nil
}

// linkTo makes and mails a link; ErrNoMail says that the organisation sends no mail.
func (s *Service) linkTo(ctx context.Context, tx *db.Tx, actor access.Actor, n link.New) (ids.ID[link.Link], error) {
	id, err := s.Links.Create(ctx, tx, actor, n)
	if errors.Is(err, mail.ErrNotSet) || errors.Is(err, mail.ErrNoKey) {
		return "", ErrNoMail
	}
	return id, err
}

// RecallSupplier takes back a request that has not been sent, with what was answered so far. The link is shut at once.
func (s *Service) RecallSupplier(ctx context.Context, actor access.Actor, ref string, id ids.ID[Request]) error {
	if err := access.Check(actor, "procurement.RecallSupplier"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		v, _, err := s.annex(ctx, tx, actor, "procurement.RecallSupplier", annexRequest{ref, nil})
		if err != nil {
			return err
		}
		r, err := request(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.System != v.System.ID || !r.Finished.IsZero() {
			return db.ErrNotFound // what was sent stays: others may have acted on it
		}
		if err := s.shut(ctx, tx, actor, Seat{SheetRequest, id.String()}, r.Link); err != nil {
			return err
		}
		if err := removeRequest(ctx, tx, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.RecallSupplier", ObjectKind: "system", ObjectID: v.System.ID.String(), Data: map[string]any{"link": r.Link},
		})
	})
	if err != nil {
		return fmt.Errorf("take back request to supplier: %w", err)
	}
	return nil
}

// shut ends a sheet's link, and those of the colleagues who answer parts of it.
func (s *Service) shut(ctx context.Context, tx *db.Tx, actor access.Actor, of Seat, main ids.ID[link.Link]) error {
	if s.Links == nil {
		return nil
	}
	parts, err := partsOf(ctx, tx, of)
	if err != nil {
		return err
	}
	for i := range parts {
		if !parts[i].Done.IsZero() {
			continue
		}
		if err := s.Links.Revoke(ctx, tx, actor, parts[i].Link); err != nil {
			return err
		}
	}
	if main == "" {
		return nil
	}
	return s.Links.Revoke(ctx, tx, actor, main)
}

// Supplied reads what suppliers have been asked about a system, and what they have sent, beside what else is known.
func (s *Service) Supplied(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (Supplied, error) {
	if err := access.Check(actor, "procurement.Supplied"); err != nil {
		return Supplied{}, err
	}
	var out Supplied
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out, err = s.supplied(ctx, tx, actor, "procurement.Supplied", annexRequest{ref, l}); err != nil || s.Links == nil {
			return err
		}
		if out.People, err = organisation.Colleagues(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		out.Mails, err = s.Links.Ready(ctx, tx)
		return err
	})
	if err != nil {
		return Supplied{}, fmt.Errorf("read supplier's answers: %w", err)
	}
	return out, nil
}

// supplied reads what suppliers have sent about a system that the actor may do the action to.
func (s *Service) supplied(ctx context.Context, tx *db.Tx, actor access.Actor, action string, r annexRequest) (out Supplied, err error) {
	if out.View, out.Annex, err = s.annex(ctx, tx, actor, action, r); err != nil {
		return out, err
	}
	out.Today = civil.Of(tx.Now)
	if out.Requests, err = requests(ctx, tx, out.System.ID); err != nil {
		return out, err
	}
	if out.Replies, err = Replies(ctx, tx, out.System.ID); err != nil {
		return out, err
	}
	if out.Starts, err = contractStart(ctx, tx, &out.System, out.Today); err != nil {
		return out, err
	}
	if err := s.beside(ctx, tx, &out); err != nil {
		return out, err
	}
	return out, s.compare(ctx, tx, &out)
}

// contractStart is when the contract about a system begins: of several the latest that has not ended.
func contractStart(ctx context.Context, tx *db.Tx, sys *system.System, today civil.Date) (civil.Date, error) {
	var out civil.Date
	if sys.SupplierID == "" {
		return out, nil
	}
	x, err := supplier.Get(ctx, tx, tx.Scope, sys.SupplierID)
	if err != nil {
		return out, err
	}
	mine := supplier.Covered{Kind: supplier.CoversSystem, ID: sys.ID.String()}
	for i := range x.Papers {
		p := &x.Papers[i]
		about := len(p.Covers) == 0 || slices.Contains(p.Covers, mine)
		if p.Kind == supplier.Contract && about && p.Standing(today) != supplier.Ended && out.Before(p.StartsOn) {
			out = p.StartsOn
		}
	}
	return out, nil
}

// compare puts each answer beside what else is known.
func (s *Service) compare(ctx context.Context, tx *db.Tx, out *Supplied) error {
	forms := map[ids.ID[Request]]Form{}
	for i := range out.Requests {
		forms[out.Requests[i].ID] = out.Requests[i].Form
	}
	accepted, err := acceptances(ctx, tx, out.System.ID)
	if err != nil {
		return err
	}
	files, err := filesOfSystem(ctx, tx, out.System.ID)
	if err != nil {
		return err
	}
	actions, err := action.All(ctx, tx, tx.Scope, out.System.ID)
	if err != nil {
		return err
	}
	add := func(c Compared) {
		reply, ok := out.Replies[c.ID]
		if !ok {
			return
		}
		c.Reply, c.Form, c.Accepted = reply, forms[reply.Request], accepted[acceptKey{reply.Request, c.ID}]
		c.Files, c.Action = files[acceptKey{reply.Request, c.ID}], actions[out.System.ID][c.ID]
		c.Grounds = besides(c.Grounds, c.Accepted)
		c.Contrast = differs(reply.Status, c.Grounds)
		out.Answers = append(out.Answers, c)
	}
	for i := range out.Annex.Rows {
		r := &out.Annex.Rows[i]
		add(Compared{
			ID: r.ID, Must: r.Mandatory(), Text: catalogue.Text{SV: r.Shall(catalogue.SV), EN: r.Shall(catalogue.EN)}, Grounds: r.Shown.Grounds, Shown: r.Shown.Status,
			Role: r.Role,
		})
	}
	for i := range out.Annex.Own {
		o := &out.Annex.Own[i]
		add(Compared{ID: o.ID.String(), Must: o.Must, Own: true, Text: catalogue.Text{SV: o.Text, EN: o.Text}})
	}
	return nil
}
