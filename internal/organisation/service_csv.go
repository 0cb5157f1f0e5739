// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// PeopleSimilar is a row that has somebody's name and could be another: nothing is done with it.
type PeopleSimilar struct {
	Row int    `json:"row"`
	To  string `json:"to"`
}

// PeopleResult is what an import of people did, or would do.
type PeopleResult struct {
	File      string          `json:"file"`
	Rows      int             `json:"rows"`
	New       int             `json:"new"`
	Updated   int             `json:"updated"`
	Unchanged int             `json:"unchanged"`
	Similar   []PeopleSimilar `json:"similar"`
	Rejected  []PeopleCell    `json:"rejected"`
	Warnings  []PeopleCell    `json:"warnings"`
	// Roles is how many roles are asked for.
	Roles int `json:"roles_asked"`
}

// DryRun says whether an import only tells what it would do.
type DryRun bool

// peoplePlan is what an import does.
type peoplePlan struct {
	PeopleResult
	all      []Person
	external map[string]int
	names    map[string][]int
	units    map[string]access.UnitID
	seen     map[string]bool
	added    []Person
	changed  []Person
	roles    []RoleChange
	held     map[ids.ID[Person]][]Assignment
}

// ImportPeople takes in a list of people. Roles are asked for, because they take two people; a list makes nobody administrator.
func (s *Service) ImportPeople(ctx context.Context, actor access.Actor, content []byte, dry DryRun) (PeopleResult, error) {
	if err := access.Check(actor, "organisation.ImportPeople"); err != nil {
		return PeopleResult{}, err
	}
	return s.importPeople(ctx, actor, content, dry)
}

// importPeople is ImportPeople for an actor who has been asked.
func (s *Service) importPeople(ctx context.Context, actor access.Actor, content []byte, dry DryRun) (PeopleResult, error) {
	rows, bad, err := ParsePeople(content)
	if err != nil {
		return PeopleResult{}, fmt.Errorf("import people: %w", err)
	}
	var plan *peoplePlan
	run := s.DB.Write
	if dry {
		run = s.DB.Read
	}
	err = run(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if plan, err = planPeople(ctx, tx, actor.Organisation, rows); err != nil || bool(dry) {
			return err
		}
		return s.applyPeople(ctx, tx, actor, plan)
	})
	if err != nil {
		return PeopleResult{}, fmt.Errorf("import people: %w", err)
	}
	out := plan.PeopleResult
	out.Roles = len(plan.roles)
	out.Rejected = append(bad, out.Rejected...)
	slices.SortStableFunc(out.Rejected, func(a, b PeopleCell) int { return a.Row - b.Row })
	seen := map[int]bool{}
	for _, c := range out.Rejected {
		seen[c.Row] = true
	}
	for i := range rows {
		seen[rows[i].Row] = true
	}
	out.Rows = len(seen)
	if out.Rejected == nil {
		out.Rejected = []PeopleCell{}
	}
	return out, nil
}

func planPeople(ctx context.Context, tx *db.Tx, org access.OrganisationID, rows []PeopleRow) (*peoplePlan, error) {
	p := &peoplePlan{
		PeopleResult: PeopleResult{Similar: []PeopleSimilar{}, Warnings: []PeopleCell{}},
		external:     map[string]int{}, names: map[string][]int{}, units: map[string]access.UnitID{}, seen: map[string]bool{}, held: map[ids.ID[Person]][]Assignment{},
	}
	var err error
	if p.all, err = persons(ctx, tx, org, `1 = 1`); err != nil {
		return nil, err
	}
	for i := range p.all {
		p.know(i)
	}
	units, err := Units(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		p.units[locale.Fold(u.Name)] = u.ID
	}
	roles, err := assignments(ctx, tx, org, `a.ended_at IS NULL`)
	if err != nil {
		return nil, err
	}
	for _, a := range roles {
		p.held[a.Person] = append(p.held[a.Person], a)
	}
	for i := range rows {
		p.row(&rows[i])
	}
	return p, nil
}

func (p *peoplePlan) know(i int) {
	if x := p.all[i].ExternalID; x != "" {
		p.external[x] = i
	}
	name := locale.Fold(p.all[i].Name)
	p.names[name] = append(p.names[name], i)
}

