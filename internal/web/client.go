// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the servers that may stand between the readers and the program (Swedish: omvänd proxy). What a proxy says about a
// request is believed when the connection comes from one of them, and from nobody else. The zero value believes nobody.
type Proxies struct {
	// Networks are where the proxies connect from.
	Networks []netip.Prefix
	// Socket says that what comes over a unix socket is from a proxy.
	Socket bool
	// Forwarded says that the proxies send the header Forwarded; without it they send X-Forwarded-For, -Proto and -Host. The other is
	// never read: a proxy passes on what it does not know, also when a reader made it up.
	Forwarded bool
}

// Any reports whether there are any.
func (p Proxies) Any() bool { return p.Socket || len(p.Networks) > 0 }

// visit is what is known of the way that a request came.
type visit struct {
	// address is the reader's, or that of the nearest machine that can be told for certain.
	address string
	// plain says that the reader came to the proxy without TLS.
	plain bool
}

type visitKey struct{}

// ClientAddress tells which address a request came from, as well as it can be known: the peer's, or, when that is a declared proxy, the
// last one that no declared proxy has. It is never something that the reader could make up.
func ClientAddress(r *http.Request) string {
	if v, ok := r.Context().Value(visitKey{}).(visit); ok {
		return v.address
	}
	return peer(r.RemoteAddr)
}

// peer gives the address of the other end of a connection; over a unix socket it is empty.
func peer(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return ""
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().WithZone("").String()
	}
	return host
}

// trusted reports whether an address is a proxy's.
func (p Proxies) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// fromProxy reports whether a connection comes from a proxy.
func (p Proxies) fromProxy(remote string) bool {
	if remote == "" || remote == "@" { // a unix socket's other end has no name
		return p.Socket
	}
	a, err := netip.ParseAddr(peer(remote))
	return err == nil && p.trusted(a)
}

// Trusts reports whether a connection from the address is a declared proxy's. It is for the listener, which may let nobody else in.
func (p Proxies) Trusts(remote string) bool { return p.fromProxy(remote) }

// arrive notes where a request came from, and takes over the host and the scheme that a proxy saw.
func (p Proxies) arrive(r *http.Request) *http.Request {
	v := visit{address: peer(r.RemoteAddr)}
	if p.fromProxy(r.RemoteAddr) {
		hops, proto, host := p.told(r.Header)
		if a := p.last(hops); a != "" {
			v.address = a
		}
		v.plain = strings.EqualFold(proto, "http")
		if host != "" {
			r.Host = host
		}
	}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// told reads what the proxies say: the machines that the request passed, the nearest last, and the scheme and host that it was made to.
func (p Proxies) told(h http.Header) (hops []string, proto, host string) {
	if p.Forwarded {
		for _, e := range splitList(h.Values("Forwarded")) {
			f := forwarded(e)
			hops = append(hops, f["for"])
			proto, host = f["proto"], f["host"]
		}
		return hops, proto, host
	}
	return splitList(h.Values("X-Forwarded-For")), lastOf(h.Values("X-Forwarded-Proto")), lastOf(h.Values("X-Forwarded-Host"))
}

// last goes from the nearest machine outwards, past the proxies, and stops at the first that is none. Past something that is no address
// nothing can be known, so it stops there too, at the last that could.
func (p Proxies) last(hops []string) string {
	address := ""
	for _, h := range slices.Backward(hops) {
		a, ok := hopAddress(h)
		if !ok {
			break
		}
		if address = a.String(); !p.trusted(a) {
			break
		}
	}
	return address
}

// hopAddress reads 192.0.2.1, 192.0.2.1:4711, [2001:db8::1] and [2001:db8::1]:4711.
func hopAddress(h string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(h); err == nil {
		h = host
	}
	a, err := netip.ParseAddr(strings.Trim(h, "[]"))
	return a.Unmap().WithZone(""), err == nil
}

// maxHops is how many machines are looked at; a longer list is somebody's play.
const maxHops = 32

// splitList splits the lines of a header at their commas, outside quotes.
func splitList(lines []string) []string {
	var out []string
	quoted := false
	for _, line := range lines {
		out = append(out, strings.FieldsFunc(line, func(r rune) bool {
			if r == '"' {
				quoted = !quoted
			}
			return r == ',' && !quoted
		})...)
		quoted = false
	}
	if len(out) > maxHops {
		out = out[len(out)-maxHops:]
	}
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

func lastOf(lines []string) string {
	all := splitList(lines)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// forwarded reads one element of the header Forwarded (RFC 7239): for=192.0.2.1;proto=https;host="a.example".
func forwarded(element string) map[string]string {
	out := map[string]string{}
	for _, pair := range strings.Split(element, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		out[strings.ToLower(name)] = strings.Trim(value, `"`)
	}
	return out
}
