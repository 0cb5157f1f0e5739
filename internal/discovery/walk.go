// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

// engine is one scan.
type engine struct {
	Options
	sink    Sink
	started time.Time
	roots   []string // where the sources that are files and directories lie

	mu      sync.Mutex // of summary
	summary Summary
}

// task is one file, or a database, to look through.
type task struct {
	source, path string
	size         int64
	stdin        bool
	database     source.Database

	// toldSource, toldFolder and told are the source, the folder and the path as they are told: masked. number is the name's in its folder.
	toldSource, toldFolder, told string
	number                       int
	// root says that it is the source itself.
	root bool
	// named is FolderName or FileName for what only has a name to be looked through; skip is told of it.
	named string
	skip  *source.Skip
}

// run hands tasks to the workers.
func (e *engine) run(ctx context.Context, sources []string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tasks := make(chan task, 256)
	var wg sync.WaitGroup
	for range max(1, e.Workers) {
		wg.Go(func() {
			s := newSession(e)
			for t := range tasks {
				if err := s.do(ctx, t); err != nil {
					cancel(err)
				}
				if ctx.Err() != nil {
					break
				}
			}
		})
	}
	err := e.walkAll(ctx, sources, tasks)
	close(tasks)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err == nil && e.State != nil && len(e.Include)+len(e.Exclude) == 0 && e.Since.IsZero() { // everything was wanted, and has been seen
		for _, name := range sources {
			e.State.walked(name)
		}
	}
	return err
}

