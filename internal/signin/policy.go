// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrPolicy says that an export of policies cannot be read.
var ErrPolicy = errors.New("this is no export of Conditional Access policies")

// maxPolicy is the most that an export of policies or metadata may be.
const maxPolicy = 64 << 20

// everything is what policies call all applications and all users.
const everything = "All"

// PolicyApplication is what policies demand of those who sign in to one application.
type PolicyApplication struct {
	// Application is its id, or All.
	Application string `json:"application"`
	// Factors is 2 when two factors are demanded of everybody, always; otherwise 0: it cannot be known from the policies. It is never 1,
	// because that nothing is demanded here does not show that a password is enough.
	Factors int `json:"factors"`
	// Policies are how many policies that are on ask for two factors of the application, and Excluded how many exclusions they have.
	Policies int `json:"policies"`
	Excluded int `json:"excluded"`
	// Because are the reasons why it is not known, as codes: excluded, not_everybody, conditional, alternative, not_enforced, strength_unknown.
	Because []string `json:"because"`
}

// Policies are what an export demands.
type Policies struct {
	Ruleset string `json:"ruleset"`
	// Missing says that whoever made the export was not allowed to see the policies: everything is unknown.
	Missing      bool                `json:"permission_missing"`
	Read         int                 `json:"policies"`
	Enforced     int                 `json:"enforced"`
	ReportOnly   int                 `json:"report_only"`
	Applications []PolicyApplication `json:"applications"`
}

// Demand is what an application is demanded: by policies for it, or for all. Unknown is the answer for everything that they do not name.
func (p *Policies) Demand(application string) PolicyApplication {
	out := PolicyApplication{Application: application, Because: []string{}}
	for _, a := range p.Applications {
		if a.Application == application {
			return a
		}
		if a.Application == everything {
			out = a
			out.Application = application
		}
	}
	return out
}

type policyExport struct {
	Value     []policy       `json:"value"`
	Policies  []policy       `json:"policies"`
	Strengths []strength     `json:"authenticationStrengths"`
	Error     *policyRefusal `json:"error"`
}

type policyRefusal struct {
	Code string `json:"code"`
}

type strength struct {
	ID           string   `json:"id"`
	Combinations []string `json:"allowedCombinations"`
}

// conditions say when and for whom a policy holds.
type conditions struct {
	ClientAppTypes []string `json:"clientAppTypes"`
	Applications   struct {
		Include                []string        `json:"includeApplications"`
		Exclude                []string        `json:"excludeApplications"`
		Filter                 json.RawMessage `json:"applicationFilter"`
		UserActions            []string        `json:"includeUserActions"`
		AuthenticationContexts []string        `json:"includeAuthenticationContextClassReferences"`
	} `json:"applications"`
	Users struct {
		Include       []string        `json:"includeUsers"`
		ExcludeUsers  []string        `json:"excludeUsers"`
		ExcludeGroups []string        `json:"excludeGroups"`
		ExcludeRoles  []string        `json:"excludeRoles"`
		ExcludeGuests json.RawMessage `json:"excludeGuestsOrExternalUsers"`
	} `json:"users"`
	Locations, Platforms, Devices, Times, DeviceStates, ClientApplications, AuthenticationFlows json.RawMessage
	UserRiskLevels                                                                              []string `json:"userRiskLevels"`
	SignInRiskLevels                                                                            []string `json:"signInRiskLevels"`
	ServicePrincipalRiskLevels                                                                  []string `json:"servicePrincipalRiskLevels"`
	InsiderRiskLevels                                                                           any      `json:"insiderRiskLevels"`

	// unknown says that there is a condition that is not known here.
	unknown bool
}

