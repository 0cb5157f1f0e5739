// SPDX-License-Identifier: EUPL-1.2

package backup_test

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// The page tells how old the latest copy and drill are, what failed, and says so when there is none.
func TestPage(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newTown(t, d)
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "backup": backup.Messages})
	if err != nil {
		t.Fatal(err)
	}
	admin := w.actor
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return admin, web.Viewer{Name: "Kim"}, true },
	})
	(&backup.Pages{Service: w.Service}).Routes(site)
	c := webtest.Start(t, site)
	see := func(wants ...string) {
		t.Helper()
		p := c.Get(backup.Path)
		webtest.CheckDOM(t, p.Doc)
		for _, want := range wants {
			if !strings.Contains(p.Text("main"), want) {
				t.Errorf("the page does not say %q: %s", want, p.Text("main"))
			}
		}
	}
	see("Aldrig", "Saknas", "Övningar är inte påslagna", "Ingen kopia har tagits än")
	w.make(t, "one.age")
	see("Mindre än ett dygn gammal", "I tid", "one.age", "Gick bra")
	w.Drilling = backup.Drilling{Dir: w.dir, Identity: filepath.Join(w.dir, "none")}
	if err := w.HoldDrill(t.Context(), access.LocalAdministrator(db.Installation)); err == nil {
		t.Error("a drill without an identity passed")
	}
	see("Misslyckades", "read the drill's identity")
	if err := os.WriteFile(w.Drilling.Identity, []byte(w.identity.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.HoldDrill(t.Context(), access.LocalAdministrator(db.Installation)); err != nil {
		t.Error(err)
	}
	see("Så lång tid tog det att ha allt tillbaka")
	admin.Roles = []access.Role{access.Procurer}
	if p := c.Get(backup.Path); p.Status != 403 {
		t.Errorf("a buyer got %d, want 403", p.Status)
	}
}
