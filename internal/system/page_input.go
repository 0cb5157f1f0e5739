// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Limits of what is typed. They keep a slip (a whole document pasted into a field) out of lists and reports.
const (
	maxName = 200
	maxText = 4000
	// maxCount is far above the number of people there are.
	maxCount = 100_000_000_000
)

// input is one ordinary field of the form: how it is drawn, and its way to and from a system.
type input struct {
	name, group, kind string
	// list is the datalist of names.
	list string
	// options are the values of a select, with message keys system.<words>-<value>.
	options []string
	words   string
	get     func(*System) string
	// set takes in what was typed, or gives the message key of what is wrong with it.
	set func(*System, string) string
}

// The kinds of input, in the words of web.Field.
const (
	kindText     = "text"
	kindTextarea = "textarea"
	kindSelect   = "select"
)

func text(group, name, kind string, at func(*System) *string) input {
	return input{
		name: name, group: group, kind: kind,
		get: func(s *System) string { return *at(s) },
		set: func(s *System, v string) string {
			if utf8.RuneCountInString(v) > maxText {
				return "system.error-long"
			}
			*at(s) = v
			return ""
		},
	}
}

func choice(group, name, words string, options []string, at func(*System) *string) input {
	return input{
		name: name, group: group, kind: kindSelect, options: options, words: words,
		get: func(s *System) string { return *at(s) },
		set: func(s *System, v string) string {
			if v == "" {
				v = Unknown
			}
			if !slices.Contains(options, v) {
				return "system.error-value"
			}
			*at(s) = v
			return ""
		},
	}
}

func day(group, name string, at func(*System) *civil.Date) input {
	return input{
		name: name, group: group, kind: kindText,
		get: func(s *System) string { return at(s).String() },
		set: func(s *System, v string) string {
			d, err := civil.ParseLoose(v)
			if err != nil {
				return "system.error-date"
			}
			*at(s) = d
			return ""
		},
	}
}

func number(group, name string, at func(*System) **int64) input {
	return input{
		name: name, group: group, kind: kindText,
		get: func(s *System) string { return countText(*at(s)) },
		set: func(s *System, v string) string {
			n, approximate, ok := parseCount(v)
			if !ok || approximate {
				return "system.error-number"
			}
			*at(s) = n
			return ""
		},
	}
}

// countText writes a number as the form takes it back; nothing is "nobody knows".
func countText(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// approximateWords stand before a number that is a guess.
var approximateWords = []string{"ca", "c:a", "cirka", "circa", "ungefär", "omkring", "runt", "about", "around", "approx", "~"}

// parseCount reads a number of something: "1 240", "1.240", "ca 40". An empty text is no number.
func parseCount(v string) (n *int64, approximate, ok bool) {
	s := strings.ToLower(strings.TrimSpace(v))
	if s == "" {
		return nil, false, true
	}
	for _, w := range approximateWords {
		rest, found := strings.CutPrefix(s, w)
		if found && rest != "" && !unicode.IsLetter([]rune(rest)[0]) {
			s, approximate = strings.TrimLeft(rest, ". \u00a0"), true
			break
		}
	}
	groups := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '.' || r == ',' || r == '\'' })
	for i, g := range groups {
		// What looks like decimals, or like two numbers, is not a count.
		if i > 0 && len(g) != 3 || strings.Trim(g, "0123456789") != "" {
			return nil, false, false
		}
	}
	value, err := strconv.ParseInt(strings.Join(groups, ""), 10, 64)
	if err != nil || value > maxCount {
		return nil, false, false
	}
	return &value, approximate, true
}

// users is a number that may be a guess: "ca 40".
func users() input {
	return input{
		name: "anvandare", group: "operation", kind: kindText,
		get: func(s *System) string {
			if s.Users != nil && s.UsersApproximate {
				return "ca " + countText(s.Users)
			}
			return countText(s.Users)
		},
		set: func(s *System, v string) string {
			n, approximate, ok := parseCount(v)
			if !ok {
				return "system.error-number"
			}
			s.Users, s.UsersApproximate = n, approximate
			return ""
		},
	}
}

// nameInput is the only field that must be filled in.
func nameInput() input {
	return input{
		name: "namn", group: "what", kind: kindText,
		get: func(s *System) string { return s.Name },
		set: func(s *System, v string) string {
			v = strings.Join(strings.Fields(v), " ")
			switch {
			case utf8.RuneCountInString(v) > maxName:
				return "system.error-name-long"
			case locale.Fold(v) == "":
				return "system.error-name"
			}
			s.Name = v
			return ""
		},
	}
}

