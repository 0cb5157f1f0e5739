// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/signin"
	"github.com/insegel/insegel/internal/system"
)

// TestMain lets this program be the process that measures, as the real one is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "probe" && os.Args[2] == "order" {
		if err := child.Serve(context.Background(), data.Files, os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// place is a service on a database of its own, with a system, one who asks, and one who approves.
type place struct {
	*Service
	d           *db.DB
	now         time.Time
	asker, boss access.Actor
	sys         system.System
	way         ids.ID[system.LoginPath]
	log         *bytes.Buffer
}

// evening is when tests begin: within a night.
var evening = time.Date(2026, 11, 28, 21, 30, 0, 0, time.UTC)

func newPlace(t *testing.T, d *db.DB) *place {
	t.Helper()
	p := &place{d: d, now: evening, log: &bytes.Buffer{}}
	d.Now = func() time.Time { return p.now }
	p.asker = dbtest.Organisation(t, d, "norrsjo")
	p.asker.Roles, p.asker.Fresh = []access.Role{access.Administrator, access.Coordinator}, true
	p.boss = p.asker
	p.boss.ID, p.boss.Name = "boss", "Chefen"
	cat, err := catalogue.Load(data.Files)
	life, err2 := evidence.LoadLife(data.Files)
	indicator, err3 := verdict.LoadIndicator(data.Files)
	logs, err4 := signin.Load(data.Files)
	log := slog.New(slog.NewTextHandler(p.log, nil))
	jobs, err5 := job.New(d, log)
	if err := errors.Join(err, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	approvals := &approval.Service{DB: d, Log: log, Administrators: func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
		return []string{p.asker.ID, p.boss.ID}, nil
	}}
	p.Service = &Service{
		DB: d, Jobs: jobs, Approvals: approvals, Evidence: &evidence.Service{DB: d, Catalogue: cat, Life: life, Indicator: indicator}, SignIns: logs, Log: log,
	}
	p.Register()
	sys := system.New("Treserva")
	sys.Logins = []system.LoginPath{{Audience: "staff", Address: "https://treserva.example.se/", Zone: "internet"}}
	if p.sys, err = (&system.Service{DB: d}).Create(t.Context(), p.asker, sys); err != nil {
		t.Fatal(err)
	}
	err = d.Read(t.Context(), p.asker.Organisation, func(tx *db.Tx) (err error) {
		p.sys, err = system.Get(t.Context(), tx, p.asker.Organisation, p.sys.ID.String())
		return err
	})
	if err != nil || len(p.sys.Logins) != 1 {
		t.Fatalf("%v, %+v", err, p.sys.Logins)
	}
	p.way = p.sys.Logins[0].ID
	return p
}

// approved asks for a target and lets another person approve it.
func (p *place) approved(t *testing.T, x Target) Target {
	t.Helper()
	x.System, x.Expires = p.sys.ID, civil.Of(p.now).AddMonths(6)
	if x.Zone == "" {
		x.Zone = LAN
	}
	x, err := p.Ask(t.Context(), p.asker, x, "systemets ägare har sagt ja")
	if err != nil {
		t.Fatal(err)
	}
	p.approve(t, x.ID)
	return x
}

func (p *place) approve(t *testing.T, id ids.ID[Target]) {
	t.Helper()
	p.approveOf(t, KindTarget, id.String())
}

// approveOf lets another person approve what waits.
func (p *place) approveOf(t *testing.T, kind, id string) {
	t.Helper()
	var waiting []approval.Told
	err := p.d.Read(t.Context(), p.asker.Organisation, func(tx *db.Tx) (err error) {
		waiting, err = p.Approvals.Waits(t.Context(), tx, locales(t), kind, id)
		return err
	})
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%v, %d wait", err, len(waiting))
	}
	if err := p.Approvals.Approve(t.Context(), p.asker, waiting[0].ID, ""); !errors.Is(err, approval.ErrOwn) {
		t.Errorf("the one who asked approved: %v", err)
	}
	if err := p.Approvals.Approve(t.Context(), p.boss, waiting[0].ID, "ja"); err != nil {
		t.Fatal(err)
	}
}

