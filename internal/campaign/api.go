// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"strconv"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/web"
)

// API is what came of campaigns, and the year, for programs. People lead, answer and sign.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "campaign.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/campaigns", Action: "campaign.List", ID: "list-campaigns", Tag: tag, Text: "campaign.api-list"}, p.list)
	web.Operate(a, web.Op{Method: "GET", Path: "/campaigns/{campaign}", Action: "campaign.Open", ID: "get-campaign", Tag: tag, Text: "campaign.api-get"}, p.get)
	web.Operate(a, web.Op{Method: "GET", Path: "/year", Action: "campaign.Wheel", ID: "get-year", Tag: tag, Text: "campaign.api-year"}, p.year)
}

type apiCampaign struct {
	ID        string     `json:"id"`
	Number    int64      `json:"number"`
	Version   int64      `json:"version"`
	Name      string     `json:"name"`
	Round     string     `json:"round" enum:"yearly,quarterly"`
	Year      int64      `json:"year"`
	Quarter   int64      `json:"quarter,omitempty"`
	Deadline  civil.Date `json:"deadline" format:"date"`
	Questions string     `json:"questions" doc:"The version of the questions"`
	Sent      bool       `json:"sent"`
	Hash      string     `json:"hash,omitempty" doc:"SHA-256 of what was signed; empty while it is not frozen"`
	Sheets    int        `json:"sheets"`
	HandedIn  int        `json:"handed_in"`
}

type apiTally struct {
	Known   int `json:"known" doc:"How many of the others nobody had to be asked for"`
	Good    int `json:"good"`
	Part    int `json:"part"`
	Bad     int `json:"bad"`
	Told    int `json:"told"`
	Unknown int `json:"unknown"`
	Missing int `json:"missing"`
}

type apiResult struct {
	Question string `json:"question"`
	Text     string `json:"text"`
	apiTally
}

func apiOf(c *Campaign, s *Summary) apiCampaign {
	return apiCampaign{
		ID: c.ID.String(), Number: c.Number, Version: c.Version, Name: c.Name, Round: string(c.Round), Year: c.Year, Quarter: c.Quarter, Deadline: c.Deadline,
		Questions: c.Catalogue, Sent: !c.Sent.IsZero(), Hash: c.Hash, Sheets: s.Sheets, HandedIn: s.HandedIn,
	}
}

type apiListOut struct {
	Body struct {
		Items []apiCampaign `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) list(c *web.Context, _ *web.APIPaging) (*apiListOut, error) {
	l, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items = []apiCampaign{}
	for i := range l.Rows {
		out.Body.Items = append(out.Body.Items, apiOf(&l.Rows[i].Campaign, &l.Rows[i].Summary))
	}
	return out, nil
}

type apiCampaignOut struct {
	Body struct {
		apiCampaign
		Results []apiResult `json:"results" nullable:"false"`
	}
}

func (p *API) get(c *web.Context, in *struct {
	Campaign string `path:"campaign" maxLength:"100" doc:"The number or the id; a number is its latest version"`
},
) (*apiCampaignOut, error) {
	v, err := p.Service.Open(c.Context(), c.Actor, in.Campaign)
	if err != nil {
		return nil, err
	}
	out := &apiCampaignOut{}
	out.Body.apiCampaign, out.Body.Results = apiOf(&v.Campaign, &v.Summary), []apiResult{}
	for i := range v.Results {
		r := &v.Results[i]
		out.Body.Results = append(out.Body.Results, apiResult{
			r.Question.ID, r.Question.Text.In(lang(c)), apiTally{r.Known, r.Good, r.Tally.Part, r.Bad, r.Told, r.Unknown, r.Missing},
		})
	}
	return out, nil
}

type apiItem struct {
	Sort  string     `json:"sort"`
	Text  string     `json:"text"`
	Count int        `json:"count"`
	Due   civil.Date `json:"due" format:"date"`
	Done  civil.Date `json:"done,omitzero" format:"date"`
}

type apiYearOut struct {
	Body struct {
		Year  string    `json:"year"`
		Items []apiItem `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) year(c *web.Context, in *struct {
	Year int64 `query:"year" minimum:"0" maximum:"9999" doc:"0 is this year"`
	web.APIPaging
},
) (*apiYearOut, error) {
	w, err := p.Service.Wheel(c.Context(), c.Actor, in.Year)
	if err != nil {
		return nil, sorry(err)
	}
	out := &apiYearOut{}
	out.Body.Year, out.Body.Items = strconv.FormatInt(w.Year, 10), []apiItem{}
	for i := range w.Months {
		for n := range w.Months[i].Items {
			it := &w.Months[i].Items[n]
			out.Body.Items = append(out.Body.Items, apiItem{string(it.Sort), Title(c.L, it), max(1, it.Count), it.Due, it.Done})
		}
	}
	return out, nil
}
