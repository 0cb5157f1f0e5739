// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/kolada"
	"github.com/insegel/insegel/internal/organisation"
)

// References is what has been fetched from others.
type References struct {
	Series  []followup.Imported
	Groups  []MunicipalityGroup
	Fetches []Fetch
	// Own is the reader's own municipality.
	Own   string
	Today civil.Date
}

// References lists what has been fetched from others: series with the figures of the country and of the own municipality.
func (s *Service) References(ctx context.Context, actor access.Actor) (References, error) {
	if err := access.Check(actor, "national.References"); err != nil {
		return References{}, err
	}
	var out References
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Today = civil.Of(tx.Now)
		if out.Own, err = organisation.Setting(ctx, tx, actor.Organisation, settingMunicipality); err != nil {
			return err
		}
		if out.Series, err = followup.References(ctx, tx, actor.Organisation, followup.Wanted{}); err != nil {
			return err
		}
		if out.Groups, err = groupsOf(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		out.Fetches, err = fetches(ctx, tx, actor.Organisation)
		for i := range out.Fetches {
			out.Fetches[i].cut(tx)
		}
		return err
	})
	if err != nil {
		return References{}, fmt.Errorf("list others' figures: %w", err)
	}
	return out, nil
}

// cut says of a fetch that has not ended in time that it was cut short.
func (f *Fetch) cut(tx *db.Tx) {
	if (f.Status == FetchWaiting || f.Status == FetchRunning) && !f.Open(tx.Now) {
		f.Status, f.Fault = FetchFailed, "cut"
	}
}

// Reference reads one of others' series whole.
func (s *Service) Reference(ctx context.Context, actor access.Actor, id ids.ID[followup.Imported]) (followup.Imported, []MunicipalityGroup, error) {
	if err := access.Check(actor, "national.Reference"); err != nil {
		return followup.Imported{}, nil, err
	}
	var out followup.Imported
	var groups []MunicipalityGroup
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out, err = referenceOf(ctx, tx, id); err != nil {
			return err
		}
		groups, err = groupsOf(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return out, nil, fmt.Errorf("read others' figures: %w", err)
	}
	return out, groups, nil
}

func referenceOf(ctx context.Context, tx *db.Tx, id ids.ID[followup.Imported]) (followup.Imported, error) {
	if id == "" {
		return followup.Imported{}, db.ErrNotFound
	}
	list, err := followup.References(ctx, tx, tx.Scope, followup.Wanted{ID: id})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("series %q: %w", id, db.ErrNotFound)
	}
	if err != nil {
		return followup.Imported{}, err
	}
	return list[0], nil
}

// OpenFetch reads what came of one fetch.
func (s *Service) OpenFetch(ctx context.Context, actor access.Actor, id ids.ID[Fetch]) (Fetch, error) {
	if err := access.Check(actor, "national.OpenFetch"); err != nil {
		return Fetch{}, err
	}
	var out Fetch
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = fetchOf(ctx, tx, actor.Organisation, id)
		out.cut(tx)
		return err
	})
	return out, err
}

// AskFetch asks for something to be fetched in the background.
func (s *Service) AskFetch(ctx context.Context, actor access.Actor, r Request) (ids.ID[Fetch], error) {
	if err := access.Check(actor, "national.AskFetch"); err != nil {
		return "", err
	}
	f := Fetch{ID: ids.New[Fetch](), Request: r, Status: FetchWaiting, By: actor.ID}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := s.ask(ctx, tx, actor, &f); err != nil {
			return err
		}
		return s.Jobs.Add(ctx, tx, fetching{actor.Organisation, f.ID})
	})
	if err != nil {
		return "", fmt.Errorf("ask for others' figures: %w", err)
	}
	return f.ID, nil
}

