// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"net"
	"net/http"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// Guard is the limits on who may connect, for tests.
func Guard(l net.Listener, proxies web.Proxies, onlyProxies bool) net.Listener {
	return &guarded{Listener: l, proxies: proxies, onlyProxies: onlyProxies, open: map[string]int{}}
}

// ServerOf is the HTTP server that pages are served by, for tests.
func ServerOf(a *App, h http.Handler) *http.Server {
	s, err := a.server(h)
	if err != nil {
		panic(err)
	}
	return s
}

// MaxConnectionsPerPeer is the limit, for tests.
const MaxConnectionsPerPeer = maxConnectionsPerPeer

// Tell mails about alarms now, for tests.
func Tell(ctx context.Context, a *App) error { return a.mailAlarms(ctx) }

// TellOfAccount tells of an event of an account, for tests.
func (a *App) TellOfAccount(ctx context.Context, tx *db.Tx, n auth.Notice) error {
	return a.tellOfAccount(ctx, tx, n)
}

// LockForOne is how a server or an upgrade has a SQLite file to itself.
var LockForOne = lockForOne

// DatabaseCheck, NoteDatabase and Rotations are how old keys and secrets are, for tests.
var (
	DatabaseCheck = databaseCheck
	NoteDatabase  = noteDatabase
	Rotations     = (*App).rotations
)

// LogsReadings tells whether every reading is logged, for tests.
func LogsReadings(a *App) bool { return a.log.Readings }
