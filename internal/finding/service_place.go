// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Inbox is one page of places with what was found in them.
type Inbox struct {
	Filter
	Counts
	Places []Place
	// Sources are those that the list can be narrowed to, and Running how many are being searched.
	Sources []Source
	Running int
	// Systems are those that a place can belong to, for a choice.
	Systems []Named
	Today   civil.Date
}

// Inbox reads the places that pass a filter, the weightiest first.
func (s *Service) Inbox(ctx context.Context, actor access.Actor, f Filter) (Inbox, error) {
	if err := access.Check(actor, "finding.Inbox"); err != nil {
		return Inbox{}, err
	}
	f.Page = max(1, f.Page)
	out := Inbox{Filter: f}
	reach := access.ReachOf(actor, "finding.Inbox")
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Today = civil.Of(tx.Now)
		if out.Places, err = listPlaces(ctx, tx, actor.Organisation, reach, &f); err != nil {
			return err
		}
		newTeller(s.Rules).places(out.Places)
		if out.Counts, err = countPlaces(ctx, tx, actor.Organisation, reach, &f); err != nil {
			return err
		}
		if out.Sources, err = sources(ctx, tx, actor.Organisation, reach); err != nil {
			return err
		}
		all, err := running(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		for i := range all {
			if reach.Holds(all[i].Unit) {
				out.Running++
			}
		}
		out.Systems, err = system.Choices(ctx, tx, actor.Organisation, access.ReachOf(actor, "finding.Decide"), named)
		return err
	})
	if err != nil {
		return Inbox{}, fmt.Errorf("read findings: %w", err)
	}
	return out, nil
}

// Shown is a place with everything that is known of it.
type Shown struct {
	Place
	Held  []Held
	Total int
	Page  int
	// LooksLike are the kinds of information that its documents look like, and Names what they are called in the catalogue.
	LooksLike []LooksLike
	Rules     []Rule
	People    []organisation.Person
	Systems   []Named
	Register  []Contradiction
	Today     civil.Date
}

// Place reads one place.
func (s *Service) Place(ctx context.Context, actor access.Actor, id ids.ID[Place], page int) (Shown, error) {
	if err := access.Check(actor, "finding.Place"); err != nil {
		return Shown{}, err
	}
	out := Shown{Page: max(1, page)}
	org := actor.Organisation
	err := s.DB.Read(ctx, org, func(tx *db.Tx) (err error) {
		if out.Place, err = s.placeAt(ctx, tx, actor, "finding.Place", id); err != nil {
			return err
		}
		out.Today = civil.Of(tx.Now)
		if out.Held, out.Total, err = heldIn(ctx, tx, org, id, out.Page); err != nil {
			return err
		}
		if out.LooksLike, err = looksLike(ctx, tx, org, id); err != nil {
			return err
		}
		if out.People, err = organisation.Colleagues(ctx, tx, org); err != nil {
			return err
		}
		if out.Systems, err = system.Choices(ctx, tx, org, access.ReachOf(actor, "finding.Place"), named); err != nil {
			return err
		}
		rules, err := rulesOf(ctx, tx, org, out.SourceID, out.Today)
		for i := range rules {
			if rules[i].covers(out.path, "") || slices.ContainsFunc(rules[i].Detectors, func(d string) bool { return rules[i].covers(out.path, d) }) {
				out.Rules = append(out.Rules, rules[i])
			}
		}
		if err != nil {
			return err
		}
		tell := newTeller(s.Rules)
		tell.place(&out.Place)
		tell.held(out.Held)
		tell.rules(out.Rules)
		out.Register, err = s.against(ctx, tx, actor, &out.Place)
		return err
	})
	if err != nil {
		return Shown{}, fmt.Errorf("read place: %w", err)
	}
	return out, nil
}

// against compares a place with what the register says of the system that it belongs to, or else of the one that its source is of.
func (s *Service) against(ctx context.Context, tx *db.Tx, actor access.Actor, p *Place) ([]Contradiction, error) {
	id := p.System
	if id.IsZero() {
		src, err := sourceOf(ctx, tx, actor.Organisation, p.SourceID)
		if err != nil {
			return nil, err
		}
		id = src.System
	}
	if id.IsZero() {
		return nil, nil
	}
	sys, err := system.Get(ctx, tx, actor.Organisation, id.String())
	if err != nil {
		return nil, err
	}
	return Contradict(&sys, s.Catalogue, civil.Of(tx.Now), p.Tallies)
}

