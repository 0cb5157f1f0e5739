// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"embed"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var templateFiles embed.FS

var templates = web.Parse(templateFiles)

// menu is the menu entry that the pages belong to: they are about systems.
const menu = "system"

// Pages are the forms of evidence. A later slice shows it, with what follows from it.
type Pages struct{ Service *Service }

// Path is where the evidence about a system is shown.
func Path(slug string) string { return "/system/" + slug + "/bevis" }

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET /system/{slug}/bevis/nytt", "evidence.Draft", p.add)
	s.Handle("POST /system/{slug}/bevis/nytt", "evidence.Record", p.create)
	s.Handle("GET /system/{slug}/bevis/konton", "evidence.Draft", p.accounts)
	s.Handle("POST /system/{slug}/bevis/konton", "evidence.CompareAccess", p.compare)
	s.Handle("GET /system/{slug}/bevis/{id}/fil", "evidence.File", p.file)
	s.Handle("POST /system/{slug}/bevis/{id}/ta-tillbaka", "evidence.Withdraw", p.withdraw)
	s.Handle("POST /system/{slug}/bevis/{id}/bestrid", "evidence.Dispute", p.dispute)
	s.Handle("POST /system/{slug}/bevis/{id}/avgor", "evidence.Settle", p.settle)
	s.Handle("POST /system/{slug}/forandring/{id}", "evidence.Note", p.note)
}

type formPage struct {
	web.Page
	Lead, Action, Back string
	Subject, About     string
	Fields             []web.Field
}

// forms are the subjects that somebody records by hand, with the kinds of evidence that each can have.
var forms = map[string][]string{
	SubjectLogin:        {"EV_ATTEST", "EV_TEST", "EV_CONTRACT"},
	SubjectRoleModel:    {"EV_DOC", "EV_CONFIG"},
	SubjectAccessReview: {"EV_REVIEW", "EV_SAMPLE"},
	SubjectAccessLog:    {"EV_SAMPLE", "EV_TEST", "EV_CONFIG"},
	SubjectLogReview:    {"EV_REVIEW", "EV_SAMPLE"},
	SubjectOther:        {"EV_DOC", "EV_REVIEW", "EV_CERT", "EV_ATTEST", "EV_CONTRACT", "EV_TEST", "EV_CONFIG", "EV_SAMPLE", "EV_BACKUP", "EV_VULN"},
}

// Forms are the subjects that have a form, in the order that they are shown.
func Forms() []string {
	var out []string
	for _, s := range Subjects {
		if forms[s] != nil {
			out = append(out, s)
		}
	}
	return out
}

// NewPath leads to the form of new evidence about a subject; about is the requirement for what no subject covers.
func NewPath(slug, subject, about string) string {
	q := url.Values{"om": {subject}}
	if about != "" {
		q.Set("krav", about)
	}
	return Path(slug) + "/nytt?" + q.Encode()
}

// asked reads what the form is about.
func asked(c *web.Context, get func(string) string) (subject, about string, err error) {
	subject, about = get("om"), get("krav")
	if forms[subject] == nil {
		return "", "", &web.Error{Status: http.StatusNotFound, Err: ErrSubject}
	}
	if subject == SubjectOther && about == "" {
		return "", "", &web.Error{Status: http.StatusNotFound, Err: ErrSubject}
	}
	return subject, about, nil
}

