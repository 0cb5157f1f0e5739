// SPDX-License-Identifier: EUPL-1.2

package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/insegel/insegel/internal/locale"
)

// builtKeys are the beginnings of message keys that are put together while the program runs, with the reason. Every other key
// stands in the code as it is, so that a search finds it.
var builtKeys = map[string]string{
	"passkey.event-":           "ends with the action in the log: passkey.Add",
	"passkey.fault-":           "ends with the name of a form's field",
	"passkey.make-":            "ends with what a passkey is made for: first, invited, recovered, egen, nod",
	"auth.withheld-":           "ends with why a session does not give a role: level, synced",
	"whatif.kind-":             "ends with what a row of a draft is: requirement, law, information, threat",
	"whatif.what-":             "ends with what a draft does with a row: new, changed, replaced, removed",
	"whatif.system-":           "ends with what a draft means to a system",
	"whatif.col-":              "ends with a column of a file",
	"campaign.area-":           "ends with an area of questions",
	"campaign.because-":        "ends with a fact that answers a question",
	"campaign.kind-":           "ends with what a sheet asks about",
	"campaign.month-":          "ends with the number of a month",
	"campaign.round-":          "ends with how often a campaign comes back",
	"campaign.sheet-":          "ends with how far a sheet has come",
	"campaign.short-":          "ends with the number of a month",
	"campaign.sort-":           "ends with what an item of the year is",
	"campaign.standing-":       "ends with how a month stands",
	"campaign.who-":            "ends with a role that does something every year",
	"followup.answer-":         "ends with an answer to an indicator",
	"followup.raise-greedy-":   "ends with how an indicator's rows become an answer",
	"followup.raise-line-":     "ends with how a value is known",
	"followup.raise-source-":   "ends with how a value is known",
	"followup.raise-unshown-":  "ends with how a value is known",
	"overview.brief-":          "ends with how a value is known",
	"overview.brief-wait-":     "ends with what a decision is about",
	"report.page-account-":     "ends with a kind of report on the state",
	"followup.area-":           "ends with an indicator's area",
	"followup.kind-":           "ends with a kind of row that indicators count",
	"followup.reference-":      "ends with the name of a published series",
	"followup.series-":         "ends with how a value is known",
	"followup.sure-":           "ends with how sure a published figure is",
	"system.kind-":             "ends with one of system.Kinds",
	"national.ask-":            "ends with an indicator that the questions that are asked first are of",
	"national.than-":           "ends with how a share has turned since the year before: better, worse, same, more, less",
	"national.fault-":          "ends with the name of what went wrong with a fetch",
	"national.fetch-":          "ends with the kind of what was asked of another address",
	"national.form-":           "ends with the form of a file of open data",
	"national.in-":             "ends with how a value is known",
	"national.series-":         "ends with how a value is known",
	"national.size-":           "ends with a size of municipality",
	"national.why-":            "ends with the reason why a figure is hidden",
	"overview.door-":           "ends with a way to begin: import, example, new",
	"action.group-":            "ends with where an action stands in time",
	"action.page-export-":      "ends with a file format, or with what it takes in",
	"action.page-part-":        "ends with a part of a system's plan; it stands in the code",
	"action.status-":           "ends with how far an action has come",
	"approval.status-":         "ends with what became of a change",
	"webhook.state-":           "ends with whether a receiver is told of anything",
	"webhook.event-":           "ends with a kind of event",
	"webhook.outcome-":         "ends with how a delivery stands",
	"alarm.data-":              "ends with a field of an alarm's data; one without a label is shown by its name",
	"alarm.do-":                "ends with an alarm's kind",
	"alarm.title-":             "ends with an alarm's kind",
	"alarm.what-":              "ends with an alarm's kind",
	"register.page-count-":     "ends with what rows are counted; it stands in the code",
	"register.page-field-":     "ends with a field that a column can hold, or a property that a cell tells",
	"register.page-hint-":      "ends with a part of the review",
	"register.page-part-":      "ends with a part of the review",
	"register.page-step-":      "ends with a step of the import; it stands in the code",
	"register.page-value-":     "ends with an answer: yes, no, not-needed",
	"oidc.field-":              "ends with the name of a form's field; it stands in the code",
	"oidc.hint-":               "ends with the name of a form's field; it stands in the code",
	"provider.about-":          "ends with a kind of provider: oidc, saml, certificate",
	"provider.bound-":          "ends with a group of roles: nobody, administrator, weakness",
	"provider.add-":            "ends with a kind of provider: oidc, saml, certificate",
	"provider.field-":          "ends with the name of a form's field; it stands in the code",
	"provider.hint-":           "ends with the name of a form's field; it stands in the code",
	"provider.hint-issuer-":    "ends with a kind of provider: oidc, saml, certificate",
	"provider.kind-":           "ends with a kind of provider: oidc, saml, certificate",
	"provider.level-":          "ends with a level of assurance: 0, 3, 4",
	"report.page-file-":        "ends with a kind of report",
	"report.page-format-":      "ends with a file format",
	"report.page-name-":        "ends with a kind of report",
	"report.page-one-":         "ends with a kind of report",
	"report.page-text-":        "ends with a kind of report",
	"mail.subject-":            "ends with a template",
	"mail.body-":               "ends with a template",
	"mail.name-":               "ends with a template",
	"mail.state-":              "ends with how far a mail has come",
	"mail.security-":           "ends with how a connection is protected",
	"organisation.kind-":       "ends with how somebody is responsible",
	"organisation.list-":       "ends with what a list of people would do, or a part of its preview",
	"organisation.list-part-":  "ends with a part of the preview of a list of people",
	"organisation.origin-":     "ends with where a person comes from",
	"organisation.signs-in-":   "ends with yes or no",
	"organisation.source-":     "ends with where a role was given",
	"overview.ask-":            "ends with the question that the list is narrowed to",
	"overview.aspect-":         "ends with an aspect: confidentiality, integrity, availability, traceability",
	"overview.counted-":        "ends with the state of the requirements that are counted",
	"overview.short-":          "ends with an aspect's letter",
	"overview.standing-":       "ends with how far a system's classification has come",
	"overview.step-":           "ends with the step that the list is narrowed to",
	"overview.with-":           "ends with the state of the requirements that the list is narrowed to",
	"evidence.new-":            "ends with what evidence is about: login, role-model ...",
	"evidence.lead-":           "ends with what evidence is about: login, role-model ...",
	"evidence.field-":          "ends with the name of a form's field; it stands in the code",
	"evidence.field-manader-":  "ends with what evidence is about: access-log, log-review",
	"evidence.settled-":        "ends with how a dispute was settled: stands, wrong",
	"overview.evidence-ruled-": "ends with how a dispute was settled: stands, wrong",
	"evidence.says-":           "ends with what evidence is about and what it shows: login-for",
	"evidence.deviation-":      "ends with what is wrong with an account: no-owner, has-left ...",
	"overview.goal-":           "ends with what sign-in is held against; it stands in the code",
	"overview.strong-heading-": "ends with what sign-in is held against; it stands in the code",
	"overview.verdict-":        "ends with what was found about a way in, or what evidence shows",
	"overview.subject-":        "ends with what evidence is about: login, role-model ...",
	"overview.outcome-":        "ends with what evidence shows: for, against, unclear",
	"overview.shown-":          "ends with what is shown about a requirement",
	"overview.proven-":         "ends with what is shown about a requirement",
	"overview.abbreviated-":    "ends with an aspect",
	"overview.audience-":       "ends with who uses a way in: residents, staff, support ...",
	"overview.count-":          "ends with what is counted on Läget; it stands in the code",
	"overview.hosting-":        "ends with one of system.Hostings",
	"overview.kind-":           "ends with one of system.Kinds",
	"overview.state-":          "ends with one of system.States",
	"overview.wait-":           "ends with what waits for a decision; it stands in the code",
	"overview.zone-":           "ends with the network zone of a way in",
	"classification.about-":    "ends with what is told about the system: kind, unit, owner ...",
	"classification.cause-":    "ends with why a level is moved: accumulation, aggregation, integration, lowered",
	"classification.left-":     "ends with what stands in the way of the decision; it stands in the code",
	"classification.value-":    "ends with yes, no, possible or unknown",
	"classification.hint-":     "ends with the perspective that the page asks about",
	"classification.who-":      "ends with a perspective: individual, organisation, society",
	"overview.actor-":          "ends with the id of an actor that is no person: local, system",
	"overview.answer-":         "ends with yes, no, possible or unknown",
	"overview.basis-":          "ends with what a law or a level stands on",
	"overview.classification-": "ends with a classification's status",
	"overview.classify-":       "ends with how far a system's classification has come",
	"overview.event-":          "ends with the action in the log: system.Create",
	"overview.fault-":          "ends with what is wrong with the log: missing",
	"overview.object-":         "ends with the kind of an object in the log: page",
	"overview.past-":           "ends with a field of the register, as the log has it: owner-role",
	"overview.reason-":         "ends with why something was refused: denied",
	"overview.kind-of-":        "ends with a requirement's kind: organisational, administrative, physical, technical",
	"overview.origin-":         "ends with where a classification comes from",
	"overview.share-":          "ends with the state of the requirements that a share counts",
	"finding.decided-":         "ends with what was decided",
	"finding.detector-":        "ends with a detector",
	"finding.noun-":            "ends with a detector",
	"finding.interval-":        "ends with a number of days: one of finding.Intervals",
	"finding.kind-":            "ends with a kind of source",
	"finding.outcome-":         "ends with what can be decided",
	"finding.outcome-hint-":    "ends with what can be decided",
	"finding.register-denies-": "ends with a fact of the register",
	"finding.register-silent-": "ends with a fact of the register",
	"finding.said-":            "ends with a sentence of the search, which the English text is",
	"finding.secret-":          "ends with where a password comes from",
	"finding.state-":           "ends with what was decided",
	"finding.why-":             "ends with a reason of the search",
	"procurement.reply-":       "ends with a supplier's answer",
	"procurement.accepted-":    "ends with what has become of an accepted answer",
	"procurement.contrast-":    "ends with how an answer stands to what else is known",
	"procurement.held-":        "ends with how a bidder's answer stands to a requirement",
	"procurement.says-":        "ends with what evidence says",
	"overview.add-":            "ends with a kind of paper of a supplier",
	"overview.file-":           "ends with a file format",
	"overview.assessed-":       "ends with a kind of assessment and what it came to",
	"supplier.assess-lead-":    "ends with a kind of assessment",
	"overview.no-papers-":      "ends with a kind of paper of a supplier",
	"overview.papers-":         "ends with a kind of paper of a supplier",
	"overview.paper-":          "ends with how a paper stands in time",
	"incident.answer-":         "ends with yes, no, unknown or none",
	"incident.fact-":           "ends with a fact that follows from others",
	"incident.from-":           "ends with what a period is counted from",
	"incident.group-":          "ends with a group of questions of the rules",
	"incident.in-":             "ends with the name of a form's field; it stands in the code",
	"incident.lack-":           "ends with what a drill shows was missing",
	"incident.mark-":           "ends with a fact that makes information sensitive",
	"incident.origin-":         "ends with what an incident came from",
	"incident.pack-":           "ends with a file format, or a particular of a draft",
	"incident.part-":           "ends with a part of an incident as it stands in the address",
	"incident.risk-":           "ends with a risk: unknown, unlikely, risk, high",
	"incident.significant-":    "ends with yes, no or unknown",
	"incident.source-":         "ends with where a value stands",
	"incident.status-":         "ends with what was decided about a duty",
	"incident.step-":           "ends with a step of the flow",
	"incident.text-":           "ends with a text of an incident",
	"incident.waits-":          "ends with a step of the flow",
	"overview.carries-":        "ends with what passes along a dependency",
	"requirement.because-":     "ends with the kind of a reason that is no law and no level",
	"workshop.perspective-":    "ends with a perspective",
	"workshop.bad-":            "ends with a perspective",
	"risk.answer-":             "ends with yes, no or unknown",
	"risk.aspect-":             "ends with an aspect",
	"risk.effect-":             "ends with how many steps a measure takes away",
	"risk.in-":                 "ends with the name of a form's field; it stands in the code",
	"risk.outcome-":            "ends with an outcome of the screening",
	"risk.perspective-":        "ends with a perspective",
	"risk.ruling-":             "ends with an outcome of a decision: go, not, consult",
	"risk.state-":              "ends with a state of an impact assessment",
	"risk.treatment-":          "ends with a treatment",
	"supplier.add-":            "ends with a kind of paper",
	"supplier.answer-":         "ends with yes, no or unknown",
	"supplier.default-":        "ends with a kind of paper",
	"supplier.field-":          "ends with the name of a form's field, and a kind of paper where it is called something else there",
	"supplier.hint-":           "ends with the name of a form's field, and a kind of paper where it is called something else there",
	"supplier.remove-":         "ends with a kind of paper",
	"processing.basis-":        "ends with a letter of article 6.1",
	"processing.export-":       "ends with a file format",
	"processing.field-":        "ends with the name of a form's field",
	"processing.gap-":          "ends with the kind of what lacks",
	"processing.group-":        "ends with a group of fields",
	"processing.hint-":         "ends with the name of a form's field",
	"processing.links-":        "ends with what is linked: system, information",
	"processing.links-add-":    "ends with what is linked: system, information",
	"processing.missing-":      "ends with the kind of what lacks",
	"processing.pick-":         "ends with what is linked: system, information",
	"processing.common-":       "ends with a field that the whole record has in common",
	"processing.error-":        "ends with what is linked: system, information",
	"processing.role-":         "ends with controller or processor",
	"processing.state-":        "ends with one of processing.States",
	"processing.":              "the rest is a field's kind of words, which stands in the code, and one of its values: basis-e",
	"procurement.page-export-": "ends with a file format",
	"procurement.page-note-":   "ends with what is to be said about the annex",
	"report.":                  "the rest, or the group of values that it belongs to, stands in the code",
	"register.":                "the rest is the reason why a cell, row or file is refused; it stands in the code",
	"requirement.role-":        "ends with a role of a requirement; a role of the organisation's own is shown as it is",
	"requirement.status-":      "ends with a self-assessment: met, partly, not-met ...",
	"system.":                  "the rest is a field's kind of words, which stands in the code, and one of its values: kind-e-service",
	"system.answer-":           "ends with yes, no, possible or unknown",
	"system.audience-":         "ends with who signs in by a login path",
	"system.field-":            "ends with the name of a form's field",
	"system.group-":            "ends with the name of a group of fields",
	"system.login-":            "ends with the name of a field of a login path",
	"system.responsible-hint-": "ends with how somebody is responsible",
	"system.zone-":             "ends with where a login path is reached from",
	"cli.basis-":               "ends with how a law says it: explicit, derived",
	"measurement.aspect-":      "ends with what is judged of encryption: version, family, key, signature, certificate, compression, hsts",
	"measurement.audience-":    "ends with who signs in by a login path",
	"measurement.because-tls-": "ends with what is judged of encryption",
	"measurement.form-":        "ends with the form of a sign-in log",
	"measurement.grade-":       "ends with how good encryption is: good, sufficient, phase-out, insufficient, unknown",
	"measurement.kind-of-":     "ends with what a target is measured for: login, tls",
	"measurement.kind-":        "ends with what an application is known from: log, policy, metadata",
	"measurement.state-":       "ends with how a target stands: waiting, approved, expired, ended",
	"measurement.policy-":      "ends with why it is not known what policies demand",
	"measurement.sure-":        "ends with how sure a verdict is: high, medium, low",
	"measurement.value-":       "ends with what is wrong with a certificate, or that nothing is",
	"measurement.verdict-":     "ends with a verdict",
	"measurement.zone-":        "ends with a zone that is measured from: internet, lan, dmz",
	"cli.probe-verdict-":       "ends with a verdict",
	"cli.signin-because-":      "ends with why policies do not show what is demanded, as signin.PolicyApplication lists it",
	"cli.probe-grade-":         "ends with a grade of encryption: good, sufficient, phase-out, insufficient, unknown",
	"cli.probe-aspect-":        "ends with what of a host's encryption was judged",
	"cli.probe-confidence-":    "ends with how sure a verdict is: high, medium, low",
	"cli.help-":                "ends with a text of the help, which the English text is",
	"cli.said-":                "ends with a fault, which the English text is",
	"cli.scan-column-":         "ends with what a column is taken for: holds, some, chance",
	"cli.source-":              "ends with where a level comes from: answer, suggestion",
	"requirement.because-law-": "ends with how the law says it: explicit, derived",
	"rotation.kind-":           "ends with the kind of a key or a secret: mail, webhook",
	"token.scope-":             "ends with the role of a key",
	"web.status-":              "ends with an HTTP status, as web.titled lists it",
	"web.role-":                "ends with a role of internal/access",
	"web.tab-":                 "ends with one of a system's facets",
	"classification.because-":  "ends with the cause of an adjustment: accumulation, aggregation, integration, lowered",
	"classification.for-":      "ends with the perspective that decided: individual, organisation, society",
	"requirement.step-":        "ends with the named step: negligible, moderate, significant, serious",
	"web.source-":              "ends with how something is known: measured, attested, self-assessed, unknown",
}

