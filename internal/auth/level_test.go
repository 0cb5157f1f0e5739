// SPDX-License-Identifier: EUPL-1.2

package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/auth"
)

func TestCompareLevel(t *testing.T) {
	const loa2, loa3, uncertified = "http://id.elegnamnden.se/loa/1.0/loa2", "http://id.elegnamnden.se/loa/1.0/loa3", "http://id.swedenconnect.se/loa/1.0/uncertified-loa3"
	now := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		demand auth.Demand
		answer auth.Answered
		want   error
	}{
		"as asked":                        {auth.Demand{Contexts: []string{loa3}}, auth.Answered{Context: loa3}, nil},
		"one of several":                  {auth.Demand{Contexts: []string{loa3, uncertified}}, auth.Answered{Context: uncertified, At: now}, nil},
		"lower than asked":                {auth.Demand{Contexts: []string{loa3}}, auth.Answered{Context: loa2}, auth.ErrLevel},
		"self-declared is not certified":  {auth.Demand{Contexts: []string{loa3}}, auth.Answered{Context: uncertified}, auth.ErrLevel},
		"higher, but not asked for":       {auth.Demand{Contexts: []string{loa2}}, auth.Answered{Context: loa3}, auth.ErrLevel},
		"none at all":                     {auth.Demand{Contexts: []string{loa3}}, auth.Answered{}, auth.ErrLevel},
		"none, and the empty one allowed": {auth.Demand{Contexts: []string{""}}, auth.Answered{}, auth.ErrLevel},
		"another spelling":                {auth.Demand{Contexts: []string{loa3}}, auth.Answered{Context: loa3 + "/"}, auth.ErrLevel},
		"nothing asked for":               {auth.Demand{}, auth.Answered{Context: loa3}, auth.ErrNoDemand},
		"fresh":                           {auth.Demand{Contexts: []string{loa3}, Since: now}, auth.Answered{Context: loa3, At: now.Add(5 * time.Second)}, nil},
		"within the skew":                 {auth.Demand{Contexts: []string{loa3}, Since: now}, auth.Answered{Context: loa3, At: now.Add(-auth.ClockSkew)}, nil},
		"before it was asked for":         {auth.Demand{Contexts: []string{loa3}, Since: now}, auth.Answered{Context: loa3, At: now.Add(-auth.ClockSkew - 1)}, auth.ErrStale},
		"no moment, and one is needed":    {auth.Demand{Contexts: []string{loa3}, Since: now}, auth.Answered{Context: loa3}, auth.ErrStale},
		"in the future":                   {auth.Demand{Contexts: []string{loa3}}, auth.Answered{Context: loa3, At: now.Add(auth.ClockSkew + 1)}, auth.ErrFuture},
	} {
		t.Run(name, func(t *testing.T) {
			if err := auth.Compare(tc.demand, tc.answer, now); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}
