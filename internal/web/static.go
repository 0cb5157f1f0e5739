// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

//go:embed static
var staticFiles embed.FS

// file is one static file with the hash that its address carries.
type file struct {
	body              []byte
	hash, contentType string
}

// files and symbols are made the first time that something is served: commands that serve nothing start faster.
var (
	files   = sync.OnceValue(func() map[string]file { return loadStatic(staticFiles) })
	symbols = sync.OnceValue(func() map[string]bool { return loadSymbols(files()["icons.svg"].body) })
)

// hashLength is how many hexadecimal digits of SHA-256 stand in an address: enough that two versions never share one.
const hashLength = 16

var cssURL = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`url\((fonts/[^)?]+)\)`) })

// withoutComments gives a style sheet without its comments and the space before them. A regular expression takes ten times as long, at each
// start.
func withoutComments(css []byte) []byte {
	out := make([]byte, 0, len(css))
	for {
		before, after, found := bytes.Cut(css, []byte("/*"))
		_, rest, ends := bytes.Cut(after, []byte("*/"))
		if !found || !ends {
			return append(out, css...)
		}
		out, css = append(out, bytes.TrimRight(before, " \t\n\f\r")...), rest
	}
}

func loadStatic(fsys fs.FS) map[string]file {
	out := map[string]file{}
	err := fs.WalkDir(fsys, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		out[strings.TrimPrefix(name, "static/")] = newFile(name, body)
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("web: read static files: %v", err)) // they are in the program itself
	}
	// What the style sheet says to those who change it stays here. The style sheet names the fonts; with their hash in the address they can be kept for good as well.
	css := cssURL().ReplaceAllFunc(withoutComments(out["insegel.css"].body), func(m []byte) []byte {
		name := string(cssURL().FindSubmatch(m)[1])
		return []byte("url(" + name + "?v=" + out[name].hash + ")")
	})
	out["insegel.css"] = newFile("insegel.css", css)
	return out
}

func newFile(name string, body []byte) file {
	sum := sha256.Sum256(body)
	kind := ""
	switch path.Ext(name) { // not left to what the machine's own tables say, which would be read for nothing
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml; charset=utf-8"
	case ".woff2":
		kind = "font/woff2"
	case ".txt":
		kind = "text/plain; charset=utf-8"
	default:
		panic(fmt.Sprintf("web: %s has no content type", name)) // every start reads them all
	}
	return file{body: body, hash: hex.EncodeToString(sum[:])[:hashLength], contentType: kind}
}

// Asset gives the address of a static file, with the hash of its content.
func Asset(name string) (string, error) {
	f, ok := files()[name]
	if !ok {
		return "", fmt.Errorf("no static file is called %s", name)
	}
	return "/static/" + name + "?v=" + f.hash, nil
}

var symbolID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<symbol id="([a-z0-9-]+)"`) })

func loadSymbols(sprite []byte) map[string]bool {
	out := map[string]bool{}
	for _, m := range symbolID().FindAllSubmatch(sprite, -1) {
		out[string(m[1])] = true
	}
	return out
}

// icon draws a symbol of icons.svg. A name that is not there fails the page, so that no page has a hole where a symbol should be.
func icon(name string) (template.HTML, error) {
	if !symbols()[name] {
		return "", fmt.Errorf("icons.svg has no symbol %q", name)
	}
	return template.HTML(`<svg class="i" aria-hidden="true" focusable="false"><use href="/static/icons.svg?v=` + //nolint:gosec // name is one of ours
		files()["icons.svg"].hash + `#` + name + `"/></svg>`), nil
}

// serveStatic answers for /static/ and the fixed addresses that browsers and crawlers ask for by themselves. It reports false
// when the address is not one of them.
func serveStatic(w http.ResponseWriter, r *http.Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, "/static/")
	switch r.URL.Path {
	case "/favicon.ico":
		name, ok = "favicon.svg", true
	case "/robots.txt":
		name, ok = "robots.txt", true
	}
	f, found := files()[name]
	if !ok || !found || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("ETag", `"`+f.hash+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == f.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
	return true
}
