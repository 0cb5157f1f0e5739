// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

// PurchaseRef stands before a purchase's id where the use cases of annexes otherwise take a system's id or short name.
const PurchaseRef = "anskaffning:"

var (
	// ErrName says that a purchase has no name.
	ErrName = errors.New("a planned purchase needs a name")
	// ErrType says that the catalogue has no such type of information.
	ErrType = errors.New("there is no such type of information")
	// ErrLevel says that the model has no such level.
	ErrLevel = errors.New("the model has no such level")
	// ErrStop says that a level points at security protection, of which nothing is written here.
	ErrStop = errors.New("the level points at security protection: contact the security protection manager")
	// ErrUnit says that the actor may not place a purchase in the unit, whether there is such a unit or not.
	ErrUnit = errors.New("you may not place a purchase in that unit")
	// ErrBought says that a purchase has become a system, and is changed there.
	ErrBought = errors.New("the purchase has become a system: change that instead")
	// ErrText says that an own requirement has no text.
	ErrText = errors.New("a requirement of one's own needs a text")
)

// Purchase is something that is planned to be bought and is not in the register yet (Swedish: planerad anskaffning).
type Purchase struct {
	ID     ids.ID[Purchase]
	Name   string
	UnitID access.UnitID
	Unit   string
	Note   string
	// Types are the ids of the catalogue's types of information that it is to hold.
	Types []string
	// Levels are the need of protection by aspect, on the scale of the model; an aspect that nobody has set follows the types.
	Levels                map[catalogue.Aspect]int
	ModelID, ModelVersion string
	// System is the system that it became; empty until then. Slug is that system's.
	System  ids.ID[system.System]
	Slug    string
	Version int64
	Updated time.Time
}

// Check says what is wrong with a purchase, by the catalogue and the model that its levels are on.
func (p *Purchase) Check(c *catalogue.Catalogue, m *catalogue.Model) error {
	if locale.Fold(p.Name) == "" {
		return ErrName
	}
	for _, id := range p.Types {
		if _, ok := c.InformationType(id); !ok {
			return ErrType
		}
	}
	for a, n := range p.Levels {
		aspect, ok := m.Aspect(a)
		if !ok {
			return ErrLevel
		}
		i := slices.IndexFunc(aspect.Levels, func(l catalogue.Level) bool { return l.Value == n })
		switch {
		case i < 0:
			return ErrLevel
		case aspect.Levels[i].Stop:
			return ErrStop
		}
	}
	return nil
}

// imagined is the system that a purchase would become.
func (p *Purchase) imagined(c *catalogue.Catalogue) system.System {
	s := system.New(p.Name)
	s.Slug, s.State, s.UnitID, s.Unit = "", statePlanned, p.UnitID, p.Unit
	s.Facts = []catalogue.Statement{{Fact: "supplier", Value: "yes"}} // it is to be bought
	for _, id := range p.Types {
		if t, ok := c.InformationType(id); ok {
			s.Information = append(s.Information, information.Held{
				Information: information.Information{Name: t.Name.SV, TypeID: t.ID, TypeVersion: t.Version}, Confirmed: true,
			})
		}
	}
	return s
}

// draft is the need that somebody has set, as answers that nobody has decided; nil when nobody has.
func (p *Purchase) draft(by string) *classification.Classification {
	if len(p.Levels) == 0 {
		return nil
	}
	d := &classification.Classification{
		ID: ids.New[classification.Classification](), ModelID: p.ModelID, ModelVersion: p.ModelVersion, Status: classification.Draft,
		Origin: classification.Guided, Version: 1, CreatedBy: by,
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		if n, ok := p.Levels[a]; ok {
			d.Answers = append(d.Answers, classification.Answer{Aspect: a, Perspective: catalogue.Organisation.String(), Level: n})
		}
	}
	return d
}

