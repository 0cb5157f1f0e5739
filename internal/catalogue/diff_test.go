// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
)

func TestDiffOfTheSameIsNothing(t *testing.T) {
	if got := catalogue.Diff(loadSmall(t), loadSmall(t)); len(got) != 0 {
		t.Errorf("Diff = %+v, want nothing", got)
	}
}

const notRaised = " The version is not raised: give the row a new version before the edition is used."

// diffs change one thing each in the small catalogue.
var diffs = map[string]struct {
	file, old, new   string
	kind, id, what   string
	fields           []string
	effectEN, partSV string
}{
	"text with a new version": {
		"requirements/z.yaml", "    version: 1\n    kind: organisational\n    is: {sv: \"Det", "    version: 2\n    kind: organisational\n    is: {sv: \"Numera", "requirement", "styrning-policy", "changed",
		[]string{"version", "is"},
		"The answers stay but are shown as given to version 1.", "Svaren står kvar men visas som givna till version 1.",
	},
	"text with the same version": {
		"requirements/z.yaml", "Det finns en policy.", "En policy finns.", "requirement", "styrning-policy", "changed",
		[]string{"is"},
		"The answers stay but are shown as given to version 1." + notRaised, "Versionen är inte höjd",
	},
	"trigger": {
		"requirements/b.yaml", "integrity: significant", "integrity: serious", "requirement", "inloggning-lasning", "changed",
		[]string{"trigger"},
		"The requirement may start or stop applying to a system." + notRaised, "börja eller sluta gälla",
	},
	"condition": {
		"requirements/b.yaml", `when: "personal_data;cloud"`, `when: "cloud"`, "requirement", "inloggning-lasning", "changed",
		[]string{"when"},
		"The requirement may start or stop applying to a system." + notRaised, "börja eller sluta gälla",
	},
	"evidence": {
		"requirements/b.yaml", "min_strength: 4", "min_strength: 3", "requirement", "inloggning-lasning", "changed",
		[]string{"min_strength"},
		"The judgement of how well the requirement is met may become another." + notRaised, "Bedömningen",
	},
	"nothing that matters": {
		"requirements/z.yaml", "[A.5.1]", "[A.5.2]", "requirement", "styrning-policy", "changed",
		[]string{"iso_2022"},
		"What is answered is not affected." + notRaised, "påverkas inte",
	},
	"replaced": {
		"requirements/z.yaml", "id: styrning-policy", "id: styrning-ny\n    replaces: [styrning-policy]", "requirement", "styrning-policy", "replaced",
		nil, "The requirement is replaced by styrning-ny. The answers follow to it and are shown as given to styrning-policy version 1.", "Svaren följer med dit",
	},
	"removed": {
		"requirements/z.yaml", "id: styrning-policy", "id: styrning-annan", "requirement", "styrning-policy", "removed",
		nil, "The requirement is gone. The answers are kept in the history.", "Svaren finns kvar i historiken.",
	},
	"added": {
		"requirements/z.yaml", "id: styrning-policy", "id: styrning-annan", "requirement", "styrning-annan", "added",
		nil, "The requirement is new. It is shown as unanswered in the systems it applies to.", "Kravet är nytt.",
	},
	"law": {
		"law/a.yaml", `in_force_to: ""`, `in_force_to: "2027-01-01"`, "law", "GDPR-32", "changed",
		[]string{"in_force_to"},
		"The rule may start or stop applying to a system." + notRaised, "Regeln kan börja",
	},
	"information": {
		"information/a.yaml", "{step: moderate,", "{step: significant,", "information", "eb-beslut", "changed",
		[]string{"levels"},
		"The suggested level is another. Decided classifications stay and should be reviewed." + notRaised, "Förslaget till nivå",
	},
	"model": {
		"models/m.yaml", "value: 2, step: serious", "value: 2, step: significant", "model", "tre 1", "changed",
		[]string{"aspects"},
		"A version of a model must not change, since classifications are made with it: give the change a new version.", "får inte ändras",
	},
	"new version of a model": {
		"models/m.yaml", `version: "1"`, `version: "2"`, "model", "tre 2", "added",
		nil, "The model version is new. Classifications keep the version they were made with.", "behåller den version",
	},
	"fact": {
		"facts.yaml", `{when: "cloud", value: "yes"}`, `{when: "hosting=own", value: "no"}`, "fact", "supplier", "changed",
		[]string{"implied"},
		"Rules and requirements may start or stop applying to a system.", "Regler och krav",
	},
	"threat": {
		"threats/t.yaml", "typical: {individual: serious}", "typical: {individual: moderate}", "threat", "hot-lan", "changed",
		[]string{"typical"},
		"The assessments stay but are shown as made to version 1." + notRaised, "Bedömningarna står kvar",
	},
}

func TestDiff(t *testing.T) {
	for name, c := range diffs {
		t.Run(name, func(t *testing.T) {
			var got *catalogue.Change
			changes := catalogue.Diff(loadSmall(t), load(t, with(t, c.file, c.old, c.new)))
			for i := range changes {
				if changes[i].Kind == c.kind && changes[i].ID == c.id {
					got = &changes[i]
				}
			}
			if got == nil {
				t.Fatalf("no change of %s %s in %+v", c.kind, c.id, changes)
			}
			want := catalogue.Change{Kind: c.kind, ID: c.id, What: c.what, Fields: c.fields, Effect: catalogue.Text{SV: got.Effect.SV, EN: c.effectEN}}
			if diff := cmp.Diff(want, *got); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(got.Effect.SV, c.partSV) {
				t.Errorf("effect = %q, want %q in it", got.Effect.SV, c.partSV)
			}
		})
	}
}

// A new fact moves the bits of those after it. The conditions still say the same.
func TestDiffIgnoresHowConditionsAreStored(t *testing.T) {
	fsys := with(t, "facts.yaml", "values: [socialtjanst, skola, hr]", "values: [socialtjanst, skola, it, hr]")
	changes := catalogue.Diff(loadSmall(t), load(t, fsys))
	if len(changes) != 1 || changes[0].Kind != "fact" || changes[0].ID != "area" {
		t.Errorf("Diff = %+v, want area only", changes)
	}
}
