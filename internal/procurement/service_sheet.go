// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Posed gives what a link asks. The actor is the link's; link.ErrGone says that nobody asks any more.
func (s *Service) Posed(ctx context.Context, actor access.Actor, at Seat, l *locale.Localizer) (Posed, error) {
	if err := access.Check(actor, "procurement.Posed"); err != nil {
		return Posed{}, err
	}
	var out Posed
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = s.posed(ctx, tx, actor, "procurement.Posed", posing{at, l})
		return err
	})
	if err == nil && out.Sharable {
		out.Sharable, err = s.others(ctx)
	}
	if err != nil {
		return Posed{}, fmt.Errorf("read what is asked: %w", err)
	}
	return out, nil
}

// posing is which sheet is read, with the texts for its reasons.
type posing struct {
	seat  Seat
	texts *locale.Localizer
}

// posed reads a sheet for its link. Any other link's is gone to it.
func (s *Service) posed(ctx context.Context, tx *db.Tx, actor access.Actor, action string, p posing) (Posed, error) {
	out := Posed{Sheet: p.seat}
	if p.seat.Kind == SheetPart {
		part, of, err := partByID(ctx, tx, ids.ID[Part](p.seat.ID))
		if errors.Is(err, db.ErrNotFound) || err == nil && (!holds(actor, part.Link) || !part.Done.IsZero()) {
			return Posed{}, link.ErrGone
		}
		if err != nil {
			return Posed{}, err
		}
		out.Sheet, out.Only, out.part, out.Link = of, part.Topic, part.ID, part.Link
	}
	read := s.poseRequest
	if out.Sheet.Kind == SheetBid {
		read = s.poseBid
	}
	if err := read(ctx, tx, actor, reading{action, p.texts, &out}); err != nil {
		return Posed{}, err
	}
	files, err := filesOf(ctx, tx, out.Sheet)
	if err != nil {
		return Posed{}, err
	}
	for i := range out.Rows {
		out.Rows[i].Files = files[out.Rows[i].ID]
	}
	if out.Only == "" {
		if out.Parts, err = partsOf(ctx, tx, out.Sheet); err != nil {
			return Posed{}, err
		}
	}
	out.count()
	return out, nil
}

// reading is a sheet that is being read, for the action, with the texts for its reasons.
type reading struct {
	action string
	texts  *locale.Localizer
	out    *Posed
}

// mine says whether the sheet whose main link is id may be read: by whoever uses that link, or the link of a part of it.
func (r *reading) mine(actor access.Actor, id ids.ID[link.Link]) bool {
	if r.out.Only != "" {
		return true // the part's own link has been looked at
	}
	r.out.Link = id
	return holds(actor, id)
}

// poseRequest reads what a supplier, or an own unit, is asked about a system.
func (s *Service) poseRequest(ctx context.Context, tx *db.Tx, actor access.Actor, in reading) error {
	out := in.out
	r, err := request(ctx, tx, ids.ID[Request](out.Sheet.ID))
	if errors.Is(err, db.ErrNotFound) || err == nil && (!in.mine(actor, r.Link) || !r.Finished.IsZero()) {
		return link.ErrGone
	}
	if err != nil {
		return err
	}
	v, a, err := s.annex(ctx, tx, actor, in.action, annexRequest{r.System.String(), in.texts})
	if err != nil {
		return err
	}
	if v.Need.Stop { // nothing more is to be said about it
		return link.ErrGone
	}
	o, err := organisation.Get(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	given, err := repliesOf(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	before, err := s.before(ctx, tx, out, &r, v.System.SupplierID)
	if err != nil {
		return err
	}
	out.Form, out.Organisation, out.System, out.Until, out.at = r.Form, o.Name, v.System.Name, r.Expires, place{system: r.System}
	out.Rows = askedRows(&a, r.Form, given, before)
	return nil
}

// before is what the same supplier has answered before, here or another organisation, to be confirmed.
func (s *Service) before(ctx context.Context, tx *db.Tx, out *Posed, r *Request, of ids.ID[supplier.Supplier]) (map[string]*Earlier, error) {
	number, err := companyNumber(ctx, tx, of)
	if err != nil {
		return nil, err
	}
	shared, err := s.shares(ctx, tx, out, r, number)
	if err != nil {
		return nil, err
	}
	own, err := earlier(ctx, tx, r, of)
	for id, e := range shared {
		if own[id] == nil && err == nil {
			own[id] = e
		}
	}
	return own, err
}

// askedRows are the rows that were asked and still apply, with the answers so far, else what the same supplier has answered before.
func askedRows(a *Annex, form Form, given map[string]Reply, before map[string]*Earlier) []PosedRow {
	var out []PosedRow
	add := func(row PosedRow) {
		reply, ok := given[row.ID]
		if !ok {
			return
		}
		row.Reply = reply
		if reply.Status == "" {
			row.Earlier = before[row.ID]
		}
		out = append(out, row)
	}
	for i := range a.Rows {
		add(askedRow(&a.Rows[i], form))
	}
	for i := range a.Own {
		if !a.Own[i].Removed {
			add(askedOwn(&a.Own[i]))
		}
	}
	return out
}

// AnswerPosed saves a supplier's answers, which nobody else sees until they are sent.
func (s *Service) AnswerPosed(ctx context.Context, actor access.Actor, l *locale.Localizer, at Seat, list []Reply) error {
	if err := access.Check(actor, "procurement.AnswerPosed"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.posed(ctx, tx, actor, "procurement.AnswerPosed", posing{at, l})
		if err != nil {
			return err
		}
		for i := range list {
			row, ok := p.row(list[i].Requirement)
			if !ok {
				return ErrUnknown
			}
			if err := list[i].Check(); err != nil {
				return err
			}
			list[i].Version = row.Version
			if err := saveAnswer(ctx, tx, p.Sheet, &list[i]); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.AnswerPosed", ObjectKind: p.at.kind(), ObjectID: p.at.owner(), Data: map[string]any{"answers": len(list)},
		})
	})
	if err != nil {
		return fmt.Errorf("save supplier's answers: %w", err)
	}
	return nil
}

