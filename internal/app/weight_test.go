// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/webtest"
)

// mostFirstView is how many bytes a first view may take, compressed and with the font: what a slow line carries in a blink.
const mostFirstView = 60 << 10

// The first view of the start page, with style, script, icons and font, is light also on a slow line.
func TestFirstViewIsLight(t *testing.T) {
	address, link, _ := example(t, "sqlite:"+filepath.Join(t.TempDir(), "example.db"))
	c := webtest.Open(t, address)
	page := c.Get(strings.TrimPrefix(link, address))
	if page.Status != http.StatusOK {
		t.Fatalf("sign-in: %d", page.Status)
	}
	sent := func(path string) (body string, size int) {
		t.Helper()
		p := c.Get(path)
		if p.Status != http.StatusOK {
			t.Fatalf("%s: %d", path, p.Status)
		}
		if strings.HasSuffix(path, ".woff2") {
			return "", len(p.Body) // a font is compressed already
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write([]byte(p.Body))
		ok(t, err, z.Close())
		return p.Body, b.Len()
	}
	html, total := sent("/")
	t.Logf("page: %d", total)
	seen := map[string]bool{}
	static := regexp.MustCompile(`/static/[A-Za-z0-9._/-]+|fonts/[A-Za-z0-9._-]+`)
	queue := static.FindAllString(html, -1)
	for len(queue) > 0 {
		path := "/static/" + strings.TrimPrefix(queue[0], "/static/")
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		body, n := sent(path)
		t.Logf("%s: %d", path, n)
		total += n
		if strings.Contains(path, ".css") {
			queue = append(queue, static.FindAllString(body, -1)...)
		}
	}
	if len(seen) < 3 || total > mostFirstView {
		t.Errorf("the first view takes %d bytes in %d files, at most %d", total, len(seen)+1, mostFirstView)
	}
}
