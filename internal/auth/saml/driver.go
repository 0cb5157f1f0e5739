// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Driver is SAML where providers are set up.
type Driver struct {
	Service *Service
	// Site is the address that readers use: scheme and host.
	Site string
}

// Kind is provider.SAML.
func (Driver) Kind() provider.Kind { return provider.SAML }

// Icon is the symbol on the button.
func (Driver) Icon() string { return "key" }

// Path is where a sign-in begins.
func (Driver) Path(id provider.ID) string { return Path(id) }

// Fields are SAML's own settings as fields of a form.
func (Driver) Fields(l *locale.Localizer, own json.RawMessage) []web.Field {
	s := Settings{Protection: Encrypted, Format: formatPersistent}
	if own != nil {
		_ = json.Unmarshal(own, &s) // what cannot be read is written anew
	}
	text := func(name, label, hint, value string) web.Field {
		return web.Field{Name: name, Label: l.T(label), Hint: l.T(hint), Value: value, Autocomplete: "off"}
	}
	area := func(f web.Field, rows int) web.Field {
		f.Type, f.Rows, f.Optional = "textarea", rows, true
		return f
	}
	metadata := text("metadata", "saml.field-metadata", "saml.hint-metadata", s.Metadata)
	metadata.Optional = true
	pinned := area(text("pinned", "saml.field-pinned", "saml.hint-pinned", strings.Join(s.Pinned, "\n")), 6)
	pinned.Optional = false
	protection := text("protection", "saml.field-protection", "saml.hint-protection", string(s.protection()))
	protection.Type, protection.Options = "select", []web.Option{
		{Value: string(Encrypted), Label: l.T("saml.protection-encrypted")}, {Value: string(Signed), Label: l.T("saml.protection-signed")},
	}
	format := text("format", "saml.field-format", "saml.hint-format", s.format())
	format.Type, format.Options = "select", []web.Option{
		{Value: formatPersistent, Label: l.T("saml.format-persistent")}, {Value: formatTransient, Label: l.T("saml.format-transient")},
	}
	return []web.Field{
		metadata, area(text("document", "saml.field-document", "saml.hint-document", s.Document), 4), pinned,
		area(text("providers", "saml.field-providers", "saml.hint-providers", strings.Join(s.Providers, "\n")), 3),
		area(text("certified", "saml.field-certified", "saml.hint-certified", strings.Join(s.Certified, "\n")), 2),
		protection, format,
	}
}

// Read makes settings of a form.
func (Driver) Read(form provider.Form) (json.RawMessage, map[string][]byte, []web.FieldError) {
	s := Settings{
		Metadata: form("metadata"), Document: form("document"), Pinned: certificates(form("pinned")), Providers: strings.Fields(form("providers")),
		Certified: strings.Fields(form("certified")), Protection: Protection(form("protection")), Format: form("format"),
	}
	own, err := json.Marshal(s)
	if err != nil {
		return nil, nil, []web.FieldError{{Field: "metadata", Key: "saml.fault-metadata"}}
	}
	err = s.Check(provider.ClaimNames{Subject: form("claim-subject")})
	for _, f := range []struct {
		err        error
		field, key string
	}{
		{ErrNoMetadata, "metadata", "saml.fault-no-metadata"},
		{ErrMetadataAddress, "metadata", "saml.fault-metadata"},
		{ErrPinned, "pinned", "saml.fault-pinned"},
		{ErrProtection, "protection", "saml.fault-protection"},
		{ErrFormat, "format", "saml.fault-format"},
	} {
		if errors.Is(err, f.err) {
			return own, nil, []web.FieldError{{Field: f.field, Key: f.key}}
		}
	}
	return own, nil, nil
}

// certificates splits what somebody has pasted into one PEM block each.
func certificates(s string) []string {
	const end = "-----END CERTIFICATE-----"
	var out []string
	for part := range strings.SplitAfterSeq(s, end) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part+"\n")
		}
	}
	return out
}

// Look reads the metadata before the connection is saved. One whose metadata cannot be verified, or that none of the listed providers
// stands in, is not saved.
func (d Driver) Look(ctx context.Context, p *provider.Provider) []web.FieldError {
	settings, err := SettingsOf(p)
	if err != nil {
		return []web.FieldError{{Field: "metadata", Key: "saml.fault-metadata"}}
	}
	field, b := "document", []byte(settings.Document)
	if settings.Metadata != "" {
		field = "metadata"
		if b, err = d.Service.download(ctx, settings.Metadata); err != nil {
			return []web.FieldError{{Field: field, Key: "saml.fault-down"}}
		}
	}
	pinned, err := settings.pinned()
	if err != nil {
		return []web.FieldError{{Field: "pinned", Key: "saml.fault-pinned"}}
	}
	now := d.Service.db.Now()
	m, err := ReadMetadata(b, pinned, now)
	switch ReasonOf(err) {
	case BadSignature, Unsigned:
		return []web.FieldError{{Field: "pinned", Key: "saml.fault-signature"}}
	}
	if err != nil {
		return []web.FieldError{{Field: field, Key: "saml.fault-unreadable", Args: []any{"Reason", string(ReasonOf(err))}}}
	}
	c := connection{provider: *p, settings: settings, metadata: m}
	weak := !p.Older(now) && len(strongOnly(pinned)) == 0
	if len(c.choices(now)) == 0 && !weak { // is it for want of a strong key?
		c.provider.Settings.OlderUntil = civil.Of(now)
		weak = len(c.choices(now)) > 0
		c.provider = *p
	}
	if weak {
		return []web.FieldError{{Field: "older-until", Key: "saml.fault-weak"}}
	}
	if len(c.choices(now)) == 0 {
		return []web.FieldError{{Field: "providers", Key: "saml.fault-none"}}
	}
	return nil
}

// Facts are what the one who runs the provider must be told, and how its metadata fare.
func (d Driver) Facts(ctx context.Context, l *locale.Localizer, p *provider.Provider) ([]provider.Fact, error) {
	var o organisation
	var h held
	var keys []keyRow
	err := d.Service.db.Read(ctx, p.Organisation, func(tx *db.Tx) (err error) {
		if o, err = organisationByID(ctx, tx, p.Organisation); err != nil {
			return err
		}
		if keys, err = listKeys(ctx, tx, o.id); err != nil {
			return err
		}
		h, err = readHeld(ctx, tx, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	us := addressesOf(d.Site, o.code)
	out := []provider.Fact{
		{Label: l.T("saml.fact-metadata"), Value: us.entityID, Href: "/saml/" + o.code},
		{Label: l.T("saml.fact-acs"), Value: us.acs},
		{Label: l.T("saml.fact-slo"), Value: us.slo},
	}
	if h.document != "" {
		out = append(out, provider.Fact{Label: l.T("saml.fact-fetched"), Value: l.Moment(h.fetched)}, provider.Fact{Label: l.T("saml.fact-until"), Value: l.Moment(h.until)})
	}
	if h.fault != "" {
		out = append(out, provider.Fact{Label: l.T("saml.fact-fault"), Value: h.fault})
	}
	return append(out, provider.Fact{Label: l.T("saml.fact-keys"), Value: l.T("saml.keys-many", "Count", len(keys)), Href: KeysPath}), nil
}
