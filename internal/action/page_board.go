// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// asBoard is the value of "visa" in the address that shows the board.
const asBoard = "tavla"

// boardPage is the plan of the whole organisation as a board.
type boardPage struct {
	web.Page
	Views       web.Tabs
	Owner, Unit web.Field
	Narrowed    bool
	Columns     []boardColumn
	Movable     bool
	Exports     []web.Link
	Empty       *web.Empty
}

// boardColumn is one column: what has come equally far.
type boardColumn struct {
	Name, Title string
	Total, Left int
	More        string
	Cards       []boardCard
}

// boardCard is one action as the board shows it.
type boardCard struct {
	actionRow
	ID      string
	Action  string // where the card's form is sent
	Version int64
	Level   web.KRTS
	Mark    string
	// Answer is how the requirement is answered, and Source how that is known. Open says that a card is done and its requirement is not met.
	Answer  web.Tag
	Source  web.Source
	Open    bool
	Movable bool
	Moves   []web.Option
}

// views are the two ways to see the actions.
func views(l *locale.Localizer, f Filter, board bool) web.Tabs {
	q := f.query()
	list := web.Tab{Label: l.T("action.page-as-list"), Href: address(q), Current: !board}
	q = Filter{Owner: f.Owner, Unit: f.Unit}.query()
	q.Set("visa", asBoard)
	return web.Tabs{Label: l.T("action.page-views"), Items: []web.Tab{list, {Label: l.T("action.page-as-board"), Href: address(q), Current: board}}}
}

func (p *Pages) board(c *web.Context) error { return p.renderBoard(c, nil) }

func (p *Pages) renderBoard(c *web.Context, faults []web.FieldError) error {
	b, err := p.Service.Board(c.Context(), c.Actor, filterOf(c))
	if err != nil {
		return err
	}
	f := b.Filter
	out := boardPage{
		Page:  web.Page{Title: c.L.T("action.page-title"), Active: "action", Errors: faults},
		Views: views(c.L, f, true), Owner: ownerField(c.L, &b.Listing), Unit: unitField(c.L, &b.Listing), Narrowed: f.Narrowed(),
	}
	back := Filter{Owner: f.Owner, Unit: f.Unit}.query()
	for _, column := range b.Columns {
		x := boardColumn{Name: statusNames[column.Status], Title: c.L.T("action.status-" + string(column.Status)), Total: column.Total}
		if x.Left = column.Total - len(column.Cards); x.Left > 0 {
			q := f.query()
			q.Set("status", x.Name)
			x.More = address(q)
		}
		for i := range column.Cards {
			card := p.card(c.L, &column.Cards[i], &b.Listing)
			card.Action = "/atgarder/" + card.ID + "/flytta"
			if len(back) > 0 {
				card.Action += "?" + back.Encode()
			}
			out.Movable = out.Movable || card.Movable
			x.Cards = append(x.Cards, card)
		}
		out.Columns = append(out.Columns, x)
	}
	if b.Total == 0 {
		out.Empty = emptyList(c.L, out.Narrowed, "/atgarder?visa="+asBoard)
	}
	if access.Allowed(c.Actor, "report.Write") {
		out.Exports = p.exports(c.L, "")
	}
	return c.Render(pages, "board.html", out)
}

// emptyList says why nothing is shown.
func emptyList(l *locale.Localizer, narrowed bool, all string) *web.Empty {
	if narrowed {
		return &web.Empty{
			Title: l.T("action.page-no-match"), Text: l.T("action.page-no-match-text"),
			Actions: []web.Link{{Label: l.T("action.page-show-all"), Href: all}},
		}
	}
	return &web.Empty{Title: l.T("action.page-none"), Text: l.T("action.page-none-text")}
}

func (p *Pages) card(l *locale.Localizer, x *Card, list *Listing) boardCard {
	out := boardCard{
		actionRow: p.row(l, &x.Listed, list), ID: x.ID.String(), Version: x.Version, Movable: x.Movable,
		Level: requirement.PageLevels(l, &x.Need.Need), Mark: requirement.PageMark(l, &x.Need),
		Source: requirement.PageSource(l, x.Answer),
	}
	status := x.Answer.Status
	if status == "" {
		status = requirement.Unanswered
	}
	out.Answer = requirement.PageStatus(l, status)
	out.Open = x.Status == Done && status != requirement.Met && status != requirement.NotApplicable
	for _, s := range Statuses {
		if s != x.Status {
			out.Moves = append(out.Moves, web.Option{Value: statusNames[s], Label: l.T("action.status-" + string(s))})
		}
	}
	return out
}

