// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"strings"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/locale"
)

// scanWords are what the answer of a scan is said in. What is said of every file is put together once.
type scanWords struct {
	l       *locale.Localizer
	said    *finding.Sayings
	found   []amount // by detector
	low     amount   // that are probably something else
	and     string
	notRead string
}

// amount says how many there are of something.
type amount struct{ one, before, after string }

// amountOf takes an amount's words from what is said of one and, with a text where the number stands, of many.
func amountOf(said func(n any) string) amount {
	a := amount{one: said(int64(1))}
	a.before, a.after, _ = strings.Cut(said("\x00"), "\x00")
	return a
}

func (a *amount) text(l *locale.Localizer, n int64) string {
	if n == 1 {
		return a.one
	}
	return a.before + l.Number(n) + a.after
}

func newScanWords(lang string, rules *detect.Rules) (*scanWords, error) {
	bundle, err := texts()
	if err != nil {
		return nil, err
	}
	l := bundle.In(lang)
	w := &scanWords{l: l, said: finding.NewSayings(l, rules), and: l.T("cli.scan-and"), notRead: l.T("cli.scan-not-read")}
	w.low = amountOf(func(n any) string { return l.T("finding.low", "Count", n) })
	for _, id := range rules.IDs() {
		w.found = append(w.found, amount{one: finding.Counted(l, id, 1), after: " " + finding.Noun(l, id, 2)})
	}
	return w, nil
}

// say says a sentence of the search. It may hold what a stranger named something.
func (w *scanWords) say(sentence string) string {
	said, _ := w.said.Say(sentence)
	return plain(said)
}

// why says why something was not read. What only a driver or a reader of another maker knows is in its own English, and said to be.
func (w *scanWords) why(sentence string) string {
	if said, ok := w.said.Say(sentence); ok {
		return plain(said)
	}
	return w.l.T("cli.scan-in-english", "Text", plain(sentence))
}

// sayAll says some of them.
func (w *scanWords) sayAll(sentences []string) string {
	out := make([]string, len(sentences))
	for i, s := range sentences {
		out[i] = w.say(s)
	}
	return strings.Join(out, "; ")
}

// counted says how much of one kind a file has.
func (w *scanWords) counted(detector int, count, low int64) string {
	text := w.found[detector].text(w.l, count)
	if low > 0 {
		text += w.and + w.low.text(w.l, low)
	}
	return text
}

// verdict says what a column or a document is, and why.
func (w *scanWords) verdict(c *discovery.Container, what string) string {
	if c.Detector == "document" {
		return w.l.T("cli.scan-document", "Why", w.sayAll(c.Because), "Sure", w.sure(c.Confidence))
	}
	return w.l.T("cli.scan-column-"+c.Verdict, "Column", plain(what), "Kind", finding.Noun(w.l, c.Detector, 2), "Sure", w.sure(c.Confidence), "Why", w.sayAll(c.Because))
}

// sure says how sure that is.
func (w *scanWords) sure(c detect.Confidence) string {
	switch c {
	case detect.High:
		return strings.ToLower(w.l.T("finding.sure"))
	case detect.Medium:
		return strings.ToLower(w.l.T("finding.likely"))
	default:
		return strings.ToLower(w.l.T("finding.probably-not"))
	}
}

// sum says what a scan came to.
func (w *scanWords) sum(s *discovery.Summary) string {
	parts := []string{w.l.T("cli.scan-found", "Count", s.Files, "Found", s.Found())}
	if s.Low > 0 {
		parts = append(parts, w.low.text(w.l, s.Low))
	}
	if s.Unchanged > 0 {
		parts = append(parts, w.l.T("cli.scan-unchanged", "Count", s.Unchanged, "Found", s.UnchangedFound))
	}
	parts = append(parts, w.l.T("cli.scan-bytes", "Read", s.BytesRead, "Skipped", s.BytesSkipped), w.l.T("cli.scan-seconds", "Seconds", w.l.Fixed(s.Elapsed.Seconds(), 2)))
	return strings.Join(parts, "; ")
}

// progress says how far a scan has come: what stands before its bar, and after.
func (w *scanWords) progress(p *discovery.Progress) (before, after string) {
	return w.l.T("cli.scan-progress", "Files", p.Files.Load(), "Total", p.TotalFiles.Load(), "Found", p.Findings.Load()) + " ",
		w.l.T("cli.scan-progress-bytes", "Done", w.l.Decimal(float64(p.Bytes.Load())/1e6), "Total", w.l.Decimal(float64(p.TotalBytes.Load())/1e6)) + " "
}
