// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
)

// scanTable writes what is found for people: how many of what in which file, what columns and documents are, and what was not read.
type scanTable struct {
	rules *detect.Rules

	mu    sync.Mutex
	w     *bufio.Writer
	files map[string][]string // of path: what was found in it, in words
}

func newScanTable(w io.Writer, rules *detect.Rules) *scanTable {
	return &scanTable{rules: rules, w: bufio.NewWriter(w), files: map[string][]string{}}
}

// Findings has nothing to write: they are counted.
func (t *scanTable) Findings([]discovery.Finding) error { return nil }

// Counted notes a file's counts.
func (t *scanTable) Counted(path string, counts, lows []int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, id := range t.rules.IDs() {
		if counts[i]+lows[i] == 0 {
			continue
		}
		line := fmt.Sprintf("%d %s", counts[i], id)
		if lows[i] > 0 {
			line += fmt.Sprintf(", and %d that are probably something else", lows[i])
		}
		t.files[path] = append(t.files[path], line)
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
	_, err := fmt.Fprintf(t.w, "%s: %s %s %s (%s): %s\n", plain(c.Path), plain(what), c.Verdict, c.Detector, c.Confidence, plain(strings.Join(c.Because, "; ")))
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
	_, err := fmt.Fprintf(t.w, "%s: not read: %s\n", plain(path), plain(k.Reason))
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
		fmt.Fprintf(t.w, "%s: %s\n", plain(x.Table), discovery.SampleText(x))
	}
	found := fmt.Sprintf("%d found in %d files", s.Found(), s.Files)
	if s.Low > 0 {
		found += fmt.Sprintf("; %d more that are probably something else", s.Low)
	}
	if s.Unchanged > 0 {
		found += fmt.Sprintf("; %d found before in %d files that have not changed", s.UnchangedFound, s.Unchanged)
	}
	_, err := fmt.Fprintf(t.w, "%s; %d bytes read, %d bytes not read; %.2f seconds\n", found, s.BytesRead, s.BytesSkipped, s.Elapsed.Seconds())
	return err
}

// Close writes what waits.
func (t *scanTable) Close() error { return t.w.Flush() }

// showScan draws a bar with bytes, files, findings and the time left, when somebody looks at it. stop takes it away.
func showScan(s *streams, p *discovery.Progress) (stop func()) {
	if !s.isTerm {
		return func() {}
	}
	bars := mpb.NewWithContext(s.ctx, mpb.WithOutput(s.err), mpb.WithWidth(40))
	bar := bars.AddBar(0, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
			return fmt.Sprintf("%d/%d files, %d found ", p.Files.Load(), p.TotalFiles.Load(), p.Findings.Load())
		})),
		mpb.AppendDecorators(
			decor.Any(func(decor.Statistics) string {
				return fmt.Sprintf("%.1f/%.1f MB ", float64(p.Bytes.Load())/1e6, float64(p.TotalBytes.Load())/1e6)
			}),
			decor.AverageETA(decor.ET_STYLE_GO),
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
