// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"maps"
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// API is the state of the organisation for programs.
type API struct {
	Overview *Service
	// Systems says what depends on what.
	Systems *system.Service
}

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	web.Operate(a, web.Op{Method: "GET", Path: "/systems", Action: "overview.List", ID: "list-systems", Tag: "system.api", Text: "overview.api-list"}, p.list)
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}", Action: "overview.System", ID: "get-system", Tag: "system.api", Text: "overview.api-system"}, p.system)
	p.routesOfCatalogue(a)
	p.routesOfSuppliers(a)
	p.routesOfOwn(a)
	p.routesOfDependencies(a)
}

// The words of the API for what stands in Swedish in addresses.
var (
	apiStandings = map[string]string{
		"classified": string(Classified), "expired": string(Expired), "draft": string(Draft), "suggested": string(Suggested),
		"unclassified": string(Unclassified), "stopped": string(Stopped), "expiring": Expiring,
	}
	apiRequirements = map[string]string{
		"met": WithMet, "partly": WithPartly, "not-met": WithNotMet, "unknown": WithUnknown, "not-applicable": WithNotApplicable,
	}
	apiAsks = map[string]string{"security-protection": AskProtection, "empty": AskEmpty, "unowned": AskUnowned, "late-actions": AskLate}
)

// apiWord gives the API's word for one that stands in addresses.
func apiWord(words map[string]string, address string) string {
	for _, w := range slices.Sorted(maps.Keys(words)) {
		if words[w] == address {
			return w
		}
	}
	return ""
}

// APIFilter narrows the list as the page does.
type APIFilter struct {
	Text         string `query:"q" maxLength:"200" doc:"Part of the name, the unit or the supplier"`
	Unit         string `query:"unit" maxLength:"100" doc:"The id of a unit, or missing"`
	Standing     string `query:"standing" enum:"classified,expired,draft,suggested,unclassified,stopped,expiring" doc:"Where the classification stands"`
	State        string `query:"state" enum:"planned,in-use,phasing-out,retired,unknown"`
	Level        int    `query:"level" minimum:"0" maximum:"99" doc:"The least level that some aspect must have"`
	Aspect       string `query:"aspect" enum:"confidentiality,integrity,availability,traceability" doc:"With step: the aspect that must have exactly that step"`
	Step         string `query:"step" enum:"negligible,moderate,significant,serious,unknown"`
	Requirements string `query:"requirements" enum:"met,partly,not-met,unknown,not-applicable" doc:"With at least one requirement of that status"`
	Owner        string `query:"owner" enum:"missing" doc:"Systems that nobody owns"`
	Ask          string `query:"ask" enum:"security-protection,empty,unowned,late-actions"`
	Sort         string `query:"sort" enum:"name,need" default:"name"`
}

func (f *APIFilter) filter(page int) Filter {
	out := Filter{
		Text: f.Text, Unit: f.Unit, Standing: apiStandings[f.Standing], State: f.State, Level: f.Level, Requirements: apiRequirements[f.Requirements],
		Ask: apiAsks[f.Ask], ByLevel: f.Sort == "need", Page: page,
	}
	if f.Unit == "missing" {
		out.Unit = Missing
	}
	if f.Owner == "missing" {
		out.Owner = Missing
	}
	if f.Aspect != "" && f.Step != "" {
		aspect, _ := catalogue.ParseAspect(f.Aspect) // one of those that there are
		step, _ := catalogue.ParseStep(f.Step)       // unknown is none
		out.Aspect, out.Step = aspects[aspect], steps[step]
	}
	return out
}

// apiLevel is the need of one aspect.
type apiLevel struct {
	Level int    `json:"level"`
	Label string `json:"label" doc:"The level's name in the model"`
	Step  string `json:"step" doc:"How severe a harm is, on the scale that every model is mapped to"`
	Basis string `json:"basis" doc:"What the level rests on: decided, answer or suggestion"`
}

// apiTally counts requirements by how well they are met.
type apiTally struct {
	Met           int `json:"met"`
	Partly        int `json:"partly"`
	NotMet        int `json:"not_met"`
	NotApplicable int `json:"not_applicable"`
	DontKnow      int `json:"dont_know"`
	Unanswered    int `json:"unanswered"`
}

func apiTallyOf(t requirement.Tally) apiTally { return apiTally(t) }

