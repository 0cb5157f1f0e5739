// SPDX-License-Identifier: EUPL-1.2

package workshop

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/system"
)

// Service has the use cases of workshops.
type Service struct {
	DB    *db.DB
	Risks *risk.Service
	Door  *Door
}

// List reads the workshops within reach, the newest first.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Listed, error) {
	if err := access.Check(actor, "workshop.List"); err != nil {
		return nil, err
	}
	var out []Listed
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = all(ctx, tx, access.ReachOf(actor, "workshop.List"))
		return err
	})
	return out, err
}

// Plan reads what a workshop about a system can weigh: the system's risks, and scenarios that nobody has weighed for it.
func (s *Service) Plan(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer) (risk.View, error) {
	if err := access.Check(actor, "workshop.Plan"); err != nil {
		return risk.View{}, err
	}
	var v risk.View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "workshop.Plan", ref)
		if err != nil {
			return err
		}
		o, err := s.Risks.OneIn(ctx, tx, actor, risk.Wanted{Action: "workshop.Plan", Ref: sys.ID.String(), Texts: l})
		v = o.View
		return err
	})
	if err != nil {
		return risk.View{}, fmt.Errorf("plan workshop: %w", err)
	}
	return v, nil
}

// New is a workshop to be held.
type New struct {
	Name string
	// Risks and Threats are what is weighed, in this order.
	Risks   []ids.ID[risk.Risk]
	Threats []string
}

// Start opens a workshop about a system, with a code that lets participants in.
func (s *Service) Start(ctx context.Context, actor access.Actor, ref string, n New, l *locale.Localizer) (Workshop, error) {
	if err := access.Check(actor, "workshop.Start"); err != nil {
		return Workshop{}, err
	}
	n.Name = oneLine(n.Name)
	if n.Name == "" || utf8.RuneCountInString(n.Name) > 2*maxName {
		return Workshop{}, ErrName
	}
	if k := len(n.Risks) + len(n.Threats); k == 0 || k > maxScenarios {
		return Workshop{}, ErrScenarios
	}
	w := Workshop{ID: ids.New[Workshop](), Name: n.Name, secret: drawSecret(), CreatedBy: actor.ID}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "workshop.Start", ref)
		if err != nil {
			return err
		}
		w.System, w.CreatedAt, w.Expires = sys.ID, tx.Now, tx.Limit.Add(life)
		if err := forgetCodes(ctx, tx); err != nil {
			return err
		}
		w.Code = s.Door.show(&w, tx.Limit)
		if err := insert(ctx, tx, &w); err != nil {
			return err
		}
		list, err := s.chosen(ctx, tx, actor, &w, n, l)
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Position = i + 1
			if err := insertScenario(ctx, tx, w.ID, &list[i]); err != nil {
				return err
			}
		}
		return note(ctx, tx, actor, &w, audit.Entry{Action: "workshop.Start", Data: map[string]any{"workshop": w.ID, "scenarios": len(list)}})
	})
	if err != nil {
		return Workshop{}, fmt.Errorf("start workshop: %w", err)
	}
	return w, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// note writes an entry of the log about the workshop's system.
func note(ctx context.Context, tx *db.Tx, actor access.Actor, w *Workshop, e audit.Entry) error {
	e.ObjectKind, e.ObjectID = "system", w.System.String()
	return audit.Append(ctx, tx, actor, e)
}

// chosen makes scenarios of the risks and the threats that were chosen.
func (s *Service) chosen(ctx context.Context, tx *db.Tx, actor access.Actor, w *Workshop, n New, l *locale.Localizer) ([]Scenario, error) {
	var out []Scenario
	for _, id := range n.Risks {
		o, err := s.Risks.OneIn(ctx, tx, actor, risk.Wanted{Action: "workshop.Start", Ref: w.System.String(), ID: id, Texts: l})
		if err != nil {
			return nil, err
		}
		out = append(out, scenarioOf(&o))
	}
	for _, id := range n.Threats {
		o, err := s.Risks.OneIn(ctx, tx, actor, risk.Wanted{Action: "workshop.Start", Ref: w.System.String(), Threat: id, Texts: l})
		if err != nil {
			return nil, err
		}
		out = append(out, scenarioOf(&o))
	}
	return out, nil
}

