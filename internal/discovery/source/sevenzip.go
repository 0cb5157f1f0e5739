// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// The marks in the directory of a 7z file.
const (
	sevenEnd, sevenHeader, sevenProperties, sevenMore, sevenStreams, sevenFiles = 0, 1, 2, 3, 4, 5
	sevenPack, sevenUnpack, sevenSub, sevenSizes, sevenDigests                  = 6, 7, 8, 9, 10
	sevenFolder, sevenCoderSizes, sevenCount, sevenEncoded                      = 11, 12, 13, 0x17
)

// errSeven says that the directory is damaged.
var errSeven = damage("its directory is damaged")

// checkSevenZ reads the directory of a 7z file before the library does: the library makes room for as many members as the directory
// says that there are, and a few bytes can say four thousand million. encrypted tells of each folder whether its members are.
func checkSevenZ(at io.ReaderAt, size int64) (encrypted []bool, err error) {
	var head [32]byte
	if n, _ := at.ReadAt(head[:], 0); n < len(head) {
		return nil, damage("it ends too early")
	}
	from, n := binary.LittleEndian.Uint64(head[12:]), binary.LittleEndian.Uint64(head[20:])
	if n > most7zHeader {
		return nil, damage(fmt.Sprintf("its directory is larger than %d MB", most7zHeader>>20))
	}
	if n == 0 {
		return nil, nil
	}
	if from > uint64(size) || from+n+32 > uint64(size) {
		return nil, damage("it ends too early: its directory is missing")
	}
	b := make([]byte, n)
	if m, err := at.ReadAt(b, int64(from)+32); m < len(b) {
		return nil, err
	}
	d := &sevenDirectory{b: b}
	if b[0] == sevenEncoded {
		d.pos = 1
		d.streams()
		b, err := d.unpack(at)
		if err != nil {
			return nil, err
		}
		d = &sevenDirectory{b: b}
	}
	err = d.check()
	return d.encrypted, err
}

// sevenAES is the method of what is encrypted.
var sevenAES = []byte{6, 0xF1, 7, 1}

// sevenDirectory goes through a directory and keeps what its first folder says.
type sevenDirectory struct {
	b   []byte
	pos int
	bad bool
	// packed are the sizes of the packed streams, from place on; method and properties are the only coder's of the first folder.
	place, packed, unpacked uint64
	coders                  int
	method, properties      []byte
	encrypted               []bool // of each folder
}

func (d *sevenDirectory) byte() byte {
	if d.pos >= len(d.b) {
		d.bad = true
		return 0
	}
	d.pos++
	return d.b[d.pos-1]
}

func (d *sevenDirectory) take(n uint64) []byte {
	if n > uint64(len(d.b)-d.pos) {
		d.bad = true
		return nil
	}
	d.pos += int(n)
	return d.b[d.pos-int(n) : d.pos]
}

// number reads a number: the first byte's highest bits say how many bytes follow.
func (d *sevenDirectory) number() uint64 {
	first := d.byte()
	n := bits.LeadingZeros8(^first)
	var v uint64
	for i := range n {
		v |= uint64(d.byte()) << (8 * i)
	}
	if n < 7 {
		v |= uint64(first&(1<<(7-n)-1)) << (8 * n)
	}
	return v
}

// count reads how many there are of something that takes room in the directory: more than its bytes is a lie.
func (d *sevenDirectory) count() int {
	n := d.number()
	if n > uint64(len(d.b)) {
		d.bad = true
		return 0
	}
	return int(n)
}

// digests goes past checksums, and gives how many of so many there are.
func (d *sevenDirectory) digests(n int) int {
	there := n
	if d.byte() == 0 {
		there = 0
		for i, b := range d.take(uint64(n+7) / 8) {
			there += bits.OnesCount8(b & (0xFF << max(8*(i+1)-n, 0)))
		}
	}
	d.take(4 * uint64(there))
	return there
}

// check goes through a directory that is not packed.
func (d *sevenDirectory) check() error {
	if d.byte() != sevenHeader {
		return errSeven
	}
	for !d.bad {
		switch d.byte() {
		case sevenProperties:
			for kind := d.number(); kind != 0 && !d.bad; kind = d.number() {
				d.take(d.number())
			}
		case sevenMore, sevenStreams:
			d.streams()
		case sevenFiles:
			if n := d.count(); n > mostMembers {
				return damage(fmt.Sprintf("it has more than %d members", mostMembers))
			}
			if d.bad {
				return errSeven
			}
			return nil
		case sevenEnd:
			return nil
		default:
			return errSeven
		}
	}
	return errSeven
}

// streams goes past what the directory says about streams.
func (d *sevenDirectory) streams() {
	folders := 0
	for !d.bad {
		switch d.byte() {
		case sevenPack:
			d.packs()
		case sevenUnpack:
			folders = d.folders()
		case sevenSub:
			d.substreams(folders)
		case sevenEnd:
			return
		default:
			d.bad = true
		}
	}
}

