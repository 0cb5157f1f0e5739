// SPDX-License-Identifier: EUPL-1.2

// Package job runs work in the background (Swedish: bakgrundsjobb). A job is added in the transaction of the change that calls
// for it, so it runs if and only if the change was made. Only this package knows which queue does it.
package job

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/insegel/insegel/internal/db"
)

// Args is what a job needs to know. Kind names it for ever: a job may wait across an upgrade. Plain JSON values only.
type Args interface{ Kind() string }

// Heavy marks the jobs that take long and read much. They have a queue of their own, so that no mail waits for them, and machines of their
// own can do them.
type Heavy interface {
	Args
	Heavy()
}

// heavyQueue is the name of their queue.
const heavyQueue = "heavy"

// Queue adds jobs and, once started, works them.
type Queue struct {
	// HeavyWorkers is how many heavy jobs are done here at once; 0 leaves them to other machines.
	HeavyWorkers int
	// HeavyOnly leaves all other jobs to other machines.
	HeavyOnly bool

	stopping context.Context
	stop     context.CancelFunc

	driver  riverdriver.Driver[*sql.Tx]
	insert  *river.Client[*sql.Tx]
	workers *river.Workers
	work    *river.Client[*sql.Tx]
	every   []*river.PeriodicJob
	log     *slog.Logger
}

// pollEvery is how often a started queue looks for work. Neither driver listens for notifications, so this is the delay.
const pollEvery = 500 * time.Millisecond

// New makes a queue over the database. Register handlers with Handle, then call Start where jobs should be worked.
func New(d *db.DB, log *slog.Logger) (*Queue, error) {
	q := &Queue{driver: driver(d), workers: river.NewWorkers(), log: log}
	q.stopping, q.stop = context.WithCancel(context.Background())
	var err error
	if q.insert, err = river.NewClient(q.driver, &river.Config{Logger: log}); err != nil {
		return nil, fmt.Errorf("make job queue: %w", err)
	}
	return q, nil
}

func driver(d *db.DB) riverdriver.Driver[*sql.Tx] {
	if d.Engine == db.Postgres {
		return riverdatabasesql.New(d.WritePool())
	}
	return riversqlite.New(d.WritePool())
}

// Current reports whether the queue's own tables are those that this program needs.
func Current(ctx context.Context, d *db.DB) (bool, error) {
	m, err := migrator(d)
	if err != nil {
		return false, err
	}
	res, err := m.Validate(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("check job tables: %w", err)
	}
	return res.OK, nil
}

func migrator(d *db.DB) (*rivermigrate.Migrator[*sql.Tx], error) {
	m, err := rivermigrate.New(driver(d), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("make job migrator: %w", err)
	}
	return m, nil
}

// Migrate makes or upgrades the queue's own tables.
func Migrate(ctx context.Context, d *db.DB) error {
	m, err := migrator(d)
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job tables: %w", err)
	}
	return nil
}

// worker lets a plain function do a job.
type worker[A Args] struct {
	river.WorkerDefaults[A]
	do  func(context.Context, A) error
	q   *Queue
	log *slog.Logger
}

// slowTime is how long a slow job may take. It is more than any of them gives itself, so that each ends by its own rules.
const slowTime = 15 * time.Minute

// Timeout is how long a job may take: heavy jobs as long as they need, slow ones some minutes, and others the queue's minute.
func (w *worker[A]) Timeout(j *river.Job[A]) time.Duration {
	if _, ok := any(j.Args).(Heavy); ok {
		return -1
	}
	if slow(j.Args) {
		return slowTime
	}
	return 0
}

// slow reports whether a job says that it takes minutes.
func slow(args any) bool {
	s, ok := args.(interface{ Slow() bool })
	return ok && s.Slow()
}

// Work does one job and logs how it went, once.
func (w *worker[A]) Work(ctx context.Context, j *river.Job[A]) error {
	if _, ok := any(j.Args).(Heavy); ok { // when the program ends they are left where they are, and go on elsewhere or later
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(w.q.stopping, cancel)()
	}
	err := w.do(ctx, j.Args)
	w.log.InfoContext(ctx, "job", slog.String("kind", j.Kind), slog.Int64("job_id", j.ID), slog.Int("attempt", j.Attempt), slog.Bool("ok", err == nil))
	return err
}

// Handle says what does the jobs of A. Call it before Start. A job that returns an error is tried again, later and later.
func Handle[A Args](q *Queue, do func(ctx context.Context, args A) error) {
	river.AddWorker(q.workers, &worker[A]{do: do, q: q, log: q.log})
}

// Every adds the job again and again, for work that the time calls for. Call it before Start. Of several servers on one database only
// one adds it. What the job does must bear being done twice, or late: a server that is not running adds nothing.
func Every(q *Queue, interval time.Duration, args Args) {
	q.every = append(q.every, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return args, &river.InsertOpts{MaxAttempts: 1} },
		&river.PeriodicJobOpts{RunOnStart: true}))
}

// Add puts a job in the queue in the given transaction.
func (q *Queue) Add(ctx context.Context, tx *db.Tx, args Args) error {
	if _, err := q.insert.InsertTx(ctx, tx.SQL, args, options(args)); err != nil {
		return fmt.Errorf("add job %s: %w", args.Kind(), err)
	}
	return nil
}

// slowQueue is worked beside the other, so that what takes minutes does not hold up what takes moments.
const slowQueue = "slow"

// options are how a job is queued: one that says that it is Slow is worked beside others, and is tried once.
func options(args Args) *river.InsertOpts {
	if _, ok := args.(Heavy); ok {
		return &river.InsertOpts{Queue: heavyQueue}
	}
	if slow(args) {
		return &river.InsertOpts{Queue: slowQueue, MaxAttempts: 1}
	}
	return nil
}

// AddMany puts many jobs in the queue in the given transaction.
func (q *Queue) AddMany(ctx context.Context, tx *db.Tx, args []Args) error {
	if len(args) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		params[i] = river.InsertManyParams{Args: a, InsertOpts: options(a)}
	}
	if _, err := q.insert.InsertManyFastTx(ctx, tx.SQL, params); err != nil {
		return fmt.Errorf("add %d jobs: %w", len(args), err)
	}
	return nil
}

// Start begins to work jobs and returns. Stop ends it.
func (q *Queue) Start(ctx context.Context) error {
	queues := map[string]river.QueueConfig{}
	if !q.HeavyOnly {
		queues[river.QueueDefault], queues[slowQueue] = river.QueueConfig{MaxWorkers: 2}, river.QueueConfig{MaxWorkers: 4}
	}
	if q.HeavyWorkers > 0 {
		queues[heavyQueue] = river.QueueConfig{MaxWorkers: q.HeavyWorkers}
	}
	var err error
	q.work, err = river.NewClient(q.driver, &river.Config{
		Logger:            q.log,
		Workers:           q.workers,
		Queues:            queues,
		FetchPollInterval: pollEvery,
		PeriodicJobs:      q.every,
	})
	if err != nil {
		return fmt.Errorf("make job workers: %w", err)
	}
	if err := q.work.Start(ctx); err != nil {
		return fmt.Errorf("start job workers: %w", err)
	}
	return nil
}

// Stop lets running jobs finish, until ctx ends, and then returns.
func (q *Queue) Stop(ctx context.Context) error {
	q.stop()
	if q.work == nil {
		return nil
	}
	if err := q.work.Stop(ctx); err != nil {
		return fmt.Errorf("stop job workers: %w", err)
	}
	return nil
}
