// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/redact"
)

// sendTimeout is how long one attempt may take in all.
const sendTimeout = time.Minute

// send does the job: it reads, hands over with no transaction open, and notes how it went. A stop in between sends a mail twice rather
// than never.
func (s *Service) send(ctx context.Context, args SendArgs) error {
	var o outgoing
	var set Settings
	var organisation string
	var now time.Time
	err := s.DB.Read(ctx, args.Organisation, func(tx *db.Tx) (err error) {
		now = tx.Now
		if o, err = get(ctx, tx, args.Organisation, args.Message); err != nil {
			return err
		}
		if set, err = settings(ctx, tx, args.Organisation); err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		organisation, err = organisationName(ctx, tx, args.Organisation)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil // its organisation is gone, or it was forgotten
	}
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	if o.state != Queued {
		return nil // somebody else has sent it
	}
	if !now.Before(o.expires) {
		o.state = Expired
		return s.note(ctx, args, o, nil)
	}
	o.attempts++
	fault := s.handOver(ctx, args, o, set, organisation)
	switch {
	case fault == nil:
		o.state = Sent
	case o.attempts >= mostAttempts:
		o.state = Failed
	}
	if err := s.note(ctx, args, o, fault); err != nil {
		return err
	}
	if o.state == Queued {
		return fault // the queue tries again, later and later
	}
	return nil
}

// note stores how an attempt went. What a server answered is kept without addresses and secrets.
func (s *Service) note(ctx context.Context, args SendArgs, o outgoing, fault error) error {
	said := ""
	if fault != nil {
		said = redact.Text(fault.Error())
		if r := []rune(said); len(r) > longestFault {
			said = string(r[:longestFault])
		}
	}
	err := s.DB.Write(context.WithoutCancel(ctx), args.Organisation, func(tx *db.Tx) error {
		if o.state == Queued {
			return failedOnce(ctx, tx, args.Organisation, o, said)
		}
		if err := finish(ctx, tx, args.Organisation, o, said); err != nil {
			return err
		}
		return forget(ctx, tx, args.Organisation)
	})
	if err != nil {
		return fmt.Errorf("note how mail went: %w", err)
	}
	return nil
}

// longestFault is how much of a server's answer is kept.
const longestFault = 300

// handOver gives one mail to the organisation's mail server.
func (s *Service) handOver(ctx context.Context, args SendArgs, o outgoing, set Settings, organisation string) error {
	if set.Host == "" {
		return ErrNotSet
	}
	v, err := newVault(s.Key)
	if err != nil {
		return err
	}
	plain, err := v.open(contentPlace(args.Organisation, o.id), o.content)
	if err != nil {
		return fmt.Errorf("open mail: %w", err)
	}
	if set.Password, err = v.open(settingPlace(args.Organisation), set.Password); err != nil {
		return fmt.Errorf("open the mail server's password: %w", err)
	}
	var c content
	if err := json.Unmarshal([]byte(plain), &c); err != nil {
		return fmt.Errorf("decode mail: %w", err)
	}
	m := Message{Template: o.template, To: c.To, Lang: c.Lang, Path: c.Path, Code: c.Code, Count: c.Count, Note: c.Note}
	if err := m.check(); err != nil {
		return err
	}
	base := ""
	if s.Base != nil {
		base = s.Base()
	}
	if base == "" && templates[m.Template].link {
		return fmt.Errorf("%w: the server does not know its own address, give --url", ErrNotSet)
	}
	msg, err := s.compose(m, set, organisation, base)
	if err != nil {
		return err
	}
	client, err := s.client(set, base)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	// What fails after the server has taken the mail, such as taking leave, is no reason to send it once more.
	if err := client.DialAndSendWithContext(ctx, msg); err != nil && !msg.IsDelivered() {
		return fmt.Errorf("hand over mail: %w", err)
	}
	return nil
}

// compose writes the mail: plain text, so that nothing in it can fetch or run anything.
func (s *Service) compose(m Message, set Settings, organisation, base string) (*gomail.Msg, error) {
	subject, body := m.Text(s.Texts.In(m.Lang), organisation, base)
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.FromFormat(oneLine(organisation)+" – Insegel", set.Sender), msg.To(m.To)); err != nil {
		return nil, fmt.Errorf("address mail: %w", ErrAddress)
	}
	msg.Subject(subject)
	msg.SetBodyString(gomail.TypeTextPlain, body)
	if m.Note != "" { // as a file, so that its bytes stand as they were signed
		err := msg.AttachReader("kontrollpunkt.note", strings.NewReader(m.Note), gomail.WithFileContentType(gomail.TypeTextPlain))
		if err != nil {
			return nil, fmt.Errorf("attach checkpoint: %w", err)
		}
	}
	msg.SetMessageID()
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that absence notices are not answered with
	return msg, nil
}

// client makes the connection's settings. Only the configured server is reached, at an address that the installation allows.
func (s *Service) client(set Settings, base string) (*gomail.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: set.Host, RootCAs: s.Outbound.Roots}
	opts := []gomail.Option{
		gomail.WithPort(set.Port), gomail.WithTLSConfig(config), gomail.WithTimeout(sendTimeout),
		gomail.WithDialContextFunc(func(ctx context.Context, network, _ string) (net.Conn, error) {
			c, err := s.Outbound.Dial(ctx, network, set.address())
			if err != nil || set.Security != Implicit {
				return c, err
			}
			t := tls.Client(c, config)
			if err := t.HandshakeContext(ctx); err != nil {
				return nil, errors.Join(err, c.Close())
			}
			return t, nil
		}),
	}
	switch set.Security {
	case StartTLS:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic)) // it is encrypted already
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if u, err := url.Parse(base); err == nil && u.Hostname() != "" {
		opts = append(opts, gomail.WithHELO(u.Hostname()))
	}
	if set.Account != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(set.Account), gomail.WithPassword(set.Password))
	}
	c, err := gomail.NewClient(set.Host, opts...)
	if err != nil {
		return nil, fmt.Errorf("make mail client: %w", err)
	}
	return c, nil
}
