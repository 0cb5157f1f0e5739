// SPDX-License-Identifier: EUPL-1.2

// Package campaign asks people what cannot be measured, and only what is not known already (Swedish: uppföljningsomgång). What they answer
// is self-assessed, and is used again wherever it says something. The year wheel (årshjul) says when things return.
package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// Campaign is one round of questions (Swedish: uppföljningsomgång). A frozen one never changes: what is corrected is a new version beside it.
type Campaign struct {
	ID     ids.ID[Campaign]
	Number int64
	// Version counts the corrections; Replaces is the version that this one corrects.
	Version  int64
	Replaces ids.ID[Campaign]
	Name     string
	Round    Round
	Year     int64
	Quarter  int64 // 0 is the whole year
	Deadline civil.Date
	// Remind is how many days before the deadline those who have not answered are reminded.
	Remind int64
	// Catalogue is the version of the questions that are asked.
	Catalogue string
	// Sent is when it went out; zero while it is prepared.
	Sent   time.Time
	Frozen time.Time
	// FrozenBy is who signed, and Hash what they signed.
	FrozenBy, Hash string
	CreatedBy      string
	Created        time.Time
}

// Sheet is what one person is asked about one unit or one system (Swedish: svarsblad).
type Sheet struct {
	ID       ids.ID[Sheet]
	Campaign ids.ID[Campaign]
	Kind     Kind
	// Object is the id of what it is about, Name what that was called when the campaign began.
	Object, Name string
	UnitID       access.UnitID
	Unit         string
	// Person is who is asked, Email where; an address without a person belongs to somebody that the register does not know.
	Person ids.ID[organisation.Person]
	Email  string
	Lang   string
	Link   ids.ID[link.Link]
	// Sent is when the answers were handed in, by SentBy.
	Sent      time.Time
	SentBy    string
	Reminded  time.Time
	Escalated time.Time
	Updated   time.Time
	Answers   []Answer
}

// Answer is the answer to one question of a sheet. Value is empty until somebody answers; Known says why nobody is asked.
type Answer struct {
	Question string
	Value    string
	Day      civil.Date
	Note     string
	Known    *Because
	By       string
	At       time.Time
}

// Delegation is one question that has been sent on to a colleague, whose answer is a suggestion until it is taken.
type Delegation struct {
	ID       ids.ID[Delegation]
	Sheet    ids.ID[Sheet]
	Question string
	Link     ids.ID[link.Link]
	Asked    string
	At       time.Time
	Answered time.Time
	Value    string
	Day      civil.Date
	Note     string
}

// Tasks of the links.
const (
	SheetTask    = "campaign.sheet"
	QuestionTask = "campaign.question"
)

// Limits of what is written.
const (
	MaxNote   = 2000
	maxName   = 120
	mostAsked = 5
	maxRemind = 30
)

var (
	// ErrName says that a campaign lacks a name, or has too long a one.
	ErrName = errors.New("a campaign has a name of at most 120 characters")
	// ErrDeadline says that the last day has been, or lies too far ahead.
	ErrDeadline = errors.New("the last day to answer lies ahead, within a year, and leaves room for a reminder")
	// ErrRound says that there is no such round or period.
	ErrRound = errors.New("a campaign is yearly, or of one quarter")
	// ErrNobody says that nothing would be asked of anybody.
	ErrNobody = errors.New("nothing would be asked: choose units, systems or areas that have something to answer")
	// ErrValue says that a question has no such answer.
	ErrValue = errors.New("the question has no such answer")
	// ErrDay says that an answer lacks its day, or that the day has not come.
	ErrDay = errors.New("the answer speaks of a day, which has been")
	// ErrNote says that words are missing or too many.
	ErrNote = errors.New("write the answer in words, at most 2,000 characters")
	// ErrUnanswered says that a sheet has questions that nobody has answered.
	ErrUnanswered = errors.New("some questions are not answered; that you do not know is an answer")
	// ErrHandedIn says that a sheet has been handed in.
	ErrHandedIn = errors.New("the answers have been handed in")
	// ErrFrozen says that a campaign is signed and cannot change.
	ErrFrozen = errors.New("the campaign is frozen; what is wrong in it is corrected in a new version")
	// ErrNotSent says that a campaign has not gone out.
	ErrNotSent = errors.New("the campaign has not been sent")
	// ErrSent says that a campaign has gone out already.
	ErrSent = errors.New("the campaign has been sent")
	// ErrOpen says that a campaign is not frozen, so that it is answered and not corrected.
	ErrOpen = errors.New("only a frozen campaign is corrected in a new version")
	// ErrNoMail says that nobody can be reached by mail.
	ErrNoMail = errors.New("nobody can be reached: the organisation sends no mail")
	// ErrAsked says that enough colleagues have been asked.
	ErrAsked = errors.New("enough colleagues have been asked the same question")
)

