// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
)

// Gap is something that the record lacks, or that does not hang together, and the provision that asks for it.
type Gap struct {
	// Kind says what it is, and is the end of its message's key.
	Kind string
	// Article is the provision, such as "30.1 b".
	Article string
	// Group and Field are where it is mended.
	Group Group
	Field string
	// Systems are those that it is about, as far as the reader reaches.
	Systems []Linked
	// Information are the names of the information that it is about.
	Information []string
}

// about is what is known outside the processing itself.
type about struct {
	catalogue *catalogue.Catalogue
	common    Common
}

// The safeguards that article 44 accepts; "none" and Unknown are not among them.
func protects(safeguard string) bool { return safeguard != Unknown && safeguard != "none" }

// gaps says what the record lacks, in the order of the page. What has ended is a matter of the past and lacks nothing.
func (p *Processing) gaps(a *about) []Gap {
	if p.State == "ended" {
		return nil
	}
	g := &gapList{}
	p.whatGaps(g, a)
	if p.Role == Controller {
		p.whyGaps(g)
		p.specialGaps(g, a)
		p.whoseGaps(g)
	} else {
		g.missing("activities", "30.2 b", Whose, p.Activities)
	}
	p.sharingGaps(g)
	p.keepingGaps(g)
	p.linkGaps(g)
	return g.list
}

type gapList struct{ list []Gap }

func (g *gapList) add(when bool, gap Gap) {
	if when {
		g.list = append(g.list, gap)
	}
}

// missing adds a gap for a text that is empty.
func (g *gapList) missing(field, article string, group Group, value string) {
	g.add(strings.TrimSpace(value) == "", Gap{Kind: field, Article: article, Group: group, Field: field})
}

func (p *Processing) whatGaps(g *gapList, a *about) {
	contact, dpo := "30.1 a", "30.1 a"
	if p.Role == Processor {
		contact, dpo = "30.2 a", "30.2 a"
		g.missing("controllers", "30.2 a", What, p.Controllers)
	}
	g.add(p.UnitID == "", Gap{Kind: "unit", Article: contact, Group: What, Field: "unit"})
	g.add(a.common.Contact == "", Gap{Kind: "contact", Article: contact})
	g.add(p.DPO == "" && a.common.DPO == "", Gap{Kind: "dpo", Article: dpo})
}

func (p *Processing) whyGaps(g *gapList) {
	g.missing("purposes", "30.1 b", Why, p.Purposes)
	g.add(len(p.LegalBasis) == 0, Gap{Kind: "legal-basis", Article: "6.1", Group: Why, Field: "legal_basis"})
	// What rests on a legal obligation, a public task or the exercise of authority must have its ground laid down in law.
	needs := slices.Contains(p.LegalBasis, "c") || slices.Contains(p.LegalBasis, "e")
	g.add(needs && p.LegalSupport == "", Gap{Kind: "legal-support", Article: "6.3", Group: Why, Field: "legal_support"})
	g.add(slices.Contains(p.LegalBasis, "f"), Gap{Kind: "interest", Article: "6.1", Group: Why, Field: "legal_basis"})
}

func (p *Processing) specialGaps(g *gapList, a *about) {
	says := func(fact string) []string {
		var out []string
		for i := range p.Information {
			for _, s := range p.Information[i].Source(a.catalogue).Statements {
				if s.Fact == fact && s.Value == "yes" {
					out = append(out, p.Information[i].Name)
				}
			}
		}
		return out
	}
	g.add(p.Special == Unknown, Gap{Kind: "special", Article: "9.1", Group: Why, Field: "special"})
	if held := says("special_category"); p.Special == "no" && len(held) > 0 {
		g.add(true, Gap{Kind: "special-denied", Article: "9.1", Group: Why, Field: "special", Information: held})
	}
	if p.Special == "yes" {
		g.add(len(p.SpecialGrounds) == 0, Gap{Kind: "special-grounds", Article: "9.2", Group: Why, Field: "special_grounds"})
		byLaw := slices.ContainsFunc(p.SpecialGrounds, func(l string) bool { return strings.Contains("bghij", l) })
		g.add(byLaw && p.SpecialSupport == "", Gap{Kind: "special-support", Article: "9.2", Group: Why, Field: "special_support"})
	}
	g.add(p.Criminal == Unknown, Gap{Kind: "criminal", Article: "10", Group: Why, Field: "criminal"})
	g.add(p.Criminal == "yes" && p.CriminalSupport == "", Gap{Kind: "criminal-support", Article: "10", Group: Why, Field: "criminal_support"})
	if held := says("criminal_data"); p.Criminal == "no" && len(held) > 0 {
		g.add(true, Gap{Kind: "criminal-denied", Article: "10", Group: Why, Field: "criminal", Information: held})
	}
}

func (p *Processing) whoseGaps(g *gapList) {
	g.missing("subjects", "30.1 c", Whose, p.Subjects)
	g.missing("categories", "30.1 c", Whose, p.Categories)
}

