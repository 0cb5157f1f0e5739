// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
)

func root(t *testing.T) key.Root {
	t.Helper()
	k, err := key.Create(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"anna@norrsjo.example": true, "a.b+c@x.y.example": true, "åsa@norrsjö.example": true, "": false, "anna": false, "@x.example": false,
		"Anna <anna@norrsjo.example>": false, "a@x.example, b@x.example": false, "a@x.example\r\nBcc: b@x.example": false, "a@x.example\n": false,
		" a@x.example": false, "a b@x.example": false, "a@x..example": false, "a@-x.example": false, `"a b"@x.example`: false, "a@[127.0.0.1]": false,
		"a@x.example>": false, strings.Repeat("a", 65) + "@x.example": false, "a@" + strings.Repeat("x", 260): false, "a\x00@x.example": false,
	} {
		if err := mail.CheckAddress(address); (err == nil) != want {
			t.Errorf("%q: %v, want allowed %v", address, err, want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"anna@norrsjo.example", "a@b\r\nTo: c@d", "\"a\"@b", "a@b (c)", "a@[1.2.3.4]", "å@ö"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if mail.CheckAddress(s) == nil && (strings.ContainsAny(s, "\r\n\x00 ,;<>\"()[]\\") || strings.Count(s, "@") != 1) {
			t.Errorf("%q is allowed", s)
		}
	})
}

// aNote is a checkpoint's form.
const aNote = "insegel/norrsjo/1\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— insegel/norrsjo/1 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

// A text can hold what its template names and nothing else, whatever somebody puts into a message.
func TestTemplatesHoldOnlyWhatTheyMay(t *testing.T) {
	b, err := locale.NewBundle(map[string]string{"mail": mail.Messages})
	if err != nil {
		t.Fatal(err)
	}
	full := map[mail.Template]mail.Message{
		mail.Trial: {}, mail.Code: {Code: "482913"}, mail.Question: {Path: "/lank/abc"}, mail.Supplier: {Path: "/lank/abc"}, mail.SupplierDue: {Path: "/lank/abc"}, mail.Receipt: {Path: "/lank/abc"},
		mail.Bidder: {Path: "/lank/abc"}, mail.Colleague: {Path: "/lank/abc"}, mail.AlarmRaised: {Path: "/larm"},
		mail.Reminder: {Path: "/", Count: 3}, mail.Round: {Path: "/lank/abc"}, mail.RoundReminder: {Path: "/lank/abc"}, mail.RoundLate: {Path: "/uppfoljningsomgangar/1"}, mail.Checkpoint: {Note: aNote}, mail.MethodAdded: {Path: "/mina"}, mail.MethodRemoved: {Path: "/mina"},
		mail.CodesMade: {Path: "/mina"}, mail.CodeUsed: {Path: "/mina"}, mail.Tied: {Path: "/mina"}, mail.Ended: {}, mail.Roles: {Path: "/mina"}, mail.Address: {},
		mail.Refused: {Path: "/mina"}, mail.Late: {Path: "/mina"}, mail.SealedUsed: {Path: "/larm"},
	}
	if len(full) != len(mail.Templates()) {
		t.Fatal("a template is not tested")
	}
	for _, lang := range locale.Languages {
		for _, name := range mail.Templates() {
			m := full[name]
			m.Template, m.To, m.Lang = name, "anna@norrsjo.example", lang
			if err := mail.Check(&m); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			subject, body := m.Text(b.In(lang), "Norrsjö kommun\r\nBcc: evil@example", "https://insegel.example/")
			if subject == "" || strings.ContainsAny(subject, "\r\n") || strings.Contains(subject+body, "{{") || strings.Contains(subject+body, "<no value>") {
				t.Errorf("%s in %s: %q, %q", name, lang, subject, body)
			}
			if strings.Contains(body, "\r\nBcc") || strings.Contains(body, "\nBcc") {
				t.Errorf("%s: a name became lines of its own: %q", name, body)
			}
			for what, part := range map[string]string{"link": m.Path, "code": m.Code} {
				if part != "" && part != "/" && !strings.Contains(body, part) {
					t.Errorf("%s in %s lacks its %s: %q", name, lang, what, body)
				}
			}
		}
	}
	for name, m := range map[string]mail.Message{
		"a text as a code":       {Template: mail.Code, Code: "lönesystemet"},
		"a link in a code mail":  {Template: mail.Code, Code: "482913", Path: "/x"},
		"another site":           {Template: mail.Question, Path: "https://evil.example"},
		"another site, relative": {Template: mail.Question, Path: "//evil.example"},
		"a line break":           {Template: mail.Question, Path: "/a\r\nBcc: x"},
		"a query":                {Template: mail.Question, Path: "/system?q=lönesystemet"},
		"a name in the path":     {Template: mail.Question, Path: "/system/lönesystemet"},
		"no template":            {Template: "welcome"},
		"no link":                {Template: mail.Question},
		"a text as a note":       {Template: mail.Checkpoint, Note: "lönesystemet"},
		"a text in a note":       {Template: mail.Checkpoint, Note: aNote + "lönesystemet\n"},
		"a code too short":       {Template: mail.Code, Code: "1234"},
	} {
		m.To = "anna@norrsjo.example"
		if err := mail.Check(&m); !errors.Is(err, mail.ErrContent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	good := mail.Settings{Host: "smtp.norrsjo.example", Port: 587, Security: mail.StartTLS, Sender: "insegel@norrsjo.example"}
	for name, tc := range map[string]struct {
		change func(*mail.Settings)
		field  string
	}{
		"nothing wrong":        {func(*mail.Settings) {}, ""},
		"an address":           {func(s *mail.Settings) { s.Host = "192.0.2.1" }, ""},
		"no host":              {func(s *mail.Settings) { s.Host = "" }, "host"},
		"a URL":                {func(s *mail.Settings) { s.Host = "https://smtp.example" }, "host"},
		"a port in the host":   {func(s *mail.Settings) { s.Host = "smtp.example:25" }, "host"},
		"no port":              {func(s *mail.Settings) { s.Port = 0 }, "port"},
		"a large port":         {func(s *mail.Settings) { s.Port = 65536 }, "port"},
		"no security":          {func(s *mail.Settings) { s.Security = "" }, "security"},
		"opportunistic":        {func(s *mail.Settings) { s.Security = "opportunistic" }, "security"},
		"in clear":             {func(s *mail.Settings) { s.Security = mail.Plain }, "security"},
		"in clear, here":       {func(s *mail.Settings) { s.Security, s.Host = mail.Plain, "127.0.0.1" }, ""},
		"in clear, almost":     {func(s *mail.Settings) { s.Security, s.Host = mail.Plain, "localhost.example" }, "security"},
		"a name as the sender": {func(s *mail.Settings) { s.Sender = "Insegel <insegel@norrsjo.example>" }, "sender"},
		"a line break":         {func(s *mail.Settings) { s.Account = "a\r\nRCPT TO:<x@y>" }, "account"},
	} {
		s := good
		tc.change(&s)
		err := mail.CheckSettings(&s)
		var fault mail.Fault
		if errors.As(err, &fault) != (tc.field != "") || fault.Field != tc.field {
			t.Errorf("%s: %v, want a fault of %q", name, err, tc.field)
		}
	}
}

// What is stored cannot be read, or moved, without the key.
func TestSealed(t *testing.T) {
	k := root(t)
	sealed, err := mail.Seal(k, "place", "hemligt")
	if err != nil || strings.Contains(sealed, "hemligt") {
		t.Fatalf("%q, %v", sealed, err)
	}
	if got, err := mail.Unseal(k, "place", sealed); err != nil || got != "hemligt" {
		t.Errorf("%q, %v", got, err)
	}
	again, _ := mail.Seal(k, "place", "hemligt")
	if again == sealed {
		t.Error("the same text is encrypted to the same")
	}
	for name, try := range map[string]func() (string, error){
		"another place": func() (string, error) { return mail.Unseal(k, "other", sealed) },
		"another key":   func() (string, error) { return mail.Unseal(root(t), "place", sealed) },
		"changed":       func() (string, error) { return mail.Unseal(k, "place", "A"+sealed[1:]) },
		"cut":           func() (string, error) { return mail.Unseal(k, "place", sealed[:10]) },
		"no base64":     func() (string, error) { return mail.Unseal(k, "place", "hemligt!") },
		"no key":        func() (string, error) { return mail.Unseal(key.Root{}, "place", sealed) },
	} {
		if got, err := try(); err == nil && got == "hemligt" || err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestNotSetUp(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		err := h.mail.Test(t.Context(), h.actor, "anna@norrsjo.example", "sv")
		if !errors.Is(err, mail.ErrNotSet) {
			t.Errorf("%v, want ErrNotSet", err)
		}
	})
}
