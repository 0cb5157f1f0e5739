// SPDX-License-Identifier: EUPL-1.2

// Package evidence keeps what has been seen, or said, about systems: what, how strongly it shows it, by whom it is known, when, and for
// how long (Swedish: bevis). It knows no requirement: what follows from evidence is judged later.
package evidence

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// Source is how something is known. What is known in different ways is never added up.
type Source string

// The sources, the strongest first.
const (
	Measured     Source = "measured"
	Attested     Source = "attested"
	SelfAssessed Source = "self-assessed"
)

// Sources lists them.
var Sources = []Source{Measured, Attested, SelfAssessed}

// numSources is how many there are.
const numSources = 3

// Index is a source's place in Sources, and -1 of what is none.
func (s Source) Index() int {
	switch s {
	case Measured:
		return 0
	case Attested:
		return 1
	case SelfAssessed:
		return 2
	}
	return -1
}

// Outcome is what a record says about its subject.
type Outcome string

// The outcomes. Unclear shows nothing, in either direction.
const (
	For     Outcome = "for"
	Against Outcome = "against"
	Unclear Outcome = "unclear"
)

// Subjects are what a record can be about. A record about something else names it in About.
const (
	SubjectLogin        = "login"         // how one signs in, by one way in or all
	SubjectTLS          = "tls"           // encryption on the way
	SubjectRoleModel    = "role-model"    // which roles there are, and what each may do
	SubjectAccessReview = "access-review" // who has access was gone through
	SubjectAccessLog    = "access-log"    // reading is logged, and the log kept
	SubjectLogReview    = "log-review"    // the log was looked through
	SubjectAccessList   = "access-list"   // a list of accounts was compared with who works here
	SubjectOther        = "other"
)

// Subjects lists them, in the order that they are shown.
var Subjects = []string{
	SubjectLogin, SubjectTLS, SubjectRoleModel, SubjectAccessReview, SubjectAccessLog, SubjectLogReview, SubjectAccessList, SubjectOther,
}

// What is longer than this is a document, and is attached.
const (
	maxText    = 2000
	maxReasons = 40
	maxAbout   = 50
	maxScope   = 40
)

var (
	// ErrKind says that there is no such kind of evidence.
	ErrKind = errors.New("no such kind of evidence")
	// ErrSource says that how it is known is missing.
	ErrSource = errors.New("say how it is known: measured, attested or self-assessed")
	// ErrSubject says that what it is about is missing.
	ErrSubject = errors.New("say what the evidence is about")
	// ErrOutcome says that what it shows is missing.
	ErrOutcome = errors.New("say whether it speaks for, against or neither")
	// ErrVerdict says that a verdict, a grade or a number of factors is none of those there are.
	ErrVerdict = errors.New("no such verdict, grade, number of factors or level of assurance")
	// ErrMeasured says that somebody's word is called a measurement, or the other way about.
	ErrMeasured = errors.New("a statement is not a measurement")
	// ErrFuture says that something was seen later than now.
	ErrFuture = errors.New("what has been seen cannot lie ahead of now")
	// ErrExpiry says that evidence would end before it begins, or live longer than its kind may.
	ErrExpiry = errors.New("the evidence must end after it was seen, and not later than its kind may live")
	// ErrReasons says that a verdict has no reason.
	ErrReasons = errors.New("no verdict without a reason")
	// ErrLong says that a text is too long.
	ErrLong = errors.New("a text is too long; attach a document instead")
	// ErrHash says that a hash is not the SHA-256 of something.
	ErrHash = errors.New("the hash must be a SHA-256 in hexadecimal")
	// ErrAbout says that it names something that the catalogue does not have.
	ErrAbout = errors.New("names something that the catalogue does not have")
	// ErrDocument says that somebody's word about a demand comes without a document to stand on.
	ErrDocument = errors.New("a statement that a demand is enforced needs a document: attach it, or name it")
	// ErrPath says that the system has no such way in.
	ErrPath = errors.New("the system has no such way in")
)

// Detail is what is told in words. It lies encrypted, and holds no personal data: a signer is a role or an office.
type Detail struct {
	Title string `json:"title,omitempty"`
	// Method is how one signs in, in words.
	Method string `json:"method,omitempty"`
	// Covers says what was looked at, and what was not.
	Covers string `json:"covers,omitempty"`
	Signer string `json:"signer,omitempty"`
	// Because are the reasons. Reasons are those of records that were made before they were kept in every language; nothing new has any.
	Because []Because `json:"because,omitempty"`
	Reasons []string  `json:"reasons,omitempty"`
	Limits  []string  `json:"limits,omitempty"`
	// Sample is how many were looked at, and Deviations how many of them were not as they should; of a review.
	Sample     int `json:"sample,omitempty"`
	Deviations int `json:"deviations,omitempty"`
	// Months is how long a log is kept, or how often it is reviewed.
	Months int `json:"months,omitempty"`
}