// guests are the packages whose messages stand in another package's file.
var guests = map[string]string{"cli": "app"}

// key is the form of a message key: the package, a full stop, what happened.
var key = regexp.MustCompile(`^[a-z]+\.[a-z0-9]+([.-][A-Za-z0-9]+)*$`)

// built is the form of a key's beginning.
var built = regexp.MustCompile(`^[a-z]+\.([a-z0-9]+[.-])*$`)

// inTemplate finds the text of {{t "key"}}, {{.T "key"}} and {{printf "key-%s" x}} in a template.
var (
	inTemplate = regexp.MustCompile(`(?:[{(\s]t|\.T)\s+"([^"]*)"`)
	quoted     = regexp.MustCompile(`"([a-z][^"\s]*)"`)
)

// mention is a place where the code names a key, or the beginning of one.
type mention struct {
	text  string
	where string
}

// messages is everything that the rule about messages looks at.
type messages struct {
	files    map[string]string // package to messages.yaml
	keys     map[string]string // key to file
	asked    []mention         // keys that the code asks for outright
	begun    []mention         // beginnings of keys
	literals map[string]bool   // every text that stands in code or templates as it is
	broken   []finding
}

// gather reads the messages and what the code says of them.
func gather(files []*source) *messages {
	m := &messages{files: map[string]string{}, keys: map[string]string{}, literals: map[string]bool{}}
	for _, s := range files {
		if path.Base(s.path) == "messages.yaml" && s.pkg() != "" && !strings.Contains(s.path, "testdata/") {
			m.addFile(s)
		}
	}
	for _, s := range files {
		switch {
		case s.ships() && s.pkg() != "" && !strings.Contains(s.path, "testdata/"):
			m.addCode(s)
		case path.Ext(s.path) == ".html" && strings.HasPrefix(s.path, "internal/") && !strings.Contains(s.path, "testdata/"):
			m.addTemplate(s)
		}
	}
	return m
}

