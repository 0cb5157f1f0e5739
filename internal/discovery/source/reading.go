// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// The limits on what one file of the file system may cost, with all that lies inside it. They are far above what files hold that people
// made, and far below what a file that somebody made to do harm unpacks to.
const (
	mostDepth   = 8             // containers inside each other
	mostMembers = 1_000_000     // members of one archive
	freeTotal   = 512 << 20     // what may be unpacked whatever the ratio
	mostRatio   = 250           // unpacked bytes for each byte of the file
	mostTotal   = 1 << 40       // unpacked bytes
	mostSpooled = 8 << 30       // one member that must be read out of order
	mostTime    = 2 * time.Hour // one file
	mostWindow  = 128 << 20     // the dictionary of a decompressor
)

// budget is what is left to unpack from one file. It is shared by everything that lies inside it.
type budget struct {
	left int64
	// turn says that it is this file's turn to hold a large dictionary.
	turn bool
}

func newBudget(size int64) *budget {
	if size < 0 {
		return &budget{left: mostTotal}
	}
	return &budget{left: min(max(freeTotal, size*mostRatio), mostTotal)}
}

// errBudget says that a file unpacks to more than it may.
var errBudget = errors.New("it unpacks to far more than its size, as files do that are made to do harm")

// rationed counts what is read against the budget.
type rationed struct {
	r io.Reader
	b *budget
}

// Read reads on, until the budget is spent.
func (r *rationed) Read(p []byte) (int, error) {
	if r.b.left <= 0 {
		return 0, errBudget
	}
	n, err := r.r.Read(p[:min(int64(len(p)), r.b.left)])
	r.b.left -= int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errCut
	}
	return n, err
}

// errCut says that what was packed ends before its end. Readers take io.ErrUnexpectedEOF for the end of what they asked for.
var errCut = damage("it ends too early")

// visitorError is what the visitor said: it goes back to the caller unchanged.
type visitorError struct{ err error }

// Error is the visitor's.
func (e visitorError) Error() string { return e.err.Error() }

// damage is something about one file that could not be read, in words for people.
type damage string

// Error is the sentence.
func (d damage) Error() string { return string(d) }

// reading is one file while it is read.
type reading struct {
	f    File
	v    Visitor
	at   io.ReaderAt
	size int64
	// ended is the context's error, once its time is up.
	ended func() error
	done  ledger
	// offset is how much text has been taken out.
	offset int64
	// outside is set while the visitor works: what goes wrong there is not the file's fault.
	outside bool
	// named is the name that was told last, of a member that has not been read yet.
	named string
}

// guarded is a reader of a format that may be hostile: whatever happens costs that file only, and what it did not read is told.
type guarded struct {
	read func(ctx context.Context, r *reading) error
}

// Read reads the file.
func (g guarded) Read(ctx context.Context, f File, v Visitor) error {
	if f.budget == nil {
		f.budget = newBudget(f.Size)
	}
	inner := ctx
	if f.Depth == 0 {
		var cancel context.CancelFunc
		inner, cancel = context.WithTimeout(ctx, mostTime)
		defer cancel()
	}
	r := &reading{f: f, v: v, at: f.ReaderAt, size: f.Size, ended: inner.Err}
	var copied spool
	defer copied.Close()
	err := r.settle(&copied)
	if err == nil {
		err = r.protected(inner, g.read)
	}
	if told := (visitorError{}); errors.As(err, &told) {
		return told.err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := r.close(r.reason(err), err != nil); err != nil {
		if told := (visitorError{}); errors.As(err, &told) {
			return told.err
		}
		return err
	}
	return nil
}

// settle makes a file that can be read anywhere of one that can be read once.
func (r *reading) settle(copied *spool) error {
	if r.f.Depth > mostDepth {
		return damage(fmt.Sprintf("it lies in more than %d containers inside each other", mostDepth))
	}
	if r.at != nil {
		return nil
	}
	n, err := io.Copy(copied, io.LimitReader(&contextReader{r.ended, r.f.Stream}, mostSpooled+1))
	r.at, r.size = copied, n
	if err != nil && n > 0 && !errors.Is(err, errBudget) && r.ended() == nil {
		// What could be unpacked is read; the rest is told.
		return r.skip(n, -1, "the rest cannot be read: "+err.Error())
	}
	if err == nil && n > mostSpooled {
		if r.f.Depth == 0 { // a member's size is its container's to tell
			rest, _ := io.Copy(io.Discard, &contextReader{r.ended, r.f.Stream})
			r.size += rest
		}
		err = damage(fmt.Sprintf("it is larger than %d GB, and cannot be read from start to end", mostSpooled>>30))
	}
	return err
}

// contextReader ends with its context.
type contextReader struct {
	ended func() error
	r     io.Reader
}

// Read reads on while the context lasts.
func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ended(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// protected turns a panic in a parser into an error.
func (r *reading) protected(ctx context.Context, read func(context.Context, *reading) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if r.outside {
				panic(p)
			}
			err = damage("its reader gave up: it is damaged, or made to do harm")
		}
	}()
	return read(ctx, r)
}

// reason puts in words why reading ended.
func (r *reading) reason(err error) string {
	switch {
	case err == nil:
		return "belongs to no part of the file that is known"
	case errors.Is(r.ended(), context.DeadlineExceeded):
		return "reading it took longer than " + mostTime.String()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it ends too early"
	}
	return strings.TrimSpace(err.Error())
}

