// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

func howCell(id ids.ID[Request], requirement string) db.Cell {
	return Sealed[1].Cell("how", id.String(), requirement)
}

// begin gives the request that is to be asked: a new one, or one to go on with, whose link is shut.
func (s *Service) begin(ctx context.Context, tx *db.Tx, actor access.Actor, sys *ids.ID[system.System], ask Ask) (Request, error) {
	r := Request{ID: ids.New[Request](), System: *sys, Asked: mail.Masked(ask.To), Expires: tx.Limit.Add(supplierLife), Form: ask.Form}
	if r.Form != ToUnit {
		r.Form = ToSupplier
	}
	if !ask.Until.IsZero() {
		today := civil.Of(tx.Limit)
		if ask.Until.Before(today) || today.AddDays(longestDays).Before(ask.Until) {
			return r, ErrUntil
		}
		r.Expires = endOfDay(ask.Until)
	}
	if ask.Continue.IsZero() {
		open, err := requests(ctx, tx, *sys)
		n := 0
		for i := range open {
			if open[i].Finished.IsZero() {
				n++
			}
		}
		if n >= mostRequests {
			return r, ErrRequests
		}
		return r, err
	}
	old, err := request(ctx, tx, ask.Continue)
	if err != nil {
		return r, err
	}
	if old.System != *sys || !old.Finished.IsZero() {
		return r, db.ErrNotFound
	}
	r.ID, r.Form = old.ID, old.Form
	return r, s.Links.Revoke(ctx, tx, actor, old.Link)
}

// saveRequest writes a request; one that goes on keeps its answers.
func saveRequest(ctx context.Context, tx *db.Tx, actor access.Actor, r *Request) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO supplier_request (id, organisation_id, system_id, link_id, asked, asked_by, asked_at, expires_at, form)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET link_id = excluded.link_id, asked = excluded.asked, asked_by = excluded.asked_by, asked_at = excluded.asked_at,
			expires_at = excluded.expires_at, reminded_at = NULL
		WHERE supplier_request.organisation_id = excluded.organisation_id`,
		r.ID, tx.Scope, r.System, r.Link, r.Asked, actor.ID, db.Millis(tx.Now), db.Millis(r.Expires), r.Form)
	return err
}

// poseRows notes what a request asks about; what has an answer keeps it.
func poseRows(ctx context.Context, tx *db.Tx, id ids.ID[Request], a *Annex) error {
	var list [][]any
	for _, r := range a.Included() {
		list = append(list, []any{tx.Scope, id, r.ID, r.Version})
	}
	for i := range a.Own {
		if o := &a.Own[i]; !o.Removed {
			list = append(list, []any{tx.Scope, id, o.ID, 1})
		}
	}
	return tx.Insert(ctx, `INSERT INTO supplier_answer (organisation_id, request_id, requirement_id, requirement_version) VALUES`, `ON CONFLICT DO NOTHING`, list)
}

const requestColumns = `q.id, q.system_id, q.link_id, q.asked, q.asked_by, q.asked_at, q.expires_at, q.finished_at, q.form,
	(SELECT COUNT(*) FROM supplier_answer a WHERE a.organisation_id = $1 AND a.request_id = q.id),
	(SELECT COUNT(*) FROM supplier_answer a WHERE a.organisation_id = $1 AND a.request_id = q.id AND a.status <> '')`

func scanRequest(scan func(...any) error) (Request, error) {
	var r Request
	var at, expires int64
	var finished sql.NullInt64
	err := scan(&r.ID, &r.System, &r.Link, &r.Asked, &r.By, &at, &expires, &finished, &r.Form, &r.Total, &r.Answered)
	r.At, r.Expires = db.FromMillis(at), db.FromMillis(expires)
	if finished.Valid {
		r.Finished = db.FromMillis(finished.Int64)
	}
	return r, err
}

func request(ctx context.Context, tx *db.Tx, id ids.ID[Request]) (Request, error) {
	return scanRequest(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+requestColumns+` FROM supplier_request q WHERE q.organisation_id = $1 AND q.id = $2`, tx.Scope, id), dest...)
	})
}

// requests lists what suppliers of a system have been asked, newest first.
func requests(ctx context.Context, tx *db.Tx, id ids.ID[system.System]) ([]Request, error) {
	out, err := db.All(ctx, tx, scanRequest,
		`SELECT `+requestColumns+` FROM supplier_request q WHERE q.organisation_id = $1 AND q.system_id = $2 ORDER BY q.asked_at DESC, q.id DESC`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read requests to suppliers: %w", err)
	}
	return out, nil
}

const (
	replyFields = `a.request_id, a.requirement_id, a.requirement_version, a.status, a.how, a.valid_from, a.answered_at, q.asked, COALESCE(q.finished_at, 0)`
	fromReplies = ` FROM supplier_answer a JOIN supplier_request q ON q.id = a.request_id AND q.organisation_id = a.organisation_id`

	replyColumns = replyFields + fromReplies
)

func scanReply(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Reply, error) {
	return func(scan func(...any) error) (Reply, error) {
		var r Reply
		var at, sent int64
		err := scan(&r.Request, &r.Requirement, &r.Version, &r.Status, &r.How, &r.From, &at, &r.Who, &sent)
		if err == nil {
			r.How, err = tx.Open(ctx, howCell(r.Request, r.Requirement), r.How)
		}
		r.At, r.Sent = db.FromMillis(at), db.FromMillis(sent)
		return r, err
	}
}

// repliesOf reads what a request asks about, with the answers so far.
func repliesOf(ctx context.Context, tx *db.Tx, id ids.ID[Request]) (map[string]Reply, error) {
	list, err := db.All(ctx, tx, scanReply(ctx, tx), `SELECT `+replyColumns+` WHERE a.organisation_id = $1 AND a.request_id = $2`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read supplier's answers: %w", err)
	}
	return byRequirement(list), nil
}

// Replies reads what suppliers have sent about a system: the latest for each requirement.
func Replies(ctx context.Context, tx *db.Tx, id ids.ID[system.System]) (map[string]Reply, error) {
	list, err := db.All(ctx, tx, scanReply(ctx, tx), `SELECT `+replyColumns+`
		WHERE a.organisation_id = $1 AND q.system_id = $2 AND q.finished_at IS NOT NULL AND a.status <> '' ORDER BY q.finished_at, q.id`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read suppliers' answers: %w", err)
	}
	return byRequirement(list), nil
}

func byRequirement(list []Reply) map[string]Reply {
	out := make(map[string]Reply, len(list))
	for i := range list {
		out[list[i].Requirement] = list[i]
	}
	return out
}

func saveReply(ctx context.Context, tx *db.Tx, id ids.ID[Request], r *Reply) error {
	how, err := tx.Seal(ctx, howCell(id, r.Requirement), r.How)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE supplier_answer SET requirement_version = $1, status = $2, how = $3, valid_from = $4, answered_at = $5
		WHERE organisation_id = $6 AND request_id = $7 AND requirement_id = $8`,
		r.Version, r.Status, how, r.From, db.Millis(tx.Now), tx.Scope, id, r.Requirement)
	return err
}