func (m *messages) addFile(s *source) {
	m.files[path.Base(s.pkg())] = s.text
	var rows map[string]any
	if err := yaml.Unmarshal([]byte(s.text), &rows); err != nil {
		m.broken = append(m.broken, finding{s.path, fmt.Sprintf("cannot be read: %v", err)})
	}
	for _, k := range slices.Sorted(maps.Keys(rows)) {
		owner, _, _ := strings.Cut(k, ".")
		if !key.MatchString(k) || owner != path.Base(s.pkg()) && guests[owner] != s.pkg() {
			m.broken = append(m.broken, finding{s.path, fmt.Sprintf("the key %s does not have the form %s.what-happened", k, path.Base(s.pkg()))})
		}
		m.keys[k] = s.path
	}
}

func (m *messages) addCode(s *source) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, ok := literal(n); ok {
				m.literals[text] = true
				if start, _, cut := strings.Cut(text, "%"); cut && built.MatchString(start) && m.owned(start) {
					m.begun = append(m.begun, mention{start, s.at(n.Pos(), "").where})
				}
			}
		case *ast.BinaryExpr:
			if text, ok := literal(n.X); ok && n.Op == token.ADD && built.MatchString(text) && m.owned(text) {
				m.begun = append(m.begun, mention{text, s.at(n.Pos(), "").where})
			}
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "T" && len(n.Args) > 0 {
				if text, ok := literal(n.Args[0]); ok {
					m.asked = append(m.asked, mention{text, s.at(n.Pos(), "").where})
				}
			}
			m.begun = append(m.begun, phraseKeys(s, n)...)
		case *ast.CompositeLit:
			m.asked = append(m.asked, errorKeys(s, n)...)
		}
		return true
	})
}

