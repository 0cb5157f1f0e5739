// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// SourceStatus is whether a source may be searched.
type SourceStatus string

// The statuses. Only an approved source is searched.
const (
	Waiting  SourceStatus = "waiting"
	Approved SourceStatus = "approved"
	Refused  SourceStatus = "refused"
	Paused   SourceStatus = "paused"
)

// Files is the kind of source that is a directory. The others are database servers, by the scheme of their addresses.
const Files = "files"

// Kinds are the kinds of sources, in the order that they are shown.
var Kinds = []string{Files, "postgres", "mysql", "sqlserver", "oracle"}

// Where a password comes from: nowhere, the encrypted column, or a file that the operator has put in the directory of secrets.
const (
	SecretNone   = ""
	SecretSealed = "sealed"
	SecretFile   = "file"
)

// Intervals are how often, in days, a source can be searched by itself; 0 is only when somebody asks.
var Intervals = []int64{0, 1, 7, 30, 90}

// DefaultRows is how many rows of a table are read when nothing else is said: a share of one in a thousand is then missed with a
// probability of one in a hundred at most.
const DefaultRows = 4603

var (
	// ErrSourceName says that a source has no name.
	ErrSourceName = errors.New("give the source a name of at most 200 characters")
	// ErrKind says that a source is of no kind that there is.
	ErrKind = errors.New("choose what kind of source it is")
	// ErrRoot says that the operator has not allowed what a source is to read.
	ErrRoot = errors.New("the server is not set up to search there: whoever runs it decides which directories and database servers may be searched")
	// ErrPlace says that a path leads out of its root, or is none.
	ErrPlace = errors.New("write the path below the directory, without .. and without a drive letter")
	// ErrDatabase says that a database's name or user name has characters that none has.
	ErrDatabase = errors.New("write the name of the database and of the user, without any of : / ? # @ in them")
	// ErrOwner says that nobody answers for a source.
	ErrOwner = errors.New("say who answers for the source")
	// ErrUnit says that the actor may not register a source in the unit.
	ErrUnit = errors.New("you may not register a source in that unit")
	// ErrSecret says that a password is missing, or that a file of secrets is not named right.
	ErrSecret = errors.New("write the password, or the name of a file in the directory of secrets")
	// ErrNotApproved says that a source may not be searched.
	ErrNotApproved = errors.New("the source may not be searched: it waits for a second person, was refused, or is paused")
	// ErrRunning says that a search of the source is going on.
	ErrRunning = errors.New("the source is being searched already")
	// ErrInterval says that an interval is none that there is.
	ErrInterval = errors.New("choose how often the source is searched")
)

// Source is where is searched: a directory with what lies below it, or a database.
type Source struct {
	ID   ids.ID[Source]
	Name string
	Kind string
	// Root is the name of a directory that the operator allows, or the HOST:PORT of a database server.
	Root string
	// Place is the directory below the root, or the name of the database; Told is how it is told: masked where it says who somebody is.
	Place, Told string
	// User is who signs in to the database; Secret the password, which is never given back; SecretFrom says where it comes from.
	User, Secret, SecretFrom string
	// Detectors are what is looked for; empty is everything.
	Detectors []string
	// Rows is how many rows of a table are read; 0 is all.
	Rows int64
	// EveryDays is how often it is searched by itself; 0 is never.
	EveryDays int64
	Unit      access.UnitID
	UnitName  string
	Owner     ids.ID[organisation.Person]
	OwnerName string
	System    ids.ID[system.System]
	// SystemName and Slug are the system's.
	SystemName, Slug string
	Status           SourceStatus
	By               string
	Created          time.Time
	Approved         time.Time
	Version          int64
}

// Database reports whether the source is a database.
func (s *Source) Database() bool { return s.Kind != Files }

