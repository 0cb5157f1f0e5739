// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

const (
	// patience is how long a reader waits for a document before being shown a page about it instead.
	patience = 3 * time.Second
	// keptFor is how long a document that took longer is kept for whoever asked for it.
	keptFor = 15 * time.Minute
	// mostMade is how many documents one person may have on their way or waiting to be fetched; the oldest that is ready makes room. Whoever
	// has as many on their way has to wait, since leaving stops none of them.
	mostMade = 5
	// lookEvery is how often the page of a document on its way asks anew, in seconds, with and without scripts.
	lookEvery = "2"
)

// making is a document on its way (Swedish: rapport som skrivs). It is lost with the server, and can be asked for again.
type making struct {
	id            ids.ID[making]
	organisation  access.OrganisationID
	actor, action string
	name, kind    string
	begun         time.Time
	file          *os.File
	// ended is closed when file holds all of the document, size bytes, or err says why there is none.
	ended chan struct{}
	size  int64
	err   error
}

func (m *making) isOf(a access.Actor) bool {
	return m.organisation == a.Organisation && m.actor == a.ID
}

func (m *making) isReady() bool {
	select {
	case <-m.ended:
		return true
	default:
		return false
	}
}

// makings are the documents that this server makes, and those that took so long that whoever asked was shown a page about it. Its zero
// value is ready.
type makings struct {
	mu  sync.Mutex
	all []*making
}

// begin has a document made in a file of its own, which nobody else can open. It goes on also when whoever asked leaves.
func (x *makings) begin(ctx context.Context, m *making, write func(context.Context, io.Writer) error) error {
	f, err := os.CreateTemp("", "insegel-report-*")
	if err != nil {
		return fmt.Errorf("make room for report: %w", err)
	}
	// What tells of weaknesses is on the disk for a quarter of an hour at most, and under no name: a server that is killed leaves nothing behind.
	// Where an open file cannot be taken away, drop does it.
	_ = os.Remove(f.Name())
	m.id, m.file, m.ended = ids.New[making](), f, make(chan struct{})
	if !x.take(m) {
		_ = f.Close() // nothing has been written to it
		return &web.Error{Status: http.StatusTooManyRequests, Key: "report.page-making-many"}
	}
	lasting := context.WithoutCancel(ctx)
	go func() {
		defer close(m.ended)
		m.err = whole(func() error { return write(lasting, f) })
		if m.err == nil {
			m.size, m.err = f.Seek(0, io.SeekCurrent)
		}
	}()
	return nil
}

// take puts a document among those being made, unless whoever asked has as many on their way as they may have.
func (x *makings) take(m *making) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	under := 0
	for _, other := range x.all {
		if other.organisation == m.organisation && other.actor == m.actor && !other.isReady() {
			under++
		}
	}
	if under >= mostMade {
		return false
	}
	x.all = append(x.all, m)
	return true
}

// whole does something that nobody stands behind to catch what it panics with.
func whole(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("write report: %v", p)
		}
	}()
	return do()
}

// drop lets go of a document.
func (x *makings) drop(m *making) {
	x.mu.Lock()
	x.all = slices.DeleteFunc(x.all, func(other *making) bool { return other == m })
	x.mu.Unlock()
	<-m.ended
	_ = m.file.Close()           // it has been read, or is not wanted
	_ = os.Remove(m.file.Name()) // it is gone already, where an open file can be taken away
}

// of gives the documents of one person, the oldest first.
func (x *makings) of(a access.Actor) []*making {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []*making
	for _, m := range x.all {
		if m.isOf(a) {
			out = append(out, m)
		}
	}
	return out
}

// keep keeps a document that takes long until it has been ready for a while, and lets go of older ones when there are too many.
func (x *makings) keep(a access.Actor, m *making) {
	mine := x.of(a)
	for _, old := range mine {
		if len(mine) > mostMade && old.isReady() {
			x.drop(old)
			break
		}
	}
	go func() {
		<-m.ended
		time.AfterFunc(keptFor, func() { x.drop(m) })
	}()
}