// ask notes what is to be fetched. One thing is fetched at a time.
func (s *Service) ask(ctx context.Context, tx *db.Tx, actor access.Actor, f *Fetch) error {
	if err := f.Check(s.Engine.Catalogue, civil.Of(tx.Now)); err != nil {
		return err
	}
	all, err := fetches(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(o Fetch) bool { return o.Open(tx.Now) }) {
		return ErrBusy
	}
	if err := insertFetch(ctx, tx, actor.Organisation, f); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "national.AskFetch", ObjectKind: "fetch", ObjectID: f.ID.String(), Data: f.Request})
}

// FetchNow fetches at once, for the command. What goes wrong is the error, and is noted as when it is done in the background.
func (s *Service) FetchNow(ctx context.Context, actor access.Actor, r Request) (Fetch, error) {
	if err := access.Check(actor, "national.FetchNow"); err != nil {
		return Fetch{}, err
	}
	f := Fetch{ID: ids.New[Fetch](), Request: r, Status: FetchWaiting, By: actor.ID}
	if err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.ask(ctx, tx, actor, &f) }); err != nil {
		return f, fmt.Errorf("ask for others' figures: %w", err)
	}
	f, err := s.fetch(ctx, actor, f.ID)
	if err != nil {
		return f, fmt.Errorf("fetch others' figures: %w", err)
	}
	return f, nil
}

// Fetch does what was asked for, in the background. What goes wrong is noted where it was asked for, and is not tried again by itself.
func (s *Service) Fetch(ctx context.Context, actor access.Actor, id ids.ID[Fetch]) error {
	if err := access.Check(actor, "national.Fetch"); err != nil {
		return err
	}
	f, err := s.fetch(ctx, actor, id)
	if err != nil && f.Status != FetchFailed && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("fetch others' figures: %w", err)
	}
	return nil
}

// fetch takes what waits, reads it with no transaction open, and keeps it.
func (s *Service) fetch(ctx context.Context, actor access.Actor, id ids.ID[Fetch]) (Fetch, error) {
	var f Fetch
	org := actor.Organisation
	err := s.DB.Write(ctx, org, func(tx *db.Tx) (err error) {
		if err = beginFetch(ctx, tx, org, id); err == nil {
			f, err = fetchOf(ctx, tx, org, id)
		}
		return err
	})
	if err != nil {
		return f, err
	}
	got, fault := s.read(ctx, actor, &f)
	if fault == nil {
		fault = s.DB.Write(ctx, org, func(tx *db.Tx) error { return s.keepFetched(ctx, tx, actor, &f, &got) })
	}
	if fault == nil {
		return f, nil
	}
	again := context.WithoutCancel(ctx) // it is noted also when the program is about to end
	f.Status, f.Fault, f.Detail, f.Found = FetchFailed, faultOf(fault), clip(fault.Error()), Found{}
	err = s.DB.Write(again, org, func(tx *db.Tx) error {
		if err := endFetch(again, tx, org, &f); err != nil {
			return err
		}
		return audit.Append(again, tx, actor, audit.Entry{
			Action: "national.FailFetch", ObjectKind: "fetch", ObjectID: id.String(), Data: map[string]string{"base": f.Base, "why": f.Detail},
		})
	})
	return f, errors.Join(fault, err)
}

// fetched is what was read of an address.
type fetched struct {
	measures []kolada.Measure
	groups   []kolada.Group
	values   []kolada.Value
}

// read reads what a fetch asks for.
func (s *Service) read(ctx context.Context, actor access.Actor, f *Fetch) (got fetched, err error) {
	c, err := kolada.New(s.Outbound, f.Base)
	if err != nil {
		return got, err
	}
	c.Done = func(items int) {
		f.Items = int64(items)
		_ = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return noteItems(ctx, tx, actor.Organisation, f.ID, items) }) // only told
	}
	if f.Kind == SearchWord {
		if got.measures, err = c.Measures(ctx, f.Word, nil); err != nil {
			return got, err
		}
		got.groups, err = c.Groups(ctx, f.Word, nil)
		return got, err
	}
	if len(f.Request.Measures) > 0 {
		if got.measures, err = c.Measures(ctx, "", f.Request.Measures); err != nil {
			return got, err
		}
	}
	if len(f.Request.Groups) > 0 {
		if got.groups, err = c.Groups(ctx, "", f.Request.Groups); err != nil {
			return got, err
		}
	}
	there := make([]string, 0, len(got.measures))
	for i := range got.measures {
		there = append(there, got.measures[i].ID)
	}
	if len(there) > 0 {
		got.values, err = c.Values(ctx, there, f.years())
	}
	return got, err
}

