// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Witness is somebody else who has seen the log grow, and signs that it only grew (Swedish: vittne), as C2SP's tlog-witness says.
type Witness struct {
	// URL is its submission prefix.
	URL    string
	Client *http.Client

	key named
}

// NewWitness makes a witness from its submission prefix and its verifier key, "name+id+key" of the kind cosignature.
func NewWitness(url, key string, client *http.Client) (Witness, error) {
	k, ok := parseVerifier(key, algorithmCosignature)
	if !ok {
		return Witness{}, fmt.Errorf("read the witness's key: %w", ErrPublicKey)
	}
	return Witness{URL: strings.TrimSuffix(url, "/"), Client: client, key: k}, nil
}

// Name tells it from other witnesses.
func (w Witness) Name() string { return w.key.name }

var (
	// ErrWitnessAhead says that a witness has seen a longer log than this, or another of the same length: the log was rolled back.
	ErrWitnessAhead = errors.New("the witness has seen a log that this is not the continuation of")
	// ErrWitness says that a witness did not cosign.
	ErrWitness = errors.New("the witness did not cosign")
)

// tooOld is the witness's answer that it has seen another size than the one that was named as old.
type tooOld int64

func (s tooOld) Error() string { return fmt.Sprintf("the witness has seen %d entries", int64(s)) }

// ask sends a checkpoint with the proof from an older size, and gives the cosignature's line.
func (w Witness) ask(ctx context.Context, signed string, old int64, proof tlog.TreeProof) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n" + signed)
	status, kind, body, err := post(ctx, w.Client, request{w.URL + "/add-checkpoint", noteType, b.String()})
	switch {
	case err != nil:
		return "", fmt.Errorf("ask witness %s: %w", w.key.name, err)
	case status == http.StatusConflict && strings.HasPrefix(kind, "text/x.tlog.size"):
		size, err := strconv.ParseInt(strings.TrimSuffix(body, "\n"), 10, 64)
		if err != nil || size < 0 {
			return "", fmt.Errorf("ask witness %s: %w: its answer cannot be read", w.key.name, ErrWitness)
		}
		return "", tooOld(size)
	case status == http.StatusConflict || status == http.StatusUnprocessableEntity:
		return "", fmt.Errorf("ask witness %s: %w", w.key.name, ErrWitnessAhead)
	case status != http.StatusOK:
		return "", fmt.Errorf("ask witness %s: %w: status %d", w.key.name, ErrWitness, status)
	}
	line, _, err := w.cosigned(signed, body)
	return line, err
}

// cosigned finds the witness's valid signature among some lines, and when it was made, in seconds.
func (w Witness) cosigned(signed, lines string) (line string, at int64, err error) {
	text, _, _ := strings.Cut(signed, "\n\n")
	n, err := note.Open([]byte(text+"\n\n"+lines), cosigners{w.key})
	if err != nil || len(n.Sigs) == 0 {
		return "", 0, fmt.Errorf("check the cosignature of %s: %w: none that its key has made", w.key.name, ErrWitness)
	}
	s := n.Sigs[0]
	b, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(b) < 12 {
		return "", 0, fmt.Errorf("check the cosignature of %s: %w", w.key.name, ErrWitness)
	}
	return "— " + s.Name + " " + s.Base64 + "\n", int64(binary.BigEndian.Uint64(b[4:12])), nil //nolint:gosec // the verifier has looked
}

// cosigners lets the package note check cosignatures.
type cosigners []named

type cosigner struct{ named }

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return keyID(c.name, algorithmCosignature, c.key) }

// Verify checks a signature with a time over the whole text of the note.
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize || sig[0]&0x80 != 0 {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return ed25519.Verify(c.key, cosignedText(at, msg), sig[8:])
}

// cosignedText is what a cosignature signs.
func cosignedText(at uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", at), text...)
}

func (c cosigners) Verifier(name string, hash uint32) (note.Verifier, error) {
	for _, k := range c {
		if x := (cosigner{k}); x.name == name && x.KeyHash() == hash {
			return x, nil
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}
