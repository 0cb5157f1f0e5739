// SPDX-License-Identifier: EUPL-1.2

package signin_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/signin"
)

// invented is a log of a form that nobody knows, with values in one column, each of so many sign-ins.
func invented(values []string, each int) []byte {
	var b bytes.Buffer
	b.WriteString("tid;vad;vem\n")
	for _, v := range values {
		for range each {
			fmt.Fprintf(&b, "2026-11-01T07:00:00Z;Treserva;\"%s\"\n", strings.ReplaceAll(v, `"`, `""`))
		}
	}
	return b.Bytes()
}

// wrong is a mapping that takes the column of who signed in for a fact.
func wrong(fact string) *signin.Mapping {
	m := &signin.Mapping{ID: "own", Reads: "csv", Comma: ";", Time: []string{"tid"}, Application: []string{"vad"}}
	switch fact {
	case "application":
		m.Application = []string{"vem"}
	case "path":
		m.Path = []string{"vem"}
	case "context":
		m.Context = []string{"vem"}
	case "methods":
		m.Methods = []signin.Method{{At: "vem"}}
	}
	return m
}

var people = map[string][]string{
	"one name":            {"Vega Exempelsson"},
	"two names":           {"Vega Exempelsson", "Anna-Lena Provström"},
	"names backwards":     {"Exempelsson, Vega", "Provström, Anna"},
	"names in capitals":   {"VEGA EXEMPELSSON"},
	"accounts of names":   {"vega.exempelsson", "anna_provstrom2"},
	"a name among many":   {"Treserva", "Lifecare", "Procapita", "Vega Exempelsson"},
	"first names":         {"Vega", "Anna", "Malte"},
	"surnames":            {"Exempelsson", "Provström", "Berg"},
	"names few know":      {"Xqvz Zhranguo", "Anna Qwertzui", "Oplk Mnbvcxy", "Vega Lkjhgfd"},
	"addresses":           {"vega@norrsjo.example", "malte@norrsjo.example"},
	"first names as last": {"Hussein, Adam"},
	"national numbers":    {"20121212-1212", "201212121212"},
	"accounts of numbers": {"vegexe01", "annpro14", "malpal03"},
	"staff numbers":       {"104512", "104513", "104999"},
	"accounts of letters": {"vegber", "annlin", "malpal", "treserva"},
	"of one length":       {"abcdef", "bcdefg", "cdefgh", "defghi", "efghij", "fghijk", "ghijkl", "hijklm"},
	"objects":             {"12345678-1234-4aaa-9999-123456781234", "22345678-1234-4aaa-9999-123456781234", "32345678-1234-4aaa-9999-123456781234"},
	"domain accounts":     {`NORRSJO\vega`, `NORRSJO\malte`},
	"employees":           {"SE2321000016-1A2B", "SE2321000016-1A2C"},
}

// TestPeopleAreNoApplications maps the column of who signed in as each of the facts that are kept. Few people make few values: nothing of them is
// kept all the same, and the fault says which fact it is.
func TestPeopleAreNoApplications(t *testing.T) {
	o := options(t)
	for name, who := range people {
		for _, fact := range []string{"application", "path", "context"} {
			o.Mapping = wrong(fact)
			_, err := signin.Read(t.Context(), bytes.NewReader(invented(who, 200)), o)
			var p *signin.PersonalError
			if !errors.As(err, &p) || p.Fact != fact || !errors.Is(err, signin.ErrPersonal) {
				t.Errorf("%s as %s: %v", name, fact, err)
				continue
			}
			for _, v := range who {
				if strings.Contains(err.Error(), v) {
					t.Errorf("%s: the fault quotes somebody: %v", name, err)
				}
			}
		}
	}
	o.Mapping = wrong("methods")
	if _, err := signin.Read(t.Context(), bytes.NewReader(invented([]string{"vegexe01", "annpro14", "malpal03"}, 200)), o); !errors.Is(err, signin.ErrPersonal) {
		t.Errorf("accounts as methods: %v", err)
	}
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("Någon %c%c", 'A'+i%26, 'q'+i/26))
	}
	o.Mapping = wrong("application")
	if _, err := signin.Read(t.Context(), bytes.NewReader(invented(many, 20)), o); !errors.Is(err, signin.ErrPersonal) {
		t.Errorf("as many values as people: %v", err)
	}
}

