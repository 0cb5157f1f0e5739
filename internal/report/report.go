// SPDX-License-Identifier: EUPL-1.2

// Package report writes what is known to documents (Swedish: rapport): the plan, the tender annex, the classification and the
// register. It reads what the capabilities read and computes nothing of its own but sums, so a document never says anything else
// than the pages do.
package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/system"
)

// Kind says what a report is about.
type Kind string

// The kinds of reports.
const (
	Plan           Kind = "plan"           // what is to be done (handlingsplan)
	Procurement    Kind = "procurement"    // the annex to a tender (kravbilaga)
	Classification Kind = "classification" // levels, rules and the reasons for them (klassning)
	Register       Kind = "register"       // everything that the register holds (register)
)

// Kinds lists the kinds of reports.
var Kinds = []Kind{Plan, Procurement, Classification, Register}

// The records: what is written of every processing and every supplier.
const (
	ProcessingRecord Kind = "processing" // the record of processing activities, art. 30 (registerförteckning)
	SupplierRecord   Kind = "supplier"   // suppliers with contracts, agreements and certificates (leverantörsförteckning)
)

// All lists everything that can be written: reports, accounts and records.
func All() []Kind {
	return append(slices.Concat(Kinds, Accounts), ProcessingRecord, SupplierRecord)
}

// FormatsOf lists what anything that can be written is written as, beside PDF; none for what does not exist.
func FormatsOf(k Kind) []document.Format {
	switch {
	case slices.Contains(Accounts, k):
		return formatsOfAccount(k)
	case k == ProcessingRecord, k == SupplierRecord:
		return RecordFormats
	default:
		return Formats(k)
	}
}

var (
	// ErrKind says that there is no report of that kind.
	ErrKind = errors.New("there is no such report")
	// ErrFormat says that a report is not written in the format.
	ErrFormat = errors.New("the report is not written in that format")
	// ErrPrinter says that a report was asked for as PDF where nothing can print it.
	ErrPrinter = errors.New("nothing here can print PDF")
)

// Formats lists what a kind of report can be written as; none for a kind that does not exist.
func Formats(k Kind) []document.Format {
	switch k {
	case Plan, Register:
		return []document.Format{document.XLSX, document.DOCX, document.HTML, document.CSV, document.JSON}
	case Procurement:
		return []document.Format{document.XLSX, document.DOCX, document.ODS, document.HTML, document.JSON}
	case Classification:
		return []document.Format{document.DOCX, document.HTML, document.JSON}
	default:
		return nil
	}
}

// Request says which report is wanted.
type Request struct {
	Kind   Kind
	Format document.Format
	// System is the id or the slug of a system; empty is all of them.
	System string
	// Purchase is the id of a planned purchase, whose annex is asked for instead of a system's.
	Purchase string
	// Lang is "sv" or "en"; anything else is Swedish.
	Lang string
	// Link is the address of the program, such as https://insegel.example.se, for links back to it. It may be empty.
	Link string
	// Unit is the id of the one unit that is told of; empty is everything within reach.
	Unit access.UnitID
	// Weaknesses takes in what is weak, by name. It is left out unless it is asked for.
	Weaknesses bool
	// Internal takes in what is not for tenderers: what was left out of an annex, and why.
	Internal bool
	// Reasons takes in every row of a plan with every reason, as an appendix to what is read on paper.
	Reasons bool
}

// check refuses a report that cannot be written, and says what can.
func (s *Service) check(r *Request) error {
	formats := s.Formats(r.Kind)
	if formats == nil {
		return fmt.Errorf("write report %q: %w: choose %s", r.Kind, ErrKind, choices(Kinds))
	}
	if r.Format == document.PDF && s.Printer == nil {
		return fmt.Errorf("write report %s: %w", r.Kind, ErrPrinter)
	}
	if r.Purchase != "" && r.Kind != Procurement {
		return fmt.Errorf("write report %s of a purchase: %w: choose %s", r.Kind, ErrKind, Procurement)
	}
	if !slices.Contains(formats, r.Format) {
		return fmt.Errorf("write report %s as %q: %w: choose %s", r.Kind, r.Format, ErrFormat, choices(formats))
	}
	return nil
}

