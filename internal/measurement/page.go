// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"embed"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var templateFiles embed.FS

var templates = web.Parse(templateFiles)

// Menu is the name of the menu entry that the pages belong to, and Place where they stand.
const (
	Menu  = "measurement"
	Place = "/matningar"
)

const logPlace = Place + "/loggar"

// AgentPlace is where the agents are listed.
const AgentPlace = Place + "/agenter"

func targetPath(id ids.ID[Target]) string { return Place + "/mal/" + id.String() }

// Pages are the pages of measuring.
type Pages struct {
	Service *Service
	// Limit tells in words what could not be seen.
	Limit func(code string) verdict.Reason
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "measurement.List", p.list)
	s.Handle("GET "+Place+"/ny", "measurement.Propose", p.add)
	s.Handle("POST "+Place+"/ny", "measurement.Ask", p.ask)
	s.Handle("POST "+Place+"/stopp", "measurement.Stop", p.stop)
	s.Handle("POST "+Place+"/fortsatt", "measurement.Resume", p.resume)
	s.Handle("GET "+Place+"/natt", "measurement.Plan", p.night)
	s.Handle("GET "+Place+"/mal/{id}", "measurement.Open", p.open)
	s.Handle("POST "+Place+"/mal/{id}/mat", "measurement.Measure", p.measure)
	s.Handle("POST "+Place+"/mal/{id}/avsluta", "measurement.End", p.end)
	s.Handle("GET "+logPlace, "measurement.SignInLogs", p.logs)
	s.Stream("POST "+logPlace, "measurement.TakeLog", p.take)
	s.Handle("POST "+logPlace+"/koppla", "measurement.Match", p.match)
	s.Handle("POST "+logPlace+"/beskrivning", "measurement.SaveMapping", p.saveMapping)
	s.Handle("POST "+Place+"/skript", "measurement.AllowScripts", p.allowScripts)
	s.Handle("POST "+Place+"/skript/av", "measurement.ForbidScripts", p.forbidScripts)
	s.Handle("GET "+NetworkPlace, "measurement.Networks", p.networks)
	s.Handle("POST "+NetworkPlace, "measurement.AskNetwork", p.askNetwork)
	s.Handle("POST "+NetworkPlace+"/{id}/avsluta", "measurement.EndNetwork", p.endNetwork)
	s.Handle("GET "+AgentPlace, "measurement.Agents", p.agents)
	s.Handle("POST "+AgentPlace, "measurement.AddAgent", p.addAgent)
	s.Handle("POST "+AgentPlace+"/{id}/aterkalla", "measurement.RevokeAgent", p.revoke)
}

type listPage struct {
	web.Page
	Tabs                          web.Tabs
	Stopped, CanStop, CanResume   bool
	CanAsk                        bool
	Night                         string
	Rows                          []targetRow
	Empty                         web.Empty
	Waiting                       int
	ShowPlan                      bool
	ApprovalPath, AskPath, PlanTo string
	Scripts                       *scriptsCard
}

type targetRow struct {
	Href, URL, What, System, SystemHref, Zone, Until, When string
	State, Verdict                                         web.Tag
}

func tabs(c *web.Context, current string) web.Tabs {
	out := web.Tabs{Label: c.L.T("measurement.tabs")}
	for _, x := range []struct{ key, href, action string }{
		{"measurement.tab-targets", Place, "measurement.List"},
		{"measurement.tab-night", Place + "/natt", "measurement.Plan"},
		{"measurement.tab-logs", logPlace, "measurement.SignInLogs"},
		{"measurement.tab-networks", NetworkPlace, "measurement.Networks"},
		{"measurement.tab-agents", AgentPlace, "measurement.Agents"},
	} {
		if access.Allowed(c.Actor, x.action) {
			out.Items = append(out.Items, web.Tab{Label: c.L.T(x.key), Href: x.href, Current: x.href == current})
		}
	}
	return out
}

