// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/outbound"
)

// How metadata are kept.
const (
	// fetchEvery is how often they are fetched; the jitter keeps a hundred municipalities from asking in the same second.
	fetchEvery  = time.Hour
	fetchJitter = 10 * time.Minute
	// retryEvery is how soon a fetch that failed is tried again.
	retryEvery   = 10 * time.Minute
	fetchTimeout = 30 * time.Second
	// trustFor is how long a document that names no end may be used after it was last fetched.
	trustFor = 7 * 24 * time.Hour
)

// connection is a provider of ours by SAML with its settings and what its metadata say.
type connection struct {
	provider provider.Provider
	settings Settings
	metadata Metadata
	// others are the names of the organisation's other connections: none of them is answered for by this one.
	others []string
}

// cache keeps verified metadata in memory, so that a sign-in does not verify a federation's whole document.
type cache struct {
	mu sync.Mutex
	of map[provider.ID]cached
}

type cached struct {
	key      string
	metadata Metadata
}

// read gives the metadata of a stored document, verified with the keys that are pinned now.
func (c *cache) read(p *provider.Provider, s Settings, h held, now time.Time) (Metadata, error) {
	pinned, err := s.pinned()
	if err != nil {
		return Metadata{}, refuse(NoMetadata, "%w", err)
	}
	if !p.Older(now) {
		if pinned = strongOnly(pinned); len(pinned) == 0 {
			return Metadata{}, refuse(WeakAlgorithm, "the metadata are signed with RSA keys of fewer than %d bits, which has not been allowed", provider.LeastRSA)
		}
	}
	key := h.digest + strings.Join(s.Pinned, "|") + strconv.FormatBool(p.Older(now))
	c.mu.Lock()
	defer c.mu.Unlock()
	if got, ok := c.of[p.ID]; ok && got.key == key {
		return got.metadata, nil
	}
	m, err := ReadMetadata([]byte(h.document), pinned, now)
	if err != nil {
		return Metadata{}, err
	}
	if c.of == nil {
		c.of = map[provider.ID]cached{}
	}
	c.of[p.ID] = cached{key: key, metadata: m}
	return m, nil
}

// connect reads a connection and what is known of its providers. When that has run out the connection cannot be used, and nothing
// weaker takes its place.
func (s *Service) connect(ctx context.Context, p *provider.Provider) (connection, error) {
	c, h, err := s.stored(ctx, p)
	if err != nil {
		return c, err
	}
	if h, err = s.first(ctx, p, c.settings, h); err != nil {
		return c, err
	}
	err = s.use(&c, h)
	return c, err
}

// stored reads a connection, and what is stored of its providers.
func (s *Service) stored(ctx context.Context, p *provider.Provider) (connection, held, error) {
	c := connection{provider: *p}
	var h held
	var err error
	if c.settings, err = SettingsOf(p); err != nil {
		return c, h, err
	}
	err = s.db.Read(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		all, err := provider.All(ctx, tx, p.Organisation)
		if err != nil {
			return err
		}
		for _, o := range all {
			if o.Kind == provider.SAML && o.ID != p.ID {
				c.others = append(c.others, o.Issuer)
			}
		}
		h, err = readHeld(ctx, tx, p)
		return err
	})
	if err != nil {
		return c, h, fmt.Errorf("read saml connection: %w", err)
	}
	return c, h, nil
}

// use gives a connection the metadata that are stored, if they may still be used.
func (s *Service) use(c *connection, h held) (err error) {
	now := s.db.Now()
	if h.document == "" {
		return refuse(NoMetadata, "nothing has been fetched")
	}
	if !now.Before(h.until) {
		return refuse(NoMetadata, "what is known ran out at %s", h.until)
	}
	c.metadata, err = s.cache.read(&c.provider, c.settings, h, now)
	return err
}

// first gets what is known of a connection that is new, or whose document has been changed by hand: nobody waits for the job then. It
// is tried no more often than the job would.
func (s *Service) first(ctx context.Context, p *provider.Provider, settings Settings, h held) (held, error) {
	now := s.db.Now()
	switch {
	case settings.Document != "" && fingerprint([]byte(settings.Document)) != h.digest && (h.fault == "" || h.due(p, now)):
		_ = s.keep(ctx, access.SystemActor(p.Organisation), p, settings, []byte(settings.Document)) // noted, and what is here stays
	case settings.Metadata != "" && h.document == "" && h.due(p, now):
		_ = s.fetch(ctx, p) // noted
	default:
		return h, nil
	}
	err := s.db.Read(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		h, err = readHeld(ctx, tx, p)
		return err
	})
	return h, err
}