// here lets the real prober reach a server on this machine, which it never does in the product.
func here(t *testing.T, address string) func(context.Context, *child.Order) (*child.Found, error) {
	t.Helper()
	rules, err := verdict.Load(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, o *child.Order) (*child.Found, error) {
		allow, err := probe.ParseAllow(strings.TrimPrefix(address, "http://"))
		if err != nil {
			return nil, err
		}
		u, err := probe.ParseURL(address + "/")
		if err != nil {
			return nil, err
		}
		rec := probe.Login(ctx, probe.Options{Rules: rules, Loopback: true, Allow: []probe.Allow{allow}, Lang: "sv", Vantage: probe.Vantage{ID: o.Vantage, Zone: o.Zone}}, u)
		rec.URL = o.URL
		return child.Parse(mustJSON(t, rec))
	}
}

func TestATargetIsMeasuredByTwoPeoplesLeave(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<html><body><form method="post"><input name="user"><input type="password" name="pw"><button>Logga in</button></form></body></html>`))
	}))
	defer srv.Close()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		p.Probe = here(t, srv.URL)
		x, err := p.Ask(t.Context(), p.asker, Target{System: p.sys.ID, Path: p.way, URL: "https://treserva.example.se/", Zone: LAN, Expires: civil.Of(p.now).AddDays(30)}, "avtalat")
		if err != nil {
			t.Fatal(err)
		}
		system := access.SystemActor(p.asker.Organisation)
		if err := p.measure(t.Context(), system, x.ID); !errors.Is(err, ErrNotApproved) {
			t.Fatalf("measured before anybody approved: %v", err)
		}
		p.approve(t, x.ID)
		if err := p.Stop(t.Context(), p.asker); err != nil {
			t.Fatal(err)
		}
		if err := p.measure(t.Context(), system, x.ID); !errors.Is(err, ErrStopped) {
			t.Fatalf("measured though all is stopped: %v", err)
		}
		if err := p.Resume(t.Context(), p.asker); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := p.measure(t.Context(), system, x.ID); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.measure(t.Context(), system, x.ID); !errors.Is(err, ErrManners) {
			t.Errorf("a third measurement of the day, beyond 40 connections: %v", err)
		}
		one, err := p.Open(t.Context(), p.asker, x.ID)
		if err != nil || len(one.Results) != 2 || one.Results[0].Verdict != verdict.PasswordOnly || len(one.Results[0].Found.Login.Reasons) == 0 {
			t.Fatalf("%v, %+v", err, one.Results)
		}
		of, err := p.Evidence.List(t.Context(), p.asker, p.sys.Slug)
		if err != nil || len(of.Records) != 2 {
			t.Fatalf("%v, %d records", err, len(of.Records))
		}
		e := of.Records[0]
		if e.Kind != "EV_PWFORM" || e.Outcome != evidence.Against || e.Path != p.way || e.Source != evidence.Measured || e.Hash != one.Results[0].Hash && e.Hash != one.Results[1].Hash {
			t.Errorf("evidence: %+v", e)
		}
		p.now = p.now.AddDate(0, 0, 31)
		if err := p.measure(t.Context(), system, x.ID); !errors.Is(err, ErrNotApproved) {
			t.Errorf("measured after the approval's end: %v", err)
		}
	})
}

// TestEndedInTheMiddle ends the program while it measures, and after what was found was kept but before the job was: nothing is kept twice, and
// nothing is lost.
func TestEndedInTheMiddle(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		x := p.approved(t, Target{URL: "https://treserva.example.se/", Path: p.way})
		actor, asked := access.SystemActor(p.asker.Organisation), db.Millis(p.now)
		ctx, kill := context.WithCancel(t.Context())
		p.Probe = func(context.Context, *child.Order) (*child.Found, error) { kill(); return nil, ctx.Err() }
		if err := p.measure(ctx, actor, x.ID); !errors.Is(err, context.Canceled) {
			t.Fatalf("ended in the middle: %v", err)
		}
		p.Probe = func(_ context.Context, o *child.Order) (*child.Found, error) {
			return child.Parse(record(t, o.URL, p.now))
		}
		kept := func(want int, done bool) {
			t.Helper()
			one, err := p.Open(t.Context(), p.asker, x.ID)
			of, err2 := p.Evidence.List(t.Context(), p.asker, p.sys.Slug)
			got, err3 := p.measuredSince(t.Context(), actor.Organisation, x.ID, asked)
			if err := errors.Join(err, err2, err3); err != nil || len(one.Results) != want || len(of.Records) != want || got != done {
				t.Errorf("%d results, %d records, done %t, want %d and %t: %v", len(one.Results), len(of.Records), got, want, done, err)
			}
		}
		kept(0, false)
		p.now = p.now.Add(busyFor + time.Minute) // a program that was cut off has let no host go
		if err := p.measure(t.Context(), actor, x.ID); err != nil {
			t.Fatal(err)
		}
		kept(1, true)
		asked = db.Millis(p.now.Add(time.Minute))
		kept(1, false) // what is asked for later is measured
	})
}

// A host that has asked for a pause gets it, whoever else was measuring it and lets it go.
func TestAPauseStands(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		const host = "treserva.example.se:443"
		if err := errors.Join(p.claim(t.Context(), host, perRun), p.release(t.Context(), host, true), p.release(t.Context(), host, false)); err != nil {
			t.Fatal(err)
		}
		p.now = p.now.Add(pausedFor - time.Minute)
		if err := p.claim(t.Context(), host, perRun); !errors.Is(err, ErrManners) {
			t.Errorf("measured in its pause: %v", err)
		}
		p.now = p.now.Add(2 * time.Minute)
		if err := p.claim(t.Context(), host, perRun); err != nil {
			t.Errorf("after its pause: %v", err)
		}
	})
}

// What looks whether all measuring has been stopped looks no longer than the measurement takes.
func TestNobodyLooksOnAfterAMeasurement(t *testing.T) {
	p := newPlace(t, dbtest.SQLite(t))
	var within context.Context
	p.Probe = func(ctx context.Context, o *child.Order) (*child.Found, error) {
		within = ctx
		return child.Parse(record(t, o.URL, p.now))
	}
	x := p.approved(t, Target{URL: "https://treserva.example.se/"})
	if err := p.measure(t.Context(), access.SystemActor(p.asker.Organisation), x.ID); err != nil {
		t.Fatal(err)
	}
	if within.Err() == nil {
		t.Error("the measurement is over, and is still looked after")
	}
}

// Whoever runs the program reads in its log of a measured server that would have led the measurement astray, by the target's id.
func TestAttacksAreToldInTheLog(t *testing.T) {
	p := newPlace(t, dbtest.SQLite(t))
	to := ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		_, _ = w.Write([]byte("<form><input name=user><input type=password></form>"))
	}))
	t.Cleanup(s.Close)
	p.Probe = here(t, s.URL)
	x := p.approved(t, Target{URL: "https://treserva.example.se/"})
	measure := func() string {
		t.Helper()
		p.log.Reset()
		p.now = p.now.Add(time.Hour)
		if err := p.measure(t.Context(), access.SystemActor(p.asker.Organisation), x.ID); err != nil {
			t.Fatal(err)
		}
		return p.log.String()
	}
	if log := measure(); strings.Contains(log, "was refused") {
		t.Errorf("a sign-in page is no attack: %q", log)
	}
	to = "http://169.254.169.254/latest/"
	if log := measure(); !strings.Contains(log, "the measured server was refused") || !strings.Contains(log, "address_refused") || !strings.Contains(log, x.ID.String()) {
		t.Errorf("log = %q", log)
	}
}

// Who approves is told everything that is approved: that the internal network may be reached, and what the owner has declared.
func TestWhoApprovesIsToldAll(t *testing.T) {
	p := newPlace(t, dbtest.SQLite(t))
	l := locales(t)
	for _, x := range []Target{{}, {Private: true}, {SecondStep: true}} {
		x.System, x.URL, x.Zone, x.Expires = p.sys.ID, "https://treserva.example.se/", LAN, civil.Of(p.now).AddMonths(6)
		x, err := p.Ask(t.Context(), p.asker, x, "avtalat")
		if err != nil {
			t.Fatal(err)
		}
		err = p.d.Read(t.Context(), p.asker.Organisation, func(tx *db.Tx) error {
			got, err := p.describe(t.Context(), tx, l, mustJSON(t, targetPayload{x.ID}))
			for key, want := range map[string]bool{"measurement.approval-private": x.Private, "measurement.approval-second": x.SecondStep} {
				if strings.Contains(got.To, l.T(key)) != want {
					t.Errorf("%s: %t, in %q", key, want, got.To)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTargetsAreChecked(t *testing.T) {
	p := newPlace(t, dbtest.SQLite(t))
	day := civil.Of(p.now)
	for name, tc := range map[string]struct {
		x    Target
		want error
	}{
		"no address":          {Target{URL: "hej", Zone: LAN, Expires: day.AddDays(30)}, ErrURL},
		"a user name":         {Target{URL: "https://a:b@x.example.se/", Zone: LAN, Expires: day.AddDays(30)}, ErrURL},
		"another scheme":      {Target{URL: "file:///etc/passwd", Zone: LAN, Expires: day.AddDays(30)}, ErrURL},
		"the server itself":   {Target{URL: "http://127.0.0.1:5432/", Zone: LAN, Expires: day.AddDays(30)}, ErrLoopback},
		"its name":            {Target{URL: "http://localhost/", Zone: LAN, Expires: day.AddDays(30)}, ErrLoopback},
		"followed to it":      {Target{URL: "https://x.example.se/", Hosts: []string{"localhost:80"}, Zone: LAN, Expires: day.AddDays(30)}, ErrLoopback},
		"a host that is none": {Target{URL: "https://x.example.se/", Hosts: []string{"a/b"}, Zone: LAN, Expires: day.AddDays(30)}, ErrHosts},
		"no zone":             {Target{URL: "https://x.example.se/", Expires: day.AddDays(30)}, ErrZone},
		"for ever":            {Target{URL: "https://x.example.se/", Zone: LAN, Expires: day.AddMonths(13)}, ErrExpires},
		"no day":              {Target{URL: "https://x.example.se/", Zone: LAN, Expires: day}, ErrExpires},
		"a strange way in":    {Target{URL: "https://x.example.se/", Path: "x", Zone: LAN, Expires: day.AddDays(30)}, ErrPath},
		"a strange agent":     {Target{URL: "https://x.example.se/", Agent: "x", Zone: LAN, Expires: day.AddDays(30)}, ErrAgent},
	} {
		tc.x.System = p.sys.ID
		if _, err := p.Ask(t.Context(), p.asker, tc.x, "skäl"); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	ok := Target{System: p.sys.ID, URL: "https://x.example.se/", Zone: LAN, Expires: day.AddDays(30)}
	if _, err := p.Ask(t.Context(), p.asker, ok, ""); !errors.Is(err, approval.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	list, err := p.List(t.Context(), p.asker)
	if err != nil || len(list.Targets) != 0 {
		t.Errorf("something was kept: %v, %+v", err, list.Targets)
	}
}

// TestTheChildReachesNothingOfOurs starts the process that measures, and holds that it has no surroundings and reaches no loopback.
func TestTheChildReachesNothingOfOurs(t *testing.T) {
	asked := false
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer srv.Close()
	t.Setenv("INSEGEL_SECRET", "hemligt")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	found, err := child.Run(t.Context(), []string{program, "probe", "order"}, &child.Order{
		URL: srv.URL + "/", Allow: []string{strings.TrimPrefix(srv.URL, "http://")}, Approval: "a1", Vantage: "server", Zone: LAN, Lang: "sv",
	})
	if err != nil {
		t.Fatal(err)
	}
	rec := found.Login
	if asked || rec.Verdict != "unknown" || !slices.Contains(rec.Limits, "address_refused") || rec.ApprovalID == nil || *rec.ApprovalID != "a1" || rec.Vantage.Zone != LAN {
		t.Errorf("asked %t, %s", asked, found.Raw)
	}
	if _, err := child.Run(t.Context(), []string{"/bin/sh", "-c", "env; read -r order"}, &child.Order{}); !errors.Is(err, child.ErrChild) {
		t.Errorf("what is no record was taken: %v", err)
	}
	_, err = child.Run(t.Context(), []string{"/bin/sh", "-c", `read -r order; [ -z "$INSEGEL_SECRET" ] && [ "$PWD" = / ] || exit 7; exit 3`}, &child.Order{})
	if err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("the process has surroundings: %v", err)
	}
}

// TestTheNight plans a night, and begins each host at its time and once.
func TestTheNight(t *testing.T) {
	p := newPlace(t, dbtest.SQLite(t))
	p.now = evening.Add(-2 * time.Hour) // before ten
	for _, u := range []string{"https://a.example.se/", "https://a.example.se/annan", "https://b.example.se/", "https://c.example.se/"} {
		p.approved(t, Target{URL: u})
	}
	system := access.SystemActor(p.asker.Organisation)
	if err := p.Tick(t.Context(), system); err != nil {
		t.Fatal(err)
	}
	if n := queued(t, p); n != 0 {
		t.Fatalf("%d were begun before the night", n)
	}
	plan, err := p.Plan(t.Context(), p.asker)
	if err != nil || len(plan) != 3 {
		t.Fatalf("%v, %d planned, want one for each host", err, len(plan))
	}
	for p.now = evening.Add(-30 * time.Minute); p.now.Before(evening.Add(8 * time.Hour)); p.now = p.now.Add(5 * time.Minute) {
		if err := p.Tick(t.Context(), system); err != nil {
			t.Fatal(err)
		}
		due := 0
		for _, x := range plan {
			if !x.At.After(p.now) {
				due++
			}
		}
		if n := queued(t, p); n != due {
			t.Errorf("%s: %d begun, want %d", p.now, n, due)
		}
	}
	if n := queued(t, p); n != 3 {
		t.Errorf("%d were begun in all, want 3", n)
	}
}

func queued(t *testing.T, p *place) (n int) {
	t.Helper()
	err := p.d.Read(t.Context(), p.asker.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM river_job WHERE kind = 'measurement.target'`), &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNobodyIsOnTheDisk takes in logs with people in them, and looks for the people in every file of the database and in the log.
