// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
)

// Life says how long evidence counts.
type Life struct {
	by    map[Source]span
	kinds map[string]span
}

// span is a time that evidence lives, and how many days before its end it is to be made anew.
type span struct {
	Days   int `yaml:"days"`
	Months int `yaml:"months"`
	Renew  int `yaml:"renew"`
}

func (s span) after(d civil.Date) civil.Date { return d.AddMonths(s.Months).AddDays(s.Days) }

const lifeFile = "evidence-life.yaml"

// ErrLife says that the data about how long evidence lives is wrong.
var ErrLife = errors.New("how long evidence lives is not said right")

// LoadLife reads how long evidence counts.
func LoadLife(data fs.FS) (*Life, error) {
	b, err := fs.ReadFile(data, lifeFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLife, err)
	}
	var file struct {
		Version string          `yaml:"version"`
		Life    map[Source]span `yaml:"life"`
		Kinds   map[string]span `yaml:"kinds"`
	}
	if err := catalogue.Decode(b, &file); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrLife, lifeFile, err)
	}
	l := &Life{by: file.Life, kinds: file.Kinds}
	for _, source := range Sources {
		s, ok := l.by[source]
		if !ok || s.Days+s.Months <= 0 || s.Renew <= 0 {
			return nil, fmt.Errorf("%w: %s: %s", ErrLife, lifeFile, source)
		}
	}
	for kind, s := range l.kinds {
		if s.Days+s.Months <= 0 || s.Renew <= 0 {
			return nil, fmt.Errorf("%w: %s: %s", ErrLife, lifeFile, kind)
		}
	}
	return l, nil
}

// Ends is the first day on which evidence that was seen on a day no longer counts. A kind's own life only shortens its source's.
func (l *Life) Ends(kind string, source Source, seen civil.Date) civil.Date {
	end := l.by[source].after(seen)
	if s, ok := l.kinds[kind]; ok {
		if own := s.after(seen); own.Before(end) {
			return own
		}
	}
	return end
}

// Renew is the day from which evidence is to be made anew, so that nothing is unproven meanwhile.
func (l *Life) Renew(r *Record) civil.Date {
	s := l.by[r.Source]
	if own, ok := l.kinds[r.Kind]; ok && own.Renew < s.Renew {
		s = own
	}
	// What lives for a short time, as a log that is gone through each month does, is not to be made anew as soon as it is made.
	return r.Expires.AddDays(-min(s.Renew, int(r.Expires.Time().Sub(r.SeenOn.Time()).Hours()/24)/3))
}

// Due are the records that are to be made anew on a day: they end soon, or have ended, and nothing newer says the same sort of thing.
func Due(records []Record, l *Life, on civil.Date) []*Record {
	var out []*Record
	for i := range records {
		r := &records[i]
		if r.Withdrawn.IsZero() && !on.Before(l.Renew(r)) && !replaced(records, i) {
			out = append(out, r)
		}
	}
	return out
}
