// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
)

// scanTable writes what is found for people: how many of what in which file, what columns and documents are, and what was not read.
type scanTable struct {
	rules *detect.Rules
	words *scanWords

	mu    sync.Mutex
	w     *bufio.Writer
	files map[string][]string // of path: what was found in it, in words
}

func newScanTable(w io.Writer, rules *detect.Rules, words *scanWords) *scanTable {
	return &scanTable{rules: rules, words: words, w: bufio.NewWriter(w), files: map[string][]string{}}
}

// Findings has nothing to write: they are counted.
func (t *scanTable) Findings([]discovery.Finding) error { return nil }

// Counted notes a file's counts.
func (t *scanTable) Counted(path string, counts, lows []int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.rules.IDs() {
		if counts[i]+lows[i] > 0 {
			t.files[path] = append(t.files[path], t.words.counted(i, counts[i], lows[i]))
		}
	}
	return nil
}

// Container writes a verdict.
func (t *scanTable) Container(c discovery.Container) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	what := c.Field
	if c.Table != "" {
		what = c.Table + "." + c.Field
	}
	_, err := fmt.Fprintf(t.w, "%s: %s\n", plain(c.Path), t.words.verdict(&c, what))
	return err
}

// Skipped writes what was not read.
func (t *scanTable) Skipped(k discovery.Skipped) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	path := k.Path
	if k.Member != "" {
		path += "/" + k.Member
	}
	_, err := fmt.Fprintf(t.w, "%s: %s: %s\n", plain(path), t.words.notRead, t.words.why(k.Reason))
	return err
}

// Summary writes the counts of each file, and the sum.
func (t *scanTable) Summary(s *discovery.Summary) error {
	for _, path := range slices.Sorted(maps.Keys(t.files)) {
		for _, line := range t.files[path] {
			fmt.Fprintf(t.w, "%s: %s\n", plain(path), line)
		}
	}
	for _, x := range s.Samples {
		fmt.Fprintf(t.w, "%s: %s\n", plain(x.Table), t.words.say(discovery.SampleText(x)))
	}
	_, err := fmt.Fprintln(t.w, t.words.sum(s))
	return err
}

// Close writes what waits.
func (t *scanTable) Close() error { return t.w.Flush() }

// showScan draws a bar with bytes, files, findings and the time left, when somebody looks at it. stop takes it away.
func showScan(s *streams, p *discovery.Progress, words *scanWords) (stop func()) {
	if !s.isTerm {
		return func() {}
	}
	bars := mpb.NewWithContext(s.ctx, mpb.WithOutput(s.err), mpb.WithWidth(40))
	bar := bars.AddBar(0, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
			before, _ := words.progress(p)
			return before
		})),
		mpb.AppendDecorators(
			decor.Any(func(decor.Statistics) string {
				_, after := words.progress(p)
				return after
			}),
			decor.AverageETA(decor.ET_STYLE_MMSS),
		))
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { followScan(bar, p, done) })
	return func() {
		close(done)
		wg.Wait()
		bar.Abort(true)
		bars.Wait()
	}
}