func (p *Processing) sharingGaps(g *gapList) {
	article := "30.1 e"
	if p.Role == Processor {
		article = "30.2 c"
	} else {
		g.missing("recipients", "30.1 d", Sharing, p.Recipients)
	}
	g.add(p.Transfer == Unknown, Gap{Kind: "transfer", Article: article, Group: Sharing, Field: "transfer"})
	if p.Transfer == "yes" {
		g.missing("countries", article, Sharing, p.Countries)
		g.add(!protects(p.Safeguard), Gap{Kind: "safeguard", Article: "44", Group: Sharing, Field: "safeguard"})
		g.add(p.Safeguard == "derogation" && p.TransferNote == "", Gap{Kind: "derogation", Article: "49", Group: Sharing, Field: "transfer_note"})
	}
	if outside := p.systems(func(l *Linked) bool { return l.Hosting == "cloud-outside-eu" }); p.Transfer == "no" && len(outside) > 0 {
		g.add(true, Gap{Kind: "transfer-denied", Article: "44", Group: Sharing, Field: "transfer", Systems: outside})
	}
}

func (p *Processing) keepingGaps(g *gapList) {
	security := "30.1 g"
	if p.Role == Processor {
		security = "30.2 d"
	} else {
		g.missing("retention", "30.1 f", Keeping, p.Retention)
		risky := p.Special == "yes" || p.Criminal == "yes"
		g.add(risky && p.Assessment == Unknown, Gap{Kind: "assessment", Article: "35.1", Group: Keeping, Field: "assessment"})
		g.add(p.Assessment == "missing", Gap{Kind: "assessment-missing", Article: "35.1", Group: Keeping, Field: "assessment"})
	}
	g.missing("security", security, Keeping, p.Security)
}

func (p *Processing) linkGaps(g *gapList) {
	g.add(len(p.Systems) == 0, Gap{Kind: "systems", Article: "32", Group: Links, Field: "system"})
	bare := p.systems(func(l *Linked) bool { return !l.agreed() })
	g.add(len(bare) > 0, Gap{Kind: "agreement", Article: "28.3", Systems: bare})
}

// agreed reports whether somebody else's hands on the system's data are bound by an agreement, or whether nobody else has any.
func (l *Linked) agreed() bool {
	return l.SupplierID == "" || l.ProcessorAgreement == "yes" || l.ProcessorAgreement == "not-needed" || l.SupplierAgreed
}

// systems are those linked systems that pass.
func (p *Processing) systems(pass func(*Linked) bool) []Linked {
	var out []Linked
	for i := range p.Systems {
		if pass(&p.Systems[i]) {
			out = append(out, p.Systems[i])
		}
	}
	return out
}

// Suggested is what the linked information says about a processing.
type Suggested struct {
	Subjects, Categories, Retention string
	// Special and Criminal are "yes" when some of the information is said to hold such data; empty says nothing.
	Special, Criminal string
}

// suggest joins what the library says about the linked information. It is in Swedish, as the record is.
func (p *Processing) suggest(c *catalogue.Catalogue) Suggested {
	var s Suggested
	for i := range p.Information {
		info := &p.Information[i]
		for _, f := range info.Source(c).Statements {
			switch {
			case f.Fact == "special_category" && f.Value == "yes":
				s.Special = "yes"
			case f.Fact == "criminal_data" && f.Value == "yes":
				s.Criminal = "yes"
			}
		}
		t, ok := info.Type(c)
		if !ok {
			continue
		}
		s.Subjects = joined(s.Subjects, t.Subjects.SV)
		s.Categories = joined(s.Categories, t.Categories.SV)
		if t.SpecialKinds.SV != "" {
			s.Categories = joined(s.Categories, t.SpecialKinds.SV)
		}
		if t.Retention.SV != "" {
			line := t.Name.SV + ": " + t.Retention.SV
			if !t.RetentionVerified {
				line += " (inte kontrollerat)"
			}
			s.Retention = strings.TrimPrefix(s.Retention+"\n"+line, "\n")
		}
	}
	return s
}

// joined adds the parts of a list that are not in it yet. Parts are divided by semicolons, as in the library.
func joined(list, more string) string {
	var out []string
	for _, part := range strings.Split(list+";"+more, ";") {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return strings.Join(out, "; ")
}

// fill takes in what is suggested where nothing is said, and tells which groups it changed.
func (p *Processing) fill(s Suggested) []Group {
	var out []Group
	mark := func(g Group) {
		if !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	put := func(g Group, at *string, empty, value string) {
		if *at == empty && value != "" && value != empty {
			*at = value
			mark(g)
		}
	}
	put(Whose, &p.Subjects, "", s.Subjects)
	put(Whose, &p.Categories, "", s.Categories)
	put(Keeping, &p.Retention, "", s.Retention)
	put(Why, &p.Special, Unknown, s.Special)
	put(Why, &p.Criminal, Unknown, s.Criminal)
	return out
}
