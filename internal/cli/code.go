// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"log/slog"

	"github.com/insegel/insegel/internal/app"
)

type codeCommand struct {
	database
	tenant
	URL string `name:"url" help:"The address that readers use, such as https://insegel.example.se." env:"INSEGEL_URL" placeholder:"URL"`
}

// Run makes a new one-time code for the first person. The one before is over.
func (c *codeCommand) Run(s *streams) error {
	external, err := parseURL(c.URL)
	if err != nil {
		return err
	}
	a, err := c.open(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	code, _, err := a.FirstCode(s.ctx, app.ServerOptions{URL: external}, c.Org)
	if err != nil {
		return closeAfter(a, err)
	}
	if code == "" {
		return closeAfter(a, usage("somebody has an account already: ask an administrator for an invitation"))
	}
	fmt.Fprintln(s.out, code)
	fmt.Fprintln(s.err, "The code is valid for 15 minutes and works once. Write it on the page /valkommen of the server.")
	return a.Close()
}

// greet tells the one at the console how the first person gets in, when nobody has an account yet.
func greet(s *streams, a *app.App, o app.ServerOptions) error {
	code, address, err := a.FirstCode(s.ctx, o, "")
	if err != nil || code == "" {
		return err
	}
	fmt.Fprintf(s.err, "Nobody has an account yet. Open %s and write this code, within 15 minutes. It works once:\n\n    %s\n\n", address, code)
	return nil
}
