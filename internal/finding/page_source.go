// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

type sourcesPage struct {
	web.Page
	Lead  string
	Links []web.Link
	Rows  []sourceRow
	Empty web.Empty
	None  string
}

type sourceRow struct {
	Name, Href, Where, Owner, Last, System, SystemHref string
	Tag                                                web.Tag
}

// statusTag says whether a source may be searched, and how its last search went.
func statusTag(c *web.Context, s *Source, scan *Scan) web.Tag {
	switch {
	case s.Status == Waiting:
		return web.Warn(c.L.T("finding.status-waiting"))
	case s.Status == Refused:
		return web.Bad(c.L.T("finding.status-refused"))
	case s.Status == Paused:
		return web.Neutral(c.L.T("finding.status-paused"))
	case scan == nil:
		return web.Info(c.L.T("finding.status-approved"))
	case scan.Running():
		return web.Info(c.L.T("finding.scan-running"))
	case scan.Status == ScanDone && scan.Fault == "":
		return web.OK(c.L.T("finding.scan-done"))
	case scan.Status == ScanStopped:
		return web.Neutral(c.L.T("finding.scan-stopped"))
	default:
		return web.Bad(c.L.T("finding.scan-failed"))
	}
}

func (p *Pages) sources(c *web.Context) error {
	l, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	d := sourcesPage{
		Page:  web.Page{Title: c.L.T("finding.sources"), Active: Menu, Crumbs: []web.Crumb{{Label: c.L.T("finding.title"), Href: InboxPath}, {Label: c.L.T("finding.sources")}}},
		Lead:  c.L.T("finding.sources-lead"),
		Empty: web.Empty{Title: c.L.T("finding.sources-none"), Text: c.L.T("finding.sources-none-text")},
	}
	if !l.Limits.Any() {
		d.None = c.L.T("finding.no-limits")
	}
	if access.Allowed(c.Actor, "finding.Add") {
		d.Links = []web.Link{{Label: c.L.T("finding.new-source"), Href: SourcesPath + "/ny", Icon: "plus", Primary: true}}
		d.Empty.Actions = d.Links
	}
	for i := range l.List {
		s := &l.List[i]
		r := sourceRow{Name: s.Name, Href: SourcesPath + "/" + s.ID.String(), Where: s.Where(), Owner: s.OwnerName, System: s.SystemName}
		if s.Slug != "" {
			r.SystemHref = "/system/" + s.Slug
		}
		if scan, ok := l.Latest[s.ID]; ok {
			r.Tag, r.Last = statusTag(c, s, &scan), p.progress(c, &scan)
		} else {
			r.Tag = statusTag(c, s, nil)
		}
		d.Rows = append(d.Rows, r)
	}
	return c.Render(templates, "sources.html", d)
}

// progress says how far a search has come, or what it came to.
func (p *Pages) progress(c *web.Context, s *Scan) string {
	if s.Running() {
		return c.L.T("finding.progress", "Done", s.Done, "Chunks", s.Chunks, "Files", s.Files, "Read", size(c, s.Read), "Found", s.Found)
	}
	return c.L.T("finding.result", "At", c.L.Moment(s.Ended), "Files", s.Files, "Read", size(c, s.Read), "Found", s.Found)
}

// size writes a number of bytes for people.
func size(c *web.Context, n int64) string {
	for _, u := range []struct {
		unit string
		of   int64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if n >= u.of {
			return c.L.Number((n+u.of/2)/u.of) + "\u00a0" + u.unit
		}
	}
	return c.L.Number(n) + "\u00a0B"
}

type sourcePage struct {
	web.Page
	Tag                   web.Tag
	Facts                 []fact
	Scans                 []scanRow
	Path                  string
	Edit, Start, Stop     bool
	Pause, Resume, Unread bool
	Running, Waits        string
	Progress              web.Progress
}

type scanRow struct {
	When, Text string
	Tag        web.Tag
}