// Check says what is wrong with a campaign that is to begin.
func (c *Campaign) Check(today civil.Date) error {
	switch {
	case strings.TrimSpace(c.Name) == "" || utf8.RuneCountInString(c.Name) > maxName:
		return ErrName
	case !c.periodic() || c.Year < 2015 || c.Year > int64(today.Year)+1:
		return ErrRound
	case c.Deadline.Before(today) || today.AddMonths(year).Before(c.Deadline) || c.Remind < 1 || c.Remind > maxRemind:
		return ErrDeadline
	}
	return nil
}

// periodic reports whether the quarter goes with the round.
func (c *Campaign) periodic() bool {
	return c.Round == Yearly && c.Quarter == 0 || c.Round == Quarterly && c.Quarter >= 1 && c.Quarter <= 4
}

// Asked reports whether somebody is to answer.
func (a *Answer) Asked() bool { return a.Known == nil }

// Check says what is wrong with an answer to a question. An empty one is not one, and nothing is wrong with it.
func (a *Answer) Check(q *Question, today civil.Date) error {
	if utf8.RuneCountInString(a.Note) > MaxNote {
		return ErrNote
	}
	if !a.Day.IsZero() && today.Before(a.Day) {
		return ErrDay
	}
	if a.Value == "" || a.Value == Unknown {
		return nil
	}
	if len(q.Choices) == 0 {
		if a.Value != Said {
			return ErrValue
		}
		if strings.TrimSpace(a.Note) == "" {
			return ErrNote
		}
		return nil
	}
	c, ok := q.Choice(a.Value)
	switch {
	case !ok:
		return ErrValue
	case q.Dated() && c.Means == Good && a.Day.IsZero():
		return ErrDay
	}
	return nil
}

// Answer finds the answer to a question.
func (s *Sheet) Answer(question string) (*Answer, bool) {
	i := slices.IndexFunc(s.Answers, func(a Answer) bool { return a.Question == question })
	if i < 0 {
		return nil, false
	}
	return &s.Answers[i], true
}

// Left is how many questions nobody has answered.
func (s *Sheet) Left() int {
	n := 0
	for i := range s.Answers {
		if s.Answers[i].Asked() && s.Answers[i].Value == "" {
			n++
		}
	}
	return n
}

// linkActor reports whether the actor is whoever uses the sheet's link.
func (s *Sheet) linkActor(a access.Actor) bool {
	return s.Link != "" && a.ID == linkActor+s.Link.String()
}

// linkActor begins the id of whoever uses a link.
const linkActor = "link:"

// State is how far a sheet has come.
type State string

// The states.
const (
	Waiting  State = "waiting" // nobody has begun
	Begun    State = "begun"   // some questions are answered
	HandedIn State = "handed-in"
	Settled  State = "settled" // everything is known, so that nobody is asked
)

// State tells how far the sheet has come.
func (s *Sheet) State() State {
	asked, left := 0, s.Left()
	for i := range s.Answers {
		if s.Answers[i].Asked() {
			asked++
		}
	}
	switch {
	case asked == 0:
		return Settled
	case !s.Sent.IsZero():
		return HandedIn
	case left < asked:
		return Begun
	default:
		return Waiting
	}
}

// Tally is how the answers to one question, or to all, fall out.
type Tally struct {
	// Known is how many nobody was asked for; they are among the rest too.
	Known int
	// Good, Part and Bad are what answers mean, Told those that mean nothing by themselves.
	Good, Part, Bad, Told int
	// Unknown is how many do not know, Missing how many have not handed in.
	Unknown, Missing int
}

