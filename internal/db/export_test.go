// SPDX-License-Identifier: EUPL-1.2

package db

// Encrypted is the decision about one address, for tests: nothing is connected to.
var Encrypted = encrypted
