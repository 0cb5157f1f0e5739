// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"encoding/json"

	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Driver is what a kind of provider brings to the pages and the command line where providers are set up (Swedish: inloggningssätt).
type Driver interface {
	// Kind is its kind.
	Kind() Kind
	// Fields are its own settings as fields of a form. own is what stands; nil for a new provider.
	Fields(l *locale.Localizer, own json.RawMessage) []web.Field
	// Read makes settings and secrets of the values of a form. An empty secret keeps what stands.
	Read(form Form) (own json.RawMessage, secrets map[string][]byte, faults []web.FieldError)
	// Look asks the provider about itself before it is saved, where it can be asked. A fault tells the administrator what to do about it.
	Look(ctx context.Context, p *Provider) []web.FieldError
	// Facts are what whoever runs the provider must be told: addresses and keys.
	Facts(ctx context.Context, l *locale.Localizer, p *Provider) ([]Fact, error)
	// Path is where a sign-in begins. It takes till, the page to come back to; igen=1 for a step-up and prova=1 for a trial.
	Path(id ID) string
	// Icon is the symbol on the button.
	Icon() string
}

// Form gives the values of a form by the names of its fields.
type Form func(name string) string

// Fact is one thing to tell whoever runs a provider.
type Fact struct {
	// Label is a text in the reader's language and Value what is told, letter by letter.
	Label, Value string
	// Href opens it.
	Href string
}
