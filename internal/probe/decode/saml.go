// SPDX-License-Identifier: EUPL-1.2

package decode

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

const (
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"
)

// errSAML says why a request is not one that can be read.
var errSAML = errors.New("read the SAML request")

// samlRedirect reads a request in the query of an address.
func samlRedirect(u *url.URL, q url.Values) *Request {
	r := &Request{Protocol: SAML, Binding: "redirect", Host: hostOf(u), SHA256: sum(u.RawQuery)}
	if len(q["SAMLRequest"]) != 1 || len(q["Signature"]) > 1 || len(q["SigAlg"]) > 1 || len(q.Get("SAMLRequest")) > maxEncoded {
		r.Broken = true
		return r
	}
	packed, err := base64.StdEncoding.DecodeString(loose(q.Get("SAMLRequest")))
	if err != nil {
		r.Broken = true
		return r
	}
	text, err := inflate(packed)
	if err != nil || readAuthnRequest(text, r) != nil {
		r.Broken = true
	}
	// In this binding the signature stands beside the message; one inside it is not what is verified.
	r.Signed, r.SigAlg = q.Get("Signature") != "" && q.Get("SigAlg") != "", clip(q.Get("SigAlg"))
	r.signed = signedQuery{raw: u.RawQuery}
	return r
}

// samlPost reads a request in a form.
func samlPost(action *url.URL, value string) *Request {
	r := &Request{Protocol: SAML, Binding: "post", Host: hostOf(action), SHA256: sum(value)}
	if len(value) > maxEncoded {
		r.Broken = true
		return r
	}
	text, err := base64.StdEncoding.DecodeString(loose(value))
	if err != nil || len(text) > maxInflated || readAuthnRequest(text, r) != nil {
		r.Broken = true
	}
	return r
}

// loose takes away the line breaks that some programs put into base64, and turns a space back into the plus that it was.
func loose(text string) string {
	return strings.NewReplacer("\r", "", "\n", "", "\t", "", " ", "+").Replace(text)
}

func inflate(packed []byte) ([]byte, error) {
	z := flate.NewReader(bytes.NewReader(packed))
	text, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSAML, err)
	}
	if len(text) > maxInflated {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", errSAML, maxInflated)
	}
	return text, nil
}

// samlReader walks through a request. It keeps only what it looks for.
type samlReader struct {
	into  *Request
	path  []xml.Name
	text  strings.Builder
	seen  int // how many RequestedAuthnContext
	sigs  int
	value bool // text is kept
}

// readAuthnRequest reads an AuthnRequest. A document type, which real requests never have, is refused with everything in it.
func readAuthnRequest(text []byte, into *Request) error {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("%w: encoding %q", errSAML, clip(label))
	}
	w := samlReader{into: into}
	roots := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errSAML, err)
		}
		switch token := token.(type) {
		case xml.Directive:
			return fmt.Errorf("%w: it has a document type", errSAML)
		case xml.StartElement:
			if len(w.path) == 0 {
				roots++
			}
			if err := w.start(token); err != nil {
				return err
			}
		case xml.CharData:
			if w.value {
				w.text.Write(token)
			}
		case xml.EndElement:
			if err := w.end(); err != nil {
				return err
			}
		}
	}
	if roots != 1 || len(w.path) != 0 {
		return fmt.Errorf("%w: it is not one AuthnRequest", errSAML)
	}
	return nil
}

func (w *samlReader) start(e xml.StartElement) error {
	if len(w.path) >= maxDepth {
		return fmt.Errorf("%w: elements inside one another", errSAML)
	}
	if len(w.path) == 0 && (e.Name.Local != "AuthnRequest" || e.Name.Space != nsProtocol) {
		return fmt.Errorf("%w: it is not an AuthnRequest", errSAML)
	}
	w.path = append(w.path, e.Name)
	switch {
	case len(w.path) == 1:
		if value := value(e, "ForceAuthn"); value != "" {
			force := value == "true" || value == "1"
			w.into.ForceAuthn = &force
		}
	case w.at(nsProtocol, "RequestedAuthnContext"):
		return w.context(e)
	case w.at(nsSignature, "Signature"):
		w.sigs++
		w.into.Signed = w.sigs == 1
	case len(w.path) == 4 && e.Name.Local == "SignatureMethod" && e.Name.Space == nsSignature:
		w.into.SigAlg = clip(value(e, "Algorithm"))
	}
	w.value = w.at(nsAssertion, "Issuer") || w.inContext()
	w.text.Reset()
	return nil
}

// context begins a RequestedAuthnContext. Two of them are not one clear demand.
func (w *samlReader) context(e xml.StartElement) error {
	if w.seen++; w.seen > 1 {
		return fmt.Errorf("%w: it has several RequestedAuthnContext", errSAML)
	}
	w.into.Asked, w.into.Comparison = true, "exact" // what SAML says when the attribute is left out
	if c := value(e, "Comparison"); c != "" {
		w.into.Comparison = clip(c)
	}
	return nil
}

// value is an element's attribute; empty without.
func value(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// at reports whether the reader stands at a child of the root with that name.
func (w *samlReader) at(space, local string) bool {
	return len(w.path) == 2 && w.path[1] == xml.Name{Space: space, Local: local}
}

// declared stands before a declaration that is asked for: it is no class, whatever it is called, and what it demands is told elsewhere.
const declared = "declaration "

// inContext reports whether the reader stands at a class, or a declaration, that is asked for.
func (w *samlReader) inContext() bool {
	if len(w.path) != 3 || w.path[1] != (xml.Name{Space: nsProtocol, Local: "RequestedAuthnContext"}) || w.path[2].Space != nsAssertion {
		return false
	}
	return w.path[2].Local == "AuthnContextClassRef" || w.path[2].Local == "AuthnContextDeclRef"
}

func (w *samlReader) end() error {
	switch {
	case w.at(nsAssertion, "Issuer"):
		w.into.Issuer = clip(strings.TrimSpace(w.text.String()))
	case w.inContext():
		if len(w.into.Classes) >= maxValues {
			return fmt.Errorf("%w: it asks for more than %d classes", errSAML, maxValues)
		}
		class := strings.TrimSpace(w.text.String())
		if w.path[2].Local == "AuthnContextDeclRef" {
			class = declared + class
		}
		w.into.Classes = append(w.into.Classes, clip(class))
	}
	w.path, w.value = w.path[:len(w.path)-1], false
	return nil
}
