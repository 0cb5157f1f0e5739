// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/organisation"
)

// bothSorts are an installation of each sort.
var bothSorts = map[string]func(*testing.T) *installation{"sqlite": newInstallation, "postgres": onPostgres}

// lastPeriod is the period that a simulated nation is written for.
func lastPeriod() string { return national.LastCompleted(civil.Of(time.Now())).String() }

// sumsOf reads a period's sums as a program does: the JSON has just the four fields that it is promised to have.
func (w *installation) sumsOf(t *testing.T, period string) [][]string {
	t.Helper()
	out, _ := w.run(t, 0, with([]string{"national", "sums", "--period", period, "--json"}, w.where...)...)
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	var list []struct {
		Indicator                       *string
		Numerator, Denominator, Unknown *int64
	}
	if err := d.Decode(&list); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	rows := [][]string{{"indicator", "numerator", "denominator", "unknown"}}
	for _, x := range list {
		rows = append(rows, []string{*x.Indicator, strconv.FormatInt(*x.Numerator, 10), strconv.FormatInt(*x.Denominator, 10), strconv.FormatInt(*x.Unknown, 10)})
	}
	return rows
}

func readCSV(t *testing.T, file string) [][]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestSumsAreTheTruth writes nations of several seeds, takes them in twice and adds them up: the sums are those that were written beside them,
// on both bothSorts, and a directory within the one that is read is left alone.
func TestSumsAreTheTruth(t *testing.T) {
	for engine, begin := range bothSorts {
		for _, seed := range []uint64{1, 290, 4_000_000_007} {
			t.Run(fmt.Sprint(engine, "/", seed), func(t *testing.T) {
				w := begin(t)
				dir := filepath.Join(w.dir, "nation")
				w.run(t, 0, "national", "simulate", "--seed", fmt.Sprint(seed), "--municipalities", "9", "--systems", "25", "-o", dir)
				if list, err := filepath.Glob(filepath.Join(dir, "[0-9][0-9][0-9][0-9].json")); err != nil || len(list) != 9 {
					t.Fatalf("%d submissions: %v", len(list), err)
				}
				if err := os.Mkdir(filepath.Join(dir, "old"), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "old", "0180.json"), []byte("{"), 0o600); err != nil {
					t.Fatal(err)
				}
				if got := w.sumsOf(t, lastPeriod()); len(got) != 1 {
					t.Errorf("the sums of nothing are %v", got)
				}
				for range 2 {
					out, _ := w.run(t, 0, with([]string{"national", "receive", dir, "--trust", filepath.Join(dir, "keys.csv"), "--json"}, w.where...)...)
					if out != `{"accepted":9,"rejected":[]}`+"\n" {
						t.Errorf("received: %s", out)
					}
				}
				if diff := cmp.Diff(readCSV(t, filepath.Join(dir, "truth.csv")), w.sumsOf(t, lastPeriod())); diff != "" {
					t.Errorf("the sums are not the true ones: %s", diff)
				}
				plain, _ := w.run(t, 0, with([]string{"national", "sums", "--period", lastPeriod()}, w.where...)...)
				if b, err := os.ReadFile(filepath.Join(dir, "truth.csv")); err != nil || string(b) != plain {
					t.Errorf("as CSV the sums are another text: %v", err)
				}
			})
		}
	}
}

// without gives a submission's fields without some of them.
func without(t *testing.T, text string, names ...string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, name := range names {
		delete(out, name)
	}
	return out
}

