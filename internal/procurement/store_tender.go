// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

func (t *Tender) cell() db.Cell { return Sealed[7].Cell("content", t.ID.String()) }

func (b *Bid) cell() db.Cell { return Sealed[8].Cell("name", b.ID.String()) }

func bidAnswerCell(id ids.ID[Bid], requirement string) db.Cell {
	return Sealed[9].Cell("content", id.String(), requirement)
}

const tenderColumns = `t.id, t.purchase_id, t.number, t.hash, t.content, t.deadline_at, t.weights, t.frozen_at, t.frozen_by, t.opened_at, t.opened_by,
	t.opening_by, t.opening_at, t.opened_with,
	t.winner_id, t.starts_on, t.created_by, t.created_at FROM tender t WHERE t.organisation_id = $1`

func scanTender(ctx context.Context, tx *db.Tx, row func(dest ...any) error) (Tender, error) {
	var t Tender
	var content, weights string
	var deadline, at int64
	var frozen, opened, opening sql.NullInt64
	err := row(&t.ID, &t.Purchase, &t.Number, &t.Hash, &content, &deadline, &weights, &frozen, &t.FrozenBy, &opened, &t.OpenedBy,
		&t.OpeningBy, &opening, &t.OpenedWith, &t.Winner, &t.Starts, &t.By, &at)
	if err == nil {
		content, err = tx.Open(ctx, t.cell(), content)
	}
	if err == nil {
		err = json.Unmarshal([]byte(content), &t.Lines)
	}
	if err == nil {
		err = json.Unmarshal([]byte(weights), &t.Weights)
	}
	t.Deadline, t.At = db.FromMillis(deadline), db.FromMillis(at)
	if frozen.Valid {
		t.Frozen = db.FromMillis(frozen.Int64)
	}
	if opening.Valid {
		t.Opening = db.FromMillis(opening.Int64)
	}
	if opened.Valid {
		t.Opened = db.FromMillis(opened.Int64)
	}
	return t, err
}

// tenderBy reads the tender whose column has a value.
func tenderBy(ctx context.Context, tx *db.Tx, column, value string) (Tender, error) {
	t, err := scanTender(ctx, tx, func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+tenderColumns+` AND t.`+column+` = $2`, tx.Scope, value), dest...)
	})
	if err != nil {
		return Tender{}, fmt.Errorf("read tender: %w", err)
	}
	return t, nil
}

// tenderOf finds the purchase with a tender that a system came of; empty when there is none.
func tenderOf(ctx context.Context, tx *db.Tx, id ids.ID[system.System]) (ids.ID[Purchase], error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[Purchase], error) {
		var p ids.ID[Purchase]
		return p, scan(&p)
	}, `SELECT p.id FROM purchase p JOIN tender t ON t.purchase_id = p.id AND t.organisation_id = p.organisation_id
		WHERE p.organisation_id = $1 AND p.system_id = $2 ORDER BY p.id`, tx.Scope, id)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[len(list)-1], nil
}

func insertTender(ctx context.Context, tx *db.Tx, t *Tender) error {
	lines, err := json.Marshal(t.Lines)
	if err != nil {
		return err
	}
	weights, err := json.Marshal(t.Weights)
	if err != nil {
		return err
	}
	content, err := tx.Seal(ctx, t.cell(), string(lines))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO tender (id, organisation_id, purchase_id, number, hash, content, deadline_at, weights, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		t.ID, tx.Scope, t.Purchase, t.Number, t.Hash, content, db.Millis(t.Deadline), string(weights), t.By, db.Millis(t.At))
	if err != nil {
		return fmt.Errorf("save tender: %w", err)
	}
	return nil
}

