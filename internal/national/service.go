// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/outbound"
)

// Service has the use cases of sending, receiving and publishing.
type Service struct {
	DB        *db.DB
	Engine    *followup.Engine
	Followup  *followup.Service
	Approvals *approval.Service
	// Jobs does what takes long, and Outbound says which other machines may be reached.
	Jobs     *job.Queue
	Outbound outbound.Policy
}

// The addresses that are known outside the pages: where submissions are sent, and where keys are registered.
const (
	SubmitPath  = "/nationellt/ta-emot"
	KeysPath    = "/nationellt/nycklar"
	SharingPath = "/nationellt/dela"
	PreviewPath = "/nationellt/forhandsvisa"
)

// Settings of an organisation.
const (
	settingMunicipality = "national.municipality"
	settingSize         = "national.size"
	settingShare        = "national.share"
	settingShown        = "national.shown"
	settingReceive      = "national.receive"
	settingDependence   = "national.dependence"
	// settingInvented says that what is published is of a simulated nation.
	settingInvented = "national.invented"
)

var (
	// ErrTrusted says that keys are registered already.
	ErrTrusted = errors.New("keys are registered already: another one takes two people, on the page of keys")
	// ErrNoMunicipality says that nobody has said which municipality the organisation is.
	ErrNoMunicipality = errors.New("say which municipality this is: give its code")
	// ErrNotAgreed says that the organisation has not agreed to send anything.
	ErrNotAgreed = errors.New("the organisation has not agreed to send its figures: look at them with insegel national preview, and agree to it")
	// ErrNoFigures says that there is nothing to send for a period.
	ErrNoFigures = errors.New("there are no figures of that period")
)

// Trust registers the first keys of a database. It is for the local administrator: later keys take two people.
func (s *Service) Trust(ctx context.Context, actor access.Actor, list []Registered) error {
	if err := access.Check(actor, "national.Trust"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		have, err := keys(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		var fresh []Registered
		for _, k := range list {
			if !slices.Contains(have[k.Municipality], k.Verifier) && !slices.Contains(fresh, k) {
				fresh = append(fresh, k)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		// One that has ended counts: two people ended it, and one alone must not take it back.
		if ever, err := hasHadKeys(ctx, tx, actor.Organisation); err != nil || ever {
			return cmp.Or(err, ErrTrusted)
		}
		if err := saveKeys(ctx, tx, actor.Organisation, fresh); err != nil {
			return err
		}
		entries := make([]audit.Entry, len(fresh))
		for i, k := range fresh {
			entries[i] = audit.Entry{Action: "national.Trust", ObjectKind: "municipality", ObjectID: k.Municipality, Data: map[string]string{"key": k.Verifier}}
		}
		return audit.Append(ctx, tx, actor, entries...)
	})
	if err != nil {
		return fmt.Errorf("register keys: %w", err)
	}
	return nil
}

// Receive takes in submissions. What is refused is told and logged with its reason, and changes nothing.
func (s *Service) Receive(ctx context.Context, actor access.Actor, in []Incoming) (Received, error) {
	if err := access.Check(actor, "national.Receive"); err != nil {
		return Received{}, err
	}
	var known map[string][]string
	now := s.DB.Now()
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		known, err = keys(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Received{}, fmt.Errorf("receive submissions: %w", err)
	}
	sound, refused := examine(in, s.Engine.Catalogue, known, now)
	out := Received{Rejected: []Rejected{}}
	forms := byForm(sound)
	err = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		judged := sorted{refused: slices.Clone(refused.refused)}
		for form, list := range forms {
			all, standing, err := holding(ctx, tx, actor.Organisation, form)
			if err != nil {
				return err
			}
			of := sorted{}
			if err := of.sift(list, all, standing); err != nil {
				return err
			}
			if err := take(ctx, tx, actor.Organisation, of.new); err != nil {
				return err
			}
			judged.add(&of)
		}
		out.Accepted = len(judged.new) + judged.already
		out.Rejected = append(out.Rejected, judged.refused...)
		slices.SortFunc(out.Rejected, func(a, b Rejected) int { return strings.Compare(a.File, b.File) })
		return audit.Append(ctx, tx, actor, judged.entries()...)
	})
	if err != nil {
		return Received{}, fmt.Errorf("receive submissions: %w", err)
	}
	return out, nil
}

// take keeps what was accepted. One that corrects another of the same batch is kept after it.
func take(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []accepted) error {
	var batch []accepted
	for i := range list {
		if h := list[i].corrects; h != nil {
			if slices.ContainsFunc(batch, func(a accepted) bool { return a.digest == h.digest }) {
				if err := keep(ctx, tx, org, batch); err != nil {
					return err
				}
				batch = nil
			}
			if err := replace(ctx, tx, org, list[i].form(), *h); err != nil {
				return err
			}
		}
		batch = append(batch, list[i])
	}
	return keep(ctx, tx, org, batch)
}

