// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"time"

	"github.com/vbauerster/mpb/v8"

	"github.com/insegel/insegel/internal/discovery"
)

// followScan moves the bar until done is closed.
func followScan(bar *mpb.Bar, p *discovery.Progress, done <-chan struct{}) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			bar.SetTotal(max(1, p.TotalBytes.Load()), false)
			bar.SetCurrent(p.Bytes.Load())
		}
	}
}
