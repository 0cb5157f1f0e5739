// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/insegel/insegel/internal/catalogue"
)

// Incoming is something that has come, by the name that its sender or its file has: sums, or what a municipality depends on where
// Concentration is there. Err is why it could not even be read.
type Incoming struct {
	Name          string
	Submission    Submission
	Concentration *Concentration
	Err           error
}

// document is what has come, whichever of the two it is.
func (x *Incoming) document() document {
	if x.Concentration != nil {
		return x.Concentration
	}
	return &x.Submission
}

// Rejected is one that was refused.
type Rejected struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// Received is what came of what came. Accepted counts those that were held already.
type Received struct {
	Accepted int        `json:"accepted"`
	Rejected []Rejected `json:"rejected"`
}

// TooLarge reports whether something was refused for its size.
func (r *Received) TooLarge() bool {
	return slices.ContainsFunc(r.Rejected, func(x Rejected) bool { return x.Reason == ErrTooLarge.Error() })
}

// accepted is something that is to be kept, in the place of another when it corrects one.
type accepted struct {
	Incoming
	digest, body string
	made         int64
	corrects     *held
}

// sorted is what came, judged: what is to be kept, and what is refused.
type sorted struct {
	new     []accepted
	already int
	refused []Rejected
}

func (s *sorted) refuse(name string, why error) {
	s.refused = append(s.refused, Rejected{name, why.Error()})
}

// add puts what came of one form together with the rest.
func (s *sorted) add(of *sorted) {
	s.new, s.refused, s.already = append(s.new, of.new...), append(s.refused, of.refused...), s.already+of.already
}

// The forms that documents have, which are held apart.
const (
	formSums          = 0
	formConcentration = 1
	numForms          = 2
)

// form is which of them it has.
func (x *Incoming) form() int {
	if x.Concentration != nil {
		return formConcentration
	}
	return formSums
}

// byForm sorts what is sound by its form.
func byForm(sound []examined) (out [numForms][]examined) {
	for i := range sound {
		out[sound[i].form()] = append(out[sound[i].form()], sound[i])
	}
	return out
}

// told is what the log says of one that was accepted. Which suppliers a municipality has is not for the log.
func (x *Incoming) told() map[string]any {
	if d := x.Concentration; d != nil {
		return map[string]any{"schema": d.Schema, "period": d.Period, "catalogue": d.Catalogue, "suppliers": len(d.Suppliers), "kinds": len(d.Kinds)}
	}
	return map[string]any{"period": x.Submission.Period, "catalogue": x.Submission.Catalogue, "shown": x.Submission.Shown}
}

// examined is one that is sound by itself, before it is held against what is held.
type examined struct {
	Incoming
	digest string
	made   time.Time
}

// examine checks what came by itself: form, plausibility, period and signature.
func examine(in []Incoming, c *catalogue.Catalogue, keys map[string][]string, now time.Time) (sound []examined, out sorted) {
	type judged struct {
		examined
		err error
	}
	names := make([]string, len(in))
	byName := make(map[string]*Incoming, len(in))
	for i := range in {
		names[i] = fmt.Sprint(i)
		byName[names[i]] = &in[i]
	}
	for _, j := range Each(names, func(name string) judged {
		x := examined{Incoming: *byName[name]}
		if x.Err != nil {
			return judged{x, x.Err}
		}
		doc := x.document()
		err := doc.Check(c, now)
		if err == nil {
			err = verify(doc, keys)
		}
		x.digest = digestOf(doc)
		x.made, _ = doc.MadeAt() // Check has read it
		return judged{x, err}
	}) {
		if j.err != nil {
			out.refuse(j.Name, j.err)
			continue
		}
		sound = append(sound, j.examined)
	}
	return sound, out
}

// verify checks the signature against the municipality's keys.
func verify(d document, all map[string][]string) error {
	municipality, _ := d.about()
	keys := all[municipality]
	if len(keys) == 0 {
		return ErrUnknownKey
	}
	err := ErrSignature
	for _, k := range keys {
		v, e := note.NewVerifier(k)
		if e != nil {
			return fmt.Errorf("registered key of %s: %w", municipality, e)
		}
		if err = verifySignature(d, v); err == nil {
			return nil
		}
	}
	return err
}

// at is whose it is and of which period.
func (x *Incoming) at() [2]string {
	municipality, period := x.document().about()
	return [2]string{municipality, period}
}

// sift holds what is sound against what is held of the same form, the earliest first, so that it does not matter in which order corrections
// came.
func (out *sorted) sift(sound []examined, all map[string]held, standing map[[2]string]held) error {
	slices.SortStableFunc(sound, func(a, b examined) int {
		x, y := a.at(), b.at()
		return cmp.Or(slices.Compare(x[:], y[:]), a.made.Compare(b.made))
	})
	came := map[string]bool{}
	for i := range sound {
		came[sound[i].digest] = true
	}
	for i := range sound {
		x := &sound[i]
		at := x.at()
		now, has := standing[at]
		before, known := all[x.digest]
		switch {
		case known && (!before.replaced || came[now.digest]): // together with what replaced it, it changes nothing
			out.already++
			continue
		case known:
			out.refuse(x.Name, ErrReplayed)
			continue
		case has && x.made.UnixMilli() <= now.made:
			out.refuse(x.Name, ErrOlder)
			continue
		}
		body, err := x.document().Encode()
		if err != nil {
			return errors.Join(errors.New("keep submission"), err)
		}
		a := accepted{Incoming: x.Incoming, digest: x.digest, body: string(body), made: x.made.UnixMilli()}
		if has {
			a.corrects = &now
		}
		h := held{digest: a.digest, municipality: at[0], period: at[1], made: a.made}
		all[a.digest], standing[at] = h, h
		out.new = append(out.new, a)
	}
	return nil
}
