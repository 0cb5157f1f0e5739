// SPDX-License-Identifier: EUPL-1.2

// Package app puts the program together (Swedish: programmet): it opens the database, builds the slices, mounts their pages and
// registers their jobs.
package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/saml"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/schema"
	"github.com/insegel/insegel/internal/seal"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webhook"
	"github.com/insegel/insegel/internal/whatif"
	"github.com/insegel/insegel/internal/workshop"
)

// Catalogue loads the catalogue that ships with the program, once.
var Catalogue = sync.OnceValues(func() (*catalogue.Catalogue, error) {
	c, err := catalogue.Load(data.Files)
	if err != nil {
		return nil, fmt.Errorf("load catalogue: %w", err)
	}
	return c, nil
})

// Detectors loads the rules of the search for personal data that ship with the program, once.
var Detectors = sync.OnceValues(func() (*detect.Rules, error) {
	files, err := fs.Sub(data.Files, "detectors")
	if err != nil {
		return nil, fmt.Errorf("load detectors: %w", err)
	}
	return detect.Load(files)
})

// Options say how the program is to run.
type Options struct {
	// Database is "sqlite:PATH" or "postgres://...".
	Database string
	// MigrateDatabase is the address of the owner of the tables, where the application's own role may not change them.
	MigrateDatabase string
	// KeyFile holds the root key. Empty is a file beside the SQLite database.
	KeyFile string
	// KeysFile holds the organisations' keys, wrapped by the root key. Empty is a file beside the SQLite database.
	KeysFile string
	// Outbound says which other machines may be reached besides public ones. The database's own address is never one of them.
	Outbound outbound.Policy
	// Searching is what may be searched for personal data.
	Searching Searching
	// Checkpoints say where the log's signed checkpoints go.
	Checkpoints LogOptions
	// Invented says that everything in the installation is invented, as in the demonstration.
	Invented bool
	// Version is this program's version, which a backup tells.
	Version string
	// Drilling says what a restore drill takes; without it none is held.
	Drilling backup.Drilling
	// Printer makes PDF documents; nil where nothing can.
	Printer report.Printer
	// Browser is the Chromium that pages built by scripts may be shown to when they are measured; empty where there is none.
	Browser string
	// Log is where the program writes what it does.
	Log *slog.Logger
	// Warn tells the one who started the program something that must not be missed.
	Warn func(sentence string)
}

// App is the program: the database and everything that works on it.
type App struct {
	DB        *db.DB
	Catalogue *catalogue.Catalogue
	Engine    *requirement.Engine
	Index     *information.Index
	Texts     *locale.Bundle
	Key       key.Root
	// keyFile and keysFile are where the root key and the organisations' keys were found; empty is nowhere.
	keyFile, keysFile string
	Ring              *seal.Ring
	Jobs              *job.Queue
	Log               *slog.Logger
	Outbound          outbound.Policy
	site              atomic.Pointer[url.URL]          // the address that readers use, once the pages are served
	certificate       atomic.Pointer[shownCertificate] // what readers are shown, where it comes from files
	// LogKey signs the log's checkpoints, and Watch logs what the pages see.
	LogKey audit.Key
	Watch  *audit.Watch
	log    LogOptions
	// entriesInDrop says that the directory of checkpoints was chosen, so that it takes the entries too.
	entriesInDrop bool

	Alarms          *alarm.Service
	Mail            *mail.Service
	Backups         *backup.Service
	Links           *link.Links
	Approvals       *approval.Service
	Providers       *provider.Service
	OIDC            *oidc.Service
	SAML            *saml.Service
	Organisations   *organisation.Service
	Tokens          *token.Service
	Webhooks        *webhook.Service
	Systems         *system.Service
	Suppliers       *supplier.Service
	Processings     *processing.Service
	Classifications *classification.Service
	Evidence        *evidence.Service
	Measurements    *measurement.Service
	ProbeRules      *verdict.Rules
	Findings        *finding.Service
	Requirements    *requirement.Service
	Actions         *action.Service
	Procurements    *procurement.Service
	Incidents       *incident.Service
	Risks           *risk.Service
	Workshops       *workshop.Service
	Register        *register.Service
	Reports         *report.Service
	Campaigns       *campaign.Service
	Followup        *followup.Service
	National        *national.Service
	WhatIf          *whatif.Service
}

// ErrOldSchema says that the database lacks migrations that the application's role may not make.
var ErrOldSchema = errors.New("the database's schema is older than this program")

// gcAtStart is how much the heap may grow, in percent, before it is collected while the program starts.
const gcAtStart = 300

// collectLess lets the heap grow while the program starts: what is read then is kept, and collecting in the middle of it only takes time. done ends it.
func collectLess() (done func()) {
	before := debug.SetGCPercent(gcAtStart)
	return func() { debug.SetGCPercent(before) }
}