// scenarioOf makes a scenario of a risk, or of one that is to be made from a threat.
func scenarioOf(o *risk.One) Scenario {
	r := &o.Risk
	s := Scenario{ID: ids.New[Scenario](), Risk: r.ID, Threat: r.ThreatID, Name: r.Name, Cause: r.Cause, Event: r.Event, Stage: Waiting}
	if o.Threat != nil {
		s.Aspects = slices.Clone(o.Threat.Aspects)
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		weighed := slices.ContainsFunc(r.Impacts[a][:], func(step catalogue.Step) bool { return step != catalogue.Unset })
		if weighed && !slices.Contains(s.Aspects, a) {
			s.Aspects = append(s.Aspects, a)
		}
	}
	if len(s.Aspects) == 0 {
		s.Aspects = []catalogue.Aspect{catalogue.Confidentiality}
	}
	return s
}

// View is a workshop as whoever leads it sees it.
type View struct {
	Workshop  Workshop
	Ongoing   bool
	System    system.System
	People    []Participant
	Scenarios []Scenario
	// Current is what is on the screen, nil before the first, with the risk that it is about; Voted is how many have voted on it.
	Current *Scenario
	One     risk.One
	Voted   int
	// Tallies are how the votes of each round fell, by scenario. There are none of a scenario whose votes are still hidden.
	Tallies map[ids.ID[Scenario]][]Tally
}

// Open reads a workshop with everything but the votes that are still hidden.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ids.ID[Workshop], l *locale.Localizer) (View, error) {
	if err := access.Check(actor, "workshop.Open"); err != nil {
		return View{}, err
	}
	var v View
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		w, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		v, err = s.view(ctx, tx, actor, w, "workshop.Open")
		if err != nil {
			return err
		}
		for i := range v.Scenarios {
			if err := v.tally(ctx, tx, s.Risks.Scale, &v.Scenarios[i]); err != nil {
				return err
			}
		}
		if v.Current == nil {
			return s.stopped(ctx, tx, actor, &v, l)
		}
		v.One, err = s.Risks.OneIn(ctx, tx, actor, risk.Wanted{Action: "workshop.Open", Ref: w.System.String(), ID: v.Current.Risk, Threat: v.Current.fresh(), Texts: l})
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("open workshop: %w", err)
	}
	return v, nil
}

// fresh is the threat that a risk is to be made from; empty when there is a risk already.
func (c *Scenario) fresh() string {
	if c.Risk != "" {
		return ""
	}
	return c.Threat
}

// stopped refuses the workshop of a system whose classification was stopped meanwhile.
func (s *Service) stopped(ctx context.Context, tx *db.Tx, actor access.Actor, v *View, l *locale.Localizer) (err error) {
	v.One, err = s.Risks.OneIn(ctx, tx, actor, risk.Wanted{Action: "workshop.Open", Ref: v.System.ID.String(), Texts: l})
	return err
}

// view reads a workshop that has been read, for an actor who may do the action to its system.
func (s *Service) view(ctx context.Context, tx *db.Tx, actor access.Actor, w Workshop, action string) (View, error) {
	w.Code = s.Door.show(&w, tx.Limit)
	v := View{Workshop: w, Ongoing: w.Open(tx.Limit), Tallies: map[ids.ID[Scenario]][]Tally{}}
	var err error
	if v.System, err = system.Within(ctx, tx, actor, action, w.System.String()); err != nil {
		return View{}, err
	}
	if v.People, err = participants(ctx, tx, w.ID); err != nil {
		return View{}, err
	}
	if v.Scenarios, err = scenarios(ctx, tx, w.ID); err != nil {
		return View{}, err
	}
	if i := v.at(w.Current); i >= 0 {
		v.Current = &v.Scenarios[i]
		v.Voted, err = votes(ctx, tx, v.Current)
	}
	return v, err
}

// at is where a scenario stands; below zero when the workshop has none such.
func (v *View) at(id ids.ID[Scenario]) int {
	return slices.IndexFunc(v.Scenarios, func(s Scenario) bool { return s.ID == id })
}