// saveWeights writes the weights of a tender, unless they have been frozen; freeze freezes them.
func saveWeights(ctx context.Context, tx *db.Tx, t *Tender, freeze any) error {
	weights, err := json.Marshal(t.Weights)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE tender SET weights = $1, frozen_at = $2, frozen_by = $3 WHERE organisation_id = $4 AND id = $5 AND frozen_at IS NULL AND opened_at IS NULL`,
		string(weights), freeze, t.FrozenBy, tx.Scope, t.ID)
	if err == nil && n == 0 {
		return ErrFrozen
	}
	return err
}

// beginOpening notes who has asked to open the answers of a tender and waits for somebody else.
func beginOpening(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Tender]) error {
	_, err := tx.Exec(ctx, `UPDATE tender SET opening_by = $1, opening_at = $2 WHERE organisation_id = $3 AND id = $4 AND opened_at IS NULL`,
		actor.ID, db.Millis(tx.Now), tx.Scope, id)
	return err
}

func openTender(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Tender], with string) error {
	n, err := tx.Exec(ctx, `UPDATE tender SET opened_at = $1, opened_by = $2, opened_with = $3
		WHERE organisation_id = $4 AND id = $5 AND opened_at IS NULL AND frozen_at IS NOT NULL AND deadline_at <= $1`,
		db.Millis(tx.Now), actor.ID, with, tx.Scope, id)
	if err == nil && n == 0 {
		return ErrOpened
	}
	return err
}

func award(ctx context.Context, tx *db.Tx, t *Tender) error {
	n, err := tx.Exec(ctx, `UPDATE tender SET winner_id = $1, starts_on = $2, awarded_at = $3 WHERE organisation_id = $4 AND id = $5 AND winner_id = ''`,
		t.Winner, t.Starts, db.Millis(tx.Now), tx.Scope, t.ID)
	if err == nil && n == 0 {
		return ErrWinner
	}
	return err
}

// endTender makes now the last moment to answer a tender.
func endTender(ctx context.Context, tx *db.Tx, of ids.ID[Purchase]) error {
	_, err := tx.Exec(ctx, `UPDATE tender SET deadline_at = $1 WHERE organisation_id = $2 AND purchase_id = $3 AND opened_at IS NULL`, db.Millis(tx.Now), tx.Scope, of)
	if err != nil {
		return fmt.Errorf("end tender: %w", err)
	}
	return nil
}

// linked reports whether a request, a bid or a part of either is asked by a link.
func linked(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[link.Link]) (bool, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM supplier_request WHERE organisation_id = $1 AND link_id = $2)
		+ (SELECT COUNT(*) FROM bid WHERE organisation_id = $1 AND link_id = $2) + (SELECT COUNT(*) FROM answer_part WHERE organisation_id = $1 AND link_id = $2)`, org, id), &n)
	if err != nil {
		return false, fmt.Errorf("find what is asked by a link: %w", err)
	}
	return n > 0, nil
}

const bidColumns = `b.id, b.tender_id, b.name, b.link_id, b.asked, b.asked_by, b.asked_at, b.expires_at, b.finished_at FROM bid b WHERE b.organisation_id = $1`

func scanBid(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Bid, error) {
	return func(scan func(...any) error) (Bid, error) {
		var b Bid
		var at, expires int64
		var finished sql.NullInt64
		err := scan(&b.ID, &b.Tender, &b.Name, &b.Link, &b.Asked, &b.By, &at, &expires, &finished)
		if err == nil {
			b.Name, err = tx.Open(ctx, b.cell(), b.Name)
		}
		b.At, b.Expires = db.FromMillis(at), db.FromMillis(expires)
		if finished.Valid {
			b.Finished = db.FromMillis(finished.Int64)
		}
		return b, err
	}
}

func bidByID(ctx context.Context, tx *db.Tx, id ids.ID[Bid]) (Bid, error) {
	return scanBid(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+bidColumns+` AND b.id = $2`, tx.Scope, id), dest...)
	})
}

// bidsOf reads the bids of a tender in the order that they were asked for.
func bidsOf(ctx context.Context, tx *db.Tx, id ids.ID[Tender]) ([]Bid, error) {
	out, err := db.All(ctx, tx, scanBid(ctx, tx), `SELECT `+bidColumns+` AND b.tender_id = $2 ORDER BY b.id`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read bids: %w", err)
	}
	return out, nil
}

// saveBid writes a bid; one that goes on keeps its answers.
func saveBid(ctx context.Context, tx *db.Tx, b *Bid) error {
	name, err := tx.Seal(ctx, b.cell(), b.Name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO bid (id, organisation_id, tender_id, name, link_id, asked, asked_by, asked_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET link_id = excluded.link_id, asked = excluded.asked, asked_by = excluded.asked_by, asked_at = excluded.asked_at,
			expires_at = excluded.expires_at, reminded_at = NULL
		WHERE bid.organisation_id = excluded.organisation_id`,
		b.ID, tx.Scope, b.Tender, name, b.Link, b.Asked, b.By, db.Millis(b.At), db.Millis(b.Expires))
	if err != nil {
		return fmt.Errorf("save bid: %w", err)
	}
	return nil
}

func finishBid(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE bid SET finished_at = $1 WHERE organisation_id = $2 AND id = $3 AND finished_at IS NULL`, db.Millis(tx.Now), tx.Scope, id)
	return err
}

func unremindedBids(ctx context.Context, tx *db.Tx, now, soon int64) ([]waiting, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (waiting, error) {
		w := waiting{seat: Seat{Kind: SheetBid}}
		return w, scan(&w.seat.ID, &w.link, &w.at.purchase)
	}, `SELECT b.id, b.link_id, t.purchase_id FROM bid b JOIN tender t ON t.id = b.tender_id AND t.organisation_id = b.organisation_id
		WHERE b.organisation_id = $1 AND b.finished_at IS NULL AND b.reminded_at IS NULL AND b.expires_at > $2 AND b.expires_at <= $3 AND b.expires_at - b.asked_at > $4`,
		tx.Scope, now, soon, soon-now)
	if err != nil {
		return nil, fmt.Errorf("read whom to remind: %w", err)
	}
	return out, nil
}

