// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"errors"
	"time"

	"github.com/insegel/insegel/internal/ids"
)

var (
	// ErrGroupName says that a group lacks a name.
	ErrGroupName = errors.New("a group has a name of at most 200 characters")
	// ErrGroupTaken says that another group has the name.
	ErrGroupTaken = errors.New("another group has that name")
)

// Group is a group of the directory that people come from. The organisation says which role it gives, if any (Swedish: kataloggrupp).
type Group struct {
	ID         ids.ID[Group]
	Name       string
	ExternalID string
	// Place is the role that it gives; its Role is empty when it gives none.
	Place
	Version          int64
	Created, Updated time.Time
}
