// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/decode"
)

// Agent is a program that measures in another zone and only ever calls, never listens (Swedish: mätagent).
type Agent struct {
	ID   ids.ID[Agent]
	Name string
	Zone string
	// PublicKey is the half of its key that verifies what it signs, as text.
	PublicKey string
	// Token is the id of the key for programs that it called with the first time. It is bound to it.
	Token     string
	CreatedBy string
	Created   time.Time
	Seen      time.Time // zero when it has never called
	Revoked   time.Time // zero while it stands
}

// Task is one target that an agent is told to measure, once. Its id is in what the agent signs.
type Task struct {
	ID    ids.ID[Task] `json:"id"`
	Host  string       `json:"host"`
	Used  int          `json:"used"`
	Order child.Order  `json:"order"`
	// NotBefore is when its host may be connected to again, when a measurement of it has begun and not ended: one that this agent was
	// ended in the middle of, or somebody else's.
	NotBefore time.Time `json:"not_before,omitzero"`

	target ids.ID[Target]
	issued time.Time
}

// Delivery is what an agent hands in: the record as it was made, and the signature of it with the task.
type Delivery struct {
	Agent     ids.ID[Agent] `json:"agent"`
	Task      ids.ID[Task]  `json:"task"`
	Record    []byte        `json:"record"`
	Signature []byte        `json:"signature"`
}

// keyPrefix begins an agent's public key as it is written.
const keyPrefix = "insegel-agent-"

// FormatKey writes a public key as text.
func FormatKey(k ed25519.PublicKey) string {
	return keyPrefix + base64.RawURLEncoding.EncodeToString(k)
}

// ParseKey reads a public key.
func ParseKey(text string) (ed25519.PublicKey, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), keyPrefix)
	b, err := base64.RawURLEncoding.DecodeString(rest)
	if !ok || err != nil || len(b) != ed25519.PublicKeySize || FormatKey(b) != strings.TrimSpace(text) {
		return nil, ErrAgent
	}
	return b, nil
}

// signed are the bytes that a delivery's signature is of. The first line says what they are, so that nothing else that the key signs can be
// taken for them.
func signed(agent ids.ID[Agent], task ids.ID[Task], record []byte) []byte {
	return fmt.Appendf(nil, "insegel agent result 1\n%s\n%s\n%x\n", agent, task, sha256.Sum256(record))
}

// Sign makes a delivery of a record.
func Sign(key ed25519.PrivateKey, agent ids.ID[Agent], task ids.ID[Task], record []byte) Delivery {
	return Delivery{Agent: agent, Task: task, Record: record, Signature: ed25519.Sign(key, signed(agent, task, record))}
}

// Refusal says why a call or a delivery of an agent was not taken, as the log names it.
type Refusal struct{ Code string }

// Error tells no more than the log does.
func (r *Refusal) Error() string { return "the agent's message was refused: " + r.Code }

// Is makes a refusal ErrRefused.
func (r *Refusal) Is(target error) bool { return target == ErrRefused } //nolint:errorlint // it is what Is is for

func refuse(code string) error { return &Refusal{Code: code} }

// verify opens a delivery: that it is the agent's own, and that the record in it is one.
func (d *Delivery) verify(a *Agent) (*child.Found, error) {
	key, err := ParseKey(a.PublicKey)
	if err != nil {
		return nil, refuse("key")
	}
	if !ed25519.Verify(key, signed(d.Agent, d.Task, d.Record), d.Signature) {
		return nil, refuse("signature")
	}
	f, err := child.Parse(d.Record)
	if err != nil {
		return nil, refuse("record")
	}
	f.Raw = d.Record // as it was signed
	return f, nil
}

// fits holds a record against what was asked for, and when: one of another page, or of another time, is not the answer.
func fits(t *Target, f *child.Found, issued, now time.Time) error {
	if !about(t, f) {
		return refuse("other-target")
	}
	started, err := time.Parse(time.RFC3339, f.Started())
	if err != nil || started.Before(issued.Add(-skew)) || started.After(now.Add(skew)) || now.Sub(issued) > taskLife {
		return refuse("stale")
	}
	return nil
}

// about reports whether a record is of a target's own page, and of what it is measured for.
func about(t *Target, f *child.Found) bool {
	u, err := probe.ParseURL(t.URL)
	switch {
	case err != nil:
		return false
	case t.Kind == Encryption:
		return f.TLS != nil && strings.EqualFold(hostAndPort(f.TLS), hostOf(u))
	}
	return f.Login != nil && f.Login.URL == decode.Redact(u)
}
