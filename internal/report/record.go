// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// RecordFormats are what the record of processing activities and the list of suppliers are written as.
var RecordFormats = []document.Format{document.XLSX, document.DOCX, document.CSV, document.HTML}

// told is one object of a record, with its fields in words; the same fields for each.
type told struct {
	name   string
	fields []document.Property
}

// Processings writes the record of processing activities (art. 30), as far as the actor reaches.
func (s *Service) Processings(ctx context.Context, actor access.Actor, r Request, w io.Writer) error {
	if err := access.Check(actor, "report.Processings"); err != nil {
		return err
	}
	r.Kind = ProcessingRecord
	return s.record(ctx, actor, r, w, func(tx *db.Tx, f *frame) ([]told, error) {
		entries, common, err := s.Record.Entries(ctx, tx, access.ReachOf(actor, "report.Processings"))
		if err != nil {
			return nil, err
		}
		out := make([]told, len(entries))
		for i := range entries {
			out[i].name = entries[i].Name
			for _, x := range entries[i].Tell(f.l, common) {
				if x.Key != "name" {
					out[i].fields = append(out[i].fields, document.Property{Name: x.Label, Value: x.Value})
				}
			}
		}
		return out, nil
	})
}

// Suppliers writes the suppliers with contracts, agreements, certificates, sub-processors and what they deliver.
func (s *Service) Suppliers(ctx context.Context, actor access.Actor, r Request, w io.Writer) error {
	if err := access.Check(actor, "report.Suppliers"); err != nil {
		return err
	}
	r.Kind = SupplierRecord
	return s.record(ctx, actor, r, w, func(tx *db.Tx, f *frame) ([]told, error) {
		list, err := supplier.Whole(ctx, tx, tx.Scope)
		if err != nil {
			return nil, err
		}
		systems, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: access.ReachOf(actor, "report.Suppliers")})
		if err != nil {
			return nil, err
		}
		out := make([]told, len(list))
		for i := range list {
			out[i] = f.supplier(&list[i], systems)
		}
		return out, nil
	})
}

// supplier says everything about a supplier in words.
func (f *frame) supplier(x *supplier.Supplier, systems []system.System) told {
	var delivers, subs []string
	for i := range systems {
		if systems[i].SupplierID == x.ID {
			delivers = append(delivers, systems[i].Name)
		}
	}
	for _, p := range x.SubProcessors {
		subs = append(subs, strings.Join(slices.DeleteFunc([]string{p.Name, p.Country, p.Task}, func(v string) bool { return v == "" }), ", "))
	}
	papers := map[string][]string{}
	for i := range x.Papers {
		p := &x.Papers[i]
		papers[p.Kind] = append(papers[p.Kind], strings.Join(slices.DeleteFunc([]string{
			p.Name, p.Number, p.Issuer, f.period(p), p.Reference,
		}, func(v string) bool { return v == "" }), ", "))
	}
	transfer := ""
	if x.Transfer != supplier.Unknown {
		transfer = f.l.T("supplier.answer-" + x.Transfer)
	}
	lines := func(list []string) string { return strings.Join(list, "\n") }
	return told{name: x.Name, fields: []document.Property{
		{Name: f.l.T("supplier.field-nummer"), Value: x.Number},
		{Name: f.l.T("supplier.field-kontakt"), Value: x.Contact},
		{Name: f.l.T("supplier.field-incident"), Value: x.IncidentContact},
		{Name: f.l.T("supplier.field-land"), Value: x.Country},
		{Name: f.l.T("supplier.field-tredjeland"), Value: transfer},
		{Name: f.l.T("supplier.field-overforing"), Value: x.TransferNote},
		{Name: f.l.T("overview.systems"), Value: lines(delivers)},
		{Name: f.l.T("overview.papers-contract"), Value: lines(papers[supplier.Contract])},
		{Name: f.l.T("overview.papers-agreement"), Value: lines(papers[supplier.Agreement])},
		{Name: f.l.T("overview.papers-certificate"), Value: lines(papers[supplier.Certificate])},
		{Name: f.l.T("overview.sub-processors"), Value: lines(subs)},
		{Name: f.l.T("supplier.field-anteckning"), Value: x.Note},
	}}
}

// period writes the days of a paper.
func (f *frame) period(p *supplier.Paper) string {
	if p.StartsOn.IsZero() && p.EndsOn.IsZero() {
		return ""
	}
	return strings.TrimSpace(p.StartsOn.String() + "–" + p.EndsOn.String())
}

// record reads, logs and writes a record. One that cannot be logged is not written.
func (s *Service) record(ctx context.Context, actor access.Actor, r Request, w io.Writer, read func(*db.Tx, *frame) ([]told, error)) error {
	if r.Format == document.PDF && s.Printer == nil {
		return fmt.Errorf("write record %s: %w", r.Kind, ErrPrinter)
	}
	if formats := s.RecordFormats(); !slices.Contains(formats, r.Format) {
		return fmt.Errorf("write record as %q: %w: choose %s", r.Format, ErrFormat, choices(formats))
	}
	l := s.Texts.In(r.Lang)
	f := &frame{request: r, l: l, lang: catalogue.Lang(l.Lang), catalogue: s.Requirements.Engine.Catalogue}
	var list []told
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		f.now, f.today = tx.Now, civil.Of(tx.Now)
		if f.organisation, err = organisation.Get(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		list, err = read(tx, f)
		return err
	})
	if err == nil {
		err = s.note(ctx, actor, r)
	}
	if err == nil {
		err = s.write(ctx, f.recordDocument(list), r.Format, w)
	}
	if err != nil {
		return fmt.Errorf("write record %s: %w", r.Kind, err)
	}
	return nil
}

// recordDocument lays a record out: a row for each object in a workbook, a section for each on pages.
func (f *frame) recordDocument(list []told) *document.Document {
	kind := string(f.request.Kind)
	d := &document.Document{
		Lang: f.l.Lang, Title: f.t("title-" + kind), Subtitle: f.organisation.Name, Created: f.now.In(civil.Location()), Author: f.organisation.Name,
	}
	f.property(d, "municipality", f.organisation.Name)
	f.property(d, "date", f.today.String())
	f.property(d, "count", f.l.Number(int64(len(list))))
	if f.request.Format == document.XLSX || f.request.Format == document.CSV {
		t := &document.Table{Name: d.Title, Columns: []document.Column{f.column("name", document.Plain, 0)}}
		for i := range list {
			row := []document.Cell{document.T(list[i].name)}
			for n, x := range list[i].fields {
				if i == 0 {
					t.Columns = append(t.Columns, document.Column{Key: fmt.Sprint("c", n), Header: x.Name, Kind: document.Long})
				}
				row = append(row, document.T(x.Value))
			}
			t.Rows = append(t.Rows, row)
		}
		d.Sections = []document.Section{{Heading: d.Title, Level: 1, Table: t}}
		return d
	}
	if len(list) == 0 {
		d.Sections = []document.Section{{Heading: d.Title, Level: 1, Paragraphs: []string{f.t("record-empty")}}}
	}
	for i := range list {
		t := &document.Table{Name: list[i].name, Columns: []document.Column{f.column("field", document.Plain, 30), f.column("value", document.Long, 70)}}
		for _, x := range list[i].fields {
			if x.Value != "" {
				t.Rows = append(t.Rows, []document.Cell{{Text: x.Name, Strong: true}, document.T(x.Value)})
			}
		}
		d.Sections = append(d.Sections, document.Section{Heading: list[i].name, Level: 1, Table: t})
	}
	return d
}
