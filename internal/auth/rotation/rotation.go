// SPDX-License-Identifier: EUPL-1.2

// Package rotation knows how old keys and secrets may become, and reminds those who run the program of the ones that are to be changed
// (Swedish: nyckelbyten). It changes none itself and never sees one: whoever keeps a secret tells since when it has stood.
package rotation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
)

// Kind is what a key or a secret is for.
type Kind string

// The kinds.
const (
	Organisation Kind = "organisation" // the key that encrypts what people of the organisation write
	Root         Kind = "root"         // the key that everything else rests on
	Database     Kind = "database"     // the password that the program shows PostgreSQL
	Certificate  Kind = "certificate"  // the key of the certificate that the server itself shows
	OIDC         Kind = "oidc"         // our own keys, shown to OpenID providers
	SAML         Kind = "saml"         // our own key, shown to SAML providers
	Client       Kind = "client"       // a secret that an OpenID provider has given us
	Mail         Kind = "mail"         // the mail server's password
	Webhook      Kind = "webhook"      // what events to a receiver are signed with
	Program      Kind = "token"        // a key that a program shows us
)

// longest are how many days each kind may stand where the organisation has not said otherwise, as docs/security tells.
var longest = map[Kind]int{
	Organisation: 365, Root: 1095, Database: 365, Certificate: 398, OIDC: 365, SAML: 1095, Client: 365, Mail: 365, Webhook: 365, Program: 365,
}

// Kinds lists them, in the order that they are shown.
func Kinds() []Kind {
	return []Kind{Organisation, Root, Database, Certificate, OIDC, SAML, Client, Mail, Webhook, Program}
}

// shortestAge and longestAge are what an organisation can choose among, in days. There is no "never".
const (
	shortestAge = 7
	longestAge  = 1825
)

// ahead is how many days before its day a change stands among what there is to do.
const ahead = 30

// ErrAge says that an age is not one that can be chosen.
var ErrAge = errors.New("a key or a secret may stand for 7 to 1825 days")

// Secret is a key or a secret, without what is secret of it.
type Secret struct {
	Kind Kind
	// ID tells it from others of its kind, and Name says whose it is, where that is not plain from the kind.
	ID, Name string
	// Since is when it was made or last changed, and Ends when it stops working by itself; zero when it does not.
	Since, Ends time.Time
	// Weak says that it is worth less than 128 bits, and used only until it ends.
	Weak bool
	// Path is the page where it is changed; empty where a command does it.
	Path string
}

// Key names the secret for as long as it stands.
func (s *Secret) Key() string { return string(s.Kind) + "." + s.ID }

// Ages are how many days each kind may stand.
type Ages map[Kind]int

// of is the age of a kind.
func (a Ages) of(k Kind) int {
	if days, ok := a[k]; ok {
		return days
	}
	return longest[k]
}

// Check tells whether the ages can be chosen.
func (a Ages) Check() error {
	for k, days := range a {
		if !slices.Contains(Kinds(), k) || days < shortestAge || days > longestAge {
			return ErrAge
		}
	}
	return nil
}

// Due is the day that the secret is to be changed at the latest: when it has become too old, or stops working, whichever comes first.
func (a Ages) Due(s *Secret) civil.Date {
	due := civil.Of(s.Since).AddDays(a.of(s.Kind))
	if !s.Ends.IsZero() && civil.Of(s.Ends).Before(due) {
		return civil.Of(s.Ends)
	}
	return due
}

// Change is a secret with the day that it is to be changed at the latest.
type Change struct {
	Secret
	Due civil.Date
}

// Near reports whether the change stands among what there is to do. What is too weak does from the beginning.
func (c *Change) Near(today civil.Date) bool {
	return c.Weak || c.Due.Before(today.AddDays(ahead+1))
}

// changes puts the day on each secret, the nearest first.
func changes(all []Secret, ages Ages) []Change {
	out := make([]Change, len(all))
	for i := range all {
		out[i] = Change{Secret: all[i], Due: ages.Due(&all[i])}
	}
	slices.SortStableFunc(out, func(a, b Change) int {
		switch {
		case a.Due.Before(b.Due):
			return -1
		case b.Due.Before(a.Due):
			return 1
		default:
			return 0
		}
	})
	return out
}

// Source tells of the secrets that one part of the program keeps for the transaction's organisation.
type Source func(ctx context.Context, tx *db.Tx) ([]Secret, error)