func (p *Pages) source(c *web.Context) error {
	o, err := p.Service.Open(c.Context(), c.Actor, ids.ID[Source](c.Path("id")))
	if err != nil {
		return err
	}
	s := &o.Source
	may := func(action string) bool { return access.AllowedAt(c.Actor, action, s.Unit) }
	d := sourcePage{
		Page: web.Page{Title: s.Name, Active: Menu, Crumbs: []web.Crumb{{Label: c.L.T("finding.title"), Href: InboxPath}, {Label: c.L.T("finding.sources"), Href: SourcesPath}, {Label: s.Name}}},
		Path: SourcesPath + "/" + s.ID.String(), Facts: sourceFacts(c, s), Edit: may("finding.Change"),
		Pause: s.Status == Approved && may("finding.Pause"), Resume: s.Status == Paused && may("finding.Pause"),
	}
	if o.Waits {
		d.Waits = c.L.T("finding.waits-text")
	}
	var last *Scan
	for i := range o.Scans {
		x := &o.Scans[i]
		if i == 0 {
			last = x
		}
		d.Scans = append(d.Scans, scanRow{When: c.L.Moment(x.Started), Text: p.progress(c, x), Tag: scanTag(c, x)})
		d.Unread = d.Unread || x.Skipped > 0
	}
	d.Tag = statusTag(c, s, last)
	going := last != nil && last.Running()
	d.Start, d.Stop = s.Status == Approved && !going && may("finding.Start"), going && may("finding.Stop")
	if going {
		d.Running = p.progress(c, last)
		d.Progress = web.Progress{Label: c.L.T("finding.progress-label"), Done: int(last.Done + last.Failed), Total: int(last.Chunks)}
	}
	return c.Render(templates, "source.html", d)
}

func scanTag(c *web.Context, s *Scan) web.Tag {
	return statusTag(c, &Source{Status: Approved}, s)
}

func sourceFacts(c *web.Context, s *Source) []fact {
	var out []fact
	add := func(key, value string) {
		if value == "" {
			value = c.L.T("finding.not-stated")
		}
		out = append(out, fact{Label: c.L.T(key), Value: value})
	}
	add("finding.field-kind", c.L.T("finding.kind-"+s.Kind))
	add("finding.field-where", s.Where())
	if s.Database() {
		add("finding.field-secret", c.L.T("finding.secret-"+secretKey(s.SecretFrom)))
		rows := c.L.T("finding.rows-all")
		if s.Rows > 0 {
			rows = c.L.T("finding.rows-some", "Rows", s.Rows)
		}
		add("finding.field-rows", rows)
	}
	add("finding.field-owner", s.OwnerName)
	add("finding.field-unit", s.UnitName)
	add("finding.field-of-system", s.SystemName)
	add("finding.field-interval", c.L.T("finding.interval-"+fmt.Sprint(s.EveryDays)))
	kinds := c.L.T("finding.all-kinds")
	if len(s.Detectors) > 0 {
		names := make([]string, len(s.Detectors))
		for i, d := range s.Detectors {
			names[i] = kindName(c.L, d)
		}
		kinds = strings.Join(names, ", ")
	}
	add("finding.field-detectors", kinds)
	return out
}

// secretKey is the name of where a secret comes from, in message keys.
func secretKey(from string) string {
	if from == SecretNone {
		return "none"
	}
	return from
}

type sourceForm struct {
	web.Page
	Lead, Action, Back, Save, Version string
	Fields                            []web.Field
	Kinds                             web.Choices
	None                              string
}

func (p *Pages) newSource(c *web.Context) error { return p.sourceForm(c, nil) }

