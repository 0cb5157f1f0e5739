// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// spoolMemory is how much of a member is held in memory before it goes to a file.
const spoolMemory = 2 << 20

// spool holds what has been taken out of an archive, so that it can be read from anywhere: in memory while it is small, and then in a
// file without a name, encrypted with a key that only this process has and that is gone with it. What is looked for is never left lying.
type spool struct {
	memory []byte
	file   *os.File
	block  cipher.Block
	nonce  [8]byte
	size   int64
	chunk  []byte
}

// Write takes more.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.memory)+len(p) <= spoolMemory {
		s.memory = append(s.memory, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	if s.file == nil {
		if err := s.toFile(); err != nil {
			return 0, err
		}
	}
	return len(p), s.put(p)
}

func (s *spool) toFile() error {
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return fmt.Errorf("draw a key: %w", err)
	}
	if _, err := rand.Read(s.nonce[:]); err != nil {
		return fmt.Errorf("draw a nonce: %w", err)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "insegel-*")
	if err != nil {
		return err
	}
	_ = os.Remove(file.Name()) // it lives on without a name; where that cannot be, Close removes it
	held := s.memory
	s.block, s.file, s.size, s.memory = block, file, 0, nil
	return s.put(held)
}

// put encrypts and appends to the file.
func (s *spool) put(p []byte) error {
	if s.chunk == nil {
		s.chunk = make([]byte, 64<<10)
	}
	for len(p) > 0 {
		n := min(len(p), len(s.chunk))
		s.stream(s.size).XORKeyStream(s.chunk[:n], p[:n])
		if _, err := s.file.WriteAt(s.chunk[:n], s.size); err != nil {
			return err
		}
		s.size += int64(n)
		p = p[n:]
	}
	return nil
}

// stream is the cipher's stream from a place in the file on.
func (s *spool) stream(offset int64) cipher.Stream {
	var iv [aes.BlockSize]byte
	copy(iv[:], s.nonce[:])
	binary.BigEndian.PutUint64(iv[8:], uint64(offset/aes.BlockSize))
	stream := cipher.NewCTR(s.block, iv[:])
	var skip [aes.BlockSize]byte
	n := offset % aes.BlockSize
	stream.XORKeyStream(skip[:n], skip[:n])
	return stream
}

// ReadAt reads from anywhere.
func (s *spool) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 || offset >= s.size {
		return 0, io.EOF
	}
	if s.file == nil {
		n := copy(p, s.memory[offset:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}
	n, err := s.file.ReadAt(p, offset)
	s.stream(offset).XORKeyStream(p[:n], p[:n])
	return n, err
}

// Close forgets everything.
func (s *spool) Close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name()) // mostly gone already
	}
	*s = spool{}
}
