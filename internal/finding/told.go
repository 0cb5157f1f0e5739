// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"path"
	"strings"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
)

// teller tells paths and members without what in them says who somebody is. What is masked is followed by # and the end of the id of the place
// or the file, so that two that look the same are told apart: whoever may look at a finding where it lies sees there what it is called.
type teller struct{ names *discovery.Names }

// newTeller makes a teller that masks by some rules. Without rules no path is told at all.
func newTeller(r *detect.Rules) teller {
	if r == nil {
		return teller{}
	}
	return teller{discovery.NewNames(r)}
}

// idBytes is how much of an id is told.
const idBytes = 6

// path is how a path is told that belongs to an id.
func (t teller) path(name, id string) string {
	shown, hidden := "…", true
	if t.names != nil {
		shown, hidden = t.names.Path(name)
	}
	if hidden {
		shown += "#" + id[max(0, len(id)-idBytes):]
	}
	return shown
}

// source tells where a source lies. A database has no name of a person.
func (t teller) source(s *Source) {
	if s.Told = s.Place; !s.Database() {
		s.Told = t.path(s.Place, s.ID.String())
	}
}

func (t teller) places(list []Place) {
	for i := range list {
		t.place(&list[i])
	}
}

func (t teller) place(p *Place) { p.Path = t.path(p.path, p.ID.String()) }

func (t teller) rules(list []Rule) {
	for i := range list {
		list[i].Path = t.path(list[i].path, list[i].PlaceID.String())
	}
}

func (t teller) held(list []Held) {
	for i := range list {
		h := &list[i]
		h.Path = t.path(h.path, h.Object.String())
		h.Member, _ = t.names.Path(h.Member) // one that an earlier version held is in clear
	}
}

func (t teller) objects(list []Object) {
	for i := range list {
		o := &list[i]
		o.Told = t.path(o.Path, o.ID.String())
		for k := range o.Skips {
			s := &o.Skips[k]
			s.Member, _ = t.names.Path(s.Member)
			s.Reason = t.names.Hide(s.Reason)
		}
	}
}

// base is the last name of a path, which is "." for the source itself.
func base(name string) string { return path.Base(strings.TrimRight(name, "/")) }
