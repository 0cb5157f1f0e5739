// SPDX-License-Identifier: EUPL-1.2

package passkey_test

import (
	"strings"
	"testing"
)

// Where the organisation asks administrators for a passkey that cannot be copied, one that can be is refused when it is made, and gives no
// administrator's role where it was made before.
func TestOnlyPasskeysThatCannotBeCopied(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		c, d := h.begun()
		org := strings.Split(c.Cookie("insegel"), ".")[0]
		copied := newDevice(t, h.origin)
		copied.flags |= eligible
		if p := c.Get("/mina/passkeys/ny"); !strings.Contains(p.Text("main"), "Alla slag går här") {
			t.Errorf("where nothing is asked: %q", p.Text("main"))
		}
		h.exec(`INSERT INTO signin_guard (organisation_id, bound, updated_at) VALUES ('` + org + `', 'administrator', 0)`)
		// It is said before somebody tries, and what to do instead is said when they have.
		for path, want := range map[string]string{"/mina/passkeys/ny": "En som kan kopieras mellan enheter nekas.", "/inbjudan": "iCloud eller hos Google"} {
			if p := c.Get(path); !strings.Contains(p.Text("main"), want) || !strings.Contains(p.Text("main"), "Windows Hello") || !strings.Contains(p.Text("main"), "säkerhetsnyckel") {
				t.Errorf("%s does not say beforehand what is refused: %q", path, p.Text("main"))
			}
		}
		if p := h.new(c, copied, "/mina/passkeys/ny"); !strings.Contains(p.Text("main"), "be er administratör") || !strings.Contains(p.Text("main"), "Windows Hello") {
			t.Errorf("what to do instead is not said: %q", p.Text("main"))
		}
		if p := h.new(c, copied, "/mina/passkeys/ny"); !strings.Contains(p.Text("main"), "kan kopieras") || h.count(`SELECT COUNT(*) FROM passkey`) != 1 {
			t.Errorf("one that can be copied was made: %s %q", p.URL, p.Text("main"))
		}
		if p := h.new(c, newDevice(t, h.origin), "/mina/passkeys/ny"); p.URL != "/mina/passkeys" || h.count(`SELECT COUNT(*) FROM passkey`) != 2 {
			t.Errorf("one that cannot: %s %q", p.URL, p.Text("main"))
		}
		h.exec(`UPDATE passkey SET eligible = 1`)
		d.flags |= eligible | synced
		if p := h.in(h.browser(), d); p.Body != "Kim Exempel[coordinator] without administrator auth.withheld-bound" {
			t.Errorf("one from before: %q", p.Body)
		}
		h.exec(`UPDATE signin_guard SET bound = 'weakness'`)
		p := h.in(h.browser(), d)
		if !strings.HasPrefix(p.Body, "Kim Exempel[] ") || !strings.Contains(p.Body, " without coordinator auth.withheld-bound") || !strings.Contains(p.Body, " without administrator auth.withheld-bound") {
			t.Errorf("where all who see weaknesses are asked: %q", p.Body)
		}
	})
}

// A new organisation begins by asking everybody who sees where it is weak for a passkey that cannot be copied, unless its first person has one
// that can be, and would be locked out.
func TestNewOrganisationBeginsStrict(t *testing.T) {
	for name, c := range map[string]struct {
		flags byte
		want  int
	}{"a security key": {0, 1}, "one that can be copied": {eligible, 0}} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h *house) {
				h.guarded, h.flags = true, c.flags
				b, _ := h.begun()
				if n := h.count(`SELECT COUNT(*) FROM signin_guard WHERE bound = 'weakness'`); n != c.want {
					t.Errorf("%d organisations begin with a guard, want %d", n, c.want)
				}
				if p := b.Get("/"); p.Body != kim {
					t.Errorf("the first person is %q", p.Body)
				}
				if n := h.count(`SELECT COUNT(*) FROM audit_entry WHERE action = 'provider.SetGuard'`); n != c.want {
					t.Errorf("%d guards are logged, want %d", n, c.want)
				}
			})
		})
	}
}
