// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
)

//go:embed municipalities.txt
var municipalities string

// Municipalities are the names of Sweden's municipalities, for the first person to choose among.
func Municipalities() []string { return strings.Split(strings.TrimSpace(municipalities), "\n") }

// Found makes the organisation of the first person in the caller's transaction, or gives the one that is there already its name, and
// tells its id. The caller has seen that nobody is in it yet.
func Found(ctx context.Context, tx *db.Tx, id access.OrganisationID, name string) (access.OrganisationID, error) {
	o, err := Get(ctx, tx, id)
	action := "organisation.Rename"
	switch {
	case errors.Is(err, db.ErrNotFound):
		action = "organisation.Create"
		o = Organisation{ID: id, Code: codeOf(name), Name: name}
		err = insert(ctx, tx, o)
	case err == nil && o.Name != name:
		o.Name = name
		err = rename(ctx, tx, o)
	case err == nil:
		return o.ID, nil
	}
	if err != nil {
		return "", fmt.Errorf("found organisation: %w", err)
	}
	return o.ID, audit.Append(ctx, tx, access.LocalAdministrator(o.ID), audit.Entry{
		Action: action, ObjectKind: "organisation", ObjectID: o.ID.String(), Data: map[string]string{"code": o.Code, "name": o.Name},
	})
}

// codeOf makes a code of a name: "Norrsjö kommun" is norrsjo.
func codeOf(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), " kommun"), " stad")
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case (r == ' ' || r == '-') && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	code := strings.Trim(b.String()[:min(b.Len(), 40)], "-")
	if CheckCode(code) != nil {
		return DefaultCode
	}
	return code
}