func (p *Pages) add(c *web.Context) error {
	sys, err := p.Service.Draft(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	return p.form(c, &sys, c.Query, url.Values{})
}

// form draws the fields that evidence about the subject has.
func (p *Pages) form(c *web.Context, sys *system.System, get func(string) string, values url.Values, faults ...web.FieldError) error {
	subject, about, err := asked(c, get)
	if err != nil {
		return err
	}
	t := c.L.T
	d := formPage{
		Page: web.Page{Title: t("evidence.new-" + subject), Active: menu, Crumbs: []web.Crumb{
			{Label: t("evidence.systems"), Href: "/system"}, {Label: sys.Name, Href: "/system/" + sys.Slug}, {Label: t("evidence.title"), Href: Path(sys.Slug)}, {Label: t("evidence.new")},
		}},
		Lead: t("evidence.lead-"+subject, "Name", sys.Name), Action: Path(sys.Slug) + "/nytt", Back: Path(sys.Slug), Subject: subject, About: about,
	}
	d.Errors = faults
	d.Fields = p.fields(c, sys, subject, values)
	return c.Render(templates, "form.html", d)
}

func (p *Pages) fields(c *web.Context, sys *system.System, subject string, values url.Values) []web.Field {
	t := c.L.T
	choose := func(name string, options ...web.Option) web.Field {
		f := web.Field{Name: name, Type: "select", Label: t("evidence.field-" + name), Value: values.Get(name), Options: options}
		return f
	}
	word := func(name string, optional bool) web.Field {
		return web.Field{Name: name, Label: t("evidence.field-" + name), Value: values.Get(name), Optional: optional}
	}
	var out []web.Field
	if subject == SubjectLogin {
		ways := []web.Option{{Value: "", Label: t("evidence.whole-system")}}
		for i := range sys.Logins {
			ways = append(ways, web.Option{Value: sys.Logins[i].ID.String(), Label: PathName(c, &sys.Logins[i])})
		}
		out = append(out, choose("vag", ways...))
	}
	var kinds, sources, outcomes []web.Option
	for _, id := range forms[subject] {
		if k, ok := p.Service.Catalogue.EvidenceKind(id); ok {
			name := k.Name.SV
			if c.L.Lang != "sv" {
				name = k.Name.EN
			}
			kinds = append(kinds, web.Option{Value: id, Label: name})
		}
	}
	for _, s := range []Source{Attested, Measured, SelfAssessed} {
		sources = append(sources, web.Option{Value: string(s), Label: t("web.source-" + string(s))})
	}
	for _, o := range []Outcome{For, Against, Unclear} {
		outcomes = append(outcomes, web.Option{Value: string(o), Label: t("evidence.says-" + subject + "-" + string(o))})
	}
	out = append(out, choose("slag", kinds...), choose("kalla", sources...), choose("visar", outcomes...))
	if subject == SubjectLogin {
		out = append(out, choose("niva", web.Option{Value: "0", Label: t("evidence.loa-none")}, web.Option{Value: "2", Label: "2"}, web.Option{Value: "3", Label: "3"}, web.Option{Value: "4", Label: "4"}))
	}
	title, day, ends := word("handling", subject != SubjectLogin), word("dag", false), word("till", true)
	title.Hint, day.Hint, ends.Hint = t("evidence.hint-handling"), t("evidence.hint-dag"), t("evidence.hint-till")
	signer, covers := word("av", true), word("omfattning", true)
	signer.Hint, covers.Type = t("evidence.hint-av"), "textarea"
	covers.Hint = t("evidence.hint-omfattning")
	out = append(out, title, day, ends, signer, covers)
	if subject == SubjectAccessReview || subject == SubjectLogReview {
		out = append(out, word("urval", true), word("avvikelser", true))
	}
	if subject == SubjectAccessLog || subject == SubjectLogReview {
		months := word("manader", true)
		months.Label = t("evidence.field-manader-" + subject)
		out = append(out, months)
	}
	return append(out, web.Field{Name: "fil", Type: "file", Label: t("evidence.field-fil"), Hint: t("evidence.hint-fil"), Optional: true})
}

// PathName is what a way in is called: who uses it, and its address.
func PathName(c *web.Context, l *system.LoginPath) string {
	name := c.L.T("system.audience-" + l.Audience)
	if l.Address != "" {
		name += ", " + l.Address
	}
	return name
}

func (p *Pages) create(c *web.Context) error {
	sys, err := p.Service.Draft(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	subject, about, err := asked(c, c.Form)
	if err != nil {
		return err
	}
	n, faults, err := read(c, subject)
	if err != nil {
		return err
	}
	n.System = sys.ID
	if about != "" {
		n.About = []string{about}
	}
	if len(faults) == 0 {
		_, err = p.Service.Record(c.Context(), c.Actor, n)
		if err == nil {
			return c.Redirect(Path(sys.Slug), "evidence.saved")
		}
		if faults = faultOf(err); len(faults) == 0 {
			return err
		}
	}
	values := url.Values{}
	for name := range c.Request.PostForm {
		values[name] = c.Forms(name)
	}
	return p.form(c, &sys, c.Form, values, faults...)
}

// faultOf tells which field an error is about; none when it is about no field.
func faultOf(err error) []web.FieldError {
	for _, f := range []struct {
		err   error
		field string
		key   string
	}{
		{ErrKind, "slag", "evidence.error-value"},
		{ErrSource, "kalla", "evidence.error-value"},
		{ErrMeasured, "kalla", "evidence.error-measured"},
		{ErrOutcome, "visar", "evidence.error-value"},
		{ErrVerdict, "niva", "evidence.error-value"},
		{ErrFuture, "dag", "evidence.error-future"},
		{ErrExpiry, "till", "evidence.error-expiry"},
		{ErrLong, "omfattning", "evidence.error-long"},
		{ErrDocument, "handling", "evidence.error-document"},
		{ErrPath, "vag", "evidence.error-value"},
		{ErrFile, "fil", "evidence.error-file"},
		{ErrRoom, "fil", "evidence.error-room"},
	} {
		if errors.Is(err, f.err) {
			return []web.FieldError{{Field: f.field, Key: f.key}}
		}
	}
	return nil
}

// read takes in the form.
func read(c *web.Context, subject string) (New, []web.FieldError, error) {
	n := New{
		Kind: c.Form("slag"), Source: Source(c.Form("kalla")), Subject: subject, Outcome: Outcome(c.Form("visar")), Path: ids.ID[system.LoginPath](c.Form("vag")),
		Detail: Detail{Title: c.Form("handling"), Signer: c.Form("av"), Covers: c.Form("omfattning")},
	}
	var faults []web.FieldError
	if !slices.Contains(forms[subject], n.Kind) {
		faults = append(faults, web.FieldError{Field: "slag", Key: "evidence.error-value"})
	}
	if utf8.RuneCountInString(n.Detail.Title) > 200 {
		faults = append(faults, web.FieldError{Field: "handling", Key: "evidence.error-long"})
	}
	seen, err := civil.ParseLoose(c.Form("dag"))
	if err != nil || seen.IsZero() {
		faults = append(faults, web.FieldError{Field: "dag", Key: "evidence.error-day"})
	} else {
		n.Observed = seen.Time()
	}
	if n.Expires, err = civil.ParseLoose(c.Form("till")); err != nil {
		faults = append(faults, web.FieldError{Field: "till", Key: "evidence.error-day"})
	}
	for _, f := range []struct {
		name string
		at   *int
	}{{"urval", &n.Detail.Sample}, {"avvikelser", &n.Detail.Deviations}, {"manader", &n.Detail.Months}, {"niva", &n.LoA}} {
		if text := c.Form(f.name); text != "" {
			if *f.at, err = strconv.Atoi(text); err != nil || *f.at < 0 || *f.at > 1_000_000 {
				faults = append(faults, web.FieldError{Field: f.name, Key: "evidence.error-number"})
			}
		}
	}
	sayLogin(&n)
	n.File, err = attached(c)
	if errors.Is(err, web.ErrEnding) {
		return n, append(faults, web.FieldError{Field: "fil", Key: "evidence.error-ending"}), nil
	}
	return n, faults, err
}

// sayLogin tells as a verdict what somebody says of a sign-in. Only a test is a measurement; all else is a word.
func sayLogin(n *New) {
	if n.Subject != SubjectLogin {
		n.LoA = 0
		return
	}
	n.Detail.Because = []Because{{Key: "evidence.says-" + SubjectLogin + "-" + string(n.Outcome)}}
	switch n.Outcome {
	case For:
		n.Verdict, n.Factors = verdict.StrongDemanded, 2
		switch {
		case n.Source == Measured && n.Kind == "EV_TEST":
			n.Grade = verdict.Tested
		case n.Source == Attested:
			n.Grade = verdict.Attested
		}
	case Against:
		n.Verdict, n.Factors, n.LoA = verdict.PasswordOnly, 1, 0
	default:
		n.Verdict, n.LoA = verdict.Unknown, 0
		n.Detail.Because[0].Key = "evidence.says-" + SubjectLogin + "-" + string(Unclear)
	}
}

// endings are the kinds of documents that can be attached. None is opened in the browser: they are handed over to be saved.
var endings = []string{".pdf", ".docx", ".odt", ".xlsx", ".ods", ".csv", ".txt", ".png", ".jpg", ".json", ".xml", ".p7m", ".asice"}

// attached reads the file that came with the form; nil when none did.
func attached(c *web.Context) (*File, error) {
	f, head, err := c.Upload("fil", MaxFile, endings...)
	if errors.Is(err, web.ErrNoFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	name := []rune(path.Base(head.Filename))
	return &File{Name: string(name[max(0, len(name)-120):]), Media: "application/octet-stream", Content: b}, nil
}

func (p *Pages) file(c *web.Context) error {
	f, err := p.Service.File(c.Context(), c.Actor, ids.ID[Record](c.Path("id")))
	if err != nil {
		return err
	}
	return c.Attachment(f.Name, f.Media, f.Content)
}

func (p *Pages) withdraw(c *web.Context) error {
	back := Path(url.PathEscape(c.Path("slug")))
	err := p.Service.Withdraw(c.Context(), c.Actor, ids.ID[Record](c.Path("id")), c.Form("skal"))
	switch {
	case errors.Is(err, ErrReasons):
		return c.Redirect(back, "evidence.error-reason")
	case errors.Is(err, db.ErrConflict):
		return c.Redirect(back, "evidence.withdrawn-before")
	case err != nil:
		return err
	}
	return c.Redirect(back, "evidence.withdrawn")
}

func (p *Pages) dispute(c *web.Context) error {
	back := Path(url.PathEscape(c.Path("slug")))
	err := p.Service.Dispute(c.Context(), c.Actor, ids.ID[Record](c.Path("id")), c.Form("skal"))
	switch {
	case errors.Is(err, ErrReasons), errors.Is(err, ErrLong):
		return c.Redirect(back, "evidence.error-dispute")
	case errors.Is(err, ErrMeasured):
		return c.Redirect(back, "evidence.error-dispute-measured")
	case errors.Is(err, db.ErrConflict):
		return c.Redirect(back, "evidence.disputed-before")
	case err != nil:
		return err
	}
	return c.Redirect(back, "evidence.disputed")
}

func (p *Pages) settle(c *web.Context) error {
	back := Path(url.PathEscape(c.Path("slug")))
	how := Ruling(c.Form("hur"))
	err := p.Service.Settle(c.Context(), c.Actor, ids.ID[Record](c.Path("id")), how, c.Form("skal"))
	switch {
	case errors.Is(err, ErrRuling), errors.Is(err, ErrReasons), errors.Is(err, ErrLong):
		return c.Redirect(back, "evidence.error-settle")
	case errors.Is(err, db.ErrConflict):
		return c.Redirect(back, "evidence.settled-before")
	case err != nil:
		return err
	}
	return c.Redirect(back, "evidence.settled-"+string(how))
}

func (p *Pages) note(c *web.Context) error {
	back := Path(url.PathEscape(c.Path("slug")))
	err := p.Service.Note(c.Context(), c.Actor, ids.ID[Shift](c.Path("id")))
	if err != nil && !errors.Is(err, db.ErrConflict) {
		return err
	}
	return c.Redirect(back, "evidence.noted")
}

type accountsPage struct {
	web.Page
	Lead, Action, Back string
	File               web.Field
	Result             *accountsResult
}

type accountsResult struct {
	Title, Text, Uncompared string
	Unread                  string
	Sums                    []accountSum
	Rows                    []accountRow
	More                    string
}

type accountSum struct {
	Word  string
	Count int
}

type accountRow struct {
	Row         int
	Name, Role  string
	Unit, Wrong string
}

// shownAccounts is how many deviating accounts the page shows; the list itself has them all.
const shownAccounts = 200

// shownHeadings is how many headings that are not known the page names.
const shownHeadings = 20

func (p *Pages) accountsForm(c *web.Context, sys *system.System, faults ...web.FieldError) accountsPage {
	t := c.L.T
	d := accountsPage{
		Page: web.Page{Title: t("evidence.accounts"), Active: menu, Crumbs: []web.Crumb{
			{Label: t("evidence.systems"), Href: "/system"}, {Label: sys.Name, Href: "/system/" + sys.Slug}, {Label: t("evidence.title"), Href: Path(sys.Slug)}, {Label: t("evidence.accounts")},
		}},
		Lead: t("evidence.accounts-lead", "Name", sys.Name), Action: Path(sys.Slug) + "/konton", Back: Path(sys.Slug),
		File: web.Field{Name: "fil", Type: "file", Label: t("evidence.accounts-file"), Hint: t("evidence.accounts-hint"), Accept: ".csv,.txt,.json"},
	}
	d.Errors = faults
	return d
}

func (p *Pages) accounts(c *web.Context) error {
	sys, err := p.Service.Draft(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	return c.Render(templates, "accounts.html", p.accountsForm(c, &sys))
}

// compare shows what was found at once, without a redirect: names are in it, and are not kept anywhere.
func (p *Pages) compare(c *web.Context) error {
	sys, err := p.Service.Draft(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	again := func(key string) error {
		return c.Render(templates, "accounts.html", p.accountsForm(c, &sys, web.FieldError{Field: "fil", Key: key}))
	}
	f, _, err := c.Upload("fil", MaxAccessList, ".csv", ".txt", ".json")
	switch {
	case errors.Is(err, web.ErrNoFile):
		return again("evidence.error-no-file")
	case errors.Is(err, web.ErrEnding):
		return again("evidence.error-list")
	case err != nil:
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	got, err := p.Service.CompareAccess(c.Context(), c.Actor, sys.Slug, b)
	switch {
	case errors.Is(err, ErrAccessList):
		return again("evidence.error-list")
	case errors.Is(err, ErrAccessListSize):
		return again("evidence.error-list-size")
	case err != nil:
		return err
	}
	d := p.accountsForm(c, &sys)
	d.Result = result(c, &got)
	return c.Render(templates, "accounts.html", d)
}

func result(c *web.Context, got *Compared) *accountsResult {
	t := c.L.T
	r := &accountsResult{Title: t("evidence.compared", "Count", got.Accounts, "Wrong", got.Deviating()), Text: t("evidence.compared-text")}
	if got.Uncompared > 0 {
		r.Uncompared = t("evidence.uncompared", "Count", got.Uncompared)
	}
	if n := len(got.Unread); n > 0 {
		r.Unread = t("evidence.unread-columns", "Count", n, "Names", strings.Join(got.Unread[:min(n, shownHeadings)], ", "))
	}
	for _, d := range Deviations {
		r.Sums = append(r.Sums, accountSum{t("evidence.deviation-" + string(d)), got.Of(d)})
	}
	for i := range got.Found[:min(len(got.Found), shownAccounts)] {
		d := &got.Found[i]
		r.Rows = append(r.Rows, accountRow{d.Row, d.Name, d.Role, d.Unit, t("evidence.deviation-" + string(d.What))})
	}
	if n := len(got.Found) - len(r.Rows); n > 0 {
		r.More = t("evidence.more-accounts", "Count", n)
	}
	return r
}
