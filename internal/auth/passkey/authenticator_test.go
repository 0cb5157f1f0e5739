// SPDX-License-Identifier: EUPL-1.2

package passkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// The flags of what an authenticator signs.
const (
	present  = 0x01
	verified = 0x04
	eligible = 0x08
	synced   = 0x10
	attested = 0x40
)

// device is an authenticator with one passkey, for tests that change what it answers.
type device struct {
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32
	flags   byte
	origin  string
	rp      string
}

func newDevice(t testing.TB, origin string) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{key: key, id: make([]byte, 32), flags: present | verified, origin: origin, rp: "localhost"}
	if _, err := rand.Read(d.id); err != nil {
		t.Fatal(err)
	}
	return d
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// asked is what the server asks a browser.
type asked struct {
	PublicKey struct {
		Challenge        string `json:"challenge"`
		UserVerification string `json:"userVerification"`
		User             struct {
			ID string `json:"id"`
		} `json:"user"`
		AllowCredentials []any `json:"allowCredentials"`
	} `json:"publicKey"`
}

func (d *device) client(kind, challenge string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	return b
}

func (d *device) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(d.rp))
	out := append(rp[:], flags)
	return binary.BigEndian.AppendUint32(out, d.counter)
}

// cose is the public key as authenticators write it.
func (d *device) cose(t testing.TB) []byte {
	t.Helper()
	point, err := d.key.PublicKey.Bytes() // 0x04, x, y
	if err != nil {
		t.Fatal(err)
	}
	out := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, point[1:33]...)
	return append(append(out, 0x22, 0x58, 0x20), point[33:]...)
}

// make answers the question for a new passkey.
func (d *device) make(t testing.TB, a asked) string {
	t.Helper()
	handle, err := base64.RawURLEncoding.DecodeString(a.PublicKey.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	d.handle = handle
	data := append(d.data(d.flags|attested), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(d.id)))
	data = append(append(data, d.id...), d.cose(t)...)
	// {"fmt": "none", "attStmt": {}, "authData": data}
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(object, 0xa0, 0x68), "authData"...)
	object = append(append(object, 0x59, byte(len(data)>>8), byte(len(data))), data...)
	return d.answer(map[string]any{
		"clientDataJSON": b64(d.client("webauthn.create", a.PublicKey.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"},
	})
}

// show answers the question for a passkey that is there.
func (d *device) show(t testing.TB, a asked) string {
	t.Helper()
	if d.counter > 0 {
		d.counter++
	}
	client, data := d.client("webauthn.get", a.PublicKey.Challenge), d.data(d.flags)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, signed[:])
	if err != nil {
		t.Fatal(err)
	}
	return d.answer(map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(d.handle),
	})
}

func (d *device) answer(response map[string]any) string {
	b, _ := json.Marshal(map[string]any{
		"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{}, "response": response,
	})
	return string(b)
}
