// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"path"
	"strings"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/locale"
)

// docRule is a kind of information that documents look like.
type docRule = detect.Document

// dashed is an id as it stands in message keys.
func dashed(id string) string { return strings.ReplaceAll(id, "_", "-") }

// kindName is the name of what a detector finds: Personnummer.
func kindName(l *locale.Localizer, detector string) string {
	return l.T("finding.detector-" + dashed(detector))
}

// Noun is what a number of the things that a detector finds are called in a sentence: personnummer, e-postadress.
func Noun(l *locale.Localizer, detector string, n int64) string {
	return l.T("finding.noun-"+dashed(detector), "Count", n)
}

// Counted says how many of a kind there are: 1 240 personnummer.
func Counted(l *locale.Localizer, detector string, n int64) string {
	return l.T("finding.counted", "N", n, "Kind", Noun(l, detector, n))
}

func counted(l *locale.Localizer, t Tally) string { return Counted(l, t.Detector, t.Total) }

// Title says what was found where, as a heading.
func Title(l *locale.Localizer, p *Place) string {
	if len(p.Tallies) == 0 || p.Tallies[0].Total == 0 {
		return l.T("finding.title-none", "Place", p.name())
	}
	return l.T("finding.title-of", "What", counted(l, p.Tallies[0]), "Place", p.name())
}

// name is the last part of a place's path.
func (p *Place) name() string {
	switch {
	case p.path == ".":
		return p.Source
	case p.Kind != Files:
		return p.Path
	default:
		return path.Base(p.Path)
	}
}

// whereOf names the container of a finding in the reader's words.
func whereOf(l *locale.Localizer, h *Held) string {
	x := *h
	switch {
	case h.Named && h.Field == discovery.FolderName:
		x.Field = l.T("finding.name-of-folder")
	case h.Named:
		x.Field = l.T("finding.name-of-file")
	}
	return x.Where()
}

// folderOf is where a file lies below its source, for who may see it.
func folderOf(h *Held) string {
	if dir := path.Dir(h.Path); dir != "." {
		return dir + "/"
	}
	return ""
}

// Sentence puts a contradiction in words: "Registret säger inga personuppgifter. 3 kolumner innehåller 1 240 personnummer."
func Sentence(l *locale.Localizer, c *Contradiction) string {
	said := l.T("finding.register-silent-" + dashed(c.Fact))
	if c.Denied {
		said = l.T("finding.register-denies-" + dashed(c.Fact))
	}
	var found []string
	for i, t := range c.Detectors {
		if i == 3 {
			break
		}
		key := "finding.holds-containers"
		n := t.Containers
		if t.Columns > 0 && t.Columns == t.Containers {
			key = "finding.holds-columns"
		}
		found = append(found, l.T(key, "Count", n, "What", counted(l, t)))
	}
	return said + " " + strings.Join(found, " ")
}
