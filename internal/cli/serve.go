// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/certificate"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/redact"
	"github.com/insegel/insegel/internal/web"
)

type serveCommand struct {
	database
	DrillDir      string `name:"drill-dir" help:"Where backups lie, for the weekly restore drill." env:"INSEGEL_DRILL_DIR" placeholder:"DIR"`
	DrillIdentity string `name:"drill-identity" help:"A file with a secret key of age that opens them, made for drills alone." env:"INSEGEL_DRILL_IDENTITY" placeholder:"FILE"`

	Addr string `help:"The address to listen on: HOST:PORT, or unix:PATH. One that other machines can reach needs TLS or --proxy." default:"127.0.0.1:8080" env:"INSEGEL_ADDR"`
	URL  string `name:"url" help:"The address that readers use, such as https://insegel.example.se." env:"INSEGEL_URL" placeholder:"URL"`

	TLSCert string `name:"tls-cert" help:"A PEM file with the certificate and those that lead to its authority. It is read anew when it changes." env:"INSEGEL_TLS_CERT" placeholder:"PATH"`
	TLSKey  string `name:"tls-key" help:"A PEM file with the certificate's key." env:"INSEGEL_TLS_KEY" placeholder:"PATH"`

	TLSWeakUntil string `name:"tls-weak-until" help:"Accept, until this day, a certificate of the server or of --client-ca whose key is too short (RSA of 2048 to 3071 bits). A year ahead at most." env:"INSEGEL_TLS_WEAK_UNTIL" placeholder:"DATE"`

	InnerNetwork []string `name:"inner-network" help:"A network of your own with public addresses. There, and at private addresses, a certificate from an authority of your own is shown; elsewhere only a publicly trusted one. May be repeated." env:"INSEGEL_INNER_NETWORK" placeholder:"CIDR"`

	ACMEHost      []string `name:"acme-host" help:"Fetch certificates for this name by ACME. May be repeated." env:"INSEGEL_ACME_HOST" placeholder:"HOST"`
	ACMECache     string   `name:"acme-cache" help:"The directory that keeps what ACME fetched." env:"INSEGEL_ACME_CACHE" placeholder:"DIR"`
	ACMEDirectory string   `name:"acme-directory" help:"The address of the ACME authority. Let's Encrypt when left out." env:"INSEGEL_ACME_DIRECTORY" placeholder:"URL"`
	ACMEEmail     string   `name:"acme-email" help:"Where the ACME authority may write." env:"INSEGEL_ACME_EMAIL" placeholder:"ADDRESS"`

	RedirectAddr string `name:"redirect-addr" help:"Another HOST:PORT, without TLS, that sends readers to --url." env:"INSEGEL_REDIRECT_ADDR" placeholder:"HOST:PORT"`

	Proxy       []string `help:"The network that a proxy connects from, or unix for a unix socket. Only then is what it says about a request believed. May be repeated." env:"INSEGEL_PROXY" placeholder:"CIDR"`
	ProxyHeader string   `name:"proxy-header" help:"Which header the proxy sets: x-forwarded (X-Forwarded-For, -Proto and -Host) or forwarded (RFC 7239)." enum:"x-forwarded,forwarded" default:"x-forwarded" env:"INSEGEL_PROXY_HEADER"`

	ClientCA   string `name:"client-ca" help:"A PEM file with the authorities of the personal certificates that may sign in." env:"INSEGEL_CLIENT_CA" placeholder:"PATH"`
	ClientHost string `name:"client-host" help:"The name of this server under which personal certificates are asked for." env:"INSEGEL_CLIENT_HOST" placeholder:"HOST"`

	CertHeader string   `name:"client-cert-header" help:"Which header a proxy hands a personal certificate on in: client-cert (RFC 9440) or x-ssl-client-cert." enum:",client-cert,x-ssl-client-cert" default:"" env:"INSEGEL_CLIENT_CERT_HEADER"`
	CertPin    []string `name:"client-cert-pin" help:"The SHA-256, in hexadecimal, of the certificate that such a proxy shows. Without it the header is read over a unix socket only. May be repeated." env:"INSEGEL_CLIENT_CERT_PIN" placeholder:"SHA256"`
	CRL        []string `name:"client-crl" help:"A file with revoked personal certificates (CRL), read anew when it changes. May be repeated." env:"INSEGEL_CLIENT_CRL" placeholder:"PATH"`

	Chromium string `help:"The Chromium that prints PDF documents. Looked for in PATH when left out; without one there are no PDF documents." env:"INSEGEL_CHROMIUM" placeholder:"PATH"`

	leave
	searching
	checkpointFlags
}

