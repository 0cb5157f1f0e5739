// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"context"
	"encoding/json"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/db"
)

// keyPurpose tells our keys from those of others in the table.
const keyPurpose = "oidc-client"

func listKeys(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]ourKey, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (ourKey, error) {
		var k ourKey
		var public string
		var created int64
		if err := scan(&k.id, &k.kind, &public, &created); err != nil {
			return k, err
		}
		k.created = db.FromMillis(created)
		return k, json.Unmarshal([]byte(public), &k.public)
	}, `
		SELECT id, algorithm, public, created_at FROM sign_in_key WHERE organisation_id = $1 AND purpose = $2
		ORDER BY created_at DESC, id`, org, keyPurpose)
}

func insertKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, k *ourKey) error {
	public, err := json.Marshal(k.public)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO sign_in_key (id, organisation_id, purpose, algorithm, public, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		k.id, org, keyPurpose, k.kind, string(public), db.Millis(k.created))
	return err
}

func deleteKey(ctx context.Context, tx *db.Tx, org access.OrganisationID, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM sign_in_key WHERE organisation_id = $1 AND purpose = $2 AND id = $3`, org, keyPurpose, id)
	return err
}

// organisationOf finds an organisation by its code, which stands in the address of its keys.
func organisationOf(ctx context.Context, tx *db.Tx, code string) (access.OrganisationID, error) {
	var id access.OrganisationID
	err := db.One(tx.QueryRow(ctx, `SELECT id FROM organisation WHERE code = $1`, code), &id)
	return id, err
}

// codeOf gives an organisation's code.
func codeOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) (string, error) {
	var code string
	err := db.One(tx.QueryRow(ctx, `SELECT code FROM organisation WHERE id = $1`, org), &code)
	return code, err
}

// Secrets tells since when our own keys, and the secrets that providers have given us, have been used. Of our keys the newest of each kind
// counts: those before it are only published for a while yet.
func Secrets(ctx context.Context, tx *db.Tx) ([]rotation.Secret, error) {
	keys, err := listKeys(ctx, tx, tx.Scope)
	if err != nil {
		return nil, err
	}
	var out []rotation.Secret
	seen := map[string]bool{}
	for i := range keys {
		if k := &keys[i]; !seen[k.kind] {
			seen[k.kind] = true
			out = append(out, rotation.Secret{Kind: rotation.OIDC, ID: k.id, Name: k.kind, Since: k.created, Path: KeysPath})
		}
	}
	given, err := db.All(ctx, tx, func(scan func(...any) error) (rotation.Secret, error) {
		s := rotation.Secret{Kind: rotation.Client}
		var since int64
		err := scan(&s.ID, &s.Name, &since)
		s.Since, s.Path = db.FromMillis(since), provider.Path+"/tjanst/"+s.ID
		return s, err
	}, `
		SELECT p.id, p.name_sv, s.created_at FROM sign_in_secret s, identity_provider p
		WHERE s.organisation_id = $1 AND p.organisation_id = $1 AND s.owner = p.id AND s.name = $2 ORDER BY p.created_at, p.id`, tx.Scope, secretName)
	return append(out, given...), err
}
