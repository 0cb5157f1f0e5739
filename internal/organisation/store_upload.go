// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{{Table: "people_upload", Columns: []string{"content"}, Key: []string{"id"}}}

func contentCell(id ids.ID[PeopleUpload]) db.Cell { return Sealed[0].Cell("content", id.String()) }

func saveUpload(ctx context.Context, tx *db.Tx, actor access.Actor, u *PeopleUpload) error {
	content, err := tx.Seal(ctx, contentCell(u.ID), base64.StdEncoding.EncodeToString(u.Content))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO people_upload (id, organisation_id, actor, file, content, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		u.ID, actor.Organisation, actor.ID, u.File, content, db.Millis(tx.Now))
	return err
}

// oneUpload reads a list that the actor has handed over. Nobody else's is found, and none from before oldest.
func oneUpload(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[PeopleUpload], oldest time.Time) (PeopleUpload, error) {
	u := PeopleUpload{ID: id}
	var content string
	err := db.One(tx.QueryRow(ctx, `SELECT file, content FROM people_upload WHERE organisation_id = $1 AND actor = $2 AND id = $3 AND created_at >= $4`,
		actor.Organisation, actor.ID, id, db.Millis(oldest)), &u.File, &content)
	if err != nil {
		return PeopleUpload{}, err
	}
	if content, err = tx.Open(ctx, contentCell(id), content); err != nil {
		return PeopleUpload{}, err
	}
	if u.Content, err = base64.StdEncoding.DecodeString(content); err != nil {
		return PeopleUpload{}, fmt.Errorf("read content: %w", err)
	}
	return u, nil
}

func removeUpload(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[PeopleUpload]) error {
	_, err := tx.Exec(ctx, `DELETE FROM people_upload WHERE organisation_id = $1 AND actor = $2 AND id = $3`, actor.Organisation, actor.ID, id)
	return err
}

func removeOldUploads(ctx context.Context, tx *db.Tx, org access.OrganisationID, oldest time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM people_upload WHERE organisation_id = $1 AND created_at < $2`, org, db.Millis(oldest))
	return err
}
