// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// batch is a part of an import, written with a few statements however many rows it has.
type batch struct {
	*work
	rows      []*Row
	systems   []system.System
	changes   []change
	drafts    []classification.Classification
	replaced  []ids.ID[classification.Classification]
	suggested []suggestion
	changed   []ids.ID[system.System] // there was a system before, and later slices may know of it
	entries   []audit.Entry
}

// change is what an import did to one system, and what is needed to undo it.
type change struct {
	system  ids.ID[system.System]
	outcome Outcome
	version int64 // of the system after the import
	undo    undo
}

// undo is what a system had before an import. It is stored as JSON for as long as the import can be undone.
type undo struct {
	// Values are the properties that the import changed, as they were; "" was unknown.
	Values map[string]string `json:"values,omitempty"`
	// Logins are the ways in as they were, when the import changed them.
	Logins []system.LoginPath `json:"logins,omitempty"`
	// LoginsChanged tells an empty Logins from none stored.
	LoginsChanged bool `json:"logins_changed,omitempty"`
	// Made is the classification that the import made, and Replaced the draft of an earlier import that it took the place of.
	Made     ids.ID[classification.Classification] `json:"made,omitempty"`
	Replaced *classification.Classification        `json:"replaced,omitempty"`
}

// suggestion is information that a system probably holds.
type suggestion struct {
	system ids.ID[system.System]
	information.Suggestion
}

// add works out all that one row gives rise to.
func (b *batch) add(r *Row) {
	var s system.System
	c := change{outcome: r.Outcome}
	if r.Outcome == New {
		s = system.New(r.Name)
		s.Slug = system.FreeSlug(b.slugs, s.Slug)
	} else {
		s = *b.work.systems[r.Existing]
		s.Version++
		c.undo.Values = map[string]string{}
		for _, x := range r.Changes {
			c.undo.Values[x.Field] = x.Before
		}
	}
	c.system, c.version = s.ID, s.Version
	b.fill(&s, r, &c)
	b.classify(&s, r, &c)
	if len(s.Information) == 0 && (r.Outcome == New || r.changes(Information)) {
		b.suggest(&s, r)
	}
	if r.Outcome == Updated { // nothing later can hang on a system that was not there before
		b.changed = append(b.changed, s.ID)
	}
	b.rows = append(b.rows, r)
	b.systems = append(b.systems, s)
	b.changes = append(b.changes, c)
}

// name says which units and suppliers the batch's systems have, now that those have ids, and what is logged of them.
func (b *batch) name(units map[string]access.UnitID, suppliers map[string]ids.ID[supplier.Supplier]) {
	for i, r := range b.rows {
		s := &b.systems[i]
		if r.Outcome == New || r.changes(Unit) {
			s.UnitID = units[s.Unit]
		}
		if r.Outcome == New || r.changes(Supplier) {
			s.SupplierID = suppliers[s.Supplier]
		}
		b.entries = append(b.entries, b.entry(s, r))
	}
}

func (r *Row) changes(field string) bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Field == field })
}

// fill gives a system the values that the row changes.
func (b *batch) fill(s *system.System, r *Row, c *change) {
	for _, x := range r.Changes {
		switch x.Field {
		case Address:
			if r.Outcome != New {
				c.undo.Logins, c.undo.LoginsChanged = slices.Clone(s.Logins), true
				s.Logins = slices.Clone(s.Logins)
			}
			put(s, Address, x.After)
			if last := &s.Logins[len(s.Logins)-1]; last.Method == "" {
				last.Method = r.Values[Login]
			}
		default:
			put(s, x.Field, x.After)
		}
	}
}

