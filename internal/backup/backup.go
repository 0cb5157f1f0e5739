// SPDX-License-Identifier: EUPL-1.2

// Package backup copies the whole installation to an encrypted file while it is in use, and puts it back (Swedish:
// säkerhetskopia). The file holds rows, not pages, so what one engine wrote another can read. The organisations' keys go to a small
// file of their own, the root key to none.
package backup

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"filippo.io/age"

	"github.com/insegel/insegel/internal/key"
)

// format names the form of a backup, for ever.
const format = "insegel-backup/1"

var (
	// ErrBroken says that a backup is damaged, or is not one.
	ErrBroken = errors.New("the backup is damaged, or is no backup of this program")
	// ErrSignature says that a backup was not signed by this installation's root key.
	ErrSignature = errors.New("the backup is not signed by this root key: it was changed, or comes from another installation")
	// ErrRecipients says that a backup would have too few who can open it.
	ErrRecipients = errors.New("give at least two recipients: those who run the program, and a key that lies elsewhere")
	// ErrNotEmpty says that there is something where a backup would be put back.
	ErrNotEmpty = errors.New("there is a database already, and nothing was changed")
	// ErrNewer says that a backup was made by a newer program.
	ErrNewer = errors.New("the backup was made by a newer version of the program: use that version or a later one")
)

// leftOut are the tables that a backup does not hold, and why.
var leftOut = map[string]string{
	"goose_db_version": "the manifest tells the schema",
	"session":          "what has been signed out since must not be signed in again",
	"session_clock":    "it belongs to the sessions",
	"ceremony":         "belongs to a browser that waits now",
	"console_code":     "is valid for minutes",
	"enrolment":        "an invitation that has been used since must not come back",
	"sign_in_request":  "belongs to a browser that waits now",
	"register_upload":  "lists are kept for a day, and may hold what must not be kept at all",
	"backup_run":       "tells of this machine's copies",
	"restoring":        "tells of what is being put back here",
}

// Manifest tells what a backup holds. It stands last in the file, signed.
type Manifest struct {
	Format  string `json:"format"`
	Version string `json:"version"`
	Schema  int64  `json:"schema"`
	Engine  string `json:"engine"`
	// At is when the copy was taken, in milliseconds.
	At int64 `json:"at"`
	// Root and Ring tell which root key and which file of keys the texts need, without telling what they are.
	Root   string  `json:"root"`
	Ring   string  `json:"ring"`
	Logs   []Log   `json:"logs"`
	Tables []Table `json:"tables"`
}

// Log is how far an organisation's log had come, and its tree's root.
type Log struct {
	Organisation string `json:"organisation"`
	Size         int64  `json:"size"`
	Root         string `json:"root"`
}

// Table is a table's part of a backup. Its rows' bytes are hashed.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
	SHA256  string   `json:"sha256"`
}

// Rows is how many rows there are in all.
func (m *Manifest) Rows() int64 {
	var n int64
	for i := range m.Tables {
		n += m.Tables[i].Rows
	}
	return n
}

// named is the form of a table's and a column's name. Nothing else ever stands in a statement.
var named = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`) })

// ParseManifest reads a manifest and checks its form.
func ParseManifest(b []byte) (*Manifest, error) {
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("%w: read manifest: %w", ErrBroken, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the manifest", ErrBroken)
	}
	if m.Format != format {
		return nil, fmt.Errorf("%w: its format is %.40q, this program knows %q", ErrBroken, m.Format, format)
	}
	seen := map[string]bool{}
	for i := range m.Tables {
		t := &m.Tables[i]
		if !named().MatchString(t.Name) || seen[t.Name] || len(t.Columns) == 0 || t.Rows < 0 {
			return nil, fmt.Errorf("%w: table %.40q", ErrBroken, t.Name)
		}
		seen[t.Name] = true
		for _, c := range t.Columns {
			if !named().MatchString(c) {
				return nil, fmt.Errorf("%w: column %.40q of %s", ErrBroken, c, t.Name)
			}
		}
	}
	return &m, nil
}

func (m *Manifest) table(name string) *Table {
	i := slices.IndexFunc(m.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &m.Tables[i]
}

// signingKey is what manifests are signed with.
func signingKey(root key.Root) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(root.Derive("backup signature"))
}

// signed is what the signature is over.
func signed(manifest []byte) []byte { return append([]byte(format+"\n"), manifest...) }

func sign(root key.Root, manifest []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(signingKey(root), signed(manifest)))
}

func verify(root key.Root, manifest []byte, signature string) error {
	sig, err := base64.StdEncoding.DecodeString(strings.TrimSpace(signature))
	public, ok := signingKey(root).Public().(ed25519.PublicKey)
	if err != nil || !ok || !ed25519.Verify(public, signed(manifest), sig) {
		return ErrSignature
	}
	return nil
}

// ParseRecipients reads who can open a backup: age's public keys. At least two different ones are asked for.
func ParseRecipients(texts []string) ([]age.Recipient, error) {
	var out []age.Recipient
	seen := map[string]bool{}
	for _, t := range texts {
		list, err := age.ParseRecipients(strings.NewReader(t))
		if err != nil {
			return nil, fmt.Errorf("read recipient %.20q: write a public key of age, such as age1...: %w", t, err)
		}
		if !seen[strings.TrimSpace(t)] {
			out = append(out, list...)
		}
		seen[strings.TrimSpace(t)] = true
	}
	if len(out) < 2 {
		return nil, ErrRecipients
	}
	return out, nil
}