// send has a document made. Whoever asked gets it, or after a while a page that tells when it is there. When something goes wrong the reader
// gets a page that says so, never half a document.
func (p *Pages) send(c *web.Context, r *Request, action string, write func(context.Context, access.Actor, Request, io.Writer) error) error {
	if err := access.Check(c.Actor, action); err != nil {
		return err
	}
	m := &making{begun: p.Service.DB.Now(), organisation: c.Actor.Organisation, actor: c.Actor.ID, action: action, name: p.fileName(r), kind: r.Format.MediaType()}
	actor, request := c.Actor, *r
	if err := p.makings.begin(c.Context(), m, func(ctx context.Context, w io.Writer) error { return write(ctx, actor, request, w) }); err != nil {
		return err
	}
	wait := time.NewTimer(p.waits())
	defer wait.Stop()
	select {
	case <-m.ended:
		defer p.makings.drop(m)
		if m.err != nil {
			return understand(m.err)
		}
		return hand(c, m)
	case <-wait.C:
		p.makings.keep(c.Actor, m)
		return c.Redirect(makingPath(m.id))
	}
}

func (p *Pages) waits() time.Duration {
	if p.Patience > 0 {
		return p.Patience
	}
	return patience
}

func makingPath(id ids.ID[making]) string { return "/rapporter/pagar/" + id.String() }

// hand gives the reader a document that is there.
func hand(c *web.Context, m *making) error {
	h := c.Writer.Header()
	h.Set("Content-Type", m.kind)
	h.Set("Content-Length", strconv.FormatInt(m.size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": m.name}))
	_, _ = io.Copy(c.Writer, io.NewSectionReader(m.file, 0, m.size)) // the reader may have left
	return nil
}

// makingPage tells whether a document is there yet.
type makingPage struct {
	web.Page
	Name, Begun string
	Path        string
	// Fetch leads to the document, once it is there.
	Fetch   string
	Minutes int
}

// asked finds the document that the address names. Nobody else's is found.
func (p *Pages) asked(c *web.Context) (*making, error) {
	for _, m := range p.makings.of(c.Actor) {
		if m.id == ids.ID[making](c.Path("id")) {
			return m, nil
		}
	}
	return nil, &web.Error{Status: http.StatusNotFound, Key: "report.page-making-gone"}
}

// making shows that a document is being written, and leads to it when it is there.
func (p *Pages) making(c *web.Context) error {
	m, err := p.asked(c)
	if err != nil {
		return err
	}
	out := makingPage{
		Page: web.Page{Title: c.L.T("report.page-making"), Active: "report"},
		Name: m.name, Begun: c.L.Moment(m.begun), Path: makingPath(m.id), Minutes: int(keptFor.Minutes()),
	}
	switch {
	case !m.isReady():
		c.Writer.Header().Set("Refresh", lookEvery)
	case m.err != nil:
		return understand(m.err)
	default:
		out.Title, out.Fetch = c.L.T("report.page-made"), out.Path+"/hamta"
	}
	return c.Render(pages, "making.html", out)
}

// fetch gives a document that took long to whoever asked for it, if they may still have it.
func (p *Pages) fetch(c *web.Context) error {
	m, err := p.asked(c)
	if err != nil {
		return err
	}
	if err := access.Check(c.Actor, m.action); err != nil {
		return err
	}
	if !m.isReady() {
		return c.Redirect(makingPath(m.id))
	}
	if m.err != nil {
		return understand(m.err)
	}
	return hand(c, m)
}

// onTheirWay lists what the reader has asked for that took long.
func (p *Pages) onTheirWay(c *web.Context) []web.Link {
	var out []web.Link
	for _, m := range p.makings.of(c.Actor) {
		key := "report.page-making-one"
		if m.isReady() {
			key = "report.page-made-one"
		}
		out = append(out, web.Link{Label: c.L.T(key, "Name", m.name), Href: makingPath(m.id)})
	}
	return out
}