var (
	databaseName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^\s/?#@:%\\]{1,128}$`) })
	secretName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}$`) })
)

// Check says what is wrong with a source that is to be registered. Limits are what the operator allows.
func (s *Source) Check(l Limits) error {
	switch {
	case strings.TrimSpace(s.Name) == "" || len([]rune(s.Name)) > 200:
		return ErrSourceName
	case !slices.Contains(Kinds, s.Kind):
		return ErrKind
	case s.Owner.IsZero():
		return ErrOwner
	case !slices.Contains(Intervals, s.EveryDays):
		return ErrInterval
	case s.Rows < 0:
		return ErrKind
	}
	if s.Database() {
		return s.checkDatabase(l)
	}
	if !l.HasRoot(s.Root) {
		return ErrRoot
	}
	s.Secret, s.SecretFrom, s.User = "", SecretNone, ""
	var err error
	s.Place, err = CleanPlace(s.Place)
	return err
}

func (s *Source) checkDatabase(l Limits) error {
	if !l.HasHost(s.Kind, s.Root) {
		return ErrRoot
	}
	if !databaseName().MatchString(s.Place) || s.User != "" && !databaseName().MatchString(s.User) {
		return ErrDatabase
	}
	switch s.SecretFrom {
	case SecretNone:
		s.Secret = ""
	case SecretSealed:
		if s.Secret == "" || len(s.Secret) > 500 {
			return ErrSecret
		}
	case SecretFile:
		if !secretName().MatchString(s.Secret) || l.Secrets == "" {
			return ErrSecret
		}
	default:
		return ErrSecret
	}
	return nil
}

// CleanPlace gives a path below a root in its one form; "." is the root itself.
func CleanPlace(p string) (string, error) {
	p = strings.Trim(strings.ReplaceAll(p, `\`, "/"), "/ ")
	if p == "" {
		return ".", nil
	}
	clean := path.Clean(p)
	if len(clean) > 1000 || strings.ContainsAny(clean, "\x00:") || !filepath.IsLocal(clean) {
		return "", ErrPlace
	}
	return clean, nil
}

// address is the DSN of a database source. It is put together of parts that were checked, so that nothing in them is an option.
func (s *Source) address() string {
	user := ""
	if s.User != "" {
		user = s.User + "@"
	}
	return fmt.Sprintf("%s://%s%s/%s", s.Kind, user, s.Root, s.Place)
}

// Limits are what the operator lets the program search. A page can only choose among them.
type Limits struct {
	// Roots are directories by the names that pages show.
	Roots map[string]string
	// Hosts are database servers, each SCHEME://HOST:PORT.
	Hosts []string
	// Secrets is a directory with files that hold passwords; empty is none.
	Secrets string
}

// Any reports whether anything may be searched.
func (l Limits) Any() bool { return len(l.Roots)+len(l.Hosts) > 0 }

// HasRoot reports whether there is a directory of that name.
func (l Limits) HasRoot(name string) bool { return l.Roots[name] != "" }

// HasHost reports whether a database server may be searched.
func (l Limits) HasHost(kind, host string) bool { return slices.Contains(l.Hosts, kind+"://"+host) }

// RootNames lists the directories' names.
func (l Limits) RootNames() []string {
	out := make([]string, 0, len(l.Roots))
	for name := range l.Roots {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Scan is one search of a source.
type Scan struct {
	ID       ids.ID[Scan]
	SourceID ids.ID[Source]
	Source   string
	Unit     access.UnitID
	Status   string
	Rules    string
	By       string
	Started  time.Time
	Ended    time.Time
	Fault    string
	Progress
}

// Progress is how far a search has come.
type Progress struct {
	// Done of Chunks parts are done; more parts are found as directories are read. Failed could not be read.
	Done, Failed, Chunks int64
	// Files have been looked at, of which Same are as they were. Read bytes were read, and Lost were not.
	Files, Same, Read, Lost, Skipped int64
	// Found counts what the source holds now.
	Found int64
}

// The statuses of a search.
const (
	ScanRunning = "running"
	ScanDone    = "done"
	ScanStopped = "stopped"
	ScanFailed  = "failed"
)

// Running reports whether the search goes on.
func (s *Scan) Running() bool { return s.Status == ScanRunning }
