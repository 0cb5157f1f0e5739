// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
)

// The variables that the password of a database is taken from: itself, or a file that holds it. On a command line it would be seen by
// everybody on the machine, and stay in the shell's history.
const (
	PasswordVariable     = "INSEGEL_SCAN_PASSWORD"
	PasswordFileVariable = "INSEGEL_SCAN_PASSWORD_FILE"
)

// How long a statement may take, and wait for a lock: a scan must not be felt by those who use the database.
const (
	statementTime = 5 * time.Second
	lockTime      = 200 * time.Millisecond
)

// How much is taken of one value: its first and its last bytes.
const lobPart = 64 << 10

// ErrPassword says that a password was written where it does not belong.
var ErrPassword = fmt.Errorf("a password does not belong on the command line: put it in %s, or in a file that %s names", PasswordVariable, PasswordFileVariable)

// sqlTable is a table or a view.
type sqlTable struct {
	schema, name string
	// view says that it is computed: it cannot be sampled, only begun.
	view bool
	// rows is an estimate, and -1 when there is none. Pages are the blocks that it takes.
	rows, pages int64
	columns     []sqlColumn
	// key is a column with ascending numbers, from low to high; empty when there is none.
	key       string
	low, high int64
}

// full is the table's name with its schema's.
func (t *sqlTable) full() string {
	if t.schema == "" {
		return t.name
	}
	return t.schema + "." + t.name
}

// sqlColumn is a column.
type sqlColumn struct {
	name, kind string
	// number says that it is stored as a number, large that its values can be long, binary that they are bytes.
	number, large, binary bool
}

// sqlQuery is a statement with its arguments.
type sqlQuery struct {
	text string
	args []any
}

// sqlPlan is how a table is read.
type sqlPlan struct {
	queries []sqlQuery
	// whole says that together they read every row.
	whole bool
	// why says why what is read is no random sample; empty when it is.
	why string
}

// dialect is what differs between the engines.
type dialect interface {
	// session prepares the connection: nothing is written, and nothing takes long.
	session(ctx context.Context, c *sql.Conn) error
	// tables lists what may be read.
	tables(ctx context.Context, c *sql.Conn) ([]*sqlTable, error)
	// look finds out what the plan of a table needs to know. Rows is how many are wanted; 0 is all.
	look(ctx context.Context, c *sql.Conn, t *sqlTable) error
	// plan says how to read so many rows of a table.
	plan(t *sqlTable, rows int64) sqlPlan
	// readOnly says that transactions can be opened as read-only.
	readOnly() bool
}

// sqlDatabase is a database that can be scanned.
type sqlDatabase struct {
	db   *sql.DB
	d    dialect
	name string
}

// openers open a database for each scheme.
var openers = map[string]func(u *url.URL, password string) (*sql.DB, dialect, error){
	"postgres": openPostgres, "postgresql": openPostgres, "mysql": openMySQL, "mariadb": openMySQL, "sqlserver": openSQLServer, "oracle": openOracle,
}

// OpenDatabase opens what a DSN names; ok is false for what is no DSN.
func OpenDatabase(dsn string) (d Database, ok bool, err error) {
	if path, is := strings.CutPrefix(dsn, "sqlite:"); is {
		s, err := openSQLitePath(path)
		return s, true, err
	}
	scheme, _, found := strings.Cut(dsn, "://")
	scheme = strings.ToLower(scheme)
	open := openers[scheme]
	if !found || open == nil {
		return nil, false, nil
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, true, errors.New("the address of the database is not one: " + scheme + "://USER@HOST:PORT/NAME is")
	}
	if _, has := u.User.Password(); has || namesPassword(u) {
		return nil, true, ErrPassword
	}
	password, err := databasePassword()
	if err != nil {
		return nil, true, err
	}
	name := scheme + "://" + u.Host + u.Path
	db, dialect, err := open(u, password)
	if err != nil {
		return nil, true, fmt.Errorf("open %s: %w", name, err)
	}
	db.SetMaxOpenConns(1)
	return &sqlDatabase{db: db, d: dialect, name: name}, true, nil
}

// namesPassword reports whether a parameter of an address is a password, by any of the names that drivers know, or may be one that is
// written so that the parameters cannot be told apart.
func namesPassword(u *url.URL) bool {
	parameters, err := url.ParseQuery(u.RawQuery)
	if err != nil || strings.ContainsAny(u.Host+u.Path, ";@") || strings.Contains(u.RawQuery, "@") || u.Fragment != "" {
		return true
	}
	for name := range parameters {
		if name = strings.ToLower(name); name == "pwd" || name == "pass" || strings.Contains(name, "passw") {
			return true
		}
	}
	return false
}

