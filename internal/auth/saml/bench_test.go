// SPDX-License-Identifier: EUPL-1.2

package saml

import "testing"

// BenchmarkReceive is what the server does with one answer: two signatures, one decryption, two readers.
func BenchmarkReceive(b *testing.B) {
	value, x := encode(forge{assertionSigned: true}.build(b)), expect(b)
	for b.Loop() {
		if _, err := Receive(value, x); err != nil {
			b.Fatal(err)
		}
	}
}
