// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"archive/zip"
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// packed is a workbook with one part.
func packed(t *testing.T, part, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w := must(z.Create(part))(t)
	_ = must(io.WriteString(w, content))(t)
	ok(t, z.Close())
	return b.String()
}

// seen demands that the log has exactly one entry more of a reason, and that it tells who did it.
func (f *fort) seen(org access.OrganisationID, name, reason string, try func()) {
	f.t.Helper()
	f.a.Watch.Close(f.t.Context()) // what comes is the first of its kind
	before := f.logged(org, audit.ActionRefused, `"reason":"`+reason+`"`)
	try()
	if n := f.logged(org, audit.ActionRefused, `"reason":"`+reason+`"`) - before; n != 1 {
		f.t.Errorf("%s: %d entries say %s, want one", name, n, reason)
	}
}

// Files that are made to wear the reader out, or to have it read something else, are not taken, and the log tells who sent them.
func TestAttackFiles(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	c := f.enter(f.person(f.org, "Karin Samordnare", access.Coordinator))
	entity := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>`
	for name, tc := range map[string]struct{ file, content string }{
		"a bomb":                  {"lista.xlsx", packed(t, "xl/workbook.xml", strings.Repeat(" ", 40<<20))},
		"an entity":               {"lista.xlsx", packed(t, "xl/workbook.xml", entity)},
		"a document as a list":    {"lista.csv", entity},
		"a program as a list":     {"lista.csv", "\x7fELF" + strings.Repeat("\x00", 100)},
		"another kind":            {"lista.svg", "<svg onload=alert(1)>"},
		"a way out":               {"../../../etc/passwd", "a;b\n1;2\n"},
		"an archive with way out": {"lista.xlsx", packed(t, "../../../../tmp/insegel-planted", "x")},
	} {
		f.seen(f.org, name, web.ReasonFile, func() {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			part := must(w.CreateFormFile("file", tc.file))(t)
			_ = must(io.WriteString(part, tc.content))(t)
			ok(t, w.Close())
			r := c.Request("POST", "/importera", &b)
			r.Header.Set("Content-Type", w.FormDataContentType())
			if p := c.Do(r); p.Status != http.StatusUnprocessableEntity || strings.Contains(p.Body, "root:") {
				t.Errorf("%s: %d", name, p.Status)
			}
		})
	}
}

// What programs send that cannot be read, is nothing that is asked for, or is too much, is refused and in the log.
func TestAttackPrograms(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	admin := f.person(f.org, "Adam Administratör", access.Administrator)
	keys := &token.Service{DB: f.a.DB}
	scim := must(keys.Create(t.Context(), admin, token.Key{Name: "katalog", Scope: token.SCIM}, 24*time.Hour))(t)
	c := f.enter(f.person(f.org, "Karin Samordnare", access.Coordinator))
	send := func(c *webtest.Client, method, path, kind, body string) int {
		t.Helper()
		r := c.Request(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		return c.Do(r).Status
	}
	const plain = "application/json"
	for _, tc := range []struct {
		name, kind, body, reason string
		status                   int
	}{
		{"a name twice", plain, `{"name":"a","name":"b"}`, web.ReasonUnread, 400},
		{"no JSON", plain, `{`, web.ReasonUnread, 400},
		{"a field of one's own", plain, `{"name":"a","roles":["administrator"]}`, web.ReasonUnfit, 422},
		{"another kind", "application/xml", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, web.ReasonUnread, 415},
		{"too much", plain, `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, "web.too-large", 413},
	} {
		f.seen(f.org, tc.name, tc.reason, func() {
			if got := send(c, "POST", web.APIPath+"/systems", tc.kind, tc.body); got != tc.status {
				t.Errorf("%s: %d, want %d", tc.name, got, tc.status)
			}
		})
	}
	directory := f.stranger()
	directory.Site = ""
	directory.Header.Set("Authorization", "Bearer "+scim)
	for name, filter := range map[string]string{
		"a quotation mark": `userName eq "a' OR '1'='1"`, "statements": `userName eq "a"; DROP TABLE account; --`, "everything": `userName pr or 1 eq 1`,
		"a wildcard": `userName co "%"`, "nested": strings.Repeat("(", 2000) + `userName eq "a"` + strings.Repeat(")", 2000), "another attribute": `roles eq "administrator"`,
	} {
		f.a.Watch.Close(t.Context())
		before := f.logged(f.org, audit.ActionRefused, "") + f.logged(db.Installation, audit.ActionRefused, "")
		r := directory.Request("GET", "/scim/v2/Users", nil)
		q := r.URL.Query()
		q.Set("filter", filter)
		r.URL.RawQuery = q.Encode()
		p := directory.Do(r)
		n := f.logged(f.org, audit.ActionRefused, "") + f.logged(db.Installation, audit.ActionRefused, "") - before
		switch {
		case p.Status == http.StatusOK && (strings.Contains(p.Body, admin.ID) || !strings.Contains(p.Body, `"totalResults":0`)):
			t.Errorf("%s finds: %s", name, p.Body)
		case p.Status >= http.StatusInternalServerError:
			t.Errorf("%s: %d", name, p.Status)
		case p.Status >= http.StatusBadRequest && n != 1:
			t.Errorf("%s: %d, and %d entries in the log", name, p.Status, n)
		}
	}
	for name, body := range map[string]string{"a name twice": `{"userName":"a","userName":"b"}`, "no JSON": `{`, "an entity": `<!DOCTYPE a>`} {
		f.a.Watch.Close(t.Context())
		before := f.logged(f.org, audit.ActionRefused, web.ReasonUnread) + f.logged(db.Installation, audit.ActionRefused, web.ReasonUnread)
		if got := send(directory, "POST", "/scim/v2/Users", "application/scim+json", body); got != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got)
		}
		if n := f.logged(f.org, audit.ActionRefused, web.ReasonUnread) + f.logged(db.Installation, audit.ActionRefused, web.ReasonUnread) - before; n != 1 {
			t.Errorf("%s: %d entries in the log", name, n)
		}
	}
}
