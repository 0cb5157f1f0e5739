// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/schema"
	"github.com/insegel/insegel/internal/seal"
)

// Preview tells what an import would do and writes nothing: no database, no key and no table is made. A database that is not
// there yet, or is empty, is stood in for by one that is thrown away.
func Preview(ctx context.Context, o Options, org string, r register.Request) (*register.Plan, error) {
	c, err := Catalogue()
	if err != nil {
		return nil, err
	}
	d, done, err := previewDatabase(ctx, o)
	if err != nil {
		return nil, err
	}
	plan, err := preview(ctx, d, &register.Service{DB: d, Catalogue: c, Index: information.NewIndex(c)}, org, r)
	return plan, errors.Join(err, done())
}

func preview(ctx context.Context, d *db.DB, s *register.Service, org string, r register.Request) (*register.Plan, error) {
	o, err := organisation.Choose(ctx, d, org, false)
	if err != nil {
		return nil, err
	}
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	s.Jobs = q
	return s.Preview(ctx, access.LocalAdministrator(o.ID), r)
}

// PreviewPeople tells what an import of people would do, as Preview does of systems.
func PreviewPeople(ctx context.Context, o Options, org string, content []byte) (organisation.PeopleResult, error) {
	d, done, err := previewDatabase(ctx, o)
	if err != nil {
		return organisation.PeopleResult{}, err
	}
	chosen, err := organisation.Choose(ctx, d, org, false)
	if err != nil {
		return organisation.PeopleResult{}, errors.Join(err, done())
	}
	out, err := (&organisation.Service{DB: d}).ImportPeople(ctx, access.LocalAdministrator(chosen.ID), content, true)
	return out, errors.Join(err, done())
}

// previewDatabase opens the database if it is there and has tables, else an empty one in a temporary directory. done closes it.
func previewDatabase(ctx context.Context, o Options) (*db.DB, func() error, error) {
	dsn := o.Database
	path, isFile := strings.CutPrefix(dsn, "sqlite:")
	if _, err := os.Stat(path); !isFile || err == nil {
		d, err := db.Open(ctx, dsn)
		if err != nil {
			return nil, nil, err
		}
		if schema.Present(ctx, d) {
			if !current(ctx, d) {
				return nil, nil, errors.Join(fmt.Errorf("%w: run insegel migrate", ErrOldSchema), d.Close())
			}
			if err := readKeys(ctx, d, o); err != nil {
				return nil, nil, errors.Join(err, d.Close())
			}
			return d, d.Close, nil
		}
		if err := d.Close(); err != nil {
			return nil, nil, err
		}
	}
	dir, err := os.MkdirTemp("", "insegel-preview-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a place for the preview: %w", err)
	}
	remove := func() error { return os.RemoveAll(dir) }
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(dir, "preview.db"))
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	d.Sealer = seal.InMemory()
	done := func() error { return errors.Join(d.Close(), remove()) }
	if err := migrate(ctx, d, o.Warn); err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return d, done, nil
}
