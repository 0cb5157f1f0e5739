// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// uploadLife is how long a list waits between its preview and its import. It is people's names and addresses.
const uploadLife = 24 * time.Hour

// PeopleUpload is a list of people between its preview and its import.
type PeopleUpload struct {
	ID      ids.ID[PeopleUpload]
	File    string
	Content []byte
}

// KeepPeople keeps a list of people until somebody has seen what it would do. One that is no list is refused, and nothing is kept.
func (s *Service) KeepPeople(ctx context.Context, actor access.Actor, file string, content []byte) (ids.ID[PeopleUpload], error) {
	if err := access.Check(actor, "organisation.KeepPeople"); err != nil {
		return "", err
	}
	if _, _, err := ParsePeople(content); err != nil {
		return "", err
	}
	u := PeopleUpload{ID: ids.New[PeopleUpload](), File: file, Content: content}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := removeOldUploads(ctx, tx, actor.Organisation, tx.Now.Add(-uploadLife)); err != nil {
			return err
		}
		return saveUpload(ctx, tx, actor, &u)
	})
	if err != nil {
		return "", fmt.Errorf("keep list of people: %w", err)
	}
	return u.ID, nil
}

// PreviewPeople tells what taking in a list that the actor has handed over would do. db.ErrNotFound says that it is gone.
func (s *Service) PreviewPeople(ctx context.Context, actor access.Actor, id ids.ID[PeopleUpload]) (PeopleResult, error) {
	if err := access.Check(actor, "organisation.PreviewPeople"); err != nil {
		return PeopleResult{}, err
	}
	u, err := s.kept(ctx, actor, id)
	if err != nil {
		return PeopleResult{}, err
	}
	out, err := s.importPeople(ctx, actor, u.Content, true)
	out.File = u.File
	return out, err
}

func (s *Service) kept(ctx context.Context, actor access.Actor, id ids.ID[PeopleUpload]) (PeopleUpload, error) {
	var u PeopleUpload
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		u, err = oneUpload(ctx, tx, actor, id, tx.Now.Add(-uploadLife))
		return err
	})
	if err != nil {
		return u, fmt.Errorf("read kept list of people: %w", err)
	}
	return u, nil
}

// TakePeople takes in a list that the actor has handed over, and lets go of it.
func (s *Service) TakePeople(ctx context.Context, actor access.Actor, id ids.ID[PeopleUpload]) (PeopleResult, error) {
	if err := access.Check(actor, "organisation.TakePeople"); err != nil {
		return PeopleResult{}, err
	}
	u, err := s.kept(ctx, actor, id)
	if err != nil {
		return PeopleResult{}, err
	}
	out, err := s.importPeople(ctx, actor, u.Content, false)
	if err != nil {
		return out, err
	}
	out.File = u.File
	return out, s.forget(ctx, actor, id)
}

// DiscardPeople lets go of a list that the actor has handed over.
func (s *Service) DiscardPeople(ctx context.Context, actor access.Actor, id ids.ID[PeopleUpload]) error {
	if err := access.Check(actor, "organisation.DiscardPeople"); err != nil {
		return err
	}
	return s.forget(ctx, actor, id)
}

func (s *Service) forget(ctx context.Context, actor access.Actor, id ids.ID[PeopleUpload]) error {
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return removeUpload(ctx, tx, actor, id) })
	if err != nil {
		return fmt.Errorf("let go of list of people: %w", err)
	}
	return nil
}

// ExportPeople writes everybody, those who have left too, as a list that can be taken in again. Cells that a spreadsheet would evaluate
// are written as text.
func (s *Service) ExportPeople(ctx context.Context, actor access.Actor, l *locale.Localizer, w io.Writer) error {
	if err := access.Check(actor, "organisation.ExportPeople"); err != nil {
		return err
	}
	var list []Listed
	var chart *Chart
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if chart, err = ReadChart(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		for _, ended := range []bool{false, true} {
			part, err := people(ctx, tx, actor.Organisation, PersonFilter{Ended: ended})
			if err != nil {
				return err
			}
			list = append(list, part...)
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "organisation.ExportPeople", ObjectKind: "people", ObjectID: actor.Organisation.String(), Data: map[string]any{"rows": len(list)},
		})
	})
	if err == nil {
		err = peopleDocument(l, list, chart).Write(w, document.CSV)
	}
	if err != nil {
		return fmt.Errorf("export people: %w", err)
	}
	return nil
}

func peopleDocument(l *locale.Localizer, list []Listed, chart *Chart) *document.Document {
	table := &document.Table{}
	for _, header := range []string{
		l.T("organisation.name"), l.T("organisation.email"), l.T("organisation.unit"), l.T("organisation.list-external"), l.T("organisation.roles"),
		l.T("organisation.origin"), l.T("organisation.list-ended"),
	} {
		table.Columns = append(table.Columns, document.Column{Header: header})
	}
	for i := range list {
		p := &list[i]
		unit, ended := "", ""
		if !p.Unit.IsZero() {
			unit = chart.Name(p.Unit)
		}
		if !p.Active() {
			ended = p.Ended.UTC().Format(time.DateOnly)
		}
		row := make([]document.Cell, 0, len(table.Columns))
		for _, text := range []string{p.Name, p.Email, unit, p.ExternalID, rolesText(l, p.Held, chart), l.T("organisation.origin-" + p.Origin), ended} {
			row = append(row, document.T(text))
		}
		table.Rows = append(table.Rows, row)
	}
	return &document.Document{Lang: l.Lang, Title: l.T("organisation.people"), Sections: []document.Section{{Table: table}}}
}

// unguarded takes away the apostrophe that an export puts before a text that a spreadsheet would evaluate, so that a list comes back as
// it was.
func unguarded(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && rest != "" && strings.ContainsAny(rest[:1], "=+-@") {
		return rest
	}
	return text
}