// cards reads how certificates on cards come to the program.
func (c *serveCommand) cards(o *app.ServerOptions) error {
	o.Cards.Lists = c.CRL
	o.Cards.Proxy = certificate.Proxy{Socket: o.Proxies.Socket}
	switch c.CertHeader {
	case "client-cert":
		o.Cards.Proxy.Header = certificate.HeaderClientCert
	case "x-ssl-client-cert":
		o.Cards.Proxy.Header = certificate.HeaderXSSL
	}
	for _, text := range c.CertPin {
		b, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
		if err != nil || len(b) != sha256.Size {
			return usage("--client-cert-pin %s: write the SHA-256 of the proxy's certificate as 64 hexadecimal digits", text)
		}
		o.Cards.Proxy.Pins = append(o.Cards.Proxy.Pins, [sha256.Size]byte(b))
	}
	if c.CertHeader != "" && !o.Proxies.Socket && len(c.CertPin) == 0 {
		return usage("--client-cert-header needs a proxy that shows who it is: give --client-cert-pin, or --proxy unix")
	}
	return nil
}

// leave are the flags that say which other machines the program may reach.
type leave struct {
	OutboundNetwork []string `name:"outbound-network" help:"A private network where identity providers, mail or log servers may be reached. May be repeated." env:"INSEGEL_OUTBOUND_NETWORK" placeholder:"CIDR"`
	OutboundProxy   string   `name:"outbound-proxy" help:"The proxy that requests to other machines go through." env:"INSEGEL_OUTBOUND_PROXY" placeholder:"URL"`
	OutboundCA      string   `name:"outbound-ca" help:"A PEM file with authorities that other machines' certificates may come from, besides the system's." env:"INSEGEL_OUTBOUND_CA" placeholder:"PATH"`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(s *streams) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if c.reach, err = c.policy(); err != nil {
		return err
	}
	if c.printer, err = findPrinter(c.Chromium); err != nil {
		return err
	}
	if c.database.searching, err = c.limits(); err != nil {
		return err
	}
	if (c.DrillDir == "") != (c.DrillIdentity == "") {
		return usage("give both --drill-dir and --drill-identity")
	}
	c.drilling = backup.Drilling{Dir: c.DrillDir, Identity: c.DrillIdentity}
	if o.TLS != nil && o.TLS.ACME != nil {
		o.TLS.ACME.Outbound = c.reach
	}
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	log := slog.New(redact.New(slog.NewJSONHandler(s.err, nil)))
	c.to(&c.checkpoints)
	a, err := c.open(s, log)
	if err != nil {
		return err
	}
	if a.Key.IsZero() {
		return closeAfter(a, usage("serving from PostgreSQL needs a key: give --key-file PATH"))
	}
	if a.Ring == nil {
		return closeAfter(a, usage("serving from PostgreSQL needs the file of organisations' keys: give --keys PATH, the same file to all servers"))
	}
	if err := greet(s, a, o); err != nil {
		fmt.Fprintln(s.err, err) // several organisations without anybody: the server itself runs on
	}
	o.Ready = func(at net.Addr) { fmt.Fprintf(s.err, "Insegel answers on %s\n", at) }
	return closeAfter(a, a.Serve(s.ctx, o))
}

// options turns the flags into what the server needs to know.
func (c *serveCommand) options() (app.ServerOptions, error) {
	o := app.ServerOptions{Address: c.Addr, Redirect: c.RedirectAddr, Clear: c.Clear, Proxies: web.Proxies{Forwarded: c.ProxyHeader == "forwarded"}}
	var err error
	if o.URL, err = parseURL(c.URL); err != nil {
		return o, err
	}
	for _, p := range c.Proxy {
		if p == "unix" {
			o.Proxies.Socket = true
			continue
		}
		n, err := parseNetwork("--proxy", p)
		if err != nil {
			return o, err
		}
		o.Proxies.Networks = append(o.Proxies.Networks, n)
	}
	if o.TLS, err = c.tls(); err != nil {
		return o, err
	}
	if o.TLS != nil {
		if o.TLS.Inner, err = parseNetworks("--inner-network", c.InnerNetwork); err != nil {
			return o, err
		}
	}
	if err := c.cards(&o); err != nil {
		return o, err
	}
	if o.URL == nil && len(c.ACMEHost) > 0 {
		o.URL = &url.URL{Scheme: "https", Host: c.ACMEHost[0]}
	}
	return o, nil
}

