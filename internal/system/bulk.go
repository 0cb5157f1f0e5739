// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"errors"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// MaxBulk is how many systems are changed at once at most.
const MaxBulk = 1000

// undoable is how long a change of many systems can be undone.
const undoable = 30 * 24 * time.Hour

var (
	// ErrBulkEmpty says that no system is chosen, or nothing to change.
	ErrBulkEmpty = errors.New("choose systems, and what is to be changed")
	// ErrBulkLarge says that too many are chosen.
	ErrBulkLarge = errors.New("too many systems are chosen")
	// ErrBulkUndone says that the change has been undone already.
	ErrBulkUndone = errors.New("the change has been undone already")
	// ErrBulkOld says that the change is too old to be undone.
	ErrBulkOld = errors.New("the change is more than 30 days old")
)

// Change is what is changed about many systems at once (Swedish: massändring). What is nil stays as it is.
type Change struct {
	// Unit is the id of the unit that they belong to; an empty one is none.
	Unit *access.UnitID `json:"unit,omitempty"`
	// OwnerRole is the role that owns them.
	OwnerRole *string `json:"owner_role,omitempty"`
	// Owner is the person who owns them; an empty one is nobody.
	Owner *ids.ID[organisation.Person] `json:"owner,omitempty"`
}

func (c *Change) empty() bool { return c.Unit == nil && c.OwnerRole == nil && c.Owner == nil }

// was is what a system had before a change, and its version after it.
type was struct {
	System    ids.ID[System]              `json:"system"`
	Unit      access.UnitID               `json:"unit"`
	OwnerRole string                      `json:"owner_role"`
	Owner     ids.ID[organisation.Person] `json:"owner"`
	Version   int64                       `json:"version"`
}

// Bulk is a change of many systems that was made.
type Bulk struct {
	ID      ids.ID[Bulk]
	By      string // the account
	Change  Change
	Systems int
	At      time.Time
	Undone  time.Time // zero while it stands

	before []was
}

// CanUndo reports whether the change can still be undone.
func (b *Bulk) CanUndo(now time.Time) bool { return b.Undone.IsZero() && now.Sub(b.At) < undoable }
