// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"slices"
	"strconv"
	"strings"
)

// What a new row means for what has been answered.
var effectAdded = map[string]Text{
	"fact":        {"Faktumet är nytt. Det är inte besvarat för något system.", "The fact is new. It is not answered for any system."},
	"law":         {"Regeln är ny. Den kan börja gälla för era system.", "The rule is new. It may start to apply to your systems."},
	"information": {"Informationstypen är ny. Inget system har den än.", "The information type is new. No system has it yet."},
	"requirement": {"Kravet är nytt. Det visas som obesvarat i de system där det gäller.", "The requirement is new. It is shown as unanswered in the systems it applies to."},
	"model":       {"Modellversionen är ny. Klassningar behåller den version de gjordes med.", "The model version is new. Classifications keep the version they were made with."},
	"threat":      {"Scenariot är nytt. Det är inte bedömt för något system.", "The scenario is new. It is not assessed for any system."},
}

// What it means that a row is gone.
var effectRemoved = map[string]Text{
	"fact":        {"Faktumet finns inte längre. Svaren finns kvar i historiken och påverkar inte längre vad som gäller.", "The fact is gone. The answers are kept in the history and no longer affect what applies."},
	"law":         {"Regeln finns inte längre. Den slutar visas som grund; tidigare beslut behåller den i historiken.", "The rule is gone. It is no longer shown as a basis; earlier decisions keep it in the history."},
	"information": {"Informationstypen finns inte längre. System som har den behåller den i historiken och behöver en ny.", "The information type is gone. Systems that hold it keep it in the history and need a new one."},
	"requirement": {"Kravet finns inte längre. Svaren finns kvar i historiken.", "The requirement is gone. The answers are kept in the history."},
	"model":       {"Modellversionen finns inte längre. Klassningar som gjordes med den finns kvar, och nya görs med en annan.", "The model version is gone. Classifications made with it are kept, and new ones are made with another."},
	"threat":      {"Scenariot finns inte längre. Bedömningarna finns kvar i historiken.", "The scenario is gone. The assessments are kept in the history."},
}

// consequence is what a change of some fields means. {version} is the version that answers were given to.
type consequence struct {
	kind   string
	fields []string
	text   Text
}

var consequences = []consequence{
	{"requirement", []string{"is", "shall"}, Text{"Svaren står kvar men visas som givna till version {version}.", "The answers stay but are shown as given to version {version}."}},
	{"requirement", []string{"trigger", "when"}, Text{"Kravet kan börja eller sluta gälla för ett system.", "The requirement may start or stop applying to a system."}},
	{"requirement", []string{"evidence", "min_strength", "settings"}, Text{"Bedömningen av hur väl kravet är uppfyllt kan bli en annan.", "The judgement of how well the requirement is met may become another."}},
	{"requirement", []string{"must", "core"}, Text{"Nya kravbilagor kan få ett annat urval.", "New tender annexes may get another selection."}},
	{"law", []string{"when", "in_force_from", "in_force_to"}, Text{"Regeln kan börja eller sluta gälla för ett system.", "The rule may start or stop applying to a system."}},
	{"law", []string{"duty", "protection", "sections"}, Text{"Det som hänvisar till regeln visas som skrivet till version {version}.", "What refers to the rule is shown as written to version {version}."}},
	{"information", []string{"levels"}, Text{"Förslaget till nivå är ett annat. Beslutade klassningar står kvar och bör prövas på nytt.", "The suggested level is another. Decided classifications stay and should be reviewed."}},
	{"information", []string{"facts", "area"}, Text{"System som har informationstypen kan få andra regler och krav.", "Systems that hold the information type may get other rules and requirements."}},
	{"information", []string{"lower"}, Text{"Rätten att sätta ett lägre skyddsbehov är en annan.", "The right to set a lower need of protection is another."}},
	{"fact", []string{"values", "true_values", "possible_values", "default", "implied", "form"}, Text{"Regler och krav kan börja eller sluta gälla för ett system.", "Rules and requirements may start or stop applying to a system."}},
	{"threat", []string{"typical", "cause", "event", "consequence"}, Text{"Bedömningarna står kvar men visas som gjorda till version {version}.", "The assessments stay but are shown as made to version {version}."}},
}

var (
	effectNone      = Text{"Det som är besvarat påverkas inte.", "What is answered is not affected."}
	effectSameVer   = Text{"Versionen är inte höjd: ge raden en ny version innan utgåvan används.", "The version is not raised: give the row a new version before the edition is used."}
	effectSameModel = Text{"En version av en modell får inte ändras, för klassningar är gjorda med den: ge ändringen en ny version.", "A version of a model must not change, since classifications are made with it: give the change a new version."}
)

// effectChanged puts together what a change of the fields means.
func effectChanged(kind string, fields []string, before, after int) Text {
	if kind == "model" {
		return effectSameModel
	}
	var sv, en []string
	add := func(t Text) { sv, en = append(sv, t.SV), append(en, t.EN) }
	for _, c := range consequences {
		if c.kind == kind && slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(c.fields, f) }) {
			add(c.text)
		}
	}
	if len(sv) == 0 {
		add(effectNone)
	}
	if after > 0 && after <= before {
		add(effectSameVer)
	}
	version := strconv.Itoa(before)
	return Text{
		strings.ReplaceAll(strings.Join(sv, " "), "{version}", version),
		strings.ReplaceAll(strings.Join(en, " "), "{version}", version),
	}
}
