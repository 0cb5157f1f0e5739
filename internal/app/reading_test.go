// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/webtest"
)

// TestLogTellsHowFarItHasCome hands in a log of sign-ins little by little. Meanwhile both the page that hands it in, and the page loaded anew, are told
// how far it has come; afterwards it is in the list, and one that is cut off leaves nothing.
func TestLogTellsHowFarItHasCome(t *testing.T) {
	c, _, _ := newTeller(t)
	const place = "/matningar/loggar"
	ask := func(query string) (mark, far string) {
		t.Helper()
		r := c.Request("GET", place+query, nil)
		r.Header.Set("X-Part", "1")
		p := c.Do(r)
		var now struct {
			Mark  string
			Texts map[string]string
		}
		if err := json.Unmarshal([]byte(p.Body), &now); err != nil || p.Status != http.StatusOK {
			t.Fatalf("%d %v: %.200s", p.Status, err, p.Body)
		}
		return now.Mark, now.Texts["far"]
	}
	page := c.Get(place)
	if page.Has("[data-live='/matningar/loggar?pagar=1']") || !page.Has("form[data-live='/matningar/loggar'][data-mark=''] [data-live-text=far]") {
		t.Error("a log is being taken in before it is handed in, or its form does not tell how far it has come")
	}
	imports := len(page.All("section[aria-labelledby=imports] tbody tr"))

	line := `{"createdDateTime":"` + time.Now().UTC().AddDate(0, 0, -1).Format(time.RFC3339) + `","appDisplayName":"Treserva","status":{"errorCode":0},` +
		`"authenticationRequirement":"multiFactorAuthentication","isInteractive":true}` + "\n"
	half := strings.Repeat(line, 3_000_000/len(line))
	log := beginLog(t, c.Client, place, 2*len(half))
	log.say(half)
	var mark, far string
	waitFor(t, "the reading", func() bool {
		mark, far = ask("?pagar=1")
		return strings.HasPrefix(far, "2 MB av ") || strings.HasPrefix(far, "3 MB av ")
	})
	// It may have come further since.
	if own, same := ask(""); own != "" || !strings.Contains(same, "MB av") || mark == "" {
		t.Errorf("the page that hands it in: mark %q, %q; another: mark %q, %q", own, same, mark, far)
	}
	page = c.Get(place)
	if live := webtest.Find(page.Doc, "section[data-live='/matningar/loggar?pagar=1']"); live == nil || webtest.Attr(live, "data-mark") != mark || !strings.Contains(webtest.Text(live), "MB av") {
		t.Errorf("the page loaded anew does not tell how far it has come: %.300q", page.Text("main"))
	}
	webtest.CheckDOM(t, page.Doc)
	log.say(half)
	if status := log.end(); status != http.StatusOK {
		t.Fatalf("the log was not taken: %d", status)
	}
	if mark, far = ask("?pagar=1"); mark != "" || far != "" {
		t.Errorf("it has been taken in, and is told to be under way: %q, %q", mark, far)
	}
	if n := len(c.Get(place).All("section[aria-labelledby=imports] tbody tr")); n != imports+1 {
		t.Errorf("%d logs have been taken in, want one more than %d", n, imports)
	}

	log = beginLog(t, c.Client, place, 2*len(half))
	log.say(half)
	waitFor(t, "the reading", func() bool { mark, _ = ask("?pagar=1"); return mark != "" })
	log.leave()
	waitFor(t, "the end of what was cut off", func() bool { mark, _ = ask("?pagar=1"); return mark == "" })
	if n := len(c.Get(place).All("section[aria-labelledby=imports] tbody tr")); n != imports+1 {
		t.Errorf("%d logs have been taken in, and one of them was cut off", n)
	}
}

// waitFor waits for something to become true.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come", what)
		}
	}
}

// handedIn is a log that is being handed in.
type handedIn struct {
	t      *testing.T
	pipe   *io.PipeWriter
	after  string // what ends the form
	status chan int
}

func beginLog(t *testing.T, c *webtest.Client, place string, size int) *handedIn {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = must(form.CreateFormFile("file", "a.json"))(t)
	before := b.String()
	ok(t, form.Close())
	out, in := io.Pipe()
	h := &handedIn{t: t, pipe: in, after: strings.TrimPrefix(b.String(), before), status: make(chan int, 1)}
	r := c.Request("POST", place, out)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.ContentLength = int64(b.Len() + size)
	go func() {
		res, err := c.Send(r)
		if err != nil {
			_ = out.CloseWithError(err)
			h.status <- 0
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		h.status <- res.StatusCode
	}()
	h.say(before)
	return h
}

func (h *handedIn) say(text string) {
	h.t.Helper()
	if _, err := io.WriteString(h.pipe, text); err != nil {
		h.t.Fatal(err)
	}
}

func (h *handedIn) end() int {
	h.t.Helper()
	h.say(h.after)
	ok(h.t, h.pipe.Close())
	return <-h.status
}

// leave is a browser that closes the page.
func (h *handedIn) leave() {
	_ = h.pipe.CloseWithError(io.ErrUnexpectedEOF)
	<-h.status
}