// Record is one piece of evidence.
//
// What a nation's requirements are judged from stands first, side by side: there are millions of records, and reading memory is what takes
// time.
type Record struct {
	Subject string
	Source  Source
	// About are the ids of the requirements that it is about, for what no subject covers.
	About []string
	// Withdrawn is when somebody took it back; zero when nobody has. It counts no longer.
	Withdrawn time.Time
	Kind      string // of the catalogue's evidence kinds
	// Path is the way in that it is about; empty for all of the system.
	Path ids.ID[system.LoginPath]
	// Scope is where it was seen from, or what part it is true of: "internet", "lan", the name of a zone. Two scopes do not replace
	// each other.
	Scope string
	// SeenOn is the day of Observed.
	SeenOn civil.Date
	// Expires is the first day on which it no longer counts.
	Expires civil.Date
	Outcome Outcome
	// Dispute says that somebody has said that it is wrong; nil when nobody has. It counts in neither direction until that is settled.
	// Read without the words it has those that are open, and no reasons.
	Dispute *Dispute
	// The following are of sign-in.
	Verdict verdict.Verdict
	Grade   verdict.Grade
	Factors int  // how many are demanded, or for a log the fewest that were seen; 0 is not known
	LoA     int  // reviewed identity assurance; 0 is none or not known
	Refused bool // a connection without a certificate was seen to be refused

	ID         ids.ID[Record]
	System     ids.ID[system.System]
	Strength   int // 1 to 5; a negative one speaks against
	Observed   time.Time
	Hash       string // SHA-256 of the raw observation
	Confidence verdict.Confidence
	// Quality is how good encryption was measured to be; of encryption.
	Quality         verdict.Quality
	Detail          Detail
	By              string
	At              time.Time
	WithdrawnReason string
	// File is what came with it; its name is empty when nothing did.
	File FileHead
}

// FileHead is what is known of an attached document without opening it.
type FileHead struct {
	Name, Media string
	Size        int64
}

// New is a record to be made. Strength and expiry follow from its kind and its source when they are left out.
type New struct {
	System  ids.ID[system.System]
	Path    ids.ID[system.LoginPath]
	Kind    string
	Source  Source
	Subject string
	Outcome Outcome
	Scope   string
	// Observed is when it was seen; zero is now.
	Observed time.Time
	// Expires may only be earlier than the kind's own; zero is the kind's.
	Expires    civil.Date
	Hash       string
	Verdict    verdict.Verdict
	Factors    int
	LoA        int
	Grade      verdict.Grade
	Confidence verdict.Confidence
	Refused    bool
	Quality    verdict.Quality
	About      []string
	Detail     Detail
	File       *File
}

// File is an attached document.
type File struct {
	Name, Media string
	Content     []byte
}

// MaxFile is the largest document that can be attached.
const MaxFile = 5 << 20

// ErrFile says that a document is empty or too large.
var ErrFile = errors.New("an attached document must have a name and hold something, and be no larger than 5 MB")

// How many documents one person may have attached, and how large they may be together: nobody fills the disk alone.
const (
	mostFiles     = 2000
	mostFileBytes = 2 << 30
)

// ErrRoom says that somebody has attached as much as one person may.
var ErrRoom = errors.New("one person may attach 2,000 documents, of 2 GB together")

// Valid reports whether the record counts on a day.
func (r *Record) Valid(on civil.Date) bool {
	return r.Withdrawn.IsZero() && on.Before(r.Expires) && !on.Before(r.SeenOn)
}

// words are the kinds that no measurement can be.
var words = []string{"EV_ATTEST", "EV_CONTRACT", "EV_DOC"}

var hexHash = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })

