// SPDX-License-Identifier: EUPL-1.2

package access

// words say in Swedish what each use case is, for docs/security/authority.md. A test asks for every one.
var words = map[string]string{
	"action.List":   "Se åtgärderna i hela verksamheten och var mest återstår",
	"action.Plan":   "Se ett systems handlingsplan",
	"action.Review": "Märka åtgärder vars krav inte längre gäller",
	"action.Save":   "Ta på sig eller ändra en åtgärd",

	"alarm.Acknowledge": "Kvittera ett larm",
	"alarm.Count":       "Se hur många larm som är öppna",
	"alarm.List":        "Läsa larmen",
	"alarm.Tell":        "Skicka larm vidare",

	"approval.Approve": "Godkänna en annan administratörs ändring",
	"approval.List":    "Se ändringar som väntar på två personer",
	"approval.Refuse":  "Avslå en ändring som väntar",
	"approval.Tick":    "Genomföra eller avskriva ändringar vars tid är ute",

	"auth.EndOf": "Avsluta någon annans inloggade sessioner",

	"classification.AddModel":       "Lägga till en egen klassningsmodell",
	"classification.Adjust":         "Höja eller sänka en nivå i ett utkast",
	"classification.Answer":         "Svara på en fråga i ett utkast",
	"classification.ChooseModel":    "Välja modell för hela organisationen",
	"classification.Decide":         "Besluta en klassning",
	"classification.Models":         "Se vilka klassningsmodeller som finns",
	"classification.Open":           "Läsa ett systems klassning med motiveringar",
	"classification.Reopen":         "Häva ett stopp för säkerhetsskydd",
	"classification.Restart":        "Börja om med ett nytt utkast",
	"classification.SetInformation": "Ange vilken information ett system hanterar",
	"classification.Unanswer":       "Ta tillbaka ett svar i ett utkast",

	"oidc.RotateKeys": "Byta nycklar mot en OpenID-leverantör",

	"organisation.AddPerson":    "Lägga till en person",
	"organisation.AskGroupRole": "Begära att en grupp hos leverantören ger en roll",
	"organisation.AskRoles":     "Begära ändring av en persons roller",
	"organisation.AskRule":      "Begära ändring av en regel som ger roller",
	"organisation.ChangePerson": "Ändra en persons uppgifter",
	"organisation.Chart":        "Se enheterna och vad som hör till dem",
	"organisation.EndPerson":    "Avsluta en person",
	"organisation.Granting":     "Se reglerna som ger roller",
	"organisation.HandOver":     "Lämna över ansvar från den som slutar",
	"organisation.Leavers":      "Se ansvar som står på personer som slutat",
	"organisation.Move":         "Flytta en enhet i organisationsträdet",
	"organisation.Names":        "Se namnen på personer",
	"organisation.People":       "Se personerna och deras roller",
	"organisation.Person":       "Se en person",
	"organisation.ResumePerson": "Återuppta en avslutad person",
	"organisation.SaveUnit":     "Lägga till eller byta namn på en enhet",
	"organisation.Set":          "Ändra en inställning för organisationen",
	"organisation.Tree":         "Se organisationsträdet",

	"overview.History":         "Läsa ett systems historik",
	"overview.Home":            "Se läget med summor",
	"overview.Information":     "Se vilken information verksamheten har",
	"overview.InformationType": "Se en informationstyp och vilka system som har den",
	"overview.List":            "Se listan över system",
	"overview.Requirement":     "Se hur systemen uppfyller ett krav",
	"overview.Requirements":    "Se ett systems krav och svar",
	"overview.Rule":            "Se vilka system en regel rör",
	"overview.Rules":           "Se reglerna",
	"overview.System":          "Läsa ett systems sida",

	"passkey.Invite": "Ge någon en engångskod för en passnyckel",
	"passkey.Seal":   "Försegla en passnyckel för nödläge",
	"passkey.Sealed": "Se vilka förseglade passnycklar som finns",
	"passkey.Unseal": "Ta bort en förseglad passnyckel",

	"procurement.Annex":   "Läsa ett systems kravbilaga",
	"procurement.Choose":  "Välja krav till en kravbilaga",
	"procurement.Systems": "Se listan över system att upphandla",

	"provider.Add":      "Lägga till en legitimeringsleverantör",
	"provider.Change":   "Ändra en legitimeringsleverantör",
	"provider.Disable":  "Stänga av en legitimeringsleverantör",
	"provider.Enable":   "Slå på en legitimeringsleverantör",
	"provider.Levels":   "Se vilken tillitsnivå varje roll kräver",
	"provider.List":     "Se legitimeringsleverantörerna",
	"provider.Open":     "Se en legitimeringsleverantör",
	"provider.SetLevel": "Ändra vilken tillitsnivå en roll kräver",
	"provider.Try":      "Prova en legitimeringsleverantör",

	"register.Choose":  "Ange hur en lista ska läsas",
	"register.Discard": "Kasta en uppladdad lista",
	"register.Import":  "Läsa in en lista i registret",
	"register.Imports": "Se gjorda inläsningar",
	"register.Keep":    "Ladda upp en lista",
	"register.Kept":    "Läsa en egen uppladdad lista",
	"register.Preview": "Granska vad en inläsning skulle göra",
	"register.Take":    "Läsa in en uppladdad lista",
	"register.Undo":    "Ångra en inläsning",
	"register.Uploads": "Se egna uppladdade listor",

	"report.Choices": "Se vilka rapporter som går att skriva ut",
	"report.Write":   "Skriva ut en rapport (det som rapporten visar måste också få läsas på sidan)",

	"requirement.Answer":    "Svara på hur ett system uppfyller ett krav",
	"requirement.Follows":   "Se vad en nivå leder till",
	"requirement.SetFigure": "Ändra en siffra i ett krav",
	"requirement.View":      "Läsa krav och skäl för ett system",

	"system.Create": "Lägga till ett system",
	"system.Edit":   "Öppna formuläret för ett system",
	"system.Update": "Ändra ett system",
}
