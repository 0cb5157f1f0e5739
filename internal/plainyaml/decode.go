// SPDX-License-Identifier: EUPL-1.2

package plainyaml

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode reads a file into a struct with yaml tags, as the parser of all of YAML does. It is false when the file is not plain, has a key
// that the struct does not know, or holds something that its field does not plainly take: that parser then reads it, or tells what is wrong.
func Decode(text string, into any) bool {
	root, ok := Parse(text)
	return ok && value(root, reflect.ValueOf(into).Elem())
}

// The types that read themselves are left to the parser of all of YAML.
var (
	ownYAML = reflect.TypeFor[yaml.Unmarshaler]()
	ownText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func value(n *Node, to reflect.Value) bool {
	if p := reflect.PointerTo(to.Type()); p.Implements(ownYAML) || p.Implements(ownText) {
		return false
	}
	switch to.Kind() {
	case reflect.Struct:
		return n.Kind == Map && fields(n, to)
	case reflect.Slice:
		return n.Kind == List && list(n, to)
	case reflect.Map:
		return n.Kind == Map && to.Type().Key().Kind() == reflect.String && dictionary(n, to)
	case reflect.Pointer:
		v := reflect.New(to.Type().Elem())
		if n.Kind == Null || !value(n, v.Elem()) {
			return false
		}
		to.Set(v)
		return true
	}
	return n.Kind == Scalar && scalar(n, to)
}

func scalar(n *Node, to reflect.Value) bool {
	switch to.Kind() {
	case reflect.String:
		to.SetString(n.Text)
		return true
	case reflect.Bool:
		if n.Quoted || n.Text != "true" && n.Text != "false" {
			return false
		}
		to.SetBool(n.Text == "true")
		return true
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.Text, 10, 32)
		if err != nil || n.Quoted || strconv.FormatInt(i, 10) != n.Text { // 010 is eight
			return false
		}
		to.SetInt(i)
		return true
	}
	return false
}

func list(n *Node, to reflect.Value) bool {
	out := reflect.MakeSlice(to.Type(), len(n.Items), len(n.Items))
	for i := range n.Items {
		if !value(&n.Items[i], out.Index(i)) {
			return false
		}
	}
	to.Set(out)
	return true
}

func dictionary(n *Node, to reflect.Value) bool {
	if to.IsNil() {
		to.Set(reflect.MakeMapWithSize(to.Type(), len(n.Entries)))
	}
	for i := range n.Entries {
		v := reflect.New(to.Type().Elem()).Elem()
		if !value(&n.Entries[i].Value, v) {
			return false
		}
		to.SetMapIndex(reflect.ValueOf(n.Entries[i].Key).Convert(to.Type().Key()), v)
	}
	return true
}

func fields(n *Node, to reflect.Value) bool {
	for i := range n.Entries {
		e := &n.Entries[i]
		f, ok := field(to, e.Key)
		if !ok || !value(&e.Value, f) {
			return false
		}
	}
	return true
}

// field finds the field that a key is for, also in a struct whose keys stand among those of the one that holds it.
func field(of reflect.Value, key string) (reflect.Value, bool) {
	t := of.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline" && f.Type.Kind() == reflect.Struct:
			if in, ok := field(of.Field(i), key); ok {
				return in, true
			}
		case name == key, name == "" && strings.ToLower(f.Name) == key:
			return of.Field(i), true
		}
	}
	return reflect.Value{}, false
}
