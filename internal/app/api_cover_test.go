// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/app"
)

// otherwise names the operation that does what a page does by another use case.
var otherwise = map[string]string{
	"POST /importera":             "preview-import", // a program sends the list with what its columns hold, and keeps nothing between
	"POST /importera/{id}":        "preview-import",
	"POST /importera/{id}/klar":   "import-list",
	"POST /importera/{id}/avbryt": "preview-import",
	"POST /larm/{id}":             "acknowledge-alarm",
}

// Why a page that changes something has no operation.
const (
	ownDoor   = "how somebody signs in is theirs, and takes their browser and their passkey"
	whoMay    = "who gets in, and with what right, is decided by persons who have just shown who they are; a directory uses SCIM"
	secrets   = "keys and secrets are never sent to a program but by the page that shows them once"
	forOne    = "a link is for one person without an account, and opens this page alone"
	inRoom    = "a workshop is people in a room who talk; what they decide is saved as a risk, which programs can read and save"
	ofBrowser = "it is what a browser does by itself, or a choice that lies in the browser"
	agents    = "an agent asks for its tasks and sends its signed results there: it is for programs already"
	signed    = "another installation sends its signed figures there: it is for programs already"
	persons   = "a round is led, answered and signed by persons who are asked what no program knows; a program reads what came of it"
	outward   = "another machine is asked, at an address that a person who has just shown who they are names; there is a command for it"
	looks     = "colours are chosen by looking at them, and their contrast is told on the page"
	twoOnly   = "a second person reads it on a page and says yes or no"
)

// exempt are the pages that change something and that no program can take the place of, by the beginning of the pattern.
var exempt = map[string]string{
	"POST /mina": ownDoor, "POST /logga-in": ownDoor, "POST /logga-ut": ownDoor, "POST /inbjudan": ownDoor,
	"POST /ny-passkey": ownDoor, "POST /nodnycklar": ownDoor, "POST /administration/beslut": twoOnly, "POST /administration/utseende": looks,
	"POST /sprak": ofBrowser, "POST /csp": ofBrowser, "POST /saml": ownDoor, "POST /valkommen": ownDoor,
	"POST /administration/personer": whoMay, "POST /administration/roller": whoMay, "POST /administration/enheter": whoMay,
	"POST /administration/inloggning": whoMay, "POST /administration/nycklar": secrets, "POST /administration/nyckelbyten": whoMay,
	"POST /administration/nyckelbyten/organisationen": secrets,
	"POST /administration/e-post":                     secrets,
	"POST /lank":                                      forOne,
	"POST /verkstad":                                  forOne,
	"POST /riskverkstad":                              inRoom,
	"POST /system/{slug}/riskverkstad":                inRoom,
	"POST /agent/v1":                                  agents,
	"POST /nationellt/ta-emot":                        signed,
	"POST /nationellt/jamforelsetal":                  outward,
	"POST /uppfoljningsomgangar":                      persons,
	"POST /arshjul":                                   persons,
}

// Every page that changes something has an operation that does the same, or a written reason why no program may.
func TestEveryPageThatChangesHasAnOperation(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	site := a.Site(app.ServerOptions{})
	by := map[string]bool{}
	for _, r := range site.Routes() {
		if r.API && !strings.HasPrefix(r.Pattern, "GET ") {
			by[r.Action] = true
		}
	}
	var spec struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(must(a.OpenAPI())(t), &spec); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, methods := range spec.Paths {
		for _, op := range methods {
			known[op.OperationID] = true
		}
	}
	used := map[string]bool{}
	for _, r := range site.Routes() {
		if r.API || !strings.HasPrefix(r.Pattern, "POST ") {
			continue
		}
		if r.Action != "" && by[r.Action] {
			continue
		}
		if id := otherwise[r.Pattern]; id != "" && known[id] {
			continue
		}
		reason := ""
		for _, begin := range slices.Sorted(maps.Keys(exempt)) {
			if r.Pattern == begin || strings.HasPrefix(r.Pattern, begin+"/") || strings.HasPrefix(r.Pattern, begin+"{") {
				reason, used[begin] = exempt[begin], true
			}
		}
		if reason == "" {
			t.Errorf("%s (%s) has no operation, and no reason says why", r.Pattern, r.Action)
		}
	}
	for begin := range exempt {
		if !used[begin] {
			t.Errorf("nothing begins with %q any more", begin)
		}
	}
}
