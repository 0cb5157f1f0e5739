// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
)

// MaxAccounts is how many accounts a list may have, and MaxAccessList how large it may be.
const (
	MaxAccounts   = 200_000
	MaxAccessList = 32 << 20
)

var (
	// ErrAccessList says that a file is no list of accounts: it has no heading that names them.
	ErrAccessList = errors.New("the list needs a heading with a column for the account")
	// ErrAccessListSize says that a list is too large.
	ErrAccessListSize = errors.New("the list has more accounts than can be compared")
)

// Account is one row of a list of who has access to a system. It is compared and then forgotten: nothing of it is stored.
type Account struct {
	Row                int
	Name, Owner        string
	Role, Unit, Closed string
	// Owners are all that its person is known by, and Reaches what it may do and where, where the list tells several.
	Owners, Reaches []string
	// Inactive says that it is closed, so that nobody can use it.
	Inactive bool
	// Service says that it belongs to a program and not to a person.
	Service bool
}

// Deviation is what is wrong with an account.
type Deviation string

// The deviations.
const (
	NoOwner Deviation = "no-owner" // no person answers for it
	HasLeft Deviation = "has-left" // its person has left, and it is open
	TooWide Deviation = "too-wide" // its role reaches beyond the person's unit
	Ended   Deviation = "ended"    // it was to end on a day that has passed
)

// Deviations lists them.
var Deviations = []Deviation{NoOwner, HasLeft, TooWide, Ended}

// Deviating is an account with what is wrong.
type Deviating struct {
	Account
	What Deviation
}

// Compared is what a comparison found. It is shown once, and only its sums are kept.
type Compared struct {
	Accounts int
	Found    []Deviating
	// Hash is the SHA-256 of the list.
	Hash string
	// Uncompared is how many accounts name a unit that the organisation does not have, or a person without one: nothing is said of how
	// wide they are.
	Uncompared int
	// Unread are the headings of the columns that are not known, and so were not compared.
	Unread []string
}

// Of counts the accounts that deviate in one way.
func (c *Compared) Of(d Deviation) int {
	n := 0
	for i := range c.Found {
		if c.Found[i].What == d {
			n++
		}
	}
	return n
}

// Deviating counts the accounts with something wrong.
func (c *Compared) Deviating() int {
	rows := map[int]bool{}
	for i := range c.Found {
		rows[c.Found[i].Row] = true
	}
	return len(rows)
}

// headings are the words that columns are known by, without what is no letter.
var headings = map[string]string{
	"konto": "name", "anvandare": "name", "anvandarnamn": "name", "anvandarid": "name", "userid": "name", "user": "name", "username": "name", "account": "name",
	"login": "name", "agare": "owner", "person": "owner", "namn": "owner", "owner": "owner", "epost": "owner", "mail": "owner", "email": "owner",
	"roll": "role", "behorighet": "role", "role": "role", "roller": "role", "enhet": "unit", "forvaltning": "unit", "unit": "unit", "omfattning": "unit",
	"slutdatum": "closed", "giltigtill": "closed", "avslutad": "closed", "validto": "closed", "enddate": "closed", "typ": "kind", "type": "kind", "kontotyp": "kind",
	"status": "status", "kontostatus": "status", "tillstand": "status", "state": "status", "aktiv": "active", "aktivt": "active", "active": "active", "enabled": "active",
	"sparrad": "blocked", "sparrat": "blocked", "last": "blocked", "inaktiv": "blocked", "blocked": "blocked", "disabled": "blocked", "locked": "blocked",
}

// shut are the words of a status that say that an account is closed, and yes and no how a column that asks one thing is answered. What is
// said in other words is no reason to think that an account is closed.
var (
	shut = []string{"sparrad", "sparrat", "inaktiv", "inaktivt", "last", "stangd", "stangt", "avslutad", "avslutat", "blocked", "disabled", "inactive", "locked", "closed", "suspended"}
	yes  = []string{"ja", "j", "yes", "y", "true", "sant", "x"}
	no   = []string{"nej", "n", "no", "false", "falskt"}
)

