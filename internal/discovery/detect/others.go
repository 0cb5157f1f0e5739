// SPDX-License-Identifier: EUPL-1.2

package detect

// nameEndings are how surnames end.
type nameEndings []string

func (s *Scanner) allRuns(from, to int)   { s.longRuns(from, to) }
func (s *Scanner) mails(from, to int)     {}
func (s *Scanner) fromWords(from, to int) {}