func finishRequest(ctx context.Context, tx *db.Tx, id ids.ID[Request]) error {
	_, err := tx.Exec(ctx, `UPDATE supplier_request SET finished_at = $1 WHERE organisation_id = $2 AND id = $3 AND finished_at IS NULL`, db.Millis(tx.Now), tx.Scope, id)
	return err
}

func removeRequest(ctx context.Context, tx *db.Tx, id ids.ID[Request]) error {
	if err := removeSheet(ctx, tx, Seat{SheetRequest, id.String()}); err != nil {
		return err
	}
	for _, table := range []string{"supplier_acceptance", "supplier_answer"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organisation_id = $1 AND request_id = $2`, tx.Scope, id); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `DELETE FROM supplier_request WHERE organisation_id = $1 AND id = $2`, tx.Scope, id)
	return err
}

// earlier reads what the supplier of a request has sent before, of other systems too: the latest for each requirement. It is the same
// supplier when the register says so and the answers came from the same domain.
func earlier(ctx context.Context, tx *db.Tx, r *Request, of ids.ID[supplier.Supplier]) (map[string]*Earlier, error) {
	out := map[string]*Earlier{}
	if of == "" || r.Form != ToSupplier {
		return out, nil
	}
	read := scanReply(ctx, tx)
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Earlier, error) {
		var e Earlier
		var err error
		e.Reply, err = read(func(dest ...any) error { return scan(append(dest, &e.System)...) })
		return e, err
	}, `SELECT `+replyFields+`, s.name`+fromReplies+` JOIN system s ON s.id = q.system_id AND s.organisation_id = q.organisation_id
		WHERE a.organisation_id = $1 AND s.supplier_id = $2 AND q.id <> $3 AND q.form = $4 AND q.finished_at IS NOT NULL AND a.status <> ''
		ORDER BY q.finished_at, q.id`, tx.Scope, of, r.ID, ToSupplier)
	if err != nil {
		return nil, fmt.Errorf("read earlier answers: %w", err)
	}
	for i := range list {
		if e := &list[i]; domainOf(e.Who) == domainOf(r.Asked) {
			out[e.Requirement] = e
		}
	}
	return out, nil
}
