// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/peertest"
	"github.com/insegel/insegel/internal/probe/verdict"
)

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func plainURL(port int) string { return "http://" + address(port) + "/" }

func tlsURL(port int) string { return "https://" + address(port) + "/" }

func nginx(t *testing.T, s *stand) []endpoint {
	basic, card, open := peertest.FreePort(t), peertest.FreePort(t), peertest.FreePort(t)
	s.write("nginx/web/index.html", page("", formHTML))
	s.write("nginx/pw", "anna:{PLAIN}hemligt\n")
	tls := "ssl_certificate " + s.path("server.crt") + "; ssl_certificate_key " + s.path("server.key") + "; ssl_client_certificate " + s.path("people.crt") + ";"
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	conf := fmt.Sprintf(`%s daemon off; pid %s/pid; error_log stderr; worker_processes 1;
events {}
http {
  access_log off; client_body_temp_path %[2]s/b; proxy_temp_path %[2]s/p; fastcgi_temp_path %[2]s/f; uwsgi_temp_path %[2]s/u; scgi_temp_path %[2]s/s;
  root %[2]s/web; index index.html;
  server { listen 127.0.0.1:%[3]d; auth_basic prov; auth_basic_user_file %[2]s/pw; }
  server { listen 127.0.0.1:%[4]d ssl; %[5]s ssl_verify_client on; }
  server { listen 127.0.0.1:%[6]d ssl; %[5]s ssl_verify_client optional; }
}`, user, s.path("nginx"), basic, card, tls, open)
	peertest.Start(t, peertest.Command{Path: "/usr/sbin/nginx", Args: []string{"-c", s.write("nginx/nginx.conf", conf), "-p", s.path("nginx")}, Address: address(basic)})
	return []endpoint{
		{"Basic", plainURL(basic), verdict.PasswordOnly, 15, 1, 0, nil},
		{"certificate required by answer", tlsURL(card), verdict.ClientCertificate, 1, 2, 3, asked("handshake", true)},
		{"certificate optional", tlsURL(open), verdict.StrongOffered, 2, 1, 0, asked("handshake", false)},
	}
}

func lighttpd(t *testing.T, s *stand) []endpoint {
	digest, card := peertest.FreePort(t), peertest.FreePort(t)
	s.write("lighttpd/web/index.html", page("", formHTML))
	s.write("lighttpd/htdigest", "anna:prov:0123456789abcdef0123456789abcdef\n")
	conf := fmt.Sprintf(`server.document-root = "%s/web"
server.bind = "127.0.0.1"
server.port = %d
server.modules = ("mod_auth", "mod_authn_file", "mod_openssl")
index-file.names = ("index.html")
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "%[1]s/htdigest"
$SERVER["socket"] == "127.0.0.1:%[2]d" {
  auth.require = ("" => ("method" => "digest", "realm" => "prov", "require" => "valid-user"))
}
$SERVER["socket"] == "127.0.0.1:%[3]d" {
  ssl.engine = "enable"
  ssl.pemfile = "%[4]s"
  ssl.verifyclient.ca-file = "%[5]s"
  ssl.verifyclient.activate = "enable"
  ssl.verifyclient.enforce = "enable"
}
`, s.path("lighttpd"), digest, card, s.path("server.pem"), s.path("people.crt"))
	peertest.Start(t, peertest.Command{Path: "/usr/sbin/lighttpd", Args: []string{"-D", "-f", s.write("lighttpd/conf", conf)}, Address: address(card)})
	return []endpoint{
		{"Digest", plainURL(digest), verdict.PasswordOnly, 15, 1, 0, nil},
		{"certificate required", tlsURL(card), verdict.ClientCertificate, 1, 2, 3, asked("handshake", true)},
	}
}

func haproxy(t *testing.T, s *stand) []endpoint {
	card, basic := peertest.FreePort(t), peertest.FreePort(t)
	conf := fmt.Sprintf(`defaults
  mode http
  timeout client 20s
  timeout server 20s
  timeout connect 5s
userlist people
  user anna insecure-password hemligt
frontend card
  bind 127.0.0.1:%d ssl crt %s ca-file %s verify required
  http-request return status 200 content-type text/html string "open"
frontend basic
  bind 127.0.0.1:%d
  http-request auth unless { http_auth(people) }
  http-request return status 200 content-type text/html string "open"
`, card, s.path("server.pem"), s.path("people.crt"), basic)
	peertest.Start(t, peertest.Command{Path: "/usr/sbin/haproxy", Args: []string{"-db", "-f", s.write("haproxy.cfg", conf)}, Address: address(basic)})
	return []endpoint{
		{"certificate required", tlsURL(card), verdict.ClientCertificate, 1, 2, 3, asked("handshake", true)},
		{"Basic", plainURL(basic), verdict.PasswordOnly, 15, 1, 0, nil},
	}
}