// phraseKeys are the beginnings of keys of sentences that are known by their English text: all with such a beginning are used.
func phraseKeys(s *source, call *ast.CallExpr) (out []mention) {
	if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Phrases" {
		return nil
	}
	for _, a := range call.Args {
		if text, ok := literal(a); ok {
			out = append(out, mention{text, s.at(a.Pos(), "").where})
		}
	}
	return out
}

// owned reports whether a text begins with the name of a package that has messages.
func (m *messages) owned(text string) bool {
	owner, _, _ := strings.Cut(text, ".")
	if guest := guests[owner]; guest != "" {
		owner = guest
	}
	for pkg := range m.files {
		if path.Base(pkg) == owner {
			return true
		}
	}
	return false
}

// errorKeys are the keys of a web.Error, and of any other literal with a field Key that holds what looks like one.
func errorKeys(s *source, lit *ast.CompositeLit) (out []mention) {
	isError := isSelector(lit.Type, s.importName(module+"/internal/web"), "Error") || s.pkg() == "web" && isIdent(lit.Type, "Error")
	for i, e := range lit.Elts {
		value := e
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if !isIdent(kv.Key, "Key") {
				continue
			}
			value = kv.Value
		} else if !isError || i != 1 {
			continue
		}
		if text, ok := literal(value); ok && text != "" && (isError || key.MatchString(text)) {
			out = append(out, mention{text, s.at(value.Pos(), "").where})
		}
	}
	return out
}

