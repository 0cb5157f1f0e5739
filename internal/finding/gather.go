// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
)

// How much of one object is kept apart. What comes above is counted together.
const (
	mostGroups = 500
	mostPrints = 100
	mostExact  = 4096
	mostSpots  = 20
	mostMasks  = 3
	mostSkips  = 20
)

// keyer makes keyed hashes: what is looked up by them cannot be told from them.
type keyer []byte

func (k keyer) key(parts ...string) string {
	m := hmac.New(sha256.New, k)
	for _, p := range parts {
		m.Write([]byte(p))
		m.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// fingerprints is the key of fingerprints.
func (k keyer) fingerprints() discovery.Key {
	m := hmac.New(sha256.New, k)
	m.Write([]byte("fingerprints"))
	return discovery.Key(m.Sum(nil))
}

// gather takes in what is found in one object, and sums it up by container and detector. The values are not in what it takes in.
type gather struct {
	groups  map[groupKey]*group
	columns []discovery.Container
	like    *discovery.Container
	counts  map[string]int64
	skips   []Skip
	skipped int64
}

// groupKey is a container and a detector.
type groupKey struct {
	member, table, field, detector string
	column                         int
	named                          bool // it is the name of the file, a folder or the member, that field tells of
}

// group is what one detector found in one container.
type group struct {
	Held
	prints map[string]struct{}
}

func newGather() *gather {
	return &gather{groups: map[groupKey]*group{}, counts: map[string]int64{}}
}

// Findings takes in findings.
func (g *gather) Findings(list []discovery.Finding) error {
	for i := range list {
		g.add(&list[i])
	}
	return nil
}

func (g *gather) add(f *discovery.Finding) {
	k := groupKey{f.Member, f.Place.Table, f.Place.Field, f.Detector, 0, f.Named}
	if f.Place.Field == "" && (f.Place.Table != "" || f.Place.Cell != "") {
		k.column = f.Place.Column
	}
	x := g.groups[k]
	if x == nil {
		if len(g.groups) >= mostGroups {
			k = groupKey{detector: f.Detector}
			x = g.groups[k]
		}
		if x == nil {
			x = &group{prints: map[string]struct{}{}}
			x.Detector, x.Member, x.Table, x.Field, x.Named = k.detector, k.member, k.table, k.field, k.named
			if k.member != "" {
				x.MemberPrint = f.MemberPrint.String()
			}
			g.groups[k] = x
		}
	}
	x.Why |= f.Why
	if f.Confidence < detect.Medium {
		x.Low++
		return
	}
	x.Total++
	g.counts[f.Detector]++
	x.High = x.High || f.Confidence == detect.High
	if len(x.prints) < mostExact {
		x.prints[f.Fingerprint.String()] = struct{}{}
	}
	if len(x.Masked) < mostMasks && !slices.Contains(x.Masked, f.Masked) {
		x.Masked = append(x.Masked, f.Masked)
	}
	if len(x.Spots) < mostSpots {
		x.Spots = append(x.Spots, Spot{Offset: f.Offset, Line: f.Place.Line, Cell: f.Place.Cell, Page: f.Place.Page, Mask: f.Masked})
	}
}

// Counted is not asked for: every finding is told.
func (g *gather) Counted(string, []int64, []int64) error { return nil }

// Container takes in a verdict.
func (g *gather) Container(c discovery.Container) error {
	if c.Detector == "document" {
		g.like = &c
		return nil
	}
	g.columns = append(g.columns, c)
	return nil
}

// Skipped takes in what was not read.
func (g *gather) Skipped(s discovery.Skipped) error {
	if s.To == s.From { // a link: what it leads to is read where it lies
		return nil
	}
	g.skipped++
	if len(g.skips) < mostSkips {
		g.skips = append(g.skips, Skip{Member: s.Member, From: s.From, To: s.To, Reason: s.Reason})
	}
	return nil
}

// held gives what was found, with the verdicts of columns, in an order that is the same whenever the object is read.
func (g *gather) held(k keyer, path string) []Held {
	out := make([]Held, 0, len(g.groups))
	for key, x := range g.groups {
		h := x.Held
		h.path, h.Different = path, int64(len(x.prints))
		h.Prints = slices.Sorted(maps.Keys(x.prints))
		h.Prints = h.Prints[:min(len(h.Prints), mostPrints)]
		h.container = k.key("container", path, h.Member, h.Table, h.Field)
		if h.Named { // a column may be called as the name is told to be
			h.container = k.key("name", path, h.Member, h.Field)
		}
		for i := range g.columns {
			c := &g.columns[i]
			if key.named || c.Detector != key.detector || c.Field != key.field || key.field == "" || c.Table != key.table || c.Member != key.member {
				continue
			}
			h.Column, h.Share, h.Verdict = true, c.ValidShare, c.Verdict
			h.Different = max(h.Different, min(c.Distinct, h.Total))
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Held) int {
		for _, d := range []int{
			strings.Compare(a.Member, b.Member), strings.Compare(a.Table, b.Table), strings.Compare(a.Field, b.Field), strings.Compare(a.Detector, b.Detector),
		} {
			if d != 0 {
				return d
			}
		}
		return int(b.Total - a.Total)
	})
	return out
}

// looksLike is the kind of information that the document looks like; nil when it looks like none.
func (g *gather) looksLike(rules *detect.Rules) *LooksLike {
	if g.like == nil {
		return nil
	}
	out := &LooksLike{Type: g.like.Verdict, Counts: map[string]int64{}}
	for i := range rules.Documents {
		d := &rules.Documents[i]
		if d.ID != g.like.Verdict {
			continue
		}
		for id := range d.Needs {
			out.Counts[id] = g.counts[id]
		}
		out.Words = d.Words
	}
	if n := g.counts["personnummer"]; n > 0 {
		out.Counts["personnummer"] = n
	}
	return out
}
