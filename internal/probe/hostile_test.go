// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"bytes"
	"cmp"
	"compress/flate"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/probe"
)

// rawServer answers every connection with bytes of its own, until the other side has had enough.
func rawServer(t *testing.T, say func(w io.Writer) error) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = c.Read(make([]byte, 4<<10)) // the question
				for say(c) == nil {
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

// once says something, and then nothing more.
func once(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, _ = io.WriteString(w, text)
		return io.EOF
	}
}

// TestServerThatIsNone has what answers speak no HTTP, or speak it without end: nothing is learnt, and it ends.
func TestServerThatIsNone(t *testing.T) {
	line := []byte("X-Again: " + strings.Repeat("a", 4000) + "\r\n")
	for name, say := range map[string]func(io.Writer) error{
		"endless headers": func(w io.Writer) error { _, err := w.Write(append([]byte("HTTP/1.1 200 OK\r\n"), line...)); return err },
		"endless hints": func(w io.Writer) error {
			_, err := io.WriteString(w, "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n")
			return err
		},
		"garbage":              once("\x00\xff\x16\x03\x01 hej hopp\r\n\r\n"),
		"half a header":        once("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"),
		"less than it says":    once("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<form><input type=password></form>"),
		"chunks without sense": once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx"),
		"packed otherwise":     once("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"),
		"not packed at all":    once("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, "127.0.0.1")
			o.Timeout = 5 * time.Second
			wants(t, login(t, o, rawServer(t, say)), "not_reached")
		})
	}
}

// bomb is a SAML request that is small on the way and large when it is unpacked.
func bomb(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = z.Write([]byte(`<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">`))
	_, _ = io.CopyN(z, zeros{}, 20<<20)
	_ = z.Close()
	return url.QueryEscape(base64.StdEncoding.EncodeToString(b.Bytes()))
}

// jwt is a request object that demands level 3, with any algorithm and no signature that anybody could verify.
func jwt(alg, signature string) string {
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"` + alg + `"}`))
	body := base64.RawURLEncoding.EncodeToString([]byte(`{"scope":"openid","claims":{"id_token":{"acr":{"essential":true,"values":["http://id.elegnamnden.se/loa/1.0/loa3"]}}}}`))
	return head + "." + body + "." + signature
}

// posting is a page that sends a request for level 3 on by itself, with something after it.
func posting(after string) string {
	request := `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:RequestedAuthnContext Comparison="exact">` +
		`<saml:AuthnContextClassRef xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">http://id.elegnamnden.se/loa/1.0/loa3</saml:AuthnContextClassRef>` +
		`</samlp:RequestedAuthnContext></samlp:AuthnRequest>`
	return `<body onload="document.forms[0].submit()"><form method=post action="https://idp.example.se/sso"><input type=hidden name=SAMLRequest value="` +
		base64.StdEncoding.EncodeToString([]byte(request)) + `"></form>` + after
}

// demanding is an address with a demand.
const demanding = "https://op.example.se/a?response_type=code&scope=openid&client_id=a&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22http%3A%2F%2Fid.elegnamnden.se%2Floa%2F1.0%2Floa3%22%7D%7D%7D"

