// SPDX-License-Identifier: EUPL-1.2

package outbound

// Check is the decision about one address, for tests.
func Check(p Policy, resolved string) error { return p.check(resolved) }
