// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/web"
)

// keysPage lists whose submissions are taken.
type keysPage struct {
	web.Page
	Keys              []keyRow
	Waits             []approval.Told
	CanAsk            bool
	Long              bool // there are more keys than anybody reads through
	Municipality, Key web.Field
	Reason            web.Field
}

// keysAtOnce is how many keys are shown without being asked for.
const keysAtOnce = 25

type keyRow struct{ Name, Code, Verifier string }

func (p *Pages) keys(c *web.Context) error { return p.showKeys(c, KeyChange{}, "", nil) }

func (p *Pages) showKeys(c *web.Context, change KeyChange, reason string, faults []web.FieldError) error {
	list, waits, err := p.Service.Keys(c.Context(), c.Actor, c.L)
	if err != nil {
		return err
	}
	out := keysPage{
		Page: web.Page{Title: c.L.T("national.keys-title"), Active: "administration", Errors: faults}, Waits: waits, CanAsk: access.Allowed(c.Actor, "national.AskKey"),
		Municipality: p.municipalities(c, change.Municipality), Key: web.Field{Name: "nyckel", Label: c.L.T("national.keys-key"), Value: change.Verifier, Hint: c.L.T("national.keys-hint")},
		Reason: web.Field{Name: "skal", Label: c.L.T("national.keys-reason"), Value: reason},
	}
	for _, k := range list {
		out.Keys = append(out.Keys, keyRow{p.Service.nameOf(k.Municipality), k.Municipality, k.Verifier})
	}
	out.Long = len(out.Keys) > keysAtOnce
	for i := range faults {
		for _, f := range []*web.Field{&out.Municipality, &out.Key, &out.Reason} {
			if f.Name == faults[i].Field {
				f.Error = c.L.T(faults[i].Key)
			}
		}
	}
	return c.Render(pages, "keys.html", out)
}

// municipalities is the choice of a municipality.
func (p *Pages) municipalities(c *web.Context, chosen string) web.Field {
	f := web.Field{Name: "kommun", Type: "select", Label: c.L.T("national.municipality"), Value: chosen, Options: []web.Option{{Label: c.L.T("national.choose")}}}
	for i := range p.Service.Engine.Catalogue.Municipalities {
		m := &p.Service.Engine.Catalogue.Municipalities[i]
		f.Options = append(f.Options, web.Option{Value: m.Code, Label: m.Name})
	}
	return f
}

func (p *Pages) askKey(c *web.Context) error {
	change := KeyChange{Registered{c.Form("kommun"), strings.TrimSpace(c.Form("nyckel"))}}
	reason := c.Form("skal")
	err := p.Service.AskKey(c.Context(), c.Actor, change, reason)
	fault := func(field, key string) error {
		return p.showKeys(c, change, reason, []web.FieldError{{Field: field, Key: key}})
	}
	switch {
	case errors.Is(err, approval.ErrReason):
		return fault("skal", "national.keys-no-reason")
	case errors.Is(err, ErrMunicipality):
		return fault("kommun", "national.keys-no-municipality")
	case errors.Is(err, ErrSameKey) || errors.Is(err, approval.ErrSame):
		return fault("nyckel", "national.keys-same")
	case errors.Is(err, ErrVerifier):
		return fault("nyckel", "national.keys-no-key")
	case err != nil:
		return err
	}
	return c.Redirect(KeysPath, c.L.T("national.keys-asked"))
}

// sharingPage is what the organisation has said about its own figures.
type sharingPage struct {
	web.Page
	Sharing
	Municipality, Size web.Field
	CanSet             bool
	// Version is of what stood when the page was shown.
	Version int64
}

