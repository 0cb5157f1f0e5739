// SPDX-License-Identifier: EUPL-1.2

package passkey_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// invite makes an invitation as the use case does that has asked whether the actor may.
func (h *house) invite(org access.OrganisationID, account ids.ID[auth.Account]) (token string, err error) {
	err = h.db.Write(h.t.Context(), org, func(tx *db.Tx) error {
		token, err = passkey.InviteIn(h.t.Context(), tx, access.LocalAdministrator(org), account)
		return err
	})
	return token, err
}

// An invitation that was made before its person became an administrator would let whoever sent it act as two people.
func TestInvitationFromBeforeAnAdministrator(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, _ := h.begun()
		org := access.OrganisationID(strings.Split(c.Cookie("insegel"), ".")[0])
		var n auth.NewPerson
		err := h.db.Write(t.Context(), org, func(tx *db.Tx) (err error) {
			n, err = auth.AddPerson(t.Context(), tx, auth.NewPerson{Organisation: org, Name: "Robin Exempel", Folded: "robin exempel", Origin: "invited", Issuer: auth.PasskeyIssuer})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		token, err := h.invite(org, n.Account)
		if err != nil {
			t.Fatal(err)
		}
		h.exec(`UPDATE account_identity SET issuer = 'https://idp.example.se', last_used_at = 1 WHERE organisation_id = $1 AND account_id = $2`, org, n.Account)
		h.exec(`INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, 'administrator', 'test', 1)`, ids.New[int](), org, n.Person)
		if to := h.browser().Post("/inbjudan", url.Values{"kod": {token}}).URL; to != "/inbjudan" {
			t.Errorf("an invitation from before the role leads to %s", to)
		}
	})
}
