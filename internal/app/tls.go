// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/outbound"
)

// TLS says how the server shows readers that it is the right one.
type TLS struct {
	// Certificate and Key are PEM files: the certificate with those that lead to its authority, and its private key. They are read anew
	// when they change.
	Certificate, Key string
	// ACME fetches certificates from an authority instead.
	ACME *ACME
	// ClientCAs are the authorities whose personal certificates are asked for, and only where the reader asks for the name ClientHost:
	// a browser would else ask everybody for one.
	ClientCAs *x509.CertPool
	// ClientHost is that name.
	ClientHost string
	// ClientAuthorities are the same authorities, one by one.
	ClientAuthorities []*x509.Certificate
	// WeakUntil is the last day that a certificate with a short key is accepted, of the server and of ClientAuthorities; zero accepts none.
	WeakUntil civil.Date
	// Inner are networks that are the organisation's own, though their addresses are public ones. There, and at private addresses, a
	// certificate from the organisation's own authority is enough.
	Inner []netip.Prefix

	shown *shownCertificate
}

// ACME says where certificates are fetched (RFC 8555).
type ACME struct {
	// Hosts are the names that certificates are fetched for, and no others.
	Hosts []string
	// Cache is the directory that keeps the account's key and the certificates; nobody else may read it.
	Cache string
	// Directory is the authority's address; empty is Let's Encrypt's.
	Directory string
	// Email is where the authority may write.
	Email string
	// Outbound says what may be reached, with the authority that vouches for the directory where that is not a public one.
	Outbound outbound.Policy
}

var (
	// ErrCertificate says that a certificate cannot be used.
	ErrCertificate = errors.New("the certificate cannot be used")
	// ErrShortKey says that a certificate's key is worth less than 128 bits.
	ErrShortKey = errors.New("its key is too short: RSA has 3072 bits at least; ask for a certificate with another key (ECDSA P-256 is smallest and quickest), or " +
		"accept it until a day with --tls-weak-until")
	// ErrWeakUntil says that short keys were to be accepted for too long, or no longer are.
	ErrWeakUntil = errors.New("--tls-weak-until is a day from today and at most a year ahead")
	// ErrReadable says that others can read a private key.
	ErrReadable = errors.New("others can read it")
)

// suites are the cipher suites of TLS 1.2 that keep what passed secret also if the key leaks later. TLS 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// config makes the TLS settings of the listener. challenge, when not nil, answers the authority's questions over plain HTTP.
// proxy tells which machines are declared proxies.
func (t *TLS) config(host string, now func() time.Time, log *slog.Logger, proxy func(remote string) bool) (c *tls.Config, manager *autocert.Manager, err error) {
	if err := t.checkWeak(now()); err != nil {
		return nil, nil, err
	}
	c = &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: suites, NextProtos: []string{"h2", "http/1.1"}}
	if t.ACME != nil {
		if manager, err = t.ACME.manager(); err != nil {
			return nil, nil, err
		}
		c.GetCertificate = manager.GetCertificate
		c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	} else {
		files := &shownCertificate{cert: t.Certificate, key: t.Key, host: host, weak: t.WeakUntil, now: now, log: log}
		if err := files.load(); err != nil {
			return nil, nil, err
		}
		c.GetCertificate = files.get
		t.shown = files
	}
	if t.ACME == nil || t.ACME.Directory != "" && t.ACME.Directory != letsEncrypt {
		c.GetCertificate = (&inward{get: c.GetCertificate, now: now, proxy: proxy, inner: t.Inner, challenged: t.ACME != nil}).show
	}
	if t.ClientCAs != nil {
		asks := c.Clone()
		asks.ClientAuth, asks.ClientCAs = tls.VerifyClientCertIfGiven, t.ClientCAs
		asks.SessionTicketsDisabled = true // a resumed session would hide that a card has been taken out
		c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if strings.EqualFold(hello.ServerName, t.ClientHost) {
				return asks, nil
			}
			return nil, nil //nolint:nilnil // the listener's own settings
		}
	}
	return c, manager, nil
}

// letsEncrypt is the directory that is used when no other is named.
const letsEncrypt = autocert.DefaultACMEDirectory

func (a *ACME) manager() (*autocert.Manager, error) {
	if err := os.MkdirAll(a.Cache, 0o700); err != nil {
		return nil, fmt.Errorf("make a place for certificates: %w", err)
	}
	info, err := os.Stat(a.Cache)
	if err != nil {
		return nil, fmt.Errorf("look at the place for certificates: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w: run chmod 0700 on it", a.Cache, ErrReadable)
	}
	directory := a.Directory
	if directory == "" {
		directory = letsEncrypt
	}
	u, err := url.Parse(directory)
	if err != nil || u.Scheme != "https" {
		return nil, fmt.Errorf("ACME directory %q: write its whole address, with https", directory)
	}
	client, err := a.Outbound.Client(outbound.Request{Targets: []string{directory}, Timeout: time.Minute})
	if err != nil {
		return nil, fmt.Errorf("reach the ACME directory: %w", err)
	}
	return &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(a.Cache), HostPolicy: autocert.HostWhitelist(a.Hosts...), Email: a.Email,
		Client: &acme.Client{DirectoryURL: directory, HTTPClient: client, UserAgent: "insegel"},
	}, nil
}

