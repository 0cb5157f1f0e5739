// SPDX-License-Identifier: EUPL-1.2

package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/redact"
)

// Look asks what has happened since the receivers were told.
type Look struct{}

// Kind names the job.
func (Look) Kind() string { return "webhook.look" }

// Deliver sends one event to one target.
type Deliver struct {
	Organisation access.OrganisationID `json:"organisation"`
	Delivery     ids.ID[Delivery]      `json:"delivery"`
}

// Kind names the job.
func (Deliver) Kind() string { return "webhook.deliver" }

// lookEvery is how soon after a change its receivers are told.
const lookEvery = 15 * time.Second

// Register says what tells receivers. Call it before the queue starts. organisations lists those there are.
func Register(q *job.Queue, s *Service, organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)) {
	job.Handle(q, s.deliver)
	job.HandleSweep(q, Look{}, job.Sweep{DB: s.DB, Organisations: organisations, Interval: lookEvery, Do: s.Tick})
}

// parcel is what one attempt needs.
type parcel struct {
	delivery Delivery
	target   Target
	secrets  []string
	now      time.Time
}

// deliver does the job: it reads, sends with no transaction open, and notes how it went. A stop in between sends an event twice rather
// than never, under the same name.
func (s *Service) deliver(ctx context.Context, args Deliver) error {
	p, err := s.pack(ctx, args)
	if errors.Is(err, db.ErrNotFound) {
		return nil // it has been taken away
	}
	if err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	d := &p.delivery
	if d.State != Waits {
		return nil // somebody else has sent it
	}
	d.Attempts++
	status, fault := 0, ErrOff
	if p.target.State == On {
		status, fault = s.send(ctx, args.Organisation, p)
	}
	d.Status, d.Fault = status, ""
	if fault != nil {
		d.Fault = short(redact.Text(fault.Error()))
	}
	switch {
	case fault == nil:
		d.State = Delivered
	case errors.Is(fault, ErrOff), status == http.StatusGone, d.Attempts >= mostAttempts:
		d.State = Failed
	}
	if err := s.settle(context.WithoutCancel(ctx), args.Organisation, p); err != nil {
		return err
	}
	if d.State == Waits {
		return fault // the queue tries again, later and later
	}
	return nil
}

// longestFault is how much is kept of what went wrong.
const longestFault = 300

func short(text string) string {
	if r := []rune(text); len(r) > longestFault {
		return string(r[:longestFault])
	}
	return text
}

func (s *Service) pack(ctx context.Context, args Deliver) (*parcel, error) {
	p := &parcel{}
	err := s.DB.Read(ctx, args.Organisation, func(tx *db.Tx) (err error) {
		p.now = tx.Now
		if p.delivery, err = delivery(ctx, tx, args.Organisation, args.Delivery); err != nil {
			return err
		}
		if p.target, err = target(ctx, tx, args.Organisation, p.delivery.Target); err != nil {
			return err
		}
		secret, err := tx.Open(ctx, secretCell(p.target.ID), p.target.secret)
		if err != nil {
			return err
		}
		p.secrets = []string{secret}
		if p.target.OldUntil.IsZero() || !p.now.Before(p.target.OldUntil) {
			return nil
		}
		if secret, err = tx.Open(ctx, oldSecretCell(p.target.ID), p.target.oldSecret); err == nil {
			p.secrets = append(p.secrets, secret)
		}
		return err
	})
	return p, err
}

// send makes one attempt. Nothing of the answer but its status is looked at.
func (s *Service) send(ctx context.Context, org access.OrganisationID, p *parcel) (int, error) {
	base := ""
	if s.Base != nil {
		base = s.Base()
	}
	body, err := p.delivery.body(org, base)
	if err != nil {
		return 0, err
	}
	client, err := s.Outbound.Client(outbound.Request{Targets: []string{p.target.origin()}})
	if err != nil {
		return 0, err
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.target.Address, bytes.NewReader(body))
	if err != nil {
		return 0, ErrAddress
	}
	name, at, signatures := p.delivery.messageID(), p.now.Unix(), ""
	for i, secret := range p.secrets {
		signature, err := sign(secret, name, at, body)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			signatures += " "
		}
		signatures += signature
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Insegel")
	r.Header.Set("Webhook-Id", name)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(at, 10))
	r.Header.Set("Webhook-Signature", signatures)
	answer, err := client.Do(r)
	if err != nil {
		return 0, unaddressed(err)
	}
	_, _ = io.CopyN(io.Discard, answer.Body, 4<<10) // so that the connection can be used again; what it says does not matter
	_ = answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return answer.StatusCode, fmt.Errorf("the receiver answered %s", answer.Status)
	}
	return answer.StatusCode, nil
}

// unaddressed is an error without the address, which it would take to the log: receivers know by its path who may write to them.
func unaddressed(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// settle notes how an attempt went. What is given up is an alarm, which stands until somebody has taken care of it or the next event
// comes through.
func (s *Service) settle(ctx context.Context, org access.OrganisationID, p *parcel) error {
	err := s.DB.Write(ctx, org, func(tx *db.Tx) error {
		d := &p.delivery
		if err := settleDelivery(ctx, tx, org, d); err != nil {
			return err
		}
		failing := alarm.Alarm{Organisation: org, Kind: alarm.WebhookFailed, ObjectKind: "webhook", ObjectID: p.target.ID.String(), Data: map[string]string{"receiver": p.target.Name}}
		switch {
		case d.State == Delivered:
			return alarm.Lower(ctx, tx, failing)
		case d.State != Failed || p.target.State != On:
			return nil
		}
		if d.Status == http.StatusGone {
			t, err := target(ctx, tx, org, p.target.ID)
			if err != nil {
				return err
			}
			t.State = Gone
			if err := updateTarget(ctx, tx, org, &t); err != nil {
				return err
			}
			if err := audit.Append(ctx, tx, access.SystemActor(org), t.entry("webhook.Gone")); err != nil {
				return err
			}
		}
		return alarm.Raise(ctx, tx, failing)
	})
	if err != nil {
		return fmt.Errorf("note how event was sent: %w", err)
	}
	return nil
}
