// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"errors"
	"testing"

	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

func TestCallFindsByNameOrAddress(t *testing.T) {
	list := []organisation.Person{
		{ID: "1", Name: "Åsa Öst", Email: "asa@norrsjo.example"},
		{ID: "2", Name: "Kim Ek", Email: "kim.a@norrsjo.example"},
		{ID: "3", Name: "Kim Ek", Email: "kim.b@norrsjo.example"},
		{ID: "4", Name: "Lo Al"},
	}
	for text, want := range map[string]struct {
		id  ids.ID[organisation.Person]
		err error
	}{
		"": {}, "  åsa  öst ": {id: "1"}, "ASA@norrsjo.example": {id: "1"}, "Lo Al": {id: "4"}, "Kim Ek": {err: organisation.ErrNamesakes},
		"Kim Ek, kim.b@norrsjo.example": {id: "3"}, "Kim": {err: organisation.ErrNobody}, "1": {err: organisation.ErrNobody},
	} {
		if id, err := organisation.Call(list, text); id != want.id || !errors.Is(err, want.err) {
			t.Errorf("%q: %q, %v", text, id, err)
		}
	}
	for _, label := range organisation.Offered(list) { // what the list offers is found again
		if _, err := organisation.Call(list, label); err != nil {
			t.Errorf("%q: %v", label, err)
		}
	}
}
