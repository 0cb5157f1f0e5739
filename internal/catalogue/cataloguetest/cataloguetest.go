// SPDX-License-Identifier: EUPL-1.2

// Package cataloguetest gives tests the catalogue that ships with the program. Only tests import it.
package cataloguetest

import (
	"sync"
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
)

var shipped = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

// Load gives the catalogue that ships with the program, read once for all tests of a package.
func Load(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Type gives an information type that must exist.
func Type(t testing.TB, id string) *catalogue.InformationType {
	t.Helper()
	typ, ok := Load(t).InformationType(id)
	if !ok {
		t.Fatalf("the catalogue has no information type %s", id)
	}
	return typ
}

// Model gives the newest version of a model that must exist.
func Model(t testing.TB, id string) *catalogue.Model {
	t.Helper()
	m, ok := Load(t).Model(id, "")
	if !ok {
		t.Fatalf("the catalogue has no model %s", id)
	}
	return m
}
