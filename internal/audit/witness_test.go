// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// witness is a witness as C2SP's tlog-witness describes one, with nothing of ours in it but the key of the log that it follows.
type witness struct {
	mu   sync.Mutex
	name string
	key  ed25519.PrivateKey
	logs map[string]note.Verifier // by origin
	last map[string]seen
	// lie makes it sign something else.
	lie bool
}

type seen struct {
	size int64
	root tlog.Hash
}

func (w *witness) verifierKey() string {
	pub := append([]byte{4}, w.key.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("%s+%08x+%s", w.name, w.id(), base64.StdEncoding.EncodeToString(pub))
}

func (w *witness) id() uint32 {
	h := sha256.Sum256([]byte(w.name + "\n\x04" + string(w.key.Public().(ed25519.PublicKey))))
	return binary.BigEndian.Uint32(h[:])
}

func (w *witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, _ := io.ReadAll(r.Body)
	head, cp, ok := strings.Cut(string(b), "\n\n")
	lines := strings.Split(head, "\n")
	var old int64
	if _, err := fmt.Sscanf(lines[0], "old %d", &old); err != nil || !ok || r.URL.Path != "/w/add-checkpoint" || r.Method != http.MethodPost {
		http.Error(out, "bad", http.StatusBadRequest)
		return
	}
	text := strings.Split(cp, "\n")
	v := w.logs[text[0]]
	if v == nil {
		http.Error(out, "unknown", http.StatusNotFound)
		return
	}
	n, err := note.Open([]byte(cp), note.VerifierList(v))
	if err != nil {
		http.Error(out, "signature", http.StatusForbidden)
		return
	}
	var size int64
	_, _ = fmt.Sscanf(text[1], "%d", &size)
	root, _ := tlog.ParseHash(text[2])
	last := w.last[text[0]]
	if old > size {
		http.Error(out, "old", http.StatusBadRequest)
		return
	}
	if old != last.size {
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprintf(out, "%d\n", last.size)
		return
	}
	var proof tlog.TreeProof
	for _, l := range lines[1:] {
		h, err := tlog.ParseHash(l)
		if err != nil {
			http.Error(out, "proof", http.StatusBadRequest)
			return
		}
		proof = append(proof, h)
	}
	if old == size && old > 0 && root != last.root {
		http.Error(out, "other root", http.StatusConflict)
		return
	}
	if old == 0 && len(proof) > 0 || old > 0 && tlog.CheckTree(proof, size, root, old, last.root) != nil {
		http.Error(out, "inconsistent", http.StatusUnprocessableEntity)
		return
	}
	w.last[text[0]] = seen{size, root}
	const at = 1_764_000_000
	msg := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, n.Text)
	if w.lie {
		msg += "x"
	}
	sig := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, w.id()), at)
	sig = append(sig, ed25519.Sign(w.key, []byte(msg))...)
	_, _ = fmt.Fprintf(out, "— %s %s\n", w.name, base64.StdEncoding.EncodeToString(sig))
}

func TestWitness(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		origin := audit.Origin(actor.Organisation.String(), 1)
		// The standard library's own reader of verifier keys takes ours.
		v, err := note.NewVerifier(testKey.Public().Verifier(origin))
		if err != nil {
			t.Fatal(err)
		}
		w := &witness{name: "witness.example/w1", key: ed25519.NewKeyFromSeed(make([]byte, 32)), logs: map[string]note.Verifier{origin: v}, last: map[string]seen{}}
		s := httptest.NewServer(w)
		defer s.Close()
		client, err := audit.NewWitness(s.URL+"/w/", w.verifierKey(), s.Client())
		if err != nil {
			t.Fatal(err)
		}
		k := keeper(d)
		k.Witnesses = []audit.Witness{client}
		check := byKey()
		check.Witnesses = k.Witnesses
		cosigned := func() int64 { return verified(t, d, actor.Organisation, check).Cosigned }

		for i, n := range []int{3, 4, 1} {
			for range n {
				appended(t, d, actor, entry("a"))
			}
			k.Round(t.Context())
			if got, want := cosigned(), []int64{3, 7, 8}[i]; got != want {
				t.Fatalf("cosigned until %d, want %d", got, want)
			}
		}
		// The note that we lost the answer to: the witness is further than we know, and the next round finds out.
		tamper(t, d, `UPDATE audit_delivery SET size = 3`)
		appended(t, d, actor, entry("a"))
		k.Round(t.Context())
		if got := cosigned(); got != 9 {
			t.Errorf("cosigned until %d, want 9", got)
		}
		// A witness that signs something else has not cosigned.
		w.lie = true
		appended(t, d, actor, entry("a"))
		k.Round(t.Context())
		if got := cosigned(); got != 9 {
			t.Errorf("a false cosignature was taken: %d", got)
		}
		w.lie = false
		k.Round(t.Context())
		if got := cosigned(); got != 10 {
			t.Errorf("cosigned until %d, want 10", got)
		}
		// A log that was made anew, with the key, is not cosigned.
		tamper(t, d, `DELETE FROM audit_checkpoint`, `DELETE FROM audit_cosignature`, `DELETE FROM audit_delivery`, `DELETE FROM audit_private`,
			`DELETE FROM audit_hash`, `DELETE FROM audit_entry`, `UPDATE audit_head SET size = 0`)
		for range 12 {
			appended(t, d, actor, entry("b"))
		}
		k.Round(t.Context())
		if got := cosigned(); got != 0 {
			t.Errorf("a log that was made anew was cosigned until %d", got)
		}
	})
}