// made fills in what follows, and says what is wrong.
func (n *New) made(c *catalogue.Catalogue, life *Life, now time.Time) (Record, error) {
	kind, ok := c.EvidenceKind(n.Kind)
	if !ok {
		return Record{}, fmt.Errorf("%q: %w", n.Kind, ErrKind)
	}
	r := Record{
		ID: ids.New[Record](), System: n.System, Path: n.Path, Kind: n.Kind, Strength: kind.Strength, Source: n.Source, Subject: n.Subject, Outcome: n.Outcome,
		Scope: n.Scope, Observed: n.Observed, Expires: n.Expires, Hash: n.Hash, Verdict: n.Verdict, Factors: n.Factors, LoA: n.LoA, Grade: n.Grade,
		Confidence: n.Confidence, Refused: n.Refused, Quality: n.Quality, About: n.About, Detail: n.Detail, At: now,
	}
	if r.Observed.IsZero() || r.Observed.After(now) && civil.Of(r.Observed) == civil.Of(now) {
		r.Observed = now // a day without a clock, which is today
	}
	if r.Source == SelfAssessed {
		r.Strength = 0 // what somebody believes shows nothing, whatever it is written on
	}
	r.SeenOn = civil.Of(r.Observed)
	ends := life.Ends(r.Kind, r.Source, r.SeenOn)
	if r.Expires.IsZero() {
		r.Expires = ends
		if again := r.SeenOn.AddMonths(r.Detail.Months); r.Subject == SubjectLogReview && r.Detail.Months > 0 && again.Before(ends) {
			r.Expires = again // a review counts until the next one, and is asked for before that
		}
	}
	if n.File != nil {
		r.File = FileHead{Name: n.File.Name, Media: n.File.Media, Size: int64(len(n.File.Content))}
		if n.File.Name == "" || len(n.File.Content) == 0 || len(n.File.Content) > MaxFile {
			return r, ErrFile
		}
	}
	return r, r.check(c, ends, now)
}

func (r *Record) check(c *catalogue.Catalogue, ends civil.Date, now time.Time) error {
	for _, id := range r.About {
		if _, ok := c.Requirement(id); !ok {
			return fmt.Errorf("%q %w", id, ErrAbout)
		}
	}
	return errors.Join(first([]fault{
		{!slices.Contains(Sources, r.Source), ErrSource},
		{!slices.Contains(Subjects, r.Subject), ErrSubject},
		{r.Subject == SubjectOther && len(r.About) == 0, ErrSubject},
		{len(r.About) > maxAbout, ErrAbout},
		{!slices.Contains([]Outcome{For, Against, Unclear}, r.Outcome), ErrOutcome},
		{r.Source == Measured && slices.Contains(words, r.Kind), ErrMeasured},
		{r.Observed.After(now), ErrFuture},
		{!r.SeenOn.Before(r.Expires), ErrExpiry},
		{ends.Before(r.Expires), ErrExpiry},
		{r.Quality != "" && (r.Subject != SubjectTLS || r.Source != Measured || !r.Quality.Known()), ErrVerdict},
		{r.Quality != "" && len(r.Detail.Because) == 0, ErrReasons},
		{r.Hash != "" && !hexHash().MatchString(r.Hash), ErrHash},
		{utf8.RuneCountInString(r.Scope) > maxScope, ErrLong},
	}), first(r.loginFaults()), r.Detail.check())
}

// fault is something that may be wrong.
type fault struct {
	wrong bool
	err   error
}

func first(list []fault) error {
	for _, f := range list {
		if f.wrong {
			return f.err
		}
	}
	return nil
}

// loginFaults are what may be wrong with what is said of sign-in. Somebody's word is E4, whoever calls it something else.
func (r *Record) loginFaults() []fault {
	if r.Subject != SubjectLogin {
		return []fault{{r.Verdict != "" || r.Factors != 0 || r.LoA != 0 || r.Grade != "" || r.Refused, ErrVerdict}}
	}
	grades := []verdict.Grade{"", verdict.Seen, verdict.Metadata, verdict.Tested}
	if r.Source != Measured {
		grades = []verdict.Grade{"", verdict.Attested}
	}
	return []fault{
		{r.Verdict != "" && !r.Verdict.Known(), ErrVerdict},
		{!slices.Contains(grades, r.Grade), ErrVerdict},
		{r.Factors < 0 || r.Factors > 2, ErrVerdict},
		{!slices.Contains([]int{0, 2, 3, 4}, r.LoA), ErrVerdict},
		{r.Refused && (r.Source != Measured || r.Verdict != verdict.ClientCertificate), ErrVerdict},
		{r.Verdict != "" && len(r.Detail.Because) == 0, ErrReasons},
		{r.Grade == verdict.Attested && r.Source == Attested && r.File.Name == "" && r.Detail.Title == "", ErrDocument},
	}
}

func (d *Detail) check() error {
	if len(d.Because)+len(d.Reasons) > maxReasons || len(d.Limits) > maxReasons || d.Sample < 0 || d.Deviations < 0 || d.Months < 0 {
		return ErrLong
	}
	for _, t := range slices.Concat([]string{d.Title, d.Method, d.Covers, d.Signer}, d.Reasons, d.Limits) {
		if utf8.RuneCountInString(t) > maxText {
			return ErrLong
		}
	}
	for i := range d.Because {
		if err := d.Because[i].check(); err != nil {
			return err
		}
	}
	return nil
}
