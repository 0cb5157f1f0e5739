// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"
	"hash/maphash"
	"io/fs"
	"sort"
	"time"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

// The window is the text that is being looked through: what has been decided and is kept because it speaks for what comes, and what
// waits for the text after it.
const (
	// windowBytes is when a window of small texts is looked through.
	windowBytes = 64 << 10
	// directBytes is the size from which a text is looked through where it lies, but for its edges.
	directBytes = 16 << 10
)

// gap parts texts that do not continue each other: no value goes across it, and words speak across it.
var gap = []byte("\n\x00\n")

// session looks through one file at a time. Each worker has one, and uses its memory again.
type session struct {
	*engine
	scanner *detect.Scanner
	print   *printer
	task    task

	behind     int // how much of what is decided is kept, for what comes to be what it is in the whole
	ahead      int // how much text must follow a place before what begins there is decided
	window     []byte
	from       int // what begins before it is decided
	segments   []segment
	member     string
	wraps      bool
	any        bool // some text has come
	sinceBreak int  // bytes since the last line break

	read, skipped int64
	found         []Finding
	counts, lows  []int64                    // by detector: high and medium, and low
	fresh         int64                      // counted since the progress was told
	salts         [2]uint64                  // of numbers' hashes
	tables        tables                     // for columns' counts of different values
	headings      map[string]detect.Contexts // what columns' names speak of
	normal        []byte                     // the value that is being hashed
	masking       []byte                     // the mask that is being made
	masks         map[string]string          // those that were made
	labels        labels                     // of columns, tables and cells
	names         *names                     // of files, folders and members
	chosen        []bool                     // by detector, what is looked for
	members       members
	windows       int           // of the file that were looked through
	waiting       int           // columns that hold matches until they are judged
	asked         []askedColumn // the columns that the scanner asked for in the window
	noted         int           // how many of them lie before the match that is noted
	last          int           // the segment that was asked for last
	csv           csvLayout
	json          lastKey
	keys          jsonKeys
	columns       map[source.Column]*column
	lastKeyed     []*column // those that were found last by a key or an element
	document      document
	phrases       *detect.Phrases // the words of the rules of documents
	heard         []bool          // which of them stand in the text that is listened to; empty until it is known

	// what the state is told
	before fs.FileInfo // the file as it was when reading began
	began  time.Time
	skips  []stateSkip // what in it was not read
	partly bool        // something of it was not read
}

// segment is where a text lies in the window.
type segment struct {
	at, length int
	offset     int64
	places     []int64           // of each byte, when they were asked for
	where      func(i int) int64 // while the text is valid
	place      source.Place
	form       source.Kind
	column     *column
	number     bool
	counted    int // bytes of the text in which lines were counted
	lines      int // the lines among them
	lineStart  int // where the last line begins, from the text's start
}

func newSession(e *engine) *session {
	s := &session{engine: e, scanner: e.Rules.NewScanner(e.Detectors), print: newPrinter(e.Key)}
	s.behind, s.ahead = s.scanner.Overlap()
	s.scanner.Today = today(e.started)
	s.scanner.Roughly = !e.Detail
	s.names = e.newNames()
	s.chosen = make([]bool, len(e.Rules.IDs()))
	for _, d := range e.Detectors {
		s.chosen[d] = true
	}
	s.counts, s.lows = make([]int64, len(e.Rules.IDs())), make([]int64, len(e.Rules.IDs()))
	s.masks = map[string]string{}
	seed := maphash.MakeSeed()
	s.salts = [2]uint64{maphash.Bytes(seed, []byte{0}), maphash.Bytes(seed, []byte{1})}
	return s
}

// begin begins a task.
func (s *session) begin(t task) {
	s.task, s.read, s.skipped, s.windows, s.waiting = t, 0, 0, 0, 0
	s.window, s.segments, s.from, s.any, s.member = s.window[:0], s.segments[:0], 0, false, ""
	clear(s.counts)
	clear(s.lows)
	s.columns, s.lastKeyed, s.json.column = nil, s.lastKeyed[:0], nil
	s.keys = jsonKeys{keys: s.keys.keys}
	s.before, s.began, s.skips, s.partly = nil, time.Time{}, nil, false
	s.document = document{}
	s.members = members{}
	s.tellPlace()
}

// Read counts bytes.
func (s *session) Read(n int64) {
	s.read += n
	s.Progress.Bytes.Add(n)
}

// Skipped hands on what was not read.
func (s *session) Skipped(k source.Skip) error {
	if k.Path == "" || k.Path == s.task.path {
		k.Path = s.task.told
	} else {
		k.Path = s.names.path(k.Path, 0)
	}
	k.Reason = s.reasonTold(k.Member, k.Reason)
	if s.task.database != nil {
		k.Member = s.label(k.Member)
	} else {
		k.Member = s.memberTold(k.Member)
	}
	s.noteSkip(&k)
	if k.Member == "" && k.To > k.From {
		s.skipped += k.To - k.From
		s.Progress.Bytes.Add(k.To - k.From)
	}
	return s.skip(k)
}

