// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"net/http"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// routesOfPurchases registers planned purchases, own requirements and versions.
func (p *API) routesOfPurchases(a *web.API) {
	const tag, one = "procurement.api", "/purchases/{purchase}"
	web.Operate(a, web.Op{Method: "GET", Path: "/purchases", Action: "procurement.Systems", ID: "list-purchases", Tag: tag, Text: "procurement.api-purchases"}, p.answerPurchases)
	web.Operate(a, web.Op{Method: "POST", Path: "/purchases", Action: "procurement.SavePurchase", ID: "add-purchase", Tag: tag, Text: "procurement.api-add-purchase", Status: http.StatusCreated}, p.answerAddPurchase)
	web.Operate(a, web.Op{Method: "GET", Path: one, Action: "procurement.Purchase", ID: "get-purchase", Tag: tag, Text: "procurement.api-purchase"}, p.answerPurchase)
	web.Operate(a, web.Op{Method: "PUT", Path: one, Action: "procurement.SavePurchase", ID: "replace-purchase", Tag: tag, Text: "procurement.api-change-purchase"}, p.answerChangePurchase)
	web.Operate(a, web.Op{Method: "DELETE", Path: one, Action: "procurement.RemovePurchase", ID: "remove-purchase", Tag: tag, Text: "procurement.api-remove-purchase", Status: http.StatusNoContent}, p.answerRemovePurchase)
	web.Operate(a, web.Op{Method: "POST", Path: one + "/system", Action: "procurement.MakeSystem", ID: "make-system-of-purchase", Tag: tag, Text: "procurement.api-make-system", Status: http.StatusCreated}, p.answerMakeSystem)
	web.Operate(a, web.Op{Method: "GET", Path: one + "/annex", Action: "procurement.Annex", ID: "get-purchase-annex", Tag: tag, Text: "procurement.api-purchase-annex"}, p.purchaseAnnex)
	web.Operate(a, web.Op{Method: "POST", Path: one + "/annex/choices", Action: "procurement.Choose", ID: "choose-purchase-requirements", Tag: tag, Text: "procurement.api-purchase-choose"}, p.purchaseChoose)
	p.routesOfAnnexes(a)
}

// APIPurchaseRef names a planned purchase in an address.
type APIPurchaseRef struct {
	Purchase string `path:"purchase" maxLength:"100" doc:"The purchase's id"`
}

func (r *APIPurchaseRef) id() ids.ID[Purchase] { return ids.ID[Purchase](r.Purchase) }

// ref is what the use cases of annexes know it by.
func (r *APIPurchaseRef) ref() string { return PurchaseRef + r.Purchase }

// APIPurchaseFields are what is known of a planned purchase.
type APIPurchaseFields struct {
	Name   string         `json:"name" minLength:"1" maxLength:"200"`
	Unit   string         `json:"unit,omitempty" maxLength:"100" doc:"The id of the unit that buys"`
	Note   string         `json:"note,omitempty" maxLength:"2000"`
	Types  []string       `json:"types,omitempty" nullable:"false" maxItems:"200" doc:"The ids of the types of information that it is to hold"`
	Levels map[string]int `json:"levels,omitempty" doc:"The need by area (confidentiality, integrity, availability, traceability), where it is not to follow the types"`
}

// purchase gives the fields as a purchase, or ErrLevel for an area that there is not.
func (f *APIPurchaseFields) purchase() (Purchase, error) {
	out := Purchase{Name: f.Name, UnitID: access.UnitID(f.Unit), Note: f.Note, Types: f.Types, Levels: map[catalogue.Aspect]int{}}
	for name, level := range f.Levels {
		aspect, ok := catalogue.ParseAspect(name)
		if !ok {
			return out, ErrLevel
		}
		out.Levels[aspect] = level
	}
	return out, nil
}

// APIPurchase is a planned purchase.
type APIPurchase struct {
	ID string `json:"id"`
	APIPurchaseFields
	UnitName string `json:"unit_name,omitempty"`
	System   string `json:"system,omitempty" doc:"The id of the system that it became"`
	ETag     string `json:"etag" doc:"For If-Match when it is changed or removed"`
}

func apiPurchaseOf(p *Purchase) APIPurchase {
	out := APIPurchase{
		ID: p.ID.String(), UnitName: p.Unit, System: p.System.String(), ETag: web.ETag(p.Version),
		APIPurchaseFields: APIPurchaseFields{Name: p.Name, Unit: p.UnitID.String(), Note: p.Note, Types: append([]string{}, p.Types...), Levels: map[string]int{}},
	}
	for a, n := range p.Levels {
		out.Levels[a.String()] = n
	}
	return out
}

