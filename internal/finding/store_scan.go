// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// chunk is a part of a search.
type chunk struct {
	ID       ids.ID[chunk]
	Scan     ids.ID[Scan]
	Source   ids.ID[Source]
	Rules    string
	Attempts int64
	lease    string
	piece    piece
}

// scanColumns read a search; what it has come to is counted from the parts and the objects, never added up on the way, so that a part that
// is done twice counts once.
const scanColumns = `c.id, c.source_id, s.name, COALESCE(s.unit_id, ''), c.status, c.rules, c.started_by, c.started_at, c.ended_at, c.fault, c.result`

const fromScans = ` FROM finding_scan c JOIN finding_source s ON s.id = c.source_id AND s.organisation_id = c.organisation_id WHERE c.organisation_id = $1`

func readScan(scan func(...any) error) (Scan, error) {
	var s Scan
	var started, ended int64
	var result string
	err := scan(&s.ID, &s.SourceID, &s.Source, &s.Unit, &s.Status, &s.Rules, &s.By, &started, &ended, &s.Fault, &result)
	if err == nil && result != "" {
		err = json.Unmarshal([]byte(result), &s.Progress)
	}
	s.Started = db.FromMillis(started)
	if ended > 0 {
		s.Ended = db.FromMillis(ended)
	}
	return s, err
}

func scanOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Scan]) (Scan, error) {
	row := tx.QueryRow(ctx, `SELECT `+scanColumns+fromScans+` AND c.id = $2`, org, id)
	s, err := readScan(func(dest ...any) error { return db.One(row, dest...) })
	if err != nil {
		return s, fmt.Errorf("read search: %w", err)
	}
	return s, nil
}

// latest reads the last searches of an organisation within reach, newest first, up to a number of each source.
func latest(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, only ids.ID[Source], most int) ([]Scan, error) {
	where, args := system.InReach(r, "s.unit_id", []any{org, only})
	out, err := db.All(ctx, tx, readScan, `SELECT `+scanColumns+fromScans+` AND ($2 = '' OR c.source_id = $2) AND `+where+`
		AND (SELECT COUNT(*) FROM finding_scan o WHERE o.organisation_id = c.organisation_id AND o.source_id = c.source_id AND o.id > c.id) < `+strconv.Itoa(most)+`
		ORDER BY c.started_at DESC, c.id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("read searches: %w", err)
	}
	return out, nil
}

func insertScan(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Scan) error {
	n, err := tx.Exec(ctx, `INSERT INTO finding_scan (id, organisation_id, source_id, status, rules, started_by, started_at)
		SELECT $1, $2, $3, 'running', $4, $5, $6 WHERE NOT EXISTS (
			SELECT 1 FROM finding_scan WHERE organisation_id = $2 AND source_id = $3 AND status = 'running')`,
		s.ID, org, s.SourceID, s.Rules, s.By, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("begin search: %w", err)
	}
	if n == 0 {
		return ErrRunning
	}
	return nil
}

// endScan ends a search that goes on, and reports whether it was this call that did.
func endScan(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Scan) (bool, error) {
	result, err := json.Marshal(s.Progress)
	if err != nil {
		return false, fmt.Errorf("end search: %w", err)
	}
	n, err := tx.Exec(ctx, `UPDATE finding_scan SET status = $1, fault = $2, ended_at = $3, result = $4 WHERE organisation_id = $5 AND id = $6 AND status = 'running'`,
		s.Status, s.Fault, db.Millis(tx.Now), string(result), org, s.ID)
	if err != nil {
		return false, fmt.Errorf("end search: %w", err)
	}
	return n > 0, nil
}

// running lists the searches that go on.
func running(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Scan, error) {
	out, err := db.All(ctx, tx, readScan, `SELECT `+scanColumns+fromScans+` AND c.status = 'running' ORDER BY c.id`, org)
	if err != nil {
		return nil, fmt.Errorf("read searches: %w", err)
	}
	return out, nil
}

// progressOf counts how far a search has come.
func progressOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Scan) error {
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN status = 'done' THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0)
		FROM finding_chunk WHERE organisation_id = $1 AND scan_id = $2`, org, s.ID), &s.Chunks, &s.Done, &s.Failed)
	if err != nil {
		return fmt.Errorf("count parts: %w", err)
	}
	err = db.One(tx.QueryRow(ctx, `SELECT COALESCE(SUM(CASE WHEN place_id IS NULL THEN 0 ELSE 1 END), 0), COALESCE(SUM(CASE WHEN place_id IS NULL OR read_in = $3 THEN 0 ELSE 1 END), 0),
			COALESCE(SUM(read_bytes), 0), COALESCE(SUM(skipped_bytes), 0), COALESCE(SUM(skipped), 0)
		FROM finding_object WHERE organisation_id = $1 AND source_id = $2 AND scan_id = $3`, org, s.SourceID, s.ID), &s.Files, &s.Same, &s.Read, &s.Lost, &s.Skipped)
	if err != nil {
		return fmt.Errorf("count files: %w", err)
	}
	err = db.One(tx.QueryRow(ctx, `SELECT COALESCE(SUM(total), 0) FROM finding_place WHERE organisation_id = $1 AND source_id = $2 AND state <> 'gone'`, org, s.SourceID), &s.Found)
	if err != nil {
		return fmt.Errorf("count findings: %w", err)
	}
	return nil
}

