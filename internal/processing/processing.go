// SPDX-License-Identifier: EUPL-1.2

// Package processing is the record of processing activities (Swedish: registerförteckning över behandlingar, art. 30 of the General Data
// Protection Regulation): what personal data is processed for, on which ground, whose and which data, who gets it and how long it is
// kept, as controller and as processor, and what is still missing.
package processing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

// Unknown is the value of every choice that nobody has made. It is counted, never taken for an answer.
const Unknown = "unknown"

// The two parts of the record: what the organisation decides about, and what it does for others.
const (
	Controller = "controller"
	Processor  = "processor"
)

// The values that the choices may have.
var (
	Roles   = []string{Controller, Processor}
	States  = []string{"planned", "ongoing", "ended", Unknown}
	Answers = []string{"yes", "no", Unknown}
	// Bases are the letters of article 6.1, Grounds those of article 9.2.
	Bases   = []string{"a", "b", "c", "d", "e", "f"}
	Grounds = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	// Safeguards are what a transfer to a third country can rest on: articles 45, 46.2 c, 47, 46.3 and 49.
	Safeguards = []string{"adequacy", "clauses", "binding-rules", "authority", "derogation", "none", Unknown}
	// Assessments say whether there is an impact assessment (art. 35).
	Assessments = []string{"done", "ongoing", "not-needed", "missing", Unknown}
)

// Group is a group of fields that are changed together and have a version of their own.
type Group string

// The groups of fields.
const (
	What    Group = "what"    // name, unit, state, and on whose behalf
	Why     Group = "why"     // purposes and grounds
	Whose   Group = "whose"   // data subjects and categories of data
	Sharing Group = "sharing" // recipients and transfers
	Keeping Group = "keeping" // retention and protection
	Links   Group = "links"   // systems and information
)

// Groups lists them in the order of the page.
var Groups = []Group{What, Why, Whose, Sharing, Keeping, Links}

var (
	// ErrName says that a processing has no name.
	ErrName = errors.New("a processing needs a name")
	// ErrUnit says that the actor may not place a processing in the unit, whether there is such a unit or not.
	ErrUnit = errors.New("you may not place a processing in that unit")
	// ErrValue says that a field cannot have the value.
	ErrValue = errors.New("not one of the values that the field can have")
	// ErrGroup says that there is no such group of fields.
	ErrGroup = errors.New("there is no such group of fields")
	// ErrLink says that something that is to be linked is not within reach, or not there.
	ErrLink = errors.New("there is no such system or information to link")
)

// Processing is one entry of the record.
type Processing struct {
	ID   ids.ID[Processing]
	Slug string // stands in addresses; stable once made
	Name string

	// Role is Controller or Processor.
	Role, State string
	// UnitID is the board or department that answers for it.
	UnitID      access.UnitID
	Unit        string
	OwnerRole   string // a role, not a person
	Description string
	// JointControllers are those who decide together with the organisation; Controllers those on whose behalf it acts as processor.
	JointControllers, Controllers string
	// DPO is how the data protection officer is reached, where it is not the common one.
	DPO string

	Purposes        string
	LegalBasis      []string // letters of article 6.1
	LegalSupport    string   // the law or decision that the ground rests on
	Special         string   // special categories of data, article 9
	SpecialGrounds  []string // letters of article 9.2
	SpecialSupport  string
	Criminal        string // data about offences, article 10
	CriminalSupport string

	Subjects, Categories string
	// Activities are the categories of processing that are done for each controller (art. 30.2 b).
	Activities string

	Recipients   string
	Transfer     string // to a third country
	Countries    string
	Safeguard    string
	TransferNote string

	Retention  string
	Security   string
	Assessment string
	AssessedOn civil.Date

	// Systems and Information are what it is linked to, as far as the reader reaches.
	Systems     []Linked
	Information []information.Information
	// Beyond is how many linked systems lie outside the reader's reach.
	Beyond int

	Versions             map[Group]int64
	CreatedAt, UpdatedAt time.Time
}

// Linked is a system that a processing is done in, with what the record needs to know about it.
type Linked struct {
	ID                   ids.ID[system.System]
	Slug, Name           string
	UnitID               access.UnitID
	Supplier, SupplierID string
	Hosting, Country     string
	ProcessorAgreement   string
	SubProcessors        string
	// SupplierAgreed says that the supplier's page has a processor agreement that covers the system or the processing.
	SupplierAgreed bool
}

// Common is what the whole record says at its top.
type Common struct {
	// Contact is who the controller is and how it is reached, Representative its representative if it has one.
	Contact, Representative string
	// DPO is how the data protection officer is reached.
	DPO     string
	Version int64
}

// New makes a processing of which nothing but the name and the role is known.
func New(name, role string) Processing {
	p := Processing{
		ID: ids.New[Processing](), Name: name, Role: role, State: Unknown, Special: Unknown, Criminal: Unknown, Transfer: Unknown,
		Safeguard: Unknown, Assessment: Unknown, Versions: map[Group]int64{},
	}
	for _, g := range Groups {
		p.Versions[g] = 1
	}
	return p
}

