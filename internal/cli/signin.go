// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/signin"
)

// The two kinds of files that are no logs.
const (
	formatPolicies = "conditional-access"
	formatMetadata = "saml-metadata"
)

type signinCommand struct {
	File    []string `arg:"" help:"The logs to read, - for standard input. Several are counted together."`
	Format  string   `help:"The form of the files: entra, keycloak, keycloak-log, adfs, shibboleth, simplesamlphp, conditional-access or saml-metadata. When left out it is told from the beginning of the log." placeholder:"FORM"`
	Mapping string   `help:"A file that says where in a CSV file, or JSON lines, the facts stand." placeholder:"FILE"`
	Days    int      `help:"How many days are counted, back from the newest day in the log. 0 counts them all." default:"30" placeholder:"N"`
	JSON    bool     `help:"Write JSON." name:"json"`
	Lang    string   `help:"The language of the answer." enum:"sv,en" default:"sv"`
}

// Run reads logs and tells how strong the sign-ins in them were.
func (c *signinCommand) Run(s *streams) error {
	rules, err := signin.Load(data.Files)
	if err != nil {
		return err
	}
	texts, err := app.Texts()
	if err != nil {
		return err
	}
	l := texts.In(c.Lang)
	if c.Days < 0 {
		return usage("--days: give a number from 0")
	}
	switch c.Format {
	case formatPolicies, formatMetadata:
		return c.declared(s, rules, l)
	}
	o := signin.Options{Rules: rules, Format: c.Format, Now: time.Now()}
	if c.Mapping != "" {
		text, err := os.ReadFile(c.Mapping)
		if err != nil {
			return fmt.Errorf("read mapping: %w", err)
		}
		if o.Mapping, err = signin.ParseMapping(text); err != nil {
			return err
		}
	}
	var all signin.Log
	for i := range c.File {
		err := c.open(s, i, func(r io.Reader) error {
			log, err := signin.Read(s.ctx, r, o)
			if err == nil {
				all.Merge(log)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	sum := rules.Summarise(&all, c.Days)
	if c.JSON {
		return writeJSON(s.out, sum)
	}
	return writeSignIns(s.out, sum, l)
}

// open reads the file with a number, which is how errors name it: its own name may say whose log it is.
func (c *signinCommand) open(s *streams, i int, read func(io.Reader) error) error {
	if c.File[i] == "-" {
		return read(s.in)
	}
	f, err := os.Open(c.File[i])
	if err != nil {
		return fmt.Errorf("open sign-in log: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	return read(f)
}

// declared reads what an identity provider's policies demand, or what a federation's metadata declares.
func (c *signinCommand) declared(s *streams, rules *signin.Rules, l *locale.Localizer) error {
	if len(c.File) != 1 {
		return usage("give one file of this form at a time")
	}
	return c.open(s, 0, func(r io.Reader) error {
		if c.Format == formatMetadata {
			all, err := rules.ReadMetadata(r)
			if err != nil {
				return err
			}
			if c.JSON {
				return writeJSON(s.out, map[string]any{"schema": "insegel.signin.metadata/1", "ruleset": rules.Version, "entities": all})
			}
			return writeEntities(s.out, all, l)
		}
		p, err := rules.ReadPolicies(r)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(s.out, struct {
				Schema string `json:"schema"`
				*signin.Policies
			}{"insegel.signin.policies/1", p})
		}
		return writePolicies(s.out, p, l)
	})
}

// writeSignIns writes what logs show for a person to read.
func writeSignIns(w io.Writer, s *signin.Summary, l *locale.Localizer) error {
	var b strings.Builder
	fmt.Fprintln(&b, l.T("cli.signin-period", "From", s.From.String(), "To", s.To.String(), "Count", s.Total.SignIns))
	for i := range s.Applications {
		a := &s.Applications[i]
		fmt.Fprintf(&b, "\n%s\n", a.Application)
		if a.SignIns == 0 || a.Unknown < a.SignIns { // no share is told of what nothing is known of
			fmt.Fprintf(&b, "  %s\n", signInSentence(a, l))
		}
		if a.Unknown > 0 {
			fmt.Fprintf(&b, "  %s\n", l.T("cli.signin-unknown", "Count", a.Unknown))
		}
	}
	if s.Unread > 0 {
		fmt.Fprintf(&b, "\n%s\n", l.T("cli.signin-unread", "Count", s.Unread))
	}
	if s.NotKept > 0 {
		fmt.Fprintf(&b, "\n%s\n", l.T("cli.signin-not-kept"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// signInSentence tells of one application: how much was of two factors, and which way passwords went.
func signInSentence(a *signin.Application, l *locale.Localizer) string {
	if a.SignIns == 0 {
		return l.T("cli.signin-none")
	}
	text := l.T("cli.signin-share", "Percent", l.Percent(a.Share(a.TwoFactor), 1000), "Count", a.SignIns)
	paths := a.PasswordPaths()
	switch {
	case a.Password == 0:
		return text + "."
	case len(paths) == 1 && paths[0] != "":
		return text + l.T("cli.signin-password-one", "Count", a.Password, "Path", paths[0])
	case paths[0] == "":
		return text + l.T("cli.signin-password", "Count", a.Password)
	}
	return text + l.T("cli.signin-password-many", "Count", a.Password, "Paths", l.List(paths[:min(len(paths), 5)]))
}

func writePolicies(w io.Writer, p *signin.Policies, l *locale.Localizer) error {
	if p.Missing {
		_, err := fmt.Fprintln(w, l.T("cli.signin-permission"))
		return err
	}
	var b strings.Builder
	fmt.Fprintln(&b, l.T("cli.signin-policies", "Count", p.Read, "Enforced", p.Enforced, "Report", p.ReportOnly))
	for _, a := range p.Applications {
		text := l.T("cli.signin-demanded")
		if a.Factors < 2 {
			why := []string{}
			for _, code := range a.Because {
				why = append(why, l.T("cli.signin-because-"+dashed(code)))
			}
			text = l.T("cli.signin-not-known", "Why", l.List(why))
		}
		fmt.Fprintf(&b, "\n%s\n  %s %s\n", a.Application, text, l.T("cli.signin-excluded", "Count", a.Excluded))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeEntities(w io.Writer, all []signin.Entity, l *locale.Localizer) error {
	var b strings.Builder
	for i := range all {
		e := &all[i]
		loa := l.T("cli.probe-unknown")
		if e.LoA > 0 {
			loa = fmt.Sprint(e.LoA)
		}
		fmt.Fprintf(&b, "%s\n  %s\n", e.ID, l.T("cli.signin-declared", "LoA", loa))
		for _, v := range append(append(append([]string{}, e.Categories...), e.Certified...), e.Contexts...) {
			fmt.Fprintf(&b, "  %s\n", v)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
