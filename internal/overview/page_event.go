// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"encoding/json"
	"strings"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// event is something that happened, told for people. Entries that were made at once, by one person, are one event.
type event struct {
	Text, Detail, By, At string
}

// eventData is what the entries of the log may tell.
type eventData struct {
	Data struct {
		Requirement string `json:"requirement"`
		Status      string `json:"status"`
		Decider     string `json:"decider"`
		Stopped     bool   `json:"stopped"`
		Group       string `json:"group"`
		Because     string `json:"because"`
	} `json:"data"`
}

// events tells entries of the log, newest first, in the reader's language. An action without a sentence is told by its name.
func (p *Pages) events(c *web.Context, list []audit.Logged) []event {
	var out []event
	for i := 0; i < len(list); {
		n := 1
		for i+n < len(list) && list[i+n].Action == list[i].Action && list[i+n].At == list[i].At && list[i+n].Actor == list[i].Actor {
			n++
		}
		if i+n == manyEvents && i > 0 {
			break // the rest of it was not read, so its count would be wrong
		}
		out = append(out, p.tell(c, &list[i], n))
		i += n
	}
	return out
}

func (p *Pages) tell(c *web.Context, e *audit.Logged, count int) event {
	var d eventData
	_ = json.Unmarshal([]byte(e.Record), &d) // an entry in another form is told without its details
	out := event{Text: e.Action, By: actorName(c, e.Actor), At: c.L.Moment(db.FromMillis(e.At))}
	key := "overview.event-" + e.Action
	if d.Data.Stopped {
		key = "overview.event-stopped"
	}
	if c.L.Has(key) {
		out.Text = c.L.T(key, "Count", count, "Decider", d.Data.Decider)
	}
	if group := "processing.group-" + d.Data.Group; e.ObjectKind == "processing" && c.L.Has(group) {
		out.Detail = c.L.T(group)
	}
	if r, ok := p.Overview.catalogue().Requirement(d.Data.Requirement); ok && count == 1 {
		out.Detail = r.Is.In(lang(c))
		if status := "requirement.status-" + d.Data.Status; e.Action == "requirement.Answer" && c.L.Has(status) {
			out.Detail = c.L.T(status) + ": " + out.Detail
		}
	}
	if e.Action == "action.Review" && d.Data.Because == "dependency" {
		out.Text = c.L.T("overview.event-parted", "Count", count)
	}
	return out
}

// actorName names who did something. Other people's names are not kept in the log.
func actorName(c *web.Context, id string) string {
	switch {
	case id == c.Actor.ID && c.Actor.Name != "":
		return c.Actor.Name
	case c.L.Has("overview.actor-" + id):
		return c.L.T("overview.actor-" + id)
	case strings.HasPrefix(id, "link:"):
		return c.L.T("overview.actor-by-link")
	default:
		return id
	}
}