// pick finds one of the connection's providers by its name, if it is one of those that are let in.
func (c connection) pick(entityID string, now time.Time) (Provider, error) {
	for i := range c.metadata.Providers {
		p := &c.metadata.Providers[i]
		if p.EntityID != entityID {
			continue
		}
		if !p.Until.IsZero() && !now.Before(p.Until) {
			return Provider{}, refuse(NoMetadata, "what is known of %q ran out at %s", entityID, p.Until)
		}
		for _, o := range c.others {
			if o == entityID {
				return Provider{}, refuse(UnknownProvider, "%q has a connection of its own", entityID)
			}
		}
		out := *p
		if !c.provider.Older(now) {
			out.Certificates = strongOnly(p.Certificates)
		}
		if len(out.Certificates) < len(p.Certificates) && len(out.Certificates) == 0 {
			return out, refuse(WeakAlgorithm, "%q signs with RSA keys of fewer than %d bits, which has not been allowed for it", entityID, provider.LeastRSA)
		}
		return out, c.settings.allows(&c.provider, &out)
	}
	return Provider{}, refuse(UnknownProvider, "%q is not in the metadata", entityID)
}

// choices lists the providers that a reader may choose among.
func (c connection) choices(now time.Time) []Provider {
	var out []Provider
	for _, p := range c.metadata.Providers {
		if q, err := c.pick(p.EntityID, now); err == nil {
			out = append(out, q)
		}
	}
	return out
}

// fetch gets a connection's metadata and stores them, if they are good.
func (s *Service) fetch(ctx context.Context, p *provider.Provider) error {
	settings, err := SettingsOf(p)
	if err != nil {
		return err
	}
	b, err := s.download(ctx, settings.Metadata)
	if err == nil {
		return s.keep(ctx, access.SystemActor(p.Organisation), p, settings, b)
	}
	return errors.Join(err, s.noteFault(ctx, p, "fetch"))
}

// download reads the document at the configured address, and follows no answer to another host.
func (s *Service) download(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, ErrMetadataAddress
	}
	client, err := s.policy.Client(outbound.Request{Targets: []string{u.Scheme + "://" + u.Host}, Timeout: fetchTimeout, Max: maxMetadata})
	if err != nil {
		return nil, fmt.Errorf("fetch metadata: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, ErrMetadataAddress
	}
	r.Header.Set("Accept", "application/samlmetadata+xml, application/xml")
	res, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetch metadata: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch metadata: status %d", res.StatusCode)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("fetch metadata: %w", err)
	}
	return b, nil
}

// keep verifies a document and stores it, unless it is older than the one that is here. The one that is here stays otherwise.
func (s *Service) keep(ctx context.Context, actor access.Actor, p *provider.Provider, settings Settings, b []byte) error {
	pinned, err := settings.pinned()
	if err != nil {
		return err
	}
	m, err := ReadMetadata(b, pinned, s.db.Now())
	if err != nil {
		return errors.Join(err, s.noteFault(ctx, p, string(ReasonOf(err))))
	}
	err = s.db.Write(ctx, p.Organisation, func(tx *db.Tx) error {
		h, err := readHeld(ctx, tx, p)
		if err != nil {
			return err
		}
		next, err := h.replaced(b, m, tx.Now)
		if err != nil {
			return err
		}
		if err := writeHeld(ctx, tx, p, next); err != nil {
			return err
		}
		for _, k := range []alarm.Kind{alarm.MetadataHalfLife, alarm.MetadataExpired} {
			if err := alarm.Lower(ctx, tx, metadataAlarm(k, p)); err != nil {
				return err
			}
		}
		if next.digest == h.digest {
			return nil
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "saml.KeepMetadata", ObjectKind: "provider", ObjectID: p.ID.String(),
			Data: map[string]any{"digest": next.digest, "valid_until": db.Millis(next.until), "providers": len(m.Providers)},
		})
	})
	var r *Refusal
	if errors.As(err, &r) {
		return errors.Join(err, s.noteFault(ctx, p, string(r.Reason)))
	}
	return err
}

// replaced is what is stored after a good document has come. One that is valid for a shorter time than the one that is here is an old
// one that somebody has put back.
func (h held) replaced(b []byte, m Metadata, now time.Time) (held, error) {
	next := held{document: string(b), digest: fingerprint(b), until: m.Until, stated: !m.Until.IsZero(), since: now, fetched: now, tried: now}
	if !next.stated {
		next.until = now.Add(trustFor)
	}
	if h.stated && (!next.stated || next.until.Before(h.until)) {
		return h, refuse(Older, "valid to %s, and the one that is here to %s", next.until, h.until)
	}
	if next.digest == h.digest {
		next.since = h.since
	}
	return next, nil
}