// databasePassword is the password from the environment, or from the file that it names.
func databasePassword() (string, error) {
	if p := os.Getenv(PasswordVariable); p != "" {
		return p, nil
	}
	file := os.Getenv(PasswordFileVariable)
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// isLocal reports whether a database is on this machine: only there may a connection be without TLS when nothing is said about it.
func isLocal(host string) bool {
	if host == "" || host == "localhost" || strings.HasPrefix(host, "/") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Read reads the tables of every schema, up to rows of each, or all of them when rows is 0.
func (s *sqlDatabase) Read(ctx context.Context, rows int64, v Visitor) ([]Sample, error) {
	defer s.db.Close()
	c, err := s.db.Conn(ctx)
	if err != nil {
		return nil, s.gone(ctx, v, err)
	}
	defer c.Close()
	if err := s.d.session(ctx, c); err != nil {
		return nil, s.gone(ctx, v, err)
	}
	tables, err := s.d.tables(ctx, c)
	if err != nil {
		return nil, s.gone(ctx, v, err)
	}
	var samples []Sample
	for _, t := range tables {
		r := &sqlReading{s: s, c: c, t: t, v: v}
		sample, err := r.table(ctx, rows)
		if err != nil {
			return samples, err
		}
		samples = append(samples, sample)
	}
	return samples, nil
}

// gone tells that a database cannot be read.
func (s *sqlDatabase) gone(ctx context.Context, v Visitor, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return v.Skipped(Skip{Path: s.name, To: -1, Reason: "cannot be read: " + sqlReason(err)})
}

// sqlReason puts an error in words; what a driver says names no values.
func sqlReason(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if strings.Contains(text, "statement timeout") || strings.Contains(text, "max_statement_time") || strings.Contains(text, "maximum statement execution time") || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("it took longer than %s", statementTime)
	}
	return text
}

// sqlReading is one table while it is read.
type sqlReading struct {
	s *sqlDatabase
	c *sql.Conn
	t *sqlTable
	v Visitor
	// cut counts values whose middle was not read, and packed those that are documents larger than what is taken.
	cut, packed int
	unknown     int // values of bytes that are no format that is read
	read        int64
	offset      int64
}

// table reads a table's sample. Only what the visitor says, and the end of the context, are errors.
func (r *sqlReading) table(ctx context.Context, rows int64) (Sample, error) {
	sample := Sample{Table: r.t.full(), Rows: r.t.rows}
	if len(r.t.columns) == 0 {
		return sample, nil
	}
	if err := r.s.d.look(ctx, r.c, r.t); err != nil {
		return sample, r.skipped(ctx, err)
	}
	plan := r.s.d.plan(r.t, rows)
	sample, err := r.run(ctx, plan.queries, &plan, rows)
	if err != nil {
		return sample, err
	}
	if sample.Full {
		sample.Rows = r.read
	}
	return sample, r.tell(plan, rows)
}

// run reads the rows of some of a plan's statements.
func (r *sqlReading) run(ctx context.Context, queries []sqlQuery, plan *sqlPlan, rows int64) (Sample, error) {
	sample := Sample{Table: r.t.full(), Rows: r.t.rows}
	failed := false
	for _, q := range queries {
		if plan.why != "" && rows > 0 && r.read >= rows {
			break
		}
		if err := r.query(ctx, q); err != nil {
			if told := (visitorError{}); errors.As(err, &told) {
				return sample, told.err
			}
			failed = true
			if err := r.skipped(ctx, err); err != nil {
				return sample, err
			}
		}
	}
	all := plan.why != "" && rows > 0 && r.read < rows // there are no more than the first
	sample.Read, sample.Full = r.read, !failed && (plan.whole || all)
	sample.NotDrawn = !sample.Full && (failed || plan.why != "")
	return sample, nil
}

// tell tells what of the table was not read, apart from the rows that a sample leaves out.
func (r *sqlReading) tell(plan sqlPlan, rows int64) error {
	var why []string
	if plan.why != "" && rows > 0 && r.read >= rows {
		why = append(why, plan.why)
	}
	if r.cut > 0 {
		why = append(why, fmt.Sprintf("the middles of %d values of more than %d kB are not read", r.cut, 2*lobPart>>10))
	}
	if r.packed > 0 {
		why = append(why, fmt.Sprintf("%d documents of more than %d kB, stored as bytes, are not read", r.packed, lobPart>>10))
	}
	for _, w := range why {
		if err := r.v.Skipped(Skip{Path: r.s.name, Member: r.t.full(), To: -1, Reason: w}); err != nil {
			return err
		}
	}
	if r.unknown == 0 {
		return nil
	}
	return r.v.Skipped(Skip{Path: r.s.name, Member: r.t.full(), Reason: fmt.Sprintf("%d values of bytes that are neither text nor of a format that is read", r.unknown)})
}

// skipped tells that a statement failed.
func (r *sqlReading) skipped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return r.v.Skipped(Skip{Path: r.s.name, Member: r.t.full(), To: -1, Reason: "a part of it cannot be read: " + sqlReason(err)})
}