// named is a unit or a supplier: its name decides which it is, so that the id is looked up again.
func named(group, name, list string, at func(*System) *string, forget func(*System)) input {
	in := text(group, name, kindText, at)
	in.list = list
	plain := in.set
	in.set = func(s *System, v string) string {
		v = strings.Join(strings.Fields(v), " ")
		if utf8.RuneCountInString(v) > maxName {
			return "system.error-name-long"
		}
		forget(s)
		return plain(s, v)
	}
	return in
}

// agreements are the answers to whether there is a processor agreement.
var agreements = append([]string{"not-needed"}, Answers...)

// inputs are the ordinary fields in the order of the form.
// unitField is the field of the unit.
const unitField = "enhet"

var inputs = []input{
	nameInput(),
	choice("what", "slag", "kind", Kinds, func(s *System) *string { return &s.Kind }),
	text("what", "tjanst", kindText, func(s *System) *string { return &s.Service }),
	text("what", "malgrupp", kindText, func(s *System) *string { return &s.Audience }),
	choice("what", "lage", "state", States, func(s *System) *string { return &s.State }),
	text("what", "betydelse", kindText, func(s *System) *string { return &s.Criticality }),
	text("what", "information", kindTextarea, func(s *System) *string { return &s.InformationNote }),
	text("what", "kommentar", kindTextarea, func(s *System) *string { return &s.Comment }),

	named("responsibility", unitField, "enheter", func(s *System) *string { return &s.Unit }, func(s *System) { s.UnitID = "" }),
	text("responsibility", "agare", kindText, func(s *System) *string { return &s.OwnerRole }),
	text("responsibility", "forvaltare", kindText, func(s *System) *string { return &s.ManagerRole }),

	choice("operation", "drift", "hosting", Hostings, func(s *System) *string { return &s.Hosting }),
	text("operation", "drift-kommentar", kindText, func(s *System) *string { return &s.HostingNote }),
	text("operation", "land", kindText, func(s *System) *string { return &s.Country }),
	named("operation", "leverantor", "leverantorer", func(s *System) *string { return &s.Supplier }, func(s *System) { s.SupplierID = "" }),
	users(),
	number("operation", "registrerade", func(s *System) **int64 { return &s.DataSubjects }),

	day("contract", "avtal-slut", func(s *System) *civil.Date { return &s.ContractEnd }),
	text("contract", "avtal-kommentar", kindText, func(s *System) *string { return &s.ContractNote }),
	choice("contract", "bitradesavtal", "agreement", agreements, func(s *System) *string { return &s.ProcessorAgreement }),
	day("contract", "bitradesavtal-dag", func(s *System) *civil.Date { return &s.ProcessorAgreementOn }),
	text("contract", "underbitraden", kindTextarea, func(s *System) *string { return &s.SubProcessors }),

	choice("permissions", "rollmodell", "answer", Answers, func(s *System) *string { return &s.RoleModel }),
	day("permissions", "rollmodell-dag", func(s *System) *civil.Date { return &s.RoleModelOn }),
	day("permissions", "behorighet-dag", func(s *System) *civil.Date { return &s.AccessReviewOn }),
	choice("permissions", "atkomstlogg", "answer", Answers, func(s *System) *string { return &s.AccessLog }),
	number("permissions", "loggkontroll-manader", func(s *System) **int64 { return &s.LogReviewMonths }),
	day("permissions", "loggkontroll-dag", func(s *System) *civil.Date { return &s.LogReviewOn }),
	choice("permissions", "klassad", "answer", Answers, func(s *System) *string { return &s.ClassifiedLastYear }),
}

func (in *input) label(c *web.Context) string { return c.L.T("system.field-" + in.name) }

// shown writes a value as a reader sees it.
func (in *input) shown(c *web.Context, v string) string {
	if in.kind == kindSelect {
		return c.L.T("system." + in.words + "-" + v)
	}
	return v
}

func (in *input) field(c *web.Context, value string) web.Field {
	f := web.Field{
		Name: in.name, Type: in.kind, Label: in.label(c), Value: value, Optional: in.name != "namn" && in.kind != kindSelect, List: in.list,
	}
	if in.list != "" {
		f.Autocomplete = "off"
	}
	if key := "system.field-" + in.name + "-hint"; c.L.Has(key) {
		f.Hint = c.L.T(key)
	}
	for _, o := range in.options {
		f.Options = append(f.Options, web.Option{Value: o, Label: c.L.T("system." + in.words + "-" + o)})
	}
	return f
}
