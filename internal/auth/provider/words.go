// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// mostTold is how much of one setting is told in words. A longer one is told by its beginning and its fingerprint.
const mostTold = 160

// line is one setting in words.
type line struct{ label, value string }

func (x line) String() string { return x.label + ": " + x.value }

// tell lists in words what a provider is, so far as it decides who gets in.
func (s *Service) tell(l *locale.Localizer, v *seen) []line {
	out := []line{
		{l.T("provider.field-name-sv"), v.NameSV},
		{l.T("provider.field-name-en"), v.NameEN},
		{l.T("provider.told-kind"), l.T("provider.kind-" + string(v.Kind))},
		{l.T("provider.field-issuer"), v.Issuer},
	}
	for _, a := range v.Settings.Accepted {
		out = append(out, line{l.T("provider.told-accepted"), a.Value + " (" + levelWord(l, s.Known.Strength(a)) + ")"})
	}
	for _, c := range []line{
		{"claim-name", v.Settings.Claims.Name},
		{"claim-email", v.Settings.Claims.Email},
		{"claim-unit", v.Settings.Claims.Unit},
		{"claim-roles", v.Settings.Claims.Roles},
		{"claim-subject", v.Settings.Claims.Subject},
	} {
		if c.value != "" {
			out = append(out, line{l.T("provider.field-" + c.label), c.value})
		}
	}
	if until := v.Settings.OlderUntil; !until.IsZero() {
		out = append(out, line{l.T("provider.field-older-until"), l.Date(until)})
	}
	if form := s.Forms[v.Kind]; form != nil {
		for _, f := range form(l, v.Own) {
			if value := valueOf(l, &f); value != "" && !secretField(&f) {
				out = append(out, line{f.Label, value})
			}
		}
	}
	return out
}

// valueOf is what a field says, in words.
func valueOf(l *locale.Localizer, f *web.Field) string {
	if f.Type == "checkbox" {
		if f.Checked {
			return l.T("provider.told-yes")
		}
		return l.T("provider.told-no")
	}
	for _, o := range f.Options {
		if o.Value == f.Value {
			return o.Label
		}
	}
	value := strings.Join(strings.Fields(f.Value), " ")
	if r := []rune(value); len(r) > mostTold {
		sum := sha256.Sum256([]byte(f.Value))
		return string(r[:mostTold/2]) + " … " + l.T("provider.told-long", "Count", len(r), "Sum", hex.EncodeToString(sum[:]))
	}
	return value
}

func text(lines []line) string {
	out := make([]string, len(lines))
	for i, x := range lines {
		out[i] = x.String()
	}
	return strings.Join(out, "\n")
}

func (v *seen) name(l *locale.Localizer) string {
	p := Provider{NameSV: v.NameSV, NameEN: v.NameEN}
	return p.Name(l.Lang)
}

func (v *seen) href() string { return Path + "/tjanst/" + v.ID.String() }

func (s *Service) describeStart(l *locale.Localizer, payload json.RawMessage) (Told, error) {
	v, err := read[seen](payload)
	if err != nil {
		return Told{}, err
	}
	return Told{What: v.name(l), From: l.T("provider.off"), To: l.T("provider.on") + "\n" + text(s.tell(l, &v)), Href: v.href()}, nil
}

// describeChange tells what differs.
func (s *Service) describeChange(l *locale.Localizer, payload json.RawMessage) (Told, error) {
	c, err := read[altered](payload)
	if err != nil {
		return Told{}, err
	}
	before, after := s.tell(l, &c.Before), s.tell(l, &c.After)
	from := slices.DeleteFunc(slices.Clone(before), func(x line) bool { return slices.Contains(after, x) })
	to := slices.DeleteFunc(slices.Clone(after), func(x line) bool { return slices.Contains(before, x) })
	for range c.Secrets {
		to = append(to, line{l.T("provider.told-secret"), l.T("provider.told-replaced")})
	}
	return Told{What: c.Before.name(l), From: text(from), To: text(to), Href: c.Before.href()}, nil
}

func describeLevels(l *locale.Localizer, payload json.RawMessage) (Told, error) {
	changes, err := read[[]LevelChange](payload)
	if err != nil {
		return Told{}, err
	}
	var who []string
	var from, to []line
	for _, c := range changes {
		role := l.T("web.role-" + string(c.Role))
		who = append(who, role)
		from = append(from, line{role, l.T("provider.level-" + strconv.Itoa(c.From.LoA))})
		to = append(to, line{role, l.T("provider.level-" + strconv.Itoa(c.To.LoA))})
	}
	return Told{What: strings.Join(who, ", "), From: text(from), To: text(to), Href: Path}, nil
}
