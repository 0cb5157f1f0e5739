// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"context"

	"github.com/insegel/insegel/internal/discovery/source"
)

// Part looks through files and tables one after the other, for who divides a scan between programs and remembers what has been done.
// It is for one goroutine.
type Part struct{ s *session }

// NewPart makes a Part. Of the options, those that say which files of a directory are wanted are not asked.
func NewPart(o Options, sink Sink) *Part {
	e := &engine{Options: o, sink: sink, started: o.Now()}
	e.summary.Findings = map[string]int64{}
	if e.Progress == nil {
		e.Progress = &Progress{}
	}
	return &Part{newSession(e)}
}

// File looks through an open file. Only what the sink says, and the end of the context, are errors: what cannot be read is told.
func (p *Part) File(ctx context.Context, f source.File) error {
	return p.do(task{source: f.Path, path: f.Path, size: f.Size}, func() error {
		if err := p.s.ownName(); err != nil {
			return err
		}
		return source.ReadAny(ctx, f, p.s)
	})
}

// Name looks through the name of a folder, or of a file that cannot be opened.
func (p *Part) Name(path, field string) error {
	return p.do(task{source: path, path: path, named: field}, p.s.ownName)
}

// Table looks through what read hands on, under the name of path: a table of a database, or a part of one.
func (p *Part) Table(path string, read func(v source.Visitor) error) error {
	return p.do(task{source: path, path: path, size: -1}, func() error { return read(p.s) })
}

// do looks through one task. A panic of a reader costs that task only.
func (p *Part) do(t task, step func() error) error {
	p.s.begin(t)
	err := p.s.guard(t, step)
	if ferr := p.s.guard(t, p.s.finishAll); err == nil {
		err = ferr
	}
	p.s.sum()
	return err
}

// Bytes tells how many bytes of the last file or table were read, and how many were not.
func (p *Part) Bytes() (read, skipped int64) { return p.s.read, p.s.skipped }
