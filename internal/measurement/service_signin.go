// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/signin"
	"github.com/insegel/insegel/internal/system"
)

// The kinds of files that say how strong sign-ins are.
const (
	KindLog      = "log"
	KindPolicy   = "policy"
	KindMetadata = "metadata"
)

const (
	// window is how many days of a log are weighed, to its newest day.
	window = 30
	// maxLogAge is how old the newest day of a log may be, in days, for it to say how it is now.
	maxLogAge = 90
)

// ErrOld says that a log is too old to tell how sign-in is now.
var ErrOld = errors.New("the log ends more than 90 days ago, so it does not tell how sign-in is now")

// Import is a file that has been taken in.
type Import struct {
	ID                       ids.ID[Import]
	Kind, Format             string
	By                       string
	At                       time.Time
	From, To                 string
	Records, SignIns, Unread int64
	Hash                     string
}

// Application is what was last seen of an application, and which system it is.
type Application struct {
	Kind, Name string
	Import     ids.ID[Import]
	At         time.Time
	// System is empty until somebody has said which it is.
	System ids.ID[system.System]
	Path   ids.ID[system.LoginPath]
	// Log, Policy and Entity are what was told; one of them is there.
	Log    *signin.Application
	Policy *signin.PolicyApplication
	Entity *signin.Entity
}

// SignIns is what the page of sign-in logs shows.
type SignIns struct {
	Imports      []Import
	Applications []Application
	Systems      []system.System
	Mappings     []string
	// Texts are the mappings as they were written, by name.
	Texts map[string]string
}

// LogFile says how a file is to be read.
type LogFile struct {
	// Format is a form's name, conditional-access or saml-metadata; empty lets the file tell.
	Format string
	// Mapping is the name of a saved mapping; it goes before Format.
	Mapping string
	// Size is about how many bytes it is, to tell how far its reading has come; 0 when that is not known.
	Size int64
}

// SignInLogs reads what logs have told. It concerns the whole organisation, since an application may be any unit's.
func (s *Service) SignInLogs(ctx context.Context, actor access.Actor) (SignIns, error) {
	if err := access.Check(actor, "measurement.SignInLogs"); err != nil {
		return SignIns{}, err
	}
	var out SignIns
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.Imports, err = imports(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if out.Applications, err = applications(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		if out.Mappings, out.Texts, err = mappings(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		out.Systems, err = system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.ReachOf(actor, "measurement.SignInLogs")})
		return err
	})
	if err != nil {
		return SignIns{}, fmt.Errorf("read what logs tell: %w", err)
	}
	return out, nil
}

// TakeLog reads a file of sign-ins, policies or metadata as a stream, and keeps counts and what follows of them. Nobody in it is kept.
// What is known of which application is which system becomes evidence at once.
func (s *Service) TakeLog(ctx context.Context, actor access.Actor, in io.Reader, f LogFile) (Import, error) {
	if err := access.Check(actor, "measurement.TakeLog"); err != nil {
		return Import{}, err
	}
	x := &taking{Import: Import{ID: ids.New[Import](), By: actor.ID}, sum: sha256.New()}
	r, end := s.readings.begin(actor, x.ID, f.Size)
	defer end()
	in = io.TeeReader(in, io.MultiWriter(x.sum, r))
	if err := s.readLog(ctx, actor, in, f, x); err != nil {
		return Import{}, fmt.Errorf("take in log: %w", err)
	}
	x.Hash = hex.EncodeToString(x.sum.Sum(nil))
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		x.At = tx.Now
		if x.Kind == KindLog && x.newest.Before(tx.Now.AddDate(0, 0, -maxLogAge)) {
			return ErrOld
		}
		if x.Kind == KindLog && x.newest.After(tx.Now.AddDate(0, 0, 1)) { // its days may be another zone's
			return ErrAhead
		}
		if err := insertImport(ctx, tx, actor.Organisation, &x.Import, x.rows); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, actor, x); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "measurement.TakeLog", ObjectKind: "sign-in-log", ObjectID: x.ID.String(),
			Data: map[string]any{"kind": x.Kind, "format": x.Format, "sign_ins": x.SignIns, "records": x.Records, "unread": x.Unread, "hash": x.Hash},
		})
	})
	if err != nil {
		return Import{}, fmt.Errorf("take in log: %w", err)
	}
	return x.Import, nil
}

