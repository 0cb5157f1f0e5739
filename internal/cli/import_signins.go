// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"io"
	"os"

	"github.com/insegel/insegel/internal/measurement"
)

type importSignIns struct {
	database
	tenant
	File    string `arg:"" help:"The log, or - for standard input."`
	Format  string `help:"The form of the file: entra, keycloak, keycloak-log, adfs, shibboleth, simplesamlphp, conditional-access or saml-metadata. When left out it is told from the beginning of the log." placeholder:"FORM"`
	Mapping string `help:"The name of a mapping that has been saved in the program." placeholder:"NAME"`
	JSON    bool   `name:"json" help:"Write JSON."`
}

// Run takes in a log as a stream. The file's own name is not kept: it may be somebody's.
func (c *importSignIns) Run(s *streams) error {
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	in, end := s.in, func() {}
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return closeAfter(a, err)
		}
		in, end = io.Reader(f), func() { _ = f.Close() } // it was only read
	}
	x, err := a.Measurements.TakeLog(s.ctx, actor, in, measurement.LogFile{Format: c.Format, Mapping: c.Mapping})
	end()
	if err = closeAfter(a, err); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(s.out, map[string]any{
			"id": x.ID, "kind": x.Kind, "format": x.Format, "from": x.From, "to": x.To, "records": x.Records, "sign_ins": x.SignIns, "unread": x.Unread, "hash": x.Hash,
		})
	}
	return line(s.out, "Taken in: %d records, %d sign-ins that succeeded, %d unread, from %s to %s.\n", x.Records, x.SignIns, x.Unread, x.From, x.To)
}
