// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"
	"time"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// flushFindings is how many findings are handed on at a time.
const flushFindings = 512

// noteAll takes in the matches of a window.
func (s *session) noteAll(matches []detect.Match) {
	counted := !s.Detail && !s.scanner.Tried
	for i := range matches {
		m := &matches[i]
		if m.Cell > 0 && counted {
			if c := s.asked[m.Cell-1].column; c != nil && c.judged { // as nearly all numbers in columns are
				c.tally(m, s.window[m.Start:m.End])
				confidence, _ := c.weighed(m.Detector, m.Confidence, m.Why)
				s.tell(m.Detector, confidence)
				continue
			}
		}
		if g := s.segmentAt(m.Start); g != nil {
			s.note(m, g)
		}
	}
}

// countAt counts a number in a window that is all one file of rows or of keys, if its column is judged and has had one of its kind.
func (s *session) countAt(at int, d detect.Detector, number uint64, why detect.Why) bool {
	c := s.findColumn(&s.segments[0], at)
	if c == nil || !c.judged || c.kinds == nil || c.kinds[d] == nil {
		return false
	}
	why, confidence := why.InColumn(c.heading)
	t := c.kinds[d]
	t.why |= why
	t.distinct.add(s.mixed(number))
	confidence, _ = c.weighed(d, confidence, why)
	s.tell(d, confidence)
	return true
}

// note takes in a match of a segment: it is counted, and made a finding of where findings are wanted.
func (s *session) note(m *detect.Match, g *segment) {
	col := s.columnOf(g, m)
	if col != nil {
		if s.scanner.Tried {
			col.tell(m)
		}
		if m.Confidence != detect.None {
			col.tally(m, s.window[m.Start:m.End])
		}
	}
	if m.Confidence == detect.None {
		return
	}
	if col != nil && col.judged && !s.Detail { // as nearly all are
		confidence, _ := col.weighed(m.Detector, m.Confidence, m.Why)
		s.tell(m.Detector, confidence)
		return
	}
	h := held{detector: m.Detector, confidence: m.Confidence, why: m.Why}
	if col != nil {
		if !col.judged {
			if s.Detail {
				h.finding = &Finding{}
				s.fill(h.finding, m, g, col)
			}
			col.hold(h)
			return
		}
		col.weigh(&h)
	}
	if s.Detail {
		s.found = append(s.found, Finding{})
		f := &s.found[len(s.found)-1]
		s.fill(f, m, g, col)
		f.Confidence, f.Why = h.confidence, h.why
	}
	s.count(&h)
}

// fill says where a match stands, and what it is, masked.
func (s *session) fill(f *Finding, m *detect.Match, g *segment, col *column) {
	value := s.window[m.Start:m.End]
	s.normal = detect.Normal(s.normal[:0], m.Detector, value)
	f.Source, f.Path, f.Offset, f.Place = s.task.toldSource, s.task.told, g.offsetOf(m.Start-g.at), g.place
	f.Member = s.memberTold(s.member)
	f.Place.Member = f.Member
	f.MemberPrint = s.memberPrint(s.member)
	f.Detector, f.Masked = s.Rules.ID(m.Detector), s.mask(m.Detector, value)
	f.Fingerprint = s.print.fingerprint(byte(m.Detector), s.normal)
	if g.place.Line > 0 {
		s.placeLine(f, g, m.Start)
	}
	if f.Place.Table != "" {
		f.Place.Cell, f.Place.Table = s.cellLabel(g.place.Cell, g.place.Table), s.label(g.place.Table)
	}
	f.Place.Field = s.label(f.Place.Field)
	if col != nil {
		f.Place.Field = s.label(col.Field)
		if col.Index > 0 {
			f.Place.Column = col.Index
		}
	}
}

// mostMasks is how many masks are kept: there are few forms, and what is written by hand in many ways is made anew.
const mostMasks = 1024

// mask is a value's form. The same form is the same string.
func (s *session) mask(d detect.Detector, value []byte) string {
	s.masking = detect.AppendMask(s.masking[:0], d, value)
	if known, ok := s.masks[string(s.masking)]; ok {
		return known
	}
	made := string(s.masking)
	if len(s.masks) < mostMasks {
		s.masks[made] = made
	}
	return made
}

// count counts a match whose confidence is final, and hands the finding on that waited with it.
func (s *session) count(h *held) {
	s.tell(h.detector, h.confidence)
	if h.finding != nil {
		h.finding.Confidence, h.finding.Why = h.confidence, h.why
		s.found = append(s.found, *h.finding)
	}
}

// tell counts a match.
func (s *session) tell(d detect.Detector, c detect.Confidence) {
	if c >= detect.Medium {
		s.counts[d]++
		s.fresh++
	} else {
		s.lows[d]++
	}
}

// placeLine counts the lines up to a match. Matches come in order, so that each byte is counted once.
func (s *session) placeLine(f *Finding, g *segment, at int) {
	s.countLines(g, at)
	f.Place.Line = g.place.Line + g.lines
	f.Place.Column = at - g.at - g.lineStart + 1
}

// countLines counts a text's lines up to a place of the window, where findings are told.
func (s *session) countLines(g *segment, at int) {
	if !s.Detail {
		return
	}
	between := s.window[g.at+g.counted : at]
	if i := bytes.LastIndexByte(between, '\n'); i >= 0 {
		g.lines += bytes.Count(between, newline)
		g.lineStart = g.counted + i + 1
	}
	g.counted = at - g.at
}

var newline = []byte{'\n'}

func (s *session) flush(all bool) error {
	if s.fresh > 0 {
		s.Progress.Findings.Add(s.fresh)
		s.fresh = 0
	}
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
