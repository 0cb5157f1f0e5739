// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// scimValue is a value of a list in SCIM: a role, a group, an address.
type scimValue struct {
	Value   string `json:"value"`
	Display string `json:"display"`
	Type    string `json:"type"`
	Primary bool   `json:"primary"`
}

func (v *scimValue) name() string {
	if v.Display != "" {
		return v.Display
	}
	return v.Value
}

// UnmarshalJSON takes a value that is only a text too, as some systems write roles.
func (v *scimValue) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte(`"`)) {
		return json.Unmarshal(b, &v.Value)
	}
	type plain scimValue
	return json.Unmarshal(b, (*plain)(v))
}

// scimUser is a user resource of SCIM (RFC 7643), as far as accounts are compared by it.
type scimUser struct {
	UserName    string `json:"userName"`
	ExternalID  string `json:"externalId"`
	DisplayName string `json:"displayName"`
	Name        struct {
		Formatted string `json:"formatted"`
	} `json:"name"`
	UserType     string      `json:"userType"`
	Active       *bool       `json:"active"`
	Emails       []scimValue `json:"emails"`
	Roles        []scimValue `json:"roles"`
	Entitlements []scimValue `json:"entitlements"`
	Groups       []scimValue `json:"groups"`
	Enterprise   struct {
		EmployeeNumber string `json:"employeeNumber"`
	} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
}

// isSCIM reports whether a list is written as JSON, and so is no text with columns.
func isSCIM(content []byte) bool {
	b := bytes.TrimSpace(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")))
	return bytes.HasPrefix(b, []byte("{")) || bytes.HasPrefix(b, []byte("["))
}

// readSCIM reads users as a service for SCIM lists them: pages of an answer to GET /Users one after another, a plain list, or one user a line.
func readSCIM(content []byte) ([]Account, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))))
	var out []Account
	for {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, ErrAccessList
		}
		users, err := scimUsers(raw)
		if err != nil {
			return nil, err
		}
		for i := range users {
			if len(out) >= MaxAccounts {
				return nil, ErrAccessListSize
			}
			a := users[i].account(len(out) + 1)
			if a.Name == "" {
				return nil, ErrAccessList // it is no user, so this is no list of them
			}
			out = append(out, a)
		}
	}
	return out, nil
}

// scimUsers are the users in one value.
func scimUsers(raw json.RawMessage) ([]scimUser, error) {
	var users []scimUser
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		if json.Unmarshal(raw, &users) != nil {
			return nil, ErrAccessList
		}
		return users, nil
	}
	var page struct {
		Resources *[]scimUser `json:"Resources"`
		Total     *int        `json:"totalResults"`
	}
	if json.Unmarshal(raw, &page) != nil {
		return nil, ErrAccessList
	}
	if page.Resources != nil || page.Total != nil {
		if page.Resources == nil {
			return nil, nil // an answer without any
		}
		return *page.Resources, nil
	}
	var one scimUser
	if json.Unmarshal(raw, &one) != nil {
		return nil, ErrAccessList
	}
	return []scimUser{one}, nil
}

// account is a user as it is compared. Roles, entitlements and groups are what it may do; those that are called what a unit is called say how
// far it reaches.
func (u *scimUser) account(row int) Account {
	a := Account{Row: row, Name: clean(u.UserName), Inactive: u.Active != nil && !*u.Active}
	if a.Name == "" {
		a.Name = clean(u.ExternalID)
	}
	for i := range u.Emails {
		if text := clean(u.Emails[i].Value); text != "" {
			if a.Owners = append(a.Owners, text); u.Emails[i].Primary {
				a.Owner = text
			}
		}
	}
	for _, text := range []string{u.ExternalID, u.Enterprise.EmployeeNumber, u.DisplayName, u.Name.Formatted} {
		if text = clean(text); text != "" {
			a.Owners = append(a.Owners, text)
		}
	}
	if a.Owner == "" && len(a.Owners) > 0 {
		a.Owner = a.Owners[0]
	}
	var roles []string
	for i := range u.Roles {
		roles = append(roles, clean(u.Roles[i].name()))
	}
	for _, list := range [][]scimValue{u.Roles, u.Entitlements, u.Groups} {
		for i := range list {
			a.Reaches = append(a.Reaches, clean(list[i].name()))
		}
	}
	a.Role = strings.Join(roles, ", ")
	w := word(u.UserType)
	a.Service = strings.Contains(w, "tjanst") || strings.Contains(w, "service") || strings.Contains(w, "system")
	return a
}

func clean(s string) string { return strings.Join(strings.Fields(s), " ") }
