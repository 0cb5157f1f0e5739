// SPDX-License-Identifier: EUPL-1.2

package discovery

import "sync/atomic"

// Progress counts what a scan has done. It is read while the scan goes on.
type Progress struct {
	// Bytes of TotalBytes are done, and Files of TotalFiles, when the totals are known.
	Bytes, TotalBytes, Files, TotalFiles, Findings atomic.Int64
}
