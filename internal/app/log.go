// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/web"
)

// LogOptions say where the log's signed checkpoints go, so that nobody with the database and the key alone can rewrite the log.
type LogOptions struct {
	// Drop is a directory, best on another machine. Empty is one beside a SQLite database: it tells an older copy of the database
	// from the right one, and no more.
	Drop string
	// Syslog are addresses of log collectors, Post of places that take an HTTPS request, and Witnesses "URL KEY" of those who cosign.
	Syslog, Post, Witnesses []string
	// OnlyCheckpoints keeps the entries themselves on the machine. Otherwise they go where the checkpoints go: to a directory that was
	// chosen, to collectors over TLS or a socket, and to those that take HTTPS requests.
	OnlyCheckpoints bool
	// Clear lets checkpoints go to collectors on other machines without TLS.
	Clear bool
	// Readings logs every page that somebody reads, and not only those that tell where the organisation is weak.
	Readings bool
	// AsBegun logs them as the installation began: a new one does, and one from before goes on as it was.
	AsBegun bool
	// Mail are addresses that a checkpoint is mailed to now and then, by the organisation's own mail server.
	Mail []string
	// Restoring leaves out the comparison with what was exported, for the command that declares that a backup was put back.
	Restoring bool
}

// ErrClearLog says that checkpoints were about to be sent where somebody between can hold them back.
var ErrClearLog = errors.New("nothing would be encrypted on the way: write tls://HOST:PORT, or give --clear when the network belongs to nobody else")

// mailEvery is how many entries a log grows by between two mails about it.
const mailEvery = 1000