// TestWhatIsPreviewedLeaves shows a submission, writes it to a file, sends it to a receiver and takes in the file, on both bothSorts: what leaves is
// what was shown, but for its signature and when it was made, and the receiver's sums are its figures.
func TestWhatIsPreviewedLeaves(t *testing.T) {
	for engine, begin := range bothSorts {
		t.Run(engine, func(t *testing.T) {
			sender, receiver := begin(t), newInstallation(t)
			sender.takeIn(t, "norrsjo", "Alfa;x\nBeta;y\n")
			keys := filepath.Join(sender.dir, "key")
			line, _ := sender.run(t, 0, "national", "keygen", "-o", keys, "--municipality", "0180")
			if want := [][]string{{"municipality", "key"}, {"0180", strings.TrimSpace(line)}}; cmp.Diff(want, readCSV(t, filepath.Join(keys, "keys.csv"))) != "" {
				t.Errorf("keys.csv is not %v", want)
			}
			if info, err := os.Stat(filepath.Join(keys, "submission.key")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the private key: %v %v", info, err)
			}
			about := []string{"--period", lastPeriod(), "--municipality", "0180"}
			shown, _ := sender.run(t, 0, with(append([]string{"national", "preview"}, about...), sender.where...)...)
			file := filepath.Join(sender.dir, "0180.json")
			sender.run(t, 0, with(append([]string{"national", "submit", "--key", keys, "-o", file}, about...), sender.where...)...)
			left, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			was, is := without(t, shown, "made", "signature"), without(t, string(left), "made", "signature")
			if diff := cmp.Diff(was, is); diff != "" || len(is) != 7 {
				t.Errorf("what leaves is not what was shown: %s", diff)
			}
			if got := without(t, shown)["signature"]; got != "" {
				t.Errorf("what is only shown is signed: %v", got)
			}
			take := []string{"national", "receive", file, "--json"}
			out, _ := receiver.run(t, 2, with(take, receiver.where...)...)
			if !strings.HasPrefix(out, `{"accepted":0,"rejected":[{"file":"0180.json","reason":"signature: no key is registered`) {
				t.Errorf("an unknown key: %s", out)
			}
			out, _ = receiver.run(t, 0, with(take, with([]string{"--trust", filepath.Join(keys, "keys.csv")}, receiver.where...)...)...)
			if out != `{"accepted":1,"rejected":[]}`+"\n" {
				t.Errorf("the file: %s", out)
			}
			var figures int
			for _, x := range is["indicators"].([]any) { //nolint:forcetypeassert // a list by its schema
				f, _ := x.(map[string]any)
				name := fmt.Sprintf("%v.%v.%v", f["indicator"], f["definition"], f["series"])
				row := []string{name, fmt.Sprint(f["numerator"]), fmt.Sprint(f["denominator"]), fmt.Sprint(f["unknown"])}
				if !slices.ContainsFunc(receiver.sumsOf(t, lastPeriod()), func(r []string) bool { return slices.Equal(r, row) }) {
					t.Errorf("the sums lack %v", row)
				}
				figures++
			}
			if figures == 0 {
				t.Error("nothing was submitted")
			}
		})
	}
}

// TestSubmitSends sends a submission to a receiver that serves: what it answers is written, and what it refuses is told with its reason.
func TestSubmitSends(t *testing.T) {
	sender, stranger, receiver := newInstallation(t), newInstallation(t), newInstallation(t)
	for _, w := range []*installation{sender, stranger} {
		w.takeIn(t, "norrsjo", "Alfa;x\n")
		w.run(t, 0, "national", "keygen", "-o", filepath.Join(w.dir, "key"), "--municipality", "0180")
	}
	receiver.takeIn(t, "riket", "Inget;x\n")
	keys := filepath.Join(sender.dir, "key", "keys.csv")
	receiver.run(t, 2, with([]string{"national", "receive", t.TempDir(), "--trust", keys + ".lost"}, receiver.where...)...)
	receiver.run(t, 0, with([]string{"national", "receive", t.TempDir(), "--trust", keys}, receiver.where...)...)
	at := receiver.receives(t)
	submit := func(w *installation, code int, more ...string) (out, said string) {
		return w.run(t, code, with(append([]string{
			"national", "submit", "--period", lastPeriod(), "--municipality", "0180", "--key", filepath.Join(w.dir, "key"), "--to", "http://" + at,
			"--outbound-network", "127.0.0.0/8",
		}, more...), w.where...)...)
	}
	if _, said := submit(sender, 2); !strings.Contains(said, "has not agreed") {
		t.Errorf("without having agreed: %s", said)
	}
	if _, said := submit(stranger, 2, "--agree"); !strings.Contains(said, "not made with the municipality's key") {
		t.Errorf("with another's key: %s", said)
	}
	if out, _ := submit(sender, 0, "--agree"); strings.TrimSpace(out) != `{"accepted":1,"rejected":[]}` {
		t.Errorf("the receiver answered %s", out)
	}
}

// receives serves an installation that receives others' figures, until the test ends, and gives its address.
func (w *installation) receives(t *testing.T) string {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Database: w.where[1], Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	o, err := organisation.Choose(t.Context(), a.DB, "riket", false)
	if err == nil {
		err = a.National.SetSharing(t.Context(), access.LocalAdministrator(o.ID), national.Sharing{Receive: true}, national.AnyVersion)
	}
	if err != nil {
		t.Fatal(errors.Join(err, a.Close()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		done <- a.Serve(ctx, app.ServerOptions{Address: "127.0.0.1:0", Ready: func(at net.Addr) { ready <- at }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, a.Close()); err != nil {
			t.Error(err)
		}
	})
	select {
	case at := <-ready:
		return at.String()
	case err := <-done:
		done <- err
		t.Fatalf("the receiver does not serve: %v", err)
		return ""
	}
}
