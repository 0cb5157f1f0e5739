// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// The fields of the step. Ticks and searches stand in the address, so that a search keeps what is ticked without a script.
const (
	fieldTick   = "t"
	fieldSearch = "q"
	fieldArea   = "omrade"
	fieldOwn    = "eget-namn"
	ownPrefix   = "own:"
	factPrefix  = "eget-"
)

// How many types a search shows: more is a reason to search for something narrower. Before any search a few of the system's own
// activity are enough.
const (
	maxHits    = 40
	maxOffered = 10
)

// maxOwnName caps the name of the organisation's own information.
const maxOwnName = 200

// informationPage is the step where what the system holds is chosen.
type informationPage struct {
	guidePage
	Chosen, Hits []typeChoice
	Search       string
	Area         string
	Areas        []web.Option
	Found, Cut   int
	Searched     bool
	Total        int
	OwnName      web.Field
	OwnArea      web.Field
	OwnFacts     []web.Field
	OwnOpen      bool
}

// typeChoice is one information type to tick.
type typeChoice struct {
	Value, Name, Content string
	Area                 string
	Ticked               bool
	Tag                  web.Tag
	Reason               string
	Levels               web.KRTS
}

// informationInput gives what is ticked: what the address says after a search, else what the system holds, with the suggestions.
func (g *guide) informationInput() url.Values {
	query := g.Request.URL.Query()
	if query.Get("sok") != "" {
		out := url.Values{}
		for name, values := range query {
			for _, v := range values {
				out.Add(name, strings.TrimSpace(strings.ToValidUTF8(v, "")))
			}
		}
		return out
	}
	out := url.Values{}
	for _, h := range g.w.System.Information {
		out.Add(fieldTick, g.heldValue(&h))
	}
	for _, s := range g.suggestedTypes() {
		out.Add(fieldTick, s.Type.ID)
	}
	return out
}

// heldValue is the value of the box of what the system holds.
func (g *guide) heldValue(h *information.Held) string {
	if t, ok := h.Type(g.pages.Service.Catalogue); ok {
		return t.ID
	}
	return ownPrefix + h.ID.String()
}

// areas are the activities that the system is known to belong to.
func (g *guide) areas() []string {
	var out []string
	for _, f := range g.w.System.Facts {
		if f.Fact == "area" && !slices.Contains(out, f.Value) {
			out = append(out, f.Value)
		}
	}
	for i := range g.w.System.Information {
		if t, ok := g.w.System.Information[i].Type(g.pages.Service.Catalogue); ok && !slices.Contains(out, t.Area) {
			out = append(out, t.Area)
		}
	}
	return out
}

// suggestedTypes are those that the system's words point at, as long as nobody has said what it holds.
func (g *guide) suggestedTypes() []information.Suggestion {
	if len(g.w.System.Information) > 0 || g.pages.Index == nil {
		return nil
	}
	s := &g.w.System
	return information.Suggest(g.pages.Index, g.areas(), s.Name, s.Service, s.InformationNote)
}

func (g *guide) showInformation(values url.Values, faults []web.FieldError) error {
	page := informationPage{
		guidePage: g.page(faults), Search: values.Get(fieldSearch), Area: values.Get(fieldArea), Total: len(g.pages.Service.Catalogue.Types),
	}
	ticked := values[fieldTick]
	page.Chosen = g.chosenTypes(ticked)
	page.Searched = values.Get("sok") != ""
	if areas := g.areas(); !page.Searched && len(areas) > 0 {
		page.Area = areas[0]
	}
	page.Areas = g.areaOptions(g.L.T("classification.all-areas"))
	g.search(&page)
	g.ownForm(&page, values)
	return g.Render(templates, "step_information.html", page)
}

// chosenTypes lists what the system holds, what is suggested for it, and what else is ticked.
func (g *guide) chosenTypes(ticked []string) []typeChoice {
	var out []typeChoice
	seen := map[string]bool{}
	add := func(c typeChoice) {
		if !seen[c.Value] {
			seen[c.Value] = true
			c.Ticked = slices.Contains(ticked, c.Value)
			out = append(out, c)
		}
	}
	for i := range g.w.System.Information {
		h := &g.w.System.Information[i]
		t, ok := h.Type(g.pages.Service.Catalogue)
		if !ok {
			add(typeChoice{Value: g.heldValue(h), Name: h.Name, Content: g.ownContent(h), Tag: web.Neutral(g.L.T("classification.own"))})
			continue
		}
		c := g.typeChoice(t)
		if !h.Confirmed {
			c.Tag, c.Reason = web.Info(g.L.T("classification.suggested")), g.reason(h.Reason)
		}
		add(c)
	}
	for _, s := range g.suggestedTypes() {
		c := g.typeChoice(s.Type)
		c.Tag, c.Reason = web.Info(g.L.T("classification.suggested")), g.reason(s.Word)
		add(c)
	}
	for _, id := range ticked {
		if t, ok := g.pages.Service.Catalogue.InformationType(id); ok {
			add(g.typeChoice(t))
		}
	}
	return out
}

