// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Range is a part of a table that is read by itself: some of the statements that together read it. It holds what the statements are
// made from, so that every part of a table is cut from the same whole, whoever reads it and whenever.
type Range struct {
	// Table is the table's full name.
	Table string `json:"table"`
	// From and To are the statements: To is the first that is not among them, and -1 says all the rest.
	From int `json:"from"`
	To   int `json:"to"`
	// Rows, Pages, Low and High are what was known of the table when it was cut.
	Rows  int64 `json:"rows"`
	Pages int64 `json:"pages"`
	Low   int64 `json:"low"`
	High  int64 `json:"high"`
}

// rangeQueries is how many statements a part of a table has at most. PostgreSQL's read 4 MB each, the others 20,000 rows.
const rangeQueries = 64

// Parted is a database that is read in parts.
type Parted struct{ s *sqlDatabase }

// OpenParted opens a database server whose password comes from elsewhere than this program's environment.
func OpenParted(dsn, password string) (*Parted, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errors.New("the address of the database is not one")
	}
	open := openers[u.Scheme]
	if open == nil {
		return nil, fmt.Errorf("%s is no kind of database that can be read", u.Scheme)
	}
	name := u.Scheme + "://" + u.Host + u.Path
	db, d, err := open(u, password)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	db.SetMaxOpenConns(1)
	return &Parted{&sqlDatabase{db: db, d: d, name: name}}, nil
}

// Close closes the connection.
func (p *Parted) Close() error { return p.s.db.Close() }

// Ranges cuts the tables of every schema into parts, for rows of each, or for all of them when rows is 0. A sample is one part.
func (p *Parted) Ranges(ctx context.Context, rows int64) ([]Range, error) {
	c, err := p.conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	tables, err := p.s.d.tables(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("list the tables of %s: %s", p.s.name, sqlReason(err))
	}
	var out []Range
	for _, t := range tables {
		if len(t.columns) == 0 {
			continue
		}
		if err := p.s.d.look(ctx, c, t); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			t.key = ""
		}
		r := Range{Table: t.full(), To: -1, Rows: t.rows, Pages: t.pages, Low: t.low, High: t.high}
		if rows == 0 {
			for n := len(p.s.d.plan(t, 0).queries); n-r.From > rangeQueries; {
				r.To = r.From + rangeQueries
				out = append(out, r)
				r.From, r.To = r.To, -1
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// ReadRange reads one part. Only what the visitor says, the end of the context, and a database that does not answer are errors.
func (p *Parted) ReadRange(ctx context.Context, r Range, rows int64, v Visitor) (Sample, error) {
	c, err := p.conn(ctx)
	if err != nil {
		return Sample{}, err
	}
	defer c.Close()
	tables, err := p.s.d.tables(ctx, c)
	if err != nil {
		return Sample{}, fmt.Errorf("list the tables of %s: %s", p.s.name, sqlReason(err))
	}
	for _, t := range tables {
		if t.full() != r.Table {
			continue
		}
		if err := p.s.d.look(ctx, c, t); err != nil {
			t.key = ""
		}
		t.rows, t.pages, t.low, t.high = r.Rows, r.Pages, r.Low, r.High
		reading := &sqlReading{s: p.s, c: c, t: t, v: v}
		return reading.part(ctx, r, rows)
	}
	return Sample{Table: r.Table}, v.Skipped(Skip{Path: p.s.name, Member: r.Table, To: -1, Reason: "the table is gone"})
}

func (p *Parted) conn(ctx context.Context) (*sql.Conn, error) {
	c, err := p.s.db.Conn(ctx)
	if err == nil {
		if err = p.s.d.session(ctx, c); err == nil {
			return c, nil
		}
		_ = c.Close() // what went wrong is told
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("connect to %s: %s", p.s.name, strings.ReplaceAll(sqlReason(err), "\n", " "))
}

// part reads the statements of a range.
func (r *sqlReading) part(ctx context.Context, of Range, rows int64) (Sample, error) {
	plan := r.s.d.plan(r.t, rows)
	from, to := min(of.From, len(plan.queries)), len(plan.queries)
	if of.To >= 0 {
		to = min(of.To, to)
	}
	sample, err := r.run(ctx, plan.queries[from:max(from, to)], &plan, rows)
	if err != nil {
		return sample, err
	}
	return sample, r.tell(plan, rows)
}
