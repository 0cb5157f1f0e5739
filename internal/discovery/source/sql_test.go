// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/peertest"
)

// column are the values of a column, by its table and name.
func (g *gathered) column(table, field string) (out []string) {
	for _, v := range g.values {
		if v.Column.Table == table && v.Column.Field == field {
			out = append(out, string(v.Bytes))
		}
	}
	return out
}

// scan reads a database by its DSN.
func scan(t *testing.T, dsn string, rows int64) (*gathered, map[string]Sample) {
	t.Helper()
	d, ok, err := OpenDatabase(dsn)
	if err != nil || !ok {
		t.Fatalf("open %s: %v, %v", dsn, ok, err)
	}
	g := &gathered{}
	samples, err := d.Read(context.Background(), rows, g)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Sample{}
	for _, s := range samples {
		by[s.Table] = s
	}
	return g, by
}

// run runs statements.
func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func values(numbers []string, format string) string {
	var out []string
	for i, n := range numbers {
		out = append(out, strings.NewReplacer("$i", fmt.Sprint(i+1), "$n", n).Replace(format))
	}
	return strings.Join(out, ", ")
}

// postgresDSN makes a database of its own on the server that tests have.
func postgresDSN(t *testing.T) (dsn string, db *sql.DB) {
	t.Helper()
	server := os.Getenv("INSEGEL_TEST_POSTGRES")
	if server == "" {
		dbtest.Missing(t, "INSEGEL_TEST_POSTGRES: scripts/with-postgres sets it")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("insegel_scan_%d_%d", os.Getpid(), draw(1<<30))
	run(t, admin, "CREATE DATABASE "+name)
	before, after, _ := strings.Cut(server, "/postgres?")
	dsn = before + "/" + name + "?" + after
	if db, err = sql.Open("pgx", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = db.Close()
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	return dsn, db
}

func TestPostgres(t *testing.T) {
	dsn, db := postgresDSN(t)
	numbers := official(t)
	pdf := pdfOf(catalog, onePage, page, stream("", "BT /F1 12 Tf (bilaga 189006039813) Tj ET"), simple, "null")
	long := strings.Repeat("x", 100_000) + "189007179816" + strings.Repeat("y", 100_000) + "slut"
	run(t, db, `CREATE SCHEMA "skol""a"`,
		`CREATE TABLE "skol""a"."Elev; DROP TABLE x" (id bigint PRIMARY KEY, "person ""nr" text, tal bigint, js jsonb, x xml, lista text[], fil bytea, "långt" text, nyckel uuid)`,
		`INSERT INTO "skol""a"."Elev; DROP TABLE x" (id, "person ""nr", tal) VALUES `+values(numbers, "($i, '$n', $n)"),
		`UPDATE "skol""a"."Elev; DROP TABLE x" SET js = jsonb_build_object('pnr', "person ""nr"), x = ('<a>' || "person ""nr" || '</a>')::xml, lista = ARRAY["person ""nr", 'b'] WHERE id < 20`,
		`CREATE VIEW vy AS SELECT "person ""nr" AS p FROM "skol""a"."Elev; DROP TABLE x"`,
		`CREATE VIEW slow AS SELECT 'x' AS p, pg_sleep(60)::text AS q`,
		`CREATE TABLE stor AS SELECT g AS id, 'rad ' || g AS text FROM generate_series(1, 200000) g`, `ANALYZE stor`,
		`CREATE TABLE tom (a text)`)
	if _, err := db.ExecContext(t.Context(), `UPDATE "skol""a"."Elev; DROP TABLE x" SET fil = $1, "långt" = $2 WHERE id = 1`, pdf, long); err != nil {
		t.Fatal(err)
	}
	g, samples := scan(t, dsn, 4603)
	table := `skol"a.Elev; DROP TABLE x`
	for _, field := range []string{`person "nr`, "tal"} {
		if got := g.column(table, field); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(numbers))) {
			t.Errorf("%s has %d values", field, len(got))
		}
	}
	for _, field := range []string{"js", "x", "lista"} {
		if got := g.column(table, field); len(got) != 19 || !strings.Contains(strings.Join(got, ""), numbers[0]) {
			t.Errorf("%s: %q", field, got)
		}
	}
	if got := g.column("public.vy", "p"); len(got) != len(numbers) {
		t.Errorf("the view has %d rows", len(got))
	}
	if !strings.Contains(g.all(), "bilaga 189006039813") {
		t.Error("the document in a column is not read")
	}
	if got := g.column(table, "långt"); len(got) != 1 || !strings.HasSuffix(got[0], "slut") || len(got[0]) > 140_000 {
		t.Errorf("the long value is %d bytes", len(got[0]))
	}
	for _, want := range []string{"public.slow: a part of it cannot be read: it took longer than 5s", "the middles of 1 values"} {
		if !strings.Contains(g.reasons(), want) {
			t.Errorf("%q is not told in %s", want, g.reasons())
		}
	}
	s := samples["public.stor"]
	if s.Full || s.Read < 3000 || s.Read > 20_000 || math.Abs(float64(s.Rows)-200_000) > 10_000 {
		t.Errorf("the sample is %+v", s)
	}
	if got := g.column("public.stor", "id"); !slices.Contains(got, "200000") || len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
		t.Errorf("the newest row is missing, or a row is read twice")
	}
	if !samples[table].Full {
		t.Errorf("a small table is not read whole: %+v", samples[table])
	}
	g, samples = scan(t, dsn, 0)
	if s := samples["public.stor"]; !s.Full || s.Read != 200_000 || len(g.column("public.stor", "id")) != 200_000 {
		t.Errorf("all rows: %+v", s)
	}
}