// Total is how many units and systems the question concerns.
func (t Tally) Total() int { return t.Good + t.Part + t.Bad + t.Told + t.Unknown + t.Missing }

// Result is the tally of one question.
type Result struct {
	Question *Question
	Tally
}

// Summary is how a campaign stands.
type Summary struct {
	// Sheets is how many are to be answered, HandedIn how many are, and Settled how many needed no answer.
	Sheets, HandedIn, Settled int
	All                       Tally
	Results                   []Result
}

// Summarise counts the answers. What has not been handed in is missing, whatever stands in it: nobody has answered for it.
func Summarise(set *Set, sheets []Sheet) Summary {
	var out Summary
	by := map[string]*Tally{}
	for i := range sheets {
		s := &sheets[i]
		state := s.State()
		if state == Settled {
			out.Settled++
		} else {
			out.Sheets++
			if state == HandedIn {
				out.HandedIn++
			}
		}
		for n := range s.Answers {
			a := &s.Answers[n]
			q, ok := set.Question(a.Question)
			if !ok || a.Value == NotRelevant {
				continue
			}
			if by[a.Question] == nil {
				by[a.Question] = &Tally{}
			}
			by[a.Question].count(q, a, state)
			out.All.count(q, a, state)
		}
	}
	for i := range set.Questions {
		if t := by[set.Questions[i].ID]; t != nil {
			out.Results = append(out.Results, Result{&set.Questions[i], *t})
		}
	}
	return out
}

func (t *Tally) count(q *Question, a *Answer, state State) {
	if !a.Asked() {
		t.Known++
	} else if state != HandedIn {
		t.Missing++
		return
	}
	switch {
	case a.Value == Unknown || a.Value == "":
		t.Unknown++
	case q.Means(a.Value) == Good:
		t.Good++
	case q.Means(a.Value) == Part:
		t.Part++
	case q.Means(a.Value) == Bad:
		t.Bad++
	default:
		t.Told++
	}
}

// signed is what is signed: everything that was asked and answered, in one order.
type signed struct {
	Number    int64         `json:"number"`
	Version   int64         `json:"version"`
	Name      string        `json:"name"`
	Round     Round         `json:"round"`
	Year      int64         `json:"year"`
	Quarter   int64         `json:"quarter"`
	Deadline  civil.Date    `json:"deadline"`
	Catalogue string        `json:"catalogue"`
	Sheets    []signedSheet `json:"sheets"`
}

type signedSheet struct {
	ID      string         `json:"id"`
	Kind    Kind           `json:"kind"`
	Object  string         `json:"object"`
	Name    string         `json:"name"`
	Sent    int64          `json:"sent"`
	Answers []signedAnswer `json:"answers"`
}

type signedAnswer struct {
	Question string     `json:"question"`
	Value    string     `json:"value"`
	Day      civil.Date `json:"day"`
	Note     string     `json:"note"`
	Known    *Because   `json:"known"`
	By       string     `json:"by"`
	At       int64      `json:"at"`
}

// Digest is the SHA-256 of everything that a campaign asked and what was answered, in hexadecimal.
func Digest(c *Campaign, sheets []Sheet) (string, error) {
	d := signed{c.Number, c.Version, c.Name, c.Round, c.Year, c.Quarter, c.Deadline, c.Catalogue, nil}
	for i := range sheets {
		s := &sheets[i]
		x := signedSheet{ID: s.ID.String(), Kind: s.Kind, Object: s.Object, Name: s.Name, Sent: millis(s.Sent)}
		for _, a := range s.Answers {
			x.Answers = append(x.Answers, signedAnswer{a.Question, a.Value, a.Day, a.Note, a.Known, a.By, millis(a.At)})
		}
		slices.SortFunc(x.Answers, func(a, b signedAnswer) int { return strings.Compare(a.Question, b.Question) })
		d.Sheets = append(d.Sheets, x)
	}
	slices.SortFunc(d.Sheets, func(a, b signedSheet) int { return strings.Compare(a.ID, b.ID) })
	b, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("write what is signed: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// millis writes a moment; none is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Place is where campaigns are shown.
const Place = "/uppfoljningsomgangar"

// Path is the campaign's own page. A version that has been corrected is found by its id.
func (c *Campaign) Path() string { return Place + "/" + fmt.Sprint(c.Number) }
