// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/verdict"
)

type probeCommand struct {
	Login probeLogin `cmd:"" help:"Measure how strong the sign-in at an address is. Fetches pages and sends nothing."`
	Order probeOrder `cmd:"" hidden:"" help:"Measure what an order on standard input says. The server and agents start this."`
	TLS   probeTLS   `cmd:"" name:"tls" help:"Measure how good the encryption of a host is: versions, ciphers, certificates."`
}

// probeFlags are what the measurements have in common.
type probeFlags struct {
	Allow   []string `help:"Another host, or HOST:PORT, that may be measured. Loopback and private addresses must always be named." placeholder:"HOST"`
	JSON    bool     `help:"Write JSON." name:"json"`
	Lang    string   `help:"The language. When left out, the answer is in what the environment says (LC_ALL, LC_MESSAGES, LANG), and the reasons in JSON are in Swedish." enum:",sv,en" default:"" placeholder:"sv|en"`
	Zone    string   `help:"Where this machine is: internet, lan or dmz. Leave it out when it is not known." enum:",internet,lan,dmz" default:""`
	Contact string   `help:"An address where those who are measured can reach you." env:"INSEGEL_CONTACT" placeholder:"ADDRESS"`
}

type probeLogin struct {
	URL string `arg:"" name:"url" help:"The address of the page, as https://HOST/PATH."`
	probeFlags
	Browser string `help:"Run the scripts of pages that are empty without them, in this browser (Chromium). It gets no network: what it asks for is fetched by the probe, from approved hosts alone." placeholder:"PROGRAM"`
}

// answer is the language of the answer, and of the reasons in it. A record for programs does not change with the one who asks.
func (f *probeFlags) answer(s *streams) string {
	switch {
	case f.Lang != "":
		return f.Lang
	case f.JSON:
		return locale.Languages[0]
	default:
		return s.lang
	}
}

// options puts together how a measurement is made.
func (f *probeFlags) options(s *streams) (probe.Options, error) {
	rules, err := verdict.Load(data.Files)
	if err != nil {
		return probe.Options{}, err
	}
	o := probe.Options{
		Rules: rules, Loopback: true, Vantage: probe.Vantage{Zone: f.Zone}, Version: Version, Contact: f.Contact, Lang: f.answer(s),
		Log: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	for _, text := range f.Allow {
		a, err := probe.ParseAllow(text)
		if err != nil {
			return o, fmt.Errorf("--allow: %w", err)
		}
		o.Allow = append(o.Allow, a)
	}
	return o, nil
}

// Run measures a sign-in.
func (c *probeLogin) Run(s *streams) error {
	o, err := c.options(s)
	if err != nil {
		return err
	}
	u, err := probe.ParseURL(c.URL)
	if err != nil {
		return err
	}
	o.Browser = c.Browser
	rec := probe.Login(s.ctx, o, u)
	if c.JSON {
		return writeJSON(s.out, rec)
	}
	bundle, err := texts()
	if err != nil {
		return err
	}
	return writeLogin(s.out, rec, o.Rules, bundle.In(o.Lang))
}

// writeLogin writes what was found for a person to read.
func writeLogin(w io.Writer, r *probe.Record, rules *verdict.Rules, l *locale.Localizer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", r.URL, l.T("cli.probe-verdict-"+dashed(r.Verdict)))
	fmt.Fprintf(&b, "%s\n", l.T("cli.probe-sure", "Confidence", l.T("cli.probe-confidence-"+r.Confidence), "Grade", r.Grade))
	factors, loa := l.T("cli.probe-unknown"), l.T("cli.probe-unknown")
	if r.Factors != nil {
		factors = fmt.Sprint(*r.Factors)
	}
	if r.LoA != nil {
		loa = fmt.Sprint(*r.LoA)
	}
	fmt.Fprintf(&b, "%s\n\n", l.T("cli.probe-levels", "Factors", factors, "LoA", loa))
	for _, reason := range r.Reasons {
		fmt.Fprintf(&b, "  %s\n", reason)
	}
	if len(r.Limits) > 0 {
		fmt.Fprintf(&b, "\n%s\n", l.T("cli.probe-limits"))
		for _, code := range r.Limits {
			fmt.Fprintf(&b, "  %s\n", rules.Limit(code).In(l.Lang))
		}
	}
	if len(r.Hops) > 0 {
		fmt.Fprintf(&b, "\n%s\n", l.T("cli.probe-hops"))
	}
	for _, h := range r.Hops {
		fmt.Fprintf(&b, "  %d %s\n", h.Status, h.URL)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type probeTLS struct {
	Host string `arg:"" name:"host" help:"The host, as HOST or HOST:PORT. The port is 443 when it is left out."`
	probeFlags
}

// Run measures encryption.
func (c *probeTLS) Run(s *streams) error {
	o, err := c.options(s)
	if err != nil {
		return err
	}
	scale, err := verdict.LoadScale(data.Files)
	if err != nil {
		return err
	}
	host, port, err := probe.ParseHost(c.Host)
	if err != nil {
		return err
	}
	rec := probe.Encryption(s.ctx, o, scale, probe.HostPort{Host: host, Port: port})
	if c.JSON {
		return writeJSON(s.out, rec)
	}
	bundle, err := texts()
	if err != nil {
		return err
	}
	return writeTLS(s.out, rec, o.Rules, bundle.In(o.Lang))
}

// writeTLS writes what was found for a person to read.
func writeTLS(w io.Writer, r *probe.TLSRecord, rules *verdict.Rules, l *locale.Localizer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d\n\n%s\n", r.Host, r.Port, l.T("cli.probe-grade-"+dashed(r.Grade)))
	for _, a := range r.Addresses {
		fmt.Fprintf(&b, "\n%s: %s\n", a.IP, l.T("cli.probe-grade-"+dashed(a.Grade)))
		for _, x := range a.Aspects {
			fmt.Fprintf(&b, "  %s %s: %s\n", l.T("cli.probe-aspect-"+x.Name), x.Value, l.T("cli.probe-grade-"+dashed(string(x.Quality))))
		}
	}
	for _, code := range r.Limits {
		fmt.Fprintf(&b, "\n%s\n", rules.Limit(code).In(l.Lang))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// dashed is a name as it stands in message keys.
func dashed(name string) string { return strings.ReplaceAll(name, "_", "-") }