// apiSum is one system in the list.
type apiSum struct {
	ID           string              `json:"id"`
	Slug         string              `json:"slug"`
	Name         string              `json:"name"`
	Unit         string              `json:"unit,omitempty"`
	OwnerRole    string              `json:"owner_role,omitempty"`
	Owner        string              `json:"owner,omitempty" doc:"The person who owns the system"`
	OwnerLeft    bool                `json:"owner_left,omitempty"`
	Standing     string              `json:"standing"`
	ValidUntil   civil.Date          `json:"valid_until,omitzero" format:"date"`
	Levels       map[string]apiLevel `json:"levels" doc:"By aspect; one that nobody knows is not there"`
	Requirements apiTally            `json:"requirements"`
	Late         int                 `json:"late_actions"`
	Unowned      int                 `json:"unowned" doc:"Requirements that are known not to be met and that nobody has taken on"`
}

type apiList struct {
	Items []apiSum `json:"items" nullable:"false"`
	web.APIPage
}

type apiListOut struct{ Body apiList }

func (p *API) list(c *web.Context, in *struct {
	APIFilter
	web.APIPaging
},
) (*apiListOut, error) {
	l, err := p.Overview.List(c.Context(), c.Actor, in.filter(in.Page))
	if err != nil {
		return nil, err
	}
	out := &apiListOut{Body: apiList{Items: []apiSum{}, APIPage: web.PageOf(l.Filter.Page, PageSize, l.Matching)}}
	lang := catalogue.Lang(c.L.Lang)
	for i := range l.Rows {
		s := &l.Rows[i]
		row := apiSum{
			ID: s.ID.String(), Slug: s.Slug, Name: s.Name, Unit: s.Unit, OwnerRole: s.OwnerRole, Owner: s.Owner, OwnerLeft: s.OwnerLeft,
			Standing: apiWord(apiStandings, string(s.Standing)), ValidUntil: s.ValidUntil, Levels: map[string]apiLevel{},
			Requirements: apiTallyOf(s.Tally), Late: s.Actions.Late, Unowned: s.Unowned,
		}
		for a, level := range s.Levels {
			if level.Known() {
				row.Levels[catalogue.Aspect(a).String()] = apiLevel{level.Value, level.Label.In(lang), level.Step.String(), string(level.Basis)}
			}
		}
		out.Body.Items = append(out.Body.Items, row)
	}
	return out, nil
}

// apiHeld is information that a system holds.
type apiHeld struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type,omitempty" doc:"The type of the catalogue; none for the organisation's own"`
	Confirmed bool   `json:"confirmed" doc:"False while it is only suggested"`
	Reason    string `json:"reason,omitempty"`
}

type apiOne struct {
	system.APISystem
	Information  []apiHeld           `json:"information" nullable:"false"`
	Levels       map[string]apiLevel `json:"levels" doc:"By aspect; one that nobody knows is not there"`
	Stopped      bool                `json:"stopped" doc:"With the security protection manager: nothing follows"`
	Requirements apiTally            `json:"requirements"`
	Laws         []string            `json:"laws" nullable:"false" doc:"The rules that concern the system, by id"`
	Responsible  map[string]string   `json:"responsible" doc:"The persons who answer for it, by how"`
}

type apiOneOut struct {
	ETag string `header:"ETag"`
	Body apiOne
}

func (p *API) system(c *web.Context, in *system.APIRef) (*apiOneOut, error) {
	one, err := p.Overview.System(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	v := &one.View
	out := &apiOneOut{ETag: web.ETag(v.System.Version), Body: apiOne{
		APISystem: system.APIOf(&v.System), Information: []apiHeld{}, Levels: map[string]apiLevel{}, Stopped: v.Need.Stop,
		Requirements: apiTallyOf(v.Tally), Laws: []string{}, Responsible: map[string]string{},
	}}
	for _, h := range v.System.Information {
		out.Body.Information = append(out.Body.Information, apiHeld{h.ID.String(), h.Name, h.TypeID, h.Confirmed, h.Reason})
	}
	for _, l := range v.Need.Levels {
		if l.Level.Step != catalogue.Unset || l.Level.Stop {
			out.Body.Levels[l.Aspect.String()] = apiLevel{l.Level.Value, l.Level.Label.In(catalogue.Lang(c.L.Lang)), l.Level.Step.String(), string(l.Basis)}
		}
	}
	for i := range v.Laws {
		out.Body.Laws = append(out.Body.Laws, v.Laws[i].ID)
	}
	for kind, r := range one.Responsible {
		out.Body.Responsible[kind] = r.Left
	}
	return out, nil
}
