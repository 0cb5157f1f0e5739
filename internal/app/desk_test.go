// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/incident"
)

// TestWorkshopAndMorningInBrowser holds a workshop with three browsers, and does what a coordinator does the morning after a supplier's breach:
// who is hit, the first draft, the incident, a decision, and the draft for the authority. What a measurement has found then becomes an incident too, and
// what a search has found, which goes on through the assessment to the notification that the authority gets.
func TestWorkshopAndMorningInBrowser(t *testing.T) {
	program, modules := chromium(t)
	a, actor, viewer := searchedExample(t)
	_, link := demoSite(t, a, actor, viewer)
	works(t, a) // a finding becomes an incident in the background
	var org access.OrganisationID
	var slug string
	ok(t, a.DB.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT organisation_id, supplier_id FROM system WHERE supplier_id IS NOT NULL GROUP BY organisation_id, supplier_id
			ORDER BY COUNT(*) DESC, supplier_id LIMIT 1`), &org, &slug)
	}))
	drafts := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "node", "desk.mjs", program, link, "/system/bistandsakten", "/leverantorer/"+url.PathEscape(slug), drafts, os.Getenv("INSEGEL_TEST_SHOTS"))
	cmd.Dir, cmd.Stderr = modules, os.Stderr
	out, err := cmd.Output()
	var done, begun string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var l struct {
			Fault, Step, Incident string
			Vote                  int
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Errorf("the script says %q", lines.Text())
		}
		switch {
		case l.Fault != "":
			t.Error(l.Fault)
		case l.Step != "":
			done, begun = l.Step, l.Incident
		default:
			t.Logf("the screen told of a vote %d ms after the phone had its answer", l.Vote)
		}
	}
	if err != nil || done != "notified" {
		t.Fatalf("the script came to %q: %v", done, err)
	}
	seeNotification(t, drafts, begun)
}

// seeNotification holds the two forms of a drafted notification to what was said of the incident: every field tells where it comes from, what nobody has
// said is marked and made up by nobody, and the document says the same as the file for programs.
func seeNotification(t *testing.T, dir, begun string) {
	t.Helper()
	var pack incident.Pack
	ok(t, json.Unmarshal(must(os.ReadFile(filepath.Join(dir, "imy.json")))(t), &pack))
	text := documentText(t, filepath.Join(dir, "imy.docx"))
	fields := map[string]incident.Field{}
	missing := 0
	for _, f := range pack.Fields {
		fields[f.ID] = f
		if f.Source == "" || f.MustWrite != (f.Value == "") || f.Value != "" && f.Path == "" && f.ID != "controller" {
			t.Errorf("%s is not traced: %+v", f.ID, f)
		}
		if f.MustWrite {
			missing++
		}
		for _, line := range append(strings.Split(f.Value, "\n"), f.Label) {
			if !strings.Contains(text, line) {
				t.Errorf("the document lacks %q of %s", line, f.ID)
			}
		}
	}
	for id, want := range map[string]string{"risk": "Hög risk. Uppgifter om stöd låg öppet.", "consequences": "Oro och skada.", "persons": "70", "what": "", "systems": "", "signed": "", "planned": ""} {
		if f := fields[id]; f.Value != want || f.MustWrite != (want == "") {
			t.Errorf("%s: %+v, want %q", id, f, want)
		}
	}
	if fields["aware"].Value == "" || fields["aware"].Path != begun+"/handelse" || pack.Due == "" || pack.Law == "" {
		t.Errorf("the clock: %+v, by %q, %q", fields["aware"], pack.Due, pack.Law)
	}
	if n := strings.Count(text, "[Skriv här]"); n != missing || n == 0 {
		t.Errorf("the document marks %d fields of %d that somebody must write", n, missing)
	}
}

// documentText is what stands in a document of Word.
func documentText(t *testing.T, path string) string {
	t.Helper()
	z := must(zip.OpenReader(path))(t)
	defer func() { ok(t, z.Close()) }()
	f := must(z.Open("word/document.xml"))(t)
	var b strings.Builder
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		ok(t, err)
		if s, is := token.(xml.CharData); is {
			b.Write(s)
		}
	}
}
