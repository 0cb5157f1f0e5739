// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func someTable() *sqlTable {
	return &sqlTable{schema: "skol]a", name: `El"ev`, rows: 1_000_000, columns: []sqlColumn{
		{name: "person]nr", kind: "char"}, {name: "tal", kind: "bigint", number: true}, {name: "text", kind: "nvarchar", large: true}, {name: "fil", kind: "varbinary", binary: true},
	}}
}

func texts(p sqlPlan) (out []string) {
	for _, q := range p.queries {
		out = append(out, q.text)
	}
	return out
}

func TestSQLServerStatements(t *testing.T) {
	const columns = "CAST([person]]nr] AS nvarchar(max)), CAST([tal] AS nvarchar(max)), CASE WHEN LEN(CAST([text] AS nvarchar(max))) > 131072 THEN " +
		"LEFT(CAST([text] AS nvarchar(max)), 65536) + NCHAR(10) + NCHAR(10) + RIGHT(CAST([text] AS nvarchar(max)), 65536) ELSE CAST([text] AS nvarchar(max)) END, " +
		"SUBSTRING(CAST([fil] AS varbinary(max)), 1, 65536), LEN(CAST([text] AS nvarchar(max))), DATALENGTH([fil])"
	const from = ` FROM [skol]]a].[El"ev]`
	sample := sqlServer{}.plan(someTable(), 4603)
	want := []string{
		"SELECT " + columns + from + " TABLESAMPLE SYSTEM (4603 ROWS)",
		"IF NOT EXISTS (SELECT 1" + from + " TABLESAMPLE SYSTEM (4603 ROWS)) SELECT TOP (4603) " + columns + from,
	}
	if diff := cmp.Diff(want, texts(sample)); diff != "" || sample.whole {
		t.Errorf("a sample:\n%s", diff)
	}
	all := sqlServer{}.plan(someTable(), 0)
	if diff := cmp.Diff([]string{"SELECT " + columns + from}, texts(all)); diff != "" || !all.whole {
		t.Errorf("all rows:\n%s", diff)
	}
	view := someTable()
	view.view = true
	if p := (sqlServer{}).plan(view, 10); texts(p)[0] != "SELECT TOP (10) "+columns+from || p.why == "" {
		t.Errorf("a view: %q", texts(p))
	}
	for _, s := range []string{sqlServerSession, sqlServerTables, columns} {
		if strings.Contains(strings.ToUpper(s), "NOLOCK") || strings.Contains(strings.ToUpper(s), "UNCOMMITTED") {
			t.Errorf("rows that are not committed are read: %s", s)
		}
	}
	if !strings.Contains(sqlServerSession, "SET LOCK_TIMEOUT 200") {
		t.Error("the session waits for locks")
	}
}

func TestOracleStatements(t *testing.T) {
	table := someTable()
	table.columns = []sqlColumn{{name: `p"nr`, kind: "CHAR"}, {name: "TAL", kind: "NUMBER", number: true}, {name: "TEXT", kind: "CLOB", large: true}, {name: "FIL", kind: "BLOB", binary: true}, {name: "X", kind: "XMLTYPE"}}
	const columns = `"p""nr", TO_CHAR("TAL"), SUBSTR("TEXT", 1, 65536) || CASE WHEN LENGTH("TEXT") > 65536 THEN CHR(10) || SUBSTR("TEXT", -4000) END, ` +
		`DBMS_LOB.SUBSTR("FIL", 2000, 1), XMLSERIALIZE(CONTENT "X" AS CLOB), LENGTH("TEXT"), DBMS_LOB.GETLENGTH("FIL")`
	const from = ` FROM "skol]a"."El""ev"`
	if diff := cmp.Diff([]string{"SELECT " + columns + from + " SAMPLE BLOCK (0.690450) WHERE ROWNUM <= 9206"}, texts(oracle{}.plan(table, 4603))); diff != "" {
		t.Errorf("a sample:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"SELECT " + columns + from}, texts(oracle{}.plan(table, 0))); diff != "" {
		t.Errorf("all rows:\n%s", diff)
	}
	table.rows = -1
	if p := (oracle{}).plan(table, 10); texts(p)[0] != "SELECT "+columns+from+" WHERE ROWNUM <= 10" || p.why == "" {
		t.Errorf("unknown size: %q", texts(p))
	}
}

func TestAddresses(t *testing.T) {
	t.Setenv(PasswordVariable, "p@ss/word")
	for dsn, want := range map[string]error{
		"sqlserver://sa@127.0.0.1:1433/db": nil, "sqlserver://sa@db.example.org/db": nil, "oracle://scan@127.0.0.1:1521/FREE": nil, "mysql://scan@127.0.0.1/": nil,
		"postgres://scan@127.0.0.1/db": nil, "postgres://scan:secret@127.0.0.1/db": ErrPassword, "postgres://127.0.0.1/db?password=secret": ErrPassword,
	} {
		_, ok, err := OpenDatabase(dsn)
		if !ok || !errors.Is(err, want) {
			t.Errorf("%s: %v, %v", dsn, ok, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in %v", dsn, err)
		}
	}
	for _, path := range []string{"/srv/share", "-", "C:\\share", "http://example.org"} {
		if _, ok, _ := OpenDatabase(path); ok {
			t.Errorf("%s is taken for a database", path)
		}
	}
}

func TestStrata(t *testing.T) {
	for _, c := range []struct{ low, high, n int64 }{{1, 100, 7}, {5, 5, 32}, {-1 << 63, 1<<63 - 1, 32}, {0, 3, 512}} {
		got := strata(c.low, c.high, c.n)
		if got[0].from != c.low || got[len(got)-1].to != c.high {
			t.Errorf("%+v: from %d to %d", c, got[0].from, got[len(got)-1].to)
		}
		for i := 1; i < len(got); i++ {
			if got[i].from != got[i-1].to+1 || got[i].to < got[i].from {
				t.Errorf("%+v: %v does not follow %v", c, got[i], got[i-1])
			}
		}
	}
}