// shownCertificate keeps the certificate of two files, and reads them anew when they change.
type shownCertificate struct {
	cert, key, host string
	weak            civil.Date
	now             func() time.Time
	log             *slog.Logger

	mu    sync.Mutex
	inUse *tls.Certificate
	stamp string
}

// get gives the certificate for a connection. Two questions to the file system are less than what a handshake takes. Files that cannot
// be used, as when only one of them has been replaced yet, leave the certificate before them in use, and connections that are open
// keep theirs.
func (c *shownCertificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stamp := c.stat(); stamp != c.stamp {
		c.stamp = stamp
		fresh, err := c.read()
		if err != nil {
			c.log.Error("certificate not changed", slog.String("error", err.Error()))
		} else {
			c.inUse = fresh
			c.log.Info("certificate changed", slog.Time("until", fresh.Leaf.NotAfter))
		}
	}
	return c.inUse, nil
}

// load reads the files for the first time; what is wrong with them stops the start.
func (c *shownCertificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stamp = c.stat()
	var err error
	c.inUse, err = c.read()
	return err
}

// stat tells the files' versions apart.
func (c *shownCertificate) stat() string {
	var b strings.Builder
	for _, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintf(&b, "%d %d ", info.ModTime().UnixNano(), info.Size())
		}
	}
	return b.String()
}

func (c *shownCertificate) read() (*tls.Certificate, error) {
	info, err := os.Stat(c.key)
	if err != nil {
		return nil, fmt.Errorf("read the certificate's key: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("%s: %w: run chmod o= on it", c.key, ErrReadable)
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key) // says when the key is another certificate's
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w: %w", c.cert, c.key, ErrCertificate, err)
	}
	if err := checkChain(&pair, c.host, c.now()); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", c.cert, ErrCertificate, err)
	}
	if !strong(pair.Leaf) {
		today := civil.Of(c.now())
		if c.weak.IsZero() || c.weak.Before(today) {
			return nil, fmt.Errorf("%s: %w: %w", c.cert, ErrCertificate, ErrShortKey)
		}
		c.log.Warn("the certificate's key is too short, and accepted for now", slog.String("file", c.cert), slog.String("until", c.weak.String()))
	}
	return &pair, nil
}

// leaf is the certificate that is shown now.
func (c *shownCertificate) leaf() *x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inUse == nil {
		return nil
	}
	return c.inUse.Leaf
}

// secret tells since when the certificate has stood, and when it, or the leave to use it, ends. It holds no secret of it.
func (c *shownCertificate) secret() (rotation.Secret, bool) {
	leaf := c.leaf()
	if leaf == nil {
		return rotation.Secret{}, false
	}
	s := rotation.Secret{Kind: rotation.Certificate, ID: "tls", Since: leaf.NotBefore, Ends: leaf.NotAfter, Weak: !strong(leaf)}
	if end := c.weak.Time(); s.Weak && end.Before(s.Ends) {
		s.Ends = end
	}
	return s, true
}

// checkChain refuses a certificate that readers' browsers would refuse, before they do.
func checkChain(pair *tls.Certificate, host string, now time.Time) error {
	chain := make([]*x509.Certificate, len(pair.Certificate))
	for i, der := range pair.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		if now.After(c.NotAfter) || now.Before(c.NotBefore) {
			return fmt.Errorf("it holds from %s to %s", c.NotBefore.Format(time.DateOnly), c.NotAfter.Format(time.DateOnly))
		}
		chain[i] = c
	}
	leaf := chain[0]
	pair.Leaf = leaf
	if len(leaf.ExtKeyUsage) > 0 && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) {
		return errors.New("it is not for a server")
	}
	if host != "" {
		if err := leaf.VerifyHostname(host); err != nil {
			return err
		}
	}
	for i := range len(chain) - 1 {
		if err := chain[i].CheckSignatureFrom(chain[i+1]); err != nil {
			return fmt.Errorf("certificate %d of the file is not issued by the one after it: %w", i+1, err)
		}
	}
	return checkKey(leaf)
}

// leastRSA is the shortest RSA key that is ever accepted. One of fewer than provider.LeastRSA bits is worth less than 128, and accepted only
// until a day that the operator has named.
const leastRSA = 2048

// mostWeak is how many days ahead short keys can be accepted.
const mostWeak = 366

// strong reports whether a certificate's key is worth 128 bits.
func strong(c *x509.Certificate) bool {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen() >= provider.LeastRSA
	case *ecdsa.PublicKey:
		return k.Curve.Params().BitSize >= elliptic.P256().Params().BitSize
	case ed25519.PublicKey:
		return true
	default:
		return false
	}
}

// checkWeak refuses authorities with short keys, and to accept short keys for long.
func (t *TLS) checkWeak(now time.Time) error {
	today := civil.Of(now)
	accepts := !t.WeakUntil.IsZero()
	if accepts && (t.WeakUntil.Before(today) || today.AddDays(mostWeak).Before(t.WeakUntil)) {
		return ErrWeakUntil
	}
	for _, c := range t.ClientAuthorities {
		if !strong(c) && !accepts {
			return fmt.Errorf("the authority %s of --client-ca: %w", c.Subject, ErrShortKey)
		}
	}
	return nil
}

func checkKey(c *x509.Certificate) error {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < leastRSA {
			return fmt.Errorf("its RSA key has %d bits, at least %d", k.N.BitLen(), leastRSA)
		}
	case *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		return errors.New("its kind of key is not known")
	}
	return nil
}
