// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/url"
	"slices"
	"strconv"
)

// The fills of a level, from the lightest. They follow catalogue.Step, with one more for a level that stops.
const (
	FillNegligible = 1 + iota
	FillModerate
	FillSignificant
	FillSerious
	FillStop
)

// LevelBox is a level of protection need: {{template "level" .}} draws the box with the digit, {{template "meter" .}} the bar.
type LevelBox struct {
	// Step is the fill: int(catalogue.Step), or FillStop for a level that stops.
	Step int
	// Value is the digit in the model's own scale.
	Value int
	// Label is the level's word. In the box only screen readers hear it, unless Wide is set.
	Label string
	// Known is false when nobody has said; the box is then empty and says so.
	Known bool
	// Wide shows the word beside the digit.
	Wide bool
}

// Fill is the number in the style class: 0 for negligible up to 4.
func (l LevelBox) Fill() int { return min(max(l.Step, FillNegligible), FillStop) - FillNegligible }

// KRTSItem is one aspect of a KRTS.
type KRTSItem struct {
	// Letter is K, R, T or S; Name the whole word.
	Letter, Name string
	Level        LevelBox
}

// KRTS is the levels of an object: {{template "krts" .}} draws them large with meters, {{template "krtscode" .}} as "K3 R3 T2".
type KRTS struct{ Items []KRTSItem }

// Tag is a status: {{template "tag" .}} draws an icon and a word. It is never used for levels.
type Tag struct {
	// Kind is "ok", "warn", "bad", "info" or empty for neutral.
	Kind string
	// Icon is a symbol; empty takes the kind's own.
	Icon string
	// Word says the status.
	Word string
}

// OK makes the tag of something that is as it should be.
func OK(word string) Tag { return Tag{Kind: "ok", Icon: "check", Word: word} }

// Warn makes the tag of something that needs attention.
func Warn(word string) Tag { return Tag{Kind: "warn", Icon: "clock", Word: word} }

// Bad makes the tag of something that is not as it should be.
func Bad(word string) Tag { return Tag{Kind: "bad", Icon: "cross", Word: word} }

// Info makes the tag of something worth knowing.
func Info(word string) Tag { return Tag{Kind: "info", Icon: "info", Word: word} }

// Neutral makes the tag of something that is neither good nor bad, such as what is not measured.
func Neutral(word string) Tag { return Tag{Icon: "clock", Word: word} }

// The ways in which something can be known.
const (
	Measured     = "measured"
	Attested     = "attested"
	SelfAssessed = "self-assessed"
	NotMeasured  = "unknown"
)

// Source is how something is known: {{template "src" .}} draws a filled, half or dashed dot and the word.
type Source struct {
	// Kind is Measured, Attested, SelfAssessed or NotMeasured.
	Kind string
	// Word replaces the kind's own word, for example "Intygat av leverantör".
	Word string
	// Detail stands below: when, by whom.
	Detail string
}

// Class is the style class of the dot.
func (s Source) Class() string {
	switch s.Kind {
	case Measured:
		return ""
	case Attested:
		return "claim"
	case SelfAssessed:
		return "self"
	default:
		return "none"
	}
}

// Key is the message key of the kind's own word.
func (s Source) Key() string {
	if s.Kind == "" {
		return "web.source-" + NotMeasured
	}
	return "web.source-" + s.Kind
}

// Option is one choice of a Field with Type "select".
type Option struct {
	Value, Label string
}

// Field is one input of a form: {{template "field" ($.Bind .Name)}} draws label, hint, fault and input, tied together.
type Field struct {
	// Name is the field's name and the id of its input.
	Name string
	// Type is "text" (default), "search", "email", "url", "number", "date", "file", "textarea", "select" or "checkbox".
	Type string
	// Label and Hint are texts in the reader's language.
	Label, Hint string
	// Value is what stands in it; for a select the chosen option, for a checkbox what is sent when it is ticked.
	Value string
	// Error is what is wrong; Page.Bind sets it.
	Error string
	// Optional writes so after the label. Fields are required unless they say that they are optional.
	Optional bool
	// Checked ticks a checkbox.
	Checked bool
	// Rows is the height of a textarea.
	Rows int
	// Autocomplete is the HTML attribute for what the browser may fill in.
	Autocomplete string
	// Accept is the file types of a file field.
	Accept string
	// List is the id of a datalist on the page that the browser proposes from.
	List string
	// Options are the choices of a select.
	Options []Option
}

// Describes lists the ids of what explains the input, for aria-describedby.
func (f Field) Describes() string { return describes(f.Name, f.Hint, f.Error) }

// Kind is the field's type with the default filled in.
func (f Field) Kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// Height is the number of rows of a textarea.
func (f Field) Height() int {
	if f.Rows == 0 {
		return 3
	}
	return f.Rows
}

// Choice is one of Choices.
type Choice struct {
	Value, Label, Hint string
	Checked            bool
	// Level draws a meter beside the label when it is known.
	Level LevelBox
	// Tag stands after the label when it has a word, for example "Vårt förslag".
	Tag Tag
}

