// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/kolada"
	"github.com/insegel/insegel/internal/national"
)

// storyReference is a series that nobody has published, by place and year.
type storyReference struct {
	Measure, Title, Description, Area, Beside string
	Values                                    map[string]map[int]float64
	// Missing are the years without a figure, by place.
	Missing map[string][]int
	Break   struct {
		Year int
		Note string
	}
}

// storyGroup is a group of municipalities in the example. It has real municipalities, and no figures of any of them.
type storyGroup struct {
	Code, Title string
	Members     []string
}

// tellReferences shows what others' figures look like beside one's own: invented ones, of the country and of a group.
func (a *App) tellReferences(ctx context.Context, actor access.Actor, s *story) error {
	x := national.Illustration{Beside: map[string]string{}, Breaks: map[string]followup.ImportedBreak{}}
	for _, g := range s.Groups {
		x.Groups = append(x.Groups, kolada.Group{ID: g.Code, Title: g.Title, Members: g.Members})
	}
	for i := range s.References {
		r := &s.References[i]
		x.Measures = append(x.Measures, kolada.Measure{ID: r.Measure, Title: r.Title, Description: r.Description, Area: r.Area})
		x.Beside[r.Measure] = r.Beside
		if r.Break.Year != 0 {
			x.Breaks[r.Measure] = followup.ImportedBreak{Year: r.Break.Year, Note: r.Break.Note}
		}
		for place, years := range r.Values {
			for year, v := range years {
				x.Values = append(x.Values, kolada.Value{Measure: r.Measure, Place: place, Year: year, Value: &v})
			}
		}
		for place, years := range r.Missing {
			for _, year := range years {
				x.Values = append(x.Values, kolada.Value{Measure: r.Measure, Place: place, Year: year, Status: "Missing"})
			}
		}
	}
	return a.National.Illustrate(ctx, actor, x)
}