// literal is the value of a string literal.
func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

func (m *messages) addTemplate(s *source) {
	for i, line := range strings.Split(s.text, "\n") {
		for _, found := range inTemplate.FindAllStringSubmatch(line, -1) {
			m.asked = append(m.asked, mention{found[1], onLine(s, i)})
		}
		for _, found := range quoted.FindAllStringSubmatch(line, -1) {
			text, _, cut := strings.Cut(found[1], "%")
			if (cut || built.MatchString(text)) && m.owned(text) {
				m.begun = append(m.begun, mention{text, onLine(s, i)})
			}
			m.literals[found[1]] = true
		}
	}
}

// check compares what there is with what is used.
func (m *messages) check(built map[string]string) []finding {
	out := slices.Clone(m.broken)
	if _, err := locale.NewBundle(m.files); err != nil {
		out = append(out, finding{"messages.yaml", err.Error()})
	}
	for _, a := range m.asked {
		if m.keys[a.text] == "" {
			out = append(out, finding{a.where, fmt.Sprintf("the message key %q is in no messages.yaml", a.text)})
		}
	}
	begun := map[string]bool{}
	for _, b := range m.begun {
		begun[b.text] = true
		if built[b.text] == "" {
			out = append(out, finding{b.where, fmt.Sprintf("the message key that begins with %q is put together; list it in builtKeys with the reason", b.text)})
		}
	}
	for k, file := range m.keys {
		used := m.literals[k]
		for start := range begun { // one that is not listed has been told of above
			used = used || strings.HasPrefix(k, start) && m.covers(start, k)
		}
		if !used {
			out = append(out, finding{file, fmt.Sprintf("the message %s is used nowhere", k)})
		}
	}
	for start := range built {
		has := false
		for k := range m.keys {
			has = has || strings.HasPrefix(k, start)
		}
		if !has || !begun[start] {
			out = append(out, finding{"builtKeys", fmt.Sprintf("no code or no message begins with %q; take it off the list", start)})
		}
	}
	return out
}

