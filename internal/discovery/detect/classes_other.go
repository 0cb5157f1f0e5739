// SPDX-License-Identifier: EUPL-1.2

//go:build !amd64

package detect

// kernels are those that this machine can run, the fastest first.
func kernels() []kernel { return []kernel{kernelGo} }