// TestPagesThatLie has pages that want to seem stronger than they are, or that hide what is on them. The verdict is what can be known, and
// never stronger.
func TestPagesThatLie(t *testing.T) {
	const away = "https://idp.example.se/sso?"
	much := strings.Repeat("<form><input type=hidden name=a></form>", 10<<20/40)
	for name, c := range map[string]struct {
		page, location string
		verdict        string
		confidence     string
		status         int
		header         []string // a name and what it says
	}{
		"a demand to be saved":               {page: posting(""), header: []string{"Content-Disposition", "attachment; filename=a.html"}, verdict: "unknown", confidence: "low"},
		"a demand that is a text":            {page: posting(""), header: []string{"Content-Type", "text/plain; charset=utf-8"}, verdict: "unknown", confidence: "low"},
		"a password that is a text":          {page: formHTML, header: []string{"Content-Type", "text/plain"}, verdict: "unknown", confidence: "low"},
		"a page that does not say what":      {page: formHTML, header: []string{"Content-Type", "nonsense"}, verdict: "password_only", confidence: "medium"},
		"a page with an odd parameter":       {page: formHTML, header: []string{"Content-Type", "text/html; charset"}, verdict: "password_only", confidence: "medium"},
		"a page that is XML":                 {page: formHTML, header: []string{"Content-Type", "application/xhtml+xml"}, verdict: "password_only", confidence: "medium"},
		"Windows, and a form for others":     {page: formHTML, status: 401, header: []string{"Www-Authenticate", "Negotiate"}, verdict: "password_only", confidence: "medium"},
		"Windows, and words for others":      {page: "<p>Nej</p>", status: 401, header: []string{"Www-Authenticate", "Negotiate"}, verdict: "unknown", confidence: "low"},
		"a demand in a script's comment":     {page: "<p>Hej</p><script>// location = \"" + demanding + "\"\n</script>", verdict: "unknown", confidence: "low"},
		"a demand in a script":               {page: "<script>/* nu */ location = \"" + demanding + "\"</script>", verdict: "strong_demanded", confidence: "medium"},
		"a demand of no OpenID":              {location: strings.Replace(demanding, "openid", "profile", 1), verdict: "strong_offered", confidence: "medium"},
		"a demand that is sent on":           {page: posting(""), verdict: "strong_demanded", confidence: "medium"},
		"the same, and a password below":     {page: posting(formHTML), verdict: "strong_offered", confidence: "medium"},
		"the same, and a link to a password": {page: posting(`<a href=/lokal>Logga in med lösenord</a>`), verdict: "strong_offered", confidence: "low"},
		"the same, and more than is read":    {page: posting(strings.Repeat("x", 3<<20) + formHTML), verdict: "unknown"},
		"the same, and ten megabytes":        {page: posting(much + formHTML), verdict: "unknown"},
		"the same, and too many forms":       {page: posting(strings.Repeat("<form></form>", 150) + formHTML), verdict: "strong_offered", confidence: "medium"},
		"the same, and too many elements":    {page: posting(strings.Repeat("<b>", 100_000) + formHTML), verdict: "unknown"},
		"ten megabytes of forms":             {page: much, verdict: "unknown"},
		"nested without end":                 {page: strings.Repeat("<div>", 90_000) + formHTML, verdict: "unknown", confidence: "low"},
		"the form in a template":             {page: "<p>Välkommen</p><template>" + formHTML + "</template>", verdict: "unknown", confidence: "low"},
		"the form in a comment":              {page: "<p>Välkommen</p><!--" + formHTML + "-->", verdict: "unknown", confidence: "low"},
		"the form is hidden":                 {page: "<a href=/b>BankID</a><div hidden style='display:none'>" + formHTML + "</div>", verdict: "strong_offered", confidence: "medium"},
		"the form comes by a script":         {page: "<p>" + strings.Repeat("Välkommen. ", 50) + "</p><script src=/form.js></script>", verdict: "unknown", confidence: "low"},
		"the form comes beside BankID":       {page: "<a href=/b>BankID</a><script src=/form.js></script>", verdict: "strong_offered", confidence: "low"},
		"BankID in words alone":              {page: "<p>Logga in med BankID, säkert och enkelt.</p>", verdict: "unknown", confidence: "low"},
		"BankID in words beside a password":  {page: "<p>Logga in med BankID.</p>" + formHTML, verdict: "password_only", confidence: "medium"},
		"BankID as a picture alone":          {page: `<a href="/b"><img src="bankid.png"></a>` + formHTML, verdict: "strong_offered", confidence: "medium"},
		"a password in the second tab":       {page: `<a href=/b>BankID</a><a href="#2" role=tab>Användarnamn och lösenord</a>`, verdict: "strong_offered", confidence: "low"},
		"e-ID in English":                    {page: `<a href=/b>Log in with e-ID</a><a href=/p>Use username and password</a>`, verdict: "strong_offered", confidence: "low"},
		"where are you from":                 {page: `<form><select name=entityID><option value=a>Norrsjö</select><button>Fortsätt</button></form>`, verdict: "unknown", confidence: "low"},
		"a ring of refreshes":                {page: `<meta http-equiv=refresh content="0;url=/">`, verdict: "unknown"},
		"a request that is a bomb":           {location: away + "SAMLRequest=" + bomb(t), verdict: "unknown"},
		"an object without signature":        {location: "https://op.example.se/a?response_type=code&client_id=a&request=" + jwt("none", ""), verdict: "strong_demanded", confidence: "medium"},
		"an object with none and a mark":     {location: "https://op.example.se/a?response_type=code&client_id=a&request=" + jwt("nOnE", "eA"), verdict: "strong_demanded", confidence: "medium"},
		"an object by an unknown algorithm":  {location: "https://op.example.se/a?response_type=code&client_id=a&request=" + jwt("XYZ999", "eA"), verdict: "strong_demanded", confidence: "medium"},
		"an object by an empty algorithm":    {location: "https://op.example.se/a?response_type=code&client_id=a&request=" + jwt("", "eA"), verdict: "strong_demanded", confidence: "medium"},
		"a file":                             {location: "file:///etc/passwd", verdict: "unknown"},
		"a script as an address":             {location: "javascript:alert(1)", verdict: "unknown"},
		"another scheme":                     {location: "gopher://127.0.0.1:70/", verdict: "unknown"},
		"a name in the address":              {location: "http://anna:hemligt@127.0.0.1/", verdict: "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for i := range 200 {
					w.Header().Add("Set-Cookie", fmt.Sprintf("k%d=%s", i, strings.Repeat("v", 200)))
				}
				if c.location != "" {
					w.Header().Set("Location", c.location)
					w.WriteHeader(http.StatusFound)
					return
				}
				w.Header().Set("Content-Type", "text/html")
				if c.header != nil {
					w.Header().Set(c.header[0], c.header[1])
				}
				w.WriteHeader(cmp.Or(c.status, http.StatusOK))
				_, _ = io.WriteString(w, c.page)
			})
			r := login(t, options(t, strings.TrimPrefix(s.URL, "http://")), s.URL+"/")
			if r.Verdict != c.verdict || c.confidence != "" && r.Confidence != c.confidence || len(r.Reasons) == 0 {
				t.Errorf("got %s (%s), reasons %q, limits %q, want %s (%s)", r.Verdict, r.Confidence, r.Reasons, r.Limits, c.verdict, c.confidence)
			}
			if text := fmt.Sprintf("%+v", *r); strings.Contains(text, "hemligt") {
				t.Errorf("the record holds %s", text)
			}
		})
	}
}

