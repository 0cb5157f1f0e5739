// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
)

// The environment of the child that writes until it is killed.
const (
	crashDSN = "INSEGEL_TEST_CRASH_DSN"
	crashOrg = "INSEGEL_TEST_CRASH_ORG"
)

// TestMain is the child, when the environment says so: it writes, and says what it has been told is written.
func TestMain(m *testing.M) {
	dsn := os.Getenv(crashDSN)
	if dsn == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	d, err := db.Open(ctx, dsn)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	actor := access.LocalAdministrator(access.OrganisationID(os.Getenv(crashOrg)))
	for {
		name := ids.New[access.Part]().String()
		err := d.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return crashWrite(ctx, tx, actor, name) })
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(name)
	}
}

// crashWrite is a use case: a change and its entry.
func crashWrite(ctx context.Context, tx *db.Tx, actor access.Actor, name string) error {
	_, err := tx.Exec(ctx, `INSERT INTO unit (id, organisation_id, name, folded, created_at) VALUES ($1, $2, $1, $1, 0)`, name, actor.Organisation)
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "unit.Create", ObjectKind: "unit", ObjectID: name})
}

// What has been acknowledged is there after a kill, change and entry both; what has not is there whole or not at all.
func TestKill(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			d, dsn := crashDatabase(t, engine)
			actor := dbtest.Organisation(t, d, "norrsjo")
			acked := map[string]bool{}
			for round := range 8 {
				killAfter(t, dsn, actor, 3+round*7, acked)
				units, entries := namesOf(t, d, actor)
				for name := range acked {
					if !units[name] || !entries[name] {
						t.Fatalf("round %d: %s was acknowledged; the change is there: %v, the entry: %v", round, name, units[name], entries[name])
					}
				}
				if len(units) != len(entries) {
					t.Fatalf("round %d: %d changes and %d entries", round, len(units), len(entries))
				}
				signed(t, d)
				if v := verified(t, d, actor.Organisation, byKey()); !v.Whole() || v.Size != int64(len(entries)) {
					t.Fatalf("round %d: %+v", round, v)
				}
			}
			if len(acked) < 8*3 {
				t.Fatalf("only %d writes were acknowledged", len(acked))
			}
		})
	}
}

// crashDatabase makes a database that a child can open too.
func crashDatabase(t *testing.T, engine string) (d *db.DB, dsn string) {
	t.Helper()
	if engine == "sqlite" {
		d = dbtest.SQLite(t)
		return d, "sqlite:" + d.Path
	}
	dsn = dbtest.PostgresAddress(t)
	d, err := db.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, dsn
}

// killAfter lets a child write until it has acknowledged n writes, and kills it in the middle of the next.
func killAfter(t *testing.T, dsn string, actor access.Actor, n int, acked map[string]bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDSN+"="+dsn, crashOrg+"="+actor.Organisation.String())
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for i := 0; i < n && lines.Scan(); i++ {
		acked[strings.TrimSpace(lines.Text())] = true
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it managed to say before it died counts too
		acked[strings.TrimSpace(lines.Text())] = true
	}
	_ = child.Wait() // it was killed
}

func namesOf(t *testing.T, d *db.DB, actor access.Actor) (units, entries map[string]bool) {
	t.Helper()
	read := func(query string) map[string]bool {
		out := map[string]bool{}
		err := d.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			_, err := db.All(t.Context(), tx, func(scan func(...any) error) (struct{}, error) {
				var s string
				err := scan(&s)
				out[s] = true
				return struct{}{}, err
			}, query, actor.Organisation)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	return read(`SELECT id FROM unit WHERE organisation_id = $1`), read(`SELECT object_id FROM audit_entry WHERE organisation_id = $1`)
}