// Choices are radio buttons, or boxes to tick, as large areas: {{template "choices" ($.BindChoices .Answer)}}.
type Choices struct {
	// Name is the field's name; the first input has it as its id, so that the summary of faults can lead there.
	Name string
	// Legend is the question. With Heading it is the page's h1.
	Legend, Hint, Error string
	Heading             bool
	// Several allows more than one.
	Several bool
	Options []Choice
}

// Describes lists the ids of what explains the group.
func (f Choices) Describes() string { return describes(f.Name, f.Hint, f.Error) }

// Kind is the type of the inputs.
func (f Choices) Kind() string {
	if f.Several {
		return "checkbox"
	}
	return "radio"
}

func describes(name, hint, fault string) string {
	var ids string
	if hint != "" {
		ids = name + "-hint"
	}
	if fault != "" {
		if ids != "" {
			ids += " "
		}
		ids += name + "-error"
	}
	return ids
}

// Paging is the links between the pages of a list: {{template "pager" .}}.
type Paging struct {
	// Page is the current page from 1, Size how many rows a page has, Total how many there are.
	Page, Size, Total int
	// Path and Query are the list's own address; the page number is put in as "sida".
	Path  string
	Query url.Values
}

// Pages is how many pages there are, at least one.
func (p Paging) Pages() int { return max(1, (p.Total+p.Size-1)/max(1, p.Size)) }

// From is the number of the first row on the page.
func (p Paging) From() int { return min(p.Total, (p.Page-1)*p.Size+1) }

// To is the number of the last row on the page.
func (p Paging) To() int { return min(p.Total, p.Page*p.Size) }

// Link is the address of page n.
func (p Paging) Link(n int) string {
	q := url.Values{}
	for k, v := range p.Query {
		q[k] = v
	}
	q.Del("sida")
	if n > 1 {
		q.Set("sida", strconv.Itoa(n))
	}
	if len(q) == 0 {
		return p.Path
	}
	return p.Path + "?" + q.Encode()
}

// Near lists the page numbers to show: the first, the last and those around the current one. 0 is a gap.
func (p Paging) Near() []int {
	var out []int
	last := 0
	for n := 1; n <= p.Pages(); n++ {
		if n != 1 && n != p.Pages() && (n < p.Page-1 || n > p.Page+1) {
			continue
		}
		if n > last+1 {
			out = append(out, 0)
		}
		out = append(out, n)
		last = n
	}
	return out
}

// Before and After are the neighbours of the current page, 0 when there is none.
func (p Paging) Before() int { return max(0, p.Page-1) }

// After is the next page, 0 when there is none.
func (p Paging) After() int {
	if p.Page >= p.Pages() {
		return 0
	}
	return p.Page + 1
}

// Progress is how much of something is done: {{template "progress" .}}.
type Progress struct {
	Label       string
	Done, Total int
}

// Link is an address with its text. A link with an Icon is drawn with it; Primary is the page's main action.
type Link struct {
	Label, Href, Icon string
	Primary           bool
}

// Empty is what a list says when nothing is in it, and what to do about it: {{template "empty" .}}.
type Empty struct {
	Title, Text string
	Actions     []Link
}

// Note is a message that stands out in the page: {{template "note" .}}.
type Note struct {
	// ID is unique on the page.
	ID string
	// Kind is "bad", "warn", "info" or "ok".
	Kind        string
	Title, Text string
	Actions     []Link
}

// Class is the style class.
func (n Note) Class() string {
	if n.Kind == "warn" {
		return "amb"
	}
	return n.Kind
}

// Icon is the note's symbol.
func (n Note) Icon() string {
	switch n.Kind {
	case "ok":
		return "check"
	case "info":
		return "info"
	default:
		return "warn"
	}
}

// WhyLine is one thing in a link of the chain.
type WhyLine struct{ Text, Detail, Href string }

// Why answers "why does this apply?" with five links, always in this order: {{template "why" .}}. A link without lines says that
// it is missing.
type Why struct {
	Information, Rule, Classification, Protection, Evidence []WhyLine
	// Open shows the chain without a click.
	Open bool
	// Met colours the last link: false when the evidence speaks against.
	Met bool
}

// WhyLink is one of the five, as the template sees it.
type WhyLink struct {
	Key   string
	Lines []WhyLine
	Bad   bool
}

// Links gives the five links in order.
func (w Why) Links() []WhyLink {
	return []WhyLink{
		{Key: "web.why-information", Lines: w.Information},
		{Key: "web.why-rule", Lines: w.Rule},
		{Key: "web.why-classification", Lines: w.Classification},
		{Key: "web.why-protection", Lines: w.Protection},
		{Key: "web.why-evidence", Lines: w.Evidence, Bad: !w.Met},
	}
}

// Tab is one facet of an object.
type Tab struct {
	Label, Href string
	// Count is shown when it is above zero.
	Count   int
	Current bool
}

// Tabs are the facets of one object, as links: {{template "tabs" .}}.
type Tabs struct {
	// Label names the group for screen readers.
	Label string
	Items []Tab
}

