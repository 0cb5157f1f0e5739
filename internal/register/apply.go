// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// factKeys are the properties that are facts about a system and not fields of it.
var factKeys = []string{PersonalData, SpecialCategory, ThirdCountry, Area, AutomatedDecision, Camera, HealthCare}

// texts of a system by key: plain ones, and those where unknown is a value of its own.
func plainFields(s *system.System) map[string]*string {
	return map[string]*string{
		Unit: &s.Unit, OwnerRole: &s.OwnerRole, ManagerRole: &s.ManagerRole, Supplier: &s.Supplier, HostingNote: &s.HostingNote,
		Country: &s.Country, ServiceName: &s.Service, Audience: &s.Audience, Criticality: &s.Criticality, ContractNote: &s.ContractNote,
		Login: &s.LoginNote, Information: &s.InformationNote, Comment: &s.Comment,
	}
}

func answerFields(s *system.System) map[string]*string {
	return map[string]*string{
		Hosting: &s.Hosting, Kind: &s.Kind, State: &s.State, ProcessorAgreement: &s.ProcessorAgreement, Classified: &s.ClassifiedLastYear,
	}
}

func countFields(s *system.System) map[string]**int64 {
	return map[string]**int64{Users: &s.Users, DataSubjects: &s.DataSubjects}
}

func dateFields(s *system.System) map[string]*civil.Date {
	return map[string]*civil.Date{ContractEnd: &s.ContractEnd, ProcessorAgreementOn: &s.ProcessorAgreementOn}
}

// values writes a system's properties as an import compares them. What is unknown is left out.
func values(s *system.System) map[string]string {
	out := map[string]string{}
	for key, p := range plainFields(s) {
		out[key] = *p
	}
	for key, p := range answerFields(s) {
		if *p != system.Unknown {
			out[key] = *p
		}
	}
	for key, p := range countFields(s) {
		if *p != nil {
			out[key] = strconv.FormatInt(**p, 10)
		}
	}
	for key, p := range dateFields(s) {
		out[key] = p.String()
	}
	if s.UsersApproximate {
		out[UsersApproximate] = yes
	}
	if len(s.Logins) == 1 { // of several ways in, none is the list's
		out[Address] = s.Logins[0].Address
	}
	for _, f := range s.Facts {
		if f.Value != catalogue.Unknown && slices.Contains(factKeys, f.Fact) {
			out[f.Fact] = joinValues(out[f.Fact], f.Value)
		}
	}
	for key, v := range out {
		if v == "" {
			delete(out, key)
		}
	}
	return out
}

// joinValues adds a value to a list parted by ";" and keeps it sorted.
func joinValues(list, v string) string {
	if list == "" {
		return v
	}
	all := append(strings.Split(list, ";"), v)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ";")
}

// put gives a system's property a value; "" makes it unknown again.
func put(s *system.System, key, value string) {
	if p, ok := plainFields(s)[key]; ok {
		*p = value
		return
	}
	if p, ok := answerFields(s)[key]; ok {
		*p = value
		if value == "" {
			*p = system.Unknown
		}
		return
	}
	if p, ok := countFields(s)[key]; ok {
		*p = nil
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			*p = &n
		}
		return
	}
	if p, ok := dateFields(s)[key]; ok {
		*p = civil.Date{}
		if d, err := civil.Parse(value); err == nil {
			*p = d
		}
		return
	}
	switch {
	case key == UsersApproximate:
		s.UsersApproximate = value == yes
	case key == Address:
		putAddress(s, value)
	case slices.Contains(factKeys, key):
		putFact(s, key, value)
	}
}

// putAddress gives the way in that a list speaks of its address. A system with several ways in gets one more: nobody can say
// which of them the list means.
func putAddress(s *system.System, address string) {
	if len(s.Logins) == 1 {
		s.Logins[0].Address = address
		return
	}
	s.Logins = append(s.Logins, system.LoginPath{
		ID: ids.New[system.LoginPath](), Audience: system.Unknown, Zone: system.Unknown, Address: address,
	})
}

func putFact(s *system.System, fact, value string) {
	s.Facts = slices.DeleteFunc(slices.Clone(s.Facts), func(f catalogue.Statement) bool { return f.Fact == fact })
	for _, v := range strings.Split(value, ";") {
		if v != "" {
			s.Facts = append(s.Facts, catalogue.Statement{Fact: fact, Value: v})
		}
	}
}

// existing shows a system to a plan.
func existing(s *system.System, state classification.State, scale *catalogue.Model) Existing {
	e := Existing{ID: s.ID.String(), Name: s.Name, Values: values(s)}
	for _, l := range s.Logins {
		e.Addresses = append(e.Addresses, l.Address)
	}
	c := state.Effective()
	if state.Draft != nil {
		c = state.Draft
	}
	if c == nil {
		return e
	}
	e.Locked = state.Decided != nil || !untouched(c)
	e.Stopped = state.Stopped != nil
	if scale != nil && c.ModelID == scale.ID && c.ModelVersion == scale.Version {
		e.Levels = map[catalogue.Aspect]int{}
		for a := range catalogue.Aspect(catalogue.NumAspects) {
			if worst, ok := classification.Worst(c.Answers, a); ok {
				e.Levels[a] = worst.Level
			}
		}
	}
	return e
}

// untouched reports whether a classification is as an import left it: every change by a person raises its version.
func untouched(c *classification.Classification) bool {
	return c.Origin == classification.FromImport && c.Version == 1 && len(c.Adjustments) == 0 &&
		(c.Status == classification.Draft || c.Status == classification.Stopped)
}
