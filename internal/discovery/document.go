// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// document is what is known about the file as a whole, besides its counts: which of the rules' words stand in it.
type document struct {
	said     []bool // by rule
	listened int    // bytes of text in which they were looked for
}

// listenBytes is how much of a document is looked through for a rule's words: what it is stands early.
const listenBytes = 64 << 10

// listen looks for the words of the rules of documents in text that has been decided.
func (s *session) listen(text []byte) {
	if s.document.listened >= listenBytes {
		return
	}
	text = text[:min(len(text), listenBytes-s.document.listened)]
	s.document.listened += len(text)
	if s.document.said == nil {
		s.document.said = make([]bool, len(s.Rules.Documents))
	}
	s.heard = s.heard[:0]
	first := 0
	for i := range s.Rules.Documents {
		words := s.Rules.Documents[i].Words
		if len(words) > 0 && !s.document.said[i] && s.mayBe(i) {
			s.document.said[i] = slices.Contains(s.hear(text)[first:first+len(words)], true)
		}
		first += len(words)
	}
}

// hear tells which of the words of all rules stand in a text, once for each text.
func (s *session) hear(text []byte) []bool {
	if s.phrases == nil {
		var words []string
		for i := range s.Rules.Documents {
			words = append(words, s.Rules.Documents[i].Words...)
		}
		s.phrases, s.heard = detect.NewPhrases(words), make([]bool, 0, len(words))
	}
	if len(s.heard) == 0 {
		s.heard = s.heard[:cap(s.heard)]
		clear(s.heard)
		s.phrases.Find(text, s.heard)
	}
	return s.heard
}

// mayBe reports whether the file has what a rule needs, words aside; only then are its words looked for.
func (s *session) mayBe(rule int) bool {
	for id, least := range s.Rules.Documents[rule].Needs {
		if s.counts[slices.Index(s.Rules.IDs(), id)] < int64(least) {
			return false
		}
	}
	return true
}

// endDocument tells which kind of information the file looks like: of those whose needs are met, the one that asks for most. Words of
// its own count as one need more.
func (s *session) endDocument() error {
	best, most := -1, 0
	var total int64
	for _, n := range s.counts {
		total += n
	}
	for i := range s.Rules.Documents {
		d := &s.Rules.Documents[i]
		if !s.mayBe(i) || len(d.Words) > 0 && (s.document.said == nil || !s.document.said[i]) {
			continue
		}
		score := 0
		for id, least := range d.Needs {
			score += least
			if strings.HasPrefix(id, "sensitive_") { // more of what it is about
				score += int(min(s.counts[slices.Index(s.Rules.IDs(), id)], 1000))
			}
		}
		if len(d.Words) > 0 {
			score++
		}
		if score > most {
			best, most = i, score
		}
	}
	if best < 0 {
		return nil
	}
	return s.sink.Container(s.documentVerdict(best, total))
}

func (s *session) documentVerdict(rule int, total int64) Container {
	d := &s.Rules.Documents[rule]
	c := Container{Path: s.task.told, Detector: "document", Count: total, ValidShare: 1, Verdict: d.ID, Confidence: detect.Medium}
	var parts []string
	for i, id := range s.Rules.IDs() {
		if n := s.counts[i]; n > 0 && (d.Needs[id] > 0 || strings.HasPrefix(id, "personnummer")) {
			what := id
			if rest, ok := strings.CutPrefix(id, "sensitive_"); ok {
				what = "words on " + strings.ReplaceAll(rest, "_", " ")
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	c.Because = append(c.Because, fmt.Sprintf("looks like %s: %s", d.Name["en"], strings.Join(parts, ", ")))
	if len(d.Words) > 0 {
		c.Because = append(c.Because, "it has words of its own kind: "+strings.Join(d.Words, ", "))
	}
	return c
}
