// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// A supplier without an account answers a system's requirements by a link and a code that arrive by mail. The answers are seen when
// they are sent, as attested beside the organisation's own, which stand as they were.
func TestSupplierAnswersByLink(t *testing.T) {
	address, enter, api := mailingExample(t)
	asker := webtest.Open(t, "http://"+address)
	asker.Get(strings.TrimPrefix(enter, "http://"+address))
	const system = "/system/e-ansokan-ekonomiskt-bistand"
	const replies = system + "/leverantorssvar"
	page := asker.Get(replies)
	webtest.CheckDOM(t, page.Doc)
	bad := asker.Submit(page, "form[action='"+replies+"']", url.Values{"till": {"leverantören"}})
	webtest.CheckDOM(t, bad.Doc)
	if bad.Status != 422 || bad.Text("#till-error") == "" {
		t.Errorf("a bad address: %d", bad.Status)
	}
	page = asker.Submit(page, "form[action='"+replies+"']", url.Values{"till": {"lo@leverantor.example"}})
	webtest.CheckDOM(t, page.Doc)
	if page.Status != 200 || !strings.Contains(page.Text("main"), "l…@leverantor.example") {
		t.Fatalf("after asking: %d %s", page.Status, page.Text("main"))
	}
	supplier := webtest.Open(t, "http://"+address)
	first := letterWith(t, api, aLink, "")
	code := ""
	p := confirmed(t, supplier, api, first, &code)
	webtest.CheckDOM(t, p.Doc)
	if strings.Contains(p.Body, "Uppfylls inte") || strings.Contains(p.Body, "/system/") {
		t.Error("the supplier sees the organisation's own answers, or an address of its systems")
	}
	for _, path := range []string{"/", "/system", system, replies} {
		if q := supplier.Get(path); q.Status == 200 && !strings.HasPrefix(q.URL, web.SignInPath) {
			t.Errorf("the link opens %s too: %d at %s", path, q.Status, q.URL)
		}
	}
	id := ""
	for _, a := range p.All("input[name=krav]")[0].Attr {
		if a.Key == "value" {
			id = a.Val
		}
	}
	bad = supplier.Submit(p, "main form", url.Values{"svar-" + id: {"partly"}, "hur-" + id: {""}, "fran-" + id: {"igår"}})
	webtest.CheckDOM(t, bad.Doc)
	if bad.Status != 422 || bad.Text("#hur-"+id+"-error") == "" || bad.Text("#fran-"+id+"-error") == "" {
		t.Errorf("a poor answer: %d", bad.Status)
	}
	answer := url.Values{"svar-" + id: {"partly"}, "hur-" + id: {"Loggen finns, sökning kommer."}, "fran-" + id: {"2027-03-01"}}
	p = supplier.Submit(p, "main form", answer)
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 200 || !strings.Contains(p.Body, "1 av ") {
		t.Fatalf("after saving: %d %s", p.Status, p.Text("[role=status]"))
	}
	if q := asker.Get(system + "/krav?status="); strings.Contains(q.Body, "Loggen finns") {
		t.Error("an answer is seen before it was sent")
	}
	attackAnswers(t, address, supplier, p, id)
	// A colleague of the supplier goes on: the old link is shut, and the answers come along.
	page = asker.Get(replies)
	request := regexp.MustCompile(replies + `/([^/"]+)/aterta`).FindStringSubmatch(page.Body)[1]
	asker.Submit(page, "form[action='"+replies+"']", url.Values{"till": {"kim@leverantor.example"}, "fortsatt": {request}})
	if q := supplier.Get("/lank"); q.Status != 410 {
		t.Errorf("the old link: %d", q.Status)
	}
	colleague := webtest.Open(t, "http://"+address)
	p = confirmed(t, colleague, api, letterWith(t, api, aLink, first), &code)
	if !strings.Contains(p.Body, "1 av ") {
		t.Fatalf("the answers did not come along: %s", p.Text("main"))
	}
	if p = colleague.Submit(p, "main form", url.Values{"skicka": {"1"}}); p.URL != "/lank/tack" || p.Status != 200 {
		t.Fatalf("after sending: %d at %s: %s", p.Status, p.URL, p.Text("main"))
	}
	page = asker.Get(replies)
	webtest.CheckDOM(t, page.Doc)
	for _, want := range []string{"Delvis", "Loggen finns, sökning kommer.", "k…@leverantor.example", "mars", "2027", "Inskickade"} {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("the answers lack %q", want)
		}
	}
	own := asker.Get(system + "/krav?status=" + "&omrade=" + topicOf(t, asker, id))
	webtest.CheckDOM(t, own.Doc)
	if text := own.Text("#krav-" + id); !strings.Contains(text, "Leverantören:") || !strings.Contains(text, "k…@leverantor.example") {
		t.Errorf("the requirement says %q", text)
	}
}