// addChunks adds parts of a search. One that is there already is left as it is: a part that is worked on again finds the same ones.
func addChunks(ctx context.Context, tx *db.Tx, org access.OrganisationID, scan ids.ID[Scan], keyed func(piece) string, pieces []piece) error {
	for _, p := range pieces {
		id := ids.New[chunk]()
		what, err := sealJSON(ctx, tx, chunkCell("what", id), p)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO finding_chunk (id, organisation_id, scan_id, key, what) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scan_id, key) DO NOTHING`,
			id, org, scan, keyed(p), what)
		if err != nil {
			return fmt.Errorf("add part of search: %w", err)
		}
	}
	return nil
}

// leaseTime is how long a part is somebody's after they were last heard of.
const leaseTime = 90 * time.Second

// claim takes the first part of a search that nobody works on; db.ErrNotFound when there is none. Of two who take the same one, one does.
func claim(ctx context.Context, tx *db.Tx, org access.OrganisationID, scan ids.ID[Scan], lease string) (chunk, error) {
	c := chunk{lease: lease}
	var what string
	now := db.Millis(tx.Now)
	err := db.One(tx.QueryRow(ctx, `UPDATE finding_chunk SET lease = $1, lease_until = $2, attempts = attempts + 1
		WHERE organisation_id = $3 AND status = 'waiting' AND lease_until < $4 AND id = (
			SELECT id FROM finding_chunk WHERE organisation_id = $3 AND scan_id = $5 AND status = 'waiting' AND lease_until < $4 ORDER BY id LIMIT 1)
		RETURNING id, scan_id, what, attempts`, lease, now+leaseTime.Milliseconds(), org, now, scan), &c.ID, &c.Scan, &what, &c.Attempts)
	if err != nil {
		if !errors.Is(err, db.ErrNotFound) {
			err = fmt.Errorf("take part of search: %w", err)
		}
		return c, err
	}
	return c, openJSON(ctx, tx, chunkCell("what", c.ID), what, &c.piece)
}

// free counts the parts of a search that wait for somebody, and those that somebody works on.
func free(ctx context.Context, tx *db.Tx, org access.OrganisationID, scan ids.ID[Scan]) (waiting, held int64, err error) {
	now := db.Millis(tx.Now)
	err = db.One(tx.QueryRow(ctx, `SELECT COALESCE(SUM(CASE WHEN lease_until < $1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN lease_until >= $1 THEN 1 ELSE 0 END), 0)
		FROM finding_chunk WHERE organisation_id = $2 AND scan_id = $3 AND status = 'waiting'`, now, org, scan), &waiting, &held)
	if err != nil {
		err = fmt.Errorf("count waiting parts: %w", err)
	}
	return waiting, held, err
}

// errLost says that a part is somebody else's, or that its search has ended.
var errLost = errors.New("the part of the search is somebody else's, or the search has ended")

// renew keeps a part, or ends it when status is not waiting. The row of the search is held first: who ends the search and who saves what a
// part found wait for each other, and what a part found after the end is never saved.
func renew(ctx context.Context, tx *db.Tx, org access.OrganisationID, c *chunk, status, fault string) error {
	n, err := tx.Exec(ctx, `UPDATE finding_scan SET status = status WHERE organisation_id = $1 AND id = $2 AND status = 'running'`, org, c.Scan)
	if err != nil {
		return fmt.Errorf("keep part of search: %w", err)
	}
	if n == 0 {
		return errLost
	}
	until := db.Millis(tx.Now) + leaseTime.Milliseconds()
	if status != "waiting" {
		until = 0
	}
	sealed, err := tx.Seal(ctx, chunkCell("fault", c.ID), fault)
	if err != nil {
		return err
	}
	n, err = tx.Exec(ctx, `UPDATE finding_chunk SET lease_until = $1, status = $2, fault = $3 WHERE organisation_id = $4 AND id = $5 AND lease = $6 AND status = 'waiting'`,
		until, status, sealed, org, c.ID, c.lease)
	if err != nil {
		return fmt.Errorf("keep part of search: %w", err)
	}
	if n == 0 {
		return errLost
	}
	return nil
}

// release lets a part go at once, for whoever comes next.
func release(ctx context.Context, tx *db.Tx, org access.OrganisationID, c *chunk) error {
	_, err := tx.Exec(ctx, `UPDATE finding_chunk SET lease_until = 0, attempts = attempts - 1 WHERE organisation_id = $1 AND id = $2 AND lease = $3 AND status = 'waiting'`, org, c.ID, c.lease)
	if err != nil {
		return fmt.Errorf("let part of search go: %w", err)
	}
	return nil
}

// known reads what is known of files by their keys.
func known(ctx context.Context, tx *db.Tx, org access.OrganisationID, source ids.ID[Source], keys []string) (map[string]Object, error) {
	out := map[string]Object{}
	if len(keys) == 0 {
		return out, nil
	}
	args := []any{org, source}
	marks := make([]string, len(keys))
	for i, k := range keys {
		args = append(args, k)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var o Object
		var again int64
		err := scan(&o.ID, &o.key, &o.Place, &o.Size, &o.Changed, &o.Content, &o.Rules, &again, &o.SkipCount)
		o.Again = again != 0
		out[o.key] = o
		return struct{}{}, err
	}, `SELECT id, key, COALESCE(place_id, ''), size, changed_at, content, rules, again, skipped FROM finding_object
		WHERE organisation_id = $1 AND source_id = $2 AND key IN (`+strings.Join(marks, ", ")+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read known files: %w", err)
	}
	return out, nil
}

// seen notes that a file is as it was when it was last read.
func seen(ctx context.Context, tx *db.Tx, org access.OrganisationID, scan ids.ID[Scan], o *Object) error {
	_, err := tx.Exec(ctx, `UPDATE finding_object SET scan_id = $1, changed_at = $2 WHERE organisation_id = $3 AND id = $4`, scan, o.Changed, org, o.ID)
	if err != nil {
		return fmt.Errorf("note file: %w", err)
	}
	return nil
}

// flag is a truth as a number.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// saveObject writes what is known of a file or table. One that is known already keeps its id, which its sealed texts are bound to.
func saveObject(ctx context.Context, tx *db.Tx, org access.OrganisationID, c *chunk, o *Object) error {
	if o.ID.IsZero() {
		o.ID = ids.New[Object]()
	}
	path, err := tx.Seal(ctx, objectCell("path", o.ID), o.Path)
	if err != nil {
		return err
	}
	skips, like, sample := "", "", ""
	if len(o.Skips) > 0 {
		if skips, err = sealJSON(ctx, tx, objectCell("skips", o.ID), o.Skips); err != nil {
			return err
		}
	}
	if o.LooksLike != nil {
		if like, err = sealJSON(ctx, tx, objectCell("looks_like", o.ID), o.LooksLike); err != nil {
			return err
		}
	}
	if o.Sample != nil {
		sample = fmt.Sprintf("%d %d %d", o.Sample.Rows, o.Sample.Read, flag(o.Sample.Full))
	}
	n, err := tx.Exec(ctx, `INSERT INTO finding_object (id, organisation_id, source_id, place_id, scan_id, read_in, key, path, size, changed_at, content, rules, again,
			read_bytes, skipped_bytes, skipped, skips, looks_like, sample)
		VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (source_id, key) DO UPDATE SET place_id = excluded.place_id, scan_id = excluded.scan_id, read_in = excluded.read_in, path = excluded.path, size = excluded.size,
			changed_at = excluded.changed_at, content = excluded.content, rules = excluded.rules, again = excluded.again, read_bytes = excluded.read_bytes,
			skipped_bytes = excluded.skipped_bytes, skipped = excluded.skipped, skips = excluded.skips, looks_like = excluded.looks_like, sample = excluded.sample
		WHERE finding_object.id = excluded.id`,
		o.ID, org, c.Source, null(o.Place), c.Scan, o.key, path, o.Size, o.Changed, o.Content, o.Rules, flag(o.Again), o.Read, o.Lost, o.SkipCount, skips, like, sample)
	if err != nil {
		return fmt.Errorf("save file: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("save file: %w", db.ErrConflict) // another part found it first: it is read anew
	}
	return nil
}

// removeHeld takes away what was found in an object, which is then written anew.
func removeHeld(ctx context.Context, tx *db.Tx, org access.OrganisationID, object ids.ID[Object]) error {
	if _, err := tx.Exec(ctx, `DELETE FROM finding WHERE organisation_id = $1 AND object_id = $2`, org, object); err != nil {
		return fmt.Errorf("take away findings: %w", err)
	}
	return nil
}

func insertHeld(ctx context.Context, tx *db.Tx, org access.OrganisationID, h *Held) error {
	h.ID = ids.New[Held]()
	detail, err := sealJSON(ctx, tx, heldCell(h.ID), &h.Detail)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO finding (id, organisation_id, object_id, place_id, rule_id, detector, total, low, different, container, is_column, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		h.ID, org, h.Object, h.Place, null(h.Rule), h.Detector, h.Total, h.Low, h.Different, h.container, flag(h.Column), detail)
	if err != nil {
		return fmt.Errorf("save finding: %w", err)
	}
	return nil
}

// unseen lists what a search has not seen: it is gone, unless it lies where the search could not look.
func unseen(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Scan) ([]Object, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Object, error) {
		var o Object
		err := scan(&o.ID, &o.Place, &o.Path)
		if err == nil {
			o.Path, err = tx.Open(ctx, objectCell("path", o.ID), o.Path)
		}
		return o, err
	}, `SELECT id, COALESCE(place_id, ''), path FROM finding_object WHERE organisation_id = $1 AND source_id = $2 AND scan_id <> $3`, org, s.SourceID, s.ID)
	if err != nil {
		return nil, fmt.Errorf("find what is gone: %w", err)
	}
	return out, nil
}

// unread lists the directories and tables that a search could not look into: rows without a place.
func unread(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Scan) ([]string, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var id ids.ID[Object]
		var path string
		err := scan(&id, &path)
		if err == nil {
			path, err = tx.Open(ctx, objectCell("path", id), path)
		}
		return path, err
	}, `SELECT id, path FROM finding_object WHERE organisation_id = $1 AND source_id = $2 AND scan_id = $3 AND place_id IS NULL`, org, s.SourceID, s.ID)
	if err != nil {
		return nil, fmt.Errorf("find what was not read: %w", err)
	}
	return out, nil
}

func removeObject(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Object]) error {
	if err := removeHeld(ctx, tx, org, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM finding_object WHERE organisation_id = $1 AND id = $2`, org, id); err != nil {
		return fmt.Errorf("take away file: %w", err)
	}
	return nil
}

