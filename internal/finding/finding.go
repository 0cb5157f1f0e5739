// SPDX-License-Identifier: EUPL-1.2

// Package finding holds what searches for personal data have found (Swedish: fynd): where is searched, how far each search has come,
// and what people have decided about what was found. The values themselves are nowhere in it: they are masked, counted and hashed with a
// key of the organisation's.
package finding

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// State is what has been decided about a place.
type State string

// The states. New is what waits for somebody; Gone is what the last search did not see any more.
const (
	New         State = "new"
	OfSystem    State = "system"
	Information State = "information"
	ToDelete    State = "delete"
	False       State = "false"
	Incident    State = "incident"
	Gone        State = "gone"
)

// Outcomes are the states that somebody can choose, in the order that they are shown.
var Outcomes = []State{OfSystem, Information, ToDelete, False, Incident}

// Limits of what people write and choose.
const (
	maxNote = 1000
	// MostAtOnce is how many places can be decided about together.
	MostAtOnce = 200
	// longestRule is how many days a rule for false findings may stand: what was false once may hold something else later.
	longestRule = 366
	// deleteWithin is how many days there are to delete what is to be deleted, when nobody says another day.
	deleteWithin = 30
)

var (
	// ErrOutcome says that an outcome is none that there is.
	ErrOutcome = errors.New("choose what it is: a system's, new information, to be deleted, a false finding or a possible incident")
	// ErrSystem says that what belongs to a system needs to say which.
	ErrSystem = errors.New("say which system it belongs to")
	// ErrReason says that a false finding, a dispute or an incident lacks its reason.
	ErrReason = errors.New("say why, in at most 1000 characters")
	// ErrNote says that a note is too long.
	ErrNote = errors.New("a note has at most 1000 characters")
	// ErrEnds says that a rule ends too late, or has ended already.
	ErrEnds = errors.New("a rule for false findings ends on a day within a year from today")
	// ErrName says that new information has no name.
	ErrName = errors.New("say what the information is called")
	// ErrNothing says that no place was chosen, or too many.
	ErrNothing = errors.New("choose between 1 and 200 places")
)

// Tally is how much of one kind was found, and in how many containers.
type Tally struct {
	Detector string `json:"d"`
	// Total are those of high and medium confidence, Low those that are probably something else.
	Total int64 `json:"n"`
	Low   int64 `json:"l"`
	// Containers and Columns are the files, members and columns that hold some; a column is counted among both.
	Containers int64 `json:"c"`
	Columns    int64 `json:"k"`
}

// Place is a directory or a table, with what was found in it and what has been decided about it.
type Place struct {
	ID       ids.ID[Place]
	SourceID ids.ID[Source]
	// Source is the source's name.
	Source string
	Kind   string
	Unit   access.UnitID
	// Path is the directory below the source, or the table with its schema, as it is told: masked where it says who somebody is.
	Path  string
	State State
	// Total, Low and Containers count what was found, false findings left out.
	Total, Low, Containers int64
	Tallies                []Tally
	Found, Seen            time.Time
	// Moved says that there is more, or something else, since it was decided about.
	Moved bool
	// Decider and Decided are who decided and when; DeciderName is how they are called.
	Decider, DeciderName string
	Decided              time.Time
	System               ids.ID[system.System]
	SystemName           string
	Slug                 string
	Information          ids.ID[information.Information]
	Person               ids.ID[organisation.Person]
	PersonName           string
	Due                  civil.Date
	Note                 string
	// Disputed is when somebody said that it is not right, Dispute what they wrote.
	DisputedBy, Dispute string
	Disputed            time.Time
	Version             int64

	path         string // as it is called
	decidedTotal int64
	decidedKinds string
}

// Open reports whether the place waits for a decision.
func (p *Place) Open() bool { return p.State == New }

// weights say how much one finding of a kind weighs in the order of the inbox: numbers that say who somebody is before ways to reach
// somebody, and what is sensitive before all.
var weights = map[string]int64{
	"personnummer": 20, "samordningsnummer": 20, "interim": 12, "passport": 10, "id_card": 10, "card": 12, "iban": 4, "account": 4,
	"name_person": 2, "date_of_birth": 3, "icd10": 15, "email": 1, "phone": 1, "address": 2, "vehicle": 1, "ip": 1,
	"organisationsnummer": 1, "bankgiro": 1, "plusgiro": 1,
}

