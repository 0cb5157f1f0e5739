// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"hash/maphash"
	"path/filepath"
	"strings"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

const (
	// mostHidden is how many bytes are kept of the members of one file whose names are masked, with how they are told.
	mostHidden = 4 << 20
	// mostFolders is how many folders in one file are known at a time. One that is met again after as many others is looked through again.
	mostFolders = 1 << 17
	// longestPath is how long the path of a member may be, in bytes, to be looked through name by name; a longer one is one name.
	longestPath = 1 << 10
	// longestTold is as much for a member with all that it lies in.
	longestTold = 16 << 10
	// mostColons is how many colons with spaces after them the name of a member may have that begins why something was not read.
	mostColons = 32
)

// members is what is known of the members of the file that is being read.
type members struct {
	last    [2]string         // the member that was asked for last, and how it is told
	parent  [2]string         // the folder that was asked for last, and how it is told
	print   Fingerprint       // its keyed hash
	printed string            // whose hash that is
	hidden  map[string]string // those that are told in another way than they are called, and how
	kept    int               // bytes of hidden
	seed    maphash.Seed      // of the next two
	folders map[uint64]int    // how many names each folder has had
	looked  map[uint64]bool   // those whose own names have been looked through
}

// count counts a name in a folder.
func (m *members) count(folder string) int {
	m.room()
	h := maphash.String(m.seed, folder)
	m.folders[h]++
	return m.folders[h]
}

// first reports whether the name of a folder is met for the first time.
func (m *members) first(folder string) bool {
	m.room()
	h := maphash.String(m.seed, folder)
	known := m.looked[h]
	m.looked[h] = true
	return !known
}

// room makes room for another folder.
func (m *members) room() {
	if m.folders == nil {
		m.seed, m.folders, m.looked = maphash.MakeSeed(), map[uint64]int{}, map[uint64]bool{}
	}
	if max(len(m.folders), len(m.looked)) >= mostFolders {
		clear(m.folders)
		clear(m.looked)
	}
}

// hide keeps how a member is told that is told in another way than it is called, while there is room.
func (m *members) hide(member, told string) {
	if m.kept += len(member) + len(told); m.kept > mostHidden {
		return
	}
	if m.hidden == nil {
		m.hidden = map[string]string{}
	}
	m.hidden[member] = told
}

// joinTold is the path of a name in a folder, as filepath.Join makes it.
func joinTold(folder, name string) string {
	if folder == "." {
		return name
	}
	return strings.TrimRightFunc(folder, isSeparator) + string(filepath.Separator) + name
}

// tellPlace makes the path as it is told of the task that begins.
func (s *session) tellPlace() {
	t := &s.task
	switch {
	case t.told != "":
	case t.toldFolder != "":
		t.told = joinTold(t.toldFolder, s.names.tell(filepath.Base(t.path), t.number))
	default: // it stands alone
		t.told = s.names.path(t.path, 0)
		t.toldSource = t.told
	}
}

// ownName looks through the name of the file or the folder that the task is about. A source that is a folder was named by who asked.
func (s *session) ownName() error {
	field := s.task.named
	if field == "" {
		field = FileName
	}
	name := filepath.Base(s.task.path)
	s.noteName(name, s.names.look(name), Finding{Named: true, Source: s.task.toldSource, Path: s.task.told, Place: source.Place{Field: field}})
	return s.flush(false)
}

// noteName counts what was found in a name, and tells it where findings are wanted.
func (s *session) noteName(name string, found []detect.Match, at Finding) {
	for i := range found {
		m := &found[i]
		if m.Confidence == detect.None || !s.chosen[m.Detector] {
			continue
		}
		s.tell(m.Detector, m.Confidence)
		if !s.Detail {
			continue
		}
		value := []byte(name[m.Start:m.End])
		s.normal = detect.Normal(s.normal[:0], m.Detector, value)
		at.Offset, at.Detector, at.Confidence, at.Why = int64(m.Start), s.Rules.ID(m.Detector), m.Confidence, m.Why
		at.Masked, at.Fingerprint = s.mask(m.Detector, value), s.print.fingerprint(byte(m.Detector), s.normal)
		s.found = append(s.found, at)
	}
}