// Step is one step of a task.
type Step struct {
	Label, Detail string
	// Href leads back to a step that is done.
	Href string
	Done bool
}

// Steps are the steps of a task from beginning to end: {{template "steps" .}} beside the form, {{template "stepnow" .}} above it
// on a narrow screen.
type Steps struct {
	Label string
	Items []Step
	// Current is the number of the current step, from 1.
	Current int
}

// Now is the current step's label.
func (s Steps) Now() string {
	if s.Current < 1 || s.Current > len(s.Items) {
		return ""
	}
	return s.Items[s.Current-1].Label
}

// At reports whether the step with index i, from 0, is the current one.
func (s Steps) At(i int) bool { return i+1 == s.Current }

// The facets of a system, as SystemTabs.Active names them and as they stand in the address.
const (
	TabOverview       = ""
	TabRequirements   = "krav"
	TabClassification = "klassning"
	TabRisks          = "risker"
	TabActions        = "atgarder"
	TabProcurement    = "upphandling"
	TabSupplier       = "leverantor"
	TabHistory        = "historik"
)

// SystemTabs are the facets of one system: {{template "systemtabs" .}}.
type SystemTabs struct {
	Slug string
	// Active is the facet that the page shows.
	Active string
	// Requirements and Actions are counts shown beside their facet when above zero.
	Requirements, Actions int
	// Hidden are the facets that the reader may not open.
	Hidden []string
}

// SystemTab is one facet, as the template sees it.
type SystemTab struct {
	Key, Href string
	Count     int
	Current   bool
}

// Items gives the facets in order.
func (s SystemTabs) Items() []SystemTab {
	var out []SystemTab
	for _, name := range []string{TabOverview, TabRequirements, TabClassification, TabRisks, TabActions, TabProcurement, TabSupplier, TabHistory} {
		if slices.Contains(s.Hidden, name) {
			continue
		}
		t := SystemTab{Key: "web.tab-" + name, Href: "/system/" + s.Slug + "/" + name, Current: name == s.Active}
		switch name {
		case TabOverview:
			t.Key, t.Href = "web.tab-oversikt", "/system/"+s.Slug
		case TabRequirements:
			t.Count = s.Requirements
		case TabActions:
			t.Count = s.Actions
		}
		out = append(out, t)
	}
	return out
}

// SystemHead is the top of every page about one system: {{template "systemhead" .}} draws its name, status, levels and facets.
type SystemHead struct {
	Name string
	// Note stands after the tags, for example how many persons the system holds data about.
	Note    string
	Tags    []Tag
	Actions []Link
	// KRTS is the levels; without items the row is left out.
	KRTS KRTS
	Tabs SystemTabs
}

// The kinds of shares of a Bar. ShareUnknown is drawn with a pattern, so that it is never taken for one of the others.
const (
	ShareOK      = "ok"
	SharePart    = "part"
	ShareBad     = "bad"
	ShareInfo    = "info"
	ShareNone    = "none"
	ShareUnknown = "unknown"
)

// Share is one part of a Bar, and the list that it counts.
type Share struct {
	Kind, Label, Href string
	Count             int
	// Current says that the page shows just this part.
	Current bool
}

// Bar is a whole in parts, lying, with a legend below: {{template "bar" .}}. Of several below each other with one legend above,
// {{template "barline" .}} draws one.
type Bar struct {
	// ID is unique on the page.
	ID     string
	Shares []Share
	Thin   bool
	// Told writes in each part how many it has; only of good, bad and unknown.
	Told bool
}

// BarPart is a Share with its place in the bar.
type BarPart struct {
	Share
	X, Middle, Width string
}

// Total is the whole.
func (b Bar) Total() int {
	n := 0
	for _, s := range b.Shares {
		n += s.Count
	}
	return n
}

// Parts gives the shares that are seen, with their places.
func (b Bar) Parts() []BarPart {
	var out []BarPart
	x, total := 0, max(1, b.Total())
	for _, s := range b.Shares {
		if s.Count == 0 {
			continue
		}
		from, to := hundredths(x, total), hundredths(x+s.Count, total)
		out = append(out, BarPart{Share: s, X: percentage(from), Middle: percentage((from + to) / 2), Width: percentage(to - from)})
		x += s.Count
	}
	return out
}

// hundredths gives a share in hundredths of a percent.
func hundredths(part, whole int) int { return part * 10_000 / whole }

func percentage(hundredths int) string {
	return strconv.FormatFloat(float64(hundredths)/100, 'f', 2, 64) + "%"
}

// Hidden is a hidden field of a form.
type Hidden struct{ Name, Value string }

// PasskeyForm is a form that the browser fills in by making or showing a passkey: {{template "passkeyform" .}}. It is the one thing
// that needs the page's script; without it the form says so.
type PasskeyForm struct {
	// Kind is "create" or "get".
	Kind string
	// Options is where the script asks what to make or show, and Action where the answer goes.
	Options, Action string
	// Label is the button's text, in the reader's language.
	Label   string
	Primary bool
	Hidden  []Hidden
	Fields  []Field
}
