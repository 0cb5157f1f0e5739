// SPDX-License-Identifier: EUPL-1.2

package kolada

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/outbound"
)

var loopback = outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}

// peer is an API on this machine, and a client of it that does not wait: it notes how long it would have.
func peer(t *testing.T, answer http.HandlerFunc) (*Client, *[]time.Duration) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c, err := New(loopback, server.URL+"/v3/")
	if err != nil {
		t.Fatal(err)
	}
	waited := &[]time.Duration{}
	c.wait = func(_ context.Context, d time.Duration) error {
		*waited = append(*waited, d)
		return nil
	}
	return c, waited
}

func say(w http.ResponseWriter, text string) { fmt.Fprint(w, text) }

func TestPagesFollowAndStop(t *testing.T) {
	var asked []string
	c, waited := peer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		switch {
		case r.URL.Query().Get("page") == "":
			say(w, `{"count":1,"next_url":"http://`+r.Host+`/v3/kpi?title=x&page=2","values":[{"id":"N1","title":"Ett","publication_date":null,"unknown":[1]}]}`)
		case r.URL.Query().Get("page") == "2":
			say(w, `{"count":1,"next_page":"/v3/kpi?page=3","values":[{"id":"N2","title":"Två"}]}`)
		default:
			say(w, `{"count":0,"next_page":null,"values":[]}`)
		}
	})
	read := 0
	c.Done = func(items int) { read = items }
	got, err := c.Measures(t.Context(), "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Measure{{ID: "N1", Title: "Ett"}, {ID: "N2", Title: "Två"}}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/v3/kpi?per_page=5000&title=x", "/v3/kpi?title=x&page=2", "/v3/kpi?page=3"}, asked); diff != "" {
		t.Error(diff)
	}
	if read != 2 || cmp.Diff([]time.Duration{pace, pace}, *waited) != "" {
		t.Errorf("read %d, waited %v between requests", read, *waited)
	}
}

func TestValuesGoInBatches(t *testing.T) {
	var asked []string
	c, _ := peer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.TrimPrefix(r.URL.Path, "/v3/data/kpi/"))
		say(w, `{"values":[
			{"kpi":"N1","municipality":"0180","period":2024,"values":[{"gender":"K","count":1,"status":"","value":1},{"gender":"T","count":1,"status":"","value":12.5}]},
			{"kpi":"N1","municipality":"0114","period":"2024","values":[{"gender":"T","status":"Privacy","value":null}]},
			{"kpi":"N1","municipality":"0115","period":2024,"values":[{"gender":"T","value":null}]},
			{"kpi":"N1","municipality":"0117","period":2024,"values":[{"gender":"T","value":3,"isdeleted":true}]}]}`)
	})
	ids := make([]string, Batch+1)
	for i := range ids {
		ids[i] = fmt.Sprint("N", i)
	}
	years := make([]int, YearsAtOnce+1)
	for i := range years {
		years[i] = 2000 + i
	}
	got, err := c.Values(t.Context(), ids, years)
	if err != nil {
		t.Fatal(err)
	}
	half := 12.5
	if diff := cmp.Diff([]Value{{"N1", "0180", "", 2024, &half}, {"N1", "0114", "Privacy", 2024, nil}}, got[:2]); diff != "" || len(got) != 8 {
		t.Errorf("%d values %s", len(got), diff)
	}
	if len(asked) != 4 || !strings.HasPrefix(asked[3], "N25/year/2025") {
		t.Errorf("asked %q", asked)
	}
}

func TestGroupsAreReadInEveryForm(t *testing.T) {
	c, _ := peer(t, func(w http.ResponseWriter, _ *http.Request) {
		say(w, `{"values":[{"id":"G1","title":"Ett","members":[{"member_id":"0180","member_title":"Stockholm"},{"id":"0114","title":"Upplands Väsby"},"0115"]}]}`)
	})
	got, err := c.Groups(t.Context(), "ett", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Group{{"G1", "Ett", []string{"0180", "0114", "0115"}}}, got); diff != "" {
		t.Error(diff)
	}
}

