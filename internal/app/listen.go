// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/insegel/insegel/internal/web"
)

var (
	// ErrExposed says that the pages were about to be served where others can read what passes.
	ErrExposed = errors.New("other machines can reach that address, and nothing would be encrypted: give --tls-cert and --tls-key, or " +
		"--acme-host, or name the proxy that encrypts with --proxy, or listen on 127.0.0.1")
	// ErrNoURL says that the address that readers use is not known.
	ErrNoURL = errors.New("give the address that readers use with --url https://HOST")
	// ErrClear says that pages were about to be handed to a proxy on another machine in clear.
	ErrClear = errors.New("nothing would be encrypted between the proxy and this server: give --tls-cert and --tls-key here too, or a unix " +
		"socket on the same machine, or --clear when the network between them belongs to nobody else")
	// ErrProxies says that everybody was about to be believed.
	ErrProxies = errors.New("that network is everybody: name the proxy's own address")
)

// unixPrefix marks an address that is a unix socket.
const unixPrefix = "unix:"

// Check refuses to serve where what passes can be read or where readers cannot be told from the proxies before the server.
func (o *ServerOptions) Check() error {
	for _, n := range o.Proxies.Networks {
		if n.Bits() == 0 {
			return fmt.Errorf("proxy %s: %w", n, ErrProxies)
		}
	}
	if o.TLS == nil && !o.local() && len(o.Proxies.Networks) == 0 {
		return fmt.Errorf("listen on %s: %w", o.Address, ErrExposed)
	}
	if (o.TLS != nil || o.Proxies.Any()) && !o.secure() {
		return ErrNoURL
	}
	if o.TLS == nil && !o.local() && !o.Clear {
		return fmt.Errorf("listen on %s: %w", o.Address, ErrClear)
	}
	return nil
}

// local reports whether only this machine can reach the address.
func (o *ServerOptions) local() bool {
	return strings.HasPrefix(o.Address, unixPrefix) || loopbackAddress(o.Address)
}

func loopbackAddress(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// costly are the use cases that make the machine work, or take much out of it, for one request.
var costly = map[string]bool{
	"report.Write": true, "overview.ExportLog": true, "overview.CheckLog": true, "register.Keep": true, "register.Take": true,
	"register.Undo": true, "classification.AddModel": true, "provider.Add": true, "provider.Change": true, "mail.Test": true,
}

// pace is how often signed-in readers may ask.
func (o *ServerOptions) pace() *web.Pace {
	p := web.DefaultPace
	if o.Pace != nil {
		p = *o.Pace
	}
	p.Costly = func(action string) bool { return costly[action] }
	return &p
}

// secure reports whether readers use TLS, on the way to this server or to the proxy before it.
func (o *ServerOptions) secure() bool { return o.URL != nil && o.URL.Scheme == "https" }

// hosts are the names that the pages answer to; empty is any.
func (o *ServerOptions) hosts() []string {
	var out []string
	switch {
	case o.Demo != nil:
		return o.Demo.Hosts()
	case o.URL != nil:
		out = append(out, o.URL.Host)
	case loopbackAddress(o.Address):
		return []string{o.Address, "localhost", "127.0.0.1", "[::1]"} // a name elsewhere that has been made to lead here is not ours
	}
	if o.TLS != nil && o.TLS.ClientHost != "" {
		out = append(out, o.TLS.ClientHost)
	}
	return out
}

// socketMode lets the server's group, which a proxy is a member of, use a unix socket.
const socketMode = 0o660

// listen opens what the server listens on, with limits on who may connect and how often.
func (o *ServerOptions) listen(ctx context.Context) (net.Listener, error) {
	path, isSocket := strings.CutPrefix(o.Address, unixPrefix)
	if isSocket {
		return listenSocket(ctx, path)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w: choose another address with --addr, or stop what uses it", o.Address, err)
	}
	g := &guarded{Listener: l, proxies: o.Proxies, open: map[string]int{}}
	g.onlyProxies = o.TLS == nil && !o.local()
	return g, nil
}

// listenSocket listens on a unix socket. One that a server before it left behind is taken over; one that somebody answers on is not.
func listenSocket(ctx context.Context, path string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil && abandoned(path) {
		if err = os.Remove(path); err == nil {
			l, err = (&net.ListenConfig{}).Listen(ctx, "unix", path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w: choose another path with --addr, or stop what uses it", path, err)
	}
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(fmt.Errorf("let the group use %s: %w", path, err), l.Close())
	}
	return l, nil
}

// abandoned reports whether a path is a socket that nobody listens on.
func abandoned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	b, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return false // what cannot be known is left alone
	}
	return !slices.ContainsFunc(strings.Split(string(b), "\n"), func(line string) bool { return strings.HasSuffix(line, " "+path) })
}

// How many connections are held at once, in all and from one address. A browser opens six; an office may stand behind one address.
const (
	maxConnections        = 4096
	maxConnectionsPerPeer = 256
)

// guarded takes in connections up to a limit, so that one machine that opens many and says little does not shut out the others.
type guarded struct {
	net.Listener
	proxies web.Proxies
	// onlyProxies says that what passes is not encrypted here, so that nobody but a proxy may connect.
	onlyProxies bool

	mu   sync.Mutex
	open map[string]int
	all  int
}

// Accept gives the next connection that may stay.
func (g *guarded) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, ok := g.enter(c.RemoteAddr().String())
		if ok {
			return &counted{Conn: c, leave: sync.OnceFunc(func() { g.leave(peer) })}, nil
		}
		_ = c.Close() // nothing was said yet
	}
}

func (g *guarded) enter(remote string) (peer string, ok bool) {
	peer = peerOf(remote)
	proxy := g.proxies.Trusts(remote)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.onlyProxies && !proxy || g.all >= maxConnections || !proxy && g.open[peer] >= maxConnectionsPerPeer {
		return peer, false
	}
	g.all++
	g.open[peer]++
	return peer, true
}

func (g *guarded) leave(peer string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.open[peer]--; g.open[peer] == 0 {
		delete(g.open, peer)
	}
}

// network6 is how much of an IPv6 address one subscriber has for itself.
const network6 = 64

// peerOf is what connections are counted by: an address, or the network that one subscriber has.
func peerOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	a := at.Addr().Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(network6); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close closes the connection and makes room for another.
func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
