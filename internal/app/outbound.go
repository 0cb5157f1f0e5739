// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// lookUp is how long the start waits to learn where the database is; it is open by then, so its name has been found once already.
const lookUp = 2 * time.Second

// databaseAddresses are where a database server is. Nothing that a page configures may lead a request there.
func databaseAddresses(ctx context.Context, dsn string) []netip.AddrPort {
	if !strings.HasPrefix(dsn, "postgres") {
		return nil
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookUp)
	defer cancel()
	at := map[string]uint16{c.Host: c.Port}
	for _, f := range c.Fallbacks {
		at[f.Host] = f.Port
	}
	var out []netip.AddrPort
	for host, port := range at {
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			continue // a unix socket, which no request reaches
		}
		for _, a := range found {
			out = append(out, netip.AddrPortFrom(a.Unmap(), port))
		}
	}
	return out
}
