// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"io/fs"
	"slices"
	"strings"
)

// DraftFile is one file of a draft: the same YAML as the catalogue's own files, and several documents in one file when that is handier.
type DraftFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Limits of a draft. A new law with all its requirements is a few hundred lines.
const (
	MaxDraftFiles = 40
	MaxDraftBytes = 1 << 20
)

// DraftMark stands between the edition that a draft is laid over and the draft's own, so that the two are never taken for one another.
const DraftMark = "+utkast:"

// draftKinds are what a draft may hold. What everything else rests on (facts, models, kinds of evidence) is changed with a whole catalogue.
var draftKinds = []string{"law", "information", "requirements"}

// rowsOf is the key that the rows stand under in a file of each kind.
var rowsOf = map[string]string{"law": "laws", "information": "types", "requirements": "requirements"}

// overlay is a draft while it is read: its documents by kind, and the rows of the catalogue that give way to it.
type overlay struct {
	edition   string
	documents map[string][]parsedFile
	away      map[string]map[string]bool
}

// LoadDraft reads a catalogue with a draft laid over it (Swedish: utkast): rows with new ids are added, a row whose id exists takes the place
// of that row, and ids listed under remove are taken away. The error is Problems: all that is wrong, not the first.
func LoadDraft(base fs.FS, files []DraftFile) (*Catalogue, error) {
	over := &overlay{documents: map[string][]parsedFile{}, away: map[string]map[string]bool{}}
	if err := over.parse(files).orNil(); err != nil {
		return nil, err
	}
	return load(base, over)
}

// parse parses the files and sorts their documents by kind.
func (d *overlay) parse(files []DraftFile) Problems {
	size := 0
	for i := range files {
		size += len(files[i].Text)
	}
	switch {
	case len(files) == 0:
		return Problems{{File: "draft", Reason: "the draft holds no file; give at least one YAML file"}}
	case len(files) > MaxDraftFiles || size > MaxDraftBytes:
		return Problems{{File: "draft", Reason: "the draft is too large; it may be 40 files and 1 MiB in all"}}
	}
	var out Problems
	for i := range files {
		r := &reader{file: files[i].Name, upload: true, draft: true}
		documents, ok := r.documents([]byte(files[i].Text))
		if ok && len(documents) == 0 {
			r.faultAt(0, 0, "the file holds nothing; write at least one document that begins with catalogue and version")
		}
		for _, n := range documents {
			d.sort(r, n)
		}
		out = append(out, r.problems...)
	}
	return out
}

// sort notes what kind a document is of, and which rows it takes the place of. What its rows say is read later, in their order.
func (d *overlay) sort(r *reader, root *node) {
	own := &reader{file: r.file, upload: true, draft: true}
	o, ok := own.object(root)
	if ok {
		kind := o.str("catalogue")
		switch {
		case kind == "":
		case !slices.Contains(draftKinds, kind):
			own.fault(o.get("catalogue"), "a draft holds law, information and requirements; %s is changed with a whole catalogue, in a directory with facts.yaml", kind)
		default:
			d.edition = o.str("version")
			d.documents[kind] = append(d.documents[kind], parsedFile{reader: &reader{file: r.file, upload: true, draft: true}, root: root, ok: true})
			d.giveWay(kind, o)
		}
	}
	r.problems = append(r.problems, own.problems...)
}

// giveWay notes the rows of the catalogue that a document takes the place of, or takes away.
func (d *overlay) giveWay(kind string, o *object) {
	if d.away[kind] == nil {
		d.away[kind] = map[string]bool{}
	}
	note := func(n *node) {
		if n != nil && n.Text != "" {
			d.away[kind][n.Text] = true
		}
	}
	each := func(n *node, do func(*node)) {
		if n != nil {
			for i := range n.Items {
				do(&n.Items[i])
			}
		}
	}
	each(o.get("remove"), note)
	each(o.get(rowsOf[kind]), func(row *node) {
		if inner := (&object{reader: o.reader, node: row}); row.Kind == mapNode {
			note(inner.get("id"))
			each(inner.get("replaces"), note)
		}
	})
}

// gone reports whether a row of the catalogue gives way to the draft, and notes that it was there.
func (l *loader) gone(r *reader, kind string, row *node) bool {
	if l.over == nil || r.draft || row.Kind != mapNode {
		return false
	}
	id := (&object{reader: r, node: row}).get("id")
	if id == nil {
		return false
	}
	l.existed[kind+" "+id.Text] = true
	return l.over.away[kind][id.Text]
}

// referAll is refer for what is counted by rows that a draft may have taken away: nothing is counted by those any more.
func (l *loader) referAll(o *object, what, kind string, rows map[string]int) func(*node, string) bool {
	check := refer(o, what, rows)
	return func(n *node, word string) bool { return l.existed[kind+" "+word] || check(n, word) }
}

// rowsIn gives the rows of a file. A draft may have none, when all it does is to remove.
func (l *loader) rowsIn(r *reader, o *object, key string) []node {
	if r.draft && o.get("remove") != nil {
		return o.optionalList(key)
	}
	return o.list(key)
}

// removes reads the ids that a draft takes away. One that is not there is a mistake.
func (l *loader) removes(r *reader, o *object, kind string) {
	if r.draft {
		o.words("remove", func(n *node, word string) bool {
			if l.existed[kind+" "+word] {
				return true
			}
			r.fault(n, "there is no row %q to remove; correct the id", word)
			return false
		})
	}
}

// laid reads the draft's documents of a kind, after the catalogue's own.
func (l *loader) laid(kind string, read func(*reader, *node)) {
	if l.over == nil {
		return
	}
	for i := range l.over.documents[kind] {
		f := &l.over.documents[kind][i]
		read(f.reader, f.root)
		if v := f.reader.edition; v != "" && v != l.over.edition {
			f.reader.faultAt(1, 1, "version is %q but another document of the draft says %q; give the whole draft one version", v, l.over.edition)
		}
		l.problems = append(l.problems, f.reader.problems...)
	}
}

// DraftOf tells which draft a catalogue's edition names; empty when it is no draft.
func DraftOf(edition string) string {
	_, draft, _ := strings.Cut(edition, DraftMark)
	return draft
}
