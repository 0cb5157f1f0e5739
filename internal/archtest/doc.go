// SPDX-License-Identifier: EUPL-1.2

// Package archtest holds no code that ships (Swedish: arkitekturtest): its tests keep the rules of ARCHITECTURE.md, and say why a
// rule is there when it is broken. Each rule is itself tested on code that breaks it.
package archtest
