// SPDX-License-Identifier: EUPL-1.2

package verdict

import (
	"slices"
	"strings"
)

// Decide judges one way in.
func (r *Rules) Decide(o *Observation) Decision {
	f := r.facts(o)
	var floor *rule
	for i := range r.rows {
		row := &r.rows[i]
		if !f.hold(row) {
			continue
		}
		if row.AtLeast != "" {
			floor = row
			continue
		}
		d := r.decision(row, o)
		if floor != nil {
			r.raise(&d, floor, o)
		}
		r.distrust(&d, o)
		r.remark(&d, o, f)
		return d
	}
	return Decision{Verdict: Unknown, Confidence: Low, Grade: Seen} // check has seen that the last rule always holds
}

func (f facts) hold(row *rule) bool {
	return !slices.ContainsFunc(row.When, func(n string) bool { return !f[n] }) && !slices.ContainsFunc(row.Unless, func(n string) bool { return f[n] })
}

func (r *Rules) decision(row *rule, o *Observation) Decision {
	d := Decision{Verdict: row.Verdict, Confidence: row.Confidence, Grade: row.Grade, Rule: row.Row, ID: row.ID, Kind: row.Kind, Limits: slices.Clone(row.Limits)}
	if d.Confidence == "" {
		d.Confidence = Low
	}
	if d.Grade == "" {
		d.Grade = Seen
	}
	verified := true
	switch row.Factors {
	case "1":
		d.Factors = 1
	case "levels":
		d.Factors, d.LoA, verified = r.lowest(Levels(o.Request))
	case "weakest":
		d.Factors, _, _ = r.lowest(Levels(o.Request))
	case "provider":
		d.Factors, d.LoA, verified = r.lowest(o.Provider)
	case "certificate":
		d.Factors, d.LoA = r.issued(o.Certificate.Names)
	}
	if !verified && d.Confidence == High {
		d.Confidence = Medium // what the level means has not been compared with its source
	}
	if d.Kind == "" || d.Kind == "challenge" || d.Kind == "offer" {
		d.Kind = kind(d.Kind, o)
	}
	d.Reasons = []Reason{r.reason(row, o)}
	return d
}

// kind is what kind of sign-in was seen.
func kind(rule string, o *Observation) string {
	switch {
	case rule == "challenge":
		for _, scheme := range []string{"basic", "digest", "ntlm", "negotiate"} {
			if slices.Contains(o.Challenges, scheme) {
				return scheme
			}
		}
		return "negotiate"
	case o.Request != nil:
		return string(o.Request.Protocol)
	case o.Page != nil && len(o.Page.Links) > 0:
		return string(o.Page.Links[0].Protocol)
	case o.Page != nil && o.Page.Passkey && len(o.Page.Strong) == 0:
		return "passkey"
	case rule == "offer":
		return "form"
	}
	return "none"
}

// lowest is what the weakest of several levels proves. A level that nobody else has reviewed gives no identity assurance.
func (r *Rules) lowest(values []string) (factors, loa int, verified bool) {
	verified = true
	for i, v := range values {
		l := r.levels[v]
		if !l.Reviewed {
			l.LoA = 0
		}
		if i == 0 || l.Factors < factors {
			factors = l.Factors
		}
		if i == 0 || l.LoA < loa {
			loa = l.LoA
		}
		verified = verified && l.Verified
	}
	return factors, loa, verified
}

// issued is what a certificate from any of the authorities proves. One that is not known makes it unknown.
func (r *Rules) issued(names []string) (factors, loa int) {
	for i, n := range names {
		_, f, l := r.Authority(n)
		if i == 0 || f < factors {
			factors = f
		}
		if i == 0 || l < loa {
			loa = l
		}
	}
	return factors, loa
}

// raise keeps a verdict from being weaker than a floor: a page that somebody may also enter with a certificate offers something strong.
func (r *Rules) raise(d *Decision, floor *rule, o *Observation) {
	reason := r.reason(floor, o)
	if d.Verdict.Weaker(floor.AtLeast) {
		d.Verdict, d.Rule, d.ID, d.Kind = floor.AtLeast, floor.Row, floor.ID, "certificate"
		d.Reasons = append([]Reason{reason}, d.Reasons...)
		return
	}
	d.Reasons = append(d.Reasons, reason)
}