// Open opens the database, migrates it where it may, and builds the slices. Close ends it.
func Open(ctx context.Context, o Options) (*App, error) {
	defer collectLess()()
	// The catalogue and the texts take longer to read than the database to open: read them beside.
	loaded := make(chan error, 2)
	go func() {
		_, err := Catalogue()
		loaded <- err
	}()
	go func() {
		_, err := Texts()
		loaded <- err
	}()
	d, err := openMigrated(ctx, o)
	if e := errors.Join(<-loaded, <-loaded); e != nil || err != nil {
		if d != nil {
			e = errors.Join(e, d.Close())
		}
		return nil, errors.Join(err, e)
	}
	o.Outbound.Never = append(o.Outbound.Never, databaseAddresses(ctx, o.Database)...)
	o.Outbound.Refused = func(target string, why error) {
		o.Log.Warn("outgoing call refused", slog.String("target", target), slog.String("error", why.Error()))
	}
	a := &App{DB: d, Log: o.Log, Outbound: o.Outbound}
	if err := a.build(ctx, o); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return a, nil
}

func openMigrated(ctx context.Context, o Options) (*db.DB, error) {
	if o.MigrateDatabase != "" {
		if err := migrateAsOwner(ctx, o); err != nil {
			return nil, err
		}
	}
	d, err := db.Open(ctx, o.Database)
	if err != nil {
		return nil, err
	}
	if current(ctx, d) {
		return d, nil
	}
	if err := migrate(ctx, d, o.Warn); err != nil {
		if d.Engine == db.Postgres {
			err = fmt.Errorf("%w: run insegel migrate, or give --migrate-db: %w", ErrOldSchema, err)
		}
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// current reports whether nothing is to be migrated. A fault counts as no: migrating tells it better.
func current(ctx context.Context, d *db.DB) bool {
	tables, err1 := schema.Current(ctx, d)
	jobs, err2 := job.Current(ctx, d)
	return err1 == nil && err2 == nil && tables && jobs
}

// migrateAsOwner migrates as the role that owns the tables and lets the application's role use them, and nothing more.
func migrateAsOwner(ctx context.Context, o Options) error {
	owner, err := db.Open(ctx, o.MigrateDatabase)
	if err != nil {
		return fmt.Errorf("open database as its owner: %w", err)
	}
	err = migrate(ctx, owner, o.Warn)
	if role := roleOf(o.Database); err == nil && owner.Engine == db.Postgres && role != "" && role != roleOf(o.MigrateDatabase) {
		err = schema.Grant(ctx, owner, role)
	}
	return errors.Join(err, owner.Close())
}

// roleOf gives the user that an address names; empty when it names none.
func roleOf(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return ""
	}
	return u.User.Username()
}

func (a *App) build(ctx context.Context, o Options) error {
	var err error
	if a.Catalogue, err = Catalogue(); err != nil {
		return err
	}
	if a.Texts, err = Texts(); err != nil {
		return err
	}
	if err = backup.CheckWhole(ctx, a.DB); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if err = auth.GoOn(ctx, a.DB); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if err = a.openKeys(ctx, o); err != nil {
		return err
	}
	if err = a.openLog(ctx, o); err != nil {
		return err
	}
	if a.Jobs, err = job.New(a.DB, a.Log); err != nil {
		return err
	}
	a.Backups = &backup.Service{Invented: o.Invented, Source: backup.Source{DB: a.DB, Root: a.Key, Ring: a.Ring, Version: o.Version}, Drilling: o.Drilling, Log: a.Log}
	backup.Register(a.Jobs, a.Backups)
	a.Engine = requirement.NewEngine(a.Catalogue)
	a.Index = information.NewIndex(a.Catalogue)
	a.Alarms = &alarm.Service{DB: a.DB}
	a.Approvals = &approval.Service{DB: a.DB, Log: a.Log, Administrators: organisation.Administrators}
	a.Mail = &mail.Service{DB: a.DB, Jobs: a.Jobs, Texts: a.Texts, Key: a.Key, Outbound: a.Outbound, Base: a.base}
	mail.Register(a.Jobs, a.Mail)
	a.Links = &link.Links{DB: a.DB, Mail: a.Mail, Key: a.Key}
	a.tellOfAlarms()
	a.Organisations = &organisation.Service{DB: a.DB, Approvals: a.Approvals, Object: object, EndSessions: endSessions, Tell: a.tellOfAccount}
	a.Organisations.Register()
	a.openToPrograms()
	approval.Register(a.Jobs, a.Approvals, organisation.List)
	a.registerKeys()
	known, err := provider.LoadContexts(data.Files)
	if err != nil {
		return err
	}
	a.Providers = &provider.Service{
		DB: a.DB, Vault: provider.Vault{Root: a.Key}, Known: known, Two: approval.SignIn{Service: a.Approvals, Names: organisation.NamesOf},
		Forms: forms(),
	}
	a.OIDC = oidc.NewService(a.DB, a.Providers, a.Outbound)
	a.SAML = saml.NewService(a.DB, a.Providers, a.Outbound, a.Log)
	a.SAML.Jobs(a.Jobs)
	a.Approvals.HandleSignIn(slices.Concat(a.Providers.Decisions(), a.OIDC.Decisions(), a.SAML.Decisions()))
	a.Systems = &system.Service{DB: a.DB, Jobs: a.Jobs}
	a.Suppliers = &supplier.Service{DB: a.DB, Moves: []supplier.Move{system.MoveSupplier, incident.MoveSupplier}, Objects: delivers}
	a.Processings = &processing.Service{DB: a.DB, Catalogue: a.Catalogue}
	a.Classifications = &classification.Service{DB: a.DB, Catalogue: a.Catalogue, Jobs: a.Jobs, Links: a.Links}
	if err = a.buildEvidence(); err != nil {
		return err
	}
	if err = a.sees(o.Version, o.Browser); err != nil {
		return err
	}
	if err = a.openFindings(o.Searching); err != nil {
		return err
	}
	a.Actions = &action.Service{DB: a.DB, Requirements: a.Requirements}
	a.buildProcurements()
	if err := a.buildRisks(); err != nil {
		return err
	}
	a.Register = &register.Service{DB: a.DB, Catalogue: a.Catalogue, Index: a.Index, Jobs: a.Jobs, Later: later}
	a.Reports = &report.Service{DB: a.DB, Requirements: a.Requirements, Actions: a.Actions, Procurements: a.Procurements, Record: a.Processings, Texts: a.Texts, Risks: a.Risks, Printer: o.Printer}
	action.Register(a.Jobs, a.Actions)
	indicators := followup.NewEngine(a.Catalogue)
	a.Followup = &followup.Service{DB: a.DB, Engine: indicators, Requirements: a.Requirements, SignIn: a.Evidence.Indicator, Questions: a.Campaigns.Set}
	followup.Register(a.Jobs, a.Followup)
	a.Reports.Followup = a.Followup
	a.buildNational(indicators)
	return nil
}

// buildNational builds what sees further than the organisation: other municipalities, and what is not yet adopted.
func (a *App) buildNational(indicators *followup.Engine) {
	a.National = &national.Service{DB: a.DB, Engine: indicators, Followup: a.Followup, Approvals: a.Approvals, Jobs: a.Jobs, Outbound: a.Outbound}
	a.National.Register()
	a.WhatIf = &whatif.Service{DB: a.DB, Requirements: a.Requirements, Data: data.Files}
	national.Register(a.Jobs, a.National)
}

// buildEvidence builds the slices of evidence and of what follows from it, with the data that they go by.
func (a *App) buildEvidence() error {
	life, err := evidence.LoadLife(data.Files)
	if err != nil {
		return err
	}
	indicator, err := verdict.LoadIndicator(data.Files)
	if err != nil {
		return err
	}
	a.Evidence = &evidence.Service{DB: a.DB, Catalogue: a.Catalogue, Life: life, Indicator: indicator}
	evidence.Register(a.Jobs, a.Evidence, organisation.List)
	proof, err := requirement.LoadProof(data.Files, a.Catalogue, indicator, life)
	a.Requirements = &requirement.Service{DB: a.DB, Engine: a.Engine, Proof: proof}
	return err
}

// buildProcurements builds what asks suppliers and bidders, and follows what they answer.
func (a *App) buildProcurements() {
	a.Procurements = &procurement.Service{
		DB: a.DB, Requirements: a.Requirements, Evidence: a.Evidence, Actions: a.Actions, Links: a.Links, Jobs: a.Jobs, Texts: a.Texts.In("sv"),
	}
	procurement.Register(a.Jobs, a.Procurements, organisation.List)
}

// buildRisks reads how risks are measured, when an impact assessment is required, what the law asks of incidents, and what people are asked.
func (a *App) buildRisks() error {
	incidents, err := incident.Load(data.Files, a.Catalogue)
	if err != nil {
		return err
	}
	a.Incidents = &incident.Service{DB: a.DB, Requirements: a.Requirements, Rules: incidents}
	scale, err := risk.LoadScale(data.Files)
	if err != nil {
		return err
	}
	rules, err := risk.LoadDPIA(data.Files, a.Catalogue)
	if err != nil {
		return err
	}
	a.Risks = &risk.Service{DB: a.DB, Requirements: a.Requirements, Scale: scale, Rules: rules, Jobs: a.Jobs}
	a.Workshops = &workshop.Service{DB: a.DB, Risks: a.Risks, Door: &workshop.Door{DB: a.DB, Key: a.Key}}
	questions, err := campaign.Load(data.Files, a.Catalogue)
	if err != nil {
		return err
	}
	a.Campaigns = &campaign.Service{DB: a.DB, Set: questions, Requirements: a.Requirements, Evidence: a.Evidence, Links: a.Links, Mail: a.Mail}
	campaign.Register(a.Jobs, a.Campaigns)
	return nil
}

// delivers gives what a supplier's papers can cover: the systems that it delivers, and the processings done in them.
func delivers(ctx context.Context, tx *db.Tx, id ids.ID[supplier.Supplier]) ([]supplier.Object, error) {
	var out []supplier.Object
	entries, err := processing.All(ctx, tx, tx.Scope, access.Everywhere())
	if err != nil {
		return nil, err
	}
	systems, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: access.Everywhere()})
	if err != nil {
		return nil, err
	}
	for i := range systems {
		if systems[i].SupplierID == id {
			out = append(out, supplier.Object{Covered: supplier.Covered{Kind: supplier.CoversSystem, ID: systems[i].ID.String()}, Name: systems[i].Name})
		}
	}
	for i := range entries {
		if slices.ContainsFunc(entries[i].Systems, func(l processing.Linked) bool { return l.SupplierID == id.String() }) {
			out = append(out, supplier.Object{Covered: supplier.Covered{Kind: supplier.CoversProcessing, ID: entries[i].ID.String()}, Name: entries[i].Name})
		}
	}
	return out, nil
}

