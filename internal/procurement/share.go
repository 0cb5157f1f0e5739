// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// ErrNotShared says that there are no answers to share, or none that are shared.
var ErrNotShared = errors.New("there are no such answers to share")

// Sharing is what a supplier says of whether others may see its answers.
type Sharing string

// What a supplier can say.
const (
	Share    Sharing = "share"
	NotShare Sharing = "end"
)

// Consent is that a supplier lets its answers about a system be shown to the other organisations on the installation that ask it (Swedish:
// samtycke till delning). It holds until it is taken back, for what is answered later too.
type Consent struct {
	// Domain is whose consent it is: what stands after the @ of the address that was asked.
	Domain string
	At     time.Time
}

// Said is an answer as it is shared: no document, no name of a system or an organisation, and nobody's address.
type Said struct {
	Version int                `json:"version"`
	Status  requirement.Status `json:"status"`
	How     string             `json:"how,omitempty"`
	From    civil.Date         `json:"from,omitzero"`
	// On is the day that it was sent.
	On civil.Date `json:"on"`
}

// alike reports whether two answers say the same, whenever they were sent.
func (s *Said) alike(o *Said) bool {
	return s.Status == o.Status && s.How == o.How && s.From == o.From
}

// Shared is what a supplier has answered another organisation on the same installation (Swedish: delat svar). It is never an answer to one's own
// question, nor evidence.
type Shared struct {
	Requirement string
	Said
	// Before is what it said until it changed; nil when it has not, or somebody has seen that it has.
	Before *Said
	// Changed and Ended are when that was; zero while it has not been.
	Changed, Ended time.Time
	// Paused is since when the organisation that it comes from cannot be read: what it says is shown to nobody meanwhile. One that has ended with it is
	// one that could not be read for so long that the copy was removed.
	Paused time.Time

	source, origin string
	number, domain string
	received       time.Time
}

// News reports whether there is a difference that nobody has noted: another answer than before, or none any more. Of one that is paused it is told
// when it can be read again.
func (s *Shared) News() bool { return !s.Ended.IsZero() || s.Before != nil && s.Paused.IsZero() }

// longestPause is how long a copy is kept, shown to nobody, when the organisation that it comes from cannot be read.
const longestPause = 30 * 24 * time.Hour

// shown takes away what a copy says that is paused.
func (s *Shared) shown() {
	if !s.Paused.IsZero() {
		s.Said, s.Before, s.Changed = Said{}, nil, time.Time{}
	}
}

// party is one supplier as two organisations can both know it: by its organisation number, never by name, and by where its mail goes.
type party struct{ number, domain string }

// offer is what one annex's supplier lets be shown elsewhere.
type offer struct {
	party
	system  ids.ID[system.System]
	replies []Reply
}

// side is what one organisation's suppliers share, whom it has asked itself, and whether it holds copies.
type side struct {
	offers []offer
	asked  map[party]bool
	holds  bool
}

// source stands for an annex of one organisation in another. It is the same at every turn, and tells nothing.
func source(from access.OrganisationID, o *offer, to access.OrganisationID) string {
	return standIn("insegel shared answers", from.String(), o.system.String(), o.domain, to.String())
}

// origin stands for an organisation in another, so that it can be told which copies come from one that cannot be read.
func origin(from, to access.OrganisationID) string {
	return standIn("insegel shared origin", from.String(), to.String())
}

func standIn(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// entitled is what an organisation is to hold of the others' answers: those of suppliers that it has asked itself.
func entitled(org access.OrganisationID, sides map[access.OrganisationID]side) []Shared {
	var out []Shared
	for from, other := range sides {
		if from == org {
			continue
		}
		for i := range other.offers {
			o := &other.offers[i]
			if !sides[org].asked[o.party] {
				continue
			}
			for n := range o.replies {
				r := &o.replies[n]
				out = append(out, Shared{
					Requirement: r.Requirement, Said: Said{r.Version, r.Status, r.How, r.From, civil.Of(r.Sent)},
					source: source(from, o, org), origin: origin(from, org), number: o.number, domain: o.domain,
				})
			}
		}
	}
	return out
}

// turned is what is to be written of shared answers, and how many of them are new, changed, ended, paused, and shown again after a pause.
type turned struct {
	rows                                     []Shared
	fresh, changed, ended, paused, continued int
}

// unread are the organisations that cannot be read at an exchange, as they are known in one other.
type unread map[string]bool

// from reports whether a copy comes from one of them; of one from before origins were noted it is not known.
func (u unread) from(s *Shared) bool { return u[s.origin] || len(u) > 0 && s.origin == "" }

// meet tells what becomes of the copies when the others share next. What has changed keeps what it said when it was last noted.
func meet(had, next []Shared, away unread, now time.Time) turned {
	type key struct{ source, requirement string }
	at := map[key]*Shared{}
	for i := range had {
		at[key{had[i].source, had[i].Requirement}] = &had[i]
	}
	var out turned
	for i := range next {
		n := &next[i]
		k := key{n.source, n.Requirement}
		h := at[k]
		delete(at, k)
		out.come(h, n, now)
	}
	for i := range had {
		h := &had[i]
		if at[key{h.source, h.Requirement}] == nil || !h.Ended.IsZero() {
			continue
		}
		out.leave(h, away.from(h), now)
	}
	return out
}

// come tells what becomes of a copy, or of none, when the next is n.
func (t *turned) come(h, n *Shared, now time.Time) {
	stands := h != nil && h.Ended.IsZero()
	if stands && !h.Paused.IsZero() {
		t.continued++
	}
	switch {
	case !stands:
		n.received = now
		t.fresh++
	case h.Said == n.Said && h.number == n.number && h.origin == n.origin && h.Paused.IsZero():
		return
	case h.alike(&n.Said):
		n.received, n.Before, n.Changed = h.received, h.Before, h.Changed
	default:
		n.received, n.Before, n.Changed = h.received, h.Before, now
		if n.Before == nil {
			n.Before = &h.Said
		}
		if n.alike(n.Before) { // it says again what it said
			n.Before, n.Changed = nil, time.Time{}
		}
		t.changed++
	}
	t.rows = append(t.rows, *n)
}

// leave tells what becomes of a copy that is not shared, or that comes from where nothing can be read: then it waits, for so long.
func (t *turned) leave(h *Shared, unread bool, now time.Time) {
	switch {
	case unread && h.Paused.IsZero():
		h.Paused = now
		t.paused++
	case unread && now.Sub(h.Paused) < longestPause:
		return
	default:
		if !unread {
			h.Paused = time.Time{}
		}
		h.Said, h.Before, h.Changed, h.Ended = Said{}, nil, time.Time{}, now
		t.ended++
	}
	t.rows = append(t.rows, *h)
}

// confirmable are shared answers as what the same supplier has answered before, to be confirmed, by requirement: the latest of each.
func confirmable(list []Shared, domain string) map[string]*Earlier {
	out := map[string]*Earlier{}
	for i := range list {
		s := &list[i]
		if !s.Ended.IsZero() || !s.Paused.IsZero() || s.domain != domain {
			continue
		}
		if had := out[s.Requirement]; had != nil && s.On.Before(civil.Of(had.Sent)) {
			continue
		}
		out[s.Requirement] = &Earlier{Reply: Reply{Requirement: s.Requirement, Version: s.Version, Status: s.Status, How: s.How, From: s.From, Sent: s.On.Time()}}
	}
	return out
}
