// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docsPage documents the API, from the same description that programs fetch.
type docsPage struct {
	Page
	Begin  []string // message keys
	Groups []docsGroup
	Types  []docsType
	Spec   string
}

type docsGroup struct {
	ID, Name   string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Text, Right string
	Parameters                    []docsField
	Body, Answer                  docsRef
	Statuses                      string
}

// docsRef is a type as it is written, with the name of the one that it leads to; empty when it is a plain one.
type docsRef struct{ Text, To string }

type docsField struct {
	Name, Where, Doc string
	Type             docsRef
	Required         bool
}

type docsType struct {
	Name   string
	Fields []docsField
}

// docs is the page. Anybody may read it: it tells nothing of any organisation.
func (a *API) docs(c *Context) error {
	d := docsPage{
		Page: Page{Title: c.L.T("web.api")}, Spec: APISpecPath,
		Begin: []string{"web.api-begin-key", "web.api-begin-pages", "web.api-begin-change", "web.api-begin-repeat", "web.api-begin-fault"},
	}
	if c.Actor.ID == "" {
		d.Layout = Plain
	}
	spec := a.described().OpenAPI()
	groups := map[string]int{}
	for _, path := range slices.Sorted(maps.Keys(spec.Paths)) {
		item := spec.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			tag, _ := op.Extensions[opTag].(string)
			i, ok := groups[tag]
			if !ok {
				i = len(d.Groups)
				groups[tag] = i
				d.Groups = append(d.Groups, docsGroup{ID: "g-" + strconv.Itoa(i), Name: c.L.T(tag)})
			}
			d.Groups[i].Operations = append(d.Groups[i].Operations, docsOperationOf(c, op))
		}
	}
	schemas := spec.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		d.Types = append(d.Types, docsTypeOf(name, schemas[name]))
	}
	return c.Render(errorTemplates, "api.html", d)
}

func docsOperationOf(c *Context, op *huma.Operation) docsOperation {
	text, _ := op.Extensions[opText].(string)
	right, _ := op.Extensions[opAction].(string)
	out := docsOperation{ID: op.OperationID, Method: op.Method, Path: APIPath + op.Path, Text: c.L.T(text), Right: right}
	for _, p := range op.Parameters {
		out.Parameters = append(out.Parameters, docsField{Name: p.Name, Where: p.In, Doc: p.Description, Type: docsRefOf(p.Schema), Required: p.Required})
	}
	if op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			out.Body = docsRefOf(m.Schema)
		}
	}
	statuses := slices.Sorted(maps.Keys(op.Responses))
	for _, status := range statuses {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		for _, kind := range slices.Sorted(maps.Keys(op.Responses[status].Content)) {
			if out.Answer = docsRefOf(op.Responses[status].Content[kind].Schema); out.Answer.Text == "" {
				out.Answer.Text = kind
			}
		}
	}
	out.Statuses = strings.Join(statuses, ", ")
	return out
}

func docsTypeOf(name string, s *huma.Schema) docsType {
	out := docsType{Name: name}
	for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[field]
		out.Fields = append(out.Fields, docsField{Name: field, Doc: p.Description, Type: docsRefOf(p), Required: slices.Contains(s.Required, field)})
	}
	return out
}

// docsRefOf writes a schema in a few words.
func docsRefOf(s *huma.Schema) docsRef {
	switch {
	case s == nil:
		return docsRef{}
	case s.Ref != "":
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return docsRef{name, name}
	case s.Type == huma.TypeArray:
		of := docsRefOf(s.Items)
		return docsRef{"[" + of.Text + "]", of.To}
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i], _ = e.(string)
		}
		return docsRef{Text: strings.Join(words, " | ")}
	case s.Format != "":
		return docsRef{Text: s.Type + " (" + s.Format + ")"}
	default:
		return docsRef{Text: s.Type}
	}
}
