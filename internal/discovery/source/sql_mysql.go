// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// mariadb reads MariaDB and MySQL.
type mariadb struct{}

func openMySQL(u *url.URL, password string) (*sql.DB, dialect, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd = u.User.Username(), password
	config.Net, config.Addr = "tcp", u.Host
	if u.Port() == "" {
		config.Addr = u.Host + ":3306"
	}
	if socket := u.Query().Get("socket"); socket != "" {
		config.Net, config.Addr = "unix", socket
	}
	config.DBName = strings.TrimPrefix(u.Path, "/")
	config.TLSConfig = u.Query().Get("tls")
	if config.TLSConfig == "" && config.Net == "tcp" && !isLocal(u.Hostname()) {
		config.TLSConfig = "true"
	}
	config.Timeout = statementTime * 4
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, nil, err
	}
	return sql.OpenDB(connector), mariadb{}, nil
}

func (mariadb) readOnly() bool { return true }

func (mariadb) session(ctx context.Context, c *sql.Conn) error {
	var version string
	if err := c.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return err
	}
	limit := fmt.Sprintf("SET SESSION max_execution_time = %d", statementTime.Milliseconds())
	if strings.Contains(version, "MariaDB") {
		limit = fmt.Sprintf("SET SESSION max_statement_time = %d", int(statementTime.Seconds()))
	}
	for _, s := range []string{
		limit, "SET SESSION lock_wait_timeout = 1", "SET SESSION innodb_lock_wait_timeout = 1", "SET SESSION TRANSACTION READ ONLY",
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET NAMES utf8mb4",
	} {
		if _, err := c.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

const mysqlTables = `SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_TYPE, COALESCE(t.TABLE_ROWS, -1), c.COLUMN_NAME, LOWER(c.DATA_TYPE), c.COLUMN_KEY
	FROM information_schema.TABLES t
	JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
	WHERE t.TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')
	ORDER BY t.TABLE_SCHEMA, t.TABLE_NAME, c.ORDINAL_POSITION`

// mysqlKinds are what the types of columns are: n is a number, l is long text, b is bytes.
var mysqlKinds = map[string]byte{
	"tinyint": 'n', "smallint": 'n', "mediumint": 'n', "int": 'n', "bigint": 'n', "decimal": 'n', "float": 'n', "double": 'n', "year": 'n',
	"text": 'l', "mediumtext": 'l', "longtext": 'l', "json": 'l', "varchar": 'l',
	"tinyblob": 'b', "blob": 'b', "mediumblob": 'b', "longblob": 'b', "binary": 'b', "varbinary": 'b', "bit": 'b', "geometry": 'b',
}

func (mariadb) tables(ctx context.Context, c *sql.Conn) ([]*sqlTable, error) {
	rows, err := c.QueryContext(ctx, mysqlTables)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*sqlTable
	keys := map[*sqlTable]int{}
	for rows.Next() {
		var t sqlTable
		var column sqlColumn
		var kind, key string
		if err := rows.Scan(&t.schema, &t.name, &kind, &t.rows, &column.name, &column.kind, &key); err != nil {
			return nil, err
		}
		if n := len(out); n == 0 || out[n-1].schema != t.schema || out[n-1].name != t.name {
			t.view = !strings.Contains(kind, "BASE TABLE")
			out = append(out, &t)
		}
		last := out[len(out)-1]
		switch mysqlKinds[column.kind] {
		case 'n':
			column.number = true
		case 'l':
			column.large = true
		case 'b':
			column.binary = true
		}
		last.columns = append(last.columns, column)
		if key == "PRI" {
			keys[last]++
			last.key = ""
			if keys[last] == 1 && strings.HasSuffix(column.kind, "int") {
				last.key = column.name
			}
		}
	}
	return out, rows.Err()
}

// look finds where the key begins and ends.
func (m mariadb) look(ctx context.Context, c *sql.Conn, t *sqlTable) error {
	if t.key == "" {
		return nil
	}
	key := quoteBacktick(t.key)
	var low, high sql.NullInt64
	err := c.QueryRowContext(ctx, "SELECT MIN("+key+"), MAX("+key+") FROM "+m.name(t)).Scan(&low, &high)
	if err != nil || !low.Valid {
		t.key = "" // it is larger than 64 bits with a sign, or the table is empty
		return nil
	}
	t.low, t.high = low.Int64, high.Int64
	return nil
}

func quoteBacktick(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (mariadb) name(t *sqlTable) string { return quoteBacktick(t.schema) + "." + quoteBacktick(t.name) }

func (m mariadb) from(t *sqlTable) string {
	var values, lengths []string
	for i := range t.columns {
		c := &t.columns[i]
		name := quoteBacktick(c.name)
		switch {
		case c.binary:
			values = append(values, fmt.Sprintf("LEFT(%s, %d)", name, lobPart))
			lengths = append(lengths, "OCTET_LENGTH("+name+")")
		case c.large:
			values = append(values, fmt.Sprintf("CASE WHEN CHAR_LENGTH(%s) > %d THEN CONCAT(LEFT(%s, %d), '\\n\\n', RIGHT(%s, %d)) ELSE %s END", name, 2*lobPart, name, lobPart, name, lobPart, name))
			lengths = append(lengths, "CHAR_LENGTH("+name+")")
		default:
			values = append(values, name)
		}
	}
	return "SELECT " + strings.Join(append(values, lengths...), ", ") + " FROM " + m.name(t)
}

func (m mariadb) plan(t *sqlTable, rows int64) sqlPlan {
	from := m.from(t)
	switch {
	case t.view && rows > 0:
		return sqlPlan{
			queries: []sqlQuery{{text: fmt.Sprintf("%s LIMIT %d", from, rows)}},
			why:     fmt.Sprintf("it is a view: its first %d rows are read, which are no random sample", rows),
		}
	case t.view:
		return sqlPlan{queries: []sqlQuery{{text: from}}, whole: true}
	case t.key != "":
		if t.high-t.low < rows && t.high-t.low >= 0 {
			rows = 0
		}
		return sqlPlan{
			queries: keyed(t, rows, from, quoteBacktick(t.key), func(int) string { return "?" }, func(n int64) string { return fmt.Sprintf(" LIMIT %d", n) }),
			whole:   rows == 0,
		}
	case rows == 0 || t.rows >= 0 && t.rows <= rows/2:
		return sqlPlan{queries: []sqlQuery{{text: from}}, whole: true}
	}
	// Without a key to jump by, each row is drawn by itself: every row is looked at, but nothing is sorted.
	share := min(1.5*float64(rows)/float64(max(t.rows, 1)), 1)
	return sqlPlan{queries: []sqlQuery{{text: fmt.Sprintf("%s WHERE RAND() < %g LIMIT %d", from, share, 2*rows)}}}
}
