// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
)

// Range is a private network that may be measured in, until a day (Swedish: privat nät). Two people approve it. A target in it must be
// approved as well: the range says where private addresses may be, the target which page.
type Range struct {
	ID         ids.ID[Range]
	CIDR       netip.Prefix
	AskedBy    string
	AskedAt    time.Time
	ApprovedBy string
	ApprovedAt time.Time // zero until it is approved
	Expires    civil.Date
	Ended      time.Time // zero while it stands
}

var (
	// ErrRange says that a network is not written right, or is none that can be approved.
	ErrRange = errors.New("write a private network as 10.20.0.0/16 or fd12:3456:789a::/48, and none wider")
	// ErrRangeStands says that a network is approved, or waits for it, already.
	ErrRangeStands = errors.New("the network is approved already, or waits to be")
)

// private are the networks that ranges lie in. Link-local addresses, those of clouds' metadata, loopback and carriers' networks are in none
// of them.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
}

// metadata is where clouds tell machines about themselves within what is private otherwise.
var metadata = netip.MustParsePrefix("fd00:ec2::/32")

// The widest that a range may be, so that what two people approve is something that they can look over.
const (
	widest4 = 16
	widest6 = 48
)

// ParseRange reads a private network.
func ParseRange(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(strings.TrimSpace(text))
	if err != nil || p != p.Masked() || p.Addr().Is4In6() {
		return netip.Prefix{}, ErrRange
	}
	widest := widest6
	if p.Addr().Is4() {
		widest = widest4
	}
	if p.Bits() < widest || metadata.Overlaps(p) || !slices.ContainsFunc(private, func(q netip.Prefix) bool { return q.Contains(p.Addr()) }) {
		return netip.Prefix{}, ErrRange
	}
	return p, nil
}

// State tells how the range stands on a day.
func (r *Range) State(on civil.Date) State { return standing(r.Ended, r.ApprovedAt, r.Expires, on) }

// standing is how something that is approved until a day stands.
func standing(ended, approved time.Time, expires, on civil.Date) State {
	switch {
	case !ended.IsZero():
		return Ended
	case approved.IsZero():
		return Waiting
	case !on.Before(expires):
		return Expired
	}
	return Approved
}
