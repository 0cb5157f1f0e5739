// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// MenuLog is the menu entry of the log's pages.
const MenuLog = "sparlogg"

const (
	logPath     = "/sparlogg"
	controlPath = "/sparlogg/kontroll"
)

// logRow is one event of the log, told for people.
type logRow struct {
	Seq               int64
	At, By, From      string
	Text, Detail, Why string
	Object, Href      string
}

type logPage struct {
	web.Page
	Lead, Signed string
	// Left says how far the entries themselves have come on their way off the machine.
	Left          []string
	Who, Whats    []option
	System        string
	From, To      string
	Rows          []logRow
	Shown         string
	Clear, Older  string
	Control, File string
	Nothing       web.Empty
}

// logFilter is what the form of the log's page asks for, as it stands in the address.
type logFilter struct {
	who, what, object string
	from, to          civil.Date
	below             int64
	// faults are the days that could not be read: they are told, so that nobody takes the whole log for an answer.
	faults []web.FieldError
}

func readLogFilter(c *web.Context) logFilter {
	f := logFilter{who: c.Query("vem"), what: c.Query("handelse"), object: c.Query("system")}
	for name, day := range map[string]*civil.Date{"fran": &f.from, "till": &f.to} {
		text := c.Query(name)
		if text == "" {
			continue
		}
		var err error
		if *day, err = civil.Parse(text); err != nil {
			f.faults = append(f.faults, web.FieldError{Field: name, Key: "overview.fault-log-day"})
		}
	}
	if n, err := strconv.ParseInt(c.Query("fore"), 10, 64); err == nil && n > 0 {
		f.below = n
	}
	return f
}

func (f *logFilter) href(path string) string {
	below := ""
	if f.below > 0 {
		below = strconv.FormatInt(f.below, 10)
	}
	return address(path, "vem", f.who, "handelse", f.what, "system", f.object, "fran", dayText(f.from), "till", dayText(f.to), "fore", below)
}

