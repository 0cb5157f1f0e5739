// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"log/slog"
	"net/url"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/redact"
)

type serveCommand struct {
	database
	Addr string `help:"The address to listen on, HOST:PORT." default:"127.0.0.1:8080" env:"INSEGEL_ADDR"`
	URL  string `name:"url" help:"The address that readers use, when a proxy stands before the server, such as https://insegel.example.se." env:"INSEGEL_URL" placeholder:"URL"`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(s *streams) error {
	external, err := parseURL(c.URL)
	if err != nil {
		return err
	}
	log := slog.New(redact.New(slog.NewJSONHandler(s.err, nil)))
	a, err := c.open(s, log)
	if err != nil {
		return err
	}
	if a.Key.IsZero() {
		return closeAfter(a, usage("serving from PostgreSQL needs a key: give --key-file PATH"))
	}
	fmt.Fprintf(s.err, "Insegel answers on %s\n", c.Addr)
	return closeAfter(a, a.Serve(s.ctx, app.ServerOptions{Address: c.Addr, URL: external}))
}

func parseURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no address given is not an error
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, usage("--url %q: write the whole address, such as https://insegel.example.se", text)
	}
	return u, nil
}