// keepFetched keeps what was read, in one transaction: all of it, or nothing.
func (s *Service) keepFetched(ctx context.Context, tx *db.Tx, actor access.Actor, f *Fetch, got *fetched) error {
	f.Status, f.Found = FetchDone, Found{}
	if f.Kind == SearchWord {
		f.found(got)
		return s.endFetched(ctx, tx, actor, f)
	}
	for i := range got.groups {
		if err := s.takeGroup(ctx, tx, f, &got.groups[i]); err != nil {
			return err
		}
	}
	groups, err := groupsOf(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	// Groups that divided the nation may overlap as they are now.
	var dividing []string
	for i := range groups {
		if groups[i].Divides {
			dividing = append(dividing, groups[i].Key())
		}
	}
	if _, err := divided(groups, dividing); err != nil {
		return err
	}
	values, left := keepPlaces(s.Engine.Catalogue, got.values, groups)
	f.Left = left
	for i := range got.measures {
		if err := s.takeMeasure(ctx, tx, f, &got.measures[i], values); err != nil {
			return err
		}
	}
	f.missing(got)
	if f.Series+f.Taken == 0 {
		return ErrNothingThere
	}
	return s.endFetched(ctx, tx, actor, f)
}

func (s *Service) endFetched(ctx context.Context, tx *db.Tx, actor access.Actor, f *Fetch) error {
	if err := endFetch(ctx, tx, actor.Organisation, f); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "national.Fetch", ObjectKind: "fetch", ObjectID: f.ID.String(), Data: map[string]any{
		"base": f.Base, "series": f.Series, "values": f.Values, "changed": f.Changed, "groups": f.Taken, "left": f.Left, "missing": f.Missing,
	}})
}

// found keeps what a search found, up to a limit.
func (f *Fetch) found(got *fetched) {
	for i := range got.measures {
		m := &got.measures[i]
		if len(f.Found.Measures) == maxFound {
			f.More = true
			break
		}
		f.Found.Measures = append(f.Found.Measures, FoundMeasure{m.ID, m.Title, clip(m.Description)})
	}
	for i := range got.groups {
		g := &got.groups[i]
		if len(f.Found.Groups) == maxFound {
			f.More = true
			break
		}
		f.Found.Groups = append(f.Found.Groups, FoundGroup{g.ID, g.Title, len(g.Members)})
	}
}

// missing notes what was asked for and is not there.
func (f *Fetch) missing(got *fetched) {
	for _, id := range f.Request.Measures {
		if !slices.ContainsFunc(got.measures, func(m kolada.Measure) bool { return m.ID == id }) {
			f.Missing = append(f.Missing, id)
		}
	}
	for _, id := range f.Request.Groups {
		if !slices.ContainsFunc(got.groups, func(g kolada.Group) bool { return g.ID == id }) {
			f.Missing = append(f.Missing, id)
		}
	}
}

// takeGroup keeps a group's municipalities. Members of other kinds are left out.
func (s *Service) takeGroup(ctx context.Context, tx *db.Tx, f *Fetch, g *kolada.Group) error {
	out := MunicipalityGroup{Base: f.Base, Code: g.ID, Title: g.Title}
	for _, code := range g.Members {
		if _, ok := s.Engine.Catalogue.Municipality(code); ok && !slices.Contains(out.Members, code) {
			out.Members = append(out.Members, code)
		}
	}
	if len(out.Members) == 0 {
		f.Missing = append(f.Missing, g.ID) // of regions alone: there is nothing to keep, and that is told
		return nil
	}
	slices.Sort(out.Members)
	f.Taken++
	return saveGroup(ctx, tx, tx.Scope, &out)
}