// Sensitive reports whether a detector finds words of a sensitive category.
func Sensitive(detector string) bool { return strings.HasPrefix(detector, "sensitive_") }

func weightOf(detector string) int64 {
	if Sensitive(detector) {
		return 8
	}
	return max(1, weights[detector])
}

// Weight orders places: by what was found there, and then by how much. A thousand e-mail addresses weigh less than one list of numbers.
func Weight(tallies []Tally) int64 {
	var out int64
	for _, t := range tallies {
		n := min(t.Total, 10_000)
		out += weightOf(t.Detector) * (min(n, 50)*10 + n/10)
	}
	return out
}

// Leading orders tallies so that what weighs most comes first.
func Leading(tallies []Tally) []Tally {
	out := slices.Clone(tallies)
	slices.SortStableFunc(out, func(a, b Tally) int {
		wa, wb := Weight([]Tally{a}), Weight([]Tally{b})
		if wa != wb {
			return int(min(max(wb-wa, -1), 1))
		}
		return strings.Compare(a.Detector, b.Detector)
	})
	return out
}

// movedShare and movedLeast are how much more there must be before a decision is asked for again.
const (
	movedShare = 10 // percent
	movedLeast = 5
)

// kinds are the detectors that found something that counts, as one text.
func kinds(tallies []Tally) string {
	set := map[string]bool{}
	for _, t := range tallies {
		if t.Total > 0 {
			set[t.Detector] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), " ")
}

// hasMoved tells whether there is so much more, or something of another kind, that what was decided about a place no longer covers it.
func (p *Place) hasMoved(now []Tally) bool {
	if p.State == New || p.State == Gone {
		return false
	}
	var total int64
	known := strings.Fields(p.decidedKinds)
	for _, t := range now {
		total += t.Total
		if t.Total > 0 && !slices.Contains(known, t.Detector) {
			return true
		}
	}
	return total > p.decidedTotal+max(movedLeast, p.decidedTotal*movedShare/100)
}

// Decision is what somebody decides about one or more places.
type Decision struct {
	Outcome State
	// System is whose it is.
	System ids.ID[system.System]
	// Name is what new information is called.
	Name string
	// Person is who deletes it, and Due by when; the source's owner and a month when nobody says.
	Person ids.ID[organisation.Person]
	Due    civil.Date
	// Detectors narrow a false finding to some kinds; empty is all. Below says that it holds below the place too, and Ends when it ends.
	Detectors []string
	Below     bool
	Ends      civil.Date
	Note      string
}

// Check says what is wrong with a decision.
func (d *Decision) Check(today civil.Date) error {
	switch {
	case !slices.Contains(Outcomes, d.Outcome):
		return ErrOutcome
	case len([]rune(d.Note)) > maxNote:
		return ErrNote
	case d.Outcome == OfSystem && d.System.IsZero():
		return ErrSystem
	case d.Outcome == Information && strings.TrimSpace(d.Name) == "":
		return ErrName
	case d.Outcome == False && strings.TrimSpace(d.Note) == "":
		return ErrReason
	case d.Outcome == False && (!today.Before(d.Ends) || today.AddDays(longestRule).Before(d.Ends)):
		return ErrEnds
	}
	return nil
}

// Rule says that some findings are false: in a place, and if so below it.
type Rule struct {
	ID       ids.ID[Rule]
	SourceID ids.ID[Source]
	Source   string
	PlaceID  ids.ID[Place]
	Path     string
	Unit     access.UnitID
	// Detectors are the kinds that it holds for; empty is all.
	Detectors []string
	Below     bool
	Reason    string
	By        string
	ByName    string
	Made      time.Time
	Ends      civil.Date
	Ended     time.Time
	path      string // of the place, as it is called
}

// covers reports whether a finding of a detector in a place is false by the rule.
func (r *Rule) covers(place, detector string) bool {
	if len(r.Detectors) > 0 && !slices.Contains(r.Detectors, detector) {
		return false
	}
	return place == r.path || r.Below && (r.path == "." || strings.HasPrefix(place, r.path+"/"))
}

// Standing reports whether the rule holds on a day.
func (r *Rule) Standing(today civil.Date) bool { return r.Ended.IsZero() && today.Before(r.Ends) }