func (p *Pages) sourceForm(c *web.Context, faults []web.FieldError) error {
	f, err := p.Service.Form(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	d := sourceForm{
		Page: web.Page{Title: c.L.T("finding.new-source"), Active: Menu, Errors: faults, Crumbs: []web.Crumb{
			{Label: c.L.T("finding.title"), Href: InboxPath}, {Label: c.L.T("finding.sources"), Href: SourcesPath}, {Label: c.L.T("finding.new-source")},
		}},
		Lead: c.L.T("finding.new-lead"), Action: SourcesPath + "/ny", Back: SourcesPath, Save: c.L.T("finding.ask"),
	}
	if !f.Limits.Any() {
		d.None = c.L.T("finding.no-limits")
	}
	d.Fields = append([]web.Field{field(c, "namn", "text", "finding.field-source-name", "finding.hint-source-name")}, whereFields(c, &f)...)
	d.Fields = append(d.Fields, peopleFields(c, &f)...)
	d.Fields = append(d.Fields, intervalField(c, c.Form("ofta")))
	if f.Limits.Hosts != nil {
		d.Fields = append(d.Fields, web.Field{Name: "rader", Label: c.L.T("finding.field-rows"), Hint: c.L.T("finding.hint-rows"), Value: valueOr(c.Form("rader"), fmt.Sprint(DefaultRows))})
	}
	d.Kinds = web.Choices{Name: "slag", Legend: c.L.T("finding.field-detectors"), Hint: c.L.T("finding.hint-detectors"), Several: true}
	for _, id := range f.Kinds {
		d.Kinds.Options = append(d.Kinds.Options, web.Choice{Value: id, Label: kindName(c.L, id), Checked: slices.Contains(c.Forms("slag"), id)})
	}
	why := field(c, "varfor", "textarea", "finding.field-why", "finding.hint-why")
	why.Rows = 3
	d.Fields = append(d.Fields, why)
	return c.Render(templates, "source_form.html", d)
}

func field(c *web.Context, name, kind, label, hint string) web.Field {
	f := web.Field{Name: name, Type: kind, Label: c.L.T(label), Value: c.Form(name)}
	if hint != "" {
		f.Hint = c.L.T(hint)
	}
	return f
}

func valueOr(v, or string) string {
	if v == "" {
		return or
	}
	return v
}

// whereFields are the fields that say what is to be read: a directory that the operator allows, or a database on a server that is allowed.
func whereFields(c *web.Context, f *Form) []web.Field {
	root := field(c, "rot", "select", "finding.field-root", "finding.hint-root")
	root.Options = []web.Option{{Label: c.L.T("finding.choose")}}
	for _, name := range f.Limits.RootNames() {
		root.Options = append(root.Options, web.Option{Value: Files + "|" + name, Label: name})
	}
	for _, h := range f.Limits.Hosts {
		kind, host, _ := strings.Cut(h, "://")
		root.Options = append(root.Options, web.Option{Value: kind + "|" + host, Label: h})
	}
	out := []web.Field{root, field(c, "plats", "text", "finding.field-place", "finding.hint-place")}
	if len(f.Limits.Hosts) == 0 {
		return out
	}
	user := field(c, "anvandare", "text", "finding.field-user", "finding.hint-user")
	user.Autocomplete, user.Optional = "off", true
	secret := field(c, "losen", "password", "finding.field-password", "finding.hint-password")
	secret.Autocomplete, secret.Value, secret.Optional = "off", "", true
	out = append(out, user, secret)
	if f.Limits.Secrets != "" {
		file := field(c, "losenfil", "text", "finding.field-secret-file", "finding.hint-secret-file")
		file.Autocomplete, file.Optional = "off", true
		out = append(out, file)
	}
	return out
}

func peopleFields(c *web.Context, f *Form) []web.Field {
	owner := field(c, "agare", "select", "finding.field-owner", "finding.hint-owner")
	owner.Options = []web.Option{{Label: c.L.T("finding.choose")}}
	for i := range f.People {
		owner.Options = append(owner.Options, web.Option{Value: f.People[i].ID.String(), Label: f.People[i].Name})
	}
	unit := field(c, "enhet", "select", "finding.field-unit", "finding.hint-unit")
	unit.Options = []web.Option{{Label: c.L.T("finding.no-unit")}}
	for _, u := range f.Units {
		unit.Options = append(unit.Options, web.Option{Value: u.ID, Label: u.Name})
	}
	return []web.Field{owner, unit, systemField(c, f)}
}

func systemField(c *web.Context, f *Form) web.Field {
	sys := field(c, "system", "select", "finding.field-of-system", "finding.hint-of-system")
	sys.Options, sys.Optional = []web.Option{{Label: c.L.T("finding.no-system")}}, true
	for _, s := range f.Systems {
		sys.Options = append(sys.Options, web.Option{Value: s.ID, Label: s.Name})
	}
	return sys
}

func intervalField(c *web.Context, value string) web.Field {
	f := field(c, "ofta", "select", "finding.field-interval", "finding.hint-interval")
	f.Value = valueOr(value, "7")
	for _, n := range Intervals {
		f.Options = append(f.Options, web.Option{Value: fmt.Sprint(n), Label: c.L.T("finding.interval-" + fmt.Sprint(n))})
	}
	return f
}

// sourceFaults are what somebody can do wrong when a source is registered.
var sourceFaults = []struct {
	err        error
	field, key string
}{
	{ErrSourceName, "namn", "finding.error-source-name"},
	{ErrKind, "rot", "finding.error-root"},
	{ErrRoot, "rot", "finding.error-root"},
	{ErrPlace, "plats", "finding.error-place"},
	{ErrDatabase, "plats", "finding.error-database"},
	{ErrOwner, "agare", "finding.error-owner"},
	{ErrUnit, "enhet", "finding.error-unit"},
	{ErrSecret, "losen", "finding.error-secret"},
	{ErrInterval, "ofta", "finding.error-interval"},
	{ErrSystem, "system", "finding.error-system"},
	{approval.ErrReason, "varfor", "finding.error-reason"},
}

func sourceFault(err error) []web.FieldError {
	for _, f := range sourceFaults {
		if errors.Is(err, f.err) {
			return []web.FieldError{{Field: f.field, Key: f.key}}
		}
	}
	return nil
}

func (p *Pages) addSource(c *web.Context) error {
	src := Source{
		Name: c.Form("namn"), Place: c.Form("plats"), User: c.Form("anvandare"), Unit: access.UnitID(c.Form("enhet")),
		Owner: ids.ID[organisation.Person](c.Form("agare")), System: ids.ID[system.System](c.Form("system")), Detectors: c.Forms("slag"),
	}
	src.Kind, src.Root, _ = strings.Cut(c.Form("rot"), "|")
	switch {
	case c.Form("losenfil") != "":
		src.SecretFrom, src.Secret = SecretFile, c.Form("losenfil")
	case c.Form("losen") != "":
		src.SecretFrom, src.Secret = SecretSealed, c.Request.PostFormValue("losen")
	}
	var bad error
	if src.EveryDays, bad = strconv.ParseInt(c.Form("ofta"), 10, 64); bad != nil {
		src.EveryDays = -1
	}
	if rows := strings.ReplaceAll(c.Form("rader"), " ", ""); rows != "" && src.Database() {
		if src.Rows, bad = strconv.ParseInt(rows, 10, 64); bad != nil || src.Rows < 0 {
			return p.sourceForm(c, []web.FieldError{{Field: "rader", Key: "finding.error-rows"}})
		}
	}
	made, err := p.Service.Add(c.Context(), c.Actor, src, c.Form("varfor"))
	if f := sourceFault(err); f != nil {
		return p.sourceForm(c, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(SourcesPath+"/"+made.ID.String(), "finding.source-asked")
}

func (p *Pages) editSource(c *web.Context) error {
	o, err := p.Service.Open(c.Context(), c.Actor, ids.ID[Source](c.Path("id")))
	if err != nil {
		return err
	}
	return p.changeForm(c, &o.Source, nil)
}

func (p *Pages) changeForm(c *web.Context, s *Source, faults []web.FieldError) error {
	f, err := p.Service.Form(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	d := sourceForm{
		Page: web.Page{Title: c.L.T("finding.change-title", "Name", s.Name), Active: Menu, Errors: faults, Crumbs: []web.Crumb{
			{Label: c.L.T("finding.title"), Href: InboxPath}, {Label: c.L.T("finding.sources"), Href: SourcesPath}, {Label: s.Name, Href: SourcesPath + "/" + s.ID.String()}, {Label: c.L.T("finding.change")},
		}},
		Lead: c.L.T("finding.change-lead"), Action: SourcesPath + "/" + s.ID.String() + "/andra", Back: SourcesPath + "/" + s.ID.String(), Save: c.L.T("finding.save"), Version: fmt.Sprint(s.Version),
	}
	name := field(c, "namn", "text", "finding.field-source-name", "finding.hint-source-name")
	owner, sys := peopleFields(c, &f)[0], systemField(c, &f)
	name.Value, owner.Value, sys.Value = s.Name, s.Owner.String(), s.System.String()
	d.Fields = []web.Field{name, owner, sys, intervalField(c, fmt.Sprint(s.EveryDays))}
	return c.Render(templates, "source_form.html", d)
}

func (p *Pages) changeSource(c *web.Context) error {
	o, err := p.Service.Open(c.Context(), c.Actor, ids.ID[Source](c.Path("id")))
	if err != nil {
		return err
	}
	s := o.Source
	s.Name, s.Owner, s.System = c.Form("namn"), ids.ID[organisation.Person](c.Form("agare")), ids.ID[system.System](c.Form("system"))
	if s.Version, err = strconv.ParseInt(c.Form("version"), 10, 64); err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	if s.EveryDays, err = strconv.ParseInt(c.Form("ofta"), 10, 64); err != nil {
		s.EveryDays = -1
	}
	err = p.Service.Change(c.Context(), c.Actor, s)
	if f := sourceFault(err); f != nil {
		return p.changeForm(c, &s, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(SourcesPath+"/"+s.ID.String(), "finding.source-changed")
}

// refused are what keeps a search from being started, in words.
func refused(err error) error {
	for _, f := range []struct {
		err error
		key string
	}{{ErrRunning, "finding.error-running"}, {ErrNotApproved, "finding.error-not-approved"}, {ErrRoot, "finding.error-root"}, {db.ErrConflict, "finding.error-conflict"}} {
		if errors.Is(err, f.err) {
			return &web.Error{Status: http.StatusConflict, Key: f.key, Err: err}
		}
	}
	return err
}

func (p *Pages) start(c *web.Context) error {
	id := ids.ID[Source](c.Path("id"))
	if _, err := p.Service.Start(c.Context(), c.Actor, id); err != nil {
		return refused(err)
	}
	return c.Redirect(SourcesPath+"/"+id.String(), "finding.started")
}

func (p *Pages) stop(c *web.Context) error {
	id := ids.ID[Source](c.Path("id"))
	if err := p.Service.Stop(c.Context(), c.Actor, id); err != nil {
		return refused(err)
	}
	return c.Redirect(SourcesPath+"/"+id.String(), "finding.stopped")
}

func (p *Pages) pause(c *web.Context) error {
	id, to, key := ids.ID[Source](c.Path("id")), Off, "finding.paused"
	if c.Form("ateruppta") == "1" {
		to, key = On, "finding.resumed"
	}
	if err := p.Service.Pause(c.Context(), c.Actor, id, to); err != nil {
		return refused(err)
	}
	return c.Redirect(SourcesPath+"/"+id.String(), key)
}

type unreadPage struct {
	web.Page
	Lead   string
	Rows   []unreadRow
	Paging web.Paging
	Empty  web.Empty
}

type unreadRow struct {
	Path, Size string
	Reasons    []unreadReason
	More       string
}

// unreadReason is a reason in the reader's language, or in another: what a driver answers is in English.
type unreadReason struct{ Text, Lang string }

func (p *Pages) unread(c *web.Context) error {
	page, _ := strconv.Atoi(c.Query("sida")) // what is no number is the first page
	m, err := p.Service.Unread(c.Context(), c.Actor, ids.ID[Source](c.Path("id")), page)
	if err != nil {
		return err
	}
	at := SourcesPath + "/" + m.SourceID.String()
	d := unreadPage{
		Page: web.Page{Title: c.L.T("finding.unread-title"), Active: Menu, Crumbs: []web.Crumb{
			{Label: c.L.T("finding.title"), Href: InboxPath}, {Label: c.L.T("finding.sources"), Href: SourcesPath}, {Label: m.Source, Href: at}, {Label: c.L.T("finding.unread-title")},
		}},
		Lead: c.L.T("finding.unread-lead", "Count", m.Total), Paging: web.Paging{Page: m.Page, Size: PageSize, Total: m.Total, Path: at + "/olast"},
		Empty: web.Empty{Title: c.L.T("finding.unread-none"), Text: c.L.T("finding.unread-none-text")},
	}
	said := NewSayings(c.L, p.Service.Rules)
	for i := range m.List {
		o := &m.List[i]
		r := unreadRow{Path: o.Told}
		if o.Lost > 0 {
			r.Size = size(c, o.Lost)
		}
		for _, s := range o.Skips {
			text, known := said.Say(s.Reason)
			lang := c.L.Lang
			if !known {
				lang = "en"
			}
			if s.Member != "" {
				text = s.Member + ": " + text
			}
			r.Reasons = append(r.Reasons, unreadReason{text, lang})
		}
		if more := o.SkipCount - int64(len(o.Skips)); more > 0 {
			r.More = c.L.T("finding.unread-more", "Count", more)
		}
		d.Rows = append(d.Rows, r)
	}
	return c.Render(templates, "unread.html", d)
}
