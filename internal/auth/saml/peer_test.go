// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/peertest"
	"github.com/insegel/insegel/internal/webtest"
)

// simplesaml is where Debian installs SimpleSAMLphp.
const simplesaml = "/usr/share/simplesamlphp"

// peer is a SimpleSAMLphp that signs in "anna" by itself.
type peer struct {
	t       *testing.T
	dir     string
	url     string
	process *peertest.Process
	port    int
}

// startPeer makes a configuration of its own and starts the provider with it.
func startPeer(t *testing.T) *peer {
	t.Helper()
	if _, err := os.Stat(filepath.Join(simplesaml, "www")); err != nil {
		dbtest.Missing(t, "SimpleSAMLphp: run scripts/test-deps")
	}
	if out, err := exec.CommandContext(t.Context(), "php", "-r", `exit(class_exists("DOMDocument") && function_exists("mb_strlen") ? 0 : 1);`).CombinedOutput(); err != nil {
		dbtest.Missing(t, "PHP with XML and mbstring: run scripts/test-deps: "+string(out))
	}
	p := &peer{t: t, dir: t.TempDir(), port: peertest.FreePort(t)}
	p.url = fmt.Sprintf("http://127.0.0.1:%d/simplesaml", p.port)
	for _, d := range []string{"web", "metadata", "cert", "log", "tmp", "data", "sessions"} {
		if err := os.Mkdir(filepath.Join(p.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(simplesaml, "www"), filepath.Join(p.dir, "web", "simplesaml")); err != nil {
		t.Fatal(err)
	}
	p.key("idp")
	p.write("config.php", `<?php
$config = [];
require '/etc/simplesamlphp/config.php';
$config = array_merge($config, [
  'baseurlpath' => '`+p.url+`/', 'certdir' => '`+p.dir+`/cert/', 'loggingdir' => '`+p.dir+`/log/', 'datadir' => '`+p.dir+`/data/',
  'tempdir' => '`+p.dir+`/tmp', 'metadatadir' => '`+p.dir+`/metadata/', 'secretsalt' => 'a salt that protects nothing', 'auth.adminpassword' => 'notused1',
  'enable.saml20-idp' => true, 'session.cookie.secure' => false, 'logging.handler' => 'errorlog', 'logging.level' => 4, 'timezone' => 'UTC', 'admin.checkforupdates' => false,
  'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true], 'store.type' => 'phpsession', 'session.phpsession.savepath' => '`+p.dir+`/sessions',
  'metadata.sources' => [['type' => 'flatfile', 'directory' => '`+p.dir+`/metadata']],
  'metadata.sign.enable' => true, 'metadata.sign.privatekey' => 'idp.key', 'metadata.sign.certificate' => 'idp.crt',
  'metadata.sign.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
]);
`)
	p.write("authsources.php", `<?php
$config = ['robot' => ['exampleauth:StaticSource', 'uid' => ['anna'], 'displayName' => ['Anna Exempel'], 'mail' => ['anna@example.se']]];
`)
	p.write("metadata/saml20-idp-hosted.php", `<?php
$dir = '`+p.dir+`';
$loa = file_exists("$dir/loa") ? trim(file_get_contents("$dir/loa")) : '`+loa3+`';
$metadata['__DYNAMIC:1__'] = [
  'host' => '__DEFAULT__', 'privatekey' => 'idp.key', 'certificate' => 'idp.crt', 'auth' => 'robot',
  'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'saml20.sign.response' => true, 'saml20.sign.assertion' => true,
  'sign.logout' => true, 'redirect.sign' => true, 'validate.logout' => true,
  'NameIDFormat' => ['`+formatPersistent+`'],
  'EntityAttributes' => ['`+assuranceName+`' => ['`+loa3+`']],
  'authproc' => [
    3 => ['class' => 'saml:PersistentNameID', 'attribute' => 'uid'],
    40 => ['class' => 'saml:AuthnContextClassRef', 'AuthnContextClassRef' => $loa],
  ],
];
`)
	p.write("metadata/saml20-sp-remote.php", "<?php\n")
	p.start()
	return p
}

func (p *peer) write(name, content string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// key gives the provider a key pair of the corpus.
func (p *peer) key(name string) {
	p.t.Helper()
	k := testKey(p.t, name)
	der := must(x509.MarshalPKCS8PrivateKey(k.Private))
	p.write("cert/idp.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	p.write("cert/idp.crt", string(pemOf(k)))
}

func (p *peer) start() {
	p.process = peertest.Start(p.t, peertest.Command{
		Path: "php", Dir: p.dir, Address: fmt.Sprintf("127.0.0.1:%d", p.port),
		// Without its cache of compiled files, so that a switch in a file is seen at once.
		Args: []string{"-d", "opcache.enable=0", "-d", "session.save_path=" + filepath.Join(p.dir, "sessions"), "-S", fmt.Sprintf("127.0.0.1:%d", p.port), "-t", filepath.Join(p.dir, "web")},
		Env:  []string{"SIMPLESAMLPHP_CONFIG_DIR=" + p.dir, "PHP_CLI_SERVER_WORKERS=3"},
	})
}

func (p *peer) entityID() string { return p.url + "/saml2/idp/metadata.php" }

// trust tells the provider who we are.
func (p *peer) trust(h *house, options string) {
	p.t.Helper()
	us := addressesOf(h.pages.Site, code)
	b := must(h.service.metadata(p.t.Context(), organisation{id: h.admin.Organisation, code: code}, h.pages.Site))
	root := must(parse(b, metadataLimits))
	cert := root.FindElement(".//X509Certificate").Text()
	p.write("metadata/saml20-sp-remote.php", `<?php
$metadata['`+us.entityID+`'] = [
  'AssertionConsumerService' => '`+us.acs+`', 'SingleLogoutService' => '`+us.slo+`', 'certData' => '`+cert+`',
  'validate.authnrequest' => true, 'validate.logout' => true, 'sign.logout' => true, 'saml20.sign.response' => true, 'NameIDFormat' => '`+formatPersistent+`',
  `+options+`
];
`)
}

const encryptedAnswers = `'assertion.encryption' => true,`

// browser follows redirects and sends on the forms that pages send on by themselves.
type browser struct {
	t    *testing.T
	http *http.Client
}

func newBrowser(t *testing.T) *browser {
	jar := must(cookiejar.New(nil))
	return &browser{t: t, http: &http.Client{Jar: jar, Timeout: time.Minute}}
}

// visit opens a page and goes on as a browser would. It gives the last page.
func (b *browser) visit(address string) (*http.Response, string) {
	b.t.Helper()
	return b.follow(must(http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)))
}

func (b *browser) follow(r *http.Request) (*http.Response, string) {
	b.t.Helper()
	for range 12 {
		res, err := b.http.Do(r)
		if err != nil {
			b.t.Fatal(err)
		}
		body := string(must(io.ReadAll(io.LimitReader(res.Body, 1<<20))))
		_ = res.Body.Close()
		doc := must(html.Parse(strings.NewReader(body)))
		form := webtest.Find(doc, "form")
		if form == nil || webtest.Find(form, `input[name=SAMLResponse]`) == nil && webtest.Find(form, `input[name=SAMLRequest]`) == nil {
			return res, body
		}
		values := url.Values{}
		for _, in := range webtest.All(form, "input[name]") {
			values.Set(webtest.Attr(in, "name"), webtest.Attr(in, "value"))
		}
		action := must(res.Request.URL.Parse(webtest.Attr(form, "action")))
		r = must(http.NewRequestWithContext(b.t.Context(), http.MethodPost, action.String(), strings.NewReader(values.Encode())))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "null")
	}
	b.t.Fatal("it goes on for ever")
	return nil, ""
}

// peerHouse is a site that is connected to the provider, by the address of its metadata.
func peerHouse(t *testing.T, p *peer) *house {
	t.Helper()
	h := newHouse(t, dbtest.SQLite(t))
	h.db.Now = time.Now
	h.known = []string{""}
	h.everybody = true
	h.connect(func(d *provider.Draft, s *Settings) {
		d.Issuer = p.entityID()
		s.Metadata = p.entityID()
		s.Pinned = []string{string(pemOf(testKey(t, "idp"))), string(pemOf(testKey(t, "other")))}
	}, nil)
	// What is saved on the page of sign-in is looked at first.
	if faults := (Driver{Service: h.service, Site: h.pages.Site}).Look(t.Context(), must2(h.settings.Open(t.Context(), h.admin, h.provider.ID))); len(faults) > 0 {
		t.Fatalf("looked at: %+v", faults)
	}
	_ = must(h.service.metadata(t.Context(), organisation{id: h.admin.Organisation, code: code}, h.pages.Site))
	return h
}

func must2(p provider.Provider, err error) *provider.Provider {
	if err != nil {
		panic(err)
	}
	return &p
}

func TestSimpleSAMLphp(t *testing.T) {
	p := startPeer(t)
	h := peerHouse(t, p)
	p.trust(h, encryptedAnswers)
	in := h.server.URL + Path(h.provider.ID) + "?till=/who"

	b := newBrowser(t)
	if res, body := b.visit(in); body != "Anna Exempel" {
		t.Fatalf("signed in: %d %s\n%s", res.StatusCode, res.Request.URL, body)
	}
	t.Run("step-up", func(t *testing.T) {
		if res, body := b.visit(in + "&igen=1"); body != "Anna Exempel" {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	})
	for name, class := range map[string]string{"a lower level": loa2, "a password": password} {
		t.Run(name, func(t *testing.T) {
			h.mark = len(h.log())
			p.write("loa", class)
			defer func() { _ = os.Remove(filepath.Join(p.dir, "loa")) }()
			res, body := newBrowser(t).visit(in)
			if res.StatusCode != http.StatusForbidden || !strings.Contains(body, "inte tillräckligt stark") {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			h.refused(WrongLevel)
		})
	}
	t.Run("not encrypted", func(t *testing.T) {
		h.mark = len(h.log())
		p.trust(h, "")
		defer p.trust(h, encryptedAnswers)
		if res, _ := newBrowser(t).visit(in); res.StatusCode != http.StatusForbidden {
			t.Errorf("%d", res.StatusCode)
		}
		h.refused(NotEncrypted)
	})
	t.Run("it changes key", func(t *testing.T) {
		h.mark = len(h.log())
		p.key("other")
		if res, _ := newBrowser(t).visit(in); res.StatusCode != http.StatusForbidden {
			t.Errorf("before its new metadata are here: %d", res.StatusCode)
		}
		h.refused(BadSignature)
		if err := h.service.FetchMetadata(t.Context(), h.admin, h.provider.ID); err != nil {
			t.Fatal(err)
		}
		if res, body := newBrowser(t).visit(in); body != "Anna Exempel" {
			t.Errorf("afterwards: %d %s", res.StatusCode, body)
		}
	})
	t.Run("we change key", func(t *testing.T) {
		if _, err := h.service.NewKey(t.Context(), h.admin, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := h.service.UseKey(t.Context(), h.admin, ""); err != nil {
			t.Fatal(err)
		}
		p.trust(h, encryptedAnswers)
		if res, body := newBrowser(t).visit(in); body != "Anna Exempel" {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	})
}

func TestSimpleSAMLphpSignOut(t *testing.T) {
	p := startPeer(t)
	h := peerHouse(t, p)
	p.trust(h, encryptedAnswers)
	in := h.server.URL + Path(h.provider.ID) + "?till=/who"
	t.Run("begun here", func(t *testing.T) {
		b := newBrowser(t)
		if res, body := b.visit(in); body != "Anna Exempel" {
			t.Fatalf("%d %s", res.StatusCode, body)
		}
		r := must(http.NewRequestWithContext(t.Context(), http.MethodPost, h.server.URL+"/logga-ut", nil))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		res, body := b.follow(r)
		doc := must(html.Parse(strings.NewReader(body)))
		link := webtest.Find(doc, "a.btn.pri")
		if link == nil || !strings.HasPrefix(webtest.Attr(link, "href"), p.url) {
			t.Fatalf("no way to sign out there: %d %s", res.StatusCode, body)
		}
		res, body = b.visit(webtest.Attr(link, "href"))
		if res.Request.URL.Path != "/logga-in" || !strings.Contains(body, "både här och hos") {
			t.Errorf("%d %s %s", res.StatusCode, res.Request.URL, body)
		}
	})
	t.Run("begun there", func(t *testing.T) {
		b, other := newBrowser(t), newBrowser(t)
		for _, x := range []*browser{b, other} {
			if res, body := x.visit(in); body != "Anna Exempel" {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
		}
		res, body := b.visit(p.url + "/saml2/idp/SingleLogoutService.php?ReturnTo=" + url.QueryEscape(p.url+"/logout.php"))
		if res.StatusCode != http.StatusOK {
			t.Errorf("%d %s", res.StatusCode, body)
		}
		if res, body := b.visit(h.server.URL + "/who"); body == "Anna Exempel" {
			t.Errorf("still signed in here: %d", res.StatusCode)
		}
		if _, body := other.visit(h.server.URL + "/who"); body != "Anna Exempel" {
			t.Errorf("another session has ended with it: %s", body)
		}
		if !strings.Contains(strings.Join(h.log(), "\n"), "saml.Logout ") {
			t.Error("the sign-out is not in the log")
		}
	})
}

// A provider that is stopped closes that way in and no other: who is in stays in, and what is known of it stays for its time.
func TestSimpleSAMLphpStopped(t *testing.T) {
	p := startPeer(t)
	h := peerHouse(t, p)
	p.trust(h, encryptedAnswers)
	b := newBrowser(t)
	if res, body := b.visit(h.server.URL + Path(h.provider.ID) + "?till=/who"); body != "Anna Exempel" {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	before := must(h.service.State(t.Context(), h.admin, h.provider.ID))
	p.process.Stop()
	if err := h.service.FetchMetadata(t.Context(), h.admin, h.provider.ID); err == nil {
		t.Error("fetched from nobody")
	}
	after := must(h.service.State(t.Context(), h.admin, h.provider.ID))
	if after.Fault == "" || !after.Until.Equal(before.Until) || len(after.Providers) != 1 {
		t.Errorf("%+v", after)
	}
	if _, body := b.visit(h.server.URL + "/who"); body != "Anna Exempel" {
		t.Error("who was in is out")
	}
	if before.Fault != "" {
		t.Errorf("a fault before: %s", before.Fault)
	}
}