// tally counts the votes of a scenario, round by round, when they are shown. Those of a round that is still being voted in are not read.
func (v *View) tally(ctx context.Context, tx *db.Tx, scale *risk.Scale, s *Scenario) error {
	last := s.Round
	if s.Stage == Voting {
		last--
	}
	if last < 1 {
		return nil
	}
	list, err := ballots(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	for round := 1; round <= last; round++ {
		var cast []Ballot
		for i := range list {
			if list[i].round == round {
				cast = append(cast, list[i].Ballot)
			}
		}
		v.Tallies[s.ID] = append(v.Tallies[s.ID], Count(scale, round, cast))
	}
	return nil
}

// Pulse is how far a workshop has come, for a screen that keeps up: how many there are and have voted, and nothing of what they think.
type Pulse struct {
	Ongoing       bool
	Current       ids.ID[Scenario]
	Stage         Stage
	Round         int
	People, Voted int
	// Code is what stands on the screen, for those who may lead the workshop.
	Code string
}

// Watch reads how far a workshop has come.
func (s *Service) Watch(ctx context.Context, actor access.Actor, id ids.ID[Workshop]) (Pulse, error) {
	if err := access.Check(actor, "workshop.Watch"); err != nil {
		return Pulse{}, err
	}
	var p Pulse
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		v, err := s.view(ctx, tx, actor, w, "workshop.Watch")
		if err != nil {
			return err
		}
		p = v.Pulse()
		if access.AllowedAt(actor, "workshop.Decide", v.System.UnitID) {
			p.Code = v.Workshop.Code
		}
		return nil
	})
	if err != nil {
		return Pulse{}, fmt.Errorf("watch workshop: %w", err)
	}
	return p, nil
}

// Pulse tells how far the workshop has come.
func (v *View) Pulse() Pulse {
	p := Pulse{Ongoing: v.Ongoing, People: len(v.People), Voted: v.Voted}
	if v.Current != nil {
		p.Current, p.Stage, p.Round = v.Current.ID, v.Current.Stage, v.Current.Round
	}
	return p
}

// Own is a scenario that the workshop thought of itself.
type Own struct {
	Name, Cause, Event string
	Aspects            []catalogue.Aspect
}

// AddScenario adds a scenario of the workshop's own.
func (s *Service) AddScenario(ctx context.Context, actor access.Actor, id ids.ID[Workshop], o Own) error {
	if err := access.Check(actor, "workshop.AddScenario"); err != nil {
		return err
	}
	o.Name = oneLine(o.Name)
	switch {
	case o.Name == "" || utf8.RuneCountInString(o.Name) > 3*maxName:
		return ErrName
	case len(o.Aspects) == 0 || utf8.RuneCountInString(o.Cause) > maxText || utf8.RuneCountInString(o.Event) > maxText:
		return ErrValue
	}
	return s.change(ctx, actor, "workshop.AddScenario", id, func(tx *db.Tx, v *View) (map[string]any, error) {
		if len(v.Scenarios) >= maxScenarios {
			return nil, ErrScenarios
		}
		c := Scenario{ID: ids.New[Scenario](), Position: len(v.Scenarios) + 1, Name: o.Name, Cause: o.Cause, Event: o.Event, Aspects: o.Aspects}
		return map[string]any{"scenario": c.ID}, insertScenario(ctx, tx, v.Workshop.ID, &c)
	})
}

// change does something to a workshop that is open, and logs it.
func (s *Service) change(ctx context.Context, actor access.Actor, action string, id ids.ID[Workshop], fn func(*db.Tx, *View) (map[string]any, error)) error {
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := hold(ctx, tx, id)
		if err != nil {
			return err
		}
		v, err := s.view(ctx, tx, actor, w, action)
		if err != nil {
			return err
		}
		if !v.Ongoing {
			return ErrGone
		}
		data, err := fn(tx, &v)
		if err != nil {
			return err
		}
		data["workshop"] = w.ID
		return note(ctx, tx, actor, &w, audit.Entry{Action: action, Data: data})
	})
	if err != nil {
		return fmt.Errorf("change workshop: %w", err)
	}
	return nil
}