// SendPosed sends a supplier's answers, and uses up the link. From then on they are attested, and stand beside one's own. A colleague who
// answers a part hands it back to whoever was asked.
func (s *Service) SendPosed(ctx context.Context, actor access.Actor, l *locale.Localizer, at Seat) error {
	if err := access.Check(actor, "procurement.SendPosed"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.posed(ctx, tx, actor, "procurement.SendPosed", posing{at, l})
		if err != nil {
			return err
		}
		if p.Answered == 0 {
			return ErrUnanswered
		}
		if p.Shares && p.part == "" {
			if err := s.sendReceipt(ctx, tx, actor, &p); err != nil {
				return err
			}
		}
		if err := s.Links.Finish(ctx, tx, actor, p.Link); err != nil {
			return err
		}
		switch {
		case p.part != "":
			err = finishPart(ctx, tx, p.part)
		case p.Sheet.Kind == SheetBid:
			err = errors.Join(finishBid(ctx, tx, p.Sheet.ID), s.shut(ctx, tx, actor, p.Sheet, ""))
		default:
			err = errors.Join(finishRequest(ctx, tx, ids.ID[Request](p.Sheet.ID)), s.shut(ctx, tx, actor, p.Sheet, ""))
		}
		if err == nil && p.Shares {
			err = s.tellOthers(ctx, tx)
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.SendPosed", ObjectKind: p.at.kind(), ObjectID: p.at.owner(),
			Data: map[string]any{"answers": p.Answered, "asked": p.Total, "part": p.part != ""},
		})
	})
	if err != nil {
		return fmt.Errorf("send supplier's answers: %w", err)
	}
	return nil
}

// Attach keeps a document with an answer, or takes one away.
type Attach struct {
	Requirement string
	// Name and Content are the document; Remove is one that is taken away instead.
	Name    string
	Content []byte
	Remove  ids.ID[Attached]
}

// AttachPosed keeps a document with one answer of a sheet, sealed, or takes one away before the answers are sent.
func (s *Service) AttachPosed(ctx context.Context, actor access.Actor, l *locale.Localizer, at Seat, a Attach) error {
	if err := access.Check(actor, "procurement.AttachPosed"); err != nil {
		return err
	}
	f := Attached{ID: ids.New[Attached](), Requirement: a.Requirement}
	if a.Remove == "" {
		if err := f.take(a.Name, a.Content); err != nil {
			return err
		}
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.posed(ctx, tx, actor, "procurement.AttachPosed", posing{at, l})
		if err != nil {
			return err
		}
		row, ok := p.row(a.Requirement)
		if !ok {
			return ErrUnknown
		}
		entry := audit.Entry{Action: "procurement.AttachPosed", ObjectKind: p.at.kind(), ObjectID: p.at.owner(), Data: map[string]any{
			"requirement": row.ID, "size": f.Size, "media": f.Media, "hash": f.Hash, "removed": a.Remove != "",
		}}
		if a.Remove != "" {
			if !slices.ContainsFunc(row.Files, func(x Attached) bool { return x.ID == a.Remove }) {
				return db.ErrNotFound
			}
			return errors.Join(removeFile(ctx, tx, p.Sheet, a.Remove), audit.Append(ctx, tx, actor, entry))
		}
		if err := p.room(row, f.Size); err != nil {
			return err
		}
		return errors.Join(insertFile(ctx, tx, p.Sheet, &f, a.Content), audit.Append(ctx, tx, actor, entry))
	})
	if err != nil {
		return fmt.Errorf("attach document: %w", err)
	}
	return nil
}

