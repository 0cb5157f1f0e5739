// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/signin"
)

// tlsRecord is a record of encryption as the process that measures writes it, of a host that takes some versions.
func tlsRecord(grade verdict.Quality, taken ...string) *probe.TLSRecord {
	a := probe.TLSAddress{IP: "192.0.2.1", Grade: string(grade), Versions: map[string]bool{}, Families: map[string]bool{}}
	for _, v := range versions {
		a.Versions[v] = slices.Contains(taken, v)
	}
	for _, v := range taken {
		q := map[string]verdict.Quality{"SSL 3.0": verdict.Insufficient, "TLS 1.0": verdict.PhaseOut, "TLS 1.1": verdict.PhaseOut, "TLS 1.2": verdict.Sufficient}[v]
		if q == "" {
			q = verdict.Good
		}
		a.Aspects = append(a.Aspects, verdict.Aspect{Name: "version", Value: v, Quality: q, Counts: true})
	}
	return &probe.TLSRecord{
		Schema: probe.TLSSchema, Host: "treserva.example.se", Port: 443, Grade: string(grade), Addresses: []probe.TLSAddress{a}, Limits: []string{},
		Started: evening.Format(time.RFC3339),
	}
}

// answering gives one record each time that something is measured, and keeps the order.
func (p *place) answering(t *testing.T, rec *probe.TLSRecord) *child.Order {
	t.Helper()
	kept := &child.Order{}
	p.Probe = func(_ context.Context, o *child.Order) (*child.Found, error) {
		*kept = *o
		return child.Parse(mustJSON(t, rec))
	}
	return kept
}

// Encryption is measured by two people's leave like sign-in, becomes evidence with its reasons in both languages, and is a task when it has
// become worse. It takes its host's whole day.
func TestEncryptionIsMeasured(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		self := access.SystemActor(p.asker.Organisation)
		x := p.approved(t, Target{Kind: Encryption, URL: "https://treserva.example.se/logga-in?a=b", Hosts: []string{"idp.example.se"}, SecondStep: true})
		o := p.answering(t, tlsRecord(verdict.Sufficient, "TLS 1.2", "TLS 1.3"))
		if err := p.measure(t.Context(), self, x.ID); err != nil {
			t.Fatal(err)
		}
		if o.Kind != Encryption || o.URL != "https://treserva.example.se/" || len(o.Allow) != 0 || o.SecondStep || o.Scripts {
			t.Errorf("the order: %+v", o)
		}
		if err := p.measure(t.Context(), self, x.ID); !errors.Is(err, ErrManners) {
			t.Errorf("a second measurement of the day: %v", err)
		}
		p.now = p.now.AddDate(0, 0, 1)
		p.answering(t, tlsRecord(verdict.PhaseOut, "TLS 1.0", "TLS 1.2", "TLS 1.3"))
		if err := p.measure(t.Context(), self, x.ID); err != nil {
			t.Fatal(err)
		}
		of, err := p.Evidence.List(t.Context(), p.asker, p.sys.Slug)
		if err != nil || len(of.Records) != 2 {
			t.Fatalf("%v, %d records", err, len(of.Records))
		}
		first, second := of.Records[0], of.Records[1]
		if first.Kind != "EV_TLS" || first.Subject != evidence.SubjectTLS || first.Outcome != evidence.For || first.Quality != verdict.Sufficient || first.Hash == "" {
			t.Errorf("the first: %+v", first)
		}
		if second.Outcome != evidence.Against || second.Quality != verdict.PhaseOut {
			t.Errorf("the second: %+v", second)
		}
		for lang, want := range map[string]string{
			"sv": "Krypteringen på treserva.example.se:443: Bör fasas ut. Det sämsta av det som räknas avgör. Servern tar emot TLS 1.0: Bör fasas ut. TLS 1.0 är äldre än TLS 1.2, som kravet begär.",
			"en": "The encryption of treserva.example.se:443: To be phased out. The worst of what counts decides. The server takes TLS 1.0: To be phased out. TLS 1.0 is older than TLS 1.2, which the requirement asks for.",
		} {
			if got := strings.Join(second.Detail.Why(localesIn(t, lang)), " "); got != want {
				t.Errorf("%s: %s", lang, got)
			}
		}
		if len(of.Shifts) != 1 || of.Shifts[0].Direction != evidence.Worse || of.Shifts[0].Was != "sufficient" || of.Shifts[0].Became != "phase_out" {
			t.Errorf("what has become worse: %+v", of.Shifts)
		}
		one, err := p.Open(t.Context(), p.asker, x.ID)
		if err != nil || len(one.Results) != 2 || one.Results[0].Quality != verdict.PhaseOut || one.Results[0].Found.TLS == nil {
			t.Errorf("%v, %+v", err, one.Results)
		}
	})
}

