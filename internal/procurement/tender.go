// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
)

// BidTask names the links that let a bidder answer the requirements of a tender.
const BidTask = "procurement.bid"

// Limits of a tender.
const (
	// mostBids is how many bidders can be asked.
	mostBids = 50
	// MaxWeight is the heaviest that something which should be met can weigh, and usualWeight what it weighs when nobody has said.
	MaxWeight, usualWeight = 100, 10
	maxBidder              = 200
)

var (
	// ErrTender says that a purchase has a tender already, or one that keeps it from being removed.
	ErrTender = errors.New("the purchase has a tender")
	// ErrBidder says that a bidder has no name, or that there is one of the name.
	ErrBidder = errors.New("a bidder needs a name of its own")
	// ErrBids says that enough bidders have been asked.
	ErrBids = errors.New("enough bidders have been asked")
	// ErrWeight says that a weight is outside what it can be.
	ErrWeight = errors.New("a weight is a whole number from 0 to 100")
	// ErrFrozen says that the weights have been frozen.
	ErrFrozen = errors.New("the weights are frozen")
	// ErrNotFrozen says that they have not been, and must be.
	ErrNotFrozen = errors.New("the weights must be frozen before any answer is opened")
	// ErrSealed says that the answers are sealed: the last day to answer has not passed, or nobody has opened them.
	ErrSealed = errors.New("the answers are sealed until the last day to answer has passed and they are opened")
	// ErrOpened says that the answers have been opened, after which nobody more is asked.
	ErrOpened = errors.New("the answers have been opened")
	// ErrSecond says that somebody else must open the answers too.
	ErrSecond = errors.New("the answers are opened by two: somebody else who may must open them too")
	// ErrWinner says that the bid cannot win: it was not sent, or another has won.
	ErrWinner = errors.New("the bid cannot win")
)

// Tender is a planned purchase's annex sent to bidders (Swedish: upphandling med anbudsgivare). The answers are no weakness of a system: there
// is no system yet.
type Tender struct {
	ID       ids.ID[Tender]
	Purchase ids.ID[Purchase]
	// Number and Hash are the annex's version, Lines what it asks.
	Number int
	Hash   string
	Lines  []Line
	// Deadline is when the answers can no longer be sent, and from when they can be opened.
	Deadline time.Time
	// Weights are what each requirement that should be met weighs.
	Weights map[string]int
	// Frozen is when the weights were, and Opened when the answers were; zero while they have not been.
	Frozen, Opened time.Time
	FrozenBy       string
	OpenedBy       string
	// OpeningBy is who has asked at Opening to open the answers, and waits for somebody else; OpenedWith is whoever that was when they were
	// opened. Both are empty where only one person may open them.
	OpeningBy, OpenedWith string
	Opening               time.Time
	// Winner is the bid that won; empty until one has. Starts is when its contract begins.
	Winner ids.ID[Bid]
	Starts civil.Date
	By     string
	At     time.Time
}

// Bid is what one bidder is asked (Swedish: anbud).
type Bid struct {
	ID     ids.ID[Bid]
	Tender ids.ID[Tender]
	Name   string
	Link   ids.ID[link.Link]
	// Asked is the address with most of the name left out.
	Asked   string
	By      string
	At      time.Time
	Expires time.Time
	// Finished is when the bidder sent the answers; zero while they have not.
	Finished time.Time
}

// Invite is a bidder to be asked. Continue is one who is sent a new link, and goes on with the answers so far.
type Invite struct {
	Name, To, Lang string
	Continue       ids.ID[Bid]
}

// opener tells with whom somebody opens the answers, when able are those who may. Where nobody else may, it is done alone. Who is the first
// waits for a second; ErrSecond says that the first cannot be both.
func (t *Tender) opener(actor access.Actor, able []string) (with string, waits bool, err error) {
	others := slices.ContainsFunc(able, func(id string) bool { return id != actor.ID })
	switch {
	case !others:
		return "", false, nil
	case actor.Emergency: // nobody knows who that is
		return "", false, ErrSecond
	case t.OpeningBy != actor.ID && slices.Contains(able, t.OpeningBy):
		return t.OpeningBy, false, nil
	case t.OpeningBy == actor.ID:
		return "", false, ErrSecond
	}
	return "", true, nil
}

// weigh takes in weights: only those of requirements that should be met, each within its limits.
func (t *Tender) weigh(given map[string]int) error {
	next := maps.Clone(t.Weights)
	for id, n := range given {
		if _, ok := next[id]; !ok {
			return ErrUnknown
		}
		if n < 0 || n > MaxWeight {
			return ErrWeight
		}
		next[id] = n
	}
	t.Weights = next
	return nil
}

// weights are what the requirements that should be met weigh to begin with.
func weights(lines []Line) map[string]int {
	out := map[string]int{}
	for i := range lines {
		if !lines[i].Must {
			out[lines[i].ID] = usualWeight
		}
	}
	return out
}

// Held is how an answer stands to a requirement of a tender.
type Held string

