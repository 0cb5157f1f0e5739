// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/insegel/insegel/internal/probe"
)

func nightHosts(n int) []probe.NightHost {
	out := make([]probe.NightHost, n)
	for i := range out {
		out[i] = probe.NightHost{Host: fmt.Sprintf("system-%d.example.se", i)}
	}
	return out
}

// TestNight measures 2,500 hosts in a night of seven hours, by a clock that only the waiting moves. Every measurement takes 55 seconds: a whole one
// of encryption is twenty connections, two seconds apart, to a server that takes its time. No more than six are measured at once, each in a
// process of its own that takes memory.
func TestNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		n := probe.Night{Start: begun.Add(time.Hour), End: begun.Add(8 * time.Hour), Seed: []byte("night 1")}
		plan, left := n.Plan(nightHosts(2500))
		if len(plan) != 2500 || len(left) > 0 {
			t.Fatalf("%d planned, %d left", len(plan), len(left))
		}
		var mu sync.Mutex
		started := map[string]time.Time{}
		var times []time.Time
		busy, most := 0, 0
		left = n.Run(t.Context(), plan, probe.WallClock(), func(_ context.Context, host string) {
			mu.Lock()
			if _, twice := started[host]; twice {
				t.Errorf("%s was measured twice", host)
			}
			started[host] = time.Now()
			times = append(times, time.Now())
			busy++
			most = max(most, busy)
			mu.Unlock()
			time.Sleep(55 * time.Second)
			mu.Lock()
			busy--
			mu.Unlock()
		})
		if len(started) != 2500 || len(left) > 0 || time.Now().After(n.End) || most > 6 {
			t.Errorf("%d measured, %d left, %d at once, done %s after the window", len(started), len(left), most, time.Since(n.End))
		}
		slices.SortFunc(times, time.Time.Compare)
		for i := 1; i < len(times); i++ {
			if apart := times[i].Sub(times[i-1]); apart < time.Second {
				t.Fatalf("two hosts were begun %s apart", apart)
			}
		}
		if times[0].Before(n.Start) {
			t.Error("begun before the window")
		}
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); m.HeapInuse > 200<<20 {
			t.Errorf("%d MB are used", m.HeapInuse>>20)
		}
	})
}

func TestNightsDiffer(t *testing.T) {
	start := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	one := probe.Night{Start: start, End: start.Add(7 * time.Hour), Seed: []byte("1")}
	two := probe.Night{Start: start, End: start.Add(7 * time.Hour), Seed: []byte("2")}
	a, _ := one.Plan(nightHosts(100))
	again, _ := one.Plan(nightHosts(100))
	b, _ := two.Plan(nightHosts(100))
	if !slices.Equal(a, again) || slices.Equal(a, b) {
		t.Error("a night is not drawn by its seed")
	}
}

func TestNightLeavesWhatThereIsNoRoomFor(t *testing.T) {
	start := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	hosts := nightHosts(400)
	hosts[399].Waited, hosts[0].Used = true, 25
	plan, left := probe.Night{Start: start, End: start.Add(8 * time.Minute)}.Plan(hosts) // five minutes, and three for the last one
	if len(plan) != 300 || len(left) != 100 || plan[0].Host != hosts[399].Host || !slices.Contains(left, hosts[0].Host) {
		t.Errorf("%d planned, %d left, %s first", len(plan), len(left), plan[0].Host)
	}
	if plan, left := (probe.Night{Start: start, End: start}).Plan(hosts); len(plan) > 0 || len(left) != 400 {
		t.Errorf("a window that is closed has room for %d", len(plan))
	}
}

func TestNightIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := probe.Night{Start: time.Now(), End: time.Now().Add(7 * time.Hour)}
		plan, _ := n.Plan(nightHosts(1000))
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		measured := 0
		left := n.Run(ctx, plan, probe.WallClock(), func(ctx context.Context, _ string) {
			mu.Lock()
			defer mu.Unlock()
			if measured++; measured == 10 {
				stop()
			}
		})
		if measured < 10 || measured > 11 || len(left)+measured != 1000 {
			t.Errorf("%d measured, %d left", measured, len(left))
		}
	})
}

// TestAHostThatIsKept holds that a host that may still be measured by somebody waits until it is free, and that nobody else waits for it.
func TestAHostThatIsKept(t *testing.T) {
	start := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	free := start.Add(6 * time.Hour)
	n := probe.Night{Start: start, End: start.Add(7 * time.Hour), Seed: []byte("seed")}
	hosts := []probe.NightHost{{Host: "kept", NotBefore: free, Waited: true}}
	for i := range 9 {
		hosts = append(hosts, probe.NightHost{Host: fmt.Sprint("host-", i)})
	}
	plan, left := n.Plan(hosts)
	if len(plan) != len(hosts) || len(left) != 0 {
		t.Fatalf("%d planned, %d left", len(plan), len(left))
	}
	if !slices.IsSortedFunc(plan, func(a, b probe.Slot) int { return a.At.Compare(b.At) }) {
		t.Errorf("not in the order of their times: %v", plan)
	}
	for _, s := range plan {
		if kept := s.Host == "kept"; kept && !s.At.Equal(free) || !kept && s.Host != plan[len(plan)-1].Host && s.At.After(free) {
			t.Errorf("%s at %s", s.Host, s.At)
		}
	}
}
