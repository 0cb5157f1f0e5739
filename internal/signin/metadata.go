// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrMetadata says that a file is no SAML metadata.
var ErrMetadata = errors.New("this is no SAML metadata")

const (
	metadataSpace  = "urn:oasis:names:tc:SAML:2.0:metadata"
	assertionSpace = "urn:oasis:names:tc:SAML:2.0:assertion"

	entityCategory = "http://macedir.org/entity-category"
	certification  = "urn:oasis:names:tc:SAML:attribute:assurance-certification"

	// maxEntities is the most entities of one file, and maxValues the most values that are kept of one.
	maxEntities = 50_000
	maxValues   = 50
)

// Entity is a service or a provider in a federation's metadata, as it declares itself.
type Entity struct {
	ID       string `json:"entity_id"`
	Service  bool   `json:"service"`
	Provider bool   `json:"provider"`
	// Categories are its entity categories, Certified the levels that it is certified for, and Contexts the levels that are asked for in it.
	Categories []string `json:"categories"`
	Certified  []string `json:"certified"`
	Contexts   []string `json:"contexts"`
	// LoA is the reviewed assurance that a service declares to need, or the highest that a provider is certified for; 0 is not known.
	// It is a declaration: it shows neither that the service demands it nor that it refuses less.
	LoA int `json:"loa"`
}

// ReadMetadata reads a federation's metadata, or one entity's, as a stream. Signatures are not verified here: what comes of it is what the
// file says, and counts as a declaration.
func (r *Rules) ReadMetadata(in io.Reader) ([]Entity, error) {
	d := xml.NewDecoder(io.LimitReader(in, 1<<30))
	m := metadata{rules: r}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = m.token(d, t)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s", ErrMetadata, metadataFault(err))
		}
	}
	if len(m.out) == 0 {
		return nil, ErrMetadata
	}
	return m.out, nil
}

var (
	errDocumentType = errors.New("it has a document type, which is refused")
	errEntities     = fmt.Errorf("it has more than %d entities", maxEntities)
)

// metadataFault says what is wrong, without what a parser says of it, which may quote what it read.
func metadataFault(err error) string {
	if errors.Is(err, errDocumentType) || errors.Is(err, errEntities) {
		return err.Error()
	}
	return "it is no XML that is whole" + lineOf(err)
}

// metadata is what has been read so far.
type metadata struct {
	rules *Rules
	out   []Entity
	// inside says that the last entity goes on, and attribute is the name of the attribute that does.
	inside    bool
	attribute string
}

func (m *metadata) token(d *xml.Decoder, t xml.Token) error {
	switch t := t.(type) {
	case xml.Directive:
		return errDocumentType
	case xml.StartElement:
		return m.start(d, t)
	case xml.EndElement:
		switch {
		case t.Name.Space == metadataSpace && t.Name.Local == "EntityDescriptor" && m.inside:
			e := &m.out[len(m.out)-1]
			e.LoA = m.rules.declared(e)
			m.inside = false
		case t.Name.Local == "Attribute":
			m.attribute = ""
		}
	}
	return nil
}

func (m *metadata) start(d *xml.Decoder, t xml.StartElement) error {
	switch {
	case t.Name.Space == metadataSpace && t.Name.Local == "EntityDescriptor":
		if len(m.out) >= maxEntities {
			return errEntities
		}
		m.out = append(m.out, Entity{ID: short(attr(t, "entityID")), Categories: []string{}, Certified: []string{}, Contexts: []string{}})
		m.inside = true
	case !m.inside:
	case t.Name.Space == assertionSpace && t.Name.Local == "Attribute":
		m.attribute = attr(t, "Name")
	default:
		e := &m.out[len(m.out)-1]
		if into := e.list(t, m.attribute); into != nil {
			return add(d, t, into)
		}
	}
	return nil
}

// list is where the text of an element inside an entity goes; nil when it is not wanted.
func (e *Entity) list(t xml.StartElement, attribute string) *[]string {
	switch {
	case t.Name.Space == metadataSpace && t.Name.Local == "SPSSODescriptor":
		e.Service = true
	case t.Name.Space == metadataSpace && t.Name.Local == "IDPSSODescriptor":
		e.Provider = true
	case t.Name.Local == "AttributeValue" && attribute == entityCategory:
		return &e.Categories
	case t.Name.Local == "AttributeValue" && attribute == certification:
		return &e.Certified
	case t.Name.Space == assertionSpace && t.Name.Local == "AuthnContextClassRef":
		return &e.Contexts
	}
	return nil
}

func add(d *xml.Decoder, t xml.StartElement, into *[]string) error {
	var text string
	if err := d.DecodeElement(&text, &t); err != nil {
		return fmt.Errorf("read an element: %w", err)
	}
	if v := short(strings.TrimSpace(text)); v != "" && len(*into) < maxValues && !slices.Contains(*into, v) {
		*into = append(*into, v)
	}
	return nil
}

// declared is the assurance that an entity declares: of a service the lowest that one of its categories names, of a provider the highest.
func (r *Rules) declared(e *Entity) int {
	loa := 0
	for _, v := range e.Categories {
		if n := r.categories[v]; e.Service && n > 0 && (loa == 0 || n < loa) {
			loa = n
		}
	}
	for _, v := range append(slices.Clone(e.Certified), e.Contexts...) {
		if c := r.contexts[v]; e.Provider && c.Reviewed {
			loa = max(loa, c.LoA)
		}
	}
	return loa
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func short(s string) string { return s[:min(len(s), 1024)] }