// A connection of a scan can change nothing.
func TestPostgresIsReadOnly(t *testing.T) {
	dsn, db := postgresDSN(t)
	run(t, db, "CREATE TABLE a (b int)", "CREATE FUNCTION f() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO a VALUES (1) RETURNING 1'", "CREATE VIEW v AS SELECT f()")
	g, _ := scan(t, dsn, 10)
	if !strings.Contains(g.reasons(), "read-only") {
		t.Errorf("skipped: %s", g.reasons())
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM a").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// mariaDB starts a server of its own.
func mariaDB(t *testing.T) (dsn string, db *sql.DB) {
	t.Helper()
	install, err := exec.LookPath("mariadb-install-db")
	if err != nil {
		dbtest.Missing(t, "MariaDB: run scripts/test-deps")
	}
	dir := t.TempDir()
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	args := []string{"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db"}
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	if said, err := exec.CommandContext(t.Context(), install, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	port := peertest.FreePort(t)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	server := []string{
		"--no-defaults", "--datadir=" + data, "--socket=" + socket, fmt.Sprintf("--port=%d", port), "--bind-address=127.0.0.1", "--pid-file=" + filepath.Join(dir, "pid"),
		"--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M",
	}
	if os.Getuid() == 0 {
		server = append(server, "--user=root")
	}
	path, err := exec.LookPath("mariadbd")
	if err != nil {
		path = "/usr/sbin/mariadbd"
	}
	peertest.Start(t, peertest.Command{Path: path, Args: server, Address: address})
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", "unix", socket
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db = sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return "mysql://scan@" + address + "/", db
}

func TestMariaDB(t *testing.T) {
	dsn, db := mariaDB(t)
	numbers := official(t)
	run(t, db, "CREATE USER scan@'127.0.0.1' IDENTIFIED BY 'hemligt'", "GRANT SELECT ON *.* TO scan@'127.0.0.1'",
		"CREATE DATABASE `skol``a`", "USE `skol``a`",
		"CREATE TABLE `Elev;x` (id INT PRIMARY KEY AUTO_INCREMENT, `person ``nr` CHAR(12), tal BIGINT, js JSON, fil LONGBLOB, lang LONGTEXT) CHARACTER SET utf8mb4",
		"INSERT INTO `Elev;x` (id, `person ``nr`, tal, js) VALUES "+values(numbers, `($i, '$n', $n, '{"pnr": "$n"}')`),
		"CREATE TABLE stor (id BIGINT PRIMARY KEY, t VARCHAR(40))", "INSERT INTO stor SELECT seq, CONCAT('rad ', seq) FROM seq_1_to_200000",
		"CREATE TABLE utan (t VARCHAR(40))", "INSERT INTO utan SELECT CONCAT('rad ', seq) FROM seq_1_to_50000",
		"CREATE VIEW vy AS SELECT `person ``nr` AS p FROM `Elev;x`", "CREATE VIEW slow AS SELECT 'x' AS p, SLEEP(60)", "ANALYZE TABLE stor, utan")
	long := strings.Repeat("å", 100_000) + strings.Repeat("y", 100_000) + "slut"
	if _, err := db.ExecContext(t.Context(), "UPDATE `Elev;x` SET fil = ?, lang = ? WHERE id = 1", zipOf(t, "a.txt", "bilaga 189006039813"), long); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := OpenDatabase(strings.Replace(dsn, "scan@", "scan:hemligt@", 1)); !ok || !errors.Is(err, ErrPassword) {
		t.Errorf("a password on the command line: %v", err)
	}
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("hemligt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(PasswordFileVariable, secret)
	g, samples := scan(t, dsn, 4603)
	table := "skol`a.Elev;x"
	for _, field := range []string{"person `nr", "tal"} {
		if got := g.column(table, field); !slices.Equal(got, numbers) {
			t.Errorf("%s has %d values", field, len(got))
		}
	}
	if got := g.column(table, "js"); len(got) != len(numbers) || !strings.Contains(got[0], numbers[0]) {
		t.Errorf("js has %d values", len(got))
	}
	if got := g.column("skol`a.vy", "p"); len(got) != len(numbers) {
		t.Errorf("the view has %d rows", len(got))
	}
	if !strings.Contains(g.all(), "bilaga 189006039813") {
		t.Error("the archive in a column is not read")
	}
	if got := g.column(table, "lang"); len(got) != 1 || !strings.HasSuffix(got[0], "slut") {
		t.Errorf("the long value has no end")
	}
	for _, want := range []string{"skol`a.slow: a part of it cannot be read: it took longer than 5s", "the middles of 1 values"} {
		if !strings.Contains(g.reasons(), want) {
			t.Errorf("%q is not told in %s", want, g.reasons())
		}
	}
	if s := samples["skol`a.stor"]; s.Full || s.Read < 4000 || s.Read > 10_000 {
		t.Errorf("the sample is %+v", s)
	}
	if !slices.Contains(g.column("skol`a.stor", "id"), "200000") {
		t.Error("the newest row is missing")
	}
	if s := samples["skol`a.utan"]; s.Full || s.Read < 4000 || s.Read > 10_000 {
		t.Errorf("the sample without a key is %+v", s)
	}
	g, samples = scan(t, dsn, 0)
	if s := samples["skol`a.stor"]; !s.Full || s.Read != 200_000 || len(g.column("skol`a.stor", "id")) != 200_000 {
		t.Errorf("all rows: %+v", s)
	}
}

// sqliteFile makes a database in a file.
func sqliteFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "elever å.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run(t, db, `CREATE TABLE "Elev""er" (id INTEGER PRIMARY KEY, pnr TEXT, tal INTEGER, blandat, fil BLOB)`,
		`INSERT INTO "Elev""er" (id, pnr, tal, blandat) VALUES `+values(official(t), "($i, '$n', $n, $n.0)"),
		`CREATE TABLE utan (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID`, `INSERT INTO utan VALUES ('a', '189006039813')`,
		`CREATE TABLE tom (a TEXT)`, `CREATE TABLE flera (k TEXT PRIMARY KEY) WITHOUT ROWID`, `INSERT INTO flera VALUES ('a'), ('b'), ('c'), ('d'), ('e')`,
		`CREATE VIEW vy AS SELECT pnr FROM "Elev""er"`, `CREATE VIRTUAL TABLE fritext USING fts5(text)`, `INSERT INTO fritext VALUES ('hemlig 189007179816')`)
	if _, err := db.ExecContext(t.Context(), `UPDATE "Elev""er" SET fil = ? WHERE id = 1`, zipOf(t, "a.txt", "bilaga 189006039813")); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSQLite(t *testing.T) {
	path := sqliteFile(t)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]Sample{`Elev"er`: {Read: 4, NotDrawn: false}, "utan": {Rows: 1, Read: 1, Full: true}, "tom": {Full: true}, "flera": {Rows: -1, Read: 4, NotDrawn: true}} {
		_, samples := scan(t, "sqlite:"+path, 4)
		got := samples[table]
		if got.Full != want.Full || got.NotDrawn != want.NotDrawn || want.Full && got.Rows != want.Rows || got.Read < want.Read {
			t.Errorf("a sample of four rows of %s is %+v, want %+v", table, got, want)
		}
	}
	direct, samples := scan(t, "sqlite:"+path, 0)
	if s := samples[`Elev"er`]; !s.Full || s.Read != int64(len(official(t))) {
		t.Errorf("the sample is %+v", s)
	}
	for name, g := range map[string]*gathered{"dsn": direct, "file": readBytes(t, path, b), "zipped": readBytes(t, "a.zip", zipOf(t, "a.db", string(b)))} {
		t.Run(name, func(t *testing.T) {
			for _, s := range g.skips {
				if !strings.Contains(s.Reason, "values of bytes") { // as the index for searching in text has
					t.Errorf("skipped: %+v", s)
				}
			}
			for _, field := range []string{"pnr", "tal"} {
				if got := g.column(`Elev"er`, field); !slices.Equal(got, official(t)) {
					t.Errorf("%s has %d values", field, len(got))
				}
			}
			for _, want := range []string{"bilaga 189006039813", "hemlig 189007179816"} {
				if !strings.Contains(g.all(), want) {
					t.Errorf("%q is missing", want)
				}
			}
			for _, text := range g.texts {
				if got := text.Place.Member; strings.Contains(string(text.Bytes), "bilaga") && !strings.HasSuffix(got, `Elev"er/fil/a.txt`) {
					t.Errorf("the text in the archive in a column is in %q", got)
				}
			}
			if got := g.column("utan", "v"); !slices.Equal(got, []string{"189006039813"}) {
				t.Errorf("the table without row numbers: %q", got)
			}
		})
	}
	g := readBytes(t, "a.db", b[:len(b)/2])
	if len(g.skips) == 0 {
		t.Error("a file that is cut off is not told")
	}
	g = readBytes(t, "a.db", append([]byte("SQLite format 3\x00"), bytes.Repeat([]byte{7}, 5000)...))
	if len(g.skips) == 0 {
		t.Error("a damaged file is not told")
	}
}

// Values that are bytes of no known format are told, though nearly all are keys and checksums.
func TestSQLiteBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nycklar.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run(t, db, `CREATE TABLE nyckel (k BLOB)`, `INSERT INTO nyckel VALUES (x'00010203'), (x'00ff'), (x'414243')`)
	g, _ := scan(t, "sqlite:"+path, 0)
	if got := g.reasons(); !strings.Contains(got, "nyckel: 2 values of bytes that are neither text") || len(g.skips) != 1 || g.skips[0].To != 0 {
		t.Errorf("skipped: %s", got)
	}
	if !strings.Contains(g.all(), "ABC") {
		t.Errorf("text stored as bytes is not read: %q", g.all())
	}
}

func FuzzSQLite(f *testing.F) {
	f.Add(append([]byte("SQLite format 3\x00"), bytes.Repeat([]byte{1}, 600)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.HasPrefix(b, []byte("SQLite format 3\x00")) {
			fuzzed(t, SQLite, b)
		}
	})
}
