// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"

	"github.com/insegel/insegel/internal/access"
)

// letterWith waits for a mail to arrive whose text the form finds, and gives what it found.
func letterWith(t *testing.T, api string, form *regexp.Regexp, not string) string {
	t.Helper()
	get := func(path string, into any) {
		res, err := http.Get("http://" + api + "/api/v1/" + path) //nolint:noctx // a test's own mail server
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
	}
	for range 600 {
		var list struct{ Messages []struct{ ID string } }
		get("messages", &list)
		for _, m := range list.Messages {
			var letter struct{ Text string }
			get("message/"+m.ID, &letter)
			if strings.Contains(letter.Text, "Treserva") || strings.Contains(letter.Text, "ekonomiskt") {
				t.Fatalf("a mail tells what it is about: %s", letter.Text)
			}
			if found := form.FindString(letter.Text); found != "" && found != not {
				return found
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no mail with %s arrived", form)
	return ""
}

// mailingExample starts the example municipality with a mail server of its own, and works its jobs. It gives the site's address, the link
// that signs in, and the mail server's own address.
func mailingExample(t *testing.T) (address, link, api string) {
	t.Helper()
	_, _, address, link, api = mailingApp(t)
	return address, link, api
}

// mailingApp is mailingExample for who needs the program itself, and whoever leads the example.
func mailingApp(t *testing.T) (a *app.App, actor access.Actor, address, link, api string) {
	t.Helper()
	smtp, api := mailServer(t)
	a = open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	actor, viewer, err := a.Example(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	address = server.Listener.Addr().String()
	demo, err := auth.NewDemoLink(address)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.Site(app.ServerOptions{
		Demo: demo, URL: parsed(t, "http://"+address), Who: func(context.Context) (access.Actor, web.Viewer, error) { return actor, viewer, nil },
	})
	server.Start()
	t.Cleanup(server.Close)
	mailing(t, a, actor.Organisation, smtp)
	return a, actor, address, demo.URL(), api
}

// mailServer starts a mail server, and gives where it takes mail and where it tells what it has got.
func mailServer(t *testing.T) (smtp, api string) {
	t.Helper()
	mailpit := peerProgram(t, "mailpit")
	smtp, api = freePort(t), freePort(t)
	run(t, mailpit, "--smtp", smtp, "--listen", api, "--database", filepath.Join(t.TempDir(), "mail.db"), "--disable-version-check", "--smtp-disable-rdns")
	answering(t, smtp)
	answering(t, api)
	return smtp, api
}

// mailing has an organisation send mail through a server, and the program work its jobs until the test ends.
func mailing(t *testing.T, a *app.App, org access.OrganisationID, smtp string) {
	t.Helper()
	a.Mail.Outbound = outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	host, port, err := net.SplitHostPort(smtp)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	set := mail.Settings{Host: host, Port: n, Security: mail.Plain, Sender: "insegel@norrsjo.example"}
	if err := a.Mail.Set(t.Context(), access.LocalAdministrator(org), set); err != nil {
		t.Fatal(err)
	}
	works(t, a)
}

// works lets the program work its jobs until the test ends.
func works(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Jobs.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		if err := a.Jobs.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// A colleague without an account answers one question by a link and a code that arrive by mail, and the answer stands as a suggestion
// beside the asker's own until it is taken back.
func TestDelegatedQuestion(t *testing.T) {
	address, link, api := mailingExample(t)
	asker := webtest.Open(t, "http://"+address)
	asker.Get(strings.TrimPrefix(link, "http://"+address))
	const work = "/system/e-ansokan-ekonomiskt-bistand/klassning"
	asker.Post(work+"/borja", nil)
	page := asker.Get(work + "/steg/3?fraga=1")
	if page.Status != 200 {
		t.Fatalf("the question: %d", page.Status)
	}
	webtest.CheckDOM(t, page.Doc)
	ask := "form[action=" + work + "/steg/3/fraga]"
	bad := asker.Submit(page, ask, url.Values{"kollega": {"anna"}})
	webtest.CheckDOM(t, bad.Doc)
	if bad.Status != 422 || bad.Text("#kollega-error") == "" {
		t.Errorf("a bad address: %d", bad.Status)
	}
	page = asker.Submit(page, ask, url.Values{"kollega": {"anna@norrsjo.example"}})
	if page.Status != 200 || !strings.Contains(page.Body, "a…@norrsjo.example har inte svarat") {
		t.Fatalf("after asking: %d %s", page.Status, page.Text(".aside"))
	}
	webtest.CheckDOM(t, page.Doc)

	answerByLink(t, address, api, work)

	page = asker.Get(work + "/steg/3?fraga=1")
	webtest.CheckDOM(t, page.Doc)
	if !strings.Contains(page.Text(".aside"), "föreslår a…@norrsjo.example") || !strings.Contains(page.Text(".aside"), "Handläggarna behöver det varje dag.") {
		t.Errorf("the suggestion: %s", page.Text(".aside"))
	}
	recalled := asker.Submit(page, ".aside form", nil)
	if recalled.Status != 200 || strings.Contains(recalled.Text(".aside"), "Handläggarna") {
		t.Errorf("after taking back: %d", recalled.Status)
	}
}

// answerByLink is the colleague: from the mail to the answer, trying what else the link opens on the way.
func answerByLink(t *testing.T, address, api, work string) {
	t.Helper()
	secret := letterWith(t, api, regexp.MustCompile(`/lank/[A-Z2-7]{26}`), "")
	colleague := webtest.Open(t, "http://"+address)
	p := colleague.Get(secret)
	if p.Status != 200 || p.URL != "/lank" || strings.Contains(p.Body, "bistånd") {
		t.Fatalf("the link: %d at %s", p.Status, p.URL)
	}
	colleague.Submit(p, "main form", nil)
	code := letterWith(t, api, regexp.MustCompile(`[0-9]{8}`), "")
	p = colleague.Submit(colleague.Get("/lank"), "form[action=/lank/bekrafta]", url.Values{"kod": {code}})
	if p.Status != 200 || !strings.Contains(p.Text("h1"), "ekonomiskt bistånd") {
		t.Fatalf("the question: %d %q", p.Status, p.Text("h1"))
	}
	webtest.CheckDOM(t, p.Doc)
	for _, path := range []string{"/", "/system", work, "/lank/" + secret[6:]} {
		q := colleague.Get(path)
		if q.Status == 200 && q.URL != web.SignInPath && !strings.HasPrefix(q.URL, web.SignInPath+"?") {
			t.Errorf("the link opens %s too: %d at %s", path, q.Status, q.URL)
		}
	}
	empty := colleague.Submit(p, "main form", url.Values{"niva": nil, "motivering": {"Handläggarna behöver det varje dag."}})
	webtest.CheckDOM(t, empty.Doc)
	if empty.Status != 422 || !strings.Contains(empty.Body, "Handläggarna behöver") {
		t.Errorf("without a level: %d", empty.Status)
	}
	if q := colleague.Submit(p, "main form", url.Values{"niva": {"99"}}); q.Status != 422 {
		t.Errorf("a level that is none: %d", q.Status)
	}
	if p = colleague.Submit(p, "main form", url.Values{"niva": {"3"}, "motivering": {"Handläggarna behöver det varje dag."}}); p.URL != "/lank/tack" {
		t.Fatalf("after answering: %d at %s", p.Status, p.URL)
	}
	if q := colleague.Get("/lank"); q.Status != http.StatusGone {
		t.Errorf("the link after the answer: %d", q.Status)
	}
}