func TestNobodyIsOnTheDisk(t *testing.T) {
	d := dbtest.SQLite(t)
	p := newPlace(t, d)
	var path string
	err := d.Read(t.Context(), p.asker.Organisation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT file FROM pragma_database_list WHERE name = 'main'`), &path)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.now = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
	if err := p.SaveMapping(t.Context(), p.asker, "Mäklaren", string(logFile(t, "broker.yaml"))); err != nil {
		t.Fatal(err)
	}
	files := map[string]LogFile{"broker.csv": {Mapping: "Mäklaren"}, "policies.json": {Format: "conditional-access"}, "metadata.xml": {Format: "saml-metadata"}}
	for _, f := range []string{"entra.jsonl", "keycloak.json", "keycloak.log", "adfs.xml", "shibboleth3.log", "shibboleth4.log", "simplesamlphp.log"} {
		files[f] = LogFile{}
	}
	for name, f := range files {
		if _, err := p.TakeLog(t.Context(), p.asker, bytes.NewReader(logFile(t, name)), f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, app := range []string{"Treserva", "lifecare", "https://combine.example.se/saml"} {
		if err := p.Match(t.Context(), p.asker, KindLog, app, p.sys.ID.String(), p.way); err != nil {
			t.Fatalf("%s: %v", app, err)
		}
	}
	if err := p.TakeLogAgain(t); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		nobodyIn(t, name, b)
		if name == path && !bytes.Contains(append(b, read(path+"-wal")...), []byte("Treserva")) {
			t.Error("the test looks at a database that nothing was written to")
		}
	}
	nobodyIn(t, "the log", p.log.Bytes())
	// what lies encrypted in the file is looked at opened
	all, err := p.SignInLogs(t.Context(), p.asker)
	of, err2 := p.Evidence.List(t.Context(), p.asker, p.sys.Slug)
	nobodyIn(t, "what logs tell", mustJSON(t, all))
	nobodyIn(t, "the evidence", mustJSON(t, of))
	if err = errors.Join(err, err2); err != nil || len(of.Records) < 4 {
		t.Errorf("%v, %d records", err, len(of.Records))
	}
	if err != nil || len(all.Imports) != 11 || len(all.Applications) < 10 {
		t.Errorf("%v, %d imports, %d applications", err, len(all.Imports), len(all.Applications))
	}
}

// TakeLogAgain takes in a log once more, now that it is known which system its application is.
func (p *place) TakeLogAgain(t *testing.T) error {
	t.Helper()
	_, err := p.TakeLog(t.Context(), p.asker, bytes.NewReader(logFile(t, "entra.jsonl")), LogFile{})
	return err
}

func read(path string) []byte {
	b, _ := os.ReadFile(path) // one that is not there holds nothing
	return b
}

func nobodyIn(t *testing.T, where string, b []byte) {
	t.Helper()
	for _, who := range []string{"Vega", "vega", "Exempel", "exempel@", "192.0.2.17", "2001:db8", "NORRSJO", "11111111-2222", "+46 70", "DATOR-", "AAdzZWNyZXQx"} {
		if i := bytes.Index(b, []byte(who)); i >= 0 {
			t.Errorf("%s holds %q: %q", where, who, b[max(0, i-60):min(len(b), i+60)])
		}
	}
}

func logFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "signin", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLogsBecomeEvidence holds what a log, policies and metadata say of a system.
func TestLogsBecomeEvidence(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		p.now = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
		take := func(name string, f LogFile) {
			t.Helper()
			if _, err := p.TakeLog(t.Context(), p.asker, bytes.NewReader(logFile(t, name)), f); err != nil {
				t.Fatal(err)
			}
		}
		take("entra.jsonl", LogFile{})
		take("policies.json", LogFile{Format: "conditional-access"})
		take("metadata.xml", LogFile{Format: "saml-metadata"})
		for _, m := range [][2]string{{KindLog, "Treserva"}, {KindPolicy, "app-treserva"}, {KindPolicy, "app-old"}, {KindMetadata, "https://etjanst.example.se/sp"}} {
			if err := p.Match(t.Context(), p.asker, m[0], m[1], p.sys.Slug, p.way); err != nil {
				t.Fatal(err)
			}
		}
		of, err := p.Evidence.List(t.Context(), p.asker, p.sys.Slug)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, r := range of.Records {
			got[r.Kind+" "+string(r.Outcome)+" "+strings.Join(r.Detail.Why(locales(t)), " ")] = true
		}
		for _, want := range []string{
			"EV_SIGNIN_LOG against 33,3\u00a0% av 3 inloggningar var med minst två faktorer; 1 var med lösenord, alla genom IMAP4. För en säger loggen inte hur många faktorer det var. Räknat på loggens senaste 30 dagar.",
			"EV_IDP_POLICY for Reglerna kräver minst två faktorer av alla, utan undantag.",
			"EV_IDP_POLICY unclear Vad reglerna kräver av alla är okänt. Någon är undantagen. Ett undantag.",
			"EV_SP_META unclear Tjänsten anger själv tillitsnivå 3. Det visar inte att den kräver den.",
		} {
			if !got[want] {
				t.Errorf("missing: %s\nhave %v", want, got)
			}
		}
		for _, r := range of.Records {
			if r.Kind == "EV_SIGNIN_LOG" && (!r.SeenOn.Before(civil.Of(p.now)) || r.SeenOn != p.lastDay(t)) {
				t.Errorf("what a log shows was seen on %s, and its last day is %s", r.SeenOn, p.lastDay(t))
			}
		}
		// One record of a day to come would make all others too old to be weighed.
		ahead := bytes.ReplaceAll(logFile(t, "entra.jsonl"), []byte("2026-11-"), []byte("2027-11-"))
		if _, err := p.TakeLog(t.Context(), p.asker, bytes.NewReader(ahead), LogFile{}); !errors.Is(err, ErrAhead) {
			t.Errorf("a log of days that have not come: %v", err)
		}
		p.now = p.now.AddDate(1, 0, 0)
		if _, err := p.TakeLog(t.Context(), p.asker, bytes.NewReader(logFile(t, "entra.jsonl")), LogFile{}); !errors.Is(err, ErrOld) {
			t.Errorf("a log of last year was taken for how it is now: %v", err)
		}
	})
}

// lastDay is the last day of the log that has been taken in.
func (p *place) lastDay(t *testing.T) civil.Date {
	t.Helper()
	all, err := p.SignInLogs(t.Context(), p.asker)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all.Imports, func(x Import) bool { return x.Kind == KindLog })
	day, err := civil.Parse(all.Imports[i].To)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func refusals(t *testing.T, p *place, id ids.ID[Agent]) (out []string) {
	t.Helper()
	err := p.d.Read(t.Context(), p.asker.Organisation, func(tx *db.Tx) error {
		l, err := audit.History(t.Context(), tx, p.asker.Organisation, "agent", id.String(), 100)
		for _, e := range l {
			if e.Action == "measurement.Refused" {
				out = append(out, e.Action)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
