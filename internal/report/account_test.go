// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/document/documenttest"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/risk"
)

// accounting is a town whose indicators and risks are counted.
func accounting(t *testing.T) *town {
	t.Helper()
	w := newTown(t, dbtest.SQLite(t))
	scale, err := risk.LoadScale(data.Files)
	check(t, err)
	req := w.reports.Requirements
	w.reports.Followup = &followup.Service{DB: w.db, Engine: followup.NewEngine(req.Engine.Catalogue), Requirements: req}
	rules, err := risk.LoadDPIA(data.Files, req.Engine.Catalogue)
	check(t, err)
	w.reports.Risks = &risk.Service{DB: w.db, Requirements: req, Scale: scale, Rules: rules}
	_, err = w.reports.Risks.Save(t.Context(), w.actor, w.slug[draftName], risk.Risk{Name: "Obehörig läser ärenden", Likelihood: 3}, w.texts.In("sv"))
	check(t, err)
	return w
}

// account writes an account.
func (w *town) account(r report.Request) string {
	w.t.Helper()
	var b bytes.Buffer
	if err := w.reports.Account(w.t.Context(), w.actor, r, &b); err != nil {
		w.t.Fatalf("write %+v: %v", r, err)
	}
	return b.String()
}

var (
	row  = regexp.MustCompile(`(?s)<tr[^>]*>(.*?)</tr>`)
	cell = regexp.MustCompile(`(?s)<t[hd][^>]*>(.*?)</t[hd]>`)
	tag  = regexp.MustCompile(`<[^>]*>`)
)

// tableRows reads the rows of every table of a page.
func tableRows(page string) [][]string {
	var out [][]string
	for _, r := range row.FindAllStringSubmatch(page, -1) {
		var cells []string
		for _, c := range cell.FindAllStringSubmatch(r[1], -1) {
			cells = append(cells, strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(c[1], ""))))
		}
		out = append(out, cells)
	}
	return out
}

// TestAccountsEqualThePages compares every number of the accounts with what the page of indicators counts, in each series, and the topics'
// sum with the indicator of requirements.
func TestAccountsEqualThePages(t *testing.T) {
	w := accounting(t)
	st, err := w.reports.Followup.List(t.Context(), w.actor)
	check(t, err)
	words := map[followup.Series]string{followup.Measured: "Uppmätt", followup.Attested: "Intygat", followup.SelfAssessed: "Självskattat"}
	control := tableRows(w.account(report.Request{Kind: report.Control, Format: document.HTML, Lang: "sv"}))
	path := filepath.Join(t.TempDir(), "control.xlsx")
	check(t, os.WriteFile(path, []byte(w.account(report.Request{Kind: report.Control, Format: document.XLSX, Lang: "sv"})), 0o600))
	book := sheet(t, documenttest.RowsXLSX(t, path), "Indikatorer").Rows
	shown, number := 0, w.texts.In("sv").Number
	for _, v := range st.Values {
		ind, _ := w.reports.Followup.Engine.Catalogue.Indicator(v.Indicator)
		want := []string{ind.Name.SV, words[v.Series], strconv.FormatInt(v.Numerator, 10), strconv.FormatInt(v.Denominator, 10), strconv.FormatInt(v.Unknown, 10), "2026-11-23"}
		value := fmt.Sprintf(": %s\u00a0av\u00a0%s, %s\u00a0okända", number(v.Numerator), number(v.Denominator), number(v.Unknown))
		onPaper := slices.ContainsFunc(control, func(r []string) bool {
			return len(r) == 5 && r[0] == ind.Name.SV && strings.HasSuffix(r[1+int(v.Series)], value) && strings.HasPrefix(r[4], v.Indicator+", definition")
		})
		if !onPaper || !slices.ContainsFunc(book, func(r []string) bool {
			return len(r) == 9 && slices.Equal(want, []string{r[0], r[1], r[3], r[4], r[5], r[6]}) && strings.HasPrefix(r[8], v.Indicator)
		}) {
			t.Errorf("the report lacks %v", want)
		}
		shown++
	}
	if shown == 0 {
		t.Fatal("the page counts nothing")
	}
	i, _ := w.reports.Followup.Engine.Index("KRAV_UPPFYLLDA")
	topics := tableRows(w.account(report.Request{Kind: report.Cybersecurity, Format: document.HTML, Lang: "sv"}))
	for s, x := range st.Tallies[i] {
		want := []string{"Summa", words[followup.Series(s)]}
		for _, n := range []int64{x.Counted(), x.Yes, x.No, x.Unknown} {
			want = append(want, strconv.FormatInt(n, 10))
		}
		if !slices.ContainsFunc(topics, func(r []string) bool { return slices.Equal(r, want) }) {
			t.Errorf("the topics do not add up to the indicator: want %v", want)
		}
	}
}

