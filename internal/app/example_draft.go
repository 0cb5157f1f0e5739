// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/whatif"
)

// exampleDraft is a made-up law with made-up requirements, in the catalogue's own files.
const exampleDraft = "exempellagen.yaml"

// tellDraft loads the made-up draft, unless an earlier start that was cut short has done so.
func (a *App) tellDraft(ctx context.Context, actor access.Actor) error {
	have, err := a.WhatIf.List(ctx, actor)
	if err != nil || len(have) > 0 {
		return err
	}
	b, err := fs.ReadFile(data.Files, "drafts/"+exampleDraft)
	if err != nil {
		return fmt.Errorf("read the example's draft: %w", err)
	}
	d, err := a.WhatIf.Load(ctx, actor, whatif.Draft{Name: "Exempellagen (påhittad)", Files: []catalogue.DraftFile{{Name: exampleDraft, Text: string(b)}}})
	if err != nil {
		return err
	}
	return a.mark(ctx, actor, madeDraft, d.ID.String())
}
