// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/system"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "measurement_result", Columns: []string{"record"}, Key: []string{"id"}},
	{Table: "signin_application", Columns: []string{"told"}, Key: []string{"kind", "application"}},
}

const targetColumns = `id, kind, system_id, login_path_id, url, host, hosts, private = 1, zone, agent_id, second_step = 1, asked_by, asked_at, approved_by,
	COALESCE(approved_at, 0), expires_on, due_at, COALESCE(ended_at, 0)`

func scanTarget(scan func(...any) error) (Target, error) {
	var t Target
	var hosts string
	var asked, approved, due, ended int64
	err := scan(&t.ID, &t.Kind, &t.System, &t.Path, &t.URL, &t.Host, &hosts, &t.Private, &t.Zone, &t.Agent, &t.SecondStep, &t.AskedBy, &asked, &t.ApprovedBy,
		&approved, &t.Expires, &due, &ended)
	t.Hosts, t.AskedAt, t.ApprovedAt, t.Due, t.Ended = strings.Fields(hosts), db.FromMillis(asked), moment(approved), moment(due), moment(ended)
	return t, err
}

// moment is a time, or none.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return db.FromMillis(ms)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func insertTarget(ctx context.Context, tx *db.Tx, org access.OrganisationID, t *Target) error {
	_, err := tx.Exec(ctx, `INSERT INTO measurement_target (id, organisation_id, system_id, login_path_id, url, host, hosts, private, zone, agent_id, second_step,
		asked_by, asked_at, expires_on, kind) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		t.ID, org, t.System, t.Path, t.URL, t.Host, strings.Join(t.Hosts, " "), bit(t.Private), t.Zone, t.Agent, bit(t.SecondStep), t.AskedBy,
		db.Millis(t.AskedAt), t.Expires, t.Kind)
	if err != nil {
		return fmt.Errorf("save target: %w", err)
	}
	return nil
}

// targets are the organisation's targets, the newest first.
func targets(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Target, error) {
	out, err := db.All(ctx, tx, scanTarget, `SELECT `+targetColumns+` FROM measurement_target WHERE organisation_id = $1 ORDER BY id DESC`, org)
	if err != nil {
		return nil, fmt.Errorf("read targets: %w", err)
	}
	return out, nil
}

func getTarget(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Target]) (Target, error) {
	all, err := db.All(ctx, tx, scanTarget, `SELECT `+targetColumns+` FROM measurement_target WHERE organisation_id = $1 AND id = $2`, org, id)
	if err == nil && len(all) == 0 {
		err = db.ErrNotFound
	}
	if err != nil {
		return Target{}, fmt.Errorf("read target: %w", err)
	}
	return all[0], nil
}

func approveTarget(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Target]) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE measurement_target SET approved_by = $1, approved_at = $2
		WHERE organisation_id = $3 AND id = $4 AND approved_at IS NULL AND ended_at IS NULL`, actor.ID, db.Millis(tx.Now), actor.Organisation, id)
	if err != nil {
		return false, fmt.Errorf("approve target: %w", err)
	}
	return n == 1, nil
}

func endTarget(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Target]) error {
	_, err := tx.Exec(ctx, `UPDATE measurement_target SET ended_at = $1 WHERE organisation_id = $2 AND id = $3 AND ended_at IS NULL`, db.Millis(tx.Now), org, id)
	if err != nil {
		return fmt.Errorf("end target: %w", err)
	}
	return nil
}

func putOff(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Target], due time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE measurement_target SET due_at = $1 WHERE organisation_id = $2 AND id = $3`, db.Millis(due), org, id)
	if err != nil {
		return fmt.Errorf("put off target: %w", err)
	}
	return nil
}

// takenSince reports whether a result of a target was kept at a moment or later.
func takenSince(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Target], at int64) (bool, error) {
	var n int
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM measurement_result WHERE organisation_id = $1 AND target_id = $2 AND taken_at >= $3`, org, id, at), &n)
	if err != nil {
		return false, fmt.Errorf("look for result: %w", err)
	}
	return n > 0, nil
}

