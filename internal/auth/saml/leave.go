// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
)

// signOut is what a request is for when the reader signs out at the provider.
const signOut provider.Purpose = "sign-out"

// leaving notes that somebody who has just signed out here may sign out at the provider too. ErrNotFound says that there is nothing to
// sign out of.
func (s *Service) leaving(ctx context.Context, org access.OrganisationID, session string, t provider.Ticket) (provider.ID, error) {
	var id provider.ID
	err := s.db.Write(ctx, org, func(tx *db.Tx) error {
		row, p, err := sessionByID(ctx, tx, org, session)
		if err != nil {
			return err
		}
		id = p
		own, err := json.Marshal(asked{Issuer: row.issuer, Session: row.id})
		if err != nil {
			return err
		}
		return provider.Begin(ctx, tx, t, &provider.Request{Organisation: org, Provider: p, For: signOut, To: "/", Own: own})
	})
	return id, err
}

// leave makes our question about signing out, for a reader who has signed out here and wants to there as well.
func (s *Service) leave(ctx context.Context, p *provider.Provider, site string, t provider.Ticket) (Sent, Provider, error) {
	o, keys, err := s.us(ctx, p.Organisation)
	if err != nil {
		return Sent{}, Provider{}, err
	}
	c, err := s.connect(ctx, p)
	if err != nil {
		return Sent{}, Provider{}, err
	}
	var sent Sent
	var to Provider
	err = s.db.Write(ctx, p.Organisation, func(tx *db.Tx) error {
		in, err := s.leaver(ctx, tx, p, t)
		if err != nil {
			return err
		}
		if to, err = c.pick(in.Issuer, tx.Now); err != nil {
			return err
		}
		at, err := choose(to.SignOut)
		if err != nil {
			return err
		}
		next := provider.NewTicket(t.Browser)
		q := asked{ID: messageID(), Issuer: in.Issuer}
		own, err := json.Marshal(q)
		if err != nil {
			return err
		}
		el := logoutRequest(q.ID, addressesOf(site, o.code).entityID, at.Location, in, tx.Now)
		if sent, err = send(el, "SAMLRequest", at, stateOf(p.ID, next), keys[0]); err != nil {
			return err
		}
		return provider.Begin(ctx, tx, next, &provider.Request{Organisation: p.Organisation, Provider: p.ID, For: signOut, To: "/", Own: own})
	})
	return sent, to, err
}

// leaver takes the sign-in that somebody has left, and forgets it.
func (s *Service) leaver(ctx context.Context, tx *db.Tx, p *provider.Provider, t provider.Ticket) (Session, error) {
	var in Session
	r, err := provider.Take(ctx, tx, p, t)
	if err != nil {
		return in, err
	}
	var q asked
	if err := json.Unmarshal(r.Own, &q); err != nil {
		return in, err
	}
	sealed, err := s.vault.Get(ctx, tx, provider.SecretName{Organisation: p.Organisation, Owner: q.Session, Name: keyName})
	if err != nil {
		return in, err
	}
	if err := json.Unmarshal(sealed, &in); err != nil {
		return in, err
	}
	return in, s.forgetSession(ctx, tx, p.Organisation, q.Session)
}

