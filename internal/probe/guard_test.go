// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"context"
	"errors"
	"net/netip"
	"testing"
)

func allowed(t *testing.T, texts ...string) (out []Allow) {
	t.Helper()
	for _, text := range texts {
		a, err := ParseAllow(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

func TestAllowIsRead(t *testing.T) {
	for text, want := range map[string]string{
		"a.se": "a.se", "A.SE.": "a.se", "a.se:8443": "a.se 8443", "127.0.0.1": "127.0.0.1", "127.0.0.1:80": "127.0.0.1 80", "::1": "::1", "[::1]": "::1", "[::1]:443": "::1 443",
	} {
		a, err := ParseAllow(text)
		got := a.host
		if a.port != "" {
			got += " " + a.port
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "https://a.se", "a.se/x", "a.se:", "a.se:0", "a.se:70000", "a.se:x", "a.se:080", "*.a.se", "a b", "u@a.se", ":443", "10.0.0.0/8", "fe80::1%eth0"} {
		if a, err := ParseAllow(text); err == nil {
			t.Errorf("%q was taken as %+v", text, a)
		}
	}
}

// TestAddresses is the positive list: what may be reached, and what may not whatever is approved.
func TestAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		addr, port string
		allow      []string
		loopback   bool
		want       bool
	}{
		"public":                         {"93.184.216.34", "443", nil, true, true},
		"public IPv6":                    {"2606:2800:220:1::1", "443", nil, true, true},
		"private":                        {"10.1.2.3", "443", nil, true, false},
		"private, host named":            {"10.1.2.3", "443", []string{"host.se"}, true, true},
		"private, address named":         {"10.1.2.3", "443", []string{"10.1.2.3"}, true, true},
		"private, another port named":    {"10.1.2.3", "443", []string{"host.se:8443"}, true, false},
		"private, another host named":    {"10.1.2.3", "443", []string{"other.se"}, true, false},
		"private IPv6":                   {"fd12::1", "443", nil, true, false},
		"private IPv6, named":            {"fd12::1", "443", []string{"host.se"}, true, true},
		"shared":                         {"100.64.1.1", "443", nil, true, false},
		"for examples":                   {"192.0.2.1", "443", nil, true, false},
		"loopback":                       {"127.0.0.1", "443", nil, true, false},
		"loopback, host named":           {"127.0.0.1", "443", []string{"host.se"}, true, false},
		"loopback, address named":        {"127.0.0.1", "443", []string{"127.0.0.1"}, true, true},
		"loopback, address and port":     {"127.0.0.1", "443", []string{"127.0.0.1:443"}, true, true},
		"loopback, another port":         {"127.0.0.1", "443", []string{"127.0.0.1:80"}, true, false},
		"loopback, another address":      {"127.0.0.2", "443", []string{"127.0.0.1"}, true, false},
		"loopback in the product":        {"127.0.0.1", "443", []string{"127.0.0.1"}, false, false},
		"loopback IPv6":                  {"::1", "443", []string{"::1"}, true, true},
		"loopback IPv6, not named":       {"::1", "443", []string{"127.0.0.1"}, true, false},
		"metadata":                       {"169.254.169.254", "80", []string{"169.254.169.254", "host.se"}, true, false},
		"metadata, Alibaba":              {"100.100.100.200", "80", []string{"100.100.100.200", "host.se"}, true, false},
		"metadata, Azure":                {"168.63.129.16", "80", []string{"host.se"}, true, false},
		"metadata, Oracle":               {"192.0.0.192", "80", []string{"host.se"}, true, false},
		"metadata, AWS IPv6":             {"fd00:ec2::254", "80", []string{"host.se"}, true, false},
		"link-local":                     {"fe80::1", "80", []string{"host.se"}, true, false},
		"unspecified":                    {"0.0.0.0", "80", []string{"host.se", "0.0.0.0"}, true, false},
		"unspecified IPv6":               {"::", "80", []string{"host.se", "::"}, true, false},
		"this network":                   {"0.1.2.3", "80", []string{"host.se"}, true, false},
		"multicast":                      {"224.0.0.1", "80", []string{"host.se"}, true, false},
		"broadcast":                      {"255.255.255.255", "80", []string{"host.se"}, true, false},
		"IPv4 in IPv6":                   {"::ffff:127.0.0.1", "80", []string{"host.se", "127.0.0.1", "::ffff:127.0.0.1"}, true, false},
		"IPv4 in IPv6, public":           {"::ffff:93.184.216.34", "80", []string{"host.se"}, true, false},
		"IPv4 as IPv6":                   {"::7f00:1", "80", []string{"host.se"}, true, false},
		"NAT64":                          {"64:ff9b::7f00:1", "80", []string{"host.se"}, true, false},
		"NAT64, local":                   {"64:ff9b:1::a00:1", "80", []string{"host.se"}, true, false},
		"6to4":                           {"2002:7f00:1::", "80", []string{"host.se"}, true, false},
		"Teredo":                         {"2001:0:4136:e378::1", "80", []string{"host.se"}, true, false},
		"the program's own database":     {"10.9.9.9", "5432", []string{"host.se"}, true, false},
		"another service of that server": {"10.9.9.9", "443", []string{"host.se"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := &guard{allows: allowed(t, c.allow...), loopback: c.loopback, never: []netip.AddrPort{netip.MustParseAddrPort("10.9.9.9:5432")}}
			err := g.check("host.se", netip.MustParseAddr(c.addr), c.port)
			if got := err == nil; got != c.want || err != nil && !errors.Is(err, ErrAddress) {
				t.Errorf("got %v, want allowed: %v", err, c.want)
			}
		})
	}
}

// TestPrivateRanges holds that in the product a private address is reached only within an approved network, and only at a host that is approved as
// well; and that no network opens what is never reached.
func TestPrivateRanges(t *testing.T) {
	any := []netip.Prefix(nil)
	none := []netip.Prefix{}
	wide := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for name, c := range map[string]struct {
		addr   string
		allow  []string
		ranges []netip.Prefix
		want   bool
	}{
		"no networks asked for":             {"10.1.2.3", []string{"host.se"}, any, true},
		"none approved":                     {"10.1.2.3", []string{"host.se"}, none, false},
		"within":                            {"10.1.2.3", []string{"host.se"}, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, true},
		"within, host not approved":         {"10.1.2.3", nil, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, false},
		"outside":                           {"10.2.2.3", []string{"host.se"}, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, false},
		"outside, address named":            {"10.2.2.3", []string{"10.2.2.3"}, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, false},
		"IPv6 within":                       {"fd12:3456::1", []string{"host.se"}, []netip.Prefix{netip.MustParsePrefix("fd12:3456::/48")}, true},
		"public":                            {"93.184.216.34", nil, none, true},
		"metadata, whatever is approved":    {"169.254.169.254", []string{"host.se"}, wide, false},
		"metadata of IPv6":                  {"fd00:ec2::254", []string{"host.se"}, wide, false},
		"link-local, whatever is approved":  {"fe80::1", []string{"host.se"}, wide, false},
		"loopback, whatever is approved":    {"127.0.0.1", []string{"host.se", "127.0.0.1"}, wide, false},
		"IPv4 in IPv6, whatever approved":   {"::ffff:10.1.2.3", []string{"host.se"}, wide, false},
		"shared, which is nobody's to name": {"100.64.1.1", []string{"host.se"}, none, false},
	} {
		g := &guard{allows: allowed(t, c.allow...), ranges: c.ranges}
		if err := g.check("host.se", netip.MustParseAddr(c.addr), "443"); (err == nil) != c.want || err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type fixedNames map[string][]netip.Addr

func (f fixedNames) LookupNetIP(_ context.Context, network, host string) (out []netip.Addr, err error) {
	for _, a := range f[host] {
		if a.Is4() == (network == "ip4") {
			out = append(out, a)
		}
	}
	return out, nil
}

func TestOneForbiddenAddressClosesTheHost(t *testing.T) {
	names := fixedNames{
		"host.se": {netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("169.254.169.254")},
		"good.se": {netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("2606:2800:220:1::1")},
		"six.se":  {netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("::ffff:10.0.0.1")},
	}
	for host, want := range map[string]bool{"host.se": false, "good.se": true, "six.se": false} {
		g := &guard{own: host, ownPorts: map[string]bool{"443": true}, resolver: names}
		if _, err := g.addresses(t.Context(), host, "443"); (err == nil) != want {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestOwnHostAtItsOwnPortsOnly(t *testing.T) {
	g := &guard{own: "host.se", ownPorts: map[string]bool{"8443": true, "443": true, "80": true}}
	for port, want := range map[string]bool{"8443": true, "443": true, "80": true, "22": false, "6379": false} {
		if got := g.approved("HOST.se.", port); got != want {
			t.Errorf("port %s: approved %v", port, got)
		}
	}
}