// query reads the rows of one statement, in a transaction of its own: a long one keeps the database from cleaning up.
func (r *sqlReading) query(ctx context.Context, q sqlQuery) error {
	tx, err := r.c.BeginTx(ctx, &sql.TxOptions{ReadOnly: r.s.d.readOnly()})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	rows, err := tx.QueryContext(ctx, q.text, q.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns := r.t.columns
	values := make([]sql.RawBytes, 0, len(columns))
	lengths := make([]sql.NullInt64, 0, len(columns))
	var into []any
	for i := range columns {
		values = append(values, nil)
		into = append(into, &values[i])
	}
	for i := range columns {
		lengths = append(lengths, sql.NullInt64{})
		if columns[i].large || columns[i].binary {
			into = append(into, &lengths[i])
		}
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r.read++
		for i := range columns {
			if values[i] == nil {
				continue
			}
			if err := r.value(ctx, i, values[i], lengths[i].Int64); err != nil {
				return err
			}
		}
	}
	return rows.Err()
}

// value hands on one value. Bytes that are a document are read as one.
func (r *sqlReading) value(ctx context.Context, i int, b []byte, length int64) error {
	if len(b) == 0 {
		return nil
	}
	column := &r.t.columns[i]
	r.v.Read(int64(len(b)))
	if column.binary {
		return r.document(ctx, column, b, length)
	}
	if column.large && length > 2*lobPart {
		r.cut++
	}
	v := Value{Number: column.number, Column: Column{Table: r.t.full(), Field: column.name, Index: i + 1}}
	v.Bytes, v.Offset = b, r.offset
	r.offset += int64(len(b)) + 1
	v.Place = Place{Table: v.Column.Table, Field: column.name, Column: i + 1}
	return told(r.v.Value(v))
}

// document reads a value of bytes, when they are a document or text.
func (r *sqlReading) document(ctx context.Context, column *sqlColumn, b []byte, length int64) error {
	kind := Sniff(b[:min(len(b), SniffBytes)], "")
	if kind == Binary { // mostly keys, checksums and other numbers of the machine's own
		r.unknown++
		return nil
	}
	if length > int64(len(b)) {
		r.packed++
		return nil
	}
	member := r.t.full() + "/" + column.name
	f := File{Path: r.s.name, Member: member, Size: int64(len(b)), ReaderAt: strings.NewReader(string(b)), Depth: 1, budget: newBudget(int64(len(b)))}
	if err := ReadAny(ctx, f, r.v); err != nil {
		return visitorError{err}
	}
	return nil
}

// draw is a number from 0 to below n that nobody can foretell.
func draw(n int64) int64 {
	if n <= 1 {
		return 0
	}
	v, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		return 0 // crypto/rand does not fail
	}
	return v.Int64()
}

// stratum is a range of numbers, from its first to its last.
type stratum struct{ from, to int64 }

// strata cuts a range into so many parts.
func strata(low, high int64, n int64) []stratum {
	width := new(big.Int).Sub(big.NewInt(high), big.NewInt(low))
	width.Add(width, big.NewInt(1))
	if width.IsInt64() {
		n = min(n, width.Int64())
	}
	var out []stratum
	at := func(i int64) int64 {
		v := new(big.Int).Mul(width, big.NewInt(i))
		v.Div(v, big.NewInt(n))
		return v.Add(v, big.NewInt(low)).Int64()
	}
	for i := range n {
		to := high
		if i < n-1 {
			to = at(i+1) - 1
		}
		out = append(out, stratum{at(i), to})
	}
	return out
}

// The numbers of strata that a sample is taken from.
const (
	fewestStrata = 32
	mostStrata   = 512
)

// keyed samples, or reads, a table by its key. Select is the statement up to WHERE; key is the quoted column; mark writes the n:th
// argument; limit ends the statement.
func keyed(t *sqlTable, rows int64, sel, key string, mark func(n int) string, limit func(n int64) string) []sqlQuery {
	const batch = 20_000
	var out []sqlQuery
	if rows == 0 {
		width := max(t.high-t.low, 0)
		n := min(width/batch+1, 1_000_000)
		for _, s := range strata(t.low, t.high, n) {
			out = append(out, sqlQuery{sel + " WHERE " + key + " >= " + mark(1) + " AND " + key + " <= " + mark(2), []any{s.from, s.to}})
		}
		return out
	}
	n := min(max(rows/16, fewestStrata), mostStrata)
	parts := strata(t.low, t.high, n)
	each := (rows + int64(len(parts)) - 1) / int64(len(parts))
	for i, s := range parts {
		from := s.from
		if room := s.to - s.from + 1 - each; room > 0 && i < len(parts)-1 { // the last begins where the newest rows are sure to be met
			from += draw(room + 1)
		} else if room > 0 {
			from += room
		}
		out = append(out, sqlQuery{
			sel + " WHERE " + key + " >= " + mark(1) + " AND " + key + " <= " + mark(2) + " ORDER BY " + key + limit(each), []any{from, s.to},
		})
	}
	return out
}
