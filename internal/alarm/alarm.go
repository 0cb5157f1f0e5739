// SPDX-License-Identifier: EUPL-1.2

// Package alarm tells those who run the program what they must know about at once (Swedish: larm). An alarm is raised in the
// transaction of what it is about, logged, shown to administrators and coordinators on every page until somebody has acknowledged
// it, and handed on once to be mailed.
package alarm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Kind is what an alarm is about.
type Kind string

// The kinds that have texts of their own. Another kind is shown with a general text.
const (
	BreakGlassUsed       Kind = "break-glass-used"       // the sealed passkey was used to sign in
	RecoveryUsed         Kind = "recovery-used"          // somebody signed in with a recovery code
	CloneWarning         Kind = "clone-warning"          // a passkey's counter went backwards: there may be a copy of it
	MetadataHalfLife     Kind = "metadata-half-life"     // half of the time that an identity provider's metadata may be used has passed
	MetadataExpired      Kind = "metadata-expired"       // an identity provider's metadata may no longer be used
	LevelLowered         Kind = "provider-level-lowered" // an identity provider answered with another level than it was asked for
	ChangeWaits          Kind = "change-waits"           // a change that takes two people is made by one, after a wait
	KeyChanged           Kind = "key-changed"            // a key was changed or destroyed
	SignInChanged        Kind = "sign-in-changed"        // what decides who gets in was changed on the server, by one person
	InvitedAdministrator Kind = "invited-administrator"  // an administrator's passkey came by an invitation that somebody else sent
	RollbackDeclared     Kind = "rollback-declared"      // the database is older than what has been exported, and that was declared
	LoginLockout         Kind = "login-lockout"          // too many failed sign-ins
	LastAdministrator    Kind = "last-administrator"     // a directory or a claim would have taken the role from the last administrator
	LogRewritten         Kind = "log-rewritten"          // the log does not go on from its last checkpoint
	IncidentSuspected    Kind = "incident-suspected"     // somebody said that a finding may be a personal data incident
	BackupOld            Kind = "backup-old"             // there is no fresh backup, or no fresh drill
	WebhookChanged       Kind = "webhook-changed"        // events of the organisation go somewhere new
	WebhookFailed        Kind = "webhook-failed"         // an event did not reach its receiver for a day
)

// Kinds lists them.
func Kinds() []Kind {
	return []Kind{
		BreakGlassUsed, RecoveryUsed, CloneWarning, MetadataHalfLife, MetadataExpired, LevelLowered, ChangeWaits, KeyChanged, SignInChanged, InvitedAdministrator, RollbackDeclared, LoginLockout,
		LogRewritten, BackupOld, LastAdministrator, WebhookChanged, WebhookFailed, IncidentSuspected,
	}
}

// Alarm is what has happened.
type Alarm struct {
	Organisation access.OrganisationID
	Kind         Kind
	// ObjectKind and ObjectID say what it is about. The same kind about the same thing is one alarm that has happened several times.
	ObjectKind, ObjectID string
	// Data is what else is known, as plain values without anything secret; they are shown as they are.
	Data map[string]string
}

// Raised is an alarm as it is stored.
type Raised struct {
	Alarm
	ID ids.ID[Alarm]
	// Times is how many times it has happened since First; Last is the latest.
	Times       int
	First, Last time.Time
	// Acknowledged is when somebody took care of it, By who that was and Note what they wrote; zero while it stands.
	Acknowledged time.Time
	By, Note     string
}

// Open reports whether nobody has taken care of it yet.
func (r *Raised) Open() bool { return r.Acknowledged.IsZero() }

// mostOpen is how many alarms of one kind may stand at once. What comes above is counted on one of them, so that whoever can cause
// alarms cannot fill the table, nor hide one alarm among thousands.
const mostOpen = 50

// mostData is how much is stored of one value.
const mostData = 200

// ErrNote says that a note is too long.
var ErrNote = errors.New("a note has at most 500 characters")

// mostNote is how long a note may be.
const mostNote = 500

// Raise stores an alarm in the caller's transaction and logs it. One that stands already is counted once more; the log then gets no
// second entry, because what caused it has one of its own.
func Raise(ctx context.Context, tx *db.Tx, a Alarm) error {
	for k, v := range a.Data {
		if r := []rune(v); len(r) > mostData {
			a.Data[k] = string(r[:mostData])
		}
	}
	isNew, err := raise(ctx, tx, &a)
	if err != nil {
		return fmt.Errorf("raise alarm %s: %w", a.Kind, err)
	}
	if !isNew {
		return nil
	}
	return audit.Append(ctx, tx, access.SystemActor(a.Organisation), audit.Entry{
		Action: "alarm.Raise", ObjectKind: "alarm", ObjectID: string(a.Kind),
		Data: map[string]any{"object_kind": a.ObjectKind, "object_id": a.ObjectID, "data": a.Data},
	})
}

// Lower takes down an alarm whose cause is gone, such as metadata that has been fetched again.
func Lower(ctx context.Context, tx *db.Tx, a Alarm) error {
	n, err := acknowledge(ctx, tx, a.Organisation, `kind = $5 AND object_kind = $6 AND object_id = $7`, "system", "", string(a.Kind), a.ObjectKind, a.ObjectID)
	if err != nil {
		return fmt.Errorf("lower alarm %s: %w", a.Kind, err)
	}
	if n == 0 {
		return nil
	}
	return audit.Append(ctx, tx, access.SystemActor(a.Organisation), audit.Entry{
		Action: "alarm.Lower", ObjectKind: "alarm", ObjectID: string(a.Kind),
		Data: map[string]any{"object_kind": a.ObjectKind, "object_id": a.ObjectID},
	})
}