// taking is a file while it is taken in.
type taking struct {
	Import
	sum    hash.Hash
	newest time.Time
	rows   []signin.Row
	told   []Application
}

func (s *Service) readLog(ctx context.Context, actor access.Actor, in io.Reader, f LogFile, x *taking) error {
	switch f.Format {
	case "conditional-access":
		p, err := s.SignIns.ReadPolicies(in)
		if err != nil {
			return err
		}
		x.Kind, x.Format, x.Records = KindPolicy, f.Format, int64(p.Read)
		for i := range p.Applications {
			x.told = append(x.told, Application{Kind: KindPolicy, Name: p.Applications[i].Application, Policy: &p.Applications[i]})
		}
		return nil
	case "saml-metadata":
		all, err := s.SignIns.ReadMetadata(in)
		if err != nil {
			return err
		}
		x.Kind, x.Format, x.Records = KindMetadata, f.Format, int64(len(all))
		for i := range all {
			if all[i].Service && len(x.told) < maxTold {
				x.told = append(x.told, Application{Kind: KindMetadata, Name: all[i].ID, Entity: &all[i]})
			}
		}
		return nil
	}
	o := signin.Options{Rules: s.SignIns, Format: f.Format, Now: s.DB.Now()}
	if f.Mapping != "" {
		if err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
			o.Mapping, err = getMapping(ctx, tx, actor.Organisation, f.Mapping)
			return err
		}); err != nil {
			return err
		}
	}
	l, err := signin.Read(ctx, in, o)
	if err != nil {
		return err
	}
	if l.SignIns == 0 {
		return ErrNothing
	}
	sum := s.SignIns.Summarise(l, window)
	x.Kind, x.Format, x.From, x.To = KindLog, l.Format, sum.From.String(), sum.To.String()
	x.Records, x.SignIns, x.Unread, x.rows, x.newest = l.Records, sum.Total.SignIns, l.Unread, sum.Rows, sum.To.Time()
	for i := range sum.Applications {
		x.told = append(x.told, Application{Kind: KindLog, Name: sum.Applications[i].Application, Log: &sum.Applications[i]})
	}
	return nil
}

// maxTold is the most services of a federation that are kept.
const maxTold = 5000

// tell keeps what a file says of each application, and makes evidence of it where it is known which system it is.
func (s *Service) tell(ctx context.Context, tx *db.Tx, actor access.Actor, x *taking) error {
	known, err := applications(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	for i := range x.told {
		a := &x.told[i]
		if j := slices.IndexFunc(known, func(k Application) bool { return k.Kind == a.Kind && k.Name == a.Name }); j >= 0 {
			a.System, a.Path = known[j].System, known[j].Path
		}
		a.Import = x.ID
		if err := saveApplication(ctx, tx, actor.Organisation, a); err != nil {
			return err
		}
		if err := s.prove(ctx, tx, actor, a, &x.Import); err != nil {
			return err
		}
	}
	return nil
}

// Match says which system an application is, and by which way in. What the latest file says of it becomes evidence.
func (s *Service) Match(ctx context.Context, actor access.Actor, kind, name string, ref string, path ids.ID[system.LoginPath]) error {
	if err := access.Check(actor, "measurement.Match"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := applications(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(a Application) bool { return a.Kind == kind && a.Name == name })
		if i < 0 {
			return db.ErrNotFound
		}
		a := &all[i]
		sys, err := system.Within(ctx, tx, actor, "measurement.Match", ref)
		if err != nil {
			return err
		}
		if path != "" && !slices.ContainsFunc(sys.Logins, func(l system.LoginPath) bool { return l.ID == path }) {
			return ErrPath
		}
		a.System, a.Path = sys.ID, path
		if err := saveApplication(ctx, tx, actor.Organisation, a); err != nil {
			return err
		}
		from, err := getImport(ctx, tx, actor.Organisation, a.Import)
		if err != nil {
			return err
		}
		if err := s.prove(ctx, tx, actor, a, &from); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "measurement.Match", ObjectKind: "system", ObjectID: sys.ID.String(), Data: map[string]any{"kind": kind, "application": name, "path": path},
		})
	})
	if err != nil {
		return fmt.Errorf("match application: %w", err)
	}
	return nil
}

