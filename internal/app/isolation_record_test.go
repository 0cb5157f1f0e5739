// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// supplierID is the supplier on the other side.
func (s *sides) supplierID() (id ids.ID[supplier.Supplier]) {
	err := s.app.DB.Read(context.Background(), s.other.Organisation, func(tx *db.Tx) error {
		all, err := supplier.All(context.Background(), tx, s.other.Organisation)
		for _, x := range all {
			if strings.HasPrefix(x.Name, theirs) {
				id = x.ID
			}
		}
		return err
	})
	if err != nil || id == "" {
		return "gone"
	}
	return id
}

func (s *sides) processingCalls(ctx context.Context) map[string]call {
	a, ref := s.app, s.processing
	o := overview.New(a.DB, a.Requirements)
	theirs := func() (p processing.Processing) {
		err := a.DB.Read(ctx, s.other.Organisation, func(tx *db.Tx) (err error) {
			p, err = processing.Within(ctx, tx, s.other, "processing.Open", ref)
			return err
		})
		if err != nil { // the other side has deleted it, at the end of the test
			p = processing.New("", processing.Controller)
		}
		p.Name = "Stulet"
		return p
	}
	return map[string]call{
		"processing.List": func(x access.Actor) (any, error) { return a.Processings.List(ctx, x, processing.Filter{}) },
		"processing.Open": func(x access.Actor) (any, error) { return a.Processings.Open(ctx, x, ref) },
		"processing.Edit": func(x access.Actor) (any, error) { return a.Processings.Edit(ctx, x, ref) },
		"processing.Create": func(x access.Actor) (any, error) {
			n := processing.New("Stulet", processing.Controller)
			n.UnitID = access.UnitID(s.unit)
			return a.Processings.Create(ctx, x, n, processing.Wanted{Systems: []string{s.systemID}})
		},
		"processing.Save": func(x access.Actor) (any, error) { return none(a.Processings.Save(ctx, x, processing.What, theirs())) },
		"processing.Link": func(x access.Actor) (any, error) {
			return none(a.Processings.Link(ctx, x, ref, processing.Wanted{}, 1))
		},
		"processing.Prefill": func(x access.Actor) (any, error) { return a.Processings.Prefill(ctx, x, ref) },
		"processing.Delete":  func(x access.Actor) (any, error) { return none(a.Processings.Delete(ctx, x, ref, 1)) },
		"processing.Common":  func(x access.Actor) (any, error) { return a.Processings.Common(ctx, x) },
		"processing.SetCommon": func(x access.Actor) (any, error) {
			return none(a.Processings.SetCommon(ctx, x, processing.Common{Contact: "Stulen"}))
		},
		"overview.ProcessingHistory": func(x access.Actor) (any, error) { return o.ProcessingHistory(ctx, x, ref) },
		"supplier.Edit":              func(x access.Actor) (any, error) { return a.Suppliers.Edit(ctx, x, s.supplierID()) },
		"supplier.Create": func(x access.Actor) (any, error) {
			return a.Suppliers.Create(ctx, x, supplier.Supplier{Name: "Stulen " + x.ID, Transfer: supplier.Unknown})
		},
		"supplier.Update": func(x access.Actor) (any, error) {
			return none(a.Suppliers.Update(ctx, x, supplier.Supplier{ID: s.supplierID(), Name: "Stulen", Transfer: supplier.Unknown, Version: 1}))
		},
		"supplier.SavePaper": func(x access.Actor) (any, error) {
			return none(a.Suppliers.SavePaper(ctx, x, supplier.Paper{Supplier: s.supplierID(), Kind: supplier.Contract, Name: "Stulet"}))
		},
		"supplier.RemovePaper": func(x access.Actor) (any, error) {
			return none(a.Suppliers.RemovePaper(ctx, x, s.supplierID(), "x", 1))
		},
		"supplier.SaveSubProcessor": func(x access.Actor) (any, error) {
			return none(a.Suppliers.SaveSubProcessor(ctx, x, supplier.SubProcessor{Supplier: s.supplierID(), Name: "Stulet"}))
		},
		"supplier.RemoveSubProcessor": func(x access.Actor) (any, error) {
			return none(a.Suppliers.RemoveSubProcessor(ctx, x, s.supplierID(), "x", 1))
		},
		"supplier.Merge":           func(x access.Actor) (any, error) { return a.Suppliers.Merge(ctx, x, s.supplierID(), "x", 1) },
		"overview.Suppliers":       func(x access.Actor) (any, error) { return o.Suppliers(ctx, x, overview.SupplierFilter{}) },
		"overview.Supplier":        func(x access.Actor) (any, error) { return o.Supplier(ctx, x, s.supplierID().String()) },
		"overview.SupplierHistory": func(x access.Actor) (any, error) { return o.SupplierHistory(ctx, x, s.supplierID().String()) },
		"overview.SystemSupplier":  func(x access.Actor) (any, error) { return o.SystemSupplier(ctx, x, s.slug, a.Texts.In("sv")) },
		"report.Processings": func(x access.Actor) (any, error) {
			var b bytes.Buffer
			err := a.Reports.Processings(ctx, x, report.Request{Format: document.CSV}, &b)
			return b.String(), err
		},
		"report.Suppliers": func(x access.Actor) (any, error) {
			var b bytes.Buffer
			err := a.Reports.Suppliers(ctx, x, report.Request{Format: document.CSV}, &b)
			return b.String(), err
		},
		"overview.Measures": func(x access.Actor) (any, error) {
			return o.Measures(ctx, x, []ids.ID[system.System]{ids.ID[system.System](s.systemID)})
		},
	}
}