// WantsLines reports whether findings are told, with their lines.
func (s *session) WantsLines() bool { return s.Detail }

// Text takes in text.
func (s *session) Text(t source.Text) error {
	if t.Place.Member != s.member {
		if err := s.finish(); err != nil {
			return err
		}
		s.member = t.Place.Member
	}
	if s.any && !t.Continues {
		s.window = append(s.window, gap...)
	}
	if t.Form == source.CSV && !t.Continues {
		s.csv.learn(t.Bytes)
	}
	g := s.segmentOf(t)
	s.any, s.wraps = true, t.Wraps
	if len(t.Bytes) >= directBytes {
		return s.direct(t, g)
	}
	s.add(g, t.Bytes)
	if len(s.window) >= windowBytes {
		if err := s.decide(len(s.window) - s.ahead); err != nil {
			return err
		}
		s.slide()
	}
	s.keepPlaces()
	return nil
}

func (s *session) segmentOf(t source.Text) segment {
	g := segment{length: len(t.Bytes), offset: t.Offset, where: t.At, place: t.Place, form: t.Form}
	if !t.Continues {
		s.sinceBreak = 0
	}
	g.lineStart = -s.sinceBreak
	if i := bytes.LastIndexByte(t.Bytes, '\n'); i >= 0 {
		s.sinceBreak = len(t.Bytes) - i - 1
	} else {
		s.sinceBreak += len(t.Bytes)
	}
	return g
}

func (s *session) add(g segment, b []byte) {
	g.at = len(s.window)
	s.segments = append(s.segments, g)
	s.window = append(s.window, b...)
}

// direct looks through a large text where it lies: first its beginning after what waits, then all but its end.
func (s *session) direct(t source.Text, g segment) error {
	edge := s.edgeOf(t)
	s.add(g, t.Bytes[:edge+s.ahead])
	if err := s.decide(len(s.window) - s.ahead); err != nil {
		return err
	}
	last := &s.segments[len(s.segments)-1]
	g.counted, g.lines, g.lineStart = last.counted, last.lines, last.lineStart
	window, segments := s.window, s.segments
	s.window, s.segments, s.from = t.Bytes, []segment{g}, edge
	err := s.decide(len(t.Bytes) - s.ahead)
	keep := s.keepFrom(len(t.Bytes) - s.ahead)
	s.countLines(&s.segments[0], max(keep, s.segments[0].counted))
	g = s.segments[0]
	s.window, s.segments = append(window[:0], t.Bytes[keep:]...), segments[:0]
	g.at = -keep
	s.segments = append(s.segments, g)
	s.from = len(t.Bytes) - s.ahead - keep
	s.keepPlaces()
	return err
}

// edgeOf is how much of a large text's beginning is looked through after what waits, so that the rest has enough before it. In a table
// that is a whole line's beginning, which says which column a value stands in.
func (s *session) edgeOf(t source.Text) int {
	if t.Form != source.CSV {
		return s.behind
	}
	if i := bytes.IndexByte(t.Bytes[:longestLine], '\n'); i >= 0 {
		return i + 1 + s.behind
	}
	return longestLine + s.behind
}

// keepFrom is where what is kept of the window begins, when everything before a place has been decided: in a table a line.
func (s *session) keepFrom(decided int) int {
	keep := max(0, decided-s.behind)
	if s.formAt(keep) == source.CSV {
		least := max(0, keep-longestLine)
		keep = least + bytes.LastIndexByte(s.window[least:keep], '\n') + 1
	}
	return keep
}

// longestLine is how far back a line's beginning is looked for.
const longestLine = 8 << 10

func (s *session) formAt(at int) source.Kind {
	if g := s.segmentAt(at); g != nil {
		return g.form
	}
	return ""
}

// decide finds everything that begins before a place.
func (s *session) decide(to int) error {
	if to <= s.from {
		return nil
	}
	s.scanner.Wraps = s.wraps
	s.scanner.Tried = s.structured() && s.tries()
	s.askColumns()
	s.windows++
	s.asked, s.noted, s.csv.marked = s.asked[:0], 0, false
	matches := s.scanner.Scan(s.window, s.from, to)
	s.noteAll(matches)
	s.listen(s.window[s.from:to])
	s.from = to
	return s.flush(false)
}

// Which windows of a table are looked through for numbers that only look right, which shares are counted from: the first, more of them
// while a column waits to be judged, and then one in triedWindows.
const firstTried, triedWindows = 4, 16

func (s *session) tries() bool {
	return s.windows < firstTried || s.windows%triedWindows == 0 || s.windows < triedWindows && s.waiting > 0
}

