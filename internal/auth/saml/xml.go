// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
	rtvalidator "github.com/mattermost/xml-roundtrip-validator"
)

// How much is read. A response with a large certificate chain and a hundred attributes is below 64 KiB.
const (
	maxMessage  = 256 << 10
	maxMetadata = 16 << 20 // a federation's aggregate: Sweden Connect's is about 2 MiB
	maxDepth    = 32
	maxTokens   = 20_000
	maxAttrs    = 32
)

// limits are what one document may be.
type limits struct {
	bytes, tokens int
	// written is true for a document that people write: it may have comments and CDATA, which are gone from what is verified.
	written bool
}

var (
	messageLimits  = limits{bytes: maxMessage, tokens: maxTokens}
	metadataLimits = limits{bytes: maxMetadata, tokens: 2_000_000, written: true}
)

// unbase64 decodes a form value, whose line breaks some providers keep. The length is checked before anything is decoded.
func unbase64(s string) ([]byte, error) {
	if len(s) > maxMessage*4/3+4 {
		return nil, refuse(TooLarge, "%d bytes of base64", len(s))
	}
	s = strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, s)
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, refuse(BadEncoding, "%w", err)
	}
	if len(b) == 0 {
		return nil, refuse(BadEncoding, "nothing in it")
	}
	return b, nil
}

// inflate undoes raw DEFLATE and stops at the limit, so that a small bomb stays small.
func inflate(b []byte) ([]byte, error) {
	r := flate.NewReader(bytes.NewReader(b))
	out, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
	switch {
	case err != nil:
		return nil, refuse(BadEncoding, "inflate: %w", err)
	case len(out) > maxMessage:
		return nil, refuse(TooLarge, "inflates to more than %d bytes", maxMessage)
	}
	return out, nil
}

func deflate(b []byte) []byte {
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		panic(err) // only for an unknown level
	}
	_, _ = w.Write(b) // a buffer takes everything
	_ = w.Close()
	return buf.Bytes()
}

// parse reads a document that nobody has vouched for yet. It refuses what a document of this kind never needs, so that no two parsers
// can see different things in the rest.
func parse(b []byte, max limits) (*etree.Element, error) {
	if len(b) > max.bytes {
		return nil, refuse(TooLarge, "%d bytes", len(b))
	}
	if !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		return nil, refuse(BadEncoding, "not UTF-8")
	}
	if !max.written && bytes.Contains(b, []byte("<![CDATA[")) {
		return nil, refuse(Markup, "CDATA")
	}
	if err := scan(b, max); err != nil {
		return nil, err
	}
	// Go's encoding/xml reads some names differently after they have been written once.
	if err := rtvalidator.Validate(bytes.NewReader(b)); err != nil {
		return nil, refuse(NotXML, "%w", err)
	}
	doc := etree.NewDocument()
	doc.ReadSettings.MaxDepth = maxDepth + 1
	if err := doc.ReadFromBytes(b); err != nil || doc.Root() == nil {
		return nil, refuse(NotXML, "%w", err)
	}
	root := doc.Root()
	if err := named(root); err != nil {
		return nil, err
	}
	if err := unique(root); err != nil {
		return nil, err
	}
	return root, nil
}

// scan goes through the document once, before a tree is made of it.
func scan(b []byte, max limits) error {
	d := xml.NewDecoder(bytes.NewReader(b))
	s := scanner{max: max}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if bytes.Contains(b, []byte("<!DOCTYPE")) || bytes.Contains(b, []byte("<!ENTITY")) {
				return refuse(DocumentType, "%w", err)
			}
			return refuse(NotXML, "%w", err)
		}
		if err := s.token(token); err != nil {
			return err
		}
	}
	if s.roots != 1 || s.depth != 0 {
		return refuse(NotXML, "%d documents in one", s.roots)
	}
	return nil
}

// scanner counts what it has seen of a document.
type scanner struct {
	max                  limits
	depth, roots, tokens int
}

