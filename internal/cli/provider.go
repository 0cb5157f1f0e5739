// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
)

// providerCommand are the commands about the organisation's identity providers.
type providerCommand struct {
	Add     providerAdd     `cmd:"" help:"Connect an identity provider. It is switched off until it has been tried, or --enable is given."`
	List    providerList    `cmd:"" help:"List the identity providers."`
	Enable  providerEnable  `cmd:"" help:"Put an identity provider on the sign-in page. From the console it takes no second person, and raises an alarm."`
	Disable providerDisable `cmd:"" help:"Take an identity provider off the sign-in page, and sign out those who came by it."`
}

type providerAdd struct {
	database
	tenant
	leave
	Kind    string   `arg:"" enum:"oidc,saml,certificate" help:"How it speaks: oidc, saml or certificate."`
	Issuer  string   `arg:"" help:"Its own name for itself: the issuer of OIDC, the entityID of SAML, or a name of yours for cards."`
	Name    string   `required:"" help:"What its button says in Swedish." placeholder:"TEXT"`
	NameEn  string   `help:"What its button says in English. The Swedish name when left out." placeholder:"TEXT"`
	Accept  []string `required:"" help:"An authentication context that it may answer with. One of your own is followed by =0, =3 or =4, the level that it counts as. May be repeated." placeholder:"CONTEXT"`
	Trust   []string `help:"A self-declared level that counts as reviewed. May be repeated." placeholder:"CONTEXT"`
	Set     []string `help:"One of the kind's own settings, as on the page: client-id=insegel. A value that begins with @ is read from that file. May be repeated." placeholder:"NAME=VALUE"`
	Roles   string   `help:"The claim with groups or roles." placeholder:"CLAIM"`
	Unit    string   `help:"The claim with the unit." placeholder:"CLAIM"`
	URL     string   `name:"url" help:"The address that readers use." env:"INSEGEL_URL" placeholder:"URL"`
	Secret  bool     `help:"Read the client secret from standard input, so that it stands in no list of processes."`
	Older   string   `name:"older-until" help:"Let the provider use RSA keys of fewer than 3072 bits, and AES-CBC, until and including this day; a year at most." placeholder:"YYYY-MM-DD"`
	Enabled bool     `name:"enable" help:"Switch it on at once."`
}

// Run connects a provider.
func (c *providerAdd) Run(s *streams) error {
	external, err := parseURL(c.URL)
	if err != nil {
		return err
	}
	values, err := c.values(s)
	if err != nil {
		return err
	}
	if c.reach, err = c.policy(); err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	draft := provider.Draft{Provider: provider.Provider{
		Kind: provider.Kind(c.Kind), NameSV: c.Name, NameEN: c.NameEn, Issuer: c.Issuer, Organisation: actor.Organisation,
		Settings: provider.Settings{Claims: provider.ClaimNames{Roles: c.Roles, Unit: c.Unit}},
	}}
	if c.Older != "" {
		if draft.Settings.OlderUntil, err = civil.Parse(c.Older); err != nil {
			return closeAfter(a, usage("--older-until %q: write a day as 2027-03-31", c.Older))
		}
	}
	if draft.NameEN == "" {
		draft.NameEN = c.Name
	}
	if draft.Settings.Accepted, err = c.accepted(a.Providers.Known); err != nil {
		return closeAfter(a, err)
	}
	made, err := a.AddProvider(s.ctx, actor, draft, app.ProviderForm{URL: external, Values: values})
	if err == nil && c.Enabled {
		_, err = a.Providers.Enable(s.ctx, actor, made.ID, "")
	}
	if err != nil {
		return closeAfter(a, err)
	}
	fmt.Fprintln(s.out, made.ID)
	return closeAfter(a, nil)
}

// values are the settings that are given, and the secret.
func (c *providerAdd) values(s *streams) (map[string]string, error) {
	out := map[string]string{"method": "private_key_jwt", "revocation": "1"}
	for _, set := range c.Set {
		name, value, ok := strings.Cut(set, "=")
		if !ok {
			return nil, usage("--set %q: write NAME=VALUE", set)
		}
		if file, ok := strings.CutPrefix(value, "@"); ok {
			b, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read setting %s: %w", name, err)
			}
			value = string(b)
		}
		out[name] = value
	}
	if c.Secret {
		b, err := io.ReadAll(io.LimitReader(s.in, maxSecret))
		if err != nil {
			return nil, fmt.Errorf("read secret: %w", err)
		}
		out["secret"], out["method"] = strings.TrimSpace(string(b)), "client_secret"
	}
	return out, nil
}

// maxSecret is how long a client secret may be.
const maxSecret = 4096

// accepted reads the authentication contexts.
func (c *providerAdd) accepted(known *provider.Contexts) ([]provider.Accepted, error) {
	var out []provider.Accepted
	for _, text := range c.Accept {
		a := provider.Accepted{Value: text}
		if _, ok := known.Find(text); !ok {
			value, level, _ := strings.Cut(text, "=")
			n, ok := map[string]int{"": 0, "0": 0, "3": 3, "4": 4}[level]
			if !ok {
				return nil, usage("--accept %q: the level is 0, 3 or 4", text)
			}
			a = provider.Accepted{Value: value, Factors: 2, LoA: n}
		}
		out = append(out, a)
	}
	for _, text := range c.Trust {
		out = append(out, provider.Accepted{Value: text, Trusted: true})
	}
	return out, nil
}

type providerList struct {
	database
	tenant
	JSON bool `name:"json" help:"Write JSON."`
}

// listed is a provider in the list.
type listed struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Issuer   string   `json:"issuer"`
	Enabled  bool     `json:"enabled"`
	Accepted []string `json:"accepted"`
}

// Run lists the providers.
func (c *providerList) Run(s *streams) error {
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	all, err := a.Providers.List(s.ctx, actor)
	if err != nil {
		return closeAfter(a, err)
	}
	out := make([]listed, 0, len(all))
	for i := range all {
		p := &all[i]
		row := listed{p.ID.String(), string(p.Kind), p.NameSV, p.Issuer, p.Enabled, nil}
		for _, x := range p.Settings.Accepted {
			row.Accepted = append(row.Accepted, x.Value)
		}
		out = append(out, row)
	}
	if c.JSON {
		return closeAfter(a, json.NewEncoder(s.out).Encode(out))
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, p := range out {
		on := "off"
		if p.Enabled {
			on = "on"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.ID, on, p.Kind, p.Name, p.Issuer)
	}
	return closeAfter(a, w.Flush())
}

type providerEnable struct {
	database
	tenant
	ID string `arg:"" help:"The provider's id, from the list."`
}

// Run switches a provider on.
func (c *providerEnable) Run(s *streams) error {
	id, err := ids.Parse[provider.Provider](c.ID)
	if err != nil {
		return usage("%q is no id: take it from insegel provider list", c.ID)
	}
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	_, err = a.Providers.Enable(s.ctx, actor, id, "")
	return closeAfter(a, err)
}

type providerDisable struct {
	database
	tenant
	ID string `arg:"" help:"The provider's id, from the list."`
}

// Run switches a provider off.
func (c *providerDisable) Run(s *streams) error {
	id, err := ids.Parse[provider.Provider](c.ID)
	if err != nil {
		return usage("%q is no id: take it from insegel provider list", c.ID)
	}
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	return closeAfter(a, a.Providers.Disable(s.ctx, actor, id))
}
