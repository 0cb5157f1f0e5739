// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
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

	source         string
	number, domain string
	received       time.Time
}

// News reports whether there is a difference that nobody has noted: another answer than before, or none any more.
func (s *Shared) News() bool { return s.Before != nil || !s.Ended.IsZero() }

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
	sum := sha256.Sum256([]byte("insegel shared answers\x00" + from.String() + "\x00" + o.system.String() + "\x00" + o.domain + "\x00" + to.String()))
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
					source: source(from, o, org), number: o.number, domain: o.domain,
				})
			}
		}
	}
	return out
}

// turned is what is to be written of shared answers, and how many of them are new, changed and ended.
type turned struct {
	rows                  []Shared
	fresh, changed, ended int
}

// meet tells what becomes of the copies when the others share next. What has changed keeps what it said when it was last noted.
func meet(had, next []Shared, now time.Time) turned {
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
		switch {
		case h == nil || !h.Ended.IsZero():
			n.received = now
			out.fresh++
		case h.Said == n.Said && h.number == n.number:
			continue
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
			out.changed++
		}
		out.rows = append(out.rows, *n)
	}
	for i := range had {
		h := &had[i]
		if at[key{h.source, h.Requirement}] == nil || !h.Ended.IsZero() {
			continue
		}
		h.Said, h.Before, h.Changed, h.Ended = Said{}, nil, time.Time{}, now
		out.rows = append(out.rows, *h)
		out.ended++
	}
	return out
}

// confirmable are shared answers as what the same supplier has answered before, to be confirmed, by requirement: the latest of each.
func confirmable(list []Shared, domain string) map[string]*Earlier {
	out := map[string]*Earlier{}
	for i := range list {
		s := &list[i]
		if !s.Ended.IsZero() || s.domain != domain {
			continue
		}
		if had := out[s.Requirement]; had != nil && s.On.Before(civil.Of(had.Sent)) {
			continue
		}
		out[s.Requirement] = &Earlier{Reply: Reply{Requirement: s.Requirement, Version: s.Version, Status: s.Status, How: s.How, From: s.From, Sent: s.On.Time()}}
	}
	return out
}
