// SPDX-License-Identifier: EUPL-1.2

package kolada

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/outbound"
)

// How much is asked for, how often, and how long it is waited for.
const (
	// Batch is how many ids one request names, and YearsAtOnce how many years.
	Batch       = 25
	YearsAtOnce = 25

	perPage  = 5_000
	maxPages = 400
	maxItems = 1_000_000
	maxBody  = 32 << 20
	timeout  = time.Minute
	pace     = 200 * time.Millisecond // at most five requests a second
	attempts = 4
	firstWait,
	longestWait = time.Second, 30 * time.Second
)

// Client asks one API. It is for one use at a time.
type Client struct {
	base *url.URL
	http *http.Client
	// wait lets time pass between requests.
	wait  func(ctx context.Context, d time.Duration) error
	asked bool
	// Done, when set, is told after every page how many things have been read in all.
	Done  func(items int)
	items int
}

// New makes a client of the API at an address. The policy says which machines may be reached at all.
func New(policy outbound.Policy, base string) (*Client, error) {
	at, err := ParseBase(base)
	if err != nil {
		return nil, err
	}
	c, err := policy.Client(outbound.Request{Targets: []string{at.Scheme + "://" + at.Host}, Timeout: timeout, Max: maxBody})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return &Client{base: at, http: c, wait: pause}, nil
}

// ParseBase reads the address of an API.
func ParseBase(base string) (*url.URL, error) {
	at, err := url.Parse(strings.TrimRight(strings.TrimSpace(base), "/"))
	if err != nil || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" || at.Scheme != "https" && at.Scheme != "http" {
		return nil, ErrAddress
	}
	return at, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Measures finds measures by a word in their titles, or by their ids when any are given.
func (c *Client) Measures(ctx context.Context, title string, ids []string) ([]Measure, error) {
	return found(ctx, c, "/kpi", title, ids, readMeasure)
}

// Groups finds groups of municipalities by a word in their titles, or by their ids when any are given.
func (c *Client) Groups(ctx context.Context, title string, ids []string) ([]Group, error) {
	return found(ctx, c, "/municipality_groups", title, ids, readGroup)
}

// found reads things by a word in their titles, or by their ids when any are given.
func found[T any](ctx context.Context, c *Client, path, title string, ids []string, read func([]byte) (T, error)) ([]T, error) {
	one := func(b []byte) (T, bool, error) {
		x, err := read(b)
		return x, true, err
	}
	if len(ids) == 0 {
		return pages(ctx, c, path, url.Values{"title": {title}}, one)
	}
	var out []T
	for batch := range slices.Chunk(ids, Batch) {
		list, err := pages(ctx, c, path+"/"+strings.Join(batch, ","), nil, one)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// Values reads what every place has of some measures in some years.
func (c *Client) Values(ctx context.Context, measures []string, years []int) ([]Value, error) {
	words := make([]string, len(years))
	for i, y := range years {
		words[i] = strconv.Itoa(y)
	}
	var out []Value
	for batch := range slices.Chunk(measures, Batch) {
		for some := range slices.Chunk(words, YearsAtOnce) {
			list, err := pages(ctx, c, "/data/kpi/"+strings.Join(batch, ",")+"/year/"+strings.Join(some, ","), nil, readValue)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
	}
	return out, nil
}

// pages reads every page of a list. The first is asked for here, and each says where the next is: below the same address, and never again.
func pages[T any](ctx context.Context, c *Client, path string, query url.Values, read func([]byte) (T, bool, error)) ([]T, error) {
	at := *c.base
	at.Path += path
	if query == nil {
		query = url.Values{}
	}
	query.Set("per_page", strconv.Itoa(perPage))
	at.RawQuery = query.Encode()
	var out []T
	been := map[string]bool{}
	for at := at.String(); at != ""; {
		if been[at] {
			return nil, fmt.Errorf("%s: %w", path, ErrLoop)
		}
		if been[at] = true; len(been) > maxPages {
			return nil, fmt.Errorf("%s: %w", path, ErrTooMuch)
		}
		page, err := c.page(ctx, at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, b := range page.Values {
			x, ok, err := read(b)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			if ok {
				out = append(out, x)
			}
		}
		if c.items += len(page.Values); c.items > maxItems {
			return nil, fmt.Errorf("%s: %w", path, ErrTooMuch)
		}
		if c.Done != nil {
			c.Done(c.items)
		}
		if at, err = c.following(page.next()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return out, nil
}

// following is where the next page is. It must lie below the address that was given: an answer does not send us anywhere else.
func (c *Client) following(next string) (string, error) {
	if next == "" {
		return "", nil
	}
	at, err := c.base.Parse(next)
	if err != nil || at.Scheme != c.base.Scheme || at.Host != c.base.Host || at.User != nil || !strings.HasPrefix(at.Path, c.base.Path+"/") {
		return "", ErrLoop
	}
	return at.String(), nil
}

// page reads one page. What may pass is tried again, after longer and longer, or after as long as the other side asks for.
func (c *Client) page(ctx context.Context, at string) (list, error) {
	wait := firstWait
	for attempt := 1; ; attempt++ {
		if c.asked {
			if err := c.wait(ctx, pace); err != nil {
				return list{}, err
			}
		}
		c.asked = true
		l, again, after, err := c.ask(ctx, at)
		if err == nil || !again || attempt == attempts || ctx.Err() != nil {
			return l, err
		}
		if err := c.wait(ctx, max(wait, min(after, longestWait))); err != nil {
			return list{}, err
		}
		wait *= 2
	}
}

// ask asks once. again says that it may go better later, and after when the other side says so itself.
func (c *Client) ask(ctx context.Context, at string) (l list, again bool, after time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return l, false, 0, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	r.Header.Set("Accept", "application/json")
	answer, err := c.http.Do(r)
	if err != nil {
		refused := errors.Is(err, outbound.ErrTarget) || errors.Is(err, outbound.ErrAddress) || errors.Is(err, outbound.ErrTooLarge)
		return l, !refused, 0, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	b, err := io.ReadAll(answer.Body)
	err = errors.Join(err, answer.Body.Close())
	switch code := answer.StatusCode; {
	case code == http.StatusTooManyRequests || code >= http.StatusInternalServerError:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // a date, or nothing, is no time
		return l, true, time.Duration(max(0, min(seconds, int(longestWait/time.Second)))) * time.Second, fmt.Errorf("%w: it answered %s", ErrRefused, answer.Status)
	case code != http.StatusOK:
		return l, false, 0, fmt.Errorf("%w: it answered %s", ErrRefused, answer.Status)
	case err != nil:
		return l, !errors.Is(err, outbound.ErrTooLarge), 0, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return l, false, 0, fmt.Errorf("%w: it is not JSON of that form: %w", ErrShape, err)
	}
	if l.Values == nil {
		return l, false, 0, fmt.Errorf("%w: it has no list of values", ErrShape)
	}
	return l, false, 0, nil
}
