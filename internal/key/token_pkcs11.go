// SPDX-License-Identifier: EUPL-1.2

//go:build pkcs11

package key

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/miekg/pkcs11"
)

const (
	nonceSize = 12
	tagBits   = 128
)

// bound is what is encrypted along with the root key, so that nothing else that the key on the token wraps is taken for one.
var bound = []byte("insegel root key")

// session is a token that has been logged in to.
type session struct {
	*pkcs11.Ctx
	handle pkcs11.SessionHandle
}

// use logs in to the token, and out again when fn is done.
func (t *Token) use(fn func(s session) error) (err error) {
	pin, err := t.pin()
	if err != nil {
		return err
	}
	ctx := pkcs11.New(t.Module)
	if ctx == nil {
		return fmt.Errorf("%w: the library %s cannot be loaded", ErrToken, t.Module)
	}
	defer ctx.Destroy()
	if err := ctx.Initialize(); err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
		return fmt.Errorf("%w: %w", ErrToken, err)
	}
	defer func() { _ = ctx.Finalize() }() // the program is done with it, whatever it says
	slot, err := t.slot(ctx)
	if err != nil {
		return err
	}
	s := session{Ctx: ctx}
	if s.handle, err = ctx.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION); err != nil {
		return fmt.Errorf("%w: %w", ErrToken, err)
	}
	defer func() { _ = ctx.CloseSession(s.handle) }()
	if err := ctx.Login(s.handle, pkcs11.CKU_USER, pin); err != nil {
		return fmt.Errorf("%w: log in: %w", ErrToken, err)
	}
	defer func() { _ = ctx.Logout(s.handle) }()
	if err := fn(s); err != nil {
		return fmt.Errorf("%w: %w", ErrToken, err)
	}
	return nil
}

// slot finds the token by its label. Two with one label are refused: which is meant is not known.
func (t *Token) slot(ctx *pkcs11.Ctx) (uint, error) {
	slots, err := ctx.GetSlotList(true)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrToken, err)
	}
	var found []uint
	for _, slot := range slots {
		if info, err := ctx.GetTokenInfo(slot); err == nil && strings.TrimRight(info.Label, " \x00") == t.Label {
			found = append(found, slot)
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%w: %d tokens are labelled %q", ErrToken, len(found), t.Label)
	}
	return found[0], nil
}

// find gives the key on the token, and whether there is one.
func (s session) find(label string) (pkcs11.ObjectHandle, bool, error) {
	err := s.FindObjectsInit(s.handle, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY), pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
	})
	if err != nil {
		return 0, false, err
	}
	all, _, err := s.FindObjects(s.handle, 2)
	err = errors.Join(err, s.FindObjectsFinal(s.handle))
	switch {
	case err != nil:
		return 0, false, err
	case len(all) > 1:
		return 0, false, fmt.Errorf("several keys are labelled %q", label)
	case len(all) == 0:
		return 0, false, nil
	}
	return all[0], true, nil
}

// make draws a key on the token, which never leaves it.
func (s session) make(label string) (pkcs11.ObjectHandle, error) {
	return s.GenerateKey(s.handle, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_KEY_GEN, nil)}, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY), pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_AES),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE_LEN, size), pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true), pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true), pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
		pkcs11.NewAttribute(pkcs11.CKA_ENCRYPT, true), pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, true),
	})
}

func (t *Token) wrap(secret []byte) ([]byte, error) {
	nonce := make([]byte, nonceSize)
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	var out []byte
	err := t.use(func(s session) error {
		k, ok, err := s.find(t.Key)
		if err == nil && !ok {
			k, err = s.make(t.Key)
		}
		if err != nil {
			return err
		}
		p := pkcs11.NewGCMParams(nonce, bound, tagBits)
		defer p.Free()
		if err := s.EncryptInit(s.handle, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, p)}, k); err != nil {
			return err
		}
		b, err := s.Encrypt(s.handle, secret)
		used := p.IV() // some tokens choose it themselves
		if used == nil {
			used = nonce
		}
		out = append(append(out, used...), b...)
		return err
	})
	return out, err
}

func (t *Token) unwrap(wrapped []byte) ([]byte, error) {
	if len(wrapped) <= nonceSize {
		return nil, fmt.Errorf("%w: what is wrapped is too short", ErrToken)
	}
	var secret []byte
	err := t.use(func(s session) error {
		k, ok, err := s.find(t.Key)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("no key is labelled %q", t.Key)
		}
		p := pkcs11.NewGCMParams(wrapped[:nonceSize], bound, tagBits)
		defer p.Free()
		if err := s.DecryptInit(s.handle, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, p)}, k); err != nil {
			return err
		}
		secret, err = s.Decrypt(s.handle, wrapped[nonceSize:])
		return err
	})
	return secret, err
}

// pin reads the PIN. A file that others can read is refused.
func (t *Token) pin() (string, error) {
	info, err := os.Stat(t.PINFile)
	if err != nil {
		return "", fmt.Errorf("read PIN: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("read %s: %w: run chmod 0400 on it", t.PINFile, ErrUnsafe)
	}
	b, err := os.ReadFile(t.PINFile)
	if err != nil {
		return "", fmt.Errorf("read PIN: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