func insertResult(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Result, raw []byte) error {
	sealed, err := tx.Seal(ctx, Sealed[0].Cell("record", r.ID.String()), string(raw))
	if err != nil {
		return fmt.Errorf("seal result: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO measurement_result (id, organisation_id, target_id, system_id, taken_at, agent_id, verdict, factors, loa, confidence, hash,
		evidence_id, record, quality) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		r.ID, org, r.Target, r.System, db.Millis(r.At), r.Agent, r.Verdict, r.Factors, r.LoA, r.Confidence, r.Hash, r.Evidence, sealed, r.Quality)
	if err != nil {
		return fmt.Errorf("save result: %w", err)
	}
	return nil
}

const resultColumns = `id, target_id, system_id, taken_at, agent_id, verdict, factors, loa, confidence, hash, evidence_id, quality, record`

// sealedResult is a result whose record has not been opened.
type sealedResult struct {
	Result
	sealed string
}

func scanResult(scan func(...any) error) (sealedResult, error) {
	var r sealedResult
	var at int64
	err := scan(&r.ID, &r.Target, &r.System, &at, &r.Agent, &r.Verdict, &r.Factors, &r.LoA, &r.Confidence, &r.Hash, &r.Evidence, &r.Quality, &r.sealed)
	r.At = db.FromMillis(at)
	return r, err
}

// lastResults are the newest result of each target.
func lastResults(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[ids.ID[Target]]Result, error) {
	all, err := db.All(ctx, tx, scanResult, `SELECT `+resultColumns+` FROM measurement_result r WHERE organisation_id = $1 AND NOT EXISTS (
		SELECT 1 FROM measurement_result n WHERE n.organisation_id = $2 AND n.target_id = r.target_id AND (n.taken_at > r.taken_at OR n.taken_at = r.taken_at AND n.id > r.id))`, org, org)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	out := make(map[ids.ID[Target]]Result, len(all))
	for _, r := range all {
		out[r.Target] = r.Result
	}
	return out, nil
}

// resultsOf are a target's results with their records, the newest first.
func resultsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Target]) ([]Result, error) {
	all, err := db.All(ctx, tx, scanResult, `SELECT `+resultColumns+` FROM measurement_result WHERE organisation_id = $1 AND target_id = $2
		ORDER BY taken_at DESC, id DESC LIMIT 20`, org, id)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	var out []Result
	for _, r := range all {
		text, err := tx.Open(ctx, Sealed[0].Cell("record", r.ID.String()), r.sealed)
		if err != nil {
			return nil, fmt.Errorf("open result: %w", err)
		}
		if r.Found, err = child.Parse([]byte(text)); err != nil {
			return nil, fmt.Errorf("read record: %w", err)
		}
		out = append(out, r.Result)
	}
	return out, nil
}

// setting is what an organisation has decided about measuring as a whole, and how tonight is drawn.
type setting struct {
	stopped             bool
	scripts             bool // pages that scripts build may be shown to a browser
	seed                string
	seedDay, plannedDay string
}

func getSetting(ctx context.Context, tx *db.Tx, org access.OrganisationID) (setting, error) {
	var s setting
	err := db.One(tx.QueryRow(ctx, `SELECT stopped = 1, scripts = 1, seed, seed_day, planned_day FROM measurement_setting WHERE organisation_id = $1`, org), &s.stopped, &s.scripts, &s.seed, &s.seedDay, &s.plannedDay)
	if errors.Is(err, db.ErrNotFound) {
		return setting{}, nil
	}
	if err != nil {
		return setting{}, fmt.Errorf("read how measuring stands: %w", err)
	}
	return s, nil
}

func saveSetting(ctx context.Context, tx *db.Tx, org access.OrganisationID, s setting) error {
	_, err := tx.Exec(ctx, `INSERT INTO measurement_setting (organisation_id, stopped, scripts, seed, seed_day, planned_day) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (organisation_id) DO UPDATE SET stopped = excluded.stopped, scripts = excluded.scripts, seed = excluded.seed, seed_day = excluded.seed_day, planned_day = excluded.planned_day`,
		org, bit(s.stopped), bit(s.scripts), s.seed, s.seedDay, s.plannedDay)
	if err != nil {
		return fmt.Errorf("save how measuring stands: %w", err)
	}
	return nil
}