// choices writes what there is to choose between: "a, b or c".
func choices[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Service has the use case of reports.
type Service struct {
	DB           *db.DB
	Requirements *requirement.Service
	Actions      *action.Service
	Procurements *procurement.Service
	// Record is the record of processing activities.
	Record *processing.Service
	// Followup counts the indicators, and Risks lists the risks; what is told of many systems at once rests on them.
	Followup *followup.Service
	Risks    *risk.Service
	Texts    *locale.Bundle
	// Printer makes PDF documents; nil where nothing can.
	Printer Printer
}

// Printer makes a PDF document of a page that holds everything that it needs.
type Printer interface {
	PDF(ctx context.Context, html []byte) ([]byte, error)
}

// Formats is what a kind of report can be written as here: PDF too, where there is something to print with.
func (s *Service) Formats(k Kind) []document.Format { return s.printed(Formats(k)) }

// RecordFormats is Formats for the record of processing activities and the list of suppliers.
func (s *Service) RecordFormats() []document.Format { return s.printed(RecordFormats) }

func (s *Service) printed(list []document.Format) []document.Format {
	if s.Printer == nil || len(list) == 0 {
		return list
	}
	return append(slices.Clone(list), document.PDF)
}

// write writes a document, printed when it is to be PDF.
func (s *Service) write(ctx context.Context, d *document.Document, f document.Format, w io.Writer) error {
	if f != document.PDF {
		return d.Write(w, f)
	}
	var page bytes.Buffer
	if err := d.Write(&page, document.HTML); err != nil {
		return err
	}
	pdf, err := s.Printer.PDF(ctx, page.Bytes())
	if err != nil {
		return err
	}
	_, err = w.Write(pdf)
	return err
}

// report is what every kind of report is: facts that are written as JSON as they are, and a way to lay them out for people.
type report interface {
	document(f *frame) *document.Document
	// split gives the report without its systems, which stand last in it, and then each of them.
	split() (top any, n int, system func(i int) any)
}

// Write computes a report from what is stored now and writes it to w. Nothing is written to w when the request is refused.
func (s *Service) Write(ctx context.Context, actor access.Actor, r Request, w io.Writer) error {
	if err := access.Check(actor, "report.Write"); err != nil {
		return err
	}
	if err := s.check(&r); err != nil {
		return err
	}
	if err := access.Check(actor, reads[r.Kind]); err != nil {
		return fmt.Errorf("write report %s: %w", r.Kind, err)
	}
	made, f, err := s.compute(ctx, actor, r)
	if errors.Is(err, db.ErrNotFound) && r.System != "" {
		return fmt.Errorf("write report %s: %w: give the id or the short name of a system in the register, or ask for all of them", r.Kind, err)
	}
	if err != nil {
		return fmt.Errorf("write report %s: %w", r.Kind, err)
	}
	if err := s.note(ctx, actor, r); err != nil {
		return fmt.Errorf("write report %s: %w", r.Kind, err)
	}
	if r.Format == document.JSON {
		err = writeJSON(w, made)
	} else {
		err = s.write(ctx, made.document(f), r.Format, w)
	}
	if err != nil {
		return fmt.Errorf("write report %s: %w", r.Kind, err)
	}
	return nil
}

// note logs that a report is taken out. One that cannot be logged is not written.
func (s *Service) note(ctx context.Context, actor access.Actor, r Request) error {
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		e := audit.Entry{Action: "report.Write", ObjectKind: "report", ObjectID: string(r.Kind), Data: map[string]any{
			"kind": r.Kind, "format": r.Format, "system": r.System, "internal": r.Internal, "reasons": r.Reasons,
		}}
		if r.Purchase != "" {
			e.Data = map[string]any{"kind": r.Kind, "format": r.Format, "purchase": r.Purchase, "internal": r.Internal}
		}
		return audit.Append(ctx, tx, actor, e)
	})
}

// compute reads what the report is made of, in one transaction and a number of queries that does not grow with the systems. Two
// reads stand apart and grow: a classification's history, and an annex, which its own use case reads.
func (s *Service) compute(ctx context.Context, actor access.Actor, r Request) (report, *frame, error) {
	l := s.Texts.In(r.Lang)
	f := &frame{request: r, l: l, lang: catalogue.Lang(l.Lang), catalogue: s.Requirements.Engine.Catalogue, reach: access.ReachOf(actor, reads[r.Kind])}
	var systems []system.System
	var out report
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		f.now, f.today = tx.Now, civil.Of(tx.Now)
		if f.organisation, err = organisation.Get(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if r.Purchase == "" {
			systems, err = chosen(ctx, tx, actor, r)
		}
		if err != nil {
			return err
		}
		switch r.Kind {
		case Plan:
			out, err = s.plan(ctx, tx, f, systems)
		case Classification:
			out, err = s.classification(ctx, tx, f, systems)
		case Register:
			out, err = s.register(ctx, tx, f, systems)
		case Procurement: // below, since an annex is read in a transaction of its own
		}
		return err
	})
	if err == nil && r.Kind == Procurement {
		out, err = s.procurement(ctx, actor, f, systems)
	}
	return out, f, err
}

// reads is the use case that shows on a page what a report tells: who may not read it there gets no report of it either.
var reads = map[Kind]string{
	Plan: "action.Plan", Procurement: "procurement.Annex", Classification: "classification.Open", Register: "overview.System",
}

// chosen reads the systems that a report is about, as far as the actor reaches: the one that is named, or all.
func chosen(ctx context.Context, tx *db.Tx, actor access.Actor, r Request) ([]system.System, error) {
	if r.System != "" {
		if _, err := system.Within(ctx, tx, actor, "report.Write", r.System); err != nil {
			return nil, err
		}
		one, err := system.Within(ctx, tx, actor, reads[r.Kind], r.System)
		return []system.System{one}, err
	}
	list, err := system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.ReachOf(actor, "report.Write")})
	reach := access.ReachOf(actor, reads[r.Kind])
	return slices.DeleteFunc(list, func(s system.System) bool { return !reach.Holds(s.UnitID) }), err
}

// Choices lists the kinds of reports that the actor can write.
func (s *Service) Choices(_ context.Context, actor access.Actor) ([]Kind, error) {
	if err := access.Check(actor, "report.Choices"); err != nil {
		return nil, err
	}
	var out []Kind
	for _, k := range Kinds {
		if access.Allowed(actor, reads[k]) {
			out = append(out, k)
		}
	}
	return out, nil
}
