// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// server is a mail server that somebody else wrote.
type server struct {
	smtp, api string
	roots     *x509.CertPool
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// startServer starts mailpit with a certificate of its own.
func startServer(t *testing.T, flags ...string) *server {
	t.Helper()
	program, err := filepath.Abs("../../.build/mailpit")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		dbtest.Missing(t, "mailpit: run scripts/test-deps, which builds it")
	}
	s := &server{smtp: freePort(t), api: freePort(t), roots: x509.NewCertPool()}
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.roots.AppendCertsFromPEM(certPEM)
	cert, private, users := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "users")
	for path, b := range map[string][]byte{cert: certPEM, private: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), users: []byte("insegel:hemligt-losen\n")} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--smtp", s.smtp, "--listen", s.api, "--database", filepath.Join(dir, "mail.db"), "--disable-version-check", "--smtp-disable-rdns"}
	for _, f := range flags {
		args = append(args, strings.NewReplacer("CERT", cert, "KEY", private, "USERS", users).Replace(f))
	}
	var said bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("mailpit said:\n%s", said.String())
		}
	})
	for _, address := range []string{s.smtp, s.api} {
		for i := 0; ; i++ {
			c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			if err == nil {
				_ = c.Close()
				break
			}
			if i > 200 {
				t.Fatalf("mailpit does not answer: %s", said.String())
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return s
}

// letter is a mail as the server has it.
type letter struct {
	ID, Subject, Text string
	From              struct{ Name, Address string }
	To, Bcc           []struct{ Address string }
}

func (s *server) read(t *testing.T, path string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+s.api+"/api/v1/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if raw, ok := into.(*string); ok {
		*raw = string(b)
	} else if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
}

// letters are all mails that the server has got, the latest first.
func (s *server) letters(t *testing.T) []letter {
	t.Helper()
	var list struct{ Messages []letter }
	s.read(t, "messages", &list)
	for i := range list.Messages {
		s.read(t, "message/"+list.Messages[i].ID, &list.Messages[i])
	}
	return list.Messages
}

func (s *server) settings(t *testing.T, security mail.Security) mail.Settings {
	t.Helper()
	host, port, err := net.SplitHostPort(s.smtp)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return mail.Settings{Host: host, Port: n, Security: security, Sender: "insegel@norrsjo.example"}
}

// house is mail on a database.
type house struct {
	d     *db.DB
	mail  *mail.Service
	actor access.Actor
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	texts, err := locale.NewBundle(map[string]string{"mail": mail.Messages, "web": web.Messages})
	if err != nil {
		t.Fatal(err)
	}
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{d: d, actor: dbtest.Organisation(t, d, "norrsjo")}
	h.mail = &mail.Service{
		DB: d, Jobs: q, Texts: texts, Key: root(t), Base: func() string { return "https://insegel.norrsjo.example" },
		Outbound: outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}
	return h
}

func (h *house) set(t *testing.T, s *server, settings mail.Settings) {
	t.Helper()
	if s != nil {
		h.mail.Outbound.Roots = s.roots
	}
	if err := h.mail.Set(t.Context(), h.actor, settings); err != nil {
		t.Fatal(err)
	}
}

// add queues a mail and gives its job.
func (h *house) add(t *testing.T, m mail.Message) mail.SendArgs {
	t.Helper()
	err := h.d.Write(t.Context(), h.actor.Organisation, func(tx *db.Tx) error { return h.mail.Add(t.Context(), tx, m) })
	if err != nil {
		t.Fatal(err)
	}
	var id ids.ID[mail.Outgoing]
	err = h.d.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT id FROM mail_message WHERE organisation_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1`, h.actor.Organisation), &id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return mail.SendArgs{Organisation: h.actor.Organisation, Message: id}
}

func (h *house) sent(t *testing.T) []mail.Logged {
	t.Helper()
	out, err := h.mail.Sent(t.Context(), h.actor)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var question = mail.Message{Template: mail.Question, To: "anna@norrsjo.example", Lang: "sv", Path: "/lank/KQ7XJ2M4PZ6RT3VWYB5CDFGHNA"}

// The mail arrives by each way of encrypting, with and without signing in, and says what it should.
func TestSend(t *testing.T) {
	for name, tc := range map[string]struct {
		flags    []string
		security mail.Security
		account  bool
	}{
		"STARTTLS":             {[]string{"--smtp-tls-cert=CERT", "--smtp-tls-key=KEY", "--smtp-require-starttls"}, mail.StartTLS, false},
		"STARTTLS and account": {[]string{"--smtp-tls-cert=CERT", "--smtp-tls-key=KEY", "--smtp-require-starttls", "--smtp-auth-file=USERS"}, mail.StartTLS, true},
		"TLS and account":      {[]string{"--smtp-tls-cert=CERT", "--smtp-tls-key=KEY", "--smtp-require-tls", "--smtp-auth-file=USERS"}, mail.Implicit, true},
		"in clear, here":       {nil, mail.Plain, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, tc.flags...)
			h := newHouse(t, dbtest.SQLite(t))
			set := s.settings(t, tc.security)
			if tc.account {
				set.Account, set.Password = "insegel", "hemligt-losen"
			}
			h.set(t, s, set)
			args := h.add(t, question)
			if err := mail.Send(t.Context(), h.mail, args); err != nil {
				t.Fatal(err)
			}
			got := s.letters(t)
			if len(got) != 1 {
				t.Fatalf("%d mails arrived", len(got))
			}
			m := got[0]
			if m.Subject != "En fråga till dig från Kommun norrsjo" || !strings.Contains(m.Text, "https://insegel.norrsjo.example/lank/KQ7XJ2M4PZ6RT3VWYB5CDFGHNA") ||
				m.To[0].Address != "anna@norrsjo.example" || m.From.Address != "insegel@norrsjo.example" {
				t.Errorf("%+v", m)
			}
			var raw string
			s.read(t, "message/"+m.ID+"/raw", &raw)
			if !strings.Contains(raw, "Auto-Submitted: auto-generated") || strings.Contains(raw, "go-mail") || strings.Contains(raw, "text/html") {
				t.Errorf("the mail is not plain and automatic: %s", raw)
			}
			// The job may run again after a stop; what has been sent is not sent again.
			if err := mail.Send(t.Context(), h.mail, args); err != nil || len(s.letters(t)) != 1 {
				t.Errorf("sent twice, or %v", err)
			}
			if l := h.sent(t); len(l) != 1 || l[0].State != mail.Sent || l[0].Recipient != "a…@norrsjo.example" {
				t.Errorf("%+v", l)
			}
		})
	}
}

// cutting relays to a mail server and breaks the line when the program wants to go on after a mail, or to take leave.
func cutting(t *testing.T, to string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	relay := func(client net.Conn) error {
		defer func() { _ = client.Close() }()
		server, err := net.Dial("tcp", to) //nolint:noctx // it ends with the test's server
		if err != nil {
			return err
		}
		defer func() { _ = server.Close() }()
		go func() { _, _ = io.Copy(client, server) }()
		for lines := bufio.NewScanner(client); lines.Scan(); {
			if line := lines.Text(); line == "RSET" || line == "QUIT" {
				return nil
			}
			if _, err := server.Write(append(lines.Bytes(), "\r\n"...)); err != nil {
				return err
			}
		}
		return nil
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			go func() { _ = relay(c) }()
		}
	}()
	return l.Addr().String()
}

// A mail that the server has taken is sent, whatever happens to the line afterwards: nobody gets it twice.
func TestLineBreaksAfterTheMail(t *testing.T) {
	s := startServer(t)
	h := newHouse(t, dbtest.SQLite(t))
	through := &server{smtp: cutting(t, s.smtp)}
	h.set(t, nil, through.settings(t, mail.Plain))
	args := h.add(t, question)
	for range 2 {
		if err := mail.Send(t.Context(), h.mail, args); err != nil {
			t.Error(err)
		}
	}
	if n := len(s.letters(t)); n != 1 {
		t.Errorf("%d mails arrived, want one", n)
	}
	if l := h.sent(t); len(l) != 1 || l[0].State != mail.Sent || l[0].Attempts != 1 {
		t.Errorf("%+v", l)
	}
}

// What cannot be sent safely is not sent, and nothing falls back to something weaker.
func TestNeverWeaker(t *testing.T) {
	tls := []string{"--smtp-tls-cert=CERT", "--smtp-tls-key=KEY"}
	for name, tc := range map[string]struct {
		flags  []string
		change func(h *house, set *mail.Settings)
		want   string
	}{
		"the server offers no STARTTLS": {nil, func(_ *house, set *mail.Settings) { set.Security = mail.StartTLS }, "STARTTLS"},
		"no TLS where it should be":     {nil, func(_ *house, set *mail.Settings) { set.Security = mail.Implicit }, "tls"},
		"a certificate nobody knows": {tls, func(h *house, set *mail.Settings) {
			set.Security = mail.StartTLS
			h.mail.Outbound.Roots = x509.NewCertPool()
		}, "certificate"},
		"another name than the certificate's": {tls, func(_ *house, set *mail.Settings) { set.Security = mail.StartTLS; set.Host = "localhost" }, "certificate"},
		"a network nobody approved":           {tls, func(h *house, set *mail.Settings) { set.Security = mail.StartTLS; h.mail.Outbound.Networks = nil }, "not allowed"},
		"the wrong password": {append(tls, "--smtp-auth-file=USERS"), func(_ *house, set *mail.Settings) {
			set.Security, set.Account, set.Password = mail.StartTLS, "insegel", "fel-losenord-123"
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, tc.flags...)
			h := newHouse(t, dbtest.SQLite(t))
			set := s.settings(t, mail.StartTLS)
			h.mail.Outbound.Roots = s.roots
			tc.change(h, &set)
			h.set(t, nil, set)
			err := mail.Send(t.Context(), h.mail, h.add(t, question))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if n := len(s.letters(t)); n != 0 {
				t.Errorf("%d mails arrived", n)
			}
			l := h.sent(t)
			if l[0].State != mail.Queued || l[0].Attempts != 1 || l[0].Fault == "" || strings.Contains(l[0].Fault, "fel-losenord") || strings.Contains(l[0].Fault, "anna@") {
				t.Errorf("%+v", l[0])
			}
		})
	}
}

func TestTriesAreBounded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.set(t, nil, mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"})
		args := h.add(t, question)
		for i := range mail.MostAttempts {
			err := mail.Send(t.Context(), h.mail, args)
			if last := i == mail.MostAttempts-1; (err == nil) != last {
				t.Fatalf("attempt %d: %v", i+1, err)
			}
		}
		if l := h.sent(t)[0]; l.State != mail.Failed || l.Attempts != mail.MostAttempts {
			t.Errorf("%+v", l)
		}
		contentIsGone(t, h)
	})
}

// A code that comes too late is not sent at all.
func TestExpired(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		h.set(t, nil, mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"})
		args := h.add(t, mail.Message{Template: mail.Code, To: "anna@norrsjo.example", Lang: "sv", Code: "482913", Expires: now.Add(10 * time.Minute)})
		now = now.Add(10 * time.Minute)
		if err := mail.Send(t.Context(), h.mail, args); err != nil {
			t.Fatal(err)
		}
		if l := h.sent(t)[0]; l.State != mail.Expired {
			t.Errorf("%+v", l)
		}
		contentIsGone(t, h)
	})
}

func contentIsGone(t *testing.T, h *house) {
	t.Helper()
	var n int
	err := h.d.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM mail_message WHERE organisation_id = $1 AND content <> ''`, h.actor.Organisation), &n)
	})
	if err != nil || n != 0 {
		t.Errorf("the content of %d mails is kept, %v", n, err)
	}
}