// row plans one row.
func (p *peoplePlan) row(r *PeopleRow) {
	unit, known := p.units[locale.Fold(r.Unit)]
	if r.HasUnit && !known {
		p.Warnings = append(p.Warnings, reasonUnit.cell(r.Row, "unit", r.Unit))
	}
	i, found := p.find(r)
	switch {
	case i < 0: // told already
		return
	case found && !p.all[i].Active():
		p.Rejected = append(p.Rejected, reasonEnded.cell(r.Row, "name", r.Name))
		return
	case found:
		p.update(&p.all[i], r, unit)
	default:
		n := Person{ID: ids.New[Person](), Name: r.Name, Email: r.Email, Unit: unit, ExternalID: r.ExternalID, Origin: OriginCSV}
		p.all, p.added = append(p.all, n), append(p.added, n)
		i = len(p.all) - 1
		p.know(i)
		p.New++
	}
	if r.Role != "" && (!r.HasUnit || known) {
		p.ask(p.all[i].ID, r.Role, unit)
	}
}

// find gives the person that a row is about. A negative index says that the row is not taken in.
func (p *peoplePlan) find(r *PeopleRow) (int, bool) {
	if r.ExternalID != "" {
		if p.seen[r.ExternalID] {
			p.Rejected = append(p.Rejected, reasonTwice.cell(r.Row, "external id", r.ExternalID))
			return -1, false
		}
		p.seen[r.ExternalID] = true
		if i, ok := p.external[r.ExternalID]; ok {
			return i, true
		}
	}
	same := p.names[locale.Fold(r.Name)]
	for _, i := range same {
		if r.ExternalID == "" && locale.Fold(p.all[i].Email) == locale.Fold(r.Email) {
			return i, true
		}
	}
	if len(same) > 0 {
		p.Similar = append(p.Similar, PeopleSimilar{r.Row, p.all[same[0]].Name})
		return -1, false
	}
	return 0, false
}

// update plans what a row changes of a person whose external id it has. A row without one changes nothing.
func (p *peoplePlan) update(known *Person, r *PeopleRow, unit access.UnitID) {
	after := *known
	if r.ExternalID != "" {
		after.Name = r.Name
		if r.HasEmail {
			after.Email = r.Email
		}
		if !unit.IsZero() {
			after.Unit = unit
		}
	}
	if after == *known {
		p.Unchanged++
		return
	}
	*known = after
	p.changed = append(p.changed, after)
	p.Updated++
}

func (p *peoplePlan) ask(id ids.ID[Person], role access.Role, unit access.UnitID) {
	if slices.Contains(everywhereOnly, role) {
		unit = ""
	}
	c := RoleChange{Person: id, Role: role, Unit: unit, Source: SourceCSV}
	if !holds(p.held[id], Place{role, unit}) && !slices.Contains(p.roles, c) {
		p.roles = append(p.roles, c)
	}
}

// applyPeople stores what is planned. The log has the ids and not the names, so that one person can be forgotten.
func (s *Service) applyPeople(ctx context.Context, tx *db.Tx, actor access.Actor, p *peoplePlan) error {
	var added, changed []string
	for i := range p.added {
		if err := insertPerson(ctx, tx, actor.Organisation, &p.added[i]); err != nil {
			return err
		}
		added = append(added, p.added[i].ID.String())
	}
	for i := range p.changed {
		before, err := GetPerson(ctx, tx, actor.Organisation, p.changed[i].ID)
		if err != nil {
			return err
		}
		if err := updatePerson(ctx, tx, actor.Organisation, &p.changed[i]); err != nil {
			return err
		}
		if err := s.tellAddress(ctx, tx, &before, &p.changed[i]); err != nil {
			return err
		}
		changed = append(changed, p.changed[i].ID.String())
	}
	if len(p.roles) > 0 {
		err := s.askRoles(ctx, tx, actor, p.roles, "Import av personer från CSV.")
		if err != nil && !errors.Is(err, approval.ErrSame) {
			return err
		}
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "organisation.ImportPeople", ObjectKind: "person", Data: map[string]any{
			"new": added, "updated": changed, "unchanged": p.Unchanged, "similar": len(p.Similar), "roles_asked": len(p.roles),
		},
	})
}
