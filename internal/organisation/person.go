// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/ids"
)

// Where a person comes from, and where a role was given.
const (
	OriginFirst    = "first"
	OriginInvited  = "invited"
	OriginProvider = "provider"
	OriginSCIM     = "scim"
	OriginCSV      = "csv"
	SourceManual   = "manual"
	SourceProvider = "provider"
	SourceSCIM     = "scim"
	SourceCSV      = "csv"
)

var (
	// ErrName says that a person lacks a name.
	ErrName = errors.New("write the person's name, in at most 200 characters")
	// ErrEmail says that an e-mail address is not one.
	ErrEmail = errors.New("write the e-mail address as name@example.se, or leave it out")
	// ErrTaken says that somebody else has the external id or the user name.
	ErrTaken = errors.New("somebody else has that id in the directory")
	// ErrEnded says that a person has ended.
	ErrEnded = errors.New("the person has ended")
	// ErrRole says that a role is not one that a person can hold there.
	ErrRole = errors.New("no person can hold that role there")
	// ErrHeld says that the person holds the role already, or does not hold the role that is to end.
	ErrHeld = errors.New("the person holds that role already, or does not hold the one that is to end")
	// ErrLastAdministrator says that nobody would be left who can administer.
	ErrLastAdministrator = errors.New("the last administrator stays: give somebody else the role first")
	// ErrUnit says that a unit is not one of the organisation's.
	ErrUnit = errors.New("no such unit")
)

// Person is somebody in the organisation (Swedish: person). Who can sign in has an account too.
type Person struct {
	ID      ids.ID[Person]
	Account ids.ID[auth.Account]
	Name    string
	Email   string
	Unit    access.UnitID
	// ExternalID is the person's id in the directory that they come from, UserName their name there.
	ExternalID, UserName string
	Origin               string
	// Ended is when the person left; zero while they are here.
	Ended            time.Time
	Version          int64
	Created, Updated time.Time
}

// Active reports whether the person has not left.
func (p *Person) Active() bool { return p.Ended.IsZero() }

// Check says what is wrong with a person.
func (p *Person) Check() error {
	if p.Name == "" || len([]rune(p.Name)) > 200 {
		return ErrName
	}
	return CheckEmail(p.Email)
}

// CheckEmail says whether a text could be an e-mail address. An empty one is fine: it is shown, and never used to find anybody.
func CheckEmail(s string) error {
	if s == "" {
		return nil
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") || len(s) > 254 || strings.ContainsAny(s, " \t\r\n<>\"(),;:\\") || strings.Contains(domain, "@") ||
		strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return ErrEmail
	}
	return nil
}

// Place is a role in the whole organisation, or in one unit.
type Place struct {
	Role access.Role
	Unit access.UnitID
}

// Assignment is a role that a person holds, or held (Swedish: tilldelad roll).
type Assignment struct {
	ID     ids.ID[Assignment]
	Person ids.ID[Person]
	Place
	Source    string
	GrantedBy string
	Granted   time.Time
	Ended     time.Time
}

// everywhereOnly are the roles that are about the whole organisation.
var everywhereOnly = []access.Role{access.Administrator, access.Coordinator, access.Analyst}

// CheckPlace says whether a person can hold a role there.
func CheckPlace(p Place) error {
	if !slices.Contains(access.Roles(), p.Role) || !p.Unit.IsZero() && slices.Contains(everywhereOnly, p.Role) {
		return fmt.Errorf("%q: %w", p.Role, ErrRole)
	}
	return nil
}

// ActorOf is the person as somebody who acts, with the roles that they hold now and the units that those reach.
func ActorOf(org access.OrganisationID, p *Person, held []Assignment, tree *Chart) access.Actor {
	a := access.Actor{ID: p.ID.String(), Name: p.Name, Organisation: org}
	for _, r := range access.Roles() { // in the order of the table, so that the same roles always give the same actor
		for i := range held {
			h := &held[i]
			if h.Role != r || !h.Ended.IsZero() {
				continue
			}
			if h.Unit.IsZero() {
				a.Roles = append(a.Roles, r)
			} else {
				a.Held = append(a.Held, access.Held{Role: r, Unit: h.Unit, Below: tree.Below(h.Unit)})
			}
		}
	}
	a.Roles = slices.Compact(a.Roles)
	return a
}

// RoleChange is a role that somebody is to be given, or is to lose.
type RoleChange struct {
	Person ids.ID[Person] `json:"person"`
	Role   access.Role    `json:"role"`
	Unit   access.UnitID  `json:"unit,omitempty"`
	End    bool           `json:"end,omitempty"`
	Source string         `json:"source,omitempty"`
}

// The effects of a rule.
const (
	EffectEnter = "enter" // lets somebody in whom the organisation has not seen before
	EffectLink  = "link"  // the claim is the person's id in the directory
	EffectRole  = "role"  // gives a role for as long as the claim is there
)

// Rule is what a claim of an identity provider means (Swedish: ankomstregel).
type Rule struct {
	ID     ids.ID[Rule]  `json:"id"`
	Issuer string        `json:"issuer"`
	Effect string        `json:"effect"`
	Claim  string        `json:"claim"`
	Value  string        `json:"value,omitempty"`
	Role   access.Role   `json:"role,omitempty"`
	Unit   access.UnitID `json:"unit,omitempty"`
}

// ErrRule says that a rule cannot be used.
var ErrRule = errors.New("a rule needs the provider's address, a claim and a value; a claim that can change hands, such as an e-mail address, links nobody")

// changing are claims that a provider may give to somebody else some day: they find nobody.
var changing = []string{
	"email", "mail", "upn", "preferred_username", "unique_name", "name", "nickname", "phone_number", "urn:oid:0.9.2342.19200300.100.1.3",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
}

// Check says what is wrong with a rule.
func (r *Rule) Check() error {
	if r.Issuer == "" || r.Issuer == auth.PasskeyIssuer || r.Claim == "" || len(r.Issuer) > 500 || len(r.Claim) > 200 || len(r.Value) > 500 {
		return ErrRule
	}
	switch r.Effect {
	case EffectEnter:
		if r.Value == "" {
			return ErrRule
		}
	case EffectLink:
		if r.Value != "" || slices.Contains(changing, strings.ToLower(r.Claim)) {
			return ErrRule
		}
	case EffectRole:
		if r.Value == "" {
			return ErrRule
		}
		return CheckPlace(Place{r.Role, r.Unit})
	default:
		return ErrRule
	}
	return nil
}

// Follows is what an arrival with some claims means by the rules of its issuer: whether the organisation lets somebody unknown in,
// which id in the directory it is, and which roles it gives. A role lets in too: whoever gave it to the claim meant its holders.
func Follows(rules []Rule, claims map[string][]string) (enter bool, external string, roles []Place) {
	for i := range rules {
		r := &rules[i]
		values := claims[r.Claim]
		switch {
		case r.Effect == EffectLink:
			if len(values) == 1 { // a claim that says two things says who it is about to nobody
				external = values[0]
			}
		case !slices.Contains(values, r.Value):
		case r.Effect == EffectEnter:
			enter = true
		case r.Effect == EffectRole:
			enter = true
			if p := (Place{r.Role, r.Unit}); !slices.Contains(roles, p) {
				roles = append(roles, p)
			}
		}
	}
	return enter, external, roles
}
