// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Options say how a log is read.
type Options struct {
	// Rules are the forms that are known and what their words mean.
	Rules *Rules
	// Format is the form's name; empty lets the beginning of the log tell.
	Format string
	// Mapping is one that somebody has written; it goes before Format.
	Mapping *Mapping
	// Now is the time, for logs that do not write the year.
	Now time.Time
}

// beginning is how much of a log is looked at to tell its form.
const beginning = 64 << 10

// Read reads a log to its end and counts it.
func Read(ctx context.Context, r io.Reader, o Options) (*Log, error) {
	in := bufio.NewReaderSize(&stoppable{ctx, r}, beginning)
	head, err := in.Peek(beginning)
	if err != nil && len(head) == 0 && err != io.EOF { //nolint:errorlint // bufio gives io.EOF as it is
		return nil, fmt.Errorf("read sign-in log: %w", err)
	}
	var src io.Reader = in
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		if _, err := in.Discard(3); err != nil {
			return nil, fmt.Errorf("read sign-in log: %w", err)
		}
		head = head[3:]
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}): // what PowerShell writes
		wide := bufio.NewReaderSize(transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()), beginning)
		if head, err = wide.Peek(beginning); err != nil && len(head) == 0 {
			return nil, fmt.Errorf("read sign-in log: %w", err)
		}
		src = wide
	}
	m := o.Mapping
	if m == nil {
		if m, err = o.Rules.choose(o.Format, head); err != nil {
			return nil, err
		}
	}
	return m.read(newWindow(src), o)
}

// read reads a whole log.
func (m *Mapping) read(w *window, o Options) (*Log, error) {
	c := newCounter(m, o.Rules.names, o.Mapping != nil)
	l := &Log{Format: m.ID}
	var e event
	take := func(kind reading) {
		l.Records++
		switch kind {
		case isSignIn:
			c.add(&e)
		case isUnread:
			l.Unread++
		}
	}
	switch m.Reads {
	case "json":
		p := m.plan()
		n := jsonRecords(w, p.fields(), len(p.places), func(values [][]byte) { take(p.event(values, &e)) })
		l.Records += n
		l.Unread += n
	case "csv":
		if err := csvRecords(w, m.plan(), &e, take); err != nil {
			return nil, err
		}
	case "adfs":
		audits(w, &e, take)
	default:
		read := map[string]func([]byte, *event, time.Time) reading{
			"keycloak-log": keycloakLine, "shibboleth": shibbolethLine, "simplesamlphp": simpleSAMLLine,
		}[m.Reads]
		for line, ok := w.line(); ok; line, ok = w.line() {
			if len(bytes.TrimSpace(line)) > 0 {
				take(read(line, &e, o.Now))
			}
		}
	}
	if w.err != nil {
		return nil, fmt.Errorf("read sign-in log: %w", w.err)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	l.Records += w.dropped
	l.Unread += w.dropped
	l.Bytes, l.SignIns, l.Left, l.Rows = w.bytes, c.signIns, c.left, c.sorted()
	return l, nil
}

// stoppable ends a stream when its context does.
type stoppable struct {
	ctx context.Context //nolint:containedctx // readers take none
	r   io.Reader
}

func (s *stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(b)
}