// TestTLSThatIsHostile has servers whose handshake is odd: none is called strong, and none ends the program.
func TestTLSThatIsHostile(t *testing.T) {
	for name, change := range map[string]func(*tls.Config){
		"a chain of a thousand": func(c *tls.Config) { c.Certificates[0].Certificate = repeated(c.Certificates[0].Certificate[0], 1000) },
		"a chain of garbage": func(c *tls.Config) {
			c.Certificates[0].Certificate = append(c.Certificates[0].Certificate, []byte("hej"))
		},
		"the largest curve alone": func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP521} },
		"a protocol nobody asked": func(c *tls.Config) { c.NextProtos = []string{"spdy/99"} },
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = io.WriteString(w, formHTML)
			}))
			s.Config.ErrorLog = nil
			s.StartTLS()
			t.Cleanup(s.Close)
			o := options(t, "127.0.0.1")
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			config := &tls.Config{Certificates: []tls.Certificate{s.TLS.Certificates[0]}, MinVersion: tls.VersionTLS12}
			change(config)
			go func() { _ = http.Serve(tls.NewListener(l, config), s.Config.Handler) }() //nolint:gosec // a test's server
			t.Cleanup(func() { _ = l.Close() })
			r := login(t, o, "https://"+l.Addr().String()+"/")
			if r.Verdict != "unknown" && r.Verdict != "password_only" || r.Schema != probe.Schema {
				t.Errorf("got %s, limits %q", r.Verdict, r.Limits)
			}
		})
	}
}

func repeated(b []byte, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}
