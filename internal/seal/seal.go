// SPDX-License-Identifier: EUPL-1.2

// Package seal encrypts an organisation's texts with a key of its own (Swedish: försegling). The organisations' keys are wrapped by
// the root key and lie in a small file apart from the database: destroying a key makes what it sealed unreadable, in every copy of the
// database too.
package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/insegel/insegel/internal/key"
)

var (
	// ErrMissing says that the file of organisations' keys is not where it should be.
	ErrMissing = errors.New("the file of organisations' keys is missing")
	// ErrRoot says that the file belongs to another root key.
	ErrRoot = errors.New("the file of organisations' keys belongs to another root key")
	// ErrBroken says that the file is damaged or has been changed.
	ErrBroken = errors.New("the file of organisations' keys is damaged")
	// ErrNoKey says that an organisation's key is not in the file.
	ErrNoKey = errors.New("the organisation's key is not in the file of keys")
	// ErrDestroyed says that an organisation's key has been destroyed: what it sealed can never be read again.
	ErrDestroyed = errors.New("the organisation's key has been destroyed, and what it encrypted can never be read again")
	// ErrForged says that a sealed text was changed, or stands where it was not written.
	ErrForged = errors.New("the encrypted text has been changed, or stands in another place than where it was written")
	// ErrNotSealed says that a text that should be sealed is not.
	ErrNotSealed = errors.New("the text is not encrypted, and should be")
)

// mark begins every sealed text: the format's version. After it stand the key's number and the text itself.
const mark = "v1:"

// idLength is the length of a key's number as it is written.
const idLength = 8

// Ring is the organisations' keys. Several programs may use one file at once: each reads it again when it meets a key that it does
// not know.
type Ring struct {
	path string
	kek  tink.AEAD
	root string // which root key, as key.Root.Check tells it

	mu   sync.RWMutex
	ring string
	keys map[string]*holder
}

// holder is one organisation's keys. A destroyed one has none.
type holder struct {
	handle    *keyset.Handle
	cipher    tink.AEAD
	primary   string
	known     []string
	destroyed bool
}

// Open reads the file of organisations' keys at path. The root key must be the one that wrapped them.
func Open(path string, root key.Root) (*Ring, error) {
	r, err := newRing(path, root)
	if err != nil {
		return nil, err
	}
	return r, r.reload()
}

// Create makes a new, empty file of organisations' keys at path. It never overwrites one.
func Create(path string, root key.Root) (*Ring, error) {
	r, err := newRing(path, root)
	if err != nil {
		return nil, err
	}
	r.ring, r.keys = newRingID(), map[string]*holder{}
	return r, r.createFile()
}

// InMemory gives keys that no file holds, for what is thrown away: a preview, a test.
func InMemory() *Ring {
	r, err := newRing("", key.Draw())
	if err != nil {
		panic(fmt.Sprintf("make keys in memory: %v", err)) // only when the root key has the wrong size
	}
	r.ring, r.keys = newRingID(), map[string]*holder{}
	return r
}

func newRing(path string, root key.Root) (*Ring, error) {
	kek, err := subtle.NewAESGCM(root.Derive("organisation keys"))
	if err != nil {
		return nil, fmt.Errorf("prepare root key: %w", err)
	}
	return &Ring{path: path, kek: kek, root: root.Check()}, nil
}

// ID names the file of keys, so that the database can tell whether it is its own.
func (r *Ring) ID() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.ring
}

// NewKey gives the number of the organisation's key, and makes the key when there is none.
func (r *Ring) NewKey(organisation string) (string, error) {
	var id string
	err := r.change(func() error {
		h := r.keys[organisation]
		if h != nil && h.destroyed {
			return ErrDestroyed
		}
		if h == nil {
			var err error
			if h, err = drawKey(); err != nil {
				return err
			}
			r.keys[organisation] = h
		}
		id = h.primary
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	return id, nil
}

func drawKey() (*holder, error) {
	m := keyset.NewManager()
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, fmt.Errorf("draw key: %w", err)
	}
	handle, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("draw key: %w", err)
	}
	return newHolder(handle)
}

func newHolder(handle *keyset.Handle) (*holder, error) {
	cipher, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("prepare key: %w", err)
	}
	info := handle.KeysetInfo()
	h := &holder{handle: handle, cipher: cipher, primary: keyName(info.GetPrimaryKeyId())}
	for _, k := range info.GetKeyInfo() {
		h.known = append(h.known, keyName(k.GetKeyId()))
	}
	return h, nil
}

func keyName(id uint32) string { return fmt.Sprintf("%08x", id) }

// Seal encrypts a text with the organisation's key of the given number, for the place that about names. Nothing else opens it.
func (r *Ring) Seal(organisation, keyID, plain, about string) (string, error) {
	h, err := r.holder(organisation, func(h *holder) bool { return h.knows(keyID) })
	if err != nil {
		return "", err
	}
	cipher, err := h.with(keyID)
	if err != nil {
		return "", err
	}
	sealed, err := cipher.Encrypt([]byte(plain), []byte(about))
	if err != nil {
		return "", fmt.Errorf("encrypt: %w", err)
	}
	return mark + keyID + ":" + base64.RawStdEncoding.EncodeToString(sealed), nil
}