// attackAnswers sends what is not to be taken, by somebody without the code and by the supplier.
func attackAnswers(t *testing.T, address string, supplier *webtest.Client, p *webtest.Page, id string) {
	t.Helper()
	send := func(c *webtest.Client, requirement, name, content string) *webtest.Page {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for k, v := range map[string]string{"krav": requirement, "omrade": p.Text("h2")} {
			if err := w.WriteField(k, v); err != nil {
				t.Fatal(err)
			}
		}
		f, err := w.CreateFormFile("fil-"+requirement, name)
		if err == nil {
			_, err = io.WriteString(f, content)
		}
		if err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		r := c.Request("POST", "/lank/svar", &b)
		r.Header.Set("Content-Type", w.FormDataContentType())
		return c.Do(r)
	}
	if q := send(webtest.Open(t, "http://"+address), id, "a.pdf", "%PDF-1.7"); q.Status != 410 {
		t.Errorf("a document from somebody without the code: %d", q.Status)
	}
	for name, content := range map[string]string{
		"bild.svg": "<svg><script>alert(1)</script></svg>", "bild.png": "<svg><script>alert(1)</script></svg>", "stor.pdf": "%PDF-" + strings.Repeat("0", 6<<20),
	} {
		if q := send(supplier, id, name, content); q.Status != 422 || q.Text("#fil-"+id+"-error") == "" {
			t.Errorf("%s: %d", name, q.Status)
		}
	}
	if q := send(supplier, "FINNS_INTE", "a.pdf", "%PDF-1.7"); q.Status == 200 && strings.Contains(q.Body, "a.pdf") {
		t.Error("a document of what is not asked is taken")
	}
	if q := send(supplier, id, "intyg.pdf", "%PDF-1.7"); q.Status != 200 {
		t.Errorf("a document that is taken: %d", q.Status)
	}
}

var aLink = regexp.MustCompile(`/lank/[A-Z2-7]{26}`)

// confirmed opens a link, and gives the code that comes by mail; last is the code of the link before.
func confirmed(t *testing.T, c *webtest.Client, api, secret string, last *string) *webtest.Page {
	t.Helper()
	p := c.Get(secret)
	if p.Status != 200 || strings.Contains(p.Body, "bistånd") {
		t.Fatalf("the link: %d at %s", p.Status, p.URL)
	}
	c.Submit(p, "main form", nil)
	*last = letterWith(t, api, regexp.MustCompile(`\b[0-9]{8}\b`), *last)
	if p = c.Submit(c.Get("/lank"), "form[action='/lank/bekrafta']", url.Values{"kod": {*last}}); p.Status != 200 || !strings.Contains(p.Text("h1"), "Krav på") {
		t.Fatalf("what is asked: %d %q", p.Status, p.Text("h1"))
	}
	return p
}

// topicOf finds the topic of a requirement on its page of the catalogue.
func topicOf(t *testing.T, c *webtest.Client, id string) string {
	t.Helper()
	found := regexp.MustCompile(`omrade=([a-z-]+)`).FindStringSubmatch(c.Get("/krav/" + id).Body)
	if found == nil {
		return ""
	}
	return found[1]
}