// word is a heading's letters.
func word(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(locale.Fold(s)) {
		if r >= 'a' && r <= 'z' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// AccessList is who has access to a system, as a list of its accounts tells.
type AccessList struct {
	Accounts []Account
	// Unread are the headings of the columns that are not known.
	Unread []string
}

// ReadAccessList reads a list of accounts: text parted by semicolons, commas or tabs, with a heading, or users as SCIM lists them.
func ReadAccessList(content []byte) (AccessList, error) {
	if len(content) > MaxAccessList {
		return AccessList{}, ErrAccessListSize
	}
	if isSCIM(content) {
		accounts, err := readSCIM(content)
		return AccessList{Accounts: accounts}, err
	}
	r := locale.Table(content)
	head, err := r.Read()
	if err != nil {
		return AccessList{}, ErrAccessList
	}
	columns, unread := columnsOf(head)
	if !slices.Contains(columns, "name") {
		return AccessList{}, ErrAccessList
	}
	out := AccessList{Unread: unread}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return AccessList{}, ErrAccessList
		}
		if len(out.Accounts) >= MaxAccounts {
			return AccessList{}, ErrAccessListSize
		}
		row, _ := r.FieldPos(0)
		if a := account(row, columns, cells); a.Name != "" {
			out.Accounts = append(out.Accounts, a)
		}
	}
}

// longHeading is how many characters of a heading are told. A longer one is hardly one.
const longHeading = 60

// columnsOf tells what each column holds, and which headings are not known. Only of what a person is known by may there be several columns.
func columnsOf(head []string) (columns, unread []string) {
	columns = make([]string, len(head))
	for i, h := range head {
		name := headings[word(h)]
		if name != "" && (name == "owner" || !slices.Contains(columns[:i], name)) {
			columns[i] = name
		} else if h = strings.Join(strings.Fields(h), " "); h != "" {
			unread = append(unread, string([]rune(h)[:min(len([]rune(h)), longHeading)]))
		}
	}
	return columns, unread
}

func account(row int, columns, cells []string) Account {
	a := Account{Row: row}
	for i, cell := range cells[:min(len(cells), len(columns))] {
		a.take(columns[i], strings.Join(strings.Fields(cell), " "))
	}
	return a
}

// take takes in what a column says of the account.
func (a *Account) take(column, cell string) {
	switch column {
	case "name":
		a.Name = cell
	case "owner":
		if a.Owner == "" {
			a.Owner = cell
		} else if cell != "" {
			a.Owners = append(a.Owners, cell)
		}
	case "role":
		a.Role = cell
	case "unit":
		a.Unit = cell
	case "closed":
		a.Closed = cell
	case "kind":
		w := word(cell)
		a.Service = strings.Contains(w, "tjanst") || strings.Contains(w, "service") || strings.Contains(w, "system")
	default:
		a.Inactive = a.Inactive || inactive(column, cell)
	}
}

// inactive reports whether a column that tells of an account's state says that it is closed.
func inactive(column, cell string) bool {
	switch column {
	case "status":
		return slices.Contains(shut, word(cell))
	case "active":
		return cell == "0" || slices.Contains(no, word(cell))
	case "blocked":
		return cell == "1" || slices.Contains(yes, word(cell))
	}
	return false
}

// Roll is who works in the organisation, and where.
type Roll struct {
	People []organisation.Person
	Units  []organisation.Unit
}

