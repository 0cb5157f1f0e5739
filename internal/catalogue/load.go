// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// loader reads the files in an order where everything a row may refer to has been read before it.
type loader struct {
	*Catalogue
	fsys         fs.FS
	problems     Problems
	tenderTopics map[string]int
	editionFile  string
	replaced     []replacement
	parsed       map[string]*parsedFile
	// over is the draft that is laid over the catalogue, or nil, and existed the rows that it found there, by kind and id.
	over    *overlay
	existed map[string]bool
}

// parsedFile is a file that has been parsed but not yet read.
type parsedFile struct {
	reader *reader
	root   *node
	ok     bool
	err    error
}

// replacement is an old id with the place where a row says that it replaces it.
type replacement struct {
	reader     *reader
	node       node
	id, oldest string
}

// Load reads and checks a whole catalogue. The error is Problems: all that is wrong, not the first.
func Load(fsys fs.FS) (*Catalogue, error) { return load(fsys, nil) }

func load(fsys fs.FS, over *overlay) (*Catalogue, error) {
	l := &loader{fsys: fsys, Catalogue: &Catalogue{Vocabulary: &Vocabulary{}}, tenderTopics: map[string]int{}, over: over, existed: map[string]bool{}}
	l.index()
	l.parseAll()
	l.file("facts.yaml", func(r *reader, root *node) { l.Vocabulary = readVocabulary(r, root) })
	if len(l.Vocabulary.facts) == 0 {
		// Every condition would be reported as speaking of an unknown fact, which hides the one fault there is.
		return nil, l.problems.orNil()
	}
	l.file("evidence.yaml", rows(l, "evidence", "evidence", &l.Evidence, l.evidence, readEvidenceKind))
	l.file("tender-topics.yaml", rows(l, "tender-topics", "topics", &l.TenderTopics, l.tenderTopics, readTenderTopic))
	l.both("law", rows(l, "law", "laws", &l.Laws, l.laws, func(o *object) Law { return readLaw(o, l.Vocabulary) }))
	l.both("information", rows(l, "information", "types", &l.Types, l.types, func(o *object) InformationType {
		return readInformationType(o, l.Vocabulary)
	}))
	l.both("requirements", l.readRequirements)
	l.orderRequirements()
	l.checkReplaced()
	l.dir("models", l.readModel)
	l.dir("threats", rows(l, "threats", "threats", &l.Threats, l.threats, l.readThreat))
	if _, err := fs.Stat(fsys, "indicators"); err == nil {
		l.file("indicator-facts.yaml", rows(l, "indicator-facts", "facts", &l.IndicatorFacts, l.indicatorFacts, l.readIndicatorFact))
		l.dir("indicators", rows(l, "indicators", "indicators", &l.Indicators, l.indicators, l.readIndicator))
	}
	l.geography()
	l.dir("detectors", ids("detectors", &l.Detectors))
	if err := l.problems.orNil(); err != nil {
		return nil, err
	}
	if over != nil {
		l.Edition += DraftMark + over.edition
	}
	return l.Catalogue, nil
}

// both reads a directory, and then what a draft has of the same kind.
func (l *loader) both(kind string, read func(*reader, *node)) {
	l.dir(kind, read)
	l.laid(kind, read)
}

func (l *loader) index() {
	for _, m := range []*map[string]int{&l.laws, &l.types, &l.topics, &l.requirements, &l.threats, &l.evidence, &l.indicators, &l.indicatorFacts} {
		*m = map[string]int{}
	}
}

// file reads one file that must exist.
func (l *loader) file(name string, read func(*reader, *node)) {
	f, ok := l.parsed[name]
	if !ok {
		f = l.parseFile(name)
	}
	r := f.reader
	if f.err != nil {
		r.faultAt(0, 0, "the file cannot be read: %v", cause(f.err))
	} else if f.ok {
		read(r, f.root)
		l.checkEdition(r)
	}
	l.problems = append(l.problems, r.problems...)
}

func (l *loader) parseFile(name string) *parsedFile {
	f := &parsedFile{reader: &reader{file: name}}
	var b []byte
	if b, f.err = fs.ReadFile(l.fsys, name); f.err == nil {
		f.root, f.ok = f.reader.parse(b)
	}
	return f
}

// parseAll parses every file at once, on all processors: two thirds of the time that a start takes is spent here. The files are
// then read in their order by file and dir.
func (l *loader) parseAll() {
	var names []string
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		found, err := fs.Glob(l.fsys, pattern)
		if err != nil {
			return // only a malformed pattern; file tells what cannot be read
		}
		names = append(names, found...)
	}
	l.parsed = make(map[string]*parsedFile, len(names))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() {
			f := l.parseFile(name)
			mu.Lock()
			defer mu.Unlock()
			l.parsed[name] = f
		})
	}
	wg.Wait()
}

// cause leaves out the path that the file system puts in its errors: the problem names the file already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// dir reads every YAML file of a directory by name. A directory that does not exist holds nothing.
func (l *loader) dir(dir string, read func(*reader, *node)) {
	entries, err := fs.ReadDir(l.fsys, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.problems = append(l.problems, Problem{File: dir, Reason: "the directory cannot be read: " + cause(err).Error()})
	}
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".yaml") {
			l.file(path.Join(dir, e.Name()), read)
		}
	}
}