func dayText(d civil.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// asked is the filter as the log takes it. A system may be named by its id, its slug or its name.
func (f *logFilter) asked(systems map[string]Named) audit.Filter {
	out := audit.Filter{Actor: f.who, Action: f.what, Below: f.below}
	if !f.from.IsZero() {
		out.Since = endOf(f.from.AddDays(-1))
	}
	if !f.to.IsZero() {
		out.Before = endOf(f.to)
	}
	if f.object != "" {
		out.ObjectKind, out.ObjectID = "system", f.object
		for id, n := range systems {
			if n.Slug == f.object || locale.Fold(n.Name) == locale.Fold(f.object) {
				out.ObjectID = id
			}
		}
	}
	return out
}

func (p *Pages) log(c *web.Context) error {
	f := readLogFilter(c)
	systems, err := p.Overview.named(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l, err := p.Overview.Log(c.Context(), c.Actor, f.asked(systems))
	if err != nil {
		return err
	}
	d := logPage{
		Page: web.Page{Title: c.L.T("overview.log"), Active: MenuLog, Errors: f.faults}, Lead: c.L.T("overview.log-lead", "Count", l.Head.Size),
		Who: whoOptions(c, &l, f.who), Whats: whatOptions(c, f.what), System: f.object, From: dayText(f.from), To: dayText(f.to),
		Control: controlPath, Shown: c.L.T("overview.log-shown", "Count", len(l.Events)),
	}
	if f.href("") != "" || len(f.faults) > 0 {
		d.Clear = logPath
	}
	if n, ok := systems[f.object]; ok {
		d.System = n.Name
	}
	if l.Latest.Size > 0 {
		d.Signed = c.L.T("overview.log-signed", "Size", l.Latest.Size, "At", c.L.Moment(db.FromMillis(l.Latest.At)))
	} else {
		d.Signed = c.L.T("overview.log-unsigned")
	}
	d.Left = entriesLeft(c, l.Deliveries, l.Head.Size)
	if may(c, "overview.ExportLog") {
		all := f
		all.below = 0
		d.File = all.href(logPath + "/export")
	}
	for i := range l.Events {
		d.Rows = append(d.Rows, p.logRow(c, &l, &l.Events[i]))
	}
	if l.More {
		next := f
		next.below = l.Events[len(l.Events)-1].Seq
		d.Older = next.href(logPath)
	}
	if len(d.Rows) == 0 {
		d.Nothing = web.Empty{Title: c.L.T("overview.log-nothing"), Text: c.L.T("overview.log-nothing-text"), Actions: []web.Link{{Label: c.L.T("overview.clear-filters"), Href: logPath}}}
	}
	return c.Render(templates, "log.html", d)
}

// whoOptions are the people that the log can be asked about.
func whoOptions(c *web.Context, l *Log, chosen string) []option {
	type person struct{ id, name string }
	var list []person
	for id, name := range l.People {
		list = append(list, person{id, name})
	}
	for _, id := range []string{"local", "system", "unknown", "nobody"} {
		list = append(list, person{id, actorName(c, id)})
	}
	if chosen != "" && !slices.ContainsFunc(list, func(p person) bool { return p.id == chosen }) {
		list = append(list, person{chosen, chosen})
	}
	locale.Sort(list, func(p person) string { return p.name })
	pairs := []string{"", c.L.T("overview.log-anybody")}
	for _, p := range list {
		pairs = append(pairs, p.id, p.name)
	}
	return options(chosen, pairs...)
}

// loggedActions are the events that the log can be asked about, in the order of the form.
var loggedActions = []string{
	audit.ActionSignIn, audit.ActionSignInRefused, audit.ActionSignOut, audit.ActionStepUp, "auth.End", "auth.EndOf", audit.ActionRefused, audit.ActionStepUpAsked, audit.ActionRead,
	"report.Write", audit.ActionExported, audit.ActionErased, audit.ActionRestored, "alarm.Raise", "system.Create", "system.Update", "register.Import",
	"register.Undo", "classification.SetInformation", "classification.Answer", "classification.Adjust", "classification.Decide", "classification.Reopen",
	"requirement.Answer", "action.Save", "action.Move", "procurement.Choose", "organisation.Set", "organisation.Create",
}

func whatOptions(c *web.Context, chosen string) []option {
	pairs := []string{"", c.L.T("overview.log-anything")}
	for _, a := range loggedActions {
		pairs = append(pairs, a, actionText(c, a, ""))
	}
	if chosen != "" && !slices.Contains(loggedActions, chosen) {
		pairs = append(pairs, chosen, actionText(c, chosen, ""))
	}
	return options(chosen, pairs...)
}

// actionText tells an event in one sentence. One that has no sentence is told by its name.
func actionText(c *web.Context, action, decider string) string {
	if decider == "" && action == "classification.Decide" {
		return c.L.T("overview.event-decided")
	}
	if key := "overview.event-" + action; c.L.Has(key) {
		return c.L.T(key, "Count", 1, "Decider", decider)
	}
	return c.L.T("overview.event-other", "Action", action)
}

// eventMore is what else the entries of the log may tell.
type eventMore struct {
	Data struct {
		Decider string `json:"decider"`
		Path    string `json:"path"`
		Reason  string `json:"reason"`
		Method  string `json:"method"`
		Kind    string `json:"kind"`
		Format  string `json:"format"`
		More    int    `json:"more"`
		Value   any    `json:"value"`
	} `json:"data"`
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
}

func (p *Pages) logRow(c *web.Context, l *Log, e *audit.Logged) logRow {
	var m eventMore
	_ = json.Unmarshal([]byte(e.Record), &m) // an entry in another form is told without its details
	r := logRow{Seq: e.Seq, At: c.L.Moment(db.FromMillis(e.At)), By: personName(c, l.People, e.Actor), From: e.From, Why: e.Why, Text: actionText(c, e.Action, m.Data.Decider)}
	if slices.Contains(e.Erased, audit.Who) {
		r.By = c.L.T("overview.log-erased")
	}
	switch {
	case slices.Contains(e.Erased, audit.What):
		r.Detail = c.L.T("overview.log-erased")
	case e.Action == "organisation.SetResponsible":
		r.Detail = responsibleChange(c, l, &m)
	case m.Before != nil && m.After != nil:
		r.Detail = p.difference(c, m.Before, m.After)
	default:
		r.Detail = told(c, &m)
	}
	if n, ok := l.Systems[e.ObjectID]; ok && e.ObjectKind == "system" {
		r.Object, r.Href = n.Name, systemPath(n.Slug)
	} else if n, ok := l.People[e.ObjectID]; ok {
		r.Object = n
	} else if key := "overview.object-" + e.ObjectKind; c.L.Has(key) {
		r.Object = c.L.T(key)
	}
	return r
}

// responsibleKinds are what somebody can be named for, in words.
var responsibleKinds = map[string]string{
	organisation.Owner: "overview.responsible-owner", organisation.Manager: "overview.responsible-manager",
	organisation.InformationOwner: "overview.responsible-information", organisation.Assignee: "overview.responsible-action",
}

// responsibleChange tells who was named instead of whom. The log keeps ids; the names are those of the list of people.
func responsibleChange(c *web.Context, l *Log, m *eventMore) string {
	name := func(v any) string {
		id, _ := v.(string) // what is no text names nobody
		if n, ok := l.Persons[id]; ok {
			return n
		}
		if id == "" {
			return c.L.T("overview.past-empty")
		}
		return c.L.T("overview.log-person-gone")
	}
	key := responsibleKinds[m.Data.Kind]
	if key == "" {
		return ""
	}
	return c.L.T("overview.log-changed", "Field", c.L.T(key), "From", name(m.Before[m.Data.Kind]), "To", name(m.After[m.Data.Kind]))
}

// told is what a refusal, a reading or an export says of itself.
func told(c *web.Context, m *eventMore) string {
	var parts []string
	if m.Data.Path != "" {
		parts = append(parts, m.Data.Path)
	}
	if m.Data.Kind != "" && m.Data.Format != "" {
		parts = append(parts, m.Data.Kind+" ("+m.Data.Format+")")
	}
	if m.Data.Path == "" && m.Data.Method != "" {
		parts = append(parts, m.Data.Method)
	}
	if m.Data.Reason != "" {
		reason := m.Data.Reason
		if key := "overview.reason-" + reason; c.L.Has(key) {
			reason = c.L.T(key)
		} else if c.L.Has(reason) {
			reason = c.L.T(reason)
		}
		parts = append(parts, reason)
	}
	if m.Data.More > 0 {
		parts = append(parts, c.L.T("overview.log-more", "Count", m.Data.More))
	}
	return strings.Join(parts, " · ")
}

// difference tells which fields changed, from what to what.
func (p *Pages) difference(c *web.Context, before, after map[string]any) string {
	var parts []string
	for _, name := range pastFields {
		was, is := p.fieldText(c, name, before[name]), p.fieldText(c, name, after[name])
		if was != is {
			parts = append(parts, c.L.T("overview.log-changed", "Field", fieldName(c, name), "From", was, "To", is))
		}
	}
	return strings.Join(parts, " · ")
}

// personName names who did something: by the organisation's list of people, which stands apart from the log.
func personName(c *web.Context, people map[string]string, id string) string {
	if n, ok := people[id]; ok {
		return n
	}
	return actorName(c, id)
}

// exportLog lets the reader take out what the filter shows.
func (p *Pages) exportLog(c *web.Context) error {
	systems, err := p.Overview.named(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	f := readLogFilter(c)
	if len(f.faults) > 0 { // a file of other days than were asked for would be taken for the right one
		return &web.Error{Status: http.StatusBadRequest, Key: "overview.fault-log-day"}
	}
	file, err := os.CreateTemp("", "insegel-log-*")
	if err != nil {
		return fmt.Errorf("make room for the export: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // what is left behind goes with the machine's temporary files
	defer func() { _ = file.Close() }()           // it has been read
	if err := p.Overview.ExportLog(c.Context(), c.Actor, f.asked(systems), file); err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read the export back: %w", err)
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "application/jsonl; charset=utf-8")
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "sparlogg.jsonl"}))
	_, _ = io.Copy(c.Writer, file) // the reader may have left
	return nil
}

type faultRow struct{ Text, Detail string }

type checkpointRow struct {
	Size     int64
	At, Root string
}

// entriesLeft tells how far the entries themselves have come on their way off the machine, for each place that they go to.
func entriesLeft(c *web.Context, list []audit.Delivered, size int64) (out []string) {
	for i := range list {
		receiver, ok := list[i].OfEntries()
		if !ok {
			continue
		}
		if receiver == (audit.Drop{}).Name() {
			receiver = c.L.T("overview.control-drop")
		}
		at := c.L.Moment(db.FromMillis(list[i].At))
		if behind := list[i].Behind(size); behind > 0 {
			out = append(out, c.L.T("overview.log-left-behind", "Receiver", receiver, "Size", list[i].Size, "At", at, "Behind", behind))
			continue
		}
		out = append(out, c.L.T("overview.log-left", "Receiver", receiver, "Size", list[i].Size, "At", at))
	}
	if len(out) == 0 {
		out = append(out, c.L.T("overview.log-left-nowhere"))
	}
	return out
}

type controlPage struct {
	web.Page
	Note        web.Note
	Facts       []web.Link // label and value
	Faults      []faultRow
	Checkpoints []checkpointRow
	From, To    []option
	Deliveries  []faultRow
	Key, Origin string
	Proof       *proofPart
}

// proofPart is a consistency proof, shown.
type proofPart struct {
	Text   string
	Holds  bool
	Hashes []string
	From   string
	To     string
}

// control verifies the log and tells what it found; with two checkpoints in the address it proves that one goes on from the other.
func (p *Pages) control(c *web.Context) error {
	x, err := p.Overview.CheckLog(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	v := &x.Verdict
	d := controlPage{
		Page: web.Page{Title: c.L.T("overview.control"), Active: MenuLog, Crumbs: []web.Crumb{{Label: c.L.T("overview.log"), Href: logPath}, {Label: c.L.T("overview.control")}}},
		Note: web.Note{ID: "verdict", Kind: "ok", Title: c.L.T("overview.control-whole", "Count", v.Size), Text: c.L.T("overview.control-whole-text", "Signed", v.Signed)},
		Key:  x.Key.String(), Origin: audit.Origin(v.Name, v.Epoch),
		Facts: []web.Link{
			{Label: c.L.T("overview.control-root"), Href: v.Root.String()},
			{Label: c.L.T("overview.control-checkpoints"), Href: c.L.Number(int64(v.Checkpoints))},
			{Label: c.L.T("overview.control-erased"), Href: c.L.Number(v.Erased)},
			{Label: c.L.T("overview.control-plain"), Href: c.L.Number(v.Plain)},
			{Label: c.L.T("overview.control-clock"), Href: c.L.Number(v.Backwards)},
			{Label: c.L.T("overview.control-epoch"), Href: c.L.Number(v.Epoch)},
		},
	}
	if v.Signed == 0 {
		d.Note.Text = c.L.T("overview.control-none-signed")
	}
	if !v.Whole() {
		d.Note = web.Note{ID: "verdict", Kind: "bad", Title: c.L.T("overview.control-broken"), Text: c.L.T("overview.control-broken-text")}
	}
	for _, f := range v.Faults {
		d.Faults = append(d.Faults, faultRow{c.L.T("overview.fault-"+f.Kind, "From", f.From, "To", f.To), f.Text})
	}
	for _, k := range x.Checkpoints {
		d.Checkpoints = append(d.Checkpoints, checkpointRow{k.Size, c.L.Moment(db.FromMillis(k.At)), k.Root.String()})
	}
	for i := range x.Deliveries {
		y := &x.Deliveries[i]
		receiver, entries := y.OfEntries()
		if !entries {
			receiver = y.Receiver
		}
		if receiver == (audit.Drop{}).Name() {
			receiver = c.L.T("overview.control-drop")
		}
		at := c.L.Moment(db.FromMillis(y.At))
		detail := c.L.T("overview.control-delivered", "Size", y.Size, "At", at)
		if entries {
			detail = c.L.T("overview.control-entries-left", "Size", y.Size, "At", at, "Behind", y.Behind(v.Size))
		}
		d.Deliveries = append(d.Deliveries, faultRow{receiver, detail})
	}
	if err := p.prove(c, &d, &x); err != nil {
		return err
	}
	return c.Render(templates, "control.html", d)
}

// prove fills in the proof between the two checkpoints that the address names.
func (p *Pages) prove(c *web.Context, d *controlPage, x *Control) error {
	from, to := c.Query("fran"), c.Query("till")
	var pairs []string
	for _, k := range x.Checkpoints {
		n := strconv.FormatInt(k.Size, 10)
		pairs = append(pairs, n, c.L.T("overview.control-of", "Size", k.Size, "At", c.L.Moment(db.FromMillis(k.At))))
	}
	d.From, d.To = options(from, pairs...), options(to, pairs...)
	a, err1 := strconv.ParseInt(from, 10, 64)
	b, err2 := strconv.ParseInt(to, 10, 64)
	if err1 != nil || err2 != nil {
		return nil
	}
	y, err := p.Overview.Consistency(c.Context(), c.Actor, a, b)
	if err != nil {
		return err
	}
	d.Proof = &proofPart{Holds: y.Holds, From: y.From.Root.String(), To: y.To.Root.String(), Text: c.L.T("overview.control-proven", "From", y.From.Size, "To", y.To.Size)}
	if !y.Holds {
		d.Proof.Text = c.L.T("overview.control-not-proven", "From", y.From.Size, "To", y.To.Size)
	}
	for _, h := range y.Proof {
		d.Proof.Hashes = append(d.Proof.Hashes, h.String())
	}
	return nil
}

// badDay says that a day could not be read.
func badDay() error { return &web.Error{Status: http.StatusBadRequest, Key: "overview.past-bad-day"} }