func (p *Pages) list(c *web.Context) error {
	list, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	out := listPage{
		Page: web.Page{Title: l.T("measurement.title"), Active: Menu}, Tabs: tabs(c, Place), Stopped: list.Stopped,
		CanStop: access.Allowed(c.Actor, "measurement.Stop") && !list.Stopped, CanResume: access.Allowed(c.Actor, "measurement.Resume") && list.Stopped,
		CanAsk: access.Allowed(c.Actor, "measurement.Ask"), Night: l.T("measurement.night-span", "From", l.Moment(list.Night.Start), "To", l.Moment(list.Night.End)),
		AskPath: Place + "/ny", ShowPlan: access.Allowed(c.Actor, "measurement.Plan"), PlanTo: Place + "/natt",
		Empty: web.Empty{Title: l.T("measurement.none"), Text: l.T("measurement.none-text")},
	}
	if out.CanAsk {
		out.Empty.Actions = []web.Link{{Label: l.T("measurement.ask"), Href: Place + "/ny", Primary: true}}
	}
	if access.Allowed(c.Actor, "approval.List") {
		out.ApprovalPath = approval.Path
	}
	out.Scripts = scriptsOf(c, &list)
	for i := range list.Targets {
		t := &list.Targets[i]
		if only := c.Query("system"); only != "" && only != t.Slug {
			continue
		}
		state := t.State(list.Today)
		if state == Waiting {
			out.Waiting++
		}
		row := targetRow{
			Href: targetPath(t.ID), URL: t.URL, What: l.T("measurement.kind-of-" + t.Kind), System: t.SystemName, SystemHref: "/system/" + t.Slug, Zone: l.T("measurement.zone-" + t.Zone), Until: l.Date(t.Expires),
			State: stateTag(l, state), Verdict: web.Neutral(l.T("measurement.never")),
		}
		if t.Last != nil {
			row.Verdict, row.When = resultTag(l, t.Last), l.Moment(t.Last.At)
		}
		out.Rows = append(out.Rows, row)
	}
	return c.Render(templates, "list.html", out)
}

func stateTag(l *locale.Localizer, s State) web.Tag {
	word := l.T("measurement.state-" + string(s))
	switch s {
	case Approved:
		return web.OK(word)
	case Waiting:
		return web.Warn(word)
	case Expired:
		return web.Bad(word)
	}
	return web.Neutral(word)
}

func verdictTag(l *locale.Localizer, v verdict.Verdict) web.Tag {
	word := l.T("measurement.verdict-" + strings.ReplaceAll(string(v), "_", "-"))
	switch v {
	case verdict.PasswordOnly:
		return web.Bad(word)
	case verdict.StrongOffered:
		return web.Warn(word)
	case verdict.ClientCertificate:
		return web.OK(word)
	case verdict.StrongDemanded:
		return web.Info(word)
	}
	return web.Neutral(word)
}

// resultTag is what one measurement found, in a word.
func resultTag(l *locale.Localizer, r *Result) web.Tag {
	if r.Quality != "" {
		return qualityTag(l, r.Quality)
	}
	return verdictTag(l, r.Verdict)
}

type formPage struct {
	web.Page
	Fields []web.Field
}

func (p *Pages) add(c *web.Context) error { return p.form(c) }

// wayOf is how a system and a way in stand in a form.
func wayOf(s ids.ID[system.System], path ids.ID[system.LoginPath]) string {
	return s.String() + "/" + path.String()
}

func parseWay(text string) (string, ids.ID[system.LoginPath]) {
	s, path, _ := strings.Cut(text, "/")
	return s, ids.ID[system.LoginPath](path)
}

// ways are the ways in to systems, for a form to choose from.
func ways(l *locale.Localizer, systems []system.System) []web.Option {
	out := []web.Option{{Value: "", Label: l.T("measurement.choose")}}
	for i := range systems {
		s := &systems[i]
		out = append(out, web.Option{Value: wayOf(s.ID, ""), Label: l.T("measurement.whole", "System", s.Name)})
		for _, w := range s.Logins {
			name := w.Address
			if name == "" {
				name = w.Method
			}
			out = append(out, web.Option{Value: wayOf(s.ID, w.ID), Label: l.T("measurement.way", "System", s.Name, "Who", l.T("measurement.audience-"+w.Audience), "Address", name)})
		}
	}
	return out
}

