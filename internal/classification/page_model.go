// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	_ "embed"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/web"
)

//go:embed example-model.yaml
var exampleSource []byte

// maxModelFile is far above any model: the loader has a limit of its own for what a file may hold.
const maxModelFile = 1 << 20

// modelEndings are what the name of a model's file may end with.
var modelEndings = []string{".yaml", ".yml"}

// ownScale is the choice of a bare scale, such as 1-3.
const ownScale = "skala"

// modelsPage lists the models, for choosing one and for adding the organisation's own.
type modelsPage struct {
	web.Page
	Models             []modelRow
	Scale              web.Field
	File               web.Field
	Problems           catalogue.Problems
	FileName           string
	MayChoose, MayAdd  bool
	ScaleChosen, IsOwn bool
}

// modelRow is one model.
type modelRow struct {
	ID, Version, Name, About, Scale string
	Own, Chosen, Verified           bool
}

func (p *Pages) showModels(c *web.Context) error { return p.models(c, modelsPage{}, "", nil) }

func (p *Pages) models(c *web.Context, page modelsPage, scale string, faults []web.FieldError) error {
	choices, err := p.Service.Models(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	page.Page = web.Page{
		Title: c.L.T("classification.models"), Active: "system", Errors: faults,
		Crumbs: []web.Crumb{{Label: c.L.T("classification.systems"), Href: "/system"}, {Label: c.L.T("classification.models")}},
	}
	page.MayChoose, page.MayAdd = access.Allowed(c.Actor, "classification.ChooseModel"), access.Allowed(c.Actor, "classification.AddModel")
	lang := catalogue.Lang(c.L.Lang)
	for _, m := range choices {
		row := modelRow{
			ID: m.Model.ID, Version: m.Model.Version, Name: m.Model.Name.In(lang), About: m.Model.Description.In(lang), Own: m.Own, Chosen: m.Chosen,
			Verified: m.Model.Verified, Scale: scales(c, m.Model),
		}
		page.Models = append(page.Models, row)
	}
	page.Scale = web.Field{Name: ownScale, Label: c.L.T("classification.scale"), Hint: c.L.T("classification.scale-hint"), Value: scale, Optional: true}
	page.File = web.Field{Name: "fil", Type: "file", Label: c.L.T("classification.file"), Hint: c.L.T("classification.file-hint"), Accept: strings.Join(modelEndings, ",")}
	return c.Render(templates, "models.html", page)
}

// scales writes a model's scales in short: "K, R, T, S: 0–4".
func scales(c *web.Context, m *catalogue.Model) string {
	var parts []string
	var letters []string
	for i := range m.Aspects {
		a := &m.Aspects[i]
		letters = append(letters, a.Letter.In(catalogue.Lang(c.L.Lang)))
		last := i == len(m.Aspects)-1
		if last || ends(a) != ends(&m.Aspects[i+1]) {
			parts = append(parts, strings.Join(letters, ", ")+": "+ends(a))
			letters = nil
		}
	}
	return strings.Join(parts, "; ")
}

// ends is the lowest and the highest level of an aspect.
func ends(a *catalogue.ModelAspect) string {
	return strconv.Itoa(a.Levels[0].Value) + "–" + strconv.Itoa(a.Levels[len(a.Levels)-1].Value)
}

// chooseModel makes a model, or a bare scale, the one that new classifications are made with.
func (p *Pages) chooseModel(c *web.Context) error {
	id := c.Form("modell")
	scale := strings.ReplaceAll(strings.ReplaceAll(c.Form(ownScale), "–", "-"), " ", "")
	switch {
	case scale != "":
		if _, err := Scale(p.Service.Catalogue, scale); err != nil {
			return p.models(c, modelsPage{}, c.Form(ownScale), []web.FieldError{{Field: ownScale, Key: "classification.fault-scale"}})
		}
		id = scale
	case id == "":
		return p.models(c, modelsPage{}, "", []web.FieldError{{Field: "modell", Key: "classification.fault-choose-model"}})
	}
	m, err := p.Service.ChooseModel(c.Context(), c.Actor, id)
	switch {
	case errors.Is(err, ErrModel):
		return p.models(c, modelsPage{}, "", []web.FieldError{{Field: "modell", Key: "classification.fault-choose-model"}})
	case err != nil:
		return err
	}
	return c.Redirect("/klassning/modeller", "classification.model-chosen", "Name", m.Name.In(catalogue.Lang(c.L.Lang)))
}

// addModel takes in a model file, or lists what is wrong with it.
func (p *Pages) addModel(c *web.Context) error {
	file, head, err := c.Upload("fil", maxModelFile, modelEndings...)
	if errors.Is(err, web.ErrNoFile) || errors.Is(err, web.ErrEnding) {
		return p.models(c, modelsPage{}, "", []web.FieldError{{Field: "fil", Key: "classification.fault-file"}})
	}
	if err != nil {
		return err
	}
	source, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	name := path.Base(strings.ReplaceAll(head.Filename, `\`, "/"))
	m, err := p.Service.AddModel(c.Context(), c.Actor, name, source)
	var problems catalogue.Problems
	switch {
	case errors.As(err, &problems):
		return p.models(c, modelsPage{Problems: problems, FileName: name}, "", []web.FieldError{
			{Field: "fil", Key: "classification.fault-model", Args: []any{"Count", len(problems), "File", name}},
		})
	case errors.Is(err, ErrModelTaken):
		return p.models(c, modelsPage{FileName: name}, "", []web.FieldError{{Field: "fil", Key: "classification.fault-model-taken"}})
	case err != nil:
		return err
	}
	return c.Redirect("/klassning/modeller", "classification.model-added", "Name", m.Name.In(catalogue.Lang(c.L.Lang)))
}

// exampleModel gives a small model file to begin from.
func (p *Pages) exampleModel(c *web.Context) error {
	return c.Attachment("modell.yaml", "application/yaml; charset=utf-8", exampleSource)
}
