// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

const agentColumns = `id, name, zone, public_key, token_id, created_by, created_at, COALESCE(seen_at, 0), COALESCE(revoked_at, 0)`

func scanAgent(scan func(...any) error) (Agent, error) {
	var a Agent
	var created, seen, revoked int64
	err := scan(&a.ID, &a.Name, &a.Zone, &a.PublicKey, &a.Token, &a.CreatedBy, &created, &seen, &revoked)
	a.Created, a.Seen, a.Revoked = db.FromMillis(created), moment(seen), moment(revoked)
	return a, err
}

func agents(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Agent, error) {
	out, err := db.All(ctx, tx, scanAgent, `SELECT `+agentColumns+` FROM measurement_agent WHERE organisation_id = $1 ORDER BY id`, org)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	return out, nil
}

func insertAgent(ctx context.Context, tx *db.Tx, org access.OrganisationID, a *Agent) error {
	_, err := tx.Exec(ctx, `INSERT INTO measurement_agent (id, organisation_id, name, zone, public_key, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.ID, org, a.Name, a.Zone, a.PublicKey, a.CreatedBy, db.Millis(a.Created))
	if err != nil {
		return fmt.Errorf("save agent: %w", err)
	}
	return nil
}

// seeAgent notes that an agent has called, and binds it to the token that it called with the first time. Of two tokens that call for the
// first time at once, one is bound and the other refused.
func seeAgent(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Agent], token string) error {
	n, err := tx.Exec(ctx, `UPDATE measurement_agent SET seen_at = $1, token_id = $2
		WHERE organisation_id = $3 AND id = $4 AND token_id IN ('', $5) AND revoked_at IS NULL`, db.Millis(tx.Now), token, org, id, token)
	if err != nil {
		return fmt.Errorf("note agent: %w", err)
	}
	if n == 0 {
		return refuse("token")
	}
	return nil
}

func revokeAgent(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Agent]) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE measurement_agent SET revoked_at = $1 WHERE organisation_id = $2 AND id = $3 AND revoked_at IS NULL`, db.Millis(tx.Now), org, id)
	if err != nil {
		return false, fmt.Errorf("revoke agent: %w", err)
	}
	return n == 1, nil
}

// newTask makes a task of measuring a target.
func newTask(ctx context.Context, tx *db.Tx, org access.OrganisationID, agent ids.ID[Agent], target ids.ID[Target]) (Task, error) {
	t := Task{ID: ids.New[Task](), target: target, issued: tx.Now}
	_, err := tx.Exec(ctx, `INSERT INTO measurement_task (id, organisation_id, agent_id, target_id, issued_at) VALUES ($1, $2, $3, $4, $5)`,
		t.ID, org, agent, t.target, db.Millis(t.issued))
	if err != nil {
		return Task{}, fmt.Errorf("save task: %w", err)
	}
	return t, nil
}

// openTasks are what an agent has been told to measure and has not handed in, since a time, the newest first.
func openTasks(ctx context.Context, tx *db.Tx, org access.OrganisationID, agent ids.ID[Agent], since time.Time) ([]Task, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (t Task, err error) {
		var issued int64
		err = scan(&t.ID, &t.target, &issued)
		t.issued = db.FromMillis(issued)
		return t, err
	}, `SELECT id, target_id, issued_at FROM measurement_task WHERE organisation_id = $1 AND agent_id = $2 AND done_at IS NULL AND issued_at > $3
		ORDER BY issued_at DESC, id DESC`, org, agent, db.Millis(since))
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return out, nil
}

// takeTask marks a task as done and gives its target and when it was issued. It gives ErrNotFound for one that is not the agent's, or done.
func takeTask(ctx context.Context, tx *db.Tx, org access.OrganisationID, agent ids.ID[Agent], id ids.ID[Task]) (ids.ID[Target], time.Time, error) {
	var target ids.ID[Target]
	var issued int64
	err := db.One(tx.QueryRow(ctx, `UPDATE measurement_task SET done_at = $1 WHERE organisation_id = $2 AND agent_id = $3 AND id = $4 AND done_at IS NULL
		RETURNING target_id, issued_at`, db.Millis(tx.Now), org, agent, id), &target, &issued)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("take task: %w", err)
	}
	return target, db.FromMillis(issued), nil
}
