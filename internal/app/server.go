// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/schema"
	"github.com/insegel/insegel/internal/web"
)

// ServerOptions say how the pages are served.
type ServerOptions struct {
	// Address is the HOST:PORT to listen on.
	Address string
	// URL is the address that readers use, when it differs (behind a proxy). With https the cookies are marked for it.
	URL *url.URL
	// Demo, when set, is the one-time sign-in link of the demonstration. Nothing but the demo command may set it.
	Demo *auth.DemoLink
	// Who tells whom Demo signs in as.
	Who auth.Who
}

// How long the server waits for a slow reader, and for requests and jobs to end when it is told to stop.
const (
	readTimeout  = 30 * time.Second
	writeTimeout = 2 * time.Minute
	idleTimeout  = 2 * time.Minute
	stopTimeout  = 10 * time.Second
)

// smallestCompressed is the least number of bytes that is worth compressing. jitter is how many bytes of noise a compressed answer
// gets at most, so that its length does not tell what stands in it.
const (
	smallestCompressed = 1400
	jitter             = 32
)

// Site mounts every page.
func (a *App) Site(o ServerOptions) *web.Site {
	secure := o.URL != nil && o.URL.Scheme == "https"
	sessions := auth.New(a.DB, auth.Options{TLS: secure})
	opts := web.Options{
		ActorFunc: sessions.Actor, Session: sessions.Load, Menu: a.menu, Alarms: a.alarmPages().Notice, TLS: secure, Now: time.Now,
	}
	link := ""
	if o.URL != nil {
		opts.Hosts = []string{o.URL.Host}
		link = o.URL.String()
	}
	if o.Demo != nil {
		opts.Hosts = o.Demo.Hosts()
	}
	site := web.NewSite(a.Texts, a.Log, opts)
	auth.Pages{Sessions: sessions, Demo: o.Demo != nil}.Mount(site)
	if o.Demo != nil {
		o.Demo.Mount(site, sessions, o.Who)
	}
	a.routes(site, link)
	return site
}

// Serve answers until ctx ends, then lets what has begun finish. On PostgreSQL it refuses to run as a role that may see the rows of
// every organisation (schema.ErrRole).
func (a *App) Serve(ctx context.Context, o ServerOptions) error {
	if err := schema.Held(ctx, a.DB); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: choose another address with --addr, or stop what uses it", o.Address, err)
	}
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(smallestCompressed), gzhttp.RandomJitter(jitter, 0, false))
	if err != nil {
		return errors.Join(fmt.Errorf("set up compression: %w", err), listener.Close())
	}
	server := &http.Server{
		Handler: compress(a.Site(o)), ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn),
	}
	// Jobs outlive ctx: they are stopped after the last request that could add one.
	if err := a.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, listener.Close())
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	go debug.FreeOSMemory() // what the start needed and the pages do not, beside the first of them
	select {
	case err = <-failed:
		err = fmt.Errorf("serve pages: %w", err)
	case <-ctx.Done():
		err = nil
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, server.Shutdown(stop), a.Jobs.Stop(stop))
}
