// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// Audiences and Zones are the values that a way in may have.
var (
	Audiences = []string{"residents", "staff", "support", "administrators", "service", Unknown}
	Zones     = []string{"internet", "internal", Unknown}
)

// Rows of ways in on the form: there are always empty ones to add in, and more than maxLogins is a slip.
const (
	emptyLogins = 2
	maxLogins   = 50
)

// loginForm is one row.
type loginForm struct {
	Legend string
	ID     hidden
	Fields []web.Field
	Remove web.Field
	Kept   bool // it stands in the register already
}

func loginField(i int, name string) string { return "inlogg-" + strconv.Itoa(i) + "-" + name }

func storeLogins(out url.Values, logins []LoginPath) {
	for i, l := range logins {
		out.Set(loginField(i, "id"), l.ID.String())
		out.Set(loginField(i, "vem"), l.Audience)
		out.Set(loginField(i, "adress"), l.Address)
		out.Set(loginField(i, "nat"), l.Zone)
		out.Set(loginField(i, "satt"), l.Method)
	}
}

// usedLogins is how many rows the values have, without the empty ones at the end.
func usedLogins(get func(string) string) int {
	used := 0
	for i := range maxLogins {
		for _, name := range []string{"id", "adress", "satt"} {
			if get(loginField(i, name)) != "" {
				used = i + 1
			}
		}
		for _, name := range []string{"vem", "nat"} {
			if v := get(loginField(i, name)); v != "" && v != Unknown {
				used = i + 1
			}
		}
	}
	return used
}

func loginForms(c *web.Context, values url.Values) []loginForm {
	rows := min(usedLogins(values.Get)+emptyLogins, maxLogins)
	out := make([]loginForm, rows)
	for i := range out {
		at := func(name string) (string, string) { return loginField(i, name), values.Get(loginField(i, name)) }
		f := loginForm{Legend: c.L.T("system.login-number", "Number", i+1)}
		f.ID.Name, f.ID.Value = at("id")
		f.Kept = f.ID.Value != ""
		for _, one := range []struct {
			name, words string
			options     []string
		}{{"vem", "audience", Audiences}, {"nat", "zone", Zones}, {"adress", "", nil}, {"satt", "", nil}} {
			name, value := at(one.name)
			field := web.Field{Name: name, Label: c.L.T("system.login-" + one.name), Value: value, Optional: one.options == nil}
			if value == "" && one.options != nil {
				field.Value = Unknown
			}
			for _, o := range one.options {
				field.Type = kindSelect
				field.Options = append(field.Options, web.Option{Value: o, Label: c.L.T("system." + one.words + "-" + o)})
			}
			f.Fields = append(f.Fields, field)
		}
		name, value := at("bort")
		f.Remove = web.Field{Name: name, Type: "checkbox", Value: "ja", Checked: value != "", Label: c.L.T("system.login-remove", "Number", i+1)}
		out[i] = f
	}
	return out
}

// readLogins takes in the rows. One that is empty, or that is to be removed, is left out.
func readLogins(c *web.Context, s *System) []web.FieldError {
	known := map[string]bool{}
	for _, l := range s.Logins {
		known[l.ID.String()] = true
	}
	var out []LoginPath
	var faults []web.FieldError
	for i := range usedLogins(c.Form) {
		l, kept := readLogin(c, i)
		if !kept {
			continue
		}
		faults = append(faults, checkLogin(i, &l)...)
		// An id from elsewhere is not ours to write over.
		if known[l.ID.String()] {
			delete(known, l.ID.String())
		} else {
			l.ID = ""
		}
		out = append(out, l)
	}
	if len(faults) == 0 {
		s.Logins = out
	}
	return faults
}

// readLogin takes in one row; kept is false for one that is empty or to be removed.
func readLogin(c *web.Context, i int) (l LoginPath, kept bool) {
	at := func(name string) string { return c.Form(loginField(i, name)) }
	l = LoginPath{ID: ids.ID[LoginPath](at("id")), Audience: at("vem"), Address: at("adress"), Zone: at("nat"), Method: at("satt")}
	if l.Audience == "" {
		l.Audience = Unknown
	}
	if l.Zone == "" {
		l.Zone = Unknown
	}
	empty := l.Address == "" && l.Method == "" && l.Audience == Unknown && l.Zone == Unknown
	return l, at("bort") == "" && !empty
}

// checkLogin says what is wrong with a row.
func checkLogin(i int, l *LoginPath) []web.FieldError {
	var faults []web.FieldError
	fault := func(wrong bool, name, key string) {
		if wrong {
			faults = append(faults, web.FieldError{Field: loginField(i, name), Key: key, Args: []any{"Max", maxText}})
		}
	}
	fault(!slices.Contains(Audiences, l.Audience), "vem", "system.error-value")
	fault(!slices.Contains(Zones, l.Zone), "nat", "system.error-value")
	fault(utf8.RuneCountInString(l.Address) > maxText, "adress", "system.error-long")
	fault(utf8.RuneCountInString(l.Method) > maxText, "satt", "system.error-long")
	return faults
}

// loginText writes the ways in as one text, to compare and to show.
func loginText(c *web.Context, logins []LoginPath) string {
	var out []string
	for _, l := range logins {
		line := fmt.Sprintf("%s, %s", c.L.T("system.audience-"+l.Audience), c.L.T("system.zone-"+l.Zone))
		for _, v := range []string{l.Address, l.Method} {
			if v != "" {
				line += ", " + v
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}
