// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/webtest"
)

// largest is how large a page with forms may be, in bytes.
const largest = 150_000

// rowsOf gives the requirements that a page shows.
func rowsOf(p *webtest.Page) []string {
	var out []string
	for _, n := range p.All(".reqs li[id]") {
		out = append(out, strings.TrimPrefix(webtest.Attr(n, "id"), "krav-"))
	}
	return out
}

// answerSome answers the first requirements of a system in every way there is.
func answerSome(t *testing.T, w *world, slug string, n int) []string {
	t.Helper()
	ids := applying(t, w, slug)
	var answers []requirement.Answer
	for i, id := range ids[:n] {
		answers = append(answers, requirement.Answer{
			Requirement: id, Status: requirement.Statuses[i%len(requirement.Statuses)], KnownBy: requirement.Attested, KnownOn: day0(), Note: "Prov",
		})
	}
	must(t, w.s.requirements.Answer(ctx, w.actor, slug, answers))
	return ids
}

// TestTopicsHoldEveryRequirement opens every topic that the list names: each requirement is in one of them, and every number is
// the sum of what it stands for.
func TestTopicsHoldEveryRequirement(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	slug := seed(t, w.d, w.s, w.actor, 4)[2].Slug
	ids := answerSome(t, w, slug, 60)
	page := w.open(t, "/system/"+slug+"/krav")
	seen := map[string]bool{}
	total := 0
	for _, part := range page.All(".tparts section") {
		sum := 0
		for _, line := range webtest.All(part, "li") {
			sum += checkTopic(t, w, line, seen)
		}
		if n := numbers(webtest.Text(webtest.Find(part, ".between span")))[0]; n != sum {
			t.Errorf("%s says %d, its topics have %d", webtest.Text(webtest.Find(part, "h3")), n, sum)
		}
		total += sum
	}
	if total != len(ids) || len(seen) != len(ids) {
		t.Errorf("the topics have %d requirements, of which %d can be reached; %d apply", total, len(seen), len(ids))
	}
	if len(page.All(".tparts section")) != 2 || !strings.Contains(page.Text(".tparts"), "Styrning och rutiner") {
		t.Errorf("the parts are %q", page.Text(".tparts"))
	}
}

// checkTopic opens a line's topic and gives how many requirements it has.
func checkTopic(t *testing.T, w *world, line *html.Node, seen map[string]bool) int {
	t.Helper()
	p := w.open(t, webtest.Attr(webtest.Find(line, "a"), "href"))
	rows := rowsOf(p)
	sum := 0
	for _, n := range numbers(webtest.Text(webtest.Find(line, "small"))) {
		sum += n
	}
	if said := numbers(webtest.Text(webtest.Find(line, "b")))[0]; said != len(rows) || sum != len(rows) {
		t.Errorf("%s: the list says %d and its counts %d, the topic has %d", p.URL, said, sum, len(rows))
	}
	if len(p.Body) > largest || p.Has(".tparts") {
		t.Errorf("%s: %d bytes, or every topic at once", p.URL, len(p.Body))
	}
	for _, id := range rows {
		if seen[id] {
			t.Errorf("%s is in two topics", id)
		}
		seen[id] = true
		if !p.Has(`[name="status.` + id + `"]`) {
			t.Errorf("%s cannot be answered", id)
		}
	}
	return len(rows)
}