func (p *Pages) sharing(c *web.Context) error {
	x, err := p.Service.Sharing(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	return p.showSharing(c, x, x.Version(), nil)
}

func (p *Pages) showSharing(c *web.Context, x Sharing, version int64, faults []web.FieldError) error {
	out := sharingPage{
		Page:    web.Page{Title: c.L.T("national.sharing-title"), Active: Menu, Errors: faults, Crumbs: []web.Crumb{{Label: c.L.T("national.title"), Href: Place}}},
		Sharing: x, Version: version, Municipality: p.municipalities(c, x.Municipality), CanSet: access.Allowed(c.Actor, "national.SetSharing"),
		Size: web.Field{Name: "storlek", Type: "select", Label: c.L.T("national.size"), Value: x.Size, Options: []web.Option{{Label: c.L.T("national.choose")}}},
	}
	for _, s := range Sizes {
		out.Size.Options = append(out.Size.Options, web.Option{Value: s, Label: c.L.T("national.size-" + s)})
	}
	if len(faults) > 0 && faults[0].Field != "" {
		out.Municipality.Error = c.L.T(faults[0].Key)
	}
	return c.Render(pages, "sharing.html", out)
}

func (p *Pages) setSharing(c *web.Context) error {
	x := Sharing{
		Municipality: c.Form("kommun"), Size: c.Form("storlek"), Share: c.Form("lamna") == "ja", Shown: c.Form("visa") == "ja", Receive: c.Form("ta-emot") == "ja",
		Concentration: c.Form("beroenden") == "ja",
	}
	from, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		from = AnyVersion - 1 // a form without its version has seen nothing, and clashes with whatever there is
	}
	switch err = p.Service.SetSharing(c.Context(), c.Actor, x, from); {
	case errors.Is(err, ErrNoMunicipality):
		return p.showSharing(c, x, from, []web.FieldError{{Field: "kommun", Key: "national.sharing-no-municipality"}})
	case errors.Is(err, ErrSharingChanged):
		return p.sharingClash(c, x)
	case err != nil:
		return err
	}
	return c.Redirect(SharingPath, "national.sharing-saved")
}

// sharingClash shows what somebody wanted to say beside what somebody else has said meanwhile. Saved once more, it stands.
func (p *Pages) sharingClash(c *web.Context, x Sharing) error {
	now, err := p.Service.Sharing(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	yes := func(b bool) string { return c.L.T(map[bool]string{true: "national.yes", false: "national.no"}[b]) }
	return p.showSharing(c, x, now.Version(), []web.FieldError{{Key: "national.sharing-changed", Args: []any{
		"Share", yes(now.Share), "Shown", yes(now.Shown), "Receive", yes(now.Receive), "Depends", yes(now.Concentration),
	}}})
}

// previewPage is exactly what would leave.
type previewPage struct {
	web.Page
	Period      web.Field
	Body, Fault string
	Figures     []figureRow
}

type figureRow struct{ Name, Series, Value string }

func (p *Pages) preview(c *web.Context) error {
	period, err := ParsePeriod(c.Query("period"))
	if err != nil {
		period = LastCompleted(civilToday(p.Service))
	}
	out := previewPage{Page: web.Page{
		Title: c.L.T("national.preview-title", "Period", periodName(c.L, period)), Active: Menu,
		Crumbs: []web.Crumb{{Label: c.L.T("national.title"), Href: Place}, {Label: c.L.T("national.sharing-title"), Href: SharingPath}},
	}, Period: p.periods(c, period)}
	x, err := p.Service.Preview(c.Context(), c.Actor, Draft{Period: period})
	switch {
	case errors.Is(err, ErrNoMunicipality):
		out.Fault = c.L.T("national.preview-no-municipality")
	case errors.Is(err, ErrNoFigures), errors.Is(err, ErrFuture):
		out.Fault = c.L.T("national.preview-nothing")
	case err != nil:
		return err
	default:
		out.Body = x.Text()
		for i := range x.Indicators {
			f := &x.Indicators[i]
			name := f.Indicator
			if ind, ok := p.Service.Engine.Catalogue.Indicator(f.Indicator); ok {
				name = ind.Name.In(catalogue.Lang(c.L.Lang))
			}
			out.Figures = append(out.Figures, figureRow{
				name, c.L.T("national.series-" + f.Series),
				c.L.T("national.figure", "Numerator", f.Numerator, "Denominator", f.Denominator, "Unknown", f.Unknown),
			})
		}
	}
	return c.Render(pages, "preview.html", out)
}

// periods is the choice between the last quarters and years that have ended, and the one that is shown.
func (p *Pages) periods(c *web.Context, shown Period) web.Field {
	today := civilToday(p.Service)
	var list []Period
	for at := LastCompleted(today); len(list) < 4; at = LastCompleted(at.Begin()) {
		list = append(list, at)
	}
	list = append(list, Period{Year: today.Year - 1}, Period{Year: today.Year - 2})
	if !slices.Contains(list, shown) {
		list = append(list, shown)
	}
	f := web.Field{Name: "period", Value: shown.String()}
	for _, at := range list {
		f.Options = append(f.Options, web.Option{Value: at.String(), Label: periodName(c.L, at)})
	}
	return f
}

func civilToday(s *Service) civil.Date { return civil.Of(s.DB.Now()) }
