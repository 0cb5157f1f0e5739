// SPDX-License-Identifier: EUPL-1.2

// Package certificate signs people in by a certificate on their card (Swedish: kortinloggning), as SITHS and EFOS issue them: shown at
// our own TLS listener, or handed on by a proxy that has shown who it is. What cannot be checked is a refusal.
package certificate

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
)

// Settings are the settings of a provider that only certificates have. They are provider.Provider.Own.
type Settings struct {
	// Authorities are the certificates of the issuers that are trusted, as PEM.
	Authorities string `json:"authorities"`
	// Revocation says that a certificate is let in only when a list of its issuer (CRL) that is in force does not name it.
	Revocation bool `json:"revocation"`
}

// Why a certificate is refused.
var (
	ErrNone       = errors.New("no certificate was shown")
	ErrUntrusted  = errors.New("the certificate does not come from an issuer that is trusted, or may not be used now for this")
	ErrRevoked    = errors.New("the certificate is revoked")
	ErrRevocation = errors.New("whether the certificate is revoked cannot be found out")
	ErrSubject    = errors.New("the certificate does not say who it belongs to")
	// ErrAuthorities says that the issuers' certificates cannot be read.
	ErrAuthorities = errors.New("paste the issuers' certificates as PEM, at least one")
)

func settingsOf(p *provider.Provider) (Settings, error) {
	var s Settings
	if p.Kind != provider.Certificate {
		return s, provider.ErrKind
	}
	if err := json.Unmarshal(p.Own, &s); err != nil {
		return s, fmt.Errorf("%w: %w", provider.ErrSettings, err)
	}
	_, err := s.pool()
	return s, err
}

const maxAuthorities = 20

// pool reads the issuers that are trusted.
func (s *Settings) pool() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	n := 0
	for rest := []byte(s.Authorities); ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil || !c.IsCA || n >= maxAuthorities {
			return nil, ErrAuthorities
		}
		pool.AddCert(c)
	}
	if n == 0 {
		return nil, ErrAuthorities
	}
	return pool, nil
}

// person is whom a good certificate belongs to.
type person struct {
	Subject string `json:"subject"`
	Name    string `json:"name"`
	Unit    string `json:"unit,omitempty"`
	Context string `json:"context"`
}

// check finds out whom a certificate belongs to. chain is the certificate first, with those that lead to its issuer.
func (s *Settings) check(chain []*x509.Certificate, contexts []string, lists *Lists, now time.Time) (person, error) {
	if len(chain) == 0 {
		return person{}, ErrNone
	}
	pool, err := s.pool()
	if err != nil {
		return person{}, err
	}
	leaf, between := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	paths, err := leaf.Verify(x509.VerifyOptions{Roots: pool, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil || leaf.IsCA || len(leaf.ExtKeyUsage) == 0 || leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return person{}, fmt.Errorf("%w: %w", ErrUntrusted, errors.Join(err))
	}
	if s.Revocation {
		if err := lists.check(paths[0], now); err != nil {
			return person{}, err
		}
	}
	out := person{Context: contextOf(leaf, contexts), Name: leaf.Subject.CommonName}
	if err := auth.Compare(auth.Demand{Contexts: contexts}, auth.Answered{Context: out.Context, At: now}, now); err != nil {
		return out, err
	}
	if out.Subject, err = subject(leaf); err != nil {
		return out, err
	}
	if len(leaf.Subject.OrganizationalUnit) > 0 {
		out.Unit = leaf.Subject.OrganizationalUnit[0]
	}
	return out, nil
}

// contextOf gives the policy of the certificate that was asked for, or else the first that it has: a card of a lower level comes from
// the same issuer and has another policy.
func contextOf(c *x509.Certificate, contexts []string) string {
	var has []string
	for _, p := range c.Policies {
		has = append(has, "urn:oid:"+p.String())
	}
	for _, want := range contexts {
		if slices.Contains(has, want) {
			return want
		}
	}
	if len(has) > 0 {
		return has[0]
	}
	return ""
}

// oidSerialNumber is the attribute with the HSA-id or the personal number.
var oidSerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}

const maxSubject = 255

// subject names the account: the issuer, and the serial number in the subject, which stays when the card is renewed. A certificate with
// none, or with two, says nothing certain.
func subject(c *x509.Certificate) (string, error) {
	n := 0
	for _, a := range c.Subject.Names {
		if a.Type.Equal(oidSerialNumber) {
			n++
		}
	}
	serial := c.Subject.SerialNumber
	if n != 1 || serial == "" || strings.TrimSpace(serial) != serial || strings.ContainsFunc(serial, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", ErrSubject
	}
	out := issuerName(c.RawIssuer) + "/" + serial
	if len(out) > maxSubject {
		return "", ErrSubject
	}
	return out, nil
}

// issuerName writes an issuer's name.
func issuerName(raw []byte) string {
	var seq pkix.RDNSequence
	if rest, err := asn1.Unmarshal(raw, &seq); err != nil || len(rest) > 0 {
		return ""
	}
	return seq.String()
}

// Lists are lists of revoked certificates (CRL) in files that somebody else keeps fresh. They are read anew when they change.
type Lists struct {
	Files []string

	mu   sync.Mutex
	read map[string]list
}

type list struct {
	at   time.Time
	size int64
	crl  *x509.RevocationList
}

// maxList is how large a list may be, in bytes.
const maxList = 64 << 20

// check refuses a path with a certificate that a list names, or of which no list in force of its issuer says that it does not.
func (l *Lists) check(path []*x509.Certificate, now time.Time) error {
	if l == nil {
		return ErrRevocation
	}
	for i := 0; i+1 < len(path); i++ {
		if err := l.one(path[i], path[i+1], now); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lists) one(c, issuer *x509.Certificate, now time.Time) error {
	known := false
	for _, file := range l.Files {
		crl, err := l.open(file)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRevocation, err)
		}
		if !bytes.Equal(crl.RawIssuer, c.RawIssuer) {
			continue
		}
		if crl.CheckSignatureFrom(issuer) != nil || now.Before(crl.ThisUpdate.Add(-auth.ClockSkew)) || crl.NextUpdate.IsZero() || now.After(crl.NextUpdate) {
			return fmt.Errorf("%w: the list is too old, or not its issuer's", ErrRevocation)
		}
		known = true
		if slices.ContainsFunc(crl.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(c.SerialNumber) == 0 }) {
			return ErrRevoked
		}
	}
	if !known {
		return fmt.Errorf("%w: there is no list of its issuer", ErrRevocation)
	}
	return nil
}

func (l *Lists) open(file string) (*x509.RevocationList, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if has, ok := l.read[file]; ok && has.at.Equal(info.ModTime()) && has.size == info.Size() {
		return has.crl, nil
	}
	if info.Size() > maxList {
		return nil, errors.New("the list is too large")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(b); block != nil {
		b = block.Bytes
	}
	crl, err := x509.ParseRevocationList(b)
	if err != nil {
		return nil, err
	}
	if l.read == nil {
		l.read = map[string]list{}
	}
	l.read[file] = list{info.ModTime(), info.Size(), crl}
	return crl, nil
}