// SaveMapping keeps a mapping for logs of a form that is not known.
func (s *Service) SaveMapping(ctx context.Context, actor access.Actor, name, text string) error {
	if err := access.Check(actor, "measurement.SaveMapping"); err != nil {
		return err
	}
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > 60 {
		return ErrName
	}
	if _, err := signin.ParseMapping([]byte(text)); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := saveMapping(ctx, tx, actor.Organisation, name, text); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "measurement.SaveMapping", ObjectKind: "organisation", ObjectID: actor.Organisation.String(), Data: map[string]any{"name": name}})
	})
	if err != nil {
		return fmt.Errorf("save mapping: %w", err)
	}
	return nil
}

// prove makes evidence of what a file says of an application that is known to be a system.
func (s *Service) prove(ctx context.Context, tx *db.Tx, actor access.Actor, a *Application, from *Import) error {
	if a.System == "" {
		return nil
	}
	n := evidence.New{
		System: a.System, Path: a.Path, Source: evidence.Measured, Subject: evidence.SubjectLogin, Outcome: evidence.Unclear, Scope: a.Kind, Hash: from.Hash,
		Observed: from.At, Detail: evidence.Detail{Title: a.Name, Covers: from.From + " – " + from.To},
	}
	switch {
	case a.Log != nil:
		if a.Log.SignIns == 0 {
			return nil // nobody got in, so nothing was shown
		}
		n.Kind, n.Factors = "EV_SIGNIN_LOG", a.Log.Factors
		n.LoA = reviewed(a.Log.LoA)
		n.Detail.Sample, n.Detail.Deviations = int(a.Log.SignIns), int(a.Log.SignIns-a.Log.TwoFactor)
		n.Detail.Because = logBecause(a.Log)
		// What a log shows was so on its last day, whenever it is taken in, and grows old from then.
		last, err := civil.Parse(from.To)
		if err != nil {
			return fmt.Errorf("read a log's last day: %w: %w", signin.ErrFormat, err)
		}
		if n.Observed = last.Time(); n.Observed.After(from.At) {
			n.Observed = from.At
		}
	case a.Policy != nil:
		n.Kind, n.Factors = "EV_IDP_POLICY", a.Policy.Factors
		n.Detail.Covers = a.Name
		n.Detail.Deviations = a.Policy.Excluded
		n.Detail.Because = policyBecause(a.Policy)
	case a.Entity != nil:
		n.Kind, n.LoA = "EV_SP_META", reviewed(a.Entity.LoA)
		n.Detail.Covers = a.Name
		n.Detail.Because = entityBecause(a.Entity)
	default:
		return nil
	}
	switch {
	case n.Factors >= 2:
		n.Outcome = evidence.For
	case n.Factors == 1:
		n.Outcome = evidence.Against
	}
	_, err := s.Evidence.Add(ctx, tx, actor, n)
	return err
}

// reviewed is a level as evidence knows them.
func reviewed(loa int) int {
	if loa >= 2 && loa <= 4 {
		return loa
	}
	return 0
}

// told is what is kept of an application, sealed.
type told struct {
	Log    *signin.Application       `json:"log,omitempty"`
	Policy *signin.PolicyApplication `json:"policy,omitempty"`
	Entity *signin.Entity            `json:"entity,omitempty"`
}

func (a *Application) pack() (string, error) {
	b, err := json.Marshal(told{a.Log, a.Policy, a.Entity})
	if err != nil {
		return "", fmt.Errorf("write what was told: %w", err)
	}
	return string(b), nil
}

func (a *Application) unpack(text string) error {
	var t told
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return fmt.Errorf("read what was told: %w", err)
	}
	a.Log, a.Policy, a.Entity = t.Log, t.Policy, t.Entity
	return nil
}
