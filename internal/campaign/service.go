// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
)

// Service has the use cases of campaigns and of the year wheel.
type Service struct {
	DB           *db.DB
	Set          *Set
	Requirements *requirement.Service
	Evidence     *evidence.Service
	Links        *link.Links
	Mail         *mail.Service
}

// Row is one campaign of the list.
type Row struct {
	Campaign
	Summary
	// Old says that a later version corrects it.
	Old bool
}

// Listing is an organisation's campaigns.
type Listing struct {
	Rows  []Row
	Today civil.Date
}

// List reads the campaigns, with how far they have come within the actor's reach.
func (s *Service) List(ctx context.Context, actor access.Actor) (Listing, error) {
	if err := access.Check(actor, "campaign.List"); err != nil {
		return Listing{}, err
	}
	var out Listing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		out.Today = civil.Of(tx.Now)
		all, err := All(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		for i := range all {
			list, err := within(ctx, tx, access.ReachOf(actor, "campaign.List"), all[i].ID)
			if err != nil {
				return err
			}
			if len(list) > 0 {
				out.Rows = append(out.Rows, Row{all[i], Summarise(s.Set, list), i > 0 && all[i-1].Number == all[i].Number})
			}
		}
		return nil
	})
	if err != nil {
		return Listing{}, fmt.Errorf("list campaigns: %w", err)
	}
	return out, nil
}

// View is one campaign with its sheets, as far as the actor reaches.
type View struct {
	Campaign
	Summary
	Sheets []Sheet
	// Versions are the other versions of it.
	Versions []Campaign
	// Names are the persons who are asked.
	Names map[string]string
	// Signer is who signed it. Intact says that what stands is what was signed.
	Signer string
	Intact bool
	// Mails says that the organisation sends mail. Whole says that the actor reaches all of it.
	Mails, Whole bool
	Today        civil.Date
}

// Open reads one campaign, by its number or its id.
func (s *Service) Open(ctx context.Context, actor access.Actor, ref string) (View, error) {
	if err := access.Check(actor, "campaign.Open"); err != nil {
		return View{}, err
	}
	var v View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		c, err := get(ctx, tx, actor.Organisation, ref)
		if err != nil {
			return err
		}
		reach := access.ReachOf(actor, "campaign.Open")
		v.Campaign, v.Today, v.Whole = c, civil.Of(tx.Now), reach.All
		if v.Sheets, err = within(ctx, tx, reach, c.ID); err != nil {
			return err
		}
		if len(v.Sheets) == 0 { // nothing that the actor reaches is asked about
			return fmt.Errorf("campaign %q: %w", ref, db.ErrNotFound)
		}
		v.Summary = Summarise(s.Set, v.Sheets)
		if v.Names, err = organisation.NamesOf(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if v.Versions, err = s.versions(ctx, tx, &c); err != nil {
			return err
		}
		if v.Mails, err = s.mails(ctx, tx); err != nil {
			return err
		}
		return s.verify(ctx, tx, &v)
	})
	if err != nil {
		return View{}, fmt.Errorf("read campaign: %w", err)
	}
	return v, nil
}

func (s *Service) mails(ctx context.Context, tx *db.Tx) (bool, error) {
	if s.Links == nil || s.Mail == nil {
		return false, nil
	}
	return s.Links.Ready(ctx, tx)
}

func (s *Service) versions(ctx context.Context, tx *db.Tx, c *Campaign) ([]Campaign, error) {
	all, err := All(ctx, tx, tx.Scope)
	return slices.DeleteFunc(all, func(o Campaign) bool { return o.Number != c.Number || o.ID == c.ID }), err
}

