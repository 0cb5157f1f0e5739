// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
)

// PartTask names the links that let a colleague at the supplier answer one topic of a sheet.
const PartTask = "procurement.part"

// SheetKind is what a sheet of answers is.
type SheetKind string

// The kinds of sheets that somebody without an account answers.
const (
	SheetRequest SheetKind = "request" // a system's requirements, asked of its supplier or of an own unit
	SheetBid     SheetKind = "bid"     // what one bidder answers
	SheetPart    SheetKind = "part"    // one topic of either, for a colleague
)

// Seat is a sheet as a link names it.
type Seat struct {
	Kind SheetKind
	ID   string
}

// mostParts is how many colleagues can be asked to answer a part of one sheet: each is a letter that we send on somebody else's word.
const mostParts = 10

var (
	// ErrParts says that enough colleagues have been asked.
	ErrParts = errors.New("enough colleagues have been asked to answer a part")
	// ErrTopic says that the sheet has no such topic.
	ErrTopic = errors.New("there is no such topic to answer")
)

// Part is a topic of a sheet that a colleague of whoever was asked answers.
type Part struct {
	ID    ids.ID[Part]
	Topic string
	Link  ids.ID[link.Link]
	// Asked is the address with most of the name left out.
	Asked   string
	At      time.Time
	Expires time.Time
	// Done is when the colleague said that it is done; zero while they have not.
	Done time.Time
}

// Posed is what somebody without an account is shown: the requirements, and what they themselves have answered.
type Posed struct {
	// Sheet is whose answers they are, also when a colleague has opened a part of it.
	Sheet Seat
	Form  Form
	Link  ids.ID[link.Link]
	// Only is the topic that a colleague answers; empty for whoever was asked.
	Only string
	// Organisation asks, and System is what it is about.
	Organisation, System string
	Until                time.Time
	Rows                 []PosedRow
	// Total is how many there are, Answered how many have an answer.
	Total, Answered int
	// Weighed says that the weights of a tender are frozen, so that a bidder is told them.
	Weighed bool
	// Parts are the topics that colleagues answer.
	Parts []Part
	// Sharable says that whoever was asked may let the answers be shared with other organisations on the installation, and Shares that they have.
	Sharable, Shares bool

	at     place
	part   ids.ID[Part]
	domain string
}

// PosedRow is one requirement with the supplier's own answer.
type PosedRow struct {
	ID           string
	Version      int
	Must, Own    bool
	Topic        string
	TopicName    catalogue.Text
	Text, Verify catalogue.Text
	Reply        Reply
	// Weight is what a requirement that should be met weighs when bids are compared, as it was frozen; noWeight when there is none.
	Weight int
	Files  []Attached
	// Earlier is what the same supplier has answered before, to be confirmed; nil when there is nothing, or an answer already.
	Earlier *Earlier
}

// Earlier is an answer that the same supplier has sent before.
type Earlier struct {
	Reply
	// System is what it was about; empty when another organisation asked.
	System string
}

// ownTopic is where the organisation's own requirements stand.
const ownTopic = "egna"

// askedRow is a row of the annex as it is asked.
func askedRow(r *Row, form Form) PosedRow {
	out := PosedRow{
		ID: r.ID, Version: r.Version, Must: r.Mandatory(), Topic: r.Topic.ID, TopicName: r.Topic.Name,
		Text: catalogue.Text{SV: r.Shall(catalogue.SV), EN: r.Shall(catalogue.EN)}, Verify: catalogue.Text{SV: r.Verify(catalogue.SV), EN: r.Verify(catalogue.EN)},
		Weight: noWeight,
	}
	if form == ToUnit {
		out.Text = catalogue.Text{SV: r.Is(catalogue.SV), EN: r.Is(catalogue.EN)}
	}
	return out
}

// askedOwn is a requirement of the organisation's own as it is asked.
func askedOwn(o *Own) PosedRow {
	return PosedRow{
		ID: o.ID.String(), Version: 1, Must: o.Must, Own: true, Topic: ownTopic,
		Text: catalogue.Text{SV: o.Text, EN: o.Text}, Verify: catalogue.Text{SV: o.Verify, EN: o.Verify}, Weight: noWeight,
	}
}

// count keeps the rows of the only topic, if there is one, and counts what is answered.
func (p *Posed) count() {
	rows := p.Rows
	p.Rows, p.Total, p.Answered = nil, 0, 0
	for i := range rows {
		if p.Only != "" && rows[i].Topic != p.Only {
			continue
		}
		p.Rows = append(p.Rows, rows[i])
		if p.Total++; rows[i].Reply.Status != "" {
			p.Answered++
		}
	}
}

// row finds a requirement that is asked.
func (p *Posed) row(id string) (*PosedRow, bool) {
	for i := range p.Rows {
		if p.Rows[i].ID == id {
			return &p.Rows[i], true
		}
	}
	return nil, false
}

// holds reports whether the actor is whoever uses the link.
func holds(a access.Actor, id ids.ID[link.Link]) bool { return a.ID == "link:"+id.String() }

// deviates reports whether an answer says that a requirement is not met, or only partly.
func deviates(s requirement.Status) bool { return s == requirement.NotMet || s == requirement.Partly }
