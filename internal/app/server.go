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
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/schema"
	"github.com/insegel/insegel/internal/web"
)

// ServerOptions say how the pages are served.
type ServerOptions struct {
	// Address is the HOST:PORT to listen on, or unix:PATH. Where other machines reach it, TLS or Proxies must be set.
	Address string
	// TLS makes the server encrypt by itself.
	TLS *TLS
	// Redirect is another HOST:PORT, without TLS, that sends readers to URL.
	Redirect string
	// Proxies are the servers before this one that are believed about where a request comes from.
	Proxies web.Proxies
	// Clear lets a proxy on another machine hand requests on without TLS.
	Clear bool
	// Cards says how certificates on cards come to the program.
	Cards Cards
	// URL is the address that readers use, when it differs (behind a proxy). With https the cookies are marked for it.
	URL *url.URL
	// Ready, when set, is told what the server listens on, once it does.
	Ready func(net.Addr)
	// Pace is how often signed-in readers may ask; nil is web.DefaultPace.
	Pace *web.Pace
	// Patience is how long a reader waits for a report before being shown a page about it instead; 0 is three seconds.
	Patience time.Duration
	// Demo, when set, is the one-time sign-in link of the demonstration. Nothing but the demo command may set it.
	Demo *auth.DemoLink
	// Who tells whom Demo signs in as.
	Who auth.Who
}

// How long the server waits for a slow reader, and for requests and jobs to end when it is told to stop.
const (
	headTimeout  = 10 * time.Second
	readTimeout  = 30 * time.Second
	writeTimeout = 2 * time.Minute
	idleTimeout  = 2 * time.Minute
	stopTimeout  = 10 * time.Second
)

// maxHeader is more than a page of ours accepts, so that the refusal is a page of ours up to it.
const maxHeader = 64 << 10

// smallestCompressed is the least number of bytes that is worth compressing. jitter is how many bytes of noise a compressed answer
// gets at most, so that its length does not tell what stands in it.
const (
	smallestCompressed = 1400
	jitter             = 32
)

// Site mounts every page.
func (a *App) Site(o ServerOptions) *web.Site {
	secure := o.secure()
	a.site.Store(o.URL)
	sessions := auth.New(a.DB, auth.Options{TLS: secure, Arrive: a.Organisations.Arrive, Levels: provider.Accept, Tell: a.tellOfAccount, Unknown: a.unknownSession})
	samlPages := a.samlPages(sessions, o)
	opts := web.Options{
		FormAction: samlPages.FormAction, ActorFunc: sessions.Actor, Session: sessions.Load, Menu: a.menu, Alarms: a.alarmPages().Notice, TLS: secure, Now: time.Now,
		Search: overview.SearchPath, Style: a.Organisations.StyleOf,
		Refused: a.refused, Read: a.read, EveryReading: a.log.Readings, Pace: o.pace(),
		Hosts: o.hosts(), Proxies: o.Proxies,
	}
	link := ""
	if o.URL != nil {
		link = o.URL.String()
	}
	if secure && o.Proxies.Any() {
		opts.Canonical = o.URL.Scheme + "://" + o.URL.Host
	}
	site := web.NewSite(a.Texts, a.Log, opts)
	site.StyleGuide()
	pages := auth.Pages{
		Sessions: sessions, Demo: o.Demo != nil, Providers: []func(context.Context) ([]auth.Method, error){provider.Buttons(a.DB, a.drivers(o))},
		Leave: leaves(samlPages.Leave, (&oidc.Pages{Service: a.OIDC}).Leave),
	}
	a.passkeys(site, &o, &pages)
	pages.Mount(site)
	a.signInRoutes(site, sessions, samlPages, o)
	if o.Demo != nil {
		o.Demo.Mount(site, sessions, o.Who)
	}
	a.routes(site, link, sessions, o.Patience)
	return site
}

// Held refuses a database role that may see the rows of every organisation (schema.ErrRole), and says what to do.
func (a *App) Held(ctx context.Context) error { return schema.Held(ctx, a.DB) }

