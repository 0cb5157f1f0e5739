// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/web"
)

func (p *API) routesOfSuppliers(a *web.API) {
	web.Operate(a, web.Op{Method: "GET", Path: "/suppliers", Action: "overview.Suppliers", ID: "list-suppliers", Tag: "supplier.api", Text: "overview.api-suppliers"}, p.suppliers)
	web.Operate(a, web.Op{Method: "GET", Path: "/suppliers/{supplier}", Action: "overview.Supplier", ID: "get-supplier", Tag: "supplier.api", Text: "overview.api-supplier"}, p.supplier)
}

// apiSupplierRow is a supplier with what it means to the organisation, as far as the caller reaches.
type apiSupplierRow struct {
	supplier.APISupplier
	Systems      int    `json:"systems" doc:"How many systems it delivers, within reach"`
	Bare         int    `json:"without_agreement" doc:"How many of them no processor agreement is stated for"`
	Near         int    `json:"days_near" doc:"How many papers have a day that comes near or has gone by"`
	Availability string `json:"availability" doc:"The highest need of availability of its systems, on the scale that every model is mapped to; unknown when nobody knows"`
}

type apiSupplierList struct {
	Body struct {
		Items []apiSupplierRow `json:"items" nullable:"false"`
		web.APIPage
	}
}

// asked is the word that the page has for what is asked for.
func asked(set string) string {
	if set == "yes" {
		return yes
	}
	return ""
}

func (p *API) suppliers(c *web.Context, in *struct {
	Text     string `query:"q" maxLength:"200" doc:"Words that stand in the name, the number, the country, a paper or a sub-processor"`
	Near     string `query:"days_near" enum:"yes" doc:"Those with a day that comes near"`
	Bare     string `query:"without_agreement" enum:"yes" doc:"Those without a processor agreement for all that they deliver"`
	Transfer string `query:"transfer" enum:"yes" doc:"Those that handle data outside the EU and EEA"`
	web.APIPaging
},
) (*apiSupplierList, error) {
	f := SupplierFilter{Text: in.Text, Near: asked(in.Near), Bare: asked(in.Bare), Transfer: asked(in.Transfer), Page: in.Page}
	l, err := p.Overview.Suppliers(c.Context(), c.Actor, f)
	if err != nil {
		return nil, err
	}
	out := &apiSupplierList{}
	out.Body.Items, out.Body.APIPage = []apiSupplierRow{}, web.PageOf(l.Filter.Page, PageSize, l.Matching)
	for i := range l.Rows {
		r := &l.Rows[i]
		row := apiSupplierRow{APISupplier: supplier.APIOf(&r.Supplier, l.Today), Systems: r.Systems, Bare: r.Bare, Near: len(r.Reminders), Availability: "unknown"}
		if r.Availability.Known() {
			row.Availability = r.Availability.Step.String()
		}
		out.Body.Items = append(out.Body.Items, row)
	}
	return out, nil
}

// apiDelivery is a system that would stop if its supplier did.
type apiDelivery struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Agreed bool   `json:"agreement" doc:"A processor agreement is stated for it"`
}

// apiDoneIn is a processing that is done in a system of a supplier.
type apiDoneIn struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type apiSupplierView struct {
	supplier.APISupplier
	Systems     []apiDelivery `json:"systems" nullable:"false" doc:"What would stop, the highest need of availability first"`
	Processings []apiDoneIn   `json:"processings" nullable:"false" doc:"What is done in them"`
}

type apiSupplierOut struct {
	ETag string `header:"ETag"`
	Body apiSupplierView
}

func (p *API) supplier(c *web.Context, in *supplier.APIRef) (*apiSupplierOut, error) {
	v, err := p.Overview.Supplier(c.Context(), c.Actor, in.Supplier)
	if err != nil {
		return nil, err
	}
	out := &apiSupplierOut{web.ETag(v.Version), apiSupplierView{supplier.APIOf(&v.Supplier, v.Today), []apiDelivery{}, []apiDoneIn{}}}
	for i := range v.Deliveries {
		d := &v.Deliveries[i]
		out.Body.Systems = append(out.Body.Systems, apiDelivery{d.System.ID.String(), d.System.Name, d.Agreed})
	}
	for i := range v.Processings {
		e := &v.Processings[i]
		out.Body.Processings = append(out.Body.Processings, apiDoneIn{e.ID.String(), e.Name})
	}
	return out, nil
}
