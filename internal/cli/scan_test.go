// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// Garbage waits at a scan's beginning only until it has been collected once: what a scan holds later must not be multiplied.
func TestGarbageIsCollectedAsUsualAfterTheFirstTime(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(gcAtStart))
	const usual = 123
	collectLater(usual)
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	for range 1000 {
		runtime.GC()
		if metrics.Read(percent); percent[0].Value.Uint64() == usual {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d %%, want %d", percent[0].Value.Uint64(), usual)
}
