// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/discovery/source"
)

// Lines writes what is found as JSON, one object a line with its keys in a fixed order.
type Lines struct {
	version string

	mu sync.Mutex
	w  *bufio.Writer
}

// NewLines writes to w what rules of a version find. Close it.
func NewLines(w io.Writer, version string) *Lines {
	return &Lines{w: bufio.NewWriterSize(w, 64<<10), version: version}
}

// linesBuffer is the memory that lines are made in outside the lock. What is the same in many lines is made once: where the file is, and
// the mask.
type linesBuffer struct{ lines, file, mask []byte }

var linesPool = sync.Pool{New: func() any { return new(linesBuffer) }}

// Findings writes findings.
func (l *Lines) Findings(found []Finding) error {
	p := linesPool.Get().(*linesBuffer) //nolint:forcetypeassert // the pool has nothing else
	p.lines = p.lines[:0]
	for i := range found {
		f := &found[i]
		if i == 0 || f.Path != found[i-1].Path || f.Member != found[i-1].Member || f.Source != found[i-1].Source {
			p.file = appendFile(p.file[:0], f)
		}
		if i == 0 || f.Masked != found[i-1].Masked {
			p.mask = appendString(p.mask[:0], f.Masked)
		}
		p.lines = l.finding(p.lines, p, f)
	}
	l.mu.Lock()
	_, err := l.w.Write(p.lines)
	l.mu.Unlock()
	linesPool.Put(p)
	return err
}

// Counted has nothing to write: each finding has a line.
func (l *Lines) Counted(string, []int64, []int64) error { return nil }

// appendFile appends the beginning of a finding's line, up to its offset.
func appendFile(b []byte, f *Finding) []byte {
	b = append(b, `{"type":"finding","source":`...)
	b = appendString(b, f.Source)
	b = append(b, `,"path":`...)
	b = appendString(b, f.Path)
	b = append(b, `,"member":`...)
	b = appendString(b, f.Member)
	return append(b, `,"offset":`...)
}

// finding appends a finding's line. Unknown numbers are null and unknown texts empty.
func (l *Lines) finding(b []byte, p *linesBuffer, f *Finding) []byte {
	b = append(b, p.file...)
	b = strconv.AppendInt(b, f.Offset, 10)
	b = appendKnown(b, `,"line":`, f.Place.Line)
	b = appendKnown(b, `,"column":`, f.Place.Column)
	b = append(b, `,"cell":`...)
	b = appendString(b, cellOf(&f.Place))
	b = append(b, `,"table":`...)
	b = appendString(b, f.Place.Table)
	b = append(b, `,"field":`...)
	b = appendString(b, f.Place.Field)
	b = append(b, `,"detector":"`...)
	b = append(b, f.Detector...)
	b = append(b, `","confidence":"`...)
	b = append(b, f.Confidence.String()...)
	b = append(b, `","masked":`...)
	b = append(b, p.mask...)
	b = append(b, `,"fingerprint":"`...)
	b = hex.AppendEncode(b, f.Fingerprint[:])
	b = append(b, `","rule_version":"`...)
	b = append(b, l.version...)
	return append(b, "\"}\n"...)
}

// cellOf is the cell, or else the page and the paragraph.
func cellOf(p *source.Place) string {
	switch {
	case p.Cell != "":
		return p.Cell
	case p.Page > 0 && p.Paragraph > 0:
		return "page " + strconv.Itoa(p.Page) + ", paragraph " + strconv.Itoa(p.Paragraph)
	case p.Page > 0:
		return "page " + strconv.Itoa(p.Page)
	case p.Paragraph > 0:
		return "paragraph " + strconv.Itoa(p.Paragraph)
	}
	return ""
}

func appendKnown(b []byte, key string, n int) []byte {
	b = append(b, key...)
	if n == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// appendString appends a text as JSON. A name that is not UTF-8 has its bytes as \ufffd.
func appendString(b []byte, s string) []byte {
	if plainJSON(s) {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	q, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can be written
	}
	return append(b, q...)
}

func plainJSON(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			return false
		}
	}
	return utf8.ValidString(s)
}

type containerLine struct {
	Type       string   `json:"type"`
	Path       string   `json:"path,omitempty"`
	Table      string   `json:"table,omitempty"`
	Field      string   `json:"field"`
	Detector   string   `json:"detector"`
	Count      int64    `json:"count"`
	Distinct   int64    `json:"distinct"`
	ValidShare float64  `json:"valid_share"`
	Verdict    string   `json:"verdict"`
	Confidence string   `json:"confidence"`
	Because    []string `json:"because"`
}

// Container writes a verdict.
func (l *Lines) Container(c Container) error {
	line := containerLine{"container", c.Path, c.Table, c.Field, c.Detector, c.Count, c.Distinct, round(c.ValidShare), c.Verdict, c.Confidence.String(), c.Because}
	if c.Table != "" {
		line.Path = ""
	}
	if line.Because == nil {
		line.Because = []string{}
	}
	return l.write(line)
}

func round(x float64) float64 { return float64(int64(x*10000+0.5)) / 10000 }

type skippedLine struct {
	Type   string `json:"type"`
	Path   string `json:"path"`
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Reason string `json:"reason"`
}

// Skipped writes what was not read. A member's path follows the file's.
func (l *Lines) Skipped(k Skipped) error {
	path := k.Path
	if k.Member != "" {
		path += "/" + k.Member
	}
	return l.write(skippedLine{"skipped", path, k.From, k.To, k.Reason})
}

type summaryLine struct {
	Type         string                `json:"type"`
	BytesRead    int64                 `json:"bytes_read"`
	BytesSkipped int64                 `json:"bytes_skipped"`
	Files        int64                 `json:"files"`
	Findings     map[string]int64      `json:"findings"`
	Seconds      float64               `json:"seconds"`
	Sample       map[string]sampleLine `json:"sample"`
}

type sampleLine struct {
	Rows int64 `json:"rows"`
	Read int64 `json:"read"`
	Full bool  `json:"full"`
	// Missed is the least share of rows that the sample misses with at most one in a hundred.
	Missed float64 `json:"missed_share"`
	Text   string  `json:"text"`
}

// Summary writes the sum.
func (l *Lines) Summary(s *Summary) error {
	line := summaryLine{"summary", s.BytesRead, s.BytesSkipped, s.Files, s.Findings, round(s.Elapsed.Seconds()), map[string]sampleLine{}}
	for _, x := range s.Samples {
		line.Sample[x.Table] = sampleLine{x.Rows, x.Read, x.Full, Missed(x), SampleText(x)}
	}
	return l.write(line)
}

func (l *Lines) write(line any) error {
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.w.Write(append(b, '\n'))
	return err
}

// Close writes what waits.
func (l *Lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Flush()
}

var _ Sink = (*Lines)(nil)
