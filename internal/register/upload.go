// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// MaxUpload is how large a list may be when it is kept between the steps of an import.
const MaxUpload = 16 << 20

// uploadHours is how long a list that was not imported is kept.
const uploadHours = 24

// NoLevels is the scale of somebody who has said that the list's levels are not to be imported.
const NoLevels = "none"

// mostKept is how many lists one person may have waiting.
const mostKept = 20

// ErrKept says that somebody has as many lists waiting as one person may.
var ErrKept = errors.New("20 lists wait to be imported already")

// ErrTooLarge says that a list is too large to be kept.
var ErrTooLarge = errors.New("the list is larger than 16 MiB")

// Upload is a list that somebody has handed over and not imported yet (Swedish: uppladdad lista).
type Upload struct {
	ID      ids.ID[Upload]
	File    string
	Content []byte
	Choice  Choice
	At      time.Time
}

// Choice is how a list is to be read, as far as somebody has said.
type Choice struct {
	// Sheet names the sheet of a workbook; "" is the one that looks most like a list.
	Sheet string `json:"sheet"`
	// Scale is what the levels follow, NoLevels, or "" when nobody has said.
	Scale string `json:"scale"`
	// Columns are the fields by heading, "" for a column that is not used; nil when nobody has said.
	Columns map[string]string `json:"columns"`
}

// Request gives what the import of the list is asked for with.
func (u *Upload) Request(lang string) Request {
	r := Request{File: u.File, Content: u.Content, Sheet: u.Choice.Sheet, Scale: u.Choice.Scale, Columns: u.Choice.Columns, Lang: lang}
	if r.Scale == NoLevels {
		r.Scale, r.NoLevels = "", true
	}
	return r
}

// Draft is a list on its way into the register: the list, its table, and what its columns are taken for.
type Draft struct {
	Upload  Upload
	Table   *Table
	Columns []Column
}

// Samples gives some of the different values of a column, and how many of its cells have a value.
func (d *Draft) Samples(column, most int) (values []string, filled int) {
	for i := range d.Table.Rows {
		text := clean(d.Table.Rows[i].text(column))
		if text == "" {
			continue
		}
		filled++
		if len(values) < most && !slices.Contains(values, text) {
			values = append(values, text)
		}
	}
	return values, filled
}

// IsLevel reports whether a field holds levels, which need a scale.
func IsLevel(field string) bool {
	_, ok := aspects[field]
	return ok
}

// Keep stores a list between the steps of an import. A list that cannot be read is refused with a *FileError and nothing is stored.
func (s *Service) Keep(ctx context.Context, actor access.Actor, file string, content []byte) (ids.ID[Upload], error) {
	if err := access.Check(actor, "register.Keep"); err != nil {
		return "", err
	}
	if len(content) > MaxUpload {
		return "", ErrTooLarge
	}
	if _, err := ReadTable(file, content, ""); err != nil {
		return "", err
	}
	if bad := checkEnding(file, content); bad != nil {
		return "", bad
	}
	u := Upload{ID: ids.New[Upload](), File: file, Content: content}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := removeOldUploads(ctx, tx, actor.Organisation, tx.Now.Add(-uploadHours*time.Hour)); err != nil {
			return err
		}
		n, err := countUploads(ctx, tx, actor)
		if err != nil {
			return err
		}
		if n >= mostKept {
			return ErrKept
		}
		return saveUpload(ctx, tx, actor, &u)
	})
	if err != nil {
		return "", fmt.Errorf("keep list: %w", err)
	}
	return u.ID, nil
}

// Kept reads a list that the actor has handed over and guesses its columns, over which stands what somebody has said. An empty
// sheet is the one that was chosen before, or else the likeliest. db.ErrNotFound says that the list is gone.
func (s *Service) Kept(ctx context.Context, actor access.Actor, id ids.ID[Upload], sheet string) (Draft, error) {
	if err := access.Check(actor, "register.Kept"); err != nil {
		return Draft{}, err
	}
	var d Draft
	var remembered map[string]string
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if d.Upload, err = oneUpload(ctx, tx, actor, id, tx.Now.Add(-uploadHours*time.Hour)); err != nil {
			return err
		}
		remembered, err = columns(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read kept list: %w", err)
	}
	said := d.Upload.Choice
	if sheet == "" {
		sheet = said.Sheet
	}
	if d.Table, err = ReadTable(d.Upload.File, d.Upload.Content, sheet); err != nil {
		return d, err
	}
	if d.Table.Sheet == said.Sheet {
		remembered = maps.Clone(remembered)
		for header, field := range said.Columns {
			remembered[locale.Fold(header)] = field
		}
	}
	d.Columns = Guess(d.Table, remembered)
	return d, nil
}

// Uploads lists what the actor has handed over and not imported yet, newest first, without the lists' content.
func (s *Service) Uploads(ctx context.Context, actor access.Actor) ([]Upload, error) {
	if err := access.Check(actor, "register.Uploads"); err != nil {
		return nil, err
	}
	var out []Upload
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = uploads(ctx, tx, actor, tx.Now.Add(-uploadHours*time.Hour))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list kept lists: %w", err)
	}
	return out, nil
}

// Choose notes how a list that is kept is to be read.
func (s *Service) Choose(ctx context.Context, actor access.Actor, id ids.ID[Upload], c Choice) error {
	if err := access.Check(actor, "register.Choose"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return saveUploadChoice(ctx, tx, actor, id, c) })
	if err != nil {
		return fmt.Errorf("note how the list is read: %w", err)
	}
	return nil
}

// Discard lets go of a list that is kept. One that is gone already is no fault.
func (s *Service) Discard(ctx context.Context, actor access.Actor, id ids.ID[Upload]) error {
	if err := access.Check(actor, "register.Discard"); err != nil {
		return err
	}
	if err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return removeUpload(ctx, tx, actor, id) }); err != nil {
		return fmt.Errorf("let go of list: %w", err)
	}
	// A list may name the stopping level, and then may not lie in the database's files once it is let go of.
	if err := s.DB.Purge(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("let go of list: %w", err)
	}
	return nil
}
