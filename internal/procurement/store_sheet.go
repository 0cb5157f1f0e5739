// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// saveAnswer writes one answer of a sheet.
func saveAnswer(ctx context.Context, tx *db.Tx, at Seat, r *Reply) error {
	if at.Kind == SheetBid {
		return saveBidAnswer(ctx, tx, ids.ID[Bid](at.ID), r)
	}
	return saveReply(ctx, tx, ids.ID[Request](at.ID), r)
}

func fileCell(id ids.ID[Attached], column string) db.Cell { return Sealed[6].Cell(column, id.String()) }

const fileColumns = `f.id, f.sheet_kind, f.sheet_id, f.requirement_id, f.name, f.media, f.size, f.hash, f.added_at FROM answer_file f WHERE f.organisation_id = $1`

func scanFile(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Attached, error) {
	return func(scan func(...any) error) (Attached, error) {
		var a Attached
		var at int64
		err := scan(&a.ID, &a.sheet.Kind, &a.sheet.ID, &a.Requirement, &a.Name, &a.Media, &a.Size, &a.Hash, &at)
		if err == nil {
			a.Name, err = tx.Open(ctx, fileCell(a.ID, "name"), a.Name)
		}
		a.At = db.FromMillis(at)
		return a, err
	}
}

// filesOf reads what came with a sheet's answers, by requirement.
func filesOf(ctx context.Context, tx *db.Tx, at Seat) (map[string][]Attached, error) {
	list, err := db.All(ctx, tx, scanFile(ctx, tx), `SELECT `+fileColumns+` AND f.sheet_kind = $2 AND f.sheet_id = $3 ORDER BY f.added_at, f.id`,
		tx.Scope, at.Kind, at.ID)
	if err != nil {
		return nil, fmt.Errorf("read attached documents: %w", err)
	}
	out := map[string][]Attached{}
	for i := range list {
		out[list[i].Requirement] = append(out[list[i].Requirement], list[i])
	}
	return out, nil
}

// filesOfSystem reads what came with the answers that have been sent about a system.
func filesOfSystem(ctx context.Context, tx *db.Tx, id ids.ID[system.System]) (map[acceptKey][]Attached, error) {
	list, err := db.All(ctx, tx, scanFile(ctx, tx), `SELECT `+fileColumns+` AND f.sheet_kind = $2 AND f.sheet_id IN (
			SELECT q.id FROM supplier_request q WHERE q.organisation_id = $1 AND q.system_id = $3 AND q.finished_at IS NOT NULL) ORDER BY f.added_at, f.id`, tx.Scope, SheetRequest, id)
	if err != nil {
		return nil, fmt.Errorf("read attached documents: %w", err)
	}
	out := map[acceptKey][]Attached{}
	for i := range list {
		k := acceptKey{ids.ID[Request](list[i].sheet.ID), list[i].Requirement}
		out[k] = append(out[k], list[i])
	}
	return out, nil
}

func insertFile(ctx context.Context, tx *db.Tx, at Seat, a *Attached, content []byte) error {
	name, err := tx.Seal(ctx, fileCell(a.ID, "name"), a.Name)
	if err != nil {
		return err
	}
	sealed, err := tx.Seal(ctx, fileCell(a.ID, "content"), base64.StdEncoding.EncodeToString(content))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO answer_file (id, organisation_id, sheet_kind, sheet_id, requirement_id, name, media, size, hash, content, added_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.ID, tx.Scope, at.Kind, at.ID, a.Requirement, name, a.Media, a.Size, a.Hash, sealed, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save attached document: %w", err)
	}
	return nil
}

func removeFile(ctx context.Context, tx *db.Tx, at Seat, id ids.ID[Attached]) error {
	_, err := tx.Exec(ctx, `DELETE FROM answer_file WHERE organisation_id = $1 AND sheet_kind = $2 AND sheet_id = $3 AND id = $4`, tx.Scope, at.Kind, at.ID, id)
	return err
}

// openFile opens an attached document.
func openFile(ctx context.Context, tx *db.Tx, a *Attached) (Document, error) {
	out := Document{Attached: *a}
	content := ""
	err := db.One(tx.QueryRow(ctx, `SELECT content FROM answer_file WHERE organisation_id = $1 AND id = $2`, tx.Scope, a.ID), &content)
	if err == nil {
		content, err = tx.Open(ctx, fileCell(a.ID, "content"), content)
	}
	if err != nil {
		return out, err
	}
	out.Content, err = base64.StdEncoding.DecodeString(content)
	return out, err
}

const partColumns = `p.id, p.topic_id, p.link_id, p.asked, p.asked_at, p.expires_at, p.done_at, p.sheet_kind, p.sheet_id FROM answer_part p WHERE p.organisation_id = $1`

type partOf struct {
	Part
	of Seat
}

