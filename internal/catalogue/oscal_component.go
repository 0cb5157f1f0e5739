// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Component is a system as OSCAL tells of it: which requirements apply, and how well each is met where the reader may know.
type Component struct {
	// ID is the system's own, Name its name.
	ID, Name string
	// Moment is when it was read.
	Moment time.Time
	// Source is where the catalog is, as an address or a path on the same server.
	Source       string
	Requirements []Implemented
	// Stated says that the states may be told. Without it they are not written, whatever Requirements holds.
	Stated bool
}

// Implemented is one requirement that applies.
type Implemented struct {
	ID string
	// Version is the requirement's, Because why it applies, in words.
	Version int
	Because string
	// State is how well it is met, KnownBy how that is known, and KnownOn the day.
	State, KnownBy, KnownOn string
	// Figures are the organisation's own, by key.
	Figures map[string]int
}

type oscalSetParam struct {
	ID     string   `json:"param-id"`
	Values []string `json:"values"`
}

type oscalImplemented struct {
	UUID        string          `json:"uuid"`
	Control     string          `json:"control-id"`
	Description string          `json:"description"`
	Props       []oscalProp     `json:"props"`
	Params      []oscalSetParam `json:"set-parameters,omitempty"`
}

type oscalImplementation struct {
	UUID         string             `json:"uuid"`
	Source       string             `json:"source"`
	Description  string             `json:"description"`
	Requirements []oscalImplemented `json:"implemented-requirements"`
}

type oscalComponent struct {
	UUID            string                `json:"uuid"`
	Type            string                `json:"type"`
	Title           string                `json:"title"`
	Description     string                `json:"description"`
	Props           []oscalProp           `json:"props"`
	Implementations []oscalImplementation `json:"control-implementations,omitempty"`
}

type oscalComponents struct {
	UUID       string           `json:"uuid"`
	Metadata   oscalMetadata    `json:"metadata"`
	Components []oscalComponent `json:"components"`
}

// OSCALComponent writes a system as an OSCAL component definition in JSON: the system is a component, and each requirement that applies an
// implemented requirement of the catalog.
func (c *Catalogue) OSCALComponent(x *Component, lang Lang) ([]byte, error) {
	about := Text{SV: "Krav som följer av informationen i systemet och hur det används.", EN: "Requirements that follow from the information in the system and how it is used."}
	part := oscalComponent{
		UUID: oscalID("system", x.ID), Type: "software", Title: x.Name, Description: about.In(lang), Props: []oscalProp{{Name: "system-id", NS: oscalNamespace, Value: x.ID}},
	}
	set := oscalImplementation{UUID: oscalID("implementation", x.ID, c.Edition), Source: x.Source, Description: about.In(lang)}
	for i := range x.Requirements {
		set.Requirements = append(set.Requirements, x.implemented(&x.Requirements[i], lang))
	}
	if len(set.Requirements) > 0 { // the model allows no empty list
		part.Implementations = []oscalImplementation{set}
	}
	out := oscalComponents{Metadata: oscalHead(x.Name, c.Edition, x.Moment.UTC().Format("2006-01-02T15:04:05.000Z")), Components: []oscalComponent{part}}
	content, err := json.Marshal(out.Components)
	if err != nil {
		return nil, fmt.Errorf("write OSCAL component: %w", err)
	}
	sum := sha256.Sum256(content) // a document that says something else is another document
	out.UUID = oscalID("component-definition", x.ID, hex.EncodeToString(sum[:]))
	return writeOSCAL("component-definition", out)
}

func (x *Component) implemented(r *Implemented, lang Lang) oscalImplemented {
	out := oscalImplemented{
		UUID: oscalID("implemented", x.ID, r.ID), Control: r.ID, Description: r.Because,
		Props: []oscalProp{{Name: "version", NS: oscalNamespace, Value: strconv.Itoa(r.Version)}},
	}
	if out.Description == "" {
		out.Description = Text{SV: "Kravet gäller systemet.", EN: "The requirement applies to the system."}.In(lang)
	}
	for _, key := range slices.Sorted(maps.Keys(r.Figures)) {
		out.Params = append(out.Params, oscalSetParam{r.ID + "_" + key, []string{strconv.Itoa(r.Figures[key])}})
	}
	if !x.Stated {
		return out
	}
	for _, p := range []struct{ name, value string }{{"state", r.State}, {"known-by", r.KnownBy}, {"known-on", r.KnownOn}} {
		if p.value != "" {
			out.Props = append(out.Props, oscalProp{Name: p.name, NS: oscalNamespace, Value: p.value})
		}
	}
	return out
}
