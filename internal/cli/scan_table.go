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
	mu    sync.Mutex
	w     *bufio.Writer
	files map[string]map[string][2]int // of path: counted and low by detector
}

func newScanTable(w io.Writer) *scanTable {
	return &scanTable{w: bufio.NewWriter(w), files: map[string]map[string][2]int{}}
}

// Findings counts.
func (t *scanTable) Findings(found []discovery.Finding) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range found {
		f := &found[i]
		of := t.files[f.Path]
		if of == nil {
			of = map[string][2]int{}
			t.files[f.Path] = of
		}
		n := of[f.Detector]
		if f.Confidence >= detect.Medium {
			n[0]++
		} else {
			n[1]++
		}
		of[f.Detector] = n
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
	_, err := fmt.Fprintf(t.w, "%s: %s %s %s (%s): %s\n", c.Path, what, c.Verdict, c.Detector, c.Confidence, strings.Join(c.Because, "; "))
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
	_, err := fmt.Fprintf(t.w, "%s: not read: %s\n", path, k.Reason)
	return err
}

// Summary writes the counts of each file, and the sum.
func (t *scanTable) Summary(s *discovery.Summary) error {
	for _, path := range slices.Sorted(maps.Keys(t.files)) {
		for _, d := range slices.Sorted(maps.Keys(t.files[path])) {
			n := t.files[path][d]
			fmt.Fprintf(t.w, "%s: %d %s", path, n[0], d)
			if n[1] > 0 {
				fmt.Fprintf(t.w, ", and %d that are probably something else", n[1])
			}
			fmt.Fprintln(t.w)
		}
	}
	for _, x := range s.Samples {
		fmt.Fprintf(t.w, "%s: %s\n", x.Table, discovery.SampleText(x))
	}
	_, err := fmt.Fprintf(t.w, "%d found in %d files; %d bytes read, %d bytes not read; %.2f seconds\n", s.Found(), s.Files, s.BytesRead, s.BytesSkipped, s.Elapsed.Seconds())
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