// walkAll finds what there is to read.
func (e *engine) walkAll(ctx context.Context, sources []string, tasks chan<- task) error {
	for _, name := range sources {
		if root, err := realPath(name); err == nil { // what is no file is told when it is its turn
			e.roots = append(e.roots, root)
		}
	}
	names := e.newNames()
	var walked []string
	for i, name := range sources {
		w := &walker{engine: e, ctx: ctx, source: name, told: names.path(name, i+1), number: i + 1, tasks: tasks, names: names}
		if root, err := realPath(name); err == nil {
			w.root = root
			if slices.Contains(walked, root) {
				if err := e.skip(source.Skip{Path: w.told, Reason: "named twice: it is looked through once"}); err != nil {
					return err
				}
				continue
			}
			walked = append(walked, root)
		}
		if err := e.walk(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) walk(ctx context.Context, w *walker) error {
	name := w.source
	if name == "-" {
		return send(ctx, w.tasks, task{source: name, path: name, toldSource: name, told: name, size: -1, stdin: true})
	}
	if e.OpenDatabase != nil {
		d, ok, err := e.OpenDatabase(name)
		if err != nil {
			return e.skip(source.Skip{Path: w.names.path(redactDSN(name), 0), To: -1, Reason: w.names.hide(err.Error())})
		}
		if ok {
			told := w.names.path(redactDSN(name), 0)
			return send(ctx, w.tasks, task{source: told, path: told, toldSource: told, told: told, size: -1, database: d})
		}
	}
	return w.visit(name, place{number: w.number, root: true})
}

// redactDSN is a DSN without anything that may be a password: who asks for which database of which server. A DSN that is written so that a
// password may be anywhere in it is its scheme alone. What is no DSN is given back.
func redactDSN(dsn string) string {
	scheme, _, ok := strings.Cut(dsn, "://")
	if !ok {
		return dsn
	}
	u, err := url.Parse(dsn)
	if err != nil || strings.ContainsAny(u.Host, ";=") || strings.ContainsAny(u.Path+u.RawQuery+u.Fragment, "@;") {
		return scheme + "://…"
	}
	out := scheme + "://"
	if name := u.User.Username(); name != "" {
		out += url.User(name).String() + "@"
	}
	out += u.Host + u.EscapedPath()
	if database := u.Query().Get("database"); database != "" {
		out += "?database=" + url.QueryEscape(database)
	}
	return out
}

func send(ctx context.Context, tasks chan<- task, t task) error {
	select {
	case tasks <- t:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// walker walks one source.
type walker struct {
	*engine
	ctx    context.Context // of the walk, which the value is for
	source string
	root   string // where the source lies
	told   string // the source, as it is told
	number int    // among the sources
	tasks  chan<- task
	names  *names
	above  []fs.FileInfo // the directories that the walk stands in, so that a circle ends
}

// place is where something lies that the walk has come to: in which folder, as it is told, and the number of its name there. The source itself
// has no folder.
type place struct {
	folder string
	number int
	root   bool
}

// task is a task of a file, or of a name.
func (w *walker) task(name string, at place) task {
	t := task{source: w.source, path: name, toldSource: w.told, toldFolder: at.folder, number: at.number, root: at.root}
	if at.root {
		t.told = w.told
	}
	return t
}

// tell tells of something that is not read, and has its name looked through.
func (w *walker) tell(name string, at place, to int64, why string) error {
	t := w.task(name, at)
	t.named, t.skip = FileName, &source.Skip{To: to, Reason: why}
	return send(w.ctx, w.tasks, t)
}

// visit walks a file or a directory. A link is followed only when it was named.
func (w *walker) visit(name string, at place) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	info, err := os.Lstat(name)
	if err != nil {
		return w.missing(name, at, err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		to, err := os.Stat(name)
		if err != nil || !at.root {
			return w.link(name, at, to, err)
		}
		info = to
	}
	switch {
	case info.IsDir():
		return w.directory(name, at, info)
	case !info.Mode().IsRegular():
		return w.tell(name, at, -1, "not a file but "+special(info.Mode()))
	case !at.root && !w.wanted(name, info):
		return nil
	}
	w.Progress.TotalBytes.Add(info.Size())
	w.Progress.TotalFiles.Add(1)
	t := w.task(name, at)
	t.size = info.Size()
	return send(w.ctx, w.tasks, t)
}

// link tells of a link that is not followed, and of what it leads to.
func (w *walker) link(name string, at place, to fs.FileInfo, err error) error {
	switch {
	case err != nil:
		return w.tell(name, at, -1, "a link that leads nowhere: "+reason(err))
	case !to.IsDir() && !to.Mode().IsRegular():
		return w.tell(name, at, 0, "a link to something that is not a file")
	case !w.within(name):
		return w.tell(name, at, 0, "a link out of what is looked through: what it leads to is only read when it is named too")
	}
	return w.tell(name, at, 0, "a link: what it leads to is read where it lies")
}

// within reports whether what a link leads to lies in one of the sources.
func (e *engine) within(link string) bool {
	to, err := realPath(link)
	return err == nil && slices.ContainsFunc(e.roots, func(root string) bool {
		rel, err := filepath.Rel(root, to)
		return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
	})
}

// realPath is where something lies, from the root on and without links.
func realPath(name string) (string, error) {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(name)
}

// missing tells that there is no such file, nor a database that is read when it looks like the address of one.
func (w *walker) missing(name string, at place, err error) error {
	switch {
	case at.root && strings.Contains(name, "://"):
		return w.skip(source.Skip{Path: w.names.path(redactDSN(name), at.number), To: -1, Reason: "neither a file nor a database of a kind that is read"})
	case at.root: // there is nothing that has the name
		return w.skip(source.Skip{Path: w.told, To: -1, Reason: "cannot be read: " + reason(err)})
	}
	return w.tell(name, at, -1, "cannot be read: "+reason(err))
}

// directory walks a directory in the order of its names.
func (w *walker) directory(name string, at place, info fs.FileInfo) error {
	told, folder := w.told, ""
	if at.root {
		folder = w.names.path(filepath.Clean(name), at.number)
	} else {
		told = joinTold(at.folder, w.names.tell(filepath.Base(name), at.number))
		folder = told
		t := w.task(name, at)
		t.named = FolderName
		if err := send(w.ctx, w.tasks, t); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(w.above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
		return w.skip(source.Skip{Path: told, Reason: "the directory lies inside itself"})
	}
	w.above = append(w.above, info)
	defer func() { w.above = w.above[:len(w.above)-1] }()
	f, err := os.Open(name)
	if err != nil {
		return w.skip(source.Skip{Path: told, To: -1, Reason: "the directory cannot be read: " + reason(err)})
	}
	entries, err := f.ReadDir(-1)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		if serr := w.skip(source.Skip{Path: told, To: -1, Reason: "the directory cannot be read whole: " + reason(err)}); serr != nil {
			return serr
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for i, entry := range entries {
		path := filepath.Join(name, entry.Name())
		if entry.IsDir() && w.excluded(path) {
			continue
		}
		at := place{folder: folder, number: i + 1}
		if w.named(path) {
			if err := w.elsewhere(path, at, entry.IsDir()); err != nil {
				return err
			}
			continue
		}
		if err := w.visit(path, at); err != nil {
			return err
		}
	}
	return nil
}

// named reports whether what lies below the source is one of the other sources.
func (w *walker) named(path string) bool {
	if len(w.roots) < 2 {
		return false
	}
	rel, err := filepath.Rel(w.source, path)
	return err == nil && slices.Contains(w.roots, filepath.Join(w.root, rel))
}

// elsewhere tells of what is looked through as a source of its own. The name of a file is told there too.
func (w *walker) elsewhere(path string, at place, folder bool) error {
	const why = "named as a source of its own: it is looked through there, once"
	if folder {
		t := w.task(path, at)
		t.named, t.skip = FolderName, &source.Skip{Reason: why}
		return send(w.ctx, w.tasks, t)
	}
	return w.skip(source.Skip{Path: joinTold(at.folder, w.names.tell(filepath.Base(path), at.number)), Reason: why})
}

// wanted reports whether a file is among those asked for.
func (w *walker) wanted(name string, info fs.FileInfo) bool {
	if !w.Since.IsZero() && info.ModTime().Before(w.Since) || w.excluded(name) {
		return false
	}
	if len(w.Include) == 0 {
		return true
	}
	return w.matches(w.Include, name)
}

func (w *walker) excluded(name string) bool { return w.matches(w.Exclude, name) }

// matches reports whether a pattern fits the name of a file or a directory, or its path below the source.
func (w *walker) matches(patterns []string, name string) bool {
	rel, err := filepath.Rel(w.source, name)
	if err != nil {
		rel = name
	}
	for _, p := range patterns {
		for _, candidate := range []string{filepath.Base(name), rel, name} {
			if ok, _ := filepath.Match(p, candidate); ok { // the patterns were checked when they were given
				return true
			}
		}
		if strings.HasSuffix(p, "/**") && (strings.HasPrefix(rel, strings.TrimSuffix(p, "**")) || rel == strings.TrimSuffix(p, "/**")) {
			return true
		}
	}
	return false
}

// skip tells of what was not read.
func (e *engine) skip(s source.Skip) error {
	e.mu.Lock()
	e.summary.Skipped++
	if s.To != s.From {
		e.summary.Unread++
	}
	if s.Member == "" && s.To > s.From {
		e.summary.BytesSkipped += s.To - s.From
	}
	e.mu.Unlock()
	return e.sink.Skipped(Skipped{s})
}

// reason is an error without the path, which stands beside it.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func special(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	default:
		return "something else"
	}
}

// do looks through one task. A panic of a reader, or of what looks through what it read, costs that file only.
func (s *session) do(ctx context.Context, t task) error {
	s.begin(t)
	err := s.guard(t, func() error { return s.look(ctx, t) })
	if eerr := s.guard(t, s.finishAll); err == nil {
		err = eerr
	}
	if err == nil {
		err = ctx.Err()
	}
	s.keep(err)
	s.sum()
	return err
}

// guard runs a step, and tells of what is left of the file should it panic. What waits then is let go.
func (s *session) guard(t task, step func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.window, s.segments, s.from, s.any = s.window[:0], s.segments[:0], 0, false
			err = s.Skipped(source.Skip{From: s.read + s.skipped, To: max(s.read+s.skipped+1, t.size), Reason: fmt.Sprintf("the file broke its reader: %v", r)})
		}
	}()
	return step()
}

// look reads the task's file or database.
func (s *session) look(ctx context.Context, t task) error {
	switch {
	case t.named != "":
		if err := s.ownName(); err != nil || t.skip == nil {
			return err
		}
		k := *t.skip
		return s.Skipped(k)
	case t.database != nil:
		samples, err := t.database.Read(ctx, s.Rows, s)
		s.sampled(samples)
		return err
	case t.stdin:
		return source.ReadAny(ctx, source.File{Path: t.path, Size: -1, Stream: s.Stdin}, s)
	}
	f, err := os.Open(t.path)
	if err != nil {
		s.forgotten()
		if err := s.ownName(); err != nil {
			return err
		}
		return s.Skipped(source.Skip{To: t.size, Reason: "cannot be opened: " + reason(err)})
	}
	defer f.Close()
	if s.State != nil {
		if s.before, err = f.Stat(); err != nil {
			return s.Skipped(source.Skip{Path: t.path, To: t.size, Reason: "cannot be read: " + reason(err)})
		}
		if known, ok := s.State.unchanged(t.source, t.path, s.before, f); ok {
			return s.unchanged(&known)
		}
		s.began = s.Now()
	}
	if err := s.ownName(); err != nil {
		return err
	}
	return source.ReadAny(ctx, source.File{Path: t.path, Size: t.size, ReaderAt: f}, s)
}

// unchanged tells of a file that is not read because it has not changed. It counts as not read, and not as lost.
func (s *session) unchanged(known *fileState) error {
	found := known.Low
	for _, n := range known.Found {
		found += n
	}
	s.mu.Lock()
	s.summary.Unchanged++
	s.summary.UnchangedFound += found
	s.summary.Skipped++
	s.summary.BytesSkipped += known.Size
	s.mu.Unlock()
	s.skipped += known.Size
	s.Progress.Bytes.Add(known.Size)
	err := s.sink.Skipped(Skipped{source.Skip{
		Path: s.task.told, To: known.Size,
		Reason: "has not changed since it was read on " + time.Unix(0, known.Read).Format(time.DateOnly) + ": " + known.foundText(s.Rules.IDs()),
	}})
	for _, k := range known.Skips {
		if err == nil {
			err = s.skip(source.Skip{Path: s.task.told, Member: k.Member, From: k.From, To: k.To, Reason: k.Reason})
		}
	}
	return err
}

// noteSkip notes what was not read, for the state.
func (s *session) noteSkip(k *source.Skip) {
	if k.Member == "" && k.To != k.From || len(s.skips) >= mostSkips {
		s.partly = true
	} else if s.State != nil {
		s.skips = append(s.skips, stateSkip{k.Member, k.From, k.To, k.Reason})
	}
}

// keep notes in the state what came of the file, if all of it was read.
func (s *session) keep(err error) {
	if s.State == nil || s.before == nil || s.began.IsZero() {
		return
	}
	if err != nil || s.partly {
		s.forgotten()
		return
	}
	f := fileState{Found: map[string]int64{}, Skips: s.skips}
	for i, n := range s.counts {
		f.Low += s.lows[i]
		if n > 0 {
			f.Found[s.Rules.ID(detect.Detector(i))] = n
		}
	}
	s.State.remember(s.task.source, s.task.path, s.before, s.began, f)
}

// forgotten takes the file out of the state: it is looked at anew the next time.
func (s *session) forgotten() {
	if s.State != nil {
		s.State.forget(s.task.path)
	}
}