// TestFieldsOfPeople refuses a mapping that takes a fact from a field that by its name holds people or their machines, before anything is read. A list
// of the applications settles it.
func TestFieldsOfPeople(t *testing.T) {
	const head = "reads: json\ntime: [tid]\n"
	for text, fact := range map[string]string{
		"application: [userPrincipalName]": "application", "application: [program, user.id]": "application", "application: [app.id, resource.name]": "", "application: [program, event.user_name]": "application",
		"application: [Användarnamn]": "application", "application: [vad]\npath: [ipAddress]": "path", "application: [vad]\ncontext: [E-post]": "context",
		"application: [vad]\nmethods: [{at: konto}]": "methods", "application: [vad]\nmethods: [{at: steg, key: subject}]": "methods",
		"application: [user]\napplications: [Treserva]": "", "application: [appDisplayName]\npath: [clientAppUsed]": "", "application: [clientId]": "",
	} {
		_, err := signin.ParseMapping([]byte(head + text))
		var p *signin.PersonalError
		if got := errors.As(err, &p); got != (fact != "") || got && p.Fact != fact || !got && err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// programs are what systems in municipalities are called, and what looks like people and is none.
var programs = []string{
	"Treserva", "Lifecare", "Procapita", "Combine", "Viva", "Sofia Omfale", "Magna Cura", "Appva MCSS", "Phoniro Care", "DF Respons", "IntraPhone", "NPÖ", "Pascal",
	"Senior alert", "Cosmic Link", "SSBTEK", "SUS", "Unikum", "Vklass", "Edlevo", "Skola24", "SchoolSoft", "ProReNata", "Raindance", "Heroma", "Personec P", "Adato",
	"Platina", "W3D3", "Public 360", "Evolution", "Castor", "ByggR", "Ecos", "Wärna Go", "Open ePlatform", "Abou", "Stella", "Office 365 SharePoint Online",
	"Microsoft Teams", "Azure Portal", "Castor24", "Stella Omsorg", "E-tjänster per ärende", "Tid per dag", "skola24", "Nora bibliotek",
	"Tieto Education", "Visma Lön Anställd", "Hypergene", "Alma Elev", "Stratsys", "Flexite", "Artvise", "Ciceron", "LEX", "Lex24", "EDP Vision", "Trapeze Optiplan", "Sara Trygghet", "Quiculum",
	"Meddix", "Prator", "Medvind", "Max Firma", "Time Care Planering", "TES", "Epsilon", "Kompassen", "Insidan", "Winst", "Lifecare Mobil Omsorg", "Pulsen Combine", "Siebel", "Sambruk",
	"Cambio Cosmic", "Kivra", "Inera Pascal", "1177 Vårdguiden", "eFrida", "eStella", "MinaSidor", "SharePoint", "iPM", "Intraservice", "FirstClass", "ServiceNow", "AdminKonto",
	"GoogleWorkspace", "Palo Alto Firewall", "F5 BIG-IP", "VPN AnyConnect", "Citrix Workspace", "Windows Sign In", "Office365 Shell WCSS-Client", "Graph Explorer", "https://sp.example.se/shibboleth", "urn:lifecare:prod", "lifecare-prod", "Agda PS",
}

// TestProgramsAreNoPeople holds that logs of programs are read, each by itself and all together, and that a list in the mapping settles doubt.
func TestProgramsAreNoPeople(t *testing.T) {
	o := options(t)
	o.Mapping = wrong("application")
	kept := func(values []string, each int) map[string]bool {
		t.Helper()
		l, err := signin.Read(t.Context(), bytes.NewReader(invented(values, each)), o)
		if err != nil {
			t.Fatalf("%q: %v", values, err)
		}
		out := map[string]bool{}
		for _, r := range l.Rows {
			out[r.Application] = true
		}
		return out
	}
	for i, p := range programs {
		if !kept([]string{p}, 1)[p] {
			t.Errorf("%s is not kept", p)
		}
		kept(programs[i:min(i+4, len(programs))], 3)
	}
	if got := kept(programs, 60); len(got) != len(programs) {
		t.Errorf("%d of %d programs are kept", len(got), len(programs))
	}
	o.Mapping.Applications = []string{"abc123", "abc124", "Treserva"}
	got := kept([]string{"abc123", "abc124", "abc125", "Vega Exempelsson"}, 3)
	if !got["abc123"] || !got["abc124"] || !got[signin.Other] || len(got) != 3 {
		t.Errorf("of a list in the mapping %v are kept", got)
	}
}

// A program that is called as a person is left out among many programs of a form that says itself where they stand; a log of such is refused.
func TestNamesInKnownForms(t *testing.T) {
	o := options(t)
	o.Format = "simplesamlphp"
	line := func(sp string) string {
		return "Nov 01 07:00:00 simplesamlphp NOTICE STAT [5f] saml20-idp-SSO " + sp + " https://idp.example.se NA\n"
	}
	l, err := signin.Read(t.Context(), strings.NewReader(line("treserva")+line("lifecare")+line("vega.exempelsson")), o)
	if err != nil || len(l.Rows) != 3 || l.Left != 1 || strings.Contains(fmt.Sprint(l.Rows), "vega") {
		t.Errorf("%v, %+v", err, l)
	}
	if _, err := signin.Read(t.Context(), strings.NewReader(line("malte.provberg")+line("anna.provberg")+line("vega.exempelsson")), o); !errors.Is(err, signin.ErrPersonal) {
		t.Errorf("a log of people: %v", err)
	}
}

// ways are those in which a name, or an account made of it, is written.
func ways(first, other, last string) []string {
	initial, lower := string([]rune(first)[:1]), strings.ToLower
	mixed := func(s string) string {
		r := []rune(lower(s))
		for i := 0; i < len(r); i += 2 {
			r[i] = unicode.ToUpper(r[i])
		}
		return string(r)
	}
	out := []string{
		first + " " + last, last + ", " + first, last + " " + first, first + " K. " + last, lower(first + "." + last), lower(first + "_" + last + "2"),
		first + " " + last + "-" + last, strings.ToUpper(first + " " + last),
		// as few write it
		mixed(first + " " + last), lower(first + " " + last), first + "-" + other + " " + last, first + " " + other + " " + last, last + " " + first + " " + other,
		last + "," + first, last + ";" + first, last + "/" + first, first + "+" + last, first + "\u00a0" + last, "  " + first + "  " + last + "  ",
		first + " af " + last, first + " von " + last, first + " de la " + last, last + ", " + first + " von", lower(first + ".von." + last),
		first + " A B " + last, first + " A.B. " + last, last + " A " + first,
		// with something beside it
		"Dr " + first + " " + last, first + " " + last + " (konsult)", first + " " + last + ", Socialförvaltningen", "Socialsekreterare " + first + " " + last,
		"1 " + first + " " + last, first + " " + last + " 820101", first + "82" + last, first + " " + last + " - Treserva", "Treserva/" + first + " " + last,
		"CN=" + first + " " + last + ",OU=Soc,DC=norrsjo", lower("adm-" + first + "." + last), lower(first + "." + last + "_norrsjo.example#EXT#"), lower("ext." + last + "." + first),
		"https://portal.example/~" + lower(first+"."+last), first + last, last + first, lower(last + "." + first + ".admin"),
	}
	if len(last) > 3 { // two letters are too few to tell anything by
		out = append(out, initial+". "+last, last+" "+initial, last+", "+initial+".", lower(initial+"."+last))
	}
	if utf8.RuneCountInString(first) > 2 && utf8.RuneCountInString(last) > 5 {
		out = append(out, lower(first+last), lower(first+last)+"01", initial+last, lower(initial+last)+"2", strings.ToUpper(initial+last), lower("adm_"+initial+last))
	}
	return out
}

// TestNoNameIsKept holds of names from the list, written in any of the ways that names and accounts are: nothing of them is in what is kept,
// whatever they stand among.
func TestNoNameIsKept(t *testing.T) {
	b, err := fs.ReadFile(data.Files, "detectors/names.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		First []string `yaml:"first"`
		Last  []string `yaml:"last"`
	}
	if err := yaml.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	o := options(t)
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.SampledFrom(programs), 0, 6).Draw(rt, "programs")
		var somebody []string
		for range rapid.IntRange(1, 5).Draw(rt, "people") {
			first, last := rapid.SampledFrom(list.First).Draw(rt, "first"), rapid.SampledFrom(list.Last).Draw(rt, "last")
			other := rapid.SampledFrom(list.First).Draw(rt, "second name")
			who := rapid.SampledFrom(ways(first, other, last)).Draw(rt, "who")
			somebody = append(somebody, who)
		}
		text := invented(append(values, somebody...), rapid.IntRange(1, 50).Draw(rt, "each"))
		if rapid.Bool().Draw(rt, "old encoding") {
			if old, err := charmap.Windows1252.NewEncoder().Bytes(text); err == nil {
				text = old
			}
		}
		o.Mapping = wrong(rapid.SampledFrom([]string{"application", "path", "context"}).Draw(rt, "fact"))
		l, err := signin.Read(t.Context(), bytes.NewReader(text), o)
		if err != nil {
			if !errors.Is(err, signin.ErrPersonal) {
				rt.Fatal(err)
			}
			return
		}
		kept := strings.ToLower(fmt.Sprint(l.Rows))
		for _, who := range somebody {
			if strings.Contains(kept, strings.ToLower(strings.TrimSpace(who))) {
				rt.Errorf("%s is kept in %s", who, kept)
			}
		}
	})
}