// placeAt reads a place that the actor may do the action to.
func (s *Service) placeAt(ctx context.Context, tx *db.Tx, actor access.Actor, action string, id ids.ID[Place]) (Place, error) {
	p, err := placeOf(ctx, tx, actor.Organisation, id)
	if err != nil {
		return Place{}, err
	}
	if err := at(actor, action, p.Unit); err != nil {
		return Place{}, err
	}
	return p, nil
}

// Chosen is a place as somebody saw it: a decision about one that has changed since is refused. A version of 0 takes it as it is.
type Chosen struct {
	ID      ids.ID[Place]
	Version int64
}

// Decide decides about one or more places.
func (s *Service) Decide(ctx context.Context, actor access.Actor, chosen []Chosen, d Decision) error {
	if err := access.Check(actor, "finding.Decide"); err != nil {
		return err
	}
	if len(chosen) == 0 || len(chosen) > MostAtOnce {
		return ErrNothing
	}
	d.Note, d.Name = strings.TrimSpace(d.Note), strings.TrimSpace(d.Name)
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		info, err := d.prepare(ctx, tx, actor)
		if err != nil {
			return err
		}
		for _, c := range chosen {
			p, err := s.placeAt(ctx, tx, actor, "finding.Decide", c.ID)
			if err != nil {
				return err
			}
			if c.Version > 0 && c.Version != p.Version {
				return db.ErrConflict
			}
			p.Information = info
			if err := s.decideOne(ctx, tx, actor, &p, &d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("decide about findings: %w", err)
	}
	return nil
}

// prepare checks a decision and what it names, and registers new information.
func (d *Decision) prepare(ctx context.Context, tx *db.Tx, actor access.Actor) (info ids.ID[information.Information], err error) {
	if err := d.Check(civil.Of(tx.Now)); err != nil {
		return "", err
	}
	if d.Outcome == OfSystem {
		sys, err := system.Within(ctx, tx, actor, "finding.Decide", d.System.String())
		if err != nil {
			return "", ErrSystem
		}
		d.System = sys.ID // it may have been named as in an address
	}
	if !d.Person.IsZero() {
		if err := personOf(ctx, tx, actor.Organisation, d.Person); err != nil {
			return "", err
		}
	}
	if d.Outcome == Information {
		return information.Save(ctx, tx, actor.Organisation, information.Information{Name: d.Name})
	}
	return "", nil
}

// decideOne decides about one place, with what follows from it.
func (s *Service) decideOne(ctx context.Context, tx *db.Tx, actor access.Actor, p *Place, d *Decision) error {
	org := actor.Organisation
	was := p.State
	p.State, p.Note, p.Decider, p.Decided = d.Outcome, d.Note, actor.ID, tx.Now
	p.decidedTotal, p.decidedKinds = p.Total, kinds(p.Tallies)
	p.System, p.Person, p.Due = "", "", civil.Date{}
	data := map[string]any{"outcome": d.Outcome, "was": was, "total": p.Total, "kinds": p.decidedKinds}
	switch d.Outcome {
	case OfSystem:
		p.System, data["system"] = d.System, d.System
	case Information:
		data["information"] = p.Information
	case ToDelete:
		src, err := sourceOf(ctx, tx, org, p.SourceID)
		if err != nil {
			return err
		}
		p.Person, p.Due = d.Person, d.Due
		if p.Person.IsZero() {
			p.Person = src.Owner
		}
		if p.Due.IsZero() {
			p.Due = civil.Of(tx.Now).AddDays(deleteWithin)
		}
		data["due_on"] = p.Due
	case Incident:
		if err := s.Jobs.Add(ctx, tx, Suspected{Organisation: org, Place: p.ID, By: actor.ID, Known: tx.Now}); err != nil {
			return err
		}
	}
	if d.Outcome != Information {
		p.Information = ""
	}
	if err := decide(ctx, tx, org, p); err != nil {
		return err
	}
	if d.Outcome == False {
		rule, err := s.makeRule(ctx, tx, actor, p, d)
		if err != nil {
			return err
		}
		data["rule"], data["ends_on"], data["below"], data["detectors"] = rule, d.Ends, d.Below, d.Detectors
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "finding.Decide", ObjectKind: "finding", ObjectID: p.ID.String(), Data: data})
}