// left checks a provider's answer to our question.
func (s *Service) left(ctx context.Context, o organisation, in Incoming, r reply) error {
	id, state, err := splitState(r.state)
	if err != nil {
		return err
	}
	p, err := provider.Find(ctx, s.db, id)
	if errors.Is(err, provider.ErrUnknown) || err == nil && p.Organisation != o.id {
		return refuse(Unsolicited, "no such connection")
	}
	if err != nil {
		return err
	}
	var q asked
	err = s.db.Write(ctx, o.id, func(tx *db.Tx) error {
		kept, err := provider.Take(ctx, tx, &p, provider.Ticket{State: state, Browser: r.browser})
		if errors.Is(err, provider.ErrRequest) || err == nil && kept.For != signOut {
			return refuse(NoRequest, "%w", provider.ErrRequest)
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(kept.Own, &q)
	})
	if err != nil {
		return err
	}
	c, err := s.connect(ctx, &p)
	if err != nil {
		return err
	}
	from, err := c.pick(q.Issuer, s.db.Now())
	if err != nil {
		return err
	}
	opened, err := OpenLogout(in)
	if err != nil {
		return err
	}
	return opened.Answer(LogoutExpect{
		Issuer: from.EntityID, Certificates: from.Certificates, SLO: addressesOf(r.site, o.code).slo, Request: q.ID, Now: s.db.Now(),
	})
}

// ended does what a provider's question says: whoever has signed out there is signed out here. It gives the answer to send back.
func (s *Service) ended(ctx context.Context, o organisation, in Incoming, r reply) (Sent, error) {
	opened, err := OpenLogout(in)
	if err != nil {
		return Sent{}, err
	}
	p, from, err := s.connectionOf(ctx, o, opened.Issuer)
	if err != nil {
		return Sent{}, err
	}
	us := addressesOf(r.site, o.code)
	l, err := opened.Request(LogoutExpect{Issuer: from.EntityID, Certificates: from.Certificates, SLO: us.slo, Now: s.db.Now()})
	if err != nil {
		return Sent{}, err
	}
	_, keys, err := s.us(ctx, o.id)
	if err != nil {
		return Sent{}, err
	}
	at, err := choose(from.SignOutAnswer)
	if err != nil {
		return Sent{}, err
	}
	var sent Sent
	err = s.db.Write(ctx, o.id, func(tx *db.Tx) error {
		err := provider.Once(ctx, tx, &p, from.EntityID+"\x00"+l.ID, l.Until)
		if errors.Is(err, provider.ErrReplay) {
			return refuse(Replayed, "%w", err)
		}
		if err != nil {
			return err
		}
		n, err := s.endAll(ctx, tx, o.id, from.EntityID, l)
		if err != nil {
			return err
		}
		if sent, err = send(logoutAnswer(messageID(), us.entityID, at.Location, l.ID, tx.Now), "SAMLResponse", at, r.state, keys[0]); err != nil {
			return err
		}
		return audit.Append(ctx, tx, access.Actor{ID: "provider", Organisation: o.id}, audit.Entry{
			Action: "saml.Logout", ObjectKind: "provider", ObjectID: p.ID.String(), Data: map[string]any{"ended": n},
		})
	})
	return sent, err
}

// endAll ends the sessions here that belong to what has ended at the provider.
func (s *Service) endAll(ctx context.Context, tx *db.Tx, org access.OrganisationID, issuer string, l Logout) (int64, error) {
	rows, err := sessionsNamed(ctx, tx, org, issuer, l)
	if err != nil {
		return 0, fmt.Errorf("find sessions of sign-out: %w", err)
	}
	var sum int64
	for _, r := range rows {
		n, err := auth.EndProvider(ctx, tx, auth.Proof{Organisation: org, Issuer: r.issuer, Subject: r.subject, ProviderSession: r.id})
		if err != nil {
			return 0, err
		}
		if err := s.forgetSession(ctx, tx, org, r.id); err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// connectionOf finds the connection that a provider belongs to. The name is not verified yet: it only chooses the keys to verify with.
func (s *Service) connectionOf(ctx context.Context, o organisation, entityID string) (provider.Provider, Provider, error) {
	var all []provider.Provider
	err := s.db.Read(ctx, o.id, func(tx *db.Tx) (err error) {
		all, err = provider.All(ctx, tx, o.id)
		return err
	})
	if err != nil {
		return provider.Provider{}, Provider{}, err
	}
	fault := refuse(UnknownProvider, "%q", entityID)
	for i := range all {
		if all[i].Kind != provider.SAML {
			continue
		}
		c, err := s.connect(ctx, &all[i])
		if err != nil {
			continue // another connection's expired metadata are no reason to refuse this one
		}
		p, err := c.pick(entityID, s.db.Now())
		if err == nil {
			return all[i], p, nil
		}
	}
	return provider.Provider{}, Provider{}, fault
}