// knownConditions are the conditions that are understood, and what applications and users are named by, in small letters.
var knownConditions = map[string][]string{
	"": {
		"clientapptypes", "applications", "users", "locations", "platforms", "devices", "times", "devicestates", "clientapplications", "authenticationflows",
		"userrisklevels", "signinrisklevels", "serviceprincipalrisklevels", "insiderrisklevels",
	},
	"applications": {
		"includeapplications", "excludeapplications", "applicationfilter", "includeuseractions", "includeauthenticationcontextclassreferences",
	},
	"users": {
		"includeusers", "excludeusers", "includegroups", "excludegroups", "includeroles", "excluderoles", "includeguestsorexternalusers",
		"excludeguestsorexternalusers",
	},
}

// UnmarshalJSON reads conditions, and notes when there is one that is not known: what it lets through is not known either.
func (c *conditions) UnmarshalJSON(b []byte) error {
	type same conditions
	if err := json.Unmarshal(b, (*same)(c)); err != nil {
		return fmt.Errorf("read conditions: %w", err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return fmt.Errorf("read conditions: %w", err)
	}
	c.unknown = strange(all, "")
	for name, raw := range all {
		var inner map[string]json.RawMessage
		if below := strings.ToLower(name); below == "applications" || below == "users" {
			c.unknown = c.unknown || json.Unmarshal(raw, &inner) != nil || strange(inner, below)
		}
	}
	return nil
}

// strange reports whether something is said under a name that is not known. What begins with @ or has it inside tells of the export.
func strange(all map[string]json.RawMessage, where string) bool {
	for name, raw := range all {
		if set(raw) && string(raw) != "[]" && string(raw) != `""` && !strings.Contains(name, "@") && !slices.Contains(knownConditions[where], strings.ToLower(name)) {
			return true
		}
	}
	return false
}

type policy struct {
	State      string      `json:"state"`
	Conditions *conditions `json:"conditions"`
	Grant      *struct {
		Operator string    `json:"operator"`
		BuiltIn  []string  `json:"builtInControls"`
		Custom   []string  `json:"customAuthenticationFactors"`
		Terms    []string  `json:"termsOfUse"`
		Strength *strength `json:"authenticationStrength"`
	} `json:"grantControls"`
}

// ReadPolicies reads an export of Entra's Conditional Access policies: what Graph answers, a list, or an object with policies and
// authenticationStrengths. An application is known to demand two factors only when one policy does so of everybody, always; an exclusion,
// a condition or a missing permission makes it unknown.
func (r *Rules) ReadPolicies(in io.Reader) (*Policies, error) {
	b, err := io.ReadAll(io.LimitReader(in, maxPolicy+1))
	if err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	if len(b) > maxPolicy {
		return nil, fmt.Errorf("%w: it is too large", ErrPolicy)
	}
	b = []byte(strings.TrimPrefix(string(b), "\ufeff"))
	var x policyExport
	if err := json.Unmarshal(b, &x.Policies); err != nil {
		x = policyExport{}
		if err := json.Unmarshal(b, &x); err != nil {
			return nil, fmt.Errorf("%w: it is no JSON of that shape", ErrPolicy) // what a parser says may quote what it read
		}
	}
	out := &Policies{Ruleset: r.Version, Applications: []PolicyApplication{}}
	if x.Error != nil {
		out.Missing = true
		return out, nil
	}
	all := append(x.Value, x.Policies...)
	if len(all) == 0 && x.Value == nil && x.Policies == nil {
		return nil, ErrPolicy
	}
	strengths := map[string][]string{}
	for _, s := range x.Strengths {
		strengths[s.ID] = s.Combinations
	}
	for i := range all {
		out.Read++
		out.take(&all[i], r, strengths)
	}
	slices.SortFunc(out.Applications, func(a, b PolicyApplication) int { return strings.Compare(a.Application, b.Application) })
	return out, nil
}

// take adds a policy that asks for two factors.
func (p *Policies) take(x *policy, r *Rules, strengths map[string][]string) {
	switch {
	case x.State == "enabled":
		p.Enforced++
	case x.State == "enabledForReportingButNotEnforced":
		p.ReportOnly++
	}
	if x.State == "disabled" || x.Grant == nil || x.Conditions == nil {
		return
	}
	asks, because := x.demands(r, strengths)
	if !asks {
		return
	}
	excluded, more := x.narrowed()
	because = append(because, more...)
	for _, name := range x.Conditions.Applications.Include {
		if name == "None" {
			continue
		}
		a := p.application(name)
		mine := slices.Clone(because)
		if x.State != "enabled" {
			mine = append(mine, "not_enforced")
		} else {
			a.Policies++
		}
		a.Excluded += excluded
		if len(mine) == 0 {
			a.Factors = 2
			a.Because = []string{}
		} else if a.Factors == 0 {
			a.Because = append(a.Because, mine...)
			slices.Sort(a.Because)
			a.Because = slices.Compact(a.Because)
		}
	}
	// an application that a policy for all leaves out is named, so that the policy does not speak for it
	for _, name := range x.Conditions.Applications.Exclude {
		a := p.application(name)
		a.Excluded++
		if a.Factors == 0 && !slices.Contains(a.Because, "excluded") {
			a.Because = append(a.Because, "excluded")
		}
	}
}

func (p *Policies) application(name string) *PolicyApplication {
	for i := range p.Applications {
		if p.Applications[i].Application == name {
			return &p.Applications[i]
		}
	}
	p.Applications = append(p.Applications, PolicyApplication{Application: name, Because: []string{}})
	return &p.Applications[len(p.Applications)-1]
}

// demands reports whether a policy asks for two factors, and what makes it uncertain that it does.
func (x *policy) demands(r *Rules, strengths map[string][]string) (asks bool, because []string) {
	g := x.Grant
	mfa := slices.Contains(g.BuiltIn, "mfa")
	others := len(g.Custom) + len(g.Terms)
	for _, c := range g.BuiltIn {
		if c != "mfa" {
			others++
		}
	}
	if s := g.Strength; s != nil {
		combinations := s.Combinations
		if len(combinations) == 0 {
			combinations = strengths[s.ID]
		}
		switch {
		case len(combinations) == 0:
			because = append(because, "strength_unknown")
		case slices.ContainsFunc(combinations, func(c string) bool { return !r.twoFactors(c) }):
			because = append(because, "strength_weak")
		}
	} else if !mfa {
		return false, nil
	}
	if others > 0 && !strings.EqualFold(g.Operator, "AND") {
		because = append(because, "alternative")
	}
	return true, because
}

// twoFactors reports whether a combination of methods is two factors.
func (r *Rules) twoFactors(combination string) bool {
	return r.combinations[strings.ReplaceAll(combination, " ", "")]
}

// narrowed tells how many exclusions a policy has, and why it does not hold for everybody, always.
func (x *policy) narrowed() (excluded int, because []string) {
	c := x.Conditions
	excluded = len(c.Users.ExcludeUsers) + len(c.Users.ExcludeGroups) + len(c.Users.ExcludeRoles)
	if set(c.Users.ExcludeGuests) {
		excluded++
	}
	if excluded > 0 {
		because = append(because, "excluded")
	}
	if !slices.Contains(c.Users.Include, everything) {
		because = append(because, "not_everybody")
	}
	if x.conditional() {
		because = append(because, "conditional")
	}
	return excluded, because
}

// conditional reports whether a policy holds only at times: somewhere, on some devices, at some risk, in some clients.
func (x *policy) conditional() bool {
	c := x.Conditions
	for _, raw := range []json.RawMessage{
		c.Locations, c.Platforms, c.Devices, c.Times, c.DeviceStates, c.ClientApplications, c.AuthenticationFlows, c.Applications.Filter,
	} {
		if set(raw) {
			return true
		}
	}
	return c.unknown || len(c.UserRiskLevels)+len(c.SignInRiskLevels)+len(c.ServicePrincipalRiskLevels) > 0 || c.InsiderRiskLevels != nil ||
		len(c.ClientAppTypes) > 0 && !slices.Contains(c.ClientAppTypes, "all")
}

func set(raw json.RawMessage) bool {
	return len(raw) > 0 && string(raw) != "null" && string(raw) != "{}"
}