// reason says why a type is suggested: a word of the register, or a whole sentence as it was given.
func (g *guide) reason(why string) string {
	switch {
	case why == "":
		return ""
	case strings.ContainsRune(why, ' '):
		return why
	default:
		return g.L.T("classification.suggested-word", "Word", why)
	}
}

func (g *guide) ownContent(h *information.Held) string {
	var words []string
	for _, f := range h.Facts {
		if fact, ok := g.pages.Service.Catalogue.Vocabulary.Fact(f.Fact); ok {
			words = append(words, g.text(fact.Name)+": "+g.factLabel(fact, f.Value))
		}
	}
	return strings.Join(words, ", ")
}

func (g *guide) typeChoice(t *catalogue.InformationType) typeChoice {
	c := typeChoice{Value: t.ID, Name: g.text(t.Name), Content: g.text(t.Content), Area: g.area(t.Area)}
	for i := range g.w.Model.Aspects {
		a := &g.w.Model.Aspects[i]
		step := t.Levels[a.Aspect].Step
		c.Levels.Items = append(c.Levels.Items, web.KRTSItem{
			Letter: g.text(a.Letter), Name: g.text(a.Name), Level: g.box(a.ForStep(step), step != catalogue.Unset),
		})
	}
	return c
}

func (g *guide) area(id string) string {
	if f, ok := g.pages.Service.Catalogue.Vocabulary.Fact("area"); ok {
		return g.text(f.Label(id))
	}
	return id
}

func (g *guide) areaOptions(first string) []web.Option {
	out := []web.Option{{Label: first}}
	if f, ok := g.pages.Service.Catalogue.Vocabulary.Fact("area"); ok {
		for _, v := range f.Values {
			out = append(out, web.Option{Value: v, Label: g.text(f.Label(v))})
		}
	}
	return out
}

// search finds types by words and area. What is listed above already is left out.
func (g *guide) search(page *informationPage) {
	if page.Search == "" && page.Area == "" {
		return
	}
	listed := map[string]bool{}
	for _, c := range page.Chosen {
		listed[c.Value] = true
	}
	words := strings.Fields(locale.Fold(page.Search))
	var found []*catalogue.InformationType
	for i := range g.pages.Service.Catalogue.Types {
		t := &g.pages.Service.Catalogue.Types[i]
		if (page.Area == "" || t.Area == page.Area) && !listed[t.ID] && mentions(t, words) {
			found = append(found, t)
		}
	}
	locale.Sort(found, func(t *catalogue.InformationType) string { return g.text(t.Name) })
	show := maxHits
	if !page.Searched {
		show = maxOffered
	}
	page.Found = len(found)
	page.Cut = max(0, len(found)-show)
	for _, t := range found[:min(len(found), show)] {
		page.Hits = append(page.Hits, g.typeChoice(t))
	}
}

// mentions reports whether all words stand in what describes a type, in either language.
func mentions(t *catalogue.InformationType, words []string) bool {
	var b strings.Builder
	for _, s := range []catalogue.Text{t.Name, t.Content, t.Categories, t.FoundIn, t.Subjects} {
		b.WriteString(locale.Fold(s.SV + " " + s.EN + " "))
	}
	for _, w := range words {
		if !strings.Contains(b.String(), w) {
			return false
		}
	}
	return true
}

// ownFacts are the facts that can be stated about information, but for those with several values.
func (g *guide) ownFacts() []catalogue.Fact {
	var out []catalogue.Fact
	for _, f := range g.pages.Service.Catalogue.Vocabulary.Facts() {
		if slices.Contains(f.On, catalogue.OnInformation) && f.Form != catalogue.FormSet {
			out = append(out, f)
		}
	}
	return out
}

