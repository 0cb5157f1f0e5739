// SPDX-License-Identifier: EUPL-1.2

package procurement_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/webtest"
)

// buy adds a planned purchase through its form and gives its page.
func buy(t *testing.T, w *world, types []string, level string) *webtest.Page {
	t.Helper()
	form := open(t, w, "/upphandling/ny", http.StatusOK)
	webtest.CheckDOM(t, form.Doc)
	values := url.Values{"namn": {"Ny e-tjänst för bistånd"}, "typ": types}
	if level != "" {
		for a := range catalogue.Aspect(catalogue.NumAspects) {
			if form.Has("#niva-" + a.String()) {
				values.Set("niva-"+a.String(), level)
			}
		}
	}
	page := w.client.Submit(form, "main form", values)
	if page.Status != http.StatusOK || page.Text("main h1") != "Ny e-tjänst för bistånd" {
		t.Fatalf("save: got %d %q, want the purchase's page", page.Status, page.Text("main h1"))
	}
	webtest.CheckDOM(t, page.Doc)
	return page
}

// idOf is the id in the address of a purchase's page.
func idOf(t *testing.T, p *webtest.Page) ids.ID[procurement.Purchase] {
	t.Helper()
	for _, f := range p.All("form[method=post]") {
		if _, rest, ok := strings.Cut(webtest.Attr(f, "action"), "/upphandling/"); ok {
			id, _, _ := strings.Cut(rest, "?")
			id, _, _ = strings.Cut(id, "/")
			return ids.ID[procurement.Purchase](id)
		}
	}
	t.Fatal("the page has no form of the purchase")
	return ""
}

func TestPurchaseFromNothingToASystem(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 1)
		page := buy(t, w, []string{"eb-ansokan"}, "3")
		id := idOf(t, page)
		ref := procurement.PurchaseRef + id.String()
		_, before, err := w.service.Annex(t.Context(), w.actor, ref, w.texts.In("sv"))
		must(t, err)
		if before.Shall == 0 {
			t.Fatal("no requirement follows from the information and the need")
		}

		// A lower need asks for less, and a weight of one's own stands.
		included := before.Included()
		var shall procurement.Row
		for _, r := range included {
			if r.Mandatory() {
				shall = r
				break
			}
		}
		must(t, w.service.Choose(t.Context(), w.actor, ref, w.texts.In("sv"), []procurement.Choice{{Requirement: shall.ID, Included: true, Weight: procurement.Should}}))
		_, weighed, err := w.service.Annex(t.Context(), w.actor, ref, w.texts.In("sv"))
		must(t, err)
		if weighed.Shall != before.Shall-1 || weighed.Should != before.Should+1 {
			t.Errorf("a shall made should: got %d and %d, want %d and %d", weighed.Shall, weighed.Should, before.Shall-1, before.Should+1)
		}

		// Leaving out takes a reason, and so does removing a requirement of one's own.
		var bare *procurement.ReasonError
		if err := w.service.Choose(t.Context(), w.actor, ref, w.texts.In("sv"), []procurement.Choice{{Requirement: shall.ID}}); !errors.As(err, &bare) {
			t.Errorf("leave out without a reason: got %v, want that it takes one", err)
		}
		page = open(t, w, "/upphandling/"+id.String(), http.StatusOK)
		own := w.client.Submit(page, "form[action$=/egna]", url.Values{"text": {"Leverantören ska ha jour på svenska."}, "weight": {"shall"}})
		if own.Status != http.StatusOK || !strings.Contains(own.Text("section[aria-labelledby=own]"), "jour på svenska") {
			t.Fatalf("add an own requirement: got %d, want it on the page", own.Status)
		}
		first, err := w.service.Freeze(t.Context(), w.actor, ref, w.texts.In("sv"))
		must(t, err)
		if again, err := w.service.Freeze(t.Context(), w.actor, ref, w.texts.In("sv")); err != nil || again.Number != first.Number {
			t.Errorf("keep what has not changed: got version %d, %v; want %d", again.Number, err, first.Number)
		}
		silent := w.client.Submit(own, ".kr.pick form", url.Values{"skal": {""}})
		if silent.Status != http.StatusUnprocessableEntity {
			t.Errorf("remove an own requirement without a reason: got %d, want 422", silent.Status)
		}
		removed := w.client.Submit(own, ".kr.pick form", url.Values{"skal": {"Ingår i avtalet."}})
		if removed.Status != http.StatusOK || !strings.Contains(removed.Body, "Ingår i avtalet.") {
			t.Errorf("remove with a reason: got %d, want the reason kept", removed.Status)
		}
		second, err := w.service.Freeze(t.Context(), w.actor, ref, w.texts.In("sv"))
		must(t, err)
		if second.Number != first.Number+1 || second.Hash == first.Hash {
			t.Errorf("after a change: got version %d with %s, want another than %d with %s", second.Number, second.Hash, first.Number, first.Hash)
		}
		compared := open(t, w, "/upphandling/"+id.String()+"/versioner?fran=1&till=2", http.StatusOK)
		webtest.CheckDOM(t, compared.Doc)
		if got := compared.Text("#borta"); !strings.Contains(got, "Ett krav") || !strings.Contains(compared.Body, "jour på svenska") {
			t.Errorf("compare: got %q, want the requirement that is gone", got)
		}

		w.becomes(t, id, &weighed, []procurement.Version{second, first})
	})
}

