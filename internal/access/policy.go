// SPDX-License-Identifier: EUPL-1.2

package access

// Groups of roles that often go together.
var (
	everyone = []Role{Coordinator, SystemOwner, SystemManager, Procurer, DataProtection, Executive, Auditor, Operations, System}
	steers   = []Role{Coordinator}
	manages  = []Role{Coordinator, SystemOwner, SystemManager}
	decides  = []Role{Coordinator, SystemOwner}
	procures = []Role{Coordinator, Procurer, SystemOwner}
	itself   = []Role{System}
)

// policies says for every use case which roles may do it. What is missing is refused. The administrator has no content
// by that role alone.
var policies = map[string][]Role{
	"organisation.Set": steers,

	"system.Edit":   manages,
	"system.Create": manages,
	"system.Update": manages,

	"classification.Open":           everyone,
	"classification.SetInformation": manages,
	"classification.Answer":         manages,
	"classification.Adjust":         manages,
	"classification.Decide":         decides,
	"classification.Unanswer":       manages,
	"classification.Restart":        manages,
	"classification.Reopen":         decides,
	"classification.Models":         everyone,
	"classification.AddModel":       steers,
	"classification.ChooseModel":    steers,

	"register.Preview": steers,
	"register.Import":  steers,
	"register.Undo":    steers,
	"register.Keep":    steers,
	"register.Kept":    steers,
	"register.Uploads": steers,
	"register.Choose":  steers,
	"register.Take":    steers,
	"register.Discard": steers,
	"register.Imports": everyone,

	"requirement.View":      everyone,
	"requirement.Follows":   everyone,
	"requirement.Answer":    manages,
	"requirement.SetFigure": steers,

	"action.Plan":   everyone,
	"action.List":   everyone,
	"action.Save":   manages,
	"action.Review": itself,

	"procurement.Annex":   everyone,
	"procurement.Choose":  procures,
	"procurement.Systems": everyone,

	"report.Write": everyone,

	"overview.Home":            everyone,
	"overview.List":            everyone,
	"overview.System":          everyone,
	"overview.Requirements":    everyone,
	"overview.History":         everyone,
	"overview.Rules":           everyone,
	"overview.Rule":            everyone,
	"overview.Requirement":     everyone,
	"overview.Information":     everyone,
	"overview.InformationType": everyone,
}
