// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/organisation"
)

// Searching says what may be searched for personal data, and how much of it is done by this program.
type Searching struct {
	finding.Limits
	// Workers is how many parts of searches are done here at once; 0 leaves them to other machines.
	Workers int
}

// openFindings makes what searches for personal data.
func (a *App) openFindings(o Searching) error {
	rules, err := Detectors()
	if err != nil {
		return err
	}
	for name, dir := range o.Roots {
		if err := a.apart(dir); err != nil {
			return fmt.Errorf("search %s: %w", name, err)
		}
	}
	a.Jobs.HeavyWorkers = o.Workers
	a.Findings = &finding.Service{
		DB: a.DB, Catalogue: a.Catalogue, Jobs: a.Jobs, Approvals: a.Approvals, Log: a.Log, Rules: rules, Limits: o.Limits, Workers: max(1, o.Workers),
		PartFiles: finding.DefaultPartFiles, PartBytes: finding.DefaultPartBytes, Organisations: organisation.List,
	}
	a.Findings.Register()
	finding.Register(a.Jobs, a.Findings)
	job.Handle(a.Jobs, a.suspected)
	return nil
}

// ErrOwnFiles says that a directory that may be searched holds the program's own database or keys.
var ErrOwnFiles = errors.New("the directory holds this program's own database or keys: choose one beside them")

// apart refuses a directory that the program's own files lie below. One that is not there yet is refused when it is searched.
func (a *App) apart(dir string) error {
	real := func(p string) string {
		if r, err := filepath.EvalSymlinks(p); err == nil {
			return r
		}
		return filepath.Clean(p)
	}
	dir = real(dir)
	for _, own := range []string{a.DB.Path, a.keyFile, a.keysFile} {
		if own == "" {
			continue
		}
		if rel, err := filepath.Rel(dir, real(own)); err == nil && filepath.IsLocal(rel) {
			return ErrOwnFiles
		}
	}
	return nil
}

// suspected tells those who run the program that somebody has said that a finding may be a personal data incident, and begins the incident:
// the time to report it counts from then. The incident points back at the finding, which becomes one only once, and names the system that it was
// found in, where one is known.
func (a *App) suspected(ctx context.Context, s finding.Suspected) error {
	var place finding.Place
	var hit []string
	err := a.DB.Write(ctx, s.Organisation, func(tx *db.Tx) (err error) {
		if place, err = finding.Get(ctx, tx, s.Organisation, s.Place); err != nil {
			return err
		}
		of, err := finding.Belongs(ctx, tx, &place)
		if err != nil {
			return err
		}
		if !of.IsZero() {
			hit = append(hit, of.String())
		}
		return alarm.Raise(ctx, tx, alarm.Alarm{Organisation: s.Organisation, Kind: alarm.IncidentSuspected, ObjectKind: "finding", ObjectID: s.Place.String()})
	})
	if err != nil {
		return fmt.Errorf("tell of a possible incident: %w", err)
	}
	if place.State != finding.Incident {
		return nil // somebody has decided otherwise since
	}
	l := a.Texts.In("sv")
	_, err = a.Incidents.Report(ctx, access.SystemActor(s.Organisation), incident.New{
		Title: l.T("app.incident-of-finding"), FoundAt: s.Known, AwareAt: s.Known, AwareWhy: l.T("app.incident-aware"), Unit: place.Unit, Systems: hit,
		Origin: incident.Origin{Kind: "finding", Ref: s.Place.String(), Path: place.PagePath()},
	})
	if err != nil && !errors.Is(err, incident.ErrOrigin) {
		return fmt.Errorf("begin the incident of a finding: %w", err)
	}
	return nil
}

// Work does the heavy jobs of a database that other programs serve, until ctx ends.
func (a *App) Work(ctx context.Context) error {
	if err := a.Held(ctx); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	a.Jobs.HeavyOnly = true
	if err := a.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(a.Jobs.Stop(stop))
}