// verify counts the hash again of what stands, whoever reads it.
func (s *Service) verify(ctx context.Context, tx *db.Tx, v *View) error {
	if v.Frozen.IsZero() {
		return nil
	}
	all, err := ofCampaign(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	hash, err := Digest(&v.Campaign, all)
	v.Intact = hash == v.Hash
	if p, e := organisation.PersonOf(ctx, tx, tx.Scope, v.FrozenBy); e == nil {
		v.Signer = p.Name
	} else if !errors.Is(e, db.ErrNotFound) {
		return e
	}
	return err
}

// entry is an entry of the log. What people answer in words is never in it.
func (c *Campaign) entry(action string, more map[string]any) audit.Entry {
	data := map[string]any{"number": c.Number, "version": c.Version}
	for k, v := range more {
		data[k] = v
	}
	return audit.Entry{Action: action, ObjectKind: "campaign", ObjectID: c.ID.String(), Data: data}
}

// change runs fn on a campaign that is not frozen, in one transaction. Others who change it wait.
func (s *Service) change(ctx context.Context, actor access.Actor, ref string, fn func(tx *db.Tx, c *Campaign) error) error {
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		found, err := get(ctx, tx, actor.Organisation, ref)
		if err != nil {
			return err
		}
		c, err := hold(ctx, tx, found.ID)
		if err != nil {
			return err
		}
		return fn(tx, &c)
	})
}

// Recipient is who is to be asked, by an address that the coordinator writes.
type Recipient struct {
	Sheet ids.ID[Sheet]
	Email string
}

// Dispatch sends a campaign that has been prepared: everybody gets one link to all that they are asked. Where there is no address, or the
// organisation sends no mail, it is answered by those who sign in.
func (s *Service) Dispatch(ctx context.Context, actor access.Actor, ref string, to []Recipient) error {
	if err := access.Check(actor, "campaign.Dispatch"); err != nil {
		return err
	}
	err := s.change(ctx, actor, ref, func(tx *db.Tx, c *Campaign) error {
		if !c.Sent.IsZero() {
			return ErrSent
		}
		list, err := ofCampaign(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if err := address(ctx, tx, list, to); err != nil {
			return err
		}
		if err := setSent(ctx, tx, c.ID); err != nil {
			return err
		}
		n, err := s.write(ctx, tx, actor, letter{c, mail.Round, list})
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, c.entry("campaign.Dispatch", map[string]any{"sheets": len(list), "mailed": n}))
	})
	if err != nil {
		return fmt.Errorf("send campaign: %w", err)
	}
	return nil
}

