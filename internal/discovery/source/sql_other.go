// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"
	ora "github.com/sijms/go-ora/v2"
)

// sqlServer reads Microsoft SQL Server.
type sqlServer struct{}

func openSQLServer(u *url.URL, password string) (*sql.DB, dialect, error) {
	address := *u
	if password != "" {
		address.User = url.UserPassword(u.User.Username(), password)
	}
	q := u.Query()
	q.Set("ApplicationIntent", "ReadOnly")
	if !q.Has("encrypt") && !isLocal(u.Hostname()) {
		q.Set("encrypt", "true")
		q.Set("TrustServerCertificate", "false")
	}
	if name := strings.Trim(u.Path, "/"); name != "" && !q.Has("database") { // the driver takes a path for an instance
		q.Set("database", name)
		address.Path = ""
	}
	address.RawQuery = q.Encode()
	connector, err := mssql.NewConnector(address.String())
	if err != nil {
		return nil, nil, errors.New("its address is not one that the driver takes")
	}
	return sql.OpenDB(connector), sqlServer{}, nil
}

// readOnly is false: SQL Server has no transactions that are read-only. ApplicationIntent asks for a copy that is.
func (sqlServer) readOnly() bool { return false }

// sqlServerSession asks for versions of rows where the database keeps them, and never for rows that are not committed.
const sqlServerSession = `SET LOCK_TIMEOUT 200;
IF EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND snapshot_isolation_state = 1)
	SET TRANSACTION ISOLATION LEVEL SNAPSHOT;
ELSE
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;`

func (sqlServer) session(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, sqlServerSession)
	return err
}

const sqlServerTables = `SELECT s.name, o.name, o.type,
		COALESCE((SELECT SUM(p.rows) FROM sys.partitions p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1)), -1), c.name, t.name, c.max_length
	FROM sys.objects o
	JOIN sys.schemas s ON s.schema_id = o.schema_id
	JOIN sys.columns c ON c.object_id = o.object_id
	JOIN sys.types t ON t.user_type_id = c.system_type_id
	WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
	ORDER BY s.name, o.name, c.column_id`

var sqlServerKinds = map[string]byte{
	"tinyint": 'n', "smallint": 'n', "int": 'n', "bigint": 'n', "decimal": 'n', "numeric": 'n', "float": 'n', "real": 'n', "money": 'n', "smallmoney": 'n',
	"xml": 'l', "text": 'l', "ntext": 'l', "nvarchar": 'l', "varchar": 'l', "sql_variant": 'l',
	"binary": 'b', "varbinary": 'b', "image": 'b', "timestamp": 'b', "geography": 'b', "geometry": 'b', "hierarchyid": 'b',
}

func (sqlServer) tables(ctx context.Context, c *sql.Conn) ([]*sqlTable, error) {
	return listed(ctx, c, sqlServerTables, sqlServerKinds, func(kind string) bool { return strings.TrimSpace(kind) == "V" })
}

// listed takes a list of columns: schema, table, kind of table, rows, column, type, length.
func listed(ctx context.Context, c *sql.Conn, list string, kinds map[string]byte, isView func(kind string) bool) ([]*sqlTable, error) {
	rows, err := c.QueryContext(ctx, list)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*sqlTable
	for rows.Next() {
		var t sqlTable
		var column sqlColumn
		var kind string
		var length sql.NullInt64
		if err := rows.Scan(&t.schema, &t.name, &kind, &t.rows, &column.name, &column.kind, &length); err != nil {
			return nil, err
		}
		if n := len(out); n == 0 || out[n-1].schema != t.schema || out[n-1].name != t.name {
			t.view = isView(kind)
			out = append(out, &t)
		}
		k := kinds[strings.ToLower(column.kind)]
		column.number, column.large, column.binary = k == 'n', k == 'l', k == 'b'
		last := out[len(out)-1]
		last.columns = append(last.columns, column)
	}
	return out, rows.Err()
}

func (sqlServer) look(context.Context, *sql.Conn, *sqlTable) error { return nil }

func quoteBracket(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

func (sqlServer) columns(t *sqlTable) string {
	var values, lengths []string
	for i := range t.columns {
		c := &t.columns[i]
		name := quoteBracket(c.name)
		text := "CAST(" + name + " AS nvarchar(max))"
		switch {
		case c.binary:
			values = append(values, fmt.Sprintf("SUBSTRING(CAST(%s AS varbinary(max)), 1, %d)", name, lobPart))
			lengths = append(lengths, "DATALENGTH("+name+")")
		case c.large:
			values = append(values, fmt.Sprintf("CASE WHEN LEN(%s) > %d THEN LEFT(%s, %d) + NCHAR(10) + NCHAR(10) + RIGHT(%s, %d) ELSE %s END", text, 2*lobPart, text, lobPart, text, lobPart, text))
			lengths = append(lengths, "LEN("+text+")")
		case c.number && (c.kind == "float" || c.kind == "real"):
			values = append(values, "CONVERT(nvarchar(64), "+name+", 3)") // all digits
		default:
			values = append(values, text)
		}
	}
	return strings.Join(append(values, lengths...), ", ")
}

func (s sqlServer) plan(t *sqlTable, rows int64) sqlPlan {
	columns, from := s.columns(t), " FROM "+quoteBracket(t.schema)+"."+quoteBracket(t.name)
	top := func(n int64) string { return fmt.Sprintf("SELECT TOP (%d) %s%s", n, columns, from) }
	switch {
	case rows == 0 || !t.view && t.rows >= 0 && t.rows <= rows:
		return sqlPlan{queries: []sqlQuery{{text: "SELECT " + columns + from}}, whole: true}
	case t.view:
		return sqlPlan{queries: []sqlQuery{{text: top(rows)}}, why: fmt.Sprintf("it is a view: its first %d rows are read, which are no random sample", rows)}
	}
	// Whole pages are drawn, and a small table may give none: then its first rows are read.
	sampled := fmt.Sprintf("SELECT %s%s TABLESAMPLE SYSTEM (%d ROWS)", columns, from, rows)
	return sqlPlan{
		queries: []sqlQuery{{text: sampled}, {text: fmt.Sprintf("IF NOT EXISTS (SELECT 1%s TABLESAMPLE SYSTEM (%d ROWS)) %s", from, rows, top(rows))}},
	}
}

// oracle reads Oracle Database.
type oracle struct{}

func openOracle(u *url.URL, password string) (*sql.DB, dialect, error) {
	port := 1521
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, nil, fmt.Errorf("the port is not one: %s", p)
		}
		port = n
	}
	options := map[string]string{}
	for k, v := range u.Query() {
		options[k] = v[0]
	}
	if options["SSL"] == "" && !isLocal(u.Hostname()) {
		options["SSL"], options["SSL VERIFY"] = "enable", "true"
	}
	address := ora.BuildUrl(u.Hostname(), port, strings.Trim(u.Path, "/"), u.User.Username(), password, options)
	db, err := sql.Open("oracle", address)
	return db, oracle{}, err
}

