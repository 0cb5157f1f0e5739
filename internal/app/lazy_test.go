// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"testing"

	"github.com/insegel/insegel/internal/web"
)

// TestEveryTemplateIsRight reads every page of the program: it reads each by itself only when somebody comes to it.
func TestEveryTemplateIsRight(t *testing.T) {
	if err := web.CheckTemplates(); err != nil {
		t.Error(err)
	}
}