// later are the slices that keep something about systems and come after the register: undoing an import asks them.
var later = []register.Later{
	{Holds: system.Holds, Remove: system.Release},
	{Holds: evidence.Holds, Remove: evidence.Remove},
	{Holds: measurement.Holds, Remove: measurement.Remove},
	{Holds: finding.Holds, Remove: finding.Remove},
	{Holds: requirement.Holds, Remove: requirement.Remove},
	{Holds: action.Holds, Remove: action.Remove},
	{Holds: procurement.Holds, Remove: procurement.Remove},
	{Holds: processing.Holds, Remove: processing.Remove},
	{Holds: incident.Holds, Remove: incident.Remove},
	{Holds: workshop.Holds, Remove: workshop.Remove},
	{Holds: risk.Holds, Remove: risk.Remove},
	{Holds: campaign.Holds, Remove: campaign.Remove},
}

// endSessions ends every session of an account; the use case that calls for it logs why.
func endSessions(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) error {
	_, err := auth.EndAccount(ctx, tx, org, account)
	return err
}

// object tells the name of what somebody can be responsible for, and where it is shown.
func object(ctx context.Context, tx *db.Tx, org access.OrganisationID, kind, id string) (name, href string, err error) {
	if kind == organisation.ObjectInformation {
		all, err := information.All(ctx, tx, org)
		if i := slices.IndexFunc(all, func(x information.Information) bool { return x.ID.String() == id }); err == nil && i >= 0 {
			return all[i].Name, "/information", nil
		}
		return "", "", errors.Join(err, db.ErrNotFound)
	}
	if kind == organisation.ObjectAction {
		a, err := action.Get(ctx, tx, org, ids.ID[action.Action](id))
		if err != nil {
			return "", "", err
		}
		sys, err := system.Get(ctx, tx, org, a.System.String())
		return sys.Name + ", " + a.Requirement, "/system/" + sys.Slug + "/atgarder?visa=tagna#r-" + a.Requirement, err
	}
	sys, err := system.Get(ctx, tx, org, id)
	return sys.Name, "/system/" + sys.Slug, err
}

// base is the address that readers use, for links in mail; empty until the pages are served.
func (a *App) base() string {
	if u := a.site.Load(); u != nil {
		return u.Scheme + "://" + u.Host
	}
	return ""
}

// openToPrograms makes what other programs meet: their keys, and what they are told of.
func (a *App) openToPrograms() {
	a.Tokens = &token.Service{DB: a.DB}
	a.Webhooks = &webhook.Service{DB: a.DB, Jobs: a.Jobs, Outbound: a.Outbound, Base: a.apiBase}
	webhook.Register(a.Jobs, a.Webhooks, organisation.List)
}

// apiBase is the API's address, for programs that are told of changes; empty until the pages are served.
func (a *App) apiBase() string {
	if base := a.base(); base != "" {
		return base + web.APIPath
	}
	return ""
}

// Close closes the database.
func (a *App) Close() error { return a.DB.Close() }

// DefaultDirectory is where a person's own data lie when nothing else is said.
func DefaultDirectory() string {
	if dir := os.Getenv("XDG_DATA_HOME"); strings.HasPrefix(dir, "/") {
		return dir + "/insegel"
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "insegel-data"
	}
	return home + "/.local/share/insegel"
}
