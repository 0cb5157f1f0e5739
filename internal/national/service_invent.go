// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/organisation"
)

// The nation that the example shows. Its seed is one that nobody simulates a nation with, since what is invented is known by the keys that it
// gives. So few systems each take no time, and enough of them are of care and social services for the questions to have answers.
const (
	inventedSeed           = 4_711_070_059
	inventedMunicipalities = 120
	inventedSystems        = 40
	inventedCare           = 6
)

// isInvented reports whether what the organisation publishes is of municipalities that have not submitted it: it is an example, or a nation has
// been simulated in it.
func isInvented(ctx context.Context, tx *db.Tx) (bool, error) {
	o, err := organisation.Get(ctx, tx, tx.Scope)
	if err != nil || o.Example {
		return o.Example, err
	}
	simulated, err := organisation.Setting(ctx, tx, tx.Scope, settingInvented)
	return simulated == "yes", err
}

// invented reports the same of an actor's organisation.
func (s *Service) invented(ctx context.Context, actor access.Actor) (out bool, err error) {
	err = s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = isInvented(ctx, tx)
		return err
	})
	return out, err
}

// inventNation publishes an invented nation's figures, and what it depends on, over three periods, so that the pages have a picture and a
// history to show. Where anything has been submitted or published nothing is invented beside it.
func (s *Service) inventNation(ctx context.Context, tx *db.Tx, actor access.Actor) error {
	sim := NewSimulation(s.Engine, inventedSeed, inventedMunicipalities, inventedSystems)
	sim.care = inventedCare
	last := LastCompleted(civil.Of(tx.Now))
	over := []Period{{last.Year - 2, 0}, {last.Year - 1, 0}, last}
	for _, x := range []struct {
		form    int
		say     func(Period) ([]accepted, error)
		publish func(context.Context, *db.Tx, access.Actor, Period) error
	}{{formSums, sim.unnamed, s.publish}, {formConcentration, sim.dependents, s.publishConcentration}} {
		if all, _, err := holding(ctx, tx, tx.Scope, x.form); err != nil || len(all) > 0 {
			if err != nil {
				return err
			}
			continue
		}
		for _, p := range over {
			list, err := x.say(p)
			if err != nil {
				return err
			}
			if err := keep(ctx, tx, tx.Scope, list); err != nil {
				return err
			}
			if err := x.publish(ctx, tx, actor, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// unnamed are the figures of a simulated nation in a period, as they are kept, with nobody shown by itself: no invented figure is to stand beside
// the name of a municipality that exists.
func (s *Simulation) unnamed(p Period) ([]accepted, error) {
	type made struct {
		accepted
		err error
	}
	var out []accepted
	for _, m := range Each(s.Codes(), func(code string) made {
		profile := s.Profile(code)
		profile.Shown = false
		x, err := s.Submission(&profile, p)
		if err != nil {
			return made{err: err}
		}
		body, err := x.Encode()
		at, _ := x.MadeAt() // the simulation has written it
		return made{accepted{Incoming: Incoming{Name: code, Submission: x}, digest: x.Digest(), body: string(body), made: at.UnixMilli()}, err}
	}) {
		if m.err != nil {
			return nil, m.err
		}
		out = append(out, m.accepted)
	}
	return out, nil
}

// dependents are what those of a simulated nation that agree to it say of a period, as it is kept.
func (s *Simulation) dependents(p Period) ([]accepted, error) {
	var out []accepted
	for _, code := range s.Codes() {
		profile := s.Profile(code)
		x, ok, err := s.Concentration(&profile, p)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		body, err := x.Encode()
		if err != nil {
			return nil, err
		}
		made, _ := x.MadeAt() // the simulation has written it
		out = append(out, accepted{Incoming: Incoming{Name: code, Concentration: &x}, digest: x.Digest(), body: string(body), made: made.UnixMilli()})
	}
	return out, nil
}

// clearInvented takes away what inventNation made, which is known by its signatures, and every release that stands on it. What others have sent
// stays, and is published anew in its turn.
func clearInvented(ctx context.Context, tx *db.Tx) error {
	sums, err := saidBy[Submission](ctx, tx, formSums)
	if err != nil {
		return err
	}
	digests, err := signedByInvented(sums)
	if err != nil {
		return err
	}
	if err := removeSubmissions(ctx, tx, digests); err != nil {
		return err
	}
	depends, err := saidBy[Concentration](ctx, tx, formConcentration)
	if err != nil {
		return err
	}
	if digests, err = signedByInvented(depends); err != nil {
		return err
	}
	return removeDependents(ctx, tx, digests)
}

// signedByInvented are the digests of those documents that an invented municipality has signed.
func signedByInvented[T any, D interface {
	*T
	document
}](all map[string]T) ([]string, error) {
	sim := &Simulation{Seed: inventedSeed}
	verifiers := map[string]note.Verifier{}
	var out []string
	for digest, x := range all {
		code, _ := D(&x).about()
		v, ok := verifiers[code]
		if !ok {
			key, err := sim.Key(code)
			if err == nil {
				v, err = note.NewVerifier(key.Verifier)
			}
			if err != nil {
				return nil, fmt.Errorf("read invented key: %w", err)
			}
			verifiers[code] = v
		}
		if verifySignature(D(&x), v) == nil {
			out = append(out, digest)
		}
	}
	return out, nil
}