// turn changes one scenario of a workshop that is open.
func (s *Service) turn(ctx context.Context, actor access.Actor, action string, at Item, fn func(*db.Tx, *View, *Scenario) error) error {
	return s.change(ctx, actor, action, at.Workshop, func(tx *db.Tx, v *View) (map[string]any, error) {
		i := v.at(at.Scenario)
		if i < 0 {
			return nil, fmt.Errorf("scenario %q: %w", at.Scenario, db.ErrNotFound)
		}
		c := &v.Scenarios[i]
		if err := fn(tx, v, c); err != nil {
			return nil, err
		}
		return map[string]any{"scenario": c.ID, "round": c.Round, "risk": c.Risk}, saveStage(ctx, tx, c)
	})
}

// Item names a scenario of a workshop.
type Item struct {
	Workshop ids.ID[Workshop]
	Scenario ids.ID[Scenario]
}

// Ask puts a scenario on the screen and asks for votes: the first, or another round after the room has talked.
func (s *Service) Ask(ctx context.Context, actor access.Actor, at Item) error {
	if err := access.Check(actor, "workshop.Ask"); err != nil {
		return err
	}
	return s.turn(ctx, actor, "workshop.Ask", at, func(tx *db.Tx, v *View, c *Scenario) error {
		if v.Current != nil && v.Current.ID != c.ID && v.Current.Stage == Voting {
			return ErrState // the room votes on one thing at a time
		}
		if c.Stage != Voting {
			c.Stage = Voting
			c.Round++
		}
		return setCurrent(ctx, tx, v.Workshop.ID, c.ID)
	})
}

// Reveal shows the votes of the scenario on the screen. From then on the round takes no more.
func (s *Service) Reveal(ctx context.Context, actor access.Actor, at Item) error {
	if err := access.Check(actor, "workshop.Reveal"); err != nil {
		return err
	}
	return s.turn(ctx, actor, "workshop.Reveal", at, func(_ *db.Tx, _ *View, c *Scenario) error {
		if c.Stage != Voting {
			return ErrState
		}
		c.Stage = Shown
		return nil
	})
}

// Decide makes what the room decided the assessment of the risk. It is only done when the votes have been shown.
func (s *Service) Decide(ctx context.Context, actor access.Actor, at Item, d Decision, l *locale.Localizer) error {
	if err := access.Check(actor, "workshop.Decide"); err != nil {
		return err
	}
	d.Motive = strings.TrimSpace(d.Motive)
	if err := d.Check(s.Risks.Scale); err != nil {
		return err
	}
	return s.turn(ctx, actor, "workshop.Decide", at, func(tx *db.Tx, v *View, c *Scenario) error {
		if c.Stage != Shown && c.Stage != Decided {
			return ErrState
		}
		ref := v.System.ID.String()
		o, err := s.Risks.OneIn(ctx, tx, actor, risk.Wanted{Action: "workshop.Decide", Ref: ref, ID: c.Risk, Threat: c.fresh(), Texts: l})
		if err != nil {
			return err
		}
		r := o.Risk
		if r.Name == "" {
			r.Name, r.Cause, r.Event = c.Name, c.Cause, c.Event
		}
		d.apply(&r, c.Aspects, &o.Classified)
		if r, err = s.Risks.SaveIn(ctx, tx, actor, risk.Weighing{Action: "workshop.Decide", Ref: ref, Risk: r, Texts: l}); err != nil {
			return err
		}
		c.Risk, c.Stage, c.Decision, c.DecidedBy, c.DecidedAt = r.ID, Decided, d, actor.ID, tx.Now
		return nil
	})
}

// Close ends a workshop: its code and its seats are worth nothing any more.
func (s *Service) Close(ctx context.Context, actor access.Actor, id ids.ID[Workshop]) error {
	if err := access.Check(actor, "workshop.Close"); err != nil {
		return err
	}
	return s.change(ctx, actor, "workshop.Close", id, func(tx *db.Tx, v *View) (map[string]any, error) {
		return map[string]any{"participants": len(v.People)}, shut(ctx, tx, v.Workshop.ID)
	})
}

