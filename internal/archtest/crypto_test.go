// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// broken are packages whose algorithms are broken, or whose numbers can be guessed.
var broken = []string{
	"crypto/md5", "crypto/sha1", "crypto/des", "crypto/rc4", "crypto/dsa", "golang.org/x/crypto/md4", "golang.org/x/crypto/blowfish",
	"golang.org/x/crypto/cast5", "golang.org/x/crypto/tea", "golang.org/x/crypto/xtea", "math/rand", "math/rand/v2",
}

// cryptography are the beginnings of the packages that encrypt, sign, hash or draw.
var cryptography = []string{
	"crypto/", "golang.org/x/crypto/", "golang.org/x/mod/sumdb/", "filippo.io/age", "github.com/tink-crypto/", "github.com/go-jose/",
	"github.com/go-webauthn/", "github.com/coreos/go-oidc/", "github.com/russellhaering/",
}

var soundCryptography = rule{
	name: "sound cryptography",
	why: "what is drawn with math/rand can be guessed, and MD5, SHA-1, DES and RC4 are broken. Draw with crypto/rand, hash with SHA-256, " +
		"encrypt with tx.Seal (docs/security/logging-and-cryptography.md)",
	check: func(files []*source) (out []finding) {
		for _, s := range goFiles(files) {
			if !s.ships() {
				continue
			}
			for i, imp := range s.imports() {
				if slices.Contains(broken, imp) {
					out = append(out, s.at(s.file.Imports[i].Pos(), "%s imports %s", s.dir(), imp))
				}
			}
		}
		return out
	},
	breaks: []file{
		{"internal/auth/a.go", "import _ \"math/rand/v2\""},
		{"internal/auth/a.go", "import _ \"crypto/md5\""},
		{"internal/document/a.go", "import _ \"crypto/sha1\""},
	},
	keeps: []file{
		{"internal/auth/a.go", "import _ \"crypto/rand\""},
		{"internal/auth/a_test.go", "import _ \"math/rand/v2\""},
	},
}

// cryptoPage is the inventory: every package that does cryptography, and with what key for what.
const cryptoPage = "docs/security/logging-and-cryptography.md"

// The inventory names every package with cryptography in it, and no other.
func TestCryptographyIsInTheInventory(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, cryptoPage))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "| `internal/"); ok {
			name, _, _ := strings.Cut(rest, "`")
			told[name] = true
		}
	}
	found := map[string]bool{}
	for _, s := range goFiles(project(t)) {
		if !s.ships() {
			continue
		}
		for _, imp := range s.imports() {
			if slices.ContainsFunc(cryptography, func(p string) bool { return imp == p || strings.HasPrefix(imp, strings.TrimSuffix(p, "/")+"/") }) {
				found[s.pkg()] = true
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("no cryptography was found")
	}
	for pkg := range found {
		if !told[pkg] {
			t.Errorf("%s does not tell what internal/%s encrypts, signs, hashes or draws, and with which key", cryptoPage, pkg)
		}
	}
	for pkg := range told {
		if !found[pkg] {
			t.Errorf("%s tells of internal/%s, which does no cryptography", cryptoPage, pkg)
		}
	}
}
