// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

const (
	// judgeAfter is how many values of a column are seen before its findings are handed on: a column is judged as a column.
	judgeAfter = 200
	// leastTried is how many numbers of the right shape a column needs before their share says anything.
	leastTried = 8
	// mostColumns is how many columns of one file are judged; a file with more has none.
	mostColumns = 8192
	// realPart and chancePart are the parts of the numbers with the shape, one half and one fifth, from which a column holds them, and below
	// which they are right by chance: date and checksum let one in ten of a column of times through, and of a real column 96 in a hundred are
	// right.
	realPart, chancePart = 2, 5
)

// column is a column of the file that is being read.
type column struct {
	source.Column
	session *session
	heading detect.Contexts
	values  int64 // that are not empty, where cells are told one by one
	tried   int64 // values with the shape of a personnummer
	valid   int64 // of them, those that are one
	judged  bool
	held    []held
	kinds   []*tally // by detector
}

// held is a match that waits for its column to be judged, with its finding where findings are wanted.
type held struct {
	finding    *Finding
	detector   detect.Detector
	confidence detect.Confidence
	why        detect.Why
}

// tally counts one detector's values in a column.
type tally struct {
	distinct distinctCounter
	why      detect.Why
}

// columnNamed finds or makes a column; nil when there are too many.
func (s *session) columnNamed(c source.Column) *column {
	if found := s.columns[c]; found != nil {
		return found
	}
	if s.columns == nil {
		s.columns = map[source.Column]*column{}
	}
	if len(s.columns) >= mostColumns {
		return nil
	}
	made := &column{Column: c, session: s, heading: s.heading(c.Field)}
	s.columns[c] = made
	return made
}

// mostHeadings is how many names of columns are kept with what they speak of, and longestHeading the longest that is: files of one kind have
// the same names.
const mostHeadings, longestHeading = 1024, 64

// heading is what a column's name speaks of.
func (s *session) heading(name string) detect.Contexts {
	if known, ok := s.headings[name]; ok {
		return known
	}
	speaks := s.Rules.Heading(name)
	if len(name) > longestHeading {
		return speaks
	}
	if s.headings == nil || len(s.headings) >= mostHeadings {
		s.headings = map[string]detect.Contexts{}
	}
	s.headings[strings.Clone(name)] = speaks
	return speaks
}

// askedColumn is the column that the scanner was told about at a place.
type askedColumn struct {
	at     int
	column *column
}

// columnOf is the column that a match stands in; nil in prose. The scanner has asked for it already, in the order of the places, when the
// match is a number that is right.
func (s *session) columnOf(g *segment, m *detect.Match) *column {
	if m.Cell > 0 {
		return s.asked[m.Cell-1].column
	}
	if g.column != nil || g.form == "" {
		return g.column
	}
	at := m.Start
	for ; s.noted < len(s.asked); s.noted++ {
		if a := &s.asked[s.noted]; a.at == at {
			return a.column
		} else if a.at > at {
			break
		}
	}
	return s.findColumn(g, at)
}

// findColumn looks for what says in the text which column a place stands in.
func (s *session) findColumn(g *segment, at int) *column {
	switch {
	case g.form == source.CSV:
		return s.csv.column(s, at)
	case g.form == source.JSON && s.keys.made:
		return s.keys.columnAt(s, at)
	case g.form == source.JSON:
		return s.json.columnAt(s, at)
	case g.form == source.Markup:
		return s.keyed(elementName(s.window[max(0, at-longestKey):at]))
	}
	return nil
}

// columnAt tells the scanner about the column at a place.
func (s *session) columnAt(at int) (uint16, detect.Contexts, bool) {
	g := s.segmentAt(at)
	if g == nil {
		return 0, 0, false
	}
	c, cell := g.column, uint16(0)
	if c == nil && g.form != "" {
		if n := len(s.asked); n > 0 && s.asked[n-1].at == at {
			c = s.asked[n-1].column
		} else {
			c = s.findColumn(g, at)
			s.asked = append(s.asked, askedColumn{at, c})
		}
		cell = s.lastCell()
	}
	if c == nil {
		return cell, 0, false
	}
	return cell, c.heading, g.form != source.Markup || c.heading != 0
}

// cellAt does the same in a window that is all one file of rows, as nearly all of a large one's are.
func (s *session) cellAt(at int) (uint16, detect.Contexts, bool) {
	return s.answer(at, s.csv.column(s, at))
}

// keyAt does the same in a window that is all one file of JSON, of which the keys are known.
func (s *session) keyAt(at int) (uint16, detect.Contexts, bool) {
	return s.answer(at, s.keys.columnAt(s, at))
}

// answer notes which column a place that was asked for lies in, and says what the scanner is told of it.
func (s *session) answer(at int, c *column) (uint16, detect.Contexts, bool) {
	s.asked = append(s.asked, askedColumn{at, c})
	if c == nil {
		return s.lastCell(), 0, false
	}
	return s.lastCell(), c.heading, true
}

// lastCell is what the scanner is told that the column is called that it asked for last; 0 when there are too many in the window.
func (s *session) lastCell() uint16 {
	if n := len(s.asked); n <= math.MaxUint16 {
		return uint16(n)
	}
	return 0
}

// mostKeyed is how many columns of keys are looked at before the table of all is asked.
const mostKeyed = 8

// keyed is the column of a key or an element. The few that were found last are looked at first: most files have few.
func (s *session) keyed(name []byte) *column {
	if len(name) == 0 {
		return nil
	}
	for _, c := range s.lastKeyed {
		if c.Field == string(name) && c.Member == s.member {
			return c
		}
	}
	c := s.columnNamed(source.Column{Member: s.member, Field: string(name)})
	switch {
	case c == nil:
	case len(s.lastKeyed) < mostKeyed:
		s.lastKeyed = append(s.lastKeyed, c)
	default:
		s.lastKeyed[len(s.columns)%mostKeyed] = c
	}
	return c
}

