// SPDX-License-Identifier: EUPL-1.2

package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/seal"
)

// made makes a file of keys in a directory that the test removes.
func made(t *testing.T, root key.Root) (*seal.Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.keys")
	r, err := seal.Create(path, root)
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

func newKey(t testing.TB, r *seal.Ring, organisation string) string {
	t.Helper()
	id, err := r.NewKey(organisation)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func sealed(t testing.TB, r *seal.Ring, organisation, text string) string {
	t.Helper()
	s, err := r.Seal(organisation, newKey(t, r, organisation), text, "here")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is sealed opens in its own place and organisation, and nowhere else.
func TestSealedTextIsBoundToItsPlace(t *testing.T) {
	r := seal.InMemory()
	ids := map[string]string{"a": newKey(t, r, "a"), "b": newKey(t, r, "b")}
	rapid.Check(t, func(t *rapid.T) {
		org := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "organisation")
		plain, about := rapid.String().Draw(t, "plain"), rapid.String().Draw(t, "about")
		s, err := r.Seal(org, ids[org], plain, about)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) > 3 && strings.Contains(s, plain) {
			t.Fatalf("%q stands in %q", plain, s)
		}
		if got, err := r.Open(org, s, about); err != nil || got != plain {
			t.Fatalf("got %q, %v", got, err)
		}
		if other := rapid.String().Draw(t, "elsewhere"); other != about {
			if _, err := r.Open(org, s, other); !errors.Is(err, seal.ErrForged) {
				t.Fatalf("opened elsewhere: %v", err)
			}
		}
		theirs := map[string]string{"a": "b", "b": "a"}[org]
		if _, err := r.Open(theirs, s, about); err == nil {
			t.Fatal("opened with another organisation's key")
		}
		b := []byte(s)
		i := rapid.IntRange(0, len(b)-1).Draw(t, "byte")
		b[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := r.Open(org, string(b), about); err == nil {
			t.Fatalf("opened with byte %d changed", i)
		}
	})
}

func TestPlainTextIsRefused(t *testing.T) {
	r := seal.InMemory()
	newKey(t, r, "a")
	for _, text := range []string{"plain", "v1:", "v1:12345678", "v1:1234567x:AAAA", "v1:ABCDEF12:AAAA", "v2:12345678:AAAA"} {
		if _, err := r.Open("a", text, "here"); !errors.Is(err, seal.ErrNotSealed) {
			t.Errorf("%q: %v, want ErrNotSealed", text, err)
		}
	}
	if _, err := r.Open("a", "v1:12345678:AAAA", "here"); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("an unknown key: %v, want ErrNoKey", err)
	}
}

// Two programs use one file: what one makes, the other finds.
func TestTwoProgramsShareTheFile(t *testing.T) {
	root := key.Draw()
	one, path := made(t, root)
	other, err := seal.Open(path, root)
	if err != nil {
		t.Fatal(err)
	}
	s := sealed(t, one, "a", "text")
	if got, err := other.Open("a", s, "here"); err != nil || got != "text" {
		t.Errorf("got %q, %v", got, err)
	}
	if a, b := newKey(t, one, "a"), newKey(t, other, "a"); a != b {
		t.Errorf("two keys of one organisation, %s and %s", a, b)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, want 0600", info.Mode().Perm())
	}
}

// However many make keys at once, each organisation gets one, and none is lost.
func TestConcurrentKeys(t *testing.T) {
	const programs, organisations = 4, 10
	root := key.Draw()
	_, path := made(t, root)
	ids := make([][organisations]string, programs)
	failed := make([]error, programs)
	var wg sync.WaitGroup
	for p := range programs {
		wg.Go(func() {
			r, err := seal.Open(path, root)
			for o := 0; o < organisations && err == nil; o++ {
				ids[p][o], err = r.NewKey(string(rune('a' + o)))
			}
			failed[p] = err
		})
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Fatal(err)
	}
	for p := range ids {
		if ids[p] != ids[0] {
			t.Errorf("program %d got %v, another %v", p, ids[p], ids[0])
		}
	}
}

func TestRotateAndDrop(t *testing.T) {
	root := key.Draw()
	r, path := made(t, root)
	other, err := seal.Open(path, root)
	if err != nil {
		t.Fatal(err)
	}
	old := newKey(t, r, "a")
	before := sealed(t, r, "a", "before")
	next, err := r.Rotate("a")
	if err != nil || next == old {
		t.Fatalf("the new key is %s, the old %s: %v", next, old, err)
	}
	if got, err := other.Open("a", before, "here"); err != nil || got != "before" {
		t.Errorf("the old key no longer reads: %q, %v", got, err)
	}
	if s, err := other.Seal("a", next, "after", "here"); err != nil {
		t.Errorf("another program does not find the new key: %v", err)
	} else if id, _ := seal.KeyOf(s); id != next {
		t.Errorf("sealed with %s, want %s", id, next)
	}
	// The database says which key is used: until it says the new one, the old one seals.
	late, err := other.Seal("a", old, "late", "here")
	if id, _ := seal.KeyOf(late); err != nil || id != old {
		t.Errorf("sealed with the old key: %q, %v", late, err)
	}
	if got, err := r.Open("a", late, "here"); err != nil || got != "late" {
		t.Errorf("what the old key sealed late reads %q, %v", got, err)
	}
	if state, err := r.State("a"); err != nil || state.Primary != next || len(state.Old) != 1 || state.Old[0] != old {
		t.Errorf("state = %+v, %v", state, err)
	}
	if err := r.Drop("a"); err != nil {
		t.Fatal(err)
	}
	fresh, err := seal.Open(path, root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Open("a", before, "here"); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("a dropped key still reads: %v", err)
	}
	if _, err := fresh.Seal("a", old, "too late", "here"); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("a dropped key still seals: %v", err)
	}
}

