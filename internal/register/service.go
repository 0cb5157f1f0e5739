// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of imports.
type Service struct {
	DB        *db.DB
	Catalogue *catalogue.Catalogue
	// Index finds the information that a system probably holds. Without it nothing is suggested.
	Index *information.Index
	Jobs  *job.Queue
	// Later are the slices after this one that keep something about systems. Undoing an import asks them.
	Later []Later
	// Patience is how long Take waits for an import; 0 is two seconds.
	Patience time.Duration

	takings takings
}

// Later is a slice that keeps something about systems and comes after this one.
type Later struct {
	// Holds tells which of the systems a person has given the slice something about.
	Holds func(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error)
	// Remove takes away what the slice still has of systems that are being removed.
	Remove func(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error
}

// Request is a list to import, and how.
type Request struct {
	// File is the list's name; "" for a paste.
	File string
	// Content is the file as it was handed over.
	Content []byte
	// Sheet names the sheet of a workbook; "" is the one that looks most like a list.
	Sheet string
	// Scale is what the list's levels follow: klassa, msb-4, msb-3, MIN-MAX or an own model's id. Without it no levels are read.
	Scale string
	// NoLevels is true when somebody has said that the list's levels are not to be imported; nothing warns of that then.
	NoLevels bool
	// Columns say which field a heading holds, "" for none, over what would be guessed. An import remembers them.
	Columns map[string]string
	// Lang is the language of the reasons, "sv" or "en".
	Lang string
	// Progress is told how many of the rows to write have been written. It may be nil.
	Progress func(done, total int)
}

// ErrField says that a column was said to hold a field that there is not.
var ErrField = errors.New("no such field")

// Import is one import that was made (Swedish: inläsning).
type Import struct {
	ID     ids.ID[Import]
	File   string
	By     string
	At     time.Time
	Undone time.Time // zero unless the import was undone
	Result Result
}

// undoDays is how long an import can be undone.
const undoDays = 30

// CanUndo reports whether the import can be undone at a time.
func (i *Import) CanUndo(now time.Time) bool {
	return i.Undone.IsZero() && !now.After(i.At.AddDate(0, 0, undoDays))
}

// Preview tells what an import would do. Nothing is changed.
func (s *Service) Preview(ctx context.Context, actor access.Actor, r Request) (*Plan, error) {
	if err := access.Check(actor, "register.Preview"); err != nil {
		return nil, err
	}
	table, err := r.table()
	if err != nil {
		return nil, err
	}
	var p *Plan
	err = s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := s.work(ctx, tx, actor, table, r)
		if err == nil {
			p = w.plan
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("preview import: %w", err)
	}
	return p, nil
}

// Import takes a list into the register: all of it that can be used, or nothing when anything fails. Importing the same list
// again changes nothing.
func (s *Service) Import(ctx context.Context, actor access.Actor, r Request) (Import, error) {
	if err := access.Check(actor, "register.Import"); err != nil {
		return Import{}, err
	}
	table, err := r.table() // before the transaction, which others wait for
	if err != nil {
		return Import{}, err
	}
	var done Import
	var stops bool
	for try := 1; ; try++ {
		done, stops, err = s.carryOut(ctx, actor, table, r, try == tries)
		if !errors.Is(err, errOvertaken) {
			break
		}
	}
	if err != nil {
		return Import{}, fmt.Errorf("import register: %w", err)
	}
	if stops {
		// Also when the reader has left: levels that a stop took away may not lie in the database's files.
		if err := s.DB.Purge(context.WithoutCancel(ctx)); err != nil {
			return Import{}, fmt.Errorf("take away what a stop deleted: %w", err)
		}
	}
	return done, nil
}

// tries is how often an import is worked out beside the others' work. The last time it is done while they wait, so that it ends.
const tries = 3

// errOvertaken says that something was changed between an import's being worked out and written.
var errOvertaken = errors.New("the register has changed since the import was worked out")

// carryOut works out an import as the register is, and then writes it. Comparing a long list takes longer than writing it does, and on
// SQLite whoever writes lets nobody else write: so the transaction begins when all is worked out. errOvertaken says that somebody has
// changed something meanwhile, as the log tells; the last time it is worked out anew within the transaction instead. It tells too whether
// any row stops a classification.
func (s *Service) carryOut(ctx context.Context, actor access.Actor, table *Table, r Request, last bool) (done Import, stops bool, err error) {
	org := actor.Organisation
	var w *work
	ready := func(tx *db.Tx) error {
		h, err := audit.HeadOf(ctx, tx, org)
		if err != nil {
			return err
		}
		if w, err = s.work(ctx, tx, actor, table, r); err != nil {
			return err
		}
		w.as = h.Changed
		w.divide()
		return nil
	}
	if err := s.DB.Read(ctx, org, ready); err != nil {
		return Import{}, false, err
	}
	err = s.DB.Write(ctx, org, func(tx *db.Tx) error {
		if err := lock(ctx, tx, org); err != nil {
			return err
		}
		switch h, err := audit.HeadOf(ctx, tx, org); {
		case err != nil:
			return err
		case h.Changed == w.as:
			w.tx = tx
		case !last:
			return errOvertaken
		default:
			if err := ready(tx); err != nil {
				return err
			}
		}
		stops = slices.ContainsFunc(w.plan.Imported, func(r Row) bool { return r.Stop })
		done = Import{ID: ids.New[Import](), File: table.File, By: actor.ID, At: tx.Now, Result: w.plan.Result}
		if err := saveImport(ctx, tx, org, done); err != nil {
			return err
		}
		if err := w.write(ctx, done.ID); err != nil {
			return err
		}
		return remember(ctx, tx, org, r.Columns)
	})
	return done, stops, err
}

// Imports lists the imports that were made, newest first.
func (s *Service) Imports(ctx context.Context, actor access.Actor) ([]Import, error) {
	if err := access.Check(actor, "register.Imports"); err != nil {
		return nil, err
	}
	var out []Import
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = imports(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	return out, nil
}

// table reads the file of a request and checks what was said about its columns.
func (r *Request) table() (*Table, error) {
	for header, field := range r.Columns {
		if !KnownField(field) {
			return nil, fmt.Errorf("column %q as %q: %w", header, field, ErrField)
		}
	}
	return ReadTable(r.File, r.Content, r.Sheet)
}

// work is one import under way: what it is made of and what it will do.
type work struct {
	service *Service
	tx      *db.Tx
	actor   access.Actor
	lang    string
	tell    func(done, total int)

	scale   *catalogue.Model
	systems map[string]*system.System // by id
	states  map[ids.ID[system.System]]classification.State
	slugs   map[string]bool
	plan    *Plan
	// as says which register it was planned against: how many changes the log had.
	as int64
	// batches are the rows to write, worked out but for the ids of their units and suppliers; rows is how many there are.
	batches []*batch
	rows    []*Row
}

// work reads what the register holds and plans the import against it.
func (s *Service) work(ctx context.Context, tx *db.Tx, actor access.Actor, table *Table, r Request) (*work, error) {
	w := &work{service: s, tx: tx, actor: actor, lang: r.Lang, tell: r.Progress, systems: map[string]*system.System{}}
	var err error
	if r.Scale != "" {
		if w.scale, err = classification.FindModel(ctx, tx, s.Catalogue, actor.Organisation, r.Scale, ""); err != nil {
			return nil, err
		}
	}
	list, err := system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.Everywhere()})
	if err != nil {
		return nil, err
	}
	all := make([]ids.ID[system.System], len(list))
	for i := range list {
		all[i] = list[i].ID
	}
	if w.states, err = classification.States(ctx, tx, actor.Organisation, all); err != nil {
		return nil, err
	}
	w.slugs = make(map[string]bool, len(list))
	held := make([]Existing, len(list))
	for i := range list {
		held[i] = existing(&list[i], w.states[list[i].ID], w.scale)
		w.systems[list[i].ID.String()] = &list[i]
		w.slugs[list[i].Slug] = true
	}
	remembered, err := columns(ctx, tx, actor.Organisation)
	if err != nil {
		return nil, err
	}
	for header, field := range r.Columns {
		remembered[locale.Fold(header)] = field
	}
	w.plan, err = NewPlan(table, Guess(table, remembered), Options{Scale: w.scale, NoLevels: r.NoLevels, Existing: held, Lang: r.Lang})
	return w, err
}

