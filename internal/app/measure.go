// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"
	"os"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/signin"
)

// ProbeArguments make the program the process that measures: it reads one order and writes one record.
var ProbeArguments = []string{"probe", "order"}

// sees makes the service of measuring, with the data that it goes by. browser is the program that pages built by scripts may be shown to.
func (a *App) sees(version, browser string) error {
	rules, err := verdict.Load(data.Files)
	if err != nil {
		return fmt.Errorf("load rules of the probe: %w", err)
	}
	logs, err := signin.Load(data.Files)
	if err != nil {
		return fmt.Errorf("load rules of sign-in logs: %w", err)
	}
	a.ProbeRules = rules
	a.Measurements = &measurement.Service{
		DB: a.DB, Jobs: a.Jobs, Approvals: a.Approvals, Evidence: a.Evidence, SignIns: logs, Log: a.Log, Probe: ProbeItself, Never: a.Outbound.Never, Version: version,
		Browser: browser,
	}
	a.Measurements.Register()
	measurement.Register(a.Jobs, a.Measurements, organisation.List)
	return nil
}

// ProbeItself measures in a process of its own, which is this program started anew.
func ProbeItself(ctx context.Context, o *child.Order) (*child.Found, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	return child.Run(ctx, append([]string{program}, ProbeArguments...), o)
}