// close tells what has not been read.
func (r *reading) close(why string, failed bool) error {
	if r.at == nil {
		return r.tell(Skip{To: r.f.Size, Reason: why})
	}
	gaps := r.done.gaps(r.size)
	if failed && len(gaps) == 0 { // all of it was taken, and did not do
		return r.note(why)
	}
	for _, s := range gaps {
		if err := r.skip(s.from, s.to, why); err != nil {
			return err
		}
	}
	return nil
}

// read notes that a range of the file has been read.
func (r *reading) read(from, to int64) {
	for _, s := range r.done.add(max(from, 0), min(to, r.size)) {
		if r.f.Member == "" {
			r.outside = true
			r.v.Read(s.to - s.from)
			r.outside = false
		}
	}
}

// skip tells that a range of the file has not been read. What has been told before is not told again.
func (r *reading) skip(from, to int64, why string) error {
	if to < 0 || to > r.size {
		return r.tell(Skip{From: from, To: to, Reason: why})
	}
	for _, s := range r.done.add(max(from, 0), to) {
		if err := r.tell(Skip{From: s.from, To: s.to, Reason: why}); err != nil {
			return err
		}
	}
	return nil
}

// note tells about something that is not a range of the file's bytes.
func (r *reading) note(why string) error { return r.tell(Skip{Reason: why}) }

func (r *reading) tell(s Skip) error {
	s.Path, s.Member = r.f.Path, r.f.Member
	r.outside = true
	err := r.v.Skipped(s)
	r.outside = false
	return told(err)
}

func told(err error) error {
	if err != nil {
		return visitorError{err}
	}
	return nil
}

// text hands on text that stands at the place.
func (r *reading) text(t Text) error {
	if err := r.ended(); err != nil {
		return err
	}
	t.Place.Member = r.f.Member
	if !t.Raw {
		t.Offset = r.offset
		r.offset += int64(len(t.Bytes))
	}
	r.outside = true
	err := r.v.Text(t)
	r.outside = false
	return told(err)
}

// value hands on a cell.
func (r *reading) value(v *Value) error {
	v.Place.Member, v.Column.Member = r.f.Member, r.f.Member
	v.Offset = r.offset
	r.offset += int64(len(v.Bytes)) + 1
	r.outside = true
	err := r.v.Value(*v)
	r.outside = false
	return told(err)
}

// member reads something that lies inside this file. Its size is -1 when it is not known. What no reader reads is an error: the
// bytes that hold it are told as unread.
func (r *reading) member(ctx context.Context, name string, content io.Reader, size int64) error {
	if r.named != name {
		if err := r.name(name, false); err != nil {
			return err
		}
	}
	r.named = ""
	f := File{
		Path: r.f.Path, Member: joinMember(r.f.Member, name), Size: size, Stream: &rationed{content, r.f.budget},
		Depth: r.f.Depth + 1, budget: r.f.budget,
	}
	head, f, err := peek(f)
	if err != nil {
		return err
	}
	if kind := Sniff(head, name); len(head) > 0 {
		if _, ok := For(kind); !ok {
			return damage(unread(kind))
		}
	}
	r.outside = true // what the member's reader does not catch itself is not ours to catch
	err = ReadAny(ctx, f, r.v)
	r.outside = false
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return told(err)
}

// name tells what a member is called that may not be read.
func (r *reading) name(name string, folder bool) error {
	v, ok := r.v.(NameVisitor)
	if !ok || name == "" {
		return nil
	}
	r.named = name
	r.outside = true
	err := v.Name(r.f.Member, name, folder)
	r.outside = false
	return told(err)
}

// joinMember is the path of a member of a member.
func joinMember(outer, name string) string {
	if name == "" {
		name = "without name" // no name would be the file itself
	}
	if outer == "" {
		return name
	}
	return outer + "/" + name
}

// prose gathers running text and hands it on paragraph by paragraph.
type prose struct {
	r       *reading
	b       []byte
	place   Place
	wraps   bool
	started bool
}

// proseChunk is how much of one paragraph is gathered before it is handed on.
const proseChunk = 64 << 10

// full hands on what has been gathered of a paragraph that is very long.
func (p *prose) full() error {
	if len(p.b) < proseChunk {
		return nil
	}
	return p.flush()
}

// flush hands on what has been gathered. What comes after it continues it.
func (p *prose) flush() error {
	if len(p.b) == 0 {
		return nil
	}
	keep := partialRune(p.b)
	if keep == len(p.b) {
		keep = 0
	}
	err := p.r.text(Text{Bytes: p.b[:len(p.b)-keep], Place: p.place, Continues: p.started, Wraps: p.wraps})
	p.b = append(p.b[:0], p.b[len(p.b)-keep:]...)
	p.started = true
	return err
}

// paragraph ends a paragraph.
func (p *prose) paragraph() error {
	if len(p.b) == 0 || p.b[len(p.b)-1] == '\n' {
		if len(p.b) == 0 {
			return nil
		}
	} else {
		p.b = append(p.b, '\n')
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.place.Paragraph++
	return nil
}

// part ends a part of a document: what comes after it does not continue it.
func (p *prose) part(place Place) error {
	if err := p.flush(); err != nil {
		return err
	}
	p.started, p.place = false, place
	return nil
}
