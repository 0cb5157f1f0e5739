// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"path/filepath"
	"strings"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

// mostHidden is how many members of one file are kept with how they are told, of those whose names are masked.
const mostHidden = 1 << 16

// members is what is known of the members of the file that is being read.
type members struct {
	last    [2]string         // the member that was asked for last, and how it is told
	parent  [2]string         // the folder that was asked for last, and how it is told
	print   Fingerprint       // its keyed hash
	printed string            // whose hash that is
	hidden  map[string]string // those that are told in another way than they are called, and how
	folders map[string]bool   // those that have been looked through
	names   map[string]int    // how many names each folder has had
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
	s.noteName(name, s.names.look(name), Finding{Source: s.task.toldSource, Path: s.task.told, Place: source.Place{Field: field}})
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
		field = FolderName
		if m.folders[at] {
			return
		}
		if m.folders == nil {
			m.folders = map[string]bool{}
		}
		m.folders[at] = true
	}
	prefix := joinMember(within, above)
	parent := strings.TrimRight(prefix, parts)
	if m.names == nil {
		m.names = map[string]int{}
	}
	m.names[parent]++
	if parent != m.parent[0] {
		m.parent = [2]string{parent, s.memberTold(parent)}
	}
	told := m.parent[1] + prefix[len(parent):]
	if len(prefix) == len(parent) && parent != "" {
		told += "/"
	}
	print := s.memberPrint(at)
	found := s.names.look(name)
	told += numbered(name, found, m.names[parent])
	m.last = [2]string{at, told}
	if told != at && len(m.hidden) < mostHidden {
		if m.hidden == nil {
			m.hidden = map[string]string{}
		}
		m.hidden[at] = told
	}
	s.noteName(name, found, Finding{
		Source: s.task.toldSource, Path: s.task.told, Member: told, MemberPrint: print, Place: source.Place{Member: told, Field: field},
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
	for at := 0; ; {
		i := strings.Index(reason[at:], ": ")
		if i < 0 {
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
