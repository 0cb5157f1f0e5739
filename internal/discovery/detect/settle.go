// SPDX-License-Identifier: EUPL-1.2

package detect

import "slices"

// inOrder orders matches by where they begin. They nearly are: what is found goes from left to right.
func inOrder(m []Match) {
	for i := 1; i < len(m); i++ {
		if m[i].Start >= m[i-1].Start {
			continue
		}
		x, k := m[i], i
		for ; k > 0 && m[k-1].Start > x.Start; k-- {
			m[k] = m[k-1]
		}
		m[k] = x
	}
}

// merge appends two rows of matches in order to a third.
func merge(to, a, b []Match) []Match {
	for len(a) > 0 && len(b) > 0 {
		if b[0].Start < a[0].Start {
			to, b = append(to, b[0]), b[1:]
		} else {
			to, a = append(to, a[0]), a[1:]
		}
	}
	return append(append(to, a...), b...)
}

// ordered makes one row in order of the matches of each step, which end at places of s.out.
func (s *Scanner) ordered(ends ...int) []Match {
	from := 0
	whole := s.merged[0][:0]
	for i, end := range ends {
		step := s.out[from:end]
		inOrder(step)
		into := s.merged[1-i%2][:0]
		into = merge(into, whole, step)
		s.merged[1-i%2], whole, from = into, into, end
	}
	return whole
}

// settle takes matches away from those in order that another, surer one lies across: the digits of an IBAN are no account, a
// telephone number is no organisationsnummer. Words of sensitive categories stand beside anything.
func settle(out []Match) []Match {
	kept := out[:0]
	reach := 0 // where the last of those ends that may lie across another
	for _, m := range out {
		if m.Confidence == None || m.Detector.Sensitive() {
			kept = append(kept, m)
			continue
		}
		drop := false
		for i := len(kept) - 1; i >= 0 && reach > m.Start && kept[i].Start > m.Start-longestMatch; i-- {
			k := &kept[i]
			if k.Confidence == None || k.Detector.Sensitive() || k.End <= m.Start {
				continue
			}
			if surer(k, &m) {
				drop = true
				break
			}
			kept = slices.Delete(kept, i, i+1)
		}
		if !drop {
			kept, reach = append(kept, m), max(reach, m.End)
		}
	}
	return kept
}

// surer reports whether a is to stand where both lie: by confidence, then by the order of precedence, then by length.
func surer(a, b *Match) bool {
	if a.Confidence != b.Confidence {
		return a.Confidence > b.Confidence
	}
	if pa, pb := precedence[a.Detector], precedence[b.Detector]; pa != pb {
		return pa < pb
	}
	return a.End-a.Start >= b.End-b.Start
}

// precedence is which of two equally sure matches is to stand: the lower.
var precedence = [firstSensitive]uint8{
	IBAN: 0, Email: 0, Card: 1, Account: 2, Personnummer: 3, Samordningsnummer: 3, Interim: 3, Organisationsnummer: 4, Bankgiro: 5, Plusgiro: 5,
	Passport: 6, IDCard: 6, Phone: 7, IP: 7, Address: 8, Vehicle: 9, DateOfBirth: 9, ICD10: 9, NamePerson: 10,
}