// How an answer stands. Later is what a bidder will meet after the last day to answer; it is told, and is not met.
const (
	HeldMet        Held = "met"
	HeldPartly     Held = "partly"
	HeldLater      Held = "later"
	HeldNot        Held = "not-met"
	HeldNone       Held = "not-applicable"
	HeldUnanswered Held = "unanswered"
)

// held tells how an answer stands on the last day to answer.
func (r *Reply) held(deadline civil.Date) Held {
	switch {
	case r.Status == requirement.Met && deadline.Before(r.From):
		return HeldLater
	case r.Status == requirement.Met:
		return HeldMet
	case r.Status == requirement.Partly:
		return HeldPartly
	case r.Status == requirement.NotMet:
		return HeldNot
	case r.Status == requirement.NotApplicable:
		return HeldNone
	}
	return HeldUnanswered
}

// halves is what an answer gives of a weight, in halves: all when it is met, half when partly or later, else nothing.
func (h Held) halves() int {
	switch h {
	case HeldMet:
		return 2
	case HeldPartly, HeldLater:
		return 1
	}
	return 0
}

// Score is how one bid stands.
type Score struct {
	Bid
	// Met, Short and Missing count the requirements that shall be met: met, answered otherwise, and not answered.
	Met, Short, Missing int
	// Points are what the requirements that should be met give.
	Points float64
}

// Passes reports whether everything that shall be met is.
func (s *Score) Passes() bool { return s.Short == 0 && s.Missing == 0 }

// Cell is one bid's answer to one requirement.
type Cell struct {
	Reply
	Held   Held
	Points float64
	Files  []Attached
}

// ComparedLine is one requirement with every bid's answer, in the bids' order.
type ComparedLine struct {
	Line
	Weight int
	Cells  []Cell
}

// Comparison is the bids of a tender beside each other (Swedish: jämförelse av anbud). Bids that were not sent are not in it.
type Comparison struct {
	Scores []Score
	Lines  []ComparedLine
	// Shall is how many requirements shall be met, and Most how many points there are.
	Shall, Most int
}

// Held compares the bids of a tender. answers are by bid and requirement.
func (t *Tender) Held(bids []Bid, answers map[ids.ID[Bid]]map[string]Reply) Comparison {
	var out Comparison
	for i := range bids {
		if !bids[i].Finished.IsZero() {
			out.Scores = append(out.Scores, Score{Bid: bids[i]})
		}
	}
	day := lastDay(t.Deadline)
	for i := range t.Lines {
		line := ComparedLine{Line: t.Lines[i], Weight: t.Weights[t.Lines[i].ID]}
		if line.Must {
			out.Shall++
		} else {
			out.Most += line.Weight
		}
		for n := range out.Scores {
			s := &out.Scores[n]
			c := Cell{Reply: answers[s.ID][line.ID]}
			c.Held = c.held(day)
			switch {
			case !line.Must:
				c.Points = float64(line.Weight*c.Held.halves()) / 2
				s.Points += c.Points
			case c.Held == HeldMet:
				s.Met++
			case c.Held == HeldUnanswered:
				s.Missing++
			default:
				s.Short++
			}
			line.Cells = append(line.Cells, c)
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}

// noWeight stands for the weight of what has none, or none that is decided.
const noWeight = -1

// posedLine is a requirement of a tender as it is asked.
func posedLine(c *catalogue.Catalogue, l *Line) PosedRow {
	out := PosedRow{ID: l.ID, Version: l.Version, Must: l.Must, Own: l.Own, Topic: l.Topic, Text: l.Text, Verify: l.Verify, Weight: noWeight}
	if topic, ok := c.Topic(l.Topic); ok {
		out.TopicName = topic.Name
	} else {
		out.Topic = ownTopic
	}
	return out
}

// endOfDay is the moment that a day ends in Sweden.
func endOfDay(d civil.Date) time.Time {
	next := d.AddDays(1)
	t := next.Time().Add(-2 * time.Hour)
	for civil.Of(t).Before(next) {
		t = t.Add(time.Hour)
	}
	return t
}

// lastDay is the day that ends at a moment, or that it lies in.
func lastDay(until time.Time) civil.Date { return civil.Of(until.Add(-time.Millisecond)) }

// TenderView is a tender with what may be seen of it now.
type TenderView struct {
	Purchase Purchase
	// Tender is nil when there is none.
	Tender *Tender
	Bids   []Bid
	// Comparison is nil while the answers are sealed.
	Comparison *Comparison
	// Rows are what the annex would ask now, when there is no tender.
	Rows int
	// Past says that the last day to answer has passed, Mails that the organisation can send mail.
	Past, Mails bool
	// Two says that two people open the answers together, because more than one may.
	Two    bool
	Today  civil.Date
	People map[string]string
}

// named reports whether one of the bidders has a name.
func named(bids []Bid, name string, fold func(string) string) bool {
	for i := range bids {
		if fold(bids[i].Name) == fold(name) {
			return true
		}
	}
	return false
}