// removeChunks takes away the parts of a search that waited when it ended.
func removeChunks(ctx context.Context, tx *db.Tx, org access.OrganisationID, scan ids.ID[Scan]) error {
	if _, err := tx.Exec(ctx, `DELETE FROM finding_chunk WHERE organisation_id = $1 AND scan_id = $2 AND status = 'waiting'`, org, scan); err != nil {
		return fmt.Errorf("take away parts: %w", err)
	}
	return nil
}

// PageSize is how many rows a page of a list has.
const PageSize = 50

// notRead lists what of a source was not read, with the reasons, one page of it, and counts them.
func notRead(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Scan, page int) ([]Object, int, error) {
	var total int
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM finding_object WHERE organisation_id = $1 AND source_id = $2 AND skipped > 0`, org, s.SourceID), &total)
	if err != nil {
		return nil, 0, fmt.Errorf("count what was not read: %w", err)
	}
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Object, error) {
		var o Object
		var skips string
		err := scan(&o.ID, &o.Path, &o.Size, &o.Lost, &o.SkipCount, &skips)
		if err == nil {
			o.Path, err = tx.Open(ctx, objectCell("path", o.ID), o.Path)
		}
		if err == nil {
			err = openJSON(ctx, tx, objectCell("skips", o.ID), skips, &o.Skips)
		}
		return o, err
	}, `SELECT id, path, size, skipped_bytes, skipped, skips FROM finding_object WHERE organisation_id = $1 AND source_id = $2 AND skipped > 0
		ORDER BY skipped_bytes DESC, id LIMIT $3 OFFSET $4`, org, s.SourceID, PageSize, (page-1)*PageSize)
	if err != nil {
		return nil, 0, fmt.Errorf("read what was not read: %w", err)
	}
	return out, total, nil
}

// forgetChunks takes away the parts of earlier searches of a source.
func forgetChunks(ctx context.Context, tx *db.Tx, org access.OrganisationID, source ids.ID[Source]) error {
	_, err := tx.Exec(ctx, `DELETE FROM finding_chunk WHERE organisation_id = $1 AND scan_id IN (
		SELECT id FROM finding_scan WHERE organisation_id = $1 AND source_id = $2 AND status <> 'running')`, org, source)
	if err != nil {
		return fmt.Errorf("take away earlier parts: %w", err)
	}
	return nil
}

// sizeOf is how large a file was when it was last read.
func sizeOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Object]) (int64, error) {
	var size int64
	err := db.One(tx.QueryRow(ctx, `SELECT size FROM finding_object WHERE organisation_id = $1 AND id = $2`, org, id), &size)
	if err != nil {
		return 0, fmt.Errorf("read size: %w", err)
	}
	return size, nil
}
