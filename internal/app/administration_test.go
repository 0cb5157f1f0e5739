// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/web"
)

// mostEntries is how many entries the side menu has room for.
const mostEntries = 15

// TestMenuIsShort holds the menu of whoever may open most within its room, and lets every page below the administration light its entry.
func TestMenuIsShort(t *testing.T) {
	c := &web.Context{Actor: access.Actor{Organisation: "o", Roles: access.Roles()}}
	menu := (&App{}).menu(c)
	if len(menu) == 0 || len(menu) > mostEntries {
		t.Fatalf("the menu has %d entries, want 1 to %d", len(menu), mostEntries)
	}
	last := menu[len(menu)-1]
	if last.Href != AdministrationPath {
		t.Fatalf("the last entry leads to %s", last.Href)
	}
	for _, x := range chores {
		if !last.Current(x.name) {
			t.Errorf("%s does not light the entry it lies below", x.name)
		}
	}
	c.Actor.Roles = []access.Role{access.Auditor}
	for _, x := range administration(c) {
		if x.name == "people" {
			t.Error("an auditor is led to a page that they may not open")
		}
	}
	c.Actor.Roles = []access.Role{access.Procurer}
	for _, m := range (&App{}).menu(c) {
		if m.Href == AdministrationPath {
			t.Error("whoever administers nothing is led to the administration")
		}
	}
}
