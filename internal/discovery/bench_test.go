// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/discoverytest"
)

// none takes what is found and throws it away.
type none struct{}

func (none) Findings([]discovery.Finding) error     { return nil }
func (none) Counted(string, []int64, []int64) error { return nil }
func (none) Container(discovery.Container) error    { return nil }
func (none) Skipped(discovery.Skipped) error        { return nil }

func options(t testing.TB, ids ...string) discovery.Options {
	t.Helper()
	r, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Choose(ids)
	if err != nil {
		t.Fatal(err)
	}
	return discovery.Options{Rules: r, Detectors: d, Key: discovery.Key{1}, Now: func() time.Time { return time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC) }, Workers: 1}
}

// BenchmarkScan looks through each kind of file of a municipality's share, from memory.
func BenchmarkScan(b *testing.B) {
	kinds := map[string][]byte{}
	for f := range discoverytest.Corpus(64, 1<<21, 1) {
		kind, _, _ := bytes.Cut([]byte(f.Name), []byte("/"))
		if kinds[string(kind)] == nil {
			kinds[string(kind)] = f.Bytes
		}
	}
	for _, of := range []struct {
		name string
		ids  []string
	}{{"numbers", []string{"personnummer", "samordningsnummer"}}, {"all", nil}} {
		for _, kind := range []string{"text", "register", "ekonomi", "logg", "export"} {
			b.Run(of.name+"/"+kind, func(b *testing.B) {
				o := options(b, of.ids...)
				dir := b.TempDir()
				name := map[string]string{"text": "a.txt", "register": "a.csv", "ekonomi": "a.csv", "logg": "a.log", "export": "a.json"}[kind]
				if err := os.WriteFile(dir+"/"+name, kinds[kind], 0o600); err != nil {
					b.Fatal(err)
				}
				size := len(kinds[kind])
				b.SetBytes(int64(size))
				best := time.Hour
				for b.Loop() {
					began := time.Now()
					if _, err := discovery.Scan(context.Background(), []string{dir + "/" + name}, o, none{}); err != nil {
						b.Fatal(err)
					}
					best = min(best, time.Since(began))
				}
				b.ReportMetric(float64(size)/1e6/best.Seconds(), "best-MB/s") // what other work on the machine disturbs least
			})
		}
	}
}