func TestWhatEncryptionShows(t *testing.T) {
	silent := tlsRecord(verdict.Sufficient, "TLS 1.2")
	delete(silent.Addresses[0].Versions, "TLS 1.0")
	untrusted := tlsRecord(verdict.Insufficient, "TLS 1.3")
	untrusted.Addresses[0].Aspects = append(untrusted.Addresses[0].Aspects, verdict.Aspect{Name: "certificate", Value: notTrusted, Quality: verdict.Insufficient, Counts: true})
	none := tlsRecord(verdict.Unmeasured)
	none.Addresses = nil
	for name, c := range map[string]struct {
		rec     *probe.TLSRecord
		private bool
		want    evidence.Outcome
	}{
		"good":                              {tlsRecord(verdict.Good, "TLS 1.3"), false, evidence.For},
		"sufficient":                        {tlsRecord(verdict.Sufficient, "TLS 1.2"), false, evidence.For},
		"too old":                           {tlsRecord(verdict.PhaseOut, "TLS 1.1", "TLS 1.2"), false, evidence.Against},
		"to be phased out, and not too old": {tlsRecord(verdict.PhaseOut, "TLS 1.2"), false, evidence.Unclear},
		"a version without a clear answer":  {silent, false, evidence.Unclear},
		"an issuer that nobody trusts":      {untrusted, false, evidence.Against},
		"an issuer of one's own, inside":    {untrusted, true, evidence.Unclear},
		"nothing reached":                   {none, false, evidence.Unclear},
	} {
		if got := outcomeOf(&Target{Private: c.private}, c.rec); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		for _, lang := range []string{"sv", "en"} {
			for _, b := range encryptionBecause(&Target{Private: c.private}, c.rec) {
				if text := b.In(localesIn(t, lang)); strings.Contains(text, "[") || strings.Contains(text, "<no value>") {
					t.Errorf("%s, %s: %s", name, lang, text)
				}
			}
		}
	}
}

// What was seen of a certificate counts no longer than the certificate does.
func TestEvidenceOfEncryptionEndsWithTheCertificate(t *testing.T) {
	p := newPlace(t, dbtest.SQLite(t))
	self := access.SystemActor(p.asker.Organisation)
	x := p.approved(t, Target{Kind: Encryption, URL: "https://treserva.example.se/"})
	for _, days := range []int{20, 400, -3, 0} {
		rec := tlsRecord(verdict.Good, "TLS 1.3")
		rec.Addresses[0].TLS.NotAfter = p.now.AddDate(0, 0, days).Add(time.Hour).Format(time.RFC3339)
		p.answering(t, rec)
		if err := p.measure(t.Context(), self, x.ID); err != nil {
			t.Fatal(err)
		}
		of, err := p.Evidence.List(t.Context(), p.asker, p.sys.Slug)
		if err != nil {
			t.Fatal(err)
		}
		want := civil.Of(p.now).AddDays(90)
		switch days {
		case 20:
			want = civil.Of(p.now).AddDays(20)
		case 0:
			want = civil.Of(p.now).AddDays(1)
		}
		if got := of.Records[len(of.Records)-1].Expires; got != want {
			t.Errorf("a certificate that ends in %d days: the evidence ends %s, want %s", days, got, want)
		}
		p.now = p.now.AddDate(0, 0, 1)
	}
}