func (g *guide) ownForm(page *informationPage, values url.Values) {
	page.OwnName = web.Field{
		Name: fieldOwn, Label: g.L.T("classification.own-name"), Hint: g.L.T("classification.own-name-hint"), Value: values.Get(fieldOwn), Optional: true,
	}
	page.OwnArea = web.Field{
		Name: factPrefix + "area", Type: "select", Label: g.L.T("classification.own-area"), Value: values.Get(factPrefix + "area"),
		Options: g.areaOptions(g.L.T("classification.not-said")),
	}
	for _, f := range g.ownFacts() {
		field := web.Field{Name: factPrefix + f.ID, Type: "select", Label: g.text(f.Question), Value: values.Get(factPrefix + f.ID)}
		field.Options = append(field.Options, web.Option{Label: g.L.T("classification.not-said")})
		for _, v := range f.Values {
			field.Options = append(field.Options, web.Option{Value: v, Label: g.factLabel(&f, v)})
		}
		page.OwnFacts = append(page.OwnFacts, field)
	}
	page.OwnOpen = page.OwnName.Value != "" || len(page.Errors) > 0
}

// factLabel is the word of a value: the catalogue's own, or yes, no and unknown.
func (g *guide) factLabel(f *catalogue.Fact, value string) string {
	if _, ok := f.Labels[value]; !ok && g.L.Has("classification.value-"+value) {
		return g.L.T("classification.value-" + value)
	}
	return g.text(f.Label(value))
}

// saveInformation stores what is ticked, and the organisation's own. A save in the background leaves a half-written name be.
func (g *guide) saveInformation() error {
	chosen := g.ticked()
	if !g.Autosave() {
		own, faults := g.readOwn()
		if len(faults) > 0 {
			return g.showInformation(g.form(), faults)
		}
		if own != nil {
			chosen = append(chosen, Chosen{Own: own})
		}
	}
	err := g.pages.Service.SetInformation(g.Request.Context(), g.Actor, g.w.System.Slug, chosen)
	switch {
	case errors.Is(err, information.ErrNameTaken) && !g.Autosave(): // what is ticked has the facts it is stored with
		return g.showInformation(g.form(), []web.FieldError{{Field: fieldOwn, Key: "classification.fault-own-other"}})
	case err != nil:
		return err
	}
	if g.Autosave() {
		return g.Saved(g.pages.Service.DB.Now())
	}
	return g.next()
}

// ticked gives what is ticked, each once. What is neither of the library nor of the system is left out.
func (g *guide) ticked() []Chosen {
	var out []Chosen
	seen := map[string]bool{}
	for _, v := range g.Forms(fieldTick) {
		if seen[v] {
			continue
		}
		seen[v] = true
		if _, ok := g.pages.Service.Catalogue.InformationType(v); ok {
			out = append(out, Chosen{TypeID: v})
			continue
		}
		for i := range g.w.System.Information {
			if h := &g.w.System.Information[i]; g.heldValue(h) == v {
				out = append(out, Chosen{Own: &h.Information})
			}
		}
	}
	return out
}

// readOwn takes in the organisation's own information, if it has a name.
func (g *guide) readOwn() (*information.Information, []web.FieldError) {
	own := &information.Information{Name: strings.Join(strings.Fields(g.Form(fieldOwn)), " ")}
	stated := func(id, value string) []web.FieldError {
		if value == "" {
			return nil
		}
		canonical, err := g.pages.Service.Catalogue.Vocabulary.Check(id, value)
		if err != nil {
			return []web.FieldError{{Field: factPrefix + id, Key: "classification.fault-value"}}
		}
		own.Facts = append(own.Facts, catalogue.Statement{Fact: id, Value: canonical})
		return nil
	}
	faults := stated("area", g.Form(factPrefix+"area"))
	for _, f := range g.ownFacts() {
		faults = append(faults, stated(f.ID, g.Form(factPrefix+f.ID))...)
	}
	switch {
	case locale.Fold(own.Name) == "" && len(own.Facts) == 0:
		return nil, faults
	case locale.Fold(own.Name) == "":
		return nil, append(faults, web.FieldError{Field: fieldOwn, Key: "classification.fault-own-name"})
	case utf8.RuneCountInString(own.Name) > maxOwnName:
		return nil, append(faults, web.FieldError{Field: fieldOwn, Key: "classification.fault-long", Args: []any{"Max", maxOwnName}})
	}
	for i := range g.w.System.Information {
		if h := &g.w.System.Information[i]; locale.Fold(h.Name) == locale.Fold(own.Name) {
			return nil, append(faults, web.FieldError{Field: fieldOwn, Key: "classification.fault-own-taken"})
		}
	}
	return own, faults
}
