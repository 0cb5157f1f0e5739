// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"net/mail"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// linked is something described in linked data.
type linked = map[string]any

// The names that a description of open data is written with.
var vocabularies = linked{
	"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
	"dcatap": "http://data.europa.eu/r5r/", "vcard": "http://www.w3.org/2006/vcard/ns#",
}

// What is pointed to in others' lists.
const (
	freely     = "http://creativecommons.org/publicdomain/zero/1.0/"
	authority  = "http://publications.europa.eu/resource/authority/"
	mediaTypes = "http://www.iana.org/assignments/media-types/"
	sweden     = authority + "country/SWE"
	// localAuthority is the type of a publisher that is a municipality or the like.
	localAuthority = "http://purl.org/adms/publishertype/LocalAuthority"
)

func at(address string) linked { return linked{"@id": address} }

// dataCatalogue is what the description of open data is written from.
type dataCatalogue struct {
	base string
	publication
	text func(key string) []linked
}

// dcat describes the open data by DCAT-AP-SE: a catalogue with its publisher, two sets of data with their files, and the API.
func (p *Public) dcat(c *web.Context) error {
	actor, err := p.Service.receiver(c.Context())
	if err != nil {
		return gone(err)
	}
	of, err := p.Service.publication(c.Context(), actor)
	if err != nil {
		return err
	}
	d := dataCatalogue{p.Base + openPath, of, func(key string) []linked {
		var out []linked
		for _, lang := range []string{"sv", "en"} {
			text := p.Texts.In(lang).T(key)
			if of.invented {
				text = p.Texts.In(lang).T("national.dcat-invented", "Text", text)
			}
			out = append(out, linked{"@language": lang, "@value": text})
		}
		return out
	}}
	return c.JSON(d.whole())
}

// publication is whose the open data are: the organisation that publishes them, and the e-mail address it has said that faults are told to,
// if any. invented says that they are of municipalities that have not submitted them.
type publication struct {
	publisher, mail string
	invented        bool
}

func (s *Service) publication(ctx context.Context, actor access.Actor) (out publication, err error) {
	err = s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		look, err := organisation.ReadLook(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		out.publisher, out.mail = look.Name, mailIn(look.Contact)
		out.invented, err = isInvented(ctx, tx)
		return err
	})
	return out, err
}

// mailIn finds the first e-mail address in a text; nothing when there is none.
func mailIn(text string) string {
	for _, word := range strings.Fields(text) {
		word = strings.Trim(word, "<>()[],;:.\"'")
		if a, err := mail.ParseAddress(word); err == nil && a.Address == word {
			return word
		}
	}
	return ""
}

// contact gives a description whom to turn to, where that has been said.
func (d *dataCatalogue) contact(of linked) linked {
	if d.mail != "" {
		of["dcat:contactPoint"] = linked{
			"@type": "vcard:Organization", "@id": d.base + "/kontakt", "vcard:fn": d.publisher, "vcard:hasEmail": at("mailto:" + d.mail),
		}
	}
	return of
}

func (d *dataCatalogue) whole() linked {
	return linked{
		"@context": vocabularies, "@id": d.base + "/dcat.jsonld", "@type": "dcat:Catalog", "dct:title": d.text("national.dcat-title"),
		"dct:description": d.text("national.dcat-about"), "dct:publisher": d.agent(), "dct:license": at(freely), "dct:spatial": at(sweden),
		"dct:language":       []linked{at(authority + "language/SWE"), at(authority + "language/ENG")},
		"dcat:themeTaxonomy": at(authority + "data-theme"),
		"dcat:dataset": []linked{
			d.set("", "national.title", "national.dcat-text",
				d.file("nationellt.csv", "text/csv"), d.file("nationellt.json", "application/json"), d.file("nationellt.parquet", parquetMedia)),
			d.set("/beroenden", "national.depends-title", "national.dcat-depends", d.file("beroenden.csv", "text/csv"), d.file("beroenden.json", "application/json")),
		},
		"dcat:service": []linked{d.contact(linked{
			"@type": "dcat:DataService", "@id": d.base + "/v3", "dct:title": d.text("national.dcat-service"), "dct:description": d.text("national.dcat-service-text"),
			"dcat:endpointURL": at(d.base + "/v3"), "dct:publisher": d.agent(), "dcat:servesDataset": at(d.base), "dct:license": at(freely),
			"dct:accessRights": at(authority + "access-right/PUBLIC"),
		})},
	}
}

func (d *dataCatalogue) agent() linked {
	return linked{"@type": "foaf:Agent", "@id": d.base + "/utgivare", "foaf:name": d.publisher, "dct:type": at(localAuthority)}
}

// set describes one set of data, whose address is below the others'.
func (d *dataCatalogue) set(below, title, about string, files ...linked) linked {
	return d.contact(linked{
		"@type": "dcat:Dataset", "@id": d.base + below, "dct:identifier": d.base + below, "dct:title": d.text(title), "dct:description": d.text(about),
		"dct:publisher": d.agent(), "dct:license": at(freely), "dct:accessRights": at(authority + "access-right/PUBLIC"), "dct:spatial": at(sweden),
		"dcat:theme": at(authority + "data-theme/GOVE"), "dcat:keyword": d.text("national.dcat-keyword"), "dcat:distribution": files,
		"dct:accrualPeriodicity": at(authority + "frequency/QUARTERLY"), "dct:language": at(authority + "language/SWE"),
	})
}

// file describes one form of a set of data.
func (d *dataCatalogue) file(name, media string) linked {
	address := at(d.base + "/" + name)
	return linked{
		"@type": "dcat:Distribution", "@id": d.base + "/" + name + "#fil", "dct:title": name, "dcat:accessURL": address, "dcat:downloadURL": address,
		"dcat:mediaType": at(mediaTypes + media), "dct:license": at(freely), "dcatap:availability": at(authority + "planned-availability/STABLE"),
	}
}