// An agent hands in the encryption of the host that it was told to measure, and of no other.
func TestAnAgentsRecordOfEncryptionFits(t *testing.T) {
	x := Target{Kind: Encryption, URL: "https://treserva.example.se/"}
	rec := tlsRecord(verdict.Good, "TLS 1.3")
	for name, c := range map[string]struct {
		change func(*probe.TLSRecord)
		login  bool
		want   bool
	}{
		"its own":      {func(*probe.TLSRecord) {}, false, true},
		"another host": {func(r *probe.TLSRecord) { r.Host = "annan.example.se" }, false, false},
		"another port": {func(r *probe.TLSRecord) { r.Port = 8443 }, false, false},
		"a sign-in":    {func(*probe.TLSRecord) {}, true, false},
	} {
		mine := *rec
		c.change(&mine)
		f := &child.Found{TLS: &mine}
		if c.login {
			f = &child.Found{Login: &probe.Record{URL: x.URL}}
		}
		if got := about(&x, f); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if about(&Target{Kind: Login, URL: x.URL}, &child.Found{TLS: rec}) {
		t.Error("encryption was taken for a sign-in")
	}
}

func TestEncryptionIsAskedForOfEncryptedPages(t *testing.T) {
	p := newPlace(t, dbtest.SQLite(t))
	for kind, want := range map[string]error{Encryption: ErrEncrypted, "annat": ErrKind} {
		_, err := p.Ask(t.Context(), p.asker, Target{Kind: kind, System: p.sys.ID, URL: "http://x.example.se/", Zone: LAN, Expires: civil.Of(p.now).AddDays(30)}, "skäl")
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// A measurement is made anew before its evidence ends, also when the target would not be due by itself.
func TestWhatEndsSoonIsMeasuredAnew(t *testing.T) {
	p := newPlace(t, dbtest.SQLite(t))
	self := access.SystemActor(p.asker.Organisation)
	x := p.approved(t, Target{Kind: Encryption, URL: "https://treserva.example.se/"})
	rec := tlsRecord(verdict.Good, "TLS 1.3")
	rec.Addresses[0].TLS.NotAfter = p.now.AddDate(0, 0, 20).Format(time.RFC3339)
	p.answering(t, rec)
	if err := p.measure(t.Context(), self, x.ID); err != nil {
		t.Fatal(err)
	}
	due := func() time.Time {
		one, err := p.Open(t.Context(), p.asker, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		return one.Target.Due
	}
	for _, c := range []struct {
		day  int
		want bool
	}{{5, false}, {16, true}} { // it lives for 20 days, and is to be made anew in its last third
		p.now = evening.AddDate(0, 0, c.day)
		if err := p.Evidence.Tick(t.Context(), self); err != nil {
			t.Fatal(err)
		}
		if got := due().Before(p.now); got != c.want {
			t.Errorf("day %d: due %s", c.day, due())
		}
	}
}

// A private network takes two people, a day to end, and a reason; and what nobody may reach is in none.
func TestPrivateNetworksAreApproved(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		self := access.SystemActor(p.asker.Organisation)
		cidr := netip.MustParsePrefix("10.20.0.0/16")
		x := p.approved(t, Target{URL: "https://treserva.example.se/", Private: true})
		ordered := func() []netip.Prefix {
			t.Helper()
			var got []netip.Prefix
			p.Probe = func(_ context.Context, o *child.Order) (*child.Found, error) {
				got = o.Ranges
				return child.Parse(record(t, o.URL, p.now))
			}
			if err := p.measure(t.Context(), self, x.ID); err != nil {
				t.Fatal(err)
			}
			p.now = p.now.AddDate(0, 0, 1)
			if got == nil {
				t.Fatal("no networks at all, which would be any")
			}
			return got
		}
		if got := ordered(); len(got) != 0 {
			t.Errorf("before anybody approved: %v", got)
		}
		r, err := p.AskNetwork(t.Context(), p.asker, Range{CIDR: cidr, Expires: civil.Of(p.now).AddDays(30)}, "servrarna står där")
		if err != nil {
			t.Fatal(err)
		}
		if got := ordered(); len(got) != 0 {
			t.Errorf("before another person approved: %v", got)
		}
		p.approveOf(t, KindRange, r.ID.String())
		if got := ordered(); !slices.Equal(got, []netip.Prefix{cidr}) {
			t.Errorf("approved: %v", got)
		}
		if _, err := p.AskNetwork(t.Context(), p.asker, Range{CIDR: cidr, Expires: civil.Of(p.now).AddDays(30)}, "igen"); !errors.Is(err, ErrRangeStands) {
			t.Errorf("asked twice: %v", err)
		}
		p.now = p.now.AddDate(0, 0, 30)
		if got := ordered(); len(got) != 0 {
			t.Errorf("after its end: %v", got)
		}
		if r, err = p.AskNetwork(t.Context(), p.asker, Range{CIDR: cidr, Expires: civil.Of(p.now).AddDays(30)}, "på nytt"); err != nil {
			t.Fatal(err)
		}
		p.approveOf(t, KindRange, r.ID.String())
		if err := p.EndNetwork(t.Context(), p.asker, r.ID); err != nil {
			t.Fatal(err)
		}
		if got := ordered(); len(got) != 0 {
			t.Errorf("ended by one person: %v", got)
		}
		list, err := p.Networks(t.Context(), p.asker)
		if err != nil || len(list.Ranges) != 2 || list.Ranges[0].State(list.Today) != Ended || list.Ranges[1].State(list.Today) != Expired {
			t.Errorf("%v, %+v", err, list.Ranges)
		}
		if _, err := p.AskNetwork(t.Context(), p.asker, Range{CIDR: cidr, Expires: civil.Of(p.now).AddMonths(13)}, "för länge"); !errors.Is(err, ErrExpires) {
			t.Errorf("for more than a year: %v", err)
		}
	})
}

func TestNetworksThatNobodyApproves(t *testing.T) {
	for _, text := range []string{
		"", "10.0.0.0", "10.20.0.1/16", "10.0.0.0/8", "172.16.0.0/12", "127.0.0.0/16", "169.254.0.0/16", "169.254.169.254/32", "100.64.0.0/16", "100.100.100.200/32",
		"0.0.0.0/0", "8.8.8.0/24", "192.0.2.0/24", "224.0.0.0/16", "::1/128", "fe80::/64", "fd00:ec2::/48", "fd00::/8", "2001:db8::/48", "::ffff:10.0.0.0/112", "fe80::1%eth0/128",
	} {
		if p, err := ParseRange(text); !errors.Is(err, ErrRange) {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
	for _, text := range []string{"10.20.0.0/16", "172.31.255.0/24", "192.168.1.1/32", " fd12:3456:789a::/48"} {
		if _, err := ParseRange(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Scripts are off until somebody who may has let them run; then the server's own browser is named, and of an agent the server names none.
func TestScriptsAreAllowed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		p.Browser = "/usr/bin/chromium"
		self := access.SystemActor(p.asker.Organisation)
		x := p.approved(t, Target{URL: "https://treserva.example.se/"})
		var got child.Order
		p.Probe = func(_ context.Context, o *child.Order) (*child.Found, error) {
			got = *o
			return child.Parse(record(t, o.URL, p.now))
		}
		measure := func() {
			t.Helper()
			if err := p.measure(t.Context(), self, x.ID); err != nil {
				t.Fatal(err)
			}
		}
		if measure(); got.Scripts {
			t.Error("scripts are run though nobody has allowed it")
		}
		coordinator := p.asker
		coordinator.Roles = []access.Role{access.Coordinator}
		if err := p.AllowScripts(t.Context(), coordinator); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a coordinator allowed it: %v", err)
		}
		stale := p.asker
		stale.Fresh = false
		if err := p.AllowScripts(t.Context(), stale); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("without a fresh sign-in: %v", err)
		}
		if err := p.AllowScripts(t.Context(), p.asker); err != nil {
			t.Fatal(err)
		}
		p.now = p.now.AddDate(0, 0, 1)
		if measure(); !got.Scripts || got.Browser != p.Browser {
			t.Errorf("allowed: %+v", got)
		}
		if err := p.measure(t.Context(), self, x.ID); !errors.Is(err, ErrManners) {
			t.Errorf("a second measurement of the day: %v", err)
		}
		if err := p.ForbidScripts(t.Context(), coordinator); err != nil {
			t.Fatal(err)
		}
		p.now = p.now.AddDate(0, 0, 1)
		if measure(); got.Scripts {
			t.Error("scripts are run though they are forbidden")
		}
	})
}

// A server cannot have an agent's machine start a program: the agent names its own browser, or none.
func TestAnAgentRunsItsOwnBrowser(t *testing.T) {
	for _, own := range []string{"", "/opt/chromium"} {
		var got string
		r := &Runner{Browser: own, Server: willing{}, Log: slog.New(slog.DiscardHandler), Probe: func(_ context.Context, o *child.Order) (*child.Found, error) {
			got = o.Browser
			return nil, child.ErrChild
		}}
		r.one(t.Context(), &Task{ID: "1", Host: "a:443", Order: child.Order{URL: "https://a/", Scripts: true, Browser: "/bin/evil"}})
		if got != own {
			t.Errorf("the agent's own is %q, and %q would be started", own, got)
		}
	}
}

// willing lets everything begin.
type willing struct{ Server }

func (willing) Begin(context.Context, ids.ID[Agent], string) error { return nil }

// What logs, policies and metadata show is told in both languages, and nothing of it is left unsaid.
func TestReasonsInBothLanguages(t *testing.T) {
	log := &signin.Application{
		Tally: signin.Tally{SignIns: 1200, TwoFactor: 900, Unknown: 3, Password: 297},
		Paths: []signin.PathTally{{Path: "IMAP4", Tally: signin.Tally{Password: 297}}},
	}
	policy := &signin.PolicyApplication{
		Because: []string{"excluded", "not_everybody", "conditional", "alternative", "not_enforced", "strength_unknown", "strength_weak"}, Excluded: 2,
	}
	for name, c := range map[string]struct {
		because []evidence.Because
		sv, en  string
	}{
		"log": {
			logBecause(log), "75\u00a0% av 1\u00a0200 inloggningar var med minst två faktorer; 297 var med lösenord, alla genom IMAP4. För 3 säger loggen inte hur många faktorer det var. Räknat på loggens senaste 30 dagar.",
			"75% of 1,200 sign-ins were with at least two factors; 297 were by password, all through IMAP4. For 3, the log does not say how many factors there were. Counted over the last 30 days of the log.",
		},
		"nobody":           {logBecause(&signin.Application{}), "Ingen inloggning lyckades.", "No sign-in succeeded."},
		"policy":           {policyBecause(policy), "Vad reglerna kräver av alla är okänt. Någon är undantagen. Regeln gäller inte alla. Regeln gäller bara ibland. Något annat än två faktorer räcker. Regeln rapporterar bara. Det framgår inte vad styrkan tillåter. Styrkan tillåter en faktor. 2 undantag.", ""},
		"policy of all":    {policyBecause(&signin.PolicyApplication{Factors: 2}), "Reglerna kräver minst två faktorer av alla, utan undantag.", ""},
		"metadata":         {entityBecause(&signin.Entity{LoA: 3}), "Tjänsten anger själv tillitsnivå 3. Det visar inte att den kräver den.", "The service itself declares level of assurance 3. That does not show that it demands it."},
		"metadata of none": {entityBecause(&signin.Entity{}), "Tjänsten anger ingen granskad tillitsnivå.", ""},
	} {
		for lang, want := range map[string]string{"sv": c.sv, "en": c.en} {
			d := evidence.Detail{Because: c.because}
			got := strings.Join(d.Why(localesIn(t, lang)), " ")
			if want != "" && got != want || strings.Contains(got, "[") || strings.Contains(got, "<no value>") {
				t.Errorf("%s, %s: %q, want %q", name, lang, got, want)
			}
		}
	}
	both := evidence.Detail{Because: evidence.Told([]string{"Sidan tar emot lösenord."}, []string{"The page takes a password."})}
	if sv, en := both.Why(localesIn(t, "sv"))[0], both.Why(localesIn(t, "en"))[0]; sv != "Sidan tar emot lösenord." || en != "The page takes a password." {
		t.Errorf("what data has in words: %q, %q", sv, en)
	}
}