// What may pass is tried again; what the other side asks for is waited for, up to a limit; what does not pass is not tried again.
func TestPatience(t *testing.T) {
	times := 0
	c, waited := peer(t, func(w http.ResponseWriter, _ *http.Request) {
		if times++; times < 3 {
			w.Header().Set("Retry-After", []string{"", "9999", "2"}[times])
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		say(w, `{"values":[]}`)
	})
	if _, err := c.Measures(t.Context(), "", nil); err != nil || times != 3 {
		t.Errorf("asked %d times, %v", times, err)
	}
	if diff := cmp.Diff([]time.Duration{longestWait, pace, 2 * time.Second, pace}, *waited); diff != "" {
		t.Error(diff)
	}
	for status, want := range map[int]int{http.StatusNotFound: 1, http.StatusTooManyRequests: attempts} {
		times := 0
		c, _ := peer(t, func(w http.ResponseWriter, _ *http.Request) {
			times++
			w.WriteHeader(status)
		})
		if _, err := c.Measures(t.Context(), "", nil); !errors.Is(err, ErrRefused) || times != want {
			t.Errorf("%d: asked %d times, %v", status, times, err)
		}
	}
}

func TestBadAnswersAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		want   error
	}{
		"not JSON":        {`<html>`, ErrShape},
		"no values":       {`{"detail":"x"}`, ErrShape},
		"a list":          {`[]`, ErrShape},
		"no title":        {`{"values":[{"id":"N1"}]}`, ErrShape},
		"an id with path": {`{"values":[{"id":"../x","title":"x"}]}`, ErrShape},
		"a long title":    {`{"values":[{"id":"N1","title":"` + strings.Repeat("x", maxTitle+1) + `"}]}`, ErrShape},
		"round in circle": {`{"values":[],"next_page":"/v3/kpi?per_page=5000&title="}`, ErrLoop},
		"somewhere else":  {`{"values":[],"next_url":"http://127.0.0.2:1/v3/kpi"}`, ErrLoop},
		"another path":    {`{"values":[],"next_url":"/admin"}`, ErrLoop},
		"too large":       {`{"values":["` + strings.Repeat("x", maxBody) + `"]}`, outbound.ErrTooLarge},
	} {
		c2, _ := peer(t, func(w http.ResponseWriter, _ *http.Request) { say(w, c.answer) })
		if _, err := c2.Measures(t.Context(), "", nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, answer := range map[string]string{
		"no year":     `{"values":[{"kpi":"N1","municipality":"0180","period":"i år","values":[]}]}`,
		"year 99999":  `{"values":[{"kpi":"N1","municipality":"0180","period":99999,"values":[]}]}`,
		"no place":    `{"values":[{"kpi":"N1","period":2024,"values":[]}]}`,
		"text value":  `{"values":[{"kpi":"N1","municipality":"0180","period":2024,"values":[{"gender":"T","value":"12"}]}]}`,
		"long status": `{"values":[{"kpi":"N1","municipality":"0180","period":2024,"values":[{"gender":"T","status":"` + strings.Repeat("x", 99) + `"}]}]}`,
	} {
		c, _ := peer(t, func(w http.ResponseWriter, _ *http.Request) { say(w, answer) })
		if _, err := c.Values(t.Context(), []string{"N1"}, []int{2024}); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyConfiguredHosts(t *testing.T) {
	for _, base := range []string{"", "api.kolada.se", "ftp://x/v3", "https://a:b@x/v3", "https://x/v3?a=1", "https://x/v3#a", "http://192.0.2.1/v3"} {
		if _, err := New(loopback, base); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", base, err)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, `{"values":[]}`) }))
	defer server.Close()
	c, err := New(outbound.Policy{}, server.URL) // loopback is not approved
	if err != nil {
		t.Fatal(err)
	}
	c.wait = func(context.Context, time.Duration) error { t.Error("it is tried again"); return nil }
	if _, err := c.Measures(t.Context(), "", nil); !errors.Is(err, outbound.ErrAddress) {
		t.Errorf("a network that is not approved: %v", err)
	}
}
