// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	_ "modernc.org/sqlite" // registers the driver
	"modernc.org/sqlite/vfs"
)

func init() { register(SQLite, guarded{readSQLiteFile}) }

// sqlite reads SQLite.
type sqlite struct{}

func openSQLitePath(path string) (*sqlDatabase, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open sqlite:%s: %w", path, errors.Unwrap(err))
	} else if info.IsDir() {
		return nil, fmt.Errorf("open sqlite:%s: it is a directory", path)
	}
	return openSQLite("file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro", "sqlite:"+path)
}

func openSQLite(address, name string) (*sqlDatabase, error) {
	db, err := sql.Open("sqlite", address+"&_pragma=query_only(1)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=cache_size(-2000)&_pragma=mmap_size(0)&_pragma=busy_timeout(200)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &sqlDatabase{db: db, d: sqlite{}, name: name}, nil
}

func (sqlite) readOnly() bool { return false } // the file is opened so

func (sqlite) session(ctx context.Context, c *sql.Conn) error {
	var n int
	return c.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&n)
}

// A table with a root page has rows of its own. Views are computed from them, and virtual tables keep theirs in tables.
const sqliteTables = `SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name`

func (s sqlite) tables(ctx context.Context, c *sql.Conn) ([]*sqlTable, error) {
	rows, err := c.QueryContext(ctx, sqliteTables)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*sqlTable
	for rows.Next() {
		t := &sqlTable{rows: -1}
		if err := rows.Scan(&t.name); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, t := range out {
		if err := s.columns(ctx, c, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (sqlite) columns(ctx context.Context, c *sql.Conn, t *sqlTable) error {
	rows, err := c.QueryContext(ctx, "SELECT name, type FROM pragma_table_xinfo(?)", t.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var column sqlColumn
		if err := rows.Scan(&column.name, &column.kind); err != nil {
			return err
		}
		kind := strings.ToUpper(column.kind)
		column.number = strings.Contains(kind, "INT") || strings.Contains(kind, "REAL") || strings.Contains(kind, "NUM") || strings.Contains(kind, "DEC")
		column.binary = strings.Contains(kind, "BLOB")
		column.large = !column.number && !column.binary
		t.columns = append(t.columns, column)
	}
	return rows.Err()
}

// look finds where the row numbers begin and end. A table without them has no sample.
func (sqlite) look(ctx context.Context, c *sql.Conn, t *sqlTable) error {
	var low, high sql.NullInt64
	err := c.QueryRowContext(ctx, "SELECT MIN(rowid), MAX(rowid) FROM "+quoteDouble(t.name)).Scan(&low, &high)
	if err == nil && low.Valid {
		t.key, t.low, t.high = "rowid", low.Int64, high.Int64
	}
	for i := range t.columns {
		if strings.EqualFold(t.columns[i].name, "rowid") { // it may hold anything
			t.key = ""
		}
	}
	return nil
}

func (sqlite) from(t *sqlTable) string {
	var values, lengths []string
	for i := range t.columns {
		c := &t.columns[i]
		name := quoteDouble(c.name)
		switch {
		case c.binary:
			values = append(values, fmt.Sprintf("substr(%s, 1, %d)", name, lobPart))
			lengths = append(lengths, "length("+name+")")
		case c.large:
			values = append(values, fmt.Sprintf("CASE WHEN length(%s) > %d THEN substr(%s, 1, %d) || char(10, 10) || substr(%s, -%d) ELSE %s END", name, 2*lobPart, name, lobPart, name, lobPart, name))
			lengths = append(lengths, "length("+name+")")
		default: // a column takes any type
			values = append(values, fmt.Sprintf("CASE typeof(%s) WHEN 'real' THEN printf('%%!.17g', %s) ELSE CAST(%s AS TEXT) END", name, name, name))
		}
	}
	return "SELECT " + strings.Join(append(values, lengths...), ", ") + " FROM " + quoteDouble(t.name)
}

func (s sqlite) plan(t *sqlTable, rows int64) sqlPlan {
	from := s.from(t)
	if rows == 0 || t.key != "" && t.high-t.low >= 0 && t.high-t.low < rows {
		return sqlPlan{queries: []sqlQuery{{text: from}}, whole: true}
	}
	if t.key == "" {
		return sqlPlan{
			queries: []sqlQuery{{text: fmt.Sprintf("%s LIMIT %d", from, rows)}},
			why:     fmt.Sprintf("it has no numbers of rows: its first %d rows are read, which are no random sample", rows),
		}
	}
	return sqlPlan{queries: keyed(t, rows, from, "rowid", func(int) string { return "?" }, func(n int64) string { return fmt.Sprintf(" LIMIT %d", n) })}
}

// readSQLiteFile reads every row of a file of SQLite's.
func readSQLiteFile(ctx context.Context, r *reading) error {
	name, files, err := vfs.New(oneFile{r})
	if err != nil {
		return err
	}
	defer files.Close()
	s, err := openSQLite("file:database?mode=ro&immutable=1&vfs="+name, r.f.Path)
	if err != nil {
		return err
	}
	if err := sqliteFreePages(ctx, r, s); err != nil {
		_ = s.db.Close()
		return err
	}
	inner := &fileVisitor{r: r}
	if _, err := s.Read(ctx, 0, inner); err != nil {
		return err
	}
	if inner.failed != "" {
		return damage(inner.failed)
	}
	r.read(0, r.size)
	return nil
}

// sqliteFreePages tells of pages that hold what has been deleted, and of changes that stand in a file beside this one.
func sqliteFreePages(ctx context.Context, r *reading, s *sqlDatabase) error {
	var free, size int64
	if err := s.db.QueryRowContext(ctx, "SELECT freelist_count, page_size FROM pragma_freelist_count, pragma_page_size").Scan(&free, &size); err != nil {
		return damage("it is damaged: " + sqlReason(err))
	}
	if free > 0 {
		if err := r.note(fmt.Sprintf("%d free pages of %d bytes, which may hold what has been deleted, are not read", free, size)); err != nil {
			return err
		}
	}
	if r.f.Depth > 0 {
		return nil
	}
	if info, err := os.Stat(r.f.Path + "-wal"); err == nil && info.Size() > 0 {
		return r.note("the newest changes, in the file beside it that ends in -wal, are not read: give it as sqlite:PATH to read them")
	}
	return nil
}

// fileVisitor hands on what stands in a database that is a file, with the file's place.
type fileVisitor struct {
	r      *reading
	failed string
}

// Text hands on text. A document in a column is a member of the file, and keeps its places.
func (f *fileVisitor) Text(t Text) error {
	t.Place.Member = joinMember(f.r.f.Member, t.Place.Member)
	f.r.outside = true
	err := f.r.v.Text(t)
	f.r.outside = false
	return told(err)
}

// Value hands on a cell: of a table, or of a document in a column.
func (f *fileVisitor) Value(v Value) error {
	if v.Column.Member == "" {
		return f.r.value(&v)
	}
	v.Column.Member = joinMember(f.r.f.Member, v.Column.Member)
	v.Place.Member = v.Column.Member
	f.r.outside = true
	err := f.r.v.Value(v)
	f.r.outside = false
	return told(err)
}

// Skipped tells what was not read.
func (f *fileVisitor) Skipped(s Skip) error {
	if s.Member == "" {
		f.failed = s.Reason
		return nil
	}
	return f.r.note(s.Member + ": " + s.Reason)
}

// Name tells what a member of a document in a column is called.
func (f *fileVisitor) Name(within, name string, folder bool) error {
	v, ok := f.r.v.(NameVisitor)
	if !ok {
		return nil
	}
	f.r.outside = true
	err := v.Name(joinMember(f.r.f.Member, within), name, folder)
	f.r.outside = false
	return told(err)
}

// Read is not told: the file's bytes are.
func (f *fileVisitor) Read(int64) {}

// oneFile is a file system with the database in it, and nothing else.
type oneFile struct{ r *reading }

// Open opens it.
func (o oneFile) Open(name string) (fs.File, error) {
	if name != "database" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openedFile{SectionReader: io.NewSectionReader(o.r.at, 0, o.r.size), size: o.r.size}, nil
}

// openedFile is the database as a file.
type openedFile struct {
	*io.SectionReader
	size int64
}

// Stat tells its size.
func (f *openedFile) Stat() (fs.FileInfo, error) { return f, nil }

// Close does nothing.
func (f *openedFile) Close() error { return nil }

// Name is the file's name.
func (f *openedFile) Name() string { return "database" }

// Size is the file's size.
func (f *openedFile) Size() int64 { return f.size }

// Mode says that it can be read.
func (f *openedFile) Mode() fs.FileMode { return 0o400 }

// ModTime is not known.
func (f *openedFile) ModTime() time.Time { return time.Time{} }

// IsDir is false.
func (f *openedFile) IsDir() bool { return false }

// Sys is nothing.
func (f *openedFile) Sys() any { return nil }