// boardAddress is the board as it was narrowed, at one of its cards.
func boardAddress(c *web.Context, id string) string {
	q := url.Values{"visa": {asBoard}}
	for _, name := range []string{"ansvarig", "forvaltning"} {
		if v := c.Query(name); v != "" {
			q.Set(name, v)
		}
	}
	return web.Local(address(q) + "#a-" + url.PathEscape(id))
}

// moveOf reads a move. A button of the message that offers to undo sends it in the address, a card in its form.
func moveOf(c *web.Context) (Move, error) {
	m := Move{Action: ids.ID[Action](c.Path("id"))}
	name, version := c.Form("status"), c.Form("version")
	if name == "" {
		name, version = c.Query("status"), c.Query("version")
	}
	for s, word := range statusNames {
		if word == name {
			m.To = s
		}
	}
	var err error
	if m.Version, err = strconv.ParseInt(version, 10, 64); err != nil || m.To == "" {
		return m, &web.Error{Status: http.StatusBadRequest, Err: errors.Join(err, ErrStatus)}
	}
	return m, nil
}

// move moves a card, and offers to move it back.
func (p *Pages) move(c *web.Context) error {
	m, err := moveOf(c)
	if err != nil {
		return err
	}
	undone := c.Query("angra") != ""
	moved, err := p.Service.Move(c.Context(), c.Actor, m)
	var clash *Clash
	switch {
	case errors.As(err, &clash):
		return p.clash(c, clash)
	case errors.Is(err, ErrOwner):
		return p.renderBoard(c, []web.FieldError{{Field: "m-" + m.Action.String(), Key: "action.page-fault-move-owner"}})
	case err != nil:
		return err
	}
	back := boardAddress(c, m.Action.String())
	if undone {
		return c.Redirect(back, "action.page-move-undone", "Status", c.L.T("action.status-"+string(m.To)))
	}
	q := url.Values{"status": {statusNames[moved.From]}, "version": {strconv.FormatInt(moved.Version, 10)}, "angra": {"1"}}
	for _, name := range []string{"ansvarig", "forvaltning"} {
		if v := c.Query(name); v != "" {
			q.Set(name, v)
		}
	}
	key := "action.page-moved"
	if m.To == Done {
		key = "action.page-moved-done"
	}
	offer := web.Offer{Key: "action.page-move-undo", Action: "/atgarder/" + url.PathEscape(m.Action.String()) + "/flytta?" + q.Encode()}
	return c.RedirectOffer(back, offer, key, "Status", c.L.T("action.status-"+string(m.To)))
}

// clashPage shows what somebody else saved beside where the reader wanted to move a card.
type clashPage struct {
	web.Page
	Who, Text, System    string
	Action, Back         string
	Status               string
	Version              int64
	Theirs, Mine         string
	Owner, Due, Requires string
	Gone                 bool
}

func (p *Pages) clash(c *web.Context, x *Clash) error {
	a := &x.Now
	r, ok := p.Service.Requirements.Engine.Catalogue.Requirement(a.Requirement)
	out := clashPage{
		Page: web.Page{
			Title: c.L.T("action.page-clash"), Active: "action", Status: http.StatusConflict,
			Crumbs: []web.Crumb{{Label: c.L.T("action.page-crumb"), Href: "/atgarder?visa=" + asBoard}, {Label: c.L.T("action.page-clash")}},
		},
		Text: a.Requirement, System: a.Name, Action: c.Request.URL.Path, Back: boardAddress(c, a.ID.String()), Status: statusNames[x.Wanted],
		Version: a.Version, Theirs: c.L.T("action.status-" + string(a.Status)), Mine: c.L.T("action.status-" + string(x.Wanted)),
		Owner: doer(c.L, a.OwnerRole, &a.Action), Due: c.L.T("action.page-no-date"), Gone: a.Obsolete,
	}
	if ok {
		out.Text = (&requirement.Applied{Requirement: r}).Is(catalogue.Lang(c.L.Lang))
	}
	if !a.DueOn.IsZero() {
		out.Due = c.L.Date(a.DueOn)
	}
	out.Who = c.L.T("action.page-clash-when", "At", c.L.Moment(a.Updated))
	if x.By != "" {
		out.Who = c.L.T("action.page-clash-who", "Name", x.By, "At", c.L.Moment(a.Updated))
	}
	return c.Render(pages, "clash.html", out)
}