// Compare holds a list of accounts against who works here on a day.
func (x *Roll) Compare(content []byte, today civil.Date) (Compared, error) {
	list, err := ReadAccessList(content)
	if err != nil {
		return Compared{}, err
	}
	sum := sha256.Sum256(content)
	out := Compared{Accounts: len(list.Accounts), Hash: hex.EncodeToString(sum[:]), Unread: list.Unread}
	known := x.byName()
	for i := range list.Accounts {
		a := &list.Accounts[i]
		person := a.person(known)
		if d := owned(a, person, today); d != "" {
			out.Found = append(out.Found, Deviating{*a, d})
		}
		if person == nil || !person.Active() || a.Inactive || a.Unit == "" && len(a.Reaches) == 0 {
			continue
		}
		switch wide, compared := x.wider(a, person); {
		case !compared:
			out.Uncompared++
		case wide:
			out.Found = append(out.Found, Deviating{*a, TooWide})
		}
	}
	return out, nil
}

// person is who an account belongs to; nil when nobody is known by what the list calls it.
func (a *Account) person(known map[string]*organisation.Person) *organisation.Person {
	for _, name := range slices.Concat([]string{a.Owner, a.Name}, a.Owners) {
		if p := known[locale.Fold(name)]; p != nil {
			return p
		}
	}
	return nil
}

// owned tells what is wrong with who answers for an account; "" when nothing is.
func owned(a *Account, person *organisation.Person, today civil.Date) Deviation {
	closed, dated := past(a.Closed, today)
	switch {
	case a.Inactive:
		return "" // nobody can use it
	case dated && closed:
		return Ended
	case person == nil && !(a.Service && a.Owner != ""):
		return NoOwner
	case person != nil && !person.Active():
		return HasLeft
	}
	return ""
}

// wider tells whether an account reaches beyond its person's unit, and whether that could be compared.
func (x *Roll) wider(a *Account, person *organisation.Person) (wide, compared bool) {
	if person.Unit == "" {
		return false, false
	}
	reaches := a.Reaches
	if a.Unit != "" {
		reaches = []string{a.Unit}
	}
	for _, text := range reaches {
		if unit, named := x.named(text); named {
			wide, compared = wide || !x.within(unit, person.Unit), true
		}
	}
	return wide, compared
}

// named finds the unit that a word names: by its own name, or after a role's as in "Handläggare: Hemtjänst".
func (x *Roll) named(text string) (access.UnitID, bool) {
	after := text
	if i := strings.LastIndexAny(text, ":/@"); i >= 0 {
		after = text[i+1:]
	}
	for _, name := range []string{locale.Fold(text), locale.Fold(strings.TrimSpace(after))} {
		if i := slices.IndexFunc(x.Units, func(u organisation.Unit) bool { return locale.Fold(u.Name) == name }); i >= 0 {
			return x.Units[i].ID, true
		}
	}
	return "", false
}

// byName finds people by what lists of accounts call them. A name that two share is nobody's.
func (x *Roll) byName() map[string]*organisation.Person {
	out := map[string]*organisation.Person{}
	for i := range x.People {
		p := &x.People[i]
		for _, name := range []string{p.Name, p.Email, p.UserName, p.ExternalID} {
			key := locale.Fold(name)
			if key == "" {
				continue
			}
			if other, taken := out[key]; taken && other != p {
				out[key] = nil
				continue
			}
			out[key] = p
		}
	}
	return out
}

// within reports whether a unit is another or stands below it: an access that reaches no further than the person's own unit.
func (x *Roll) within(unit, own access.UnitID) bool {
	for range len(x.Units) + 1 {
		if unit == own {
			return true
		}
		i := slices.IndexFunc(x.Units, func(u organisation.Unit) bool { return u.ID == unit })
		if i < 0 || x.Units[i].Parent == "" {
			return false
		}
		unit = x.Units[i].Parent
	}
	return false
}

// past reports whether a cell holds a day, and whether that day has passed.
func past(cell string, today civil.Date) (passed, is bool) {
	if cell == "" {
		return false, false
	}
	d, err := civil.ParseLoose(cell)
	return err == nil && d.Before(today), err == nil && !d.IsZero()
}