// apiPlanned is a planned purchase in the list.
type apiPlanned struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Unit     string `json:"unit,omitempty"`
	UnitName string `json:"unit_name,omitempty"`
	ETag     string `json:"etag"`
}

type apiPurchasesOut struct {
	Body struct {
		Items []apiPlanned `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) answerPurchases(c *web.Context, in *struct {
	web.APIPaging
},
) (*apiPurchasesOut, error) {
	l, err := p.Service.Systems(c.Context(), c.Actor, Filter{})
	if err != nil {
		return nil, err
	}
	out := &apiPurchasesOut{}
	out.Body.Items, out.Body.APIPage = []apiPlanned{}, web.PageOf(in.Page, PageSize, len(l.Purchases))
	from, to := out.Body.Span()
	for i := range l.Purchases[from:to] {
		x := &l.Purchases[from+i]
		out.Body.Items = append(out.Body.Items, apiPlanned{x.ID.String(), x.Name, x.UnitID.String(), x.Unit, web.ETag(x.Version)})
	}
	return out, nil
}

type apiPurchaseOut struct {
	ETag string `header:"ETag"`
	Body APIPurchase
}

func (p *API) answerPurchase(c *web.Context, in *APIPurchaseRef) (*apiPurchaseOut, error) {
	x, err := p.Service.Purchase(c.Context(), c.Actor, in.id())
	if err != nil {
		return nil, err
	}
	return &apiPurchaseOut{ETag: web.ETag(x.Version), Body: apiPurchaseOf(&x)}, nil
}

func (p *API) answerAddPurchase(c *web.Context, in *struct{ Body APIPurchaseFields }) (*apiPurchaseOut, error) {
	x, err := in.Body.purchase()
	if err == nil {
		x, err = p.Service.SavePurchase(c.Context(), c.Actor, x)
	}
	if err != nil {
		return nil, purchaseFault(err)
	}
	return p.answerPurchase(c, &APIPurchaseRef{x.ID.String()})
}

func (p *API) answerChangePurchase(c *web.Context, in *struct {
	APIPurchaseRef
	IfMatch string `header:"If-Match" doc:"The purchase's etag"`
	Body    APIPurchaseFields
},
) (*apiPurchaseOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	x, err := in.Body.purchase()
	if err != nil {
		return nil, purchaseFault(err)
	}
	if x.ID, x.Version = in.id(), version; version == 0 {
		x.Version = -1 // 0 would make a new one, and there is none to replace
	}
	if _, err := p.Service.SavePurchase(c.Context(), c.Actor, x); errors.Is(err, db.ErrConflict) {
		now, err := p.answerPurchase(c, &in.APIPurchaseRef)
		if err != nil {
			return nil, err
		}
		return nil, &web.Stale{Current: now.ETag}
	} else if err != nil {
		return nil, purchaseFault(err)
	}
	return p.answerPurchase(c, &in.APIPurchaseRef)
}

func (p *API) answerRemovePurchase(c *web.Context, in *struct {
	APIPurchaseRef
	web.APIMatch
},
) (*struct{}, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.answerPurchase(c, &in.APIPurchaseRef)
		if err != nil {
			return "", err
		}
		return now.ETag, nil
	}); err != nil {
		return nil, err
	}
	return nil, purchaseFault(p.Service.RemovePurchase(c.Context(), c.Actor, in.id()))
}

type apiMadeOut struct {
	Location string `header:"Location"`
	Body     struct {
		System string `json:"system" doc:"The new system's id"`
		Slug   string `json:"slug"`
	}
}

func (p *API) answerMakeSystem(c *web.Context, in *APIPurchaseRef) (*apiMadeOut, error) {
	sys, err := p.Service.MakeSystem(c.Context(), c.Actor, in.id())
	if err != nil {
		return nil, purchaseFault(err)
	}
	out := &apiMadeOut{Location: web.APIPath + "/systems/" + sys.ID.String()}
	out.Body.System, out.Body.Slug = sys.ID.String(), sys.Slug
	return out, nil
}

// purchaseFault tells what is wrong with a purchase.
func purchaseFault(err error) error {
	for _, f := range []struct {
		err error
		key string
	}{
		{ErrName, "procurement.fault-purchase-name"},
		{ErrUnit, "procurement.fault-purchase-unit"},
		{ErrStop, "procurement.fault-purchase-stop"},
		{ErrLevel, "procurement.fault-purchase-level"},
		{ErrType, "procurement.fault-purchase-type"},
	} {
		if errors.Is(err, f.err) {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	if errors.Is(err, ErrBought) {
		return &web.Error{Status: http.StatusConflict, Key: "procurement.fault-bought", Err: err}
	}
	return err
}

func (p *API) purchaseAnnex(c *web.Context, in *APIPurchaseRef) (*apiAnnexOut, error) {
	return p.annex(c, &system.APIRef{System: in.ref()})
}

func (p *API) purchaseChoose(c *web.Context, in *struct {
	APIPurchaseRef
	Body struct {
		Choices []apiChoice `json:"choices" nullable:"false" minItems:"1" maxItems:"1000"`
	}
},
) (*apiAnnexOut, error) {
	return p.chooseOf(c, in.ref(), in.Body.Choices)
}

// routesOfAnnexes registers what can be done to an annex: what somebody has written of their own, and its versions.
func (p *API) routesOfAnnexes(a *web.API) {
	const tag = "procurement.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/annex/own", Action: "procurement.Annex", ID: "list-own-system", Tag: tag, Text: "procurement.api-list-own"}, func(c *web.Context, in *apiOfSystem) (*apiOwnOut, error) { return p.answerOwn(c, in.System) })
	web.Operate(a, web.Op{Method: "GET", Path: "/purchases/{purchase}/annex/own", Action: "procurement.Annex", ID: "list-own-purchase", Tag: tag, Text: "procurement.api-list-own"}, func(c *web.Context, in *apiOfPurchase) (*apiOwnOut, error) { return p.answerOwn(c, in.ref()) })
	web.Operate(a, web.Op{Method: "POST", Path: "/systems/{system}/annex/own", Action: "procurement.AddOwn", ID: "add-own-system", Tag: tag, Text: "procurement.api-add-own", Status: http.StatusCreated}, func(c *web.Context, in *struct {
		system.APIRef
		Body APIOwnFields
	},
	) (*apiOwnOut, error) {
		return p.answerAddOwn(c, in.System, &in.Body)
	})
	web.Operate(a, web.Op{Method: "POST", Path: "/purchases/{purchase}/annex/own", Action: "procurement.AddOwn", ID: "add-own-purchase", Tag: tag, Text: "procurement.api-add-own", Status: http.StatusCreated}, func(c *web.Context, in *struct {
		APIPurchaseRef
		Body APIOwnFields
	},
	) (*apiOwnOut, error) {
		return p.answerAddOwn(c, in.ref(), &in.Body)
	})
	web.Operate(a, web.Op{Method: "POST", Path: "/systems/{system}/annex/own/{row}/removal", Action: "procurement.RemoveOwn", ID: "remove-own-system", Tag: tag, Text: "procurement.api-remove-own"}, func(c *web.Context, in *struct {
		system.APIRef
		APIRemoval
	},
	) (*apiOwnOut, error) {
		return p.answerRemoveOwn(c, in.System, &in.APIRemoval)
	})
	web.Operate(a, web.Op{Method: "POST", Path: "/purchases/{purchase}/annex/own/{row}/removal", Action: "procurement.RemoveOwn", ID: "remove-own-purchase", Tag: tag, Text: "procurement.api-remove-own"}, func(c *web.Context, in *struct {
		APIPurchaseRef
		APIRemoval
	},
	) (*apiOwnOut, error) {
		return p.answerRemoveOwn(c, in.ref(), &in.APIRemoval)
	})
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/annex/versions", Action: "procurement.Versions", ID: "list-versions-system", Tag: tag, Text: "procurement.api-list-versions"}, func(c *web.Context, in *apiOfSystem) (*apiVersionsOut, error) {
		return p.answerVersions(c, in.System)
	})
	web.Operate(a, web.Op{Method: "GET", Path: "/purchases/{purchase}/annex/versions", Action: "procurement.Versions", ID: "list-versions-purchase", Tag: tag, Text: "procurement.api-list-versions"}, func(c *web.Context, in *apiOfPurchase) (*apiVersionsOut, error) {
		return p.answerVersions(c, in.ref())
	})
	web.Operate(a, web.Op{Method: "POST", Path: "/systems/{system}/annex/versions", Action: "procurement.Freeze", ID: "freeze-system", Tag: tag, Text: "procurement.api-freeze-annex", Status: http.StatusCreated}, func(c *web.Context, in *system.APIRef) (*apiVersionOut, error) { return p.freezeAnnex(c, in.System) })
	web.Operate(a, web.Op{Method: "POST", Path: "/purchases/{purchase}/annex/versions", Action: "procurement.Freeze", ID: "freeze-purchase", Tag: tag, Text: "procurement.api-freeze-annex", Status: http.StatusCreated}, func(c *web.Context, in *APIPurchaseRef) (*apiVersionOut, error) { return p.freezeAnnex(c, in.ref()) })
}

// apiOfSystem and apiOfPurchase ask for a page of what belongs to an annex.
type (
	apiOfSystem struct {
		system.APIRef
		web.APIPaging
	}
	apiOfPurchase struct {
		APIPurchaseRef
		web.APIPaging
	}
)

// APIRemoval takes a row out of an annex.
type APIRemoval struct {
	Row  string `path:"row" maxLength:"100" doc:"The row's id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why it is taken out; it is kept"`
	}
}

// APIOwnFields is a requirement of the organisation's own.
type APIOwnFields struct {
	Text   string `json:"text" minLength:"1" maxLength:"1000"`
	Verify string `json:"verify,omitempty" maxLength:"1000" doc:"How a tender is checked"`
	Must   bool   `json:"must" doc:"Shall; false is should"`
}

type apiOwn struct {
	ID string `json:"id"`
	APIOwnFields
	Removed bool   `json:"removed"`
	Reason  string `json:"reason,omitempty" doc:"Why it was removed"`
}

type apiOwnOut struct {
	Body struct {
		Items []apiOwn `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) answerOwn(c *web.Context, ref string) (*apiOwnOut, error) {
	_, annex, err := p.Service.Annex(c.Context(), c.Actor, ref, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiOwnOut{}
	out.Body.Items = []apiOwn{}
	for i := range annex.Own {
		o := &annex.Own[i]
		out.Body.Items = append(out.Body.Items, apiOwn{o.ID.String(), APIOwnFields{o.Text, o.Verify, o.Must}, o.Removed, o.Reason})
	}
	return out, nil
}

func (p *API) answerAddOwn(c *web.Context, ref string, in *APIOwnFields) (*apiOwnOut, error) {
	err := p.Service.AddOwn(c.Context(), c.Actor, ref, c.L, Own{Text: in.Text, Verify: in.Verify, Must: in.Must})
	if errors.Is(err, ErrText) {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "procurement.fault-own-text", Err: err}
	}
	if err != nil {
		return nil, err
	}
	return p.answerOwn(c, ref)
}

func (p *API) answerRemoveOwn(c *web.Context, ref string, in *APIRemoval) (*apiOwnOut, error) {
	if err := p.Service.RemoveOwn(c.Context(), c.Actor, ref, c.L, Own{ID: ids.ID[Own](in.Row), Reason: in.Body.Reason}); err != nil {
		return nil, err
	}
	return p.answerOwn(c, ref)
}

type apiVersion struct {
	Number int       `json:"number"`
	Hash   string    `json:"hash" doc:"Names exactly this selection of these texts"`
	By     string    `json:"by,omitempty" doc:"The name of who made it"`
	At     time.Time `json:"at"`
	Rows   int       `json:"rows"`
}

func apiVersionOf(v *Version, people map[string]string) apiVersion {
	return apiVersion{v.Number, v.Hash, people[v.By], v.At.UTC(), len(v.Lines)}
}

type apiVersionOut struct{ Body apiVersion }

type apiVersionsOut struct {
	Body struct {
		Items []apiVersion `json:"items" nullable:"false" doc:"The newest first"`
		web.APIPage
		Hash string `json:"hash" doc:"Of the annex as it stands"`
	}
}

func (p *API) answerVersions(c *web.Context, ref string) (*apiVersionsOut, error) {
	kept, err := p.Service.Versions(c.Context(), c.Actor, ref, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiVersionsOut{}
	out.Body.Items, out.Body.Hash = []apiVersion{}, kept.Hash
	for i := range kept.Versions {
		out.Body.Items = append(out.Body.Items, apiVersionOf(&kept.Versions[i], kept.People))
	}
	return out, nil
}

func (p *API) freezeAnnex(c *web.Context, ref string) (*apiVersionOut, error) {
	v, err := p.Service.Freeze(c.Context(), c.Actor, ref, c.L)
	if err != nil {
		return nil, err
	}
	if v.Number == 0 {
		return nil, &web.Error{Status: http.StatusConflict, Key: "procurement.api-stopped"}
	}
	return &apiVersionOut{apiVersionOf(&v, nil)}, nil
}
