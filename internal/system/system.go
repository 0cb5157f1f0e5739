// SPDX-License-Identifier: EUPL-1.2

// Package system is the register of IT systems and e-services (Swedish: system, e-tjänst): what each one is, who answers for
// it, where it runs and who delivers it.
package system

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/supplier"
)

// Unknown is the value of every field that nobody has answered. It is counted, never taken for an answer.
const Unknown = "unknown"

// Kinds, Hostings, States and Answers are the values that the fields may have.
var (
	Kinds    = []string{"line-of-business", "e-service", "support", "infrastructure", "integration", Unknown}
	Hostings = []string{"own", "supplier", "cloud-eu", "cloud-outside-eu", Unknown}
	States   = []string{"planned", "in-use", "phasing-out", "retired", Unknown}
	Answers  = []string{"yes", "no", Unknown}
)

// largeScale is the number of data subjects above which processing counts as large. The figure is ours, not the law's.
const largeScale = 5000

// renewalMonths is how long before a contract ends that its renewal is to be prepared, requirements included.
const renewalMonths = 18

var (
	// ErrName says that a system has no name.
	ErrName = errors.New("a system needs a name")
	// ErrUnit says that the actor may not place a system in the unit, whether there is such a unit or not.
	ErrUnit = errors.New("you may not place a system in that unit")
	// ErrValue says that a field cannot have the value.
	ErrValue = errors.New("not one of the values that the field can have")
)

// System is one IT system or e-service.
type System struct {
	ID   ids.ID[System]
	Slug string // stands in addresses; stable once made
	Name string

	Kind, Service, Audience string
	UnitID                  access.UnitID
	Unit                    string
	SupplierID              ids.ID[supplier.Supplier]
	Supplier                string
	OwnerRole, ManagerRole  string // roles, not persons

	Hosting, HostingNote, Country string
	State, Criticality            string
	Users                         *int64
	UsersApproximate              bool
	DataSubjects                  *int64

	ContractEnd          civil.Date
	ContractNote         string
	ProcessorAgreement   string
	ProcessorAgreementOn civil.Date
	SubProcessors        string

	RoleModel       string
	RoleModelOn     civil.Date
	AccessReviewOn  civil.Date
	AccessLog       string
	LogReviewMonths *int64
	LogReviewOn     civil.Date

	LoginNote, InformationNote, Comment string
	ClassifiedLastYear                  string

	// Facts are stated about the system itself and win over what its information implies.
	Facts []catalogue.Statement
	// Logins are the ways in. One that is not listed is unknown.
	Logins []LoginPath
	// Information is what the system holds.
	Information []information.Held

	Version              int64
	CreatedAt, UpdatedAt time.Time
}

// LoginPath is one way into a system (Swedish: inloggningsväg).
type LoginPath struct {
	ID       ids.ID[LoginPath]
	Audience string // residents, staff, support, administrators, service, unknown
	Address  string
	Zone     string // internet, internal, unknown
	Method   string // as declared, in the organisation's own words
}

// New makes a system of which nothing but the name is known.
func New(name string) System {
	return System{
		ID: ids.New[System](), Name: name, Slug: Slug(name), Kind: Unknown, Hosting: Unknown, State: Unknown,
		ProcessorAgreement: Unknown, RoleModel: Unknown, AccessLog: Unknown, ClassifiedLastYear: Unknown, Version: 1,
	}
}

// Check says what is wrong with the fields, if anything.
func (s *System) Check() error {
	if locale.Fold(s.Name) == "" {
		return ErrName
	}
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{
		{"kind", s.Kind, Kinds},
		{"hosting", s.Hosting, Hostings},
		{"state", s.State, States},
		{"processor agreement", s.ProcessorAgreement, append([]string{"not-needed"}, Answers...)},
		{"role model", s.RoleModel, Answers},
		{"access log", s.AccessLog, Answers},
		{"classified last year", s.ClassifiedLastYear, Answers},
	} {
		if !contains(f.allowed, f.value) {
			return fmt.Errorf("%s %q: %w: %s", f.name, f.value, ErrValue, strings.Join(f.allowed, ", "))
		}
	}
	return nil
}

func contains(list []string, v string) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// Statements gives what the register's fields say as facts, on a day. A fact that is stated about the system itself replaces
// what a field says.
func (s *System) Statements(today civil.Date) []catalogue.Statement {
	own := map[string]bool{}
	for _, f := range s.Facts {
		own[f.Fact] = true
	}
	var out []catalogue.Statement
	say := func(fact, value string) {
		if !own[fact] {
			out = append(out, catalogue.Statement{Fact: fact, Value: value})
		}
	}
	say("hosting", s.Hosting)
	switch {
	case s.Supplier != "" || s.SupplierID != "":
		say("supplier", "yes")
	case s.Hosting == Unknown:
		say("supplier", Unknown)
	}
	if s.Kind == "e-service" {
		say("e_service", "yes")
	}
	if s.DataSubjects != nil && *s.DataSubjects > largeScale {
		say("large_scale", "yes")
	}
	for _, l := range s.Logins {
		if l.Zone == "internet" {
			say("open_network", "yes")
			break
		}
	}
	if !s.ContractEnd.IsZero() && s.ContractEnd.Before(today.AddMonths(renewalMonths)) || s.State == "planned" {
		say("procurement", "yes")
	}
	return append(out, s.Facts...)
}

// Source gives the system as a source of facts.
func (s *System) Source(today civil.Date) catalogue.Source {
	return catalogue.Source{
		Kind: catalogue.SourceSubject, Ref: s.Slug, Name: catalogue.Text{SV: s.Name, EN: s.Name}, Statements: s.Statements(today),
	}
}

// Sources gives what is known about the information that the system holds.
func (s *System) Sources(c *catalogue.Catalogue) []catalogue.Source {
	out := make([]catalogue.Source, len(s.Information))
	for i := range s.Information {
		out[i] = s.Information[i].Source(c)
	}
	return out
}

// Slug makes a name fit for an address: "E-tjänst ekonomiskt bistånd" is "e-tjanst-ekonomiskt-bistand". A slug that is taken
// gets a number; see the store.
func Slug(name string) string {
	plain := strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "é", "e", "ü", "u", "&", " och ")
	var b strings.Builder
	gap := false
	for _, r := range plain.Replace(locale.Fold(name)) {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
			continue
		}
		gap = true
	}
	s := b.String()
	if len(s) > 60 {
		s = strings.TrimRight(s[:60], "-")
	}
	if s == "" {
		return "system"
	}
	return s
}