// noteFault remembers that an attempt failed, and why.
func (s *Service) noteFault(ctx context.Context, p *provider.Provider, why string) error {
	return s.db.Write(ctx, p.Organisation, func(tx *db.Tx) error {
		h, err := readHeld(ctx, tx, p)
		if err != nil {
			return err
		}
		changed := h.fault != why
		h.tried, h.fault = tx.Now, why
		if err := writeHeld(ctx, tx, p, h); err != nil || !changed {
			return err
		}
		return audit.Append(ctx, tx, access.SystemActor(p.Organisation), audit.Entry{
			Action: "saml.RefuseMetadata", ObjectKind: "provider", ObjectID: p.ID.String(), Data: map[string]string{"reason": why},
		})
	})
}

func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func metadataAlarm(k alarm.Kind, p *provider.Provider) alarm.Alarm {
	return alarm.Alarm{Organisation: p.Organisation, Kind: k, ObjectKind: "provider", ObjectID: p.ID.String(), Data: map[string]string{"provider": p.NameSV}}
}

// due reports whether it is time to fetch again. The jitter follows from who it is and when it was last done, so that it needs no memory.
func (h held) due(p *provider.Provider, now time.Time) bool {
	wait := fetchEvery
	if h.fault != "" {
		wait = retryEvery
	}
	sum := sha256.Sum256([]byte(p.ID.String() + h.tried.String()))
	jitter := time.Duration(int(sum[0])-128) * fetchJitter / 128
	return !now.Before(h.tried.Add(wait + jitter*wait/fetchEvery))
}

// watch raises an alarm when half of the time that the metadata may be used has passed without newer ones, and when all of it has.
func (h held) watch(ctx context.Context, tx *db.Tx, p *provider.Provider) error {
	if h.document == "" {
		return nil
	}
	half := h.since
	if !h.stated {
		half = h.fetched
	}
	half = half.Add(h.until.Sub(half) / 2)
	switch {
	case !tx.Now.Before(h.until):
		return alarm.Raise(ctx, tx, metadataAlarm(alarm.MetadataExpired, p))
	case !tx.Now.Before(half):
		return alarm.Raise(ctx, tx, metadataAlarm(alarm.MetadataHalfLife, p))
	}
	return nil
}

// Refresh is the job that fetches the metadata of every connection whose turn it is.
type Refresh struct{}

// Kind names the job.
func (Refresh) Kind() string { return "saml.refresh" }

// refresh does the job. One connection that fails does not stop the others; what went wrong is stored and logged with it.
func (s *Service) refresh(ctx context.Context, _ Refresh) error {
	var orgs []access.OrganisationID
	err := s.db.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		orgs, err = connected(ctx, tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("list organisations with saml: %w", err)
	}
	for _, org := range orgs {
		if err := s.refreshOf(ctx, org); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) refreshOf(ctx context.Context, org access.OrganisationID) error {
	type turn struct {
		provider provider.Provider
		due      bool
	}
	var turns []turn
	err := s.db.Read(ctx, org, func(tx *db.Tx) error {
		all, err := provider.All(ctx, tx, org)
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.Kind != provider.SAML {
				continue
			}
			h, err := readHeld(ctx, tx, &p)
			if err != nil {
				return err
			}
			settings, err := SettingsOf(&p)
			turns = append(turns, turn{p, err == nil && settings.Metadata != "" && h.due(&p, tx.Now)})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list saml connections: %w", err)
	}
	for _, t := range turns {
		if t.due {
			if err := s.fetch(ctx, &t.provider); err != nil {
				s.log.WarnContext(ctx, "saml metadata not fetched", "provider_id", t.provider.ID.String(), "reason", string(ReasonOf(err)))
			}
		}
	}
	return s.db.Write(ctx, org, func(tx *db.Tx) error {
		for _, t := range turns {
			h, err := readHeld(ctx, tx, &t.provider)
			if err != nil {
				return err
			}
			if err := h.watch(ctx, tx, &t.provider); err != nil {
				return err
			}
		}
		return s.forgetSessions(ctx, tx, org)
	})
}

// forgetSessions removes the sign-ins that nobody can sign out of any more.
func (s *Service) forgetSessions(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	gone, err := expiredSessions(ctx, tx, org)
	if err != nil {
		return fmt.Errorf("list old saml sessions: %w", err)
	}
	for _, id := range gone {
		if err := s.forgetSession(ctx, tx, org, id); err != nil {
			return err
		}
	}
	return nil
}

// forgetSession removes one sign-in and the sealed name of its subject.
func (s *Service) forgetSession(ctx context.Context, tx *db.Tx, org access.OrganisationID, id string) error {
	if err := deleteSession(ctx, tx, org, id); err != nil {
		return fmt.Errorf("forget saml session: %w", err)
	}
	return s.vault.Remove(ctx, tx, org, id)
}
