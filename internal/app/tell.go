// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
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

// mailAbout mails everybody who runs the program for the transaction's organisation. Who has had enough mail for an hour is left out:
// they know already.
func (a *App) mailAbout(ctx context.Context, tx *db.Tx, template mail.Template, path string) error {
	addresses, err := organisation.Addresses(ctx, tx, tx.Scope, access.Administrator, access.Coordinator)
	if err != nil {
		return err
	}
	for _, to := range addresses {
		err := a.Mail.Add(ctx, tx, mail.Message{Template: template, To: to, Lang: "sv", Path: path})
		if err != nil && !errors.Is(err, mail.ErrTooMany) && !errors.Is(err, mail.ErrAddress) {
			return err
		}
	}
	return nil
}
