// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package finding

import "syscall"

// openFlags keep the opening of something that has become a pipe from waiting for somebody to write into it.
const openFlags = syscall.O_NONBLOCK