// Serve answers until ctx ends, then lets what has begun finish. On PostgreSQL it refuses to run as a role that may see the rows of
// every organisation (schema.ErrRole).
func (a *App) Serve(ctx context.Context, o ServerOptions) error {
	if err := a.Held(ctx); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	if err := o.Check(); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	release, whole, err := a.guard(ctx)
	if err != nil {
		return err
	}
	defer release()
	done := collectLess()
	servers, err := a.servers(ctx, o)
	done()
	if e := whole(); e != nil { // nobody is answered before the file is known to be whole
		err = e
	}
	if err != nil {
		return errors.Join(err, closeAll(servers))
	}
	// Jobs outlive ctx: they are stopped after the last request that could add one, and the log after the last that could write to it.
	stopLog, err := a.keepLog(ctx)
	if err != nil {
		return errors.Join(err, closeAll(servers))
	}
	defer stopLog()
	if err := a.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, closeAll(servers))
	}
	failed := make(chan error, len(servers))
	for _, s := range servers {
		go func() { failed <- s.run() }()
	}
	if o.Ready != nil {
		o.Ready(servers[0].listener.Addr())
	}
	go debug.FreeOSMemory() // what the start needed and the pages do not, beside the first of them
	select {
	case err = <-failed:
		err = fmt.Errorf("serve pages: %w", err)
	case <-ctx.Done():
		err = nil
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(stop))
	}
	return errors.Join(err, a.Jobs.Stop(stop))
}

// running is a server with what it listens on.
type running struct {
	*http.Server
	listener net.Listener
}

func (r *running) run() error {
	if r.TLSConfig != nil {
		return r.ServeTLS(r.listener, "", "")
	}
	return r.Serve(r.listener)
}

func closeAll(servers []*running) error {
	var err error
	for _, s := range servers {
		err = errors.Join(err, s.listener.Close())
	}
	return err
}

// servers opens what the program listens on: the pages, and the way to them from plain HTTP where that is asked for.
func (a *App) servers(ctx context.Context, o ServerOptions) ([]*running, error) {
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(smallestCompressed), gzhttp.RandomJitter(jitter, 0, false))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	pages, err := a.server(compress(a.Site(o)))
	if err != nil {
		return nil, err
	}
	redirect := http.Handler(toTLS(o.URL))
	if o.TLS != nil {
		config, manager, err := o.TLS.config(o.URL.Hostname(), a.DB.Now, a.Log, o.Proxies.Trusts)
		if err != nil {
			return nil, fmt.Errorf("serve: %w", err)
		}
		pages.TLSConfig = config
		a.certificate.Store(o.TLS.shown)
		if manager != nil {
			redirect = manager.HTTPHandler(redirect)
		}
	}
	l, err := o.listen(ctx)
	if err != nil {
		return nil, err
	}
	out := []*running{{pages, l}}
	if o.Redirect == "" {
		return out, nil
	}
	plain := ServerOptions{Address: o.Redirect, TLS: &TLS{}} // it tells nothing that needs to be secret, so anybody may connect
	l, err = plain.listen(ctx)
	if err != nil {
		return nil, errors.Join(err, closeAll(out))
	}
	plainly, err := a.server(redirect)
	if err != nil {
		return nil, errors.Join(err, l.Close(), closeAll(out))
	}
	return append(out, &running{plainly, l}), nil
}

// server makes a server that waits for nobody for long.
func (a *App) server(h http.Handler) (*http.Server, error) {
	u := &unread{log: a.Log, saw: a.Watch.Saw, now: a.DB.Now}
	errs := slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn)
	errs.SetOutput(u.lines(errs.Writer()))
	u.server = &http.Server{
		Handler: u.handler(h), ConnContext: u.connect, ConnState: u.state,
		ReadHeaderTimeout: headTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: errs,
	}
	return u.server, u.serveHTTP2(u.server)
}

// toTLS sends readers of pages to the address that encrypts; its host is never the one that the request names. What would change
// something has been read on its way already, so it is refused, and so is what carries a token: a program that sends it so must be mended.
func toTLS(to *url.URL) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if to == nil || r.Method != http.MethodGet && r.Method != http.MethodHead || r.Header.Get("Authorization") != "" {
			http.Error(w, "use https", http.StatusForbidden)
			return
		}
		there := url.URL{Scheme: "https", Host: to.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, there.String(), http.StatusPermanentRedirect)
	}
}