// makeRule makes the rule of a false finding, and lets it hold for what has been found. A place where something else is left waits on.
func (s *Service) makeRule(ctx context.Context, tx *db.Tx, actor access.Actor, p *Place, d *Decision) (ids.ID[Rule], error) {
	org := actor.Organisation
	r := Rule{
		ID: ids.New[Rule](), SourceID: p.SourceID, PlaceID: p.ID, path: p.path, Detectors: d.Detectors, Below: d.Below, Reason: d.Note, By: actor.ID, Ends: d.Ends,
	}
	if err := insertRule(ctx, tx, org, &r); err != nil {
		return "", err
	}
	return r.ID, s.eachUnder(ctx, tx, org, &r, func(x *Place) error {
		return setRule(ctx, tx, org, x.ID, r.ID, "", r.Detectors)
	})
}

// eachUnder does something to every place that a rule holds for, and sums it up again.
func (s *Service) eachUnder(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Rule, do func(p *Place) error) error {
	places, err := placesOf(ctx, tx, org, r.SourceID)
	if err != nil {
		return err
	}
	any := ""
	if len(r.Detectors) > 0 {
		any = r.Detectors[0]
	}
	for i := range places {
		if !r.covers(places[i].path, any) {
			continue
		}
		if err := do(&places[i]); err != nil {
			return err
		}
		if err := settle(ctx, tx, org, places[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// endRule ends a rule: what it called false counts again, and its places wait for a decision.
func (s *Service) endRule(ctx context.Context, tx *db.Tx, actor access.Actor, r *Rule) error {
	org := actor.Organisation
	if err := setRuleEnded(ctx, tx, org, r.ID); err != nil {
		return err
	}
	err := s.eachUnder(ctx, tx, org, r, func(x *Place) error {
		if err := setRule(ctx, tx, org, x.ID, "", r.ID, nil); err != nil {
			return err
		}
		return reopen(ctx, tx, org, x.ID)
	})
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "finding.EndRule", ObjectKind: "finding", ObjectID: r.PlaceID.String(), Data: map[string]any{"rule": r.ID, "ends_on": r.Ends}})
}

// EndRule ends a rule for false findings before its day.
func (s *Service) EndRule(ctx context.Context, actor access.Actor, id ids.ID[Rule]) error {
	if err := access.Check(actor, "finding.EndRule"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := ruleOf(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if err := at(actor, "finding.EndRule", r.Unit); err != nil {
			return err
		}
		return s.endRule(ctx, tx, actor, &r)
	})
	if err != nil {
		return fmt.Errorf("end rule: %w", err)
	}
	return nil
}

// FalseRules reads the rules for false findings that stand.
func (s *Service) FalseRules(ctx context.Context, actor access.Actor) ([]Rule, error) {
	if err := access.Check(actor, "finding.FalseRules"); err != nil {
		return nil, err
	}
	reach := access.ReachOf(actor, "finding.FalseRules")
	var out []Rule
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := rulesOf(ctx, tx, actor.Organisation, "", civil.Of(tx.Now))
		for i := range all {
			if reach.Holds(all[i].Unit) {
				out = append(out, all[i])
			}
		}
		newTeller(s.Rules).rules(out)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return out, nil
}

// Dispute notes that somebody says that a place is not as it is told. It waits for a decision again.
func (s *Service) Dispute(ctx context.Context, actor access.Actor, id ids.ID[Place], why string) error {
	if err := access.Check(actor, "finding.Dispute"); err != nil {
		return err
	}
	if why = strings.TrimSpace(why); why == "" || len([]rune(why)) > maxNote {
		return ErrReason
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.placeAt(ctx, tx, actor, "finding.Dispute", id)
		if err != nil {
			return err
		}
		p.DisputedBy, p.Disputed, p.Dispute = actor.ID, tx.Now, why
		if err := setDispute(ctx, tx, actor.Organisation, &p); err != nil {
			return err
		}
		if err := reopen(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "finding.Dispute", ObjectKind: "finding", ObjectID: id.String(), Data: map[string]any{"state": p.State}})
	})
	if err != nil {
		return fmt.Errorf("dispute finding: %w", err)
	}
	return nil
}

// Give asks a colleague to look at a place. It is theirs among what they have to do until it is decided about.
func (s *Service) Give(ctx context.Context, actor access.Actor, id ids.ID[Place], to ids.ID[organisation.Person]) error {
	if err := access.Check(actor, "finding.Give"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.placeAt(ctx, tx, actor, "finding.Give", id)
		if err != nil {
			return err
		}
		if err := personOf(ctx, tx, actor.Organisation, to); err != nil {
			return err
		}
		if err := give(ctx, tx, actor.Organisation, id, to); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "finding.Give", ObjectKind: "finding", ObjectID: p.ID.String(), Data: map[string]any{"to": to}})
	})
	if err != nil {
		return fmt.Errorf("hand over finding: %w", err)
	}
	return nil
}