// TestFirstTopicWaits sees that the page without a choice shows the first topic that something is left of, and that it moves on.
func TestFirstTopicWaits(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	slug := seed(t, w.d, w.s, w.actor, 4)[2].Slug
	path := "/system/" + slug + "/krav"
	page := w.open(t, path)
	first := page.Text(".answers h2")
	if !strings.HasPrefix(first, "Först att svara på: ") || len(page.All(".answers section")) != 1 {
		t.Fatalf("the page shows %q", first)
	}
	var answers []requirement.Answer
	for _, id := range rowsOf(page) {
		answers = append(answers, requirement.Answer{Requirement: id, Status: requirement.Met, KnownBy: requirement.Attested, KnownOn: day0()})
	}
	must(t, w.s.requirements.Answer(ctx, w.actor, slug, answers))
	next := w.open(t, path)
	if next.Text(".answers h2") == first || rowsOf(next)[0] == answers[0].Requirement {
		t.Error("a topic that is answered is still the first to answer")
	}
	answers = answers[:0]
	for _, id := range applying(t, w, slug) {
		answers = append(answers, requirement.Answer{Requirement: id, Status: requirement.Met, KnownBy: requirement.Attested, KnownOn: day0()})
	}
	must(t, w.s.requirements.Answer(ctx, w.actor, slug, answers))
	if done := w.open(t, path); done.Has(".answers") || !strings.Contains(done.Text("main"), "Alla krav är besvarade") || !done.Has(".tparts") {
		t.Error("a system that is done has a topic to answer first, or no topics")
	}
	answers = answers[len(answers)-1:]
	answers[0].Status = requirement.NotMet
	must(t, w.s.requirements.Answer(ctx, w.actor, slug, answers))
	if last := rowsOf(w.open(t, path)); last[len(last)-1] != answers[0].Requirement {
		t.Error("the topic with what is not met is not shown")
	}
}

// TestNextTopicReachesAll follows the links from the first topic to the last, and back.
func TestNextTopicReachesAll(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	slug := seed(t, w.d, w.s, w.actor, 4)[2].Slug
	page := w.open(t, "/system/"+slug+"/krav")
	topics := len(page.All(".tparts li"))
	steps := 1
	for page.Has(".beside [rel=next]") && steps <= topics {
		page = w.open(t, webtest.Attr(webtest.Find(page.Doc, ".beside [rel=next]"), "href"))
		steps++
	}
	back := 1
	for page.Has(".beside [rel=prev]") && back <= topics {
		page = w.open(t, webtest.Attr(webtest.Find(page.Doc, ".beside [rel=prev]"), "href"))
		back++
	}
	if steps != topics || back != topics {
		t.Errorf("of %d topics %d are reached onwards and %d back", topics, steps, back)
	}
}

// TestFilteredRequirementsComeInPages walks the pages of a filter: each requirement once, few enough forms on each.
func TestFilteredRequirementsComeInPages(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	slug := seed(t, w.d, w.s, w.actor, 4)[2].Slug
	ids := answerSome(t, w, slug, 20)
	total := 0
	for _, share := range w.open(t, "/system/"+slug+"/krav").All(".shares li") {
		said := numbers(webtest.Text(webtest.Find(share, "b")))[0]
		total += said
		seen := map[string]bool{}
		p := w.open(t, webtest.Attr(webtest.Find(share, "a"), "href"))
		for {
			rows := rowsOf(p)
			if len(rows) > rowsPerPage || len(p.Body) > largest {
				t.Errorf("%s: %d rows, %d bytes", p.URL, len(rows), len(p.Body))
			}
			for _, id := range rows {
				if seen[id] || !p.Has(`[name="status.`+id+`"]`) {
					t.Errorf("%s: %s comes twice, or cannot be answered", p.URL, id)
				}
				seen[id] = true
			}
			if !p.Has(".pager [rel=next]") {
				break
			}
			p = w.open(t, webtest.Attr(webtest.Find(p.Doc, ".pager [rel=next]"), "href"))
		}
		if len(seen) != said || said > 0 && numbers(p.Text(".chips b"))[0] != said {
			t.Errorf("%s: %d rows, the bar says %d", p.URL, len(seen), said)
		}
	}
	if total != len(ids) {
		t.Errorf("the bar sums to %d of %d", total, len(ids))
	}
}