// distrust lowers what was seen on a server whose certificate nobody here vouches for: whoever stands between can pretend to demand much.
func (r *Rules) distrust(d *Decision, o *Observation) {
	if !o.Private {
		return
	}
	d.Confidence, d.Limits = Low, append(d.Limits, "certificate_not_verified")
	if d.Verdict == StrongDemanded {
		for i := range r.rows {
			if r.rows[i].ID == "certificate-untrusted" {
				d.Verdict, d.Rule, d.ID, d.Factors, d.LoA = Unknown, r.rows[i].Row, r.rows[i].ID, 0, 0
			}
		}
	}
	d.Reasons = append(d.Reasons, Reason{
		ID: "certificate-private",
		SV: "Serverns certifikat är utfärdat av någon som den här datorn inte känner. Mätningen gick vidare eftersom adressen är intern och godkänd.",
		EN: "The server's certificate was issued by somebody whom this computer does not know. The measurement went on because the address is internal and approved.",
	})
}

// remark adds what is worth knowing beside the rule that decided.
func (r *Rules) remark(d *Decision, o *Observation, f facts) {
	if o.Plain && (f["password"] || f["challenge_password"]) {
		d.Reasons = append(d.Reasons, Reason{
			ID: "password-in-the-open",
			SV: "Allvarligt: lösenordet tas emot över en anslutning utan kryptering.",
			EN: "Critical: the password is taken over a connection without encryption.",
		})
		d.Limits = append(d.Limits, "password_without_encryption")
	}
	if d.Verdict == StrongDemanded {
		d.Limits = append(d.Limits, "not_shown_to_be_enforced")
		if f["password"] {
			d.Confidence = Low
			d.Reasons = append(d.Reasons, Reason{
				ID: "password-after-demand",
				SV: "Sidan som begäran leder till tar emot lösenord. Om ett andra steg följer går inte att se härifrån.",
				EN: "The page that the request leads to takes a password. Whether a second step follows cannot be seen from here.",
			})
		}
	}
	if d.Verdict == ClientCertificate {
		d.Reasons = append(d.Reasons, r.issuers(o.Certificate.Names))
	}
}

// issuers tells whose cards a server takes.
func (r *Rules) issuers(names []string) Reason {
	var known []string
	other := len(names) == 0
	for _, n := range names {
		issuer, _, _ := r.Authority(n)
		if issuer == "" {
			other = true
		} else if !slices.Contains(known, issuer) {
			known = append(known, issuer)
		}
	}
	list := strings.Join(known, ", ")
	switch {
	case len(known) > 0 && !other:
		return Reason{ID: "issuers-known", SV: "Servern godtar certifikat från " + list + ".", EN: "The server takes certificates from " + list + "."}
	case len(known) > 0:
		return Reason{
			ID: "issuers-mixed", SV: "Servern godtar certifikat från " + list + " och från andra, så nivån är okänd.",
			EN: "The server takes certificates from " + list + " and from others, so the level is unknown.",
		}
	}
	return Reason{
		ID: "issuers-unknown", SV: "Vems certifikat servern godtar är okänt, så nivån är okänd.",
		EN: "Whose certificates the server takes is unknown, so the level is unknown.",
	}
}

// reason fills in a rule's reason.
func (r *Rules) reason(row *rule, o *Observation) Reason {
	host, values, methods := o.Away, "", methodNames(o)
	if o.Request != nil {
		host, values = o.Request.Host, strings.Join(Levels(o.Request), ", ")
	}
	if host == "" {
		host = "?"
	}
	fill := func(s, lang string) string {
		m := methods[lang]
		return strings.NewReplacer("{host}", host, "{values}", values, "{methods}", m, "{challenges}", strings.Join(o.Challenges, ", ")).Replace(s)
	}
	return Reason{ID: row.ID, SV: fill(row.Reason.SV, "sv"), EN: fill(row.Reason.EN, "en")}
}

// methodNames lists what a page offers beside a password.
func methodNames(o *Observation) map[string]string {
	var names []string
	if o.AwayMethod != "" {
		names = append(names, o.AwayMethod)
	}
	sv, en := names, names
	if p := o.Page; p != nil {
		sv, en = append(sv, p.Strong...), append(en, p.Strong...)
		if p.Passkey {
			sv, en = append(sv, "passkey"), append(en, "passkey")
		}
		if p.Federated || len(p.Links) > 0 {
			sv, en = append(sv, "inloggning på annat håll"), append(en, "sign-in elsewhere")
		}
	}
	return map[string]string{"sv": strings.Join(sv, ", "), "en": strings.Join(en, ", ")}
}
