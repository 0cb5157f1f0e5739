// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
)

// tellEvery is how long an alarm waits at most before it is mailed.
const tellEvery = time.Minute

// tellArgs is the job that mails about alarms.
type tellArgs struct{}

// Kind names the job.
func (tellArgs) Kind() string { return "app.tell" }

// tellOfAlarms has alarms mailed to those who run the program, for as long as the server runs.
func (a *App) tellOfAlarms() {
	job.Handle(a.Jobs, func(ctx context.Context, _ tellArgs) error { return a.mailAlarms(ctx) })
	job.Every(a.Jobs, tellEvery, tellArgs{})
}

// mailAlarms mails, once for all the alarms of an organisation that nobody has been told of, that there are some. What they are about is
// told behind the sign-in. An organisation that sends no mail keeps its alarms untold until it does.
func (a *App) mailAlarms(ctx context.Context) error {
	orgs, err := organisation.List(ctx, a.DB)
	if err != nil {
		return err
	}
	var faults error
	for _, org := range orgs {
		ready, mailed := false, false
		err := a.DB.Read(ctx, org, func(tx *db.Tx) (err error) {
			ready, err = a.Mail.Ready(ctx, tx)
			return err
		})
		if err != nil || !ready {
			faults = errors.Join(faults, err)
			continue
		}
		err = a.Alarms.Tell(ctx, access.SystemActor(org), func(ctx context.Context, tx *db.Tx, _ alarm.Raised) error {
			if mailed {
				return nil
			}
			mailed = true
			return a.mailAbout(ctx, tx, mail.AlarmRaised, alarm.Path)
		})
		faults = errors.Join(faults, err)
	}
	return faults
}

// mailAbout mails everybody who runs the program for the transaction's organisation, each in their own language. Who has had enough mail
// for an hour is left out: they know already.
func (a *App) mailAbout(ctx context.Context, tx *db.Tx, template mail.Template, path string) error {
	contacts, err := organisation.Addresses(ctx, tx, tx.Scope, access.Administrator, access.Coordinator)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		if err := a.mailTo(ctx, tx, c, mail.Message{Template: template, Path: path}); err != nil {
			return err
		}
	}
	return nil
}

// mailTo mails somebody in the language of their last sign-in, Swedish before the first.
func (a *App) mailTo(ctx context.Context, tx *db.Tx, c auth.Contact, m mail.Message) error {
	m.To, m.Lang = c.Email, c.Lang
	if m.Lang == "" {
		m.Lang = locale.Languages[0]
	}
	err := a.Mail.Add(ctx, tx, m)
	if errors.Is(err, mail.ErrTooMany) || errors.Is(err, mail.ErrAddress) {
		return nil
	}
	return err
}

// soon is how long one mail about an event stands for others like it: of what many do at once, or somebody does again and again, one mail
// tells. Those who try to sign in to another's account cannot fill their mailbox, nor use up what may be sent there.
const soon = time.Hour

// letters are how the events of an account are mailed.
var letters = map[auth.Event]mail.Message{
	auth.EventMethodAdded:   {Template: mail.MethodAdded, Path: "/mina/passkeys"},
	auth.EventMethodRemoved: {Template: mail.MethodRemoved, Path: "/mina/passkeys"},
	auth.EventCodesMade:     {Template: mail.CodesMade, Path: "/mina/passkeys"},
	auth.EventCodeUsed:      {Template: mail.CodeUsed, Path: "/mina/passkeys"},
	auth.EventTied:          {Template: mail.Tied, Path: "/mina"},
	auth.EventEnded:         {Template: mail.Ended},
	auth.EventRoles:         {Template: mail.Roles, Path: "/mina", Once: time.Minute},
	auth.EventAddress:       {Template: mail.Address},
	auth.EventRefused:       {Template: mail.Refused, Path: "/mina", Once: soon},
	auth.EventLate:          {Template: mail.Late, Path: "/mina"},
	auth.EventSealed:        {Template: mail.SealedUsed, Path: alarm.Path},
}

// tellOfAccount mails what has happened to an account to the person whose it is, when they have an address and the organisation sends
// mail. They see it on their own page in any case, so that what cannot be mailed does not stop what it tells of.
func (a *App) tellOfAccount(ctx context.Context, tx *db.Tx, n auth.Notice) error {
	m, ok := letters[n.Event]
	if !ok {
		return fmt.Errorf("tell of %q: %w", n.Event, mail.ErrContent)
	}
	ready, err := a.Mail.Ready(ctx, tx)
	if err != nil || !ready {
		return err
	}
	if n.Event == auth.EventSealed {
		return a.mailAbout(ctx, tx, m.Template, m.Path)
	}
	c, err := auth.ContactOf(ctx, tx, n.Organisation, n.Account)
	if err != nil {
		return err
	}
	if n.To != "" {
		c.Email = n.To
	}
	if c.Email == "" || c.Ended && n.Event != auth.EventEnded {
		return nil
	}
	return a.mailTo(ctx, tx, c, m)
}
