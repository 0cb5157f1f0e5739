// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
)

// Past is a system as it was at the end of a day, as far as the log and the classifications tell.
type Past struct {
	One
	Day civil.Date
	// Existed is false when nothing is known of the system from so early.
	Existed bool
	// Values are the fields of the register, by name, with the entry that last set each.
	Values map[string]PastValue
	// Information is what was said to be in the system; Said is the entry that said it, or nil.
	Information []string
	Said        *audit.Logged
	// Decided is the classification that was in force; nil when none was. Reopened says that one had been and was being made anew.
	Decided  *classification.Classification
	Reopened bool
	// Answers are the requirements' statuses by id.
	Answers map[string]string
	// Since is the last entry before the day's end, and People are the names of those who are known.
	Since  *audit.Logged
	People map[string]string
}

// PastValue is what a field was, and since which entry.
type PastValue struct {
	Value any
	Set   *audit.Logged
}

// mostPast is how many entries of one system are gone through.
const mostPast = 50_000

// AsItWas tells what a system and its classification were at the end of a day.
func (s *Service) AsItWas(ctx context.Context, actor access.Actor, ref string, day civil.Date, l *locale.Localizer) (Past, error) {
	if err := access.Check(actor, "overview.AsItWas"); err != nil {
		return Past{}, err
	}
	one, err := s.one(ctx, actor, request{"overview.AsItWas", ref, l}, parts{classifications: true})
	if err != nil {
		return Past{}, err
	}
	p := Past{One: one, Day: day, Values: map[string]PastValue{}, Answers: map[string]string{}}
	err = s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		entries, err := audit.List(ctx, tx, actor.Organisation, audit.Filter{
			ObjectKind: "system", ObjectID: one.View.System.ID.String(), Before: endOf(day), Upwards: true, Limit: mostPast,
		})
		if err != nil {
			return err
		}
		for i := range entries {
			p.take(&entries[i])
		}
		p.People, err = people(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Past{}, fmt.Errorf("read what the system was: %w", err)
	}
	p.decide()
	return p, nil
}

// entryData is what the entries about a system may say.
type entryData struct {
	Data  map[string]any `json:"data"`
	After map[string]any `json:"after"`
}

// take lets an entry change what is known. Entries come in the order of the log.
func (p *Past) take(e *audit.Logged) {
	p.Existed, p.Since = true, e
	var d entryData
	if json.Unmarshal([]byte(e.Record), &d) != nil {
		return // erased, or in another form
	}
	switch e.Action {
	case "system.Create", "system.Update", "register.Import", "register.Undo":
		values := d.After
		if values == nil {
			values = d.Data // versions before this one logged fewer fields, and only so
		}
		for name, v := range values {
			p.Values[name] = PastValue{v, e}
		}
	case "classification.SetInformation":
		p.Said, p.Information = e, nil
		if list, ok := d.Data["information"].([]any); ok {
			for _, x := range list {
				p.Information = append(p.Information, fmt.Sprint(x))
			}
		}
	case "classification.Decide":
		p.Reopened = false
	case "classification.Reopen":
		p.Reopened = true
	case "requirement.Answer":
		id, _ := d.Data["requirement"].(string)
		if status, ok := d.Data["status"].(string); ok && id != "" {
			p.Answers[id] = status
		}
	}
}

// decide finds the classification that was in force.
func (p *Past) decide() {
	if p.Reopened {
		return
	}
	for i := range p.Classifications {
		c := &p.Classifications[i]
		if c.DecidedOn.IsZero() || p.Day.Before(c.DecidedOn) {
			continue
		}
		if p.Decided == nil || p.Decided.DecidedOn.Before(c.DecidedOn) || p.Decided.DecidedOn == c.DecidedOn && p.Decided.CreatedAt.Before(c.CreatedAt) {
			p.Decided = c
		}
	}
}