// TestOldEncoding reads a file as Windows programs here write it, and with the mark that some put before it all the same.
func TestOldEncoding(t *testing.T) {
	o := options(t)
	m, err := signin.ParseMapping([]byte("reads: csv\ncomma: \";\"\ntime: [Tidpunkt]\ntime_format: YYYY-MM-DD\napplication: [Tjänst]\npath: [Sätt]\noutcome: [Utgång]\nsuccess: [Godkänd]\nmethods: [{at: Metod}]\nwords: {lösenord: pwd, \"engångskod\": otp}\n"))
	if err != nil {
		t.Fatal(err)
	}
	o.Mapping = m
	text := "Tidpunkt;Tjänst;Sätt;Utgång;Metod\r\n2026-11-01 07:00;Äldreomsorg;från nätet;Godkänd;Lösenord\r\n2026-11-01 07:10;Äldreomsorg;från nätet;Godkänd;lösenord,engångskod\r\n2026-11-01 08:00;Äldreomsorg;från nätet;Nekad;Lösenord\r\n"
	old, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"UTF-8": text, "UTF-8 with its mark": "\ufeff" + text, "Windows-1252": old, "Windows-1252 with a mark": "\xef\xbb\xbf" + old, "told to Excel": "sep=;\r\n" + old,
	} {
		l, err := signin.Read(t.Context(), strings.NewReader(file), o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s := o.Rules.Summarise(l, 30)
		if a := s.Applications[0]; a.Application != "Äldreomsorg" || a.SignIns != 2 || a.Password != 1 || a.TwoFactor != 1 || a.Failed != 1 || a.PasswordPaths()[0] != "från nätet" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestOtherSpellings reads what the same programs write in other settings: Keycloak's log as JSON, and AD FS from an American Windows.
func TestOtherSpellings(t *testing.T) {
	o := options(t)
	for name, text := range map[string]string{
		"keycloak": `{"timestamp":"2026-11-01T07:00:00.123+01:00","loggerName":"org.keycloak.events","level":"DEBUG","message":"type=\"LOGIN\", realmId=\"0d\", clientId=\"lifecare\", username=\"vega.exempelsson\"","mdc":{}}` + "\n",
		"adfs": "Audit Success,11/1/2026 7:00:00 PM,AD FS Auditing,1200,(3),\"XML: <AuditBase><AuditType>AppToken</AuditType><AuditResult>Success</AuditResult>" +
			"<RelyingParty>lifecare</RelyingParty><UserId>NORRSJO\\vega</UserId></AuditBase>\"\n",
	} {
		l, err := signin.Read(t.Context(), strings.NewReader(text), o)
		if err != nil || len(l.Rows) != 1 || l.Rows[0].Day.String() != "2026-11-01" || l.Rows[0].Application != "lifecare" || strings.Contains(fmt.Sprint(l.Rows), "vega") {
			t.Errorf("%s: %v, %+v", name, err, l)
		}
	}
}