// covers reports whether a key can be what a beginning ends as. A beginning that is a package's name alone would cover every message
// of the package, so there the rest of the key, or the first of its words, must stand in the code.
func (m *messages) covers(start, k string) bool {
	if !strings.HasSuffix(start, ".") {
		return true
	}
	for rest := strings.TrimPrefix(k, start); rest != ""; {
		if m.literals[rest] || m.literals[rest+"-"] {
			return true
		}
		rest = rest[:max(0, strings.LastIndexByte(rest, '-'))]
	}
	return false
}

func TestMessages(t *testing.T) {
	for _, f := range gather(project(t)).check(builtKeys) {
		t.Errorf("%s: %s\n\twhy: a reader must never meet a bare key, and a translator never a text that nobody sees", f.where, f.what)
	}
}

func TestMessagesCatches(t *testing.T) {
	const rows = "x.one: {sv: Ett, en: One}\nx.kind-a: {sv: A, en: A}\nx.kind-b: {sv: B, en: B}\n"
	const code = "func f() { l.T(\"x.one\"); l.T(\"x.kind-\" + kind) }"
	for name, tc := range map[string]struct {
		rows, code, template, want string
	}{
		"all is well":                  {rows: rows, code: code},
		"a template asks":              {rows: rows, code: "func f() { l.T(\"x.kind-\" + kind) }", template: `<p>{{t "x.one"}}</p>`},
		"a missing key in code":        {rows: rows, code: code + "\n\nfunc g() { l.T(\"x.none\") }", want: "internal/x/x.go:8: the message key \"x.none\""},
		"a missing key in an error":    {rows: rows, code: code + "\n\nvar e = y{Key: \"x.none\"}", want: "x.none"},
		"a missing key in a template":  {rows: rows, code: code, template: "<p>\n{{t \"x.none\"}}</p>", want: "internal/x/page.html:2: "},
		"a message that nobody uses":   {rows: rows + "x.two: {sv: Två, en: Two}\n", code: code, want: "x.two is used nowhere"},
		"sentences":                    {rows: rows + "x.said-a: {sv: Två, en: Two}\n", code: code + "\n\nfunc g() { l.Phrases(\"x.said-\") }", want: `begins with "x.said-"`},
		"a key put together":           {rows: rows, code: code + "\n\nvar k = \"x.more-\" + kind", want: `begins with "x.more-"`},
		"a key that is printed":        {rows: rows, code: code + "\n\nvar k = fmt.Sprintf(\"x.more-%s\", kind)", want: `begins with "x.more-"`},
		"an unused beginning":          {rows: rows, code: "func f() { l.T(\"x.one\") }", want: `begins with "x.kind-"`},
		"a bare package covers little": {rows: rows + "x.two: {sv: Två, en: Two}\n", code: code + "\n\nvar k = \"x.\" + kind", want: "x.two is used nowhere"},
		"a language that is missing":   {rows: rows + "x.two: {sv: Två}\n", code: code + "\n\nvar k = \"x.two\"", want: "has no en"},
		"another package's key":        {rows: rows + "y.two: {sv: Två, en: Two}\n", code: code + "\n\nvar k = \"y.two\"", want: "form x.what-happened"},
	} {
		t.Run(name, func(t *testing.T) {
			files := []*source{
				invent(t, file{"internal/x/messages.yaml", tc.rows}), invent(t, file{"internal/x/x.go", tc.code}),
				invent(t, file{"internal/x/page.html", tc.template}),
			}
			got := gather(files).check(map[string]string{"x.kind-": "test"})
			found := slices.ContainsFunc(got, func(f finding) bool { return tc.want != "" && strings.Contains(f.where+": "+f.what, tc.want) })
			if tc.want == "" && len(got) > 0 || tc.want != "" && !found {
				t.Errorf("findings = %v, want %q", got, tc.want)
			}
		})
	}
}
