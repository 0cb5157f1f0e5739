// SPDX-License-Identifier: EUPL-1.2

package outbound

import (
	"context"
	"net"
)

// DialLocal connects to a socket of this machine that the one who runs the installation has named: the system's own log. Nothing leaves
// the machine by it.
func DialLocal(ctx context.Context, network, path string) (net.Conn, error) {
	d := &net.Dialer{Timeout: dialTimeout}
	if network != "unix" && network != "unixgram" {
		return nil, ErrTarget
	}
	return d.DialContext(ctx, network, path)
}