// What waits in the queue tells nobody who or what.
func TestQueueIsSealed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.set(t, nil, mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example", Account: "insegel", Password: "hemligt-losen"})
		args := h.add(t, question)
		var all string
		err := d.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) error {
			var a, b, c, e, f string
			if err := db.One(tx.QueryRow(t.Context(), `SELECT content, recipient, recipient_hash FROM mail_message WHERE organisation_id = $1`, h.actor.Organisation), &a, &b, &c); err != nil {
				return err
			}
			err := db.One(tx.QueryRow(t.Context(), `SELECT password, host FROM mail_setting WHERE organisation_id = $1`, h.actor.Organisation), &e, &f)
			job, _ := json.Marshal(args)
			all = a + b + c + e + f + string(job)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"anna@", "KQ7XJ2M4PZ6RT3VWYB5CDFGHNA", "hemligt-losen", "lank"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s stands in the database", secret)
			}
		}
		// With another key nothing is sent.
		h.mail.Key = root(t)
		if err := mail.Send(t.Context(), h.mail, args); err == nil {
			t.Error("a mail was sent with another key")
		}
	})
}

func TestRateLimit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		h.set(t, nil, mail.Settings{Host: "127.0.0.1", Port: 1, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"})
		add := func(to string) error {
			m := question
			m.To = to
			return d.Write(t.Context(), h.actor.Organisation, func(tx *db.Tx) error { return h.mail.Add(t.Context(), tx, m) })
		}
		for range mail.MostPerRecipient {
			if err := add("anna@norrsjo.example"); err != nil {
				t.Fatal(err)
			}
		}
		for _, same := range []string{"anna@norrsjo.example", "ANNA@norrsjo.example"} {
			if err := add(same); !errors.Is(err, mail.ErrTooMany) {
				t.Errorf("one more to %s: %v", same, err)
			}
		}
		if err := add("kim@norrsjo.example"); err != nil {
			t.Errorf("to somebody else: %v", err)
		}
		now = now.Add(time.Hour + time.Second)
		if err := add("anna@norrsjo.example"); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

// The stored password goes to the server that it was stored for, and to no other.
func TestPasswordStaysWithItsServer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		s := mail.Settings{Host: "smtp.norrsjo.example", Port: 587, Security: mail.StartTLS, Sender: "insegel@norrsjo.example", Account: "insegel", Password: "hemligt"}
		h.set(t, nil, s)
		got, err := h.mail.Settings(t.Context(), h.actor)
		if err != nil || got.Password != "" || !got.HasPassword || got.Version != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		s.Password, s.Version, s.Sender = "", 1, "annan@norrsjo.example"
		h.set(t, nil, s)
		s.Version = 2
		for name, change := range map[string]func(*mail.Settings){
			"server": func(s *mail.Settings) { s.Host = "evil.example" }, "port": func(s *mail.Settings) { s.Port = 25 },
			"account": func(s *mail.Settings) { s.Account = "other" }, "encryption": func(s *mail.Settings) { s.Security = mail.Implicit },
		} {
			n := s
			change(&n)
			var fault mail.Fault
			if err := h.mail.Set(t.Context(), h.actor, n); !errors.As(err, &fault) || fault.Field != "password" {
				t.Errorf("another %s: %v", name, err)
			}
		}
		s.Version = 1
		if err := h.mail.Set(t.Context(), h.actor, s); !errors.Is(err, db.ErrConflict) {
			t.Errorf("an old version: %v", err)
		}
		for _, a := range []access.Actor{{ID: "x", Organisation: h.actor.Organisation, Roles: []access.Role{access.Coordinator}, Fresh: true}} {
			if err := h.mail.Set(t.Context(), a, s); !errors.Is(err, access.ErrDenied) {
				t.Errorf("the coordinator: %v", err)
			}
		}
		stale := h.actor
		stale.Fresh = false
		if err := h.mail.Set(t.Context(), stale, s); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("without step-up: %v", err)
		}
	})
}