// openLog makes the log's key, and compares the log with what has been exported from it.
func (a *App) openLog(ctx context.Context, o Options) error {
	a.log = o.Checkpoints
	a.entriesInDrop = a.log.Drop != ""
	if a.log.Drop == "" && a.DB.Engine == db.SQLite {
		a.log.Drop = a.DB.Path + ".checkpoints"
	}
	a.Watch = &audit.Watch{DB: a.DB, Log: a.Log}
	if a.log.AsBegun {
		on, err := logsReadings(ctx, a.DB)
		if err != nil {
			return err
		}
		if a.log.Readings = on; !on {
			a.Log.LogAttrs(ctx, slog.LevelWarn, "readings are not all logged: this installation began before they were. Give --log-every-reading, or --no-log-every-reading")
		}
	}
	if a.Key.IsZero() {
		return nil // a one-off command on PostgreSQL without a key signs nothing, and can check nothing
	}
	var err error
	if a.LogKey, err = audit.KeyOf(ctx, a.DB, a.Key); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if a.log.Drop == "" || a.log.Restoring {
		return nil
	}
	if err := audit.CheckStart(ctx, a.DB, a.Drop(), a.LogKey.Public()); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

// Drop is the directory that checkpoints are put in.
func (a *App) Drop() audit.Drop { return audit.Drop{Dir: a.log.Drop} }

// Keeper makes what signs the log and sends its checkpoints off the machine. An address that cannot be understood is refused.
func (a *App) Keeper() (*audit.Keeper, error) {
	k := &audit.Keeper{DB: a.DB, Key: a.LogKey, Log: a.Log, Before: a.beforeRound(), Rewritten: a.alarmRewritten}
	if a.log.Drop != "" {
		k.Receivers = append(k.Receivers, a.Drop())
	}
	for _, address := range a.log.Syslog {
		s, err := audit.ParseSyslog(address)
		if err != nil {
			return nil, err
		}
		if !s.Encrypted() && !loopbackAddress(s.Address) && !a.log.Clear {
			return nil, fmt.Errorf("send checkpoints to %s: %w", address, ErrClearLog)
		}
		s.Host, _ = os.Hostname() // a message without a name is allowed
		s.Now, s.Dial = a.DB.Now, a.dial
		k.Receivers = append(k.Receivers, s)
	}
	for _, address := range a.log.Post {
		client, err := a.Outbound.Client(outbound.Request{Targets: []string{address}})
		if err != nil {
			return nil, fmt.Errorf("read where to post checkpoints: %w", err)
		}
		k.Receivers = append(k.Receivers, audit.Post{URL: address, Client: client})
	}
	for _, text := range a.log.Witnesses {
		w, err := a.witness(text)
		if err != nil {
			return nil, err
		}
		k.Witnesses = append(k.Witnesses, w)
	}
	k.Entries = a.entryReceivers(k.Receivers)
	for _, to := range a.log.Mail {
		if err := mail.CheckAddress(to); err != nil {
			return nil, fmt.Errorf("mail checkpoints to %q: %w", to, err)
		}
		k.Receivers = append(k.Receivers, &audit.Mail{To: to, Every: mailEvery, Send: a.mailCheckpoint})
	}
	return k, nil
}

// entryReceivers are those that get the entries too. The directory beside the database does not: they would lie on the same disk twice. Nor
// does a collector in clear, since entries tell of people.
func (a *App) entryReceivers(all []audit.Receiver) (out []audit.EntryReceiver) {
	if a.log.OnlyCheckpoints {
		return nil
	}
	for _, r := range all {
		switch x := r.(type) {
		case audit.Drop:
			if a.entriesInDrop {
				out = append(out, x)
			}
		case audit.Syslog:
			if x.Encrypted() {
				out = append(out, x)
			}
		case audit.Post:
			out = append(out, x)
		}
	}
	return out
}

// stillness is how long may pass between two rounds, which come every minute, before the operating log tells of it.
const stillness = 10 * time.Minute

// beforeRound logs what waits to be logged, and tells when the machine's clock has been set since the round before: forward it cannot be
// told from a machine that slept.
func (a *App) beforeRound() func(context.Context) {
	var last time.Time
	return func(ctx context.Context) {
		a.Watch.Flush(ctx)
		now := a.DB.Now().Round(0) // what the clock says, and not what has passed
		if moved := now.Sub(last); !last.IsZero() && (moved < 0 || moved > stillness) {
			a.Log.WarnContext(ctx, "the machine's clock was set, or the machine stood still", slog.Time("before", last), slog.Time("now", now))
		}
		last = now
	}
}

// alarmRewritten raises an alarm about a log that was changed behind the program's back.
func (a *App) alarmRewritten(ctx context.Context, org access.OrganisationID) error {
	err := a.DB.Write(ctx, org, func(tx *db.Tx) error {
		return alarm.Raise(ctx, tx, alarm.Alarm{Organisation: org, Kind: alarm.LogRewritten, ObjectKind: "log", ObjectID: org.String()})
	})
	if err != nil {
		return fmt.Errorf("tell of a log that was changed: %w", err)
	}
	return nil
}

// mailCheckpoint queues a mail with a checkpoint at the organisation whose log it is. The installation's own log goes with the first
// organisation that sends mail.
func (a *App) mailCheckpoint(ctx context.Context, to string, e audit.Export) error {
	orgs, err := organisation.List(ctx, a.DB)
	if err != nil {
		return err
	}
	if slices.Contains(orgs, e.Organisation) {
		orgs = []access.OrganisationID{e.Organisation}
	}
	fault := mail.ErrNotSet
	for _, org := range orgs {
		fault = a.DB.Write(ctx, org, func(tx *db.Tx) error {
			return a.Mail.Add(ctx, tx, mail.Message{Template: mail.Checkpoint, To: to, Lang: locale.Languages[0], Note: e.Note})
		})
		if !errors.Is(fault, mail.ErrNotSet) {
			break
		}
	}
	return fault
}

// errWitness says how a witness is written.
var errWitness = errors.New("write a witness as its address, a space and its key")

func (a *App) witness(text string) (audit.Witness, error) {
	address, key, ok := strings.Cut(strings.TrimSpace(text), " ")
	u, err := url.Parse(address)
	if !ok || err != nil {
		return audit.Witness{}, errWitness
	}
	client, err := a.Outbound.Client(outbound.Request{Targets: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return audit.Witness{}, fmt.Errorf("read witness: %w", err)
	}
	return audit.NewWitness(address, strings.TrimSpace(key), client)
}

func (a *App) dial(ctx context.Context, network, address string) (net.Conn, error) {
	switch {
	case strings.HasPrefix(network, "unix"):
		return outbound.DialLocal(ctx, network, address)
	case network == "tls":
		return a.Outbound.DialTLS(ctx, address)
	}
	return a.Outbound.Dial(ctx, network, address)
}

// keepLog makes checkpoints until the returned function is called, which makes the last ones.
func (a *App) keepLog(ctx context.Context) (stop func(), err error) {
	if a.LogKey.IsZero() {
		return func() {}, nil
	}
	k, err := a.Keeper()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { k.Run(ctx) })
	return func() {
		last, done := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		a.Watch.Close(last)
		done()
		cancel()
		wg.Wait()
	}, nil
}

// refused and read let the log know what the pages have seen.
func (a *App) refused(ctx context.Context, s web.Sight) {
	event := audit.ActionRefused
	if s.Reason == web.ReasonStepUp {
		event = audit.ActionStepUpAsked
	}
	a.Watch.Saw(ctx, sighting(event, s))
}

// unknownSession logs that a session was shown which there is none of. Whose it pretends to be is not believed: it stands in the installation's
// log, and once for each address and page within ten minutes.
func (a *App) unknownSession(r *http.Request) {
	a.Watch.Saw(r.Context(), audit.Sighting{
		Actor: access.Actor{From: web.ClientAddress(r)}, Event: audit.ActionRefused, Pattern: "session", Reason: "no such session",
	})
}

func (a *App) read(ctx context.Context, s web.Sight) { a.Watch.Saw(ctx, sighting(audit.ActionRead, s)) }

func sighting(event string, s web.Sight) audit.Sighting {
	return audit.Sighting{Actor: s.Actor, Event: event, Action: s.Action, Pattern: s.Pattern, Method: s.Method, Path: s.Path, Reason: s.Reason}
}