func (d *sevenDirectory) packs() {
	d.place = d.number()
	n := d.count()
	for !d.bad {
		switch d.byte() {
		case sevenSizes:
			for i := range n {
				if size := d.number(); i == 0 {
					d.packed = size
				}
			}
		case sevenDigests:
			d.digests(n)
		case sevenEnd:
			return
		default:
			d.bad = true
		}
	}
}

// folders goes past the ways in which streams are packed, and gives how many there are.
func (d *sevenDirectory) folders() int {
	if d.byte() != sevenFolder {
		d.bad = true
		return 0
	}
	n := d.count()
	if d.byte() != 0 { // they would stand elsewhere
		d.bad = true
	}
	outputs := 0
	for i := 0; i < n && !d.bad; i++ {
		outputs += d.folder(i == 0)
	}
	for !d.bad {
		switch d.byte() {
		case sevenCoderSizes:
			for i := 0; i < outputs && !d.bad; i++ {
				if size := d.number(); i == 0 {
					d.unpacked = size
				}
			}
		case sevenDigests:
			d.digests(n)
		case sevenEnd:
			return n
		default:
			d.bad = true
		}
	}
	return 0
}

// folder goes past one of them, and gives how many streams come out of its coders.
func (d *sevenDirectory) folder(first bool) (outputs int) {
	coders := d.count()
	inputs, encrypted := 0, false
	for i := 0; i < coders && !d.bad; i++ {
		flags := d.byte()
		method := d.take(uint64(flags & 0xF))
		in, out := 1, 1
		if flags&0x10 != 0 {
			in, out = d.count(), d.count()
		}
		var properties []byte
		if flags&0x20 != 0 {
			properties = d.take(d.number())
		}
		encrypted = encrypted || bytes.Equal(method, sevenAES)
		if first && i == 0 {
			d.coders, d.method, d.properties = coders, method, properties
		}
		inputs, outputs = inputs+in, outputs+out
	}
	d.encrypted = append(d.encrypted, encrypted)
	pairs := max(outputs-1, 0)
	for i := 0; i < pairs && !d.bad; i++ {
		d.number()
		d.number()
	}
	if packed := inputs - pairs; packed > 1 {
		for i := 0; i < packed && !d.bad; i++ {
			d.number()
		}
	}
	return outputs
}

// substreams looks at how many members each folder holds. What follows tells about as many.
func (d *sevenDirectory) substreams(folders int) {
	total, each := 0, make([]int, folders)
	for i := range each {
		each[i] = 1
	}
	kind := d.byte()
	if kind == sevenCount {
		for i := range each {
			each[i] = d.count()
		}
		kind = d.byte()
	}
	for _, n := range each {
		total += n
		if total > len(d.b) {
			d.bad = true
			return
		}
	}
	if kind == sevenSizes {
		for _, n := range each {
			for i := 1; i < n && !d.bad; i++ {
				d.number()
			}
		}
		kind = d.byte()
	}
	for kind != sevenEnd && !d.bad {
		// Checksums stand for the members that have none from their folder: how many those are shows in what follows.
		if kind != sevenDigests {
			d.bad = true
			return
		}
		d.substreamDigests(each, total)
		kind = d.byte()
	}
}

// substreamDigests goes past the checksums of members. A folder with one member may have its checksum already.
func (d *sevenDirectory) substreamDigests(each []int, total int) {
	start := d.pos
	single := 0
	for _, n := range each {
		if n == 1 {
			single++
		}
	}
	for _, n := range []int{total, total - single} {
		d.pos = start
		d.digests(n)
		if !d.bad && d.pos+1 < len(d.b) && d.b[d.pos] == sevenEnd {
			return
		}
		d.bad = false
	}
	d.bad = true
}

// unpack unpacks the directory itself, which is packed as one stream.
func (d *sevenDirectory) unpack(at io.ReaderAt) ([]byte, error) {
	switch {
	case d.bad || d.packed > 1<<40 || d.place > 1<<60:
		return nil, errSeven
	case bytes.Equal(d.method, sevenAES):
		return nil, damage("it is encrypted")
	case d.unpacked > most7zHeader:
		return nil, damage(fmt.Sprintf("its directory is larger than %d MB", most7zHeader>>20))
	}
	raw := io.NopCloser(bufio.NewReader(io.NewSectionReader(at, 32+int64(d.place), int64(d.packed))))
	var content io.Reader
	var err error
	switch {
	case d.coders == 1 && bytes.Equal(d.method, []byte{3, 1, 1}):
		content, err = openLZMA(d.properties, d.unpacked, []io.ReadCloser{raw})
	case d.coders == 1 && bytes.Equal(d.method, []byte{0x21}):
		content, err = openLZMA2(d.properties, d.unpacked, []io.ReadCloser{raw})
	case d.coders == 1 && bytes.Equal(d.method, []byte{0}):
		content = raw
	default:
		return nil, damage("its directory is packed in a way that is not read, or encrypted")
	}
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(content, int64(d.unpacked)))
	if err != nil || uint64(len(b)) < d.unpacked {
		return nil, errSeven
	}
	return b, nil
}
