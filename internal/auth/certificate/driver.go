// SPDX-License-Identifier: EUPL-1.2

package certificate

import (
	"context"
	"encoding/json"

	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Driver is certificates where providers are set up.
type Driver struct {
	// Client is the address where certificates are shown: scheme and host.
	Client string
}

// Kind is provider.Certificate.
func (Driver) Kind() provider.Kind { return provider.Certificate }

// Icon is the symbol on the button.
func (Driver) Icon() string { return "lock" }

// Path is where a sign-in begins.
func (Driver) Path(id provider.ID) string { return Path(id) }

// Fields are the settings as fields of a form.
func (Driver) Fields(l *locale.Localizer, own json.RawMessage) []web.Field {
	s := Settings{Revocation: true}
	if own != nil {
		_ = json.Unmarshal(own, &s) // what cannot be read is written anew
	}
	return []web.Field{
		{Name: "authorities", Type: "textarea", Rows: 8, Label: l.T("certificate.field-authorities"), Hint: l.T("certificate.hint-authorities"), Value: s.Authorities},
		{Name: "revocation", Type: "checkbox", Label: l.T("certificate.field-revocation"), Hint: l.T("certificate.hint-revocation"), Value: "1", Checked: s.Revocation},
	}
}

// Read makes settings of a form.
func (Driver) Read(form provider.Form) (json.RawMessage, map[string][]byte, []web.FieldError) {
	s := Settings{Authorities: form("authorities"), Revocation: form("revocation") == "1"}
	own, err := json.Marshal(s)
	if err == nil {
		_, err = s.pool()
	}
	if err != nil {
		return own, nil, []web.FieldError{{Field: "authorities", Key: "certificate.fault-authorities"}}
	}
	return own, nil, nil
}

// Look has nobody to ask.
func (Driver) Look(context.Context, *provider.Provider) []web.FieldError { return nil }

// Facts are what whoever runs the network must know.
func (d Driver) Facts(_ context.Context, l *locale.Localizer, p *provider.Provider) ([]provider.Fact, error) {
	return []provider.Fact{{Label: l.T("certificate.fact-address"), Value: d.Client + Path(p.ID) + "/visa"}}, nil
}
