// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// KeyPurpose is what the log's key is derived for from the root key (key.Root.Derive).
const KeyPurpose = "log"

// originPrefix begins the origin of every checkpoint: insegel/NAME/EPOCH.
const originPrefix = "insegel/"

// Origin names one epoch of one log. A log that goes on from a backup gets a new one, so that nobody who has seen entries that were lost
// takes the two for the same.
func Origin(name string, epoch int64) string {
	return originPrefix + name + "/" + strconv.FormatInt(epoch, 10)
}

// ParseOrigin takes an origin apart.
func ParseOrigin(origin string) (name string, epoch int64, ok bool) {
	rest, ok := strings.CutPrefix(origin, originPrefix)
	name, number, cut := strings.Cut(rest, "/")
	epoch, err := strconv.ParseInt(number, 10, 64)
	if !ok || !cut || name == "" || err != nil || epoch < 1 || number != strconv.FormatInt(epoch, 10) || strings.ContainsAny(name, "\\.+ \t") {
		return "", 0, false
	}
	return name, epoch, true
}

// Checkpoint says what a log was at one size (Swedish: kontrollpunkt). Signed, it holds whoever signed it to that.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Text is the checkpoint as it is signed: three lines.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

var (
	// ErrCheckpoint says that a text is no checkpoint.
	ErrCheckpoint = errors.New("not a checkpoint of a log")
	// ErrSignature says that a checkpoint is not signed with the key that it should be.
	ErrSignature = errors.New("the checkpoint is not signed with the log's key")
)

// ParseCheckpoint reads the text of a checkpoint. It takes its three lines in their one form, and nothing after them.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return Checkpoint{}, ErrCheckpoint
	}
	size, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if err1 != nil || err2 != nil || size < 0 || c.Text() != text {
		return Checkpoint{}, ErrCheckpoint
	}
	return c, nil
}

// Key signs checkpoints.
type Key struct{ secret ed25519.PrivateKey }

// NewKey makes the key of a seed of 32 bytes.
func NewKey(seed []byte) Key { return Key{ed25519.NewKeyFromSeed(seed)} }

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.secret == nil }

// Public is the key that others check signatures with.
func (k Key) Public() PublicKey {
	if k.IsZero() {
		return nil
	}
	return PublicKey(k.secret.Public().(ed25519.PublicKey)) //nolint:forcetypeassert // the type is documented
}

// PublicKey checks signatures.
type PublicKey ed25519.PublicKey

// The algorithms of signed notes.
const (
	algorithmNote        = 1 // Ed25519
	algorithmCosignature = 4 // Ed25519 with a time
)

// keyID is the number that a signature names its key by.
func keyID(name string, algorithm byte, key []byte) uint32 {
	h := sha256.Sum256(slicesOf([]byte(name+"\n"), []byte{algorithm}, key))
	return binary.BigEndian.Uint32(h[:])
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// Verifier is the key's text for a log's origin, as other programs that read signed notes take it.
func (p PublicKey) Verifier(origin string) string { return verifierText(origin, algorithmNote, p) }

func verifierText(name string, algorithm byte, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyID(name, algorithm, key), base64.StdEncoding.EncodeToString(slicesOf([]byte{algorithm}, key)))
}

// String is the key alone, in base64.
func (p PublicKey) String() string { return base64.StdEncoding.EncodeToString(p) }

// ErrPublicKey says that a text is no public key.
var ErrPublicKey = errors.New("not a public key of a log: write what insegel audit checkpoint tells")

// ParsePublicKey reads a key as String writes it, or as Verifier does.
func ParsePublicKey(text string) (PublicKey, error) {
	if _, _, ok := strings.Cut(text, "+"); ok && strings.Count(text, "+") >= 2 {
		if key, ok := parseVerifier(text, algorithmNote); ok {
			return PublicKey(key.key), nil
		}
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, ErrPublicKey
	}
	return b, nil
}

// named is a public key with the name that it signs under.
type named struct {
	name string
	key  []byte
}

// parseVerifier reads a verifier key of one algorithm.
func parseVerifier(text string, algorithm byte) (named, bool) {
	name, rest, _ := strings.Cut(text, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || name == "" || len(b) != 1+ed25519.PublicKeySize || b[0] != algorithm || fmt.Sprintf("%08x", keyID(name, algorithm, b[1:])) != id {
		return named{}, false
	}
	return named{name, b[1:]}, true
}

// signer lets the package note sign.
type signer struct {
	origin string
	key    Key
}

func (s signer) Name() string                    { return s.origin }
func (s signer) KeyHash() uint32                 { return keyID(s.origin, algorithmNote, s.key.Public()) }
func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key.secret, msg), nil }

// Sign makes a signed note of a checkpoint.
func (k Key) Sign(c Checkpoint) (string, error) {
	b, err := note.Sign(&note.Note{Text: c.Text()}, signer{c.Origin, k})
	if err != nil {
		return "", fmt.Errorf("sign checkpoint: %w", err)
	}
	return string(b), nil
}

// verifiers lets the package note check, with any of some keys.
type verifiers struct {
	origin string
	keys   []PublicKey
}

type verifier struct {
	origin string
	key    PublicKey
}

func (v verifier) Name() string    { return v.origin }
func (v verifier) KeyHash() uint32 { return keyID(v.origin, algorithmNote, v.key) }
func (v verifier) Verify(msg, sig []byte) bool {
	return ed25519.Verify(ed25519.PublicKey(v.key), msg, sig)
}

func (v verifiers) Verifier(name string, hash uint32) (note.Verifier, error) {
	for _, k := range v.keys {
		if x := (verifier{v.origin, k}); name == v.origin && hash == x.KeyHash() {
			return x, nil
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}

// OpenNote reads a signed checkpoint and checks that one of the keys has signed it, under the checkpoint's own origin.
func OpenNote(signed string, keys ...PublicKey) (Checkpoint, error) {
	c, err := peek(signed)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open([]byte(signed), verifiers{c.Origin, keys})
	if err != nil {
		return Checkpoint{}, ErrSignature
	}
	return ParseCheckpoint(n.Text)
}

// peek reads the checkpoint of a signed note without checking the signature.
func peek(signed string) (Checkpoint, error) {
	text, _, ok := strings.Cut(signed, "\n\n")
	if !ok {
		return Checkpoint{}, ErrCheckpoint
	}
	return ParseCheckpoint(text + "\n")
}
