// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"embed"
	"path/filepath"
	"time"

	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Path is where the page about backups is, and Menu the name of its entry in the menu.
const (
	Path = "/administration/sakerhetskopiering"
	Menu = "backup"
)

// Pages are the page about backups and drills.
type Pages struct{ Service *Service }

// Routes registers the page.
func (p *Pages) Routes(s *web.Site) { s.Handle("GET "+Path, "backup.View", p.view) }

type viewPage struct {
	web.Page
	Backup, Drill standing
	Set           bool
	Runs          []line
}

// standing is the latest backup or drill: its age, and whether that is too much.
type standing struct {
	Known, Old    bool
	Age, At, Took string
	Tag           web.Tag
}

// line is one run in the list.
type line struct {
	At, Kind, File, Took, Rows, Fault string
	Good                              bool
	Tag                               web.Tag
}

func (p *Pages) view(c *web.Context) error {
	o, err := p.Service.View(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	out := viewPage{
		Page: web.Page{Title: c.L.T("backup.title"), Active: Menu}, Set: o.Set,
		Backup: stands(c.L, o, o.Backup, o.BackupOld), Drill: stands(c.L, o, o.Drill, o.DrillOld),
	}
	for i := range o.Runs {
		out.Runs = append(out.Runs, lineOf(c.L, &o.Runs[i]))
	}
	return c.Render(pages, "backup.html", &out)
}

// seconds is a time in whole seconds, at least one.
func seconds(l *locale.Localizer, d time.Duration) string {
	return l.Number(int64(max(1, d.Round(time.Second).Seconds())))
}

func stands(l *locale.Localizer, o *Overview, r *Run, old bool) standing {
	out := standing{Old: old, Age: l.T("backup.never"), Tag: web.OK(l.T("backup.fresh"))}
	if old {
		out.Tag = web.Tag{Kind: "bad", Icon: "warn", Word: l.T("backup.old")}
	}
	if r == nil {
		if old {
			out.Tag.Word = l.T("backup.missing")
		}
		return out
	}
	out.Known, out.At, out.Took, out.Age = true, l.Moment(r.Began), seconds(l, r.Took), l.T("backup.today")
	if days := int(o.Now.Sub(r.Began).Hours() / 24); days > 0 {
		out.Age = l.T("backup.age", "Count", days)
	}
	return out
}

func lineOf(l *locale.Localizer, r *Run) line {
	out := line{
		At: l.Moment(r.Began), Kind: l.T("backup.kind-copy"), File: filepath.Base(r.File), Took: seconds(l, r.Took), Rows: l.Number(r.Rows),
		Fault: r.Fault, Good: r.Fault == "", Tag: web.OK(l.T("backup.good")),
	}
	if r.Kind == Drill {
		out.Kind = l.T("backup.kind-drill")
	}
	if !out.Good {
		out.Tag = web.Tag{Kind: "bad", Icon: "warn", Word: l.T("backup.bad")}
	}
	return out
}
