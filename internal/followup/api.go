// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"net/http"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/web"
)

// API is the indicators for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "followup.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/indicators", Action: "followup.List", ID: "list-indicators", Tag: tag, Text: "followup.api-list"}, p.answerList)
	web.Operate(a, web.Op{
		Method: "POST", Path: "/indicators/snapshot", Action: "followup.Snapshot", ID: "take-indicators", Tag: tag, Text: "followup.api-take", Status: http.StatusNoContent,
	}, p.answerTake)
}

type apiValue struct {
	Indicator   string     `json:"indicator"`
	Definition  int        `json:"definition" doc:"The version of how it is counted"`
	Series      string     `json:"series" doc:"How it is known"`
	Numerator   int64      `json:"numerator"`
	Denominator int64      `json:"denominator"`
	Unknown     int64      `json:"unknown"`
	On          civil.Date `json:"on" format:"date"`
	Now         bool       `json:"now" doc:"As it stands; else as it was when it was taken down"`
}

type apiValuesOut struct {
	Body struct {
		Items []apiValue `json:"items" nullable:"false" doc:"By day, and last as it stands"`
		web.APIPage
	}
}

// apiPageSize is how many values a page has.
const apiPageSize = 500

func (p *API) answerList(c *web.Context, in *struct {
	Indicator string `query:"indicator" maxLength:"100"`
	Series    string `query:"series" maxLength:"40"`
	web.APIPaging
},
) (*apiValuesOut, error) {
	st, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	var all []apiValue
	add := func(v *Value, on civil.Date, now bool) {
		if in.Indicator != "" && in.Indicator != v.Indicator || in.Series != "" && in.Series != v.Series.String() {
			return
		}
		all = append(all, apiValue{v.Indicator, v.Definition, v.Series.String(), v.Numerator, v.Denominator, v.Unknown, on, now})
	}
	for i := range st.Points {
		add(&st.Points[i].Value, st.Points[i].On, false)
	}
	for i := range st.Values {
		add(&st.Values[i], st.Today, true)
	}
	out := &apiValuesOut{}
	out.Body.APIPage = web.PageOf(in.Page, apiPageSize, len(all))
	from, to := out.Body.Span()
	out.Body.Items = append([]apiValue{}, all[from:to]...)
	return out, nil
}

func (p *API) answerTake(c *web.Context, _ *struct{}) (*struct{}, error) {
	return nil, p.Service.Snapshot(c.Context(), c.Actor)
}
