// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// KindErase is the erasing of a person from the log, which takes two people: it cannot be undone.
const KindErase = "log-erase"

// ErrActive says that somebody who still works here was to be erased from the log: what they do must be possible to follow.
var ErrActive = errors.New("only somebody who has left can be erased from the log")

// erasing is a person to erase.
type erasing struct {
	Person ids.ID[Person] `json:"person"`
}

// EraseLog asks for a person's data to be taken out of the log's private part: that it was they who did what they did, from where and why,
// and what was written about them. What happened and when stays, and so does every proof.
func (s *Service) EraseLog(ctx context.Context, actor access.Actor, id ids.ID[Person], reason string) error {
	if err := access.Check(actor, "organisation.EraseLog"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := GetPerson(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if p.Active() {
			return ErrActive
		}
		_, err = s.Approvals.Ask(ctx, tx, actor, approval.Request{
			Kind: KindErase, ObjectKind: "person", ObjectID: id.String(), Payload: marshal(erasing{id}), Reason: reason, Concerns: []string{id.String()},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("ask to erase a person from the log: %w", err)
	}
	return nil
}

// mostAtOnce is how many entries one erasure names.
const mostAtOnce = 500

func (s *Service) makeErase(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var e erasing
	if err := json.Unmarshal(payload, &e); err != nil {
		return fmt.Errorf("read whom to erase: %w", err)
	}
	p, err := GetPerson(ctx, tx, actor.Organisation, e.Person)
	if err != nil {
		return err
	}
	if p.Active() {
		return fmt.Errorf("erase a person from the log: %w", approval.ErrChanged)
	}
	const why = "decided by two people" // their own words stand in the request, and may name the person
	_, err = audit.Erase(ctx, tx, actor, audit.Erasure{Actor: e.Person.String(), Fields: []audit.Field{audit.Who, audit.From, audit.Why}, Why: why})
	if err != nil {
		return err
	}
	about, err := s.entriesAbout(ctx, tx, &p)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(about, mostAtOnce) {
		if _, err := audit.Erase(ctx, tx, actor, audit.Erasure{Entries: part, Fields: []audit.Field{audit.What, audit.Why}, Why: why}); err != nil {
			return err
		}
	}
	return nil
}

// entriesAbout lists the entries that tell of a person, or of their account.
func (s *Service) entriesAbout(ctx context.Context, tx *db.Tx, p *Person) ([]int64, error) {
	var out []int64
	for kind, id := range map[string]string{"person": p.ID.String(), "account": p.Account.String()} {
		if id == "" {
			continue
		}
		f := audit.Filter{ObjectKind: kind, ObjectID: id, Limit: mostAtOnce}
		for {
			list, err := audit.List(ctx, tx, tx.Scope, f)
			if err != nil {
				return nil, err
			}
			for i := range list {
				out = append(out, list[i].Seq)
			}
			if len(list) < f.Limit {
				break
			}
			f.Below = list[len(list)-1].Seq
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (s *Service) describeErase(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	var e erasing
	if err := json.Unmarshal(payload, &e); err != nil {
		return approval.Description{}, fmt.Errorf("read whom to erase: %w", err)
	}
	p, err := GetPerson(ctx, tx, tx.Scope, e.Person)
	return approval.Description{
		What: p.Name, From: l.T("organisation.erase-from"), To: l.T("organisation.erase-to"), Href: PeoplePath + "/" + e.Person.String(),
	}, err
}
