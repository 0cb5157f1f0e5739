// SPDX-License-Identifier: EUPL-1.2

package workshop_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// BenchmarkTwentyPhones is the figure of the issue: when twenty vote, each vote shows on the screen within 1 s. A vote is counted from when it is sent until
// the screen, which asks every half second as its script does, is told of it; meanwhile every phone asks every second and a half what there is to do.
func BenchmarkTwentyPhones(b *testing.B) {
	const people, screenAsks, phoneAsks, apart = 20, 500 * time.Millisecond, 1500 * time.Millisecond, 30 * time.Millisecond
	r := hold(b, dbtest.SQLite(b))
	r.begin()
	phones := make([]*webtest.Client, people)
	for i := range phones {
		phones[i] = r.phone()
		join(phones[i], r.w.Code, fmt.Sprint("Deltagare ", i))
	}
	var times []time.Duration
	for b.Loop() {
		r.Submit(r.screen(), `form[action$="/rosta"]`, nil)
		done := make(chan struct{})
		var asking, voting sync.WaitGroup
		sent := make([]time.Time, people)
		for i, phone := range phones {
			page := phone.Get("/verkstad/rost")
			voting.Go(func() {
				time.Sleep(time.Duration(i) * apart)
				sent[i] = time.Now()
				if p := phone.Submit(page, "main form", ballot("2", "2", "0", "3")); !strings.Contains(p.Text("body"), "Du har röstat") {
					b.Errorf("phone %d does not vote: %d", i, p.Status)
				}
				for {
					select {
					case <-done:
						return
					case <-time.After(phoneAsks):
						phone.Get("/verkstad/rost")
					}
				}
			})
		}
		shown := make([]time.Time, people)
		asking.Go(func() {
			for counted := 0; counted < people; time.Sleep(screenAsks) {
				n := 0
				_, texts := r.state()
				if _, err := fmt.Sscanf(texts["votes"], "%d av", &n); err != nil {
					b.Error(err)
					return
				}
				for now := time.Now(); counted < n; counted++ {
					shown[counted] = now
				}
			}
		})
		asking.Wait()
		close(done)
		voting.Wait()
		for i := range shown {
			times = append(times, shown[i].Sub(sent[i]))
		}
		screen := r.Submit(r.screen(), `form[action$="/visa"]`, nil)
		if !screen.Has("table.spread") {
			b.Fatal("the votes are not shown")
		}
	}
	slices.Sort(times)
	at := func(share int) float64 { return float64(times[(len(times)-1)*share/100].Milliseconds()) }
	b.ReportMetric(at(50), "ms-median")
	b.ReportMetric(at(95), "ms-p95")
	b.ReportMetric(at(100), "ms-slowest")
}
