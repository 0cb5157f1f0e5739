// SPDX-License-Identifier: EUPL-1.2

//go:build !unix

package finding

// openFlags are none where files are no pipes.
const openFlags = 0
