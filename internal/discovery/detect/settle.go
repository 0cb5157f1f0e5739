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

// mostSteps is how many steps find matches, each in order.
const mostSteps = 5

// settled makes one row in order of the matches of each step, which end at places of s.out, and settles it: a match is taken away that
// another, surer one lies across. The digits of an IBAN are no account, a telephone number is no organisationsnummer. Words of sensitive
// categories stand beside anything.
func (s *Scanner) settled(ends [mostSteps]int) []Match {
	var rows [mostSteps][]Match
	var starts [mostSteps]int // where the first of each row begins, which is at hand sooner than the row itself
	n, from := 0, 0
	for _, end := range ends {
		if end > from {
			rows[n] = s.out[from:end]
			inOrder(rows[n])
			starts[n] = rows[n][0].Start
			n++
		}
		from = end
	}
	kept := slices.Grow(s.kept[:0], len(s.out))
	reach := 0 // where the last of those ends that may lie across another
	for n > 0 {
		first, start := 0, starts[0]
		for k := 1; k < n; k++ {
			if starts[k] < start { // of those that begin at one place, that of the first step
				first, start = k, starts[k]
			}
		}
		r := rows[first]
		m := &r[0]
		if len(r) > 1 {
			rows[first], starts[first] = r[1:], r[1].Start
		} else {
			n--
			copy(rows[first:n], rows[first+1:n+1])
			copy(starts[first:n], starts[first+1:n+1])
		}
		if m.apart() {
			kept = append(kept, *m)
			continue
		}
		if m.Start < reach {
			var stands bool
			if kept, stands = settle(kept, m); !stands {
				continue
			}
		}
		kept, reach = append(kept, *m), max(reach, m.End)
	}
	s.kept = kept
	return kept
}

// apart reports whether a match stands beside anything.
func (m *Match) apart() bool { return m.Confidence == None || m.Detector.Sensitive() }

// settle takes away from a row in order what a match that comes after it lies across and is surer than; stands is false when it meets one
// that is surer.
func settle(row []Match, m *Match) (settled []Match, stands bool) {
	for i := len(row) - 1; i >= 0 && row[i].Start > m.Start-longestMatch; i-- {
		k := &row[i]
		if k.apart() || k.End <= m.Start || bothStand(k.Detector, m.Detector) {
			continue
		}
		if surer(k, m) {
			return row, false
		}
		row = append(row[:i], row[i+1:]...)
	}
	return row, true
}

// bothStand reports whether two matches stand, one across the other: the personnummer that somebody's e-mail address begins with says more than the
// address.
func bothStand(a, b Detector) bool {
	return a == Email && b <= Samordningsnummer || b == Email && a <= Samordningsnummer
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
