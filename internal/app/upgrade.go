// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/schema"
)

// ErrNoCopy says that a SQLite database was not upgraded, because it could not be copied first.
var ErrNoCopy = errors.New("the database was not upgraded, because it could not be copied first")

// before stands in the name of the copy that is made of a SQLite file before it is upgraded, followed by the schema that it was
// upgraded to.
const before = ".before-"

// keptCopies is how many copies are kept: the last, and the one before it.
const keptCopies = 2

// migrate brings a database to this program's schema. A SQLite file that is in use already is copied first: what goes wrong then costs
// nothing but the time to move the copy back. PostgreSQL makes each step whole or not at all, and its backups are its server's.
func migrate(ctx context.Context, d *db.DB, warn func(string)) error {
	if d.Engine == db.SQLite && !d.Created && schema.Present(ctx, d) && !current(ctx, d) {
		release, err := lockForOne(d.Path)
		if err != nil {
			return fmt.Errorf("upgrade %s: %w", d.Path, err)
		}
		defer release()
		if err := copyBefore(ctx, d, warn); err != nil {
			return err
		}
	}
	if _, err := schema.Migrate(ctx, d); err != nil {
		return err
	}
	return job.Migrate(ctx, d)
}

// copyBefore copies a SQLite file, unless an upgrade that was cut short has begun already: then the copy from before it is the one to
// keep.
func copyBefore(ctx context.Context, d *db.DB, warn func(string)) error {
	has, err := schemaOf(ctx, d)
	if err != nil {
		return err
	}
	to := schema.Newest()
	if has > to {
		return nil // from a newer program: migrating says so, and changes nothing
	}
	name := d.Path + before + strconv.FormatInt(to, 10)
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			break
		}
		if begun := copyOf(ctx, name); begun >= 0 && begun < has && has < to {
			tell(warn, fmt.Sprintf("An upgrade of the database was cut short, and goes on. As it was before, it lies in %s.", name))
			return nil
		}
		name = fmt.Sprintf("%s%s%d.%d", d.Path, before, to, n)
	}
	if err := d.CopyTo(ctx, name); err != nil {
		return fmt.Errorf("%w: %w: mend that and start again; nothing was changed", ErrNoCopy, err)
	}
	tell(warn, fmt.Sprintf("The database is upgraded. As it was before, it lies in %s. Remove that when you have seen that all is well.", name))
	return prune(d.Path)
}

func tell(warn func(string), sentence string) {
	if warn != nil {
		warn(sentence)
	}
}

// copyOf reads which schema a copy has; -1 when it cannot be read.
func copyOf(ctx context.Context, name string) int64 {
	d, err := db.OpenReadOnly(ctx, "sqlite:"+name)
	if err != nil {
		return -1
	}
	has, err := schemaOf(ctx, d)
	if errors.Join(err, d.Close()) != nil {
		return -1
	}
	return has
}

// prune removes all but the last copies. Their order is that of their numbers: a clock may have been set.
func prune(path string) error {
	names, err := filepath.Glob(escaped(path) + before + "[0-9]*")
	if err != nil {
		return fmt.Errorf("find older copies of the database: %w", err)
	}
	type numbered struct {
		name      string
		schema, n int
	}
	var copies []numbered
	for _, name := range names {
		schema, n, _ := strings.Cut(strings.TrimPrefix(name, path+before), ".")
		c := numbered{name: name, n: 1}
		var err1, err2 error
		if c.schema, err1 = strconv.Atoi(schema); n != "" {
			c.n, err2 = strconv.Atoi(n)
		}
		if err1 == nil && err2 == nil { // anything else is not ours
			copies = append(copies, c)
		}
	}
	slices.SortFunc(copies, func(a, b numbered) int {
		if a.schema != b.schema {
			return b.schema - a.schema
		}
		return b.n - a.n
	})
	for _, c := range copies[min(keptCopies, len(copies)):] {
		if err := os.Remove(c.name); err != nil {
			return fmt.Errorf("remove an older copy of the database: %w", err)
		}
	}
	return nil
}

// escaped is a path as a pattern that matches itself alone.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