// Delegate is a topic that a colleague at the supplier is asked to answer, or that is taken back.
type Delegate struct {
	To, Lang, Topic string
	Recall          ids.ID[Part]
}

// DelegatePosed mails a colleague of whoever was asked a link of their own to one topic, or shuts one.
func (s *Service) DelegatePosed(ctx context.Context, actor access.Actor, l *locale.Localizer, at Seat, d Delegate) error {
	if err := access.Check(actor, "procurement.DelegatePosed"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.posed(ctx, tx, actor, "procurement.DelegatePosed", posing{at, l})
		if err != nil {
			return err
		}
		if p.Only != "" {
			return link.ErrGone // who was asked by a colleague asks nobody further
		}
		entry := audit.Entry{
			Action: "procurement.DelegatePosed", ObjectKind: p.at.kind(), ObjectID: p.at.owner(), Data: map[string]any{"topic": d.Topic, "recalled": d.Recall != ""},
		}
		if d.Recall != "" {
			i := slices.IndexFunc(p.Parts, func(x Part) bool { return x.ID == d.Recall && x.Done.IsZero() })
			if i < 0 {
				return db.ErrNotFound
			}
			return errors.Join(s.Links.Revoke(ctx, tx, actor, p.Parts[i].Link), removePart(ctx, tx, d.Recall), audit.Append(ctx, tx, actor, entry))
		}
		return errors.Join(s.delegate(ctx, tx, actor, &p, d), audit.Append(ctx, tx, actor, entry))
	})
	if err != nil {
		return fmt.Errorf("ask a colleague: %w", err)
	}
	return nil
}

func (s *Service) delegate(ctx context.Context, tx *db.Tx, actor access.Actor, p *Posed, d Delegate) error {
	if err := mail.CheckAddress(d.To); err != nil {
		return err
	}
	if len(p.Parts) >= mostParts {
		return ErrParts
	}
	if !slices.ContainsFunc(p.Rows, func(r PosedRow) bool { return r.Topic == d.Topic }) {
		return ErrTopic
	}
	part := Part{ID: ids.New[Part](), Topic: d.Topic, Asked: mail.Masked(d.To), Expires: p.Until}
	var err error
	part.Link, err = s.linkTo(ctx, tx, actor, link.New{
		Task: PartTask, Object: part.ID.String(), To: d.To, Lang: d.Lang, Life: p.Until.Sub(tx.Limit), Stay: supplierStay, Template: mail.Colleague,
	})
	if err != nil {
		return err
	}
	return insertPart(ctx, tx, p.Sheet, &part)
}

// Attachment reads a document that a supplier has sent with an answer about a system.
func (s *Service) Attachment(ctx context.Context, actor access.Actor, ref string, id ids.ID[Attached]) (Document, error) {
	if err := access.Check(actor, "procurement.Attachment"); err != nil {
		return Document{}, err
	}
	var out Document
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "procurement.Attachment", ref)
		if err != nil {
			return err
		}
		files, err := filesOfSystem(ctx, tx, sys.ID)
		if err != nil {
			return err
		}
		for _, list := range files {
			for i := range list {
				if list[i].ID == id {
					out, err = openFile(ctx, tx, &list[i])
					return err
				}
			}
		}
		return db.ErrNotFound
	})
	if err != nil {
		return Document{}, fmt.Errorf("read attached document: %w", err)
	}
	return out, nil
}

// remindDays is how long before the last day to answer somebody is reminded.
const remindDays = 3

// remind sends those who have not answered, and have nothing open, a new link shortly before the last day to answer. It is done once.
func (s *Service) remind(ctx context.Context, tx *db.Tx, actor access.Actor) error {
	if s.Links == nil {
		return nil
	}
	list, err := unreminded(ctx, tx)
	if err != nil {
		return err
	}
	for _, x := range list {
		fresh, err := s.Links.Renew(ctx, tx, actor, x.link, mail.SupplierDue)
		switch {
		case errors.Is(err, link.ErrBusy):
			continue // they are answering now
		case errors.Is(err, link.ErrGone), errors.Is(err, mail.ErrTooMany), errors.Is(err, mail.ErrNotSet), errors.Is(err, mail.ErrNoKey):
			fresh = x.link // nobody is to be asked again and again
		case err != nil:
			return err
		}
		if err := reminded(ctx, tx, x.seat, fresh); err != nil {
			return err
		}
		if fresh == x.link {
			continue
		}
		if err := audit.Append(ctx, tx, actor, audit.Entry{
			Action: "procurement.Remind", ObjectKind: x.at.kind(), ObjectID: x.at.owner(), Data: map[string]any{"link": fresh},
		}); err != nil {
			return err
		}
	}
	return nil
}
