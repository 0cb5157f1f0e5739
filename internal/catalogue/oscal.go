// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// oscalVersion is the edition of NIST's OSCAL that is written.
const oscalVersion = "1.1.2"

// oscalNamespace is whose the names are that OSCAL has none for.
const oscalNamespace = "https://insegel.se/ns/oscal"

// oscalRoot is what identifiers in OSCAL are made from, so that the same edition always gets the same.
var oscalRoot = uuid.NewSHA1(uuid.NameSpaceURL, []byte(oscalNamespace))

// oscalID makes an identifier of a thing by its names.
func oscalID(parts ...string) string {
	return uuid.NewSHA1(oscalRoot, []byte(strings.Join(parts, "\x00"))).String()
}

// oscalProp is a property.
type oscalProp struct {
	Name  string `json:"name"`
	NS    string `json:"ns,omitempty"`
	Value string `json:"value"`
}

// oscalMetadata is what each document begins with.
type oscalMetadata struct {
	Title    string `json:"title"`
	Modified string `json:"last-modified"`
	Version  string `json:"version"`
	OSCAL    string `json:"oscal-version"`
}

// oscalHead makes the metadata of a document.
func oscalHead(title, version, modified string) oscalMetadata {
	return oscalMetadata{Title: title, Modified: modified, Version: version, OSCAL: oscalVersion}
}

type oscalLink struct {
	Href string `json:"href"`
	Rel  string `json:"rel"`
}

type oscalParam struct {
	ID     string   `json:"id"`
	Label  string   `json:"label"`
	Values []string `json:"values"`
}

type oscalPart struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Prose string `json:"prose"`
}

type oscalControl struct {
	ID     string       `json:"id"`
	Class  string       `json:"class"`
	Title  string       `json:"title"`
	Params []oscalParam `json:"params,omitempty"`
	Props  []oscalProp  `json:"props"`
	Links  []oscalLink  `json:"links,omitempty"`
	Parts  []oscalPart  `json:"parts"`
}

type oscalGroup struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Controls []oscalControl `json:"controls,omitempty"`
}

type oscalResource struct {
	UUID     string        `json:"uuid"`
	Title    string        `json:"title"`
	Citation oscalCitation `json:"citation"`
}

type oscalCitation struct {
	Text string `json:"text"`
}

type oscalMatter struct {
	Resources []oscalResource `json:"resources,omitempty"`
}

type oscalCatalog struct {
	UUID     string        `json:"uuid"`
	Metadata oscalMetadata `json:"metadata"`
	Groups   []oscalGroup  `json:"groups"`
	Matter   *oscalMatter  `json:"back-matter,omitempty"`
}

// editionYear finds the year in an edition's name.
var editionYear = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(20[0-9]{2})\.`) })

// oscalDay is the first moment of the year of an edition. OSCAL asks for a moment, and an edition has none of its own.
func oscalDay(edition string) string {
	year := "2000"
	if m := editionYear().FindStringSubmatch(edition); m != nil {
		year = m[1]
	}
	return year + "-01-01T00:00:00Z"
}

// OSCAL writes the requirements as an OSCAL catalog in JSON: each topic is a group, each requirement a control, and the rules that give
// rise to them are resources.
func (c *Catalogue) OSCAL(lang Lang) ([]byte, error) {
	title := Text{SV: "Insegels krav på informationssäkerhet", EN: "Insegel's requirements for information security"}
	out := oscalCatalog{UUID: oscalID("catalog", c.Edition, string(lang)), Metadata: oscalHead(title.In(lang), c.Edition, oscalDay(c.Edition))}
	place := map[string]int{}
	for _, t := range c.Topics {
		place[t.ID] = len(out.Groups)
		out.Groups = append(out.Groups, oscalGroup{ID: "topic-" + t.ID, Title: t.Name.In(lang)})
	}
	cited := map[string]bool{}
	for i := range c.Requirements {
		r := &c.Requirements[i]
		g := &out.Groups[place[r.Topic]]
		g.Controls = append(g.Controls, oscalControlOf(r, lang))
		for _, id := range r.Laws {
			cited[id] = true
		}
	}
	out.Matter = &oscalMatter{}
	for i := range c.Laws {
		if l := &c.Laws[i]; cited[l.ID] {
			out.Matter.Resources = append(out.Matter.Resources, oscalResource{
				UUID: oscalID("law", l.ID), Title: l.Name.In(lang), Citation: oscalCitation{strings.TrimSpace(l.Ref + " " + l.Sections)},
			})
		}
	}
	return writeOSCAL("catalog", out)
}

func oscalControlOf(r *Requirement, lang Lang) oscalControl {
	word := map[bool]string{true: "shall", false: "should"}[r.Must]
	out := oscalControl{ID: r.ID, Class: "requirement", Title: r.titleOf(lang), Props: []oscalProp{
		{Name: "label", Value: r.ID},
		{Name: "version", NS: oscalNamespace, Value: strconv.Itoa(r.Version)},
		{Name: "kind", NS: oscalNamespace, Value: r.Kind},
		{Name: "role", NS: oscalNamespace, Value: r.Role},
		{Name: "weight", NS: oscalNamespace, Value: word},
	}}
	for a, s := range r.Trigger {
		if s != Unset {
			out.Props = append(out.Props, oscalProp{Name: "from-" + Aspect(a).String(), NS: oscalNamespace, Value: s.String()})
		}
	}
	fill := func(t Text) string {
		text := t.In(lang)
		for _, s := range r.Settings {
			text = strings.ReplaceAll(text, "{"+s.Key+"}", "{{ insert: param, "+r.ID+"_"+s.Key+" }}")
		}
		return text
	}
	for _, s := range r.Settings {
		label := s.Unit.In(lang)
		if label == "" {
			label = s.Key
		}
		out.Params = append(out.Params, oscalParam{r.ID + "_" + s.Key, label, []string{strconv.Itoa(s.Value)}})
	}
	for _, id := range r.Laws {
		out.Links = append(out.Links, oscalLink{"#" + oscalID("law", id), "reference"})
	}
	out.Parts = []oscalPart{{r.ID + "_smt", "statement", fill(r.Is)}}
	for _, p := range []struct {
		suffix, name string
		text         Text
	}{{"_tender", "item", r.Shall}, {"_asm", "assessment-objective", r.Verify}, {"_gdn", "guidance", r.Note}} {
		if text := fill(p.text); text != "" {
			out.Parts = append(out.Parts, oscalPart{r.ID + p.suffix, p.name, text})
		}
	}
	return out
}

// titleOf is the wanted state with the default figures, for a heading.
func (r *Requirement) titleOf(lang Lang) string {
	return strings.Join(strings.Fields(Fill(r.Is.In(lang), r.Settings, nil)), " ")
}

// writeOSCAL writes one OSCAL document under the name of its kind.
func writeOSCAL(kind string, document any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(map[string]any{kind: document}); err != nil {
		return nil, fmt.Errorf("write OSCAL %s: %w", kind, err)
	}
	return b.Bytes(), nil
}
