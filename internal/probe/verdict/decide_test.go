// SPDX-License-Identifier: EUPL-1.2

package verdict_test

import (
	"slices"
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/probe/decode"
	"github.com/insegel/insegel/internal/probe/verdict"
)

const (
	loa2     = "http://id.elegnamnden.se/loa/1.0/loa2"
	loa3     = "http://id.elegnamnden.se/loa/1.0/loa3"
	loa4     = "http://id.elegnamnden.se/loa/1.0/loa4"
	loa1     = "http://id.elegnamnden.se/loa/1.0/loa1"
	selfLoA3 = "http://id.swedenconnect.se/loa/1.0/uncertified-loa3"
	bas      = "http://id.skolfederation.se/loa/bas"
	ppt      = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
	password = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
	kerberos = "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos"
	mfa      = "https://refeds.org/profile/mfa"
	entraMFA = "http://schemas.microsoft.com/claims/multipleauthn"
)

func rules(t testing.TB) *verdict.Rules {
	t.Helper()
	r, err := verdict.Load(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func saml(comparison string, classes ...string) *decode.Request {
	return &decode.Request{Protocol: decode.SAML, Binding: "redirect", Host: "idp.example.se", Asked: len(classes) > 0, Comparison: comparison, Classes: classes}
}

func signed(q *decode.Request) *decode.Request {
	q.Signed = true
	return q
}

func wished(values ...string) *decode.Request {
	return &decode.Request{Protocol: decode.OIDC, Host: "op.example.se", ACRValues: values}
}

func essential(values ...string) *decode.Request {
	return &decode.Request{Protocol: decode.OIDC, Host: "op.example.se", Essential: true, Demanded: values}
}

func wsfed(wauth string) *decode.Request {
	return &decode.Request{Protocol: decode.WSFed, Host: "adfs.example.se", Wauth: wauth}
}

func object(q *decode.Request, how string, isSigned bool) *decode.Request {
	q.Object, q.Signed = how, isSigned
	return q
}

func hinted(hint string) *decode.Request {
	return &decode.Request{Protocol: decode.OIDC, Hint: hint}
}

type seen = verdict.Observation

var (
	formPage  = &decode.Page{Password: true, Text: true}
	mixedPage = &decode.Page{Password: true, Strong: []string{"bankid"}, Text: true}
	linkPage  = &decode.Page{Password: true, Links: []*decode.Request{saml("exact", loa3)}, Text: true}
	openPage  = &decode.Page{Text: true}
)

const siths3 = "CN=SITHS e-id Person ID 3 CA v1,O=Inera AB,C=SE"

func certificate(asked string, refused bool, names ...string) verdict.Certificate {
	return verdict.Certificate{Asked: asked, Refused: refused, Names: names}
}

// tableCase is an observation and what is to be decided by it.
type tableCase struct {
	seen       seen
	row        int
	verdict    verdict.Verdict
	confidence verdict.Confidence
	factors    int
	loa        int
}

var table = map[string]tableCase{
	"certificate refused, SITHS cards":      {seen{Certificate: certificate("handshake", true, siths3)}, 1, verdict.ClientCertificate, verdict.High, 2, 3},
	"certificate refused, reserve cards":    {seen{Certificate: certificate("handshake", true, siths3, "CN=SITHS e-id Person ID 2 CA v1")}, 1, verdict.ClientCertificate, verdict.High, 2, 2},
	"certificate refused, a root":           {seen{Certificate: certificate("handshake", true, "CN=SITHS e-id Root CA v2")}, 1, verdict.ClientCertificate, verdict.High, 0, 0},
	"certificate refused, SITHS or another": {seen{Certificate: certificate("handshake", true, siths3, "CN=Kommunens CA")}, 1, verdict.ClientCertificate, verdict.High, 0, 0},
	"certificate refused, unknown":          {seen{Certificate: certificate("handshake", true, "CN=Kommunens CA")}, 1, verdict.ClientCertificate, verdict.High, 0, 0},
	"certificate refused, no list":          {seen{Certificate: certificate("handshake", true)}, 1, verdict.ClientCertificate, verdict.High, 0, 0},
	"certificate refused by answer":         {seen{Certificate: verdict.Certificate{Asked: "handshake", Refused: true, ByAnswer: true}}, 1, verdict.ClientCertificate, verdict.Medium, 0, 0},
	"certificate optional, password":        {seen{Certificate: certificate("handshake", false), Page: formPage}, 2, verdict.StrongOffered, verdict.Medium, 1, 0},
	"certificate optional, open page":       {seen{Certificate: certificate("handshake", false), Page: openPage}, 20, verdict.Unknown, verdict.Low, 0, 0},
	"certificate optional, demand":          {seen{Certificate: certificate("handshake", false), Request: saml("exact", loa3)}, 4, verdict.StrongDemanded, verdict.Medium, 2, 3},
	"certificate for the path":              {seen{Certificate: certificate("after_request", true)}, 3, verdict.ClientCertificate, verdict.High, 0, 0},
	"perhaps for the path":                  {seen{MaybeAfterRequest: true, Certificate: certificate("no", false)}, 3, verdict.Unknown, verdict.Low, 0, 0},
	"saml exact, signed":                    {seen{Request: signed(saml("exact", loa3)), Verified: true}, 4, verdict.StrongDemanded, verdict.High, 2, 3},
	"saml exact, signature not verified":    {seen{Request: signed(saml("exact", loa3))}, 4, verdict.StrongDemanded, verdict.Medium, 2, 3},
	"saml exact, two levels":                {seen{Request: saml("exact", loa4, loa3)}, 4, verdict.StrongDemanded, verdict.Medium, 2, 3},
	"saml exact, not reviewed":              {seen{Request: saml("exact", selfLoA3)}, 4, verdict.StrongDemanded, verdict.Medium, 2, 0},
	"saml exact, two factors":               {seen{Request: saml("exact", mfa, loa3)}, 4, verdict.StrongDemanded, verdict.Medium, 2, 0},
	"saml exact, strong and weak":           {seen{Request: saml("exact", loa3, ppt)}, 5, verdict.StrongOffered, verdict.Medium, 1, 0},
	"saml exact, strong and unknown":        {seen{Request: saml("exact", loa3, "urn:x")}, 5, verdict.StrongOffered, verdict.Medium, 0, 0},
	"saml exact, strong and level 2":        {seen{Request: saml("exact", loa3, loa2)}, 5, verdict.StrongOffered, verdict.Medium, 0, 0},
	"saml minimum, strong":                  {seen{Request: saml("minimum", loa3)}, 5, verdict.StrongDemanded, verdict.Medium, 2, 3},
	"saml minimum, password":                {seen{Request: saml("minimum", ppt)}, 5, verdict.StrongOffered, verdict.Low, 1, 0},
	"saml better, password":                 {seen{Request: saml("better", ppt)}, 5, verdict.StrongOffered, verdict.Low, 1, 0},
	"saml maximum, strong":                  {seen{Request: saml("maximum", loa3)}, 5, verdict.StrongOffered, verdict.Medium, 0, 0},
	"saml better, strong":                   {seen{Request: saml("better", loa3)}, 5, verdict.StrongOffered, verdict.Medium, 0, 0},
	"saml invented comparison":              {seen{Request: saml("roughly", loa3)}, 5, verdict.StrongOffered, verdict.Medium, 0, 0},
	"saml password":                         {seen{Request: saml("exact", ppt)}, 6, verdict.PasswordOnly, verdict.Medium, 1, 0},
	"saml both passwords":                   {seen{Request: saml("exact", ppt, password)}, 6, verdict.PasswordOnly, verdict.Medium, 1, 0},
	"saml at most password":                 {seen{Request: saml("maximum", password)}, 6, verdict.PasswordOnly, verdict.Medium, 1, 0},
	"saml level 1":                          {seen{Request: saml("exact", loa1)}, 6, verdict.PasswordOnly, verdict.Medium, 1, 0},
	"saml bas":                              {seen{Request: saml("exact", bas)}, 6, verdict.PasswordOnly, verdict.Medium, 1, 0},
	"saml level 2":                          {seen{Request: saml("exact", loa2)}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"saml windows":                          {seen{Request: saml("exact", kerberos)}, 14, verdict.Unknown, verdict.Low, 0, 0},
	"saml certified provider":               {seen{Request: saml(""), Provider: []string{loa3}}, 7, verdict.StrongDemanded, verdict.Medium, 2, 3},
	"saml provider of two levels":           {seen{Request: saml(""), Provider: []string{loa3, loa2}}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"saml nothing":                          {seen{Request: saml("")}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"saml unreadable":                       {seen{Request: &decode.Request{Protocol: decode.SAML, Broken: true, Asked: true, Comparison: "exact", Classes: []string{loa3}}}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"saml nothing, password there":          {seen{Request: saml(""), Page: formPage}, 16, verdict.PasswordOnly, verdict.Medium, 1, 0},
	"oidc essential, signed":                {seen{Request: object(essential(loa3), "jws", true)}, 9, verdict.StrongDemanded, verdict.High, 2, 3},
	"oidc essential":                        {seen{Request: essential(loa3, loa4)}, 9, verdict.StrongDemanded, verdict.Medium, 2, 3},
	"oidc essential, object not signed":     {seen{Request: object(essential(loa3), "jws", false)}, 9, verdict.StrongDemanded, verdict.Medium, 2, 3},
	"oidc essential mixed":                  {seen{Request: essential(loa3, loa1)}, 11, verdict.StrongOffered, verdict.Medium, 1, 0},
	"oidc essential weak":                   {seen{Request: essential(loa1)}, 6, verdict.PasswordOnly, verdict.Low, 1, 0},
	"oidc essential of nothing":             {seen{Request: essential()}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"oidc wished":                           {seen{Request: wished(loa3)}, 10, verdict.StrongOffered, verdict.Medium, 0, 0},
	"oidc wished, signed":                   {seen{Request: object(wished(loa3), "jws", true)}, 10, verdict.StrongOffered, verdict.Medium, 0, 0},
	"oidc wished mixed":                     {seen{Request: wished(loa3, loa1)}, 11, verdict.StrongOffered, verdict.Medium, 1, 0},
	"oidc unknown levels":                   {seen{Request: wished("2", "gold")}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"oidc hint":                             {seen{Request: hinted("bankid")}, 11, verdict.StrongOffered, verdict.Low, 0, 0},
	"oidc hint of nobody":                   {seen{Request: hinted("staff")}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"oidc nothing":                          {seen{Request: wished()}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"request encrypted":                     {seen{Request: object(essential(loa3), "jwe", true)}, 12, verdict.Unknown, verdict.Low, 0, 0},
	"request elsewhere":                     {seen{Request: object(wished(), "reference", false)}, 12, verdict.Unknown, verdict.Low, 0, 0},
	"wsfed several factors":                 {seen{Request: wsfed(entraMFA)}, 13, verdict.StrongDemanded, verdict.Low, 2, 0},
	"wsfed certificate":                     {seen{Request: wsfed("http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/x509")}, 13, verdict.StrongDemanded, verdict.Low, 2, 0},
	"wsfed password":                        {seen{Request: wsfed("urn:oasis:names:tc:SAML:1.0:am:password")}, 13, verdict.PasswordOnly, verdict.Low, 1, 0},
	"wsfed nothing":                         {seen{Request: wsfed("")}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"negotiate":                             {seen{Challenges: []string{"negotiate"}}, 14, verdict.Unknown, verdict.Low, 0, 0},
	"negotiate or basic":                    {seen{Challenges: []string{"negotiate", "basic"}}, 15, verdict.PasswordOnly, verdict.High, 1, 0},
	"basic":                                 {seen{Challenges: []string{"basic"}}, 15, verdict.PasswordOnly, verdict.High, 1, 0},
	"digest":                                {seen{Challenges: []string{"digest"}}, 15, verdict.PasswordOnly, verdict.High, 1, 0},
	"ntlm":                                  {seen{Challenges: []string{"ntlm"}}, 15, verdict.PasswordOnly, verdict.High, 1, 0},
	"bearer":                                {seen{Challenges: []string{"bearer"}}, 21, verdict.Unknown, verdict.Low, 0, 0},
	"password page":                         {seen{Page: formPage}, 16, verdict.PasswordOnly, verdict.Medium, 1, 0},
	"password page, second step declared":   {seen{Page: formPage, SecondStep: true}, 16, verdict.Unknown, verdict.Low, 0, 0},
	"password and e-identification":         {seen{Page: mixedPage}, 17, verdict.StrongOffered, verdict.Medium, 1, 0},
	"password and link with a request":      {seen{Page: linkPage}, 17, verdict.StrongOffered, verdict.Medium, 1, 0},
	"password and passkey":                  {seen{Page: &decode.Page{Password: true, Passkey: true}}, 17, verdict.StrongOffered, verdict.Medium, 1, 0},
	"e-identification alone":                {seen{Page: &decode.Page{Strong: []string{"siths"}, Text: true}}, 17, verdict.StrongOffered, verdict.Low, 0, 0},
	"passkey alone":                         {seen{Page: &decode.Page{Passkey: true}}, 17, verdict.StrongOffered, verdict.Low, 0, 0},
	"led to an e-identification":            {seen{Away: "app.bankid.com", AwayMethod: "bankid"}, 17, verdict.StrongOffered, verdict.Low, 0, 0},
	"e-identification, link to a password":  {seen{Page: &decode.Page{Strong: []string{"bankid"}, PasswordLink: true, Text: true}}, 17, verdict.StrongOffered, verdict.Low, 0, 0},
	"sign-in elsewhere, or a password":      {seen{Page: &decode.Page{Federated: true, PasswordLink: true, Text: true}}, 17, verdict.StrongOffered, verdict.Low, 0, 0},
	"only a link to a password":             {seen{Page: &decode.Page{PasswordLink: true, Text: true}}, 20, verdict.Unknown, verdict.Low, 0, 0},
	"a demand beside a link to a password":  {seen{Request: saml("exact", loa3), Page: &decode.Page{PasswordLink: true, Text: true}}, 4, verdict.StrongDemanded, verdict.Medium, 2, 3},
	"name first":                            {seen{Page: &decode.Page{UserName: true, Text: true}}, 18, verdict.Unknown, verdict.Low, 0, 0},
	"only sign-in elsewhere":                {seen{Page: &decode.Page{Federated: true, Text: true}}, 8, verdict.Unknown, verdict.Low, 0, 0},
	"scripts":                               {seen{Page: &decode.Page{Shell: true, Text: true}}, 19, verdict.Unknown, verdict.Low, 0, 0},
	"open page":                             {seen{Page: openPage}, 20, verdict.Unknown, verdict.Low, 0, 0},
	"led away":                              {seen{Away: "cas.example.se"}, 21, verdict.Unknown, verdict.Low, 0, 0},
	"certificate not trusted":               {seen{Untrusted: true}, 21, verdict.Unknown, verdict.Low, 0, 0},
	"nothing":                               {seen{}, 21, verdict.Unknown, verdict.Low, 0, 0},
	"own authority, password":               {seen{Private: true, Page: formPage}, 16, verdict.PasswordOnly, verdict.Low, 1, 0},
	"own authority, demand":                 {seen{Private: true, Request: saml("exact", loa3)}, 21, verdict.Unknown, verdict.Low, 0, 0},
	"demand, and then a password":           {seen{Request: saml("exact", loa3), Page: formPage}, 4, verdict.StrongDemanded, verdict.Low, 2, 3},
}

// TestTable holds each row of the table of verdicts. Row, verdict, confidence, factors and level must all be right.
func TestTable(t *testing.T) {
	for name, c := range table {
		t.Run(name, func(t *testing.T) {
			d := rules(t).Decide(&c.seen)
			if d.Rule != c.row || d.Verdict != c.verdict || d.Confidence != c.confidence || d.Factors != c.factors || d.LoA != c.loa {
				t.Errorf("got row %d (%s) %s %s factors %d loa %d, want row %d %s %s factors %d loa %d",
					d.Rule, d.ID, d.Verdict, d.Confidence, d.Factors, d.LoA, c.row, c.verdict, c.confidence, c.factors, c.loa)
			}
			if len(d.Reasons) == 0 || d.Reasons[0].SV == "" || d.Reasons[0].EN == "" {
				t.Errorf("no reason: %+v", d)
			}
			if d.Verdict == verdict.Unknown && d.Factors+d.LoA != 0 {
				t.Errorf("unknown, but factors %d and loa %d", d.Factors, d.LoA)
			}
		})
	}
}

func TestPasswordInTheOpenIsSaid(t *testing.T) {
	for name, o := range map[string]*seen{"basic": {Challenges: []string{"basic"}, Plain: true}, "form": {Page: formPage, Plain: true}} {
		d := rules(t).Decide(o)
		if !slices.Contains(d.Limits, "password_without_encryption") {
			t.Errorf("%s: limits = %q", name, d.Limits)
		}
	}
}

func TestDemandIsNotSaidToBeEnforced(t *testing.T) {
	d := rules(t).Decide(&seen{Request: signed(saml("exact", loa3)), Verified: true})
	if !slices.Contains(d.Limits, "not_shown_to_be_enforced") || d.Grade != verdict.Seen {
		t.Errorf("grade %s, limits %q", d.Grade, d.Limits)
	}
}

func TestWeakestWins(t *testing.T) {
	inOrder := []verdict.Verdict{verdict.PasswordOnly, verdict.StrongOffered, verdict.Unknown, verdict.StrongDemanded, verdict.ClientCertificate}
	for i, weak := range inOrder {
		for _, strong := range inOrder[i+1:] {
			if got := verdict.Weakest([]verdict.Decision{{Verdict: strong}, {Verdict: weak}}); got != 1 {
				t.Errorf("of %s and %s, %d decides", strong, weak, got)
			}
		}
	}
	same := []verdict.Decision{{Verdict: verdict.StrongDemanded, Factors: 2, LoA: 3}, {Verdict: verdict.StrongDemanded, Factors: 2}}
	if got := verdict.Weakest(same); got != 1 {
		t.Errorf("of two demands, the one with a level decides")
	}
	if got := verdict.Weakest(nil); got != -1 {
		t.Errorf("of none, %d decides", got)
	}
}