// Join takes a seat in a workshop that is open, under a name that the participant has chosen. The secret that it gives is the browser's.
func (s *Service) Join(ctx context.Context, actor access.Actor, seat Seat, name string) (secret string, err error) {
	if err := access.Check(actor, "workshop.Join"); err != nil {
		return "", err
	}
	name = oneLine(name)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return "", ErrName
	}
	secret = rand.Text()
	err = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := hold(ctx, tx, seat.Workshop)
		if err != nil {
			return err
		}
		if err := seats(ctx, tx, &w); err != nil {
			return err
		}
		people, err := participants(ctx, tx, w.ID)
		switch {
		case err != nil:
			return err
		case len(people) >= MaxSeats:
			return ErrFull
		case slices.ContainsFunc(people, func(p Participant) bool { return locale.Fold(p.Name) == locale.Fold(name) }):
			return ErrTaken
		}
		if err := insertParticipant(ctx, tx, &seat, name, secretHash(secret)); err != nil {
			return err
		}
		return note(ctx, tx, actor, &w, audit.Entry{Action: "workshop.Join", Data: map[string]any{"workshop": w.ID}})
	})
	if err != nil {
		return "", fmt.Errorf("take seat: %w", err)
	}
	return secret, nil
}

// Poll is what a participant sees: the scenario that is on the screen, and their own vote on it.
type Poll struct {
	Workshop string
	// Scenario is nil when there is nothing to vote on yet.
	Scenario *Scenario
	Own      Ballot
	Voted    bool
}

// Poll reads what a participant is asked. ErrGone says that the workshop is over.
func (s *Service) Poll(ctx context.Context, actor access.Actor, seat Seat) (Poll, error) {
	if err := access.Check(actor, "workshop.Poll"); err != nil {
		return Poll{}, err
	}
	var p Poll
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := get(ctx, tx, seat.Workshop)
		if err != nil {
			return err
		}
		if err := seats(ctx, tx, &w); err != nil {
			return err
		}
		p.Workshop = w.Name
		if p.Scenario, err = current(ctx, tx, &w); err != nil || p.Scenario == nil {
			return err
		}
		p.Own, p.Voted, err = ownVote(ctx, tx, &seat, p.Scenario)
		return err
	})
	if err != nil {
		return Poll{}, fmt.Errorf("read what is asked: %w", err)
	}
	return p, nil
}

// seats says whether those who take part may see anything: the workshop goes on, and nobody has stopped the system's classification meanwhile.
func seats(ctx context.Context, tx *db.Tx, w *Workshop) error {
	if !w.Open(tx.Limit) {
		return ErrGone
	}
	states, err := classification.States(ctx, tx, tx.Scope, []ids.ID[system.System]{w.System})
	if err != nil {
		return err
	}
	state := states[w.System]
	if c := state.Effective(); c != nil && c.Status == classification.Stopped {
		return ErrGone
	}
	return nil
}

// current reads the scenario on the screen, without what was decided about it; nil when there is none.
func current(ctx context.Context, tx *db.Tx, w *Workshop) (*Scenario, error) {
	list, err := scenarios(ctx, tx, w.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(s Scenario) bool { return s.ID == w.Current })
	if i < 0 {
		return nil, nil //nolint:nilnil // nothing is asked yet, and that is no fault
	}
	list[i].Decision = Decision{}
	return &list[i], nil
}

// Vote casts a participant's vote on the scenario that is on the screen, over the one that they have cast before in the round. ErrState says
// that the votes have been shown, or that the screen shows another scenario by now.
func (s *Service) Vote(ctx context.Context, actor access.Actor, seat Seat, on ids.ID[Scenario], b Ballot) error {
	if err := access.Check(actor, "workshop.Vote"); err != nil {
		return err
	}
	if err := b.Check(s.Risks.Scale); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		w, err := hold(ctx, tx, seat.Workshop)
		if err != nil {
			return err
		}
		if err := seats(ctx, tx, &w); err != nil {
			return err
		}
		c, err := current(ctx, tx, &w)
		if err != nil {
			return err
		}
		if c == nil || c.ID != on || c.Stage != Voting {
			return ErrState
		}
		if err := saveVote(ctx, tx, &seat, c, &b); err != nil {
			return err
		}
		return note(ctx, tx, actor, &w, audit.Entry{Action: "workshop.Vote", Data: map[string]any{"workshop": w.ID, "scenario": c.ID, "round": c.Round}})
	})
	if err != nil {
		return fmt.Errorf("vote: %w", err)
	}
	return nil
}