// TestAnswerOnAPage answers on the second page of a filter, and in the topic shown first: the reader comes back to the same place.
func TestAnswerOnAPage(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	slug := seed(t, w.d, w.s, w.actor, 4)[2].Slug
	path := "/system/" + slug + "/krav"
	post := func(p *webtest.Page, to string) (string, string) {
		t.Helper()
		id := rowsOf(p)[1]
		fields := formOf(t, p, id)
		fields.Set("status."+id, "met")
		w.NoRedirects()
		answer := w.Post(webtest.Attr(webtest.Find(p.Doc, "form.answers"), "action"), fields)
		if answer.Status != http.StatusSeeOther || statusOf(t, w, slug, id).Status != requirement.Met {
			t.Fatalf("%s: status %d, saved %s", p.URL, answer.Status, statusOf(t, w, slug, id).Status)
		}
		return id, strings.TrimPrefix(answer.Header.Get("Location"), to)
	}
	if id, rest := post(w.open(t, path+"?slag=administrative&sida=2"), path); rest != "?slag=administrative&sida=2#krav-"+id {
		t.Errorf("from a page of a filter back to %q", rest)
	}
	if _, rest := post(w.open(t, path+"?status=okanda&sida=2"), path); rest != "?status=okanda&sida=2#rows" {
		t.Errorf("from a filter that no longer shows the answer back to %q", rest)
	}
	if id, rest := post(w.open(t, path), path); rest != "?omrade="+topicOf(t, w, id)+"#krav-"+id {
		t.Errorf("from the first topic back to %q", rest)
	}
}

// TestFaultKeepsThePage sees that a fault on a page of a filter shows what was sent, though somebody else has answered one of the rows.
func TestFaultKeepsThePage(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	slug := seed(t, w.d, w.s, w.actor, 4)[2].Slug
	path := "/system/" + slug + "/krav?status=okanda&sida=2"
	p := w.open(t, path)
	sent := rowsOf(p)
	fields := formOf(t, p, sent[0])
	fields.Set("status."+sent[0], "met")
	fields.Set("on."+sent[0], civil.Of(clock).AddDays(1).String())
	must(t, w.s.requirements.Answer(ctx, w.actor, slug, []requirement.Answer{{Requirement: sent[1], Status: requirement.Met, KnownBy: requirement.Attested, KnownOn: day0()}}))
	fields.Set("note."+sent[2], "Utan svar")
	after := w.Post(path, fields)
	if after.Status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", after.Status)
	}
	webtest.CheckDOM(t, after.Doc)
	if got := rowsOf(after); strings.Join(got, " ") != strings.Join(sent, " ") {
		t.Errorf("sent %v, shown %v", sent, got)
	}
	for _, id := range []string{sent[0], sent[2]} {
		if !after.Has(`[id="svar-`+id+`"][open]`) || !after.Has(`[id="krav-`+id+`"] [aria-invalid]`) {
			t.Errorf("%s: the fault is not shown", id)
		}
	}
	if after.Has(`[id="svar-` + sent[1] + `"][open]`) {
		t.Error("a row without a fault is open")
	}
}

// TestLinksLeadToTheRequirement follows the link of a requirement's page to the row among those of a system.
func TestLinksLeadToTheRequirement(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	slug := seed(t, w.d, w.s, w.actor, 4)[2].Slug
	ids := applying(t, w, slug)
	for _, id := range []string{ids[0], ids[len(ids)/2], ids[len(ids)-1]} {
		found := 0
		for _, a := range w.open(t, "/krav/"+id).All("tbody a") {
			href, err := url.Parse(webtest.Attr(a, "href"))
			must(t, err)
			if p := w.open(t, webtest.Attr(a, "href")); href.Fragment == "" || !p.Has(`[id="`+href.Fragment+`"] [name="status.`+id+`"]`) {
				t.Errorf("%s does not lead to %s", webtest.Attr(a, "href"), id)
			}
			found++
		}
		if found == 0 {
			t.Errorf("%s has no systems", id)
		}
	}
}
