// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"
	"time"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// flushFindings is how many findings are handed on at a time.
const flushFindings = 512

// note makes a finding of a match.
func (s *session) note(m *detect.Match) {
	g := s.segmentAt(m.Start)
	if g == nil {
		return
	}
	col := s.columnOf(g, m.Start)
	if col != nil {
		col.tell(m)
	}
	if m.Confidence == detect.None {
		return
	}
	value := s.window[m.Start:m.End]
	f := Finding{
		Source: s.task.source, Path: s.task.path, Member: s.member, Offset: g.offsetOf(m.Start - g.at), Place: g.place,
		Detector: s.Rules.ID(m.Detector), Confidence: m.Confidence, Why: m.Why,
	}
	if g.place.Line > 0 {
		s.placeLine(&f, g, m.Start)
	}
	var print []byte
	if s.Fingerprints || col != nil {
		normal := detect.Normal(m.Detector, value)
		print = s.print.fingerprint(byte(m.Detector), normal)
	}
	if s.Fingerprints {
		f.Masked, f.Fingerprint = detect.Mask(m.Detector, value), string(print)
	}
	if col != nil {
		f.Place.Field, f.Place.Column = col.Field, col.Index
		if col.hold(f, m, print) {
			return
		}
		col.weigh(&f)
	}
	s.count(&f, m.Detector)
	s.found = append(s.found, f)
}

// count counts a finding whose confidence is final.
func (s *session) count(f *Finding, d detect.Detector) {
	if f.Confidence >= detect.Medium {
		s.counts[d]++
		s.Progress.Findings.Add(1)
	} else {
		s.low++
	}
}

// placeLine counts the lines up to a match. Matches come in order, so that each byte is counted once.
func (s *session) placeLine(f *Finding, g *segment, at int) {
	s.countLines(g, at)
	f.Place.Line = g.place.Line + g.lines
	f.Place.Column = at - g.at - g.lineStart + 1
}

// countLines counts a text's lines up to a place of the window.
func (s *session) countLines(g *segment, at int) {
	between := s.window[g.at+g.counted : at]
	if i := bytes.LastIndexByte(between, '\n'); i >= 0 {
		g.lines += bytes.Count(between, newline)
		g.lineStart = g.counted + i + 1
	}
	g.counted = at - g.at
}

var newline = []byte{'\n'}

func (s *session) flush(all bool) error {
	if len(s.found) == 0 || !all && len(s.found) < flushFindings {
		return nil
	}
	err := s.sink.Findings(s.found)
	s.found = s.found[:0]
	return err
}

// today is a day as YYYYMMDD, and one more for those who are born while the scan goes on.
func today(t time.Time) int {
	y, m, d := t.AddDate(0, 0, 1).Date()
	return y*10000 + int(m)*100 + d
}
