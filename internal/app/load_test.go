// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/webtest"
)

// BenchmarkLoad lets 50 people click through the example municipality at once, on SQLite and over loopback: they open the start page, lists
// with filters, systems, requirements and the plan, and one in ten clicks saves an answer. It reports how long a click takes and how many
// fail. Run it with make bench-load.
func BenchmarkLoad(b *testing.B) {
	const people = 50
	address, link, _ := example(b, "sqlite:"+filepath.Join(b.TempDir(), "example.db"))
	clients := make([]*webtest.Client, people)
	for i := range clients {
		clients[i] = webtest.Open(b, address)
		if i > 0 { // the link opens once; its session is everybody's
			clients[i].SetCookie("insegel", clients[0].Cookie("insegel"))
		} else if p := clients[i].Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
			b.Fatalf("sign-in: %d", p.Status)
		}
	}
	var slugs []string
	for _, a := range clients[0].Get("/system").All("main a") {
		to, ok := strings.CutPrefix(webtest.Attr(a, "href"), "/system/")
		if ok && !strings.ContainsAny(to, "/?#") && to != "nytt" && to != "beroenden" {
			slugs = append(slugs, to)
		}
	}
	slugs = slices.Compact(slugs)
	if len(slugs) < 10 {
		b.Fatalf("only %d systems to click on", len(slugs))
	}
	var mu sync.Mutex
	var reads, writes []time.Duration
	faults := 0
	b.ResetTimer()
	for b.Loop() {
		var wait sync.WaitGroup
		for i, c := range clients {
			wait.Go(func() {
				r := rand.New(rand.NewPCG(uint64(i), uint64(b.N)))
				time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond) // nobody begins in the same instant as 49 others
				for range 20 {
					took, wrote, status := click(c, r, slugs)
					mu.Lock()
					if wrote {
						writes = append(writes, took)
					} else {
						reads = append(reads, took)
					}
					if !slices.Contains([]int{http.StatusOK, http.StatusSeeOther, http.StatusConflict}, status) {
						faults++
					}
					mu.Unlock()
					time.Sleep(time.Duration(1000+r.IntN(2000)) * time.Millisecond) // somebody in a hurry; most people read longer
				}
			})
		}
		wait.Wait()
	}
	b.StopTimer()
	all := slices.Concat(reads, writes)
	b.ReportMetric(percentileOf(all, 50), "ms-median")
	b.ReportMetric(percentileOf(all, 95), "ms-p95")
	b.ReportMetric(percentileOf(writes, 95), "ms-p95-writes")
	b.ReportMetric(float64(len(all)), "clicks")
	b.ReportMetric(float64(faults), "faults")
	b.ReportMetric(0, "ns/op")
	b.Logf("%d people, %d clicks of which %d write, %d faults, on %d cores", people, len(all), len(writes), faults, runtime.NumCPU())
}

// BenchmarkBesideImport lets 10 people read the example municipality while somebody imports a list of 5,000 systems and, as soon as it is
// there, looks at it. It reports how long a click takes from when the import begins until two seconds after it has ended, and how long the import
// takes.
func BenchmarkBesideImport(b *testing.B) {
	const people, rows = 10, 5000
	address, link, a := example(b, "sqlite:"+filepath.Join(b.TempDir(), "example.db"))
	first := webtest.Open(b, address)
	if p := first.Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
		b.Fatalf("sign-in: %d", p.Status)
	}
	actor, _, err := a.Example(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	slugs := []string{"e-ansokan-ekonomiskt-bistand", "bistandsakten", "elevregistret"}
	var mu sync.Mutex
	var during []time.Duration
	var imports []time.Duration
	faults := 0
	n := 0
	for b.Loop() {
		n++
		var list strings.Builder
		list.WriteString("System;Förvaltning;Leverantör;Personuppgifter\n")
		for i := range rows {
			fmt.Fprintf(&list, "Inläst system %d-%d;Förvaltning %d;Leverantör %d AB;Ja\n", n, i, i%20, i%400)
		}
		stop := make(chan struct{})
		var wait sync.WaitGroup
		for i := range people {
			c := webtest.Open(b, address)
			c.SetCookie("insegel", first.Cookie("insegel"))
			wait.Go(func() {
				r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Duration(500+r.IntN(1000)) * time.Millisecond):
					}
					took, status := timed(c, c.Request(http.MethodGet, reading(r, slugs), nil))
					mu.Lock()
					during = append(during, took)
					if status != http.StatusOK {
						faults++
					}
					mu.Unlock()
				}
			})
		}
		time.Sleep(3 * time.Second)
		mu.Lock()
		during = during[:0]
		mu.Unlock()
		begun := time.Now()
		done, err := a.Register.Import(b.Context(), actor, register.Request{File: "a.csv", Content: []byte(list.String())})
		if err != nil || done.Result.New != rows {
			b.Fatalf("%d new: %v", done.Result.New, err)
		}
		imports = append(imports, time.Since(begun))
		time.Sleep(2 * time.Second)
		close(stop)
		wait.Wait()
	}
	b.ReportMetric(percentileOf(during, 50), "ms-median")
	b.ReportMetric(percentileOf(during, 95), "ms-p95")
	b.ReportMetric(percentileOf(during, 100), "ms-slowest")
	b.ReportMetric(percentileOf(imports, 50), "ms-import")
	b.ReportMetric(float64(len(during)), "clicks")
	b.ReportMetric(float64(faults), "faults")
	b.ReportMetric(0, "ns/op")
}

// reading is what somebody who only reads opens next.
func reading(r *rand.Rand, slugs []string) string {
	slug := slugs[r.IntN(len(slugs))]
	reads := []string{
		"/", "/system", "/system?sida=2", "/system?q=social", "/system?niva=3", "/system?sortera=niva", "/att-gora", "/atgarder", "/information", "/regler",
		"/system/" + slug, "/system/" + slug + "/krav", "/system/" + slug + "/atgarder", "/system/" + slug + "/klassning",
	}
	return reads[r.IntN(len(reads))]
}

// click does what somebody does next, and tells how long it took until the whole answer was there.
func click(c *webtest.Client, r *rand.Rand, slugs []string) (took time.Duration, wrote bool, status int) {
	if r.IntN(10) > 0 {
		took, status = timed(c, c.Request(http.MethodGet, reading(r, slugs), nil))
		return took, false, status
	}
	edit := "/system/" + slugs[r.IntN(len(slugs))] + "/redigera"
	form := webtest.Find(c.Get(edit).Doc, "main form")
	if form == nil {
		return 0, true, http.StatusTeapot
	}
	values := webtest.Fields(form)
	values.Set("kommentar", fmt.Sprint("Anteckning ", r.IntN(1000)))
	q := c.Request(http.MethodPost, edit, strings.NewReader(values.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	took, status = timed(c, q)
	return took, true, status
}

// timed makes a request and reads the answer, without looking into it: that would be the clicker's time and not the server's.
func timed(c *webtest.Client, q *http.Request) (time.Duration, int) {
	q.Header.Set("Cookie", "insegel="+c.Cookie("insegel"))
	begun := time.Now()
	p, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		return time.Since(begun), 0
	}
	_, err = io.Copy(io.Discard, p.Body)
	took := time.Since(begun)
	if err := errors.Join(err, p.Body.Close()); err != nil {
		return took, 0
	}
	return took, p.StatusCode
}

// percentileOf gives the value below which so many percent of the times lie, in milliseconds.
func percentileOf(all []time.Duration, percent int) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[min(len(all)-1, len(all)*percent/100)].Microseconds()) / 1000
}