// entries are what the log says.
func (s *sorted) entries() []audit.Entry {
	var out []audit.Entry
	for i := range s.new {
		a := &s.new[i]
		at, data := a.at(), a.told()
		data["digest"] = a.digest
		if a.corrects != nil {
			data["corrects"] = a.corrects.digest
		}
		out = append(out, audit.Entry{Action: "national.Accept", ObjectKind: "municipality", ObjectID: at[0], Data: data})
	}
	for _, r := range s.refused {
		out = append(out, audit.Entry{Action: "national.Refuse", ObjectKind: "submission", ObjectID: clip(r.File), Data: map[string]string{"reason": clip(r.Reason)}})
	}
	return out
}

// clip keeps what a stranger wrote short and fit for a log: what is no text, such as a file's name in another encoding, would make the
// database refuse all that came with it.
func clip(s string) string {
	const most = 300
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Sum is one series added up over the municipalities that have submitted.
type Sum struct {
	Indicator   string `json:"indicator"`
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
	Unknown     int64  `json:"unknown"`
}

// Sums adds up a period. They are the receiver's own: what is published is hidden where it stands on too few.
func (s *Service) Sums(ctx context.Context, actor access.Actor, p Period) ([]Sum, error) {
	if err := access.Check(actor, "national.Sums"); err != nil {
		return nil, err
	}
	var out []Sum
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = sums(ctx, tx, actor.Organisation, p.String())
		slices.SortFunc(out, func(a, b Sum) int { return strings.Compare(a.Indicator, b.Indicator) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add up period: %w", err)
	}
	return out, nil
}

// Draft says what is to be sent.
type Draft struct {
	// Municipality is the code; empty is the one that the organisation has said it is.
	Municipality string
	Period       Period
	// Agree says that whoever sends it agrees to that it is sent.
	Agree bool
}

// Preview makes the submission that would leave, unsigned.
func (s *Service) Preview(ctx context.Context, actor access.Actor, d Draft) (Submission, error) {
	if err := access.Check(actor, "national.Preview"); err != nil {
		return Submission{}, err
	}
	var out Submission
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = s.draft(ctx, tx, actor, d)
		return err
	})
	if err != nil {
		return Submission{}, fmt.Errorf("preview submission: %w", err)
	}
	return out, nil
}

// Submit makes the submission and signs it, once the organisation has agreed to send it, and logs that it leaves.
func (s *Service) Submit(ctx context.Context, actor access.Actor, d Draft, key Key) (Submission, error) {
	if err := access.Check(actor, "national.Submit"); err != nil {
		return Submission{}, err
	}
	var out Submission
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		share, err := organisation.Setting(ctx, tx, actor.Organisation, settingShare)
		if err != nil {
			return err
		}
		if share != "yes" && !d.Agree {
			return ErrNotAgreed
		}
		if out, err = s.draft(ctx, tx, actor, d); err != nil {
			return err
		}
		if err := out.Sign(key.Signer); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "national.Submit", ObjectKind: "municipality", ObjectID: out.Municipality,
			Data: map[string]any{"period": out.Period, "digest": out.Digest(), "figures": len(out.Indicators), "shown": out.Shown},
		})
	})
	if err != nil {
		return Submission{}, fmt.Errorf("submit figures: %w", err)
	}
	return out, nil
}

// draft makes the submission of a period from the last snapshot in it, or from how things are when the period is the latest to have ended.
func (s *Service) draft(ctx context.Context, tx *db.Tx, actor access.Actor, d Draft) (Submission, error) {
	settings, err := organisation.Settings(ctx, tx, actor.Organisation, "national.")
	if err != nil {
		return Submission{}, err
	}
	if d.Municipality == "" {
		d.Municipality = settings[settingMunicipality]
	}
	if _, ok := s.Engine.Catalogue.Municipality(d.Municipality); !ok {
		return Submission{}, ErrNoMunicipality
	}
	if !d.Period.Over(civil.Of(tx.Now)) {
		return Submission{}, ErrFuture
	}
	values, err := s.valuesOf(ctx, tx, actor, d.Period)
	if err != nil {
		return Submission{}, err
	}
	out := New(d.Municipality, d.Period, s.Engine.Catalogue.Edition, tx.Now, values)
	out.Size, out.Shown = settings[settingSize], settings[settingShown] == "yes"
	if len(out.Indicators) == 0 {
		return out, ErrNoFigures
	}
	return out, nil
}

func (s *Service) valuesOf(ctx context.Context, tx *db.Tx, actor access.Actor, p Period) ([]followup.Value, error) {
	values, err := followup.LastBefore(ctx, tx, actor.Organisation, p.Begin(), p.End())
	if err != nil || len(values) > 0 {
		return s.current(values), err
	}
	if !latest(p, civil.Of(tx.Now)) {
		return nil, nil
	}
	return s.Followup.Values(ctx, tx, actor.Organisation)
}

// latest reports whether no later period of the same length has ended.
func latest(p Period, today civil.Date) bool {
	if p.Quarter == 0 {
		return p.Year == today.Year-1
	}
	return p == LastCompleted(today)
}

// current leaves out values by definitions that the catalogue no longer has.
func (s *Service) current(values []followup.Value) []followup.Value {
	return slices.DeleteFunc(values, func(v followup.Value) bool {
		ind, ok := s.Engine.Catalogue.Indicator(v.Indicator)
		return !ok || ind.Definition != v.Definition
	})
}
