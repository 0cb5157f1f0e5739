// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/signin"
)

// What logs, policies and metadata show, as reasons that every reader gets in their own language.

// logBecause tells of one application: how much was of two factors, which way passwords went, what the log does not say, and over how many
// of its days.
func logBecause(a *signin.Application) []evidence.Because {
	if a.SignIns == 0 {
		return []evidence.Because{{Key: "measurement.log-nobody"}}
	}
	if a.Unknown == a.SignIns { // no share is told of what nothing is known of
		return []evidence.Because{{Key: "measurement.log-silent", Numbers: map[string]int64{"Count": a.SignIns}}}
	}
	first := evidence.Because{
		Key: "measurement.log-share", Shares: map[string]int{"Share": a.Share(a.TwoFactor)}, Numbers: map[string]int64{"Count": a.SignIns},
	}
	if a.Password > 0 {
		first.Numbers = map[string]int64{"Total": a.SignIns, "Count": a.Password}
		paths := slices.DeleteFunc(a.PasswordPaths(), func(p string) bool { return p == "" })
		switch {
		case len(paths) == 0:
			first.Key = "measurement.log-some"
		case len(paths) == len(a.PasswordPaths()) && len(paths) == 1:
			first.Key, first.Words = "measurement.log-one", map[string]string{"Path": paths[0]}
		default:
			first.Key, first.Words = "measurement.log-many", map[string]string{"Paths": strings.Join(paths[:min(len(paths), 5)], ", ")}
		}
	}
	out := []evidence.Because{first}
	if a.Unknown > 0 {
		out = append(out, evidence.Because{Key: "measurement.log-unknown", Numbers: map[string]int64{"Count": a.Unknown}})
	}
	return append(out, evidence.Because{Key: "measurement.log-days", Numbers: map[string]int64{"Count": window}})
}

// policyBecause tells what policies demand of an application. An exclusion makes it unknown, and is counted.
func policyBecause(p *signin.PolicyApplication) []evidence.Because {
	if p.Factors >= 2 {
		return []evidence.Because{{Key: "measurement.policy-demands"}}
	}
	out := []evidence.Because{{Key: "measurement.policy-unknown"}}
	for _, code := range p.Because {
		out = append(out, evidence.Because{Key: policyKey(code)})
	}
	return append(out, evidence.Because{Key: "measurement.policy-excluded", Numbers: map[string]int64{"Count": int64(p.Excluded)}})
}

// entityBecause tells what a service declares of itself, which shows no demand.
func entityBecause(e *signin.Entity) []evidence.Because {
	if e.LoA == 0 {
		return []evidence.Because{{Key: "measurement.entity-none"}}
	}
	return []evidence.Because{{Key: "measurement.entity-level", Numbers: map[string]int64{"LoA": int64(e.LoA)}}}
}

// policyKey is the message of why it is not known what policies demand.
func policyKey(code string) string {
	if code == "excluded" { // how many is told beside it
		return "measurement.policy-excluded-somebody"
	}
	return "measurement.policy-" + dashed(code)
}
