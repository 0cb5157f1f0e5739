// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/bodgit/sevenzip"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/nwaples/rardecode/v2"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

func init() {
	register(Gzip, once{openGzip, "gzip"})
	register(Bzip2, once{openBzip2, "bzip2"})
	register(XZ, once{openXZ, "xz"})
	register(Zstd, once{openZstd, "zstd"})
	register(Tar, guarded{readTar})
	register(SevenZ, guarded{readSevenZ})
	register(RAR, guarded{readRAR})
	for method, decoder := range map[string]func([]byte, uint64, []io.ReadCloser) (io.ReadCloser, error){
		"\x03\x01\x01": openLZMA, "\x21": openLZMA2,
	} {
		sevenzip.RegisterDecompressor([]byte(method), decoder)
	}
}

// large lets one archive at a time unpack with a dictionary that is larger than a worker's share of memory.
var large = make(chan struct{}, 1)

// smallWindow is a dictionary that fits in a worker's share of memory.
const smallWindow = 8 << 20

// lendMemory waits for the memory of a dictionary. Free gives it back. What lies inside an archive that has its turn shares it: it
// would otherwise wait for itself.
func lendMemory(ctx context.Context, b *budget, size int64) (free func(), err error) {
	switch {
	case size > mostWindow:
		return nil, tooLarge(size)
	case size <= smallWindow || b.turn:
		return func() {}, nil
	}
	select {
	case large <- struct{}{}:
		b.turn = true
		return func() { b.turn = false; <-large }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// once reads a format that holds one compressed file.
type once struct {
	open func(ctx context.Context, r io.Reader, b *budget) (content io.Reader, free func(), err error)
	name string
}

// Read reads the file.
func (o once) Read(ctx context.Context, f File, v Visitor) error {
	return guarded{o.read}.Read(ctx, f, v)
}

func (o once) read(ctx context.Context, r *reading) error {
	in := &counter{r: io.NewSectionReader(r.at, 0, r.size), tell: r.read}
	content, free, err := o.open(ctx, in, r.f.budget)
	if err != nil {
		return err
	}
	defer free()
	name := innerName(r.f)
	r.named = name // it is the file's own
	if err := r.member(ctx, name, content, -1); err != nil {
		return err
	}
	r.read(0, r.size) // what the member's reader could not read it has told itself
	return nil
}

// counter tells how far a file has been read.
type counter struct {
	r    io.Reader
	n    int64
	tell func(from, to int64)
}

// Read reads on. What has been asked for is told when more is asked for: until then it may still fail.
func (c *counter) Read(p []byte) (int, error) {
	if c.n > 0 {
		c.tell(0, c.n)
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// innerName is what a compressed file is called when it is unpacked.
func innerName(f File) string {
	name := f.Member
	if name == "" {
		name = strings.ReplaceAll(f.Path, `\`, "/")
	}
	base := path.Base(name)
	switch ext := strings.ToLower(path.Ext(base)); ext {
	case ".tgz", ".tbz", ".txz", ".tbz2":
		return strings.TrimSuffix(base, path.Ext(base)) + ".tar"
	case ".gz", ".bz2", ".xz", ".zst":
		return strings.TrimSuffix(base, path.Ext(base))
	}
	return base
}

func openGzip(_ context.Context, r io.Reader, _ *budget) (io.Reader, func(), error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	return z, func() { _ = z.Close() }, nil
}

func openBzip2(_ context.Context, r io.Reader, _ *budget) (io.Reader, func(), error) {
	return bzip2.NewReader(r), func() {}, nil
}

func openXZ(ctx context.Context, r io.Reader, b *budget) (io.Reader, func(), error) {
	in := bufio.NewReader(r)
	head, _ := in.Peek(64) // a shorter one is looked at as it is
	free, err := lendMemory(ctx, b, dictionaryXZ(head))
	if err != nil {
		return nil, nil, err
	}
	z, err := xz.ReaderConfig{DictCap: lzma.MinDictCap}.NewReader(in)
	if err != nil {
		free()
		return nil, nil, err
	}
	return z, free, nil
}

// dictionaryXZ is the size of the dictionary of the first block, where it stands in its usual place.
func dictionaryXZ(head []byte) int64 {
	const stream = 12
	if len(head) < stream+16 {
		return smallWindow
	}
	block := head[stream:]
	i := 2
	for _, flag := range []byte{0x40, 0x80} { // lengths, in seven bits at a time
		for block[1]&flag != 0 && i < len(block) {
			i++
			if block[i-1] < 0x80 {
				break
			}
		}
	}
	if i+2 >= len(block) || block[i] != 0x21 || block[i+2] > 40 {
		return mostWindow
	}
	return dictionaryLZMA2(block[i+2])
}

func dictionaryLZMA2(b byte) int64 {
	if b == 40 {
		return 1<<32 - 1
	}
	return int64(2|b&1) << (b/2 + 11)
}

func openZstd(ctx context.Context, r io.Reader, b *budget) (io.Reader, func(), error) {
	in := bufio.NewReaderSize(r, 1<<10)
	head, _ := in.Peek(zstd.HeaderMaxSize) // a shorter one is looked at as it is
	var h zstd.Header
	size := int64(smallWindow)
	if err := h.Decode(head); err == nil {
		size = int64(min(h.WindowSize, 1<<40))
	}
	free, err := lendMemory(ctx, b, size)
	if err != nil {
		return nil, nil, err
	}
	d, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(mostWindow))
	if err != nil {
		free()
		return nil, nil, err
	}
	return d, func() { d.Close(); free() }, nil
}

// readTar reads the members of a tape archive.
func readTar(ctx context.Context, r *reading) error {
	in := &seekCounter{at: r.at, size: r.size}
	t := tar.NewReader(in)
	for n := 0; ; n++ {
		from := in.n
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			r.read(0, r.size)
			return nil
		}
		if err != nil {
			return damage("it ends too early, or is damaged: " + err.Error())
		}
		if n >= mostMembers {
			return damage(fmt.Sprintf("it has more than %d members", mostMembers))
		}
		r.read(from, in.n)
		if err := tarMember(ctx, r, t, h, in); err != nil {
			return err
		}
	}
}

func tarMember(ctx context.Context, r *reading, t *tar.Reader, h *tar.Header, in *seekCounter) error {
	if err := r.ended(); err != nil {
		return err
	}
	if err := r.name(h.Name, h.Typeflag == tar.TypeDir); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse:
	case tar.TypeSymlink, tar.TypeLink: // where it leads is its own member, or none of the archive's
		return nil
	default:
		return nil
	}
	start := in.n
	if h.Size == 0 {
		return nil
	}
	if start+h.Size > r.size && h.Typeflag == tar.TypeReg {
		// It is cut off; what is here is read.
		if err := r.note(fmt.Sprintf("%s: it is cut off after %d of %d bytes", h.Name, r.size-start, h.Size)); err != nil {
			return err
		}
	}
	err := r.member(ctx, h.Name, t, h.Size)
	if err == nil {
		// The rest is gone past by t.Next.
		r.read(start, min(start+h.Size, r.size))
		return nil
	}
	if stops(err) {
		return err
	}
	return r.skip(start, min(start+h.Size, r.size), h.Name+": "+r.reason(err))
}

// seekCounter is a file that knows how far it has been read.
type seekCounter struct {
	at      io.ReaderAt
	n, size int64
}

// Read reads on.
func (s *seekCounter) Read(p []byte) (int, error) {
	n, err := s.at.ReadAt(p[:max(min(int64(len(p)), s.size-s.n), 0)], s.n)
	s.n += int64(n)
	if n == 0 && err == nil && len(p) > 0 {
		err = io.EOF
	}
	return n, err
}

// Seek goes elsewhere, so that a member that is not read is gone past.
func (s *seekCounter) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.n
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, damage("it is damaged")
	}
	s.n = offset
	return offset, nil
}

// most7zHeader is how much of the directory of a 7z file is taken: it is held in memory.
const most7zHeader = 8 << 20

// readSevenZ reads a 7z archive.
func readSevenZ(ctx context.Context, r *reading) error {
	encrypted, err := checkSevenZ(r.at, r.size)
	if err != nil {
		return err
	}
	// Its library says how large a dictionary is only when it is asked for one: the archive waits for its turn.
	free, err := lendMemory(ctx, r.f.budget, mostWindow)
	if err != nil {
		return err
	}
	defer free()
	z, err := sevenzip.NewReader(r.at, r.size)
	if err != nil {
		return locked(err)
	}
	failed, whole := 0, 0
	for i, f := range z.File {
		if i >= mostMembers {
			return damage(fmt.Sprintf("it has more than %d members", mostMembers))
		}
		if err := r.name(f.Name, f.FileInfo().IsDir()); err != nil {
			return err
		}
		if f.FileInfo().IsDir() || f.UncompressedSize == 0 {
			continue
		}
		err := sevenMember(ctx, r, f, encrypted)
		if err == nil {
			whole++
			continue
		}
		if stops(err) {
			return err
		}
		failed++
		if err := r.note(f.Name + ": " + r.reason(err)); err != nil {
			return err
		}
		if errors.Is(err, errBudget) {
			return err
		}
	}
	if failed > 0 && whole == 0 {
		return damage("none of its members can be read")
	}
	r.read(0, r.size) // compressed together: what a member took of the file cannot be told apart
	return nil
}

// sevenMember reads a member, unless its folder is encrypted: without its password it is bytes by chance, which may look like anything.
func sevenMember(ctx context.Context, r *reading, f *sevenzip.File, encrypted []bool) error {
	if f.Stream < len(encrypted) && encrypted[f.Stream] {
		return damage("it is encrypted")
	}
	content, err := f.Open()
	if err != nil {
		return locked(err)
	}
	defer content.Close()
	return locked(r.member(ctx, f.Name, content, int64(f.UncompressedSize)))
}

// locked says in words that a password is missing.
func locked(err error) error {
	var e *sevenzip.ReadError
	if errors.As(err, &e) && e.Encrypted {
		return damage("it is encrypted")
	}
	return err
}

func openLZMA(properties []byte, size uint64, in []io.ReadCloser) (io.ReadCloser, error) {
	if len(in) != 1 || len(properties) != 5 {
		return nil, damage("it is damaged")
	}
	dictionary := int64(binary.LittleEndian.Uint32(properties[1:]))
	if dictionary > mostWindow {
		return nil, tooLarge(dictionary)
	}
	head := make([]byte, 13)
	copy(head, properties)
	binary.LittleEndian.PutUint64(head[5:], size)
	r, err := lzma.ReaderConfig{DictCap: int(max(dictionary, lzma.MinDictCap))}.NewReader(io.MultiReader(strings.NewReader(string(head)), bufio.NewReader(in[0])))
	if err != nil {
		return nil, err
	}
	return readCloser{r, in[0]}, nil
}

func openLZMA2(properties []byte, _ uint64, in []io.ReadCloser) (io.ReadCloser, error) {
	if len(in) != 1 || len(properties) != 1 || properties[0] > 40 {
		return nil, damage("it is damaged")
	}
	dictionary := dictionaryLZMA2(properties[0])
	if dictionary > mostWindow {
		return nil, tooLarge(dictionary)
	}
	r, err := lzma.Reader2Config{DictCap: int(max(dictionary, lzma.MinDictCap))}.NewReader2(bufio.NewReader(in[0]))
	if err != nil {
		return nil, err
	}
	return readCloser{r, in[0]}, nil
}

func tooLarge(size int64) error {
	return damage(fmt.Sprintf("its dictionary is %d MB, and at most %d MB are held", size>>20, int64(mostWindow)>>20))
}

type readCloser struct {
	io.Reader
	io.Closer
}

// readRAR reads a RAR archive.
func readRAR(ctx context.Context, r *reading) error {
	free, err := lendMemory(ctx, r.f.budget, mostWindow) // how large its dictionaries are stands in each member
	if err != nil {
		return err
	}
	defer free()
	in := &counter{r: io.NewSectionReader(r.at, 0, r.size), tell: func(int64, int64) {}}
	z, err := rardecode.NewReader(in, rardecode.MaxDictionarySize(mostWindow))
	if err != nil {
		return lockedRAR(err)
	}
	for n := 0; ; n++ {
		from := in.n
		h, err := z.Next()
		if errors.Is(err, io.EOF) {
			r.read(0, r.size)
			return nil
		}
		if err != nil {
			return lockedRAR(err)
		}
		if n >= mostMembers {
			return damage(fmt.Sprintf("it has more than %d members", mostMembers))
		}
		if err := r.name(h.Name, h.IsDir); err != nil {
			return err
		}
		if h.IsDir || h.UnPackedSize == 0 {
			continue
		}
		err = r.member(ctx, h.Name, z, h.UnPackedSize)
		if h.Encrypted && err != nil {
			err = damage("it is encrypted")
		}
		if stops(err) {
			return err
		}
		if err != nil {
			err = lockedRAR(err)
			if tell := r.note(h.Name + ": " + r.reason(err)); tell != nil {
				return tell
			}
			continue
		}
		r.read(from, in.n)
	}
}

func lockedRAR(err error) error {
	switch {
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted):
		return damage("it is encrypted")
	case errors.Is(err, rardecode.ErrMultiVolume):
		return damage("it goes on in another file")
	}
	return err
}
