// SPDX-License-Identifier: EUPL-1.2

package signin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/signin"
)

func rules(tb testing.TB) *signin.Rules {
	tb.Helper()
	r, err := signin.Load(data.Files)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func options(tb testing.TB) signin.Options {
	return signin.Options{Rules: rules(tb), Now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
}

func file(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// rows writes rows one a line, for comparing.
func rows(l *signin.Log, r *signin.Rules) (out []string) {
	for _, x := range l.Rows {
		j := r.Judge(x.Context, x.Methods)
		out = append(out, fmt.Sprintf("%s %s | %s | %s [%s] %d -> factors %d loa %d password %t", x.Day, x.Application, x.Path, x.Outcome, x.Methods, x.Count, j.Factors, j.LoA, j.Password))
	}
	return out
}

func TestFormats(t *testing.T) {
	o := options(t)
	broker, err := signin.ParseMapping(file(t, "broker.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file    string
		mapping *signin.Mapping
		format  string
		unread  int64
		want    []string
	}{
		{"entra.jsonl", nil, "entra", 1, []string{
			"2026-11-01 Treserva | Browser | success [pwd swk] 1 -> factors 2 loa 0 password false",
			"2026-11-01 Treserva | IMAP4 | success [pwd] 1 -> factors 1 loa 0 password true",
			"2026-11-02 (not kept) | Browser | success [mfa] 1 -> factors 2 loa 0 password false",
			"2026-11-02 Treserva | Browser | failure [] 1 -> factors 0 loa 0 password false",
			"2026-11-02 Treserva | Browser | success [] 1 -> factors 0 loa 0 password false",
			"2026-11-02 Treserva | Browser | interrupted [] 1 -> factors 2 loa 0 password false",
		}},
		{"keycloak.json", nil, "keycloak", 0, []string{
			"2026-11-01 lifecare |  | failure [] 1 -> factors 0 loa 0 password false",
			"2026-11-01 lifecare | openid-connect | success [pwd] 1 -> factors 1 loa 0 password true",
			"2026-11-01 lifecare | siths | success [] 1 -> factors 2 loa 3 password false",
		}},
		{"keycloak.log", nil, "keycloak-log", 0, []string{
			"2026-11-01 lifecare |  | failure [] 1 -> factors 0 loa 0 password false",
			"2026-11-01 lifecare | openid-connect | success [] 1 -> factors 0 loa 0 password false",
		}},
		{"adfs.xml", nil, "adfs", 0, []string{
			"2026-11-01 https://combine.example.se/saml | Extranet | success [mfa] 1 -> factors 2 loa 0 password false",
			"2026-11-01 https://combine.example.se/saml | Intranet | success [] 1 -> factors 1 loa 0 password true",
		}},
		{"shibboleth3.log", nil, "shibboleth", 0, []string{
			"2026-11-01 https://skola.example.se/shibboleth |  | success [] 1 -> factors 2 loa 0 password false",
			"2026-11-01 https://skola.example.se/shibboleth |  | success [] 1 -> factors 1 loa 0 password true",
		}},
		{"shibboleth4.log", nil, "shibboleth", 0, []string{
			"2026-11-01 https://skola.example.se/shibboleth |  | success [] 1 -> factors 2 loa 0 password false",
		}},
		{"simplesamlphp.log", nil, "simplesamlphp", 0, []string{
			"2026-11-01 https://etjanst.example.se/sp |  | failure [] 1 -> factors 0 loa 0 password false",
			"2026-11-01 https://etjanst.example.se/sp |  | success [] 2 -> factors 0 loa 0 password false",
		}},
		{"broker.csv", broker, "mapping", 0, []string{
			"2026-11-01 Barn; och utbildning | app | failure [] 1 -> factors 1 loa 0 password false",
			"2026-11-01 Barn; och utbildning | app | success [] 1 -> factors 1 loa 0 password false",
			"2026-11-01 Barn; och utbildning | app | success [] 1 -> factors 2 loa 3 password false",
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			o := o
			o.Mapping = c.mapping
			l, err := signin.Read(t.Context(), bytes.NewReader(file(t, c.file)), o)
			if err != nil {
				t.Fatal(err)
			}
			if l.Format != c.format || l.Unread != c.unread {
				t.Errorf("read as %s with %d unread, want %s with %d", l.Format, l.Unread, c.format, c.unread)
			}
			if diff := cmp.Diff(c.want, rows(l, o.Rules)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			nobody(t, l, o)
			again(t, l, file(t, c.file), o)
		})
	}
}

// nobody holds that nothing of those who signed in is in what comes of a log.
func nobody(t *testing.T, l *signin.Log, o signin.Options) {
	t.Helper()
	out, err := json.Marshal(o.Rules.Summarise(l, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"ega", "xempel", "192.0.2", "2001:db8", "norrsjo", "NORRSJO", "0000", "AAdz", "DATOR"} {
		if bytes.Contains(out, []byte(who)) {
			t.Errorf("%q of the one who signed in is in the result:\n%s", who, out)
		}
	}
}

// again reads the same log a byte at a time, and as Windows writes text.
func again(t *testing.T, l *signin.Log, text []byte, o signin.Options) {
	t.Helper()
	for name, r := range map[string]*bytes.Reader{"bytes": bytes.NewReader(text), "wide": bytes.NewReader(wide(text))} {
		got, err := signin.Read(t.Context(), iotest.OneByteReader(r), o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l.Rows, got.Rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// wide writes a text in UTF-16 with its mark, as PowerShell does.
func wide(b []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(b))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// TestWholeAnswers reads the same records as lines, as a list, as what Graph answers, and as several answers after one another.
func TestWholeAnswers(t *testing.T) {
	o := options(t)
	var records []string
	for line := range strings.Lines(string(file(t, "entra.jsonl"))) {
		if strings.HasPrefix(line, "{") {
			records = append(records, strings.TrimSpace(line))
		}
	}
	list := "[" + strings.Join(records, ",\n") + "]"
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(list), "", "  "); err != nil {
		t.Fatal(err)
	}
	answer := `{"@odata.context":"https://graph.example/$metadata#auditLogs/signIns","value":` + pretty.String() + `,"@odata.nextLink":"https://graph.example/next"}`
	want, err := signin.Read(t.Context(), strings.NewReader(strings.Join(records, "\n")), o)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"list": list, "pretty": pretty.String(), "answer": answer} {
		got, err := signin.Read(t.Context(), strings.NewReader(text), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want.Rows, got.Rows); diff != "" || got.Unread != 0 || got.Records != want.Records {
			t.Errorf("%s: %d records, %d unread, rows (-want +got):\n%s", name, got.Records, got.Unread, diff)
		}
	}
}

// TestSummary holds the sentence that logs are read for: so many were of two factors, and those by password all went one way.
func TestSummary(t *testing.T) {
	o := options(t)
	var b bytes.Buffer
	line := func(day int, client, requirement, method string, n int) {
		for range n {
			fmt.Fprintf(&b, `{"createdDateTime":"2026-11-%02dT08:00:00Z","appDisplayName":"Treserva","clientAppUsed":%q,"authenticationRequirement":%q,"status":{"errorCode":0},"authenticationDetails":[{"authenticationMethod":%q,"succeeded":true}]}`+"\n",
				day, client, requirement, method)
		}
	}
	line(28, "Browser", "multiFactorAuthentication", "Previously satisfied", 12259)
	line(27, "IMAP4", "singleFactorAuthentication", "Password", 212)
	line(1, "Browser", "singleFactorAuthentication", "Password", 3)
	l, err := signin.Read(t.Context(), &b, o)
	if err != nil {
		t.Fatal(err)
	}
	s := o.Rules.Summarise(l, 14)
	a := s.Applications[0]
	if a.SignIns != 12471 || a.TwoFactor != 12259 || a.Password != 212 || a.Share(a.TwoFactor) != 983 || a.Factors != 1 {
		t.Errorf("fourteen days: %+v", a)
	}
	if diff := cmp.Diff([]string{"IMAP4"}, a.PasswordPaths()); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if s.From.String() != "2026-11-27" || s.To.String() != "2026-11-28" {
		t.Errorf("period %s to %s", s.From, s.To)
	}
	if all := o.Rules.Summarise(l, 0).Applications[0]; all.Password != 215 {
		t.Errorf("the whole log: %+v", all)
	}
	one := signin.Tally{SignIns: 1_000_000, TwoFactor: 999_999}
	if one.Share(one.TwoFactor) != 999 {
		t.Error("nearly all is shown as all")
	}
}

// TestJudge holds what levels and methods mean together.
func TestJudge(t *testing.T) {
	r := rules(t)
	for _, c := range []struct {
		context, methods string
		want             signin.Judgement
	}{
		{"", "", signin.Judgement{}},
		{"", "pwd", signin.Judgement{Factors: 1, Password: true}},
		{"", "pwd pin", signin.Judgement{Factors: 1, Password: true}},
		{"", "otp", signin.Judgement{Factors: 1}},
		{"", "pwd sms", signin.Judgement{Factors: 2}},
		{"", "hwk", signin.Judgement{}},
		{"", "pwd something_new", signin.Judgement{}},
		{"", "mfa", signin.Judgement{Factors: 2}},
		{"http://id.elegnamnden.se/loa/1.0/loa3", "", signin.Judgement{Factors: 2, LoA: 3}},
		{"http://id.swedenconnect.se/loa/1.0/uncertified-loa3", "", signin.Judgement{Factors: 2}},
		{"http://id.sambi.se/loa/loa2", "", signin.Judgement{LoA: 2}},
		{"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "", signin.Judgement{Factors: 1, Password: true}},
		{"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "mfa", signin.Judgement{Factors: 2}},
		{"urn:example:unheard-of", "pwd", signin.Judgement{Factors: 1, Password: true}},
		{"urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified", "", signin.Judgement{}},
	} {
		if got := r.Judge(c.context, c.methods); got != c.want {
			t.Errorf("%s [%s]: %+v, want %+v", c.context, c.methods, got, c.want)
		}
	}
}

// TestNobodyIsKept gives names, numbers and addresses where applications should stand.
func TestNobodyIsKept(t *testing.T) {
	o := options(t)
	for _, who := range []string{
		"vega.exempel@norrsjo.example", `NORRSJO\vega`, "192.0.2.17", "192.0.2.17:443", "2001:db8::17", "[2001:db8::17]", "20121212-1212", "201212121212", "1212121212",
		"Journal för 20121212-1212", "https://journal.example/?pnr=20121212-1212", "urn:journal:201212121212", "från 192.0.2.17", "192.0.2.17, 10.0.0.1",
		"ip=2001:db8::17;", "+46 70 174 06 05", "070-174 06 05", "SE2321000016-1A2B", "https://norrsjo.example/vega@norrsjo.example",
	} {
		text, err := json.Marshal(map[string]any{"createdDateTime": "2026-11-01T07:00:00Z", "appDisplayName": who, "clientAppUsed": who, "authenticationRequirement": who, "status": map[string]int{"errorCode": 0}})
		if err != nil {
			t.Fatal(err)
		}
		o.Format = "entra"
		l, err := signin.Read(t.Context(), bytes.NewReader(text), o)
		if err != nil || len(l.Rows) != 1 {
			t.Fatalf("%s: %v, %+v", who, err, l)
		}
		if r := l.Rows[0]; r.Application != signin.NotKept || r.Path != signin.NotKept || r.Context != signin.NotKept || l.Left == 0 {
			t.Errorf("%s was kept: %+v", who, r)
		}
	}
	for _, what := range []string{"https://10.1.2.3/saml", "https://sts.example/12345678-1234-4aaa-9999-123456781234/", "Lifecare 4.2", "urn:lifecare:prod"} {
		text, _ := json.Marshal(map[string]any{"createdDateTime": "2026-11-01T07:00:00Z", "appDisplayName": what, "status": map[string]int{"errorCode": 0}})
		if l, err := signin.Read(t.Context(), bytes.NewReader(text), o); err != nil || len(l.Rows) != 1 || l.Rows[0].Application != what {
			t.Errorf("%s, which nobody is, was not kept: %+v, %v", what, l, err)
		}
	}
	var b bytes.Buffer
	b.WriteString("tid,vem\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "2026-11-01T07:00:00Z,Person %c%c%c\n", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)
	}
	o.Mapping = &signin.Mapping{ID: "wrong", Reads: "csv", Time: []string{"tid"}, Application: []string{"vem"}}
	if _, err := signin.Read(t.Context(), &b, o); !errors.Is(err, signin.ErrPersonal) {
		t.Errorf("a column of names was read as applications: %v", err)
	}
}

func TestPolicies(t *testing.T) {
	r := rules(t)
	p, err := r.ReadPolicies(bytes.NewReader(file(t, "policies.json")))
	if err != nil {
		t.Fatal(err)
	}
	if p.Read != 8 || p.Enforced != 6 || p.ReportOnly != 1 || p.Missing {
		t.Errorf("policies: %+v", p)
	}
	for _, c := range []struct {
		app      string
		factors  int
		excluded int
		because  []string
	}{
		{"app-treserva", 2, 0, []string{}},
		{"app-strength", 2, 0, []string{}},
		{"app-unnamed", 0, 3, []string{"excluded"}},
		{"app-old", 0, 1, []string{"excluded"}},
		{"app-device", 0, 0, []string{"alternative"}},
		{"app-weak", 0, 0, []string{"strength_weak"}},
		{"app-report", 0, 0, []string{"not_enforced"}},
		{"app-outside", 0, 0, []string{"conditional"}},
	} {
		d := p.Demand(c.app)
		if d.Factors != c.factors || d.Excluded != c.excluded || cmp.Diff(c.because, d.Because) != "" {
			t.Errorf("%s: %+v", c.app, d)
		}
	}
	missing, err := r.ReadPolicies(strings.NewReader(`{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}`))
	if err != nil || !missing.Missing || missing.Demand("app").Factors != 0 {
		t.Errorf("without permission: %+v, %v", missing, err)
	}
	if _, err := r.ReadPolicies(strings.NewReader(`{"hello":1}`)); !errors.Is(err, signin.ErrPolicy) {
		t.Errorf("what is no export was read: %v", err)
	}
}

// A condition that is not known here may let anybody through: a policy that has one shows nothing.
func TestUnknownConditions(t *testing.T) {
	const text = `[{"state":"enabled","conditions":{"applications":{"includeApplications":["app"]%s},"users":{"includeUsers":["All"]%s}%s},
		"grantControls":{"operator":"OR","builtInControls":["mfa"]}}]`
	for _, c := range []struct {
		applications, users, more string
		factors                   int
	}{
		{"", "", "", 2},
		{"", "", `,"agentRisk":["high"]`, 0},
		{"", `,"excludeSomebody":["x"]`, "", 0},
		{`,"excludeSomething":{"rule":"x"}`, "", "", 0},
		{`,"applicationFilter":null,"excludeSomething":[]`, `,"includeGroups":[],"excludeSomebody":null`, `,"agentRisk":null,"times@odata.type":"x"`, 2},
	} {
		p, err := rules(t).ReadPolicies(strings.NewReader(fmt.Sprintf(text, c.applications, c.users, c.more)))
		if err != nil {
			t.Fatal(err)
		}
		if d := p.Demand("app"); d.Factors != c.factors || (d.Factors == 0) != slices.Contains(d.Because, "conditional") {
			t.Errorf("%+v: %+v", c, d)
		}
	}
}

func TestMetadata(t *testing.T) {
	got, err := rules(t).ReadMetadata(bytes.NewReader(file(t, "metadata.xml")))
	if err != nil {
		t.Fatal(err)
	}
	want := []signin.Entity{
		{ID: "https://etjanst.example.se/sp", Service: true, Categories: []string{"http://id.elegnamnden.se/ec/1.0/loa3-pnr", "http://id.elegnamnden.se/sprop/1.0/mobile-auth"}, Certified: []string{}, Contexts: []string{}, LoA: 3},
		{ID: "https://idp.example.se/idp", Provider: true, Categories: []string{}, Certified: []string{"http://id.elegnamnden.se/loa/1.0/loa3", "http://id.swedenconnect.se/loa/1.0/uncertified-loa3"}, Contexts: []string{}, LoA: 3},
		{ID: "https://annan.example.se/sp", Service: true, Categories: []string{}, Certified: []string{}, Contexts: []string{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
	if _, err := rules(t).ReadMetadata(strings.NewReader(`<!DOCTYPE x [<!ENTITY a "b">]><x/>`)); !errors.Is(err, signin.ErrMetadata) {
		t.Errorf("a document type was read: %v", err)
	}
}

// TestSameMemory reads a log of 64 MB and one of 256 MB, and holds that the second needs no more memory than the first.
func TestSameMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads hundreds of megabytes")
	}
	o := options(t)
	block := sample(64 << 10)
	held := func(blocks int) uint64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		if _, err := signin.Read(t.Context(), &repeat{block: block, left: blocks * len(block)}, o); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := held(1<<10), held(4<<10)
	if large > small+small/10+1<<20 {
		t.Errorf("four times the log made %d bytes, and one time %d", large, small)
	}
	if large > 16<<20 {
		t.Errorf("%d bytes were made in all", large)
	}
}

// repeat gives the same block again and again.
type repeat struct {
	block    []byte
	at, left int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, errEnd
	}
	n := copy(p[:min(len(p), r.left)], r.block[r.at:])
	r.at = (r.at + n) % len(r.block)
	r.left -= n
	return n, nil
}

// TestFaultsTellOfNobody gives files that cannot be read, with somebody in every place that a parser could quote.
func TestFaultsTellOfNobody(t *testing.T) {
	o := options(t)
	const who = "Vega_Exempel"
	mapping := func(text string) error { _, err := signin.ParseMapping([]byte(text)); return err }
	policy := func(text string) error { _, err := o.Rules.ReadPolicies(strings.NewReader(text)); return err }
	metadata := func(text string) error { _, err := o.Rules.ReadMetadata(strings.NewReader(text)); return err }
	log := func(format, text string) error {
		read := o
		read.Format = format
		_, err := signin.Read(t.Context(), strings.NewReader(text), read)
		return err
	}
	for name, err := range map[string]error{
		"a log as a mapping":     mapping(who + ": " + who + "\n"),
		"a list as a mapping":    mapping("- " + who),
		"a wrong kind":           mapping("reads: csv\ncomma: [" + who + "]\n"),
		"an anchor":              mapping("reads: *" + who),
		"a log as policies":      policy(`{"value": "` + who + `"}`),
		"a word as policies":     policy(who),
		"a wrong policy":         policy(`[{"conditions": "` + who + `"}]`),
		"a wrong grant":          policy(`[{"displayName": "x", "grantControls": {"builtInControls": "` + who + `"}}]`),
		"a log as metadata":      metadata(who),
		"an element not ended":   metadata("<" + who + ">"),
		"elements that cross":    metadata("<a><" + who + "></a>"),
		"an entity of a name":    metadata("<a>&" + who + ";</a>"),
		"an attribute":           metadata("<a " + who + "></a>"),
		"a document type":        metadata("<!DOCTYPE " + who + " SYSTEM '" + who + "'><a/>"),
		"a form that is unknown": log("", who+" "+who+"\n"),
	} {
		if err == nil || strings.Contains(err.Error(), who) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