// Open gives the text that Seal encrypted for the same organisation and place.
func (r *Ring) Open(organisation, sealed, about string) (string, error) {
	keyID, ok := KeyOf(sealed)
	if !ok {
		return "", ErrNotSealed
	}
	h, err := r.holder(organisation, func(h *holder) bool { return h.knows(keyID) })
	if err != nil {
		return "", err
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(sealed[len(mark)+idLength+1:])
	if err != nil {
		return "", ErrForged
	}
	plain, err := h.cipher.Decrypt(b, []byte(about))
	if err != nil {
		return "", ErrForged
	}
	return string(plain), nil
}

// KeyOf tells which key sealed a text; ok is false for one that is not sealed.
func KeyOf(text string) (keyID string, ok bool) {
	rest, found := strings.CutPrefix(text, mark)
	if !found || len(rest) <= idLength || rest[idLength] != ':' {
		return "", false
	}
	keyID = rest[:idLength]
	n, err := strconv.ParseUint(keyID, 16, 32)
	return keyID, err == nil && keyName(uint32(n)) == keyID
}

// with gives what seals with one of the keys. It is another than the primary only between a rotation in the file and in the database:
// the database says which key is used.
func (h *holder) with(keyID string) (tink.AEAD, error) {
	if keyID == h.primary {
		return h.cipher, nil
	}
	id, err := strconv.ParseUint(keyID, 16, 32)
	if err != nil {
		return nil, ErrNoKey
	}
	m := keyset.NewManagerFromHandle(h.handle)
	if err := m.SetPrimary(uint32(id)); err != nil {
		return nil, fmt.Errorf("prepare key: %w", err)
	}
	handle, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("prepare key: %w", err)
	}
	return aead.New(handle)
}

func (h *holder) knows(keyID string) bool {
	for _, k := range h.known {
		if k == keyID {
			return true
		}
	}
	return false
}

// holder finds an organisation's keys. Keys that do not fit are read again from the file, once: another program may have changed it.
func (r *Ring) holder(organisation string, fits func(*holder) bool) (*holder, error) {
	if h := r.cached(organisation); h != nil && !h.destroyed && fits(h) {
		return h, nil
	}
	if err := r.reload(); err != nil {
		return nil, err
	}
	h := r.cached(organisation)
	switch {
	case h == nil:
		return nil, ErrNoKey
	case h.destroyed:
		return nil, ErrDestroyed
	case !fits(h):
		return nil, ErrNoKey
	}
	return h, nil
}

func (r *Ring) cached(organisation string) *holder {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keys[organisation]
}

// State is what the ring tells about an organisation's keys.
type State struct {
	// Primary is the number of the key that new texts are sealed with; empty when there is none.
	Primary string
	// Old are the numbers of earlier keys that are still kept.
	Old []string
	// Destroyed says that the organisation's keys are gone for good.
	Destroyed bool
}

// State tells how the organisation's keys stand, as the file says now.
func (r *Ring) State(organisation string) (State, error) {
	if err := r.reload(); err != nil {
		return State{}, err
	}
	h := r.cached(organisation)
	if h == nil {
		return State{}, nil
	}
	s := State{Primary: h.primary, Destroyed: h.destroyed}
	for _, k := range h.known {
		if k != h.primary {
			s.Old = append(s.Old, k)
		}
	}
	return s, nil
}

// Rotate gives the organisation a new key. The old ones are kept, to read what they sealed, until Drop.
func (r *Ring) Rotate(organisation string) (string, error) {
	var id string
	err := r.changeHolder(organisation, func(m *keyset.Manager) error {
		n, err := m.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		id = keyName(n)
		return m.SetPrimary(n)
	})
	if err != nil {
		return "", fmt.Errorf("rotate key: %w", err)
	}
	return id, nil
}

// Drop destroys the organisation's old keys, all but the one that new texts are sealed with. Nothing may be sealed with them any more.
func (r *Ring) Drop(organisation string) error {
	err := r.changeHolder(organisation, func(m *keyset.Manager) error {
		h, err := m.Handle()
		if err != nil {
			return err
		}
		info := h.KeysetInfo()
		for _, k := range info.GetKeyInfo() {
			if k.GetKeyId() == info.GetPrimaryKeyId() {
				continue
			}
			if err := m.Delete(k.GetKeyId()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("drop old keys: %w", err)
	}
	return nil
}

func (r *Ring) changeHolder(organisation string, fn func(m *keyset.Manager) error) error {
	return r.change(func() error {
		h := r.keys[organisation]
		switch {
		case h == nil:
			return ErrNoKey
		case h.destroyed:
			return ErrDestroyed
		}
		m := keyset.NewManagerFromHandle(h.handle)
		if err := fn(m); err != nil {
			return err
		}
		handle, err := m.Handle()
		if err != nil {
			return err
		}
		r.keys[organisation], err = newHolder(handle)
		return err
	})
}

// Destroy makes everything that the organisation's keys sealed unreadable for good. A mark is left, so that a key that comes back
// with an old copy of the file is destroyed again.
func (r *Ring) Destroy(organisation string) error {
	if err := r.change(func() error { r.keys[organisation] = &holder{destroyed: true}; return nil }); err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	return nil
}

// wrap encrypts an organisation's keys with the root key.
func (r *Ring) wrap(organisation string, h *holder) ([]byte, error) {
	var b bytes.Buffer
	if err := h.handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), r.kek, r.about(organisation)); err != nil {
		return nil, fmt.Errorf("wrap key: %w", err)
	}
	return b.Bytes(), nil
}

func (r *Ring) unwrap(organisation string, wrapped []byte) (*holder, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), r.kek, r.about(organisation))
	if err != nil {
		return nil, fmt.Errorf("unwrap key of organisation %s: %w", organisation, ErrBroken)
	}
	return newHolder(handle)
}

// about binds wrapped keys to their file and organisation.
func (r *Ring) about(organisation string) []byte {
	return []byte("insegel/keys|" + r.ring + "|" + organisation)
}