// becomes makes a system of a purchase, which keeps everything, and can be done once.
func (w *world) becomes(t *testing.T, id ids.ID[procurement.Purchase], weighed *procurement.Annex, want []procurement.Version) {
	t.Helper()
	sys, err := w.service.MakeSystem(t.Context(), w.actor, id)
	must(t, err)
	v, after, err := w.service.Annex(t.Context(), w.actor, sys.Slug, w.texts.In("sv"))
	must(t, err)
	if v.System.State != "planned" || len(v.System.Information) != 1 || after.Shall != weighed.Shall || after.Should != weighed.Should || len(after.Own) != 1 {
		t.Errorf("the system: state %s, %d information, %d shall, %d should, %d own; want what the purchase had", v.System.State, len(v.System.Information), after.Shall, after.Should, len(after.Own))
	}
	kept, err := w.service.Versions(t.Context(), w.actor, sys.Slug, w.texts.In("sv"))
	must(t, err)
	if len(kept.Versions) != 2 || kept.Versions[1].Hash != want[1].Hash || len(kept.Versions[1].Lines) != len(want[1].Lines) {
		t.Errorf("versions of the system: got %d, want the purchase's two", len(kept.Versions))
	}
	if _, err := w.service.MakeSystem(t.Context(), w.actor, id); !errors.Is(err, procurement.ErrBought) {
		t.Errorf("once more: got %v, want %v", err, procurement.ErrBought)
	}
	if list := open(t, w, "/upphandling", http.StatusOK); strings.Contains(list.Text("section[aria-labelledby=planned] ul"), "Ny e-tjänst") {
		t.Error("what has become a system is still listed as planned")
	}
}

func TestPurchaseRefuses(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 1)
	save := func(p procurement.Purchase) error {
		_, err := w.service.SavePurchase(t.Context(), w.actor, p)
		return err
	}
	made, err := w.service.SavePurchase(t.Context(), w.actor, procurement.Purchase{Name: "A"})
	must(t, err)
	for name, tc := range map[string]struct {
		p    procurement.Purchase
		want error
	}{
		"no name":            {procurement.Purchase{Name: "  "}, procurement.ErrName},
		"a type that is not": {procurement.Purchase{Name: "B", Types: []string{"finns-inte"}}, procurement.ErrType},
		"a unit that is not": {procurement.Purchase{Name: "B", UnitID: "x"}, procurement.ErrUnit},
		"no such level":      {procurement.Purchase{Name: "B", Levels: map[catalogue.Aspect]int{0: 17}}, procurement.ErrLevel},
		"one that is gone":   {procurement.Purchase{ID: "borta", Name: "B", Version: 1}, db.ErrNotFound},
		"an old version":     {procurement.Purchase{ID: made.ID, Name: "B", Version: 7}, db.ErrConflict},
	} {
		if err := save(tc.p); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
	stop := procurement.Purchase{Name: "B", Levels: map[catalogue.Aspect]int{0: 4}}
	if err := save(stop); !errors.Is(err, procurement.ErrStop) {
		t.Errorf("a level that stops: got %v, want %v", err, procurement.ErrStop)
	}
	must(t, w.service.RemovePurchase(t.Context(), w.actor, made.ID))
	if _, err := w.service.Purchase(t.Context(), w.actor, made.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("after it is removed: got %v, want %v", err, db.ErrNotFound)
	}
}

func TestCompare(t *testing.T) {
	a := []procurement.Line{{ID: "1", Version: 1, Must: true}, {ID: "2", Version: 1}, {ID: "3", Version: 1}}
	b := []procurement.Line{{ID: "1", Version: 1}, {ID: "3", Version: 1}, {ID: "4", Version: 1}}
	gone, fresh, changed := procurement.Compare(a, b)
	if len(gone) != 1 || gone[0].Before.ID != "2" || len(fresh) != 1 || fresh[0].After.ID != "4" || len(changed) != 1 || changed[0].After.ID != "1" {
		t.Errorf("got %d gone, %d new, %d changed; want 2 gone, 4 new and 1 changed", len(gone), len(fresh), len(changed))
	}
}
