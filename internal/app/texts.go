// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"fmt"
	"sync"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/certificate"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/auth/saml"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webhook"
	"github.com/insegel/insegel/internal/whatif"
	"github.com/insegel/insegel/internal/workshop"
)

// messages are the texts of every slice that has any.
var messages = map[string]string{
	"action":         action.Messages,
	"alarm":          alarm.Messages,
	"app":            Messages,
	"approval":       approval.Messages,
	"auth":           auth.Messages,
	"passkey":        passkey.Messages,
	"certificate":    certificate.Messages,
	"backup":         backup.Messages,
	"classification": classification.Messages,
	"evidence":       evidence.Messages,
	"incident":       incident.Messages,
	"finding":        finding.Messages,
	"link":           link.Messages,
	"mail":           mail.Messages,
	"measurement":    measurement.Messages,
	"organisation":   organisation.Messages,
	"campaign":       campaign.Messages,
	"followup":       followup.Messages,
	"national":       national.Messages,
	"oidc":           oidc.Messages,
	"overview":       overview.Messages,
	"processing":     processing.Messages,
	"procurement":    procurement.Messages,
	"provider":       provider.Messages,
	"register":       register.Messages,
	"report":         report.Messages,
	"requirement":    requirement.Messages,
	"risk":           risk.Messages,
	"rotation":       rotation.Messages,
	"saml":           saml.Messages,
	"supplier":       supplier.Messages,
	"system":         system.Messages,
	"token":          token.Messages,
	"web":            web.Messages,
	"webhook":        webhook.Messages,
	"whatif":         whatif.Messages,
	"workshop":       workshop.Messages,
}

// Texts reads the texts of every slice, once.
var Texts = sync.OnceValues(func() (*locale.Bundle, error) {
	b, err := locale.NewBundle(messages)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	return b, nil
})
