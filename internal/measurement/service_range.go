// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
)

// KindRange is the change that lets a private network be measured in. It takes two people.
const KindRange = "measurement-range"

type rangePayload struct {
	Range ids.ID[Range] `json:"range"`
}

// Networks is what the page of private networks shows.
type Networks struct {
	Ranges []Range
	Today  civil.Date
	// Names are the names of persons by their ids.
	Names map[string]string
}

// Networks lists the private networks that are approved, or have been.
func (s *Service) Networks(ctx context.Context, actor access.Actor) (Networks, error) {
	if err := access.Check(actor, "measurement.Networks"); err != nil {
		return Networks{}, err
	}
	var out Networks
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Today = civil.Of(tx.Now)
		if out.Ranges, err = ranges(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		out.Names, err = organisation.NamesOf(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Networks{}, fmt.Errorf("list private networks: %w", err)
	}
	return out, nil
}

// AskNetwork asks for a private network to be approved. It takes two people, so nothing is reached there when it returns.
func (s *Service) AskNetwork(ctx context.Context, actor access.Actor, r Range, reason string) (Range, error) {
	if err := access.Check(actor, "measurement.AskNetwork"); err != nil {
		return Range{}, err
	}
	if _, err := ParseRange(r.CIDR.String()); err != nil {
		return Range{}, err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		today := civil.Of(tx.Now)
		if !today.Before(r.Expires) || today.AddMonths(longest).Before(r.Expires) {
			return ErrExpires
		}
		all, err := ranges(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(o Range) bool {
			state := o.State(today)
			return o.CIDR == r.CIDR && (state == Waiting || state == Approved)
		}) {
			return ErrRangeStands
		}
		r.ID, r.AskedBy, r.AskedAt = ids.New[Range](), actor.ID, tx.Now
		if err := insertRange(ctx, tx, actor.Organisation, &r); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, actor, r.entry("measurement.AskNetwork", reason)); err != nil {
			return err
		}
		payload, err := json.Marshal(rangePayload{r.ID})
		if err != nil {
			return fmt.Errorf("write request: %w", err)
		}
		_, err = s.Approvals.Ask(ctx, tx, actor, approval.Request{Kind: KindRange, ObjectKind: "measurement-range", ObjectID: r.ID.String(), Payload: payload, Reason: reason})
		return err
	})
	if err != nil {
		return Range{}, fmt.Errorf("ask for private network: %w", err)
	}
	return r, nil
}

func (r *Range) entry(action, why string) audit.Entry {
	return audit.Entry{Action: action, ObjectKind: "measurement-range", ObjectID: r.ID.String(), Data: map[string]any{"network": r.CIDR.String(), "expires": r.Expires}, Why: why}
}

// EndNetwork takes back an approval at once, by one person. What is measured there is refused from the next connection on.
func (s *Service) EndNetwork(ctx context.Context, actor access.Actor, id ids.ID[Range]) error {
	if err := access.Check(actor, "measurement.EndNetwork"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		r, err := oneRange(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if _, err := endRange(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, r.entry("measurement.EndNetwork", ""))
	})
	if err != nil {
		return fmt.Errorf("end private network: %w", err)
	}
	return nil
}

func oneRange(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Range]) (Range, error) {
	all, err := ranges(ctx, tx, org)
	if err != nil {
		return Range{}, err
	}
	i := slices.IndexFunc(all, func(r Range) bool { return r.ID == id })
	if i < 0 {
		return Range{}, db.ErrNotFound
	}
	return all[i], nil
}

// approveRange is what an approval does.
func (s *Service) approveRange(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	r, err := asked(ctx, tx, actor.Organisation, payload)
	if err != nil {
		return err
	}
	ok, err := approveRange(ctx, tx, actor, r.ID)
	if err != nil {
		return err
	}
	if !ok || !civil.Of(tx.Now).Before(r.Expires) {
		return approval.ErrChanged
	}
	return audit.Append(ctx, tx, actor, r.entry("measurement.ApproveNetwork", ""))
}

func asked(ctx context.Context, tx *db.Tx, org access.OrganisationID, payload json.RawMessage) (Range, error) {
	var p rangePayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return Range{}, fmt.Errorf("read private network: %w", err)
	}
	return oneRange(ctx, tx, org, p.Range)
}

// dropRange ends a network that was not approved.
func (s *Service) dropRange(ctx context.Context, tx *db.Tx, org access.OrganisationID, payload json.RawMessage) error {
	r, err := asked(ctx, tx, org, payload)
	if err != nil {
		return err
	}
	_, err = endRange(ctx, tx, org, r.ID)
	return err
}

func (s *Service) describeRange(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	r, err := asked(ctx, tx, tx.Scope, payload)
	if err != nil {
		return approval.Description{}, err
	}
	return approval.Description{
		What: l.T("measurement.approval-range-what", "Network", r.CIDR.String()), From: l.T("measurement.approval-range-from"),
		To: l.T("measurement.approval-range-to", "Date", l.Date(r.Expires)), Href: NetworkPlace,
	}, nil
}

// AllowScripts lets pages that scripts build be shown to a browser. It is off until somebody who may has said so.
func (s *Service) AllowScripts(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "measurement.AllowScripts"); err != nil {
		return err
	}
	return s.halt(ctx, actor, "measurement.AllowScripts", func(x *setting) { x.scripts = true })
}

// ForbidScripts shows no more pages to a browser.
func (s *Service) ForbidScripts(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "measurement.ForbidScripts"); err != nil {
		return err
	}
	return s.halt(ctx, actor, "measurement.ForbidScripts", func(x *setting) { x.scripts = false })
}

// renew has a measurement made anew whose evidence ends soon: the targets that it came from are measured in the next window.
func (s *Service) renew(ctx context.Context, tx *db.Tx, actor access.Actor, r *evidence.Record) error {
	kind := map[string]string{evidence.SubjectLogin: Login, evidence.SubjectTLS: Encryption}[r.Subject]
	all, err := targets(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	for i := range all {
		t := &all[i]
		if t.System != r.System || t.Path != r.Path || t.Zone != r.Scope || t.Kind != kind || t.State(civil.Of(tx.Now)) != Approved || t.Due.Before(tx.Now) {
			continue
		}
		if err := putOff(ctx, tx, actor.Organisation, t.ID, tx.Now.Add(-skew)); err != nil {
			return err
		}
	}
	return nil
}
