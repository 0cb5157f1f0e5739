// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"sync"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
)

// reading is a file that this server is taking in, and how far it has come (Swedish: pågående inläsning). Nothing of the file is kept, so that it
// cannot go on when whoever hands it in leaves: what has been counted is then lost with it.
type reading struct {
	id           ids.ID[Import]
	organisation access.OrganisationID
	actor        string
	// size is how many bytes it is; not more than 0 when that is not known.
	size int64

	mu   sync.Mutex
	done int64
}

// Write counts what has been read.
func (r *reading) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += int64(len(b))
	return len(b), nil
}

// far is how many bytes have been read.
func (r *reading) far() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done
}

// readings are the files that this server is taking in.
type readings struct {
	mu  sync.Mutex
	all []*reading
}

// begin notes that a file is being taken in, until end is called.
func (r *readings) begin(actor access.Actor, id ids.ID[Import], size int64) (x *reading, end func()) {
	x = &reading{id: id, organisation: actor.Organisation, actor: actor.ID, size: size}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, x)
	return x, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for i := range r.all {
			if r.all[i] == x {
				r.all = append(r.all[:i], r.all[i+1:]...)
				return
			}
		}
	}
}

// of is the latest file that somebody is handing in, or nil. Nobody else's is found.
func (r *readings) of(actor access.Actor) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.all) - 1; i >= 0; i-- {
		if x := r.all[i]; x.organisation == actor.Organisation && x.actor == actor.ID {
			return x
		}
	}
	return nil
}