func caddy(t *testing.T, s *stand) []endpoint {
	card, basic := peertest.FreePort(t), peertest.FreePort(t)
	conf := fmt.Sprintf(`{
	admin off
	auto_https off
}
https://:%d {
	bind 127.0.0.1
	tls %s %s {
		client_auth {
			mode require_and_verify
			trusted_ca_cert_file %s
		}
	}
	respond "open"
}
http://127.0.0.1:%d {
	basicauth {
		anna JDJhJDE0JEV4YW1wbGVFeGFtcGxlRXhhbXBsZU8xMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0
	}
	respond "open"
}
`, card, s.path("server.crt"), s.path("server.key"), s.path("people.crt"), basic)
	peertest.Start(t, peertest.Command{Path: "caddy", Args: []string{"run", "--config", s.write("Caddyfile", conf), "--adapter", "caddyfile"}, Address: address(basic)})
	return []endpoint{
		{"certificate required", tlsURL(card), verdict.ClientCertificate, 1, 2, 3, asked("handshake", true)},
		{"Basic", plainURL(basic), verdict.PasswordOnly, 15, 1, 0, nil},
	}
}

func miniHTTPD(t *testing.T, s *stand) []endpoint {
	port := peertest.FreePort(t)
	s.write("mini/index.html", page("", formHTML))
	s.write("mini/lock/.htpasswd", "anna:aaXOJ9N1B8vM.\n")
	s.write("mini/lock/index.html", page("", "open"))
	peertest.Start(t, peertest.Command{Path: "/usr/sbin/mini_httpd", Args: []string{"-D", "-h", "127.0.0.1", "-p", fmt.Sprint(port), "-d", s.path("mini"), "-u", "nobody", "-i", s.path("mini.pid"), "-l", "/dev/null"}, Address: address(port)})
	return []endpoint{
		{"password page", plainURL(port), verdict.PasswordOnly, 16, 1, 0, nil},
		{"Basic", plainURL(port) + "lock/", verdict.PasswordOnly, 15, 1, 0, nil},
	}
}

func webfsd(t *testing.T, s *stand) []endpoint {
	port := peertest.FreePort(t)
	s.write("webfs/index.html", page("", "open"))
	peertest.Start(t, peertest.Command{Path: "webfsd", Args: []string{"-F", "-i", "127.0.0.1", "-p", fmt.Sprint(port), "-r", s.path("webfs"), "-f", "index.html", "-b", "anna:hemligt"}, Address: address(port)})
	return []endpoint{{"Basic", plainURL(port), verdict.PasswordOnly, 15, 1, 0, nil}}
}

func busybox(t *testing.T, s *stand) []endpoint {
	port := peertest.FreePort(t)
	s.write("busybox/index.html", page("", `<a href="/eid">Logga in med e-legitimation</a> <a href="/freja">Freja+</a>`))
	s.write("busybox/lock/index.html", page("", "open"))
	conf := s.write("busybox.conf", "/lock:anna:hemligt\n")
	peertest.Start(t, peertest.Command{Path: "busybox", Args: []string{"httpd", "-f", "-p", address(port), "-h", s.path("busybox"), "-c", conf}, Address: address(port)})
	return []endpoint{
		{"only e-identification", plainURL(port), verdict.StrongOffered, 17, 0, 0, limited("other_ways_unseen")},
		{"Basic", plainURL(port) + "lock/", verdict.PasswordOnly, 15, 1, 0, nil},
	}
}

func opensslServer(t *testing.T, s *stand) []endpoint {
	port := peertest.FreePort(t)
	peertest.Start(t, peertest.Command{Path: "openssl", Args: []string{
		"s_server", "-accept", address(port), "-cert", s.path("server.crt"), "-key", s.path("server.key"), "-CAfile", s.path("people.crt"), "-Verify", "1", "-www", "-quiet",
	}, Address: address(port)})
	return []endpoint{{"certificate required", tlsURL(port), verdict.ClientCertificate, 1, 2, 3, asked("handshake", true)}}
}