// Check says what is wrong with the fields, if anything.
func (p *Processing) Check() error {
	if locale.Fold(p.Name) == "" {
		return ErrName
	}
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{
		{"role", p.Role, Roles},
		{"state", p.State, States},
		{"special categories", p.Special, Answers},
		{"offences", p.Criminal, Answers},
		{"transfer", p.Transfer, Answers},
		{"safeguard", p.Safeguard, Safeguards},
		{"impact assessment", p.Assessment, Assessments},
	} {
		if !slices.Contains(f.allowed, f.value) {
			return fmt.Errorf("%s %q: %w: %s", f.name, f.value, ErrValue, strings.Join(f.allowed, ", "))
		}
	}
	for _, f := range []struct {
		name    string
		values  []string
		allowed []string
	}{{"legal basis", p.LegalBasis, Bases}, {"ground of special categories", p.SpecialGrounds, Grounds}} {
		for _, v := range f.values {
			if !slices.Contains(f.allowed, v) {
				return fmt.Errorf("%s %q: %w: %s", f.name, v, ErrValue, strings.Join(f.allowed, ", "))
			}
		}
	}
	return nil
}

// take copies the fields of one group from another state of the same processing, and leaves all others as they are.
func (p *Processing) take(g Group, from *Processing) {
	for i := range fields {
		if fields[i].group == g {
			fields[i].set(p, fields[i].get(from))
		}
	}
	switch g {
	case What:
		p.UnitID, p.Unit = from.UnitID, from.Unit
	case Links:
		p.Systems, p.Information = from.Systems, from.Information
	case Why, Whose, Sharing, Keeping:
	}
}

// Changed lists the names of the group's fields that differ between two states.
func (p *Processing) Changed(g Group, from *Processing) []string {
	var out []string
	for i := range fields {
		if fields[i].group == g && fields[i].get(p) != fields[i].get(from) {
			out = append(out, fields[i].column)
		}
	}
	if g == What && p.UnitID != from.UnitID {
		out = append(out, "unit")
	}
	return out
}

// field is one stored text of a processing. What is sealed lies encrypted in the database.
type field struct {
	column string
	group  Group
	sealed bool
	get    func(*Processing) string
	set    func(*Processing, string)
}

func text(g Group, column string, at func(*Processing) *string) field {
	return field{
		column: column, group: g, sealed: true,
		get: func(p *Processing) string { return *at(p) }, set: func(p *Processing, v string) { *at(p) = v },
	}
}

func plain(g Group, column string, at func(*Processing) *string) field {
	f := text(g, column, at)
	f.sealed = false
	return f
}

func letters(g Group, column string, at func(*Processing) *[]string) field {
	return field{
		column: column, group: g,
		get: func(p *Processing) string { return strings.Join(*at(p), " ") },
		set: func(p *Processing, v string) { *at(p) = strings.Fields(v) },
	}
}

// fields are what is stored as texts, but for the name's derivatives and the unit, in the order of the page.
var fields = []field{
	plain(What, "name", func(p *Processing) *string { return &p.Name }),
	plain(What, "role", func(p *Processing) *string { return &p.Role }),
	plain(What, "state", func(p *Processing) *string { return &p.State }),
	plain(What, "owner_role", func(p *Processing) *string { return &p.OwnerRole }),
	text(What, "description", func(p *Processing) *string { return &p.Description }),
	text(What, "joint_controllers", func(p *Processing) *string { return &p.JointControllers }),
	text(What, "controllers", func(p *Processing) *string { return &p.Controllers }),
	text(What, "dpo", func(p *Processing) *string { return &p.DPO }),

	text(Why, "purposes", func(p *Processing) *string { return &p.Purposes }),
	letters(Why, "legal_basis", func(p *Processing) *[]string { return &p.LegalBasis }),
	text(Why, "legal_support", func(p *Processing) *string { return &p.LegalSupport }),
	plain(Why, "special", func(p *Processing) *string { return &p.Special }),
	letters(Why, "special_grounds", func(p *Processing) *[]string { return &p.SpecialGrounds }),
	text(Why, "special_support", func(p *Processing) *string { return &p.SpecialSupport }),
	plain(Why, "criminal", func(p *Processing) *string { return &p.Criminal }),
	text(Why, "criminal_support", func(p *Processing) *string { return &p.CriminalSupport }),

	text(Whose, "subjects", func(p *Processing) *string { return &p.Subjects }),
	text(Whose, "categories", func(p *Processing) *string { return &p.Categories }),
	text(Whose, "activities", func(p *Processing) *string { return &p.Activities }),

	text(Sharing, "recipients", func(p *Processing) *string { return &p.Recipients }),
	plain(Sharing, "transfer", func(p *Processing) *string { return &p.Transfer }),
	text(Sharing, "countries", func(p *Processing) *string { return &p.Countries }),
	plain(Sharing, "safeguard", func(p *Processing) *string { return &p.Safeguard }),
	text(Sharing, "transfer_note", func(p *Processing) *string { return &p.TransferNote }),

	text(Keeping, "retention", func(p *Processing) *string { return &p.Retention }),
	text(Keeping, "security", func(p *Processing) *string { return &p.Security }),
	plain(Keeping, "assessment", func(p *Processing) *string { return &p.Assessment }),
	{
		column: "assessed_on", group: Keeping,
		get: func(p *Processing) string { return p.AssessedOn.String() },
		set: func(p *Processing, v string) { p.AssessedOn, _ = civil.Parse(v) }, // an empty text is no day
	},
}
