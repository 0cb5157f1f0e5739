// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
	"github.com/insegel/insegel/internal/discovery/tesseract"
)

type scanCommand struct {
	Source    []string `arg:"" help:"What to look through: files and directories, - for standard input, or a database: postgres://, mysql://, sqlserver://, oracle:// or sqlite:. Its password comes from the environment or a file."`
	JSON      bool     `name:"json" help:"Write what is found as JSON, one object a line."`
	Detectors string   `help:"What to look for: ids with commas between them; sensitive stands for all sensitive categories. Everything when left out." placeholder:"LIST"`
	Workers   int      `help:"How many files are read at once. One for each processor when left out." placeholder:"N"`
	Sample    string   `help:"How many rows of a database's table are read, or full. 4603 rows miss a share of 0.1 % with at most 1 % probability." default:"4603" placeholder:"N|full"`
	Include   []string `help:"Only files with such a name or path, such as *.csv. May be repeated." sep:"none" placeholder:"GLOB"`
	Exclude   []string `help:"Not files and directories with such a name or path. May be repeated." sep:"none" placeholder:"GLOB"`
	Since     string   `help:"Only files that were changed on this day or later: YYYY-MM-DD." placeholder:"DATE"`
	Images    bool     `help:"Look for text in images too, with tesseract, which must be installed. It takes about a second for each."`
	Lang      string   `help:"The language of the answer. What the environment says (LC_ALL, LC_MESSAGES, LANG) when left out: Swedish where it is sv, else English. JSON is the same in both." enum:",sv,en" default:"" placeholder:"sv|en"`
	State     string   `help:"A file with the key of fingerprints, so that the same value has the same fingerprint in the next run, and with what was read, so that files that have not changed since are not read again. It is made when it is not there, for its owner alone." placeholder:"FILE"`
}

// Run looks for personal data. Its exit code is 0 when nothing was found, 1 when something was, 2 when something could not be read.
func (c *scanCommand) Run(s *streams) error {
	o, err := c.options(s)
	if err != nil {
		return err
	}
	var words *scanWords
	if !c.JSON || s.isTerm {
		if words, err = newScanWords(s.lang, o.Rules); err != nil {
			return err
		}
	}
	var sink scanSink
	if c.JSON {
		sink = discovery.NewLines(s.out, o.Rules.Version)
	} else {
		sink = newScanTable(s.out, o.Rules, words)
	}
	stop := showScan(s, o.Progress, words)
	spare := make([]byte, spareHeap)
	collectLater(s.gc)
	sum, err := discovery.Scan(s.ctx, c.Source, o, sink)
	runtime.KeepAlive(spare)
	stop()
	if o.State != nil { // what was read is kept, even when the scan was ended
		err = errors.Join(err, o.State.Save())
	}
	if err == nil {
		err = sink.Summary(&sum)
	}
	if err = errors.Join(err, sink.Close()); err != nil {
		return err
	}
	switch {
	case sum.Unread > 0:
		return fmt.Errorf("%d files or parts of files could not be read; each is told with its reason", sum.Unread)
	case sum.Found()+sum.Low+sum.UnchangedFound > 0:
		return errFound
	}
	return nil
}

// scanSink writes what is found, in one way or another.
type scanSink interface {
	discovery.Sink
	Summary(*discovery.Summary) error
	Close() error
}

// options reads the flags.
func (c *scanCommand) options(s *streams) (o discovery.Options, err error) {
	detectors, err := fs.Sub(data.Files, "detectors")
	if err != nil {
		return o, err
	}
	if o.Rules, err = loadRules(detectors); err != nil {
		return o, err
	}
	if o.Detectors, err = o.Rules.Choose(words(c.Detectors)); err != nil {
		return o, usage("--detectors: %v", err)
	}
	o.OpenDatabase = source.OpenDatabase
	if c.Workers < 0 {
		return o, usage("--workers: give a number from 1")
	}
	if o.Workers = c.Workers; o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Sample != "full" {
		if o.Rows, err = strconv.ParseInt(c.Sample, 10, 64); err != nil || o.Rows < 1 {
			return o, usage("--sample: give a number of rows, or full")
		}
	}
	if o.Include, o.Exclude, err = c.Include, c.Exclude, checkGlobs(c.Include, c.Exclude); err != nil {
		return o, err
	}
	if c.Since != "" {
		if o.Since, err = time.ParseInLocation(time.DateOnly, c.Since, time.Local); err != nil {
			return o, usage("--since: write the day as YYYY-MM-DD, such as 2026-01-31")
		}
	}
	if c.Images {
		program, err := tesseract.Find(s.ctx)
		if err != nil {
			return o, usage("--images: %v", err)
		}
		source.ReadImages(program.Read)
	}
	o.Now, o.Stdin, o.Progress, o.Detail = time.Now, s.in, &discovery.Progress{}, c.JSON
	return o, c.key(&o)
}

// gcAtStart is how much garbage may be made for each byte in use, in percent, while a command starts: nearly all that is made then is used
// once, and there are a few megabytes of it. While nothing has been collected yet, that is a percentage of four megabytes.
const gcAtStart = 700

// spareHeap is counted as memory in use while a scan goes on, and never touched, so that it takes none: a scan holds few megabytes, and
// garbage would be collected for each few that come. At most this much more may wait to be collected.
const spareHeap = 12 << 20

// collected is something that nobody holds.
type collected struct{ _ *byte }

// collectLater lets as much garbage be made from the start on, before any is collected, as there may be later because of spareHeap: what a
// scan has made when it begins is less. From the first time on it is as usual.
func collectLater(usual int) {
	runtime.SetFinalizer(new(collected), func(*collected) { debug.SetGCPercent(usual) })
}

func loadRules(fsys fs.FS) (*detect.Rules, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(gcAtStart))
	return detect.Load(fsys)
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func checkGlobs(lists ...[]string) error {
	for _, list := range lists {
		for _, g := range list {
			if _, err := filepath.Match(g, ""); err != nil {
				return usage("the pattern %s is malformed", g)
			}
		}
	}
	return nil
}

// key takes the key of fingerprints from the state, or draws one.
func (c *scanCommand) key(o *discovery.Options) (err error) {
	if c.State == "" {
		o.Key = discovery.NewKey()
		return nil
	}
	if o.State, err = discovery.OpenState(c.State, c.rules(o)); err == nil {
		o.Key = o.State.Key
	}
	return err
}

// rules name what decides, besides the files, what is found: another version of the program or of the rules, or other detectors, make
// what an earlier scan found worth nothing.
func (c *scanCommand) rules(o *discovery.Options) string {
	ids := make([]string, 0, len(o.Detectors))
	for _, d := range o.Detectors {
		ids = append(ids, o.Rules.ID(d))
	}
	return fmt.Sprintf("%s %s %s %s images=%t names", Version, o.Rules.Version, o.Rules.Digest, strings.Join(ids, ","), c.Images)
}
