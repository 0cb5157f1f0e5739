// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"encoding/json"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
)

// UnitAnswers is what a unit has been asked, and the latest that it has answered, over all rounds that still count.
type UnitAnswers struct {
	Unit access.UnitID
	Name string
	// Number and Sheet are the latest round that asked it, and its sheet there.
	Number int64
	Sheet  ids.ID[Sheet]
	// Told are the answers by question; what has been asked and not answered is not among them.
	Told map[string]Told
	// Questions are those that it has been asked, or would have been, had the answer not been known.
	Questions map[string]bool
}

// Told is an answer of a unit: what it means, and how it is known.
type Told struct {
	Means Meaning
	By    string
	On    civil.Date
}

// Asked reports whether the unit has been asked a question, or would have been, had the answer not been known.
func (u *UnitAnswers) Asked(question string) bool { return u.Questions[question] }

// Href is where the unit's answers are read.
func (u *UnitAnswers) Href() string {
	c := Campaign{Number: u.Number}
	return c.Path() + "/blad/" + u.Sheet.String()
}

// unitAnswer is one answer as the database has it.
type unitAnswer struct {
	object, name         string
	unit                 access.UnitID
	sheet                ids.ID[Sheet]
	number               int64
	sent                 int64
	question, value, why string
	on                   civil.Date
}

// gather makes the answers of each unit, of rows in the order that rounds were sent: the latest answer counts. One that was never handed in is
// none, and one who does not know has said nothing.
func gather(set *Set, rows []unitAnswer) []UnitAnswers {
	var out []UnitAnswers
	at := map[string]int{}
	for i := range rows {
		r := &rows[i]
		n, ok := at[r.object]
		if !ok {
			n = len(out)
			at[r.object] = n
			out = append(out, UnitAnswers{Told: map[string]Told{}, Questions: map[string]bool{}})
		}
		u := &out[n]
		u.Unit, u.Name, u.Number, u.Sheet = r.unit, r.name, r.number, r.sheet
		q, ok := set.Question(r.question)
		if !ok || r.value == NotRelevant {
			continue
		}
		u.Questions[q.ID] = true
		if r.sent == 0 && r.why == "" {
			continue
		}
		delete(u.Told, q.ID)
		if m := q.Means(r.value); m != "" {
			u.Told[q.ID] = Told{m, r.by(), r.on}
		}
	}
	return out
}

// by is how an answer is known: what somebody answered is self-assessed, and what nobody needed to be asked is as sure as it was.
func (r *unitAnswer) by() string {
	if r.why == "" {
		return string(evidence.SelfAssessed)
	}
	var b Because
	if json.Unmarshal([]byte(r.why), &b) != nil || b.By == "" {
		return string(evidence.SelfAssessed)
	}
	return b.By
}
