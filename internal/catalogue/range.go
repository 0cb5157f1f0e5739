// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"fmt"
	"strconv"
)

// The words of a bare scale. They are the program's own and say no more than the step does.
var (
	rangeLabels = [NumSteps]Text{
		Negligible:  {"Försumbar skada", "Negligible harm"},
		Moderate:    {"Måttlig skada", "Moderate harm"},
		Significant: {"Betydande skada", "Significant harm"},
		Serious:     {"Allvarlig skada", "Serious harm"},
	}
	rangeMeanings = [NumSteps]Text{
		Negligible:  {"Det märks knappt.", "It is hardly noticed."},
		Moderate:    {"Det ger besvär som går över.", "It causes trouble that passes."},
		Significant: {"Någon drabbas tydligt och kan behöva hjälp att reda ut det.", "Somebody is clearly affected and may need help to sort it out."},
		Serious:     {"Liv, hälsa, rättigheter eller en huvuduppgift står på spel.", "Life, health, rights or a main task is at stake."},
	}
	rangeAspects = [NumAspects]struct{ name, loss, question Text }{
		Confidentiality: {
			Text{"Konfidentialitet", "Confidentiality"},
			Text{"Obehöriga ser uppgifterna", "Unauthorised people see the information"},
			Text{"om någon obehörig ser uppgifterna", "if somebody unauthorised sees the information"},
		},
		Integrity: {
			Text{"Riktighet", "Integrity"},
			Text{"Uppgifterna är fel, gamla, ändrade eller borta", "The information is wrong, old, altered or gone"},
			Text{"om uppgifterna är fel och någon litar på dem", "if the information is wrong and somebody relies on it"},
		},
		Availability: {
			Text{"Tillgänglighet", "Availability"},
			Text{"Behöriga når inte uppgifterna när de behövs", "Authorised people cannot reach the information when it is needed"},
			Text{"om uppgifterna inte går att nå när de behövs", "if the information cannot be reached when it is needed"},
		},
		Traceability: {
			Text{"Spårbarhet", "Traceability"},
			Text{"Det går inte att se vem som har läst eller ändrat", "It cannot be seen who has read or changed the information"},
			Text{"om det inte går att se vem som har läst eller ändrat uppgifterna", "if it cannot be seen who has read or changed the information"},
		},
	}
	rangeWho = [NumPerspectives]Text{
		Individual:   {"den enskilde", "the individual"},
		Organisation: {"organisationen", "the organisation"},
		Society:      {"andra i samhället", "others in society"},
	}
)

// RangeModel makes a model of a bare scale such as 1-3: the highest level is serious and each one below it is a step lower.
// It is for classifications that were made elsewhere, where the scale's numbers are all that is known.
func RangeModel(lowest, highest int) (*Model, error) {
	if lowest < 0 || highest > maxValue {
		return nil, fmt.Errorf("make model %d-%d: give values between 0 and %d", lowest, highest, maxValue)
	}
	if n := highest - lowest + 1; n < 2 || n > int(Serious) {
		return nil, fmt.Errorf("make model %d-%d: give the lowest value first and a scale of 2 to 4 levels; "+
			"for other scales write a model file that says what each level means", lowest, highest)
	}
	m := &Model{
		ID: fmt.Sprintf("%d-%d", lowest, highest), Version: "1",
		Name:        Text{fmt.Sprintf("Skala %d–%d", lowest, highest), fmt.Sprintf("Scale %d–%d", lowest, highest)},
		Description: rangeDescription(lowest, highest),
		Source:      fmt.Sprintf("%d-%d", lowest, highest),
	}
	for p := range Perspective(NumPerspectives) {
		m.Perspectives = append(m.Perspectives, ModelPerspective{p, p == Society})
	}
	var levels []Level
	for value := lowest; value <= highest; value++ {
		step := Serious - Step(highest-value) // at most 3 lower, checked above
		levels = append(levels, Level{Value: value, Step: step, Label: rangeLabels[step], Meaning: rangeMeanings[step]})
	}
	for a := range Aspect(NumAspects) {
		m.Aspects = append(m.Aspects, rangeAspect(a, levels))
	}
	return m, nil
}

func rangeDescription(lowest, highest int) Text {
	low, high := strconv.Itoa(lowest), strconv.Itoa(highest)
	return Text{
		"Skala från " + low + " till " + high + ". " + high + " räknas som allvarlig skada och varje nivå under som ett steg lägre.",
		"A scale from " + low + " to " + high + ". " + high + " counts as serious harm and each level below as one step lower.",
	}
}

func rangeAspect(a Aspect, levels []Level) ModelAspect {
	words := &rangeAspects[a]
	out := ModelAspect{
		Aspect: a, Letter: aspectLetters[a], Name: words.name, Loss: words.loss, Optional: a == Traceability, Levels: levels,
	}
	for p := range Perspective(NumPerspectives) {
		out.Questions[p] = Text{
			"Hur illa kan det bli för " + rangeWho[p].SV + " " + words.question.SV + "?",
			"How bad can it be for " + rangeWho[p].EN + " " + words.question.EN + "?",
		}
	}
	return out
}
