// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/outbound"
)

// Service signs people in at providers that speak SAML.
type Service struct {
	db     *db.DB
	known  *provider.Contexts
	vault  provider.Vault
	policy outbound.Policy
	log    *slog.Logger
	cache  cache
	two    provider.Two
}

// NewService makes the service. policy says which places of the network it may reach.
func NewService(d *db.DB, p *provider.Service, policy outbound.Policy, log *slog.Logger) *Service {
	return &Service{db: d, known: p.Known, vault: p.Vault, policy: policy, log: log, two: p.Two}
}

// every is how often it is looked for metadata whose turn it is.
const every = 5 * time.Minute

// Jobs registers what runs in the background.
func (s *Service) Jobs(q *job.Queue) {
	job.Handle(q, s.refresh)
	job.Every(q, every, Refresh{})
}

// SetMetadata gives a connection its metadata as a file. They are verified as those that are fetched are.
func (s *Service) SetMetadata(ctx context.Context, actor access.Actor, id provider.ID, document []byte) error {
	if err := access.Check(actor, "saml.SetMetadata"); err != nil {
		return err
	}
	p, err := s.own(ctx, actor, id)
	if err != nil {
		return err
	}
	settings, err := SettingsOf(&p)
	if err != nil {
		return err
	}
	return s.keep(ctx, actor, &p, settings, document)
}

// FetchMetadata fetches a connection's metadata at once.
func (s *Service) FetchMetadata(ctx context.Context, actor access.Actor, id provider.ID) error {
	if err := access.Check(actor, "saml.FetchMetadata"); err != nil {
		return err
	}
	p, err := s.own(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.fetch(ctx, &p)
}

func (s *Service) own(ctx context.Context, actor access.Actor, id provider.ID) (provider.Provider, error) {
	var p provider.Provider
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		p, err = provider.Get(ctx, tx, actor.Organisation, id)
		return err
	})
	if err == nil && p.Kind != provider.SAML {
		err = provider.ErrUnknown
	}
	return p, err
}

// State is how a connection fares.
type State struct {
	// Fetched is when its metadata were last fetched, Until when they may no longer be used, and Fault why the latest attempt failed.
	Fetched, Until time.Time
	Fault          string
	// Providers are those that are let in.
	Providers []Provider
}

// State tells how a connection fares.
func (s *Service) State(ctx context.Context, actor access.Actor, id provider.ID) (State, error) {
	if err := access.Check(actor, "saml.State"); err != nil {
		return State{}, err
	}
	p, err := s.own(ctx, actor, id)
	if err != nil {
		return State{}, err
	}
	c, h, err := s.stored(ctx, &p)
	if err != nil {
		return State{}, err
	}
	out := State{Fault: h.fault}
	if h.document != "" {
		out.Fetched, out.Until = h.fetched, h.until
	}
	if s.use(&c, h) == nil {
		out.Providers = c.choices(s.db.Now())
	}
	return out, nil
}

// addresses are ours, as providers know them.
type addresses struct{ entityID, acs, slo string }

func addressesOf(site, code string) addresses {
	base := site + "/saml/" + code
	return addresses{entityID: base, acs: base + "/acs", slo: base + "/slo"}
}

// asked is what is remembered of a question, beside what every kind of provider remembers.
type asked struct {
	// ID is the question's and Issuer the provider's that was asked.
	ID     string `json:"id"`
	Issuer string `json:"issuer"`
	// Proof, for the last step of a step-up or a trial, is what the provider has answered, and Reason why it would be refused.
	Proof  *auth.Proof `json:"proof,omitempty"`
	Reason string      `json:"reason,omitempty"`
	// Session, for a sign-out, is the sign-in that is left.
	Session string `json:"session,omitempty"`
}

// question is a sign-in that begins.
type question struct {
	site    string
	ticket  provider.Ticket
	request provider.Request
	// entityID is the provider that is asked.
	entityID string
}

// errNothing says that the provider may answer nothing that is enough for any role.
var errNothing = errors.New("the provider has no level that is enough for any role")

// ask prepares a question to a provider, and gives what to send the browser there with.
func (s *Service) ask(ctx context.Context, c connection, q *question) (Sent, error) {
	o, keys, err := s.us(ctx, c.provider.Organisation)
	if err != nil {
		return Sent{}, err
	}
	to, err := c.pick(q.entityID, s.db.Now())
	if err != nil {
		return Sent{}, err
	}
	at, err := choose(to.SignIn)
	if err != nil {
		return Sent{}, err
	}
	us := addressesOf(q.site, o.code)
	var sent Sent
	err = s.db.Write(ctx, o.id, func(tx *db.Tx) error {
		levels, err := provider.LevelsOf(ctx, tx, o.id)
		if err != nil {
			return err
		}
		if q.request.Contexts = levels.Contexts(&c.provider, s.known); len(q.request.Contexts) == 0 {
			return refuse(WrongLevel, "%w", errNothing)
		}
		ask := Question{
			ID: messageID(), EntityID: us.entityID, ACS: us.acs, Destination: at.Location, Contexts: q.request.Contexts, Fresh: Remembered,
			Format: c.settings.format(), At: tx.Now,
		}
		if q.request.For != provider.Enter {
			ask.Fresh, q.request.Since = Again, tx.Now
		}
		if q.request.Own, err = json.Marshal(asked{ID: ask.ID, Issuer: to.EntityID}); err != nil {
			return err
		}
		if sent, err = send(ask.element(), "SAMLRequest", at, stateOf(c.provider.ID, q.ticket), keys[0]); err != nil {
			return err
		}
		return provider.Begin(ctx, tx, q.ticket, &q.request)
	})
	return sent, err
}

// us gives the organisation and its keys.
func (s *Service) us(ctx context.Context, org access.OrganisationID) (organisation, []Key, error) {
	var o organisation
	err := s.db.Read(ctx, org, func(tx *db.Tx) (err error) {
		o, err = organisationByID(ctx, tx, org)
		return err
	})
	if err != nil {
		return o, nil, fmt.Errorf("read organisation: %w", err)
	}
	keys, err := s.ownKeys(ctx, o)
	if err == nil && len(keys) == 0 {
		err = refuse(NoKey, "no key could be made")
	}
	return o, keys, err
}

// messageID draws the ID of a message: 128 bits that nobody can guess, after a letter because XML wants one.
func messageID() string {
	return "_" + strings.ReplaceAll(ids.New[Question]().String(), "-", "") + provider.NewTicket("").State[:12]
}

// stateOf is the RelayState: which connection, and the ticket's half that travels. It has at most 80 bytes, as the standard says.
func stateOf(id provider.ID, t provider.Ticket) string { return id.String() + "." + t.State }

// splitState reads a RelayState.
func splitState(s string) (provider.ID, string, error) {
	id, state, _ := strings.Cut(s, ".")
	out, err := ids.Parse[provider.Provider](id)
	if err != nil || state == "" {
		return "", "", refuse(Unsolicited, "the answer belongs to no question")
	}
	return out, state, nil
}