// tell counts a number that has the shape, right or wrong.
func (c *column) tell(m *detect.Match) {
	if m.Detector == detect.Personnummer || m.Detector == detect.Samordningsnummer {
		c.tried++
		if m.Confidence != detect.None {
			c.valid++
		}
		if !c.judged && c.tried >= judgeAfter {
			c.release()
		}
	}
}

// tally counts a value.
func (c *column) tally(m *detect.Match, value []byte) {
	var t *tally
	if int(m.Detector) < len(c.kinds) {
		t = c.kinds[m.Detector]
	}
	if t == nil {
		if c.kinds == nil {
			c.kinds = make([]*tally, len(c.session.Rules.IDs()))
		}
		t = &tally{distinct: distinctCounter{tables: &c.session.tables}}
		c.kinds[m.Detector] = t
	}
	t.why |= m.Why
	s := c.session
	if m.Number != 0 {
		t.distinct.add(s.mixed(m.Number))
		return
	}
	t.distinct.add(s.hashed(m.Detector, value))
}

// hold keeps a match until the column is judged.
func (c *column) hold(h held) {
	if len(c.held) == 0 {
		c.session.waiting++
	}
	c.held = append(c.held, h)
	if len(c.held) >= judgeAfter {
		c.release()
	}
}

// release judges the column, and hands on what waited.
func (c *column) release() {
	c.judged = true
	if len(c.held) > 0 {
		c.session.waiting--
	}
	for i := range c.held {
		c.weigh(&c.held[i])
		c.session.count(&c.held[i])
	}
	c.held = nil
}

// holds reports whether most of the numbers with the shape are right, and chance whether so few are that they are by chance. Neither is
// known when there are too few.
func (c *column) holds() bool  { return c.tried >= leastTried && c.valid*realPart >= c.tried }
func (c *column) chance() bool { return c.tried >= leastTried && c.valid*chancePart < c.tried }

// weigh changes a match's confidence by what its column is.
func (c *column) weigh(h *held) { h.confidence, h.why = c.weighed(h.detector, h.confidence, h.why) }

func (c *column) weighed(d detect.Detector, confidence detect.Confidence, why detect.Why) (detect.Confidence, detect.Why) {
	switch {
	case d > detect.Samordningsnummer || why&(detect.Neighbours|detect.Future) != 0:
	case c.holds():
		return detect.High, why | detect.Share
	case c.chance() && why&detect.Heading == 0:
		return detect.Low, why | detect.AgainstShare
	}
	return confidence, why
}

// endColumns hands on what waits, and tells every column's verdict.
func (s *session) endColumns() error {
	keys := make([]source.Column, 0, len(s.columns))
	for k, c := range s.columns {
		if !c.judged {
			c.release()
		}
		if len(c.kinds) > 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareColumns)
	for _, k := range keys {
		c := s.columns[k]
		for d, t := range c.kinds {
			if t == nil {
				continue
			}
			if err := s.sink.Container(c.container(detect.Detector(d), t)); err != nil {
				return err
			}
			s.tables.release(t.distinct.table)
			t.distinct.table = nil
		}
	}
	return nil
}

// container is the column's verdict on one detector.
func (c *column) container(d detect.Detector, t *tally) Container {
	s := c.session
	out := Container{
		Path: s.task.told, Member: s.memberTold(c.Member), Table: s.label(c.Table), Field: s.label(c.Field), Detector: s.Rules.ID(d), Count: t.distinct.n, Distinct: t.distinct.distinct(),
	}
	if c.Member != "" {
		out.Path += "/" + out.Member
	}
	if out.Field == "" && c.Index > 0 {
		out.Field = fmt.Sprint(c.Index)
	}
	out.Because = t.why.Texts()
	civic := (d == detect.Personnummer || d == detect.Samordningsnummer) && c.tried >= leastTried
	switch {
	case civic:
		out.ValidShare = float64(c.valid) / float64(c.tried)
		out.Because = append(out.Because, fmt.Sprintf("%d of %d numbers of the shape are right", c.valid, c.tried))
	case c.values > 0:
		out.ValidShare = min(1, float64(t.distinct.n)/float64(c.values))
		out.Because = append(out.Because, fmt.Sprintf("%d in %d values", t.distinct.n, c.values))
	default:
		out.ValidShare = 1
	}
	c.verdict(&out, civic)
	return out
}

// verdict says what the column is.
func (c *column) verdict(out *Container, shared bool) {
	named := c.heading != 0
	switch {
	case shared && c.holds():
		out.Verdict, out.Confidence = "holds", detect.High
	case shared && c.chance() && !(named && c.says(out.Detector)):
		out.Verdict, out.Confidence = "chance", detect.Low
		out.Because = append(out.Because, "that few are right by chance, in a column of times or references")
	case named && c.says(out.Detector):
		out.Verdict, out.Confidence = "holds", detect.High
	default:
		out.Verdict, out.Confidence = "some", detect.Medium
	}
	if named && c.says(out.Detector) {
		out.Because = append(out.Because, fmt.Sprintf("the column is called %s", out.Field))
	}
}

func (c *column) says(detector string) bool { return c.session.Rules.Says(c.heading, detector) }

func compareColumns(a, b source.Column) int {
	for _, d := range []int{
		bytes.Compare([]byte(a.Member), []byte(b.Member)), bytes.Compare([]byte(a.Table), []byte(b.Table)), a.Index - b.Index,
		bytes.Compare([]byte(a.Field), []byte(b.Field)),
	} {
		if d != 0 {
			return d
		}
	}
	return 0
}
