// SPDX-License-Identifier: EUPL-1.2

package detect

import "golang.org/x/sys/cpu"

// classifyAVX2 is the kernel in assembly. letters may be nil.
//
//go:noescape
func classifyAVX2(digits, letters []uint64, src []byte)

// kernels are those that this machine can run, the fastest first.
func kernels() []kernel {
	if cpu.X86.HasAVX2 {
		return []kernel{classifyAVX2, classifyGo}
	}
	return []kernel{classifyGo}
}