// TestAccountsKeepWeaknesses checks that what is weak is named only when it is asked for, and that the bases say what they are.
func TestAccountsKeepWeaknesses(t *testing.T) {
	w := accounting(t)
	for _, k := range []report.Kind{report.Committee, report.Control} {
		if got := w.account(report.Request{Kind: k, Format: document.HTML}); strings.Contains(got, "Obehörig läser") || !strings.Contains(got, "Bara antal visas") {
			t.Errorf("%s names what is weak", k)
		}
		if got := w.account(report.Request{Kind: k, Format: document.HTML, Weaknesses: true}); k == report.Committee && !strings.Contains(got, "Sårbarheter") {
			t.Errorf("%s does not say that it tells of weaknesses", k)
		}
	}
	if got := w.account(report.Request{Kind: report.Cybersecurity, Format: document.HTML}); !strings.Contains(got, "räknar inte ut någon nivå") {
		t.Error("the basis does not say that it computes no level")
	}
	dossier := w.account(report.Request{Kind: report.Dossier, Format: document.HTML, System: w.slug[decidedName]})
	for _, part := range []string{"Registret", "Klassningen", "Krav och bevis", "Åtgärder", "Risker"} {
		if !strings.Contains(dossier, part) {
			t.Errorf("the dossier lacks %s", part)
		}
	}
	if got := w.account(report.Request{Kind: report.Dossier, Format: document.HTML, System: w.slug[stoppedName]}); strings.Contains(got, "är registrerade för systemet") {
		t.Error("the dossier tells of the risks of a stopped system")
	}
}

func TestAccountsRefuse(t *testing.T) {
	w := accounting(t)
	for name, c := range map[string]struct {
		r    report.Request
		want error
	}{
		"a kind that is none":      {report.Request{Kind: report.Plan, Format: document.DOCX}, report.ErrKind},
		"a format that is none":    {report.Request{Kind: report.Committee, Format: document.CSV}, report.ErrFormat},
		"nothing prints":           {report.Request{Kind: report.Committee, Format: document.PDF}, report.ErrPrinter},
		"a dossier of no system":   {report.Request{Kind: report.Dossier, Format: document.DOCX}, report.ErrKind},
		"a unit beyond reach":      {report.Request{Kind: report.Control, Format: document.HTML, Unit: "somebody-elses"}, report.ErrUnit},
		"somebody else's dossier":  {report.Request{Kind: report.Dossier, Format: document.HTML, System: w.other.ID.String()}, nil},
		"a committee for a system": {report.Request{Kind: report.Committee, Format: document.HTML, System: "x"}, report.ErrKind},
	} {
		var b bytes.Buffer
		err := w.reports.Account(t.Context(), w.actor, c.r, &b)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || b.Len() > 0 {
			t.Errorf("%s: got %v and %d bytes, want %v", name, err, b.Len(), c.want)
		}
	}
	stranger := w.actor
	stranger.Roles = []access.Role{access.Procurer}
	if err := w.reports.Account(t.Context(), stranger, report.Request{Kind: report.Committee, Format: document.HTML}, &bytes.Buffer{}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("who buys gets the report: %v", err)
	}
}