// claim keeps a host for one measurement, if manners let it be measured now, and counts its connections. It is one statement, so that of two
// who claim at once one does. The table is of no organisation: two that measure the same host share its day.
func claim(ctx context.Context, tx *db.Tx, host string, connections int) error {
	day, now := civil.Of(tx.Now), db.Millis(tx.Now)
	n, err := tx.Exec(ctx, `INSERT INTO measurement_host (host, day, used, busy_until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (host) DO UPDATE SET used = CASE WHEN measurement_host.day = excluded.day THEN measurement_host.used ELSE 0 END + excluded.used,
			day = excluded.day, busy_until = excluded.busy_until
		WHERE measurement_host.busy_until <= $5 AND measurement_host.paused_until <= $6 AND (measurement_host.day <> excluded.day OR measurement_host.used + $7 <= $8)`,
		host, day, connections, db.Millis(tx.Now.Add(busyFor)), now, now, connections, perDay)
	if err != nil {
		return fmt.Errorf("keep host for measuring: %w", err)
	}
	if n == 0 {
		return ErrManners
	}
	return nil
}

// release lets a host go after its measurement, for a while when it asked for that. A pause that it has asked for stands, whoever lets it go.
func release(ctx context.Context, tx *db.Tx, host string, paused bool) error {
	until := int64(0)
	if paused {
		until = db.Millis(tx.Now.Add(pausedFor))
	}
	_, err := tx.Exec(ctx, `UPDATE measurement_host SET busy_until = 0, paused_until = CASE WHEN paused_until > $1 THEN paused_until ELSE $2 END WHERE host = $3`,
		until, until, host)
	if err != nil {
		return fmt.Errorf("let host go: %w", err)
	}
	return nil
}

// hostDay is how many connections a host has had during the day, and until when it is kept for a measurement; zero when it is not.
type hostDay struct {
	used int
	busy time.Time
}

// hostDays are the days of hosts; one that has asked for a pause has had all its connections.
func hostDays(ctx context.Context, tx *db.Tx) (map[string]hostDay, error) {
	type named struct {
		hostDay
		host string
	}
	now := db.Millis(tx.Now)
	all, err := db.All(ctx, tx, func(scan func(...any) error) (n named, err error) {
		var busy int64
		err = scan(&n.host, &n.used, &busy)
		n.busy = moment(busy)
		return n, err
	}, `SELECT host, CASE WHEN paused_until > $1 THEN $2 WHEN day = $3 THEN used ELSE 0 END, CASE WHEN busy_until > $4 THEN busy_until ELSE 0 END FROM measurement_host`,
		now, perDay, civil.Of(tx.Now), now)
	if err != nil {
		return nil, fmt.Errorf("read hosts: %w", err)
	}
	out := map[string]hostDay{}
	for _, n := range all {
		out[n.host] = n.hostDay
	}
	return out, nil
}

// Holds tells which of some systems something is measured of, or known from logs. Undoing an import asks it.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT system_id FROM measurement_target WHERE organisation_id = $1 UNION SELECT system_id FROM signin_application WHERE organisation_id = $2 AND system_id IS NOT NULL`, org, org)
	if err != nil {
		return nil, fmt.Errorf("read what is measured: %w", err)
	}
	return out, nil
}

// Remove takes away what is measured of systems that are taken away.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		for _, q := range []string{
			`DELETE FROM measurement_task WHERE organisation_id = $1 AND target_id IN (SELECT id FROM measurement_target WHERE organisation_id = $2 AND system_id = $3)`,
			`DELETE FROM measurement_result WHERE organisation_id = $1 AND target_id IN (SELECT id FROM measurement_target WHERE organisation_id = $2 AND system_id = $3)`,
		} {
			if _, err := tx.Exec(ctx, q, org, org, id); err != nil {
				return fmt.Errorf("remove what is measured: %w", err)
			}
		}
		for _, q := range []string{
			`DELETE FROM measurement_target WHERE organisation_id = $1 AND system_id = $2`,
			`UPDATE signin_application SET system_id = NULL, login_path_id = '' WHERE organisation_id = $1 AND system_id = $2`,
		} {
			if _, err := tx.Exec(ctx, q, org, id); err != nil {
				return fmt.Errorf("remove what is measured: %w", err)
			}
		}
	}
	return nil
}
