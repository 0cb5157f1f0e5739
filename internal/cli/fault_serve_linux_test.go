// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/webtest"
)

// served is the program, which answers on this machine while it runs: the demonstration, which is the server with an example in it.
type served struct {
	insegel, dir, address string
	cookie                string // of somebody who has signed in
	before                []string
	child                 *exec.Cmd
	said                  *bytes.Buffer
}

const sessionCookie = "insegel"

func newServed(t *testing.T) *served {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // the port is the child's from now on
	return &served{insegel: program(t), dir: t.TempDir(), address: l.Addr().String()}
}

func (s *served) database() string { return filepath.Join(s.dir, "insegel.db") }

// start starts the program, which answers once it has told the link. The first start signs somebody in.
func (s *served) start(t *testing.T) {
	t.Helper()
	link, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	args := append(append([]string{}, s.before...), s.insegel, "demo", "--addr", s.address, "--dir", s.dir)
	s.child, s.said = exec.Command(args[0], args[1:]...), &bytes.Buffer{}
	s.child.Env = append(os.Environ(), "HOME="+s.dir)
	s.child.Stdout, s.child.Stderr = w, s.said
	if err := s.child.Start(); err != nil {
		t.Fatal(err)
	}
	child := s.child
	t.Cleanup(func() { _ = child.Process.Kill() }) // it has ended already where all went well
	_ = w.Close()
	told := make([]byte, 1024)
	n, err := link.Read(told)
	if err != nil {
		_ = s.child.Wait()
		t.Fatalf("it does not start: %v\n%s", err, s.said)
	}
	go func() { _, _ = io.Copy(io.Discard, link); _ = link.Close() }()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() //nolint:forcetypeassert // it is one
	if !s.answers(t.Context()) {
		t.Fatalf("the link is told before it is answered\n%s", s.said)
	}
	if s.cookie == "" {
		c := webtest.Open(t, "http://"+s.address)
		if p := c.Get(strings.TrimPrefix(strings.TrimSpace(string(told[:n])), c.URL)); p.Status != http.StatusOK {
			t.Fatalf("signing in: %d", p.Status)
		}
		if s.cookie = c.Cookie(sessionCookie); s.cookie == "" {
			t.Fatal("signing in gave no session")
		}
	}
}

