// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// ErrUnderWay says that an import takes longer than anybody should wait for an answer. It goes on, and Taking tells how far it has come.
var ErrUnderWay = errors.New("the import is under way")

// patience is how long Take waits for an import.
const patience = 2 * time.Second

// Taking is how far the import of a kept list has come (Swedish: pågående inläsning).
type Taking struct {
	File string
	// Done of Total rows are written. Total is 0 until the list has been compared with the register.
	Done, Total int
	Ended       bool
	// Import is what was made, and Err why nothing was, once it has ended.
	Import Import
	Err    error
}

// takings are the imports that this server has begun and not told the end of. They are lost with the server, and so is what they had
// written: an import is one transaction.
type takings struct {
	mu  sync.Mutex
	all map[ids.ID[Upload]]*taking
}

// taking is one of them, and whose it is.
type taking struct {
	organisation access.OrganisationID
	actor        string
	ended        chan struct{}

	mu sync.Mutex
	Taking
}

func (t *taking) tell(done, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Done, t.Total = done, total
}

func (t *taking) now() Taking {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Taking
}

func (t *taking) of(actor access.Actor) bool {
	return t.organisation == actor.Organisation && t.actor == actor.ID
}

// begin gives the import of a list that is under way, or begins it. What the actor began before and that has ended is forgotten.
func (t *takings) begin(actor access.Actor, u *Upload, do func(*taking) (Import, error)) *taking {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, x := range t.all {
		if x.of(actor) && x.now().Ended {
			delete(t.all, id)
		}
	}
	if x := t.all[u.ID]; x != nil {
		return x
	}
	x := &taking{organisation: actor.Organisation, actor: actor.ID, ended: make(chan struct{}), Taking: Taking{File: u.File}}
	if t.all == nil {
		t.all = map[ids.ID[Upload]]*taking{}
	}
	t.all[u.ID] = x
	go func() {
		defer close(x.ended)
		done, err := whole(func() (Import, error) { return do(x) })
		x.mu.Lock()
		defer x.mu.Unlock()
		x.Import, x.Err, x.Ended = done, err, true
	}()
	return x
}

// whole does something that nobody stands behind to catch what it panics with.
func whole(do func() (Import, error)) (done Import, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("import list: %v", p)
		}
	}()
	return do()
}

// find gives the import of a list that the actor has begun. Nobody else's is found.
func (t *takings) find(actor access.Actor, id ids.ID[Upload]) *taking {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.all[id]; x != nil && x.of(actor) {
		return x
	}
	return nil
}

// Take imports a list that is kept, and lets go of it. It goes on also when whoever asked leaves. ErrUnderWay says that it takes time;
// asked again, meanwhile or just after, it is the same import.
func (s *Service) Take(ctx context.Context, actor access.Actor, id ids.ID[Upload], lang string) (Import, error) {
	if err := access.Check(actor, "register.Take"); err != nil {
		return Import{}, err
	}
	if t := s.takings.find(actor, id); t != nil {
		if x := t.now(); x.Ended && x.Err == nil {
			return x.Import, nil // somebody pressed twice
		}
	}
	d, err := s.Kept(ctx, actor, id, "")
	if err != nil {
		return Import{}, err
	}
	lasting := context.WithoutCancel(ctx)
	t := s.takings.begin(actor, &d.Upload, func(t *taking) (Import, error) {
		r := d.Upload.Request(lang)
		r.Progress = t.tell
		done, err := s.Import(lasting, actor, r)
		if err != nil {
			return Import{}, err
		}
		return done, s.Discard(lasting, actor, id)
	})
	wait, stop := context.WithTimeout(ctx, s.patience())
	defer stop()
	select {
	case <-t.ended:
		x := t.now()
		return x.Import, x.Err
	case <-wait.Done():
		return Import{}, ErrUnderWay
	}
}

func (s *Service) patience() time.Duration {
	if s.Patience > 0 {
		return s.Patience
	}
	return patience
}

// Taking tells how far the import of a kept list has come. db.ErrNotFound says that the actor has none such here: it was never begun, or
// this server has started anew since, and then the list is kept and nothing is changed.
func (s *Service) Taking(_ context.Context, actor access.Actor, id ids.ID[Upload]) (Taking, error) {
	if err := access.Check(actor, "register.Taking"); err != nil {
		return Taking{}, err
	}
	if t := s.takings.find(actor, id); t != nil {
		return t.now(), nil
	}
	return Taking{}, db.ErrNotFound
}
