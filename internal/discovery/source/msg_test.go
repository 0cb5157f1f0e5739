// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// oleStream is a stream of a compound file, or a storage when it has streams of its own.
type oleStream struct {
	name    string
	content []byte
	inner   []oleStream
}

// The marks in the tables of a compound file.
const (
	oleEnd, oleFree, oleFAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
)

// oleEntry is an entry in the directory of a compound file.
type oleEntry struct {
	name         string
	kind         byte
	right, child uint32
	start        uint32
	size         int
}

// bytes writes the entry.
func (e *oleEntry) bytes() []byte {
	b := make([]byte, 128)
	u := utf16.Encode([]rune(e.name))
	for i, c := range u {
		binary.LittleEndian.PutUint16(b[2*i:], c)
	}
	if e.name != "" {
		binary.LittleEndian.PutUint16(b[64:], uint16(2*len(u)+2))
	}
	b[66], b[67] = e.kind, 1
	for i, v := range []uint32{oleFree, e.right, e.child} {
		binary.LittleEndian.PutUint32(b[68+4*i:], v)
	}
	binary.LittleEndian.PutUint32(b[116:], e.start)
	binary.LittleEndian.PutUint64(b[120:], uint64(e.size))
	return b
}

// oleWriter writes a compound file (MS-CFB 2). Everything is in sectors of 512 bytes: streams are made at least 4096 bytes long, because
// shorter ones have sectors of their own kind.
type oleWriter struct {
	entries []oleEntry
	data    []byte
	chains  []uint32
}

// put writes content to sectors of its own, and gives the first.
func (w *oleWriter) put(content []byte) uint32 {
	start := uint32(len(w.chains))
	n := (len(content) + 511) / 512
	for j := range n {
		next := start + uint32(j) + 1
		if j == n-1 {
			next = oleEnd
		}
		w.chains = append(w.chains, next)
	}
	w.data = append(append(w.data, content...), make([]byte, n*512-len(content))...)
	return start
}

// add writes streams and storages, and gives the first one's place in the directory.
func (w *oleWriter) add(list []oleStream) uint32 {
	first := uint32(oleFree)
	for _, s := range slices.Backward(list) {
		at := len(w.entries)
		w.entries = append(w.entries, oleEntry{name: s.name, kind: 2, right: first, child: oleFree, start: oleEnd})
		if s.inner != nil {
			child := w.add(s.inner)
			w.entries[at].kind, w.entries[at].child = 1, child
		} else {
			content := append(bytes.Clone(s.content), make([]byte, max(4096-len(s.content), 0))...)
			w.entries[at].start, w.entries[at].size = w.put(content), len(content)
		}
		first = uint32(at)
	}
	return first
}

// oleOf writes a compound file.
func oleOf(streams ...oleStream) []byte {
	w := &oleWriter{entries: []oleEntry{{name: "Root Entry", kind: 5, right: oleFree, start: oleEnd}}}
	child := w.add(streams)
	w.entries[0].child = child
	for len(w.entries)%4 != 0 {
		w.entries = append(w.entries, oleEntry{right: oleFree, child: oleFree})
	}
	var directory []byte
	for i := range w.entries {
		directory = append(directory, w.entries[i].bytes()...)
	}
	directoryAt := w.put(directory)
	tables := len(w.chains)/127 + 1
	firstTable := uint32(len(w.chains))
	for range tables {
		w.chains = append(w.chains, oleFAT)
	}
	for len(w.chains)%128 != 0 {
		w.chains = append(w.chains, oleFree)
	}
	for _, c := range w.chains {
		w.data = binary.LittleEndian.AppendUint32(w.data, c)
	}
	head := make([]byte, 512)
	copy(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	for at, v := range map[int]uint16{24: 0x3E, 26: 3, 28: 0xFFFE, 30: 9, 32: 6} {
		binary.LittleEndian.PutUint16(head[at:], v)
	}
	for at, v := range map[int]uint32{44: uint32(tables), 48: directoryAt, 56: 4096, 60: oleEnd, 68: oleEnd} {
		binary.LittleEndian.PutUint32(head[at:], v)
	}
	for i := range 109 {
		v := uint32(oleFree)
		if i < tables {
			v = firstTable + uint32(i)
		}
		binary.LittleEndian.PutUint32(head[76+4*i:], v)
	}
	return append(head, w.data...)
}

func wide(s string) []byte {
	var out []byte
	for _, c := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, c)
	}
	return out
}

// aMSG is a message of Outlook's, with a file and another message attached to it.
func aMSG(t testing.TB) []byte {
	t.Helper()
	numbers := official(t)
	return oleOf(
		oleStream{name: "__properties_version1.0", content: make([]byte, 32)},
		oleStream{name: "__substg1.0_0037001F", content: wide("Ärende 189007179816")},
		oleStream{name: "__substg1.0_1000001F", content: wide(strings.Join(numbers, "\r\n"))},
		oleStream{name: "__substg1.0_10130102", content: []byte("<p>the same once more</p>")},
		oleStream{name: "__recip_version1.0_#00000000", inner: []oleStream{{name: "__substg1.0_3003001E", content: []byte("anna@example.org")}}},
		oleStream{name: "__attach_version1.0_#00000000", inner: []oleStream{
			{name: "__substg1.0_3707001F", content: wide("lista.txt")}, {name: "__substg1.0_37010102", content: []byte(strings.Repeat("bilaga 189008269814\n", 300))},
		}},
		oleStream{name: "__attach_version1.0_#00000001", inner: []oleStream{{name: "__substg1.0_3701000D", inner: []oleStream{
			{name: "__substg1.0_1000001E", content: []byte("inuti 189008319809")},
		}}}},
	)
}

func TestMSG(t *testing.T) {
	g := readBytes(t, "a.msg", aMSG(t))
	g.hasAll(t, official(t))
	for _, want := range []string{"Ärende 189007179816", "anna@example.org", "bilaga 189008269814", "inuti 189008319809"} {
		if !strings.Contains(g.all(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(g.all(), "once more") {
		t.Error("the text is told in two forms")
	}
}

func TestEncryptedOffice(t *testing.T) {
	g := readBytes(t, "a.docx", oleOf(oleStream{name: "EncryptedPackage", content: []byte("x")}, oleStream{name: "EncryptionInfo", content: []byte("x")}))
	if !strings.Contains(g.reasons(), "it is encrypted") || g.read != 0 {
		t.Errorf("skipped %q, read %d", g.reasons(), g.read)
	}
}

func FuzzOLE(f *testing.F) {
	f.Add(aMSG(f))
	f.Add(oleOf(oleStream{name: "Workbook", content: []byte{9, 8, 4, 0, 0, 6, 0x10, 0, 0xFC, 0, 12, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 'a', 0xFD, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}))
	f.Add(oleOf(oleStream{name: "PowerPoint Document", content: []byte{0, 0, 0xA8, 0x0F, 2, 0, 0, 0, 'a', 'b'}}))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, OLE, b) })
}