func scanPart(scan func(...any) error) (partOf, error) {
	var p partOf
	var at, expires int64
	var done sql.NullInt64
	err := scan(&p.ID, &p.Topic, &p.Link, &p.Asked, &at, &expires, &done, &p.of.Kind, &p.of.ID)
	p.At, p.Expires = db.FromMillis(at), db.FromMillis(expires)
	if done.Valid {
		p.Done = db.FromMillis(done.Int64)
	}
	return p, err
}

func partByID(ctx context.Context, tx *db.Tx, id ids.ID[Part]) (Part, Seat, error) {
	p, err := scanPart(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+partColumns+` AND p.id = $2`, tx.Scope, id), dest...)
	})
	return p.Part, p.of, err
}

// partsOf reads the parts of a sheet that colleagues answer.
func partsOf(ctx context.Context, tx *db.Tx, at Seat) ([]Part, error) {
	list, err := db.All(ctx, tx, scanPart, `SELECT `+partColumns+` AND p.sheet_kind = $2 AND p.sheet_id = $3 ORDER BY p.asked_at, p.id`, tx.Scope, at.Kind, at.ID)
	if err != nil {
		return nil, fmt.Errorf("read parts of a sheet: %w", err)
	}
	var out []Part
	for i := range list {
		out = append(out, list[i].Part)
	}
	return out, nil
}

func insertPart(ctx context.Context, tx *db.Tx, at Seat, p *Part) error {
	_, err := tx.Exec(ctx, `INSERT INTO answer_part (id, organisation_id, sheet_kind, sheet_id, topic_id, link_id, asked, asked_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, p.ID, tx.Scope, at.Kind, at.ID, p.Topic, p.Link, p.Asked, db.Millis(tx.Now), db.Millis(p.Expires))
	if err != nil {
		return fmt.Errorf("save part of a sheet: %w", err)
	}
	return nil
}

func finishPart(ctx context.Context, tx *db.Tx, id ids.ID[Part]) error {
	_, err := tx.Exec(ctx, `UPDATE answer_part SET done_at = $1 WHERE organisation_id = $2 AND id = $3 AND done_at IS NULL`, db.Millis(tx.Now), tx.Scope, id)
	return err
}

func removePart(ctx context.Context, tx *db.Tx, id ids.ID[Part]) error {
	_, err := tx.Exec(ctx, `DELETE FROM answer_part WHERE organisation_id = $1 AND id = $2`, tx.Scope, id)
	return err
}

// removeSheet takes away what hangs on a sheet.
func removeSheet(ctx context.Context, tx *db.Tx, at Seat) error {
	for _, table := range []string{"answer_file", "answer_part"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organisation_id = $1 AND sheet_kind = $2 AND sheet_id = $3`, tx.Scope, at.Kind, at.ID); err != nil {
			return fmt.Errorf("remove from %s: %w", table, err)
		}
	}
	return nil
}

// waiting is a sheet whose last day to answer is near.
type waiting struct {
	seat Seat
	link ids.ID[link.Link]
	at   place
}

// unreminded reads the requests and bids that wait for answers, end soon, and of which nobody has been reminded. What was sent so lately that
// it was near its end from the beginning is left out.
func unreminded(ctx context.Context, tx *db.Tx) ([]waiting, error) {
	const day = 24 * time.Hour
	now, soon := db.Millis(tx.Now), db.Millis(tx.Now.Add(remindDays*day))
	out, err := db.All(ctx, tx, func(scan func(...any) error) (waiting, error) {
		w := waiting{seat: Seat{Kind: SheetRequest}}
		return w, scan(&w.seat.ID, &w.link, &w.at.system)
	}, `SELECT id, link_id, system_id FROM supplier_request WHERE organisation_id = $1 AND finished_at IS NULL AND reminded_at IS NULL AND expires_at > $2 AND expires_at <= $3
		AND expires_at - asked_at > $4`, tx.Scope, now, soon, (remindDays * day).Milliseconds())
	if err != nil {
		return nil, fmt.Errorf("read whom to remind: %w", err)
	}
	bids, err := unremindedBids(ctx, tx, now, soon)
	return append(out, bids...), err
}

// reminded notes that somebody has been reminded, with the link that they got.
func reminded(ctx context.Context, tx *db.Tx, at Seat, fresh ids.ID[link.Link]) error {
	table := "supplier_request"
	if at.Kind == SheetBid {
		table = "bid"
	}
	_, err := tx.Exec(ctx, `UPDATE `+table+` SET reminded_at = $1, link_id = $2 WHERE organisation_id = $3 AND id = $4`, db.Millis(tx.Now), fresh, tx.Scope, at.ID)
	if err != nil {
		return fmt.Errorf("note reminder: %w", err)
	}
	return nil
}

// domainOf is what stands after the @ of an address, also of a masked one.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