// address puts the addresses that were written on the sheets.
func address(ctx context.Context, tx *db.Tx, list []Sheet, to []Recipient) error {
	for _, r := range to {
		i := slices.IndexFunc(list, func(x Sheet) bool { return x.ID == r.Sheet })
		if i < 0 {
			return db.ErrNotFound
		}
		x := &list[i]
		if r.Email == x.Email {
			continue
		}
		if r.Email != "" {
			if err := mail.CheckAddress(r.Email); err != nil {
				return err
			}
		}
		x.Email, x.Person = r.Email, ""
		contacts, err := organisation.Contacts(ctx, tx, tx.Scope)
		if err != nil {
			return err
		}
		for id, c := range contacts {
			if c.Email == r.Email {
				x.Person, x.Lang = id, or(c.Lang, "sv")
			}
		}
		if err := updateSheet(ctx, tx, x); err != nil {
			return err
		}
	}
	return nil
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// letter is a mail with a link about sheets of a campaign.
type letter struct {
	campaign *Campaign
	template mail.Template
	sheets   []Sheet
}

// linkDays is how long a link of a campaign can be used.
const linkDays = 30

// write mails everybody of the letter's sheets one link to all that they have left to answer, and takes earlier links back. Who cannot be
// written to is left out; the count is of those who were written to.
func (s *Service) write(ctx context.Context, tx *db.Tx, actor access.Actor, l letter) (int, error) {
	ready, err := s.mails(ctx, tx)
	if err != nil || !ready {
		return 0, err
	}
	by := map[string][]*Sheet{}
	var order []string
	for i := range l.sheets {
		x := &l.sheets[i]
		if x.Email == "" || x.State() == Settled || x.State() == HandedIn {
			continue
		}
		if by[x.Email] == nil {
			order = append(order, x.Email)
		}
		by[x.Email] = append(by[x.Email], x)
	}
	n := 0
	for _, to := range order {
		ok, err := s.writeTo(ctx, tx, actor, by[to], link.New{
			Task: SheetTask, Object: l.campaign.ID.String(), To: to, Lang: by[to][0].Lang, Life: linkDays * dayLong, Stay: dayLong, Template: l.template,
		})
		if err != nil {
			return n, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}

func (s *Service) writeTo(ctx context.Context, tx *db.Tx, actor access.Actor, list []*Sheet, n link.New) (bool, error) {
	for i, x := range list {
		if x.Link != "" && !slices.ContainsFunc(list[:i], func(o *Sheet) bool { return o.Link == x.Link }) {
			if err := s.Links.Revoke(ctx, tx, actor, x.Link); err != nil {
				return false, err
			}
		}
	}
	var made ids.ID[link.Link]
	err := tx.Attempt(ctx, func() (err error) {
		made, err = s.Links.Create(ctx, tx, actor, n)
		return err
	})
	switch {
	case errors.Is(err, mail.ErrTooMany), errors.Is(err, mail.ErrAddress):
		made = "" // the address has had enough mail, or takes none
	case err != nil:
		return false, err
	}
	for _, x := range list {
		x.Link = made
		if err := updateSheet(ctx, tx, x); err != nil {
			return false, err
		}
	}
	return made != "", nil
}

// Assign says who is asked on one sheet. When the campaign has gone out, they get a link at once, and the earlier one is taken back.
func (s *Service) Assign(ctx context.Context, actor access.Actor, r Recipient) error {
	if err := access.Check(actor, "campaign.Assign"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := sheet(ctx, tx, r.Sheet)
		if err != nil {
			return err
		}
		c, err := hold(ctx, tx, x.Campaign)
		if err != nil {
			return err
		}
		if !x.Sent.IsZero() {
			return ErrHandedIn
		}
		list := []Sheet{x}
		if err := address(ctx, tx, list, []Recipient{r}); err != nil {
			return err
		}
		n := 0
		if !c.Sent.IsZero() && r.Email != "" {
			if ready, err := s.mails(ctx, tx); err != nil || !ready {
				return errors.Join(err, ErrNoMail)
			}
			if list, err = s.sameRecipient(ctx, tx, &c, r.Email); err != nil {
				return err
			}
			if n, err = s.write(ctx, tx, actor, letter{&c, mail.Round, list}); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, c.entry("campaign.Assign", map[string]any{"sheet": x.ID, "mailed": n}))
	})
	if err != nil {
		return fmt.Errorf("say who is asked: %w", err)
	}
	return nil
}

func (s *Service) sameRecipient(ctx context.Context, tx *db.Tx, c *Campaign, email string) ([]Sheet, error) {
	all, err := ofCampaign(ctx, tx, c.ID)
	return slices.DeleteFunc(all, func(x Sheet) bool { return x.Email != email }), err
}

// Reopen lets a sheet that has been handed in be answered again.
func (s *Service) Reopen(ctx context.Context, actor access.Actor, id ids.ID[Sheet]) error {
	if err := access.Check(actor, "campaign.Reopen"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := sheet(ctx, tx, id)
		if err != nil {
			return err
		}
		c, err := hold(ctx, tx, x.Campaign)
		if err != nil {
			return err
		}
		if x.Sent.IsZero() {
			return nil
		}
		x.Sent, x.SentBy, x.Updated = when(0), "", tx.Now
		if err := updateSheet(ctx, tx, &x); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, c.entry("campaign.Reopen", map[string]any{"sheet": x.ID}))
	})
	if err != nil {
		return fmt.Errorf("open sheet again: %w", err)
	}
	return nil
}