// bidAnswer is an answer of a bidder as it lies sealed.
type bidAnswer struct {
	Version int                `json:"version"`
	Status  requirement.Status `json:"status"`
	How     string             `json:"how,omitempty"`
	From    civil.Date         `json:"from,omitzero"`
}

func saveBidAnswer(ctx context.Context, tx *db.Tx, id ids.ID[Bid], r *Reply) error {
	b, err := json.Marshal(bidAnswer{r.Version, r.Status, r.How, r.From})
	if err != nil {
		return err
	}
	content, err := tx.Seal(ctx, bidAnswerCell(id, r.Requirement), string(b))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO bid_answer (organisation_id, bid_id, requirement_id, content, answered_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (bid_id, requirement_id) DO UPDATE SET content = excluded.content, answered_at = excluded.answered_at
		WHERE bid_answer.organisation_id = excluded.organisation_id`, tx.Scope, id, r.Requirement, content, db.Millis(tx.Now))
	return err
}

// bidAnswers reads what one bidder has answered.
func bidAnswers(ctx context.Context, tx *db.Tx, b *Bid) (map[string]Reply, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Reply, error) {
		r := Reply{Who: b.Asked, Sent: b.Finished}
		var content string
		var at int64
		err := scan(&r.Requirement, &content, &at)
		if err == nil {
			content, err = tx.Open(ctx, bidAnswerCell(b.ID, r.Requirement), content)
		}
		var a bidAnswer
		if err == nil {
			err = json.Unmarshal([]byte(content), &a)
		}
		r.Version, r.Status, r.How, r.From, r.At = a.Version, a.Status, a.How, a.From, db.FromMillis(at)
		return r, err
	}, `SELECT requirement_id, content, answered_at FROM bid_answer WHERE organisation_id = $1 AND bid_id = $2`, tx.Scope, b.ID)
	if err != nil {
		return nil, fmt.Errorf("read a bidder's answers: %w", err)
	}
	return byRequirement(list), nil
}

func removeBid(ctx context.Context, tx *db.Tx, id ids.ID[Bid]) error {
	if err := removeSheet(ctx, tx, Seat{SheetBid, id.String()}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM bid_answer WHERE organisation_id = $1 AND bid_id = $2`, tx.Scope, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM bid WHERE organisation_id = $1 AND id = $2`, tx.Scope, id)
	return err
}

// removeTenders takes away the tender of a purchase, with its bids.
func removeTenders(ctx context.Context, tx *db.Tx, of ids.ID[Purchase]) error {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[Bid], error) {
		var id ids.ID[Bid]
		return id, scan(&id)
	}, `SELECT b.id FROM bid b JOIN tender t ON t.id = b.tender_id AND t.organisation_id = b.organisation_id WHERE b.organisation_id = $1 AND t.purchase_id = $2`, tx.Scope, of)
	if err != nil {
		return fmt.Errorf("read bids: %w", err)
	}
	for _, id := range list {
		if err := removeBid(ctx, tx, id); err != nil {
			return fmt.Errorf("remove bid: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM tender WHERE organisation_id = $1 AND purchase_id = $2`, tx.Scope, of); err != nil {
		return fmt.Errorf("remove tender: %w", err)
	}
	return nil
}

// carryAnswers writes what a bidder has answered as what the system's supplier has answered, with what came with it.
func carryAnswers(ctx context.Context, tx *db.Tx, b *Bid, to ids.ID[system.System]) error {
	r := Request{ID: ids.New[Request]()}
	_, err := tx.Exec(ctx, `INSERT INTO supplier_request (id, organisation_id, system_id, link_id, asked, asked_by, asked_at, expires_at, finished_at, form)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.ID, tx.Scope, to, b.Link, b.Asked, b.By, db.Millis(b.At), db.Millis(b.Expires), db.Millis(b.Finished), ToSupplier)
	if err != nil {
		return fmt.Errorf("carry answers over: %w", err)
	}
	given, err := bidAnswers(ctx, tx, b)
	if err != nil {
		return err
	}
	for id, a := range given {
		_, err := tx.Exec(ctx, `INSERT INTO supplier_answer (organisation_id, request_id, requirement_id, requirement_version) VALUES ($1, $2, $3, $4)`, tx.Scope, r.ID, id, a.Version)
		if err != nil {
			return fmt.Errorf("carry answer over: %w", err)
		}
		if err := saveReply(ctx, tx, r.ID, &a); err != nil {
			return fmt.Errorf("carry answer over: %w", err)
		}
	}
	files, err := filesOf(ctx, tx, Seat{SheetBid, b.ID.String()})
	if err != nil {
		return err
	}
	for _, list := range files {
		for i := range list {
			d, err := openFile(ctx, tx, &list[i])
			if err != nil {
				return err
			}
			d.ID = ids.New[Attached]()
			if err := insertFile(ctx, tx, Seat{SheetRequest, r.ID.String()}, &d.Attached, d.Content); err != nil {
				return err
			}
		}
	}
	return nil
}
