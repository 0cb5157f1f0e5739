// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// document is what is known about the file as a whole, besides its counts.
type document struct{}

// endDocument tells which kinds of information the file looks like.
func (s *session) endDocument() error {
	best, bestScore := -1, 0
	var total int64
	for _, n := range s.counts {
		total += n
	}
	for i := range s.Rules.Documents {
		d := &s.Rules.Documents[i]
		score := 0
		for id, least := range d.Needs {
			n := s.counts[slices.Index(s.Rules.IDs(), id)]
			if n < int64(least) {
				score = -1
				break
			}
			score += least
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	if best < 0 {
		return nil
	}
	d := &s.Rules.Documents[best]
	c := Container{Path: s.task.path, Detector: "document", Count: total, Verdict: d.ID, Confidence: detect.Medium}
	for _, id := range sortedNeeds(d.Needs) {
		c.Because = append(c.Because, fmt.Sprintf("%d %s", s.counts[slices.Index(s.Rules.IDs(), id)], id))
	}
	return s.sink.Container(c)
}

func sortedNeeds(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