// Detail is what is known of a finding and lies encrypted.
type Detail struct {
	// Member is as it is told: masked where it says who somebody is. MemberPrint is a keyed hash of what it is called.
	Member      string `json:"member,omitempty"`
	MemberPrint string `json:"at,omitempty"`
	// Named says that it stands in the name of a file, a folder or a member, which Field tells.
	Named bool   `json:"named,omitempty"`
	Table string `json:"table,omitempty"`
	Field string `json:"field,omitempty"`
	// Masked are the forms that the values were written in.
	Masked []string `json:"masked,omitempty"`
	// Prints are keyed hashes of the values, up to MostPrints of them.
	Prints []string `json:"prints,omitempty"`
	// Spots are where the first of them stand.
	Spots []Spot `json:"spots,omitempty"`
	// Why are the reasons, and Share how many of the column's values are right; Verdict what the column is taken for.
	Why     detect.Why `json:"why,omitempty"`
	Share   float64    `json:"share,omitempty"`
	Verdict string     `json:"verdict,omitempty"`
	High    bool       `json:"high,omitempty"`
}

// Spot is where one value stands.
type Spot struct {
	Offset int64  `json:"o"`
	Line   int    `json:"l,omitempty"`
	Cell   string `json:"c,omitempty"`
	Page   int    `json:"p,omitempty"`
	Mask   string `json:"m,omitempty"`
}

// Held is what one detector found in one container.
type Held struct {
	ID       ids.ID[Held]
	Object   ids.ID[Object]
	Place    ids.ID[Place]
	Rule     ids.ID[Rule]
	Detector string
	Total    int64
	Low      int64
	// Different is how many different values there are.
	Different int64
	Column    bool
	// Path is the file or the table that it stands in, as it is told: masked where it says who somebody is.
	Path string
	Detail
	container string
	path      string // as it is called
}

// Where names the container for people: the file or the table, the member and the column.
func (h *Held) Where() string {
	out := path.Base(h.Path)
	if h.Member != "" {
		out += "/" + h.Member
	}
	if h.Table != "" && h.Table != h.Path {
		out += ", " + h.Table
	}
	if h.Field != "" {
		out += ", " + h.Field
	}
	return out
}

// LooksLike is the kind of information of the catalogue that a document looks like, with the counts that say so.
type LooksLike struct {
	Type    string           `json:"type"`
	Counts  map[string]int64 `json:"counts"`
	Words   []string         `json:"words,omitempty"`
	Objects int              `json:"-"`
}

// Object is a file, or a table or a range of its rows.
type Object struct {
	ID    ids.ID[Object]
	Place ids.ID[Place]
	// Path is what it is called, and Told how that is told.
	Path, Told string
	Size       int64
	// Changed is when the file was changed, and Content a keyed hash of it.
	Changed int64
	Content string
	Rules   string
	// Again says that it may have changed while it was read.
	Again      bool
	Read, Lost int64
	Skips      []Skip
	SkipCount  int64
	LooksLike  *LooksLike
	Sample     *Sample
	key        string
	place      string
}

// Skip is something that was not read.
type Skip struct {
	Member string `json:"m,omitempty"`
	From   int64  `json:"f"`
	To     int64  `json:"t"`
	Reason string `json:"r"`
}

// Sample is how many rows of a table were read.
type Sample struct {
	Rows int64   `json:"rows"`
	Read int64   `json:"read"`
	Full bool    `json:"full"`
	Miss float64 `json:"miss"`
}

// Suspected is the job that follows when somebody says that a place may be a personal data incident: a later capability begins
// the incident. It names the place as its origin, and when the organisation came to know.
type Suspected struct {
	Organisation access.OrganisationID `json:"organisation"`
	Place        ids.ID[Place]         `json:"place"`
	// By is who said so, and Known when.
	By    string    `json:"by"`
	Known time.Time `json:"known"`
}

// Kind names the job.
func (Suspected) Kind() string { return "finding.suspected" }

// incidentHours is how long there is from the hour that the organisation came to know until an incident must have been reported, if it is
// one (GDPR, article 33).
const incidentHours = 72

// ReportBy is when the time to report ends, counted from when the place was said to be a possible incident.
func (p *Place) ReportBy(known time.Time) time.Time { return known.Add(incidentHours * time.Hour) }
