// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/discovery/source"
)

// piece is what a part of a search is to look through.
type piece struct {
	// Dir is a directory with everything below it. With Files it is only its own files, those from From up to and with To.
	Dir   string `json:"dir,omitempty"`
	Files bool   `json:"files,omitempty"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	// Alone says that it is one file, From, of a piece that was given up.
	Alone bool `json:"alone,omitempty"`
	// Tables is a database, whose tables are to be found; Range a part of one table.
	Tables bool          `json:"tables,omitempty"`
	Range  *source.Range `json:"range,omitempty"`
}

// key identifies the piece in its search.
func (p *piece) key(k keyer) string {
	if p.Range != nil {
		return k.key("range", p.Range.Table, fmt.Sprint(p.Range.From))
	}
	if p.Alone {
		return k.key("piece", p.Dir, "alone", p.From)
	}
	return k.key("piece", p.Dir, fmt.Sprint(p.Files, p.Tables), p.From)
}

// file is a file that is to be looked at.
type file struct {
	path string
	info fs.FileInfo
}

// plan is what a piece comes to: files to look at, pieces for others, and what cannot be read.
type plan struct {
	files []file
	dirs  []string // that were read from the start, whose names are looked through
	rest  []piece
	lost  []Object // directories that cannot be read
	odd   []Object // links, and what else is no file that can be read: their names are looked through
}

// measure says how much a piece holds before the rest becomes pieces of their own.
type measure struct {
	files int
	bytes int64
}

// planner finds out what lies below a directory.
type planner struct {
	root *os.Root
	most measure
	plan
	so far
}

// far is how much has been planned.
type far = measure

// below plans a piece: directory by directory, until there is as much as one part should hold.
func (p *planner) below(of piece) error {
	queue := []string{of.Dir}
	for len(queue) > 0 {
		dir := queue[0]
		if p.so.files > 0 && (p.so.files >= p.most.files || p.so.bytes >= p.most.bytes) {
			for _, d := range queue {
				p.rest = append(p.rest, piece{Dir: d})
			}
			return nil
		}
		queue = queue[1:]
		files, dirs, err := p.list(dir)
		if err != nil {
			return err
		}
		if of.Files {
			files = slices.DeleteFunc(files, func(f file) bool { return path.Base(f.path) < of.From || path.Base(f.path) > of.To })
			dirs = nil
		} else {
			p.dirs = append(p.dirs, dir)
		}
		p.take(dir, files, of.Files)
		queue = append(queue, dirs...)
	}
	return nil
}

// take takes in a directory's files. Those that are too many become pieces by the first and the last of their names.
func (p *planner) take(dir string, files []file, all bool) {
	for i := 0; i < len(files); {
		n, bytes := 0, int64(0)
		for n < p.most.files && i+n < len(files) && (n == 0 || bytes < p.most.bytes) {
			bytes += files[i+n].info.Size()
			n++
		}
		some := files[i : i+n]
		i += n
		if all || p.so.files == 0 || i >= len(files) && p.so.files+n <= p.most.files && p.so.bytes+bytes <= p.most.bytes {
			p.files = append(p.files, some...)
			p.so.files, p.so.bytes = p.so.files+n, p.so.bytes+bytes
			continue
		}
		p.rest = append(p.rest, piece{Dir: dir, Files: true, From: path.Base(some[0].path), To: path.Base(some[n-1].path)})
	}
}

// list reads a directory. Links are left alone, as what they lead to is read where it lies; what cannot be read is told.
func (p *planner) list(dir string) (files []file, dirs []string, err error) {
	f, err := openPlain(p.root, dir)
	if err != nil {
		p.lost = append(p.lost, passedBy(dir, "the directory cannot be read: "+reason(err)))
		return nil, nil, nil
	}
	entries, err := f.ReadDir(-1)
	_ = f.Close() // it was only read
	if err != nil {
		p.lost = append(p.lost, passedBy(dir, "the directory cannot be read whole: "+reason(err)))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch t := e.Type(); {
		case t.IsDir():
			dirs = append(dirs, name)
		case t&fs.ModeSymlink != 0:
			p.odd = append(p.odd, passedBy(name, "a link: what it leads to is read where it lies, if that is in the source"))
		case !t.IsRegular():
			p.odd = append(p.odd, passedBy(name, "it is not a file"))
		default:
			info, err := p.root.Lstat(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // taken away since the directory was read
			}
			if err != nil {
				p.odd = append(p.odd, passedBy(name, "cannot be read: "+reason(err)))
				continue
			}
			files = append(files, file{name, info})
		}
	}
	return files, dirs, nil
}

// errLink says that a path goes through a link.
var errLink = errors.New("a link stands in the way to it: what a link leads to is read where it lies")

// openPlain opens what lies at a path below a root without going through any link, even one within the root: what a source may read was
// approved as a directory, and a link in it could lead to somebody else's. A link may take a file's place after its directory was read, so
// what was opened is held against what stands under the name: a link stands there as itself.
func openPlain(root *os.Root, name string) (*os.File, error) {
	parts := strings.Split(path.Clean(name), "/")
	at, last := root, len(parts)-1
	for _, part := range parts[:last] {
		below, err := at.OpenRoot(part)
		if err == nil {
			info, failed := below.Stat(".")
			err = plain(at, part, info, failed)
		}
		if at != root {
			_ = at.Close() // it was only gone through
		}
		if err != nil {
			if below != nil {
				_ = below.Close() // what went wrong is told
			}
			return nil, err
		}
		at = below
	}
	if at != root {
		defer at.Close()
	}
	f, err := at.OpenFile(parts[last], os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what was attempted
	}
	info, err := f.Stat()
	if err := plain(at, parts[last], info, err); err != nil {
		_ = f.Close() // what went wrong is told
		return nil, err
	}
	return f, nil
}

// plain refuses what was opened under a name when it is not what stands there.
func plain(at *os.Root, name string, opened fs.FileInfo, err error) error {
	if err != nil {
		return err
	}
	info, err := at.Lstat(name)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what was attempted
	}
	if !os.SameFile(info, opened) {
		return errLink
	}
	return nil
}

// passedBy is what is told of what is not read.
func passedBy(name, why string) Object {
	return Object{Path: name, SkipCount: 1, Skips: []Skip{{To: -1, Reason: why}}}
}

// reason is an error without the path, which stands beside it.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// under reports whether a path lies in one of some directories, or is one.
func under(name string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return name == d || d == "." || strings.HasPrefix(name, d+"/") })
}
