// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/redact"
	"github.com/insegel/insegel/internal/web"
)

type demoCommand struct {
	Addr string `help:"The address to listen on, HOST:PORT, on this machine only." default:"127.0.0.1:8080"`
	Dir  string `help:"Where the example's data lie. They are made when missing." env:"INSEGEL_DEMO_DIR" placeholder:"DIR"`
}

// Run starts the example municipality and tells the link that signs in, once.
func (c *demoCommand) Run(s *streams) error {
	link, err := auth.NewDemoLink(c.Addr)
	if err != nil {
		return usageError{err}
	}
	// Found out before the link is told: a link to a port that somebody else has would sign in nowhere.
	probe, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: choose another address with --addr, or stop what uses it", c.Addr, err)
	}
	if err := probe.Close(); err != nil {
		return fmt.Errorf("listen on %s: %w", c.Addr, err)
	}
	dir := c.Dir
	if dir == "" {
		dir = filepath.Join(app.DefaultDirectory(), "demo")
	}
	log := slog.New(redact.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	prints, err := findPrinter("")
	if err != nil {
		return err
	}
	share := filepath.Join(dir, "share")
	if err := app.ExampleShare(share); err != nil {
		return err
	}
	a, err := app.Open(s.ctx, app.Options{
		Database: "sqlite:" + filepath.Join(dir, "insegel.db"), Log: log, Printer: prints, Invented: true, Searching: app.Searching{Workers: 1, Limits: app.ExampleLimits(share)},
	})
	if err != nil {
		return err
	}
	actor, viewer, err := a.Example(s.ctx)
	if err != nil {
		return closeAfter(a, err)
	}
	old, err := a.ExampleIsOld(s.ctx, actor)
	if err != nil {
		return closeAfter(a, err)
	}
	who := func(context.Context) (access.Actor, web.Viewer, error) { return actor, viewer, nil }
	ready := func(net.Addr) { // told when it is answered: a link that is opened before that leads nowhere
		fmt.Fprintf(s.err, "The example municipality %s is ready. Its data lie in %s and are invented.\nOpen this link; it signs in once:\n", viewer.Organisation, dir)
		fmt.Fprintln(s.out, link.URL())
		fmt.Fprintln(s.err, "Stop with Ctrl+C.")
		if old {
			fmt.Fprintf(s.err, "The data were made by an earlier version of Insegel, and lack what the example has got since. To see it: stop, remove %s and start again.\n", dir)
		}
	}
	return closeAfter(a, a.Serve(s.ctx, app.ServerOptions{Address: c.Addr, Demo: link, Who: who, Ready: ready}))
}
