// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

func saveUpload(ctx context.Context, tx *db.Tx, actor access.Actor, u *Upload) error {
	content, err := tx.Seal(ctx, contentCell(u.ID), base64.StdEncoding.EncodeToString(u.Content))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO register_upload (id, organisation_id, actor, file, content, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		u.ID, actor.Organisation, actor.ID, u.File, content, db.Millis(tx.Now))
	return err
}

// oneUpload reads a list that the actor has handed over. Nobody else's is found, and none from before oldest.
func oneUpload(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Upload], oldest time.Time) (Upload, error) {
	u := Upload{ID: id}
	var content, choice string
	var at int64
	err := db.One(tx.QueryRow(ctx, `SELECT file, content, choice, created_at FROM register_upload
		WHERE organisation_id = $1 AND actor = $2 AND id = $3 AND created_at >= $4`, actor.Organisation, actor.ID, id, db.Millis(oldest)),
		&u.File, &content, &choice, &at)
	if err != nil {
		return Upload{}, err
	}
	u.At = db.FromMillis(at)
	if content, err = tx.Open(ctx, contentCell(id), content); err != nil {
		return Upload{}, err
	}
	if u.Content, err = base64.StdEncoding.DecodeString(content); err != nil {
		return Upload{}, fmt.Errorf("read content: %w", err)
	}
	if err := json.Unmarshal([]byte(choice), &u.Choice); err != nil {
		return Upload{}, fmt.Errorf("read choice: %w", err)
	}
	return u, nil
}

func uploads(ctx context.Context, tx *db.Tx, actor access.Actor, oldest time.Time) ([]Upload, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (Upload, error) {
		var u Upload
		var at int64
		err := scan(&u.ID, &u.File, &at)
		u.At = db.FromMillis(at)
		return u, err
	}, `SELECT id, file, created_at FROM register_upload WHERE organisation_id = $1 AND actor = $2 AND created_at >= $3 ORDER BY created_at DESC, id`,
		actor.Organisation, actor.ID, db.Millis(oldest))
}

func saveUploadChoice(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Upload], c Choice) error {
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write choice: %w", err)
	}
	n, err := tx.Exec(ctx, `UPDATE register_upload SET choice = $1 WHERE organisation_id = $2 AND actor = $3 AND id = $4`,
		string(b), actor.Organisation, actor.ID, id)
	if err == nil && n == 0 {
		return db.ErrNotFound
	}
	return err
}

// countUploads tells how many lists the actor has waiting.
func countUploads(ctx context.Context, tx *db.Tx, actor access.Actor) (n int, err error) {
	return n, db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM register_upload WHERE organisation_id = $1 AND actor = $2`, actor.Organisation, actor.ID), &n)
}

func removeUpload(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Upload]) error {
	_, err := tx.Exec(ctx, `DELETE FROM register_upload WHERE organisation_id = $1 AND actor = $2 AND id = $3`, actor.Organisation, actor.ID, id)
	return err
}

func removeOldUploads(ctx context.Context, tx *db.Tx, org access.OrganisationID, oldest time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM register_upload WHERE organisation_id = $1 AND created_at < $2`, org, db.Millis(oldest))
	return err
}