// Own is a requirement of the organisation's own in an annex.
type Own struct {
	ID           ids.ID[Own]
	Must         bool
	Text, Verify string
	// Reason says why a row was removed; a row with one is not in the annex any more.
	Reason  string
	Removed bool
	At      time.Time
}

// The weights that somebody can give a requirement; empty is the catalogue's.
const (
	Shall  = "shall"
	Should = "should"
)

// Mandatory reports whether a row is a "shall": as somebody has chosen, else as the catalogue says.
func (r *Row) Mandatory() bool {
	if r.Choice != nil && r.Choice.Weight != "" {
		return r.Choice.Weight == Shall
	}
	return r.Must
}

// Version is an annex as it was when somebody took it out, or saved it.
type Version struct {
	Number int
	Hash   string
	By     string
	At     time.Time
	Lines  []Line
}

// Line is one requirement of a version.
type Line struct {
	ID      string         `json:"id"`
	Version int            `json:"version"`
	Must    bool           `json:"must"`
	Text    catalogue.Text `json:"text"`
	Own     bool           `json:"own,omitempty"`
	// Topic and Verify are for who answers; they are no part of what two versions are compared by.
	Topic  string         `json:"topic,omitempty"`
	Verify catalogue.Text `json:"verify,omitzero"`
}

// alike reports whether two lines ask the same.
func (l *Line) alike(o *Line) bool {
	return l.ID == o.ID && l.Version == o.Version && l.Must == o.Must && l.Text == o.Text && l.Own == o.Own
}

// lines are the rows that the annex has, with their texts in both languages.
func (a *Annex) lines() []Line {
	var out []Line
	for _, r := range a.Included() {
		out = append(out, Line{
			ID: r.ID, Version: r.Version, Must: r.Mandatory(), Text: catalogue.Text{SV: r.Shall(catalogue.SV), EN: r.Shall(catalogue.EN)},
			Topic: r.Topic.ID, Verify: catalogue.Text{SV: r.Verify(catalogue.SV), EN: r.Verify(catalogue.EN)},
		})
	}
	for i := range a.Own {
		if o := &a.Own[i]; !o.Removed {
			out = append(out, Line{ID: o.ID.String(), Version: 1, Must: o.Must, Text: catalogue.Text{SV: o.Text, EN: o.Text}, Own: true, Verify: catalogue.Text{SV: o.Verify, EN: o.Verify}})
		}
	}
	return out
}

// Difference is one requirement that two versions do not have alike. Before or After is nil where the version lacks it.
type Difference struct{ Before, After *Line }

// Compare tells what differs between two versions: what is gone, then what is new, then what is changed, each in its version's order.
func Compare(before, after []Line) (gone, fresh, changed []Difference) {
	at := make(map[string]*Line, len(before))
	for i := range before {
		at[before[i].ID] = &before[i]
	}
	for i := range after {
		now := &after[i]
		was := at[now.ID]
		switch {
		case was == nil:
			fresh = append(fresh, Difference{After: now})
		case !was.alike(now):
			changed = append(changed, Difference{was, now})
		}
		delete(at, now.ID)
	}
	for i := range before {
		if at[before[i].ID] != nil {
			gone = append(gone, Difference{Before: &before[i]})
		}
	}
	return gone, fresh, changed
}

// place is what an annex is for: a system of the register or a planned purchase. It says where the choices stand.
type place struct {
	system   ids.ID[system.System]
	purchase ids.ID[Purchase]
}

func (p place) owner() string {
	if p.purchase != "" {
		return p.purchase.String()
	}
	return p.system.String()
}

// kind is what the log calls the object.
func (p place) kind() string {
	if p.purchase != "" {
		return "purchase"
	}
	return "system"
}

// purchaseOf gives the purchase that a reference names.
func purchaseOf(ref string) (ids.ID[Purchase], bool) {
	id, ok := strings.CutPrefix(ref, PurchaseRef)
	return ids.ID[Purchase](id), ok
}