// takeMeasure keeps a measure's figures, beside the indicator that was chosen.
func (s *Service) takeMeasure(ctx context.Context, tx *db.Tx, f *Fetch, m *kolada.Measure, values []kolada.Value) error {
	x := followup.Imported{Base: f.Base, Measure: m.ID, Title: m.Title, Description: m.Description, Area: m.Area, Published: m.Published, Beside: f.Beside[m.ID]}
	if x.Beside == "" {
		x.Beside = suggested(s.Engine.Catalogue, m.ID)
	}
	for _, v := range values {
		if v.Measure == m.ID {
			x.Values = append(x.Values, followup.ImportedValue{Place: v.Place, Year: v.Year, Value: v.Value, Status: v.Status})
		}
	}
	t, err := followup.TakeReference(ctx, tx, tx.Scope, &x)
	if err != nil {
		return err
	}
	f.Series, f.Values = f.Series+1, f.Values+t.Values
	if t.Changed {
		f.Changed++
	}
	return nil
}

// ReferenceChange is what is said here of one of others' series.
type ReferenceChange struct {
	// Beside is the indicator that it is shown with; empty is none.
	Beside string
	// Break is a break that is noted; without a year none is. Without words the one of that year is taken away.
	Break followup.ImportedBreak
}

const maxBreakNote = 300

// SetReference says what one of others' series is shown with, and where it is broken.
func (s *Service) SetReference(ctx context.Context, actor access.Actor, id ids.ID[followup.Imported], x ReferenceChange) error {
	if err := access.Check(actor, "national.SetReference"); err != nil {
		return err
	}
	x.Break.Note = strings.TrimSpace(x.Break.Note)
	if x.Break.Year != 0 && (x.Break.Year < firstFetched || x.Break.Year > civil.Of(s.DB.Now()).Year) || utf8.RuneCountInString(x.Break.Note) > maxBreakNote ||
		x.Break.Year == 0 && x.Break.Note != "" {
		return followup.ErrBreak
	}
	if _, ok := s.Engine.Catalogue.Indicator(x.Beside); !ok && x.Beside != "" {
		return followup.ErrBeside
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := followup.SetBeside(ctx, tx, actor.Organisation, id, x.Beside); err != nil {
			return err
		}
		if x.Break.Year != 0 {
			if err := followup.NoteBreak(ctx, tx, actor.Organisation, id, x.Break, actor.ID); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "national.SetReference", ObjectKind: "reference", ObjectID: id.String(), Data: x})
	})
	if err != nil {
		return fmt.Errorf("change others' series: %w", err)
	}
	return nil
}

// RemoveReference takes one of others' series away.
func (s *Service) RemoveReference(ctx context.Context, actor access.Actor, id ids.ID[followup.Imported]) error {
	if err := access.Check(actor, "national.RemoveReference"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x, err := referenceOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := followup.RemoveReference(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "national.RemoveReference", ObjectKind: "reference", ObjectID: id.String(), Data: map[string]any{"measure": x.Measure, "base": x.Base, "version": x.Version},
		})
	})
	if err != nil {
		return fmt.Errorf("take others' series away: %w", err)
	}
	return nil
}

// Divide says which groups the nation is divided by, in what is published from now on. None takes the division away.
func (s *Service) Divide(ctx context.Context, actor access.Actor, chosen []string) error {
	if err := access.Check(actor, "national.Divide"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := groupsOf(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		list, err := divided(all, chosen)
		if err != nil {
			return err
		}
		if len(list) != len(chosen) {
			return fmt.Errorf("group: %w", db.ErrNotFound)
		}
		if err := setDivision(ctx, tx, actor.Organisation, list); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "national.Divide", ObjectKind: "setting", ObjectID: "national.division", Data: map[string]any{"groups": chosen}})
	})
	if err != nil {
		return fmt.Errorf("divide by groups: %w", err)
	}
	return nil
}