func (p *Pages) form(c *web.Context, faults ...web.FieldError) error {
	d, err := p.Service.Propose(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	chosen := c.Form("system")
	if slug := c.Query("system"); chosen == "" && slug != "" {
		for _, s := range d.Systems {
			if s.Slug == slug {
				chosen = wayOf(s.ID, "")
			}
		}
	}
	expires := c.Form("till")
	if expires == "" {
		expires = d.Today.AddMonths(longest).String()
	}
	zone := web.Field{Name: "zon", Type: "select", Label: l.T("measurement.zone"), Hint: l.T("measurement.zone-hint"), Value: c.Form("zon")}
	for _, z := range Zones {
		zone.Options = append(zone.Options, web.Option{Value: z, Label: l.T("measurement.zone-" + z)})
	}
	for i := range d.Agents {
		if a := &d.Agents[i]; a.Revoked.IsZero() {
			zone.Options = append(zone.Options, web.Option{Value: "agent:" + a.ID.String(), Label: l.T("measurement.by-agent", "Name", a.Name, "Zone", l.T("measurement.zone-"+a.Zone))})
		}
	}
	what := web.Field{Name: "slag", Type: "select", Label: l.T("measurement.what"), Hint: l.T("measurement.what-hint"), Value: c.Form("slag")}
	if what.Value == "" {
		what.Value = c.Query("slag")
	}
	for _, k := range Kinds {
		what.Options = append(what.Options, web.Option{Value: k, Label: l.T("measurement.kind-of-" + k)})
	}
	return c.Render(templates, "form.html", formPage{
		Page: web.Page{Title: l.T("measurement.ask"), Active: Menu, Errors: faults, Crumbs: crumbs(l)},
		Fields: []web.Field{
			what,
			{Name: "system", Type: "select", Label: l.T("measurement.system"), Hint: l.T("measurement.system-hint"), Value: chosen, Options: ways(l, d.Systems)},
			{Name: "adress", Type: "url", Label: l.T("measurement.url"), Hint: l.T("measurement.url-hint"), Value: c.Form("adress")},
			{Name: "vardar", Type: "textarea", Label: l.T("measurement.hosts"), Hint: l.T("measurement.hosts-hint"), Value: c.Form("vardar"), Optional: true},
			zone,
			{Name: "privat", Type: "checkbox", Label: l.T("measurement.private"), Hint: l.T("measurement.private-hint"), Value: "ja", Checked: c.Form("privat") != "", Optional: true},
			{Name: "steg", Type: "checkbox", Label: l.T("measurement.second"), Hint: l.T("measurement.second-hint"), Value: "ja", Checked: c.Form("steg") != "", Optional: true},
			{Name: "till", Type: "date", Label: l.T("measurement.until"), Hint: l.T("measurement.until-hint"), Value: expires},
			{Name: "skal", Type: "textarea", Label: l.T("measurement.reason"), Hint: l.T("measurement.reason-hint"), Value: c.Form("skal")},
		},
	})
}

func crumbs(l *locale.Localizer) []web.Crumb {
	return []web.Crumb{{Label: l.T("measurement.title"), Href: Place}}
}

func (p *Pages) ask(c *web.Context) error {
	ref, path := parseWay(c.Form("system"))
	t := Target{
		Kind: c.Form("slag"), System: ids.ID[system.System](ref), Path: path, URL: c.Form("adress"), Hosts: strings.Fields(c.Form("vardar")), Zone: c.Form("zon"), Private: c.Form("privat") != "",
		SecondStep: c.Form("steg") != "",
	}
	if id, ok := strings.CutPrefix(t.Zone, "agent:"); ok {
		t.Agent = ids.ID[Agent](id)
	}
	if ref == "" {
		return p.form(c, web.FieldError{Field: "system", Key: "measurement.error-system"})
	}
	var err error
	if t.Expires, err = civil.Parse(c.Form("till")); err != nil {
		return p.form(c, web.FieldError{Field: "till", Key: "measurement.error-expires"})
	}
	t, err = p.Service.Ask(c.Context(), c.Actor, t, c.Form("skal"))
	for _, x := range []struct {
		err        error
		field, key string
	}{
		{ErrKind, "slag", "measurement.error-kind"},
		{ErrEncrypted, "adress", "measurement.error-encrypted"},
		{ErrURL, "adress", "measurement.error-url"},
		{ErrLoopback, "adress", "measurement.error-loopback"},
		{ErrHosts, "vardar", "measurement.error-hosts"},
		{ErrZone, "zon", "measurement.error-zone"},
		{ErrAgent, "zon", "measurement.error-zone"},
		{ErrExpires, "till", "measurement.error-expires"},
		{ErrPath, "system", "measurement.error-system"},
		{db.ErrNotFound, "system", "measurement.error-system"},
		{approval.ErrReason, "skal", "measurement.error-reason"},
		{approval.ErrTooMany, "skal", "measurement.error-many"},
	} {
		if errors.Is(err, x.err) {
			return p.form(c, web.FieldError{Field: x.field, Key: x.key})
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(targetPath(t.ID), "measurement.asked")
}

func (p *Pages) stop(c *web.Context) error {
	if err := p.Service.Stop(c.Context(), c.Actor); err != nil {
		return err
	}
	return c.Redirect(Place, "measurement.stopped-done")
}

func (p *Pages) resume(c *web.Context) error {
	if err := p.Service.Resume(c.Context(), c.Actor); err != nil {
		return err
	}
	return c.Redirect(Place, "measurement.resumed-done")
}

type nightPage struct {
	web.Page
	Tabs web.Tabs
	Lead string
	Rows []nightRow
}

type nightRow struct{ When, Host, System, Href string }

func (p *Pages) night(c *web.Context) error {
	plan, err := p.Service.Plan(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	n := night(p.Service.DB.Now())
	out := nightPage{
		Page: web.Page{Title: c.L.T("measurement.night"), Active: Menu, Crumbs: crumbs(c.L)}, Tabs: tabs(c, Place+"/natt"),
		Lead: c.L.T("measurement.night-lead", "From", c.L.Moment(n.Start), "To", c.L.Moment(n.End)),
	}
	for _, x := range plan {
		out.Rows = append(out.Rows, nightRow{When: c.L.Moment(x.At), Host: x.Host, System: x.SystemName, Href: targetPath(x.ID)})
	}
	return c.Render(templates, "night.html", out)
}

type targetPage struct {
	web.Page
	State              web.Tag
	System, SystemHref string
	Facts              [][2]string
	Results            []resultRow
	ID                 string
	CanMeasure, CanEnd bool
	Waiting            bool
}

type resultRow struct {
	When, Levels, Sure    string
	Verdict               web.Tag
	Reasons, Limits, Hops []string
	Addresses             []addressRow
	Evidence              string
	Open                  bool
}

func (p *Pages) open(c *web.Context) error {
	one, err := p.Service.Open(c.Context(), c.Actor, ids.ID[Target](c.Path("id")))
	if err != nil {
		return err
	}
	l, t := c.L, &one.Target
	state := t.State(one.Today)
	out := targetPage{
		Page: web.Page{Title: t.URL, Active: Menu, Crumbs: crumbs(l)}, State: stateTag(l, state), System: one.System.Name, SystemHref: "/system/" + one.System.Slug,
		ID: t.ID.String(), Waiting: state == Waiting, CanEnd: state != Ended && access.AllowedAt(c.Actor, "measurement.End", one.System.UnitID),
		CanMeasure: state == Approved && access.AllowedAt(c.Actor, "measurement.Measure", one.System.UnitID),
	}
	fact := func(key, value string) {
		if value != "" {
			out.Facts = append(out.Facts, [2]string{l.T(key), value})
		}
	}
	fact("measurement.what", l.T("measurement.kind-of-"+t.Kind))
	fact("measurement.fact-zone", l.T("measurement.zone-"+t.Zone))
	fact("measurement.hosts", l.List(t.Hosts))
	if t.Private {
		fact("measurement.private", l.T("measurement.yes"))
	}
	if t.SecondStep {
		fact("measurement.second", l.T("measurement.yes"))
	}
	fact("measurement.fact-asked", l.T("measurement.by", "Name", nameOf(one.Names, t.AskedBy), "When", l.Moment(t.AskedAt)))
	if !t.ApprovedAt.IsZero() {
		fact("measurement.fact-approved", l.T("measurement.by", "Name", nameOf(one.Names, t.ApprovedBy), "When", l.Moment(t.ApprovedAt)))
	}
	fact("measurement.until", l.Date(t.Expires))
	for i := range one.Results {
		row := p.result(l, t, &one.Results[i])
		row.Open, row.Evidence = i == 0, evidencePath(c, &one.System, &one.Results[i])
		out.Results = append(out.Results, row)
	}
	return c.Render(templates, "target.html", out)
}

// nameOf is somebody's name; one without is the program itself, or whoever runs its command line.
func nameOf(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return "Insegel"
}

// result tells of one measurement.
func (p *Pages) result(l *locale.Localizer, t *Target, r *Result) resultRow {
	row := resultRow{When: l.Moment(r.At), Verdict: resultTag(l, r)}
	var because []evidence.Because
	if rec := r.Found.TLS; rec != nil {
		because, row.Addresses = encryptionBecause(t, rec), addressRows(l, rec)
	} else {
		rec := r.Found.Login
		factors, loa := l.T("measurement.unknown"), l.T("measurement.unknown")
		if r.Factors > 0 {
			factors = l.Number(int64(r.Factors))
		}
		if r.LoA > 0 {
			loa = l.Number(int64(r.LoA))
		}
		row.Levels, row.Sure = l.T("measurement.levels", "Factors", factors, "LoA", loa), l.T("measurement.sure-"+string(r.Confidence))
		because = evidence.Told(rec.Reasons, rec.ReasonsEN)
		for _, h := range rec.Hops {
			row.Hops = append(row.Hops, l.T("measurement.hop", "Status", h.Status, "URL", h.URL))
		}
	}
	for i := range because {
		row.Reasons = append(row.Reasons, because[i].In(l))
	}
	for _, code := range r.Found.Limits() {
		row.Limits = append(row.Limits, p.Limit(code).In(l.Lang))
	}
	return row
}

// evidencePath leads to the evidence that a measurement became, where the reader may see it.
func evidencePath(c *web.Context, s *system.System, r *Result) string {
	if r.Evidence == "" || !access.AllowedAt(c.Actor, "evidence.List", s.UnitID) {
		return ""
	}
	return evidence.Path(s.Slug) + "#b-" + r.Evidence.String()
}

func (p *Pages) measure(c *web.Context) error {
	id := ids.ID[Target](c.Path("id"))
	err := p.Service.Measure(c.Context(), c.Actor, id)
	switch {
	case errors.Is(err, ErrStopped):
		return &web.Error{Status: http.StatusConflict, Key: "measurement.error-stopped", Err: err}
	case errors.Is(err, ErrNotApproved):
		return &web.Error{Status: http.StatusConflict, Key: "measurement.error-not-approved", Err: err}
	case err != nil:
		return err
	}
	return c.Redirect(targetPath(id), "measurement.measuring")
}

func (p *Pages) end(c *web.Context) error {
	id := ids.ID[Target](c.Path("id"))
	if err := p.Service.End(c.Context(), c.Actor, id); err != nil {
		return err
	}
	return c.Redirect(targetPath(id), "measurement.ended-done")
}

type agentPage struct {
	web.Page
	Tabs            web.Tabs
	Rows            []agentRow
	Name, Zone, Key web.Field
}

type agentRow struct {
	ID, Name, Zone, Seen, Key string
	State                     web.Tag
	Stands                    bool
}

func (p *Pages) agents(c *web.Context) error { return p.agentList(c) }

func (p *Pages) agentList(c *web.Context, faults ...web.FieldError) error {
	list, err := p.Service.Agents(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	out := agentPage{
		Page: web.Page{Title: l.T("measurement.agents"), Active: "agent", Errors: faults, Crumbs: crumbs(l)}, Tabs: tabs(c, AgentPlace),
		Name: web.Field{Name: "namn", Label: l.T("measurement.agent-name"), Hint: l.T("measurement.agent-name-hint"), Value: c.Form("namn")},
		Zone: web.Field{Name: "zon", Type: "select", Label: l.T("measurement.zone"), Value: c.Form("zon")},
		Key:  web.Field{Name: "nyckel", Label: l.T("measurement.agent-key"), Hint: l.T("measurement.agent-key-hint"), Value: c.Form("nyckel"), Autocomplete: "off"},
	}
	for _, z := range Zones {
		out.Zone.Options = append(out.Zone.Options, web.Option{Value: z, Label: l.T("measurement.zone-" + z)})
	}
	for i := range list {
		a := &list[i]
		row := agentRow{ID: a.ID.String(), Name: a.Name, Zone: l.T("measurement.zone-" + a.Zone), Key: a.PublicKey, Seen: l.T("measurement.never-seen"), Stands: a.Revoked.IsZero()}
		if !a.Seen.IsZero() {
			row.Seen = l.Moment(a.Seen)
		}
		if row.State = web.OK(l.T("measurement.agent-stands")); !row.Stands {
			row.State = web.Neutral(l.T("measurement.agent-revoked"))
		}
		out.Rows = append(out.Rows, row)
	}
	slices.Reverse(out.Rows)
	return c.Render(templates, "agents.html", out)
}

func (p *Pages) addAgent(c *web.Context) error {
	_, err := p.Service.AddAgent(c.Context(), c.Actor, Agent{Name: c.Form("namn"), Zone: c.Form("zon"), PublicKey: c.Form("nyckel")})
	switch {
	case errors.Is(err, ErrAgent):
		return p.agentList(c, web.FieldError{Field: "nyckel", Key: "measurement.error-agent"})
	case errors.Is(err, ErrZone):
		return p.agentList(c, web.FieldError{Field: "zon", Key: "measurement.error-zone"})
	case err != nil:
		return err
	}
	return c.Redirect(AgentPlace, "measurement.agent-added")
}

func (p *Pages) revoke(c *web.Context) error {
	if err := p.Service.RevokeAgent(c.Context(), c.Actor, ids.ID[Agent](c.Path("id"))); err != nil {
		return err
	}
	return c.Redirect(AgentPlace, "measurement.agent-gone")
}
