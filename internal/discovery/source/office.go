// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// officeKind is the family that a document in a ZIP file is of.
type officeKind string

const (
	openXML      officeKind = "DOCX, XLSX, PPTX"
	openDocument officeKind = "ODT, ODS, ODP"
)

// office is a document in a ZIP file while it is read.
type office struct {
	r    *reading
	z    *zipFile
	kind officeKind
	xml  *xmlReader
	// strings are a workbook's shared texts; names are its sheets' names by their part.
	strings *sharedStrings
	names   map[string]string
	locked  bool
}

// isOffice says which family of documents the archive is of, if of any.
func (z *zipFile) isOffice() (officeKind, error) {
	var kind officeKind
	n := 0
	err := z.each(func(m *zipMember) error {
		switch {
		case strings.EqualFold(m.name, "[Content_Types].xml"):
			kind = openXML
		case (m.name == "META-INF/manifest.xml" || m.name == "mimetype") && kind == "":
			kind = openDocument // an archive of Java has META-INF/MANIFEST.MF
		}
		if n++; kind != "" || n > 10_000 {
			return io.EOF
		}
		return nil
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return kind, nil
}

// readOffice reads every part of a document.
func readOffice(ctx context.Context, r *reading, z *zipFile, kind officeKind) error {
	o := &office{r: r, z: z, kind: kind, xml: newXML(bytes.NewReader(nil))}
	if err := o.prepare(); err != nil {
		return err
	}
	if o.strings != nil {
		defer o.strings.close()
	}
	err := z.each(func(m *zipMember) error {
		if o.locked && m.name != "mimetype" && !strings.HasPrefix(m.name, "META-INF/") {
			m.flags |= zipEncrypted
		}
		return z.visit(r, m, func(content io.Reader) error {
			content = &rationed{content, r.f.budget}
			if !isXMLPart(m.name) {
				return r.member(ctx, m.name, content, m.size)
			}
			return o.part(m.name, content)
		})
	})
	if err != nil || o.strings == nil || !o.strings.complete {
		return err
	}
	return o.strings.unused(r)
}

// isXMLPart reports whether a part is XML, by its name.
func isXMLPart(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".rels", ".vml", ".rdf":
		return true
	}
	return false
}

// prepare reads what the other parts need: names of sheets, shared texts, and whether the document is encrypted.
func (o *office) prepare() error {
	var workbook, rels, shared, manifest *zipMember
	err := o.z.each(func(m *zipMember) error {
		switch strings.ToLower(m.name) {
		case "xl/workbook.xml":
			workbook = m
		case "xl/_rels/workbook.xml.rels":
			rels = m
		case "xl/sharedstrings.xml":
			shared = m
		case "meta-inf/manifest.xml":
			manifest = m
		}
		return nil
	})
	if err != nil {
		return err
	}
	if manifest != nil && o.kind == openDocument {
		o.locked = o.mentions(manifest, "encryption-data")
	}
	if workbook != nil && rels != nil {
		o.names = o.sheetNames(workbook, rels)
	}
	if shared != nil {
		o.strings = &sharedStrings{}
		// What cannot be read of them is told when their part is visited.
		err = o.z.use(shared, func(content io.Reader) error { return o.strings.load(o.r, o.xml, &rationed{content, o.r.f.budget}) })
		if err != nil && (errors.As(err, new(visitorError)) || o.r.ended() != nil) {
			return err
		}
	}
	return nil
}

// mostPart is how much of a part that only tells about other parts is looked at.
const mostPart = 4 << 20

// mentions reports whether a part holds a word.
func (o *office) mentions(m *zipMember, word string) bool {
	var found bool
	_ = o.z.use(m, func(content io.Reader) error { // a part that cannot be read is told when it is visited
		b, err := io.ReadAll(io.LimitReader(content, mostPart))
		found = bytes.Contains(b, []byte(word))
		return err
	})
	return found
}

// sheetNames gives the names of a workbook's sheets by the part that each is in.
func (o *office) sheetNames(workbook, rels *zipMember) map[string]string {
	targets, names := map[string]string{}, map[string]string{}
	o.tags(rels, "Relationship", func(p xmlPiece) {
		id, _ := p.attribute("Id")
		target, _ := p.attribute("Target")
		at := string(appendXML(nil, target))
		if strings.HasPrefix(at, "/") {
			at = strings.TrimPrefix(at, "/")
		} else {
			at = path.Join("xl", at)
		}
		targets[string(id)] = at
	})
	o.tags(workbook, "sheet", func(p xmlPiece) {
		name, _ := p.attribute("name")
		for b := p.body; ; {
			key, value, rest, ok := nextAttribute(b)
			if !ok {
				break
			}
			if bytes.HasSuffix(key, []byte(":id")) {
				names[targets[string(value)]] = string(appendXML(nil, name))
			}
			b = rest
		}
	})
	return names
}

// tags calls back with every tag of an element in a part.
func (o *office) tags(m *zipMember, name string, each func(xmlPiece)) {
	_ = o.z.use(m, func(content io.Reader) error { // a part that cannot be read is told when it is visited
		o.xml.reset(io.LimitReader(content, mostPart))
		for {
			p, err := o.xml.next()
			if err != nil {
				return err
			}
			if (p.kind == xmlOpen || p.kind == xmlEmpty) && string(p.name) == name {
				each(p)
			}
		}
	})
}

// part reads one part in XML.
func (o *office) part(name string, content io.Reader) error {
	o.xml.reset(content)
	root, err := o.root()
	if err != nil {
		return errUnlessEnd(err)
	}
	switch string(root.name) {
	case "worksheet":
		return errUnlessEnd(o.sheet(name))
	case "sst":
		if o.strings != nil && strings.EqualFold(name, "xl/sharedStrings.xml") && o.strings.complete {
			return drain(content) // they are read where a cell holds them
		}
	case "document-content":
		if o.kind == openDocument {
			return errUnlessEnd(newODF(o, name).read())
		}
	}
	return errUnlessEnd(newOfficeText(o.r, o.xml, name, &root).read())
}

// drain reads to the end.
func drain(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func errUnlessEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// root finds the first element.
func (o *office) root() (xmlPiece, error) {
	for {
		p, err := o.xml.next()
		if err != nil {
			return p, err
		}
		switch p.kind {
		case xmlOpen, xmlEmpty:
			return xmlPiece{kind: p.kind, name: bytes.Clone(p.name), body: bytes.Clone(p.body)}, nil
		}
	}
}

// partField is what a part is called where it is told.
func partField(name string) string {
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	word := strings.TrimRight(base, "0123456789")
	switch strings.ToLower(word) {
	case "document", "content", "slide":
		return ""
	case "header", "footer", "footnotes", "endnotes", "comments", "settings", "meta", "styles":
		return word
	case "core", "app", "custom":
		return "properties"
	case "notesslide":
		return "notes"
	case "comment", "threadedcomment", "moderncomment":
		return "comments"
	}
	return base
}

// slideNumber is the number in the name of a slide's part, which is its page.
func slideNumber(name string) int {
	var n int
	if _, err := fmt.Sscanf(strings.ToLower(path.Base(name)), "slide%d.xml", &n); err != nil {
		return 0
	}
	return n
}
