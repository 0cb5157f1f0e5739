// SPDX-License-Identifier: EUPL-1.2

package job_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/job"
)

var errOnPurpose = errors.New("on purpose")

type greet struct {
	Name string `json:"name"`
}

func (greet) Kind() string { return "test.greet" }

// recorder is a handler that notes what it was given, and fails the first times it sees a name in failing.
type recorder struct {
	mu      sync.Mutex
	names   []string
	failing map[string]int
	seen    chan string
}

func (r *recorder) handle(_ context.Context, g greet) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = append(r.names, g.Name)
	r.seen <- g.Name
	if r.failing[g.Name] > 0 {
		r.failing[g.Name]--
		return errOnPurpose
	}
	return nil
}

// await waits until name has been handled. The limit only ends a test that would never end.
func (r *recorder) await(t *testing.T, name string) {
	t.Helper()
	limit := time.After(60 * time.Second)
	for {
		select {
		case got := <-r.seen:
			if got == name {
				return
			}
		case <-limit:
			t.Fatalf("%s was never handled", name)
		}
	}
}

func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.names)
}

// queue makes a queue with a recorder. Start it with start.
func queue(t *testing.T, d *db.DB) (*job.Queue, *recorder) {
	t.Helper()
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{failing: map[string]int{}, seen: make(chan string, 1000)}
	job.Handle(q, r.handle)
	return q, r
}

func start(t *testing.T, q *job.Queue) {
	t.Helper()
	if err := q.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// add puts a job in the queue in a transaction that ends with fail.
func add(t *testing.T, d *db.DB, q *job.Queue, fail error, names ...string) {
	t.Helper()
	err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
		for _, n := range names {
			if err := q.Add(t.Context(), tx, greet{n}); err != nil {
				return err
			}
		}
		return fail
	})
	if !errors.Is(err, fail) {
		t.Fatal(err)
	}
}

// A job whose code panics fails as one that returns an error: it is tried again, and the others go on.
func TestPanickingJobEndsNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		q, r := queue(t, d)
		var panicked atomic.Bool
		job.Handle(q, func(ctx context.Context, f fragile) error {
			err := r.handle(ctx, greet(f))
			if panicked.CompareAndSwap(false, true) {
				panic("on purpose")
			}
			return err
		})
		err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error { return q.Add(t.Context(), tx, fragile{"fragile"}) })
		if err != nil {
			t.Fatal(err)
		}
		start(t, q)
		r.await(t, "fragile")
		add(t, d, q, nil, "another")
		r.await(t, "another")
		r.await(t, "fragile")
	})
}

type fragile struct {
	Name string `json:"name"`
}

func (fragile) Kind() string { return "test.fragile" }

func TestOnlyCommittedJobsRun(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		q, r := queue(t, d)
		add(t, d, q, errOnPurpose, "rolled back")
		add(t, d, q, nil, "before start")
		start(t, q)
		r.await(t, "before start")
		add(t, d, q, errOnPurpose, "rolled back too")
		add(t, d, q, nil, "after start")
		r.await(t, "after start") // jobs run in the order they were added, so those rolled back would have come first
		if got := r.all(); !slices.Equal(got, []string{"before start", "after start"}) {
			t.Errorf("ran %q", got)
		}
	})
}

func TestAddMany(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		q, r := queue(t, d)
		err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
			if err := q.AddMany(t.Context(), tx, nil); err != nil {
				return err
			}
			return q.AddMany(t.Context(), tx, []job.Args{greet{"a"}, greet{"b"}, greet{"last"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		start(t, q)
		seen := map[string]bool{}
		for len(seen) < 3 {
			select {
			case name := <-r.seen:
				seen[name] = true
			case <-time.After(60 * time.Second):
				t.Fatalf("only %v were handled", seen)
			}
		}
		if got := r.all(); len(got) != 3 {
			t.Errorf("ran %q, want each once", got)
		}
	})
}

func TestFailingJobIsTriedAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		q, r := queue(t, d)
		r.failing["stubborn"] = 1
		add(t, d, q, nil, "stubborn")
		start(t, q)
		r.await(t, "stubborn")
		r.await(t, "stubborn")
		add(t, d, q, nil, "next")
		r.await(t, "next")
		if got := r.all(); !slices.Equal(got, []string{"stubborn", "stubborn", "next"}) {
			t.Errorf("ran %q, want the failing one again and no more once it has worked", got)
		}
	})
}

func TestStopWithoutStart(t *testing.T) {
	q, _ := queue(t, dbtest.SQLite(t))
	if err := q.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMigrateTwice(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if err := job.Migrate(t.Context(), d); err != nil {
			t.Errorf("the second time: %v", err)
		}
	})
}

type measuring struct{}

func (measuring) Kind() string { return "test.measuring" }

func (measuring) Slow() bool { return true }

// A job that says that it takes minutes is not ended after the one that other jobs have.
func TestSlowJobsHaveTheirMinutes(t *testing.T) {
	if got := job.TimeOf(measuring{}); got < 10*time.Minute {
		t.Errorf("a slow job may take %v", got)
	}
	if got := job.TimeOf(greet{}); got != 0 {
		t.Errorf("another job may take %v", got)
	}
}