// classify makes a draft of the row's levels, or notes the stop. A draft that an earlier import made, and nobody has touched, is
// replaced; what the new list says nothing about is kept from it.
func (b *batch) classify(s *system.System, r *Row, c *change) {
	if len(r.Levels) == 0 && !r.Stop {
		return
	}
	d := classification.Classification{
		ID: ids.New[classification.Classification](), System: s.ID, ModelID: b.scale.ID, ModelVersion: b.scale.Version,
		Status: classification.Draft, Origin: classification.FromImport, Version: 1, CreatedBy: b.actor.ID,
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		if level, ok := r.Levels[a]; ok {
			d.Answers = append(d.Answers, classification.Answer{Aspect: a, Level: level, By: b.actor.ID})
		}
	}
	if r.Stop {
		d.Status = classification.Stopped
	}
	if old := b.states[s.ID].Draft; old != nil {
		b.replaced = append(b.replaced, old.ID)
		c.undo.Replaced = old
		if old.ModelID == d.ModelID && old.ModelVersion == d.ModelVersion && !r.Stop {
			for _, x := range old.Answers {
				if _, said := r.Levels[x.Aspect]; !said {
					d.Answers = append(d.Answers, x)
				}
			}
		}
	}
	c.undo.Made = d.ID
	b.drafts = append(b.drafts, d)
}

func (b *batch) suggest(s *system.System, r *Row) {
	if b.service.Index == nil {
		return
	}
	var areas []string
	for _, f := range s.Facts {
		if f.Fact == Area {
			areas = append(areas, f.Value)
		}
	}
	var held []*catalogue.InformationType
	for _, x := range information.Suggest(b.service.Index, areas, s.Name, s.InformationNote) {
		b.suggested = append(b.suggested, suggestion{s.ID, x})
		held = append(held, x.Type)
	}
	if r.Outcome == New && !r.Stop {
		b.plan.weigh(Beginning{Slug: s.Slug, Name: s.Name}, held)
	}
}

// entry is the audit entry of a row: the system as it is after it, and its levels.
func (b *batch) entry(s *system.System, r *Row) audit.Entry {
	e := system.Changed("register.Import", *s)
	data, ok := e.Data.(map[string]any)
	if !ok {
		return e
	}
	data["row"] = r.Number
	if r.Stop {
		data["stopped"] = true
	}
	if len(r.Levels) > 0 {
		data["model"], data["levels"] = b.scale.ID, levelsText(r.Levels)
	}
	return e
}

func (b *batch) write(ctx context.Context, id ids.ID[Import]) error {
	org := b.actor.Organisation
	if err := system.Upsert(ctx, b.tx, org, b.systems); err != nil {
		return err
	}
	if err := b.link(ctx); err != nil {
		return err
	}
	if err := classification.ForgetImported(ctx, b.tx, org, b.replaced); err != nil {
		return err
	}
	written, err := classification.InsertDrafts(ctx, b.tx, org, b.drafts)
	if err != nil {
		return err
	}
	if len(written) != len(b.drafts) {
		return fmt.Errorf("write drafts: %d of %d could be written", len(written), len(b.drafts))
	}
	if err := saveChanges(ctx, b.tx, org, id, b.changes); err != nil {
		return err
	}
	return classification.TellChanged(ctx, b.tx, b.service.Jobs, b.changed)
}

// link suggests information to the batch's systems.
func (b *batch) link(ctx context.Context) error {
	if len(b.suggested) == 0 {
		return nil
	}
	types := make([]*catalogue.InformationType, len(b.suggested))
	for i := range b.suggested {
		types[i] = b.suggested[i].Type
	}
	byType, err := information.EnsureTypes(ctx, b.tx, b.actor.Organisation, types)
	if err != nil {
		return err
	}
	links := make([]system.Link, len(b.suggested))
	for i, x := range b.suggested {
		links[i] = system.Link{System: x.system, Information: byType[x.Type.ID], Reason: because("link", "Word", x.Word).In(b.lang)}
	}
	return system.AddLinks(ctx, b.tx, b.actor.Organisation, links)
}

// encode writes what is needed to undo a change.
func (u *undo) encode() (string, error) {
	var b strings.Builder
	if err := json.NewEncoder(&b).Encode(u); err != nil {
		return "", fmt.Errorf("encode what to undo: %w", err)
	}
	return strings.TrimSpace(b.String()), nil
}