// chunk is how many rows are written with one statement of each kind, and between two words about progress.
const chunk = 500

// divide works out what each row gives rise to, in parts.
func (w *work) divide() {
	for i := range w.plan.Imported {
		if r := &w.plan.Imported[i]; r.Outcome != Unchanged {
			w.rows = append(w.rows, r)
		}
	}
	for rows := range slices.Chunk(w.rows, chunk) {
		b := &batch{work: w}
		for _, r := range rows {
			b.add(r)
		}
		w.batches = append(w.batches, b)
	}
}

// write carries out the plan.
func (w *work) write(ctx context.Context, id ids.ID[Import]) error {
	units, suppliers, err := w.names(ctx, w.rows)
	if err != nil {
		return err
	}
	entries := []audit.Entry{{
		Action: "register.Import", ObjectKind: "import", ObjectID: id.String(), Data: map[string]any{
			"file": w.plan.File, "new": w.plan.New, "updated": w.plan.Updated, "unchanged": w.plan.Unchanged,
			"similar": len(w.plan.Similar), "rejected": len(w.plan.Rejected),
		},
	}}
	written := 0
	for _, b := range w.batches {
		w.progress(written, len(w.rows))
		b.name(units, suppliers)
		if err := b.write(ctx, id); err != nil {
			return err
		}
		entries = append(entries, b.entries...)
		written += len(b.rows)
	}
	w.progress(written, len(w.rows))
	return audit.Append(ctx, w.tx, w.actor, entries...)
}

func (w *work) progress(done, total int) {
	if w.tell != nil {
		w.tell(done, total)
	}
}

// names makes the units and suppliers that the rows speak of and gives their ids.
func (w *work) names(ctx context.Context, rows []*Row) (map[string]access.UnitID, map[string]ids.ID[supplier.Supplier], error) {
	var units, suppliers []string
	for _, r := range rows {
		units = append(units, r.Values[Unit])
		suppliers = append(suppliers, r.Values[Supplier])
	}
	u, err := organisation.EnsureUnits(ctx, w.tx, w.actor.Organisation, units)
	if err != nil {
		return nil, nil, err
	}
	s, err := supplier.Ensure(ctx, w.tx, w.actor.Organisation, suppliers)
	return u, s, err
}