// checkEdition holds all files to one edition. Models have versions of their own.
func (l *loader) checkEdition(r *reader) {
	switch {
	case r.edition == "":
	case l.Edition == "":
		l.Edition, l.editionFile = r.edition, r.file
	case l.Edition != r.edition:
		r.faultAt(1, 1, "version is %q but %s says %q; all files belong to one edition", r.edition, l.editionFile, l.Edition)
	}
}

// identified is a row with an id.
type identified interface {
	Law | InformationType | Requirement | Threat | EvidenceKind | TenderTopic | Indicator | IndicatorFact
}

// rows gives a reader of a file that is a list of rows of one kind, each with an id of its own in all files of that kind.
func rows[T identified](l *loader, kind, key string, to *[]T, index map[string]int, read func(*object) T) func(*reader, *node) {
	return func(r *reader, root *node) {
		o, ok := r.header(root, kind)
		if !ok {
			return
		}
		l.removes(r, o, kind)
		list := l.rowsIn(r, o, key)
		o.done()
		for i := range list {
			if l.gone(r, kind, &list[i]) {
				continue
			}
			if row, ok := r.object(&list[i]); ok {
				one := read(row)
				row.done()
				add(r, row, to, index, one)
			}
		}
	}
}

// add puts a row in the catalogue unless its id is taken.
func add[T identified](r *reader, o *object, to *[]T, index map[string]int, one T) {
	id := ""
	if n := o.get("id"); n != nil {
		id = n.Text
	}
	if id == "" {
		return
	}
	if _, twice := index[id]; twice {
		r.fault(o.get("id"), "the id %s is already in use; ids are given once", id)
		return
	}
	index[id] = len(*to)
	*to = append(*to, one)
}

func (l *loader) readRequirements(r *reader, root *node) {
	o, ok := r.header(root, "requirements")
	if !ok {
		return
	}
	l.removes(r, o, "requirements")
	topic, ok := readTopic(r, o)
	_, twice := l.topics[topic.ID]
	if ok && twice && !r.draft {
		r.fault(o.get("topic"), "the topic %s has a file already; keep a topic in one file", topic.ID)
		return
	}
	if !twice {
		l.topics[topic.ID] = len(l.Topics)
		l.Topics = append(l.Topics, topic)
	}
	list := l.rowsIn(r, o, "requirements")
	o.done()
	for i := range list {
		if l.gone(r, "requirements", &list[i]) {
			continue
		}
		row, ok := r.object(&list[i])
		if !ok {
			continue
		}
		one := l.readRequirement(row, topic.ID)
		row.done()
		add(r, row, &l.Requirements, l.requirements, one)
		for _, old := range one.Replaces {
			l.replaced = append(l.replaced, replacement{reader: r, node: *row.get("replaces"), id: one.ID, oldest: old})
		}
	}
}

// orderRequirements puts governance before technical and otherwise keeps the order of the files.
func (l *loader) orderRequirements() {
	part := map[string]int{}
	slices.SortStableFunc(l.Topics, func(a, b Topic) int { return strings.Compare(a.Part, b.Part) })
	for i, t := range l.Topics {
		l.topics[t.ID] = i
		part[t.ID] = i
	}
	slices.SortStableFunc(l.Requirements, func(a, b Requirement) int { return part[a.Topic] - part[b.Topic] })
	for i := range l.Requirements {
		l.requirements[l.Requirements[i].ID] = i
	}
}

// checkReplaced checks that an id that is replaced is gone and has one row to follow to.
func (l *loader) checkReplaced() {
	l.successors = map[string]string{}
	for _, p := range l.replaced {
		before := len(p.reader.problems)
		if _, still := l.requirements[p.oldest]; still {
			p.reader.fault(&p.node, "%s is said to be replaced but is still a row; remove the row or the id from replaces", p.oldest)
		}
		if other, twice := l.successors[p.oldest]; twice {
			p.reader.fault(&p.node, "%s is already replaced by %s; answers can follow to one row only", p.oldest, other)
		}
		l.successors[p.oldest] = p.id
		// The reader's own problems were handed over when its file was done, so later ones are added here.
		l.problems = append(l.problems, p.reader.problems[before:]...)
	}
}

func (l *loader) readModel(r *reader, root *node) {
	m := readModel(r, root)
	r.edition = "" // a model has a version of its own
	if m == nil || len(r.problems) > 0 {
		return
	}
	if _, twice := l.Model(m.ID, m.Version); twice {
		r.faultAt(1, 1, "the model %s version %s is already in another file; give it a new version", m.ID, m.Version)
		return
	}
	l.Models = append(l.Models, *m)
}

// ids gives a reader of a file whose rows belong to another package: only the ids are read here.
func ids(kind string, to *[]string) func(*reader, *node) {
	return func(r *reader, root *node) {
		o, ok := r.header(root, kind)
		if !ok {
			return
		}
		list := o.list(kind)
		for i := range list {
			row, ok := r.object(&list[i])
			if !ok {
				continue
			}
			id := row.str("id")
			if slices.Contains(*to, id) {
				r.fault(&list[i], "the id %s is already in use; ids are given once", id)
				continue
			}
			*to = append(*to, id)
		}
	}
}
