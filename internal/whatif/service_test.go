// SPDX-License-Identifier: EUPL-1.2

package whatif_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"log/slog"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
	"github.com/insegel/insegel/internal/whatif"
)

// desk is an organisation with a system for pupils and one for roads.
type desk struct {
	*whatif.Service
	t     *testing.T
	actor access.Actor
	texts *locale.Bundle
}

func open(t *testing.T, d *db.DB) *desk {
	t.Helper()
	d.Now = func() time.Time { return time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC) }
	b, err := locale.NewBundle(map[string]string{"web": web.Messages, "requirement": requirement.Messages, "whatif": whatif.Messages})
	if err != nil {
		t.Fatal(err)
	}
	f := &desk{t: t, actor: dbtest.Organisation(t, d, "norrsjo"), texts: b}
	f.Service = &whatif.Service{DB: d, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(cataloguetest.Load(t))}, Data: data.Files}
	for name, facts := range map[string][]catalogue.Statement{
		"Elevregistret": {{Fact: "area", Value: "skola"}, {Fact: "children", Value: "yes"}},
		"Vägregistret":  {{Fact: "area", Value: "tekniska"}, {Fact: "children", Value: "no"}},
	} {
		sys := system.New(name)
		sys.Facts = facts
		if _, err := (&system.Service{DB: d}).Create(t.Context(), f.actor, sys); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *desk) load() whatif.Draft {
	f.t.Helper()
	d, err := f.Load(f.t.Context(), f.actor, whatif.Draft{Name: "Exempellagen", Files: example(f.t)})
	if err != nil {
		f.t.Fatal(err)
	}
	return d
}

// tallies are the requirements that apply to every system by what is adopted.
func (f *desk) tallies() map[string]requirement.Tally {
	f.t.Helper()
	out := map[string]requirement.Tally{}
	for _, slug := range []string{"elevregistret", "vagregistret"} {
		v, err := f.Requirements.View(f.t.Context(), f.actor, slug, f.texts.In("sv"))
		if err != nil {
			f.t.Fatal(err)
		}
		out[slug] = v.Tally
	}
	return out
}

// A draft shows what it would change, for the systems that it would change it for, and nothing that is derived changes.
func TestDraftOfAnOrganisation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f, ctx := open(t, d), t.Context()
		before := f.tallies()
		draft := f.load()
		v, err := f.Open(ctx, f.actor, draft.ID, f.texts.In("sv"))
		if err != nil {
			t.Fatal(err)
		}
		r := rowOf(t, v.Requirements, "exempel-barn-behov-just-nu")
		if v.Systems != 2 || r.Gained != 1 || r.Gap.Unknown != 1 || r.Example != "Elevregistret" || len(r.Because) == 0 {
			t.Errorf("%d systems: %+v", v.Systems, r)
		}
		one, err := f.Requirement(ctx, f.actor, draft.ID, r.ID, f.texts.In("en"))
		if err != nil || len(one.Systems) != 1 || one.Systems[0].What != whatif.Gained || one.Systems[0].Slug != "elevregistret" || one.Before != nil || one.After == nil {
			t.Errorf("%v: %+v", err, one.Systems)
		}
		if _, err := f.Requirement(ctx, f.actor, draft.ID, "kryptering-trafik-tls", f.texts.In("sv")); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("a requirement that the draft does not touch: %v", err)
		}
		if diff := cmp.Diff(before, f.tallies()); diff != "" {
			t.Errorf("what is derived has changed:\n%s", diff)
		}
		other := dbtest.Organisation(t, d, "annan")
		if _, err := f.Open(ctx, other, draft.ID, f.texts.In("sv")); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation opens it: %v", err)
		}
		if err := f.Remove(ctx, other, draft.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation removes it: %v", err)
		}
		n, err := f.Nation(ctx, f.actor, draft.ID, f.texts.In("sv"))
		if err != nil || len(n.Municipalities) != 290 || n.Kept {
			t.Errorf("%v: %d municipalities", err, len(n.Municipalities))
		}
		if err := f.Remove(ctx, f.actor, draft.ID); err != nil {
			t.Error(err)
		}
		if list, err := f.List(ctx, f.actor); err != nil || len(list) != 0 {
			t.Errorf("%v: %d drafts are left", err, len(list))
		}
	})
}

