// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrClear says that the way to a database on another machine is not encrypted, or leads to whoever answers.
var ErrClear = errors.New("the way to the database must be encrypted and its certificate verified: add sslmode=verify-full to the address, and sslrootcert=PATH when the authority is your own")

// encrypted refuses an address whose connections could be made in clear, or to a server that has not shown who it is. The driver's own
// default goes on in clear when the server wants to. A server on this machine, or at a socket, is left alone.
func encrypted(dsn string) error {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil //nolint:nilerr // opening it says what is wrong, without the password
	}
	clear := func(host string, t *tls.Config) bool { return !nearby(host) && (t == nil || t.InsecureSkipVerify) }
	bad := clear(c.Host, c.TLSConfig)
	for _, f := range c.Fallbacks {
		bad = bad || clear(f.Host, f.TLSConfig)
	}
	if bad {
		return fmt.Errorf("open %s: %w", redact(dsn), ErrClear)
	}
	return nil
}

// nearby reports whether a host can only be this machine.
func nearby(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