func TestPage(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	site := web.NewSite(h.mail.Texts, slog.New(slog.DiscardHandler), web.Options{ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
		return h.actor, web.Viewer{Name: "Kim", Organisation: "Norrsjö kommun"}, true
	}})
	(&mail.Pages{Service: h.mail}).Routes(site)
	c := webtest.Start(t, site)
	for _, lang := range []string{"sv", "en"} {
		c.Lang = lang
		webtest.CheckDOM(t, c.Get(mail.PagePath).Doc)
	}
	c.Lang = "sv"
	p := c.Submit(c.Get(mail.PagePath), "main form", url.Values{"host": {"smtp.norrsjo.example"}, "security": {"plain"}, "sender": {"insegel@norrsjo.example"}, "account": {"a"}, "password": {"hemligt"}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 422 || !strings.Contains(p.Text("#security-error"), "Utan kryptering") || strings.Contains(p.Body, "hemligt") {
		t.Errorf("%d %s", p.Status, p.Text("#security-error"))
	}
	p = c.Submit(p, "main form", url.Values{"security": {"starttls"}, "password": {"hemligt"}})
	if p.Status != 200 || !strings.Contains(p.Text(".flash"), "Sparat") || strings.Contains(p.Body, "hemligt") {
		t.Errorf("%d %q", p.Status, p.Text(".flash"))
	}
	p = c.Submit(p, "form[action=/administration/e-post/prova]", url.Values{"to": {"kim"}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 422 || p.Text("#to-error") == "" {
		t.Errorf("%d", p.Status)
	}
	p = c.Submit(p, "form[action=/administration/e-post/prova]", url.Values{"to": {"kim@norrsjo.example"}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 200 || !strings.Contains(p.Text("main table"), "k…@norrsjo.example") || strings.Contains(p.Body, "kim@") {
		t.Errorf("%d %q", p.Status, p.Text("main table"))
	}
}
