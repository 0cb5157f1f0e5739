// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"slices"
	"strings"
)

// The forms of hosting.
const (
	ownHosting      = "own"
	supplierHosting = "supplier"
	cloudEU         = "cloud-eu"
	cloudOutside    = "cloud-outside-eu"
)

// Words of hosting, as beginnings of words. "internet" is no sign of own hosting.
var (
	cloudStems    = []string{"moln", "saas", "cloud", "paas", "iaas"}
	supplierStems = []string{"extern", "leverantör", "hosted", "outsourc", "supplier", "vendor", "driftpartner", "inhyrd"}
	ownStems      = []string{"intern", "egen", "eget", "lokal", "onprem", "inhouse", "own", "self", "kommunen", "local"}
	// fillers say nothing by themselves beside one of the others.
	fillers = set("drift|driftas|driftad|drifta|tjänst|av|hos|i|inom|in|the|med|på|som|on|regi|hosting|service|server|vår|våra|serverhall|within|hosted|data|it")
)

// place is a country or a region: its code, if it is one country, and whether it is in the EU or the EEA.
type place struct {
	code   string
	inside bool
}

// places are the countries and regions that lists name, as words() writes them.
var places = map[string]place{
	"sverige": {"SE", true}, "sweden": {"SE", true}, "svenskt": {"SE", true}, "svensk": {"SE", true}, "finland": {"FI", true},
	"danmark": {"DK", true}, "denmark": {"DK", true}, "norge": {"NO", true}, "norway": {"NO", true}, "island": {"IS", true},
	"irland": {"IE", true}, "ireland": {"IE", true}, "tyskland": {"DE", true}, "germany": {"DE", true},
	"nederländerna": {"NL", true}, "holland": {"NL", true}, "netherlands": {"NL", true}, "frankrike": {"FR", true},
	"france": {"FR", true}, "belgien": {"BE", true}, "belgium": {"BE", true}, "polen": {"PL", true}, "poland": {"PL", true},
	"spanien": {"ES", true}, "spain": {"ES", true}, "italien": {"IT", true}, "italy": {"IT", true}, "estland": {"EE", true},
	"estonia": {"EE", true}, "lettland": {"LV", true}, "latvia": {"LV", true}, "litauen": {"LT", true}, "lithuania": {"LT", true},
	"österrike": {"AT", true}, "austria": {"AT", true}, "portugal": {"PT", true}, "luxemburg": {"LU", true}, "luxembourg": {"LU", true},
	"eu": {"", true}, "ees": {"", true}, "eea": {"", true}, "europa": {"", true}, "europe": {"", true}, "norden": {"", true}, "nordics": {"", true},
	"usa": {"US", false}, "us": {"US", false}, "amerika": {"US", false}, "storbritannien": {"GB", false}, "england": {"GB", false},
	"uk": {"GB", false}, "schweiz": {"CH", false}, "switzerland": {"CH", false}, "indien": {"IN", false}, "india": {"IN", false},
	"kanada": {"CA", false}, "canada": {"CA", false}, "kina": {"CN", false}, "china": {"CN", false}, "israel": {"IL", false},
	"australien": {"AU", false}, "australia": {"AU", false}, "japan": {"JP", false}, "tredjeland": {"", false},
}

// hostingCell is what a cell about hosting says.
type hostingCell struct {
	cloud, supplier, own, negated bool
	place                         *place
	more                          bool // words beyond those that decide
}

func parseHosting(s string) hostingCell {
	var h hostingCell
	all := strings.Fields(words(s))
	for i := 0; i < len(all); i++ {
		if (all[i] == "utanför" || all[i] == "outside") && i+1 < len(all) && isRegion(all[i+1]) {
			h.place = &place{}
			for i+1 < len(all) && isRegion(all[i+1]) {
				i++
			}
			continue
		}
		h.see(all[i])
	}
	return h
}

// see notes what one word says.
func (h *hostingCell) see(w string) {
	p, isPlace := places[w]
	switch {
	case isPlace:
		h.place = &p
	case hasStem(w, cloudStems):
		h.cloud = true
	case hasStem(w, supplierStems):
		h.supplier = true
	case hasStem(w, ownStems) && !strings.HasPrefix(w, "internet"), w == "prem", w == "premise", w == "premises", w == "house":
		h.own = true
	case w == "ej", w == "inte", w == "not":
		h.negated = true
	case !fillers()[w]:
		h.more = true
	}
}

func isRegion(w string) bool { return w == "eu" || w == "ees" || w == "eea" }

func hasStem(w string, stems []string) bool {
	return slices.ContainsFunc(stems, func(stem string) bool { return strings.HasPrefix(w, stem) })
}

// value is the form of hosting; "" when the words do not settle it.
func (h *hostingCell) value() string {
	switch {
	case h.negated:
		return ""
	case h.cloud && h.place == nil:
		return ""
	case h.cloud && h.place.inside:
		return cloudEU
	case h.cloud:
		return cloudOutside
	case h.supplier == h.own:
		return ""
	case h.supplier:
		return supplierHosting
	default:
		return ownHosting
	}
}

// readHosting reads where a system runs. What the register has no word for is kept as a note.
func readHosting(s string) reading {
	if blankWords()[words(s)] {
		return reading{}
	}
	for _, v := range []string{ownHosting, supplierHosting, cloudEU, cloudOutside} {
		if s == v { // the register's own words, as it exports them
			return says(Hosting, v)
		}
	}
	h := parseHosting(s)
	v := h.value()
	if v == "" {
		r := says(HostingNote, shortened(s))
		r.bad = because("cell-hosting")
		if h.cloud && !h.negated {
			r.bad = because("cell-cloud")
		}
		return r
	}
	r := says(Hosting, v)
	if h.place != nil && h.place.code != "" {
		r.settings = append(r.settings, setting{Country, h.place.code})
	}
	if h.more {
		r.settings = append(r.settings, setting{HostingNote, shortened(s)})
	}
	return r
}