func (s *served) answers(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/halsa", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// kill ends the program without letting it do anything more.
func (s *served) kill(t *testing.T) {
	t.Helper()
	if err := s.child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.child.Wait() // it was killed
}

// stop lets the program end by itself.
func (s *served) stop(t *testing.T) {
	t.Helper()
	if err := s.child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.child.Wait(); err != nil {
		t.Errorf("it was told to stop: %v\n%s", err, s.said)
	}
}

// browser is somebody who is signed in.
func (s *served) browser(t testing.TB) *webtest.Client {
	c := webtest.Open(t, "http://"+s.address)
	c.SetCookie(sessionCookie, s.cookie)
	c.NoRedirects()
	return c
}

// worker is a test whose end is only that of its goroutine: a server that is killed ends the work, and not the test.
type worker struct {
	testing.TB
	why *string
}

func (w worker) Helper() {}

func (w worker) Fatal(args ...any) { *w.why = fmt.Sprint(args...); runtime.Goexit() }

func (w worker) Fatalf(format string, args ...any) {
	*w.why = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// saved is something that the server has said is saved: the name of a new system, of an imported one, or how far a number has come.
type saved struct {
	what string
	name string
	n    int
}

// The objects that numbers are written to: a classification's answer, and an action.
const (
	answered = "biblioteket"
	planned  = "diariet"
	required = "ansvar-systemagare-utsedd"
)

// works does one thing over and over, and tells what has been saved.
type works func(t testing.TB, c *webtest.Client, round, i int) saved

// moved wants the answer to be that it has been saved.
func moved(t testing.TB, p *webtest.Page) *webtest.Page {
	t.Helper()
	if p.Status != http.StatusSeeOther {
		t.Fatalf("%s: %d: %s", p.URL, p.Status, p.Text("main"))
	}
	return p
}

func there(t testing.TB, p *webtest.Page) *webtest.Page {
	t.Helper()
	if p.Status != http.StatusOK {
		t.Fatalf("%s: %d", p.URL, p.Status)
	}
	return p
}

func registers(t testing.TB, c *webtest.Client, round, i int) saved {
	name := fmt.Sprintf("Nytt system %d-%d", round, i)
	moved(t, c.Submit(there(t, c.Get("/system/nytt")), "main form[method=post]", url.Values{"namn": {name}}))
	return saved{"system", name, 0}
}

// number is what stands in a text, 0 when nothing does.
func number(text string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(text))
	return n
}

func answerNumber(t testing.TB, c *webtest.Client) (p *webtest.Page, n int) {
	p = there(t, c.Get("/system/"+answered+"/klassning/steg/3?fraga=1"))
	return p, number(p.Text("#motivering"))
}

func answers(t testing.TB, c *webtest.Client, _, _ int) saved {
	p, n := answerNumber(t, c)
	moved(t, c.Submit(p, "main form.q", url.Values{"niva": {"1"}, "motivering": {strconv.Itoa(n + 1)}}))
	return saved{"answer", "", n + 1}
}

func actionNumber(t testing.TB, c *webtest.Client) (p *webtest.Page, n int) {
	p = there(t, c.Get("/system/"+planned+"/atgarder"))
	return p, number(p.Text("#note-" + required))
}

func plans(t testing.TB, c *webtest.Client, _, _ int) saved {
	p, n := actionNumber(t, c)
	moved(t, c.Submit(p, "form[aria-labelledby=t-"+required+"]", url.Values{
		"owner-" + required: {"Systemägare"}, "state-" + required: {"planned"}, "note-" + required: {strconv.Itoa(n + 1)},
	}))
	return saved{"action", "", n + 1}
}

func imports(t testing.TB, c *webtest.Client, round, i int) saved {
	var list, body bytes.Buffer
	list.WriteString("Systemnamn;K;R;T\n")
	name := fmt.Sprintf("Hämtat %d-%d", round, i)
	for n := range 5 {
		fmt.Fprintf(&list, "%s %d;2;2;1\n", name, n)
	}
	m := multipart.NewWriter(&body)
	f, err := m.CreateFormFile("file", "lista.csv")
	if err == nil {
		_, err = f.Write(list.Bytes())
	}
	if err = errors.Join(err, m.Close()); err != nil {
		t.Fatal(err)
	}
	r := c.Request(http.MethodPost, "/importera", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	at := moved(t, c.Do(r)).Header.Get("Location")
	at = moved(t, c.Submit(there(t, c.Get(at)), "#map", url.Values{"scale": {"klassa"}})).Header.Get("Location")
	moved(t, c.Submit(there(t, c.Get(at)), "main form[action$=klar]", nil))
	return saved{"import", name, 5}
}

// under lets everybody work until n things have been saved, kills the server and gives all that it said was saved.
func (s *served) under(t *testing.T, round, n int) []saved {
	t.Helper()
	done := make(chan saved, 1000)
	ended := make(chan string, 10)
	var wg sync.WaitGroup
	for _, work := range []works{registers, answers, plans, imports} {
		wg.Go(func() {
			var why string
			defer func() { ended <- why }()
			w := worker{t, &why}
			c := s.browser(w)
			for i := 0; ; i++ {
				done <- work(w, c, round, i)
			}
		})
	}
	var all []saved
	for len(all) < n {
		select {
		case x := <-done:
			all = append(all, x)
		case why := <-ended:
			t.Fatalf("round %d: the work ended before the server was killed: %s\n%s", round, why, s.said)
		}
	}
	s.kill(t)
	wg.Wait()
	close(done)
	for x := range done { // what it managed to say before it died counts too
		all = append(all, x)
	}
	return all
}

// The whole program is killed under load, again and again. After each start its pages and log are whole, all that it said was saved is
// there, and every write is there with its entry in the log and its job, or not at all.
func TestKillUnderLoad(t *testing.T) {
	s := newServed(t)
	s.start(t)
	moved(t, s.browser(t).Post("/system/"+answered+"/klassning/borja", nil))
	names, most, imported := map[string]bool{}, map[string]int{}, 0
	for round := range 10 {
		for _, x := range s.under(t, round, 4+round) {
			if x.name != "" {
				names[x.name] = true
			}
			if x.what == "import" {
				imported++
				delete(names, x.name)
				for i := range x.n {
					names[fmt.Sprintf("%s %d", x.name, i)] = true
				}
			}
			most[x.what] = max(most[x.what], x.n)
		}
		s.start(t) // which reads every page, and compares the log with what was exported
		c := s.browser(t)
		_, answer := answerNumber(t, c)
		_, action := actionNumber(t, c)
		if answer < most["answer"] || action < most["action"] {
			t.Errorf("round %d: %d answers and %d actions stand, and %v were acknowledged", round, answer, action, most)
		}
		s.whole(t, names, answer, action)
	}
	if imported == 0 || most["answer"] == 0 || most["action"] == 0 {
		t.Errorf("not everything was written: %d imports, %v", imported, most)
	}
	s.kill(t)
}

// whole compares the rows with the log and the jobs.
func (s *served) whole(t *testing.T, names map[string]bool, answer, action int) {
	t.Helper()
	d, err := db.OpenReadOnly(t.Context(), "sqlite:"+s.database())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }() // it was only read
	var org access.OrganisationID
	left := map[string]bool{}
	for name := range names {
		left[name] = true
	}
	err = d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		one := func(want int, query string, args ...any) {
			t.Helper()
			var n int
			if err := db.One(tx.QueryRow(t.Context(), query, args...), &n); err != nil || n != want {
				t.Errorf("%d, want %d, from %s: %v", n, want, query, err)
			}
		}
		if err := db.One(tx.QueryRow(t.Context(), `SELECT id FROM organisation`), &org); err != nil {
			return err
		}
		one(0, `SELECT COUNT(*) FROM system s WHERE NOT EXISTS (SELECT 1 FROM audit_entry e
			WHERE e.object_id = s.id AND e.action IN ('system.Create', 'register.Import'))`)
		one(0, `SELECT COUNT(*) FROM audit_entry e WHERE e.object_kind = 'system' AND e.action IN ('system.Create', 'register.Import')
			AND NOT EXISTS (SELECT 1 FROM system s WHERE s.id = e.object_id)`)
		// Each answer asks for a job; so did the beginning.
		one(answer+1, `SELECT COUNT(*) FROM river_job j JOIN system s ON instr(CAST(j.args AS TEXT), s.id) > 0
			WHERE s.slug = $1 AND j.kind = 'classification.changed'`, answered)
		one(0, `SELECT COUNT(*) % 5 FROM system s WHERE s.name LIKE 'Hämtat%'`)
		one(answer, `SELECT COUNT(*) FROM audit_entry e JOIN system s ON s.id = e.object_id WHERE s.slug = $1 AND e.action = 'classification.Answer'`, answered)
		one(action, `SELECT COUNT(*) FROM audit_entry e JOIN system s ON s.id = e.object_id WHERE s.slug = $1 AND e.action = 'action.Save'`, planned)
		_, err := db.All(t.Context(), tx, func(scan func(...any) error) (struct{}, error) {
			var name string
			err := scan(&name)
			delete(left, name)
			return struct{}{}, err
		}, `SELECT name FROM system`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range left {
		t.Errorf("%s was acknowledged, and is not there", name)
	}
	v, err := audit.VerifyLog(t.Context(), d, org, audit.Check{})
	if err != nil || !v.Whole() {
		t.Errorf("the log: %+v, %v", v, err)
	}
}