// askColumns says how the scanner asks for columns in the window, and what their names may speak of.
func (s *session) askColumns() {
	s.scanner.Column, s.scanner.Count, s.scanner.Silent = nil, nil, 0
	s.keys.made = false
	if len(s.segments) == 1 {
		form := s.segments[0].form
		if !s.Detail && !s.scanner.Tried && (form == source.CSV || form == source.JSON) {
			s.scanner.Count = s.countAt
		}
		if form == source.CSV {
			s.scanner.Column, s.scanner.Silent = s.cellAt, ^s.csv.speaksOf(s)
			return
		}
		if form == source.JSON && s.scanner.AsksSilent() {
			if names, ok := s.keys.learn(s.window, s.heading); ok {
				s.scanner.Column, s.scanner.Silent = s.keyAt, ^names
				return
			}
		}
	}
	if !s.hasColumns() {
		return
	}
	var named detect.Contexts
	for i := range s.segments {
		if g := &s.segments[i]; g.form != "" { // keys and elements are known when they are met
			named = ^detect.Contexts(0)
		} else if g.column != nil {
			named |= g.column.heading
		}
	}
	s.scanner.Column, s.scanner.Silent = s.columnAt, ^named
}

// hasColumns reports whether anything in the window stands in a column.
func (s *session) hasColumns() bool {
	for i := range s.segments {
		if s.segments[i].form != "" || s.segments[i].column != nil {
			return true
		}
	}
	return false
}

// structured reports whether the window holds columns.
func (s *session) structured() bool {
	if len(s.segments) == 0 {
		return false
	}
	g := &s.segments[len(s.segments)-1]
	return g.form != "" || g.column != nil
}

// slide takes away what is decided and speaks for nothing that comes.
func (s *session) slide() {
	keep := s.keepFrom(s.from)
	if keep == 0 {
		return
	}
	first := 0
	for i := range s.segments {
		if g := &s.segments[i]; g.at < keep && keep < g.at+g.length && g.at+g.counted < keep {
			s.countLines(g, keep)
		}
	}
	n := copy(s.window, s.window[keep:])
	s.window = s.window[:n]
	s.from -= keep
	for i := range s.segments {
		s.segments[i].at -= keep
		if s.segments[i].at+s.segments[i].length <= 0 {
			first = i + 1
		}
	}
	s.segments = append(s.segments[:0], s.segments[first:]...)
}

// keepPlaces asks for the places of the bytes that wait, while they can be asked for.
func (s *session) keepPlaces() {
	for i := len(s.segments) - 1; i >= 0; i-- {
		g := &s.segments[i]
		if g.where == nil {
			if g.places != nil {
				break
			}
			continue
		}
		first := max(0, -g.at)
		g.places = make([]int64, g.length-first)
		for k := range g.places {
			g.places[k] = g.where(first + k)
		}
		g.where, g.offset = nil, int64(first) // offset is now the first byte that has a place
	}
}

// finish decides all that waits: the member has ended.
func (s *session) finish() error {
	err := s.decide(len(s.window))
	s.window, s.segments, s.from, s.any = s.window[:0], s.segments[:0], 0, false
	return err
}

// finishAll hands on everything that waits for the task's end.
func (s *session) finishAll() error {
	err := s.finish()
	if cerr := s.endColumns(); err == nil {
		err = cerr
	}
	if ferr := s.flush(true); err == nil {
		err = ferr
	}
	if derr := s.endDocument(); err == nil {
		err = derr
	}
	if s.Detail {
		return err
	}
	if cerr := s.sink.Counted(s.task.told, s.counts, s.lows); err == nil {
		err = cerr
	}
	return err
}

// sum adds the task to the sum.
func (s *session) sum() {
	if s.task.named == "" {
		s.Progress.Files.Add(1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.task.named == "" {
		s.summary.Files++
	}
	s.summary.BytesRead += s.read
	for i, n := range s.counts {
		s.summary.Low += s.lows[i]
		if n > 0 {
			s.summary.Findings[s.Rules.ID(detect.Detector(i))] += n
		}
	}
}

func (s *session) sampled(samples []source.Sample) {
	for i := range samples {
		samples[i].Table = s.label(samples[i].Table)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.summary.Samples = append(s.summary.Samples, samples...)
}

// segmentAt is the text that a place of the window lies in; nil in a gap.
func (s *session) segmentAt(at int) *segment {
	if s.last < len(s.segments) {
		if g := &s.segments[s.last]; at >= g.at && at < g.at+g.length {
			return g
		}
	}
	i := sort.Search(len(s.segments), func(i int) bool { return s.segments[i].at > at }) - 1
	if i < 0 {
		return nil
	}
	g := &s.segments[i]
	if at >= g.at+g.length {
		return nil
	}
	s.last = i
	return g
}

// offsetOf is where byte i of a segment stands.
func (g *segment) offsetOf(i int) int64 {
	switch {
	case g.where != nil:
		return g.where(i)
	case g.places != nil:
		return g.places[i-int(g.offset)]
	default:
		return g.offset + int64(i)
	}
}
