// SPDX-License-Identifier: EUPL-1.2

// Package webhook tells other programs that something has changed (Swedish: händelser till program). What is sent names what has
// changed and says nothing of it: who is to know more reads it through the API, and is asked there who they are.
package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
)

// State says whether a target is told of anything.
type State string

// The states of a target.
const (
	On   State = "on"
	Off  State = "off"
	Gone State = "gone" // it has answered that it is gone for good
)

// Target is where a program is told of changes.
type Target struct {
	ID   ids.ID[Target]
	Name string
	// Address is where requests go: https, or this machine itself. It holds no secret.
	Address string
	Events  []string
	State   State
	// Told is how far in the log the target has been told.
	Told    int64
	Version int64
	Created time.Time
	// OldUntil is until when the secret before is signed with too; zero when there is none.
	OldUntil time.Time

	secret, oldSecret string // sealed
}

// origin is the place that the target's requests may go to, and nowhere else.
func (t *Target) origin() string {
	u, err := url.Parse(t.Address)
	if err != nil {
		return "" // refused as no target
	}
	return u.Scheme + "://" + u.Host
}

// Outcome says how a delivery stands.
type Outcome string

// The states of a delivery.
const (
	Waits     Outcome = "waits"
	Delivered Outcome = "delivered"
	Failed    Outcome = "failed" // given up
)

// Delivery is one event on its way to one target.
type Delivery struct {
	ID     ids.ID[Delivery]
	Target ids.ID[Target]
	// Seq is the event's number in the log of the organisation; 0 for a test.
	Seq                      int64
	Kind                     string
	ObjectKind, ObjectID     string
	Happened, Tried, Created time.Time
	State                    Outcome
	Attempts                 int
	// Status is the latest answer's, Fault what went wrong when there was none.
	Status int
	Fault  string
}

const (
	maxName    = 100
	maxAddress = 500
	// maxTargets is how many an organisation has at most.
	maxTargets = 20
	// mostAttempts is how many times an event is sent before it is given up: with the queue's waits, about a day.
	mostAttempts = 14
	// bothFor is how long the secret before is signed with beside a new one, so that the receiver can change in peace.
	bothFor = 24 * time.Hour
	// keptFor is how long deliveries are kept.
	keptFor = 30 * 24 * time.Hour
)

var (
	// ErrName says that a target has no name, or one that is too long.
	ErrName = errors.New("give the receiver a name of at most 100 characters")
	// ErrAddress says that an address cannot be sent to.
	ErrAddress = errors.New("write an address that begins with https://, without user, question mark or number sign")
	// ErrEvents says that nothing is chosen, or something that there is not.
	ErrEvents = errors.New("choose which events to tell of")
	// ErrFull says that there is no room for another.
	ErrFull = errors.New("at most 20 receivers; remove one first")
	// ErrWaits says that a delivery is on its way already.
	ErrWaits = errors.New("the event is on its way already")
	// ErrOff says that a target is told of nothing.
	ErrOff = errors.New("the receiver is switched off")
)

// The kinds of events. They change only with a new number of the API.
const (
	SystemCreated         = "system.created"
	SystemChanged         = "system.changed"
	ClassificationChanged = "classification.changed"
	ClassificationDecided = "classification.decided"
	RequirementChanged    = "requirement.changed"
	ActionChanged         = "action.changed"
	ProcessingCreated     = "processing.created"
	ProcessingChanged     = "processing.changed"
	ProcessingRemoved     = "processing.removed"
	SupplierCreated       = "supplier.created"
	SupplierChanged       = "supplier.changed"
	AnnexChanged          = "annex.changed"
	ImportDone            = "import.done"
	ImportUndone          = "import.undone"
	// Ping is sent when somebody tries a target.
	Ping = "webhook.test"
)

// Events lists the kinds that can be chosen.
var Events = []string{
	SystemCreated, SystemChanged, ClassificationChanged, ClassificationDecided, RequirementChanged, ActionChanged, ProcessingCreated,
	ProcessingChanged, ProcessingRemoved, SupplierCreated, SupplierChanged, AnnexChanged, ImportDone, ImportUndone,
}