func (c *serveCommand) tls() (*app.TLS, error) {
	if c.TLSCert == "" && c.TLSKey == "" && len(c.ACMEHost) == 0 {
		if c.ClientCA != "" || c.ClientHost != "" {
			return nil, usage("--client-ca needs TLS: give --tls-cert and --tls-key, or --acme-host")
		}
		return nil, nil //nolint:nilnil // no TLS is not an error here; the address decides
	}
	if (c.TLSCert == "") != (c.TLSKey == "") || c.TLSCert != "" && len(c.ACMEHost) > 0 {
		return nil, usage("give both --tls-cert and --tls-key, or --acme-host")
	}
	if (c.ClientCA == "") != (c.ClientHost == "") {
		return nil, usage("give both --client-ca and --client-host")
	}
	t := &app.TLS{Certificate: c.TLSCert, Key: c.TLSKey, ClientHost: c.ClientHost}
	if len(c.ACMEHost) > 0 {
		if c.ACMECache == "" {
			c.ACMECache = app.DefaultDirectory() + "/acme"
		}
		t.ACME = &app.ACME{Hosts: c.ACMEHost, Cache: c.ACMECache, Directory: c.ACMEDirectory, Email: c.ACMEEmail}
		if c.ClientHost != "" {
			t.ACME.Hosts = append(t.ACME.Hosts, c.ClientHost)
		}
	}
	return t, c.trusted(t)
}

// trusted reads the authorities of personal certificates, and until when short keys are accepted.
func (c *serveCommand) trusted(t *app.TLS) (err error) {
	if c.ClientCA != "" {
		t.ClientCAs = x509.NewCertPool()
		if t.ClientAuthorities, err = addAuthorities(t.ClientCAs, "--client-ca", c.ClientCA); err != nil {
			return err
		}
	}
	if c.TLSWeakUntil == "" {
		return nil
	}
	if t.WeakUntil, err = civil.Parse(c.TLSWeakUntil); err != nil {
		return usage("--tls-weak-until %s: write a day as 2027-06-30", c.TLSWeakUntil)
	}
	return nil
}

// policy turns the flags into what the program may reach.
func (l *leave) policy() (outbound.Policy, error) {
	var p outbound.Policy
	for _, text := range l.OutboundNetwork {
		n, err := parseNetwork("--outbound-network", text)
		if err != nil {
			return p, err
		}
		p.Networks = append(p.Networks, n)
	}
	if l.OutboundProxy != "" {
		u, err := url.Parse(l.OutboundProxy)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return p, usage("--outbound-proxy: write the whole address, such as http://proxy.example.se:3128")
		}
		p.Proxy = u
	}
	if l.OutboundCA != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			return p, fmt.Errorf("read the system's certificate authorities: %w", err)
		}
		p.Roots = roots
		if _, err := addAuthorities(roots, "--outbound-ca", l.OutboundCA); err != nil {
			return p, err
		}
	}
	return p, nil
}

// addAuthorities reads certificate authorities from a PEM file.
func addAuthorities(pool *x509.CertPool, flag, path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", flag, err)
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, usage("%s %s: certificate %d cannot be read: %v", flag, path, len(out)+1, err)
		}
		pool.AddCert(c)
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, usage("%s %s: no certificate in PEM form stands in it", flag, path)
	}
	return out, nil
}

// parseNetworks reads the networks of a flag that may be repeated.
func parseNetworks(flag string, texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range texts {
		n, err := parseNetwork(flag, text)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// parseNetwork reads a network, or one address.
func parseNetwork(flag, text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	n, err := netip.ParsePrefix(text)
	if err != nil {
		return n, usage("%s %q: write a network such as 10.1.2.0/24, or one address", flag, text)
	}
	return n.Masked(), nil
}

func parseURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no address given is not an error
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, usage("--url: write the whole address, such as https://insegel.example.se")
	}
	return u, nil
}