func simpleSAML(t *testing.T, s *stand) []endpoint {
	const home = "/usr/share/simplesamlphp"
	need(t, "simplesamlphp and php-cli", home+"/www")
	port := peertest.FreePort(t)
	dir := s.path("ssp")
	for _, d := range []string{"web", "sessions", "log", "data", "metadata", "cert"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(home+"/www", filepath.Join(dir, "web", "simplesaml")); err != nil {
		t.Fatal(err)
	}
	s.write("ssp/config.php", `<?php
$config = [];
require '/etc/simplesamlphp/config.php';
$config = array_merge($config, [
  'baseurlpath' => 'http://`+address(port)+`/simplesaml/', 'certdir' => '`+dir+`/cert/', 'loggingdir' => '`+dir+`/log/', 'datadir' => '`+dir+`/data/', 'tempdir' => '`+dir+`/data',
  'metadatadir' => '`+dir+`/metadata/', 'secretsalt' => 'a salt that protects nothing', 'auth.adminpassword' => 'notused1', 'session.cookie.secure' => false,
  'logging.handler' => 'errorlog', 'timezone' => 'UTC', 'admin.checkforupdates' => false, 'module.enable' => ['exampleauth' => true, 'core' => true],
  'store.type' => 'phpsession', 'session.phpsession.savepath' => '`+dir+`/sessions',
]);
`)
	s.write("ssp/authsources.php", "<?php\n$config = ['pw' => ['exampleauth:UserPass', 'anna:hemligt' => ['uid' => ['anna']]]];\n")
	peertest.Start(t, peertest.Command{
		Path: "php", Args: []string{"-d", "session.save_path=" + dir + "/sessions", "-S", address(port), "-t", filepath.Join(dir, "web")},
		Env: []string{"SIMPLESAMLPHP_CONFIG_DIR=" + dir}, Address: address(port),
	})
	return []endpoint{{"password page", plainURL(port) + "simplesaml/module.php/core/authenticate.php?as=pw", verdict.PasswordOnly, 16, 1, 0, via("location")}}
}

func adminer(t *testing.T, _ *stand) []endpoint {
	const home = "/usr/share/adminer/adminer"
	need(t, "adminer and php-cli", "/usr/share/adminer")
	port := peertest.FreePort(t)
	peertest.Start(t, peertest.Command{Path: "php", Args: []string{"-S", address(port), "-t", home}, Address: address(port)})
	return []endpoint{{"password page", plainURL(port), verdict.PasswordOnly, 16, 1, 0, nil}}
}

func oidcProvider(t *testing.T, _ *stand) []endpoint {
	port := peertest.FreePort(t)
	peertest.Start(t, peertest.Command{
		Path: peertest.Node(t), Args: []string{"login.mjs"}, Dir: peertest.Packages(t, "oidc"), Env: []string{fmt.Sprintf("INSEGEL_PORT=%d", port)},
		Address: address(port), Says: "answers",
	})
	return []endpoint{{
		"login page", plainURL(port) + "auth?client_id=app&response_type=code&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&state=x",
		verdict.PasswordOnly, 16, 1, 0, via("location"),
	}}
}

func nodeServer(t *testing.T, s *stand) []endpoint {
	port := peertest.FreePort(t)
	script := s.write("server.cjs", fmt.Sprintf(`const https = require('https'), fs = require('fs');
https.createServer({cert: fs.readFileSync(%q), key: fs.readFileSync(%q), ca: fs.readFileSync(%q), requestCert: true, rejectUnauthorized: true},
  (_, res) => res.end('open')).listen(%d, '127.0.0.1');`, s.path("server.crt"), s.path("server.key"), s.path("people.crt"), port))
	peertest.Start(t, peertest.Command{Path: peertest.Node(t), Args: []string{script}, Address: address(port)})
	return []endpoint{{"certificate required", tlsURL(port), verdict.ClientCertificate, 1, 2, 3, asked("handshake", true)}}
}

func mailpit(t *testing.T, s *stand) []endpoint {
	program := filepath.Join(peertest.Root(t), ".build", "mailpit")
	need(t, "mailpit", program)
	open, locked := peertest.FreePort(t), peertest.FreePort(t)
	users := s.write("mailpit.users", "anna:hemligt\n")
	for port, more := range map[int][]string{open: nil, locked: {"--ui-auth-file", users}} {
		args := append([]string{"--listen", address(port), "--smtp", address(peertest.FreePort(t)), "--disable-version-check"}, more...)
		peertest.Start(t, peertest.Command{Path: program, Args: args, Address: address(port)})
	}
	return []endpoint{
		{"JavaScript shell", plainURL(open), verdict.Unknown, 19, 0, 0, limited("js_not_run")},
		{"Basic", plainURL(locked), verdict.PasswordOnly, 15, 1, 0, nil},
	}
}
