// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
)

// letter is a mail that has arrived.
type letter struct {
	ID, Subject string
	To          []struct{ Address string }
	Text        string
}

// fetched reads what a mail server tells at an address.
func fetched(t *testing.T, address string) []byte {
	t.Helper()
	res, err := http.Get("http://" + address) //nolint:noctx // a test's own mail server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, res.StatusCode, err)
	}
	return b
}

// arrived waits for a number of letters, and reads them.
func arrived(t *testing.T, api string, n int) []letter {
	t.Helper()
	var list struct{ Messages []letter }
	for range 1200 {
		if err := json.Unmarshal(fetched(t, api+"/api/v1/messages?limit=200"), &list); err != nil {
			t.Fatal(err)
		}
		if len(list.Messages) >= n {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(list.Messages) != n {
		t.Fatalf("%d letters have arrived, want %d: %v", len(list.Messages), n, list.Messages)
	}
	for i := range list.Messages {
		if err := json.Unmarshal(fetched(t, api+"/api/v1/message/"+list.Messages[i].ID), &list.Messages[i]); err != nil {
			t.Fatal(err)
		}
	}
	return list.Messages
}

// Everything that happens to an account is mailed to its person, in the language of their last sign-in, and a used sealed passkey to those
// who run the program. A letter holds no name and no address but ours.
func TestAccountEventsAreMailed(t *testing.T) {
	smtp, api := mailServer(t)
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	org := dbtest.Organisation(t, a.DB, "norrsjo").Organisation
	a.Site(app.ServerOptions{URL: parsed(t, "https://insegel.norrsjo.example")})
	accounts := map[string]ids.ID[auth.Account]{}
	write := func(fn func(tx *db.Tx) error) {
		t.Helper()
		if err := a.DB.Write(t.Context(), org, fn); err != nil {
			t.Fatal(err)
		}
	}
	for address, role := range map[string]access.Role{"sv@norrsjo.example": access.Auditor, "en@norrsjo.example": access.Auditor, "en@ledning.example": access.Coordinator} {
		lang := address[:2]
		write(func(tx *db.Tx) error {
			n, err := auth.AddPerson(t.Context(), tx, auth.NewPerson{
				Organisation: org, Name: "Kim Hemlig", Folded: "kim hemlig", Origin: "first", Issuer: auth.PasskeyIssuer, Roles: []access.Role{role},
			})
			if err != nil {
				return err
			}
			if role == access.Auditor {
				accounts[lang] = n.Account
			}
			if _, err := tx.Exec(t.Context(), `UPDATE person SET email = $1 WHERE organisation_id = $2 AND id = $3`, address, org, n.Person); err != nil {
				return err
			}
			_, err = tx.Exec(t.Context(), `UPDATE account SET lang = $1 WHERE organisation_id = $2 AND id = $3`, lang, org, n.Account)
			return err
		})
	}
	everything := func() {
		t.Helper()
		for lang, account := range accounts {
			for _, e := range auth.Events() {
				n := auth.Notice{Organisation: org, Account: account, Event: e}
				if e == auth.EventSealed && lang == "en" {
					continue // it is nobody's, and happens once
				}
				write(func(tx *db.Tx) error { return a.TellOfAccount(t.Context(), tx, n) })
			}
		}
	}
	everything() // nothing is set up yet, and nothing is stopped by it
	mailing(t, a, org, smtp)
	for range 2 { // of those who try again and again, one letter tells
		write(func(tx *db.Tx) error {
			return a.TellOfAccount(t.Context(), tx, auth.Notice{Organisation: org, Account: accounts["sv"], Event: auth.EventRefused})
		})
	}
	write(func(tx *db.Tx) error { // and an account that is nobody's has nobody to tell
		return a.TellOfAccount(t.Context(), tx, auth.Notice{Organisation: org, Account: ids.New[auth.Account](), Event: auth.EventRefused})
	})
	arrived(t, api, 1)
	everything()
	checkLetters(t, arrived(t, api, 2*mostToOne+1))
}

// mostToOne is how many letters the test brings each; whoever runs the program gets one more, about the sealed passkey.
const mostToOne = 10

func checkLetters(t *testing.T, all []letter) {
	t.Helper()
	english := regexp.MustCompile(`(?i)\b(your|the|if|was sent by)\b`)
	subjects := map[string]map[string]bool{}
	for _, l := range all {
		lang, _, _ := strings.Cut(l.To[0].Address, "@")
		if subjects[lang] == nil {
			subjects[lang] = map[string]bool{}
		}
		subjects[lang][l.Subject] = true
		if english.MatchString(l.Subject+l.Text) != (lang == "en") {
			t.Errorf("a letter in the wrong language to %s: %s\n%s", lang, l.Subject, l.Text)
		}
		if strings.Contains(l.Subject+l.Text, "Hemlig") || strings.Contains(l.Text, "@") {
			t.Errorf("a letter tells whom it is about: %s", l.Text)
		}
		for _, link := range regexp.MustCompile(`https?://\S+`).FindAllString(l.Text, -1) {
			if !regexp.MustCompile(`^https://insegel\.norrsjo\.example/[a-z/]+$`).MatchString(link) {
				t.Errorf("a letter leads to %s", link)
			}
		}
	}
	for lang, got := range subjects {
		if want := map[string]int{"sv": mostToOne, "en": mostToOne + 1}[lang]; len(got) != want {
			t.Errorf("%d kinds of letters in %s: %v", len(got), lang, got)
		}
	}
}