func (s *scanner) token(token xml.Token) error {
	if s.tokens++; s.tokens > s.max.tokens {
		return refuse(TooLarge, "more than %d tokens", s.max.tokens)
	}
	switch t := token.(type) {
	case xml.Directive:
		return refuse(DocumentType, "directive")
	case xml.Comment:
		if !s.max.written {
			return refuse(Markup, "comment")
		}
	case xml.ProcInst:
		if t.Target != "xml" || s.tokens != 1 {
			return refuse(Markup, "processing instruction")
		}
	case xml.StartElement:
		if s.depth++; s.depth > maxDepth {
			return refuse(TooLarge, "deeper than %d", maxDepth)
		}
		if s.depth == 1 {
			s.roots++
		}
		return attributes(t.Attr)
	case xml.EndElement:
		s.depth--
	case xml.CharData:
		if s.depth == 0 && len(bytes.TrimSpace(t)) > 0 {
			return refuse(NotXML, "text outside the document")
		}
	}
	return nil
}

// attributes refuses an element with two attributes of one name, which the decoder lets pass.
func attributes(attrs []xml.Attr) error {
	if len(attrs) > maxAttrs {
		return refuse(TooLarge, "%d attributes", len(attrs))
	}
	for i, a := range attrs {
		for _, b := range attrs[:i] {
			if a.Name == b.Name {
				return refuse(NotXML, "attribute %q twice", a.Name.Local)
			}
		}
	}
	return nil
}

// named refuses elements and attributes whose prefix stands for nothing.
func named(el *etree.Element) error {
	if el.NamespaceURI() == "" {
		return refuse(WrongShape, "element %q in no namespace", el.Tag)
	}
	for i := range el.Attr {
		a := &el.Attr[i]
		if a.Space == "" || a.Space == "xmlns" || a.Space == "xml" {
			continue
		}
		if a.NamespaceURI() == "" {
			return refuse(WrongShape, "attribute %q in no namespace", a.Key)
		}
	}
	for _, c := range el.ChildElements() {
		if err := named(c); err != nil {
			return err
		}
	}
	return nil
}

// unique refuses two elements with one ID, however it is spelt: a signature refers to one element by it.
func unique(root *etree.Element) error {
	seen := map[string]bool{}
	var walk func(*etree.Element) error
	walk = func(el *etree.Element) error {
		for _, a := range el.Attr {
			if !strings.EqualFold(a.Key, "id") || a.Space == "xmlns" {
				continue
			}
			if seen[a.Value] {
				return refuse(DuplicateID, "%q twice", a.Value)
			}
			seen[a.Value] = true
		}
		for _, c := range el.ChildElements() {
			if err := walk(c); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(root)
}

// is reports whether an element has a name in a namespace.
func is(el *etree.Element, ns, tag string) bool { return el.Tag == tag && el.NamespaceURI() == ns }

// attr is an attribute without a prefix.
func attr(el *etree.Element, name string) string {
	for _, a := range el.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value
		}
	}
	return ""
}

// text is the text of an element that has nothing else in it.
func text(el *etree.Element) (string, error) {
	var b strings.Builder
	for _, c := range el.Child {
		data, ok := c.(*etree.CharData)
		if !ok {
			return "", refuse(WrongShape, "%s holds more than text", el.Tag)
		}
		b.WriteString(data.Data)
	}
	return b.String(), nil
}

// child is the only child of a name; nil when there is none. The shape has been checked before.
func child(el *etree.Element, ns, tag string) *etree.Element {
	for _, c := range el.ChildElements() {
		if is(c, ns, tag) {
			return c
		}
	}
	return nil
}

// children are all children of a name.
func children(el *etree.Element, ns, tag string) []*etree.Element {
	var out []*etree.Element
	for _, c := range el.ChildElements() {
		if is(c, ns, tag) {
			out = append(out, c)
		}
	}
	return out
}
