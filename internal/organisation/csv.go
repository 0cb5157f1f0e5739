// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
)

// MaxPeopleFile and MaxPeopleRows are how large a list of people may be.
const (
	MaxPeopleFile = 10 << 20
	MaxPeopleRows = 20_000
)

var (
	// ErrPeopleSize says that a list of people is larger than can be taken in.
	ErrPeopleSize = errors.New("the list is too large: at most 20 000 rows and 10 MiB; divide it")
	// ErrPeopleList says that a file is not a list of people.
	ErrPeopleList = errors.New("the first row must have the heading Namn (or Name); choose another file or write the headings")
)

// PeopleRow is a row of a list of people that can be used. Row is its line in the file, from 1.
type PeopleRow struct {
	Row                           int
	Name, Email, Unit, ExternalID string
	Role                          access.Role
	HasEmail, HasUnit, valid      bool
}

// PeopleCell is a cell that could not be taken as it stands, and why.
type PeopleCell struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
	// Key is the reason's text in messages.yaml.
	Key string `json:"-"`
}

// peopleReason is why a cell is not taken in as it stands.
type peopleReason struct{ key, text string }

var (
	reasonText          = peopleReason{"organisation.list-text", "write plain text of at most 1000 characters"}
	reasonName          = peopleReason{"organisation.fault-name", ErrName.Error()}
	reasonEmail         = peopleReason{"organisation.fault-email", ErrEmail.Error()}
	reasonRole          = peopleReason{"organisation.list-role", "write a role's name as it stands on the page of people"}
	reasonAdministrator = peopleReason{"organisation.list-administrator", "an administrator is not made by a list: ask for the role on the person's page"}
	reasonUnit          = peopleReason{"organisation.list-unit", "there is no such unit: the person is taken in without it, and no role is asked for"}
	reasonEnded         = peopleReason{"organisation.list-has-ended", "the person has ended: resume them on their page first"}
	reasonTwice         = peopleReason{"organisation.list-twice", "the id stands on an earlier row"}
)

func (r peopleReason) cell(row int, column, value string) PeopleCell {
	return PeopleCell{Row: row, Column: column, Value: value, Reason: r.text, Key: r.key}
}

const (
	fieldName     = "name"
	fieldEmail    = "email"
	fieldUnit     = "unit"
	fieldRole     = "role"
	fieldExternal = "external"
)

// peopleHeadings are the headings, folded and without what is not a letter, by field.
var peopleHeadings = map[string]string{
	"namn": fieldName, "name": fieldName, "epost": fieldEmail, "email": fieldEmail, "mail": fieldEmail, "epostadress": fieldEmail,
	"enhet": fieldUnit, "forvaltning": fieldUnit, "unit": fieldUnit, "roll": fieldRole, "role": fieldRole,
	"externid": fieldExternal, "externtid": fieldExternal, "id": fieldExternal, "externalid": fieldExternal,
}

// roleWords are the roles' names in Swedish and English besides their ids, as peopleWord gives them.
var roleWords = map[string]access.Role{
	"administrator": access.Administrator, "informationssakerhetssamordnare": access.Coordinator, "samordnare": access.Coordinator,
	"informationsecuritycoordinator": access.Coordinator, "systemagare": access.SystemOwner, "systemforvaltare": access.SystemManager,
	"informationsagare": access.InformationOwner, "nationellanalytiker": access.Analyst, "upphandlare": access.Procurer,
	"dataskyddsombud": access.DataProtection, "chef": access.Executive, "manager": access.Executive, "revisor": access.Auditor,
	"itdrift": access.Operations, "itoperations": access.Operations,
}

// peopleWord leaves the letters of a word, folded and without their marks.
func peopleWord(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(locale.Fold(s)) {
		if r >= 'a' && r <= 'z' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func roleOf(s string) (access.Role, bool) {
	w := peopleWord(s)
	for _, r := range access.Roles() {
		if peopleWord(string(r)) == w {
			return r, true
		}
	}
	r, ok := roleWords[w]
	return r, ok
}

// ParsePeople reads a list of people: rows that can be used, and the cells that cannot. A bad row never stops the others.
func ParsePeople(content []byte) (rows []PeopleRow, bad []PeopleCell, err error) {
	if len(content) > MaxPeopleFile {
		return nil, nil, ErrPeopleSize
	}
	r := locale.Table(content)
	head, err := r.Read()
	if err != nil {
		return nil, nil, ErrPeopleList
	}
	fields := make([]string, len(head))
	for i, h := range head {
		if f := peopleHeadings[peopleWord(h)]; !slices.Contains(fields[:i], f) {
			fields[i] = f
		}
	}
	if !slices.Contains(fields, fieldName) {
		return nil, nil, ErrPeopleList
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, bad, nil
		}
		if err != nil {
			return nil, nil, ErrPeopleList
		}
		line, _ := r.FieldPos(0)
		if len(rows)+len(bad) >= MaxPeopleRows {
			return nil, nil, ErrPeopleSize
		}
		if blank(record) {
			continue
		}
		row, cells := peopleRow(line, head, fields, record)
		bad = append(bad, cells...)
		if row.valid {
			rows = append(rows, row)
		}
	}
}

func blank(record []string) bool {
	return !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" })
}

func peopleRow(line int, head, fields, record []string) (PeopleRow, []PeopleCell) {
	out := PeopleRow{Row: line, valid: true}
	var bad []PeopleCell
	fault := func(i int, r peopleReason) {
		bad, out.valid = append(bad, r.cell(line, head[i], strings.TrimSpace(cellAt(record, i)))), false
	}
	for i, f := range fields {
		v := unguarded(strings.Join(strings.Fields(cellAt(record, i)), " "))
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) || len(v) > 1000 {
			fault(i, reasonText)
			continue
		}
		switch f {
		case fieldName:
			if out.Name = v; (&Person{Name: v}).Check() != nil {
				fault(i, reasonName)
			}
		case fieldEmail:
			if out.Email, out.HasEmail = v, true; CheckEmail(v) != nil {
				fault(i, reasonEmail)
			}
		case fieldUnit:
			out.Unit, out.HasUnit = v, v != ""
		case fieldExternal:
			out.ExternalID = v
		case fieldRole:
			if v == "" {
				continue
			}
			r, ok := roleOf(v)
			switch {
			case !ok:
				fault(i, reasonRole)
			case r == access.Administrator:
				fault(i, reasonAdministrator)
			default:
				out.Role = r
			}
		}
	}
	return out, bad
}

func cellAt(record []string, i int) string {
	if i < len(record) {
		return record[i]
	}
	return ""
}