// parts are what parts the names in a member's path.
const parts = `/\`

// Name looks through what a member is called, and once through the name of each folder above it.
func (s *session) Name(within, name string, folder bool) error {
	eachName(name, folder, func(above, name string, folder bool) { s.memberName(within, above, name, folder) })
	return s.flush(false)
}

// EachName visits each name in what a member is called that lies within another, with the path of the member up to it.
func EachName(within, name string, visit func(member, name string)) {
	eachName(name, false, func(above, name string, _ bool) { visit(joinMember(within, above+name), name) })
}

func eachName(name string, folder bool, visit func(above, name string, folder bool)) {
	whole := strings.TrimRight(name, parts)
	folder = folder || len(whole) < len(name)
	if len(whole) > longestPath { // so that what is looked at grows as the path does, and not as its square
		visit("", whole, folder)
		return
	}
	for from := 0; from < len(whole); {
		to := len(whole)
		if i := strings.IndexAny(whole[from:], parts); i >= 0 {
			to = from + i
		}
		if from < to {
			visit(whole[:from], whole[from:to], to < len(whole) || folder)
		}
		from = to + 1
	}
}

// memberName looks through one name of a member's path, which has others above it.
func (s *session) memberName(within, above, name string, folder bool) {
	m := &s.members
	at, field := joinMember(within, above+name), FileName
	if folder {
		if field = FolderName; !m.first(at) {
			return
		}
	}
	prefix := joinMember(within, above)
	parent := strings.TrimRight(prefix, parts)
	number := m.count(parent)
	if parent != m.parent[0] {
		m.parent = [2]string{parent, s.memberTold(parent)}
	}
	told := m.parent[1] + prefix[len(parent):]
	if len(prefix) == len(parent) && parent != "" {
		told += "/"
	}
	print := s.memberPrint(at)
	found := s.names.look(name)
	told += numbered(name, found, number)
	m.last = [2]string{at, told}
	if told != at {
		m.hide(at, told)
	}
	s.noteName(name, found, Finding{
		Named: true, Source: s.task.toldSource, Path: s.task.told, Member: told, MemberPrint: print, Place: source.Place{Member: told, Field: field},
	})
}

// joinMember is the path of a member of a member.
func joinMember(outer, name string) string {
	if outer == "" || name == "" {
		return outer + name
	}
	return outer + "/" + name
}

// memberTold is how a member is told. What its readers call it, as the column of a table, has no number.
func (s *session) memberTold(member string) string {
	m := &s.members
	if member == "" {
		return ""
	}
	if member == m.last[0] {
		return m.last[1]
	}
	told, ok := m.hidden[member]
	if !ok && len(member) > longestTold {
		told, ok = s.names.hide(member), true
	}
	for from := 0; !ok; {
		to := len(member)
		if i := strings.IndexAny(member[from:], parts); i >= 0 {
			to = from + i
		}
		if above, known := m.hidden[member[:to]]; known {
			told = above
		} else {
			told += s.names.hide(member[from:to])
		}
		if ok = to == len(member); !ok {
			told += member[to : to+1]
			from = to + 1
		}
	}
	m.last = [2]string{member, told}
	return told
}

// memberPrint is a member's keyed hash.
func (s *session) memberPrint(member string) Fingerprint {
	m := &s.members
	if member != m.printed {
		m.printed, m.print = member, s.print.fingerprint(memberKind, []byte(member))
	}
	if member == "" {
		return Fingerprint{}
	}
	return m.print
}

// memberKind is the kind of fingerprints of members: of no detector.
const memberKind = 255

// MemberPrinter makes the keyed hashes of members, as Finding.MemberPrint.
func MemberPrinter(k Key) func(member string) Fingerprint {
	p := newPrinter(k)
	return func(member string) Fingerprint {
		if member == "" {
			return Fingerprint{}
		}
		return p.fingerprint(memberKind, []byte(member))
	}
}

// reasonTold is why something was not read, which may name a member first.
func (s *session) reasonTold(member, reason string) string {
	for at, colons := 0, 0; ; colons++ {
		i := strings.Index(reason[at:], ": ")
		if i < 0 || colons == mostColons {
			return s.names.hide(reason)
		}
		at += i
		full := joinMember(member, reason[:at])
		told, ok := s.members.hidden[full]
		if !ok && full == s.members.last[0] {
			told, ok = s.members.last[1], true
		}
		if ok {
			return strings.TrimPrefix(told, joinMember(s.memberTold(member), "")+"/") + s.names.hide(reason[at:])
		}
		at += 2
	}
}