// A destroyed key stays destroyed, when an old copy of the file is restored too.
func TestDestroy(t *testing.T) {
	root := key.Draw()
	r, path := made(t, root)
	a, b := sealed(t, r, "a", "text"), sealed(t, r, "b", "text")
	copied, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Destroy("a"); err != nil {
		t.Fatal(err)
	}
	check := func(r *seal.Ring) {
		t.Helper()
		if _, err := r.Open("a", a, "here"); !errors.Is(err, seal.ErrDestroyed) {
			t.Errorf("a destroyed key: %v, want ErrDestroyed", err)
		}
		if _, err := r.NewKey("a"); !errors.Is(err, seal.ErrDestroyed) {
			t.Errorf("a new key in its place: %v, want ErrDestroyed", err)
		}
		if got, err := r.Open("b", b, "here"); err != nil || got != "text" {
			t.Errorf("another organisation's: %q, %v", got, err)
		}
	}
	check(r)
	if again, err := seal.Restore(path, root, copied); err != nil {
		t.Error(err)
	} else {
		check(again)
	}
}

func TestOpenRefuses(t *testing.T) {
	root := key.Draw()
	r, path := made(t, root)
	newKey(t, r, "a")
	newKey(t, r, "b")
	good, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(path+".none", root); !errors.Is(err, seal.ErrMissing) {
		t.Errorf("no file: %v, want ErrMissing", err)
	}
	if _, err := seal.Open(path, key.Draw()); !errors.Is(err, seal.ErrRoot) {
		t.Errorf("another root key: %v, want ErrRoot", err)
	}
	if _, err := seal.Create(path, root); !errors.Is(err, os.ErrExist) {
		t.Errorf("made over a file: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(path, root); !errors.Is(err, key.ErrUnsafe) {
		t.Errorf("readable by others: %v, want ErrUnsafe", err)
	}
	for name, b := range map[string][]byte{
		"cut short":         good[:len(good)/2],
		"empty":             nil,
		"swapped":           bytes.Replace(bytes.Replace(bytes.Replace(good, []byte(`"a"`), []byte(`"x"`), 1), []byte(`"b"`), []byte(`"a"`), 1), []byte(`"x"`), []byte(`"b"`), 1),
		"another ring":      bytes.Replace(good, []byte(`"ring": "`), []byte(`"ring": "X`), 1),
		"something follows": append(bytes.Clone(good), '{'),
		"another format":    bytes.Replace(good, []byte("insegel-keys/1"), []byte("insegel-keys/2"), 1),
		"an unknown field":  bytes.Replace(good, []byte(`"ring"`), []byte(`"rings": 1, "ring"`), 1),
	} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(path, root); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("%s: %v, want ErrBroken", name, err)
		}
	}
}

func TestRewrap(t *testing.T) {
	root, next := key.Draw(), key.Draw()
	r, path := made(t, root)
	s := sealed(t, r, "a", "text")
	if err := r.Rewrap(path+".next", next); err != nil {
		t.Fatal(err)
	}
	moved, err := seal.Open(path+".next", next)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := moved.Open("a", s, "here"); err != nil || got != "text" || moved.ID() != r.ID() {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := seal.Open(path+".next", root); !errors.Is(err, seal.ErrRoot) {
		t.Errorf("the old root key opens the new file: %v", err)
	}
}

func FuzzKeysFile(f *testing.F) {
	root := key.Draw()
	r := seal.InMemory()
	if _, err := r.NewKey("a"); err != nil {
		f.Fatal(err)
	}
	good, err := r.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"insegel-keys/1","root":"x","ring":"y","keys":[{"organisation":"a","destroyed":true}]}`))
	f.Add([]byte(`{"format":"insegel-keys/1","root":"x","ring":"y","keys":[{"organisation":"a"},{"organisation":"a"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "k")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(path, root); err == nil {
			t.Fatal("a file of no root key was opened")
		} else if !errors.Is(err, seal.ErrBroken) && !errors.Is(err, seal.ErrRoot) {
			t.Fatalf("got %v, want ErrBroken or ErrRoot", err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	r := seal.InMemory()
	id := newKey(b, r, "a")
	text := strings.Repeat("Motivering som är ungefär så här lång. ", 5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Seal("a", id, text, "6:system|7:comment|"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	r := seal.InMemory()
	s := sealed(b, r, "a", strings.Repeat("Motivering som är ungefär så här lång. ", 5))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Open("a", s, "here"); err != nil {
			b.Fatal(err)
		}
	}
}

// A copy of the keys that was left by a change that was cut short does not outlive the next change: the key that it destroys may be in it.
func TestWhatACutChangeLeftGoes(t *testing.T) {
	r, path := made(t, key.Draw())
	newKey(t, r, "a")
	before, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", before, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Destroy("a"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil || bytes.Contains(b, []byte(`"wrapped"`)) {
			t.Errorf("%s still holds keys: %v", e.Name(), err)
		}
	}
}