// readOnly is false for the driver: each transaction begins with a statement that makes it so.
func (oracle) readOnly() bool { return false }

const oracleSession = "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,' NLS_DATE_FORMAT = 'YYYY-MM-DD' DDL_LOCK_TIMEOUT = 0"

// oracleReadOnly makes a transaction read-only.
const oracleReadOnly = "SET TRANSACTION READ ONLY"

func (oracle) session(ctx context.Context, c *sql.Conn) error {
	for _, s := range []string{oracleSession, oracleReadOnly} {
		if _, err := c.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

const oracleTables = `SELECT c.OWNER, c.TABLE_NAME, CASE WHEN v.VIEW_NAME IS NULL THEN 'T' ELSE 'V' END, NVL(t.NUM_ROWS, -1), c.COLUMN_NAME, c.DATA_TYPE, c.DATA_LENGTH
	FROM ALL_TAB_COLUMNS c
	LEFT JOIN ALL_TABLES t ON t.OWNER = c.OWNER AND t.TABLE_NAME = c.TABLE_NAME
	LEFT JOIN ALL_VIEWS v ON v.OWNER = c.OWNER AND v.VIEW_NAME = c.TABLE_NAME
	WHERE (t.TABLE_NAME IS NOT NULL OR v.VIEW_NAME IS NOT NULL)
		AND c.OWNER NOT IN (SELECT USERNAME FROM ALL_USERS WHERE ORACLE_MAINTAINED = 'Y')
	ORDER BY c.OWNER, c.TABLE_NAME, c.COLUMN_ID`

var oracleKinds = map[string]byte{
	"number": 'n', "float": 'n', "binary_float": 'n', "binary_double": 'n',
	"clob": 'l', "nclob": 'l', "blob": 'b', "raw": 'r', "long": 'x', "long raw": 'x', "bfile": 'x', "xmltype": 'm',
}

func (oracle) tables(ctx context.Context, c *sql.Conn) ([]*sqlTable, error) {
	return listed(ctx, c, oracleTables, oracleKinds, func(kind string) bool { return kind == "V" })
}

func (oracle) look(context.Context, *sql.Conn, *sqlTable) error { return nil }

func (oracle) columns(t *sqlTable) string {
	const part = 4000 // what TO_CHAR of a LOB gives at most
	var values, lengths []string
	for i := range t.columns {
		c := &t.columns[i]
		name := quoteDouble(c.name)
		switch {
		case c.binary:
			values = append(values, fmt.Sprintf("DBMS_LOB.SUBSTR(%s, 2000, 1)", name))
			lengths = append(lengths, "DBMS_LOB.GETLENGTH("+name+")")
		case c.large:
			values = append(values, fmt.Sprintf("SUBSTR(%s, 1, %d) || CASE WHEN LENGTH(%s) > %d THEN CHR(10) || SUBSTR(%s, -%d) END", name, lobPart, name, lobPart, name, part))
			lengths = append(lengths, "LENGTH("+name+")")
		case oracleKinds[strings.ToLower(c.kind)] == 'm':
			values = append(values, "XMLSERIALIZE(CONTENT "+name+" AS CLOB)")
		case oracleKinds[strings.ToLower(c.kind)] == 'r':
			values = append(values, "RAWTOHEX("+name+")")
		case c.number:
			values = append(values, "TO_CHAR("+name+")")
		default:
			values = append(values, name)
		}
	}
	return strings.Join(append(values, lengths...), ", ")
}

func (o oracle) plan(t *sqlTable, rows int64) sqlPlan {
	from := quoteDouble(t.schema) + "." + quoteDouble(t.name)
	all := "SELECT " + o.columns(t) + " FROM " + from
	switch {
	case rows == 0 || !t.view && t.rows >= 0 && t.rows <= rows:
		return sqlPlan{queries: []sqlQuery{{text: all}}, whole: true}
	case t.view || t.rows < 0:
		return sqlPlan{
			queries: []sqlQuery{{text: fmt.Sprintf("%s WHERE ROWNUM <= %d", all, rows)}},
			why:     fmt.Sprintf("it is a view, or nothing is known about its size: its first %d rows are read, which are no random sample", rows),
		}
	}
	share := min(max(150*float64(rows)/float64(t.rows), 0.000001), 99.99)
	return sqlPlan{queries: []sqlQuery{{text: fmt.Sprintf("%s SAMPLE BLOCK (%.6f) WHERE ROWNUM <= %d", all, share, 2*rows)}}}
}
