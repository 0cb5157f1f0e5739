// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth/certificate"
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/saml"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// forms give the fields of each kind of provider, so that a change of them can be told in words.
func forms() map[provider.Kind]func(*locale.Localizer, json.RawMessage) []web.Field {
	return map[provider.Kind]func(*locale.Localizer, json.RawMessage) []web.Field{
		provider.OIDC: oidc.Driver{}.Fields, provider.SAML: saml.Driver{}.Fields, provider.Certificate: certificate.Driver{}.Fields,
	}
}

// alarmAbout names what an alarm is about: the change that waits for want of a second person.
func (a *App) alarmAbout(ctx context.Context, actor access.Actor, l *locale.Localizer, x *alarm.Alarm) (text, href string, err error) {
	if x.Kind == alarm.IncidentSuspected {
		return l.T("app.alarm-finding"), finding.InboxPath + "?visa=incident", nil
	}
	if x.Kind != alarm.ChangeWaits {
		return "", "", nil
	}
	id, err := ids.Parse[approval.Request](x.ObjectID)
	if err != nil {
		return "", "", fmt.Errorf("read alarm: %w", err)
	}
	t, err := a.Approvals.Describe(ctx, actor, l, id)
	if errors.Is(err, db.ErrNotFound) {
		return "", "", nil
	}
	return t.Title(l), approval.Path, err
}