// Who reaches one unit only is told of no system outside it.
func TestDraftWithinReach(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	draft := f.load()
	owner := access.Actor{ID: "owner", Organisation: f.actor.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: "somewhere"}}}
	v, err := f.Open(t.Context(), owner, draft.ID, f.texts.In("sv"))
	if err != nil || v.Systems != 0 || v.Affected != 0 {
		t.Errorf("%v: %d systems are told of", err, v.Systems)
	}
	if _, err := f.Load(t.Context(), owner, whatif.Draft{Name: "x", Files: example(t)}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("loaded: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	var problems catalogue.Problems
	for name, tc := range map[string]struct {
		d    whatif.Draft
		want error
	}{
		"no name": {whatif.Draft{Files: example(t)}, whatif.ErrName},
		"long":    {whatif.Draft{Name: strings.Repeat("x", 121), Files: example(t)}, whatif.ErrName},
	} {
		if _, err := f.Load(t.Context(), f.actor, tc.d); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, files := range map[string][]catalogue.DraftFile{"none": nil, "many": make([]catalogue.DraftFile, 41), "large": {{Name: "x.yaml", Text: strings.Repeat("#", 1<<20+1)}}} {
		if _, err := f.Load(t.Context(), f.actor, whatif.Draft{Name: "x", Files: files}); !errors.As(err, &problems) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An archive gives its YAML files, and nothing that is too large or hides elsewhere.
func TestUnpack(t *testing.T) {
	pack := func(files map[string]string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range files {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write([]byte(text))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	got, err := whatif.Unpack("x.zip", pack(map[string]string{"law/a.yaml": "a", "b.yml": "b", "readme.txt": "c"}))
	if err != nil || len(got) != 2 || !slices.ContainsFunc(got, func(f catalogue.DraftFile) bool { return f.Name == "law/a.yaml" && f.Text == "a" }) {
		t.Errorf("%v: %+v", err, got)
	}
	for name, tc := range map[string]struct {
		body []byte
		want error
	}{
		"no archive": {[]byte("PK"), whatif.ErrZip},
		"bomb":       {pack(map[string]string{"a.yaml": strings.Repeat("#", 1<<20+1)}), whatif.ErrLarge},
		"nothing":    {pack(map[string]string{"a.txt": "x"}), whatif.ErrNoFiles},
	} {
		if _, err := whatif.Unpack("x.zip", tc.body); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// site serves the pages.
func (f *desk) site() *webtest.Client {
	f.t.Helper()
	x := web.NewSite(f.texts, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return f.actor, web.Viewer{Name: "Prov"}, true },
	})
	(&whatif.Pages{Service: f.Service}).Routes(x)
	return webtest.Start(f.t, x)
}

// upload sends a draft as the form does.
func upload(t *testing.T, w *webtest.Client, name, file, text string) *webtest.Page {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	err := m.WriteField("namn", name)
	part, e := m.CreateFormFile("fil", file)
	if e == nil {
		_, e = part.Write([]byte(text))
	}
	if err = errors.Join(err, e, m.Close()); err != nil {
		t.Fatal(err)
	}
	r := w.Request(http.MethodPost, whatif.Place, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.Do(r)
}

// Every page of a draft says that it is one, and so does every file.
func TestPages(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	w := f.site()
	webtest.CheckDOM(t, w.Get(whatif.Place).Doc)
	for file, want := range map[string]string{"x.txt": "slutar på .yaml", "x.zip": "Arkivet går inte att läsa"} {
		if p := upload(t, w, "Prov", file, "x"); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("main"), want) {
			t.Errorf("%s: %d %s", file, p.Status, p.Text("main"))
		}
	}
	p := upload(t, w, "Prov", "fel.yaml", "catalogue: law\nversion: x\nremove: [FINNS-EJ]\n")
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("main"), `there is no row "FINNS-EJ"`) {
		t.Errorf("a faulty draft: %d %s", p.Status, p.Text("main"))
	}
	webtest.CheckDOM(t, p.Doc)
	if p = upload(t, w, "Exempellagen", "exempel.yaml", example(t)[0].Text); p.Status != http.StatusOK {
		t.Fatalf("loaded: %d %s", p.Status, p.Text("main"))
	}
	list, err := f.List(t.Context(), f.actor)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v: %d drafts", err, len(list))
	}
	at := whatif.Place + "/" + list[0].ID.String()
	for _, path := range []string{at, at + "/nationen", at + "/krav/exempel-barn-behov-just-nu", at + "/krav/leverantor-avtal-exitplan", at + "/krav/inloggning-alla-ingangar-forteckning"} {
		p := w.Get(path)
		if strings.Contains(path, "exitplan") || strings.Contains(path, "ingangar") { // may touch no system of these, and is then told all the same
			if p.Status != http.StatusOK {
				t.Errorf("%s: %d", path, p.Status)
			}
		}
		if !strings.Contains(p.Text("main"), "Utkast: ingenting är infört") {
			t.Errorf("%s does not say that it is a draft: %s", path, p.Text("main"))
		}
		webtest.CheckDOM(t, p.Doc)
	}
	for _, path := range []string{at + "/tabell", at + "/nationen/tabell", at + "/krav/exempel-barn-behov-just-nu/tabell"} {
		if p := w.Get(path); p.Status != http.StatusOK || !strings.Contains(p.Body, "exempel-1") {
			t.Errorf("%s: %d, and no row says which draft it is of", path, p.Status)
		}
	}
	if p := w.Get(at + "/tabell?format=xlsx"); p.Status != http.StatusOK || !strings.HasPrefix(p.Body, "PK") {
		t.Errorf("the workbook: %d", p.Status)
	}
	if p := w.Get(whatif.Place + "/" + ids.New[whatif.Draft]().String()); p.Status != http.StatusNotFound {
		t.Errorf("a draft that is not there: %d", p.Status)
	}
}