// Freeze signs a campaign: what was asked and answered gets a hash that stands in the log, and nothing in it can change any more. The links
// are taken back.
func (s *Service) Freeze(ctx context.Context, actor access.Actor, ref string) (string, error) {
	if err := access.Check(actor, "campaign.Freeze"); err != nil {
		return "", err
	}
	var hash string
	err := s.change(ctx, actor, ref, func(tx *db.Tx, c *Campaign) error {
		if c.Sent.IsZero() {
			return ErrNotSent
		}
		all, err := ofCampaign(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if err := s.shut(ctx, tx, actor, all); err != nil {
			return err
		}
		if hash, err = Digest(c, all); err != nil {
			return err
		}
		c.Hash, c.FrozenBy = hash, actor.ID
		if err := setFrozen(ctx, tx, c); err != nil {
			return err
		}
		sum := Summarise(s.Set, all)
		return audit.Append(ctx, tx, actor, c.entry("campaign.Freeze", map[string]any{
			"hash": hash, "sheets": sum.Sheets, "handed_in": sum.HandedIn, "unknown": sum.All.Unknown, "missing": sum.All.Missing,
		}))
	})
	if err != nil {
		return "", fmt.Errorf("freeze campaign: %w", err)
	}
	return hash, nil
}

// shut takes back every link that still leads to a campaign's sheets, those of colleagues too.
func (s *Service) shut(ctx context.Context, tx *db.Tx, actor access.Actor, all []Sheet) error {
	if s.Links == nil {
		return nil
	}
	done := map[ids.ID[link.Link]]bool{"": true}
	for i := range all {
		open, err := delegations(ctx, tx, all[i].ID)
		if err != nil {
			return err
		}
		links := []ids.ID[link.Link]{all[i].Link}
		for _, d := range open {
			if d.Answered.IsZero() {
				links = append(links, d.Link)
			}
		}
		for _, l := range links {
			if !done[l] {
				if err := s.Links.Revoke(ctx, tx, actor, l); err != nil {
					return err
				}
			}
			done[l] = true
		}
	}
	return nil
}

// correctionDays is how long a correction waits for answers.
const correctionDays = 14

// Correct makes a new version of a frozen campaign, with everything that was answered; the frozen one stands beside it as it was.
func (s *Service) Correct(ctx context.Context, actor access.Actor, ref string) (Campaign, error) {
	if err := access.Check(actor, "campaign.Correct"); err != nil {
		return Campaign{}, err
	}
	var made Campaign
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		c, err := get(ctx, tx, actor.Organisation, ref)
		if err != nil {
			return err
		}
		if c, err = get(ctx, tx, actor.Organisation, fmt.Sprint(c.Number)); err != nil {
			return err
		}
		if c.Frozen.IsZero() {
			return ErrOpen
		}
		list, err := ofCampaign(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		made = c
		made.ID, made.Version, made.Replaces, made.Hash, made.FrozenBy, made.Frozen = ids.New[Campaign](), c.Version+1, c.ID, "", "", when(0)
		made.Sent, made.Deadline, made.CreatedBy = tx.Now, civil.Of(tx.Now).AddDays(correctionDays), actor.ID
		if err := insert(ctx, tx, &made); err != nil {
			return err
		}
		for i := range list {
			list[i].ID, list[i].Campaign, list[i].Link = ids.New[Sheet](), made.ID, ""
		}
		if err := insertSheets(ctx, tx, list); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, made.entry("campaign.Correct", map[string]any{"replaces": c.ID, "hash": c.Hash}))
	})
	if err != nil {
		return Campaign{}, fmt.Errorf("correct campaign: %w", err)
	}
	return made, nil
}

// Waiting lists the campaigns that whoever leads them is to look at: everybody has answered, or the last day has passed.
func (s *Service) Waiting(ctx context.Context, tx *db.Tx, today civil.Date) ([]Campaign, error) {
	all, err := All(ctx, tx, tx.Scope)
	if err != nil {
		return nil, err
	}
	var out []Campaign
	for i := range all {
		c := &all[i]
		if c.Sent.IsZero() || !c.Frozen.IsZero() {
			continue
		}
		list, err := ofCampaign(ctx, tx, c.ID)
		if err != nil {
			return nil, err
		}
		if sum := Summarise(s.Set, list); c.Deadline.Before(today) || sum.HandedIn == sum.Sheets {
			out = append(out, *c)
		}
	}
	return out, nil
}
