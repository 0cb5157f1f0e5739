// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
)

// KindKey is the change of whose key is registered. It takes two people.
const KindKey = "national.key"

// KeyChange is a key that is to be registered in the place of those that the municipality has, or, without a key, that they are to end.
type KeyChange struct {
	Registered
}

// ErrSameKey says that a key is registered already, or that there is none to end.
var ErrSameKey = errors.New("that is how it is already")

// Register says how changes of keys are made.
func (s *Service) Register() {
	s.Approvals.Handle(KindKey, approval.Handler{Label: "national.change-key", Apply: s.makeKeyChange, Describe: s.describeKeyChange})
}

// Keys gives the registered keys.
func (s *Service) Keys(ctx context.Context, actor access.Actor, l *locale.Localizer) ([]Registered, []approval.Told, error) {
	if err := access.Check(actor, "national.Keys"); err != nil {
		return nil, nil, err
	}
	var out []Registered
	var waits []approval.Told
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := keys(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		for i := range s.Engine.Catalogue.Municipalities {
			code := s.Engine.Catalogue.Municipalities[i].Code
			for _, v := range all[code] {
				out = append(out, Registered{code, v})
			}
		}
		waits, err = s.Approvals.Waits(ctx, tx, l, "municipality", "")
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list keys: %w", err)
	}
	return out, waits, nil
}

// AskKey asks for a key to be registered. It takes two people, so nothing has changed when it returns.
func (s *Service) AskKey(ctx context.Context, actor access.Actor, change KeyChange, reason string) error {
	if err := access.Check(actor, "national.AskKey"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := s.possible(ctx, tx, change); err != nil {
			return err
		}
		payload, err := json.Marshal(change)
		if err != nil {
			return err
		}
		_, err = s.Approvals.Ask(ctx, tx, actor, approval.Request{
			Kind: KindKey, ObjectKind: "municipality", ObjectID: change.Municipality, Payload: payload, Reason: reason,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("ask for key: %w", err)
	}
	return nil
}

// possible says whether a change of keys can be made as things are.
func (s *Service) possible(ctx context.Context, tx *db.Tx, change KeyChange) error {
	all, err := keys(ctx, tx, tx.Scope)
	if err != nil {
		return err
	}
	have := all[change.Municipality]
	if change.Verifier == "" {
		if len(have) == 0 {
			return ErrSameKey
		}
		return nil
	}
	if slices.Equal(have, []string{change.Verifier}) {
		return ErrSameKey
	}
	return change.Check(s.Engine.Catalogue)
}

func (s *Service) makeKeyChange(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var change KeyChange
	if err := json.Unmarshal(payload, &change); err != nil {
		return fmt.Errorf("read change of key: %w", err)
	}
	if err := s.possible(ctx, tx, change); err != nil {
		return errors.Join(approval.ErrChanged, err)
	}
	if err := endKeys(ctx, tx, tx.Scope, change.Municipality); err != nil {
		return err
	}
	if change.Verifier != "" {
		if err := saveKeys(ctx, tx, tx.Scope, []Registered{change.Registered}); err != nil {
			return err
		}
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "national.SetKey", ObjectKind: "municipality", ObjectID: change.Municipality, Data: map[string]string{"key": change.Verifier},
	})
}

func (s *Service) describeKeyChange(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	var change KeyChange
	if err := json.Unmarshal(payload, &change); err != nil {
		return approval.Description{}, fmt.Errorf("read change of key: %w", err)
	}
	all, err := keys(ctx, tx, tx.Scope)
	if err != nil {
		return approval.Description{}, err
	}
	none := l.T("national.no-key")
	out := approval.Description{What: l.T("national.key-of", "Municipality", s.nameOf(change.Municipality)), From: none, To: none, Href: KeysPath}
	if have := all[change.Municipality]; len(have) > 0 {
		out.From = have[len(have)-1]
	}
	if change.Verifier != "" {
		out.To = change.Verifier
	}
	return out, nil
}

// nameOf is a municipality's name, or its code when the catalogue does not have it.
func (s *Service) nameOf(code string) string {
	if m, ok := s.Engine.Catalogue.Municipality(code); ok {
		return m.Name
	}
	return code
}

// Sharing is what an organisation has said about its own figures.
type Sharing struct {
	// Municipality is the code of the municipality that it is, and Size how large.
	Municipality, Size string
	// Share says that it agrees to send its figures, Shown that they may be shown by themselves, Receive that it receives others'.
	Share, Shown, Receive bool
	// Concentration says that it agrees to send which suppliers and kinds of systems it depends on, whatever it has said of its figures.
	Concentration bool
}

// ErrSharingChanged says that somebody has changed what is shared since the version that a change was made from.
var ErrSharingChanged = errors.New("what is shared has been changed since")

// AnyVersion is the version to change from when it does not matter what stood before.
const AnyVersion int64 = -1

// Version tells one state of what is said from every other.
func (x Sharing) Version() int64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%#v", x) // a hash takes whatever it is given
	return int64(h.Sum64() >> 1)    //nolint:gosec // 63 bits fit
}

// Sharing reads what the organisation has said.
func (s *Service) Sharing(ctx context.Context, actor access.Actor) (Sharing, error) {
	if err := access.Check(actor, "national.Sharing"); err != nil {
		return Sharing{}, err
	}
	var out Sharing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = sharing(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Sharing{}, fmt.Errorf("read sharing: %w", err)
	}
	return out, nil
}

func sharing(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Sharing, error) {
	set, err := organisation.Settings(ctx, tx, org, "national.")
	return Sharing{
		Municipality: set[settingMunicipality], Size: set[settingSize], Share: set[settingShare] == "yes", Shown: set[settingShown] == "yes",
		Receive: set[settingReceive] == "yes", Concentration: set[settingDependence] == "yes",
	}, err
}

// SetSharing changes what the organisation has said, from the version that whoever changes it has seen, or AnyVersion.
func (s *Service) SetSharing(ctx context.Context, actor access.Actor, x Sharing, from int64) error {
	if err := access.Check(actor, "national.SetSharing"); err != nil {
		return err
	}
	if _, ok := s.Engine.Catalogue.Municipality(x.Municipality); !ok && (x.Municipality != "" || x.Share || x.Shown || x.Concentration) {
		return ErrNoMunicipality
	}
	if x.Size != "" && !slices.Contains(Sizes, x.Size) {
		return ErrSize
	}
	word := map[bool]string{true: "yes", false: "no"}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		now, err := sharing(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if from != AnyVersion && from != now.Version() {
			return ErrSharingChanged
		}
		for _, set := range [][2]string{
			{settingMunicipality, x.Municipality},
			{settingSize, x.Size},
			{settingShare, word[x.Share]},
			{settingShown, word[x.Shown]},
			{settingReceive, word[x.Receive]},
			{settingDependence, word[x.Concentration]},
		} {
			if err := organisation.SaveSetting(ctx, tx, actor.Organisation, set[0], set[1]); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "national.SetSharing", ObjectKind: "setting", ObjectID: settingShare, Data: x})
	})
	if err != nil {
		return fmt.Errorf("change sharing: %w", err)
	}
	return nil
}
