// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
)

// What the tests look into.
var (
	Tables  = tables
	EachRow = eachRow
	LeftOut = leftOut
)

// Repack changes the manifest of a backup that has been decrypted, and nothing else of it.
func Repack(t *testing.T, b []byte, change func([]byte) []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	a := tar.NewWriter(z)
	eachPart(t, b, func(name string, text []byte) {
		if name == "manifest.json" {
			text = change(text)
		}
		if err := part(a, name, text); err != nil {
			t.Fatal(err)
		}
	})
	if err := errors.Join(a.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Unpack gives everything that a backup that has been decrypted holds.
func Unpack(t *testing.T, b []byte) string {
	t.Helper()
	var all strings.Builder
	eachPart(t, b, func(_ string, text []byte) { all.Write(text) })
	return all.String()
}

func eachPart(t *testing.T, b []byte, use func(name string, text []byte)) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(z)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		use(h.Name, text)
	}
}
