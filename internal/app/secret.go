// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"

	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/auth/saml"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/webhook"
)

// rotations knows every key and secret that is to be changed from time to time.
func (a *App) rotations() *rotation.Service {
	return &rotation.Service{DB: a.DB, Sources: []rotation.Source{keySecrets, oidc.Secrets, saml.Secrets, mail.Secrets, webhook.Secrets, token.Secrets, a.certificateSecrets}}
}

// certificateSecrets tells of the server's own certificate, so that whoever administers it sees when it is to be changed.
func (a *App) certificateSecrets(context.Context, *db.Tx) ([]rotation.Secret, error) {
	if c := a.certificate.Load(); c != nil {
		if s, ok := c.secret(); ok {
			return []rotation.Secret{s}, nil
		}
	}
	return nil, nil
}

// databaseCheck is a keyed hash of the password in a database's address; empty when it has none.
func databaseCheck(dsn string, root key.Root) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return ""
	}
	password, ok := u.User.Password()
	if !ok || password == "" {
		return ""
	}
	mac := hmac.New(sha256.New, root.Derive("database password"))
	mac.Write([]byte(password))
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}
