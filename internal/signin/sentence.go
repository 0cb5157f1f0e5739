// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"fmt"
	"strconv"
	"strings"
)

// Sentences tell in Swedish what an application's sign-ins show, as reasons that are kept.
func (a *Application) Sentences() []string {
	share := strings.Replace(strconv.FormatFloat(float64(a.Share(a.TwoFactor))/10, 'f', -1, 64), ".", ",", 1)
	first := fmt.Sprintf("%s %% av %d inloggningar var med minst två faktorer.", share, a.SignIns)
	if paths := a.PasswordPaths(); a.Password > 0 {
		way := "."
		switch {
		case len(paths) == 1 && paths[0] != "":
			way = ", alla genom " + paths[0] + "."
		case paths[0] != "":
			way = ", genom " + strings.Join(paths[:min(len(paths), 5)], ", ") + "."
		}
		first = strings.TrimSuffix(first, ".") + fmt.Sprintf("; %d var med lösenord", a.Password) + way
	}
	out := []string{first}
	if a.Unknown > 0 {
		out = append(out, fmt.Sprintf("För %d inloggningar säger loggen inte hur många faktorer det var.", a.Unknown))
	}
	return out
}

var why = map[string]string{
	"excluded": "någon är undantagen", "not_everybody": "regeln gäller inte alla", "conditional": "regeln gäller bara ibland",
	"alternative": "något annat än två faktorer räcker", "not_enforced": "regeln rapporterar bara", "strength_unknown": "det framgår inte vad styrkan tillåter",
	"strength_weak": "styrkan tillåter en faktor",
}

// Sentences tell in Swedish what policies demand of an application.
func (p *PolicyApplication) Sentences() []string {
	if p.Factors >= 2 {
		return []string{"Reglerna kräver minst två faktorer av alla, utan undantag."}
	}
	var because []string
	for _, code := range p.Because {
		because = append(because, why[code])
	}
	text := "Vad reglerna kräver är okänt"
	if len(because) > 0 {
		text += ": " + strings.Join(because, ", ")
	}
	return []string{text + ".", fmt.Sprintf("Undantag: %d.", p.Excluded)}
}

// Sentences tell in Swedish what a service declares of itself.
func (e *Entity) Sentences() []string {
	if e.LoA == 0 {
		return []string{"Tjänstens metadata anger ingen granskad tillitsnivå."}
	}
	return []string{fmt.Sprintf("Tjänstens metadata anger tillitsnivå %d. Det visar inte att den kräver den.", e.LoA)}
}