// told says which event an action of the log is. What is missing is told to nobody. A stop for security protection reads as any other
// change of a classification: that there is one must not leave the organisation.
var told = map[string]string{
	"system.Create": SystemCreated, "system.Update": SystemChanged, "system.Bulk": SystemChanged, "system.SetResponsible": SystemChanged,
	"system.AddDependency": SystemChanged, "system.RemoveDependency": SystemChanged,
	"classification.SetInformation": ClassificationChanged, "classification.Answer": ClassificationChanged, "classification.Unanswer": ClassificationChanged,
	"classification.Adjust": ClassificationChanged, "classification.Restart": ClassificationChanged, "classification.Reopen": ClassificationChanged,
	"classification.Decide": ClassificationDecided,
	"requirement.Answer":    RequirementChanged, "action.Save": ActionChanged, "action.Review": ActionChanged, "action.Move": ActionChanged,
	"action.Close":      ActionChanged,
	"processing.Create": ProcessingCreated, "processing.Save": ProcessingChanged, "processing.Link": ProcessingChanged, "processing.Prefill": ProcessingChanged,
	"processing.Delete": ProcessingRemoved,
	"supplier.Create":   SupplierCreated, "supplier.Update": SupplierChanged, "supplier.Merge": SupplierChanged, "supplier.AddPaper": SupplierChanged,
	"supplier.ChangePaper": SupplierChanged, "supplier.RemovePaper": SupplierChanged, "supplier.AddSubProcessor": SupplierChanged,
	"supplier.ChangeSubProcessor": SupplierChanged, "supplier.RemoveSubProcessor": SupplierChanged,
	"procurement.Choose": AnnexChanged, "procurement.AddOwn": AnnexChanged, "procurement.RemoveOwn": AnnexChanged, "procurement.Freeze": AnnexChanged,
	"register.Import": ImportDone, "register.Undo": ImportUndone,
}

// eventOf gives the kind of event that an entry of the log is; empty for one that nobody is told of. An import and a merger stand in the
// history of each system that they changed, too. What an organisation plans to buy is not told before it asks for tenders.
func eventOf(action, objectKind string) string {
	kind := told[action]
	if objectKind == "purchase" {
		return ""
	}
	if objectKind == "system" && (kind == ImportDone || kind == ImportUndone || kind == SupplierChanged) {
		return SystemChanged
	}
	return kind
}

// check says what is wrong with a target, if anything.
func (t *Target) check() error {
	if t.Name == "" || utf8.RuneCountInString(t.Name) > maxName {
		return ErrName
	}
	u, err := url.Parse(t.Address)
	if err != nil || len(t.Address) > maxAddress || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return ErrAddress
	}
	if len(t.Events) == 0 {
		return ErrEvents
	}
	for _, e := range t.Events {
		if !slices.Contains(Events, e) {
			return ErrEvents
		}
	}
	return nil
}

// secretPrefix begins a secret, as the Standard Webhooks convention writes it.
const secretPrefix = "whsec_"

// drawSecret makes a secret of 256 bits, as it is shown once.
func drawSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// sign signs a message as the Standard Webhooks convention says: HMAC-SHA256 over the id, the time and the body.
func sign(secret, id string, at int64, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) == 0 {
		return "", errors.New("the secret is none")
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.", id, at) // a hash takes everything
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// message is what is sent.
type message struct {
	Type      string      `json:"type"`
	Timestamp string      `json:"timestamp"`
	Data      messageData `json:"data"`
}

// messageData names what has changed, and nothing of what it says.
type messageData struct {
	Organisation access.OrganisationID `json:"organisation"`
	// Number is the event's in the log: of two about the same object the higher is the later.
	Number int64  `json:"number"`
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Link   string `json:"link,omitempty"`
}

// links are where the API tells of each kind of object.
var links = map[string]string{"system": "/systems/", "processing": "/processings/", "supplier": "/suppliers/"}

// body writes what is sent of a delivery. base is the API's address; without one there is no link.
func (d *Delivery) body(org access.OrganisationID, base string) ([]byte, error) {
	m := message{Type: d.Kind, Timestamp: d.Happened.UTC().Format(time.RFC3339), Data: messageData{org, d.Seq, d.ObjectKind, d.ObjectID, ""}}
	if at := links[d.ObjectKind]; at != "" && base != "" && d.Kind != ProcessingRemoved {
		m.Data.Link = base + at + d.ObjectID
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write event: %w", err)
	}
	return b, nil
}

// messageID names the event for the receiver. It is the same each time that it is sent: what has been taken in once is known by it.
func (d *Delivery) messageID() string { return "msg_" + strings.ReplaceAll(d.ID.String(), "-", "") }
